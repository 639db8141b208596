//! One fate for each watt-hour, through all of it at once: days with banking, short cover, corrections, gifts, orders, auctions and moves to
//! another cluster and back. After every step the credits of each cluster and of each member are counted again from the transfers.

use crate::floor::society;
use domain::{ClusterKind, Connection, MemberNo, OrderNo, SimulatedClock};
use ledger::{Account, AccountCode, Cause, Currency, Outcome, Transfer, TransferCode, TransferCreate, TransferKind};
use market::Side;
use quantity::{BusinessDay, Ngwee, PricePerKwh, UtcOffset, WattHours};
use service::cluster::{ClusterFound, ClusterJoin, Household};
use service::policy::Actor;
use service::trade::{OrderCreate, StandingCreate};
use service::{CoverSource, CreditBook, Service, ServiceError, SurplusChoice};
use settlement::receipt::Verdict;
use society::{accounts, day, found, household, import, join, key, no, noon, operator, user};
use std::collections::BTreeMap;
use store::StoreError;
use store::tables::{ClusterRow, OrderRow, TradeRow};

/// What is left of September 2025 from day 0 on.
const DAYS: i32 = 16;
/// What each member is given to trade with, in ngwee.
const MONEY: i64 = 50_000;
/// On these days user 2 moves to the other cluster, and back.
const MOVES: [i32; 2] = [5, 10];

/// A small deterministic source of numbers from 0 to below `most`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % most.unsigned_abs()).expect("small")
    }
}

/// What a home used and made in each quarter hour of a day in which it did, see [`slots`].
type Read = [i64; 2];

/// The quarter hours of a day: homes use at night and in the morning, panels make by day.
fn slots([used, made]: Read) -> impl Iterator<Item = (i64, Read)> {
    let is_used = |slot: &i64| *slot < 10 || (38..44).contains(slot);
    (0..96).map(move |slot| (slot, [if is_used(&slot) { used } else { 0 }, if (40..50).contains(&slot) { made } else { 0 }]))
}

struct Walk {
    service: Service,
    clock: SimulatedClock,
    clusters: [ClusterRow; 2],
    /// The members of each cluster: their users, by number.
    members: [Vec<i64>; 2],
    /// Readings as they are known now: cluster, day, meter.
    reads: BTreeMap<(usize, i32, i64), Read>,
    asked: u32,
    /// How often each thing was done.
    done: BTreeMap<&'static str, u32>,
}

impl Walk {
    /// Users 1 to 4 in one cluster, 8 and 9 in another, both behind one connection.
    async fn open(url: &str) -> Self {
        let (service, clock) = society::society(url).await;
        let mut clusters = Vec::new();
        for (name, users) in [("Mulenga Solar Group", 1..5), ("Kafue Homes", 8..10)] {
            let home = |at: i64| Household { meters: vec![format!("M-{at}")], ..household(&format!("Home {at}"), 2_000) };
            let ask = ClusterFound { connection: Connection::OnePoint, ..found(name, ClusterKind::Micro, home(users.start)) };
            let cluster = service.create_cluster(user(users.start), ask).await.expect("founds");
            for at in users.clone().skip(1) {
                service.join_cluster(user(at), join(&cluster.code, home(at))).await.expect("joins");
            }
            clusters.push(cluster);
        }
        let clusters: [ClusterRow; 2] = clusters.try_into().expect("two");
        let members = [vec![1, 2, 3, 4], vec![8, 9]];
        let walk = Self { service, clock, clusters, members, reads: BTreeMap::new(), asked: 0, done: BTreeMap::new() };
        for at in 0..2 {
            walk.endow(at).await;
        }
        walk
    }

