//! The marketplace of a bidding zone: what clusters offer to all others, until the joint clearing takes it.

use super::imports::Imports;
use super::limits::{days_of, may_promise, offered};
use super::{BetweenError, ComplianceView, DAYS_AHEAD_MAX, DealTold, LIST_MAX, ready};
use crate::cluster::today;
use crate::digest::digest;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterId, OfferNo};
use ledger::IdempotencyKey;
use market::{Order, Side};
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, WattHours};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{BoardRow, ClusterRow, DeliveryRow, OfferRow, OfferState};

/// How long before a day begins its offers are cleared: at six in the evening.
pub const GATE_MS: i64 = 6 * 3_600_000;
/// Most open offers of a cluster.
pub const OFFERS_OPEN_MAX: usize = 50;

/// Most clusters whose offers are looked at for one board: as many as may each have one of its lines.
const PARTNERS_MAX: usize = LIST_MAX as usize;

/// An offer to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferCreate {
    /// Sells, or asks for energy.
    pub side: Side,
    /// Intervals of one local day.
    pub window: Interval,
    /// How much in each of them.
    pub energy: WattHours,
    /// The least a seller takes for each kWh sent, the most a buyer pays for each kWh received, fee included.
    pub price: PricePerKwh,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
}

/// What the Trading Hub shows of trade between clusters.
#[derive(Debug, Clone)]
pub struct Board {
    /// Whether the cluster may trade, and what is missing.
    pub compliance: ComplianceView,
    /// Open offers of the clusters of the zone that an open line leads to or comes from, by day, cluster and number; 200 at most, of which
    /// each cluster has its part.
    pub offers: Vec<BoardRow>,
    /// The cluster's own offers, the newest first; 50 at most.
    pub own: Vec<OfferRow>,
    /// The cluster's deals, the newest first; 50 at most.
    pub deals: Vec<DealTold>,
    /// What was delivered in the last 31 days, the newest first; 200 at most.
    pub deliveries: Vec<DeliveryRow>,
    /// When the next clearing closes.
    pub gate_at: Instant,
}

