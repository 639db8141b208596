//! Moves that stop after each of their steps, and what is true when they go on.

use super::moves::Step;
use super::{ClusterFound, ClusterJoin, Household};
use crate::accounts::ClusterAccounts;
use crate::policy::Actor;
use crate::{ImportOptions, Service};
use domain::{ClusterKind, Connection, MemberNo, MemberState, MoveNo, Region, SessionNo, SimulatedClock, UserId};
use ledger::{AccountCode, Cause, CauseKind, IdempotencyKey, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, Ngwee, Step as Metering, UtcOffset, WattHours, Watts};
use std::sync::Arc;
use store::tables::{ClusterRow, MoveState};
use store::{OpenOptions, Store, StoreError};

pub(super) fn day(at: i32) -> BusinessDay {
    BusinessDay::parse("2025-09-15").expect("a date").plus_days(at)
}

fn noon(at: i32) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000)
}

pub(super) fn no(number: i64) -> MemberNo {
    MemberNo::new(number).expect("a number")
}

pub(super) fn user(number: i64) -> Actor {
    Actor::User { id: UserId::new(number).expect("an id"), session: SessionNo::new(1).expect("a number"), is_operator: false }
}

pub(super) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::derive(&[text.as_bytes()])
}

pub(super) async fn society(url: &str) -> (Service, SimulatedClock) {
    let clock = SimulatedClock::at(noon(0));
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    let regions = Region::shipped_codes().filter_map(|code| Region::shipped(code).expect("reads"));
    (Service::new(store, Arc::new(clock.clone()), regions), clock)
}

/// Traders 1 and 2 of the open cluster with K50 and a meter each, and a group that waits for them.
async fn traders(service: &Service) -> (ClusterRow, ClusterRow) {
    for at in [1, 2] {
        let household = Household { alias: format!("Trader {at}"), meters: vec![format!("T-{at}")], ..Household::default() };
        service.join_open(user(at), "kabwe", household, key(&format!("trader {at}"))).await.expect("joins");
    }
    let open = service.open_cluster_ensure("kabwe").await.expect("is there");
    top_up(service, &open, 1).await;
    top_up(service, &open, 2).await;
    (open, group(service).await)
}

pub(super) async fn group(service: &Service) -> ClusterRow {
    group_of(service, 9, "Mulenga").await
}

async fn group_of(service: &Service, founder: i64, name: &str) -> ClusterRow {
    service.create_cluster(user(founder), founding(name, "Chanda")).await.expect("founds")
}

fn founding(name: &str, alias: &str) -> ClusterFound {
    ClusterFound {
        code: None,
        name: name.to_owned(),
        kind: ClusterKind::Micro,
        place: String::new(),
        region: "kabwe".to_owned(),
        location: None,
        connection: Connection::OnePoint,
        capacity: WattHours(0),
        power: Watts(0),
        household: Household { alias: alias.to_owned(), contribution: Ngwee(300_000), ..Household::default() },
        governance: None,
        trading: None,
        step: Metering::Min60,
        key: key(name),
    }
}

/// K50 from the bank into a wallet.
pub(super) async fn top_up(service: &Service, cluster: &ClusterRow, member: i64) {
    let book = accounts(service, cluster).await;
    let command = TransferCreate {
        key: key(&format!("top up {member}")),
        debit: book.own_no(AccountCode::Bank).expect("a bank"),
        credit: book.member(no(member)).expect("a member").wallet.no,
        amount: 5_000,
        code: TransferCode::TopUp,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Payment, a: 0, b: 0 },
        business_on: BusinessDay::of(service.now(), cluster.offset),
        actor: 0,
        linked: false,
    };
    book_one(service, cluster, command).await;
}

pub(super) async fn book_one(service: &Service, cluster: &ClusterRow, command: TransferCreate) {
    let (id, now) = (cluster.id, service.now());
    let done = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.transfers_execute(id, now, &[command]).await }));
    assert!(matches!(done.await.expect("books")[..], [Outcome::Created(_)]));
}

pub(super) async fn accounts(service: &Service, cluster: &ClusterRow) -> ClusterAccounts {
    let id = cluster.id;
    let read = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.account_list(id).await }));
    ClusterAccounts::new(&read.await.expect("reads"))
}

async fn wallet(service: &Service, cluster: &ClusterRow, member: i64) -> i64 {
    accounts(service, cluster).await.member(no(member)).map_or(0, |book| book.wallet.balance())
}

pub(super) async fn clearing(service: &Service, cluster: &ClusterRow) -> i64 {
    accounts(service, cluster).await.own(AccountCode::InterClusterClearing).map_or(0, ledger::Account::balance)
}