    /// Pays money into every wallet.
    async fn endow(&self, at: usize) {
        let book = accounts(&self.service, self.clusters[at].id).await;
        let bank = book.own_no(AccountCode::Bank).expect("a bank");
        let (id, now, count) = (self.clusters[at].id, self.service.now(), self.members[at].len() as i64);
        let line = |member: i64| TransferCreate {
            key: key(&format!("money {member}")),
            debit: bank,
            credit: book.member(no(member)).expect("a member").wallet.no,
            amount: MONEY,
            code: TransferCode::TopUp,
            kind: TransferKind::Posted,
            cause: Cause::NONE,
            business_on: BusinessDay::of(now, UtcOffset::LUSAKA),
            actor: 0,
            linked: false,
        };
        let lines: Vec<TransferCreate> = (1..=count).map(line).collect();
        let write = self.service.store().write::<_, StoreError, _>(move |tx| {
            let lines = lines.clone();
            Box::pin(async move { tx.transfers_execute(id, now, &lines).await })
        });
        assert!(write.await.expect("books").iter().all(|outcome| matches!(outcome, Outcome::Created(_))));
    }

    fn key(&mut self) -> ledger::IdempotencyKey {
        self.asked += 1;
        key(&format!("walk {}", self.asked))
    }

    /// Notes that something was done, or how it was refused; anything but a refusal is a fault.
    fn answered<T>(&mut self, what: &'static str, answer: Result<T, ServiceError>) {
        match answer {
            Ok(_) => *self.done.entry(what).or_default() += 1,
            Err(ServiceError::Trade(_) | ServiceError::Credit(_) | ServiceError::Cluster(_)) => *self.done.entry("refused").or_default() += 1,
            Err(error) => panic!("{what}: {}: {error}", error.code()),
        }
    }

    /// Reads, settles and recounts a day of both clusters, and lets moves arrive.
    async fn day(&mut self, dice: &mut Dice, at: i32) {
        self.clock.set(noon(at + 1));
        for (cluster, meters) in [(0, 1..5), (1, 8..10)] {
            for meter in meters {
                let made = if meter % 4 == 0 || meter % 4 == 3 { 0 } else { dice.below(500) };
                self.reads.insert((cluster, at, meter), [dice.below(150), made]);
            }
            self.read(cluster, at).await;
        }
        self.settle().await;
        let cover = self.service.cover_view(Actor::System, &self.clusters[0]).await.expect("a view");
        *self.done.entry(if cover.is_banking_open { "covered days" } else { "short days" }).or_default() += 1;
    }

    /// Imports what is known of a day; a meter whose home has moved is not read.
    async fn read(&self, cluster: usize, at: i32) {
        let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
        for (&(_, _, meter), &known) in self.reads.range((cluster, at, 0)..(cluster, at, i64::MAX)) {
            for (slot, [used, made]) in slots(known) {
                text.push_str(&format!("M-{meter},{}T{:02}:{:02}:00+02:00,{used},{made}\n", day(at), slot / 4, slot % 4 * 15));
            }
        }
        let refused = import(&self.service, &self.clusters[cluster], &text).await;
        assert!(refused.iter().all(|code| *code == "meter_not_assigned"), "{refused:?}");
    }

    async fn settle(&self) {
        for cluster in &self.clusters {
            society::settle(&self.service, cluster).await;
        }
        let report = self.service.clearing_check(operator()).await.expect("checks");
        assert_eq!((report.failed.len(), report.differences.len()), (0, 0), "{report:?}");
    }

    /// The reading of one home of a day that was settled before was wrong.
    async fn correct(&mut self, dice: &mut Dice, at: i32) {
        let day = at - i32::try_from(dice.below(3)).expect("small");
        if day < 0 {
            return;
        }
        let meter = 1 + dice.below(4);
        let made = if meter > 2 { 0 } else { dice.below(500) };
        self.reads.insert((0, day, meter), [dice.below(150), made]);
        self.read(0, day).await;
        self.settle().await;
        *self.done.entry("corrected").or_default() += 1;
    }

