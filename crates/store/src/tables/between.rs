//! Deals between clusters, in the rows of both sides, and what was done with them.

use super::ledger::{halves, whole};
use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{ClusterId, DealNo, UnknownWord};
use ledger::IdempotencyKey;
use market::between::{Deal, DealState, Loss, Party, Terms};
use quantity::{Instant, Interval, PricePerKwh, WattHours};

/// How two clusters came to a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealWay {
    /// By negotiation.
    Bilateral,
    /// In a joint clearing.
    Auction,
}

impl DealWay {
    /// The word as stored and shown to programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bilateral => "bilateral",
            Self::Auction => "auction",
        }
    }
}

/// What a side does with a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealActKind {
    /// Named the first terms.
    Offer,
    /// Named other terms.
    Counter,
    /// Took the terms.
    Accept,
    /// Said no.
    Decline,
    /// Took its terms back.
    Withdraw,
    /// Time did it.
    Expire,
    /// The joint clearing made it.
    Clear,
}

impl DealActKind {
    const ALL: [Self; 7] = [Self::Offer, Self::Counter, Self::Accept, Self::Decline, Self::Withdraw, Self::Expire, Self::Clear];

    /// The word as stored and shown to programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Counter => "counter",
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
            Self::Expire => "expire",
            Self::Clear => "clear",
        }
    }

    fn stored(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| StoreError::corrupt("deal_act.kind", text))
    }
}

/// An act of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealAct {
    /// What.
    pub kind: DealActKind,
    /// Which side.
    pub side: Party,
    /// The terms it is about: when.
    pub window: Interval,
    /// In each interval.
    pub energy: WattHours,
    /// What the seller gets.
    pub price: PricePerKwh,
    /// For what is not sent.
    pub penalty: PricePerKwh,
    /// Until when the terms stand.
    pub expires_at: Instant,
    /// What was asked for under the key, as a number.
    pub digest: i64,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
    /// When.
    pub at: Instant,
    /// The user; 0 is the program.
    pub actor: i64,
}

words!(
    /// Why a deal needs a second officer before it binds.
    DealReason, "reason of a deal", "deal.review" {
        /// One person is an officer of both sides.
        SamePerson = "deal_same_person",
        /// Energy was sold the other way within 24 hours.
        RoundTrip = "deal_round_trip",
        /// The price is far from those of the zone, or of the grid.
        PriceBand = "deal_price_band",
    }
);

/// Reasons, each at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealReasons(u8);

impl DealReasons {
    /// None.
    pub const NONE: Self = Self(0);
    const ALL: [DealReason; 3] = [DealReason::SamePerson, DealReason::RoundTrip, DealReason::PriceBand];

    /// With one more.
    #[must_use]
    pub const fn with(self, reason: DealReason) -> Self {
        Self(self.0 | 1 << reason as u8)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The reasons, the gravest first.
    pub fn iter(self) -> impl Iterator<Item = DealReason> {
        Self::ALL.into_iter().filter(move |reason| self.0 & 1 << *reason as u8 != 0)
    }
}

/// A deal that a first officer has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealReview {
    /// Why a second one is needed.
    pub reasons: DealReasons,
    /// The user who was the first.
    pub by: i64,
    /// How many acts the deal had then: other terms are another deal.
    pub version: i64,
}

/// A deal as one of its clusters has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealRow {
    /// Its number in this cluster.
    pub no: DealNo,
    /// By which the two rows find each other.
    pub pair: IdempotencyKey,
    /// How it came to be.
    pub way: DealWay,
    /// The deal.
    pub deal: Deal,
    /// What the buyer pays for each kWh received, where that is not price and fee.
    pub buyer_price: Option<PricePerKwh>,
    /// Whether this row decides.
    pub is_leader: bool,
    /// How many acts it has seen.
    pub version: i64,
    /// How many of them the other side is known to have.
    pub told_version: i64,
    /// What this side has done and the leader has not decided yet.
    pub intent: Option<DealAct>,
    /// Why it needs a second officer, and who was the first; written by [`Tx::deal_review_put`] alone.
    pub review: Option<DealReview>,
    /// When it began.
    pub made_at: Instant,
    /// When it changed last.
    pub changed_at: Instant,
}

