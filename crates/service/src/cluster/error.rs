//! Why founding, joining, moving, owning or changing rules is refused: a closed list, each with a stable code.

use domain::{AssetNo, ConfigError, MemberNo, MeterNo, PayoutNo, PlaceError};
use ledger::Refusal;
use quantity::{BusinessDay, Ngwee};

/// A refusal; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// A name that cannot be.
    #[error("{what} has 1 to {most} letters and no line breaks; choose another")]
    Name {
        /// Which name.
        what: &'static str,
        /// Most letters.
        most: usize,
    },
    /// A number outside its range.
    #[error("{what} must be from {min} to {max}, got {found}")]
    Number {
        /// Which number.
        what: &'static str,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The number given.
        found: i64,
    },
    /// A code kept for the open clusters.
    #[error("codes that begin with OPEN- are kept for the open clusters; choose another")]
    CodeReserved,
    /// A place that cannot be.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Rules that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Too small a contribution.
    #[error("a contribution is at least {least}; choose more")]
    ContributionLow {
        /// Smallest.
        least: Ngwee,
    },
    /// Too large a contribution.
    #[error("a contribution is at most {most}; choose less")]
    ContributionHigh {
        /// Largest.
        most: Ngwee,
    },
    /// More paid than was promised.
    #[error("only {open} of what was promised is still to be paid; enter that at most")]
    ContributionOver {
        /// Still to be paid.
        open: Ngwee,
    },
    /// No more room.
    #[error("the cluster has its {most} members; look for another, or found one")]
    Full {
        /// Most members.
        most: i64,
    },
    /// The cluster takes nobody now.
    #[error("the cluster takes nobody in at this time; ask its chair")]
    Closed,
    /// The user belongs to it.
    #[error("you are a member of this cluster already")]
    AlreadyMember,
    /// The user has asked.
    #[error("you have asked to join already; an officer will answer")]
    AlreadyAsked,
    /// Another household has the name.
    #[error("another household of the cluster has this name; choose another")]
    AliasTaken,
    /// Nobody waits under this number.
    #[error("member {member} does not wait to be admitted")]
    NotAsked {
        /// The number.
        member: MemberNo,
    },
    /// The member left.
    #[error("member {member} has left the cluster")]
    MemberLeft {
        /// The number.
        member: MemberNo,
    },
    /// No such member.
    #[error("the cluster has no member {member}")]
    MemberUnknown {
        /// The number.
        member: MemberNo,
    },
    /// The last of an office.
    #[error("this is the last {office} of a cluster that has members; give the office to somebody else first")]
    LastOfficer {
        /// The office.
        office: &'static str,
    },
    /// A day that is over.
    #[error("{day} is over; choose {first} or later")]
    DayPast {
        /// The day given.
        day: BusinessDay,
        /// First day that can be.
        first: BusinessDay,
    },
    /// A change of days that were posted too long ago.
    #[error("{day} was posted too long ago to be settled again; choose a later day")]
    TooLate {
        /// First day that would change.
        day: BusinessDay,
    },
    /// The same key with other content.
    #[error("this idempotency key was used for another request; give each request a key of its own")]
    KeyReused,
    /// A serial that cannot be.
    #[error("a serial has 1 to 40 letters, digits, dots, hyphens or underscores, got {serial:?}")]
    Serial {
        /// The text given.
        serial: String,
    },
    /// The meter is somebody's.
    #[error("meter {serial} belongs to somebody on that day; release it first")]
    MeterTaken {
        /// Its serial.
        serial: String,
    },
    /// Members add no meters here.
    #[error("members add their own meters in an open cluster only; ask the technician of this one")]
    MeterByOfficer,
    /// As many meters as a home may have.
    #[error("a home has at most {most} meters; ask the operator to release one")]
    MetersMost {
        /// How many.
        most: usize,
    },
    /// No such meter.
    #[error("the cluster has no meter {meter}")]
    MeterUnknown {
        /// The number.
        meter: MeterNo,
    },
    /// A meter of the plant is nobody's.
    #[error("meter {meter} measures the plant and cannot be a member's")]
    MeterOfPlant {
        /// The number.
        meter: MeterNo,
    },
    /// No such asset.
    #[error("the cluster has no asset {asset}")]
    AssetUnknown {
        /// The number.
        asset: AssetNo,
    },
    /// Shares that are no whole.
    #[error("the shares add up to {found} of {whole} parts; every member once, each part above zero, all of them exactly the whole")]
    SharesNotWhole {
        /// Parts in all.
        found: i64,
        /// Parts there are.
        whole: i64,
    },
    /// Nobody has paid in.
    #[error("nobody has paid in yet, so that there is nothing to share by; name the owners")]
    SharesMissing,
    /// A change that needs a vote.
    #[error("the cluster is no longer forming: its rules change by a vote")]
    VoteNeeded,
    /// Two parts of the rules say different things.
    #[error("the settlement and the trading rules name different prices; send one of the two, or let them agree")]
    RulesContradict,
    /// A debt.
    #[error("{owed} is owed to the cluster; pay it first")]
    DebtFirst {
        /// How much.
        owed: Ngwee,
    },
    /// Money on hold.
    #[error("money of the member is on hold; finish or cancel that first")]
    HoldsOpen,
    /// Energy credits reserved for orders.
    #[error("energy credits of the member are reserved for orders; take the orders back first")]
    OrdersOpen,
    /// More cash than one receipt or payout may be about.
    #[error("cash is written down from 1 ngwee to {most} at a time; divide it")]
    CashOver {
        /// Most at a time.
        most: Ngwee,
    },
    /// The officer's own household.
    #[error("cash between the cluster and one's own household is for another officer, or for the operator where there is none")]
    OwnHousehold,
    /// A paper receipt that is in the book.
    #[error("receipt {reference} is written down already; check the number on the paper")]
    ReferenceUsed {
        /// The number on the paper.
        reference: String,
    },
    /// No such payout.
    #[error("the cluster has no payout {payout}")]
    PayoutUnknown {
        /// The number asked for.
        payout: i64,
    },
    /// It was handed over.
    #[error("payout {payout} was handed over already")]
    PayoutPaid {
        /// The number.
        payout: PayoutNo,
    },
    /// It was taken back.
    #[error("payout {payout} was cancelled; ask for a new one")]
    PayoutCancelled {
        /// The number.
        payout: PayoutNo,
    },
    /// Nobody confirmed it in time.
    #[error("payout {payout} is over because nobody confirmed it in time; ask for a new one")]
    PayoutExpired {
        /// The number.
        payout: PayoutNo,
    },
    /// The ledger refuses.
    #[error(transparent)]
    Ledger(#[from] Refusal),
    /// From a cluster to itself.
    #[error("a member cannot move to the cluster it is in")]
    MoveSame,
    /// Only traders move as a group.
    #[error("only members of an open cluster are moved as a group; others join by their own wish")]
    MoveNotOpen,
    /// A member is on its way elsewhere.
    #[error("member {member} is moving already")]
    MoveUnderWay {
        /// The number.
        member: MemberNo,
    },
    /// No such outage.
    #[error("an outage lasts at most {days} days, begins and ends with an interval, and not in more than {ahead} days")]
    Outage {
        /// Longest.
        days: i64,
        /// How far ahead.
        ahead: i64,
    },
    /// The user is nobody there.
    #[error("this person does not act for member {member}")]
    UserNotMember {
        /// The member.
        member: MemberNo,
    },
    /// `member` is no office.
    #[error("who acts for a household is decided by its own people: they ask the person, who accepts")]
    RoleOfHousehold,
    /// Nobody would act for the household.
    #[error("this is the last person of the household; ask somebody else in first, or let the household leave")]
    LastPerson,
    /// No invitation, or one that is over.
    #[error("there is no such invitation any more; ask the household for a new one")]
    InvitationUnknown,
    /// Too many invitations.
    #[error("too many people were asked today; wait until tomorrow, then ask again")]
    InvitationRate,
    /// More than one request may hold.
    #[error("a request holds at most {most} entries; send them in several requests")]
    TooMany {
        /// How many may come.
        most: usize,
    },
    /// Two readings of the same time.
    #[error("two readings begin at the same time: send each interval once")]
    ReadingsTwice,
    /// Readings that leave hours of the day out.
    #[error("no reading lies between {hour}:00 and {hour}:59: send at least a whole day, with zeros where nothing was used")]
    ReadingsShort {
        /// The first hour without one.
        hour: usize,
    },
}

