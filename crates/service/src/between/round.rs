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
    BoardRow, ClusterRow, DealAct, DealActKind, DealRow, DealWay, LineRow, NoticeNew, OfferReason, OfferRow, OfferState, RoundContract, RoundFill,
    RoundRow,
};
use store::{EventNew, StoreError, Tx};

/// What a seller pays for each kWh that it sold in a clearing and did not send; where energy is very cheap, what the bound of deals leaves.
pub const PENALTY: PricePerKwh = PricePerKwh(20);

/// What the clusters of a clearing bring along.
struct Field {
    clusters: BTreeMap<ClusterId, ClusterRow>,
    lines: Vec<LineRow>,
    /// What each has promised already.
    promises: BTreeMap<ClusterId, Vec<Promise>>,
    /// Those that offered and take no part, with the reason.
    out: BTreeMap<ClusterId, OfferReason>,
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
    let (clusters, beyond) = first_to_offer(tx.board_clusters(zone, day).await?);
    for id in &clusters {
        // No deal over their lines is agreed until this unit ends. What was promised before is read below.
        tx.cluster_turn(*id).await?;
    }
    let offers = tx.board_take_day(zone, day).await?;
    if offers.is_empty() {
        return Ok(());
    }
    let mut field = field(tx, zone, day, &clusters, now).await?;
    field.out.extend(beyond.into_iter().map(|id| (id, OfferReason::TooManyClusters)));
    let cleared = clear_day(&field, &offers)?;
    let fill = |row: &BoardRow| cleared.fill(&field, row);
    let mut fills: Vec<RoundFill> = offers.iter().map(fill).collect();
    fills.sort_unstable_by_key(|fill| (fill.cluster, fill.offer));
    Ok(tx.round_insert(zone, &RoundRow { day, is_done: false, contracts: cleared.contracts, fills, version: 1, held_at: now }).await?)
}

const fn late(row: &BoardRow) -> RoundFill {
    RoundFill { cluster: row.cluster, offer: row.no, filled: WattHours::ZERO, reason: Some(OfferReason::Late) }
}

/// Adds offers to a clearing that are on the board although it was held: they met nobody. None come that way any more; those that did would
/// stand there for ever.
async fn reopen(tx: &mut Tx<'_>, zone: &str, mut known: RoundRow) -> Result<(), ServiceError> {
    let late = tx.board_take_day(zone, known.day).await?;
    if late.is_empty() {
        return Ok(());
    }
    known.fills.extend(late.iter().map(self::late));
    if tx.round_reopen(zone, &known).await? {
        return Ok(());
    }
    Err(StoreError::Conflict(format!("the clearing of {} was changed meanwhile", known.day)).into())
}

/// The clusters that may take part, their lines and what these carry already.
async fn field(tx: &mut Tx<'_>, zone: &str, day: BusinessDay, ids: &BTreeSet<ClusterId>, now: Instant) -> Result<Field, ServiceError> {
    let mut field = Field { clusters: BTreeMap::new(), lines: Vec::new(), promises: BTreeMap::new(), out: BTreeMap::new() };
    for id in ids.iter().copied() {
        match entrant(tx, id, now).await {
            Ok((row, promises)) => {
                field.promises.insert(id, promises);
                field.clusters.insert(id, row);
            }
            Err(error) => {
                let reason = left_out(error)?;
                tracing::warn!(%zone, %day, cluster = %id, reason = reason.as_str(), "a cluster takes no part in a joint clearing");
                field.out.insert(id, reason);
            }
        }
    }
    let lines = latest(tx.line_list_zone(zone, day, LINES_READ_MAX).await?.into_iter());
    let leads = |line: &LineRow| {
        let ends = field.clusters.get(&line.from).zip(field.clusters.get(&line.to));
        line.capacity.0 > 0 && ends.is_some_and(|(from, to)| (from.step, from.offset) == (to.step, to.offset))
    };
    field.lines = lines.into_iter().filter(leads).collect();
    Ok(field)
}

