//! The steps of a negotiation: each a transaction of one cluster, which may run again.
//!
//! The row of the cluster that made the first offer leads. What the other side does is first an intent in its own row, where it counts against
//! its limits; then the leader decides; then the other side copies what the leader has. What the leader does itself begins with the second step.

use super::imports::Imports;
use super::limits::{Promise, may_promise};
use super::{BetweenError, DEALS_OPEN_MAX, deal_rules};
use crate::ServiceError;
use crate::cluster::telling::tell_officers;
use crate::digest::digest;
use domain::{ClusterId, DealNo};
use ledger::IdempotencyKey;
use market::between::{Deal, DealAction, DealState, Party, Terms};
use quantity::{Instant, PricePerKwh};
use store::tables::{ClusterRow, DealAct, DealActKind, DealRow, DealWay, LineRow, NoticeNew};
use store::{EventNew, Tx};

/// The terms that an act names; fee and loss are those of the line.
pub(super) const fn terms_of(act: &DealAct, deal_terms: &Terms) -> Terms {
    Terms { window: act.window, energy_per_interval: act.energy, price: act.price, penalty: act.penalty, ..*deal_terms }
}

/// What a side promises with an act.
pub(super) fn promise_of(act: &DealAct, deal: &Deal) -> Promise {
    let other = if act.side == Party::Seller { deal.buyer } else { deal.seller };
    let landed = PricePerKwh(act.price.0.saturating_add(deal.terms.fee.0));
    let price = if act.side == Party::Seller { act.price } else { landed };
    Promise { side: act.side, other: Some(other), window: act.window, energy: act.energy, price, landed, penalty: act.penalty }
}

/// What was asked for, as a number.
pub(super) fn digest_of(act: &DealAct, about: i64) -> i64 {
    let kind = DealActKind::as_str(act.kind).bytes().fold(0, |sum: i64, byte| sum * 31 + i64::from(byte));
    let terms = match act.kind {
        DealActKind::Offer | DealActKind::Counter => {
            [act.window.start().0, act.window.end().0, act.energy.0, act.price.0, act.penalty.0, act.expires_at.0]
        }
        _ => [0; 6],
    };
    digest(&[about, kind, i64::from(act.side == Party::Seller), terms[0], terms[1], terms[2], terms[3], terms[4], terms[5]])
}

/// Makes a deal with the first terms, in the row that leads; the same pair key is the same deal.
pub(super) async fn offer(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    (pair, act): (IdempotencyKey, DealAct),
    (seller, buyer): (ClusterId, ClusterId),
    line: &LineRow,
    now: Instant,
) -> Result<DealRow, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    if let Some(known) = tx.deal_by_pair(cluster.id, pair).await? {
        let first = tx.deal_act_list(cluster.id, known.no, 0).await?.into_iter().next();
        let is_same = first.is_some_and(|first| first.digest == act.digest);
        return if is_same { Ok(known) } else { Err(BetweenError::KeyReused.into()) };
    }
    let deal = first(tx, (cluster, imports), &act, (seller, buyer), line, now).await?;
    let no = DealNo::new(tx.numbers_take(cluster.id, "deal", 1).await?)?;
    let row = DealRow {
        no,
        pair,
        way: DealWay::Bilateral,
        deal,
        buyer_price: None,
        is_leader: true,
        version: 1,
        told_version: 0,
        intent: None,
        review: None,
        made_at: now,
        changed_at: now,
    };
    tx.deal_put(cluster.id, &[row]).await?;
    tx.deal_act_insert(cluster.id, no, 1, &[act]).await?;
    event(tx, cluster.id, &row, now).await?;
    Ok(row)
}

