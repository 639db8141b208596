//! Trading, in memory: orders through the continuous book, and call auctions.

use super::Size;
use super::measure::{Chance, Sample, interleaved, on_cpu};
use super::place::Place;
use super::row::{Row, Taken};
use anyhow::{Context, Result, ensure};
use market::{Fill, Order, OrderBook, OrderNew, Side};
use quantity::{PricePerKwh, WattHours};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;

/// Operations of the stream for each order of an auction.
const OPS_PER_ORDER: usize = 10;
/// Buyers and sellers in the stream; no person is both.
const MEMBERS: i64 = 400;

/// What happens to a book.
#[derive(Debug, Clone, Copy)]
enum Op {
    Place(OrderNew),
    /// The order may be gone already.
    Cancel(i64),
}

/// Does the work once.
fn once<T>(count: usize, work: impl FnOnce() -> Result<T>) -> Result<Sample> {
    on_cpu(count, || {
        black_box(work()?);
        Ok(())
    })
}

fn order(side: Side, price: i64, energy: i64) -> Result<Order> {
    Ok(Order::new(side, PricePerKwh(price), WattHours(energy))?)
}

fn some_side(chance: &mut Chance) -> Side {
    if chance.next().is_multiple_of(2) { Side::Buy } else { Side::Sell }
}

/// Of a hundred operations, 60 orders around a middle that moves, 15 that reach across it, and 25 cancels of late orders.
fn stream(count: usize) -> Result<Vec<Op>> {
    let (mut chance, mut middle, mut no) = (Chance::from_seed(41), 120, 0);
    let op = |_| {
        middle = (middle + chance.between(-2, 3)).clamp(90, 180);
        let side = some_side(&mut chance);
        let away = if side == Side::Buy { -1 } else { 1 };
        let (kind, energy) = (chance.between(0, 100), chance.between(10, 300) * 10);
        if kind >= 75 {
            return Ok(Op::Cancel((no - chance.between(0, 2_000)).max(1)));
        }
        no += 1;
        let is_passive = kind < 60;
        let reach = if is_passive { away * chance.between(0, 40).min(chance.between(0, 40)) } else { -away * 40 };
        let member = chance.between(0, MEMBERS / 2) * 2 + i64::from(side == Side::Sell);
        let order = order(side, middle + reach, if is_passive { energy } else { energy * 2 })?;
        Ok(Op::Place(OrderNew { no, member, order }))
    };
    (0..count).map(op).collect()
}

/// The book as it is taught: a tree of queues, and a map from each number to its price.
#[derive(Default)]
struct Textbook {
    sides: [BTreeMap<i64, VecDeque<(i64, i64)>>; 2],
    open: HashMap<i64, (Side, i64)>,
}

impl Textbook {
    /// Matches, and gives the energy that was traded.
    fn place(&mut self, new: OrderNew) -> i64 {
        let (side, limit, wanted) = (new.order.side(), new.order.price().0, new.order.energy().0);
        let mut left = wanted;
        while left > 0 {
            let other = &mut self.sides[side.other() as usize];
            let best = if side == Side::Buy { other.first_entry() } else { other.last_entry() };
            let within = |price: i64| if side == Side::Buy { price <= limit } else { price >= limit };
            let Some(mut level) = best.filter(|level| within(*level.key())) else { break };
            if let Some((no, energy)) = level.get_mut().front_mut() {
                let traded = left.min(*energy);
                (left, *energy) = (left - traded, *energy - traded);
                if *energy > 0 {
                    continue;
                }
                self.open.remove(no);
                level.get_mut().pop_front();
            }
            if level.get().is_empty() {
                level.remove();
            }
        }
        if left > 0 {
            self.sides[side as usize].entry(limit).or_default().push_back((new.no, left));
            self.open.insert(new.no, (side, limit));
        }
        wanted - left
    }

    fn cancel(&mut self, no: i64) {
        let Some((side, price)) = self.open.remove(&no) else { return };
        let Some(queue) = self.sides[side as usize].get_mut(&price) else { return };
        queue.retain(|order| order.0 != no);
        if queue.is_empty() {
            self.sides[side as usize].remove(&price);
        }
    }
}

fn in_book(ops: &[Op]) -> Result<i64> {
    let (mut book, mut fills, mut volume): (_, Vec<Fill>, _) = (OrderBook::new(), Vec::new(), 0);
    for op in ops {
        match *op {
            Op::Place(new) => {
                fills.clear();
                book.place(new, &mut fills)?;
                volume += fills.iter().map(|fill| fill.energy.0).sum::<i64>();
            }
            Op::Cancel(no) => {
                // A late cancel of an order that is gone is part of the stream.
                let _ = book.cancel(no);
            }
        }
    }
    Ok(volume)
}

