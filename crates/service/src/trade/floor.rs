//! The trading floor of a cluster in memory: the book, the orders in it with what the ledger holds for them, and who may trade.
//!
//! It is made from the database, good for one version of the market, and kept between units by the desk. What a unit does to it is written
//! down by [`super::turn::Turn`].

use super::TradeError;
use super::guarding::Watch;
use crate::accounts::ClusterAccounts;
use domain::{AccountNo, ClusterId, MemberNo};
use ledger::AccountCode;
use market::trader::Ties;
use market::{Fill, Order, OrderBook, OrderNew};
use quantity::{BusinessDay, Instant};
use std::collections::{BTreeSet, HashMap};
use store::tables::{MarketHead, MemberRow, OrderOrigin, OrderRow};
use store::{StoreError, Tx};

/// Most open orders of one book that are kept in memory: about 500 bytes each.
pub(crate) const BOOK_MAX: u32 = 20_000;
/// Most held orders of one cluster that are kept in memory.
pub(crate) const HELD_KEPT: u32 = 5_000;

/// A member as the floor knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trader {
    pub wallet: AccountNo,
    /// `None` until the member is about to have the first energy credit.
    pub energy: Option<AccountNo>,
    pub left_on: Option<BusinessDay>,
}

/// The accounts through which what is held goes on to who gets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clearing {
    pub money: AccountNo,
    pub energy: AccountNo,
}

/// See the head of the file.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    pub head: MarketHead,
    pub book: OrderBook,
    /// The orders in the book, by number.
    pub open: HashMap<i64, OrderRow>,
    /// When those that end do, the first one first.
    pub due: BTreeSet<(Instant, i64)>,
    /// How many open orders each member has.
    pub open_of: HashMap<MemberNo, usize>,
    /// The orders that wait for an officer, by number: nothing is held for them, and they are not in the book.
    pub held: HashMap<i64, OrderRow>,
    pub traders: HashMap<MemberNo, Trader>,
    pub clearing: Option<Clearing>,
    /// What the guard knows.
    pub watch: Watch,
}

impl Floor {
    /// Reads it from the database, with the market as `head` says.
    pub(crate) async fn load(tx: &mut Tx<'_>, cluster: ClusterId, head: MarketHead, now: Instant) -> Result<Self, StoreError> {
        let rows = tx.order_list_open(cluster, BOOK_MAX.saturating_add(1)).await?;
        let mut floor = Self {
            head,
            book: OrderBook::new(),
            open: HashMap::with_capacity(rows.len()),
            due: BTreeSet::new(),
            open_of: HashMap::new(),
            held: HashMap::new(),
            traders: HashMap::new(),
            clearing: None,
            watch: Watch::load(tx, cluster, now).await?,
        };
        for row in tx.order_list_held(cluster, HELD_KEPT).await? {
            floor.hold(row);
        }
        let mut fills: Vec<Fill> = Vec::new();
        for row in rows {
            let order = Order::new(row.side, row.price, row.left()).map_err(|error| corrupt(&row, &error.to_string()))?;
            let new = OrderNew { no: row.no.get(), member: row.member.get(), order };
            floor.book.place(new, &mut fills).map_err(|error| corrupt(&row, &error.to_string()))?;
            floor.put(row);
        }
        if fills.is_empty() { Ok(floor) } else { Err(StoreError::DataCorrupt("the stored book is crossed".to_owned())) }
    }

    /// Reads anew who the members are, who acts for them, and which accounts they have.
    pub(crate) fn traders_set(&mut self, members: &[MemberRow], ties: Ties, accounts: &ClusterAccounts, now: Instant) {
        self.watch.ties_set(ties, now);
        self.traders = members
            .iter()
            .filter_map(|row| {
                let book = accounts.member(row.no)?;
                let energy = accounts.energy(row.no).map(|account| account.no);
                Some((row.no, Trader { wallet: book.wallet.no, energy, left_on: row.left_on }))
            })
            .collect();
        let own = |code| accounts.own_no(code);
        self.clearing = own(AccountCode::TradeClearing).zip(own(AccountCode::EnergyTrade)).map(|(money, energy)| Clearing { money, energy });
    }

    /// Stands in for accounts that are opened with the first order, where nothing is written.
    pub(crate) fn stand_in(&mut self) {
        let highest = self.traders.values().flat_map(|trader| [Some(trader.wallet), trader.energy]).flatten().max();
        let mut next = highest.map_or(1, AccountNo::get);
        let mut stand_in = || {
            next += 1;
            AccountNo::new(next).ok()
        };
        for trader in self.traders.values_mut().filter(|trader| trader.energy.is_none()) {
            trader.energy = stand_in();
        }
        if self.clearing.is_none() {
            self.clearing = stand_in().zip(stand_in()).map(|(money, energy)| Clearing { money, energy });
        }
    }

    /// Whether this member can trade without reading or opening anything.
    pub(crate) fn is_ready(&self, member: MemberNo) -> bool {
        self.clearing.is_some() && self.traders.get(&member).is_some_and(|trader| trader.energy.is_some())
    }

    /// The member, when it is not about to leave: an order could wait for longer than its member is there.
    pub(crate) fn trader(&self, member: MemberNo) -> Result<Trader, TradeError> {
        let trader = self.traders.get(&member).copied().ok_or(TradeError::MemberUnknown { member })?;
        if trader.left_on.is_some() { Err(TradeError::MemberLeft { member }) } else { Ok(trader) }
    }

    /// Keeps an order that waits for an officer.
    pub(crate) fn hold(&mut self, row: OrderRow) {
        if let Some(end) = row.expires_at {
            self.due.insert((end, row.no.get()));
        }
        self.held.insert(row.no.get(), row);
    }

    /// Takes an order out that waits for an officer no more.
    pub(crate) fn unhold(&mut self, no: i64) -> Option<OrderRow> {
        let row = self.held.remove(&no)?;
        if let Some(end) = row.expires_at {
            self.due.remove(&(end, no));
        }
        Some(row)
    }

    /// How many orders of a member wait for an officer.
    pub(crate) fn held_of(&self, member: MemberNo) -> usize {
        self.held.values().filter(|row| row.member == member).count()
    }

    /// The numbers of the standing orders that wait for an officer: an order of the same number in `digest` waits for them.
    pub(crate) fn standing_held(&self) -> BTreeSet<i64> {
        self.held.values().filter(|row| row.origin == OrderOrigin::Standing).map(|row| row.digest).collect()
    }

    /// Puts an open order in, or in the place of what was known of it.
    pub(crate) fn put(&mut self, row: OrderRow) {
        if let Some(end) = row.expires_at {
            self.due.insert((end, row.no.get()));
        }
        let member = row.member;
        if self.open.insert(row.no.get(), row).is_none() {
            *self.open_of.entry(member).or_default() += 1;
        }
    }

    /// Takes an order out that is in the book no more.
    pub(crate) fn take(&mut self, no: i64) -> Option<OrderRow> {
        let row = self.open.remove(&no)?;
        if let Some(end) = row.expires_at {
            self.due.remove(&(end, no));
        }
        if let Some(count) = self.open_of.get_mut(&row.member) {
            *count = count.saturating_sub(1);
        }
        Some(row)
    }
}

fn corrupt(row: &OrderRow, why: &str) -> StoreError {
    StoreError::corrupt("trade_order", format!("order {}: {why}", row.no))
}
