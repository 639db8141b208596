//! Energy credits from the choice to the ledger: banked, covered, used, given, corrected, moved, recounted.

#[allow(dead_code, reason = "other tests use the rest")]
mod society;

use domain::{AccountNo, ClusterKind, Connection, SimulatedClock, TransferNo};
use ledger::{Account, AccountCode, Cause, Currency, Limit, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Ngwee, UtcOffset, WattHours};
use service::cluster::{ClusterFound, ClusterJoin, Household};
use service::policy::Actor;
use service::{CoverSource, CoverView, CreditSum, CreditView, Service, SurplusChoice};
use society::{accounts, day, found, household, import, join, key, no, noon, operator, own, recount, settle, society, user};
use store::StoreError;
use store::tables::{ClusterRow, CreditDayRow};

/// Homes of users 1 to 3 behind one connection: 1 exports all day, 2 exports less, 3 buys. Nobody owns a plant, and no battery is there.
async fn homes(service: &Service, connection: Connection) -> ClusterRow {
    let home = |at: i64| Household { meters: vec![format!("M-{at}")], ..household(&format!("Home {at}"), 2_000) };
    let ask = ClusterFound { connection, ..found("Mulenga Solar Group", ClusterKind::Micro, home(1)) };
    let cluster = service.create_cluster(user(1), ask).await.expect("founds");
    for at in 2..=3 {
        service.join_cluster(user(at), join(&cluster.code, home(at))).await.expect("joins");
    }
    cluster
}

/// Readings of a day: what each home uses at night only, and makes by day only, so that nothing is shared.
fn readings(at: i32, made: [i64; 2], used: i64) -> String {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for (meter, used, made) in [("M-1", 0, made[0]), ("M-2", 0, made[1]), ("M-3", used, 0)] {
        for slot in 0..96 {
            let (used, made) = if (40..50).contains(&slot) {
                (0, made)
            } else if slot < 10 {
                (used, 0)
            } else {
                (0, 0)
            };
            text.push_str(&format!("{meter},{}T{:02}:{:02}:00+02:00,{used},{made}\n", day(at), slot / 4, slot % 4 * 15));
        }
    }
    text
}

async fn settled(service: &Service, clock: &SimulatedClock, cluster: &ClusterRow, at: i32, text: &str) {
    clock.set(noon(at + 1));
    assert_eq!(import(service, cluster, text).await, Vec::<&str>::new());
    assert!(settle(service, cluster).await.contains(&(at, 1)), "day {at} is posted");
}

async fn view(service: &Service, cluster: &ClusterRow, member: i64) -> CreditView {
    service.credit_view(Actor::System, cluster, no(member)).await.expect("a view")
}

/// Home 1 sells energy to home 3, which gets the money for it from outside.
async fn sold(service: &Service, cluster: &ClusterRow, energy: i64) {
    let (id, now, books) = (cluster.id, service.now(), accounts(service, cluster.id).await);
    let line = TransferCreate {
        key: key("money of home 3"),
        debit: books.own_no(AccountCode::Bank).expect("a bank"),
        credit: books.member(no(3)).expect("a member").wallet.no,
        amount: 100_000,
        code: TransferCode::TopUp,
        kind: TransferKind::Posted,
        cause: Cause::NONE,
        business_on: BusinessDay::of(now, UtcOffset::LUSAKA),
        actor: 0,
        linked: false,
    };
    let pay = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.transfers_execute(id, now, &[line]).await }));
    assert!(matches!(pay.await.expect("pays")[..], [Outcome::Created(_)]));
    let mut traded = 0;
    for (member, side, name) in [(1, market::Side::Sell, "sells"), (3, market::Side::Buy, "buys")] {
        let (price, energy) = (quantity::PricePerKwh(150), WattHours(energy));
        let new = service::trade::OrderCreate { member: no(member), side, price, energy, expires_at: None, at_version: None, key: key(name) };
        traded = service.order_place(Actor::System, cluster, new).await.expect("places").trades.len();
    }
    assert_eq!(traded, 1);
}

