//! Offers of clusters to their zone, the board that lists them, and the joint clearings that end them.

use super::between::{cluster_at, interval_at};
use super::day_at;
use super::ledger::{halves, whole};
use crate::{Result, Row, Sql, SqlIn, StoreError, Tx, Value, sql};
use domain::{ClusterId, OfferNo, UnknownWord};
use ledger::IdempotencyKey;
use market::Side;
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, WattHours};

/// How far an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// On the board.
    Open,
    /// Went through a joint clearing: `filled` says with what.
    Cleared,
    /// Taken back.
    Withdrawn,
}

impl OfferState {
    const ALL: [Self; 3] = [Self::Open, Self::Cleared, Self::Withdrawn];

    /// The word as stored and shown to programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn stored(text: &str) -> Result<Self> {
        let unknown = || UnknownWord { list: "state of an offer", text: text.to_owned(), choices: "open, cleared, withdrawn".to_owned() };
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| StoreError::corrupt("market_offer.state", unknown()))
    }
}

words!(
    /// Why an offer met nobody in the clearing of its day.
    OfferReason, "reason of an offer", "market_offer.reason" {
        /// Its cluster might not trade with others when the clearing was held: rules, checklist or wires.
        NotReady = "not_ready",
        /// More clusters offered than one clearing takes, and others were first.
        TooManyClusters = "too_many_clusters",
        /// No partner had a price that fits, or no line led there.
        NobodyMet = "nobody_met",
        /// Not all lines took part, as there are more than one clearing takes.
        LineLimit = "line_limit",
        /// It came when the clearing was held.
        Late = "late",
        /// What is stored of its cluster could not be read.
        Unreadable = "unreadable",
    }
);

/// An offer of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferRow {
    /// Its number in the cluster.
    pub no: OfferNo,
    /// Sells or asks for energy.
    pub side: Side,
    /// The local day of delivery.
    pub day: BusinessDay,
    /// When on it.
    pub window: Interval,
    /// How much in each interval.
    pub energy: WattHours,
    /// The limit.
    pub price: PricePerKwh,
    /// When the clearing takes it.
    pub gate_at: Instant,
    /// How far it is.
    pub state: OfferState,
    /// What of it met a partner, Wh of all intervals.
    pub filled: WattHours,
    /// Why it met nobody, once the clearing was held.
    pub reason: Option<OfferReason>,
    /// What was asked for under the key.
    pub digest: i64,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
    /// When it was placed.
    pub placed_at: Instant,
    /// When it left the board.
    pub ended_at: Option<Instant>,
    /// The user; 0 is the program.
    pub actor: i64,
}

/// An offer as the board of a zone shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// The local day of delivery.
    pub day: BusinessDay,
    /// Whose it is.
    pub cluster: ClusterId,
    /// Its number there.
    pub no: OfferNo,
    /// Code of the cluster.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Sells or asks for energy.
    pub side: Side,
    /// When.
    pub window: Interval,
    /// How much in each interval.
    pub energy: WattHours,
    /// The limit.
    pub price: PricePerKwh,
    /// When the clearing takes it.
    pub gate_at: Instant,
    /// When it was placed.
    pub placed_at: Instant,
}

/// What a joint clearing makes one cluster deliver to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundContract {
    /// The selling cluster.
    pub seller: ClusterId,
    /// The buying one.
    pub buyer: ClusterId,
    /// When.
    pub window: Interval,
    /// How much is sent in each interval.
    pub energy: WattHours,
    /// What the seller gets for each kWh sent.
    pub price: PricePerKwh,
    /// What the buyer pays for each kWh received.
    pub buyer_price: PricePerKwh,
    /// The wheeling fee.
    pub fee: PricePerKwh,
    /// What is lost, parts per million.
    pub loss_ppm: i64,
    /// For what is not sent.
    pub penalty: PricePerKwh,
}

/// What a joint clearing made of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundFill {
    /// Whose it is.
    pub cluster: ClusterId,
    /// Its number there.
    pub offer: OfferNo,
    /// Wh of all intervals.
    pub filled: WattHours,
    /// Why it met nobody; none when it met somebody.
    pub reason: Option<OfferReason>,
}

