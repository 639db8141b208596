//! People: what a user may be in a cluster, and how a household comes in.

use crate::cluster::{UnknownWord, words};

words!(
    /// What a user is in a cluster. One user may hold several roles there; everyone who acts for a member is `member` too.
    Role, "role" {
        /// Acts for a household: its votes, its wallet, its meters.
        Member = "member",
        /// Keeps the money and the directory.
        Treasurer = "treasurer",
        /// Leads the cluster.
        Chair = "chair",
        /// Looks after meters and equipment.
        Technician = "technician",
        /// One of the people who confirm that money leaves a fund.
        Keeper = "keeper",
        /// Looks over the officers' shoulders: reads, changes nothing.
        Supervisor = "supervisor",
    }
);
words!(
    /// How households come into a cluster; a rule of its governance.
    Admission, "admission rule" {
        /// Whoever knows the code joins at once.
        ByCode = "by_code",
        /// By code while the cluster is forming, by an officer afterwards (the default).
        ByCodeWhileForming = "by_code_while_forming",
        /// An officer admits.
        ByOfficer = "by_officer",
    }
);
words!(
    /// How far a household is in joining or leaving.
    MemberState, "member state" {
        /// Has asked to join and waits for an officer.
        Asked = "asked",
        /// Belongs to the cluster.
        Active = "active",
        /// Has asked and was not admitted.
        Refused = "refused",
        /// Has left; the history stays.
        Left = "left",
    }
);
words!(
    /// Who runs a mobile network. Numbers can be ported, so the prefix gives a default only.
    Operator, "operator" {
        /// Airtel.
        Airtel = "airtel",
        /// MTN.
        Mtn = "mtn",
        /// Zamtel.
        Zamtel = "zamtel",
        /// Zedmobile (Beeline).
        Zedmobile = "zedmobile",
    }
);
