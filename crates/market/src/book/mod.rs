//! The continuous book: orders meet as they come, by price and then by time.
//!
//! An incoming order takes the best price of the other side first, at one price the earliest order first, each at the resting order's
//! price; what is left rests. Nobody trades with oneself: an order that could meet one of its member's own is refused whole.
//!
//! The book knows no clock: the order of calls is the order of time. A caller that loads a book places its orders in the order in which
//! they came; expiry is a cancel.
//!
//! Rules: docs/market.md.

mod check;
mod index;
mod levels;
mod money;
mod slots;
mod view;

pub use money::{hold, trade_money};
pub use view::{Depth, Level};

use crate::{Order, OrderError, Side};
use index::{Index, NONE};
use levels::{Ladder, Levels, key};
use quantity::{PricePerKwh, WattHours};
use slots::{Holders, Slot, Slots};

/// The most open orders of one book, so that no sum of energies can overflow.
pub const ORDERS_MAX: usize = 1_000_000;

/// An order on its way into the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderNew {
    /// Its number, not yet in the book.
    pub no: i64,
    /// Whose order it is.
    pub member: i64,
    /// Side, limit and energy.
    pub order: Order,
}

/// An order in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resting {
    /// Its number.
    pub no: i64,
    /// Whose order it is.
    pub member: i64,
    /// Bought or sold.
    pub side: Side,
    /// Its limit.
    pub price: PricePerKwh,
    /// What is left of it, above zero.
    pub energy: WattHours,
}

/// What a new order wants and an older one gives, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// Number of the order that was resting.
    pub maker: i64,
    /// Its member.
    pub maker_member: i64,
    /// Number of the order that came.
    pub taker: i64,
    /// Its member.
    pub taker_member: i64,
    /// Whether the one who came buys or sells.
    pub taker_side: Side,
    /// The maker's limit, at which both trade.
    pub price: PricePerKwh,
    /// How much.
    pub energy: WattHours,
    /// What is left of the maker's order; at zero it is gone.
    pub maker_left: WattHours,
    /// What is left of the taker's order.
    pub taker_left: WattHours,
}

/// How an order went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What rests in the book; zero when all of it met.
    pub rest: WattHours,
}

/// How an order was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amended {
    /// What rests in the book; zero when all of it met.
    pub rest: WattHours,
    /// Whether it kept its place in time. If not, it counts as placed now.
    pub is_in_place: bool,
}

/// Why the book refuses. It is unchanged then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// The new limit or energy is no order's.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The order could trade with one of the same member.
    #[error("the order would trade with your own order {own}: cancel that one first, or choose another price")]
    SelfTrade {
        /// Number of the member's own order with the best price.
        own: i64,
    },
    /// No open order has this number.
    #[error("order {no} is not open: it was filled, cancelled or has expired")]
    NotOpen {
        /// The number given.
        no: i64,
    },
    /// An open order has this number already.
    #[error("order {no} is in the book already: give each order a number of its own")]
    NumberTaken {
        /// The number given.
        no: i64,
    },
    /// More is to be filled than is left, or nothing.
    #[error("order {no} has {left} Wh left and cannot be filled with {asked} Wh")]
    Overfilled {
        /// The order.
        no: i64,
        /// Wh left.
        left: i64,
        /// Wh asked for.
        asked: i64,
    },
    /// The book has [`ORDERS_MAX`] orders.
    #[error("the book is full: wait until some of its {ORDERS_MAX} orders are filled or cancelled")]
    Full,
}

impl BookError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Order(error) => error.code(),
            Self::SelfTrade { .. } => "self_trade",
            Self::NotOpen { .. } => "order_not_open",
            Self::NumberTaken { .. } => "order_number_taken",
            Self::Overfilled { .. } => "order_overfilled",
            Self::Full => "book_full",
        }
    }
}

/// Who takes from the book, and how much is still wanted.
#[derive(Clone, Copy)]
struct Taker {
    no: i64,
    member: i64,
    side: Side,
    price: i64,
    left: i64,
}

/// Open orders by price and time.
#[derive(Debug, Clone)]
pub struct OrderBook {
    slots: Slots,
    levels: Levels,
    /// Bids, then asks.
    sides: [Ladder; 2],
    index: Index,
    holders: Holders,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self::new()
    }
}

