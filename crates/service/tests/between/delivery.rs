//! What was delivered, by the meters, and the money of both sides.

use crate::region::society::{self, noon, operator, own};
use crate::region::{Region, hours};
use ledger::{AccountCode, TransferCode};
use market::between::Party;
use quantity::{Ngwee, WattHours};
use service::between::{DealMove, DealOffer, LineOutageSet};
use service::policy::Actor;
use service::{CoverSource, SurplusChoice};
use store::tables::{ClusterRow, DeliveryRow};

async fn delivered(region: &Region, cluster: &ClusterRow) -> DeliveryRow {
    let days = (society::day(1), society::day(2));
    let mut rows = region.service.delivery_list(Actor::System, cluster, days, 10).await.expect("lists");
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

test_kit::on_both! {
    async fn a_deal_is_delivered_in_full(url: &str) {
        let region = Region::open(url).await;
        region.agree(400, 120).await;
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        for cluster in [&region.seller, &region.buyer] {
            let row = delivered(&region, cluster).await;
            assert_eq!((row.sum.contracted.0, row.sum.sent.0, row.sum.received.0, row.revision), (12_800, 12_800, 11_520, 1));
            assert_eq!((row.sum.seller_due.0, row.sum.fee.0, row.sum.penalty.0, row.clearing.0), (1_536_000, 256_000, 0, 1_536));
        }
        assert_eq!(region.clearing().await, (-1_536, 1_536));
        assert_eq!(own(&region.service, &region.buyer, AccountCode::WheelingPayable).await, 256);
        // Twice is once, in either order and by another process.
        let sizes = async || {
            let of = async |cluster: &ClusterRow| region.service.transfer_list(Actor::System, cluster.id, 0, 1_000).await.expect("lists").len();
            (of(&region.seller).await, of(&region.buyer).await)
        };
        let before = sizes().await;
        region.settle().await;
        let other = region.service.clone().with_desks_of_its_own();
        for cluster in [&region.buyer, &region.seller] {
            other.cluster_settle(Actor::System, cluster, |_| {}).await.expect("settles");
        }
        assert_eq!(sizes().await, before);
        // Members see it in their book.
        let statement = region.service.member_statement(society::user(11), &region.buyer, society::no(1), None).await.expect("reads");
        assert!(statement.book.iter().any(|entry| entry.code == TransferCode::Delivery), "{:?}", statement.book);
        let no = region.deal(market::between::Party::Buyer).await.row.no;
        let (_, parcels) = region.service.delivery_read(society::user(12), &region.buyer, no, society::day(1)).await.expect("reads").expect("is there");
        assert_eq!((parcels.len(), parcels[0].1.received.0), (32, 360));
    }

    async fn a_shortfall_is_replaced_and_punished_and_corrections_post_differences(url: &str) {
        let region = Region::open(url).await;
        region.agree(1_000, 120).await;
        region.at(noon(2));
        // 850 Wh are left over.
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        let row = delivered(&region, &region.seller).await;
        assert_eq!((row.sum.sent.0, row.sum.shortfall().0, row.sum.penalty.0), (27_200, 4_800, 240_000));
        assert!(!row.sum.is_estimated);
        // Within what was counted for it: K0.50, and K6.39 of the dearest unit less the K1.40 of the deal.
        assert!(row.sum.compensation().expect("fits").0 <= 4_800 * (50 + 499));
        let first = region.clearing().await;
        assert_eq!(first.0, -first.1);
        assert_eq!(-first.0, (row.sum.seller_due.0 - row.sum.replacement.0 - 240_000 + 500) / 1_000);
        let statement = region.service.member_statement(society::user(11), &region.buyer, society::no(1), None).await.expect("reads");
        assert!(statement.book.iter().any(|entry| entry.code == TransferCode::Penalty && entry.amount.0 > 0), "{:?}", statement.book);
        // The plant's real readings come: less was made.
        let plant = society::csv(1..2, &[("S-P", 0, 700)]);
        assert_eq!(society::import(&region.service, &region.seller, &plant).await, [""; 0]);
        region.at(noon(3));
        region.settle().await;
        region.settle().await;
        let row = delivered(&region, &region.seller).await;
        assert_eq!((row.sum.sent.0, row.revision), (17_600, 2));
        assert_eq!(delivered(&region, &region.buyer).await.sum, row.sum);
        let second = region.clearing().await;
        assert_eq!((second.0, second.1), (-row.clearing.0, row.clearing.0));
        assert!(second.1 < first.1);
    }

    async fn a_silent_meter_delivers_nothing_and_is_punished_when_readings_are_over(url: &str) {
        let region = Region::open(url).await;
        region.agree(400, 120).await;
        region.at(noon(2));
        region.read(0..1, Some(1_000)).await;
        region.read(1..2, None).await;
        region.settle().await;
        let row = delivered(&region, &region.seller).await;
        assert_eq!((row.sum.sent.0, row.sum.penalty.0, row.sum.is_estimated), (0, 0, true));
        region.settle().await;
        assert_eq!(delivered(&region, &region.seller).await.revision, 1);
        region.at(noon(50));
        region.settle().await;
        let row = delivered(&region, &region.seller).await;
        assert_eq!((row.sum.sent.0, row.sum.penalty.0, row.sum.is_estimated, row.revision), (0, 640_000, false, 2));
        assert_eq!(region.clearing().await, (-row.clearing.0, row.clearing.0));
    }

    async fn nobody_pays_for_what_a_line_could_not_carry(url: &str) {
        let region = Region::open(url).await;
        region.agree(400, 120).await;
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        let outage = LineOutageSet { during: hours(1, 8, 10), capacity: WattHours(0), note: "a pole fell".to_owned() };
        region.service.line_outage_set(operator(), &region.seller, &region.buyer, outage).await.expect("sets");
        region.settle().await;
        for cluster in [&region.seller, &region.buyer] {
            let row = delivered(&region, cluster).await;
            assert_eq!((row.sum.contracted.0, row.sum.sent.0, row.undeliverable.0, row.sum.penalty.0), (9_600, 9_600, 3_200, 0));
        }
        assert_eq!(region.clearing().await, (-1_152, 1_152));
    }

    async fn what_is_banked_is_not_delivered_too(url: &str) {
        let region = Region::open(url).await;
        let (service, seller) = (&region.service, &region.seller);
        service.cover_add(operator(), seller, CoverSource::Gift, Ngwee(100_000), region.key()).await.expect("adds");
        for member in [2, 3] {
            service.surplus_choice_set(Actor::System, seller, society::no(member), SurplusChoice::Bank).await.expect("sets");
        }
        region.agree(400, 120).await;
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        // The plant's 1,000 Wh are 334 + 333 + 333; each home uses 50. Homes 2 and 3 bank theirs in all 40 quarters of sun, and what home 1
        // has left is all that the line gets in 32 of them.
        let row = delivered(&region, seller).await;
        assert_eq!((row.sum.contracted.0, row.sum.sent.0), (12_800, 32 * 284));
        let banked = service.credit_view(Actor::System, seller, society::no(2)).await.expect("reads").available;
        assert_eq!(banked.0, 40 * 283);
        // Promises broken in each interval count, though one partner alone is but a fifth of the evidence.
        let kept = service.reputation_of_cluster(operator(), seller).await.expect("reads");
        assert!(kept.sales == 32 && kept.seller.reliability < 800_000, "{kept:?}");
        let paid = service.reputation_of_cluster(operator(), &region.buyer).await.expect("reads");
        // Settling takes the money by itself: who buys keeps no promise by it, and stays as new as any.
        assert_eq!((paid.purchases, paid.buyer.reliability, paid.buyer.lower_bound, paid.buyer.is_new), (0, 800_000, 0, true));
        assert_eq!((paid.sales, paid.brief()), (0, service::Reliability::default()));
    }

    async fn a_day_that_goes_past_the_horizon_stays_as_it_was(url: &str) {
        let region = Region::open(url).await;
        for (from, until) in [(8, 10), (14, 16)] {
            region.offer(DealOffer { window: hours(1, from, until), ..region.terms(400, 120) }).await.expect("offers");
            region.act(Party::Buyer, DealMove::Accept).await.expect("accepts");
        }
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        assert_eq!(region.clearing().await, (-768, 768));
        let correction = i32::try_from(region.seller.correction_days).expect("some days");
        let rows = async |cluster: &ClusterRow| {
            let days = (society::day(1), society::day(2));
            region.service.delivery_list(Actor::System, cluster, days, 10).await.expect("lists")
        };
        let before = (rows(&region.seller).await, rows(&region.buyer).await);
        assert_eq!((before.0.len(), before.1.len()), (2, 2));
        // The first deal lies behind the horizon at noon, the second does not; then both do.
        for at in [correction + 14, correction + 16, correction + 17] {
            region.at(noon(at));
            region.settle().await;
            assert_eq!(region.clearing().await, (-768, 768), "day {at}");
        }
        assert_eq!((rows(&region.seller).await, rows(&region.buyer).await), before);
    }

    async fn deals_share_a_line_that_carries_less_and_others_are_not_excused(url: &str) {
        let region = Region::open(url).await;
        region.agree(600, 120).await;
        region.agree(300, 120).await;
        region.at(noon(2));
        // 50 Wh are left over in each interval.
        region.read(0..2, Some(200)).await;
        // From 8 to 10 the line carries a third of both deals; from 10 to 12 it carries all of them.
        for (from, until, capacity) in [(8, 10, 300), (10, 12, 900)] {
            let outage = LineOutageSet { during: hours(1, from, until), capacity: WattHours(capacity), note: "a pole fell".to_owned() };
            region.service.line_outage_set(operator(), &region.seller, &region.buyer, outage).await.expect("sets");
        }
        region.settle().await;
        let days = (society::day(1), society::day(2));
        let mut rows = region.service.delivery_list(Actor::System, &region.seller, days, 10).await.expect("lists");
        rows.sort_by_key(|row| row.deal);
        let found = |row: &DeliveryRow| (row.undeliverable.0, row.sum.contracted.0);
        assert_eq!(rows.iter().map(found).collect::<Vec<_>>(), [(8 * 400, 8 * 200 + 24 * 600), (8 * 200, 8 * 100 + 24 * 300)]);
        // Of 24 intervals with a penalty of K0.50 each of the two pays for what it did not send, the two hours with a sound line included.
        let punished: i64 = rows.iter().map(|row| row.sum.penalty.0).sum();
        assert_eq!(punished, 24 * (900 - 50) * 50);
    }
}
