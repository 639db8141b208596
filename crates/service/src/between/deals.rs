//! Negotiating a deal: offer, counter-offer, accept, decline, take back; and carrying on what stopped on the way between the two clusters.

use super::BetweenError;
use super::deal_steps::{self, digest_of, is_over};
use super::lines::open_line;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::DealNo;
use ledger::IdempotencyKey;
use market::between::Party;
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, WattHours};
use std::sync::Arc;
use store::tables::{ClusterRow, DealAct, DealActKind, DealRow, LineRow};

/// Most deals, offers or deliveries given at once.
pub const LIST_MAX: u32 = 200;
/// Most deals that are carried on in one round of a cluster.
const WAITING_MAX: u32 = 500;

/// A deal to be offered to another cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealOffer {
    /// Which side the offering cluster takes.
    pub side: Party,
    /// When delivery runs, on bounds of intervals.
    pub window: Interval,
    /// What is sent in each interval.
    pub energy: WattHours,
    /// What the seller gets for each kWh sent.
    pub price: PricePerKwh,
    /// What the seller pays for each kWh not sent, beside replacing it.
    pub penalty: PricePerKwh,
    /// Until when the other side may answer.
    pub expires_at: Instant,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
}

/// What a side does with a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealMove {
    /// Names other terms.
    Counter {
        /// When delivery runs.
        window: Interval,
        /// What is sent in each interval.
        energy: WattHours,
        /// What the seller gets.
        price: PricePerKwh,
        /// For what is not sent.
        penalty: PricePerKwh,
        /// Until when the other side may answer.
        expires_at: Instant,
    },
    /// Takes the terms on the table.
    Accept,
    /// Says no.
    Decline,
    /// Takes its own terms back.
    Withdraw,
}

/// A deal as one of its clusters sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealTold {
    /// Its row.
    pub row: DealRow,
    /// Which side the cluster is on.
    pub side: Party,
    /// The other cluster.
    pub other: ClusterRow,
    /// What was done with it so far, in order.
    pub acts: Vec<DealAct>,
}