/// A joint clearing of a zone for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundRow {
    /// The day of delivery.
    pub day: BusinessDay,
    /// Whether every cluster has its part.
    pub is_done: bool,
    /// The contracts, in order.
    pub contracts: Vec<RoundContract>,
    /// All offers that took part.
    pub fills: Vec<RoundFill>,
    /// Grows when offers are added to it.
    pub version: i64,
    /// When it was held.
    pub held_at: Instant,
}

const OFFER_PUT: Sql = sql!(
    "INSERT INTO market_offer (cluster_id, offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high,
        key_low, placed_at, ended_at, actor, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT (cluster_id, offer_no) DO UPDATE SET state = excluded.state, filled = excluded.filled, ended_at = excluded.ended_at,
        reason = excluded.reason"
);
const OFFER: Sql = sql!(
    "SELECT offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high, key_low, placed_at, ended_at, actor,
        reason FROM market_offer WHERE cluster_id = $1 AND offer_no = $2"
);
const OFFER_BY_KEY: Sql = sql!(
    "SELECT offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high, key_low, placed_at, ended_at, actor,
        reason FROM market_offer WHERE cluster_id = $1 AND key_high = $2 AND key_low = $3"
);
pub(super) const OFFERS_OPEN: Sql = sql!(
    "SELECT offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high, key_low, placed_at, ended_at, actor,
        reason FROM market_offer WHERE cluster_id = $1 AND state = 'open' ORDER BY offer_no"
);
pub(super) static OFFERS_OPEN_OF: SqlIn = SqlIn::new(
    sql!(
        "SELECT offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high, key_low, placed_at, ended_at,
            actor, reason, cluster_id FROM market_offer WHERE state = 'open' AND cluster_id"
    ),
    "",
);
const OFFERS_BEFORE: Sql = sql!(
    "SELECT offer_no, side, day, window_start, window_end, energy, price, gate_at, state, filled, digest, key_high, key_low, placed_at, ended_at, actor,
        reason FROM market_offer WHERE cluster_id = $1 AND offer_no < $2 ORDER BY offer_no DESC LIMIT $3"
);
const BOARD_INSERT: Sql = sql!(
    "INSERT INTO market_board (zone, day, cluster_id, offer_no, code, name, side, window_start, window_end, energy, price, gate_at, placed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
);
const BOARD: Sql = sql!(
    "SELECT day, cluster_id, offer_no, code, name, side, window_start, window_end, energy, price, gate_at, placed_at FROM market_board
     WHERE zone = $1 AND (day, cluster_id, offer_no) > ($2, $3, $4) ORDER BY day, cluster_id, offer_no LIMIT $5"
);
const BOARD_CLUSTERS: Sql = sql!("SELECT cluster_id, MIN(placed_at) FROM market_board WHERE zone = $1 AND day = $2 GROUP BY cluster_id");
const BOARD_TAKE_DAY: Sql = sql!(
    "DELETE FROM market_board WHERE zone = $1 AND day = $2
     RETURNING day, cluster_id, offer_no, code, name, side, window_start, window_end, energy, price, gate_at, placed_at"
);
const BOARD_TAKE: Sql = sql!("DELETE FROM market_board WHERE zone = $1 AND day = $2 AND cluster_id = $3 AND offer_no = $4");
pub(super) const BOARD_DUE: Sql =
    sql!("SELECT DISTINCT gate_at, day FROM market_board WHERE zone = $1 AND gate_at <= $2 ORDER BY gate_at, day LIMIT 60");
const GATE_TURN: Sql = sql!(
    "INSERT INTO market_gate (zone, day, turns) VALUES ($1, $2, 1)
     ON CONFLICT (zone, day) DO UPDATE SET turns = market_gate.turns + 1"
);
const ROUND_INSERT: Sql = sql!("INSERT INTO market_round (zone, day, state, result, version, held_at) VALUES ($1, $2, 'open', $3, $4, $5)");
const ROUND: Sql = sql!("SELECT day, state, result, version, held_at FROM market_round WHERE zone = $1 AND day = $2");
pub(super) const ROUNDS_OPEN: Sql =
    sql!("SELECT day, state, result, version, held_at FROM market_round WHERE zone = $1 AND state = 'open' ORDER BY day LIMIT 60");
