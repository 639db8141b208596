//! The three books behind one face.

use crate::Op;
use market::{Fill, OrderBook, OrderNew, Side};
use pricelevel::{Hash32, Id, TimeInForce};

/// A trade as all three tell it: who was there, who came, Wh, price.
pub type Trade = (i64, i64, i64, i64);

/// What was traded in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many trades.
    pub trades: u64,
    /// Wh.
    pub volume: i64,
    /// Wh times ngwee per kWh.
    pub worth: i64,
}

impl Total {
    /// The total of some trades.
    #[must_use]
    pub fn of(trades: &[Trade]) -> Self {
        let mut total = Self::default();
        trades.iter().for_each(|(_, _, energy, price)| total.add(*energy, *price));
        total
    }

    const fn add(&mut self, energy: i64, price: i64) {
        self.trades += 1;
        self.volume += energy;
        self.worth += energy * price;
    }
}

/// A book that can be given the stream.
pub trait Contender {
    /// An empty book.
    fn new() -> Self;
    /// Does one operation and tells each trade.
    fn apply(&mut self, op: &Op, traded: impl FnMut(Trade));
}

/// Does all operations on a new book.
#[must_use]
pub fn run<C: Contender>(ops: &[Op]) -> Total {
    let (mut book, mut total) = (C::new(), Total::default());
    for op in ops {
        book.apply(op, |(_, _, energy, price)| total.add(energy, price));
    }
    total
}

pub(crate) fn trades<C: Contender>(ops: &[Op]) -> Vec<Trade> {
    let (mut book, mut trades) = (C::new(), Vec::new());
    for op in ops {
        book.apply(op, |trade| trades.push(trade));
    }
    trades
}

/// `market::OrderBook`.
pub struct Ours {
    book: OrderBook,
    fills: Vec<Fill>,
}

impl Contender for Ours {
    fn new() -> Self {
        Self { book: OrderBook::new(), fills: Vec::new() }
    }

    fn apply(&mut self, op: &Op, traded: impl FnMut(Trade)) {
        self.fills.clear();
        match *op {
            Op::Place(new) => _ = self.book.place(new, &mut self.fills).expect("placed"),
            Op::Cancel(no) => _ = self.book.cancel(no).expect("open"),
            Op::Amend(new) => {
                _ = self.book.amend(new.no, Some(new.order.price()), Some(new.order.energy()), &mut self.fills).expect("open");
            }
        }
        self.fills.iter().map(|fill| (fill.maker, fill.taker, fill.energy.0, fill.price.0)).for_each(traded);
    }
}

/// `orderbook_rs::OrderBook`.
pub struct Peer(orderbook_rs::OrderBook<()>);

impl Peer {
    fn place(&self, new: OrderNew, mut traded: impl FnMut(Trade)) {
        let side = if new.order.side() == Side::Buy { pricelevel::Side::Buy } else { pricelevel::Side::Sell };
        let (price, energy) = (new.order.price().0.unsigned_abs().into(), new.order.energy().0.unsigned_abs());
        let mut user = [0; 32];
        user[..8].copy_from_slice(&(new.member + 1).to_le_bytes());
        let id = Id::Sequential(new.no.unsigned_abs());
        let placed = self.0.add_limit_order_with_user_and_result(id, price, energy, side, TimeInForce::Gtc, Hash32::new(user), None);
        let (_, result) = placed.expect("placed");
        for trade in result.iter().flat_map(|result| result.match_result.trades().as_vec()) {
            traded((number(trade.maker_order_id()), number(trade.taker_order_id()), trade.quantity().as_u64().cast_signed(), {
                i64::try_from(trade.price().as_u128()).expect("a price of the stream")
            }));
        }
    }

    fn cancel(&self, no: i64) {
        self.0.cancel_order(Id::Sequential(no.unsigned_abs())).expect("no fault").expect("open");
    }
}

fn number(id: Id) -> i64 {
    match id {
        Id::Sequential(no) => no.cast_signed(),
        Id::Uuid(_) | Id::Ulid(_) => unreachable!("every order got a number"),
    }
}

impl Contender for Peer {
    fn new() -> Self {
        Self(orderbook_rs::OrderBook::new("ENERGY"))
    }

    fn apply(&mut self, op: &Op, traded: impl FnMut(Trade)) {
        match *op {
            Op::Place(new) => self.place(new, traded),
            Op::Cancel(no) => self.cancel(no),
            Op::Amend(new) => {
                self.cancel(new.no);
                self.place(new, traded);
            }
        }
    }
}

/// `lobster::OrderBook`, with room for the orders of the stream from the start.
pub struct Lobster(lobster::OrderBook);

impl Lobster {
    fn place(&mut self, new: OrderNew, mut traded: impl FnMut(Trade)) {
        let side = if new.order.side() == Side::Buy { lobster::Side::Bid } else { lobster::Side::Ask };
        let (price, qty) = (new.order.price().0.unsigned_abs(), new.order.energy().0.unsigned_abs());
        let event = self.0.execute(lobster::OrderType::Limit { id: new.no.unsigned_abs().into(), side, qty, price });
        if let lobster::OrderEvent::Filled { fills, .. } | lobster::OrderEvent::PartiallyFilled { fills, .. } = event {
            for fill in fills {
                let no = |id: u128| i64::try_from(id).expect("a number of the stream");
                traded((no(fill.order_2), no(fill.order_1), fill.qty.cast_signed(), fill.price.cast_signed()));
            }
        }
    }

    fn cancel(&mut self, no: i64) {
        self.0.execute(lobster::OrderType::Cancel { id: no.unsigned_abs().into() });
    }
}

impl Contender for Lobster {
    fn new() -> Self {
        Self(lobster::OrderBook::default())
    }

    fn apply(&mut self, op: &Op, traded: impl FnMut(Trade)) {
        match *op {
            Op::Place(new) => self.place(new, traded),
            Op::Cancel(no) => self.cancel(no),
            Op::Amend(new) => {
                self.cancel(new.no);
                self.place(new, traded);
            }
        }
    }
}
