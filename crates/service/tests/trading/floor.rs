//! A cluster with money and energy credits, and what may never be otherwise.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../society/mod.rs"]
pub mod society;

use domain::{ClusterId, MemberNo, OrderNo, SimulatedClock, StandingNo};
use ledger::{Account, AccountCode, Cause, IdempotencyKey, Limit, Outcome, TransferCode, TransferCreate, TransferKind};
use market::Side;
use market::guard::GuardRules;
use quantity::{BusinessDay, Ngwee, PricePerKwh, UtcOffset, WattHours};
use service::policy::Actor;
use service::trade::{OrderCreate, OrderDone, OrderPreview, StandingCreate};
use service::{ClusterAccounts, Service, ServiceError};
use society::{accounts, no, society, village};
use store::StoreError;
use store::tables::{ClusterRow, OrderRow, OrderState, StandingRow};

/// What every member begins with.
pub const MONEY: i64 = 100_000;
pub const CREDITS: i64 = 50_000;

pub struct Floor {
    pub service: Service,
    pub cluster: ClusterRow,
    pub clock: SimulatedClock,
    asked: std::cell::Cell<u32>,
}

impl Floor {
    /// A cluster of `homes` with [`MONEY`] and [`CREDITS`] each.
    pub async fn open(url: &str, homes: i64) -> Self {
        let (service, clock) = society(url).await;
        let cluster = village(&service, homes).await;
        endow(&service, &cluster, homes).await;
        Self { service, cluster, clock, asked: std::cell::Cell::new(0) }
    }

    /// The same over a database that was closed meanwhile.
    pub async fn reopen(self, url: &str, options: store::OpenOptions) -> Self {
        let Self { service, cluster, clock, asked } = self;
        // The last handle closes the file.
        drop(service);
        let store = store::Store::open(url, options).await.expect("opens");
        Self { service: process(store, &clock), cluster, clock, asked }
    }

    /// The same with a desk that has seen nothing yet, as in another process.
    pub fn beside(&self) -> Self {
        let service = process(self.service.store().clone(), &self.clock);
        Self { service, cluster: self.cluster.clone(), clock: self.clock.clone(), asked: std::cell::Cell::new(1 << 20) }
    }

    /// The same with a guard that lets everything pass, save trades between tied accounts.
    pub fn unguarded(mut self) -> Self {
        let most = i64::MAX;
        let rules =
            GuardRules { band: most, orders_per_minute: most, orders_per_hour: most, circle_energy: WattHours(most), ..GuardRules::default() };
        self.service = self.service.with_guard(rules);
        self
    }

    /// Lets time pass.
    pub fn wait(&self, ms: i64) {
        self.clock.set(self.service.now().plus_ms(ms));
    }

    /// A key that nobody used.
    pub fn key(&self) -> IdempotencyKey {
        self.asked.set(self.asked.get() + 1);
        society::key(&format!("order {}", self.asked.get()))
    }

    #[expect(clippy::new_ret_no_self, clippy::wrong_self_convention, reason = "it reads as what it is: a new order on this floor")]
    pub fn new(&self, member: i64, side: Side, price: i64, energy: i64) -> OrderCreate {
        OrderCreate {
            member: no(member),
            side,
            price: PricePerKwh(price),
            energy: WattHours(energy),
            expires_at: None,
            at_version: None,
            key: self.key(),
        }
    }

    pub async fn place(&self, new: OrderCreate) -> Result<OrderDone, ServiceError> {
        self.service.order_place(Actor::System, &self.cluster, new).await
    }

    pub async fn preview(&self, new: OrderCreate) -> Result<OrderPreview, ServiceError> {
        self.service.order_preview(Actor::System, &self.cluster, new).await
    }

    pub async fn buy(&self, member: i64, price: i64, energy: i64) -> OrderDone {
        self.place(self.new(member, Side::Buy, price, energy)).await.expect("places")
    }

    pub async fn sell(&self, member: i64, price: i64, energy: i64) -> OrderDone {
        self.place(self.new(member, Side::Sell, price, energy)).await.expect("places")
    }

