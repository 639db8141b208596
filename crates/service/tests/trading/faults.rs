//! Faults in the middle of trading: a full disk at every page, connections that are cut. What was answered is there, nothing is there twice,
//! nothing is half there, and the same request goes on.

use crate::floor::{CREDITS, Floor, MONEY, society};
use market::Side;
use service::ServiceError;
use service::policy::Actor;
use service::trade::OrderCreate;
use std::collections::BTreeMap;
use std::time::Duration;
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
        let is_done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Pauses of growing length, so that the work gets on however slow the machine is.
                for cuts in 0..60_u64 {
                    std::thread::sleep(Duration::from_millis(3 + cuts * cuts / 16));
                    if is_done.load(std::sync::atomic::Ordering::SeqCst) {
                        break;
                    }
                    database.cut_connections();
                }
            });
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    for new in &asks {
                        until_answered(&floor, *new, &mut errors).await;
                    }
                })
            });
            is_done.store(true, std::sync::atomic::Ordering::SeqCst);
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