impl DealRow {
    /// Which side a cluster is on.
    #[must_use]
    pub fn side_of(&self, cluster: ClusterId) -> Party {
        if self.deal.seller == cluster { Party::Seller } else { Party::Buyer }
    }

    /// The cluster across the table.
    #[must_use]
    pub fn other_of(&self, cluster: ClusterId) -> ClusterId {
        if self.deal.seller == cluster { self.deal.buyer } else { self.deal.seller }
    }
}

static DEAL_PUT: SqlBatch = SqlBatch::new(
    "deal",
    &[
        Column::int("cluster_id"),
        Column::int("deal_no"),
        Column::int("pair_high"),
        Column::int("pair_low"),
        Column::text("way"),
        Column::text("role"),
        Column::int("other_cluster"),
        Column::flag("is_leader"),
        Column::text("state"),
        Column::text("turn"),
        Column::int("window_start"),
        Column::int("window_end"),
        Column::int("energy"),
        Column::int("price"),
        Column::int("buyer_price"),
        Column::int("fee"),
        Column::int("loss_ppm"),
        Column::int("penalty"),
        Column::int("expires_at"),
        Column::int("rounds"),
        Column::int("version"),
        Column::int("told_version"),
        Column::text("intent"),
        Column::int("made_at"),
        Column::int("changed_at"),
    ],
    "ON CONFLICT (cluster_id, deal_no) DO UPDATE SET state = excluded.state, turn = excluded.turn, window_start = excluded.window_start,
        window_end = excluded.window_end, energy = excluded.energy, price = excluded.price, fee = excluded.fee, loss_ppm = excluded.loss_ppm,
        penalty = excluded.penalty, expires_at = excluded.expires_at, rounds = excluded.rounds, version = excluded.version,
        told_version = excluded.told_version, intent = excluded.intent, changed_at = excluded.changed_at",
);
const DEAL: Sql = sql!(
    "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
        buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
     WHERE cluster_id = $1 AND deal_no = $2"
);
static DEALS_OF: SqlIn = SqlIn::new(
    sql!(
        "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
            buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
         WHERE cluster_id = $1 AND deal_no"
    ),
    "",
);
const DEAL_BY_PAIR: Sql = sql!(
    "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
        buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
     WHERE cluster_id = $1 AND pair_high = $2 AND pair_low = $3"
);
const DEALS_BEFORE: Sql = sql!(
    "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
        buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
     WHERE cluster_id = $1 AND deal_no < $2 ORDER BY deal_no DESC LIMIT $3"
);
pub(super) const DEALS_LIVE: Sql = sql!(
    "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
        buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
     WHERE cluster_id = $1 AND (state = 'open' OR state = 'accepted') AND window_end > $2 ORDER BY deal_no"
);
pub(super) const DEALS_WAITING: Sql = sql!(
    "SELECT cluster_id, deal_no, pair_high, pair_low, way, role, other_cluster, is_leader, state, turn, window_start, window_end, energy, price,
        buyer_price, fee, loss_ppm, penalty, expires_at, rounds, version, told_version, intent, made_at, changed_at,
        review, review_by, review_version FROM deal
     WHERE cluster_id = $1 AND (state = 'open' OR intent IS NOT NULL OR version > told_version)
        AND (expires_at <= $2 OR window_start <= $2 OR intent IS NOT NULL OR version > told_version)
     ORDER BY deal_no LIMIT $3"
);
const DEAL_CLUSTERS: Sql = sql!("SELECT DISTINCT cluster_id FROM deal WHERE cluster_id > $1 ORDER BY cluster_id LIMIT $2");
static ACT_INSERT: SqlBatch = SqlBatch::new(
    "deal_act",
    &[
        Column::int("cluster_id"),
        Column::int("deal_no"),
        Column::int("version"),
        Column::text("kind"),
        Column::text("side"),
        Column::int("window_start"),
        Column::int("window_end"),
        Column::int("energy"),
        Column::int("price"),
        Column::int("penalty"),
        Column::int("expires_at"),
        Column::int("digest"),
        Column::int("key_high"),
        Column::int("key_low"),
        Column::int("done_at"),
        Column::int("actor"),
    ],
    "",
);
const REVIEW_PUT: Sql = sql!("UPDATE deal SET review = $3, review_by = $4, review_version = $5 WHERE cluster_id = $1 AND deal_no = $2");
const ACTS: Sql = sql!(
    "SELECT kind, side, window_start, window_end, energy, price, penalty, expires_at, digest, key_high, key_low, done_at, actor FROM deal_act
     WHERE cluster_id = $1 AND deal_no = $2 AND version > $3 ORDER BY version"
);
const ACT_BY_KEY: Sql = sql!(
    "SELECT kind, side, window_start, window_end, energy, price, penalty, expires_at, digest, key_high, key_low, done_at, actor, deal_no
     FROM deal_act WHERE cluster_id = $1 AND key_high = $2 AND key_low = $3"
);

