//! Trading inside a cluster: orders and trades.

use super::ledger::{halves, whole};
use super::member_at;
use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{AuctionNo, ClusterId, MemberNo, OrderNo, TradeNo, TransferNo, UnknownWord};
use ledger::IdempotencyKey;
use market::Side;
use quantity::{Instant, Ngwee, PricePerKwh, WattHours};

words!(
    /// How far an order is.
    OrderState, "state of an order", "trade_order.state" {
        /// In the book: what it can take is held in the ledger.
        Open = "open",
        /// Everything was bought or sold.
        Filled = "filled",
        /// Taken back; what was filled before stays.
        Cancelled = "cancelled",
        /// Over, as was said when it was placed.
        Expired = "expired",
        /// Waits for an officer: `reasons` says why. Nothing is held.
        Held = "held",
        /// An officer refused it.
        Refused = "refused",
    }
);

words!(
    /// Where an order comes from.
    OrderOrigin, "origin of an order", "trade_order.origin" {
        /// A member placed it.
        Limit = "limit",
        /// A standing order became it in an auction.
        Standing = "standing",
    }
);

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number in the cluster.
    pub no: OrderNo,
    /// Whose it is.
    pub member: MemberNo,
    /// Buys or sells.
    pub side: Side,
    /// The limit, ngwee per kWh.
    pub price: PricePerKwh,
    /// All of it, filled or not.
    pub energy: WattHours,
    /// What of it was traded.
    pub filled: WattHours,
    /// What was paid or got for that.
    pub paid: Ngwee,
    /// How far it is.
    pub state: OrderState,
    /// Where it comes from.
    pub origin: OrderOrigin,
    /// Its place in time: of two orders at one price the lower goes first.
    pub rank: i64,
    /// The transfer that holds what it can still take.
    pub hold: Option<TransferNo>,
    /// How much that is: ngwee of a buyer, Wh of a seller.
    pub hold_amount: i64,
    /// Why it waits, or waited, for an officer: the codes of all reasons joined by commas, the gravest first.
    pub reasons: Option<String>,
    /// The user who let it go on or refused it, 0 for the program; none while it waits, and where nobody had to.
    pub decided_by: Option<i64>,
    /// When that was.
    pub decided_at: Option<Instant>,
    /// What was asked for under the key, as a number: other content has another.
    pub digest: i64,
    /// When it was placed.
    pub placed_at: Instant,
    /// First instant at which it is no longer good.
    pub expires_at: Option<Instant>,
    /// When it left the book.
    pub ended_at: Option<Instant>,
    /// The user who placed it, 0 for the program.
    pub actor: i64,
    /// Recognises a retry.
    pub key: IdempotencyKey,
}

impl OrderRow {
    /// What may still be traded.
    #[must_use]
    pub const fn left(&self) -> WattHours {
        WattHours(self.energy.0.saturating_sub(self.filled.0))
    }

    /// The codes of all reasons for which an officer looks at it, or did, the gravest first.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.as_deref().into_iter().flat_map(|codes| codes.split(','))
    }

    /// The code of the gravest reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reasons().next()
    }
}

/// A trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradeRow {
    /// Its number in the cluster.
    pub no: TradeNo,
    /// When.
    pub traded_at: Instant,
    /// At what price, ngwee per kWh.
    pub price: PricePerKwh,
    /// How much.
    pub energy: WattHours,
    /// What the buyer paid and the seller got.
    pub money: Ngwee,
    /// The buyer's order.
    pub buy_order: OrderNo,
    /// The seller's order.
    pub sell_order: OrderNo,
    /// Who bought.
    pub buyer: MemberNo,
    /// Who sold.
    pub seller: MemberNo,
    /// The auction it was made in; none in the continuous book.
    pub auction: Option<AuctionNo>,
}

