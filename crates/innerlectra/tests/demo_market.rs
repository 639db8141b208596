//! The market of the demo as a visitor finds it: trades, charts, an open book, deals that were delivered, and books that add up.

mod program;

use domain::{ClusterCode, Msisdn};
use ledger::AccountCode;
use market::Side;
use program::{Folder, Running, run};
use quantity::{BusinessDay, Instant, UtcOffset};
use std::collections::BTreeSet;
use store::tables::{ClusterRow, DealWay, DeliveryRow};
use store::{OpenOptions, Store, StoreError, Tx};

/// Days of readings: enough for credits to be there, and for deals.
const DAYS: i32 = 14;

/// What one cluster has at the opening.
#[derive(Debug)]
struct Seen {
    trades: usize,
    in_auctions: usize,
    quarters: usize,
    levels: [usize; 2],
    held: usize,
    offers: usize,
    /// Deals that a joint clearing made.
    cleared: usize,
    deliveries: Vec<DeliveryRow>,
    clearing: i64,
}

async fn see(tx: &mut Tx<'_>, cluster: &ClusterRow, opening: Instant) -> Result<Seen, StoreError> {
    let (id, day) = (cluster.id, BusinessDay::of(opening, UtcOffset::LUSAKA));
    let since = opening.plus_ms(-86_400_000);
    let trades: Vec<_> = tx.trade_list(id, i64::MAX, 500).await?.into_iter().filter(|trade| trade.traded_at > since).collect();
    let depth = tx.market_depth(id, opening, 20).await?;
    let levels = [Side::Buy, Side::Sell].map(|side| depth.iter().filter(|(of, _)| *of == side).count());
    let accounts = tx.account_list(id).await?;
    let clearing = accounts.iter().filter(|account| account.code == AccountCode::InterClusterClearing).map(ledger::Account::balance).sum();
    Ok(Seen {
        in_auctions: trades.iter().filter(|trade| trade.auction.is_some()).count(),
        quarters: tx.candle_list(id, 15, since, opening.plus_ms(1), 200).await?.len(),
        trades: trades.len(),
        levels,
        held: tx.order_list_held(id, 10).await?.len(),
        offers: tx.offer_list_open(id).await?.len(),
        cleared: tx.deal_list(id, i64::MAX, 100).await?.iter().filter(|row| row.way == DealWay::Auction).count(),
        deliveries: tx.delivery_list(id, day.plus_days(-10), day, 100).await?,
        clearing,
    })
}

async fn seen(url: &str, opening: Instant) -> Vec<Seen> {
    let store = Store::open(url, OpenOptions::read_only()).await.expect("opens");
    let read = store.read::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for code in ["KAB", "LUS", "VIL"] {
                let code = ClusterCode::parse(code).map_err(|error| StoreError::Conflict(error.to_string()))?;
                let cluster = tx.cluster_by_code(&code).await?.ok_or_else(|| StoreError::Conflict("a cluster is missing".to_owned()))?;
                all.push(see(tx, &cluster, opening).await?);
            }
            Ok(all)
        })
    });
    read.await.expect("reads")
}

/// What the member whom most visitors are has been told.
async fn notices(url: &str) -> BTreeSet<String> {
    let store = Store::open(url, OpenOptions::read_only()).await.expect("opens");
    let phone = Msisdn::from_national(970_000_104).expect("a number");
    let read = store.read::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let user = tx.user_by_phone(phone).await?.ok_or_else(|| StoreError::Conflict("nobody".to_owned()))?;
            tx.notice_list(user.id, None, 50).await
        })
    });
    read.await.expect("reads").into_iter().map(|notice| notice.kind).collect()
}

#[test]
fn the_demo_opens_with_a_day_of_trading() {
    let folder = Folder::new("demo-market");
    let database = folder.file("demo.db");
    let days = DAYS.to_string();
    let demo = ["demo", "--listen", "127.0.0.1:0", "--days", &days, "--database", &database];
    let (running, _) = Running::start_until_line(&demo, "http://");
    let first = BusinessDay::from_ymd(2025, 9, 15).expect("a day");
    let opening = first.plus_days(DAYS - 1).start(UtcOffset::LUSAKA).plus_ms((14 * 60 + 36) * 60_000);
    let (mut all, mut told) = (Vec::new(), BTreeSet::new());
    test_kit::run(async {
        all = seen(&database, opening).await;
        told = notices(&database).await;
    });
    running.terminate().good();
    for (code, seen) in ["KAB", "LUS"].into_iter().zip(&all) {
        println!("{code}: {} trades, {} in auctions, {} candles, levels {:?}", seen.trades, seen.in_auctions, seen.quarters, seen.levels);
        assert!((60..=200).contains(&seen.trades) && seen.in_auctions > 0 && seen.quarters >= 30, "{code}: {seen:?}");
        assert!(seen.levels.iter().all(|levels| *levels >= 5), "{code}: {:?}", seen.levels);
        assert!(seen.offers > 0 && !seen.deliveries.is_empty(), "{code}: {seen:?}");
    }
    assert!(all.iter().all(|seen| seen.cleared > 0), "the morning's offers meet in the joint clearing: {all:?}");
    let village = &all[2];
    assert_eq!((village.trades, village.levels, village.held), (0, [0, 0], 0), "without a grid nothing can be banked");
    assert_eq!(all.iter().map(|seen| seen.held).collect::<Vec<_>>(), [1, 0, 0], "one order waits for an officer");
    // Lusaka delivers in full; the village does not, on a day at least.
    let full = |row: &DeliveryRow| row.sum.contracted.0 > 0 && row.sum.shortfall().0 == 0;
    assert!(all[1].deliveries.iter().any(full), "{:?}", all[1].deliveries);
    assert!(village.deliveries.iter().any(|row| row.sum.shortfall().0 > 0 && row.sum.penalty.0 > 0), "{:?}", village.deliveries);
    assert_eq!(all.iter().map(|seen| seen.clearing).sum::<i64>(), 0, "what one owes is owed to another");
    assert!(all.iter().all(|seen| seen.clearing != 0));
    assert!(told.iter().any(|kind| kind.starts_with("alert-")), "{told:?}");
    let verified = run(&["verify", "--json", "--database", &database]).json();
    assert_eq!(verified["sound"], true, "{verified}");
    // Started again it goes on from there: nothing is traded twice.
    let (running, _) = Running::start_until_line(&demo, "http://");
    let mut again = Vec::new();
    test_kit::run(async { again = seen(&database, opening).await });
    running.terminate().good();
    for (before, after) in all.iter().zip(&again) {
        assert_eq!((before.held, before.clearing, before.deliveries.len()), (after.held, after.clearing, after.deliveries.len()));
    }
    assert_eq!(run(&["verify", "--json", "--database", &database]).json()["sound"], true);
}