/// The deal that first terms make, where they may be named: reads only.
pub(super) async fn first(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    act: &DealAct,
    (seller, buyer): (ClusterId, ClusterId),
    line: &LineRow,
    now: Instant,
) -> Result<Deal, ServiceError> {
    let loss = market::between::Loss::new(line.loss_ppm).map_err(BetweenError::from)?;
    let terms = Terms { window: act.window, energy_per_interval: act.energy, price: act.price, loss, fee: line.fee, penalty: act.penalty };
    let rules = deal_rules(cluster.step);
    let deal = Deal::offer((seller, buyer), act.side, terms, act.expires_at, now, &rules).map_err(BetweenError::from)?;
    few_open(tx, cluster.id, if seller == cluster.id { buyer } else { seller }, now).await?;
    may_promise(tx, (cluster, imports), promise_of(act, &deal), Some(line), None, now).await?;
    Ok(deal)
}

/// Refuses one more deal with a cluster with which enough are open: each takes work on both sides.
async fn few_open(tx: &mut Tx<'_>, cluster: ClusterId, other: ClusterId, now: Instant) -> Result<(), ServiceError> {
    let live = tx.deal_list_live(cluster, now).await?;
    let open = live.iter().filter(|row| row.deal.state == DealState::Open && row.other_of(cluster) == other).count();
    if open >= DEALS_OPEN_MAX { Err(BetweenError::DealsTooMany { most: DEALS_OPEN_MAX }.into()) } else { Ok(()) }
}

/// Writes down what the side that does not lead has done, once it is within its limits.
pub(super) async fn intend(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    no: DealNo,
    act: &DealAct,
    line: Option<&LineRow>,
    now: Instant,
) -> Result<DealRow, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let row = tx.deal_find(cluster.id, no).await?.ok_or(BetweenError::DealUnknown { no })?;
    match row.intent {
        Some(intent) if intent.key == act.key => return if intent.digest == act.digest { Ok(row) } else { Err(BetweenError::KeyReused.into()) },
        Some(_) => return Err(BetweenError::DealWaiting { no }.into()),
        None => {}
    }
    // What the leader would refuse is refused here already, and leaves nothing behind.
    row.deal.act(act.side, action(act, &row.deal.terms), now, &deal_rules(cluster.step)).map_err(BetweenError::from)?;
    if matches!(act.kind, DealActKind::Accept | DealActKind::Counter) {
        may_promise(tx, (cluster, imports), promise_of(act, &row.deal), line, Some(no), now).await?;
    }
    let row = DealRow { intent: Some(*act), changed_at: now, ..row };
    tx.deal_put(cluster.id, &[row]).await?;
    Ok(row)
}

pub(super) fn action(act: &DealAct, terms: &Terms) -> DealAction {
    match act.kind {
        DealActKind::Counter | DealActKind::Offer => DealAction::Counter(terms_of(act, terms), act.expires_at),
        DealActKind::Accept | DealActKind::Clear => DealAction::Accept,
        DealActKind::Decline => DealAction::Decline,
        DealActKind::Withdraw | DealActKind::Expire => DealAction::Withdraw,
    }
}

/// Decides an act in the row that leads; one that was decided is not decided again. `other_name` is what the officers here know the other side
/// by.
pub(super) async fn decide(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    pair: IdempotencyKey,
    act: &DealAct,
    (line, other_name): (Option<&LineRow>, &str),
    now: Instant,
) -> Result<DealRow, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let row = tx.deal_by_pair(cluster.id, pair).await?.ok_or(ServiceError::ClusterInvalid { reason: "a deal has no row that leads".to_owned() })?;
    if let Some((_, known)) = tx.deal_act_by_key(cluster.id, act.key).await? {
        return if known.digest == act.digest { Ok(row) } else { Err(BetweenError::KeyReused.into()) };
    }
    let rules = deal_rules(cluster.step);
    let after = match act.kind {
        DealActKind::Expire => row.deal.expire(now),
        _ => row.deal.act(act.side, action(act, &row.deal.terms), now, &rules),
    };
    let deal = after.map_err(BetweenError::from)?;
    let is_own = act.side == row.side_of(cluster.id) && act.kind != DealActKind::Expire;
    if is_own && matches!(act.kind, DealActKind::Accept | DealActKind::Counter) {
        may_promise(tx, (cluster, imports), promise_of(act, &row.deal), line, Some(row.no), now).await?;
    }
    let row = DealRow { deal, version: row.version + 1, changed_at: now, ..row };
    tx.deal_put(cluster.id, &[row]).await?;
    tx.deal_act_insert(cluster.id, row.no, row.version, &[DealAct { at: now, ..*act }]).await?;
    event(tx, cluster.id, &row, now).await?;
    if !is_own {
        tell(tx, cluster, &row, act.kind, other_name, now).await?;
    }
    Ok(row)
}