pub(super) async fn recount(service: &Service, cluster: &ClusterRow) {
    assert_eq!(service.cluster_verify(Actor::System, cluster).await.expect("verifies").problems, []);
}

pub(super) async fn begin(service: &Service, from: &ClusterRow, to: &ClusterRow, member: i64, on: BusinessDay) -> MoveNo {
    let (row, to, now) = (from.clone(), to.id, service.now());
    let region = service.region("kabwe").expect("a region");
    let begun = service.store().write(move |tx| {
        let (row, region) = (row.clone(), region.clone());
        Box::pin(async move { super::moves::begin(tx, 0, &row, &region, (to, no(member), Some(on)), now).await })
    });
    begun.await.expect("begins")
}

test_kit::on_both! {
    /// However many steps a move did before the program died, another call ends it the same way, and no money is lost or made.
    async fn a_move_that_stops_after_any_step_is_finished(url: &str) {
        let (service, clock) = society(url).await;
        let to = group(&service).await;
        let open = service.open_cluster_ensure("kabwe").await.expect("is there");
        let steps = [Step::Arrived, Step::Ended, Step::Sent, Step::Delivered, Step::Marked, Step::Waiting];
        for stop in 0..steps.len() {
            let at = stop as i64 + 1;
            let household = Household { alias: format!("Trader {at}"), ..Household::default() };
            service.join_open(user(at), "kabwe", household, key(&format!("trader {at}"))).await.expect("joins");
            top_up(&service, &open, at).await;
            let begun = begin(&service, &open, &to, at, day(0)).await;
            for expected in &steps[..stop] {
                assert_eq!(service.move_step(open.id, begun).await.expect("goes"), *expected, "stopping after {stop}");
            }
            // Money is in one cluster, in the other, or on its way: never twice, never nowhere.
            let (here, there) = (wallet(&service, &open, at).await, wallet(&service, &to, at + 1).await);
            let way = clearing(&service, &open).await + clearing(&service, &to).await;
            assert_eq!(here + there + way, 5_000, "after {stop} steps: {here} here, {there} there, {way} on the way");
            let report = service.clearing_check(Actor::System).await.expect("checks");
            assert_eq!((report.failed.len(), report.differences.len()), (0, 0), "{report:?}");
            assert_eq!((wallet(&service, &open, at).await, wallet(&service, &to, at + 1).await), (0, 5_000));
            assert_eq!((clearing(&service, &open).await, clearing(&service, &to).await), (at * 5_000, -at * 5_000));
        }
        recount(&service, &open).await;
        recount(&service, &to).await;
        // After the correction window the moves are done, and nothing more happens.
        clock.set(noon(60));
        let last = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((last.advanced, last.failed.len()), (steps.len() as i64, 0));
        let again = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((again.advanced, again.waiting, again.pairs, again.differences.len()), (0, 0, 1, 0));
    }

    /// A household takes its number there, and the program dies before its move here begins: the same request or the check goes on, and a
    /// refusal gives the number up.
    async fn a_number_that_waits_for_a_move_is_used_or_given_up(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        for at in 3..=5 {
            let household = Household { alias: format!("Trader {at}"), ..Household::default() };
            service.join_open(user(at), "kabwe", household, key(&format!("trader {at}"))).await.expect("joins");
        }
        let reserve = |who: i64| {
            let (service, wish) = (service.clone(), wish(&open, &to, who));
            async move { service.reserve(user(who), wish).await }
        };
        // The same request goes on.
        assert_eq!(reserve(1).await, no(2));
        let joined = service.join_cluster(user(1), wish(&open, &to, 1)).await.expect("goes on");
        assert_eq!((joined.member, joined.state), (no(2), MemberState::Active));
        // Nobody comes back: the check goes on.
        assert_eq!(reserve(3).await, no(3));
        assert!(service.askers(user(9), &to).await.expect("lists").is_empty(), "no officer has to decide what is decided");
        assert_eq!(service.member_refuse(user(9), &to, no(3)).await.expect_err("decided").code(), "not_asked");
        service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!(service.entry_read(user(3), &to, no(3)).await.expect("an entry").state, MemberState::Active);
        // Refused meanwhile: nothing is left of it, neither for the same request nor for the check.
        for (who, reserved) in [(4, no(4)), (5, no(5))] {
            assert_eq!(reserve(who).await, reserved);
            debt(&service, &open, who, true).await;
        }
        assert_eq!(service.join_cluster(user(4), wish(&open, &to, 4)).await.expect_err("refused").code(), "debt_first");
        service.clearing_check(Actor::System).await.expect("checks");
        for who in [4, 5] {
            assert_eq!(service.join_cluster(user(who), wish(&open, &to, who)).await.expect_err("again").code(), "debt_first", "and the same answer");
            assert_eq!(waiting(&service, &to).await, 0);
            debt(&service, &open, who, false).await;
            // The alias is free, the household has not asked, and the very same request is a new attempt.
            let joined = service.join_cluster(user(who), wish(&open, &to, who)).await.expect("joins");
            assert_eq!((joined.state, service.join_cluster(user(who), wish(&open, &to, who)).await.expect("the same")), (MemberState::Active, joined));
        }
        let report = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((report.failed.len(), report.differences.len()), (0, 0));
    }

    /// Who moves to one group cannot move to another; nothing is left behind there.
    async fn a_second_move_is_refused_and_leaves_nothing(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let other = group_of(&service, 8, "Kafue").await;
        begin(&service, &open, &to, 1, day(1)).await;
        for _ in 0..2 {
            assert_eq!(service.join_cluster(user(1), wish(&open, &other, 1)).await.expect_err("moving").code(), "move_under_way");
            assert_eq!(waiting(&service, &other).await, 0);
        }
        // Nor does a household leave while it moves.
        assert_eq!(service.member_leave(user(1), &open, no(1), day(3)).await.expect_err("moving").code(), "move_under_way");
        // Begun after the number was taken: the same.
        assert_eq!(service.reserve(user(2), wish(&open, &other, 2)).await, no(2));
        begin(&service, &open, &to, 2, day(1)).await;
        assert_eq!(service.join_cluster(user(2), wish(&open, &other, 2)).await.expect_err("moving").code(), "move_under_way");
        assert_eq!(waiting(&service, &other).await, 0);
        service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!(service.entry_read(user(2), &to, no(3)).await.expect("an entry").state, MemberState::Active);
        let stranger = Household { alias: "Trader 1".to_owned(), contribution: Ngwee(200_000), ..Household::default() };
        let free = ClusterJoin { code: other.code.clone(), household: stranger, move_from: None, key: key("free") };
        assert_eq!(service.join_cluster(user(7), free).await.expect("the name is free").state, MemberState::Active);
    }

    async fn an_asker_whose_move_is_refused_is_told_and_waits_no_longer(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let governance = domain::GovernanceConfig {
            admission: domain::Admission::ByOfficer,
            ..domain::GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000))
        };
        let found = ClusterFound { kind: ClusterKind::Supply, governance: Some(governance), ..founding("Supply", "Warehouse") };
        let supply = service.create_cluster(user(7), found).await.expect("founds");
        let asked = service.join_cluster(user(1), wish(&open, &supply, 1)).await.expect("asks");
        assert_eq!(asked.state, MemberState::Asked);
        begin(&service, &open, &to, 1, day(1)).await;
        assert_eq!(service.member_admit(user(7), &supply, asked.member).await.expect_err("moving").code(), "move_under_way");
        assert_eq!(waiting(&service, &supply).await, 0);
        assert!(service.askers(user(7), &supply).await.expect("lists").is_empty());
        assert_eq!(service.member_admit(user(7), &supply, asked.member).await.expect_err("gone").code(), "not_asked");
        // It was answered that it asked; the same request says what came of that, and does not ask again.
        assert_eq!(service.join_cluster(user(1), wish(&open, &supply, 1)).await.expect("the same").state, MemberState::Refused);
    }

    /// Two workers: whatever one did meanwhile, the other sets nothing back.
    async fn a_slow_worker_sets_nothing_back(url: &str) {
        let (service, clock) = society(url).await;
        let (open, to) = traders(&service).await;
        let begun = begin(&service, &open, &to, 1, day(1)).await;
        let old = state(&service, &open, begun).await;
        assert_eq!(service.move_step(open.id, begun).await.expect("goes"), Step::Arrived);
        assert_eq!(service.move_step(open.id, begun).await.expect("goes"), Step::Ended);
        let moved = state(&service, &open, begun).await;
        assert_eq!((old.state, moved.state), (MoveState::Begun, MoveState::Moved));
        // What the slow one would write, from what it saw before.
        let id = open.id;
        let late = service.store().write::<_, StoreError, _>(move |tx| {
            let moved = moved.clone();
            Box::pin(async move {
                assert!(!tx.move_put_off(id, begun, day(5)).await?, "put off");
                assert!(!tx.move_state_set(id, begun, MoveState::Begun, MoveState::Refused).await?, "refused");
                assert!(!tx.move_ended(id, begun, &moved).await?, "ended twice");
                Ok(())
            })
        });
        late.await.expect("writes");
        assert_eq!(state(&service, &open, begun).await.on, day(1));
        clock.set(noon(9));
        assert_eq!(service.move_go_on(open.id, begun).await.expect("goes"), Step::Waiting);
        assert_eq!((wallet(&service, &open, 1).await, wallet(&service, &to, 2).await), (0, 5_000));
    }

    /// The group refused one worker, and another got the member in before that was believed; and the other way round.
    async fn the_other_cluster_decides_once(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        // In first: the refusal comes too late.
        let first = begin(&service, &open, &to, 1, day(1)).await;
        assert_eq!(service.move_step(open.id, first).await.expect("goes"), Step::Arrived);
        assert!(!service.refuse(to.id, open.id, first, service.now()).await.expect("asks"), "the member is there");
        assert_eq!(service.move_step(open.id, first).await.expect("goes"), Step::Ended);
        // Refused first, and the program died before this side knew: nobody comes in, and this side learns it.
        let second = begin(&service, &open, &to, 2, day(1)).await;
        assert!(service.refuse(to.id, open.id, second, service.now()).await.expect("refuses"));
        assert_eq!(service.move_go_on(open.id, second).await.expect("goes"), Step::Refused);
        assert_eq!(state(&service, &open, second).await.state, MoveState::Refused);
        assert_eq!(service.move_go_on(open.id, second).await.expect("stays"), Step::Done);
        // The household wishes again, and that is another move.
        let joined = service.join_cluster(user(2), wish(&open, &to, 2)).await.expect("joins");
        assert_eq!((joined.member, joined.state), (no(3), MemberState::Active));
    }

    /// Many ask for the same move at once, with requests, checks and the operator's call: one move, and all the money once.
    async fn the_same_move_by_many_workers_is_one_move(url: &str) {
        let (service, clock) = society(url).await;
        let (open, to) = traders(&service).await;
        let request = || service.join_cluster(user(1), wish(&open, &to, 1));
        let (a, b, c, d) = tokio::join!(request(), request(), service.clearing_check(Actor::System), request());
        let (a, b, d) = (a.expect("joins"), b.expect("joins"), d.expect("joins"));
        assert!(a == b && b == d && a.member == no(2), "{a:?} {b:?} {d:?}");
        assert_eq!(c.expect("checks").failed.len(), 0);
        clock.set(noon(9));
        let check = || service.clearing_check(Actor::System);
        let (x, y, z) = tokio::join!(check(), check(), check());
        for report in [x, y, z] {
            assert_eq!(report.expect("checks").failed, []);
        }
        assert_eq!(service.clearing_check(Actor::System).await.expect("checks").differences.len(), 0);
        assert_eq!((wallet(&service, &open, 1).await, wallet(&service, &to, 2).await, clearing(&service, &to).await), (0, 5_000, -5_000));
        recount(&service, &open).await;
        recount(&service, &to).await;
    }

    /// An end that was earlier stays: a move that is through does not bring the household back for the days between.
    async fn an_earlier_end_is_not_overwritten(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let begun = begin(&service, &open, &to, 1, day(5)).await;
        assert_eq!(service.move_step(open.id, begun).await.expect("goes"), Step::Arrived);
        let id = open.id;
        let left = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.member_leave(id, no(1), day(2)).await }));
        assert!(left.await.expect("leaves"));
        assert_eq!(service.move_step(open.id, begun).await.expect("goes"), Step::Ended);
        let members = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.member_list(id).await }));
        assert_eq!(members.await.expect("reads")[0].left_on, Some(day(2)));
    }

    /// Random sums, random stops, random retries over three clusters: the sum over all of them never changes.
    async fn money_is_conserved_over_all_clusters(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let chance = domain::SeededChance::new(20_250_915);
        let chance: &dyn domain::Chance = &chance;
        for at in 3..=12 {
            let household = Household { alias: format!("Trader {at}"), ..Household::default() };
            service.join_open(user(at), "kabwe", household, key(&format!("trader {at}"))).await.expect("joins");
            top_up(&service, &open, at).await;
        }
        let all = || async {
            let mut sum = 0;
            for cluster in [&open, &to] {
                for member in 1..=13 {
                    sum += wallet(&service, cluster, member).await;
                }
                sum += clearing(&service, cluster).await;
            }
            sum
        };
        let whole = all().await;
        let mut begun = Vec::new();
        for member in 3..=12 {
            begun.push(begin(&service, &open, &to, member, day(0)).await);
        }
        for _ in 0..80 {
            let pick = (chance.number().expect("a number") % begun.len() as u64) as usize;
            service.move_step(open.id, begun[pick]).await.expect("goes");
            assert_eq!(all().await, whole);
        }
        let report = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((report.failed.len(), report.differences.len(), all().await), (0, 0, whole));
        assert_eq!(clearing(&service, &to).await, -10 * 5_000);
        recount(&service, &open).await;
        recount(&service, &to).await;
    }

    async fn a_move_that_the_other_cluster_refuses_leaves_the_member_where_it_was(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let begun = begin(&service, &open, &to, 1, day(1)).await;
        // Meanwhile somebody gives the group a meter of the same serial, which is another's.
        let meter = crate::cluster::MeterNew {
            serial: "T-1".to_owned(),
            role: domain::MeterRole::Member,
            limit: Watts(5_000),
            member: Some(no(1)),
            from: None,
        };
        service.meter_add(user(9), &to, vec![meter]).await.expect("adds");
        assert_eq!(service.move_go_on(open.id, begun).await.expect_err("refused").code(), "meter_taken");
        let rows = service.store().read::<_, StoreError, _>({
            let id = open.id;
            move |tx| Box::pin(async move { tx.move_list(id).await })
        });
        assert_eq!(rows.await.expect("reads")[0].state, MoveState::Refused);
        assert_eq!(wallet(&service, &open, 1).await, 5_000);
        service.standing(user(1), open.id).await.expect("reads");
        // Nothing is left half done, and it may try again elsewhere.
        let report = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((report.advanced, report.waiting, report.differences.len()), (0, 0, 0));
        service.meter_release(user(9), &to, domain::MeterNo::new(1).expect("a number"), day(0)).await.expect("releases");
        let moved = service.members_move(Actor::System, &open, &to, vec![no(1)], day(1)).await.expect("moves");
        assert_eq!((moved[0].to, moved[0].state), (Some(no(2)), MoveState::Moved));
    }

    /// The bill of the last days comes after the move: money waits for it, and what a late correction gives back follows.
    async fn money_follows_when_the_last_day_is_billed_and_corrections_follow_later(url: &str) {
        let (service, clock) = society(url).await;
        let (from, to) = (group(&service).await, group_of(&service, 8, "Kafue").await);
        let home = || Household { alias: "Phiri".to_owned(), contribution: Ngwee(200_000), ..Household::default() };
        let first = Household { meters: vec!["T-1".to_owned()], ..home() };
        let joined = ClusterJoin { code: from.code.clone(), household: first, move_from: None, key: key("join") };
        service.join_cluster(user(1), joined).await.expect("joins");
        top_up(&service, &from, 2).await;
        service.contribution_pay(user(9), &from, no(2), Ngwee(150_000), key("part")).await.expect("pays");
        clock.set(noon(1));
        let wish = ClusterJoin { code: to.code.clone(), household: home(), move_from: Some((from.code.clone(), no(2))), key: key("move") };
        let moved = service.join_cluster(user(1), wish.clone()).await.expect("joins");
        assert_eq!((moved.member, moved.state), (no(2), domain::MemberState::Active));
        assert_eq!(service.join_cluster(user(1), wish).await.expect("the same"), moved);
        assert_eq!(wallet(&service, &from, 2).await, 5_000, "until the day, all stays");
        clock.set(noon(2));
        assert_eq!(import(&service, &from, 0..2, 400).await, 0);
        service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!(wallet(&service, &to, 2).await, 0, "two days are not billed yet");
        service.cluster_settle(Actor::System, &from, |_| {}).await.expect("settles");
        let left = wallet(&service, &to, 2).await;
        assert!((1..5_000).contains(&left), "two days were billed, then the rest went: {left}");
        assert_eq!(wallet(&service, &from, 2).await, 0);
        assert_eq!((capital(&service, &from, 2).await, capital(&service, &to, 2).await), (0, 150_000));

        // The meter had read too much: what is given back goes the same way.
        clock.set(noon(3));
        assert_eq!(import(&service, &from, 0..1, 100).await, 0);
        service.cluster_settle(Actor::System, &from, |_| {}).await.expect("settles");
        let back = wallet(&service, &to, 2).await - left;
        assert!(back > 0, "less was used, and what was paid for it followed");
        let report = service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((report.failed.len(), report.differences.len()), (0, 0));
        assert_eq!((wallet(&service, &from, 2).await, wallet(&service, &to, 2).await), (0, left + back));
        assert_eq!(clearing(&service, &from).await + clearing(&service, &to).await, 0);

        // It had read too little: the debt stays where the energy was used, and nothing is taken from the new cluster.
        clock.set(noon(4));
        assert_eq!(import(&service, &from, 0..1, 900).await, 0);
        service.cluster_settle(Actor::System, &from, |_| {}).await.expect("settles");
        service.clearing_check(Actor::System).await.expect("checks");
        let owed = accounts(&service, &from).await.member(no(2)).expect("a member").receivable.balance();
        assert!(owed < 0);
        assert_eq!(wallet(&service, &to, 2).await, left + back);
        let closing = statement_of(&service, &from).await;
        assert_eq!((closing.wallet, closing.capital), (Ngwee(left), Ngwee(150_000)));
        assert_eq!(statement_of(&service, &to).await.wallet, Ngwee(left));
        recount(&service, &from).await;
        recount(&service, &to).await;

        // From its day on the meter counts in the new cluster, and only there; both histories stay open to the household.
        assert_eq!(import(&service, &from, 2..3, 400).await, 24);
        assert_eq!(import(&service, &to, 2..3, 400).await, 0);
        let old = service.entry_read(user(1), &from, no(2)).await.expect("an entry");
        let new = service.entry_read(user(1), &to, no(2)).await.expect("an entry");
        assert_eq!((old.moved_to, new.moved_from), (Some((to.id, no(2))), Some((from.id, no(2)))));
        assert_eq!((old.state, new.state), (domain::MemberState::Left, domain::MemberState::Active));
        assert_eq!(service.member_statement(user(1), &from, no(2), None).await.expect("a statement").days.len(), 2);
    }

    /// The statements are there to be read on both sides, by who may read the member's money on either, and by nobody else.
    async fn what_a_move_carried_is_told_on_both_sides(url: &str) {
        let (service, clock) = society(url).await;
        let (open, to) = traders(&service).await;
        let told = |who: i64, cluster: &ClusterRow, member: i64| {
            let (service, cluster) = (service.clone(), cluster.clone());
            async move { service.member_moves(user(who), &cluster, no(member)).await.map_err(|error| error.code()) }
        };
        assert_eq!(told(1, &open, 1).await, Ok(vec![]), "nothing moved yet");
        service.join_cluster(user(1), wish(&open, &to, 1)).await.expect("joins");
        let waits = told(1, &open, 1).await.expect("reads");
        assert_eq!((waits.len(), waits[0].row.statement, waits[0].legs.len()), (1, None, 0), "money follows");
        clock.set(noon(9));
        service.clearing_check(Actor::System).await.expect("checks");
        let (out, into) = (told(1, &open, 1).await.expect("reads"), told(1, &to, 2).await.expect("reads"));
        let (out, into) = (&out[0], &into[0]);
        for (side, other, member) in [(out, &to, 2), (into, &open, 1)] {
            let sums = side.row.statement.expect("a statement");
            assert_eq!((sums.wallet, sums.receivable, sums.capital, side.credit()), (Ngwee(5_000), Ngwee(0), Ngwee(0), Some(Ngwee(0))));
            assert_eq!((side.other.id, side.row.other_member, side.is_own_there, side.row.state), (other.id, Some(no(member)), true, MoveState::Moved));
            assert!(side.legs.len() == 1 && side.legs[0].leg.amount == Ngwee(5_000) && side.legs[0].leg.is_arrived);
            assert_eq!((side.row.on, side.meters.iter().map(|meter| meter.serial.as_str()).collect::<Vec<_>>()), (day(1), vec!["T-1"]));
        }
        assert_eq!((out.legs[0].out, out.legs[0].arrived), (into.legs[0].out, into.legs[0].arrived), "linked from both sides");
        assert!(out.legs[0].out.is_some() && out.legs[0].arrived.is_some());
        assert_eq!((out.meters[0].until, into.meters[0].until), (Some(day(1)), None));
        // The treasurer of the new group may read the member's money there, and so this move; of another member there, nothing.
        let seen = told(9, &open, 1).await.expect("reads");
        assert_eq!((seen.len(), seen[0].is_own_there), (1, false));
        assert_eq!(told(9, &open, 2).await, Err("not_allowed"));
        assert_eq!(told(2, &open, 1).await, Err("not_allowed"), "another trader");
        assert_eq!(service.member_moves(Actor::Nobody, &open, no(1)).await.map_err(|error| error.code()), Err("sign_in_needed"));
        assert_eq!(service.member_moves(Actor::System, &open, no(7)).await.map_err(|error| error.code()), Err("member_unknown"));
        // Who moved away reads the old book still.
        service.member_statement(user(1), &open, no(1), None).await.expect("a statement");
    }

    async fn what_cannot_move_is_refused(url: &str) {
        let (service, _) = society(url).await;
        let (open, to) = traders(&service).await;
        let moves = |actor, from: ClusterRow, to: ClusterRow, member, on| {
            let service = service.clone();
            async move { service.members_move(actor, &from, &to, vec![no(member)], day(on)).await.map_err(|error| error.code()) }
        };
        assert_eq!(moves(user(1), open.clone(), to.clone(), 1, 1).await, Err("not_allowed"));
        assert_eq!(moves(Actor::System, to.clone(), open.clone(), 1, 1).await, Err("move_not_open"));
        assert_eq!(moves(Actor::System, open.clone(), open.clone(), 1, 1).await, Err("move_same"));
        assert_eq!(moves(Actor::System, open.clone(), to.clone(), 7, 1).await, Err("member_unknown"));
        assert_eq!(moves(Actor::System, open.clone(), to.clone(), 1, 0).await, Err("day_past"), "a meter runs today");
        let book = accounts(&service, &open).await;
        let of = |member: i64| book.member(no(member)).expect("a member");
        let bank = book.own_no(AccountCode::Bank).expect("a bank");
        let command = |debit, credit, kind, text: &str| TransferCreate {
            key: key(text),
            debit,
            credit,
            amount: 300,
            code: TransferCode::Other,
            kind,
            cause: Cause::NONE,
            business_on: day(0),
            actor: 0,
            linked: false,
        };
        book_one(&service, &open, command(of(1).receivable.no, bank, TransferKind::Posted, "debt")).await;
        assert_eq!(moves(Actor::System, open.clone(), to.clone(), 1, 1).await, Err("debt_first"));
        book_one(&service, &open, command(of(2).wallet.no, bank, TransferKind::Pending { expires_at: None }, "hold")).await;
        assert_eq!(moves(Actor::System, open.clone(), to.clone(), 2, 1).await, Err("holds_open"));
        // Only the household itself says that it wants to leave.
        let household = Household { alias: "Thief".to_owned(), contribution: Ngwee(200_000), ..Household::default() };
        let wish = ClusterJoin { code: to.code.clone(), household, move_from: Some((open.code.clone(), no(1))), key: key("wish") };
        assert_eq!(service.join_cluster(user(2), wish.clone()).await.expect_err("refused").code(), "not_allowed");
        // A debt refuses the move of a joiner too, and the number that waited is given up: the household may ask again.
        assert_eq!(service.join_cluster(user(1), wish.clone()).await.expect_err("refused").code(), "debt_first");
        book_one(&service, &open, command(bank, of(1).receivable.no, TransferKind::Posted, "paid")).await;
        let again = service.join_cluster(user(1), ClusterJoin { key: key("again"), ..wish }).await.expect("joins");
        assert_eq!(again.state, domain::MemberState::Active);
    }

    async fn an_officer_decides_before_a_household_moves_in(url: &str) {
        let (service, _) = society(url).await;
        let (open, _) = traders(&service).await;
        let found = ClusterFound { kind: ClusterKind::Supply, ..founding("Supply", "Warehouse") };
        let governance = domain::GovernanceConfig {
            admission: domain::Admission::ByOfficer,
            ..domain::GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000))
        };
        let to = service.create_cluster(user(7), ClusterFound { governance: Some(governance), ..found }).await.expect("founds");
        let household = Household { alias: "Trader".to_owned(), contribution: Ngwee(250_000), ..Household::default() };
        let wish = ClusterJoin { code: to.code.clone(), household, move_from: Some((open.code.clone(), no(1))), key: key("wish") };
        let asked = service.join_cluster(user(1), wish).await.expect("asks");
        assert_eq!(asked.state, domain::MemberState::Asked);
        assert_eq!(service.entry_read(user(1), &open, no(1)).await.expect("an entry").state, domain::MemberState::Active, "nothing moved yet");
        service.member_admit(user(7), &to, asked.member).await.expect("admits");
        let here = service.entry_read(user(1), &to, asked.member).await.expect("an entry");
        assert_eq!((here.state, here.pledge, here.moved_from), (domain::MemberState::Active, Ngwee(250_000), Some((open.id, no(1)))));
        let meters = service.meter_list(user(7), &to).await.expect("lists");
        assert_eq!(meters.iter().map(|meter| (meter.meter.serial.as_str(), meter.owner)).collect::<Vec<_>>(), [("T-1", Some((no(2), day(1))))]);
    }

    async fn a_group_of_traders_moves_in_one_call_and_again(url: &str) {
        let (service, clock) = society(url).await;
        let (open, to) = traders(&service).await;
        let both = vec![no(1), no(2)];
        let moved = service.members_move(Actor::System, &open, &to, both.clone(), day(1)).await.expect("moves");
        assert_eq!(moved.iter().map(|one| one.to).collect::<Vec<_>>(), [Some(no(2)), Some(no(3))]);
        clock.set(noon(1));
        let again = service.members_move(Actor::System, &open, &to, both, day(1)).await.expect("the same");
        assert_eq!(again.iter().map(|one| (one.to, one.is_settled, one.carried.clone())).collect::<Vec<_>>(), [
            (Some(no(2)), true, vec![(AccountCode::MemberWallet, Ngwee(5_000))]),
            (Some(no(3)), true, vec![(AccountCode::MemberWallet, Ngwee(5_000))]),
        ]);
        assert_eq!((wallet(&service, &to, 2).await, wallet(&service, &to, 3).await, clearing(&service, &to).await), (5_000, 5_000, -10_000));
        let crowd: Vec<MemberNo> = (1..=30).map(no).collect();
        let refused = service.members_move(Actor::System, &open, &to, crowd, day(2)).await;
        assert_eq!(refused.expect_err("refused").code(), "cluster_full", "asked of all before any moves");
    }
}

