//! Meters: which there are, whose they are from which day on, and their exchange.

use super::again::{not_before, settle_again_from, today};
use super::entering::{METER_LIMIT, Room, meters_take};
use super::moves::is_under_way;
use super::{ClusterError, number, serial, telling};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterKind, MemberNo, MeterNo, MeterRole, Region};
use quantity::{BusinessDay, Instant, Watts};
use std::sync::Arc;
use store::Tx;
use store::tables::{AssignmentRow, ClusterRow, MeterRow, NoticeNew, ServiceRow};

/// Most meters of a home to which its own people add them.
pub const OWN_METERS_MAX: usize = 4;

/// A meter to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterNew {
    /// The text that reading files know it by.
    pub serial: String,
    /// What it measures.
    pub role: MeterRole,
    /// The most that can flow through it; more is refused as absurd.
    pub limit: Watts,
    /// Whose it is, for a member's meter.
    pub member: Option<MemberNo>,
    /// First day; today when nobody says.
    pub from: Option<BusinessDay>,
}

/// A meter and whose it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterOwned {
    /// The meter.
    pub meter: MeterRow,
    /// Whose it is, from a day on; `None` for the plant's and for one that is nobody's.
    pub owner: Option<(MemberNo, BusinessDay)>,
    /// When a meter of the plant counts; `None` is always.
    pub service: Option<ServiceRow>,
}

impl Service {
    /// Adds meters; a member's meter may be given to its member at once. All or none.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::Serial`]; [`ClusterError::MeterTaken`]; [`ClusterError::TooLate`].
    pub async fn meter_add(&self, actor: Actor, cluster: &ClusterRow, meters: Vec<MeterNew>) -> Result<Vec<MeterNo>, ServiceError> {
        self.require(actor, cluster.id, Action::MetersWrite).await?;
        if meters.len() > super::ENTRIES_MAX {
            return Err(ClusterError::TooMany { most: super::ENTRIES_MAX }.into());
        }
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, meters));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { add(tx, &work.0, &work.1, &work.2, now).await })
            })
            .await
    }

    /// Adds a further meter of a member's own home from today on, in an open cluster. A serial that is the member's already is the same meter.
    /// Readings stay with those who look after the meters: they become money.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MeterByOfficer`] in other clusters; [`ClusterError::MetersMost`]; [`ClusterError::MeterTaken`];
    /// [`ClusterError::Serial`]; [`ClusterError::MemberLeft`]; [`ClusterError::MoveUnderWay`].
    pub async fn own_meter_add(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, new_serial: &str) -> Result<MeterNo, ServiceError> {
        self.require(actor, cluster.id, Action::OwnMeterAdd(member)).await?;
        if cluster.kind != ClusterKind::Open {
            return Err(ClusterError::MeterByOfficer.into());
        }
        serial(new_serial)?;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, new_serial.to_owned()));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { add_own(tx, &work.0, &work.1, member, &work.2, now).await })
            })
            .await
    }

    /// Gives a meter to a member from a day on; whose it was, it is until then. A past day is settled again.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MeterUnknown`]; [`ClusterError::MeterOfPlant`]; [`ClusterError::DayPast`];
    /// [`ClusterError::TooLate`].
    pub async fn meter_assign(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        meter: MeterNo,
        member: MemberNo,
        from: BusinessDay,
    ) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::MetersWrite).await?;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move {
                    tx.cluster_turn(work.0.id).await?;
                    assign(tx, &work.0, &work.1, meter, member, from, now).await
                })
            })
            .await
    }

    /// Takes a meter out of use from a day on: it is nobody's any more, and one of the plant no longer counts.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MeterUnknown`]; [`ClusterError::TooLate`].
    pub async fn meter_release(&self, actor: Actor, cluster: &ClusterRow, meter: MeterNo, from: BusinessDay) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::MetersWrite).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    let known = find(tx, &row, meter).await?;
                    release(tx, &row, &known, from, now).await.map(|_| ())
                })
            })
            .await
    }

    /// Puts a new meter in the place of an old one from a day on: same role, same limit, same member. The register of the new one begins
    /// anew; the readings of the old one stay under its own number.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MeterUnknown`]; [`ClusterError::MeterTaken`]; [`ClusterError::TooLate`].
    pub async fn meter_exchange(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        old: MeterNo,
        new_serial: &str,
        on: BusinessDay,
    ) -> Result<MeterNo, ServiceError> {
        self.require(actor, cluster.id, Action::MetersWrite).await?;
        serial(new_serial)?;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, new_serial.to_owned()));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move {
                    let (row, region, serial) = (&work.0, &work.1, work.2.clone());
                    tx.cluster_turn(row.id).await?;
                    let known = find(tx, row, old).await?;
                    let owner = release(tx, row, &known, on, now).await?;
                    let fresh = MeterNew { serial, role: known.role, limit: known.limit, member: owner, from: Some(on) };
                    let added = add(tx, row, region, &[fresh], now).await?;
                    Ok(added.first().copied().unwrap_or(old))
                })
            })
            .await
    }

    /// The meters of a cluster, by number: all of them for officers, the plant's and the own ones for a member.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn meter_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<MeterOwned>, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, today) = (cluster.id, today(cluster, self.now()));
        let all = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { owned(tx, id, today).await })).await?;
        let sees_all = standing.may(Action::MetersWrite);
        let is_own = |meter: &MeterOwned| meter.owner.is_some_and(|(member, _)| standing.acts_for(member));
        Ok(all.into_iter().filter(|meter| sees_all || meter.meter.role == MeterRole::Plant || is_own(meter)).collect())
    }
}

