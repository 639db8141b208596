//! What the guard is told about an order before it reaches the book: the last day's trades, the member's last orders, who acts for whom.
//!
//! It is kept with the floor and bounded: trades and orders are added by turns, and who acts for whom is read again every minute.
//! A standing order is looked at when it is set, for its price, and in each auction, for those it is paired with.

use super::floor::Floor;
use domain::{ClusterId, MemberNo, TradePrice, TradingConfig};
use market::guard::{Case, GUARD_TRADES_MAX, GuardRules, PastTrade, Reason, Reference};
use market::trader::{Ties, Trader};
use market::{Order, Side};
use quantity::{DAY_MS, HOUR_MS, Instant, MilliNgwee, PricePerKwh, WattHours};
use std::collections::{HashMap, VecDeque};
use store::tables::{OrderOrigin, TradeRow};
use store::{StoreError, Tx};

/// How long it is believed who acts for whom.
const TIES_GOOD_MS: i64 = 60_000;
/// The newest orders of a cluster among which those of the last hour are looked for, and the most that are kept of one member.
const ORDERS_SEEN: u32 = 2_000;

/// What the guard knows of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    /// Trades of the last 24 hours, the oldest first.
    recent: VecDeque<TradeRow>,
    /// When each member's orders of the last hour came, the oldest first.
    placed: HashMap<MemberNo, VecDeque<Instant>>,
    ties: Ties,
    ties_at: Option<Instant>,
}

impl Watch {
    /// Reads trades and orders from the database; who acts for whom comes with the traders.
    pub(crate) async fn load(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant) -> Result<Self, StoreError> {
        let most = u32::try_from(GUARD_TRADES_MAX).unwrap_or(u32::MAX);
        let mut recent: VecDeque<TradeRow> = tx.trade_list_since(cluster, now.plus_ms(-DAY_MS), most).await?.into();
        recent.make_contiguous().reverse();
        let mut watch = Self { recent, ..Self::default() };
        for (member, at, origin) in tx.orders_recent(cluster, ORDERS_SEEN).await?.into_iter().rev() {
            if origin == OrderOrigin::Limit && at > now.plus_ms(-HOUR_MS) {
                watch.placed.entry(member).or_default().push_back(at);
            }
        }
        Ok(watch)
    }

    /// Whether it is still good who acts for whom.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        self.ties_at.is_some_and(|at| (0..TIES_GOOD_MS).contains(&now.ms_since(at)))
    }

    /// Takes in who belongs to whom, as it was read just now.
    pub(crate) fn ties_set(&mut self, ties: Ties, now: Instant) {
        (self.ties, self.ties_at) = (ties, Some(now));
    }

    /// The one for all accounts that the same people act for.
    pub(crate) fn hands(&self, cluster: ClusterId, member: MemberNo) -> Trader {
        self.ties.hands(Trader { cluster, member: Some(member) })
    }

    /// When a member's orders of the last hour came.
    fn placed_by(&self, member: MemberNo) -> impl Iterator<Item = Instant> {
        self.placed.get(&member).into_iter().flatten().copied()
    }

    /// Adds an order that came.
    pub(crate) fn ordered(&mut self, member: MemberNo, at: Instant) {
        let placed = self.placed.entry(member).or_default();
        placed.push_back(at);
        while placed.len() > ORDERS_SEEN as usize || placed.front().is_some_and(|first| *first <= at.plus_ms(-HOUR_MS)) {
            placed.pop_front();
        }
    }

    /// Adds a trade that was made.
    pub(crate) fn traded(&mut self, row: TradeRow) {
        self.recent.push_back(row);
        let since = row.traded_at.plus_ms(-DAY_MS);
        while self.recent.len() > GUARD_TRADES_MAX || self.recent.front().is_some_and(|first| first.traded_at < since) {
            self.recent.pop_front();
        }
    }

    /// What a price is compared with: the average of the last 24 hours, else the last price, else the price that the rules set.
    pub(crate) fn reference(&self, floor: &Floor, rules: &TradingConfig, trades_min: i64, now: Instant) -> Option<Reference> {
        let since = now.plus_ms(-DAY_MS);
        let day = self.recent.iter().filter(|trade| trade.traded_at >= since);
        let (mut money, mut energy, mut trades) = (0_i64, 0_i64, 0);
        for trade in day {
            money = money.saturating_add(trade.price.0.saturating_mul(trade.energy.0));
            energy = energy.saturating_add(trade.energy.0);
            trades += 1;
        }
        let average = market::candle::average(MilliNgwee(money), WattHours(energy)).filter(|_| trades >= trades_min);
        let ever = floor.head.next_trade.saturating_sub(1);
        match (average, floor.head.last_price) {
            (Some(price), _) => Some(Reference::Vwap { price, trades }),
            (None, Some(price)) if ever >= trades_min => Some(Reference::Last { price, trades: ever }),
            _ if rules.price_rule == TradePrice::Fixed => Some(Reference::Fixed(rules.fixed_price)),
            _ => None,
        }
    }

    /// The trades among a trader and those it trades with or would meet: no other can be part of a circle of two or three. An order that
    /// meets nobody closes none, nor does one of a trader who was on the other side of no trade.
    fn trades_around(&self, trader: Trader, side: Side, meets: &[(Trader, WattHours)]) -> Vec<PastTrade> {
        if meets.is_empty() {
            return Vec::new();
        }
        let of = |member| Trader { cluster: trader.cluster, member: Some(member) };
        let hands = |member: MemberNo| self.ties.hands(of(member));
        let mut near = Near::default();
        let own = self.ties.hands(trader);
        near.add(own);
        let mut closes = false;
        for trade in &self.recent {
            let (seller, buyer) = (hands(trade.seller), hands(trade.buyer));
            closes |= own == if side == Side::Sell { buyer } else { seller };
            if seller == own || buyer == own {
                near.add(seller);
                near.add(buyer);
            }
        }
        if !closes {
            return Vec::new();
        }
        meets.iter().for_each(|(with, _)| near.add(self.ties.hands(*with)));
        let around = self.recent.iter().filter(|trade| near.has(hands(trade.seller)) && near.has(hands(trade.buyer)));
        around.map(|trade| PastTrade { at: trade.traded_at, seller: of(trade.seller), buyer: of(trade.buyer), energy: trade.energy }).collect()
    }
}

