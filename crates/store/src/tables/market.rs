//! The market of a cluster: where it stands, its candles, and what is looked at (depth, sums, sealed energy), each by one bounded query.

use super::member_at;
use super::trade::{OrderOrigin, side};
use crate::{Column, Result, Row, Sql, SqlBatch, Tx, Value, sql};
use domain::{ClusterId, MemberNo};
use market::{Level, Side};
use quantity::{Instant, Interval, Ngwee, PricePerKwh, WattHours};

/// Prices of one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandleRow {
    /// Length of the span in minutes: 15, 60 or 1,440.
    pub span: i64,
    /// Its start.
    pub start_at: Instant,
    /// First price, ngwee per kWh.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// Energy traded, Wh.
    pub volume: i64,
    /// Price times energy, milli-ngwee.
    pub money: i64,
    /// How many trades.
    pub trades: i64,
}

/// Where a cluster's market stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketHead {
    /// Grows with every change of the book.
    pub version: i64,
    /// The rank of the next order.
    pub next_rank: i64,
    /// The number of the next order.
    pub next_order: i64,
    /// The number of the next trade.
    pub next_trade: i64,
    /// Price of the last trade.
    pub last_price: Option<PricePerKwh>,
    /// When that was.
    pub last_traded_at: Option<Instant>,
    /// Start of the interval of the auction that was held last: the latest one, unless the clock was set back.
    pub last_auction_at: Option<Instant>,
}

impl MarketHead {
    /// Of a cluster where nothing was traded yet.
    pub const NEW: Self =
        Self { version: 0, next_rank: 1, next_order: 1, next_trade: 1, last_price: None, last_traded_at: None, last_auction_at: None };
}

pub(super) const ROUND: Sql = sql!(
    "SELECT EXISTS (SELECT 1 FROM standing_order WHERE cluster_id = $1 AND state = 'on') AS stands,
        EXISTS (SELECT 1 FROM trade_order WHERE cluster_id = $1 AND state = 'open' AND expires_at <= $2
            UNION ALL SELECT 1 FROM trade_order WHERE cluster_id = $1 AND state = 'held' AND expires_at <= $2) AS ends"
);

static CANDLE_PUT: SqlBatch = SqlBatch::new(
    "candle",
    &[
        Column::int("cluster_id"),
        Column::int("span"),
        Column::int("start_at"),
        Column::int("open"),
        Column::int("high"),
        Column::int("low"),
        Column::int("close"),
        Column::int("volume"),
        Column::int("money"),
        Column::int("trades"),
    ],
    "ON CONFLICT (cluster_id, span, start_at) DO UPDATE SET
        high = CASE WHEN excluded.high > candle.high THEN excluded.high ELSE candle.high END,
        low = CASE WHEN excluded.low < candle.low THEN excluded.low ELSE candle.low END,
        close = excluded.close, volume = candle.volume + excluded.volume, money = candle.money + excluded.money,
        trades = candle.trades + excluded.trades",
);

const CANDLES: Sql = sql!(
    "SELECT span, start_at, open, high, low, close, volume, money, trades FROM candle
     WHERE cluster_id = $1 AND span = $2 AND start_at >= $3 AND start_at < $4 ORDER BY start_at LIMIT $5"
);

const HEAD: Sql =
    sql!("SELECT version, next_rank, next_order, next_trade, last_price, last_traded_at, last_auction_at FROM market_head WHERE cluster_id = $1");

const HEAD_PUT: Sql = sql!(
    "INSERT INTO market_head (cluster_id, version, next_rank, next_order, next_trade, last_price, last_traded_at, last_auction_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (cluster_id) DO UPDATE SET version = excluded.version, next_rank = excluded.next_rank, next_order = excluded.next_order,
        next_trade = excluded.next_trade, last_price = excluded.last_price,
        last_traded_at = excluded.last_traded_at, last_auction_at = excluded.last_auction_at"
);

/// What one side of the book holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideSum {
    /// The side.
    pub side: Side,
    /// What its orders can still take.
    pub energy: WattHours,
    /// What is held for them: ngwee of buyers, Wh of sellers.
    pub held: i64,
    /// How many orders.
    pub orders: i64,
}

/// What a member traded on one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TradeSum {
    /// Energy.
    pub energy: WattHours,
    /// Money.
    pub money: Ngwee,
    /// How many trades.
    pub trades: i64,
}

