//! Who may trade with other clusters, and within what.

use crate::region::society::{day, noon, operator, society, user};
use crate::region::{LIMITS, Region, allow, checklist, hours, line, village};
use domain::{BetweenLimits, Compliance};
use market::Side;
use market::between::Party;
use quantity::{Ngwee, PricePerKwh, WattHours};
use service::BetweenError;
use service::ServiceError;
use service::between::{DealMove, DealOffer, LineOutageSet, OfferCreate};
use service::policy::Actor;
use settlement::RuleSet;
use store::StoreError;
use store::tables::{RulePrices, RuleRow};

test_kit::on_both! {
    async fn the_checklist_and_the_rules_stand_in_the_way(url: &str) {
        let (service, clock) = society(url).await;
        let one = village(&service, "Mulenga", 1, "S").await;
        let other = village(&service, "Kafue", 11, "B").await;
        service.line_set(operator(), &one, &other, line(20, 5_000, 0)).await.expect("sets");
        let region = Region::of(service, clock, one, other);
        let (service, one, other) = (&region.service, &region.seller, &region.buyer);
        assert_eq!(region.offer(region.terms(100, 120)).await.expect_err("off").code(), "between_off");
        allow(service, one).await;
        assert_eq!(region.offer(region.terms(100, 120)).await.expect_err("the other").code(), "between_off");
        allow(service, other).await;
        assert!(service.compliance_view(user(12), other).await.expect("a member looks").missing.is_empty());
        // One item is gone, another is over: both are named, for either side.
        let lacking = Compliance { wiring_note: None, voted_on: Some(day(3)), ..checklist() };
        service.compliance_set(user(11), other, lacking).await.expect("sets");
        let refused = region.offer(region.terms(100, 120)).await.expect_err("the other lacks");
        assert!(matches!(&refused, ServiceError::Between(BetweenError::ComplianceMissing { missing, .. }) if missing == &["wiring_note", "voted_on"]));
        assert_eq!(refused.code(), "compliance_missing");
        service.compliance_set(user(11), other, checklist()).await.expect("sets");
        region.offer(region.terms(100, 120)).await.expect("offers");
        service.compliance_set(user(1), one, Compliance::new()).await.expect("sets");
        assert_eq!(region.act(Party::Buyer, DealMove::Accept).await.expect_err("the seller lacks").code(), "compliance_missing");
        // Saying no is always possible.
        region.act(Party::Buyer, DealMove::Decline).await.expect("declines");
        // Who wrote what stays.
        let view = service.compliance_view(user(1), one).await.expect("looks");
        assert_eq!(view.history.iter().map(|row| (row.version, row.set_by)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
        assert_eq!(service.compliance_set(user(2), one, checklist()).await.expect_err("no chair").code(), "not_allowed");
        assert_eq!(service.line_set(user(1), one, other, line(1, 1, 0)).await.expect_err("no operator").code(), "not_allowed");
        let odd = LineOutageSet { during: hours(1, 8, 9), capacity: WattHours(-1), note: String::new() };
        assert_eq!(service.line_outage_set(operator(), one, other, odd).await.expect_err("below zero").code(), "line_outage_invalid");
    }

    async fn officers_stay_within_what_members_voted(url: &str) {
        let region = Region::open(url).await;
        let limit = |limits: BetweenLimits| (region.service.clone(), limits);
        let set = async |cluster, (service, limits): (service::Service, BetweenLimits)| {
            service.between_limits_set(Actor::System, cluster, day(0), limits).await.expect("sets");
        };
        let refusal = |error: ServiceError| match error {
            ServiceError::Between(BetweenError::Limit { what, most, found }) => (what, most, found),
            other => panic!("{other}"),
        };
        // 32 intervals of 400 Wh are 12.8 kWh.
        set(&region.seller, limit(BetweenLimits { sell_max: WattHours(12_799), ..LIMITS })).await;
        assert_eq!(refusal(region.offer(region.terms(400, 120)).await.expect_err("too much")), ("sell_max_wh_per_day", 12_799, 12_800));
        assert_eq!(refusal(region.offer(region.terms(300, 49)).await.expect_err("too cheap")), ("sell_price_min", 50, 49));
        region.offer(region.terms(300, 120)).await.expect("offers");
        // What is on the table counts.
        assert_eq!(refusal(region.offer(region.terms(100, 120)).await.expect_err("too much")), ("sell_max_wh_per_day", 12_799, 12_800));
        set(&region.buyer, limit(BetweenLimits { buy_price_max: PricePerKwh(139), ..LIMITS })).await;
        assert_eq!(refusal(region.act(Party::Buyer, DealMove::Accept).await.expect_err("too dear")), ("buy_price_max", 139, 140));
        set(&region.buyer, limit(BetweenLimits { spend_max: Ngwee(1_343), ..LIMITS })).await;
        assert_eq!(refusal(region.act(Party::Buyer, DealMove::Accept).await.expect_err("too much")), ("spend_max_ngwee", 1_343, 1_344));
        set(&region.buyer, limit(BetweenLimits { buy_max: WattHours(9_600), spend_max: Ngwee(1_344), ..LIMITS })).await;
        region.act(Party::Buyer, DealMove::Accept).await.expect("accepts");
        // A cluster whose members said nothing may commit nothing; another day's limits are another day's.
        let past = region.service.between_limits_set(Actor::System, &region.buyer, day(-1), LIMITS).await.expect_err("past");
        assert_eq!(past.code(), "day_past");
        region.at(noon(0));
    }

    async fn limits_are_those_of_the_day_of_delivery_and_count_all_of_it(url: &str) {
        let region = Region::open(url).await;
        let set = async |from, limits: BetweenLimits| {
            region.service.between_limits_set(Actor::System, &region.seller, day(from), limits).await.expect("sets");
        };
        let what = |error: ServiceError| match error {
            ServiceError::Between(BetweenError::Limit { what, most, found }) => (what, most, found),
            other => panic!("{other}"),
        };
        let today = |from, until| {
            let begin = hours(0, from, until);
            DealOffer { window: begin, expires_at: begin.start(), ..region.terms(400, 120) }
        };
        set(0, BetweenLimits { sell_max: WattHours(3_199), ..LIMITS }).await;
        region.offer(today(13, 14)).await.expect("offers");
        region.act(Party::Buyer, DealMove::Accept).await.expect("accepts");
        region.at(hours(0, 15, 16).start());
        // The deal of today has ended and counts.
        assert_eq!(what(region.offer(today(16, 17)).await.expect_err("too much")), ("sell_max_wh_per_day", 3_199, 3_200));
        // Tomorrow has limits of its own.
        let soon = |energy, penalty| DealOffer { penalty: PricePerKwh(penalty), expires_at: hours(0, 20, 21).start(), ..region.terms(energy, 120) };
        set(1, BetweenLimits { sell_max: WattHours(3_200), ..LIMITS }).await;
        assert_eq!(what(region.offer(soon(101, 50)).await.expect_err("too much")), ("sell_max_wh_per_day", 3_200, 3_232));
        // The penalty has a bound of its own.
        assert_eq!(region.offer(soon(10, 241)).await.expect_err("too high").code(), "deal_terms");
        region.offer(soon(10, 240)).await.expect("offers");
    }

    async fn what_a_seller_may_have_to_pay_is_within_what_may_be_spent(url: &str) {
        let region = Region::open(url).await;
        let set = async |most| {
            let limits = BetweenLimits { spend_max: Ngwee(most), ..LIMITS };
            region.service.between_limits_set(Actor::System, &region.seller, day(1), limits).await.expect("sets");
        };
        let what = |error: ServiceError| match error {
            ServiceError::Between(BetweenError::Limit { what, most, found }) => (what, most, found),
            other => panic!("{other}"),
        };
        // 3.2 kWh, of which each not sent costs the penalty of K0.50, and what the dearest unit of the tariff, K6.39, is above the K1.40 that
        // the buyer pays with the fee: K5.49 in all.
        set(1_756).await;
        assert_eq!(what(region.offer(region.terms(100, 120)).await.expect_err("too much")), ("spend_max_ngwee", 1_756, 1_757));
        set(1_757).await;
        region.offer(region.terms(100, 120)).await.expect("offers");
        // An offer to all: a penalty of K0.20, and somebody may pay the K1.00 that is asked for, of K6.39. K17.57 are promised already.
        let offer = OfferCreate { side: Side::Sell, window: hours(1, 8, 9), energy: WattHours(100), price: PricePerKwh(100), key: region.key() };
        set(1_980).await;
        let refused = region.service.offer_place(user(1), &region.seller, offer).await.expect_err("too much");
        // 1,756.8 and 0.4 kWh at K5.59, 223.6.
        assert_eq!(what(refused), ("spend_max_ngwee", 1_980, 1_981));
        set(1_981).await;
        region.service.offer_place(user(1), &region.seller, offer).await.expect("places");
        // A price above the dearest unit leaves the penalty alone.
        set(1_981 + 160).await;
        region.offer(region.terms(100, 620)).await.expect("offers");
        assert_eq!(what(region.offer(region.terms(1, 620)).await.expect_err("too much")).0, "spend_max_ngwee");
        // A buyer with one price of its own, dearer than the tariff of the region: all that is on the table counts anew, 3.2 kWh at K8.10 and at
        // K3.10 (K0.50, and K2.60 above K6.40), and 0.4 kWh at K8.20.
        let buyer = region.buyer.id;
        let write = region.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let last = tx.rule_list(buyer).await?.pop().expect("a rule");
                let rule = RuleSet { version: last.rule.version + 1, ..last.rule };
                tx.rule_insert(buyer, &RuleRow { rule, from_day: day(1), prices: RulePrices::Flat(PricePerKwh(900), PricePerKwh(0)) }).await
            })
        });
        write.await.expect("writes");
        let found = what(region.offer(region.terms(1, 620)).await.expect_err("too much")).2;
        assert_eq!(found, 2_592 + 992 + 328 + 10);
    }
}
