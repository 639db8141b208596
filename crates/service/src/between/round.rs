//! The joint clearing of a zone for a day of delivery.
//!
//! What it decides is written down once, in one place, with the offers taken off the board; then each cluster takes its part in a transaction
//! of its own, which finds out by itself whether it was done. Until then other promises over the lines find it here ([`contracts_open`]). A day is cut where offers begin and end; each part is cleared for one interval.
//! No cluster sells and asks in one interval, so that lines only lead from sellers to buyers and nothing passes through.

use super::limits::{Promise, peak, promised};
use super::lines::{LINES_READ_MAX, latest};
use super::{BetweenError, ready};
use crate::cluster::telling::tell_officers;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterId, DealNo};
use ledger::IdempotencyKey;
use market::between::{CLUSTERS_MAX, Deal, DealState, LINES_MAX, Line, Loss, Party, Terms, clear_between, penalty_max};
use market::{Order, Side};
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, WattHours};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::tables::{
    BoardRow, ClusterRow, DealAct, DealActKind, DealRow, DealWay, LineRow, NoticeNew, OfferRow, OfferState, RoundContract, RoundFill, RoundRow,
};
use store::{EventNew, Tx};

/// What a seller pays for each kWh that it sold in a clearing and did not send; where energy is very cheap, what the bound of deals leaves.
pub const PENALTY: PricePerKwh = PricePerKwh(20);

/// What the clusters of a clearing bring along.
struct Field {
    clusters: BTreeMap<ClusterId, ClusterRow>,
    lines: Vec<LineRow>,
    /// What each has promised already.
    promises: BTreeMap<ClusterId, Vec<Promise>>,
}

impl Service {
    /// Holds every joint clearing of all zones whose gate has closed, and carries on with those that stopped; gives how many days had
    /// something to do. Once for each round of settling, however many clusters a zone has. Safe to run at any time, by several processes and
    /// any number of times.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]. What fails is told in the log and tried again in the next round.
    pub async fn market_joint_rounds(&self, actor: Actor) -> Result<i64, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        Ok(self.joint_rounds().await)
    }

    pub(crate) async fn joint_rounds(&self) -> i64 {
        let mut done = 0;
        let zones: BTreeSet<&str> = self.regions.values().map(|region| region.zone.as_str()).collect();
        for zone in zones {
            match self.joint_round(zone).await {
                Ok(days) => done += days,
                Err(error) => tracing::warn!(%zone, code = error.code(), "the joint clearings wait: {error}"),
            }
        }
        done
    }

    /// As [`Service::market_joint_rounds`], of the zone of a region.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn market_joint_round(&self, actor: Actor, region: &str) -> Result<i64, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let zone = self.region(region)?.zone.clone();
        self.joint_round(&zone).await
    }

    pub(super) async fn joint_round(&self, zone: &str) -> Result<i64, ServiceError> {
        let now = self.now();
        let (zone, of) = (Arc::new(zone.to_owned()), Arc::new(zone.to_owned()));
        let due = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                let zone = Arc::clone(&zone);
                Box::pin(async move { Ok(tx.board_due(&zone, now).await?) })
            })
            .await?;
        for day in due {
            // One clearing that fails does not stop the others.
            if let Err(error) = self.round_hold(&of, day).await {
                tracing::warn!(zone = %of, %day, code = error.code(), "a joint clearing waits: {error}");
            }
        }
        let zone = Arc::clone(&of);
        let open = self.store.read::<_, ServiceError, _>(move |tx| {
            let zone = Arc::clone(&zone);
            Box::pin(async move { Ok(tx.round_list_open(&zone).await?) })
        });
        let mut done = 0;
        for round in open.await? {
            let day = round.day;
            match self.round_apply(&of, round, usize::MAX).await {
                Ok(()) => done += 1,
                Err(error) => tracing::warn!(zone = %of, %day, code = error.code(), "a joint clearing waits: {error}"),
            }
        }
        Ok(done)
    }

    /// Decides a clearing and writes it down.
    pub(super) async fn round_hold(&self, zone: &str, day: BusinessDay) -> Result<(), ServiceError> {
        let (zone, now) = (Arc::new(zone.to_owned()), self.now());
        self.store
            .write(move |tx| {
                let zone = Arc::clone(&zone);
                Box::pin(async move { hold(tx, &zone, day, now).await })
            })
            .await
    }

    /// Gives each cluster its part of a clearing; stops after `most` clusters, which tests use.
    pub(super) async fn round_apply(&self, zone: &str, round: RoundRow, most: usize) -> Result<(), ServiceError> {
        let sides = round.contracts.iter().flat_map(|contract| [contract.seller, contract.buyer]);
        let clusters: BTreeSet<ClusterId> = sides.chain(round.fills.iter().map(|fill| fill.cluster)).collect();
        let count = clusters.len();
        let (day, version, now) = (round.day, round.version, self.now());
        let round = Arc::new(round);
        for id in clusters.into_iter().take(most) {
            let work = Arc::new((self.cluster_of(id).await?, Arc::clone(&round), zone.to_owned()));
            self.store
                .write(move |tx| {
                    let work = Arc::clone(&work);
                    Box::pin(async move { apply(tx, (&work.2, &work.0), &work.1, now).await })
                })
                .await?;
        }
        if most < count {
            return Ok(());
        }
        let zone = Arc::new(zone.to_owned());
        self.store
            .write::<_, ServiceError, _>(move |tx| {
                let zone = Arc::clone(&zone);
                Box::pin(async move {
                    tx.gate_turn(&zone, day).await?;
                    // One that got more offers meanwhile stays open for the next round.
                    tx.round_done(&zone, day, version).await?;
                    Ok(())
                })
            })
            .await
    }
}