impl Tx<'_> {
    /// Writes deals of a cluster, new or again.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when another deal has the pair key.
    pub async fn deal_put(&mut self, cluster: ClusterId, rows: &[DealRow]) -> Result<()> {
        let intents: Vec<Option<String>> = rows.iter().map(|row| row.intent.as_ref().map(intent_text)).collect();
        let mut values = Vec::with_capacity(rows.len() * 25);
        for (row, intent) in rows.iter().zip(&intents) {
            let (deal, terms, (high, low)) = (&row.deal, &row.deal.terms, halves(row.pair));
            values.extend([
                Value::from(cluster),
                row.no.into(),
                high.into(),
                low.into(),
                row.way.as_str().into(),
                row.side_of(cluster).as_str().into(),
                row.other_of(cluster).into(),
                row.is_leader.into(),
                deal.state.as_str().into(),
                deal.turn.as_str().into(),
                terms.window.start().into(),
                terms.window.end().into(),
                terms.energy_per_interval.0.into(),
                terms.price.0.into(),
                row.buyer_price.map_or(Value::Null, |price| price.0.into()),
                terms.fee.0.into(),
                terms.loss.ppm().into(),
                terms.penalty.0.into(),
                deal.expires_at.into(),
                i64::from(deal.rounds).into(),
                row.version.into(),
                row.told_version.into(),
                intent.as_deref().map_or(Value::Null, Value::from),
                row.made_at.into(),
                row.changed_at.into(),
            ]);
        }
        self.insert_many(&DEAL_PUT, &values).await.map(|_| ())
    }

    /// A deal by its number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_find(&mut self, cluster: ClusterId, no: DealNo) -> Result<Option<DealRow>> {
        self.query_opt(&DEAL, &[cluster.into(), no.into()], deal_row).await
    }

    /// The deals of a cluster with these numbers, in no order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deals_find(&mut self, cluster: ClusterId, numbers: &[DealNo]) -> Result<Vec<DealRow>> {
        let keys: Vec<i64> = numbers.iter().map(|no| no.get()).collect();
        self.query_in(&DEALS_OF, &[cluster.into()], &keys, deal_row).await
    }

    /// Notes who accepted a deal first that needs a second officer, and why it does.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_review_put(&mut self, cluster: ClusterId, no: DealNo, review: &DealReview) -> Result<()> {
        let codes = review.reasons.iter().map(DealReason::as_str).collect::<Vec<_>>().join(",");
        let values = [cluster.into(), no.into(), codes.as_str().into(), review.by.into(), review.version.into()];
        self.exec(&REVIEW_PUT, &values).await.map(|_| ())
    }

    /// A deal by what its two rows have in common.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_by_pair(&mut self, cluster: ClusterId, pair: IdempotencyKey) -> Result<Option<DealRow>> {
        let (high, low) = halves(pair);
        self.query_opt(&DEAL_BY_PAIR, &[cluster.into(), high.into(), low.into()], deal_row).await
    }

    /// The deals of a cluster before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_list(&mut self, cluster: ClusterId, before: i64, limit: u32) -> Result<Vec<DealRow>> {
        self.query(&DEALS_BEFORE, &[cluster.into(), before.into(), limit.into()], deal_row).await
    }

    /// Open and accepted deals whose delivery ends after `after`, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_list_live(&mut self, cluster: ClusterId, after: Instant) -> Result<Vec<DealRow>> {
        self.query(&DEALS_LIVE, &[cluster.into(), after.into()], deal_row).await
    }

    /// Deals that are open and past their time at `now`, that the other side does not have as they are, or that wait for the leader.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_list_waiting(&mut self, cluster: ClusterId, now: Instant, limit: u32) -> Result<Vec<DealRow>> {
        self.query(&DEALS_WAITING, &[cluster.into(), now.into(), limit.into()], deal_row).await
    }

    /// Clusters after `after` that have deals. Across clusters: for the job that carries them on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_clusters(&mut self, after: i64, limit: u32) -> Result<Vec<ClusterId>> {
        self.query(&DEAL_CLUSTERS, &[after.into(), limit.into()], |row| cluster_at(row, 0)).await
    }

    /// Adds acts of a deal, the first of which has number `version`.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when a version or a key is there.
    pub async fn deal_act_insert(&mut self, cluster: ClusterId, no: DealNo, version: i64, acts: &[DealAct]) -> Result<()> {
        let mut values = Vec::with_capacity(acts.len() * 16);
        for (version, act) in (version..).zip(acts) {
            let (high, low) = halves(act.key);
            values.extend([
                cluster.into(),
                no.into(),
                Value::Int(version),
                act.kind.as_str().into(),
                act.side.as_str().into(),
                act.window.start().into(),
                act.window.end().into(),
                act.energy.0.into(),
                act.price.0.into(),
                act.penalty.0.into(),
                act.expires_at.into(),
                act.digest.into(),
                high.into(),
                low.into(),
                act.at.into(),
                act.actor.into(),
            ]);
        }
        self.insert_many(&ACT_INSERT, &values).await.map(|_| ())
    }

    /// The acts of a deal after version `after`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_act_list(&mut self, cluster: ClusterId, no: DealNo, after: i64) -> Result<Vec<DealAct>> {
        self.query(&ACTS, &[cluster.into(), no.into(), after.into()], act_row).await
    }

    /// The act that was done under a key, with its deal.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn deal_act_by_key(&mut self, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<(DealNo, DealAct)>> {
        let (high, low) = halves(key);
        self.query_opt(&ACT_BY_KEY, &[cluster.into(), high.into(), low.into()], |row| Ok((deal_at(row, 13)?, act_row(row)?))).await
    }
}