    /// User 2 goes to the other cluster, or back; its orders are taken back first.
    async fn moves(&mut self, from: usize) {
        let to = 1 - from;
        let member = no(1 + self.members[from].iter().position(|who| *who == 2).expect("is there") as i64);
        let open: Vec<OrderNo> = self.book(from).await.iter().filter(|row| row.member == member).map(|row| row.no).collect();
        for order in open {
            self.service.order_cancel(Actor::System, &self.clusters[from], member, order).await.expect("cancels");
        }
        self.check().await;
        let ask = join(&self.clusters[to].code, household(&format!("Home 2 from {from}"), 2_000));
        let ask = ClusterJoin { move_from: Some((self.clusters[from].code.clone(), member)), key: self.key(), ..ask };
        let joined = self.service.join_cluster(user(2), ask).await.expect("moves");
        self.members[from][usize::try_from(member.get()).expect("small") - 1] = 0;
        self.members[to].push(2);
        assert_eq!(joined.member.get(), self.members[to].len() as i64);
        *self.done.entry("moved").or_default() += 1;
    }

    /// One thing that somebody does with money or credits.
    async fn act(&mut self, dice: &mut Dice, is_trading: bool) {
        let at = usize::from(dice.below(4) == 0);
        let cluster = self.clusters[at].clone();
        let (from, to) = (self.anybody(dice, at), self.anybody(dice, at));
        let (price, energy) = (PricePerKwh(95 + dice.below(11)), WattHours(10 * (1 + dice.below(150))));
        let side = if dice.below(2) == 0 { Side::Buy } else { Side::Sell };
        let kind = dice.below(10);
        match kind {
            0 => {
                let choice = if dice.below(4) == 0 { SurplusChoice::Paid } else { SurplusChoice::Bank };
                let done = self.service.surplus_choice_set(Actor::System, &cluster, from, choice).await;
                self.answered("chosen", done);
            }
            // Little, so that cover is short on some days.
            1 => {
                let (money, key) = (Ngwee(1 + dice.below(600)), self.key());
                let done = self.service.cover_add(operator(), &cluster, CoverSource::Gift, money, key).await;
                self.answered("covered", done);
            }
            2 => {
                let key = self.key();
                let done = self.service.credit_give(Actor::System, &cluster, from, to, energy, key).await;
                self.answered("given", done);
            }
            _ if !is_trading => {}
            3 => {
                let keep = WattHours(dice.below(3_000));
                let new = StandingCreate { member: from, side, price, keep, expires_at: None, key: self.key() };
                let done = self.service.standing_set(Actor::System, &cluster, new).await;
                self.answered("standing", done);
            }
            4 => {
                self.clock.set(self.service.now().plus_ms(900_000));
                let done = self.service.market_round(&cluster).await;
                self.answered("auction", done);
            }
            5 => {
                if let Some(row) = self.book(at).await.first() {
                    let done = self.service.order_cancel(Actor::System, &cluster, row.member, row.no).await;
                    self.answered("cancelled", done);
                }
            }
            _ => {
                let new = OrderCreate { member: from, side, price, energy, expires_at: None, at_version: None, key: self.key() };
                let done = self.service.order_place(Actor::System, &cluster, new).await;
                self.answered("placed", done);
            }
        }
    }

    fn anybody(&self, dice: &mut Dice, at: usize) -> MemberNo {
        no(1 + dice.below(self.members[at].len() as i64))
    }