async fn owned(tx: &mut Tx<'_>, cluster: domain::ClusterId, today: BusinessDay) -> Result<Vec<MeterOwned>, ServiceError> {
    let assignments = tx.assignment_list(cluster, today, BusinessDay(i32::MAX)).await?;
    let services = tx.meter_service_list(cluster).await?;
    let owner = |no: MeterNo| assignments.iter().find(|row| row.meter == no).map(|row| (row.member, row.from));
    let meters = tx.meter_list(cluster).await?.into_iter();
    Ok(meters
        .map(|meter| MeterOwned { owner: owner(meter.no), service: services.iter().find(|row| row.meter == meter.no).copied(), meter })
        .collect())
}

async fn find(tx: &mut Tx<'_>, cluster: &ClusterRow, meter: MeterNo) -> Result<MeterRow, ServiceError> {
    let known = tx.meter_list(cluster.id).await?.into_iter().find(|row| row.no == meter);
    known.ok_or_else(|| ClusterError::MeterUnknown { meter }.into())
}

async fn add(tx: &mut Tx<'_>, cluster: &ClusterRow, region: &Region, meters: &[MeterNew], now: Instant) -> Result<Vec<MeterNo>, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let known = tx.meter_list(cluster.id).await?;
    let mut numbers = Vec::with_capacity(meters.len());
    for (at, meter) in meters.iter().enumerate() {
        serial(&meter.serial)?;
        number("the limit in W", 1, 1_000_000_000, meter.limit.0)?;
        let is_taken = known.iter().any(|row| row.serial == meter.serial) || meters[..at].iter().any(|other| other.serial == meter.serial);
        if is_taken {
            return Err(ClusterError::MeterTaken { serial: meter.serial.clone() }.into());
        }
        let no = MeterNo::new(tx.numbers_take(cluster.id, "meter", 1).await?)?;
        tx.meter_insert(cluster.id, &[MeterRow { no, serial: meter.serial.clone(), role: meter.role, limit: meter.limit }]).await?;
        let from = meter.from.unwrap_or_else(|| today(cluster, now));
        match (meter.role, meter.member) {
            (MeterRole::Plant, Some(_)) => return Err(ClusterError::MeterOfPlant { meter: no }.into()),
            (MeterRole::Plant, None) => {
                not_before(from, cluster.opened_on)?;
                tx.meter_service_put(cluster.id, &ServiceRow { meter: no, from, until: None }).await?;
                settle_again_from(tx, cluster, from, now).await?;
            }
            (MeterRole::Member, Some(member)) => assign(tx, cluster, region, no, member, from, now).await?,
            (MeterRole::Member, None) => {}
        }
        numbers.push(no);
    }
    Ok(numbers)
}