/// Members of one cluster by their numbers: asked thousands of times for an order.
#[derive(Default)]
struct Near(Vec<bool>);

impl Near {
    fn place(trader: Trader) -> usize {
        trader.member.and_then(|member| usize::try_from(member.get()).ok()).unwrap_or(0)
    }

    fn add(&mut self, trader: Trader) {
        let at = Self::place(trader);
        if self.0.len() <= at {
            self.0.resize(at + 1, false);
        }
        self.0[at] = true;
    }

    fn has(&self, trader: Trader) -> bool {
        self.0.get(Self::place(trader)).copied().unwrap_or(false)
    }
}

/// An order that the guard is asked about, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub cluster: ClusterId,
    pub member: MemberNo,
    pub order: Order,
    pub rules: &'a TradingConfig,
    pub guard: &'a GuardRules,
    pub now: Instant,
}

/// Why an order is held for a person to look at: the codes of all reasons joined by commas, the gravest first; `None` when it passes. An order that could meet one of
/// the member's own passes too: the book refuses it.
pub(crate) fn look(floor: &Floor, asked: Asked<'_>) -> Option<String> {
    let (order, member) = (asked.order, asked.member);
    let crosses = |price: PricePerKwh| match order.side() {
        Side::Buy => price <= order.price(),
        Side::Sell => price >= order.price(),
    };
    let other = order.side().other();
    if floor.book.orders_of(member.get(), other).any(|resting| crosses(resting.price)) {
        return None;
    }
    let (mut meets, mut left) = (Vec::new(), order.energy().0);
    for resting in floor.book.orders(other).take_while(|resting| crosses(resting.price)) {
        let energy = resting.energy.0.min(left);
        let with = MemberNo::new(resting.member).ok();
        meets.push((Trader { cluster: asked.cluster, member: with }, WattHours(energy)));
        left -= energy;
        if left <= 0 {
            break;
        }
    }
    let orders: Vec<Instant> = floor.watch.placed_by(member).collect();
    joined(reasons(floor, asked, &meets, &orders).iter().map(Reason::code))
}

/// Why a standing order is held when it is set: how far its price is from the others, and how many orders the member has placed and set.
/// `set` is when the member's other standing orders of the last hour were set. With whom it trades is looked at in each auction ([`look_paired`]).
pub(crate) fn look_standing(floor: &Floor, asked: Asked<'_>, set: &[Instant]) -> Option<String> {
    let orders: Vec<Instant> = floor.watch.placed_by(asked.member).chain(set.iter().copied()).collect();
    let found = reasons(floor, asked, &[], &orders);
    joined(found.iter().filter(|reason| matches!(reason, Reason::PriceBand { .. } | Reason::Burst { .. })).map(Reason::code))
}

/// Why a standing order does not trade in an auction that would pair it with `meets`: energy would go round, or to somebody tied to the member.
/// Reasons with the codes in `passed` were looked at by an officer before.
pub(crate) fn look_paired(floor: &Floor, asked: Asked<'_>, meets: &[(Trader, WattHours)], passed: &[String]) -> Option<String> {
    let found = reasons(floor, asked, meets, &[]);
    let paired = found.iter().filter(|reason| matches!(reason, Reason::Wash { .. } | Reason::Related { .. })).map(Reason::code);
    joined(paired.filter(|code| !passed.iter().any(|known| known == code)))
}

fn joined(codes: impl Iterator<Item = &'static str>) -> Option<String> {
    let codes: Vec<&str> = codes.collect();
    (!codes.is_empty()).then(|| codes.join(","))
}

fn reasons(floor: &Floor, asked: Asked<'_>, meets: &[(Trader, WattHours)], orders: &[Instant]) -> Vec<Reason> {
    let trader = Trader { cluster: asked.cluster, member: Some(asked.member) };
    let case = Case {
        trader,
        order: asked.order,
        at: asked.now,
        meets,
        trades: &floor.watch.trades_around(trader, asked.order.side(), meets),
        orders,
        ties: &floor.watch.ties,
        reference: floor.watch.reference(floor, asked.rules, asked.guard.reference_trades, asked.now),
    };
    market::guard::look(&case, asked.guard).reasons().cloned().collect()
}