pub(super) fn cluster_at(row: &Row<'_>, column: usize) -> Result<ClusterId> {
    ClusterId::new(row.int(column)?).map_err(|error| StoreError::corrupt("cluster_id", error))
}

pub(super) fn deal_at(row: &Row<'_>, column: usize) -> Result<DealNo> {
    DealNo::new(row.int(column)?).map_err(|error| StoreError::corrupt("deal_no", error))
}

pub(super) fn interval_at(row: &Row<'_>, column: usize) -> Result<Interval> {
    let (start, end) = (Instant(row.int(column)?), Instant(row.int(column + 1)?));
    Interval::new(start, end).map_err(|error| StoreError::corrupt("a window", error))
}

fn party(text: &str) -> Result<Party> {
    [Party::Seller, Party::Buyer].into_iter().find(|party| party.as_str() == text).ok_or_else(|| StoreError::corrupt("a side of a deal", text))
}

fn state(text: &str) -> Result<DealState> {
    let all = [DealState::Open, DealState::Accepted, DealState::Declined, DealState::Withdrawn, DealState::Expired];
    all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| StoreError::corrupt("deal.state", text))
}

fn deal_row(row: &Row<'_>) -> Result<DealRow> {
    let (cluster, other) = (cluster_at(row, 0)?, cluster_at(row, 6)?);
    let (seller, buyer) = if party(row.text(5)?)? == Party::Seller { (cluster, other) } else { (other, cluster) };
    let way = if row.text(4)? == DealWay::Auction.as_str() { DealWay::Auction } else { DealWay::Bilateral };
    let terms = Terms {
        window: interval_at(row, 10)?,
        energy_per_interval: WattHours(row.int(12)?),
        price: PricePerKwh(row.int(13)?),
        loss: Loss::new(row.int(16)?).map_err(|error| StoreError::corrupt("deal.loss_ppm", error))?,
        fee: PricePerKwh(row.int(15)?),
        penalty: PricePerKwh(row.int(17)?),
    };
    let rounds = row.int(19)?;
    let deal = Deal {
        state: state(row.text(8)?)?,
        seller,
        buyer,
        terms,
        turn: party(row.text(9)?)?,
        expires_at: Instant(row.int(18)?),
        rounds: u32::try_from(rounds).map_err(|_| StoreError::corrupt("deal.rounds", rounds))?,
    };
    Ok(DealRow {
        no: deal_at(row, 1)?,
        pair: whole(row.int(2)?, row.int(3)?),
        way,
        deal,
        buyer_price: row.opt_int(14)?.map(PricePerKwh),
        is_leader: row.boolean(7)?,
        version: row.int(20)?,
        told_version: row.int(21)?,
        intent: row.opt_text(22)?.map(intent_read).transpose()?,
        review: review_read(row)?,
        made_at: Instant(row.int(23)?),
        changed_at: Instant(row.int(24)?),
    })
}