/// Decides a day once. The order of turns is that of the module: the gate, then the clusters.
async fn hold(tx: &mut Tx<'_>, zone: &str, day: BusinessDay, now: Instant) -> Result<(), ServiceError> {
    // Whoever places an offer meanwhile waits here, and then finds that the clearing was held.
    tx.gate_turn(zone, day).await?;
    if let Some(known) = tx.round_find(zone, day).await? {
        return reopen(tx, zone, known).await;
    }
    let clusters = first_to_offer(tx.board_clusters(zone, day).await?);
    for id in &clusters {
        // No deal over their lines is agreed until this unit ends. What was promised before is read below.
        tx.cluster_turn(*id).await?;
    }
    let offers = tx.board_take_day(zone, day).await?;
    if offers.is_empty() {
        return Ok(());
    }
    let field = field(tx, zone, day, &clusters, now).await?;
    let (contracts, filled) = clear_day(&field, &offers)?;
    let fill = |row: &BoardRow| RoundFill { filled: filled.get(&(row.cluster, row.no.get())).copied().unwrap_or_default(), ..nothing(row) };
    let mut fills: Vec<RoundFill> = offers.iter().map(fill).collect();
    fills.sort_unstable_by_key(|fill| (fill.cluster, fill.offer));
    Ok(tx.round_insert(zone, &RoundRow { day, is_done: false, contracts, fills, version: 1, held_at: now }).await?)
}

const fn nothing(row: &BoardRow) -> RoundFill {
    RoundFill { cluster: row.cluster, offer: row.no, filled: WattHours::ZERO }
}

/// Adds offers to a clearing that are on the board although it was held: they met nobody. None come that way any more; those that did would
/// stand there for ever.
async fn reopen(tx: &mut Tx<'_>, zone: &str, mut known: RoundRow) -> Result<(), ServiceError> {
    let late = tx.board_take_day(zone, known.day).await?;
    if late.is_empty() {
        return Ok(());
    }
    known.fills.extend(late.iter().map(nothing));
    if tx.round_reopen(zone, &known).await? {
        return Ok(());
    }
    Err(store::StoreError::Conflict(format!("the clearing of {} was changed meanwhile", known.day)).into())
}

/// The clusters that may take part, their lines and what these carry already.
async fn field(tx: &mut Tx<'_>, zone: &str, day: BusinessDay, ids: &BTreeSet<ClusterId>, now: Instant) -> Result<Field, ServiceError> {
    let mut field = Field { clusters: BTreeMap::new(), lines: Vec::new(), promises: BTreeMap::new() };
    for id in ids.iter().copied() {
        let Some(row) = tx.cluster_find(id).await? else { continue };
        match ready::ready(tx, &row, BusinessDay::of(now, row.offset)).await {
            Ok(()) => {}
            Err(ServiceError::Between(_)) => continue,
            Err(error) => return Err(error),
        }
        let deals = tx.deal_list_live(id, now).await?;
        field.promises.insert(id, deals.iter().filter_map(|deal| promised(id, deal)).collect());
        field.clusters.insert(id, row);
    }
    let lines = latest(tx.line_list_zone(zone, day, LINES_READ_MAX).await?.into_iter());
    let leads = |line: &LineRow| {
        let ends = field.clusters.get(&line.from).zip(field.clusters.get(&line.to));
        line.capacity.0 > 0 && ends.is_some_and(|(from, to)| (from.step, from.offset) == (to.step, to.offset))
    };
    field.lines = lines.into_iter().filter(leads).collect();
    Ok(field)
}