/// Whether home 1 kept what it sold, and whether it broke it.
async fn reliable(service: &Service, cluster: &ClusterRow) -> (bool, bool) {
    let evidence = service.reputation_of(Actor::System, cluster, no(1)).await.expect("reads").seller.evidence;
    (evidence.kept > 0, evidence.broken > 0)
}

/// A small deterministic source of numbers below `most`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % most.unsigned_abs()) as i64
    }
}

async fn cover(service: &Service, cluster: &ClusterRow) -> CoverView {
    let view = service.cover_view(Actor::System, cluster).await.expect("a view");
    assert!(view.credits.is_whole(), "{view:?}");
    view
}

async fn bank(service: &Service, cluster: &ClusterRow, member: i64) {
    let chosen = service.surplus_choice_set(user(member), cluster, no(member), SurplusChoice::Bank).await.expect("chooses");
    assert_eq!(chosen.choice, SurplusChoice::Bank);
}

async fn add_cover(service: &Service, cluster: &ClusterRow, ngwee: i64, name: &str) -> Ngwee {
    service.cover_add(operator(), cluster, CoverSource::Gift, Ngwee(ngwee), key(name)).await.expect("adds").fund
}

fn code<T: std::fmt::Debug>(result: Result<T, service::ServiceError>) -> &'static str {
    result.expect_err("is refused").code()
}

/// What every member was posted and has, and the accounts of the cluster that days move.
async fn money(service: &Service, cluster: &ClusterRow) -> Vec<i64> {
    let book = accounts(service, cluster.id).await;
    let mut sums: Vec<i64> = (1..=3).map(|at| book.member(no(at)).expect("a member").balance()).collect();
    for code in [AccountCode::UtilityPayable, AccountCode::UtilityReceivable, AccountCode::MaintenanceFund, AccountCode::CreditFund] {
        sums.push(book.own(code).map_or(0, ledger::Account::balance));
    }
    sums
}

