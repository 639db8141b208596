//! Standing orders, and the call auctions they take part in.

use super::ledger::{halves, whole};
use super::member_at;
use super::trade::{number, side};
use crate::{Result, Row, Sql, StoreError, Tx, Value, sql};
use domain::{AuctionNo, ClusterId, MemberNo, StandingNo, UnknownWord};
use ledger::IdempotencyKey;
use market::Side;
use quantity::{Instant, PricePerKwh, WattHours};

words!(
    /// Whether a standing order takes part in auctions.
    StandingState, "state of a standing order", "standing_order.state" {
        /// It does.
        On = "on",
        /// The member ended it or put another in its place.
        Ended = "ended",
        /// Its time is over.
        Expired = "expired",
    }
);

/// A standing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRow {
    /// Its number in the cluster.
    pub no: StandingNo,
    /// Whose it is.
    pub member: MemberNo,
    /// Buys or sells.
    pub side: Side,
    /// The limit, ngwee per kWh.
    pub price: PricePerKwh,
    /// Own credits that are kept: what is above is sold, what is below is bought.
    pub keep: WattHours,
    /// Whether it takes part.
    pub state: StandingState,
    /// Since when.
    pub placed_at: Instant,
    /// First instant at which it is no longer good.
    pub expires_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// The user who set it, 0 for the program.
    pub actor: i64,
    /// Recognises a retry.
    pub key: IdempotencyKey,
    /// For which reasons an officer looked at it and let it go on.
    pub passed: Option<StandingPass>,
}

/// What an officer let a standing order go on for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPass {
    /// The codes of the reasons, joined by commas.
    pub codes: String,
    /// When.
    pub at: Instant,
}

impl StandingRow {
    /// The codes of reasons for which it is not held at `now`. A circle of energy is looked at again after `circle_ms`, as it would be another
    /// one; whose it is, and its price, stay what they were.
    #[must_use]
    pub fn passed_at(&self, now: Instant, circle_ms: i64) -> Vec<String> {
        let Some(pass) = &self.passed else { return Vec::new() };
        let is_new = now.ms_since(pass.at) <= circle_ms;
        pass.codes.split(',').filter(|code| is_new || *code != "guard_wash").map(str::to_owned).collect()
    }
}

/// A call auction that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuctionRow {
    /// Its number in the cluster.
    pub no: AuctionNo,
    /// Start of the interval it was held for.
    pub start_at: Instant,
    /// When it was held.
    pub held_at: Instant,
    /// What every kWh cost; none when no two orders met.
    pub price: Option<PricePerKwh>,
    /// Energy that changed hands.
    pub volume: WattHours,
    /// Orders that wanted to buy.
    pub bids: i64,
    /// Orders that wanted to sell.
    pub asks: i64,
    /// What they wanted to buy.
    pub bid_energy: WattHours,
    /// What they wanted to sell.
    pub ask_energy: WattHours,
}

const STANDING_PUT: Sql = sql!(
    "INSERT INTO standing_order (cluster_id, standing_no, member_no, side, price, keep, state, placed_at, expires_at, ended_at, actor, key_high,
        key_low, passed, passed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (cluster_id, standing_no) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at"
);

pub(super) const STANDING_ON: Sql = sql!(
    "SELECT standing_no, member_no, side, price, keep, state, placed_at, expires_at, ended_at, actor, key_high, key_low,
        passed, passed_at FROM standing_order
     WHERE cluster_id = $1 AND state = 'on' ORDER BY standing_no LIMIT $2"
);

pub(super) const STANDING_OF: Sql = sql!(
    "SELECT standing_no, member_no, side, price, keep, state, placed_at, expires_at, ended_at, actor, key_high, key_low,
        passed, passed_at FROM standing_order
     WHERE cluster_id = $1 AND member_no = $2 AND state = 'on' ORDER BY standing_no"
);

const STANDING_BY_KEY: Sql = sql!(
    "SELECT standing_no, member_no, side, price, keep, state, placed_at, expires_at, ended_at, actor, key_high, key_low,
        passed, passed_at FROM standing_order
     WHERE cluster_id = $1 AND key_high = $2 AND key_low = $3"
);

const STANDING_COUNT: Sql = sql!("SELECT COUNT(*) FROM standing_order WHERE cluster_id = $1 AND state = 'on'");

const STANDING_RECENT: Sql = sql!(
    "SELECT placed_at FROM standing_order WHERE cluster_id = $1 AND member_no = $2 AND standing_no < $3 AND placed_at > $4 ORDER BY placed_at DESC
     LIMIT 1000"
);

const STANDING_END: Sql =
    sql!("UPDATE standing_order SET state = 'ended', ended_at = $3 WHERE cluster_id = $1 AND standing_no = $2 AND state = 'on'");

const STANDING_PASS: Sql = sql!("UPDATE standing_order SET passed = $3, passed_at = $4 WHERE cluster_id = $1 AND standing_no = $2");