/// The clusters that take part, by id: those who offered first, as many as a clearing takes. The others are told in the log; their offers meet
/// nobody.
fn first_to_offer(mut first: Vec<(Instant, ClusterId)>) -> BTreeSet<ClusterId> {
    first.sort_unstable();
    if first.len() > CLUSTERS_MAX {
        tracing::warn!(clusters = first.len(), most = CLUSTERS_MAX, "more clusters offered than one clearing takes: the last ones met nobody");
    }
    first.into_iter().take(CLUSTERS_MAX).map(|(_, id)| id).collect()
}

/// What clearings have made a cluster sell that its deals do not say yet: between holding one and the cluster's part of it. The caller has the
/// cluster's turn; `deals` are its live ones.
pub(super) async fn contracts_open(tx: &mut Tx<'_>, cluster: &ClusterRow, zone: &str, deals: &[DealRow]) -> Result<Vec<Promise>, ServiceError> {
    let known: BTreeSet<IdempotencyKey> = deals.iter().map(|row| row.pair).collect();
    let mut open = Vec::new();
    for round in tx.round_list_open(zone).await? {
        for (at, contract) in round.contracts.iter().enumerate().filter(|(_, contract)| contract.seller == cluster.id) {
            if !known.contains(&contract_key(b"round", zone, round.day, at)) {
                open.push(Promise {
                    side: Party::Seller,
                    other: Some(contract.buyer),
                    window: contract.window,
                    energy: contract.energy,
                    price: contract.price,
                    landed: contract.buyer_price,
                    penalty: contract.penalty,
                });
            }
        }
    }
    Ok(open)
}

/// By which the two sides know a contract of a clearing.
fn contract_key(word: &[u8], zone: &str, day: BusinessDay, at: usize) -> IdempotencyKey {
    IdempotencyKey::derive(&[word, zone.as_bytes(), &day.0.to_be_bytes(), &(at as u64).to_be_bytes()])
}

type Filled = BTreeMap<(ClusterId, i64), WattHours>;