test_kit::on_both! {
    async fn banking_waits_for_cover_and_credits_are_used_first(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        settled(&service, &clock, &cluster, 0, &readings(0, [500, 100], 0)).await;
        // Without a choice everybody is paid.
        assert_eq!((view(&service, &cluster, 1).await.available, cover(&service, &cluster).await.credits.issued), (WattHours(0), 0));
        bank(&service, &cluster, 1).await;
        let told = view(&service, &cluster, 1).await;
        assert_eq!((told.choice, told.next.map(|next| next.from_day)), (SurplusChoice::Paid, Some(day(2))));
        settled(&service, &clock, &cluster, 1, &readings(1, [500, 100], 0)).await;
        // The choice holds from day 2 on, and there is no cover yet: paid as before.
        settled(&service, &clock, &cluster, 2, &readings(2, [500, 100], 0)).await;
        assert_eq!(cover(&service, &cluster).await.credits.issued, 0);
        assert!(!cover(&service, &cluster).await.is_banking_open);

        add_cover(&service, &cluster, 1_000, "first").await;
        assert!(cover(&service, &cluster).await.is_banking_open);
        settled(&service, &clock, &cluster, 3, &readings(3, [500, 100], 0)).await;
        let covered = cover(&service, &cluster).await;
        assert!(covered.credits.issued > 0 && covered.credits.issued <= 5_000, "{covered:?}");
        assert!(covered.fund.0 * 1000 >= covered.credits.outstanding() * covered.price.0, "{covered:?}");
        assert_eq!(view(&service, &cluster, 2).await.available, WattHours(0), "who did not choose is paid");
        add_cover(&service, &cluster, 10_000, "second").await;
        settled(&service, &clock, &cluster, 4, &readings(4, [500, 100], 0)).await;
        let banked = view(&service, &cluster, 1).await;
        assert_eq!(banked.available.0, covered.credits.issued + 5_000);

        // Given to the home that buys, they are used before anything is bought; the fund pays.
        let gift = service.credit_give(user(1), &cluster, no(1), no(3), WattHours(1_200), key("gift")).await.expect("gives");
        let again = service.credit_give(user(1), &cluster, no(1), no(3), WattHours(1_200), key("gift")).await.expect("gives once");
        assert_eq!((gift, view(&service, &cluster, 3).await.available), (again, WattHours(1_200)));
        let (before, fund) = (money(&service, &cluster).await, own(&service, &cluster, AccountCode::CreditFund).await);
        settled(&service, &clock, &cluster, 5, &readings(5, [0, 0], 100)).await;
        let used = view(&service, &cluster, 3).await;
        assert_eq!((used.available, used.month.used, cover(&service, &cluster).await.credits.used), (WattHours(200), 1_000, 1_000));
        assert_eq!(money(&service, &cluster).await[2], before[2], "nothing is billed");
        assert!(own(&service, &cluster, AccountCode::CreditFund).await < fund);

        // The statement says so, and its lines still add up.
        let statement = service.member_statement(Actor::System, &cluster, no(1), None).await.expect("a statement");
        let receipt = statement.receipt.expect("settled");
        assert_eq!(receipt.lines.iter().map(|line| line.money.0).sum::<i64>(), receipt.total.0);
        assert_eq!(statement.credits, CreditSum { ..view(&service, &cluster, 1).await.month });
        assert_eq!(statement.opening.0 + statement.book.iter().map(|line| line.amount.0).sum::<i64>(), statement.closing.0, "no Wh among ngwee");
        // Settling again without a change does nothing.
        assert_eq!(settle(&service, &cluster).await, []);
    }

    /// Choices, gifts, cover and corrections as they come: after each step everything is recounted, the fund is not below zero, nobody has
    /// credits that nobody issued, and who buys pays no more than without credits.
    async fn a_month_with_everything_at_once(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        let mut dice = Dice(7);
        add_cover(&service, &cluster, 2_000, "start").await;
        let mut banked_days = 0;
        for at in 0..30 {
            let made = [dice.below(400), dice.below(300)];
            let used = dice.below(250);
            let was = cover(&service, &cluster).await.credits.issued;
            settled(&service, &clock, &cluster, at, &readings(at, made, used)).await;
            banked_days += i64::from(cover(&service, &cluster).await.credits.issued != was);
            let member = dice.below(3) + 1;
            match dice.below(6) {
                0 | 1 => bank(&service, &cluster, member).await,
                2 => drop(service.surplus_choice_set(user(member), &cluster, no(member), SurplusChoice::Paid).await.expect("chooses")),
                3 => drop(add_cover(&service, &cluster, dice.below(3_000) + 1, &format!("cover {at}")).await),
                4 if at > 2 => {
                    let day = at - 1 - i32::try_from(dice.below(3)).expect("small").min(at - 1);
                    import(&service, &cluster, &readings(day, [dice.below(400), dice.below(300)], dice.below(250))).await;
                    settle(&service, &cluster).await;
                    assert_eq!(settle(&service, &cluster).await, [], "done at once");
                }
                _ => {
                    for giver in [1, 2] {
                        let (wh, key) = (view(&service, &cluster, giver).await.available, key(&format!("gift {giver} {at}")));
                        if wh.0 > 0 {
                            let gift = WattHours(dice.below(wh.0) + 1);
                            service.credit_give(user(giver), &cluster, no(giver), no(3), gift, key).await.expect("gives");
                        }
                    }
                }
            }
            assert!(cover(&service, &cluster).await.fund.0 >= 0);
        }
        assert!(banked_days > 5, "{banked_days} days moved credits");
        let book = cover(&service, &cluster).await.credits;
        assert!(book.used > 0 && book.issued > book.used, "{book:?}");
        for member in 1..=3 {
            let statement = service.member_statement(Actor::System, &cluster, no(member), Some(day(1))).await.expect("a statement");
            let receipt = statement.receipt.expect("settled");
            assert_eq!(receipt.lines.iter().map(|line| line.money.0).sum::<i64>(), receipt.total.0);
            assert_eq!(statement.opening.0 + statement.book.iter().map(|line| line.amount.0).sum::<i64>(), statement.closing.0);
            let rounding = receipt.lines.iter().find(|line| line.kind.as_str() == "rounding").map_or(0, |line| line.money.0);
            assert!(rounding.abs() <= 20, "what lines say is what was posted, up to the rounding of days: {receipt:?}");
        }
    }

    async fn a_day_settled_again_moves_the_difference_only(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        bank(&service, &cluster, 1).await;
        add_cover(&service, &cluster, 50_000, "cover").await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [500, 0], 0)).await;
        settled(&service, &clock, &cluster, 2, &readings(2, [0, 0], 0)).await;
        assert_eq!(view(&service, &cluster, 1).await.available, WattHours(5_000));
        sold(&service, &cluster, 4_000).await;
        assert_eq!(reliable(&service, &cluster).await, (true, false));
        let before = money(&service, &cluster).await;

        // Marked and settled again: the same, though credits have moved since.
        let id = cluster.id;
        let mark = || service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.day_mark_dirty(id, day(1)).await }));
        mark().await.expect("marks");
        assert_eq!(settle(&service, &cluster).await, [(1, 1)]);
        assert_eq!(money(&service, &cluster).await, before);

        // 1000 Wh were exported, not 5000: what is left with the member goes back, the rest is bought back.
        clock.set(noon(4));
        import(&service, &cluster, &readings(1, [100, 0], 0)).await;
        assert_eq!(settle(&service, &cluster).await[0], (1, 2));
        let told = view(&service, &cluster, 1).await;
        assert_eq!((told.available, told.month.banked, told.month.bought_back), (WattHours(0), 1_000, 3_000));
        assert_eq!(reliable(&service, &cluster).await, (false, true), "a quarter of what was sold was there");
        assert_eq!(cover(&service, &cluster).await.credits.outstanding(), 4_000);
        let after = money(&service, &cluster).await;
        assert!(after[0] < before[0], "member 1 pays for what it sold and never had: {before:?} {after:?}");
        assert_eq!(after[2], before[2], "who bought it keeps it");
        let covered = cover(&service, &cluster).await;
        assert!(covered.fund.0 * 1000 >= covered.credits.outstanding() * covered.price.0);
        mark().await.expect("marks");
        assert_eq!(settle(&service, &cluster).await, [(1, 2)]);
        assert_eq!(money(&service, &cluster).await, after);

        // The meter says 5000 again, by a value of its own: the money comes back, and what was taken back is banked again.
        clock.set(noon(5));
        import(&service, &cluster, &readings(1, [501, 0], 0)).await;
        settle(&service, &cluster).await;
        let told = view(&service, &cluster, 1).await;
        assert_eq!((told.month.banked, told.month.bought_back), (5_010, 0));
        assert_eq!(reliable(&service, &cluster).await, (true, false));
        assert_eq!(cover(&service, &cluster).await.credits.outstanding(), 5_010);
    }

    async fn imports_that_fall_give_credits_back(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        bank(&service, &cluster, 1).await;
        add_cover(&service, &cluster, 50_000, "cover").await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [500, 0], 0)).await;
        service.credit_give(user(1), &cluster, no(1), no(3), WattHours(3_000), key("gift")).await.expect("gives");
        settled(&service, &clock, &cluster, 2, &readings(2, [0, 0], 200)).await;
        assert_eq!((view(&service, &cluster, 3).await.available, view(&service, &cluster, 3).await.month.used), (WattHours(1_000), 2_000));
        clock.set(noon(4));
        import(&service, &cluster, &readings(2, [0, 0], 50)).await;
        settle(&service, &cluster).await;
        assert_eq!((view(&service, &cluster, 3).await.available, view(&service, &cluster, 3).await.month.used), (WattHours(2_500), 500));
        // More than was known: met with credits too, as far as they go.
        clock.set(noon(5));
        import(&service, &cluster, &readings(2, [0, 0], 400)).await;
        settle(&service, &cluster).await;
        assert_eq!((view(&service, &cluster, 3).await.available, view(&service, &cluster, 3).await.month.used), (WattHours(0), 3_000));
    }

    async fn who_had_left_buys_back_what_it_gave_away(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        bank(&service, &cluster, 2).await;
        add_cover(&service, &cluster, 50_000, "cover").await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [0, 300], 0)).await;
        service.credit_give(user(2), &cluster, no(2), no(3), WattHours(2_000), key("gift")).await.expect("gives");
        let id = cluster.id;
        let leave = service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.member_leave(id, no(2), day(1)).await?;
                tx.day_mark_dirty(id, day(1)).await
            })
        });
        leave.await.expect("leaves");
        settle(&service, &cluster).await;
        let told = view(&service, &cluster, 2).await;
        assert_eq!((told.available, told.month.banked, told.month.bought_back), (WattHours(0), 0, 2_000));
        assert_eq!(settle(&service, &cluster).await, []);
        // Who has left takes no gift and makes no choice, and may still give.
        assert_eq!(code(service.credit_give(user(3), &cluster, no(3), no(2), WattHours(1), key("back")).await), "member_left");
        assert_eq!(code(service.surplus_choice_set(Actor::System, &cluster, no(2), SurplusChoice::Paid).await), "member_left");
    }

    async fn the_utility_banks_for_members_with_own_contracts(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::Separate).await;
        bank(&service, &cluster, 1).await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        let before = money(&service, &cluster).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [500, 0], 0)).await;
        let covered = cover(&service, &cluster).await;
        assert_eq!((covered.credits.issued, covered.covered, covered.is_banking_open), (5_000, WattHours(5_000), true));
        assert_eq!(money(&service, &cluster).await, before, "what the utility banks does not pass through the books");
    }

    async fn gifts_and_cover_are_refused_for_what_they_ask(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        let give = |from: i64, to: i64, wh: i64, name: &str| {
            let (service, cluster, key) = (service.clone(), cluster.clone(), key(name));
            async move { service.credit_give(user(from), &cluster, no(from), no(to), WattHours(wh), key).await }
        };
        assert_eq!(code(give(1, 2, 0, "a").await), "credit_amount");
        assert_eq!(code(give(1, 2, 1_000_001, "a").await), "credit_amount");
        assert_eq!(code(give(1, 1, 5, "a").await), "credit_self");
        assert_eq!(code(give(1, 2, 5, "a").await), "credit_short");
        assert_eq!(code(give(1, 9, 5, "a").await), "member_unknown");
        assert_eq!(code(service.credit_give(user(2), &cluster, no(1), no(2), WattHours(5), key("a")).await), "not_allowed");
        assert_eq!(code(service.cover_add(operator(), &cluster, CoverSource::Gift, Ngwee(0), key("b")).await), "cover_amount");
        assert_eq!(code(service.cover_add(operator(), &cluster, CoverSource::Operating, Ngwee(5), key("b")).await), "fund_short");
        assert_eq!(code(service.cover_add(user(1), &cluster, CoverSource::Gift, Ngwee(5), key("b")).await), "not_allowed");
        assert_eq!(add_cover(&service, &cluster, 50_000, "cover").await, Ngwee(50_000));
        assert_eq!(add_cover(&service, &cluster, 50_000, "cover").await, Ngwee(50_000), "once");
        assert_eq!(code(service.cover_add(operator(), &cluster, CoverSource::Gift, Ngwee(7), key("cover")).await), "key_reused");
        bank(&service, &cluster, 1).await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [100, 0], 0)).await;
        give(1, 2, 400, "c").await.expect("gives");
        assert_eq!(code(give(1, 2, 401, "c").await), "key_reused");
        assert_eq!(code(give(1, 3, 601, "d").await), "credit_short");
        give(1, 3, 600, "d").await.expect("the same key again, now with what is there");
        recount(&service, &cluster).await;
    }

    async fn a_changed_credit_is_told(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        bank(&service, &cluster, 1).await;
        add_cover(&service, &cluster, 50_000, "cover").await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [500, 0], 0)).await;
        let id = cluster.id;
        let rows = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.credit_day_list(id, day(1), day(2), None).await }));
        let kept = rows.await.expect("reads")[0];
        let put = |row: CreditDayRow| {
            let write = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.credit_day_put(id, &[row]).await }));
            async move { write.await.expect("writes") }
        };
        for row in [CreditDayRow { banked: 4_999, ..kept }, CreditDayRow { used: 1, ..kept }, CreditDayRow { banked_money: 1, ..kept }, CreditDayRow { member: no(2), ..kept }] {
            put(row).await;
            assert_eq!(problems(&service, &cluster).await, ["credit_day_differs"], "{row:?}");
            put(kept).await;
            put(CreditDayRow { banked: 0, used: 0, bought_back: 0, banked_money: 0, used_money: 0, bought_back_money: 0, member: no(2), ..kept }).await;
            recount(&service, &cluster).await;
        }
        // A choice that was never made; a fund that got something else; an account with other credits.
        let edit = service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let mut choice = tx.surplus_choice_list(id, Some(no(1))).await?[0];
                choice.choice = SurplusChoice::Paid;
                tx.surplus_choice_put(id, &choice).await?;
                let mut row = tx.day_find(id, day(1)).await?.expect("a day");
                row.credit_fund = Ngwee(row.credit_fund.0 + 1);
                tx.day_put(id, &row).await?;
                let mut accounts = tx.account_list(id).await?;
                accounts.retain(|account| account.code == AccountCode::MemberEnergy);
                accounts[0].credits_posted += 1;
                tx.account_put(id, &accounts).await
            })
        });
        edit.await.expect("edits");
        let found = problems(&service, &cluster).await;
        for code in ["credit_fate_differs", "day_bill_differs", "posting_differs", "credit_identity_differs"] {
            assert!(found.contains(&code), "{code} is not in {found:?}");
        }
    }

    async fn credits_move_with_their_cover(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::OnePoint).await;
        let ask = ClusterFound { connection: Connection::OffGrid, ..found("Bwacha Lights", ClusterKind::Micro, household("Bwacha 1", 2_000)) };
        let other = service.create_cluster(user(8), ask).await.expect("founds");
        for member in [1, 2] {
            bank(&service, &cluster, member).await;
        }
        add_cover(&service, &cluster, 50_000, "cover").await;
        settled(&service, &clock, &cluster, 0, &readings(0, [0, 0], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [600, 200], 0)).await;
        let fund = own(&service, &cluster, AccountCode::CreditFund).await;
        let moving = || {
            let ask = join(&other.code, household("Home 2", 2_000));
            service.join_cluster(user(2), ClusterJoin { move_from: Some((cluster.code.clone(), no(2))), key: key("move"), ..ask })
        };
        reserve(&service, &cluster, TransferKind::Pending { expires_at: None }).await;
        let held = view(&service, &cluster, 2).await;
        assert_eq!((held.available, held.reserved), (WattHours(1_500), WattHours(500)));
        recount(&service, &cluster).await;
        assert_eq!(code(moving().await), "orders_open");
        let hold = last_transfer(&service, &cluster).await;
        reserve(&service, &cluster, TransferKind::Void { pending: hold }).await;
        moving().await.expect("moves");
        settled(&service, &clock, &cluster, 2, &readings(2, [0, 0], 0)).await;
        clock.set(noon(4));
        let report = service.clearing_check(operator()).await.expect("checks");
        assert_eq!((report.differences.len(), report.failed), (0, Vec::new()));
        let (here, there) = (cover(&service, &cluster).await, cover(&service, &other).await);
        assert_eq!((here.credits.outstanding(), here.credits.moved, here.credits.issued), (6_000, 2_000, 8_000));
        assert_eq!((there.credits.outstanding(), there.credits.moved, there.credits.issued), (2_000, -2_000, 0));
        assert_eq!((here.fund.0 + there.fund.0, there.fund.0), (fund, fund * 2_000 / 8_000), "a part of the cover goes along");
        let moves = service.member_moves(Actor::System, &cluster, no(2)).await.expect("moves");
        assert_eq!(moves[0].energy.iter().map(|told| (told.leg.amount.0, told.leg.is_arrived)).collect::<Vec<_>>(), [(2_000, true)]);
        assert!(moves[0].legs.iter().all(|told| told.leg.account != AccountCode::CreditFund));
        recount(&service, &cluster).await;
        recount(&service, &other).await;
        service.clearing_check(operator()).await.expect("checks");
        assert_eq!(cover(&service, &other).await.credits.outstanding(), 2_000, "once");
    }
}

