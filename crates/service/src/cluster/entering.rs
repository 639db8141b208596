//! What every way into a cluster shares: room, names, and the rows and accounts a member needs.

use super::{ClusterError, Household, telling};
use crate::ServiceError;
use crate::accounts::MEMBER_ACCOUNTS;
use domain::{AccountNo, ClusterId, ClusterKind, GovernanceConfig, MemberNo, MemberState, MeterNo, MeterRole, Region, Role, UserId};
use ledger::{Account, Currency};
use quantity::{BusinessDay, Instant, Ngwee, Watts};
use settlement::MEMBERS_MAX;
use store::Tx;
use store::tables::{AssignmentRow, ClusterRow, Consents, EntryRow, MemberRow, MeterRow, NoticeNew};

/// The most that may flow through a meter when nobody says: as for the homes that come with the program.
pub(super) const METER_LIMIT: Watts = Watts(100_000);
/// A tier of contributions: a thousand kwacha.
const TIER: i64 = 100_000;

/// The weight of the sharing key by tiers. It follows what was promised when the household came, and does not change while it is
/// paid in parts: a settled day that is settled again must find the weights of then.
pub(super) fn weight_of(pledge: Ngwee) -> u64 {
    u64::try_from(pledge.0.max(0) / TIER).unwrap_or(0)
}

/// Who is in a cluster, and who may still come.
pub(crate) struct Room {
    pub members: Vec<MemberRow>,
    pub entries: Vec<EntryRow>,
    today: BusinessDay,
    most: i64,
    is_forming: bool,
}

impl Room {
    pub(crate) async fn load(tx: &mut Tx<'_>, cluster: &ClusterRow, region: &Region, today: BusinessDay) -> Result<Self, ServiceError> {
        let members = tx.member_list(cluster.id).await?;
        let entries = tx.entry_list(cluster.id).await?;
        let count = members.iter().filter(|member| is_here(member, today)).count() as i64;
        let most = members_most(region, cluster.kind);
        Ok(Self { members, entries, today, most, is_forming: region.country.is_forming(cluster.kind, count) })
    }

    /// A room of these members alone, in which anybody fits.
    #[cfg(test)]
    pub const fn of(members: Vec<MemberRow>) -> Self {
        Self { members, entries: Vec::new(), today: BusinessDay(0), most: i64::MAX, is_forming: true }
    }

    /// How many belong to it now.
    pub fn count(&self) -> i64 {
        self.here().count() as i64
    }

    /// Those who belong to it now.
    pub fn here(&self) -> impl Iterator<Item = &MemberRow> {
        let today = self.today;
        self.members.iter().filter(move |member| is_here(member, today))
    }

    pub const fn is_forming(&self) -> bool {
        self.is_forming
    }

    /// Refuses when so many more do not fit.
    pub fn fits(&self, more: usize) -> Result<(), ClusterError> {
        if self.count() + more as i64 > self.most { Err(ClusterError::Full { most: self.most }) } else { Ok(()) }
    }

    /// Refuses a name that another household here, or one that waits, has; `own` is not another.
    pub fn alias_is_free(&self, alias: &str, own: Option<MemberNo>) -> Result<(), ClusterError> {
        let folded = alias.to_lowercase();
        let waiting = self.entries.iter().filter(|entry| entry.state == MemberState::Asked).map(|entry| (entry.member, &entry.alias));
        let mut others = self.here().map(|member| (member.no, &member.alias)).chain(waiting);
        if others.any(|(no, other)| Some(no) != own && other.to_lowercase() == folded) { Err(ClusterError::AliasTaken) } else { Ok(()) }
    }

    /// A member that belongs to the cluster.
    pub fn member(&self, no: MemberNo) -> Result<&MemberRow, ClusterError> {
        let member = self.members.iter().find(|member| member.no == no).ok_or(ClusterError::MemberUnknown { member: no })?;
        if member.left_on.is_some() { Err(ClusterError::MemberLeft { member: no }) } else { Ok(member) }
    }
}

/// Most members of a cluster of a kind: as its country says, and never more than can be settled together.
pub(super) fn members_most(region: &Region, kind: ClusterKind) -> i64 {
    region.country.size(kind).members_max.min(MEMBERS_MAX as i64)
}

/// Whether a member belongs to the cluster on `day`, or will.
pub(super) fn is_here(member: &MemberRow, day: BusinessDay) -> bool {
    member.left_on.is_none_or(|left| day < left)
}

/// The entry of a household that founds or asks.
pub(super) fn entry(household: &Household, member: MemberNo, state: MemberState, user: Option<UserId>, on: BusinessDay) -> EntryRow {
    EntryRow {
        member,
        state,
        alias: household.alias.clone(),
        kind: household.kind.clone(),
        house: household.house.clone(),
        residents: household.residents,
        language: String::new(),
        skills: String::new(),
        pledge: household.contribution,
        consents: Consents::default(),
        user,
        serials: household.meters.clone(),
        asked_on: on,
        decided_by: None,
        moved_from: None,
        moved_to: None,
    }
}