const ROUNDS_NEWEST: Sql = sql!("SELECT day, state, result, version, held_at FROM market_round WHERE zone = $1 ORDER BY day DESC LIMIT $2");
const ROUND_REOPEN: Sql =
    sql!("UPDATE market_round SET state = 'open', result = $3, version = version + 1 WHERE zone = $1 AND day = $2 AND version = $4");
const ROUND_DONE: Sql = sql!("UPDATE market_round SET state = 'done' WHERE zone = $1 AND day = $2 AND state = 'open' AND version = $3");

impl Tx<'_> {
    /// Writes an offer, new or again.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when another has the key.
    pub async fn offer_put(&mut self, cluster: ClusterId, row: &OfferRow) -> Result<()> {
        let (high, low) = halves(row.key);
        let values = [
            cluster.into(),
            row.no.into(),
            row.side.as_str().into(),
            row.day.0.into(),
            row.window.start().into(),
            row.window.end().into(),
            row.energy.0.into(),
            row.price.0.into(),
            row.gate_at.into(),
            row.state.as_str().into(),
            row.filled.0.into(),
            row.digest.into(),
            high.into(),
            low.into(),
            row.placed_at.into(),
            row.ended_at.map_or(Value::Null, Value::from),
            row.actor.into(),
            row.reason.map_or(Value::Null, |reason| reason.as_str().into()),
        ];
        self.exec(&OFFER_PUT, &values).await.map(|_| ())
    }

    /// An offer by its number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn offer_find(&mut self, cluster: ClusterId, no: OfferNo) -> Result<Option<OfferRow>> {
        self.query_opt(&OFFER, &[cluster.into(), no.into()], offer_row).await
    }

    /// The offer that was placed under a key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn offer_by_key(&mut self, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<OfferRow>> {
        let (high, low) = halves(key);
        self.query_opt(&OFFER_BY_KEY, &[cluster.into(), high.into(), low.into()], offer_row).await
    }

    /// The open offers of a cluster, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn offer_list_open(&mut self, cluster: ClusterId) -> Result<Vec<OfferRow>> {
        self.query(&OFFERS_OPEN, &[cluster.into()], offer_row).await
    }

    /// The open offers of some clusters, each with whose it is, in no order: as many as the clusters may have open, however large their zone is.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn offer_list_open_of(&mut self, clusters: &[ClusterId]) -> Result<Vec<(ClusterId, OfferRow)>> {
        let keys: Vec<i64> = clusters.iter().map(|cluster| cluster.get()).collect();
        let mut found = self.query_in(&OFFERS_OPEN_OF, &[], &keys, |row| Ok((cluster_at(row, 17)?, offer_row(row)?))).await?;
        // Of a list that is padded each row comes once on both engines; a cluster named twice is asked once.
        found.sort_unstable_by_key(|(cluster, row)| (*cluster, row.no));
        found.dedup_by_key(|(cluster, row)| (*cluster, row.no));
        Ok(found)
    }

    /// The offers of a cluster before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn offer_list(&mut self, cluster: ClusterId, before: i64, limit: u32) -> Result<Vec<OfferRow>> {
        self.query(&OFFERS_BEFORE, &[cluster.into(), before.into(), limit.into()], offer_row).await
    }

    /// Puts an offer on the board of its zone.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when it is there.
    pub async fn board_insert(&mut self, zone: &str, row: &BoardRow) -> Result<()> {
        let values = [
            zone.into(),
            row.day.0.into(),
            row.cluster.into(),
            row.no.into(),
            row.code.as_str().into(),
            row.name.as_str().into(),
            row.side.as_str().into(),
            row.window.start().into(),
            row.window.end().into(),
            row.energy.0.into(),
            row.price.0.into(),
            row.gate_at.into(),
            row.placed_at.into(),
        ];
        self.exec(&BOARD_INSERT, &values).await.map(|_| ())
    }

    /// Offers on the board of a zone after the given day, cluster and number, in that order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn board_list(&mut self, zone: &str, after: (BusinessDay, i64, i64), limit: u32) -> Result<Vec<BoardRow>> {
        self.query(&BOARD, &[zone.into(), after.0.0.into(), after.1.into(), after.2.into(), limit.into()], board_row).await
    }

    /// Takes an offer off the board; `false` when it is not there any more.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn board_take(&mut self, zone: &str, day: BusinessDay, cluster: ClusterId, no: OfferNo) -> Result<bool> {
        Ok(self.exec(&BOARD_TAKE, &[zone.into(), day.0.into(), cluster.into(), no.into()]).await? == 1)
    }

    /// Whose offers for a day are on the board, and when each placed its first one.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn board_clusters(&mut self, zone: &str, day: BusinessDay) -> Result<Vec<(Instant, ClusterId)>> {
        self.query(&BOARD_CLUSTERS, &[zone.into(), day.0.into()], |row| Ok((Instant(row.int(1)?), cluster_at(row, 0)?))).await
    }

    /// Waits until no other unit has its turn at the gate of a zone's day, and keeps the turn until this unit ends; as [`Tx::cluster_turn`].
    ///
    /// A unit that takes it takes it before the turn of any cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn gate_turn(&mut self, zone: &str, day: BusinessDay) -> Result<()> {
        if let Self::Pg(_) = self {
            self.exec(&GATE_TURN, &[zone.into(), day.0.into()]).await?;
        }
        Ok(())
    }

    /// Takes all offers for a day off the board.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn board_take_day(&mut self, zone: &str, day: BusinessDay) -> Result<Vec<BoardRow>> {
        self.query(&BOARD_TAKE_DAY, &[zone.into(), day.0.into()], board_row).await
    }

    /// The days whose offers wait for a clearing, the first gate first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn board_due(&mut self, zone: &str, now: Instant) -> Result<Vec<BusinessDay>> {
        let mut days = self.query(&BOARD_DUE, &[zone.into(), now.into()], |row| day_at(row, 1)).await?;
        days.dedup();
        Ok(days)
    }

    /// Writes down what a joint clearing decided.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the day was cleared.
    pub async fn round_insert(&mut self, zone: &str, row: &RoundRow) -> Result<()> {
        let text = result_text(row);
        let values = [zone.into(), row.day.0.into(), text.as_str().into(), row.version.into(), row.held_at.into()];
        self.exec(&ROUND_INSERT, &values).await.map(|_| ())
    }

    /// The joint clearing of a day.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn round_find(&mut self, zone: &str, day: BusinessDay) -> Result<Option<RoundRow>> {
        self.query_opt(&ROUND, &[zone.into(), day.0.into()], round_row).await
    }

    /// Joint clearings whose clusters do not all have their part.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn round_list_open(&mut self, zone: &str) -> Result<Vec<RoundRow>> {
        self.query(&ROUNDS_OPEN, &[zone.into()], round_row).await
    }

    /// The newest joint clearings of a zone.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn round_list_newest(&mut self, zone: &str, limit: u32) -> Result<Vec<RoundRow>> {
        self.query(&ROUNDS_NEWEST, &[zone.into(), limit.into()], round_row).await
    }

    /// Writes a joint clearing again, with offers that were found later, as its next version; `false` when another unit has done so since it
    /// was read.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn round_reopen(&mut self, zone: &str, row: &RoundRow) -> Result<bool> {
        let text = result_text(row);
        Ok(self.exec(&ROUND_REOPEN, &[zone.into(), row.day.0.into(), text.as_str().into(), row.version.into()]).await? == 1)
    }

    /// Every cluster has its part of this version; `false` when there is a later one, which stays open.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn round_done(&mut self, zone: &str, day: BusinessDay, version: i64) -> Result<bool> {
        Ok(self.exec(&ROUND_DONE, &[zone.into(), day.0.into(), version.into()]).await? == 1)
    }
}

