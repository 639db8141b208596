//! Who may do what: one pure table, asked before anything is read.
//!
//! A use case loads the [`Standing`] of its [`Actor`] in the cluster it is about and calls [`Standing::require`]; nothing else in the
//! program decides about rights. Rules (design, section 7): a member sees own readings and money and the cluster's totals; of others only
//! what they consented to; officers see what their office needs, and every such look is written down and shown to the member.

use domain::{MemberNo, Role, SessionNo, UserId};

/// Who asks: nobody, or a signed-in user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Not signed in.
    Nobody,
    /// Signed in.
    User {
        /// The user.
        id: UserId,
        /// The session asked with.
        session: SessionNo,
        /// Whether the user runs this installation.
        is_operator: bool,
    },
    /// The program itself: settling, the demo, a command at the operator's terminal.
    System,
}

impl Actor {
    /// The user, when it is one.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Nobody | Self::System => None,
        }
    }

    /// The user, who must be signed in.
    ///
    /// # Errors
    /// [`Denied::SignIn`].
    pub fn signed_in(self) -> Result<UserId, Denied> {
        self.user().ok_or(Denied::SignIn)
    }

    /// The number that transfers and audit lines are written under; 0 is the program.
    #[must_use]
    pub fn number(self) -> i64 {
        self.user().map_or(0, UserId::get)
    }
}

/// Everything that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// What anybody may know of a cluster who has its code: name, place, kind, homes, what joining costs.
    CardRead,
    /// The cluster's totals: dashboard, days, rules, equipment, funds.
    ClusterRead,
    /// Who the members are, as far as they consent.
    DirectoryRead,
    /// A member's energy, readings and meters.
    ReadingsRead(MemberNo),
    /// A member's money: statement, wallet, returns.
    MoneyRead(MemberNo),
    /// All lines of the cluster's ledger.
    LedgerRead,
    /// Pay from a member's wallet.
    Pay(MemberNo),
    /// Place, change and take back orders of a member, say what happens to its surplus, give its energy credits away.
    Trade(MemberNo),
    /// See orders, standing orders and trades of a member.
    OrdersRead(MemberNo),
    /// Be told of prices of the cluster: for the people of its members.
    PricesWatch,
    /// Look at orders that were held, and let them go on or refuse them.
    OrdersReview,
    /// Offer and ask between clusters, negotiate and accept deals, within what the members voted.
    Deal,
    /// Write down what the law asks of a cluster that trades.
    ComplianceWrite,
    /// Put money of the cluster behind banked energy.
    CoverWrite,
    /// Change a member's own entry: name for others, consents.
    EntryWrite(MemberNo),
    /// Leave, or move to another cluster.
    Leave(MemberNo),
    /// Ask others to act for a household, and let them go.
    Household(MemberNo),
    /// Found a cluster.
    Found,
    /// Ask to join a cluster.
    Join,
    /// Admit or refuse those who asked.
    Admit,
    /// Enter a contribution that was really paid.
    ContributionWrite,
    /// Take cash in, hand it out, and see which payouts wait.
    CashWrite,
    /// Give and take roles.
    RolesWrite,
    /// Move members of an open cluster as a group.
    GroupMove,
    /// Add a further meter of the own home, where members do that themselves.
    OwnMeterAdd(MemberNo),
    /// Add meters and say whose they are.
    MetersWrite,
    /// Send readings.
    ReadingsWrite,
    /// Write down an outage of the grid.
    OutageWrite,
    /// Register equipment and its owners.
    AssetsWrite,
    /// Change the rules without a vote, which is possible only while the cluster is forming.
    RulesWrite,
    /// Settle what has closed now, without waiting for the next round.
    Settle,
    /// Help a member who has forgotten the PIN.
    PinResetApprove,
    /// One's own account, sessions, notices.
    OwnAccount,
    /// The installation: messages that went out, audit, all clusters.
    Operate,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("sign in first")]
    SignIn,
    /// Signed in, and still not.
    #[error("your role does not allow this; ask an officer of the cluster")]
    NotAllowed,
}

impl Denied {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_needed",
            Self::NotAllowed => "not_allowed",
        }
    }
}

/// What an actor is in one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who asks.
    pub actor: Actor,
    /// The members the user acts for there, and the roles the user holds.
    pub roles: Vec<(MemberNo, Role)>,
    /// The members the user acted for until they left: their own history stays open, and nothing else there.
    pub past: Vec<MemberNo>,
}

