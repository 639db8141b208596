//! Negotiation between two clusters.

use crate::region::society::{day, key, noon, operator, user, user_id};
use crate::region::{Region, hours, line};
use domain::DealNo;
use market::between::{DealState, Party};
use quantity::{PricePerKwh, WattHours};
use service::between::{DealMove, DealOffer, DealTold, LIST_MAX};
use service::policy::Actor;

/// Why a deal needs a second officer.
fn codes(told: &DealTold) -> Vec<&'static str> {
    told.row.review.map(|review| review.reasons.iter().map(|reason| reason.as_str()).collect()).unwrap_or_default()
}

fn counter(region: &Region, energy: i64, price: i64) -> DealMove {
    let terms = region.terms(energy, price);
    DealMove::Counter { window: terms.window, energy: terms.energy, price: terms.price, penalty: terms.penalty, expires_at: terms.expires_at }
}

test_kit::on_both! {
    async fn offers_are_countered_and_accepted_on_both_sides(url: &str) {
        let region = Region::open(url).await;
        let new = region.terms(400, 150);
        let offered = region.offer(new).await.expect("offers");
        assert_eq!(region.offer(new).await.expect("the same"), offered);
        let other = DealOffer { price: PricePerKwh(151), ..new };
        assert_eq!(region.offer(other).await.expect_err("another").code(), "key_reused");
        assert_eq!(region.act(Party::Seller, DealMove::Accept).await.expect_err("its own").code(), "deal_not_your_turn");
        region.act(Party::Buyer, counter(&region, 300, 110)).await.expect("counters");
        for by in [Party::Seller, Party::Buyer] {
            let told = region.deal(by).await;
            assert_eq!((told.row.deal.terms.price.0, told.row.deal.turn, told.row.version, told.row.intent), (110, Party::Seller, 2, None));
        }
        region.act(Party::Seller, counter(&region, 300, 120)).await.expect("counters");
        let no = region.deal(Party::Buyer).await.row.no;
        let accept = |key| region.service.deal_act(user(11), &region.buyer, no, DealMove::Accept, key);
        let accepted = accept(key("accept")).await.expect("accepts");
        assert_eq!(accept(key("accept")).await.expect("the same"), accepted);
        assert_eq!(accept(key("again")).await.expect_err("over").code(), "deal_ended");
        for (by, cluster) in [(Party::Seller, &region.seller), (Party::Buyer, &region.buyer)] {
            let told = region.service.deal_read(Actor::System, cluster, region.deal(by).await.row.no).await.expect("reads");
            assert_eq!((told.row.deal.state, told.row.version, told.side), (DealState::Accepted, 4, by));
            assert_eq!(told.acts.iter().map(|act| act.kind.as_str()).collect::<Vec<_>>(), ["offer", "counter", "counter", "accept"]);
        }
        // Officers of the other side are told, members who are none may look and not act.
        let notices = async |who| region.service.notice_list(user(who), None, 50).await.expect("lists");
        let kinds = |notices: Vec<service::Notice>| {
            let deals = notices.into_iter().map(|notice| notice.kind).filter(|kind| kind.starts_with("deal"));
            deals.collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kinds(notices(11).await), "deal-offered deal-countered");
        assert_eq!(kinds(notices(1).await), "deal-countered deal-accepted");
        assert_eq!(region.service.deal_act(user(2), &region.seller, DealNo::new(1).expect("a number"), DealMove::Accept, key("no")).await.expect_err("no officer").code(), "not_allowed");
        assert_eq!(region.service.deal_list(user(3), &region.seller, None, LIST_MAX).await.expect("a member looks").len(), 1);
    }

    async fn an_odd_deal_needs_two_households(url: &str) {
        let region = Region::open(url).await;
        // A second officer of the buyer, and one of the same household as the first.
        let (id, on) = (region.buyer.id, day(0));
        let member = |at| domain::MemberNo::new(at).expect("a number");
        let write = region.service.store().write::<_, store::StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.role_grant(id, member(2), user_id(12), domain::Role::Treasurer, on).await?;
                tx.role_grant(id, member(1), user_id(14), domain::Role::Treasurer, on).await
            })
        });
        write.await.expect("grants");
        // The grid pays the seller K1.59: nobody gives energy away for less than half of it without a reason.
        region.offer(region.terms(100, 60)).await.expect("offers");
        let no = region.deal(Party::Buyer).await.row.no;
        let accept = async |who: i64, name: &str| {
            let done = region.service.deal_act(user(who), &region.buyer, no, DealMove::Accept, key(name)).await;
            done.map(|told| told.row.deal.state).map_err(|error| error.code())
        };
        assert_eq!(accept(11, "first").await, Ok(DealState::Open));
        assert_eq!(accept(11, "once more").await, Ok(DealState::Open));
        assert_eq!(accept(14, "the same home").await, Err("deal_second_officer"));
        let review = region.deal(Party::Buyer).await.row.review.expect("a review");
        assert_eq!((review.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(), review.by), (vec!["deal_price_band"], 11));
        assert_eq!(region.deal(Party::Seller).await.row.deal.state, DealState::Open);
        let told = region.service.notice_list(user(12), None, 9).await.expect("lists");
        assert!(told.iter().any(|notice| notice.kind == "deal-second"));
        assert_eq!(accept(12, "second").await, Ok(DealState::Accepted));
        assert_eq!(region.deal(Party::Seller).await.row.deal.state, DealState::Accepted);
    }

    async fn other_terms_are_looked_at_anew(url: &str) {
        let region = Region::open(url).await;
        region.offer(region.terms(100, 60)).await.expect("offers");
        region.act(Party::Buyer, DealMove::Accept).await.expect("waits");
        region.act(Party::Buyer, counter(&region, 100, 70)).await.expect("counters");
        let no = region.deal(Party::Seller).await.row.no;
        let accepted = region.service.deal_act(user(1), &region.seller, no, DealMove::Accept, key("cheap")).await.expect("waits");
        assert_eq!((accepted.row.deal.state, accepted.row.review.is_some()), (DealState::Open, true), "for less than half of what the grid pays");
        let operator = region.service.deal_act(operator(), &region.seller, no, DealMove::Accept, key("operator")).await.expect("accepts");
        assert_eq!(operator.row.deal.state, DealState::Accepted);
    }

    async fn one_person_on_both_sides_is_looked_at(url: &str) {
        let region = Region::open(url).await;
        region.offer(region.terms(400, 150)).await.expect("offers");
        let (id, on, member) = (region.buyer.id, day(0), domain::MemberNo::new(3).expect("a number"));
        let grant = region.service.store().write::<_, store::StoreError, _>(move |tx| {
            Box::pin(async move { tx.role_grant(id, member, user_id(1), domain::Role::Treasurer, on).await })
        });
        grant.await.expect("grants");
        let accepted = region.act(Party::Buyer, DealMove::Accept).await.expect("waits");
        assert_eq!((accepted.row.deal.state, codes(&accepted)), (DealState::Open, vec!["deal_same_person"]));
    }

    async fn what_goes_back_within_a_day_is_looked_at(url: &str) {
        let region = Region::open(url).await;
        region.service.line_set(operator(), &region.buyer, &region.seller, line(20, 5_000, 0)).await.expect("sets");
        region.agree(400, 150).await;
        let back = DealOffer { window: hours(1, 18, 20), ..region.terms(400, 150) };
        region.service.deal_offer(user(11), &region.buyer, &region.seller, back).await.expect("offers");
        let accepted = region.act(Party::Seller, DealMove::Accept).await.expect("waits");
        assert_eq!((accepted.row.deal.state, codes(&accepted)), (DealState::Open, vec!["deal_round_trip"]));
    }

    async fn deals_end_once_and_expire(url: &str) {
        let region = Region::open(url).await;
        // The buyer leads: its ask is answered by the seller.
        region.offer(DealOffer { side: Party::Buyer, ..region.terms(400, 120) }).await.expect("asks");
        region.act(Party::Buyer, DealMove::Withdraw).await.expect("withdraws");
        assert_eq!(region.act(Party::Seller, DealMove::Accept).await.expect_err("over").code(), "deal_ended");
        region.offer(region.terms(400, 120)).await.expect("offers");
        region.at(noon(0).plus_ms(3_600_000));
        assert_eq!(region.act(Party::Buyer, DealMove::Accept).await.expect_err("late").code(), "deal_expired");
        region.service.cluster_settle(Actor::System, &region.seller, |_| {}).await.expect("settles");
        for by in [Party::Seller, Party::Buyer] {
            assert_eq!(region.deal(by).await.row.deal.state, DealState::Expired);
        }
        assert_eq!(region.act(Party::Buyer, DealMove::Decline).await.expect_err("over").code(), "deal_ended");
        // Delivery that has begun, on odd bounds, to oneself, or over no line.
        let late = DealOffer { window: hours(0, 8, 9), ..region.terms(400, 120) };
        assert_eq!(region.offer(late).await.expect_err("begun").code(), "deal_terms");
        let back = region.service.deal_offer(user(11), &region.buyer, &region.seller, region.terms(400, 120)).await;
        assert_eq!(back.expect_err("no line").code(), "line_missing");
        let unknown = DealNo::new(99).expect("a number");
        assert_eq!(region.service.deal_read(Actor::System, &region.seller, unknown).await.expect_err("unknown").code(), "deal_unknown");
    }

    async fn a_line_is_promised_once(url: &str) {
        let region = Region::open(url).await;
        region.service.line_set(operator(), &region.seller, &region.buyer, line(20, 1_000, 0)).await.expect("sets");
        region.offer(region.terms(700, 120)).await.expect("offers");
        assert_eq!(region.offer(region.terms(301, 120)).await.expect_err("full").code(), "line_full");
        // At another time there is room.
        let later = DealOffer { window: hours(1, 16, 17), ..region.terms(1_000, 120) };
        region.offer(later).await.expect("offers");
        region.offer(DealOffer { energy: WattHours(300), ..region.terms(0, 120) }).await.expect("offers");
    }

    async fn two_clusters_have_few_open_deals(url: &str) {
        let region = Region::open(url).await;
        for _ in 0..20 {
            region.offer(region.terms(1, 120)).await.expect("offers");
        }
        assert_eq!(region.offer(region.terms(1, 120)).await.expect_err("too many").code(), "deals_too_many");
        region.act(Party::Buyer, DealMove::Decline).await.expect("declines");
        region.offer(region.terms(1, 120)).await.expect("offers");
        // All of them expire in one round.
        region.at(noon(0).plus_ms(3_600_000));
        region.service.cluster_settle(Actor::System, &region.seller, |_| {}).await.expect("settles");
        let deals = region.service.deal_list(Actor::System, &region.buyer, None, LIST_MAX).await.expect("lists");
        assert_eq!(deals.iter().filter(|deal| deal.row.deal.state == DealState::Expired).count(), 20);
    }
}