/// Brings the row of the other side up to what the leader has, and tells its officers; gives what version it has then.
pub(super) async fn copy(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    leading: &DealRow,
    acts: &[DealAct],
    leader_name: &str,
    now: Instant,
) -> Result<i64, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let known = tx.deal_by_pair(cluster.id, leading.pair).await?;
    let (no, version, made_at) = match &known {
        Some(row) if row.version >= leading.version => return Ok(row.version),
        Some(row) => (row.no, row.version, row.made_at),
        None => (DealNo::new(tx.numbers_take(cluster.id, "deal", 1).await?)?, 0, now),
    };
    let row = DealRow { no, is_leader: false, told_version: leading.version, intent: None, made_at, changed_at: now, ..*leading };
    tx.deal_put(cluster.id, &[row]).await?;
    let new = acts.get(usize::try_from(version).unwrap_or(usize::MAX)..).unwrap_or_default();
    tx.deal_act_insert(cluster.id, no, version + 1, new).await?;
    event(tx, cluster.id, &row, now).await?;
    let own = row.side_of(cluster.id);
    for act in new.iter().filter(|act| act.side != own || act.kind == DealActKind::Expire) {
        tell(tx, cluster, &row, act.kind, leader_name, now).await?;
    }
    Ok(row.version)
}

/// Writes down that the other side has what the leader has.
pub(super) async fn told(tx: &mut Tx<'_>, cluster: ClusterId, no: DealNo, version: i64) -> Result<(), ServiceError> {
    tx.cluster_turn(cluster).await?;
    if let Some(row) = tx.deal_find(cluster, no).await?.filter(|row| row.told_version < version) {
        tx.deal_put(cluster, &[DealRow { told_version: version, ..row }]).await?;
    }
    Ok(())
}

/// Gives up an intent that the leader refused.
pub(super) async fn intent_drop(tx: &mut Tx<'_>, cluster: ClusterId, no: DealNo, key: IdempotencyKey) -> Result<(), ServiceError> {
    tx.cluster_turn(cluster).await?;
    if let Some(row) = tx.deal_find(cluster, no).await?.filter(|row| row.intent.is_some_and(|intent| intent.key == key)) {
        tx.deal_put(cluster, &[DealRow { intent: None, ..row }]).await?;
    }
    Ok(())
}

/// Tells the officers of a cluster what the other side, or time, did.
async fn tell(tx: &mut Tx<'_>, cluster: &ClusterRow, row: &DealRow, kind: DealActKind, other: &str, now: Instant) -> Result<(), ServiceError> {
    let kind = match kind {
        DealActKind::Offer => "deal-offered",
        DealActKind::Counter => "deal-countered",
        DealActKind::Accept | DealActKind::Clear => "deal-accepted",
        DealActKind::Decline => "deal-declined",
        DealActKind::Withdraw => "deal-withdrawn",
        DealActKind::Expire => "deal-expired",
    };
    let notice = |user| NoticeNew::new(user, kind).with("name", cluster.name.clone()).with("who", other.to_owned()).with("number", row.no.get());
    tell_officers(tx, cluster.id, None, now, notice).await
}

async fn event(tx: &mut Tx<'_>, cluster: ClusterId, row: &DealRow, now: Instant) -> Result<(), ServiceError> {
    let payload = format!("{{\"deal\":{},\"state\":\"{}\",\"version\":{}}}", row.no, row.deal.state.as_str(), row.version);
    tx.outbox_append(cluster, &[EventNew { kind: "deal_changed".to_owned(), payload }], now).await?;
    Ok(())
}

/// Whether time has ended an open deal.
pub(super) fn is_over(row: &DealRow, now: Instant) -> bool {
    row.deal.state == DealState::Open && now >= row.deal.stands_until()
}
