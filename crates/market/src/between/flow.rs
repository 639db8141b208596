//! How much goes where: the quantities of a joint clearing.
//!
//! A primal-dual search on whole numbers. It keeps prices and quantities that fit each other everywhere (who would take a worse price is
//! filled; a line is used only if its netback covers the price where it starts, and left with room only if its netback is not above it) and
//! knows a *surplus* in some clusters: energy that is sold and not yet bought. Each round
//!
//! 1. lowers all prices to the least that still fit: those of the next orders that could take energy, and what lines make of them;
//! 2. moves the surplus along lines whose netback equals the price, towards the nearest such order, and lets the order take it.
//!
//! Prices only fall, each round uses up an order, a line or a surplus, and at the end nothing is left over. With losses the prices of some
//! clusters may hold one another up in a circle; then moving the surplus around that circle, which loses energy, is what uses it up.
//!
//! Source: primal-dual method for minimum-cost flow with gains (Jewell 1962; Ahuja, Magnanti and Orlin, *Network Flows*, chapters 9 and
//! 15), with netbacks rounded down to the ngwee so that all of it stays whole numbers.

use super::line::Line;
use quantity::WattHours;
use std::collections::VecDeque;

/// Below every price: nothing holds the price up.
pub(super) const FREE: i64 = i64::MIN;
/// Above every price: nothing holds the price down.
pub(super) const OPEN: i64 = i64::MAX;
/// More than can circulate: twice the sum of the largest book.
const CIRCLE_MAX: i64 = 1 << 55;

/// More rounds than any clearing takes: each uses up a level of a book, a line or a surplus.
const ROUNDS_MAX: usize = 100_000;

/// All orders of a cluster at one price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub price: i64,
    pub bid: i64,
    pub ask: i64,
    pub bid_fill: i64,
    pub ask_fill: i64,
}

impl Level {
    /// How much energy the orders here could take: bids that want more, and asks that could keep what they sold.
    fn room(&self) -> i64 {
        self.bid.saturating_sub(self.bid_fill).saturating_add(self.ask_fill)
    }

    /// Takes up to `energy`, bids first, so that equal bids and asks are never both left over; says how much.
    fn take(&mut self, energy: i64) -> i64 {
        let taken = energy.min(self.room());
        let by_bids = taken.min(self.bid.saturating_sub(self.bid_fill));
        self.bid_fill = self.bid_fill.saturating_add(by_bids);
        self.ask_fill = self.ask_fill.saturating_sub(taken.saturating_sub(by_bids));
        taken
    }
}

/// Which way a surplus leaves a cluster: by sending more over a line, or by receiving less over one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward(usize),
    Back(usize),
}

/// Books, lines and what they carry so far.
#[derive(Debug, Clone)]
pub(super) struct Network<'a> {
    /// The levels of each cluster, cheapest first.
    pub books: Vec<Vec<Level>>,
    pub lines: &'a [Line],
    /// What each line carries, as sent.
    pub sent: Vec<i64>,
    surplus: Vec<i64>,
    /// The lines that begin or end at each cluster.
    near: Vec<Vec<usize>>,
    /// One above the dearest level that could still take energy; it only falls.
    dearest: Vec<usize>,
}

impl<'a> Network<'a> {
    /// Each cluster cleared for itself, then raised to what its lines would pay: the surplus is what is sold too much at these prices.
    pub fn new(books: Vec<Vec<Level>>, lines: &'a [Line]) -> Self {
        let mut near = vec![Vec::new(); books.len()];
        for (at, line) in lines.iter().enumerate() {
            near[line.from()].push(at);
            near[line.to()].push(at);
        }
        let count = books.len();
        let dearest = books.iter().map(Vec::len).collect();
        let mut network = Self { books, lines, sent: vec![0; lines.len()], surplus: vec![0; count], near, dearest };
        for book in &mut network.books {
            clear_alone(book);
        }
        let prices = network.least(&network.lowest());
        for (at, price) in prices.into_iter().enumerate() {
            network.surplus[at] = fill_beyond(&mut network.books[at], price);
        }
        network
    }