static ORDER_PUT: SqlBatch = SqlBatch::new(
    "trade_order",
    &[
        Column::int("cluster_id"),
        Column::int("order_no"),
        Column::int("member_no"),
        Column::text("side"),
        Column::int("price"),
        Column::int("energy"),
        Column::int("filled"),
        Column::int("paid"),
        Column::text("state"),
        Column::text("origin"),
        Column::int("rank"),
        Column::int("hold_no"),
        Column::int("hold_amount"),
        Column::text("reasons"),
        Column::int("decided_by"),
        Column::int("decided_at"),
        Column::int("digest"),
        Column::int("placed_at"),
        Column::int("expires_at"),
        Column::int("ended_at"),
        Column::int("actor"),
        Column::int("key_high"),
        Column::int("key_low"),
    ],
    "ON CONFLICT (cluster_id, order_no) DO UPDATE SET price = excluded.price, energy = excluded.energy, filled = excluded.filled,
        paid = excluded.paid, state = excluded.state, rank = excluded.rank, hold_no = excluded.hold_no, hold_amount = excluded.hold_amount,
        reasons = excluded.reasons, decided_by = excluded.decided_by, decided_at = excluded.decided_at, expires_at = excluded.expires_at, ended_at = excluded.ended_at",
);

pub(super) const ORDERS_OPEN: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order WHERE cluster_id = $1 AND state = 'open' ORDER BY rank LIMIT $2"
);

pub(super) const ORDERS_HELD: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order WHERE cluster_id = $1 AND state = 'held' ORDER BY order_no LIMIT $2"
);

pub(super) const ORDERS_DECIDED: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order
     WHERE cluster_id = $1 AND decided_at IS NOT NULL ORDER BY decided_at DESC, order_no DESC LIMIT $2"
);

const ORDER: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order WHERE cluster_id = $1 AND order_no = $2"
);

pub(super) static ORDERS_BY_KEY: SqlIn = SqlIn::new(
    sql!(
        "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
            digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order WHERE cluster_id = $1 AND key_high"
    ),
    "",
);

pub(super) const ORDERS_OF: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order
     WHERE cluster_id = $1 AND member_no = $2 AND order_no < $3 ORDER BY order_no DESC LIMIT $4"
);

pub(super) const ORDERS_WAITING: Sql = sql!(
    "SELECT order_no, member_no, side, price, energy, filled, paid, state, origin, rank, hold_no, hold_amount, reasons, decided_by, decided_at,
        digest, placed_at, expires_at, ended_at, actor, key_high, key_low FROM trade_order
     WHERE cluster_id = $1 AND member_no = $2 AND (state = 'open' OR state = 'held') ORDER BY order_no DESC LIMIT $3"
);

static TRADE_INSERT: SqlBatch = SqlBatch::new(
    "trade",
    &[
        Column::int("cluster_id"),
        Column::int("trade_no"),
        Column::int("traded_at"),
        Column::int("price"),
        Column::int("energy"),
        Column::int("money"),
        Column::int("buy_order"),
        Column::int("sell_order"),
        Column::int("buyer"),
        Column::int("seller"),
        Column::int("auction_no"),
    ],
    "",
);

const TRADES: Sql = sql!(
    "SELECT trade_no, traded_at, price, energy, money, buy_order, sell_order, buyer, seller, auction_no FROM trade
     WHERE cluster_id = $1 AND trade_no < $2 ORDER BY trade_no DESC LIMIT $3"
);

pub(super) const TRADES_OF: Sql = sql!(
    "SELECT trade_no, traded_at, price, energy, money, buy_order, sell_order, buyer, seller, auction_no FROM trade
     WHERE cluster_id = $1 AND buyer = $2 AND trade_no < $3
     UNION ALL
     SELECT trade_no, traded_at, price, energy, money, buy_order, sell_order, buyer, seller, auction_no FROM trade
     WHERE cluster_id = $1 AND seller = $2 AND trade_no < $3
     ORDER BY trade_no DESC LIMIT $4"
);

pub(super) const TRADES_SINCE: Sql = sql!(
    "SELECT trade_no, traded_at, price, energy, money, buy_order, sell_order, buyer, seller, auction_no FROM trade
     WHERE cluster_id = $1 AND traded_at >= $2 ORDER BY traded_at DESC, trade_no DESC LIMIT $3"
);

/// The newest sales, or purchases, of each of some members; `$3` of them are passed over to find the oldest that is wanted.
macro_rules! newest {
    ($side:literal) => {
        SqlIn::new(
            sql!(concat!(
                "SELECT t.trade_no, t.traded_at, t.price, t.energy, t.money, t.buy_order, t.sell_order, t.buyer, t.seller, t.auction_no
                 FROM member AS m CROSS JOIN trade AS t
                 WHERE m.cluster_id = $1 AND t.cluster_id = m.cluster_id AND t.",
                $side,
                " = m.member_no AND t.traded_at >= $2 AND t.trade_no >= COALESCE((SELECT s.trade_no FROM trade AS s
                    WHERE s.cluster_id = m.cluster_id AND s.",
                $side,
                " = m.member_no ORDER BY s.trade_no DESC LIMIT 1 OFFSET $3), 0) AND m.member_no"
            )),
            "",
        )
    };
}
pub(super) static SALES_NEWEST: SqlIn = newest!("seller");
pub(super) static PURCHASES_NEWEST: SqlIn = newest!("buyer");