impl Standing {
    /// Of somebody who is nothing there.
    #[must_use]
    pub const fn stranger(actor: Actor) -> Self {
        Self { actor, roles: Vec::new(), past: Vec::new() }
    }

    /// Whether the user acts for any member.
    #[must_use]
    pub fn is_member(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether the user acts for this member, or did until it left.
    #[must_use]
    pub fn acts_for(&self, member: MemberNo) -> bool {
        self.roles.iter().any(|&(no, role)| no == member && role == Role::Member) || self.past.contains(&member)
    }

    /// Whether the user holds one of these roles.
    #[must_use]
    pub fn holds(&self, wanted: &[Role]) -> bool {
        self.roles.iter().any(|(_, role)| wanted.contains(role))
    }

    /// Whether this is the program or the person who runs the installation.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self.actor, Actor::System | Actor::User { is_operator: true, .. })
    }

    /// Whether the actor may.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        use Role::{Chair, Supervisor, Technician, Treasurer};
        let signed_in = !matches!(self.actor, Actor::Nobody);
        match action {
            Action::CardRead => true,
            Action::OwnAccount | Action::Found | Action::Join => signed_in,
            Action::ClusterRead | Action::DirectoryRead => self.is_member() || self.is_operator(),
            Action::Trade(member) => self.acts_for(member) || matches!(self.actor, Actor::System),
            Action::OrdersRead(member) => self.acts_for(member) || self.holds(&[Treasurer, Chair, Supervisor]) || self.is_operator(),
            Action::PricesWatch => self.is_member() && self.actor.user().is_some(),
            Action::OrdersReview | Action::Deal => self.holds(&[Treasurer, Chair]) || self.is_operator(),
            Action::ComplianceWrite => self.holds(&[Chair]) || self.is_operator(),
            Action::CoverWrite => self.is_operator(),
            Action::ReadingsRead(member) => self.acts_for(member) || self.holds(&[Technician, Treasurer, Chair, Supervisor]) || self.is_operator(),
            Action::MoneyRead(member) => self.acts_for(member) || self.holds(&[Treasurer, Chair, Supervisor]) || self.is_operator(),
            Action::LedgerRead => self.holds(&[Treasurer, Chair, Supervisor]) || self.is_operator(),
            Action::Pay(member) | Action::Leave(member) => self.acts_for(member) || matches!(self.actor, Actor::System),
            Action::EntryWrite(member) | Action::OwnMeterAdd(member) | Action::Household(member) => self.acts_for(member),
            Action::Admit => self.holds(&[Treasurer, Chair]) || self.is_operator(),
            Action::RolesWrite => self.holds(&[Chair]) || self.is_operator(),
            Action::MetersWrite | Action::ReadingsWrite | Action::OutageWrite => self.holds(&[Technician, Treasurer, Chair]) || self.is_operator(),
            Action::AssetsWrite => self.holds(&[Treasurer, Chair]) || self.is_operator(),
            Action::RulesWrite => self.holds(&[Chair]) || matches!(self.actor, Actor::System),
            Action::Settle | Action::PinResetApprove | Action::ContributionWrite | Action::CashWrite => {
                self.holds(&[Treasurer]) || self.is_operator()
            }
            Action::GroupMove | Action::Operate => self.is_operator(),
        }
    }

    /// Whether this look at private data is an officer's, which is written down and shown to the member.
    #[must_use]
    pub fn is_sensitive(&self, action: Action) -> bool {
        match action {
            Action::ReadingsRead(member) | Action::MoneyRead(member) | Action::OrdersRead(member) => {
                !self.acts_for(member) && !matches!(self.actor, Actor::System)
            }
            Action::LedgerRead => matches!(self.actor, Actor::User { .. }),
            _ => false,
        }
    }

    /// Nothing, when the actor may.
    ///
    /// # Errors
    /// [`Denied`]: to nobody it says to sign in, to everybody else the same, whatever is there.
    pub fn require(&self, action: Action) -> Result<(), Denied> {
        match self.may(action) {
            true => Ok(()),
            false if matches!(self.actor, Actor::Nobody) => Err(Denied::SignIn),
            false => Err(Denied::NotAllowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no(number: i64) -> MemberNo {
        MemberNo::new(number).expect("a number")
    }

    fn user(is_operator: bool) -> Actor {
        Actor::User { id: UserId::new(7).expect("an id"), session: SessionNo::new(1).expect("a number"), is_operator }
    }

    /// One column for each kind of actor: nobody, stranger (an officer elsewhere is one), member 1, technician, treasurer, chair,
    /// supervisor (each household 2), operator.
    #[test]
    fn the_table_of_rights() {
        let office = |role| Standing { actor: user(false), roles: vec![(no(2), Role::Member), (no(2), role)], past: Vec::new() };
        let columns = [
            Standing::stranger(Actor::Nobody),
            Standing::stranger(user(false)),
            Standing { actor: user(false), roles: vec![(no(1), Role::Member)], past: Vec::new() },
            office(Role::Technician),
            office(Role::Treasurer),
            office(Role::Chair),
            office(Role::Supervisor),
            Standing::stranger(user(true)),
        ];
        for (action, expected) in [
            (Action::CardRead, "xxxxxxxx"),
            (Action::OwnAccount, ".xxxxxxx"),
            (Action::Found, ".xxxxxxx"),
            (Action::Join, ".xxxxxxx"),
            (Action::ClusterRead, "..xxxxxx"),
            (Action::DirectoryRead, "..xxxxxx"),
            (Action::ReadingsRead(no(1)), "..xxxxxx"),
            (Action::MoneyRead(no(1)), "..x.xxxx"),
            (Action::LedgerRead, "....xxxx"),
            (Action::Pay(no(1)), "..x....."),
            (Action::Trade(no(1)), "..x....."),
            (Action::OrdersRead(no(1)), "..x.xxxx"),
            (Action::PricesWatch, "..xxxxx."),
            (Action::OrdersReview, "....xx.x"),
            (Action::Deal, "....xx.x"),
            (Action::ComplianceWrite, ".....x.x"),
            (Action::CoverWrite, ".......x"),
            (Action::EntryWrite(no(1)), "..x....."),
            (Action::OwnMeterAdd(no(1)), "..x....."),
            (Action::Leave(no(1)), "..x....."),
            (Action::Household(no(1)), "..x....."),
            (Action::Admit, "....xx.x"),
            (Action::ContributionWrite, "....x..x"),
            (Action::CashWrite, "....x..x"),
            (Action::RolesWrite, ".....x.x"),
            (Action::MetersWrite, "...xxx.x"),
            (Action::ReadingsWrite, "...xxx.x"),
            (Action::OutageWrite, "...xxx.x"),
            (Action::AssetsWrite, "....xx.x"),
            (Action::RulesWrite, ".....x.."),
            (Action::Settle, "....x..x"),
            (Action::PinResetApprove, "....x..x"),
            (Action::GroupMove, ".......x"),
            (Action::Operate, ".......x"),
        ] {
            let seen: String = columns.iter().map(|standing| if standing.may(action) { 'x' } else { '.' }).collect();
            assert_eq!(seen, expected, "{action:?}");
        }
    }

    #[test]
    fn nobody_is_told_to_sign_in_and_others_that_they_may_not() {
        assert_eq!(Standing::stranger(Actor::Nobody).require(Action::ClusterRead), Err(Denied::SignIn));
        assert_eq!(Standing::stranger(user(false)).require(Action::ClusterRead), Err(Denied::NotAllowed));
    }

    #[test]
    fn who_left_sees_the_own_history_and_no_more() {
        let gone = Standing { past: vec![no(1)], ..Standing::stranger(user(false)) };
        assert!(gone.may(Action::MoneyRead(no(1))) && gone.may(Action::ReadingsRead(no(1))) && !gone.is_sensitive(Action::MoneyRead(no(1))));
        for action in [Action::ClusterRead, Action::DirectoryRead, Action::MoneyRead(no(2)), Action::LedgerRead, Action::Admit] {
            assert!(!gone.may(action), "{action:?}");
        }
    }

    #[test]
    fn a_look_by_an_officer_is_sensitive_and_ones_own_is_not() {
        let officer = Standing { actor: user(false), roles: vec![(no(2), Role::Member), (no(2), Role::Treasurer)], past: Vec::new() };
        assert!(officer.is_sensitive(Action::MoneyRead(no(1))) && !officer.is_sensitive(Action::MoneyRead(no(2))));
    }
}