    /// Moves every surplus to where it is taken. `false` if that did not come to an end, which would be a fault of this file.
    pub fn settle(&mut self) -> bool {
        for _ in 0..ROUNDS_MAX {
            if self.surplus.iter().all(|&surplus| surplus == 0) {
                return true;
            }
            let floor = self.lowest_takers();
            let (prices, raised) = self.raise(&floor);
            let before = (self.surplus.clone(), self.sent.clone());
            let (ways, nearest_first) = self.ways(&prices);
            for &at in nearest_first.iter().rev() {
                match ways[at] {
                    _ if self.surplus[at] <= 0 => {}
                    Some(way) => self.push(at, way),
                    None => self.take(at),
                }
            }
            for at in 0..self.books.len() {
                if self.surplus[at] > 0 && !nearest_first.contains(&at) {
                    self.circle(at, &raised);
                }
            }
            if before == (self.surplus.clone(), self.sent.clone()) {
                return false;
            }
        }
        false
    }

    /// What each line delivers.
    pub fn received(&self, line: usize) -> i64 {
        self.lines[line].loss().received(WattHours(self.sent[line])).0
    }

    /// The least price of each cluster by its own orders: of the dearest that sold or that still wants to buy.
    pub fn lowest(&self) -> Vec<i64> {
        self.books.iter().map(|book| book.iter().rev().find(|level| level.room() > 0).map_or(FREE, |level| level.price)).collect()
    }

    /// The highest price of each cluster by its own orders: of the cheapest that bought or that still wants to sell.
    pub fn highest(&self) -> Vec<i64> {
        let is_held = |level: &&Level| level.bid_fill > 0 || level.ask_fill < level.ask;
        self.books.iter().map(|book| book.iter().find(is_held).map_or(OPEN, |level| level.price)).collect()
    }

    /// [`Self::lowest`], remembering where to look: levels that are used up stay so while the surplus is moved.
    fn lowest_takers(&mut self) -> Vec<i64> {
        let mut prices = Vec::with_capacity(self.books.len());
        for (book, dearest) in self.books.iter().zip(&mut self.dearest) {
            while dearest.checked_sub(1).is_some_and(|at| book[at].room() == 0) {
                *dearest = dearest.saturating_sub(1);
            }
            prices.push(dearest.checked_sub(1).map_or(FREE, |at| book[at].price));
        }
        prices
    }

    /// The least prices from `floor` up that fit the lines as they are used.
    pub fn least(&self, floor: &[i64]) -> Vec<i64> {
        self.raise(floor).0
    }

    /// [`Self::least`], and what raised each price last: over which way, towards which cluster.
    fn raise(&self, floor: &[i64]) -> (Vec<i64>, Vec<Option<(Way, usize)>>) {
        let mut prices = floor.to_vec();
        let mut raised = vec![None; prices.len()];
        self.spread(|at, line, queue| {
            let road = &self.lines[line];
            let (here, there, needed, way) = if road.to() == at {
                (prices[at], road.from(), (self.sent[line] < road.capacity().0).then(|| road.netback(prices[at])), Way::Forward(line))
            } else {
                (prices[at], road.to(), (self.sent[line] > 0).then(|| road.landed(prices[at])), Way::Back(line))
            };
            if let Some(needed) = needed.filter(|&needed| here != FREE && needed > prices[there]) {
                prices[there] = needed;
                raised[there] = Some((way, at));
                queue(there);
            }
        });
        (prices, raised)
    }