/// A wish of the trader `who` to leave `from` for `to`.
fn wish(from: &ClusterRow, to: &ClusterRow, who: i64) -> ClusterJoin {
    let household = Household { alias: format!("Trader {who}"), contribution: Ngwee(200_000), ..Household::default() };
    ClusterJoin { code: to.code.clone(), household, move_from: Some((from.code.clone(), no(who))), key: key(&format!("wish {who} {}", to.code)) }
}

/// Makes a member owe K3, or pays it back.
async fn debt(service: &Service, cluster: &ClusterRow, member: i64, is_owed: bool) {
    let book = accounts(service, cluster).await;
    let (own, bank) = (book.member(no(member)).expect("a member").receivable.no, book.own_no(AccountCode::Bank).expect("a bank"));
    let (debit, credit) = if is_owed { (own, bank) } else { (bank, own) };
    let command = TransferCreate {
        key: key(&format!("debt {member} {is_owed}")),
        debit,
        credit,
        amount: 300,
        code: TransferCode::Other,
        kind: TransferKind::Posted,
        cause: Cause::NONE,
        business_on: day(0),
        actor: 0,
        linked: false,
    };
    book_one(service, cluster, command).await;
}

/// How many numbers of a cluster wait for somebody.
async fn waiting(service: &Service, cluster: &ClusterRow) -> usize {
    let id = cluster.id;
    let rows = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.entry_list(id).await }));
    rows.await.expect("reads").iter().filter(|entry| entry.state == MemberState::Asked).count()
}