impl Service {
    /// Offers a deal to another cluster. The same request again gives the same deal.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError`]: what is missing for trade, the limits, the line, the terms.
    pub async fn deal_offer(&self, actor: Actor, cluster: &ClusterRow, other: &ClusterRow, new: DealOffer) -> Result<DealTold, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        self.both_ready(cluster, other).await?;
        let now = self.now();
        let (seller, buyer) = if new.side == Party::Seller { (cluster, other) } else { (other, cluster) };
        let line = self.line_of(seller, buyer, BusinessDay::of(new.window.start(), cluster.offset)).await?;
        let act = first_act(actor, cluster, other, new, now);
        let pair = IdempotencyKey::derive(&[b"deal", &cluster.id.get().to_be_bytes(), &new.key.0]);
        let work = Arc::new((cluster.clone(), line, (seller.id, buyer.id), self.imports()));
        let row = self
            .store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { deal_steps::offer(tx, (&work.0, &work.3), (pair, act), work.2, &work.1, now).await })
            })
            .await?;
        self.deal_tell(cluster, row.no).await?;
        self.deal_told(cluster, row.no).await
    }

    /// Does something with a deal of a cluster. The same request again is one effect. An acceptance that needs a second officer leaves the deal
    /// open, with the reasons and the first officer in its `review`.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError`]: what is missing for trade, the limits, the line, whose turn it is, that it is over.
    pub async fn deal_act(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        no: DealNo,
        action: DealMove,
        key: IdempotencyKey,
    ) -> Result<DealTold, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::Deal).await?;
        let row = self.deal_row(cluster, no).await?;
        let act = self.act_of(actor, cluster, &row, action, act_key(cluster, key));
        if let Some((of, known)) = self.act_known(cluster, act.key).await? {
            let is_same = of == no && known.digest == act.digest;
            return if is_same { self.deal_told(cluster, no).await } else { Err(BetweenError::KeyReused.into()) };
        }
        let other = self.cluster_of(row.other_of(cluster.id)).await?;
        if matches!(act.kind, DealActKind::Counter | DealActKind::Accept) {
            self.both_ready(cluster, &other).await?;
        }
        if act.kind == DealActKind::Accept && !self.deal_is_confirmed((actor, &standing), cluster, &row, &other).await? {
            return self.deal_told(cluster, no).await;
        }
        if row.is_leader {
            self.deal_decide(cluster, &row, act, &other).await?;
            self.deal_tell(cluster, no).await?;
        } else {
            self.deal_intend(cluster, no, act, &other).await?;
            self.deal_intent_go_on(cluster, no).await?;
        }
        self.deal_told(cluster, no).await
    }

    /// A deal of a cluster with everything that was done with it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::DealUnknown`].
    pub async fn deal_read(&self, actor: Actor, cluster: &ClusterRow, no: DealNo) -> Result<DealTold, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        self.deal_told(cluster, no).await
    }

    /// The deals of a cluster before number `before`, the newest first, without what was done with them.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn deal_list(&self, actor: Actor, cluster: &ClusterRow, before: Option<DealNo>, limit: u32) -> Result<Vec<DealTold>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, before, limit) = (cluster.id, before.map_or(i64::MAX, DealNo::get), limit.clamp(1, LIST_MAX));
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_list(id, before, limit).await?) })).await?;
        self.deals_told(id, rows).await
    }

    /// The deals of a cluster with these numbers, without their steps; those that are not there are left out.
    ///
    /// # Errors
    /// As [`Service::deal_list`].
    pub async fn deals_read(&self, actor: Actor, cluster: &ClusterRow, numbers: &[DealNo]) -> Result<Vec<DealTold>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, numbers) = (cluster.id, numbers.to_vec());
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            let numbers = numbers.clone();
            Box::pin(async move { Ok(tx.deals_find(id, &numbers).await?) })
        });
        let rows = read.await?;
        self.deals_told(id, rows).await
    }

    async fn deals_told(&self, id: domain::ClusterId, rows: Vec<DealRow>) -> Result<Vec<DealTold>, ServiceError> {
        let others = self.clusters_of(rows.iter().map(|row| row.other_of(id))).await?;
        rows.into_iter().map(|row| Ok(DealTold { side: row.side_of(id), other: others.get(row.other_of(id))?, acts: Vec::new(), row })).collect()
    }

    async fn deal_told(&self, cluster: &ClusterRow, no: DealNo) -> Result<DealTold, ServiceError> {
        let row = self.deal_row(cluster, no).await?;
        let (id, other) = (cluster.id, self.cluster_of(row.other_of(cluster.id)).await?);
        let acts = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_act_list(id, no, 0).await?) })).await?;
        Ok(DealTold { side: row.side_of(id), row, other, acts })
    }

    pub(super) async fn deal_row(&self, cluster: &ClusterRow, no: DealNo) -> Result<DealRow, ServiceError> {
        let id = cluster.id;
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_find(id, no).await?) })).await?;
        found.ok_or_else(|| BetweenError::DealUnknown { no }.into())
    }

    async fn act_known(&self, cluster: &ClusterRow, key: IdempotencyKey) -> Result<Option<(DealNo, DealAct)>, ServiceError> {
        let id = cluster.id;
        self.store.read(move |tx| Box::pin(async move { Ok(tx.deal_act_by_key(id, key).await?) })).await
    }

    pub(super) fn act_of(&self, actor: Actor, cluster: &ClusterRow, row: &DealRow, action: DealMove, key: IdempotencyKey) -> DealAct {
        let terms = &row.deal.terms;
        let (kind, window, energy, price, penalty, expires_at) = match action {
            DealMove::Counter { window, energy, price, penalty, expires_at } => (DealActKind::Counter, window, energy, price, penalty, expires_at),
            other => {
                let kind = match other {
                    DealMove::Accept => DealActKind::Accept,
                    DealMove::Decline => DealActKind::Decline,
                    _ => DealActKind::Withdraw,
                };
                (kind, terms.window, terms.energy_per_interval, terms.price, terms.penalty, row.deal.expires_at)
            }
        };
        let (side, actor, at) = (row.side_of(cluster.id), actor.number(), self.now());
        let act = DealAct { kind, side, window, energy, price, penalty, expires_at, digest: 0, key, at, actor };
        DealAct { digest: digest_of(&act, row.other_of(cluster.id).get()), ..act }
    }

    /// The line that a seller's promise needs; none for a buyer.
    pub(super) async fn line_for(&self, cluster: &ClusterRow, other: &ClusterRow, act: &DealAct) -> Result<Option<LineRow>, ServiceError> {
        if act.side != Party::Seller || !matches!(act.kind, DealActKind::Accept | DealActKind::Counter) {
            return Ok(None);
        }
        let (from, to, day) = (cluster.id, other.id, BusinessDay::of(act.window.start(), cluster.offset));
        let line = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { open_line(tx, from, to, day).await })).await?;
        let missing = || BetweenError::LineMissing { from: cluster.code.clone(), to: other.code.clone() };
        line.map(Some).ok_or_else(|| missing().into())
    }

    pub(super) async fn deal_intend(&self, cluster: &ClusterRow, no: DealNo, act: DealAct, other: &ClusterRow) -> Result<(), ServiceError> {
        let (work, now) = (Arc::new((cluster.clone(), self.line_for(cluster, other, &act).await?, self.imports())), self.now());
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { deal_steps::intend(tx, (&work.0, &work.2), no, &act, work.1.as_ref(), now).await.map(|_| ()) })
            })
            .await
    }

    /// Decides an act where the deal is led; `leader` is that cluster.
    async fn deal_decide(&self, leader: &ClusterRow, row: &DealRow, act: DealAct, other: &ClusterRow) -> Result<DealRow, ServiceError> {
        let is_own = act.side == row.side_of(leader.id);
        let line = if is_own { self.line_for(leader, other, &act).await? } else { None };
        let (work, pair, now) = (Arc::new((leader.clone(), line, other.name.clone(), self.imports())), row.pair, self.now());
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { deal_steps::decide(tx, (&work.0, &work.3), pair, &act, (work.1.as_ref(), &work.2), now).await })
            })
            .await
    }

    /// Carries on with what the side that does not lead has done: the leader decides, and this side copies. A refusal leaves nothing behind.
    pub(super) async fn deal_intent_go_on(&self, cluster: &ClusterRow, no: DealNo) -> Result<(), ServiceError> {
        let row = self.deal_row(cluster, no).await?;
        let Some(act) = row.intent else { return Ok(()) };
        let leader = self.cluster_of(row.other_of(cluster.id)).await?;
        match self.deal_decide(&leader, &row, act, cluster).await {
            Ok(leading) => self.deal_tell(&leader, leading.no).await,
            Err(refused @ ServiceError::Between(_)) => {
                let (id, key) = (cluster.id, act.key);
                self.store.write(move |tx| Box::pin(async move { deal_steps::intent_drop(tx, id, no, key).await })).await?;
                Err(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// Brings the other side up to what the row that leads has.
    pub(super) async fn deal_tell(&self, leader: &ClusterRow, no: DealNo) -> Result<(), ServiceError> {
        if let Some(version) = self.deal_copy(leader, no).await? {
            let id = leader.id;
            self.store.write(move |tx| Box::pin(async move { deal_steps::told(tx, id, no, version).await })).await?;
        }
        Ok(())
    }

    /// The copying alone; gives the version that the other side has then, `None` when it was known to have all.
    pub(super) async fn deal_copy(&self, leader: &ClusterRow, no: DealNo) -> Result<Option<i64>, ServiceError> {
        let id = leader.id;
        let (row, acts) = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let row = tx.deal_find(id, no).await?.ok_or(BetweenError::DealUnknown { no })?;
                    Ok((row, tx.deal_act_list(id, no, 0).await?))
                })
            })
            .await?;
        if row.told_version >= row.version {
            return Ok(None);
        }
        let other = self.cluster_of(row.other_of(id)).await?;
        let (work, now) = (Arc::new((other, row, acts, leader.name.clone())), self.now());
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { deal_steps::copy(tx, &work.0, &work.1, &work.2, &work.3, now).await.map(Some) })
            })
            .await
    }

    /// Carries on with the deals of a cluster: what stopped between the two clusters, and what time has ended. What cannot go on now is tried
    /// again with the next round; gives how many had something to do.
    pub(super) async fn deals_follow(&self, cluster: &ClusterRow) -> Result<i64, ServiceError> {
        let (id, now) = (cluster.id, self.now());
        let rows =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.deal_list_waiting(id, now, WAITING_MAX).await?) })).await?;
        let mut advanced = 0;
        for row in rows {
            match self.deal_follow(cluster, &row, now).await {
                Ok(has_done) => advanced += i64::from(has_done),
                // A refusal is an end too: the intent is given up.
                Err(ServiceError::Between(_)) => advanced += 1,
                Err(error) => tracing::warn!(cluster = %cluster.code, deal = %row.no, code = error.code(), "a deal waits: {error}"),
            }
        }
        Ok(advanced)
    }

    async fn deal_follow(&self, cluster: &ClusterRow, row: &DealRow, now: Instant) -> Result<bool, ServiceError> {
        if !row.is_leader {
            self.deal_intent_go_on(cluster, row.no).await?;
            return Ok(row.intent.is_some());
        }
        if is_over(row, now) {
            let other = self.cluster_of(row.other_of(cluster.id)).await?;
            let key = IdempotencyKey::derive(&[b"deal-expire", &cluster.id.get().to_be_bytes(), &row.no.get().to_be_bytes()]);
            let act = self.act_of(Actor::System, cluster, row, DealMove::Withdraw, key);
            self.deal_decide(cluster, row, DealAct { kind: DealActKind::Expire, ..act }, &other).await?;
        }
        let is_behind = row.told_version < row.version || is_over(row, now);
        self.deal_tell(cluster, row.no).await?;
        Ok(is_behind)
    }
}

/// The act that names the first terms.
pub(super) fn first_act(actor: Actor, cluster: &ClusterRow, other: &ClusterRow, new: DealOffer, now: Instant) -> DealAct {
    let DealOffer { side, window, energy, price, penalty, expires_at, .. } = new;
    let (key, actor) = (act_key(cluster, new.key), actor.number());
    let act = DealAct { kind: DealActKind::Offer, side, window, energy, price, penalty, expires_at, digest: 0, key, at: now, actor };
    DealAct { digest: digest_of(&act, other.id.get()), ..act }
}

/// The key of an act over both clusters.
fn act_key(cluster: &ClusterRow, key: IdempotencyKey) -> IdempotencyKey {
    IdempotencyKey::derive(&[b"deal-act", &cluster.id.get().to_be_bytes(), &key.0])
}