/// Reserves 500 Wh of member 2 as an order does, or gives them free again.
async fn reserve(service: &Service, cluster: &ClusterRow, kind: TransferKind) {
    let (id, now) = (cluster.id, service.now());
    let write = service.store().write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            tx.cluster_turn(id).await?;
            let known = tx.account_list(id).await?;
            let trade = match known.iter().find(|account| account.code == AccountCode::EnergyTrade) {
                Some(account) => account.no,
                None => {
                    let no = AccountNo::new(tx.numbers_take(id, "account", 1).await?).expect("a number");
                    tx.account_put(id, &[Account::new(no, Currency::EnergyWh, AccountCode::EnergyTrade, None, Limit::None)]).await?;
                    no
                }
            };
            let energy = known.iter().find(|account| account.code == AccountCode::MemberEnergy && account.member == Some(no(2))).expect("credits");
            let command = TransferCreate {
                key: key(kind.as_str()),
                debit: energy.no,
                credit: trade,
                amount: 500,
                code: TransferCode::TradeEnergy,
                kind,
                cause: Cause::NONE,
                business_on: BusinessDay::of(now, UtcOffset::LUSAKA),
                actor: 0,
                linked: false,
            };
            tx.transfers_execute(id, now, &[command]).await
        })
    });
    assert!(matches!(write.await.expect("books")[..], [Outcome::Created(_)]));
}

