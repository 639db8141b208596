//! Who acts for a household: its own people alone ask others in and let them go.
//!
//! No office reaches in here: whoever acts for a household reads its figures and pays from its wallet. Who is asked acts for it only after
//! having accepted. Asking takes the same steps, and gets the same answer, whether anybody has the number or not.

use super::again::today;
use super::entering::Room;
use super::leave::keeps_officers;
use super::{ClusterError, telling};
use crate::policy::{Action, Actor, Denied};
use crate::{Service, ServiceError};
use domain::{ClusterCode, ClusterId, MemberNo, Msisdn, Region, Role, UserId};
use quantity::{DAY_MS, Instant};
use store::Tx;
use store::tables::{ClusterRow, InvitationRow, MembershipRow, NoticeNew};

/// How long an invitation can be accepted, in ms: 14 days.
const INVITATION_MS: i64 = 14 * DAY_MS;
/// Invitations that one person may send in a day.
const INVITATIONS_PER_DAY: i64 = 10;
/// Invitations that one person is shown.
const SHOWN_MAX: u32 = 50;

/// The person meant: by id or by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The user with this id.
    User(UserId),
    /// Whoever has this number.
    Phone(Msisdn),
}

/// A person who acts for a household, as its own people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdPerson {
    /// The user.
    pub user: UserId,
    /// The name.
    pub name: String,
    /// The roles held for the household, `member` among them.
    pub roles: Vec<Role>,
}

/// An invitation as the person invited sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Code of the cluster.
    pub cluster: ClusterCode,
    /// Its name.
    pub cluster_name: String,
    /// The household.
    pub member: MemberNo,
    /// The name that others see of it.
    pub alias: String,
    /// Who asks.
    pub invited_by: String,
    /// From when on it can no longer be accepted.
    pub expires_at: Instant,
}

/// What somebody does about the people of a household, as it is decided inside the unit.
#[derive(Clone)]
struct Affair {
    cluster: ClusterRow,
    region: std::sync::Arc<Region>,
    member: MemberNo,
    user: UserId,
    now: Instant,
}

impl Service {
    /// The people who act for a household, for themselves.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn household_people(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Vec<HouseholdPerson>, ServiceError> {
        self.require(actor, cluster.id, Action::Household(member)).await?;
        let id = cluster.id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let mut people: Vec<HouseholdPerson> = Vec::new();
                    for row in tx.member_users(id, member).await? {
                        match people.last_mut().filter(|person| person.user == row.user) {
                            Some(person) => person.roles.push(row.role),
                            None => {
                                let name = tx.user(row.user).await?.map(|user| user.name).unwrap_or_default();
                                people.push(HouseholdPerson { user: row.user, name, roles: vec![row.role] });
                            }
                        }
                    }
                    Ok(people)
                })
            })
            .await
    }

    /// Asks a person to act for a household, too. The answer is the same when nobody is meant, and when the person acts for it already.
    ///
    /// # Errors
    /// [`ServiceError::Denied`] for all but the household's own people; [`ClusterError::InvitationRate`]; [`ClusterError::MemberLeft`]; what
    /// the store says.
    pub async fn person_invite(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, whom: Whom) -> Result<(), ServiceError> {
        let affair = self.affair(actor, cluster, member).await?;
        self.store
            .write(move |tx| {
                let affair = affair.clone();
                Box::pin(async move { affair.invite(tx, whom).await })
            })
            .await
    }

    /// Lets a person go who acts for a household, oneself too, and takes back what that person was asked. The answer is the same when nobody
    /// is meant. The person's offices for the household end, too.
    ///
    /// # Errors
    /// [`ServiceError::Denied`] for all but the household's own people; [`ClusterError::LastPerson`], [`ClusterError::LastOfficer`];
    /// [`ClusterError::MemberLeft`]; what the store says.
    pub async fn person_take_back(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, whom: Whom) -> Result<(), ServiceError> {
        let affair = self.affair(actor, cluster, member).await?;
        self.store
            .write(move |tx| {
                let affair = affair.clone();
                Box::pin(async move { affair.take_back(tx, whom).await })
            })
            .await?;
        self.roles_changed(cluster.id);
        Ok(())
    }

    /// What the user is asked by households.
    ///
    /// # Errors
    /// [`Denied::SignIn`]; what the store says.
    pub async fn invitation_list(&self, actor: Actor) -> Result<Vec<Invitation>, ServiceError> {
        let (user, now) = (actor.signed_in()?, self.now());
        self.store.read(move |tx| Box::pin(async move { invitations(tx, user, now).await })).await
    }

    /// Accepts or refuses what a household asked. Only from accepting on does the user act for it.
    ///
    /// # Errors
    /// [`ClusterError::InvitationUnknown`] when there is none, it is over, or who asked no longer acts for the household;
    /// [`ClusterError::MemberLeft`]; [`Denied::SignIn`]; what the store says.
    pub async fn invitation_answer(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, is_accepted: bool) -> Result<(), ServiceError> {
        let (user, region, now) = (actor.signed_in()?, self.region(&cluster.region)?, self.now());
        let affair = Affair { cluster: cluster.clone(), region, member, user, now };
        self.store
            .write(move |tx| {
                let affair = affair.clone();
                Box::pin(async move { affair.answer(tx, is_accepted).await })
            })
            .await?;
        self.roles_changed(cluster.id);
        Ok(())
    }

    async fn affair(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Affair, ServiceError> {
        self.require(actor, cluster.id, Action::Household(member)).await?;
        let (user, region) = (actor.signed_in()?, self.region(&cluster.region)?);
        Ok(Affair { cluster: cluster.clone(), region, member, user, now: self.now() })
    }
}

