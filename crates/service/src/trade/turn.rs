//! One turn at the trading floor: asks are decided in order, in memory, and everything they change is gathered to be written at once.
//!
//! What an order can still take is held in the ledger by one pending transfer: a buyer's money at its limit, a seller's energy credits. A
//! trade posts the holds of those who waited in the book; who comes pays at once. So the sum of holds is the sum of open orders, always.

mod booking;

use super::TradeError;
use super::floor::{BOOK_MAX, Floor, Trader};
use super::guarding;
use super::view::candle_row;
use domain::{AccountNo, ClusterId, MemberNo, OrderNo, StandingNo, TradingConfig, TransferNo};
use ledger::{IdempotencyKey, TransferCreate};
use market::candle::{Candle, Span};
use market::guard::GuardRules;
use market::{Fill, Order, OrderNew, Side};
use quantity::{BusinessDay, DAY_MS, Instant, Ngwee, PricePerKwh, WattHours};
use std::collections::{BTreeMap, HashMap};
use store::tables::{CandleRow, MarketHead, OrderOrigin, OrderRow, OrderState, TradeRow};

/// What people are told of an order that the guard held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It waits for an officer.
    Held,
    /// It is the first of its member that waits: officers are told once, and find the others beside it.
    Look,
    /// An officer let it go on.
    Released,
    /// An officer refused it.
    Refused,
    /// Nobody decided in time.
    Lapsed,
}

/// What becomes of a standing order that waited for an officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes part no more: refused, taken back, or nobody decided in time.
    Ends,
    /// It takes part again; it is not held again for the reasons with these codes, joined by commas.
    Passes(String),
}

/// Most open orders of a member.
pub const OPEN_MAX: usize = 100;
/// How far ahead an order may end, in days.
pub const EXPIRY_DAYS: i64 = 90;

/// How long an order without an end waits for an officer, in days.
pub const HELD_DAYS: i64 = 7;

/// Most orders of a member that wait for an officer.
pub const HELD_MAX: usize = 20;

/// A new order.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub member: MemberNo,
    pub actor: i64,
    pub order: Order,
    pub expires_at: Option<Instant>,
    pub key: IdempotencyKey,
    pub digest: i64,
}

/// A change of an open order: the new limit, and how much it shall be in all, traded or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amend {
    pub member: MemberNo,
    pub actor: i64,
    pub no: OrderNo,
    pub price: Option<PricePerKwh>,
    pub energy: Option<WattHours>,
}

/// What became of an order, and what it traded just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDone {
    /// The order as it stands now.
    pub order: OrderRow,
    /// Trades made by this request.
    pub trades: Vec<TradeRow>,
    /// Whether an earlier request with the same key did it.
    pub is_repeat: bool,
    /// Version of the book after it.
    pub version: i64,
}

/// Who stands on one side of a trade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party {
    pub order: OrderNo,
    pub member: MemberNo,
    pub trader: Trader,
    /// The hold that the order has, when it waited in the book.
    pub hold: Option<(TransferNo, i64)>,
}

/// Where a turn happens, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub cluster: ClusterId,
    pub offset: quantity::UtcOffset,
    pub rules: &'a TradingConfig,
    pub guard: &'a GuardRules,
    pub now: Instant,
    pub next_transfer: i64,
}