impl Service {
    /// Puts an offer of a cluster on the board of its zone. The same request again gives the same offer. One that comes when the clearing of
    /// its day was held has met nobody: it is given as cleared, with nothing filled.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError`]: what is missing for trade, the limits, the window.
    pub async fn offer_place(&self, actor: Actor, cluster: &ClusterRow, new: OfferCreate) -> Result<OfferRow, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        Order::new(new.side, new.price, new.energy).map_err(BetweenError::from)?;
        let (work, now) = ((cluster.clone(), self.imports()), self.now());
        self.store
            .write(move |tx| {
                let (row, imports) = work.clone();
                Box::pin(async move { place(tx, (&row, &imports), actor.number(), new, now).await })
            })
            .await
    }

    /// Takes an offer off the board.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::OfferUnknown`]; [`BetweenError::OfferGate`] when the clearing has it.
    pub async fn offer_withdraw(&self, actor: Actor, cluster: &ClusterRow, no: OfferNo) -> Result<OfferRow, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        let (work, now) = (std::sync::Arc::new((cluster.clone(), self.region(&cluster.region)?.zone.clone())), self.now());
        self.store
            .write(move |tx| {
                let work = std::sync::Arc::clone(&work);
                Box::pin(async move {
                    let (row, zone) = &*work;
                    tx.cluster_turn(row.id).await?;
                    let offer = tx.offer_find(row.id, no).await?.ok_or(BetweenError::OfferUnknown { no })?;
                    match offer.state {
                        OfferState::Withdrawn => return Ok(offer),
                        OfferState::Cleared => return Err(BetweenError::OfferEnded { no }.into()),
                        OfferState::Open => {}
                    }
                    if now >= offer.gate_at || !tx.board_take(zone, offer.day, row.id, no).await? {
                        return Err(BetweenError::OfferGate { gate: offer.gate_at }.into());
                    }
                    let offer = OfferRow { state: OfferState::Withdrawn, ended_at: Some(now), ..offer };
                    tx.offer_put(row.id, &offer).await?;
                    Ok(offer)
                })
            })
            .await
    }

    /// The offers of a cluster before number `before`, the newest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn offer_list(&self, actor: Actor, cluster: &ClusterRow, before: Option<OfferNo>, limit: u32) -> Result<Vec<OfferRow>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, before, limit) = (cluster.id, before.map_or(i64::MAX, OfferNo::get), limit.clamp(1, LIST_MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.offer_list(id, before, limit).await?) })).await
    }

    /// The open offers of a region's zone after the given day, cluster and number, in that order: for everybody who is signed in.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::RegionUnknown`]; what the store says.
    pub async fn market_board(
        &self,
        actor: Actor,
        region: &str,
        after: Option<(BusinessDay, i64, i64)>,
        limit: u32,
    ) -> Result<Vec<BoardRow>, ServiceError> {
        self.require_anywhere(actor, Action::Join).await?;
        let zone = self.region(region)?.zone.clone();
        let (after, limit) = (after.unwrap_or((BusinessDay(i32::MIN), 0, 0)), limit.clamp(1, LIST_MAX));
        self.store
            .read(move |tx| {
                let zone = zone.clone();
                Box::pin(async move { Ok(tx.board_list(&zone, after, limit).await?) })
            })
            .await
    }

    /// Everything that the Trading Hub shows a member of a cluster about trade with other clusters.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn board(&self, actor: Actor, cluster: &ClusterRow) -> Result<Board, ServiceError> {
        let compliance = self.compliance_view(actor, cluster).await?;
        let (id, now) = (cluster.id, self.now());
        let day = today(cluster, now);
        let offers = self.board_offers(actor, cluster).await?;
        let deliveries = self
            .store
            .read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.delivery_list(id, day.plus_days(-31), day.next(), LIST_MAX).await?) }));
        let next = day.next().start(cluster.offset).plus_ms(-GATE_MS);
        Ok(Board {
            compliance,
            offers,
            own: self.offer_list(actor, cluster, None, 50).await?,
            deals: self.deal_list(actor, cluster, None, 50).await?,
            deliveries: deliveries.await?,
            gate_at: if now < next { next } else { next.plus_ms(86_400_000) },
        })
    }

    /// The open offers of those whom an open line joins with a cluster, in its own zone, by day, cluster and number; 200 at most, of which each
    /// of them has its part.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn board_offers(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<BoardRow>, ServiceError> {
        let zone = &self.region(&cluster.region)?.zone;
        let mut partners = BTreeMap::new();
        for (line, from, to) in self.line_list(actor, cluster).await? {
            let other = if from.id == cluster.id { to } else { from };
            if line.capacity.0 > 0 && self.region(&other.region)?.zone == *zone && partners.len() < PARTNERS_MAX {
                partners.insert(other.id, other);
            }
        }
        let ids: Arc<[ClusterId]> = partners.keys().copied().collect();
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            let ids = Arc::clone(&ids);
            Box::pin(async move { Ok(tx.offer_list_open_of(&ids).await?) })
        });
        let rows = read.await?.into_iter().filter_map(|(id, row)| Some(board_row(partners.get(&id)?, &row)));
        Ok(fair_cut(rows.collect(), LIST_MAX as usize))
    }

    /// What was delivered on days in `[from, until)`, as it was settled last, the newest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn delivery_list(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        (from, until): (BusinessDay, BusinessDay),
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, limit) = (cluster.id, limit.clamp(1, LIST_MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.delivery_list(id, from, until, limit).await?) })).await
    }
}