impl Affair {
    /// Waits for the cluster's turn and loads who acts for the household.
    async fn begin(&self, tx: &mut Tx<'_>) -> Result<(Room, Vec<MembershipRow>), ServiceError> {
        tx.cluster_turn(self.cluster.id).await?;
        let room = Room::load(tx, &self.cluster, &self.region, today(&self.cluster, self.now)).await?;
        room.member(self.member)?;
        Ok((room, tx.member_users(self.cluster.id, self.member).await?))
    }

    /// As [`Affair::begin`], for a person of the household. What was asked first may be seconds old: who was let go meanwhile does nothing.
    async fn begin_within(&self, tx: &mut Tx<'_>) -> Result<(Room, Vec<MembershipRow>), ServiceError> {
        let (room, roles) = self.begin(tx).await?;
        if acts(&roles, self.user) { Ok((room, roles)) } else { Err(Denied::NotAllowed.into()) }
    }

    async fn invite(&self, tx: &mut Tx<'_>, whom: Whom) -> Result<(), ServiceError> {
        let (_, roles) = self.begin_within(tx).await?;
        let start = Instant(self.now.0.div_euclid(DAY_MS).saturating_mul(DAY_MS));
        if tx.rate_count(&format!("invitation:{}", self.user), start).await? > INVITATIONS_PER_DAY {
            return Err(ClusterError::InvitationRate.into());
        }
        let invited = found(tx, whom).await?.filter(|user| !acts(&roles, *user));
        let is_asked = tx.invitation(invited, self.cluster.id, self.member, self.now).await?.is_some();
        let row = InvitationRow {
            cluster: self.cluster.id,
            member: self.member,
            invited_by: self.user,
            invited_at: self.now,
            expires_at: self.now.plus_ms(INVITATION_MS),
        };
        tx.invitation_put(invited, &row).await?;
        let who = tx.user(self.user).await?.map(|user| user.name).unwrap_or_default();
        // What the household reads does not say who is meant: a name would tell whose the number is.
        let mut notices = self.notices(&people(&roles), "person-asked", &who);
        let household = self.alias(tx).await?;
        notices.extend(invited.filter(|_| !is_asked).map(|user| self.notice(user, "invited", &who).with("household", household)));
        Ok(tx.notice_append(&notices, self.now).await?)
    }

    async fn take_back(&self, tx: &mut Tx<'_>, whom: Whom) -> Result<(), ServiceError> {
        let (room, roles) = self.begin_within(tx).await?;
        let user = found(tx, whom).await?;
        tx.invitation_take(user, self.cluster.id, self.member).await?;
        let Some(user) = user.filter(|user| acts(&roles, *user)) else { return Ok(()) };
        if roles.iter().all(|row| row.role != Role::Member || row.user == user) {
            return Err(ClusterError::LastPerson.into());
        }
        // Who no longer acts for the household holds no office for it either.
        keeps_officers(tx, self.cluster.id, &room, |row| row.member == self.member && row.user == user).await?;
        for row in roles.iter().filter(|row| row.user == user) {
            tx.role_revoke(self.cluster.id, self.member, user, row.role, today(&self.cluster, self.now)).await?;
        }
        let who = tx.user(user).await?.map(|user| user.name).unwrap_or_default();
        self.tell(tx, &roles, "person-gone", &who).await
    }

