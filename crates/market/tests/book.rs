//! The laws of the continuous book, on made-up days of trading, beside a slow book that sorts everything each time.

use market::{Amended, BookError, Fill, Level, Order, OrderBook, OrderNew, Resting, Side, hold, trade_money};
use proptest::prelude::*;
use quantity::{PricePerKwh, WattHours};
use std::collections::BTreeMap;

/// What is done to a book. Orders are named by their place among those placed so far.
#[derive(Debug, Clone)]
enum Op {
    Place { member: i64, side: Side, price: i64, energy: i64 },
    Cancel(usize),
    Amend { at: usize, price: Option<i64>, energy: Option<i64> },
    Fill { at: usize, energy: i64 },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Placed(i64),
    Gone(Resting),
    Amended(Amended),
    Left(i64),
    Refused(BookError),
}

const MEMBERS: i64 = 5;
const PRICES: i64 = 14;

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn op() -> impl Strategy<Value = Op> {
    let place = (0..MEMBERS, side(), 1..=PRICES, 1_i64..30).prop_map(|(member, side, price, energy)| Op::Place { member, side, price, energy });
    let change = (0_usize..60, prop::option::of(0..=PRICES), prop::option::of(0_i64..30));
    prop_oneof![
        6 => place,
        1 => (0_usize..60).prop_map(Op::Cancel),
        2 => change.prop_map(|(at, price, energy)| Op::Amend { at, price, energy }),
        1 => (0_usize..60, 0_i64..30).prop_map(|(at, energy)| Op::Fill { at, energy }),
    ]
}

fn day() -> impl Strategy<Value = Vec<Op>> {
    prop_oneof![prop::collection::vec(op(), 0..12), prop::collection::vec(op(), 0..120)]
}

fn made(side: Side, price: i64, energy: i64) -> Order {
    Order::new(side, PricePerKwh(price), WattHours(energy)).expect("an order in range")
}

fn new(no: i64, member: i64, side: Side, price: i64, energy: i64) -> OrderNew {
    OrderNew { no, member, order: made(side, price, energy) }
}

/// A book and the number of its last order.
#[derive(Clone, Default)]
struct Day {
    book: OrderBook,
    last: i64,
}

impl Day {
    /// The number of an operation's order: mostly one that was placed.
    fn no(&self, at: usize) -> i64 {
        i64::try_from(at).expect("small") % (self.last + 2) + 1
    }

    fn apply(&mut self, op: &Op) -> (Outcome, Vec<Fill>) {
        let mut fills = Vec::new();
        let done = match *op {
            Op::Place { member, side, price, energy } => {
                self.last += 1;
                self.book.place(new(self.last, member, side, price, energy), &mut fills).map(|placed| Outcome::Placed(placed.rest.0))
            }
            Op::Cancel(at) => self.book.cancel(self.no(at)).map(Outcome::Gone),
            Op::Amend { at, price, energy } => {
                self.book.amend(self.no(at), price.map(PricePerKwh), energy.map(WattHours), &mut fills).map(Outcome::Amended)
            }
            Op::Fill { at, energy } => self.book.apply_fill(self.no(at), WattHours(energy)).map(|left| Outcome::Left(left.0)),
        };
        (done.unwrap_or_else(Outcome::Refused), fills)
    }

    fn sides(&self) -> [Vec<Resting>; 2] {
        [self.book.orders(Side::Buy).collect(), self.book.orders(Side::Sell).collect()]
    }
}

fn after(ops: &[Op]) -> Day {
    let mut day = Day::default();
    ops.iter().for_each(|op| drop(day.apply(op)));
    day
}

/// Whether an order of `side` limited to `limit` takes `price`.
fn is_within(side: Side, limit: i64, price: i64) -> bool {
    if side == Side::Buy { price <= limit } else { price >= limit }
}

/// The book as one would write it down first: a list in the order of coming, sorted whenever somebody asks.
#[derive(Default)]
struct Naive {
    orders: Vec<Resting>,
}

impl Naive {
    fn side(&self, side: Side) -> Vec<Resting> {
        let mut orders: Vec<Resting> = self.orders.iter().filter(|order| order.side == side).copied().collect();
        orders.sort_by_key(|order| if side == Side::Buy { -order.price.0 } else { order.price.0 });
        orders
    }