    pub async fn code(&self, new: OrderCreate) -> &'static str {
        self.place(new).await.expect_err("refused").code()
    }

    pub async fn cancel(&self, member: i64, order: OrderNo) -> Result<OrderDone, ServiceError> {
        self.service.order_cancel(Actor::System, &self.cluster, no(member), order).await
    }

    pub async fn amend(&self, member: i64, order: OrderNo, price: Option<i64>, energy: Option<i64>) -> Result<OrderDone, ServiceError> {
        self.service.order_amend(Actor::System, &self.cluster, no(member), order, price.map(PricePerKwh), energy.map(WattHours)).await
    }

    pub async fn standing(&self, member: i64, side: Side, price: i64, keep: i64) -> Result<StandingRow, ServiceError> {
        let new = StandingCreate { member: no(member), side, price: PricePerKwh(price), keep: WattHours(keep), expires_at: None, key: self.key() };
        self.service.standing_set(Actor::System, &self.cluster, new).await
    }

    pub async fn standing_end(&self, member: i64, standing: StandingNo) -> Result<StandingRow, ServiceError> {
        self.service.standing_end(Actor::System, &self.cluster, no(member), standing).await
    }

    /// Money and credits of a member that are free.
    pub async fn free(&self, member: i64) -> (i64, i64) {
        let accounts = accounts(&self.service, self.cluster.id).await;
        let book = accounts.member(no(member)).expect("a member");
        (book.wallet.available(), accounts.energy(no(member)).map_or(0, Account::available))
    }

    /// Money and credits of a member, held ones too.
    pub async fn owned(&self, member: i64) -> (i64, i64) {
        let accounts = accounts(&self.service, self.cluster.id).await;
        let book = accounts.member(no(member)).expect("a member");
        (book.wallet.balance(), accounts.energy(no(member)).map_or(0, Account::balance))
    }

    /// Changes the database past the program.
    pub async fn execute(&self, sql: store::Sql) {
        let write = self.service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.exec(&sql, &[]).await.map(|_| ()) }));
        write.await.expect("changes");
    }

    pub async fn open_orders(&self) -> Vec<OrderRow> {
        let id = self.cluster.id;
        let read = self.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.order_list_open(id, 10_000).await }));
        read.await.expect("reads")
    }

    /// Recounts the cluster, and: what is held is what open orders can take, order by order and in all; nothing stays on the way; what was
    /// traded adds up; the book is not crossed.
    pub async fn holds(&self) {
        society::recount(&self.service, &self.cluster).await;
        self.reserved().await;
        let open = self.open_orders().await;
        let best = |side: Side| open.iter().filter(move |row| row.side == side).map(|row| row.price.0);
        if let (Some(bid), Some(ask)) = (best(Side::Buy).max(), best(Side::Sell).min()) {
            assert!(bid < ask, "the book is crossed: {bid} {ask}");
        }
        self.trades_add_up().await;
    }

    /// What is held is what open orders can take; nothing stays on the way; every credit is in one place.
    pub async fn reserved(&self) {
        let accounts = accounts(&self.service, self.cluster.id).await;
        let open = self.open_orders().await;
        for row in &open {
            let due = if row.side == Side::Buy { market::hold(row.left(), row.price).0 } else { row.left().0 };
            assert_eq!((row.hold_amount, row.hold.is_some()), (due, true), "order {}", row.no);
        }
        let held = |side: Side, member: MemberNo| -> i64 {
            open.iter().filter(|row| row.side == side && row.member == member).map(|row| row.hold_amount).sum()
        };
        for member in 1..=self.members(&accounts) {
            let book = accounts.member(no(member)).expect("a member");
            assert_eq!(book.wallet.debits_pending, held(Side::Buy, no(member)), "money of {member}");
            assert_eq!(accounts.energy(no(member)).map_or(0, |account| account.debits_pending), held(Side::Sell, no(member)), "energy of {member}");
        }
        for code in [AccountCode::TradeClearing, AccountCode::EnergyTrade] {
            assert_eq!(accounts.own(code).map_or(0, Account::balance), 0, "{code}");
        }
        let credits = service::CreditBook::of(&accounts);
        assert!(credits.is_whole(), "{credits:?}");
    }

    fn members(&self, accounts: &ClusterAccounts) -> i64 {
        (1..).take_while(|member| accounts.member(no(*member)).is_some()).last().unwrap_or(0)
    }

    /// Orders say what their trades say, and nobody traded with oneself or beyond a limit.
    async fn trades_add_up(&self) {
        let id = self.cluster.id;
        let read = self.service.store().read::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let trades = tx.trade_list(id, i64::MAX, 10_000).await?;
                let mut orders = Vec::new();
                for trade in &trades {
                    for order in [trade.buy_order, trade.sell_order] {
                        orders.extend(tx.order_find(id, order).await?);
                    }
                }
                Ok((trades, orders))
            })
        });
        let (trades, orders) = read.await.expect("reads");
        for order in orders {
            let own = trades.iter().filter(|trade| order.no == if order.side == Side::Buy { trade.buy_order } else { trade.sell_order });
            let (energy, money) = own.fold((0, 0), |(energy, money), trade| (energy + trade.energy.0, money + trade.money.0));
            assert_eq!((order.filled.0, order.paid.0), (energy, money), "order {}", order.no);
            assert!(order.filled <= order.energy && (order.state != OrderState::Filled || order.left().0 == 0));
        }
        for trade in &trades {
            assert_ne!(trade.buyer, trade.seller, "trade {}", trade.no);
        }
    }
}

