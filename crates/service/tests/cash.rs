//! The cash desk on both engines: what comes in, what goes out with two keys, and that the books stay whole.

#[allow(dead_code, reason = "other tests use the rest")]
mod society;

use domain::{ClusterKind, MemberNo, PayoutNo, Role};
use ledger::AccountCode;
use quantity::Ngwee;
use service::cluster::{CASH_MAX, ClusterJoin, Household, PAYOUT_DAYS};
use service::policy::Actor;
use service::{Payout, Service, ServiceError, notice_text};
use society::{
    accounts, balances, day, household, import, joins, key, no, noon, operator, own, person, recount, settle, society, user, user_id, village,
};
use store::tables::{ClusterRow, PayoutState};

fn code<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> &'static str {
    result.expect_err("refused").code()
}

/// A village of three homes; user 1 is chair and treasurer of home 1.
async fn desk(service: &Service) -> ClusterRow {
    village(service, 3).await
}

async fn receive(service: &Service, cluster: &ClusterRow, who: Actor, member: i64, ngwee: i64, paper: &str) -> Result<(i64, i64), ServiceError> {
    let got = service.cash_receive(who, cluster, no(member), Ngwee(ngwee), paper, key(paper)).await?;
    Ok((got.debt.0, got.wallet.0))
}

async fn ask(service: &Service, cluster: &ClusterRow, member: i64, ngwee: i64, text: &str) -> Result<Payout, ServiceError> {
    service.payout_ask(user(member), cluster, no(member), Ngwee(ngwee), key(text)).await
}

/// Lets a member owe: an unpaid energy day, as settling books it.
async fn owes(service: &Service, cluster: &ClusterRow, member: i64, ngwee: i64) {
    let book = accounts(service, cluster.id).await;
    let command = ledger::TransferCreate {
        key: key(&format!("owes {member} {ngwee}")),
        debit: book.member(no(member)).expect("a member").receivable.no,
        credit: book.own_no(AccountCode::UtilityPayable).expect("an account"),
        amount: ngwee,
        code: ledger::TransferCode::Arrears,
        kind: ledger::TransferKind::Posted,
        cause: ledger::Cause::NONE,
        business_on: day(0),
        actor: 0,
        linked: false,
    };
    let (id, now) = (cluster.id, service.now());
    let done = service.store().write::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.transfers_execute(id, now, &[command]).await }));
    assert!(matches!(done.await.expect("books")[..], [ledger::Outcome::Created(_)]));
}

/// Bank, wallet, receivable, and what of the wallet is held.
async fn seen(service: &Service, cluster: &ClusterRow, member: i64) -> (i64, i64, i64, i64) {
    let (wallet, receivable, _) = balances(service, cluster, member).await;
    let held = accounts(service, cluster.id).await.member(no(member)).expect("a member").wallet.debits_pending;
    (own(service, cluster, AccountCode::Bank).await, wallet, receivable, held)
}

/// The texts of a user's notices, the oldest first.
async fn told(service: &Service, who: i64) -> Vec<String> {
    let notices = service.notice_list(user(who), None, 50).await.expect("reads");
    let say = message::Say::new(domain::Language::En);
    notices.iter().rev().map(|notice| notice_text(say, notice).unwrap_or_else(|| panic!("{} has no text", notice.kind))).collect()
}

async fn texts(service: &Service) -> Vec<(String, String)> {
    let rows = service.sms_list(Actor::System, None, 50).await.expect("reads");
    rows.into_iter().rev().map(|sms| (sms.kind, sms.body)).collect()
}

fn payout(number: i64) -> PayoutNo {
    PayoutNo::new(number).expect("a number")
}