    fn find(&self, no: i64) -> Result<usize, BookError> {
        self.orders.iter().position(|order| order.no == no).ok_or(BookError::NotOpen { no })
    }

    fn own(&self, new: Resting) -> Option<i64> {
        let mut others = self.side(new.side.other()).into_iter();
        others.find(|other| other.member == new.member && is_within(new.side, new.price.0, other.price.0)).map(|own| own.price.0)
    }

    fn place(&mut self, mut new: Resting, fills: &mut Vec<Fill>) -> i64 {
        for maker in self.side(new.side.other()) {
            if new.energy.0 == 0 || !is_within(new.side, new.price.0, maker.price.0) {
                break;
            }
            let energy = new.energy.0.min(maker.energy.0);
            new.energy.0 -= energy;
            let at = self.find(maker.no).expect("it rests");
            self.orders[at].energy.0 -= energy;
            fills.push(Fill {
                maker: maker.no,
                maker_member: maker.member,
                taker: new.no,
                taker_member: new.member,
                taker_side: new.side,
                price: maker.price,
                energy: WattHours(energy),
                maker_left: self.orders[at].energy,
                taker_left: new.energy,
            });
            self.orders.retain(|order| order.energy.0 > 0);
        }
        if new.energy.0 > 0 {
            self.orders.push(new);
        }
        new.energy.0
    }

    fn apply(&mut self, op: &Op, day: &Day, last: i64) -> (Outcome, Vec<Fill>) {
        let mut fills = Vec::new();
        let done = self.try_apply(op, day, last, &mut fills);
        (done.unwrap_or_else(Outcome::Refused), fills)
    }

    fn try_apply(&mut self, op: &Op, day: &Day, last: i64, fills: &mut Vec<Fill>) -> Result<Outcome, BookError> {
        match *op {
            Op::Place { member, side, price, energy } => {
                let new = Resting { no: last, member, side, price: PricePerKwh(price), energy: WattHours(energy) };
                self.refuse_own(new)?;
                Ok(Outcome::Placed(self.place(new, fills)))
            }
            Op::Cancel(at) => self.find(day.no(at)).map(|at| Outcome::Gone(self.orders.remove(at))),
            Op::Amend { at, price, energy } => {
                let at = self.find(day.no(at))?;
                let old = self.orders[at];
                let to = Resting { price: price.map_or(old.price, PricePerKwh), energy: energy.map_or(old.energy, WattHours), ..old };
                Order::new(to.side, to.price, to.energy)?;
                if to.price == old.price && to.energy <= old.energy {
                    self.orders[at] = to;
                    return Ok(Outcome::Amended(Amended { rest: to.energy, is_in_place: true }));
                }
                self.refuse_own(to)?;
                self.orders.remove(at);
                Ok(Outcome::Amended(Amended { rest: WattHours(self.place(to, fills)), is_in_place: false }))
            }
            Op::Fill { at, energy } => {
                let at = self.find(day.no(at))?;
                let Resting { no, energy: WattHours(left), .. } = self.orders[at];
                if energy < 1 || energy > left {
                    return Err(BookError::Overfilled { no, left, asked: energy });
                }
                self.orders[at].energy.0 -= energy;
                self.orders.retain(|order| order.energy.0 > 0);
                Ok(Outcome::Left(left - energy))
            }
        }
    }

    /// Names a price instead of a number: which of several own orders at the best price is named is not promised.
    fn refuse_own(&self, new: Resting) -> Result<(), BookError> {
        self.own(new).map_or(Ok(()), |own| Err(BookError::SelfTrade { own }))
    }
}

