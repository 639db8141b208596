//! Whatever is asked for in whatever order: reserved is what is open, money and energy stay, and the database says what memory says.

use crate::floor::{CREDITS, Floor, MONEY, society};
use domain::OrderNo;
use market::Side;
use proptest::prelude::*;
use service::ServiceError;
use service::policy::Actor;
use service::trade::ReviewDecision;
use store::sql;
use test_kit::on_both;

const HOMES: i64 = 4;

#[derive(Debug, Clone)]
enum Step {
    Place(i64, bool, i64, i64),
    Cancel(usize),
    Amend(usize, Option<i64>, Option<i64>),
    Standing(i64, bool, i64, i64),
    Wait(i64),
    /// Credits given to another home.
    Give(i64, i64, i64),
    /// The guard holds what comes while it is strict, and an officer lets it go on.
    Review(bool),
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    let price = || 95i64..106;
    let energy = || (1i64..800).prop_map(|lots| lots * 10);
    prop_oneof![
        8 => (1..=HOMES, any::<bool>(), price(), energy()).prop_map(|(member, buys, price, energy)| Step::Place(member, buys, price, energy)),
        2 => (0usize..20).prop_map(Step::Cancel),
        2 => (0usize..20, proptest::option::of(price()), proptest::option::of(energy())).prop_map(|(at, price, left)| Step::Amend(at, price, left)),
        1 => (1..=HOMES, any::<bool>(), price(), 0i64..100_000).prop_map(|(member, buys, price, keep)| Step::Standing(member, buys, price, keep)),
        2 => (1i64..2_000_000).prop_map(Step::Wait),
        2 => (1..=HOMES, 1..=HOMES, 1i64..60_000).prop_map(|(from, to, energy)| Step::Give(from, to, energy)),
        1 => any::<bool>().prop_map(Step::Review),
        1 => Just(Step::Forget),
    ]
}

async fn walk(url: &str, is_guarded: bool, steps: Vec<Step>) {
    let floor = Floor::open(url, HOMES).await;
    let mut floor = if is_guarded { floor } else { floor.unguarded() };
    for step in steps {
        let open = floor.open_orders().await;
        let pick = |at: usize| (!open.is_empty()).then(|| (open[at % open.len()].member.get(), open[at % open.len()].no));
        match step {
            Step::Place(member, buys, price, energy) => {
                let side = if buys { Side::Buy } else { Side::Sell };
                let new = floor.new(member, side, price, energy);
                let told = floor.preview(new).await;
                let done = floor.place(new).await;
                match (told, done) {
                    (Ok(told), Ok(done)) => {
                        assert_eq!((told.money, told.rest, told.hold), (done.order.paid, done.order.left(), done.order.hold_amount))
                    }
                    (told, done) => assert_eq!(told.map_err(|error| error.code()).err(), done.map_err(|error| error.code()).err()),
                }
            }
            Step::Cancel(at) => cancel(&floor, pick(at)).await,
            Step::Amend(at, price, left) => {
                if let Some((member, order)) = pick(at) {
                    answered(floor.amend(member, order, price, left).await);
                }
            }
            Step::Standing(member, buys, price, keep) => {
                answered(floor.standing(member, if buys { Side::Buy } else { Side::Sell }, price, keep).await);
            }
            Step::Wait(ms) => {
                floor.wait(ms);
                floor.service.market_round(&floor.cluster).await.expect("rounds");
            }
            Step::Give(from, to, energy) => {
                let (from, to, energy) = (society::no(from), society::no(to), quantity::WattHours(energy));
                answered(floor.service.credit_give(Actor::System, &floor.cluster, from, to, energy, floor.key()).await);
            }
            Step::Review(lets_go) => review(&floor, lets_go).await,
            Step::Forget => floor.service = floor.service.clone().with_desks_of_its_own(),
        }
        floor.reserved().await;
        let (mut money, mut energy) = (0, 0);
        for member in 1..=HOMES {
            let (m, e) = floor.owned(member).await;
            assert!(m >= 0 && e >= 0);
            (money, energy) = (money + m, energy + e);
        }
        assert_eq!((money, energy), (HOMES * MONEY, HOMES * CREDITS));
    }
    floor.holds().await;
}