/// Gives every member money and credits.
fn process(store: store::Store, clock: &SimulatedClock) -> Service {
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    Service::new(store, std::sync::Arc::new(clock.clone()), regions)
}

async fn endow(service: &Service, cluster: &ClusterRow, homes: i64) {
    let (id, now) = (cluster.id, service.now());
    let write = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { endow_in(tx, id, homes, now).await }));
    write.await.expect("endows");
}

async fn endow_in(tx: &mut store::Tx<'_>, id: ClusterId, homes: i64, now: quantity::Instant) -> Result<(), StoreError> {
    let known = ClusterAccounts::new(&tx.account_list(id).await?);
    let first = tx.numbers_take(id, "account", homes + 1).await?;
    let account = |at: i64, code, member, limit| {
        Account::new(domain::AccountNo::new(first + at).expect("a number"), ledger::Currency::EnergyWh, code, member, limit)
    };
    let pool = account(0, AccountCode::EnergyPool, None, Limit::None);
    let of = |member: i64| account(member, AccountCode::MemberEnergy, Some(no(member)), Limit::DebitsNotOverCredits);
    let mut opened = vec![pool];
    opened.extend((1..=homes).map(of));
    tx.account_put(id, &opened).await?;
    let bank = known.own_no(AccountCode::Bank).expect("a bank");
    let line = |text: String, debit, credit, amount, code| TransferCreate {
        key: IdempotencyKey::derive(&[text.as_bytes()]),
        debit,
        credit,
        amount,
        code,
        kind: TransferKind::Posted,
        cause: Cause::NONE,
        business_on: BusinessDay::of(now, UtcOffset::LUSAKA),
        actor: 0,
        linked: false,
    };
    let mut lines = Vec::new();
    for member in 1..=homes {
        let wallet = known.member(no(member)).expect("a member").wallet.no;
        lines.push(line(format!("money {member}"), bank, wallet, MONEY, TransferCode::TopUp));
        lines.push(line(format!("energy {member}"), pool.no, of(member).no, CREDITS, TransferCode::CreditBanked));
    }
    let outcomes = tx.transfers_execute(id, now, &lines).await?;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "{outcomes:?}");
    Ok(())
}

/// All money of the wallets of `homes`.
pub async fn all_money(floor: &Floor, homes: i64) -> Ngwee {
    let mut sum = 0;
    for member in 1..=homes {
        sum += floor.owned(member).await.0;
    }
    Ngwee(sum)
}