    /// The highest prices from `ceiling` down that fit the lines as they are used.
    pub fn greatest(&self, ceiling: &[i64]) -> Vec<i64> {
        let mut prices = ceiling.to_vec();
        self.spread(|at, line, queue| {
            let road = &self.lines[line];
            let (there, allowed) = if road.to() == at {
                (road.from(), (self.sent[line] > 0 && prices[at] != OPEN).then(|| road.netback(prices[at])))
            } else {
                let is_open = self.sent[line] < road.capacity().0 && prices[at] != OPEN;
                // The highest price whose netback is not above the price here.
                (road.to(), is_open.then(|| road.landed(prices[at].saturating_add(1)).saturating_sub(1)))
            };
            if let Some(allowed) = allowed.filter(|&allowed| allowed < prices[there]) {
                prices[there] = allowed;
                queue(there);
            }
        });
        prices
    }

    /// Calls `visit` for each cluster and line at it, and again for the clusters that it puts into the queue, until none is left.
    fn spread(&self, mut visit: impl FnMut(usize, usize, &mut dyn FnMut(usize))) {
        let mut waiting: VecDeque<usize> = (0..self.books.len()).collect();
        let mut is_waiting = vec![true; self.books.len()];
        while let Some(at) = waiting.pop_front() {
            is_waiting[at] = false;
            for &line in &self.near[at] {
                visit(at, line, &mut |changed| {
                    if !is_waiting[changed] {
                        is_waiting[changed] = true;
                        waiting.push_back(changed);
                    }
                });
            }
        }
    }

    /// The way from each cluster to the nearest order that can take energy at the price of its cluster (`None` at those themselves), and
    /// the clusters from which there is one, nearest first.
    fn ways(&self, prices: &[i64]) -> (Vec<Option<Way>>, Vec<usize>) {
        let is_taker = |at: usize| self.taker(at).is_some_and(|level| level.price == prices[at]);
        let mut ways = vec![None; prices.len()];
        let mut found: Vec<usize> = (0..prices.len()).filter(|&at| is_taker(at)).collect();
        let mut is_found: Vec<bool> = (0..prices.len()).map(is_taker).collect();
        let mut next = 0_usize;
        while let Some(&to) = found.get(next) {
            next = next.saturating_add(1);
            for &line in &self.near[to] {
                let road = &self.lines[line];
                let (from, way, is_usable) = if road.to() == to {
                    (road.from(), Way::Forward(line), self.sent[line] < road.capacity().0)
                } else {
                    (road.to(), Way::Back(line), self.sent[line] > 0)
                };
                let is_tight = || prices[road.from()] != FREE && prices[road.to()] != FREE && road.netback(prices[road.to()]) == prices[road.from()];
                if is_usable && !is_found[from] && is_tight() {
                    is_found[from] = true;
                    ways[from] = Some(way);
                    found.push(from);
                }
            }
        }
        (ways, found)
    }

    /// The dearest level of a cluster that can take energy.
    fn taker(&self, at: usize) -> Option<&Level> {
        self.dearest[at].checked_sub(1).map(|level| &self.books[at][level])
    }

    /// Lets the dearest level that can take energy take the surplus of its cluster.
    fn take(&mut self, at: usize) {
        if let Some(level) = self.dearest[at].checked_sub(1) {
            let taken = self.books[at][level].take(self.surplus[at]);
            self.surplus[at] = self.surplus[at].saturating_sub(taken);
        }
    }

    /// How much of `energy` can leave by `way`, what arrives at the other end, and what the line then carries.
    fn passes(&self, way: Way, energy: i64) -> (i64, i64, i64) {
        match way {
            Way::Forward(at) => {
                let (line, sent) = (&self.lines[at], self.sent[at]);
                let leaves = energy.min(line.capacity().0.saturating_sub(sent));
                let after = sent.saturating_add(leaves);
                (leaves, line.loss().received(WattHours(after)).0.saturating_sub(self.received(at)), after)
            }
            Way::Back(at) => {
                let received = self.received(at);
                let leaves = energy.min(received);
                let after = self.lines[at].loss().sent(WattHours(received.saturating_sub(leaves))).0;
                (leaves, self.sent[at].saturating_sub(after), after)
            }
        }
    }

