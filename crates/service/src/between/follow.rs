//! The rounds that carry trade between clusters on: clearings, deals, deliveries. Safe to run at any time, by several processes.

use super::delivery::{Across, DeliveryWork};
use super::limits::days_of;
use crate::cluster::today;
use crate::{Service, ServiceError};
use domain::{ClusterCode, ClusterId};
use ledger::IdempotencyKey;
use market::between::{DealState, Party};
use quantity::{BusinessDay, DAY_MS, Instant, Interval};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use store::tables::{ClusterRow, DayMark, DealRow, LineOutageRow};

/// Days beyond the correction window on which deliveries are still looked at: so that the last estimate becomes final.
const DAYS_MORE: i64 = 15;
/// Clusters with deals read at once.
const PAGE: u32 = 500;

impl Service {
    /// Carries on with trade between a cluster and others: its deals, and what was delivered, on both sides of each deal as far as both have
    /// posted their day. What fails is told in the log and tried again in the next round. The joint clearings of regions go on by themselves
    /// ([`Service::market_joint_rounds`]).
    pub(crate) async fn between_follow(&self, cluster: &ClusterRow) {
        if let Err(error) = self.between_round(cluster).await {
            tracing::warn!(cluster = %cluster.code, code = error.code(), "trade with other clusters did not go on: {error}");
        }
    }

    /// As the round of [`Service::cluster_settle`]; gives how much had something to do.
    pub(crate) async fn between_round(&self, cluster: &ClusterRow) -> Result<i64, ServiceError> {
        // What fails in one of them waits for the next round; it does not keep the others waiting.
        let advanced = or_waits(&cluster.code, self.deals_follow(cluster).await);
        Ok(advanced + self.deliveries_follow(cluster).await?)
    }

    /// Carries on with everything between all clusters: for [`Service::clearing_check`].
    pub(crate) async fn between_follow_all(&self) -> Result<i64, ServiceError> {
        let (mut advanced, mut after) = (self.joint_rounds().await, 0);
        loop {
            let page = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_clusters(after, PAGE).await?) })).await?;
            let Some(last) = page.last() else { return Ok(advanced) };
            after = last.get();
            for id in page {
                match self.between_round_of(id).await {
                    Ok(done) => advanced += done,
                    Err(error) => tracing::warn!(cluster = %id, code = error.code(), "trade with other clusters waits: {error}"),
                }
            }
        }
    }

    async fn between_round_of(&self, id: ClusterId) -> Result<i64, ServiceError> {
        self.between_round(&self.cluster_of(id).await?).await
    }

    /// Settles what was delivered: the own side where it sells and that of those it buys from, then the buying sides.
    pub(super) async fn deliveries_follow(&self, cluster: &ClusterRow) -> Result<i64, ServiceError> {
        let deals = self.deals_accepted(cluster).await?;
        if deals.is_empty() {
            return Ok(0);
        }
        let side = |wanted: Party| -> BTreeSet<ClusterId> {
            deals.iter().filter(|row| row.side_of(cluster.id) == wanted).map(|row| row.other_of(cluster.id)).collect()
        };
        let mut sellers = side(Party::Buyer);
        let mut buyers = side(Party::Seller);
        if !buyers.is_empty() {
            sellers.insert(cluster.id);
        }
        if !side(Party::Buyer).is_empty() {
            buyers.insert(cluster.id);
        }
        let mut advanced = 0;
        for (ids, side) in [(sellers, Party::Seller), (buyers, Party::Buyer)] {
            for id in ids {
                advanced += or_waits(&cluster.code, self.side_follow_of(id, side).await);
            }
        }
        Ok(advanced)
    }

    async fn side_follow_of(&self, id: ClusterId, side: Party) -> Result<i64, ServiceError> {
        self.side_follow(&self.cluster_of(id).await?, side).await
    }

    /// Accepted deals whose delivery may still be settled or settled again.
    async fn deals_accepted(&self, cluster: &ClusterRow) -> Result<Vec<DealRow>, ServiceError> {
        let (id, after) = (cluster.id, horizon(cluster, self.now()));
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_list_live(id, after).await?) })).await?;
        let now = self.now();
        Ok(rows.into_iter().filter(|row| row.deal.state == DealState::Accepted && row.deal.terms.window.start() < now).collect())
    }

    /// Settles every day of one side of a cluster that both clusters of all its deals have posted, where anything behind it has changed.
    pub(super) async fn side_follow(&self, cluster: &ClusterRow, side: Party) -> Result<i64, ServiceError> {
        let mut deals = self.deals_accepted(cluster).await?;
        deals.retain(|row| row.side_of(cluster.id) == side);
        if deals.is_empty() {
            return Ok(0);
        }
        let first = BusinessDay::of(horizon(cluster, self.now()), cluster.offset);
        let known = self.known(cluster, side, &deals, first).await?;
        let mut days: BTreeMap<BusinessDay, Vec<DealRow>> = BTreeMap::new();
        for row in deals {
            for day in days_of(row.deal.terms.window, cluster.offset).filter(|day| *day >= first && *day <= today(cluster, self.now())) {
                days.entry(day).or_default().push(row);
            }
        }
        let mut advanced = 0;
        for (day, rows) in days {
            let Some((mark, basis)) = known.basis(cluster, side, day, &rows, self.now()) else { continue };
            if known.settled.get(&day).is_some_and(|settled| *settled == basis) {
                continue;
            }
            let settled = self.delivery_day_settle(cluster, (day, side, mark), basis, &rows, &known.outages).await;
            advanced += or_waits(&cluster.code, settled);
        }
        Ok(advanced)
    }

    /// Settles one day of a side, once the others have said what it needs.
    async fn delivery_day_settle(
        &self,
        cluster: &ClusterRow,
        (day, side, mark): (BusinessDay, Party, DayMark),
        basis: String,
        rows: &[DealRow],
        outages: &[LineOutageRow],
    ) -> Result<i64, ServiceError> {
        let Some(across) = self.across(day, side, rows).await? else { return Ok(0) };
        let work = DeliveryWork { cluster: cluster.clone(), day, mark, across, basis, outages: outages.to_vec(), now: self.now() };
        Ok(i64::from(self.delivery_settle(work).await?))
    }

    /// Everything that tells whether days have to be settled, in a few queries.
    async fn known(&self, cluster: &ClusterRow, side: Party, deals: &[DealRow], first: BusinessDay) -> Result<Known, ServiceError> {
        let (id, offset) = (cluster.id, cluster.offset);
        let mut known = Known::default();
        let others: BTreeSet<ClusterId> = deals.iter().map(|row| row.other_of(id)).collect();
        for of in others.iter().copied().chain([id]) {
            let marks: Vec<DayMark> = self
                .store
                .read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.day_marks(of, first, BusinessDay(i32::MAX)).await?) }))
                .await?;
            known.marks.insert(of, marks.into_iter().filter(|mark| mark.is_posted).map(|mark| (mark.day, mark)).collect());
        }
        if side == Party::Buyer {
            for of in others {
                let sent = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.delivery_marks(of, first, id).await?) }));
                known.sent.extend(sent.await?.into_iter().map(|(pair, day, revision)| ((pair, day), revision)));
            }
        }
        let (settled, outages) = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let settled = tx.delivery_leg_marks(id, first, side).await?;
                    let within = Interval::new(first.start(offset), Instant(i64::MAX)).map_err(|_| ServiceError::NoRules { day: first })?;
                    Ok((settled, if side == Party::Seller { tx.line_outage_list(id, within).await? } else { Vec::new() }))
                })
            })
            .await?;
        known.settled = settled.into_iter().collect();
        known.outages = outages;
        Ok(known)
    }

    /// What a side needs of the others for a day; `None` while one of them has not said it.
    async fn across(&self, day: BusinessDay, side: Party, rows: &[DealRow]) -> Result<Option<Across>, ServiceError> {
        if side == Party::Buyer {
            let mut sent = BTreeMap::new();
            for row in rows {
                let Some(found) = self.sent_of(row.deal.seller, row.pair, day).await? else { return Ok(None) };
                sent.insert(row.pair, found);
            }
            return Ok(Some(Across::Parcels(sent)));
        }
        let (mut imports, mut of_buyer) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            let id = row.deal.buyer;
            let prices = match of_buyer.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(self.imports_of(&self.cluster_of(id).await?, day).await?),
            };
            imports.insert(row.pair, prices.clone());
        }
        Ok(Some(Across::Imports(imports)))
    }
}