const REVERSED: Sql = sql!("SELECT DISTINCT cause_a FROM transfer WHERE cluster_id = $1 AND cause_kind = $2 AND status = 3 ORDER BY cause_a");

impl Tx<'_> {
    /// Writes orders, new ones and changed ones; each number once.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when another order has the key.
    pub async fn order_put(&mut self, cluster: ClusterId, rows: &[OrderRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 23);
        rows.iter().for_each(|row| order_values(cluster, row, &mut values));
        self.insert_many(&ORDER_PUT, &values).await.map(|_| ())
    }

    /// The orders in the book, those that came first first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_list_open(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<OrderRow>> {
        self.query(&ORDERS_OPEN, &[cluster.into(), limit.into()], order_row).await
    }

    /// The orders that wait for an officer, the oldest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_list_held(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<OrderRow>> {
        self.query(&ORDERS_HELD, &[cluster.into(), limit.into()], order_row).await
    }

    /// The orders about which an officer decided, those decided last first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_list_decided(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<OrderRow>> {
        self.query(&ORDERS_DECIDED, &[cluster.into(), limit.into()], order_row).await
    }

    /// An order by its number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_find(&mut self, cluster: ClusterId, no: OrderNo) -> Result<Option<OrderRow>> {
        self.query_opt(&ORDER, &[cluster.into(), no.into()], order_row).await
    }

    /// The orders that were placed under these keys, in no order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn orders_by_key(&mut self, cluster: ClusterId, keys: &[IdempotencyKey]) -> Result<Vec<OrderRow>> {
        let highs: Vec<i64> = keys.iter().map(|key| halves(*key).0).collect();
        let mut found = self.query_in(&ORDERS_BY_KEY, &[cluster.into()], &highs, order_row).await?;
        found.retain(|row| keys.contains(&row.key));
        Ok(found)
    }

    /// A member's orders before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_list_of(&mut self, cluster: ClusterId, member: MemberNo, before: i64, limit: u32) -> Result<Vec<OrderRow>> {
        self.query(&ORDERS_OF, &[cluster.into(), member.into(), before.into(), limit.into()], order_row).await
    }

    /// A member's orders that are in the book or wait for an officer, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn order_list_waiting(&mut self, cluster: ClusterId, member: MemberNo, limit: u32) -> Result<Vec<OrderRow>> {
        self.query(&ORDERS_WAITING, &[cluster.into(), member.into(), limit.into()], order_row).await
    }

    /// Writes trades down.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_insert(&mut self, cluster: ClusterId, rows: &[TradeRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 11);
        for row in rows {
            values.extend([
                cluster.into(),
                row.no.into(),
                row.traded_at.into(),
                row.price.0.into(),
                row.energy.0.into(),
                row.money.0.into(),
                row.buy_order.into(),
                row.sell_order.into(),
                row.buyer.into(),
                row.seller.into(),
                row.auction.map_or(Value::Null, Value::from),
            ]);
        }
        self.insert_many(&TRADE_INSERT, &values).await.map(|_| ())
    }

    /// The trades of a cluster before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_list(&mut self, cluster: ClusterId, before: i64, limit: u32) -> Result<Vec<TradeRow>> {
        self.query(&TRADES, &[cluster.into(), before.into(), limit.into()], trade_row).await
    }

    /// The trades of a member before number `before`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_list_of(&mut self, cluster: ClusterId, member: MemberNo, before: i64, limit: u32) -> Result<Vec<TradeRow>> {
        self.query(&TRADES_OF, &[cluster.into(), member.into(), before.into(), limit.into()], trade_row).await
    }

    /// The newest trades since of each of some members: as many sales and as many purchases as `most` of each. In no order, and one between two
    /// of them stands there twice.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_list_newest(&mut self, cluster: ClusterId, members: &[MemberNo], since: Instant, most: u32) -> Result<Vec<TradeRow>> {
        let keys: Vec<i64> = members.iter().map(|member| member.get()).collect();
        let fixed = [cluster.into(), since.into(), most.saturating_sub(1).into()];
        let mut found = self.query_in(&SALES_NEWEST, &fixed, &keys, trade_row).await?;
        found.extend(self.query_in(&PURCHASES_NEWEST, &fixed, &keys, trade_row).await?);
        Ok(found)
    }

    /// The trades of a cluster since, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trade_list_since(&mut self, cluster: ClusterId, since: Instant, limit: u32) -> Result<Vec<TradeRow>> {
        self.query(&TRADES_SINCE, &[cluster.into(), since.into(), limit.into()], trade_row).await
    }

    /// The numbers of trades of which a transfer was reversed, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trades_reversed(&mut self, cluster: ClusterId) -> Result<Vec<i64>> {
        self.query(&REVERSED, &[cluster.into(), ledger::CauseKind::Trade.number().into()], |row| row.int(0)).await
    }
}