/// The outcome with the price of the own order in place of its number.
fn priced(outcome: Outcome, before: &OrderBook) -> Outcome {
    match outcome {
        Outcome::Refused(BookError::SelfTrade { own }) => {
            let own = before.get(own).expect("the own order named is open").price.0;
            Outcome::Refused(BookError::SelfTrade { own })
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn it_trades_as_the_slow_book_does(ops in day()) {
        let (mut day, mut naive) = (Day::default(), Naive::default());
        for op in &ops {
            let before = day.clone();
            let (outcome, fills) = day.apply(op);
            let expected = naive.apply(op, &before, day.last);
            prop_assert_eq!((priced(outcome, &before.book), fills), expected, "{:?}", op);
            prop_assert_eq!(day.sides(), [naive.side(Side::Buy), naive.side(Side::Sell)], "after {:?}", op);
            prop_assert_eq!(day.book.check(), Ok(()), "after {:?}", op);
            prop_assert_eq!(day.book.len(), naive.orders.len());
        }
    }

    #[test]
    fn who_was_better_or_earlier_trades_first(ops in day()) {
        let mut day = Day::default();
        for op in &ops {
            let before = day.sides();
            let (_, fills) = day.apply(op);
            let Some(first) = fills.first() else { continue };
            let makers = before[first.taker_side.other() as usize].iter();
            for (at, (fill, maker)) in fills.iter().zip(makers).enumerate() {
                prop_assert_eq!((fill.maker, fill.price), (maker.no, maker.price));
                prop_assert_eq!(fill.energy.0 + fill.maker_left.0, maker.energy.0, "no order is overfilled");
                prop_assert!(fill.maker_left.0 == 0 || at + 1 == fills.len(), "the next one trades when this one is empty");
                prop_assert!(fill.maker_member != fill.taker_member, "nobody trades with oneself");
                prop_assert!(fill.energy.0 > 0 && fill.taker_left.0 >= 0);
            }
        }
    }

    #[test]
    fn nobody_gets_a_worse_price_than_the_limit(ops in day()) {
        let mut day = Day::default();
        let mut limits: BTreeMap<i64, i64> = BTreeMap::new();
        for op in &ops {
            let before = day.clone();
            let (outcome, fills) = day.apply(op);
            match (op, &outcome) {
                (_, Outcome::Refused(_)) => {}
                (Op::Place { price, .. }, _) => drop(limits.insert(day.last, *price)),
                (Op::Amend { at, price: Some(price), .. }, _) => drop(limits.insert(before.no(*at), *price)),
                _ => {}
            }
            for fill in fills {
                prop_assert_eq!(fill.price.0, limits[&fill.maker]);
                prop_assert!(is_within(fill.taker_side, limits[&fill.taker], fill.price.0));
            }
        }
    }

    #[test]
    fn every_watt_hour_has_one_fate(ops in day()) {
        // What was ordered = traded + cancelled + taken back + still open, for each side.
        let mut day = Day::default();
        let mut owed = [0_i64; 2];
        for op in &ops {
            let before = day.clone();
            let old = |at: usize| before.book.get(before.no(at)).expect("it was open");
            let (outcome, fills) = day.apply(op);
            for fill in &fills {
                owed[0] -= fill.energy.0;
                owed[1] -= fill.energy.0;
            }
            match (op, outcome) {
                (_, Outcome::Refused(_)) => prop_assert!(fills.is_empty()),
                (Op::Place { side, energy, .. }, _) => owed[*side as usize] += energy,
                (_, Outcome::Gone(gone)) => owed[gone.side as usize] -= gone.energy.0,
                (Op::Amend { at, energy, .. }, _) => owed[old(*at).side as usize] += energy.map_or(0, |energy| energy - old(*at).energy.0),
                (Op::Fill { at, energy }, _) => owed[old(*at).side as usize] -= energy,
                (Op::Cancel(_), _) => prop_assert!(false, "a cancel tells what is gone"),
            }
            let open = day.sides().map(|orders| orders.iter().map(|order| order.energy.0).sum::<i64>());
            prop_assert_eq!(open, owed, "after {:?}", op);
        }
    }

    #[test]
    fn a_refusal_changes_nothing(ops in day()) {
        let mut day = Day::default();
        for op in &ops {
            let before = day.sides();
            if let (Outcome::Refused(_), fills) = day.apply(op) {
                prop_assert!(fills.is_empty());
                prop_assert_eq!(day.sides(), before, "{:?}", op);
            }
        }
    }

    #[test]
    fn the_same_day_gives_the_same_trades(ops in day(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(ops.len() + 1);
        let mut whole = after(&ops[..cut]);
        // A copy, and a book loaded from its orders in the order in which they would trade, go on alike.
        let (mut copy, mut loaded) = (whole.clone(), Day { book: OrderBook::new(), last: whole.last });
        for order in whole.sides().concat() {
            let order = new(order.no, order.member, order.side, order.price.0, order.energy.0);
            prop_assert_eq!(loaded.book.place(order, &mut Vec::new()).expect("it rests").rest, order.order.energy());
        }
        for op in &ops[cut..] {
            let before = whole.book.clone();
            let (outcome, fills) = whole.apply(op);
            prop_assert_eq!((outcome.clone(), fills.clone()), copy.apply(op));
            let (again, fills_again) = loaded.apply(op);
            prop_assert_eq!((priced(outcome, &before), fills), (priced(again, &before), fills_again));
        }
        prop_assert_eq!(whole.sides(), loaded.sides());
    }

    #[test]
    fn twice_the_prices_are_the_same_trades(ops in day(), times in 2_i64..6) {
        let scaled = |op: &Op| match op.clone() {
            Op::Place { member, side, price, energy } => Op::Place { member, side, price: price * times, energy },
            Op::Amend { at, price, energy } => Op::Amend { at, price: price.map(|price| price * times), energy },
            other => other,
        };
        let (mut one, mut other) = (Day::default(), Day::default());
        for op in &ops {
            let (fills, scaled_fills) = (one.apply(op).1, other.apply(&scaled(op)).1);
            let expected: Vec<Fill> = fills.into_iter().map(|fill| Fill { price: PricePerKwh(fill.price.0 * times), ..fill }).collect();
            prop_assert_eq!(scaled_fills, expected);
        }
    }

    #[test]
    fn buyers_and_sellers_are_alike(ops in day()) {
        // In the mirror a high price is a low one, and who buys sells.
        let turned = |price: i64| if (1..=PRICES).contains(&price) { PRICES + 1 - price } else { price };
        let mirrored = |op: &Op| match op.clone() {
            Op::Place { member, side, price, energy } => Op::Place { member, side: side.other(), price: turned(price), energy },
            Op::Amend { at, price, energy } => Op::Amend { at, price: price.map(turned), energy },
            other => other,
        };
        let (mut one, mut other) = (Day::default(), Day::default());
        for op in &ops {
            let (fills, mirrored_fills) = (one.apply(op).1, other.apply(&mirrored(op)).1);
            let turn = |fill: Fill| Fill { price: PricePerKwh(turned(fill.price.0)), taker_side: fill.taker_side.other(), ..fill };
            prop_assert_eq!(mirrored_fills, fills.into_iter().map(turn).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bidding_more_never_gets_less(ops in day(), side in side(), price in 1..=PRICES, more in 1_i64..6, energy in 1_i64..200) {
        let got = |price: i64| {
            let mut day = after(&ops);
            let new = new(i64::MAX, MEMBERS + 1, side, price, energy);
            energy - day.book.place(new, &mut Vec::new()).expect("a stranger meets nobody of its own").rest.0
        };
        let better = if side == Side::Buy { price + more } else { (price - more).max(1) };
        prop_assert!(got(better) >= got(price));
    }

    #[test]
    fn the_depth_is_the_orders_added_up(ops in day(), levels in 0_usize..8) {
        let day = after(&ops);
        let added = |side: Side| {
            let mut added: Vec<Level> = Vec::new();
            for order in day.book.orders(side) {
                match added.last_mut().filter(|level| level.price == order.price) {
                    Some(level) => (level.energy.0, level.orders) = (level.energy.0 + order.energy.0, level.orders + 1),
                    None => added.push(Level { price: order.price, energy: order.energy, orders: 1 }),
                }
            }
            added
        };
        let (bids, asks) = (added(Side::Buy), added(Side::Sell));
        prop_assert_eq!(day.book.best_bid(), bids.first().map(|level| level.price));
        prop_assert_eq!(day.book.best_ask(), asks.first().map(|level| level.price));
        let depth = day.book.depth(levels);
        prop_assert_eq!(&depth.bids[..], &bids[..levels.min(bids.len())]);
        prop_assert_eq!(&depth.asks[..], &asks[..levels.min(asks.len())]);
        for member in 0..MEMBERS {
            let own = day.book.orders_of(member, Side::Sell).map(|order| order.no);
            let mut own: Vec<i64> = own.collect();
            let mut expected: Vec<i64> = day.book.orders(Side::Sell).filter(|order| order.member == member).map(|order| order.no).collect();
            own.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(own, expected);
        }
    }

    #[test]
    fn what_buyers_reserve_pays_for_what_they_get(ops in prop::collection::vec(op(), 0..120)) {
        // Without changes of orders: each buyer's order reserves once, pays its fills, and what is left is reserved still.
        let mut day = Day::default();
        let mut buys: BTreeMap<i64, (i64, i64, i64)> = BTreeMap::new();
        for op in ops.iter().filter(|op| matches!(op, Op::Place { .. })) {
            let Op::Place { side, price, energy, .. } = *op else { continue };
            let (outcome, fills) = day.apply(op);
            if side == Side::Buy && !matches!(outcome, Outcome::Refused(_)) {
                buys.insert(day.last, (price, energy, 0));
            }
            for fill in fills {
                let (no, left) = if fill.taker_side == Side::Buy { (fill.taker, fill.taker_left) } else { (fill.maker, fill.maker_left) };
                let (limit, whole, paid) = buys.get_mut(&no).expect("the buyer's order");
                let limit = PricePerKwh(*limit);
                *paid += trade_money(fill.energy, fill.price, limit, WattHours(left.0 + fill.energy.0)).0;
                prop_assert!(*paid + hold(left, limit).0 <= hold(WattHours(*whole), limit).0);
            }
        }
    }
}

/// A book with orders as `b180x5@1`: side, price, energy, member; their numbers are 1, 2, 3 …
fn book(text: &str) -> OrderBook {
    let mut book = OrderBook::new();
    for (at, word) in text.split_whitespace().enumerate() {
        place(&mut book, at as i64 + 1, word).expect("placed");
    }
    book
}

fn place(book: &mut OrderBook, no: i64, word: &str) -> Result<Vec<(i64, i64, i64)>, BookError> {
    let (order, member) = word[1..].split_once('@').expect("order@member");
    let (price, energy) = order.split_once('x').expect("price x energy");
    let side = if word.starts_with('b') { Side::Buy } else { Side::Sell };
    let number = |text: &str| text.parse::<i64>().expect("a number");
    let mut fills = Vec::new();
    book.place(new(no, number(member), side, number(price), number(energy)), &mut fills)?;
    Ok(short(&fills))
}

/// Maker, price, energy.
fn short(fills: &[Fill]) -> Vec<(i64, i64, i64)> {
    fills.iter().map(|fill| (fill.maker, fill.price.0, fill.energy.0)).collect()
}

#[test]
fn price_goes_before_time_and_time_before_size() {
    let mut book = book("s120x10@1 s110x10@2 s120x90@3 s110x10@4");
    assert_eq!(place(&mut book, 9, "b120x45@5"), Ok(vec![(2, 110, 10), (4, 110, 10), (1, 120, 10), (3, 120, 15)]));
    assert_eq!(book.depth(3).asks, [Level { price: PricePerKwh(120), energy: WattHours(75), orders: 1 }]);
    assert_eq!(book.len(), 1);
}

#[test]
fn a_change_keeps_the_place_only_when_it_asks_for_less() {
    let queue = |book: &OrderBook| book.orders(Side::Sell).map(|order| order.no).collect::<Vec<_>>();
    let mut fills = Vec::new();
    for (price, energy, in_place, expected) in [
        (None, Some(4), true, vec![1, 2, 3]),
        (None, Some(5), true, vec![1, 2, 3]),
        (Some(120), None, true, vec![1, 2, 3]),
        (None, Some(6), false, vec![2, 3, 1]),
        (Some(119), None, false, vec![1, 2, 3]),
        (Some(121), Some(4), false, vec![2, 3, 1]),
    ] {
        let mut book = book("s120x5@1 s120x5@2 s120x5@3");
        let amended = book.amend(1, price.map(PricePerKwh), energy.map(WattHours), &mut fills).expect("it is open");
        assert_eq!((amended.is_in_place, queue(&book)), (in_place, expected), "{price:?} {energy:?}");
    }
    let mut book = book("s120x5@1 b110x8@2");
    let amended = book.amend(1, Some(PricePerKwh(100)), Some(WattHours(20)), &mut fills).expect("it is open");
    assert_eq!((amended.rest.0, short(&fills)), (12, vec![(2, 110, 8)]));
}

#[test]
fn bad_input_is_refused_by_code() {
    let mut book = book("s120x5@1 s115x5@2 s130x5@3 b90x5@1");
    let mut fills = Vec::new();
    let before: Vec<Resting> = book.orders(Side::Sell).chain(book.orders(Side::Buy)).collect();
    // Member 1 offers at 120 already; that others offer less does not matter, nor that the order would be full before.
    assert_eq!(place(&mut book, 9, "b120x1@1"), Err(BookError::SelfTrade { own: 1 }));
    for (code, refused) in [
        ("self_trade", place(&mut book, 9, "s90x5@1").err()),
        ("self_trade", book.amend(4, Some(PricePerKwh(120)), None, &mut fills).err()),
        ("order_number_taken", place(&mut book, 3, "b100x5@4").err()),
        ("order_not_open", book.cancel(77).err()),
        ("order_not_open", book.amend(77, None, Some(WattHours(5)), &mut fills).err()),
        ("order_not_open", book.apply_fill(-1, WattHours(5)).err()),
        ("order_price", book.amend(1, Some(PricePerKwh(0)), None, &mut fills).err()),
        ("order_price", book.amend(1, Some(PricePerKwh(i64::MIN)), None, &mut fills).err()),
        ("order_energy", book.amend(1, None, Some(WattHours(0)), &mut fills).err()),
        ("order_energy", book.amend(1, None, Some(WattHours(i64::MAX)), &mut fills).err()),
        ("order_overfilled", book.apply_fill(1, WattHours(6)).err()),
        ("order_overfilled", book.apply_fill(1, WattHours(0)).err()),
    ] {
        assert_eq!(refused.map(|error| error.code()), Some(code));
    }
    assert!(fills.is_empty());
    assert_eq!(book.orders(Side::Sell).chain(book.orders(Side::Buy)).collect::<Vec<_>>(), before);
    // A price that does not reach the own order is no self-trade.
    assert_eq!(place(&mut book, 9, "b119x5@1"), Ok(vec![(2, 115, 5)]));
}

#[test]
fn a_filled_or_cancelled_order_is_not_open() {
    let mut book = book("s120x5@1 b110x5@2");
    place(&mut book, 3, "b120x5@3").expect("it takes the offer");
    assert_eq!(book.cancel(1), Err(BookError::NotOpen { no: 1 }));
    assert_eq!(book.apply_fill(2, WattHours(4)), Ok(WattHours(1)));
    assert_eq!(book.apply_fill(2, WattHours(1)), Ok(WattHours(0)));
    assert_eq!(book.amend(2, None, Some(WattHours(1)), &mut Vec::new()), Err(BookError::NotOpen { no: 2 }));
    assert!(book.is_empty() && book.best_bid().is_none() && book.best_ask().is_none());
    // A number that is free again may come again.
    assert_eq!(place(&mut book, 1, "s120x5@1"), Ok(vec![]));
}

#[test]
fn a_full_book_of_the_largest_orders_adds_up() {
    let mut book = OrderBook::new();
    let count = i64::try_from(market::ORDERS_MAX).expect("small");
    let order = |no| new(no, no % 1_000, Side::Buy, market::PRICE_MAX, market::ENERGY_MAX);
    for no in 1..=count {
        book.place(order(no), &mut Vec::new()).expect("there is room");
    }
    assert_eq!(book.place(order(count + 1), &mut Vec::new()).map_err(|error| error.code()), Err("book_full"));
    assert_eq!(
        book.depth(9).bids,
        [Level { price: PricePerKwh(market::PRICE_MAX), energy: WattHours(count * market::ENERGY_MAX), orders: 1_000_000 }]
    );
    book.cancel(500).expect("it is open");
    assert!(book.place(order(count + 1), &mut Vec::new()).is_ok());
}
