//! What was delivered, by the meters, and the money of both sides.

use crate::region::society::{self, noon, operator, own};
use crate::region::{Region, hours};
use ledger::{AccountCode, TransferCode};
use quantity::{Ngwee, WattHours};
use service::between::LineOutageSet;
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
        assert!(paid.buyer.reliability > 800_000, "{paid:?}");
    }
}