/// At most `most` offers, by day, cluster and number. Where there are more, the first of each cluster come before the second of any, so that no
/// cluster vanishes behind one that offers much.
fn fair_cut(mut rows: Vec<BoardRow>, most: usize) -> Vec<BoardRow> {
    rows.sort_unstable_by_key(|row| (row.cluster, row.day, row.no));
    let mut ranked: Vec<(usize, BoardRow)> = Vec::with_capacity(rows.len());
    for row in rows {
        let rank = ranked.last().filter(|(_, last)| last.cluster == row.cluster).map_or(0, |(rank, _)| rank + 1);
        ranked.push((rank, row));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(most);
    let mut kept: Vec<BoardRow> = ranked.into_iter().map(|(_, row)| row).collect();
    kept.sort_unstable_by_key(|row| (row.day, row.cluster, row.no));
    kept
}

async fn place(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    actor: i64,
    new: OfferCreate,
    now: Instant,
) -> Result<OfferRow, ServiceError> {
    let (day, zone) = (BusinessDay::of(new.window.start(), cluster.offset), imports.zone(cluster)?);
    // The gate before the cluster, as the clearing takes them: either it is held with this offer, or this unit finds that it was held.
    tx.gate_turn(zone, day).await?;
    tx.cluster_turn(cluster.id).await?;
    if let Some(known) = tx.offer_by_key(cluster.id, new.key).await? {
        return if known.digest == digest_of(&new) { Ok(known) } else { Err(BetweenError::KeyReused.into()) };
    }
    let row = fit(tx, (cluster, imports), actor, new, now).await?;
    let row = OfferRow { no: OfferNo::new(tx.numbers_take(cluster.id, "offer", 1).await?)?, ..row };
    tx.offer_put(cluster.id, &row).await?;
    if row.state == OfferState::Open {
        tx.board_insert(zone, &board_row(cluster, &row)).await?;
    }
    Ok(row)
}

/// What was asked for, as a number.
fn digest_of(new: &OfferCreate) -> i64 {
    digest(&[i64::from(new.side == Side::Sell), new.window.start().0, new.window.end().0, new.energy.0, new.price.0])
}

/// The offer as it may stand on the board, without a number of its own: reads only.
pub(super) async fn fit(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    actor: i64,
    new: OfferCreate,
    now: Instant,
) -> Result<OfferRow, ServiceError> {
    let (day, zone) = (BusinessDay::of(new.window.start(), cluster.offset), imports.zone(cluster)?);
    ready::ready(tx, cluster, today(cluster, now)).await?;
    let gate = day.start(cluster.offset).plus_ms(-GATE_MS);
    if now >= gate {
        return Err(BetweenError::OfferGate { gate }.into());
    }
    let is_aligned = cluster.step.is_aligned(new.window.start()) && cluster.step.is_aligned(new.window.end());
    let is_near = day <= today(cluster, now).plus_days(i32::try_from(DAYS_AHEAD_MAX).unwrap_or(0));
    if !is_aligned || !is_near || days_of(new.window, cluster.offset).count() != 1 {
        return Err(BetweenError::OfferWindow.into());
    }
    let open = tx.offer_list_open(cluster.id).await?;
    if open.len() >= OFFERS_OPEN_MAX {
        return Err(BetweenError::OffersTooMany { most: OFFERS_OPEN_MAX }.into());
    }
    if open.iter().any(|row| row.side != new.side && row.window.overlaps(new.window)) {
        return Err(BetweenError::OfferBothSides.into());
    }
    // The gate may have closed by another process's clock, or while this unit waited for its turn.
    let is_late = tx.round_find(zone, day).await?.is_some();
    let row = OfferRow {
        reason: None,
        no: OfferNo::new(1)?,
        side: new.side,
        day,
        window: new.window,
        energy: new.energy,
        price: new.price,
        gate_at: gate,
        state: if is_late { OfferState::Cleared } else { OfferState::Open },
        filled: WattHours::ZERO,
        digest: digest_of(&new),
        key: new.key,
        placed_at: now,
        ended_at: is_late.then_some(now),
        actor,
    };
    may_promise(tx, (cluster, imports), offered(&row), None, None, now).await?;
    Ok(row)
}

/// An offer as the board shows it.
pub(super) fn board_row(cluster: &ClusterRow, row: &OfferRow) -> BoardRow {
    BoardRow {
        day: row.day,
        cluster: cluster.id,
        no: row.no,
        code: cluster.code.to_string(),
        name: cluster.name.clone(),
        side: row.side,
        window: row.window,
        energy: row.energy,
        price: row.price,
        gate_at: row.gate_at,
        placed_at: row.placed_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quantity::UtcOffset;

    fn row(cluster: i64, day: i32, no: i64) -> BoardRow {
        let day = BusinessDay(day);
        BoardRow {
            day,
            cluster: ClusterId::new(cluster).expect("an id"),
            no: OfferNo::new(no).expect("a number"),
            code: String::new(),
            name: String::new(),
            side: Side::Sell,
            window: day.interval(UtcOffset::LUSAKA),
            energy: WattHours(1),
            price: PricePerKwh(1),
            gate_at: Instant(0),
            placed_at: Instant(0),
        }
    }

    #[test]
    fn a_cut_board_keeps_every_cluster() {
        let mut rows: Vec<BoardRow> = (1..=9).map(|no| row(1, 1, no)).collect();
        rows.extend([row(3, 2, 1), row(2, 5, 1), row(2, 5, 2)]);
        let told = |rows: Vec<BoardRow>| rows.iter().map(|row| (row.day.0, row.cluster.get(), row.no.get())).collect::<Vec<_>>();
        assert_eq!(told(fair_cut(rows.clone(), 5)), [(1, 1, 1), (1, 1, 2), (2, 3, 1), (5, 2, 1), (5, 2, 2)]);
        assert_eq!(fair_cut(rows.clone(), 200).len(), 12);
        assert_eq!(told(fair_cut(rows, 3)), [(1, 1, 1), (2, 3, 1), (5, 2, 1)]);
    }
}