pub(super) const DEPTH: Sql = sql!(
    "SELECT * FROM (SELECT side, price, CAST(SUM(energy - filled) AS BIGINT), COUNT(*) FROM trade_order
        WHERE cluster_id = $1 AND state = 'open' AND side = 'buy' AND (expires_at IS NULL OR expires_at > $2)
        GROUP BY side, price ORDER BY price DESC LIMIT $3) AS bids
     UNION ALL
     SELECT * FROM (SELECT side, price, CAST(SUM(energy - filled) AS BIGINT), COUNT(*) FROM trade_order
        WHERE cluster_id = $1 AND state = 'open' AND side = 'sell' AND (expires_at IS NULL OR expires_at > $2)
        GROUP BY side, price ORDER BY price LIMIT $3) AS asks"
);
pub(super) const BOOK_SUMS: Sql = sql!(
    "SELECT side, CAST(SUM(energy - filled) AS BIGINT), CAST(SUM(hold_amount) AS BIGINT), COUNT(*) FROM trade_order
     WHERE cluster_id = $1 AND state = 'open' AND (expires_at IS NULL OR expires_at > $2) GROUP BY side ORDER BY side"
);
pub(super) const MEMBER_SUMS: Sql = sql!(
    "SELECT side, CAST(SUM(energy - filled) AS BIGINT), CAST(SUM(hold_amount) AS BIGINT), COUNT(*) FROM trade_order
     WHERE cluster_id = $1 AND state = 'open' AND member_no = $2 GROUP BY side ORDER BY side"
);
const ORDERS_RECENT: Sql = sql!("SELECT member_no, placed_at, origin FROM trade_order WHERE cluster_id = $1 ORDER BY order_no DESC LIMIT $2");
pub(super) const FIRST_SINCE: Sql = sql!("SELECT trade_no FROM trade WHERE cluster_id = $1 AND traded_at >= $2 ORDER BY traded_at, trade_no LIMIT 1");
pub(super) const BOUGHT: Sql = sql!(
    "SELECT CAST(COALESCE(SUM(energy), 0) AS BIGINT), CAST(COALESCE(SUM(money), 0) AS BIGINT), COUNT(*) FROM trade
     WHERE cluster_id = $1 AND buyer = $2 AND trade_no >= $3"
);
pub(super) const SOLD: Sql = sql!(
    "SELECT CAST(COALESCE(SUM(energy), 0) AS BIGINT), CAST(COALESCE(SUM(money), 0) AS BIGINT), COUNT(*) FROM trade
     WHERE cluster_id = $1 AND seller = $2 AND trade_no >= $3"
);
const CANDLE_BEFORE: Sql = sql!(
    "SELECT span, start_at, open, high, low, close, volume, money, trades FROM candle
     WHERE cluster_id = $1 AND span = $2 AND start_at < $3 ORDER BY start_at DESC LIMIT 1"
);
const SEALED_LAST: Sql = sql!("SELECT header FROM sealed WHERE cluster_id = $1 ORDER BY interval_start DESC, version DESC LIMIT 1");
const HEADERS: Sql = sql!(
    "SELECT header FROM sealed AS s
     WHERE cluster_id = $1 AND interval_start >= $2 AND interval_start < $3
       AND version = (SELECT MAX(version) FROM sealed AS t WHERE t.cluster_id = $1 AND t.interval_start = s.interval_start)
     ORDER BY interval_start LIMIT $4"
);
const LAST_EVENT: Sql = sql!("SELECT COALESCE(MAX(event_no), 0) FROM outbox WHERE cluster_id = $1");