fn in_textbook(ops: &[Op]) -> i64 {
    let (mut book, mut volume) = (Textbook::default(), 0);
    for op in ops {
        match *op {
            Op::Place(new) => volume += book.place(new),
            Op::Cancel(no) => book.cancel(no),
        }
    }
    volume
}

/// Measures the continuous book.
pub(super) fn matching(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let ops = &stream(size.orders * OPS_PER_ORDER)?;
    let volume = in_book(ops)?;
    ensure!(volume == in_textbook(ops), "the book and its textbook form disagree");
    let mut ours = || once(ops.len(), || in_book(ops));
    let mut textbook = || once(ops.len(), || Ok(in_textbook(ops)));
    let medians = interleaved(size.runs, &mut [&mut ours, &mut textbook])?;
    let taken = Taken { unit: "operations/CPU-s", runs: size.runs, engine: "memory" };
    let note = format!("{} operations, {volume} Wh traded in both; of a hundred, 60 orders that rest, 15 that trade, 25 cancels", ops.len());
    Ok(vec![Row::new("matching", taken, medians[0], "a tree of queues and a hash map", medians[1]).note(note)])
}

/// Orders of both sides in equal number, in no order.
fn auction_orders(count: usize) -> Result<Vec<Order>> {
    let mut chance = Chance::from_seed(42);
    let order = |at: usize| {
        let side = if at.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        order(side, chance.between(60, 260), chance.between(1, 5_000))
    };
    (0..count).map(order).collect()
}

/// Prices with the energy at each, from a side's best.
fn merged(orders: &[Order], side: Side) -> Vec<(i64, i64)> {
    let mut merged: BTreeMap<i64, i64> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.side() == side) {
        *merged.entry(order.price().0).or_default() += order.energy().0;
    }
    if side == Side::Buy { merged.into_iter().rev().collect() } else { merged.into_iter().collect() }
}

/// The most that any trades can be worth, found another way: whole prices instead of orders.
fn best_welfare(orders: &[Order]) -> i128 {
    let (mut bids, mut asks) = (merged(orders, Side::Buy), merged(orders, Side::Sell));
    bids.reverse();
    asks.reverse();
    let mut welfare = 0;
    while let (Some(bid), Some(ask)) = (bids.last_mut(), asks.last_mut()) {
        if bid.0 < ask.0 {
            break;
        }
        let energy = bid.1.min(ask.1);
        welfare += i128::from(bid.0 - ask.0) * i128::from(energy);
        (bid.1, ask.1) = (bid.1 - energy, ask.1 - energy);
        bids.pop_if(|bid| bid.1 == 0);
        asks.pop_if(|ask| ask.1 == 0);
    }
    welfare
}

/// Measures the call auction.
pub(super) fn clear(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let orders = &auction_orders(size.orders)?;
    let auction = &market::clear(orders);
    ensure!(auction.welfare == best_welfare(orders), "the auction is not the optimum");
    let price = auction.price.context("the orders of the benchmark meet")?.0;
    let mut cleared = || once(orders.len(), || Ok(market::clear(orders)));
    let mut paired = || once(orders.len(), || Ok(auction.pairings(orders)));
    let mut sorted = || {
        once(orders.len(), || {
            let (mut bids, mut asks): (Vec<&Order>, Vec<&Order>) = orders.iter().partition(|order| order.side() == Side::Buy);
            bids.sort_by_key(|order| std::cmp::Reverse(order.price()));
            asks.sort_by_key(|order| order.price());
            Ok((bids, asks))
        })
    };
    let medians = interleaved(size.runs, &mut [&mut cleared, &mut paired, &mut sorted])?;
    let taken = Taken { unit: "orders/CPU-s", runs: size.runs, engine: "memory" };
    let note = |rate: f64| format!("{0} + {0} orders in {1:.2} ms of CPU time", orders.len() / 2, orders.len() as f64 / rate * 1e3);
    let row = |name, at: usize| Row::new(name, taken, medians[at], "both sides sorted by price, nothing more", medians[2]);
    Ok(vec![
        row("clear", 0).note(format!("{}; the price is {price}, the welfare is the optimum found another way", note(medians[0]))),
        row("clear_pairings", 1).note(format!("who sells to whom: {}", note(medians[1]))),
    ])
}
