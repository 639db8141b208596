//! Faults in the middle of trading: a full disk at every page, connections that are cut. What was answered is there, nothing is there twice,
//! nothing is half there, and the same request goes on.

use crate::floor::{CREDITS, Floor, MONEY, society};
use market::Side;
use service::ServiceError;
use service::policy::Actor;
use service::trade::OrderCreate;
use std::collections::BTreeMap;
use store::OpenOptions;

const HOMES: i64 = 4;

/// Orders of which about half meet.
fn asks(floor: &Floor, count: i64) -> Vec<OrderCreate> {
    let side = |at: i64| if at % 2 == 0 { Side::Buy } else { Side::Sell };
    // Members 1 and 2 buy, 3 and 4 sell.
    let member = |at: i64| if at % 2 == 0 { 1 + at / 2 % 2 } else { 3 + at / 2 % 2 };
    (0..count).map(|at| floor.new(member(at), side(at), 95 + at * 7 % 11, 100 + at % 5 * 10)).collect()
}

/// Everybody together has what was there at the beginning.
async fn nothing_lost(floor: &Floor) {
    let (mut money, mut energy) = (0, 0);
    for member in 1..=HOMES {
        let owned = floor.owned(member).await;
        (money, energy) = (money + owned.0, energy + owned.1);
    }
    assert_eq!((money, energy), (HOMES * MONEY, HOMES * CREDITS));
    floor.holds().await;
}

#[test]
fn a_disk_full_at_any_order_is_told_and_gone_on_from() {
    test_kit::run(async {
        let mut failed_at = Vec::new();
        for more in (0..40).step_by(4) {
            let database = test_kit::sqlite();
            let mut floor = Floor::open(database.url(), HOMES).await.unguarded();
            let asks = asks(&floor, 240);
            // The last handle closes the file, which takes the log into it.
            floor = floor.reopen(database.url(), OpenOptions::default()).await.unguarded();
            let small = OpenOptions { pages_max: Some(pages(database.url()) + more), ..OpenOptions::default() };
            floor = floor.reopen(database.url(), small).await.unguarded();
            let mut done = 0;
            for new in &asks {
                match floor.place(*new).await {
                    Ok(_) => done += 1,
                    Err(error) => {
                        assert_eq!(error.code(), "disk_full", "{error}");
                        failed_at.push(done);
                        break;
                    }
                }
            }
            nothing_lost(&floor).await;
            floor = floor.reopen(database.url(), OpenOptions::default()).await.unguarded();
            let mut repeats = 0;
            for new in &asks {
                repeats += usize::from(floor.place(*new).await.expect("places").is_repeat);
            }
            assert_eq!(repeats, done, "what was answered is there, and no more");
            nothing_lost(&floor).await;
        }
        assert!(failed_at.len() > 5 && failed_at.iter().any(|done| *done > 5), "{failed_at:?}");
    });
}

fn pages(url: &str) -> u32 {
    let length = std::fs::metadata(url.trim_start_matches("sqlite:")).expect("the file").len();
    u32::try_from(length / 4096).expect("a small file")
}

#[test]
fn connections_cut_between_orders_lose_and_double_nothing() {
    let database = test_kit::postgres();
    test_kit::run(async {
        let floor = Floor::open(database.url(), HOMES).await.unguarded();
        let asks = asks(&floor, 150);
        let mut errors: BTreeMap<&'static str, u32> = BTreeMap::new();
        database.cut_while(test_kit::growing_pauses(), async {
            for new in &asks {
                until_answered(&floor, *new, &mut errors).await;
            }
        });
        println!("cut off: {errors:?}");
        assert!(!errors.is_empty(), "no cut met anything");
        for new in &asks {
            assert!(floor.place(*new).await.expect("answers").is_repeat);
        }
        let placed = floor.service.order_list(Actor::System, &floor.cluster, society::no(1), None).await.expect("lists");
        assert_eq!(placed.len(), asks.iter().filter(|new| new.member == society::no(1)).count());
        nothing_lost(&floor).await;
    });
}

/// The same request until it has an answer, as a phone on a bad network does.
async fn until_answered(floor: &Floor, new: OrderCreate, errors: &mut BTreeMap<&'static str, u32>) {
    loop {
        match floor.place(new).await {
            Ok(_) => return,
            Err(ServiceError::Store(error)) if error.is_transient() => *errors.entry(error.code()).or_default() += 1,
            Err(error) => panic!("{}: {error}", error.code()),
        }
    }
}

test_kit::on_both! {
    async fn an_auction_that_waits_holds_up_no_day_and_is_held_once(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.standing(1, Side::Sell, 100, CREDITS - 1_000).await.expect("sets");
        floor.standing(2, Side::Buy, 110, CREDITS + 1_000).await.expect("sets");
        floor.execute(store::sql!("UPDATE standing_order SET side = 'x' || side WHERE member_no = 1")).await;
        floor.clock.set(society::noon(1));
        let meters: Vec<(String, i64, i64)> = (1..=3).map(|at| (format!("M-{at}"), 20, 0)).chain([("P-1".to_owned(), 0, 50)]).collect();
        let meters: Vec<(&str, i64, i64)> = meters.iter().map(|(meter, used, made)| (meter.as_str(), *used, *made)).collect();
        assert_eq!(society::import(&floor.service, &floor.cluster, &society::csv(0..1, &meters)).await, [""; 0]);
        assert!(floor.service.market_round(&floor.cluster).await.is_err());
        let settled = floor.service.cluster_settle(Actor::System, &floor.cluster, |_| {}).await.expect("settles all the same");
        assert_eq!((settled.days.len(), floor.trades().await), (1, 0));
        floor.execute(store::sql!("UPDATE standing_order SET side = substr(side, 2) WHERE member_no = 1")).await;
        for _ in 0..2 {
            floor.service.cluster_settle(Actor::System, &floor.cluster, |_| {}).await.expect("settles");
            assert_eq!(floor.trades().await, 1, "held in the next round, once");
        }
        floor.holds().await;
    }
}

impl Floor {
    async fn trades(&self) -> usize {
        let id = self.cluster.id;
        let read = self.service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.trade_list(id, i64::MAX, 100).await }));
        read.await.expect("reads").len()
    }
}