impl Tx<'_> {
    /// Whether standing orders wait for an auction, and whether orders are over that are open or wait for an officer.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn market_waits(&mut self, cluster: ClusterId, now: Instant) -> Result<(bool, bool)> {
        self.query_one(&ROUND, &[cluster.into(), now.into()], |row| Ok((row.boolean(0)?, row.boolean(1)?))).await
    }

    /// Adds to candles: what is there is merged with what is given; each span and start once.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn candle_add(&mut self, cluster: ClusterId, rows: &[CandleRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 10);
        for row in rows {
            values.extend([Value::from(cluster), row.span.into(), row.start_at.into()]);
            values.extend([row.open, row.high, row.low, row.close, row.volume, row.money, row.trades].map(Value::from));
        }
        self.insert_many(&CANDLE_PUT, &values).await.map(|_| ())
    }

    /// The candles of one span whose start is in `[from, until)`, by time.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn candle_list(&mut self, cluster: ClusterId, span: i64, from: Instant, until: Instant, limit: u32) -> Result<Vec<CandleRow>> {
        self.query(&CANDLES, &[cluster.into(), span.into(), from.into(), until.into(), limit.into()], candle_row).await
    }

    /// Where a cluster's market stands.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn market_head(&mut self, cluster: ClusterId) -> Result<MarketHead> {
        let head_row = |row: &Row<'_>| {
            Ok(MarketHead {
                version: row.int(0)?,
                next_rank: row.int(1)?,
                next_order: row.int(2)?,
                next_trade: row.int(3)?,
                last_price: row.opt_int(4)?.map(PricePerKwh),
                last_traded_at: row.opt_int(5)?.map(Instant),
                last_auction_at: row.opt_int(6)?.map(Instant),
            })
        };
        Ok(self.query_opt(&HEAD, &[cluster.into()], head_row).await?.unwrap_or(MarketHead::NEW))
    }

    /// Saves where a cluster's market stands.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn market_head_put(&mut self, cluster: ClusterId, head: &MarketHead) -> Result<()> {
        let values = [
            cluster.into(),
            head.version.into(),
            head.next_rank.into(),
            head.next_order.into(),
            head.next_trade.into(),
            head.last_price.map_or(Value::Null, |price| price.0.into()),
            head.last_traded_at.map_or(Value::Null, Value::from),
            head.last_auction_at.map_or(Value::Null, Value::from),
        ];
        self.exec(&HEAD_PUT, &values).await.map(|_| ())
    }

    /// The best `levels` prices of each side, bids first, each side from its best price on; without orders that are over.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn market_depth(&mut self, cluster: ClusterId, now: Instant, levels: u32) -> Result<Vec<(Side, Level)>> {
        let mut found = self
            .query(&DEPTH, &[cluster.into(), now.into(), levels.into()], |row| {
                let orders = u32::try_from(row.int(3)?).unwrap_or(u32::MAX);
                Ok((side(row.text(0)?)?, Level { price: PricePerKwh(row.int(1)?), energy: WattHours(row.int(2)?), orders }))
            })
            .await?;
        // The parts of a union come in no promised order.
        found.sort_by_key(|(side, level)| match side {
            Side::Buy => (0, level.price.0.saturating_neg()),
            Side::Sell => (1, level.price.0),
        });
        Ok(found)
    }

    /// What the sides of the book hold, without orders that are over; a side without orders is left out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn market_sums(&mut self, cluster: ClusterId, now: Instant) -> Result<Vec<SideSum>> {
        self.query(&BOOK_SUMS, &[cluster.into(), now.into()], side_sum).await
    }

    /// What a member's open orders hold, by side.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_sums_of(&mut self, cluster: ClusterId, member: MemberNo) -> Result<Vec<SideSum>> {
        self.query(&MEMBER_SUMS, &[cluster.into(), member.into()], side_sum).await
    }

    /// Whose the last orders were, when they came and where from; the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn orders_recent(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<(MemberNo, Instant, OrderOrigin)>> {
        self.query(&ORDERS_RECENT, &[cluster.into(), limit.into()], |row| {
            Ok((member_at(row, 0)?, Instant(row.int(1)?), OrderOrigin::stored(row.text(2)?)?))
        })
        .await
    }

    /// What a member bought and sold since.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_sums_of(&mut self, cluster: ClusterId, member: MemberNo, since: Instant) -> Result<(TradeSum, TradeSum)> {
        // Numbers grow with time: from the first trade on, the member's own can be found by number.
        let first = self.query_opt(&FIRST_SINCE, &[cluster.into(), since.into()], |row| row.int(0)).await?;
        let Some(first) = first else { return Ok(Default::default()) };
        let sum = |row: &Row<'_>| Ok(TradeSum { energy: WattHours(row.int(0)?), money: Ngwee(row.int(1)?), trades: row.int(2)? });
        let values = [cluster.into(), member.into(), first.into()];
        Ok((self.query_one(&BOUGHT, &values, sum).await?, self.query_one(&SOLD, &values, sum).await?))
    }

    /// The last candle of one span that begins before `at`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn candle_before(&mut self, cluster: ClusterId, span: i64, at: Instant) -> Result<Option<CandleRow>> {
        self.query_opt(&CANDLE_BEFORE, &[cluster.into(), span.into(), at.into()], candle_row).await
    }

    /// The header of the latest sealed interval.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sealed_header_last(&mut self, cluster: ClusterId) -> Result<Option<Vec<u8>>> {
        self.query_opt(&SEALED_LAST, &[cluster.into()], |row| Ok(row.bytes(0)?.to_vec())).await
    }

    /// The headers of the intervals that start within `within`, each of the latest version, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sealed_headers(&mut self, cluster: ClusterId, within: Interval, limit: u32) -> Result<Vec<Vec<u8>>> {
        let values = [cluster.into(), within.start().into(), within.end().into(), limit.into()];
        self.query(&HEADERS, &values, |row| Ok(row.bytes(0)?.to_vec())).await
    }

    /// The number of the last event of a cluster; 0 before the first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outbox_last(&mut self, cluster: ClusterId) -> Result<i64> {
        self.query_one(&LAST_EVENT, &[cluster.into()], |row| row.int(0)).await
    }
}

fn side_sum(row: &Row<'_>) -> Result<SideSum> {
    Ok(SideSum { side: side(row.text(0)?)?, energy: WattHours(row.int(1)?), held: row.int(2)?, orders: row.int(3)? })
}

fn candle_row(row: &Row<'_>) -> Result<CandleRow> {
    Ok(CandleRow {
        span: row.int(0)?,
        start_at: Instant(row.int(1)?),
        open: row.int(2)?,
        high: row.int(3)?,
        low: row.int(4)?,
        close: row.int(5)?,
        volume: row.int(6)?,
        money: row.int(7)?,
        trades: row.int(8)?,
    })
}