fn review_read(row: &Row<'_>) -> Result<Option<DealReview>> {
    let Some(((codes, by), version)) = row.opt_text(25)?.zip(row.opt_int(26)?).zip(row.opt_int(27)?) else { return Ok(None) };
    let mut reasons = DealReasons::NONE;
    for code in codes.split(',') {
        reasons = reasons.with(DealReason::stored(code)?);
    }
    Ok(Some(DealReview { reasons, by, version }))
}

fn act_row(row: &Row<'_>) -> Result<DealAct> {
    Ok(DealAct {
        kind: DealActKind::stored(row.text(0)?)?,
        side: party(row.text(1)?)?,
        window: interval_at(row, 2)?,
        energy: WattHours(row.int(4)?),
        price: PricePerKwh(row.int(5)?),
        penalty: PricePerKwh(row.int(6)?),
        expires_at: Instant(row.int(7)?),
        digest: row.int(8)?,
        key: whole(row.int(9)?, row.int(10)?),
        at: Instant(row.int(11)?),
        actor: row.int(12)?,
    })
}

/// An act as one text: its words and numbers with spaces between.
fn intent_text(act: &DealAct) -> String {
    let (high, low) = halves(act.key);
    let (start, end) = (act.window.start().0, act.window.end().0);
    let numbers =
        [start, end, act.energy.0, act.price.0, act.penalty.0, act.expires_at.0, act.digest, high, low, act.at.0, act.actor].map(|n| n.to_string());
    format!("{} {} {}", act.kind.as_str(), act.side.as_str(), numbers.join(" "))
}

fn intent_read(text: &str) -> Result<DealAct> {
    let odd = || StoreError::corrupt("deal.intent", text);
    let mut words = text.split(' ');
    let (kind, side) = (DealActKind::stored(words.next().unwrap_or_default())?, party(words.next().unwrap_or_default())?);
    let numbers: Vec<i64> = words.map(|word| word.parse().map_err(|_| odd())).collect::<Result<_>>()?;
    let [start, end, energy, price, penalty, expires, digest, high, low, at, actor] = numbers[..] else { return Err(odd()) };
    Ok(DealAct {
        kind,
        side,
        window: Interval::new(Instant(start), Instant(end)).map_err(|_| odd())?,
        energy: WattHours(energy),
        price: PricePerKwh(price),
        penalty: PricePerKwh(penalty),
        expires_at: Instant(expires),
        digest,
        key: whole(high, low),
        at: Instant(at),
        actor,
    })
}
