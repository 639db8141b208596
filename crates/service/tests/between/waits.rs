//! Rows that are broken, and what a round makes of them: what they hold up waits, everything else goes on, and once they are whole again
//! the next round does it, once.

use crate::region::society::{self, day, key, noon, operator, user};
use crate::region::{Region, allow, hours, line, village};
use domain::ClusterId;
use market::Side;
use market::between::{DealState, Party};
use quantity::{BusinessDay, PricePerKwh, UtcOffset, WattHours};
use service::Service;
use service::between::{DealMove, DealOffer, OfferCreate};
use service::policy::Actor;
use store::tables::{ClusterRow, DealRow, OfferReason, OfferState};
use store::{Sql, StoreError, Value, sql};

/// Changes rows past the program: those of a cluster, and of a day or a number.
async fn change(service: &Service, sql: &'static Sql, cluster: ClusterId, at: i64) {
    let write =
        service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.exec(sql, &[Value::from(cluster), Value::from(at)]).await }));
    assert!(write.await.expect("changes") > 0, "a row is changed");
}

fn offer(side: Side, at: i32, name: &str) -> OfferCreate {
    OfferCreate {
        side,
        window: hours(at, 8, 16),
        energy: WattHours(500),
        price: PricePerKwh(if side == Side::Sell { 90 } else { 200 }),
        key: key(name),
    }
}

/// The seller and the buyer offer for a day.
async fn offered(region: &Region, at: i32) {
    region.service.offer_place(user(1), &region.seller, offer(Side::Sell, at, &format!("sell {at}"))).await.expect("places");
    region.service.offer_place(user(11), &region.buyer, offer(Side::Buy, at, &format!("buy {at}"))).await.expect("places");
}

/// An hour before a day begins: its gate has closed.
fn eve(at: i32) -> quantity::Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(-3_600_000)
}

async fn rounds(region: &Region) -> i64 {
    region.service.market_joint_round(operator(), "kabwe").await.expect("a round")
}

/// The days of a cluster's deals, from the first made on.
async fn deal_days(region: &Region, cluster: &ClusterRow) -> Vec<i32> {
    let deals = region.service.deal_list(Actor::System, cluster, None, 50).await.expect("lists");
    let of = |deal: &service::between::DealTold| BusinessDay::of(deal.row.deal.terms.window.start(), UtcOffset::LUSAKA).0 - day(0).0;
    deals.iter().rev().map(of).collect()
}

/// How often an officer was told of a clearing.
async fn told(region: &Region, who: i64, kind: &str) -> usize {
    let notices = region.service.notice_list(user(who), None, 100).await.expect("lists");
    notices.iter().filter(|notice| notice.kind == kind).count()
}

static BOARD_BREAKS: Sql = sql!("UPDATE market_board SET side = 'x' || side WHERE cluster_id = $1 AND day = $2");
static BOARD_MENDS: Sql = sql!("UPDATE market_board SET side = substr(side, 2) WHERE cluster_id = $1 AND day = $2");
static OFFER_BREAKS: Sql = sql!("UPDATE market_offer SET state = 'x' || state WHERE cluster_id = $1 AND day = $2");
static OFFER_MENDS: Sql = sql!("UPDATE market_offer SET state = substr(state, 2) WHERE cluster_id = $1 AND day = $2");
static DEAL_BREAKS: Sql = sql!("UPDATE deal SET turn = 'x' || turn WHERE cluster_id = $1 AND deal_no = $2");
static DEAL_MENDS: Sql = sql!("UPDATE deal SET turn = substr(turn, 2) WHERE cluster_id = $1 AND deal_no = $2");
/// Breaks a sealed record, and mends it again.
static SEALED_SWAPS: Sql = sql!("UPDATE sealed SET header = body, body = header WHERE cluster_id = $1 AND interval_start = $2");

/// A deal for day 1 and one for day 2, and the readings of both.
async fn two_days(region: &Region) {
    for at in [1, 2] {
        let terms = region.terms(400, 100 + i64::from(at));
        region.offer(DealOffer { window: hours(at, 8, 16), ..terms }).await.expect("offers");
        region.act(Party::Buyer, DealMove::Accept).await.expect("accepts");
    }
    region.at(noon(3));
    region.read(0..3, Some(1_000)).await;
}