    async fn book(&self, at: usize) -> Vec<OrderRow> {
        let id = self.clusters[at].id;
        let read = self.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.order_list_open(id, 10_000).await }));
        read.await.expect("reads")
    }

    async fn transfers(&self, at: usize) -> Vec<Transfer> {
        let (id, mut all) = (self.clusters[at].id, Vec::new());
        loop {
            let after = all.last().map_or(0, |last: &Transfer| last.no.get());
            let read = self.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.transfer_page(id, after, 2_000).await }));
            let page = read.await.expect("reads");
            if page.is_empty() {
                return all;
            }
            all.extend(page.into_iter().map(|(transfer, _)| transfer));
        }
    }

    /// The identity of both clusters and of each member; gives how many credits are under way from one cluster to the other.
    async fn check(&self) -> i64 {
        let mut under_way = 0;
        for at in 0..2 {
            let fates = self.fates(at).await;
            let accounts = accounts(&self.service, self.clusters[at].id).await;
            let (book, open) = (CreditBook::of(&accounts), self.book(at).await);
            let sum = |of: &dyn Fn(&Fate) -> i64| fates.values().map(of).sum::<i64>();
            assert_eq!((book.issued, book.used, book.moved), (sum(&|fate| fate.issued), sum(&|fate| fate.used), sum(&|fate| fate.moved)));
            assert_eq!((sum(&|fate| fate.gifts), sum(&|fate| fate.traded)), (0, 0), "what one gives or sells, another gets");
            // There are no tokens yet, and nothing expires.
            assert_eq!((book.tokens, book.expired), (0, 0));
            assert_eq!(book.issued, book.held + book.reserved + book.used + book.moved, "{book:?}");
            assert_eq!(accounts.own(AccountCode::EnergyTrade).map_or(0, Account::balance), 0);
            for member in (1..=self.members[at].len() as i64).map(no) {
                let fate = fates.get(&member).copied().unwrap_or_default();
                let (free, reserved) = accounts.energy(member).map_or((0, 0), |account| (account.available(), account.debits_pending));
                assert_eq!(fate.issued + fate.gifts + fate.traded, free + reserved + fate.used + fate.moved, "member {member} of {at}: {fate:?}");
                let offered = open.iter().filter(|row| row.side == Side::Sell && row.member == member).map(|row| row.left().0).sum::<i64>();
                assert_eq!(reserved, offered, "member {member} of {at}");
                assert!(free >= 0);
                self.days_say_the_same(at, member, &fate).await;
            }
            under_way += book.moved;
        }
        under_way
    }

    /// What is kept beside the days, and what a member is shown, is what the ledger holds.
    async fn days_say_the_same(&self, at: usize, member: MemberNo, fate: &Fate) {
        let id = self.clusters[at].id;
        let read = self
            .service
            .store()
            .read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.credit_day_list(id, day(0), day(DAYS + 1), Some(member)).await }));
        let rows = read.await.expect("reads");
        let (banked, used) = rows.iter().fold((0, 0), |(banked, used), row| (banked + row.banked, used + row.used));
        assert_eq!((banked, used), (fate.issued, fate.used), "member {member} of {at}");
    }

    /// What became of each member's credits, counted from the transfers alone.
    async fn fates(&self, at: usize) -> BTreeMap<MemberNo, Fate> {
        let id = self.clusters[at].id;
        let read = self.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.account_list(id).await }));
        let owners: BTreeMap<_, _> = read
            .await
            .expect("reads")
            .into_iter()
            .filter(|account| account.code == AccountCode::MemberEnergy)
            .filter_map(|account| Some((account.no, account.member?)))
            .collect();
        let mut fates: BTreeMap<MemberNo, Fate> = BTreeMap::new();
        for transfer in self.transfers(at).await {
            if transfer.currency != Currency::EnergyWh || matches!(transfer.kind, TransferKind::Pending { .. } | TransferKind::Void { .. }) {
                continue;
            }
            for (account, gets) in [(transfer.credit, transfer.amount), (transfer.debit, -transfer.amount)] {
                let Some(&member) = owners.get(&account) else { continue };
                let fate = fates.entry(member).or_default();
                match transfer.code {
                    TransferCode::CreditBanked => fate.issued += gets,
                    TransferCode::CreditUsed => fate.used -= gets,
                    TransferCode::CreditGift => fate.gifts += gets,
                    TransferCode::CreditMove => fate.moved -= gets,
                    TransferCode::TradeEnergy => fate.traded += gets,
                    other => panic!("{other} moves energy credits"),
                }
            }
        }
        fates
    }

    async fn recount(&self) {
        for cluster in &self.clusters {
            society::recount(&self.service, cluster).await;
        }
    }
}