/// Clears each part of a day in which the same offers stand.
fn clear_day(field: &Field, offers: &[BoardRow]) -> Result<(Vec<RoundContract>, Filled), BetweenError> {
    let mut offers: Vec<&BoardRow> = offers.iter().filter(|offer| field.clusters.contains_key(&offer.cluster)).collect();
    offers.sort_unstable_by_key(|offer| (offer.cluster, offer.no));
    let mut bounds: Vec<Instant> = offers.iter().flat_map(|offer| [offer.window.start(), offer.window.end()]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let (mut contracts, mut filled) = (Vec::new(), Filled::new());
    for pair in bounds.windows(2) {
        let Ok(part) = Interval::new(pair[0], pair[1]) else { continue };
        let here: Vec<&BoardRow> = offers.iter().copied().filter(|offer| offer.window.contains(part.start())).collect();
        clear_part(field, part, &here, &mut contracts, &mut filled)?;
    }
    Ok((contracts, filled))
}

fn clear_part(
    field: &Field,
    part: Interval,
    offers: &[&BoardRow],
    contracts: &mut Vec<RoundContract>,
    filled: &mut Filled,
) -> Result<(), BetweenError> {
    let ids: Vec<ClusterId> = field.clusters.keys().copied().collect();
    let mut books: Vec<Vec<Order>> = vec![Vec::new(); ids.len()];
    let mut sides: Vec<Option<Side>> = vec![None; ids.len()];
    for offer in offers {
        let Ok(at) = ids.binary_search(&offer.cluster) else { continue };
        books[at].push(Order::new(offer.side, offer.price, offer.energy)?);
        sides[at] = Some(offer.side);
    }
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for row in &field.lines {
        let (Ok(from), Ok(to)) = (ids.binary_search(&row.from), ids.binary_search(&row.to)) else { continue };
        let taken = field.promises.get(&row.from).map_or(0, |promises| peak(row.to, promises, part));
        let left = row.capacity.0.saturating_sub(taken);
        if sides[from] == Some(Side::Sell) && sides[to] == Some(Side::Buy) && left > 0 && lines.len() < LINES_MAX {
            lines.push(Line::new(from, to, row.fee, WattHours(left), row.loss_ppm)?);
            rows.push(row);
        }
    }
    let joint = clear_between(&books, &lines)?;
    for (at, (line, row)) in lines.iter().zip(rows).enumerate() {
        let prices = joint.clusters[line.from()].price.zip(joint.clusters[line.to()].price);
        let (energy, Some((price, buyer_price))) = (joint.lines[at].sent, prices) else { continue };
        if energy.0 > 0 {
            let (seller, buyer, fee, loss_ppm) = (row.from, row.to, row.fee, row.loss_ppm);
            let penalty = PENALTY.min(penalty_max(price));
            contracts.push(RoundContract { seller, buyer, window: part, energy, price, buyer_price, fee, loss_ppm, penalty });
        }
    }
    let mut next = vec![0; ids.len()];
    for offer in offers {
        let Ok(at) = ids.binary_search(&offer.cluster) else { continue };
        let fill = joint.clusters[at].fills.get(next[at]).copied().unwrap_or_default();
        next[at] += 1;
        let step = field.clusters.get(&offer.cluster).map_or(1, |row| row.step.ms());
        let intervals = part.end().ms_since(part.start()) / step;
        let all = filled.entry((offer.cluster, offer.no.get())).or_default();
        *all = all.plus(WattHours(fill.0.saturating_mul(intervals)))?;
    }
    Ok(())
}

/// Gives a cluster its part: offers leave, contracts become deals that are agreed. What is there is not made again.
async fn apply(tx: &mut Tx<'_>, (zone, cluster): (&str, &ClusterRow), round: &RoundRow, now: Instant) -> Result<(), ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    for fill in round.fills.iter().filter(|fill| fill.cluster == cluster.id) {
        if let Some(offer) = tx.offer_find(cluster.id, fill.offer).await?.filter(|offer| offer.state == OfferState::Open) {
            tx.offer_put(cluster.id, &OfferRow { state: OfferState::Cleared, filled: fill.filled, ended_at: Some(now), ..offer }).await?;
        }
    }
    let mut made = 0;
    for (at, contract) in round.contracts.iter().enumerate().filter(|(_, contract)| [contract.seller, contract.buyer].contains(&cluster.id)) {
        let key = |word: &[u8]| contract_key(word, zone, round.day, at);
        if tx.deal_by_pair(cluster.id, key(b"round")).await?.is_some() {
            continue;
        }
        let no = DealNo::new(tx.numbers_take(cluster.id, "deal", 1).await?)?;
        let row = deal_of(no, key(b"round"), contract, cluster.id, now)?;
        let terms = row.deal.terms;
        let act = DealAct {
            kind: DealActKind::Clear,
            side: row.side_of(cluster.id),
            window: terms.window,
            energy: terms.energy_per_interval,
            price: terms.price,
            penalty: terms.penalty,
            expires_at: row.deal.expires_at,
            digest: 0,
            key: key(b"round-act"),
            at: now,
            actor: 0,
        };
        tx.deal_put(cluster.id, &[row]).await?;
        tx.deal_act_insert(cluster.id, no, 1, &[act]).await?;
        made += 1;
    }
    if made == 0 {
        return Ok(());
    }
    let payload = format!("{{\"day\":\"{}\",\"deals\":{made}}}", round.day);
    tx.outbox_append(cluster.id, &[EventNew { kind: "market_cleared".to_owned(), payload }], now).await?;
    let notice = |user| {
        let day = i64::from(round.day.0);
        NoticeNew::new(user, "market-cleared").with("name", cluster.name.clone()).with("number", made).with("day_on", day)
    };
    tell_officers(tx, cluster.id, None, now, notice).await
}

fn deal_of(no: DealNo, pair: IdempotencyKey, contract: &RoundContract, cluster: ClusterId, now: Instant) -> Result<DealRow, BetweenError> {
    let terms = Terms {
        window: contract.window,
        energy_per_interval: contract.energy,
        price: contract.price,
        loss: Loss::new(contract.loss_ppm)?,
        fee: contract.fee,
        penalty: contract.penalty,
    };
    let deal = Deal {
        state: DealState::Accepted,
        seller: contract.seller,
        buyer: contract.buyer,
        terms,
        turn: Party::Buyer,
        expires_at: contract.window.start(),
        rounds: 1,
    };
    Ok(DealRow {
        no,
        pair,
        way: DealWay::Auction,
        deal,
        buyer_price: Some(contract.buyer_price),
        is_leader: contract.seller == cluster,
        version: 1,
        told_version: 1,
        intent: None,
        made_at: now,
        changed_at: now,
    })
}