/// A cluster that may take part today, and what it has promised already.
async fn entrant(tx: &mut Tx<'_>, id: ClusterId, now: Instant) -> Result<(ClusterRow, Vec<Promise>), ServiceError> {
    let row = tx.cluster_find(id).await?.ok_or_else(|| ServiceError::ClusterUnknown { code: id.to_string() })?;
    ready::ready(tx, &row, BusinessDay::of(now, row.offset)).await?;
    let deals = tx.deal_list_live(id, now).await?;
    let promises = deals.iter().filter_map(|deal| promised(id, deal)).collect();
    Ok((row, promises))
}

/// Why one cluster is left out where the others go on; what stops them all is given back.
fn left_out(error: ServiceError) -> Result<OfferReason, ServiceError> {
    match error {
        ServiceError::Between(_) => Ok(OfferReason::NotReady),
        ServiceError::Store(error @ StoreError::DataCorrupt(_)) => {
            tracing::error!("a joint clearing goes on without a cluster that cannot be read: {error}");
            Ok(OfferReason::Unreadable)
        }
        // The database as a whole: nothing more can be done in this unit.
        ServiceError::Store(error) => Err(error.into()),
        other => {
            tracing::error!(code = other.code(), "a joint clearing goes on without a cluster: {other}");
            Ok(OfferReason::Unreadable)
        }
    }
}