const AUCTION_INSERT: Sql = sql!(
    "INSERT INTO auction (cluster_id, auction_no, start_at, held_at, price, volume, bids, asks, bid_energy, ask_energy)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);

const AUCTION_AT: Sql = sql!("SELECT COUNT(*) FROM auction WHERE cluster_id = $1 AND start_at = $2");

const AUCTIONS: Sql = sql!(
    "SELECT auction_no, start_at, held_at, price, volume, bids, asks, bid_energy, ask_energy FROM auction
     WHERE cluster_id = $1 AND auction_no < $2 ORDER BY auction_no DESC LIMIT $3"
);

impl Tx<'_> {
    /// Writes a standing order, or how it ended.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the member has one on that side, or the key is taken.
    pub async fn standing_put(&mut self, cluster: ClusterId, row: &StandingRow) -> Result<()> {
        let (high, low) = halves(row.key);
        let values = [
            cluster.into(),
            row.no.into(),
            row.member.into(),
            row.side.as_str().into(),
            row.price.0.into(),
            row.keep.0.into(),
            row.state.as_str().into(),
            row.placed_at.into(),
            row.expires_at.map_or(Value::Null, Value::from),
            row.ended_at.map_or(Value::Null, Value::from),
            row.actor.into(),
            high.into(),
            low.into(),
            row.passed.as_ref().map_or(Value::Null, |pass| pass.codes.as_str().into()),
            row.passed.as_ref().map_or(Value::Null, |pass| pass.at.into()),
        ];
        self.exec(&STANDING_PUT, &values).await.map(|_| ())
    }

    /// The standing orders that take part in auctions, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_list_on(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<StandingRow>> {
        self.query(&STANDING_ON, &[cluster.into(), limit.into()], standing_row).await
    }

    /// A member's standing orders that are on: at most one on each side.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_list_of(&mut self, cluster: ClusterId, member: MemberNo) -> Result<Vec<StandingRow>> {
        self.query(&STANDING_OF, &[cluster.into(), member.into()], standing_row).await
    }

    /// The standing order that was set under this key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_by_key(&mut self, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<StandingRow>> {
        let (high, low) = halves(key);
        self.query_opt(&STANDING_BY_KEY, &[cluster.into(), high.into(), low.into()], standing_row).await
    }

    /// How many standing orders are on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_count(&mut self, cluster: ClusterId) -> Result<i64> {
        self.query_one(&STANDING_COUNT, &[cluster.into()], |row| row.int(0)).await
    }

    /// When a member set standing orders after `since` with a number below `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_recent(&mut self, cluster: ClusterId, member: MemberNo, before: StandingNo, since: Instant) -> Result<Vec<Instant>> {
        self.query(&STANDING_RECENT, &[cluster.into(), member.into(), before.into(), since.into()], |row| Ok(Instant(row.int(0)?))).await
    }

    /// Ends a standing order that is on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_end(&mut self, cluster: ClusterId, no: StandingNo, at: Instant) -> Result<()> {
        self.exec(&STANDING_END, &[cluster.into(), no.into(), at.into()]).await.map(|_| ())
    }

    /// Notes for which reasons, as codes joined by commas, an officer let a standing order go on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_pass(&mut self, cluster: ClusterId, no: StandingNo, codes: &str, at: Instant) -> Result<()> {
        self.exec(&STANDING_PASS, &[cluster.into(), no.into(), codes.into(), at.into()]).await.map(|_| ())
    }

    /// Writes an auction down.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the interval has one.
    pub async fn auction_insert(&mut self, cluster: ClusterId, row: &AuctionRow) -> Result<()> {
        let values = [
            cluster.into(),
            row.no.into(),
            row.start_at.into(),
            row.held_at.into(),
            row.price.map_or(Value::Null, |price| price.0.into()),
            row.volume.0.into(),
            row.bids.into(),
            row.asks.into(),
            row.bid_energy.0.into(),
            row.ask_energy.0.into(),
        ];
        self.exec(&AUCTION_INSERT, &values).await.map(|_| ())
    }

    /// Whether two sides have met in the auction of the interval that begins at `start`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn auction_is_held(&mut self, cluster: ClusterId, start: Instant) -> Result<bool> {
        self.query_one(&AUCTION_AT, &[cluster.into(), start.into()], |row| row.boolean(0)).await
    }

    /// The auctions of a cluster before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn auction_list(&mut self, cluster: ClusterId, before: i64, limit: u32) -> Result<Vec<AuctionRow>> {
        self.query(&AUCTIONS, &[cluster.into(), before.into(), limit.into()], auction_row).await
    }
}

fn standing_row(row: &Row<'_>) -> Result<StandingRow> {
    Ok(StandingRow {
        no: number("standing_order.standing_no", StandingNo::new(row.int(0)?))?,
        member: member_at(row, 1)?,
        side: side(row.text(2)?)?,
        price: PricePerKwh(row.int(3)?),
        keep: WattHours(row.int(4)?),
        state: StandingState::stored(row.text(5)?)?,
        placed_at: Instant(row.int(6)?),
        expires_at: row.opt_int(7)?.map(Instant),
        ended_at: row.opt_int(8)?.map(Instant),
        actor: row.int(9)?,
        key: whole(row.int(10)?, row.int(11)?),
        passed: row.opt_text(12)?.zip(row.opt_int(13)?).map(|(codes, at)| StandingPass { codes: codes.to_owned(), at: Instant(at) }),
    })
}

fn auction_row(row: &Row<'_>) -> Result<AuctionRow> {
    Ok(AuctionRow {
        no: number("auction.auction_no", AuctionNo::new(row.int(0)?))?,
        start_at: Instant(row.int(1)?),
        held_at: Instant(row.int(2)?),
        price: row.opt_int(3)?.map(PricePerKwh),
        volume: WattHours(row.int(4)?),
        bids: row.int(5)?,
        asks: row.int(6)?,
        bid_energy: WattHours(row.int(7)?),
        ask_energy: WattHours(row.int(8)?),
    })
}