/// What became of a member's credits, Wh.
#[derive(Debug, Clone, Copy, Default)]
struct Fate {
    issued: i64,
    used: i64,
    gifts: i64,
    traded: i64,
    moved: i64,
}

/// A month of both clusters. What is read, and who moves, depends on the seed alone, not on whether anybody trades.
async fn walk(url: &str, seed: u64, is_trading: bool) -> Walk {
    let mut walk = Walk::open(url).await;
    let (mut read, mut act) = (Dice(seed), Dice(seed ^ 0x5bd1_e995));
    for member in 1..=2 {
        let done = walk.service.surplus_choice_set(Actor::System, &walk.clusters[0], no(member), SurplusChoice::Bank).await;
        walk.answered("chosen", done);
    }
    let start = walk.key();
    walk.service.cover_add(operator(), &walk.clusters[0], CoverSource::Gift, Ngwee(1_500), start).await.expect("adds");
    for at in 0..DAYS {
        walk.day(&mut read, at).await;
        // A move that is through left nothing on the way.
        assert_eq!(walk.check().await, 0, "seed {seed} day {at}");
        if read.below(4) == 0 {
            walk.correct(&mut read, at).await;
            walk.check().await;
        }
        for _ in 0..6 {
            walk.act(&mut act, is_trading).await;
            walk.check().await;
        }
        walk.recount().await;
        match MOVES.iter().position(|on| *on == at) {
            Some(from) => walk.moves(from).await,
            None => continue,
        }
        walk.check().await;
        walk.recount().await;
    }
    walk
}

/// All trades of a cluster, with the orders of both sides.
async fn trades(walk: &Walk, at: usize) -> Vec<(TradeRow, OrderRow, OrderRow)> {
    let id = walk.clusters[at].id;
    let read = walk.service.store().read::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for trade in tx.trade_list(id, i64::MAX, 10_000).await? {
                let buy = tx.order_find(id, trade.buy_order).await?.expect("an order");
                let sell = tx.order_find(id, trade.sell_order).await?.expect("an order");
                found.push((trade, buy, sell));
            }
            Ok(found)
        })
    });
    read.await.expect("reads")
}

/// Nobody pays above a limit or sells below one, trade by trade and over all fills of an order.
fn within_limits(trades: &[(TradeRow, OrderRow, OrderRow)]) {
    let mut fills: BTreeMap<OrderNo, (OrderRow, i64)> = BTreeMap::new();
    for (trade, buy, sell) in trades {
        assert!(buy.price >= trade.price && trade.price >= sell.price, "{trade:?}");
        for order in [buy, sell] {
            fills.entry(order.no).or_insert_with(|| (order.clone(), 0)).1 += 1;
        }
    }
    for (order, count) in fills.values() {
        let limit = i128::from(order.price.0) * i128::from(order.filled.0);
        match order.side {
            Side::Buy => assert!(order.paid <= market::hold(order.filled, order.price), "{order:?}"),
            // Each fill is rounded, to less than a ngwee.
            Side::Sell => assert!(i128::from(order.paid.0 + count) * 1_000 > limit, "{order:?}"),
        }
    }
}

/// What a home would have paid alone since day 0, in milli-ngwee: the bands of the month on what it would have bought, less its exports.
fn alone(walk: &Walk, meter: i64) -> i64 {
    let region = domain::Region::shipped("kabwe").expect("reads").expect("there");
    let (mut bought, mut sold) = (0, 0);
    for at in 0..DAYS {
        for (_, [used, made]) in slots(walk.reads[&(0, at, meter)]) {
            bought += (used - made).max(0);
            sold += (made - used).max(0);
        }
    }
    let (mut cost, mut from) = (0, 0);
    for band in &region.tariff_on(day(0)).expect("a tariff").bands {
        let until = band.up_to.map_or(bought, |up_to| up_to.0.min(bought));
        cost += (until - from).max(0) * band.price.0;
        from = from.max(until);
    }
    cost - sold * region.export_price_on(day(0)).0
}