/// The clusters that take part, by id: those who offered first, as many as a clearing takes; and the others, whose offers meet nobody.
fn first_to_offer(mut first: Vec<(Instant, ClusterId)>) -> (BTreeSet<ClusterId>, Vec<ClusterId>) {
    first.sort_unstable();
    let beyond = first.split_off(first.len().min(CLUSTERS_MAX));
    if !beyond.is_empty() {
        tracing::warn!(beyond = beyond.len(), most = CLUSTERS_MAX, "more clusters offered than one clearing takes: the last ones met nobody");
    }
    (first.into_iter().map(|(_, id)| id).collect(), beyond.into_iter().map(|(_, id)| id).collect())
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

/// What a clearing of a day found.
#[derive(Default)]
struct Cleared {
    contracts: Vec<RoundContract>,
    filled: Filled,
    /// Clusters of which a line was left out, as there were too many.
    cut: BTreeSet<ClusterId>,
}

impl Cleared {
    /// What became of an offer.
    fn fill(&self, field: &Field, row: &BoardRow) -> RoundFill {
        let filled = self.filled.get(&(row.cluster, row.no.get())).copied().unwrap_or_default();
        let is_cut = self.cut.contains(&row.cluster);
        let why = || field.out.get(&row.cluster).copied().unwrap_or(if is_cut { OfferReason::LineLimit } else { OfferReason::NobodyMet });
        RoundFill { cluster: row.cluster, offer: row.no, filled, reason: (filled.0 == 0).then(why) }
    }
}

/// Clears each part of a day in which the same offers stand.
fn clear_day(field: &Field, offers: &[BoardRow]) -> Result<Cleared, BetweenError> {
    let mut offers: Vec<&BoardRow> = offers.iter().filter(|offer| field.clusters.contains_key(&offer.cluster)).collect();
    offers.sort_unstable_by_key(|offer| (offer.cluster, offer.no));
    let mut bounds: Vec<Instant> = offers.iter().flat_map(|offer| [offer.window.start(), offer.window.end()]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut cleared = Cleared::default();
    for pair in bounds.windows(2) {
        let Ok(part) = Interval::new(pair[0], pair[1]) else { continue };
        let here: Vec<&BoardRow> = offers.iter().copied().filter(|offer| offer.window.contains(part.start())).collect();
        clear_part(field, part, &here, &mut cleared)?;
    }
    if !cleared.cut.is_empty() {
        tracing::warn!(clusters = cleared.cut.len(), most = LINES_MAX, "more lines than one clearing takes: some were left out");
    }
    Ok(cleared)
}

fn clear_part(field: &Field, part: Interval, offers: &[&BoardRow], cleared: &mut Cleared) -> Result<(), BetweenError> {
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
        if sides[from] != Some(Side::Sell) || sides[to] != Some(Side::Buy) || left <= 0 {
            continue;
        }
        if lines.len() >= LINES_MAX {
            cleared.cut.extend([row.from, row.to]);
            continue;
        }
        lines.push(Line::new(from, to, row.fee, WattHours(left), row.loss_ppm)?);
        rows.push(row);
    }
    let joint = clear_between(&books, &lines)?;
    for (at, (line, row)) in lines.iter().zip(rows).enumerate() {
        let prices = joint.clusters[line.from()].price.zip(joint.clusters[line.to()].price);
        let (energy, Some((price, buyer_price))) = (joint.lines[at].sent, prices) else { continue };
        if energy.0 > 0 {
            let (seller, buyer, fee, loss_ppm) = (row.from, row.to, row.fee, row.loss_ppm);
            let penalty = PENALTY.min(penalty_max(price));
            cleared.contracts.push(RoundContract { seller, buyer, window: part, energy, price, buyer_price, fee, loss_ppm, penalty });
        }
    }
    let mut next = vec![0; ids.len()];
    for offer in offers {
        let Ok(at) = ids.binary_search(&offer.cluster) else { continue };
        let fill = joint.clusters[at].fills.get(next[at]).copied().unwrap_or_default();
        next[at] += 1;
        let step = field.clusters.get(&offer.cluster).map_or(1, |row| row.step.ms());
        let intervals = part.end().ms_since(part.start()) / step;
        let all = cleared.filled.entry((offer.cluster, offer.no.get())).or_default();
        *all = all.plus(WattHours(fill.0.saturating_mul(intervals)))?;
    }
    Ok(())
}

/// Gives a cluster its part: offers leave, contracts become deals that are agreed. What is there is not made again.
async fn apply(tx: &mut Tx<'_>, (zone, cluster): (&str, &ClusterRow), round: &RoundRow, now: Instant) -> Result<(), ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let (mut unmet, mut told) = (0, None);
    for fill in round.fills.iter().filter(|fill| fill.cluster == cluster.id) {
        if let Some(offer) = tx.offer_find(cluster.id, fill.offer).await?.filter(|offer| offer.state == OfferState::Open) {
            let (filled, reason) = (fill.filled, fill.reason);
            tx.offer_put(cluster.id, &OfferRow { state: OfferState::Cleared, filled, reason, ended_at: Some(now), ..offer }).await?;
            if let Some(reason) = reason {
                (unmet, told) = (unmet + 1, Some(reason));
            }
        }
    }
    if let Some(reason) = told {
        tell_unmet(tx, cluster, (reason, unmet), round.day, now).await?;
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

/// Tells the officers of a cluster that offers of theirs met nobody, and why.
async fn tell_unmet(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    (reason, offers): (OfferReason, i64),
    day: BusinessDay,
    now: Instant,
) -> Result<(), ServiceError> {
    let kind = match reason {
        OfferReason::NotReady => "market-not-ready",
        OfferReason::TooManyClusters => "market-full",
        OfferReason::LineLimit => "market-lines",
        OfferReason::Late => "market-late",
        OfferReason::NobodyMet => "market-nobody",
        OfferReason::Unreadable => "market-fault",
    };
    let notice = |user| {
        let notice = NoticeNew::new(user, kind).with("name", cluster.name.clone());
        notice.with("number", offers).with("day_on", i64::from(day.0))
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
        review: None,
        made_at: now,
        changed_at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ClusterCode, ClusterKind, OfferNo};
    use quantity::{HOUR_MS, Step, UtcOffset};

    fn id(number: usize) -> ClusterId {
        ClusterId::new(number as i64 + 1).expect("an id")
    }

    fn cluster(number: usize) -> ClusterRow {
        ClusterRow {
            id: id(number),
            code: ClusterCode::parse("MULE-01").expect("a code"),
            name: String::new(),
            kind: ClusterKind::Micro,
            place: String::new(),
            region: String::new(),
            step: Step::Min15,
            offset: UtcOffset::LUSAKA,
            grace_minutes: 60,
            correction_days: 45,
            carbon_method: String::new(),
            is_modelled: false,
            opened_on: BusinessDay(0),
        }
    }

    fn offer(number: usize, side: Side) -> BoardRow {
        BoardRow {
            day: BusinessDay(1),
            cluster: id(number),
            no: OfferNo::new(1).expect("a number"),
            code: String::new(),
            name: String::new(),
            side,
            window: Interval::new(Instant(0), Instant(HOUR_MS)).expect("an hour"),
            energy: WattHours(100),
            price: PricePerKwh(if side == Side::Sell { 90 } else { 200 }),
            gate_at: Instant(0),
            placed_at: Instant(0),
        }
    }

    fn line(from: usize, to: usize) -> LineRow {
        let (from_day, fee, capacity) = (BusinessDay(0), PricePerKwh(1), WattHours(100));
        LineRow {
            from: id(from),
            to: id(to),
            from_day,
            zone: String::new(),
            fee,
            capacity,
            loss_ppm: 0,
            owner: String::new(),
            set_at: Instant(0),
            set_by: 0,
        }
    }

    /// 25 sellers and 25 buyers with a line from each to each: 625 lines, of which 500 take part.
    #[test]
    fn a_line_too_many_is_told() {
        let clusters = (0..CLUSTERS_MAX).map(|at| (id(at), cluster(at))).collect();
        let sellers = CLUSTERS_MAX / 2;
        let lines = (0..sellers).flat_map(|from| (sellers..CLUSTERS_MAX).map(move |to| line(from, to))).collect();
        let field = Field { clusters, lines, promises: BTreeMap::new(), out: BTreeMap::from([(id(90), OfferReason::NotReady)]) };
        let mut offers: Vec<BoardRow> = (0..CLUSTERS_MAX).map(|at| offer(at, if at < sellers { Side::Sell } else { Side::Buy })).collect();
        let cleared = clear_day(&field, &offers).expect("clears");
        let reasons: Vec<_> = offers.iter().map(|row| cleared.fill(&field, row)).filter_map(|fill| fill.reason).collect();
        // The last five sellers have no line left; so five buyers find nobody.
        assert_eq!(reasons, [OfferReason::LineLimit; 10]);
        offers.push(offer(90, Side::Sell));
        assert_eq!(cleared.fill(&field, &offers[CLUSTERS_MAX]).reason, Some(OfferReason::NotReady));
    }

    #[test]
    fn who_offers_first_takes_part() {
        let all: Vec<_> = (0..CLUSTERS_MAX + 2).map(|at| (Instant(1_000 - at as i64), id(at))).collect();
        let (first, beyond) = first_to_offer(all);
        assert_eq!((first.len(), beyond), (CLUSTERS_MAX, vec![id(1), id(0)]));
        assert_eq!(first_to_offer(Vec::new()), (BTreeSet::new(), Vec::new()));
    }

    #[test]
    fn one_cluster_stops_no_others_and_the_database_stops_all() {
        let code = || ClusterCode::parse("MULE-01").expect("a code");
        let of = |error: ServiceError| left_out(error).map_err(|error| error.code());
        assert_eq!(of(BetweenError::Off { cluster: code() }.into()), Ok(OfferReason::NotReady));
        assert_eq!(of(StoreError::DataCorrupt("odd".to_owned()).into()), Ok(OfferReason::Unreadable));
        assert_eq!(of(ServiceError::NoRules { day: BusinessDay(0) }), Ok(OfferReason::Unreadable));
        assert!(of(StoreError::Conflict("again".to_owned()).into()).is_err());
    }
}