test_kit::on_both! {
    async fn cash_pays_the_debt_first_and_the_rest_is_the_members(url: &str) {
        let (service, _) = society(url).await;
        person(&service, 2, "Bwalya", "0971000002").await;
        let cluster = desk(&service).await;
        owes(&service, &cluster, 2, 3_000).await;
        // Part of the debt, the rest and more, and again when nothing is owed.
        for (ngwee, paper, divided, after) in [
            (1_000, "A-1", (1_000, 0), (-1_000, 0, -2_000, 0)),
            (5_000, "A-2", (2_000, 3_000), (-6_000, 3_000, 0, 0)),
            (700, "A-3", (0, 700), (-6_700, 3_700, 0, 0)),
        ] {
            for _ in 0..2 {
                assert_eq!(receive(&service, &cluster, user(1), 2, ngwee, paper).await.expect("writes"), divided, "{paper}, also again");
                assert_eq!(seen(&service, &cluster, 2).await, after, "{paper}");
            }
        }
        recount(&service, &cluster).await;
        let told = told(&service, 2).await;
        assert_eq!(told[told.len() - 3..], [
            "You paid K10.00 in cash to Mulenga Solar Group. K10.00 of it paid your debt. You now have -K20.00.",
            "You paid K50.00 in cash to Mulenga Solar Group. K20.00 of it paid your debt. You now have K30.00.",
            "You paid K7.00 in cash to Mulenga Solar Group. You now have K37.00.",
        ].map(|text| text.replace('-', "\u{2212}")), "once each");
        assert_eq!(texts(&service).await.len(), 3);
        let rows = service.cash_list(user(1), &cluster).await.expect("lists");
        assert_eq!(rows.iter().map(|row| (row.reference.as_str(), row.amount.0, row.debt.0)).collect::<Vec<_>>(), [
            ("A-3", 700, 0), ("A-2", 5_000, 2_000), ("A-1", 1_000, 1_000),
        ]);
    }

    async fn cash_that_cannot_be_is_refused_and_leaves_no_trace(url: &str) {
        let (service, _) = society(url).await;
        let cluster = desk(&service).await;
        receive(&service, &cluster, user(1), 2, 1_000, "A-1").await.expect("writes");
        let before = seen(&service, &cluster, 2).await;
        let desk = |who, member, ngwee, paper: &'static str| receive(&service, &cluster, who, member, ngwee, paper);
        assert_eq!(code(desk(user(2), 3, 100, "B").await), "not_allowed");
        assert_eq!(code(desk(Actor::Nobody, 3, 100, "B").await), "sign_in_needed");
        for ngwee in [0, -5, CASH_MAX.0 + 1] {
            assert_eq!(code(desk(user(1), 2, ngwee, "B").await), "cash_over");
        }
        for paper in ["", "  ", "a\nb", "12345678901234567890123456789012345678901"] {
            assert_eq!(code(desk(user(1), 2, 100, paper).await), "name_invalid");
        }
        assert_eq!(code(desk(user(1), 9, 100, "B").await), "member_unknown");
        // The same key for another amount; the same paper under another key.
        assert_eq!(code(desk(user(1), 2, 1_001, "A-1").await), "key_reused");
        let again = service.cash_receive(user(1), &cluster, no(3), Ngwee(1_000), " A-1 ", key("other")).await;
        assert_eq!(code(again), "reference_used");
        assert_eq!(seen(&service, &cluster, 2).await, before);
        // What was refused may be sent again, mended, under the same key.
        assert_eq!(receive(&service, &cluster, user(1), 2, CASH_MAX.0, "B").await.expect("writes"), (0, CASH_MAX.0));
        recount(&service, &cluster).await;
    }

    async fn nobody_is_the_desk_of_ones_own_household(url: &str) {
        let (service, _) = society(url).await;
        let cluster = desk(&service).await;
        assert_eq!(code(receive(&service, &cluster, user(1), 1, 100, "O-1").await), "own_household");
        assert_eq!(receive(&service, &cluster, operator(), 1, 5_000, "O-1").await.expect("the operator does it"), (0, 5_000));
        let asked = ask(&service, &cluster, 1, 2_000, "mine").await.expect("asks");
        assert_eq!(code(service.payout_confirm(user(1), &cluster, asked.row.no).await), "own_household");
        // An operator who is the only officer and lives there may; as soon as there is another officer, no longer.
        let Actor::User { session, .. } = user(1) else { panic!("a user") };
        let both = Actor::User { id: user_id(1), session, is_operator: true };
        assert_eq!(receive(&service, &cluster, both, 1, 100, "O-2").await.expect("nobody else can"), (0, 100));
        service.role_set(user(1), &cluster, no(2), user_id(2), Role::Treasurer, true).await.expect("gives");
        assert_eq!(code(receive(&service, &cluster, both, 1, 100, "O-3").await), "own_household");
        assert_eq!(code(service.payout_confirm(both, &cluster, asked.row.no).await), "own_household");
        let paid = service.payout_confirm(user(2), &cluster, asked.row.no).await.expect("confirms");
        assert_eq!((paid.row.state, paid.row.ended_by), (PayoutState::Paid, Some(2)));
        assert_eq!(seen(&service, &cluster, 1).await, (-3_100, 3_100, 0, 0));
        recount(&service, &cluster).await;
    }

    async fn a_payout_is_held_and_then_paid_once(url: &str) {
        let (service, clock) = society(url).await;
        person(&service, 2, "Bwalya", "0971000002").await;
        let cluster = desk(&service).await;
        receive(&service, &cluster, user(1), 2, 10_000, "A-1").await.expect("writes");
        let asked = ask(&service, &cluster, 2, 6_000, "one").await.expect("asks");
        assert_eq!((asked.row.no, asked.row.state, asked.alias.as_str()), (payout(1), PayoutState::Open, "Home 2"));
        assert_eq!(ask(&service, &cluster, 2, 6_000, "one").await.expect("the same"), asked);
        assert_eq!(code(ask(&service, &cluster, 2, 6_001, "one").await), "key_reused");
        assert_eq!(code(ask(&service, &cluster, 2, 4_001, "two").await), "exceeds_credits");
        assert_eq!(code(ask(&service, &cluster, 2, 0, "two").await), "cash_over");
        let foreign = service.payout_ask(user(1), &cluster, no(2), Ngwee(1), key("foreign")).await;
        assert_eq!(code(foreign), "not_allowed");
        assert_eq!(seen(&service, &cluster, 2).await, (-10_000, 10_000, 0, 6_000), "held, not gone");
        recount(&service, &cluster).await;
        // Who sees what waits.
        let open = service.payout_list(user(1), &cluster, None).await.expect("lists");
        assert_eq!(open, std::slice::from_ref(&asked));
        assert_eq!(service.payout_list(user(2), &cluster, Some(no(2))).await.expect("lists"), open);
        assert_eq!(code(service.payout_list(user(2), &cluster, None).await), "not_allowed");
        assert_eq!(code(service.payout_list(user(3), &cluster, Some(no(2))).await), "not_allowed");
        // Confirmed by two at once and again later: paid once.
        assert_eq!(code(service.payout_confirm(user(2), &cluster, payout(1)).await), "not_allowed");
        assert_eq!(code(service.payout_confirm(user(1), &cluster, payout(9)).await), "payout_unknown");
        let (a, b) = tokio::join!(service.payout_confirm(user(1), &cluster, payout(1)), service.payout_confirm(operator(), &cluster, payout(1)));
        assert_eq!((a.expect("confirms").row, PayoutState::Paid), { let row = b.expect("confirms").row; (row, row.state) });
        clock.set(noon(40));
        assert_eq!(service.payout_confirm(user(1), &cluster, payout(1)).await.expect("the same").row.state, PayoutState::Paid);
        assert_eq!(seen(&service, &cluster, 2).await, (-4_000, 4_000, 0, 0));
        assert_eq!(code(service.payout_cancel(user(2), &cluster, no(2), payout(1)).await), "payout_paid");
        assert_eq!(service.payout_list(user(1), &cluster, None).await.expect("lists"), []);
        recount(&service, &cluster).await;
        let mut kinds: Vec<String> = texts(&service).await.into_iter().map(|(kind, _)| kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["cash-in", "payout-asked", "payout-paid"]);
        let member = told(&service, 2).await;
        assert_eq!(member[member.len() - 1], "Mulenga Solar Group gave you K60.00 in cash, payout 1. If you did not get it, tell your chair now.");
        let officer = told(&service, 1).await;
        assert!(officer.iter().any(|text| text == "Home 2 asks Mulenga Solar Group for K60.00 in cash. The payout has number 1."), "{officer:?}");
    }

    async fn a_payout_is_cancelled_or_paid_never_both(url: &str) {
        let (service, _) = society(url).await;
        let cluster = desk(&service).await;
        receive(&service, &cluster, user(1), 2, 10_000, "A-1").await.expect("writes");
        for (at, by) in [(1, user(2)), (2, user(1))] {
            ask(&service, &cluster, 2, 9_000, &format!("ask {at}")).await.expect("asks");
            for _ in 0..2 {
                assert_eq!(service.payout_cancel(by, &cluster, no(2), payout(at)).await.expect("cancels").row.state, PayoutState::Cancelled);
                assert_eq!(seen(&service, &cluster, 2).await, (-10_000, 10_000, 0, 0));
            }
            assert_eq!(code(service.payout_confirm(user(1), &cluster, payout(at)).await), "payout_cancelled");
        }
        // Another household's payout is not there for it, nor may it be named as one's own.
        ask(&service, &cluster, 2, 9_000, "three").await.expect("asks");
        assert_eq!(code(service.payout_cancel(user(3), &cluster, no(3), payout(3)).await), "payout_unknown");
        assert_eq!(code(service.payout_cancel(user(3), &cluster, no(2), payout(3)).await), "not_allowed");
        // Whoever comes first, the other is told; the books fit either way.
        let (paid, cancelled) =
            tokio::join!(service.payout_confirm(user(1), &cluster, payout(3)), service.payout_cancel(user(2), &cluster, no(2), payout(3)));
        let left = match (paid, cancelled) {
            (Ok(_), Err(error)) if error.code() == "payout_paid" => 1_000,
            (Err(error), Ok(_)) if error.code() == "payout_cancelled" => 10_000,
            other => panic!("{other:?}"),
        };
        assert_eq!(seen(&service, &cluster, 2).await, (-left, left, 0, 0));
        recount(&service, &cluster).await;
    }

    async fn a_payout_that_nobody_confirms_is_given_up(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = desk(&service).await;
        receive(&service, &cluster, user(1), 2, 10_000, "A-1").await.expect("writes");
        ask(&service, &cluster, 2, 9_000, "one").await.expect("asks");
        clock.set(noon(PAYOUT_DAYS as i32).plus_ms(-1));
        settle(&service, &cluster).await;
        assert_eq!(seen(&service, &cluster, 2).await.3, 9_000, "to the last moment");
        clock.set(noon(PAYOUT_DAYS as i32));
        assert_eq!(code(service.payout_confirm(user(1), &cluster, payout(1)).await), "payout_expired");
        for _ in 0..2 {
            settle(&service, &cluster).await;
            assert_eq!(seen(&service, &cluster, 2).await, (-10_000, 10_000, 0, 0));
        }
        assert_eq!(service.payout_list(user(2), &cluster, Some(no(2))).await.expect("lists")[0].row.state, PayoutState::Expired);
        assert_eq!(code(service.payout_cancel(user(2), &cluster, no(2), payout(1)).await), "payout_expired");
        assert_eq!(code(service.payout_confirm(user(1), &cluster, payout(1)).await), "payout_expired");
        let member = told(&service, 2).await;
        assert_eq!(member.iter().filter(|text| text.starts_with("Nobody paid payout 1")).count(), 1);
        ask(&service, &cluster, 2, 10_000, "two").await.expect("asks anew");
    }

    async fn who_left_pays_what_is_owed_and_takes_what_is_there(url: &str) {
        let (service, clock) = society(url).await;
        let cluster = desk(&service).await;
        receive(&service, &cluster, user(1), 2, 10_000, "A-1").await.expect("writes");
        owes(&service, &cluster, 2, 4_000).await;
        service.member_leave(user(2), &cluster, no(2), day(0)).await.expect("leaves");
        clock.set(noon(1));
        assert_eq!(code(ask(&service, &cluster, 2, 6_001, "all").await), "debt_first");
        assert_eq!(code(receive(&service, &cluster, user(1), 2, 4_001, "A-2").await), "exceeds_debits");
        assert_eq!(receive(&service, &cluster, user(1), 2, 4_000, "A-2").await.expect("writes"), (4_000, 0));
        assert_eq!(code(receive(&service, &cluster, user(1), 2, 1, "A-3").await), "member_left");
        let asked = ask(&service, &cluster, 2, 10_000, "all").await.expect("asks");
        service.payout_confirm(user(1), &cluster, asked.row.no).await.expect("confirms");
        assert_eq!(seen(&service, &cluster, 2).await, (-4_000, 0, 0, 0));
        recount(&service, &cluster).await;
    }

    /// A trader of the open market buys energy that it cannot pay, pays cash, and moves to a group.
    async fn a_trader_buys_on_debt_pays_cash_and_moves(url: &str) {
        let (service, clock) = society(url).await;
        let trader = |at: i64| Household { alias: format!("Trader {at}"), meters: vec![format!("T-{at}")], ..Household::default() };
        for at in [21, 22] {
            service.join_open(user(at), "kabwe", trader(at), key(&format!("trader {at}"))).await.expect("joins");
        }
        let open = service.open_cluster_ensure("kabwe").await.expect("is there");
        let village = desk(&service).await;
        // Under contracts of their own traders pay the utility themselves; behind one connection they owe each other and the cluster.
        let usual = service.rules_read(Actor::System, &open).await.expect("reads").settlement.rule;
        let settlement = Some(settlement::RuleSet { connection: domain::Connection::OnePoint, ..usual });
        let change = service::RulesChange { from_day: day(0), governance: None, trading: None, settlement };
        service.rules_change(Actor::System, &open, change).await.expect("changes");
        let rows = |days: std::ops::Range<i32>, use_21: i64| {
            let mut rows = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
            for (at, slot) in days.flat_map(|at| (0..open.step.per_day()).map(move |slot| (at, slot))) {
                let minute = slot * open.step.minutes();
                for (meter, used, made) in [("T-21", use_21, 0), ("T-22", 100, 700)] {
                    rows.push_str(&format!("{meter},{}T{:02}:{:02}:00+02:00,{used},{made}\n", day(at), minute / 60, minute % 60));
                }
            }
            rows
        };
        clock.set(noon(2));
        assert_eq!(import(&service, &open, &rows(0..1, 900)).await, [""; 0]);
        assert_eq!(settle(&service, &open).await, [(0, 1)]);
        let (wallet, receivable, _) = balances(&service, &open, 1).await;
        assert!(wallet == 0 && receivable < 0, "a net buyer owes: {wallet} {receivable}");
        let household = household("Trader 21", 2_500);
        let wish = |text: &str| ClusterJoin {
            code: village.code.clone(),
            household: household.clone(),
            move_from: Some((open.code.clone(), no(1))),
            key: key(text),
        };
        assert_eq!(code(service.join_cluster(user(21), wish("first")).await), "debt_first");
        let owed = -receivable;
        assert_eq!(receive(&service, &open, operator(), 1, owed + 5_000, "OP-1").await.expect("writes"), (owed, 5_000));
        let joined = service.join_cluster(user(21), wish("again")).await.expect("moves");
        clock.set(noon(5));
        assert_eq!(import(&service, &open, &rows(1..3, 0)).await, [""; 0]);
        settle(&service, &open).await;
        service.clearing_check(Actor::System).await.expect("checks");
        let (left, there) = (balances(&service, &open, 1).await, balances(&service, &village, joined.member.get()).await);
        assert_eq!((left.0, there.0 + there.1), (0, 5_000), "{left:?} {there:?}");
        let told = told(&service, 21).await;
        assert!(told.iter().any(|text| text.contains("K50.00 of yours left")) && told.iter().any(|text| text.contains("K50.00 of yours arrived")), "{told:?}");
        // What arrived can be taken out, and who sold can take out what was earned.
        let member: MemberNo = joined.member;
        let out = service.payout_ask(user(21), &village, member, Ngwee(5_000), key("out")).await.expect("asks");
        service.payout_confirm(user(1), &village, out.row.no).await.expect("confirms");
        let earned = balances(&service, &open, 2).await.0;
        assert!(earned > 0);
        let out = service.payout_ask(user(22), &open, no(2), Ngwee(earned), key("earned")).await.expect("asks");
        service.payout_confirm(operator(), &open, out.row.no).await.expect("confirms");
        recount(&service, &open).await;
        recount(&service, &village).await;
    }

    async fn money_shares_and_rules_are_told_to_those_they_touch(url: &str) {
        let (service, _) = society(url).await;
        let found = society::found("Told", ClusterKind::Micro, household("Chanda", 3_000));
        let cluster = service.create_cluster(user(1), found).await.expect("founds");
        joins(&service, 2, &cluster, household("Bwalya", 3_000)).await;
        for _ in 0..2 {
            service.contribution_pay(user(1), &cluster, no(2), Ngwee(100_000), key("part")).await.expect("pays");
        }
        let asset = service::cluster::AssetNew {
            kind: domain::AssetKind::SolarPanel,
            name: "Panels".to_owned(),
            cost: Ngwee(100),
            life_years: None,
            commissioned_on: day(0),
            shares: None,
            whole: None,
        };
        let added = service.asset_add(user(1), &cluster, vec![asset], key("asset")).await.expect("adds");
        service.asset_shares_set(user(1), &cluster, added[0], day(1), 2, vec![(no(1), 1), (no(2), 1)]).await.expect("sets");
        let mut trading = service.rules_read(user(1), &cluster).await.expect("reads").trading.config;
        trading.service_charge = quantity::PricePerKwh(trading.service_charge.0 + 1);
        let change = service::RulesChange { from_day: day(1), governance: None, trading: Some(trading), settlement: None };
        service.rules_change(user(1), &cluster, change).await.expect("changes");
        let told = told(&service, 2).await;
        let count = |words: &str| told.iter().filter(|text| text.contains(words)).count();
        assert_eq!((count("You paid K1,000.00 for the equipment of Told"), count("the shares of Panels"), count("new rules hold")), (1, 1, 1), "{told:?}");
    }
}