fn order_values<'a>(cluster: ClusterId, row: &'a OrderRow, values: &mut Vec<Value<'a>>) {
    let (high, low) = halves(row.key);
    values.extend([
        cluster.into(),
        row.no.into(),
        row.member.into(),
        row.side.as_str().into(),
        row.price.0.into(),
        row.energy.0.into(),
        row.filled.0.into(),
        row.paid.0.into(),
        row.state.as_str().into(),
        row.origin.as_str().into(),
        row.rank.into(),
        row.hold.map_or(Value::Null, Value::from),
        row.hold_amount.into(),
        row.reasons.as_deref().map_or(Value::Null, Value::from),
        row.decided_by.map_or(Value::Null, Value::from),
        row.decided_at.map_or(Value::Null, Value::from),
        row.digest.into(),
        row.placed_at.into(),
        row.expires_at.map_or(Value::Null, Value::from),
        row.ended_at.map_or(Value::Null, Value::from),
        row.actor.into(),
        high.into(),
        low.into(),
    ]);
}

pub(super) fn number<T>(column: &'static str, made: std::result::Result<T, domain::IdError>) -> Result<T> {
    made.map_err(|error| StoreError::corrupt(column, error))
}

pub(super) fn side(text: &str) -> Result<Side> {
    let unknown = || UnknownWord { list: "side", text: text.to_owned(), choices: "buy, sell".to_owned() };
    Side::parse(text).ok_or_else(|| StoreError::corrupt("side", unknown()))
}

fn order_row(row: &Row<'_>) -> Result<OrderRow> {
    Ok(OrderRow {
        no: number("trade_order.order_no", OrderNo::new(row.int(0)?))?,
        member: member_at(row, 1)?,
        side: side(row.text(2)?)?,
        price: PricePerKwh(row.int(3)?),
        energy: WattHours(row.int(4)?),
        filled: WattHours(row.int(5)?),
        paid: Ngwee(row.int(6)?),
        state: OrderState::stored(row.text(7)?)?,
        origin: OrderOrigin::stored(row.text(8)?)?,
        rank: row.int(9)?,
        hold: row.opt_int(10)?.map(TransferNo::new).transpose().map_err(|error| StoreError::corrupt("trade_order.hold_no", error))?,
        hold_amount: row.int(11)?,
        reasons: row.opt_text(12)?.map(str::to_owned),
        decided_by: row.opt_int(13)?,
        decided_at: row.opt_int(14)?.map(Instant),
        digest: row.int(15)?,
        placed_at: Instant(row.int(16)?),
        expires_at: row.opt_int(17)?.map(Instant),
        ended_at: row.opt_int(18)?.map(Instant),
        actor: row.int(19)?,
        key: whole(row.int(20)?, row.int(21)?),
    })
}

fn trade_row(row: &Row<'_>) -> Result<TradeRow> {
    Ok(TradeRow {
        no: number("trade.trade_no", TradeNo::new(row.int(0)?))?,
        traded_at: Instant(row.int(1)?),
        price: PricePerKwh(row.int(2)?),
        energy: WattHours(row.int(3)?),
        money: Ngwee(row.int(4)?),
        buy_order: number("trade.buy_order", OrderNo::new(row.int(5)?))?,
        sell_order: number("trade.sell_order", OrderNo::new(row.int(6)?))?,
        buyer: member_at(row, 7)?,
        seller: member_at(row, 8)?,
        auction: row.opt_int(9)?.map(AuctionNo::new).transpose().map_err(|error| StoreError::corrupt("trade.auction_no", error))?,
    })
}
