//! The lines between clusters: the operator writes down what they cost, carry and lose, and when they carried less.

use super::BetweenError;
use crate::cluster::today;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::ClusterId;
use market::between::Line;
use quantity::{BusinessDay, Interval, PricePerKwh, WattHours};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::{ClusterRow, LineOutageRow, LineRow};

/// Longest name of an owner, in characters.
const OWNER_MAX: usize = 80;
/// Most versions of lines read at once.
pub(super) const LINES_READ_MAX: u32 = 2_000;

/// A line as it is from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSet {
    /// First day on which it is so.
    pub from_day: BusinessDay,
    /// The wheeling fee for each kWh sent.
    pub fee: PricePerKwh,
    /// The most that is sent in an interval; 0 closes it.
    pub capacity: WattHours,
    /// What is lost, parts per million.
    pub loss_ppm: i64,
    /// Who owns it, 1 to 80 letters.
    pub owner: String,
}

/// A time in which a line carried less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOutageSet {
    /// When, on bounds of intervals.
    pub during: Interval,
    /// What it could carry in an interval; 0 for nothing.
    pub capacity: WattHours,
    /// Why.
    pub note: String,
}

impl Service {
    /// Writes down the line from one cluster to another as it is from a day on: for the operator.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::Line`]; a value of the form that cannot be.
    pub async fn line_set(&self, actor: Actor, from: &ClusterRow, to: &ClusterRow, set: LineSet) -> Result<LineRow, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let places = if from.id == to.id { (0, 0) } else { (0, 1) };
        Line::new(places.0, places.1, set.fee, set.capacity, set.loss_ppm).map_err(BetweenError::from)?;
        let owner: String = set.owner.trim().chars().take(OWNER_MAX).collect();
        let row = LineRow {
            from: from.id,
            to: to.id,
            from_day: set.from_day,
            zone: self.region(&from.region)?.zone.clone(),
            fee: set.fee,
            capacity: set.capacity,
            loss_ppm: set.loss_ppm,
            owner,
            set_at: self.now(),
            set_by: actor.number(),
        };
        let written = row.clone();
        self.store
            .write::<_, ServiceError, _>(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    tx.cluster_turn(row.from).await?;
                    Ok(tx.line_put(&row).await?)
                })
            })
            .await?;
        Ok(written)
    }

    /// Writes down that a line carried less for a time: nobody is to blame for what it did not carry. Days that were settled are settled again
    /// with the next round.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::LineOutage`].
    pub async fn line_outage_set(&self, actor: Actor, from: &ClusterRow, to: &ClusterRow, set: LineOutageSet) -> Result<(), ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let is_aligned = from.step.is_aligned(set.during.start()) && from.step.is_aligned(set.during.end());
        if !is_aligned || set.capacity.0 < 0 {
            return Err(BetweenError::LineOutage.into());
        }
        let note = set.note.trim().chars().take(OWNER_MAX).collect();
        let (set_at, set_by) = (self.now(), actor.number());
        let row = LineOutageRow { from: from.id, to: to.id, during: set.during, capacity: set.capacity, note, set_at, set_by };
        self.store
            .write::<_, ServiceError, _>(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    tx.cluster_turn(row.from).await?;
                    Ok(tx.line_outage_put(&row).await?)
                })
            })
            .await
    }

    /// The lines that begin or end at a cluster, as they are today, with the clusters at their ends.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn line_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<(LineRow, ClusterRow, ClusterRow)>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, day) = (cluster.id, today(cluster, self.now()));
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.line_list_of(id, LINES_READ_MAX).await?) })).await?;
        let rows = latest(rows.into_iter().filter(|row| row.from_day <= day));
        let ends = self.clusters_of(rows.iter().flat_map(|row| [row.from, row.to])).await?;
        let with_ends = |row: LineRow| {
            let (from, to) = (ends.get(row.from)?, ends.get(row.to)?);
            Ok((row, from, to))
        };
        rows.into_iter().map(with_ends).collect()
    }

    /// The open line from a seller to a buyer on a day.
    pub(super) async fn line_of(&self, seller: &ClusterRow, buyer: &ClusterRow, day: BusinessDay) -> Result<LineRow, ServiceError> {
        let (from, to) = (seller.id, buyer.id);
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { open_line(tx, from, to, day).await })).await?;
        let missing = || BetweenError::LineMissing { from: seller.code.clone(), to: buyer.code.clone() };
        found.ok_or_else(|| missing().into())
    }
}

pub(super) async fn open_line(tx: &mut Tx<'_>, from: ClusterId, to: ClusterId, day: BusinessDay) -> Result<Option<LineRow>, ServiceError> {
    Ok(tx.line_on(from, to, day).await?.filter(|line| line.capacity.0 > 0))
}

/// Of versions in order, the last of each line.
pub(super) fn latest(rows: impl Iterator<Item = LineRow>) -> Vec<LineRow> {
    let mut lines = BTreeMap::new();
    for row in rows {
        lines.insert((row.from, row.to), row);
    }
    lines.into_values().collect()
}