/// Done or refused: anything else is a fault.
fn answered<T>(answer: Result<T, ServiceError>) {
    match answer {
        Ok(_) | Err(ServiceError::Trade(_) | ServiceError::Credit(_)) => {}
        Err(error) => panic!("{}: {error}", error.code()),
    }
}

/// Decides about everything that waits for an officer.
async fn review(floor: &Floor, lets_go: bool) {
    let decision = if lets_go { ReviewDecision::Release } else { ReviewDecision::Refuse };
    for held in floor.service.order_review_list(society::operator(), &floor.cluster).await.expect("lists") {
        // It may have become too large for what the member has by now.
        answered(floor.service.order_review(society::operator(), &floor.cluster, held.order.no, decision).await);
    }
}

async fn cancel(floor: &Floor, picked: Option<(i64, OrderNo)>) {
    if let Some((member, order)) = picked {
        floor.service.order_cancel(Actor::System, &floor.cluster, society::no(member), order).await.expect("cancels what is open");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn reserved_is_open(is_guarded: bool, steps in proptest::collection::vec(step(), 1..40)) {
        let database = test_kit::sqlite();
        test_kit::run(walk(database.url(), is_guarded, steps));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]
    #[test]
    fn reserved_is_open_on_postgres(is_guarded: bool, steps in proptest::collection::vec(step(), 1..30)) {
        let database = test_kit::postgres();
        test_kit::run(walk(database.url(), is_guarded, steps));
    }
}

on_both! {
    async fn many_at_once_are_decided_one_after_the_other(url: &str) {
        let floor = Floor::open(url, HOMES).await.unguarded();
        let asks: Vec<_> = (0..200)
            .map(|at: i64| {
                let side = if at % 2 == 0 { Side::Buy } else { Side::Sell };
                // Members 1 and 2 buy, 3 and 4 sell: nobody meets oneself.
                let member = if side == Side::Buy { 1 + at / 2 % 2 } else { 3 + at / 2 % 2 };
                floor.new(member, side, 95 + at * 7 % 11, 100 + at % 5 * 10)
            })
            .collect();
        let mut tasks = tokio::task::JoinSet::new();
        for new in asks {
            let (service, cluster) = (floor.service.clone(), floor.cluster.clone());
            tasks.spawn(async move { service.order_place(Actor::System, &cluster, new).await });
        }
        let done = tasks.join_all().await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 200);
        floor.holds().await;
    }
}

on_both! {
    async fn what_somebody_changed_in_the_database_is_found(url: &str) {
        let floor = Floor::open(url, 2).await;
        floor.sell(1, 100, 2_000).await;
        floor.buy(2, 100, 500).await;
        for (change, undo, code) in [
            (sql!("UPDATE trade_order SET hold_amount = hold_amount + 10 WHERE state = 'open'"), sql!("UPDATE trade_order SET hold_amount = hold_amount - 10 WHERE state = 'open'"), "order_hold_differs"),
            (sql!("UPDATE trade_order SET state = 'cancelled' WHERE order_no = 1"), sql!("UPDATE trade_order SET state = 'open' WHERE order_no = 1"), "order_hold_differs"),
            (sql!("UPDATE trade SET money = money + 1"), sql!("UPDATE trade SET money = money - 1"), "trade_differs"),
            (sql!("UPDATE trade SET trade_no = 7"), sql!("UPDATE trade SET trade_no = 1"), "trade_differs"),
        ] {
            floor.execute(change).await;
            let problems = floor.service.cluster_verify(Actor::System, &floor.cluster).await.expect("verifies").problems;
            assert!(problems.iter().any(|problem| problem.code == code), "{code}: {problems:?}");
            floor.execute(undo).await;
        }
        floor.holds().await;
    }
}