impl ClusterError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name_invalid",
            Self::Number { .. } => "value_invalid",
            Self::CodeReserved => "cluster_code_reserved",
            Self::Place(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::ContributionLow { .. } => "contribution_low",
            Self::ContributionHigh { .. } => "contribution_high",
            Self::ContributionOver { .. } => "contribution_over",
            Self::Full { .. } => "cluster_full",
            Self::Closed => "cluster_closed",
            Self::AlreadyMember => "already_member",
            Self::AlreadyAsked => "already_asked",
            Self::AliasTaken => "alias_taken",
            Self::NotAsked { .. } => "not_asked",
            Self::MemberLeft { .. } => "member_left",
            Self::MemberUnknown { .. } => "member_unknown",
            Self::LastOfficer { .. } => "last_officer",
            Self::DayPast { .. } => "day_past",
            Self::TooLate { .. } => "too_late",
            Self::KeyReused => "key_reused",
            Self::Serial { .. } => "serial_invalid",
            Self::MeterTaken { .. } => "meter_taken",
            Self::MeterByOfficer => "meter_by_officer",
            Self::MetersMost { .. } => "meters_most",
            Self::MeterUnknown { .. } => "meter_unknown",
            Self::MeterOfPlant { .. } => "meter_of_plant",
            Self::AssetUnknown { .. } => "asset_unknown",
            Self::SharesNotWhole { .. } => "shares_not_whole",
            Self::SharesMissing => "shares_missing",
            Self::VoteNeeded => "vote_needed",
            Self::RulesContradict => "rules_contradict",
            Self::DebtFirst { .. } => "debt_first",
            Self::HoldsOpen => "holds_open",
            Self::OrdersOpen => "orders_open",
            Self::CashOver { .. } => "cash_over",
            Self::OwnHousehold => "own_household",
            Self::ReferenceUsed { .. } => "reference_used",
            Self::PayoutUnknown { .. } => "payout_unknown",
            Self::PayoutPaid { .. } => "payout_paid",
            Self::PayoutCancelled { .. } => "payout_cancelled",
            Self::PayoutExpired { .. } => "payout_expired",
            Self::Ledger(refusal) => refusal.code(),
            Self::MoveSame => "move_same",
            Self::MoveNotOpen => "move_not_open",
            Self::MoveUnderWay { .. } => "move_under_way",
            Self::Outage { .. } => "outage_invalid",
            Self::UserNotMember { .. } => "user_not_member",
            Self::RoleOfHousehold => "role_of_household",
            Self::LastPerson => "last_person",
            Self::InvitationUnknown => "invitation_unknown",
            Self::InvitationRate => "invitation_rate",
            Self::TooMany { .. } => "too_many_entries",
            Self::ReadingsTwice => "readings_twice",
            Self::ReadingsShort { .. } => "readings_short",
        }
    }
}