test_kit::on_both! {
    async fn a_clearing_that_fails_keeps_no_other_waiting(url: &str) {
        let region = Region::open(url).await;
        offered(&region, 1).await;
        offered(&region, 2).await;
        change(&region.service, &BOARD_BREAKS, region.buyer.id, day(1).0.into()).await;
        region.at(eve(1));
        assert_eq!(rounds(&region).await, 0, "the offers of day 1 cannot be read");
        region.at(eve(2));
        for expected in [1, 0] {
            assert_eq!(rounds(&region).await, expected, "day 2 is cleared, once");
            assert_eq!((deal_days(&region, &region.seller).await, deal_days(&region, &region.buyer).await), (vec![2], vec![2]));
        }
        // Nothing of day 1 is lost: both offers still stand.
        for (who, cluster) in [(1, &region.seller), (11, &region.buyer)] {
            let offers = region.service.offer_list(user(who), cluster, None, 9).await.expect("lists");
            assert_eq!(offers.iter().map(|offer| offer.state).collect::<Vec<_>>(), [OfferState::Cleared, OfferState::Open]);
        }
        change(&region.service, &BOARD_MENDS, region.buyer.id, day(1).0.into()).await;
        for expected in [1, 0] {
            assert_eq!(rounds(&region).await, expected);
            assert_eq!((deal_days(&region, &region.seller).await, deal_days(&region, &region.buyer).await), (vec![2, 1], vec![2, 1]));
        }
        assert_eq!((told(&region, 1, "market-cleared").await, told(&region, 11, "market-cleared").await), (2, 2));
    }

    async fn who_cannot_take_part_is_told_and_stops_nobody(url: &str) {
        let region = Region::open(url).await;
        let third = village(&region.service, "Chongwe Homes", 21, "C").await;
        let fourth = village(&region.service, "Kafue North", 31, "D").await;
        for (other, who, name) in [(&third, 21, "third"), (&fourth, 31, "fourth")] {
            allow(&region.service, other).await;
            region.service.line_set(operator(), &region.seller, other, line(20, 5_000, 0)).await.expect("sets");
            region.service.offer_place(user(who), other, offer(Side::Buy, 1, name)).await.expect("places");
        }
        offered(&region, 1).await;
        // The checklist of one is empty by now; a deal of another cannot be read.
        region.service.compliance_set(Actor::System, &third, domain::Compliance::new()).await.expect("sets");
        let terms = DealOffer { key: region.key(), ..region.terms(100, 130) };
        region.service.deal_offer(user(1), &region.seller, &fourth, terms).await.expect("offers");
        change(&region.service, &DEAL_BREAKS, fourth.id, 1).await;
        region.at(eve(1));
        rounds(&region).await;
        assert!(deal_days(&region, &region.buyer).await.contains(&1), "the others have met");
        let reason = async |who: i64, cluster| region.service.offer_list(user(who), cluster, None, 1).await.expect("lists").remove(0).reason;
        assert_eq!(reason(11, &region.buyer).await, None);
        assert_eq!(reason(21, &third).await, Some(OfferReason::NotReady));
        assert_eq!(reason(31, &fourth).await, Some(OfferReason::Unreadable));
        let kinds = [(21, "market-not-ready"), (31, "market-fault"), (11, "market-nobody")];
        let mut seen = Vec::new();
        for (who, kind) in kinds {
            seen.push(told(&region, who, kind).await);
        }
        assert_eq!(seen, [1, 1, 0]);
    }

    async fn a_part_of_a_clearing_that_waits_is_taken_once(url: &str) {
        let region = Region::open(url).await;
        offered(&region, 1).await;
        offered(&region, 2).await;
        region.at(eve(2));
        // One of the two clusters cannot take its part of day 1; what was decided stands.
        change(&region.service, &OFFER_BREAKS, region.buyer.id, day(1).0.into()).await;
        for _ in 0..2 {
            rounds(&region).await;
            assert_eq!(deal_days(&region, &region.buyer).await, [2]);
            assert!(deal_days(&region, &region.seller).await.contains(&2));
        }
        change(&region.service, &OFFER_MENDS, region.buyer.id, day(1).0.into()).await;
        for expected in [1, 0] {
            assert_eq!(rounds(&region).await, expected);
            for cluster in [&region.seller, &region.buyer] {
                let mut days = deal_days(&region, cluster).await;
                days.sort_unstable();
                assert_eq!(days, [1, 2]);
            }
        }
        let pairs = async |cluster: &ClusterRow| {
            let mut pairs: Vec<_> =
                region.service.deal_list(Actor::System, cluster, None, 9).await.expect("lists").into_iter().map(|deal| (deal.row.pair, deal.row.deal.terms)).collect();
            pairs.sort_unstable_by_key(|(pair, _)| *pair);
            pairs
        };
        assert_eq!(pairs(&region.seller).await, pairs(&region.buyer).await);
        assert_eq!((told(&region, 1, "market-cleared").await, told(&region, 11, "market-cleared").await), (2, 2));
    }

    async fn a_deal_that_waits_keeps_no_other_waiting(url: &str) {
        let region = Region::open(url).await;
        let third = village(&region.service, "Chongwe Homes", 21, "C").await;
        allow(&region.service, &third).await;
        region.service.line_set(operator(), &region.seller, &third, line(20, 5_000, 0)).await.expect("sets");
        let first = region.offer(region.terms(400, 120)).await.expect("offers").row;
        let new = DealOffer { key: region.key(), ..region.terms(300, 130) };
        let second = region.service.deal_offer(user(1), &region.seller, &third, new).await.expect("offers").row;
        // The copies: that of the first deal cannot be read.
        change(&region.service, &DEAL_BREAKS, region.buyer.id, 1).await;
        region.at(noon(0).plus_ms(3_600_000));
        let leading = async |row: &DealRow| region.service.deal_read(Actor::System, &region.seller, row.no).await.expect("reads");
        for _ in 0..2 {
            region.service.clearing_check(operator()).await.expect("checks");
            let copy = region.service.deal_list(Actor::System, &third, None, 1).await.expect("lists").remove(0).row;
            assert_eq!((copy.deal.state, copy.pair), (DealState::Expired, second.pair), "the second has ended on both sides");
            let (one, two) = (leading(&first).await, leading(&second).await);
            assert_eq!((one.row.deal.state, two.row.deal.state), (DealState::Expired, DealState::Expired));
            assert_eq!((one.row.told_version < one.row.version, two.row.told_version == two.row.version), (true, true));
        }
        change(&region.service, &DEAL_MENDS, region.buyer.id, 1).await;
        for _ in 0..2 {
            region.service.clearing_check(operator()).await.expect("checks");
            let (one, copy) = (leading(&first).await, region.deal(Party::Buyer).await);
            let copied = region.service.deal_read(Actor::System, &region.buyer, copy.row.no).await.expect("reads");
            assert_eq!((copied.row.deal.state, copied.row.version, one.row.told_version), (DealState::Expired, one.row.version, one.row.version));
            assert_eq!(copied.acts.iter().map(|act| act.kind.as_str()).collect::<Vec<_>>(), ["offer", "expire"], "each step once");
        }
        assert_eq!((told(&region, 11, "deal-expired").await, told(&region, 21, "deal-expired").await), (1, 1));
    }

    async fn a_day_of_delivery_that_waits_is_settled_once(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        two_days(&region).await;
        // The days of both are settled, and what is delivered waits for that of the other.
        service.cluster_settle(Actor::System, &region.seller, |_| {}).await.expect("settles");
        let broken = hours(1, 9, 10).start().0;
        change(service, &SEALED_SWAPS, region.seller.id, broken).await;
        let days = async |cluster: &ClusterRow| {
            let rows = service.delivery_list(Actor::System, cluster, (day(0), day(4)), 9).await.expect("lists");
            let mut days: Vec<i32> = rows.iter().map(|row| row.day.0 - day(0).0).collect();
            days.sort_unstable();
            days
        };
        for _ in 0..2 {
            service.cluster_settle(Actor::System, &region.buyer, |_| {}).await.expect("settles");
            service.clearing_check(operator()).await.expect("checks");
            assert_eq!((days(&region.seller).await, days(&region.buyer).await), (vec![2], vec![2]), "day 2 goes on");
        }
        let before = region.clearing().await;
        assert!(before.1 > 0 && before.0 + before.1 == 0, "{before:?}");
        change(service, &SEALED_SWAPS, region.seller.id, broken).await;
        region.settle().await;
        assert_eq!((days(&region.seller).await, days(&region.buyer).await), (vec![1, 2], vec![1, 2]));
        let after = region.clearing().await;
        region.settle().await;
        assert_eq!(region.clearing().await, after, "once");
        // As without any fault.
        let whole = test_kit::sqlite();
        let undisturbed = Region::open(whole.url()).await;
        two_days(&undisturbed).await;
        undisturbed.settle().await;
        assert_eq!(undisturbed.clearing().await, after);
        society::recount(service, &region.seller).await;
    }
}

