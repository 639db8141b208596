//! The call auction of a turn: standing orders become orders for this interval, meet those in the book at one price, and are gone again.

use super::floor::Floor;
use super::guarding::{self, Asked};
use super::turn::{Party, Turn};
use domain::{AuctionNo, ClusterId, OrderNo, TradingConfig};
use ledger::IdempotencyKey;
use market::guard::GuardRules;
use market::trader::Trader;
use market::{Auction, LOT, ORDER_MIN, Order, Pairing, Side};
use quantity::{Instant, Ngwee, PricePerKwh, WattHours};
use std::collections::{BTreeMap, HashMap};
use store::tables::{AuctionRow, OrderOrigin, OrderRow, OrderState, StandingRow};

/// Why orders of the same hands on both sides are held.
const RELATED: &str = "guard_related";

/// An order as the auction sees it.
struct Entry {
    order: Order,
    /// The number in the book of one that waits there; a standing order has none yet.
    resting: Option<i64>,
    row: OrderRow,
    /// Codes of reasons for which an officer looked at the standing order and let it go on.
    passed: Vec<String>,
}

impl Turn<'_> {
    /// Holds the auction of the interval that begins at `start`. Gives what it found, and nothing when no two sides were there.
    pub(crate) fn auction(&mut self, no: AuctionNo, start: Instant, standing: &[StandingRow]) -> Option<AuctionRow> {
        let mut entries = self.resting();
        let (held, decided): (_, Vec<_>) = (self.floor.standing_held(), self.standing.iter().map(|(no, _)| *no).collect());
        let takes_part = |row: &&StandingRow| !held.contains(&row.no.get()) && !decided.contains(&row.no);
        entries.extend(standing.iter().filter(takes_part).filter_map(|row| self.of_standing(row)));
        self.part_hands(&mut entries);
        let (orders, auction) = self.sift(&mut entries);
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
            Some(Entry { order, resting: Some(row.no.get()), row: row.clone(), passed: Vec::new() })
        };
        rows.into_iter().filter_map(entry).collect()
    }

    /// What a standing order asks for now: what is above the credits to keep is sold, what is below is bought as far as the money goes.
    fn of_standing(&self, standing: &StandingRow) -> Option<Entry> {
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
        let row = self.standing_order(standing, order.energy())?;
        Some(Entry { order, resting: None, row, passed: standing.passed_at(self.now(), self.guard().circle_ms) })
    }

    /// An order for a standing one. The number is given when it trades, or is held.
    fn standing_order(&self, standing: &StandingRow, energy: WattHours) -> Option<OrderRow> {
        Some(OrderRow {
            no: OrderNo::new(1).ok()?,
            member: standing.member,
            side: standing.side,
            price: standing.price,
            energy,
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
        })
    }

    /// Holds the standing orders of those for whom the same people stand on both sides and could meet: they would make a price by themselves.
    fn part_hands(&mut self, entries: &mut Vec<Entry>) {
        let mut reach: HashMap<Trader, (i64, i64)> = HashMap::new();
        for entry in &*entries {
            let (highest_bid, lowest_ask) = reach.entry(self.hands(entry.row.member)).or_insert((i64::MIN, i64::MAX));
            match entry.order.side() {
                Side::Buy => *highest_bid = (*highest_bid).max(entry.order.price().0),
                Side::Sell => *lowest_ask = (*lowest_ask).min(entry.order.price().0),
            }
        }
        let meets_itself = |member| reach.get(&self.hands(member)).is_some_and(|(bid, ask)| bid >= ask);
        let is_held = |entry: &Entry| entry.resting.is_none() && !entry.passed.iter().any(|code| code == RELATED) && meets_itself(entry.row.member);
        let held = entries.iter().enumerate().filter(|(_, entry)| is_held(entry)).map(|(at, _)| (at, RELATED.to_owned())).collect();
        self.hold_entries(entries, held);
    }

    /// Clears as often as the guard finds orders that it would not let trade as they were paired: these are held and left out. Of each pair one
    /// is a standing order, as orders in the book do not reach each other; so each time there is one less.
    fn sift(&mut self, entries: &mut Vec<Entry>) -> (Vec<Order>, Auction) {
        loop {
            let orders: Vec<Order> = entries.iter().map(|entry| entry.order).collect();
            let auction = market::clear(&orders);
            let suspects = self.suspects(entries, auction.pairings(&orders));
            if suspects.is_empty() {
                return (orders, auction);
            }
            self.hold_entries(entries, suspects);
        }
    }

    /// The places of standing orders that the guard holds as they are paired, with the codes of the reasons.
    fn suspects(&self, entries: &[Entry], pairings: impl IntoIterator<Item = Pairing>) -> BTreeMap<usize, String> {
        let mut meets: BTreeMap<usize, Vec<(Trader, WattHours)>> = BTreeMap::new();
        for Pairing { buy, sell, energy } in pairings {
            for (own, other) in [(buy, sell), (sell, buy)] {
                if entries.get(own).is_some_and(|entry| entry.resting.is_none())
                    && let Some(other) = entries.get(other)
                {
                    meets.entry(own).or_default().push((self.trader_of(other.row.member), energy));
                }
            }
        }
        let look = |(at, meets): (usize, Vec<(Trader, WattHours)>)| {
            let entry = entries.get(at)?;
            let asked = self.asked(entry.row.member, entry.order);
            guarding::look_paired(self.floor, asked, &meets, &entry.passed).map(|reasons| (at, reasons))
        };
        meets.into_iter().filter_map(look).collect()
    }

    /// Takes standing orders out of an auction and keeps an order in the stead of each for an officer.
    fn hold_entries(&mut self, entries: &mut Vec<Entry>, mut held: BTreeMap<usize, String>) {
        while let Some((at, reasons)) = held.pop_last() {
            let entry = entries.remove(at);
            self.hold_as(entry.row, reasons);
        }
    }

    /// Keeps an order for an officer in the stead of a standing one, as it was set.
    pub(crate) fn hold_standing(&mut self, standing: &StandingRow, energy: WattHours, reasons: String) {
        match self.standing_order(standing, energy) {
            Some(row) => self.hold_as(row, reasons),
            None => self.miss("the number of an order"),
        }
    }

    fn hold_as(&mut self, mut row: OrderRow, reasons: String) {
        let Some(no) = self.take_no() else { return self.miss("the number of an order") };
        (row.no, row.rank) = (no, self.rank());
        row.key = standing_key(&row);
        let actor = row.actor;
        self.hold(row, reasons, actor);
    }

    fn take_no(&mut self) -> Option<OrderNo> {
        let no = OrderNo::new(self.floor.head.next_order).ok()?;
        self.floor.head.next_order += 1;
        Some(no)
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
            (entry.row.no, entry.row.rank) = (self.take_no()?, self.rank());
            entry.row.key = standing_key(&entry.row);
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

/// The key of an order that a standing one became: beside the key of the standing order, which that keeps for every interval.
fn standing_key(row: &OrderRow) -> IdempotencyKey {
    IdempotencyKey::derive(&[b"standing", &row.key.0, &row.no.get().to_be_bytes()])
}

/// Why a standing order is held when it is set; see [`guarding::look_standing`].
pub(super) fn looked(
    floor: &Floor,
    row: &StandingRow,
    (cluster, rules, guard): (ClusterId, &TradingConfig, &GuardRules),
    set: &[Instant],
    now: Instant,
) -> Option<String> {
    // How much it will be is known when the auction is held.
    let order = Order::new(row.side, row.price, WattHours(ORDER_MIN)).ok()?;
    guarding::look_standing(floor, Asked { cluster, member: row.member, order, rules, guard, now }, set)
}

/// The most Wh whose cost at a price, rounded up, is within `money`.
fn affordable(money: i64, price: PricePerKwh) -> i64 {
    let wh = i128::from(money.max(0)) * 1_000 / i128::from(price.0.max(1));
    i64::try_from(wh).unwrap_or(i64::MAX)
}
