//! The call auction of a turn: standing orders become orders for this interval, meet those in the book at one price, and are gone again.

use super::turn::{Party, Turn};
use domain::{AuctionNo, OrderNo};
use ledger::IdempotencyKey;
use market::trader::Trader;
use market::{LOT, ORDER_MIN, Order, Side};
use quantity::{Instant, Ngwee, PricePerKwh, WattHours};
use std::collections::HashMap;
use store::tables::{AuctionRow, OrderOrigin, OrderRow, OrderState, StandingRow};

/// An order as the auction sees it.
struct Entry {
    order: Order,
    /// The number in the book of one that waits there; a standing order has none yet.
    resting: Option<i64>,
    row: OrderRow,
}

impl Turn<'_> {
    /// Holds the auction of the interval that begins at `start`. Gives what it found, and nothing when no two sides were there.
    pub(crate) fn auction(&mut self, no: AuctionNo, start: Instant, standing: &[StandingRow]) -> Option<AuctionRow> {
        let mut entries = self.resting();
        entries.extend(standing.iter().filter_map(|row| self.of_standing(row)));
        self.part_hands(&mut entries);
        let orders: Vec<Order> = entries.iter().map(|entry| entry.order).collect();
        let auction = market::clear(&orders);
        let wanted = |side| orders.iter().filter(move |order| order.side() == side);
        let energy = |side| WattHours(wanted(side).map(|order| order.energy().0).fold(0, i64::saturating_add));
        let row = AuctionRow {
            no,
            start_at: start,
            held_at: self.now(),
            price: auction.price,
            volume: auction.volume,
            bids: wanted(Side::Buy).count() as i64,
            asks: wanted(Side::Sell).count() as i64,
            bid_energy: energy(Side::Buy),
            ask_energy: energy(Side::Sell),
        };
        if let Some(price) = auction.price {
            for pairing in auction.pairings(&orders) {
                self.pair(&mut entries, pairing, price, no);
            }
            self.end_standing(entries);
        }
        (row.bids > 0 && row.asks > 0).then_some(row)
    }

    /// The orders of the book, those that came first first.
    fn resting(&self) -> Vec<Entry> {
        let mut rows: Vec<&OrderRow> = self.floor.open.values().collect();
        rows.sort_unstable_by_key(|row| row.rank);
        let entry = |row: &OrderRow| {
            let order = Order::new(row.side, row.price, row.left()).ok()?;
            Some(Entry { order, resting: Some(row.no.get()), row: row.clone() })
        };
        rows.into_iter().filter_map(entry).collect()
    }

    /// What a standing order asks for now: what is above the credits to keep is sold, what is below is bought as far as the money goes.
    fn of_standing(&mut self, standing: &StandingRow) -> Option<Entry> {
        let trader = self.floor.trader(standing.member).ok()?;
        if standing.expires_at.is_some_and(|end| end <= self.now()) || self.meets_own(standing) {
            return None;
        }
        let credits = self.free(trader.energy?);
        let energy = match standing.side {
            Side::Sell => credits.saturating_sub(standing.keep.0),
            Side::Buy => standing.keep.0.saturating_sub(credits).min(affordable(self.free(trader.wallet), standing.price)),
        };
        let energy = energy.min(self.rules().order_max.0);
        let energy = energy - energy.rem_euclid(LOT);
        if energy < ORDER_MIN {
            return None;
        }
        let order = Order::new(standing.side, standing.price, WattHours(energy)).ok()?;
        self.check(&order).ok()?;
        // The number is given when it trades.
        let row = OrderRow {
            no: OrderNo::new(1).ok()?,
            member: standing.member,
            side: standing.side,
            price: standing.price,
            energy: order.energy(),
            filled: WattHours(0),
            paid: Ngwee::ZERO,
            state: OrderState::Open,
            origin: OrderOrigin::Standing,
            rank: 0,
            hold: None,
            hold_amount: 0,
            reasons: None,
            decided_by: None,
            decided_at: None,
            digest: standing.no.get(),
            placed_at: self.now(),
            expires_at: None,
            ended_at: None,
            actor: standing.actor,
            key: standing.key,
        };
        Some(Entry { order, resting: None, row })
    }

    /// Takes the standing orders out of those for whom the same people stand on both sides and could meet: they would make a price by
    /// themselves.
    fn part_hands(&self, entries: &mut Vec<Entry>) {
        let mut reach: HashMap<Trader, (i64, i64)> = HashMap::new();
        for entry in &*entries {
            let (highest_bid, lowest_ask) = reach.entry(self.hands(entry.row.member)).or_insert((i64::MIN, i64::MAX));
            match entry.order.side() {
                Side::Buy => *highest_bid = (*highest_bid).max(entry.order.price().0),
                Side::Sell => *lowest_ask = (*lowest_ask).min(entry.order.price().0),
            }
        }
        let meets_itself = |member| reach.get(&self.hands(member)).is_some_and(|(bid, ask)| bid >= ask);
        entries.retain(|entry| entry.resting.is_some() || !meets_itself(entry.row.member));
    }

    /// Whether an order of the same member waits on the other side within the limit: nobody trades with oneself.
    fn meets_own(&self, standing: &StandingRow) -> bool {
        let crosses = |row: &OrderRow| match standing.side {
            Side::Buy => row.side == Side::Sell && row.price <= standing.price,
            Side::Sell => row.side == Side::Buy && row.price >= standing.price,
        };
        let has_any = self.floor.open_of.get(&standing.member).is_some_and(|&count| count > 0);
        has_any && self.floor.open.values().any(|row| row.member == standing.member && crosses(row))
    }

    fn pair(&mut self, entries: &mut [Entry], pairing: market::Pairing, price: PricePerKwh, auction: AuctionNo) {
        let [Some(buy), Some(sell)] = [pairing.buy, pairing.sell].map(|at| self.party(entries, at)) else {
            return self.miss("the member of an order");
        };
        let buyer = &entries[pairing.buy].row;
        let money = market::trade_money(pairing.energy, price, buyer.price, buyer.left());
        self.trade(buy, sell, price, pairing.energy, money, Some(auction));
        for at in [pairing.buy, pairing.sell] {
            let entry = &mut entries[at];
            entry.row.filled.0 += pairing.energy.0;
            entry.row.paid.0 += money.0;
            self.after(entry, pairing.energy);
        }
        self.link_last();
    }

    /// One side of a pairing. A standing order gets a number with its first trade.
    fn party(&mut self, entries: &mut [Entry], at: usize) -> Option<Party> {
        let entry = entries.get_mut(at)?;
        let trader = self.floor.traders.get(&entry.row.member).copied()?;
        if entry.resting.is_none() && entry.row.rank == 0 {
            entry.row.no = OrderNo::new(self.floor.head.next_order).ok()?;
            self.floor.head.next_order += 1;
            entry.row.rank = self.rank();
            // Beside the key of the standing order, which it keeps for every interval.
            entry.row.key = IdempotencyKey::derive(&[b"standing", &entry.row.key.0, &entry.row.no.get().to_be_bytes()]);
        }
        let hold = entry.row.hold.map(|hold| (hold, entry.row.hold_amount));
        Some(Party { order: entry.row.no, member: entry.row.member, trader, hold })
    }

    /// Puts an order of the book back with what is left of it.
    fn after(&mut self, entry: &mut Entry, energy: WattHours) {
        let Some(no) = entry.resting else { return };
        let Some(trader) = self.floor.traders.get(&entry.row.member).copied() else { return self.miss("the member of an order") };
        if self.floor.book.apply_fill(no, energy).is_err() {
            return self.miss("an order that is in the book");
        }
        self.floor.take(no);
        (entry.row.hold, entry.row.hold_amount) = (None, 0);
        self.wait_on(entry.row.clone(), trader);
        if let Some(row) = self.changed.get(&no) {
            entry.row = row.clone();
        }
    }

    /// Writes down what became of the standing orders that traded; what they did not trade is asked for again in the next auction.
    fn end_standing(&mut self, entries: Vec<Entry>) {
        for mut entry in entries.into_iter().filter(|entry| entry.resting.is_none() && entry.row.filled.0 > 0) {
            entry.row.state = if entry.row.left().0 == 0 { OrderState::Filled } else { OrderState::Expired };
            entry.row.ended_at = Some(self.now());
            self.changed.insert(entry.row.no.get(), entry.row);
        }
    }
}

/// The most Wh whose cost at a price, rounded up, is within `money`.
fn affordable(money: i64, price: PricePerKwh) -> i64 {
    let wh = i128::from(money.max(0)) * 1_000 / i128::from(price.0.max(1));
    i64::try_from(wh).unwrap_or(i64::MAX)
}