/// Connections that are cut while a region clears, closes deals and settles deliveries: the same rounds again end where an undisturbed run
/// does.
#[test]
fn connections_cut_between_clusters_lose_and_double_nothing() {
    let whole = test_kit::sqlite();
    let database = test_kit::postgres();
    test_kit::run(async {
        let wanted = end(&trades_of_days(whole.url()).await).await;
        let region = trades_of_days_begun(database.url()).await;
        let mut failed = 0;
        let (cuts, ()) = database.cut_while(test_kit::growing_pauses(), async {
            for _ in 0..40 {
                failed += i32::from(a_round(&region).await.is_err());
            }
        });
        // The faults are over.
        for _ in 0..3 {
            a_round(&region).await.expect("goes on");
        }
        println!("{cuts} cuts, {failed} of 40 rounds failed as a whole");
        assert!(cuts > 0, "no cut met anything");
        region.settle().await;
        assert_eq!(end(&region).await, wanted);
    });
}

/// What the next round of everything does.
async fn a_round(region: &Region) -> Result<(), service::ServiceError> {
    region.service.market_joint_round(operator(), "kabwe").await?;
    for cluster in [&region.seller, &region.buyer] {
        region.service.cluster_settle(Actor::System, cluster, |_| {}).await?;
    }
    region.service.clearing_check(operator()).await.map(|_| ())
}