/// What a turn has changed so far.
pub(crate) struct Turn<'a> {
    pub floor: &'a mut Floor,
    /// The market as the turn found it.
    pub before: MarketHead,
    at: Setting<'a>,
    pub today: BusinessDay,
    /// What is free on the accounts of those who ask.
    available: HashMap<AccountNo, i64>,
    pub commands: Vec<TransferCreate>,
    pub changed: BTreeMap<i64, OrderRow>,
    pub trades: Vec<TradeRow>,
    /// What people are to be told: the order and the user who did it.
    pub news: Vec<(News, OrderRow, i64)>,
    /// What became of standing orders that waited for an officer.
    pub standing: Vec<(StandingNo, Fate)>,
    candles: BTreeMap<(Span, Instant), Candle>,
    fills: Vec<Fill>,
    is_touched: bool,
    /// What the turn missed and cannot go on without: nothing of it may be written then.
    pub broken: Option<&'static str>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(floor: &'a mut Floor, at: Setting<'a>, available: HashMap<AccountNo, i64>) -> Self {
        let today = BusinessDay::of(at.now, at.offset);
        Self {
            before: floor.head,
            floor,
            at,
            today,
            available,
            commands: Vec::new(),
            changed: BTreeMap::new(),
            trades: Vec::new(),
            news: Vec::new(),
            standing: Vec::new(),
            candles: BTreeMap::new(),
            fills: Vec::new(),
            is_touched: false,
            broken: None,
        }
    }

    pub(crate) const fn now(&self) -> Instant {
        self.at.now
    }

    pub(crate) const fn rules(&self) -> &TradingConfig {
        self.at.rules
    }

    /// Notes that something is not there that must be: the unit ends with an error and writes nothing.
    pub(crate) const fn miss(&mut self, what: &'static str) {
        self.broken = Some(what);
    }

    /// Makes what is kept of the floor in memory out of date, also when no order has changed.
    pub(crate) const fn touch(&mut self) {
        self.is_touched = true;
    }

    /// Whether anything is to be written.
    pub(crate) fn has_changed(&self) -> bool {
        self.is_touched || !self.changed.is_empty()
    }

    pub(crate) fn candles(&self) -> Vec<CandleRow> {
        self.candles.iter().map(|((span, _), candle)| candle_row(*span, candle)).collect()
    }

    /// What is free on an account of somebody who asks.
    pub(crate) fn free(&self, account: AccountNo) -> i64 {
        self.available.get(&account).copied().unwrap_or(0)
    }

    /// Places an order: it trades with what waits, and what is left of it waits.
    pub(crate) fn place(&mut self, ask: &Place) -> Result<OrderDone, TradeError> {
        let trader = self.floor.trader(ask.member)?;
        self.check(&ask.order)?;
        self.check_expiry(ask.expires_at)?;
        self.check_room(ask.member)?;
        let order = ask.order;
        self.afford(&trader, order.side(), order.price(), order.energy(), 0)?;
        let no = self.floor.head.next_order;
        let reasons = self.look(ask.member, order);
        if reasons.is_some() {
            self.check_held(ask.member)?;
        } else {
            self.fills.clear();
            self.floor.book.place(OrderNew { no, member: ask.member.get(), order }, &mut self.fills)?;
        }
        self.floor.watch.ordered(ask.member, self.at.now);
        self.floor.head.next_order += 1;
        let row = self.row_of(ask, order_no(no));
        Ok(match reasons {
            Some(reasons) => self.hold(row, reasons, ask.actor),
            None => self.match_and_rest(row, trader, ask.actor),
        })
    }

    /// What the guard says of an order: the codes of the reasons to hold it. One that could meet the member's own is the book's to refuse.
    fn look(&self, member: MemberNo, order: Order) -> Option<String> {
        guarding::look(self.floor, self.asked(member, order))
    }

    /// What the guard is asked about an order here and now.
    pub(crate) const fn asked(&self, member: MemberNo, order: Order) -> guarding::Asked<'a> {
        let Setting { cluster, rules, guard, now, .. } = self.at;
        guarding::Asked { cluster, member, order, rules, guard, now }
    }

    /// A member as a trader.
    pub(crate) const fn trader_of(&self, member: MemberNo) -> market::trader::Trader {
        market::trader::Trader { cluster: self.at.cluster, member: Some(member) }
    }

    pub(crate) const fn guard(&self) -> &GuardRules {
        self.at.guard
    }

    /// The one for all accounts that the same people act for.
    pub(crate) fn hands(&self, member: MemberNo) -> market::trader::Trader {
        self.floor.watch.hands(self.at.cluster, member)
    }

    fn check_held(&self, member: MemberNo) -> Result<(), TradeError> {
        let is_full = self.floor.held_of(member) >= HELD_MAX;
        if is_full { Err(TradeError::HeldTooMany { most: HELD_MAX }) } else { Ok(()) }
    }

    /// Keeps an order back for an officer: nothing is reserved for it, and it is not in the book.
    pub(crate) fn hold(&mut self, mut row: OrderRow, reasons: String, actor: i64) -> OrderDone {
        (row.state, row.reasons) = (OrderState::Held, Some(reasons));
        // What was decided about it before, it was decided about another price.
        (row.decided_by, row.decided_at) = (None, None);
        // Where nobody decides, it ends some day and the member is told.
        row.expires_at = row.expires_at.or(Some(self.at.now.plus_ms(HELD_DAYS * DAY_MS)));
        self.floor.hold(row.clone());
        self.news.push((News::Held, row.clone(), actor));
        if self.floor.held_of(row.member) == 1 {
            self.news.push((News::Look, row.clone(), actor));
        }
        let first = self.trades.len();
        self.done(row, first)
    }

    fn row_of(&mut self, ask: &Place, no: OrderNo) -> OrderRow {
        let order = ask.order;
        OrderRow {
            no,
            member: ask.member,
            side: order.side(),
            price: order.price(),
            energy: order.energy(),
            filled: WattHours(0),
            paid: Ngwee::ZERO,
            state: OrderState::Open,
            origin: OrderOrigin::Limit,
            rank: self.rank(),
            hold: None,
            hold_amount: 0,
            reasons: None,
            decided_by: None,
            decided_at: None,
            digest: ask.digest,
            placed_at: self.at.now,
            expires_at: ask.expires_at,
            ended_at: None,
            actor: ask.actor,
            key: ask.key,
        }
    }

    /// Lets an order go on that waited for an officer: it is placed now, behind those that came meanwhile.
    pub(crate) fn resume(&mut self, mut row: OrderRow, actor: i64) -> Result<OrderDone, TradeError> {
        let trader = self.floor.trader(row.member)?;
        let order = Order::new(row.side, row.price, row.left())?;
        self.check(&order)?;
        self.check_expiry(row.expires_at)?;
        self.check_room(row.member)?;
        self.afford(&trader, row.side, row.price, row.left(), 0)?;
        self.fills.clear();
        self.floor.book.place(OrderNew { no: row.no.get(), member: row.member.get(), order }, &mut self.fills)?;
        self.floor.unhold(row.no.get());
        (row.state, row.rank) = (OrderState::Open, self.rank());
        self.decided(&mut row, actor);
        let done = self.match_and_rest(row, trader, actor);
        self.news.push((News::Released, done.order.clone(), actor));
        Ok(done)
    }

    /// Lets a standing order go on for which `row` waited: it takes part again from the next auction on.
    pub(crate) fn pass(&mut self, mut row: OrderRow, actor: i64) -> OrderDone {
        self.floor.unhold(row.no.get());
        self.fate(&row, Fate::Passes(row.reasons.clone().unwrap_or_default()));
        self.finish(&mut row, OrderState::Expired);
        self.decided(&mut row, actor);
        self.news.push((News::Released, row.clone(), actor));
        let first = self.trades.len();
        self.done(row, first)
    }

    /// Notes what becomes of the standing order for which an order waited; of other orders there is nothing to note.
    fn fate(&mut self, row: &OrderRow, fate: Fate) {
        if row.origin == OrderOrigin::Standing
            && let Ok(no) = StandingNo::new(row.digest)
        {
            self.standing.push((no, fate));
        }
    }

    /// Refuses an order that waited for an officer.
    pub(crate) fn refuse(&mut self, mut row: OrderRow, actor: i64) -> OrderDone {
        self.floor.unhold(row.no.get());
        self.fate(&row, Fate::Ends);
        self.finish(&mut row, OrderState::Refused);
        self.decided(&mut row, actor);
        self.news.push((News::Refused, row.clone(), actor));
        let first = self.trades.len();
        self.done(row, first)
    }

    /// Notes which officer decided.
    const fn decided(&self, row: &mut OrderRow, actor: i64) {
        (row.decided_by, row.decided_at) = (Some(actor), Some(self.at.now));
    }

    /// Takes an order back.
    pub(crate) fn cancel(&mut self, member: MemberNo, actor: i64, no: OrderNo) -> Result<OrderDone, TradeError> {
        let first = self.trades.len();
        if self.floor.held.get(&no.get()).is_some_and(|row| row.member == member)
            && let Some(mut row) = self.floor.unhold(no.get())
        {
            self.fate(&row, Fate::Ends);
            self.finish(&mut row, OrderState::Cancelled);
            return Ok(self.done(row, first));
        }
        self.own_open(member, no)?;
        let row = self.end(no.get(), OrderState::Cancelled, actor).ok_or(TradeError::OrderUnknown { no })?;
        Ok(self.done(row, first))
    }

    /// Changes an order in the book.
    pub(crate) fn amend(&mut self, ask: &Amend) -> Result<OrderDone, TradeError> {
        let old = self.own_open(ask.member, ask.no)?;
        let trader = self.floor.trader(ask.member)?;
        let (price, energy) = (ask.price.unwrap_or(old.price), ask.energy.unwrap_or(old.energy));
        if (price, energy) == (old.price, old.energy) {
            return Ok(OrderDone { order: old, trades: Vec::new(), is_repeat: true, version: self.floor.head.version });
        }
        self.check(&Order::for_book(old.side, price, energy)?)?;
        // By the whole, not by what is left: the same request again, after a trade in between, asks for nothing more.
        let left = WattHours(energy.0 - old.filled.0);
        if left.0 <= 0 {
            return Err(TradeError::BelowFilled { filled: old.filled });
        }
        let order = Order::new(old.side, price, left)?;
        self.afford(&trader, old.side, price, left, old.hold_amount)?;
        let is_less = price == old.price && left <= old.left();
        if !is_less && let Some(reasons) = self.look(ask.member, order) {
            return self.hold_amended(ask, price, energy, reasons);
        }
        self.fills.clear();
        let amended = self.floor.book.amend(ask.no.get(), Some(price), Some(left), &mut self.fills)?;
        let Some(mut row) = self.floor.take(ask.no.get()) else { return Err(TradeError::OrderUnknown { no: ask.no }) };
        self.release(&mut row, ask.actor);
        (row.price, row.energy) = (price, energy);
        if !amended.is_in_place {
            row.rank = self.rank();
            self.floor.watch.ordered(ask.member, self.at.now);
        }
        Ok(self.match_and_rest(row, trader, ask.actor))
    }

    /// Takes a changed order out of the book for an officer to look at.
    fn hold_amended(&mut self, ask: &Amend, price: PricePerKwh, energy: WattHours, reasons: String) -> Result<OrderDone, TradeError> {
        self.check_held(ask.member)?;
        self.floor.book.cancel(ask.no.get())?;
        let Some(mut row) = self.floor.take(ask.no.get()) else { return Err(TradeError::OrderUnknown { no: ask.no }) };
        self.release(&mut row, ask.actor);
        self.link_last();
        (row.price, row.energy) = (price, energy);
        Ok(self.hold(row, reasons, ask.actor))
    }

    /// Ends the orders whose time is over, those that wait for an officer too; gives how many.
    pub(crate) fn expire(&mut self) -> usize {
        let mut ended = 0;
        while let Some(&(end, no)) = self.floor.due.first().filter(|(end, _)| *end <= self.at.now) {
            if let Some(mut row) = self.floor.unhold(no) {
                self.fate(&row, Fate::Ends);
                self.finish(&mut row, OrderState::Expired);
                self.news.push((News::Lapsed, row.clone(), 0));
                self.changed.insert(no, row);
            } else if self.end(no, OrderState::Expired, 0).is_none() {
                self.floor.due.remove(&(end, no));
            }
            ended += 1;
        }
        ended
    }

    /// Ends all orders of a member who leaves; gives how many.
    pub(crate) fn cancel_all(&mut self, member: MemberNo, actor: i64) -> usize {
        let of_member =
            |rows: &HashMap<i64, OrderRow>| -> Vec<i64> { rows.values().filter(|row| row.member == member).map(|row| row.no.get()).collect() };
        for no in of_member(&self.floor.held) {
            if let Some(mut row) = self.floor.unhold(no) {
                self.finish(&mut row, OrderState::Cancelled);
                self.changed.insert(no, row);
            }
        }
        let own = of_member(&self.floor.open);
        own.iter().filter(|no| self.end(**no, OrderState::Cancelled, actor).is_some()).count()
    }

    /// Checks what the rules of the cluster say about an order.
    pub(crate) fn check(&self, order: &Order) -> Result<(), TradeError> {
        let rules = self.at.rules;
        if !rules.is_inside_on {
            return Err(TradeError::TradingOff);
        }
        if order.price() < rules.price_floor || order.price() > rules.price_ceiling {
            return Err(TradeError::PriceOutside { floor: Ngwee(rules.price_floor.0), ceiling: Ngwee(rules.price_ceiling.0) });
        }
        if order.energy() > rules.order_max { Err(TradeError::EnergyOver { most: rules.order_max }) } else { Ok(()) }
    }

    /// Refuses one more open order of a member, or of the book, than there may be.
    fn check_room(&self, member: MemberNo) -> Result<(), TradeError> {
        if self.floor.open_of.get(&member).is_some_and(|&count| count >= OPEN_MAX) {
            return Err(TradeError::OpenTooMany { most: OPEN_MAX });
        }
        if self.floor.book.len() >= BOOK_MAX as usize { Err(market::BookError::Full.into()) } else { Ok(()) }
    }

    pub(crate) fn check_expiry(&self, end: Option<Instant>) -> Result<(), TradeError> {
        let last = self.at.now.plus_ms(EXPIRY_DAYS * DAY_MS);
        if end.is_some_and(|end| end <= self.at.now || end > last) { Err(TradeError::Expiry { days: EXPIRY_DAYS }) } else { Ok(()) }
    }

    /// Refuses an order that the member could not keep; `freed` is what it already holds for it.
    fn afford(&self, trader: &Trader, side: Side, price: PricePerKwh, energy: WattHours, freed: i64) -> Result<(), TradeError> {
        match side {
            Side::Buy => {
                let (needed, free) = (market::hold(energy, price).0, self.free(trader.wallet).saturating_add(freed));
                if needed > free { Err(TradeError::MoneyShort { needed: Ngwee(needed), available: Ngwee(free.max(0)) }) } else { Ok(()) }
            }
            Side::Sell => {
                let free = trader.energy.map_or(0, |account| self.free(account)).saturating_add(freed);
                let short = TradeError::CreditsShort { needed: energy, available: WattHours(free.max(0)) };
                if energy.0 > free { Err(short) } else { Ok(()) }
            }
        }
    }

    /// An open order of the member.
    fn own_open(&self, member: MemberNo, no: OrderNo) -> Result<OrderRow, TradeError> {
        let found = self.floor.open.get(&no.get()).filter(|row| row.member == member);
        found.cloned().ok_or(TradeError::Book(market::BookError::NotOpen { no: no.get() }))
    }

    /// Settles the fills of an order that has just come and holds what is left of it.
    fn match_and_rest(&mut self, mut row: OrderRow, trader: Trader, actor: i64) -> OrderDone {
        let first = self.trades.len();
        for fill in std::mem::take(&mut self.fills) {
            self.take(&mut row, trader, &fill);
        }
        if row.left().0 == 0 {
            self.finish(&mut row, OrderState::Filled);
        } else {
            self.reserve(&mut row, &trader, actor);
            self.floor.put(row.clone());
        }
        self.link_last();
        self.done(row, first)
    }

    /// One fill between an order that comes and one that waits.
    fn take(&mut self, taker: &mut OrderRow, trader: Trader, fill: &Fill) {
        let Some(mut maker) = self.floor.take(fill.maker) else { return self.miss("an order that is in the book") };
        let Some(other) = self.floor.traders.get(&maker.member).copied() else { return self.miss("the member of an order") };
        let waits = Party { order: maker.no, member: maker.member, trader: other, hold: maker.hold.map(|hold| (hold, maker.hold_amount)) };
        let comes = Party { order: taker.no, member: taker.member, trader, hold: None };
        let (buy, sell) = if taker.side == Side::Buy { (comes, waits) } else { (waits, comes) };
        let buyer = if taker.side == Side::Buy { &*taker } else { &maker };
        let money = market::trade_money(fill.energy, fill.price, buyer.price, buyer.left());
        self.trade(buy, sell, fill.price, fill.energy, money, None);
        for order in [&mut *taker, &mut maker] {
            order.filled.0 += fill.energy.0;
            order.paid.0 += money.0;
        }
        (maker.hold, maker.hold_amount) = (None, 0);
        self.wait_on(maker, other);
    }

    /// Puts an order that waited and was filled in part back with a new hold, or ends it.
    pub(crate) fn wait_on(&mut self, mut maker: OrderRow, trader: Trader) {
        if maker.left().0 == 0 {
            self.finish(&mut maker, OrderState::Filled);
        } else {
            self.reserve(&mut maker, &trader, 0);
            self.floor.put(maker.clone());
        }
        self.changed.insert(maker.no.get(), maker);
    }

    /// Takes an open order out of the book and lets go what it holds.
    fn end(&mut self, no: i64, state: OrderState, actor: i64) -> Option<OrderRow> {
        self.floor.book.cancel(no).ok()?;
        let mut row = self.floor.take(no)?;
        self.release(&mut row, actor);
        self.link_last();
        self.finish(&mut row, state);
        self.changed.insert(no, row.clone());
        Some(row)
    }

    fn finish(&self, row: &mut OrderRow, state: OrderState) {
        (row.state, row.ended_at) = (state, Some(self.at.now));
        (row.hold, row.hold_amount) = (None, 0);
    }

    fn done(&mut self, row: OrderRow, first_trade: usize) -> OrderDone {
        self.changed.insert(row.no.get(), row.clone());
        let trades = self.trades.get(first_trade..).unwrap_or_default().to_vec();
        OrderDone { order: row, trades, is_repeat: false, version: self.floor.head.version + 1 }
    }

    pub(crate) fn rank(&mut self) -> i64 {
        let rank = self.floor.head.next_rank;
        self.floor.head.next_rank += 1;
        rank
    }
}

fn order_no(no: i64) -> OrderNo {
    OrderNo::new(no).unwrap_or_else(|_| unreachable!("numbers begin with 1"))
}