/// The bills of two months that differ by what was traded: the tariff alone is replayed on the home's own use, whatever it traded; who pays
/// more than alone is told by how much; and the money of trades stands apart from the bill.
async fn billed_alike(traded: &Walk, plain: &Walk, trades: &[(TradeRow, OrderRow, OrderRow)]) {
    assert_eq!(traded.reads, plain.reads);
    // User 2 was elsewhere for some days.
    for member in [1, 3, 4] {
        let of =
            async |walk: &Walk| walk.service.member_statement(Actor::System, &walk.clusters[0], no(member), Some(day(1))).await.expect("a statement");
        let (with, without) = (of(traded).await, of(plain).await);
        // The tariff alone is replayed on the home's own use, whatever it traded.
        assert_eq!(with.days.len(), DAYS as usize);
        for (one, other) in with.days.iter().zip(&without.days) {
            assert_eq!((one.day, one.sums), (other.day, other.sums), "member {member}");
        }
        let (receipt, bill) = (with.receipt.expect("settled"), without.receipt.expect("settled"));
        assert_eq!((receipt.alone, receipt.service_charge), (bill.alone, bill.service_charge));
        let replayed = alone(traded, member);
        assert!((receipt.alone.0 * 1_000 - replayed).abs() <= 500, "member {member}: {} and {replayed}", receipt.alone.0);
        // Who pays more than alone is told by how much.
        let told = match receipt.verdict {
            Verdict::Cheaper(by) => -by.0,
            Verdict::Same => 0,
            Verdict::Dearer(by) => by.0,
        };
        assert_eq!(told, receipt.total.0 - receipt.alone.0);
        // The bill knows nothing of trades: their money has lines of its own, and the book adds up.
        assert_eq!(receipt.total.0, with.days.iter().map(|day| day.posted.0).sum::<i64>());
        assert_eq!(receipt.total.0, receipt.lines.iter().map(|line| line.money.0).sum::<i64>());
        let mut by_code: BTreeMap<&str, i64> = BTreeMap::new();
        for entry in &with.book {
            *by_code.entry(entry.code.as_str()).or_default() += entry.amount.0;
        }
        let of_member = |trade: &TradeRow| i64::from(trade.seller == no(member)) - i64::from(trade.buyer == no(member));
        let net: i64 = trades.iter().map(|(trade, ..)| of_member(trade) * trade.money.0).sum();
        assert_eq!(by_code.get("trade_money").copied().unwrap_or(0), net, "{by_code:?}");
        assert_eq!(with.opening.0 + by_code.values().sum::<i64>(), with.closing.0);
    }
}

test_kit::on_both! {
    /// And a month with trades is billed as one without.
    async fn every_credit_has_one_fate(url: &str) {
        let other = test_kit::sqlite();
        let (traded, plain) = (walk(url, 41, true).await, walk(other.url(), 41, false).await);
        for what in ["short days", "covered days", "chosen", "covered", "given", "standing", "auction", "placed", "cancelled", "moved", "corrected"] {
            assert!(traded.done.get(what).is_some_and(|times| *times > 0), "{what}: {:?}", traded.done);
        }
        let book = CreditBook::of(&accounts(&traded.service, traded.clusters[0].id).await);
        assert!(book.issued > 0 && book.used > 0, "{book:?}");
        let trades = trades(&traded, 0).await;
        assert!(trades.len() > 3, "{} trades", trades.len());
        within_limits(&trades);
        billed_alike(&traded, &plain, &trades).await;
    }
}

#[test]
fn another_month_keeps_it_too() {
    let database = test_kit::sqlite();
    test_kit::run(async { drop(walk(database.url(), 1_000_003, true).await) });
}