    /// Moves as much of the surplus of a cluster as can leave by `way`.
    fn push(&mut self, at: usize, way: Way) {
        let (leaves, arrives, after) = self.passes(way, self.surplus[at]);
        let (line, there) = self.other_end(way);
        self.sent[line] = after;
        self.surplus[at] = self.surplus[at].saturating_sub(leaves);
        self.surplus[there] = self.surplus[there].saturating_add(arrives);
    }

    /// How much of `energy` is lost when it is moved along `walk`; `None` if not all of it can.
    fn lost_around(&self, walk: &[Way], energy: i64) -> Option<i64> {
        let mut moved = energy;
        for &way in walk {
            let (leaves, arrives, _) = self.passes(way, moved);
            if leaves < moved {
                return None;
            }
            moved = arrives;
        }
        Some(energy.saturating_sub(moved))
    }

    /// The line of a way, and the cluster it leads to.
    fn other_end(&self, way: Way) -> (usize, usize) {
        match way {
            Way::Forward(line) => (line, self.lines[line].to()),
            Way::Back(line) => (line, self.lines[line].from()),
        }
    }

    /// From a cluster whose price is held up by a circle of lines alone: moves the surplus towards the circle, and on it around, as much
    /// as it takes to lose the surplus.
    fn circle(&mut self, at: usize, raised: &[Option<(Way, usize)>]) {
        let mut walk: Vec<Way> = Vec::new();
        let (mut here, mut is_seen) = (at, vec![false; raised.len()]);
        while let Some((way, there)) = raised[here].filter(|_| !is_seen[here]) {
            is_seen[here] = true;
            walk.push(way);
            here = there;
        }
        let Some(&first) = walk.first() else { return };
        let surplus = self.surplus[at];
        if here == at {
            let (mut most, mut beyond) = (0_i64, CIRCLE_MAX);
            while beyond.saturating_sub(most) > 1 {
                let middle = most.midpoint(beyond);
                if self.lost_around(&walk, middle).is_some_and(|lost| lost <= surplus) { most = middle } else { beyond = middle }
            }
            if let Some(lost) = self.lost_around(&walk, most).filter(|&lost| most > 0 && lost >= 0) {
                let mut moved = most;
                for &way in &walk {
                    let (_, arrives, after) = self.passes(way, moved);
                    let line = self.other_end(way).0;
                    self.sent[line] = after;
                    moved = arrives;
                }
                self.surplus[at] = surplus.saturating_sub(lost);
                return;
            }
        }
        self.push(at, first);
    }
}

/// Clears one book for itself, at the largest volume.
fn clear_alone(book: &mut [Level]) {
    let (mut low, mut high) = (0_usize, book.len());
    while let Some(top) = high.checked_sub(1).filter(|&top| top >= low) {
        let wanted = book[top].bid.saturating_sub(book[top].bid_fill);
        let offered = book[low].ask.saturating_sub(book[low].ask_fill);
        if wanted == 0 {
            high = top;
        } else if offered == 0 {
            low = low.saturating_add(1);
        } else {
            let energy = wanted.min(offered);
            book[top].bid_fill = book[top].bid_fill.saturating_add(energy);
            book[low].ask_fill = book[low].ask_fill.saturating_add(energy);
        }
    }
}

/// Fills a book as `price` asks for, leaving the level at the price itself; gives what is then sold and not bought.
fn fill_beyond(book: &mut [Level], price: i64) -> i64 {
    let mut surplus = 0_i64;
    for level in book {
        if level.price < price {
            (level.bid_fill, level.ask_fill) = (0, level.ask);
        } else if level.price > price {
            (level.bid_fill, level.ask_fill) = (level.bid, 0);
        }
        surplus = surplus.saturating_add(level.ask_fill).saturating_sub(level.bid_fill);
    }
    surplus
}
