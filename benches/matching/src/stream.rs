//! The stream of orders.

use market::{Order, OrderBook, OrderNew, Side};
use quantity::{PricePerKwh, WattHours};

/// What happens to a book.
#[derive(Debug, Clone, Copy)]
pub enum Op {
    /// An order comes.
    Place(OrderNew),
    /// An open order goes.
    Cancel(i64),
    /// An open order, by its number, gets this price and energy, and loses its place.
    Amend(OrderNew),
}

/// Which prices come.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// The middle walks between these prices.
    pub middle: (i64, i64),
    /// Orders that rest stand up to so far from the middle.
    pub reach: i64,
}

impl Shape {
    /// Prices of energy in ngwee per kWh: about a hundred levels.
    pub const CLUSTER: Self = Self { name: "cluster", middle: (90, 180), reach: 40 };
    /// A fine tick: thousands of levels, few orders at each.
    pub const WIDE: Self = Self { name: "wide", middle: (90_000, 110_000), reach: 2_000 };
}

/// Source: SplitMix64, G. L. Steele, D. Lea, C. H. Flood, 2014.
struct Chance(u64);

impl Chance {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `[from, until)`.
    const fn between(&mut self, from: i64, until: i64) -> i64 {
        from + (self.next() % (until - from).unsigned_abs()).cast_signed()
    }
}

/// 200 buyers and 200 sellers.
const MEMBERS: i64 = 400;

fn order(chance: &mut Chance, no: i64, side: Side, price: i64, energy: i64) -> OrderNew {
    let member = chance.between(0, MEMBERS / 2) * 2 + i64::from(side == Side::Sell);
    OrderNew { no, member, order: Order::new(side, PricePerKwh(price.max(1)), WattHours(energy)).expect("in range") }
}

/// `count` operations: of a hundred, 55 orders that rest or nearly so, 20 cancels, 10 changes of price, 15 aggressive orders.
///
/// Cancels and changes hit open orders alone: a book made on the way knows which are.
#[must_use]
pub fn stream(shape: Shape, count: usize, seed: u64) -> Vec<Op> {
    let (mut chance, mut book, mut fills) = (Chance(seed), OrderBook::new(), Vec::new());
    let (mut ops, mut open): (Vec<Op>, Vec<i64>) = (Vec::with_capacity(count), Vec::new());
    let (mut middle, mut no) = (i64::midpoint(shape.middle.0, shape.middle.1), 0);
    let step = (shape.reach / 20).max(1);
    while ops.len() < count {
        middle = (middle + chance.between(-step, step + 1)).clamp(shape.middle.0, shape.middle.1);
        let side = if chance.next() % 2 == 0 { Side::Buy } else { Side::Sell };
        let away = if side == Side::Buy { -1 } else { 1 };
        // Two throws: most stand near the middle.
        let passive = middle + away * chance.between(0, shape.reach).min(chance.between(0, shape.reach));
        let energy = chance.between(10, 300) * 10;
        let op = match chance.between(0, 100) {
            0..55 => {
                no += 1;
                Op::Place(order(&mut chance, no, side, passive, energy))
            }
            55..70 => {
                no += 1;
                Op::Place(order(&mut chance, no, side, middle - away * shape.reach, energy * 2))
            }
            kind => {
                let Some(known) = pick(&mut chance, &mut open, &book) else { continue };
                if kind < 90 {
                    Op::Cancel(known)
                } else {
                    let old = book.get(known).expect("it is open");
                    let away = if old.side == Side::Buy { -1 } else { 1 };
                    // A price other than the old one, so that the place is lost in every book.
                    let price = (middle + away * chance.between(0, shape.reach)).max(1);
                    let price = if price == old.price.0 { price + 1 } else { price };
                    let order = Order::new(old.side, PricePerKwh(price), old.energy).expect("in range");
                    Op::Amend(OrderNew { no: known, member: old.member, order })
                }
            }
        };
        fills.clear();
        match op {
            Op::Place(new) => {
                book.place(new, &mut fills).expect("buyers and sellers differ");
                open.push(new.no);
            }
            Op::Cancel(no) => _ = book.cancel(no).expect("it is open"),
            Op::Amend(new) => _ = book.amend(new.no, Some(new.order.price()), None, &mut fills).expect("it is open"),
        }
        ops.push(op);
    }
    ops
}

/// An open order; numbers that are gone are dropped on the way.
fn pick(chance: &mut Chance, open: &mut Vec<i64>, book: &OrderBook) -> Option<i64> {
    while !open.is_empty() {
        let at = (chance.next() % open.len() as u64) as usize;
        if book.get(open[at]).is_some() {
            return Some(open[at]);
        }
        open.swap_remove(at);
    }
    None
}