async fn state(service: &Service, cluster: &ClusterRow, no: MoveNo) -> store::tables::MoveRow {
    let id = cluster.id;
    let rows = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.move_list(id).await }));
    rows.await.expect("reads").into_iter().find(|row| row.no == no).expect("a move")
}

async fn statement_of(service: &Service, cluster: &ClusterRow) -> store::tables::MoveStatement {
    let id = cluster.id;
    let rows = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.move_list(id).await }));
    rows.await.expect("reads")[0].statement.expect("a statement")
}

async fn capital(service: &Service, cluster: &ClusterRow, member: i64) -> i64 {
    accounts(service, cluster).await.member(no(member)).map_or(0, |book| book.capital.balance())
}

/// Whole days of meter T-1, as each cluster meters; gives how many rows were refused.
async fn import(service: &Service, cluster: &ClusterRow, days: std::ops::Range<i32>, used: i64) -> usize {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    let minutes = cluster.step.minutes();
    for at in days {
        for slot in 0..cluster.step.per_day() {
            let minute = slot * minutes;
            text.push_str(&format!("T-1,{}T{:02}:{:02}:00+02:00,{used},0\n", day(at), minute / 60, minute % 60));
        }
    }
    let mut refused = 0;
    let done = service.readings_import(Actor::System, cluster, text.as_bytes(), ImportOptions::default(), |_| refused += 1, |_, _| {}).await;
    done.expect("imports");
    refused
}

#[test]
fn a_wish_to_move_is_part_of_a_wish_to_join() {
    // The digest of a request holds where it comes from: the same key for another origin is another request.
    let wish = |from: Option<i64>| ClusterJoin {
        code: domain::ClusterCode::parse("MULENGA").expect("a code"),
        household: Household::default(),
        move_from: from.map(|member| (domain::ClusterCode::parse("OPEN-KABWE").expect("a code"), no(member))),
        key: key("one"),
    };
    assert_ne!(super::found::digest(&wish(None)), super::found::digest(&wish(Some(1))));
}