/// Offers for two days that are due, two deals agreed, one that is over, and the readings of the days.
async fn trades_of_days_begun(url: &str) -> Region {
    let region = Region::open(url).await;
    offered(&region, 1).await;
    offered(&region, 2).await;
    let over = region.terms(100, 130);
    region.offer(DealOffer { window: hours(2, 16, 17), ..over }).await.expect("offers");
    two_days(&region).await;
    region
}

async fn trades_of_days(url: &str) -> Region {
    let region = trades_of_days_begun(url).await;
    for _ in 0..2 {
        a_round(&region).await.expect("a round");
    }
    region.settle().await;
    region
}

/// What must be the same however one came to it: the clearing accounts, and each deal and delivery of both sides.
async fn end(region: &Region) -> ((i64, i64), Vec<String>) {
    let mut told = Vec::new();
    for cluster in [&region.seller, &region.buyer] {
        for deal in region.service.deal_list(Actor::System, cluster, None, 50).await.expect("lists") {
            let terms = deal.row.deal.terms;
            told.push(format!("{} {:?} {} {}", cluster.name, deal.row.deal.state, terms.window.start().0, terms.energy_per_interval.0));
        }
        for row in region.service.delivery_list(Actor::System, cluster, (day(0), day(4)), 50).await.expect("lists") {
            told.push(format!("{} {} {} {}", cluster.name, row.day, row.sum.seller_due.0, row.sum.fee.0));
        }
    }
    told.sort();
    (region.clearing().await, told)
}