impl OrderBook {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        let sides = [Ladder::default(), Ladder::default()];
        Self { slots: Slots::new(), levels: Levels::new(), sides, index: Index::new(), holders: Holders::new() }
    }

    /// Matches `new` with what rests, appends what was traded to `fills` in the order of trading, and lets the rest stand.
    ///
    /// # Errors
    /// [`BookError::NumberTaken`], [`BookError::Full`], [`BookError::SelfTrade`].
    pub fn place(&mut self, new: OrderNew, fills: &mut Vec<Fill>) -> Result<Placed, BookError> {
        let OrderNew { no, member, order } = new;
        if self.find(no).is_some() {
            return Err(BookError::NumberTaken { no });
        }
        if self.len() >= ORDERS_MAX {
            return Err(BookError::Full);
        }
        let mut taker = Taker { no, member, side: order.side(), price: order.price().0, left: order.energy().0 };
        if self.is_crossed_by(taker) {
            self.refuse_self_trade(taker, self.holders.find(member))?;
            self.take(&mut taker, fills);
        }
        if taker.left > 0 {
            self.rest(taker);
        }
        Ok(Placed { rest: WattHours(taker.left) })
    }

    /// Takes an order out.
    ///
    /// # Errors
    /// [`BookError::NotOpen`].
    pub fn cancel(&mut self, no: i64) -> Result<Resting, BookError> {
        let at = self.open(no)?;
        let gone = self.resting(at);
        self.detach(at);
        self.forget(at);
        Ok(gone)
    }

    /// Gives an order another limit, or sets the energy that it has left. `None` leaves a value as it is.
    ///
    /// With the same limit and no more energy it keeps its place in time. Otherwise it is placed anew: behind the orders at its price, or
    /// into a trade, appended to `fills`.
    ///
    /// # Errors
    /// [`BookError::NotOpen`], [`BookError::Order`], [`BookError::SelfTrade`].
    pub fn amend(&mut self, no: i64, price: Option<PricePerKwh>, energy: Option<WattHours>, fills: &mut Vec<Fill>) -> Result<Amended, BookError> {
        let at = self.open(no)?;
        let old = self.resting(at);
        let (price, energy) = (price.unwrap_or(old.price), energy.unwrap_or(old.energy));
        Order::new(old.side, price, energy)?;
        if price == old.price && energy <= old.energy {
            self.lower(at, old.energy.0.wrapping_sub(energy.0));
            return Ok(Amended { rest: energy, is_in_place: true });
        }
        let mut taker = Taker { no, member: old.member, side: old.side, price: price.0, left: energy.0 };
        let is_crossing = self.is_crossed_by(taker);
        if is_crossing {
            self.refuse_self_trade(taker, Some(self.slots.get(at).holder))?;
        }
        self.detach(at);
        if is_crossing {
            self.take(&mut taker, fills);
        }
        if taker.left > 0 {
            let slot = self.slots.get_mut(at);
            (slot.price, slot.energy) = (taker.price, taker.left);
            self.stand(at);
        } else {
            self.forget(at);
        }
        Ok(Amended { rest: WattHours(taker.left), is_in_place: false })
    }

    /// Takes energy that was traded elsewhere, as in a call auction, from an order, which keeps its place. Gives what is left; at zero the
    /// order is gone.
    ///
    /// # Errors
    /// [`BookError::NotOpen`], [`BookError::Overfilled`] when it has less left or `energy` is not above zero.
    pub fn apply_fill(&mut self, no: i64, energy: WattHours) -> Result<WattHours, BookError> {
        let at = self.open(no)?;
        let left = self.slots.get(at).energy;
        if !(1..=left).contains(&energy.0) {
            return Err(BookError::Overfilled { no, left, asked: energy.0 });
        }
        if energy.0 == left {
            self.detach(at);
            self.forget(at);
        } else {
            self.lower(at, energy.0);
        }
        Ok(WattHours(left.wrapping_sub(energy.0)))
    }

    fn find(&self, no: i64) -> Option<u32> {
        self.index.find(no, |at| self.slots.get(at).no == no)
    }

    fn open(&self, no: i64) -> Result<u32, BookError> {
        self.find(no).ok_or(BookError::NotOpen { no })
    }

    fn resting(&self, at: u32) -> Resting {
        let slot = self.slots.get(at);
        Resting { no: slot.no, member: slot.member, side: slot.side, price: PricePerKwh(slot.price), energy: WattHours(slot.energy) }
    }

    /// Whether the best order of the other side is within the limit.
    fn is_crossed_by(&self, taker: Taker) -> bool {
        self.sides[taker.side.other() as usize].best().is_some_and(|best| best.key >= key(taker.side.other(), taker.price))
    }

    /// Refuses when the member's own best order on the other side is within the limit, whether or not others stand before it: what the
    /// rest of the book holds must not decide whether the same order is lawful.
    fn refuse_self_trade(&self, taker: Taker, holder: Option<u32>) -> Result<(), BookError> {
        let Some(holder) = holder else { return Ok(()) };
        let other = taker.side.other();
        let (mut at, mut best) = (self.holders.first(holder, other), (key(other, taker.price).wrapping_sub(1), 0));
        let mut is_own = false;
        while at != NONE {
            let slot = self.slots.get(at);
            let found = key(other, slot.price);
            if found > best.0 {
                (best, is_own) = ((found, slot.no), true);
            }
            at = slot.own_next;
        }
        if is_own { Err(BookError::SelfTrade { own: best.1 }) } else { Ok(()) }
    }

    /// Trades until the taker has enough or nothing within the limit is left.
    fn take(&mut self, taker: &mut Taker, fills: &mut Vec<Fill>) {
        let other = taker.side.other();
        let limit = key(other, taker.price);
        while let Some(best) = self.sides[other as usize].best().filter(|best| best.key >= limit && taker.left > 0) {
            let at = self.levels.get(best.level).head;
            let maker = self.slots.get_mut(at);
            let energy = taker.left.min(maker.energy);
            taker.left = taker.left.wrapping_sub(energy);
            let maker_left = maker.energy.wrapping_sub(energy);
            fills.push(Fill {
                maker: maker.no,
                maker_member: maker.member,
                taker: taker.no,
                taker_member: taker.member,
                taker_side: taker.side,
                price: PricePerKwh(maker.price),
                energy: WattHours(energy),
                maker_left: WattHours(maker_left),
                taker_left: WattHours(taker.left),
            });
            if maker_left > 0 {
                self.lower(at, energy);
            } else {
                if self.levels.detach(&mut self.slots, at) {
                    self.sides[other as usize].remove_best(&mut self.levels);
                }
                self.forget(at);
            }
        }
    }

    /// Puts what is left of a new order into the book.
    fn rest(&mut self, taker: Taker) {
        let Taker { no, member, side, price, left } = taker;
        let holder = self.holders.of(member);
        let (level, prev, next, own_prev, own_next) = (NONE, NONE, NONE, NONE, NONE);
        let at = self.slots.take(Slot { no, member, price, energy: left, level, prev, next, holder, own_prev, own_next, side });
        self.index.insert(no, at);
        self.holders.link(&mut self.slots, at);
        self.stand(at);
    }

    /// Puts an order behind those of its side and price.
    fn stand(&mut self, at: u32) {
        let slot = self.slots.get(at);
        let level = self.sides[slot.side as usize].level(&mut self.levels, key(slot.side, slot.price));
        self.levels.append(&mut self.slots, level, at);
    }

    /// Takes an order from its queue, and the level with it when it was the last one.
    fn detach(&mut self, at: u32) {
        if self.levels.detach(&mut self.slots, at) {
            let slot = self.slots.get(at);
            self.sides[slot.side as usize].remove(&mut self.levels, slot.level);
        }
    }

    /// Forgets an order that stands in no queue any more.
    fn forget(&mut self, at: u32) {
        self.index.remove(self.slots.get(at).no, at);
        self.holders.unlink(&mut self.slots, at);
        self.slots.give_back(at);
    }

    /// Takes some of an order's energy; it keeps its place.
    fn lower(&mut self, at: u32, energy: i64) {
        let slot = self.slots.get_mut(at);
        slot.energy = slot.energy.wrapping_sub(energy);
        let level = self.levels.get_mut(slot.level);
        level.energy = level.energy.wrapping_sub(energy);
    }
}