fn side_at(row: &Row<'_>, column: usize) -> Result<Side> {
    let text = row.text(column)?;
    [Side::Buy, Side::Sell].into_iter().find(|side| side.as_str() == text).ok_or_else(|| StoreError::corrupt("a side", text))
}

fn offer_at(row: &Row<'_>, column: usize) -> Result<OfferNo> {
    OfferNo::new(row.int(column)?).map_err(|error| StoreError::corrupt("offer_no", error))
}

fn offer_row(row: &Row<'_>) -> Result<OfferRow> {
    Ok(OfferRow {
        no: offer_at(row, 0)?,
        side: side_at(row, 1)?,
        day: day_at(row, 2)?,
        window: interval_at(row, 3)?,
        energy: WattHours(row.int(5)?),
        price: PricePerKwh(row.int(6)?),
        gate_at: Instant(row.int(7)?),
        state: OfferState::stored(row.text(8)?)?,
        filled: WattHours(row.int(9)?),
        digest: row.int(10)?,
        key: whole(row.int(11)?, row.int(12)?),
        placed_at: Instant(row.int(13)?),
        ended_at: row.opt_int(14)?.map(Instant),
        actor: row.int(15)?,
        reason: row.opt_text(16)?.map(OfferReason::stored).transpose()?,
    })
}