async fn last_transfer(service: &Service, cluster: &ClusterRow) -> TransferNo {
    let id = cluster.id;
    let head = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.ledger_head_find(id).await }));
    TransferNo::new(head.await.expect("reads").expect("a head").next_transfer_no - 1).expect("a number")
}

async fn problems(service: &Service, cluster: &ClusterRow) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> =
        service.cluster_verify(Actor::System, cluster).await.expect("verifies").problems.iter().map(|problem| problem.code).collect();
    codes.dedup();
    codes
}

test_kit::on_both! {
    async fn a_home_knows_what_it_usually_has_over(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = homes(&service, Connection::Separate).await;
        let of = async |member: i64| {
            let own = service.own_position(user(member), &cluster, no(member)).await.expect("reads");
            (own.spare_day.map(|energy| energy.0), own.spare_left.map(|energy| energy.0))
        };
        assert_eq!(of(1).await, (None, None), "nothing is known before the first whole day");
        settled(&service, &clock, &cluster, 0, &readings(0, [500, 100], 0)).await;
        settled(&service, &clock, &cluster, 1, &readings(1, [300, 100], 0)).await;
        // Ten quarters of an hour from ten on: at noon two of them are ahead.
        assert_eq!((of(1).await, of(2).await), ((Some(4_000), Some(800)), (Some(1_000), Some(200))));
        assert_eq!(of(3).await, (Some(0), Some(0)));
        clock.set(noon(2).plus_ms(3_600_000));
        assert_eq!(of(1).await, (Some(4_000), Some(0)), "the sun is gone");
    }
}