    async fn answer(&self, tx: &mut Tx<'_>, is_accepted: bool) -> Result<(), ServiceError> {
        if !is_accepted {
            // Nobody is told: the household does not learn whether anybody was asked.
            let is_there = tx.invitation_take(Some(self.user), self.cluster.id, self.member).await?;
            return if is_there { Ok(()) } else { Err(ClusterError::InvitationUnknown.into()) };
        }
        let (_, roles) = self.begin(tx).await?;
        let asked = tx.invitation(Some(self.user), self.cluster.id, self.member, self.now).await?;
        asked.filter(|row| acts(&roles, row.invited_by)).ok_or(ClusterError::InvitationUnknown)?;
        tx.invitation_take(Some(self.user), self.cluster.id, self.member).await?;
        let person = tx.user(self.user).await?.ok_or(ClusterError::InvitationUnknown)?;
        tx.role_grant(self.cluster.id, self.member, self.user, Role::Member, today(&self.cluster, self.now)).await?;
        let mut everybody = people(&roles);
        if !everybody.contains(&self.user) {
            everybody.push(self.user);
        }
        Ok(tx.notice_append(&self.notices(&everybody, "person-new", &person.name), self.now).await?)
    }

    async fn tell(&self, tx: &mut Tx<'_>, roles: &[MembershipRow], kind: &'static str, who: &str) -> Result<(), ServiceError> {
        let users = people(roles);
        telling::tell(tx, &users, self.now, |user| self.notice(user, kind, who)).await
    }

    fn notices(&self, users: &[UserId], kind: &'static str, who: &str) -> Vec<NoticeNew> {
        users.iter().map(|&user| self.notice(user, kind, who)).collect()
    }

    fn notice(&self, user: UserId, kind: &'static str, who: &str) -> NoticeNew {
        NoticeNew::new(user, kind).with("who", who).with("name", self.cluster.name.as_str())
    }

    async fn alias(&self, tx: &mut Tx<'_>) -> Result<String, ServiceError> {
        Ok(alias_of(tx, self.cluster.id, self.member).await?)
    }
}

/// Whether a user acts for the household whose roles these are.
fn acts(roles: &[MembershipRow], user: UserId) -> bool {
    roles.iter().any(|row| row.user == user && row.role == Role::Member)
}

/// The users of roles that come by user.
fn people(roles: &[MembershipRow]) -> Vec<UserId> {
    let mut users: Vec<UserId> = roles.iter().map(|row| row.user).collect();
    users.dedup();
    users
}

/// The user meant, when there is one.
async fn found(tx: &mut Tx<'_>, whom: Whom) -> Result<Option<UserId>, ServiceError> {
    let user = match whom {
        Whom::User(id) => tx.user(id).await?,
        Whom::Phone(phone) => tx.user_by_phone(phone).await?,
    };
    Ok(user.map(|user| user.id))
}

async fn alias_of(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo) -> store::Result<String> {
    Ok(tx.member_brief(cluster, member).await?.map(|brief| brief.alias).unwrap_or_default())
}

async fn invitations(tx: &mut Tx<'_>, user: UserId, now: Instant) -> Result<Vec<Invitation>, ServiceError> {
    let mut list = Vec::new();
    for row in tx.invitation_list(user, now, SHOWN_MAX).await? {
        let Some(cluster) = tx.cluster_find(row.cluster).await? else { continue };
        // It counts no more when who asked was let go.
        if !acts(&tx.member_users(row.cluster, row.member).await?, row.invited_by) {
            continue;
        }
        let alias = alias_of(tx, row.cluster, row.member).await?;
        let invited_by = tx.user(row.invited_by).await?.map(|user| user.name).unwrap_or_default();
        let (member, expires_at) = (row.member, row.expires_at);
        list.push(Invitation { cluster: cluster.code, cluster_name: cluster.name, member, alias, invited_by, expires_at });
    }
    Ok(list)
}