fn board_row(row: &Row<'_>) -> Result<BoardRow> {
    Ok(BoardRow {
        day: day_at(row, 0)?,
        cluster: cluster_at(row, 1)?,
        no: offer_at(row, 2)?,
        code: row.text(3)?.to_owned(),
        name: row.text(4)?.to_owned(),
        side: side_at(row, 5)?,
        window: interval_at(row, 6)?,
        energy: WattHours(row.int(8)?),
        price: PricePerKwh(row.int(9)?),
        gate_at: Instant(row.int(10)?),
        placed_at: Instant(row.int(11)?),
    })
}

fn round_row(row: &Row<'_>) -> Result<RoundRow> {
    let (contracts, fills) = result_read(row.text(2)?)?;
    Ok(RoundRow { day: day_at(row, 0)?, is_done: row.text(1)? == "done", contracts, fills, version: row.int(3)?, held_at: Instant(row.int(4)?) })
}

/// Lines of numbers: contracts begin with `c`, offers with `o`, or with the word that says why they met nobody.
fn result_text(row: &RoundRow) -> String {
    let contract = |c: &RoundContract| {
        let (start, end) = (c.window.start().0, c.window.end().0);
        let money = format!("{} {} {}", c.price.0, c.buyer_price.0, c.fee.0);
        format!("c {} {} {start} {end} {} {money} {} {}", c.seller, c.buyer, c.energy.0, c.loss_ppm, c.penalty.0)
    };
    let fill = |f: &RoundFill| match f.reason {
        None => format!("o {} {} {}", f.cluster, f.offer, f.filled.0),
        Some(reason) => format!("{} {} {} {}", reason.as_str(), f.cluster, f.offer, f.filled.0),
    };
    row.contracts.iter().map(contract).chain(row.fills.iter().map(fill)).collect::<Vec<_>>().join("\n")
}

fn result_read(text: &str) -> Result<(Vec<RoundContract>, Vec<RoundFill>)> {
    let (mut contracts, mut fills) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let odd = || StoreError::corrupt("market_round.result", line);
        let cluster = |number| ClusterId::new(number).map_err(|_| odd());
        let numbers: Vec<i64> = line.split(' ').skip(1).map(|word| word.parse().map_err(|_| odd())).collect::<Result<_>>()?;
        match numbers[..] {
            [seller, buyer, start, end, energy, price, buyer_price, fee, loss_ppm, penalty] => contracts.push(RoundContract {
                seller: cluster(seller)?,
                buyer: cluster(buyer)?,
                window: Interval::new(Instant(start), Instant(end)).map_err(|_| odd())?,
                energy: WattHours(energy),
                price: PricePerKwh(price),
                buyer_price: PricePerKwh(buyer_price),
                fee: PricePerKwh(fee),
                loss_ppm,
                penalty: PricePerKwh(penalty),
            }),
            [of, offer, filled] => {
                let offer = OfferNo::new(offer).map_err(|_| odd())?;
                let word = line.split(' ').next().unwrap_or_default();
                let reason = (word != "o").then(|| OfferReason::stored(word)).transpose()?;
                fills.push(RoundFill { cluster: cluster(of)?, offer, filled: WattHours(filled), reason });
            }
            _ => return Err(odd()),
        }
    }
    Ok((contracts, fills))
}