/// What tells whether days have to be settled.
#[derive(Default)]
struct Known {
    /// Posted days of the cluster and of those across its deals.
    marks: BTreeMap<ClusterId, BTreeMap<BusinessDay, DayMark>>,
    /// How often sellers settled days of the deals.
    sent: BTreeMap<(IdempotencyKey, BusinessDay), i64>,
    /// From what the days of the side were worked out.
    settled: BTreeMap<BusinessDay, String>,
    outages: Vec<LineOutageRow>,
}

impl Known {
    /// From what a day would be worked out now; `None` while a day or a seller is missing.
    fn basis(&self, cluster: &ClusterRow, side: Party, day: BusinessDay, rows: &[DealRow], now: Instant) -> Option<(DayMark, String)> {
        let mark = |id: &ClusterId| self.marks.get(id)?.get(&day).copied();
        let told = |mark: &DayMark| format!("{}@{}", mark.revision, mark.settled_at.0);
        let own = mark(&cluster.id)?;
        let mut basis = told(&own);
        if side == Party::Seller {
            basis.push_str(if is_final(cluster, &own, now) { " final" } else { " open" });
            for outage in self.outages.iter().filter(|outage| outage.during.overlaps(day.interval(cluster.offset))) {
                basis.push_str(&format!(" !{}:{}-{}:{}", outage.to, outage.during.start().0, outage.during.end().0, outage.capacity.0));
            }
        }
        for row in rows {
            let theirs = mark(&row.other_of(cluster.id))?;
            match side {
                Party::Seller => basis.push_str(&format!(" {}:{}", row.no, told(&theirs))),
                Party::Buyer => basis.push_str(&format!(" {}#{}", row.no, self.sent.get(&(row.pair, day))?)),
            }
        }
        Some((own, basis))
    }
}

/// How much was done; a failure is told in the log and tried again in the next round.
fn or_waits(cluster: &ClusterCode, done: Result<i64, ServiceError>) -> i64 {
    done.unwrap_or_else(|error| {
        tracing::warn!(%cluster, code = error.code(), "a part of the trade with other clusters waits: {error}");
        0
    })
}

/// Whether no reading of a day can come any more without a vote.
pub(super) fn is_final(cluster: &ClusterRow, mark: &DayMark, now: Instant) -> bool {
    let window = now.plus_ms(cluster.correction_days.saturating_mul(DAY_MS).saturating_neg());
    mark.posted_at.is_some_and(|posted| posted < window)
}

/// Deliveries that ended before this are not looked at any more: the begin of a day, so that a day is looked at with all its deals or not at all.
fn horizon(cluster: &ClusterRow, now: Instant) -> Instant {
    let until = now.plus_ms(-(cluster.correction_days.saturating_add(DAYS_MORE)).saturating_mul(DAY_MS));
    BusinessDay::of(until, cluster.offset).start(cluster.offset)
}