/// The entry of a member that was entered before there were entries.
pub(super) fn entry_of(member: &MemberRow) -> EntryRow {
    let household = Household { alias: member.alias.clone(), kind: member.kind.clone(), ..Household::default() };
    let state = if member.left_on.is_some() { MemberState::Left } else { MemberState::Active };
    entry(&household, member.no, state, None, member.joined_on)
}

/// Enters a household as a member from `joined_on`: row, accounts, meters, and what its users may. The caller has the cluster's turn and
/// has written the entry.
pub(super) async fn enter(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    entry: &EntryRow,
    joined_on: BusinessDay,
    users: &[UserId],
    now: Instant,
) -> Result<(), ServiceError> {
    let member = MemberRow {
        no: entry.member,
        alias: entry.alias.clone(),
        kind: entry.kind.clone(),
        weight: weight_of(entry.pledge),
        joined_on,
        left_on: None,
    };
    tx.member_insert(cluster.id, &[member]).await?;
    open_accounts(tx, cluster.id, entry.member).await?;
    meters_take(tx, cluster, entry.member, &entry.serials, joined_on, METER_LIMIT).await?;
    for &user in users {
        tx.role_grant(cluster.id, entry.member, user, Role::Member, BusinessDay::of(now, cluster.offset)).await?;
    }
    let (name, number) = (cluster.name.clone(), entry.member.to_string());
    telling::tell(tx, users, now, |user| NoticeNew::new(user, "welcome").with("name", name.clone()).with("number", number.clone())).await
}

async fn open_accounts(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo) -> Result<(), ServiceError> {
    let first = tx.numbers_take(cluster, "account", MEMBER_ACCOUNTS.len() as i64).await?;
    let mut accounts = Vec::with_capacity(MEMBER_ACCOUNTS.len());
    for (no, (code, limit)) in (first..).zip(MEMBER_ACCOUNTS) {
        accounts.push(Account::new(AccountNo::new(no)?, Currency::Zmw, code, Some(member), limit));
    }
    Ok(tx.account_put(cluster, &accounts).await?)
}

/// Gives meters with these serials to a member from a day on: those the cluster knows and nobody has, and new ones.
pub(super) async fn meters_take(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    member: MemberNo,
    serials: &[String],
    from: BusinessDay,
    limit: Watts,
) -> Result<Vec<MeterNo>, ServiceError> {
    if serials.is_empty() {
        return Ok(Vec::new());
    }
    let known = tx.meter_list(cluster.id).await?;
    let taken = tx.assignment_list(cluster.id, from, BusinessDay(i32::MAX)).await?;
    let (mut numbers, mut assignments) = (Vec::new(), Vec::new());
    for serial in serials {
        let no = match known.iter().find(|meter| meter.serial == *serial) {
            Some(meter) if meter.role == MeterRole::Plant || taken.iter().any(|row| row.meter == meter.no) => {
                return Err(ClusterError::MeterTaken { serial: serial.clone() }.into());
            }
            Some(meter) => meter.no,
            None => {
                let no = MeterNo::new(tx.numbers_take(cluster.id, "meter", 1).await?)?;
                tx.meter_insert(cluster.id, &[MeterRow { no, serial: serial.clone(), role: MeterRole::Member, limit }]).await?;
                no
            }
        };
        numbers.push(no);
        assignments.push(AssignmentRow { meter: no, member, from, until: None });
    }
    tx.meter_assign(cluster.id, &assignments).await?;
    Ok(numbers)
}

/// Whether households of this kind of cluster put money into equipment.
pub(super) const fn has_contributions(kind: ClusterKind) -> bool {
    !matches!(kind, ClusterKind::Open)
}

/// What a household may put in on a day: by the cluster's rule, within the region's.
pub(super) fn contribution_range(governance: &GovernanceConfig, region: &Region, on: BusinessDay) -> (Ngwee, Ngwee) {
    let (least, most) = region.contribution_on(on);
    (governance.contribution_min.max(least), governance.contribution_max.min(most))
}

/// Refuses a contribution outside the cluster's rule; in an open cluster there is none.
pub(super) fn contribution_fits(kind: ClusterKind, range: (Ngwee, Ngwee), pledge: Ngwee) -> Result<(), ClusterError> {
    let (least, most) = if has_contributions(kind) { range } else { (Ngwee::ZERO, Ngwee::ZERO) };
    if pledge < least {
        Err(ClusterError::ContributionLow { least })
    } else if pledge > most {
        Err(ClusterError::ContributionHigh { most })
    } else {
        Ok(())
    }
}