async fn add_own(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    region: &Region,
    member: MemberNo,
    serial: &str,
    now: Instant,
) -> Result<MeterNo, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let this_day = today(cluster, now);
    Room::load(tx, cluster, region, this_day).await?.member(member)?;
    if tx.move_list(cluster.id).await?.iter().any(|known| is_under_way(known, member)) {
        return Err(ClusterError::MoveUnderWay { member }.into());
    }
    let assigned = tx.assignment_list(cluster.id, this_day, BusinessDay(i32::MAX)).await?;
    let is_own = |no: MeterNo| assigned.iter().any(|row| row.meter == no && row.member == member);
    let mut own = tx.meter_list(cluster.id).await?;
    own.retain(|meter| is_own(meter.no));
    if let Some(known) = own.iter().find(|meter| meter.serial == serial) {
        return Ok(known.no);
    }
    if own.len() >= OWN_METERS_MAX {
        return Err(ClusterError::MetersMost { most: OWN_METERS_MAX }.into());
    }
    let added = meters_take(tx, cluster, member, &[serial.to_owned()], this_day, METER_LIMIT).await?;
    settle_again_from(tx, cluster, this_day, now).await?;
    added.first().copied().ok_or_else(|| ClusterError::Serial { serial: serial.to_owned() }.into())
}

async fn assign(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    region: &Region,
    meter: MeterNo,
    member: MemberNo,
    from: BusinessDay,
    now: Instant,
) -> Result<(), ServiceError> {
    let known = find(tx, cluster, meter).await?;
    if known.role == MeterRole::Plant {
        return Err(ClusterError::MeterOfPlant { meter }.into());
    }
    let room = Room::load(tx, cluster, region, today(cluster, now)).await?;
    not_before(from, room.member(member)?.joined_on)?;
    // The latest word about a day holds: what was planned from then on is replaced.
    tx.meter_assignment_take_back(cluster.id, meter, from).await?;
    tx.meter_release(cluster.id, meter, from).await?;
    tx.meter_assign(cluster.id, &[AssignmentRow { meter, member, from, until: None }]).await?;
    settle_again_from(tx, cluster, from, now).await?;
    let (serial, from_on) = (known.serial, i64::from(from.0));
    telling::tell_member(tx, cluster.id, member, now, |user| {
        NoticeNew::new(user, "meter-assigned").with("meter", serial.clone()).with("from_on", from_on)
    })
    .await
}

/// Takes a meter out of use; gives whose it was.
async fn release(tx: &mut Tx<'_>, cluster: &ClusterRow, known: &MeterRow, from: BusinessDay, now: Instant) -> Result<Option<MemberNo>, ServiceError> {
    not_before(from, cluster.opened_on)?;
    if known.role == MeterRole::Plant {
        let services = tx.meter_service_list(cluster.id).await?;
        let since = services.iter().find(|row| row.meter == known.no).map_or(cluster.opened_on, |row| row.from);
        tx.meter_service_put(cluster.id, &ServiceRow { meter: known.no, from: since, until: Some(from.max(since)) }).await?;
        settle_again_from(tx, cluster, from, now).await?;
        return Ok(None);
    }
    let owner = tx.assignment_list(cluster.id, from, BusinessDay(i32::MAX)).await?.iter().find(|row| row.meter == known.no).map(|row| row.member);
    tx.meter_assignment_take_back(cluster.id, known.no, from).await?;
    tx.meter_release(cluster.id, known.no, from).await?;
    settle_again_from(tx, cluster, from, now).await?;
    Ok(owner)
}
