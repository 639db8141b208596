//! The market of those who have no cluster: from their meters to a trade.

use crate::floor::society::{day, household, import, key, no, noon, operator, recount, settle, society, user};
use market::Side;
use quantity::{Ngwee, PricePerKwh, WattHours};
use service::cluster::Household;
use service::trade::{OrderCreate, StandingCreate};
use service::{CoverSource, Service, SurplusChoice};
use store::tables::ClusterRow;

/// A day on which the first home makes 500 Wh in each of ten quarters of an hour that it does not use, and the second uses 100 Wh at night.
fn readings(at: i32) -> String {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for (meter, used, made) in [("T-1", 0, 500), ("T-2", 100, 0)] {
        for slot in 0..96 {
            let (used, made) = (if slot < 10 { used } else { 0 }, if (40..50).contains(&slot) { made } else { 0 });
            text.push_str(&format!("{meter},{}T{:02}:{:02}:00+02:00,{used},{made}\n", day(at), slot / 4, slot % 4 * 15));
        }
    }
    text
}

fn order(member: i64, side: Side, price: i64, energy: i64, name: &str) -> OrderCreate {
    OrderCreate { member: no(member), side, price: PricePerKwh(price), energy: WattHours(energy), expires_at: None, at_version: None, key: key(name) }
}

/// Credits and money that are free.
async fn free(service: &Service, cluster: &ClusterRow, member: i64) -> (i64, i64) {
    let own = service.own_position(user(member), cluster, no(member)).await.expect("reads");
    (own.credits_available.0, own.money_available.0)
}

test_kit::on_both! {
    async fn two_traders_of_a_region_meet(url: &str) {
        let (service, clock) = society(url).await;
        for at in 1..=2 {
            let home = Household { meters: vec![format!("T-{at}")], ..household(&format!("Trader {at}"), 0) };
            service.join_open(user(at), "kabwe", home, key(&format!("t{at}"))).await.expect("joins");
        }
        let open = service.open_cluster_ensure("kabwe").await.expect("is there");
        assert_eq!(open.code.as_str(), "OPEN-KABWE");
        let market = service.market_now(user(2), &open).await.expect("reads");
        assert_eq!(market.quote.price, Some(PricePerKwh(120)), "K1.20 before the first trade");
        service.cash_receive(operator(), &open, no(2), Ngwee(1_000), "A-1", key("cash")).await.expect("takes in");
        service.cover_add(operator(), &open, CoverSource::Gift, Ngwee(100_000), key("cover")).await.expect("covers");
        service.surplus_choice_set(user(1), &open, no(1), SurplusChoice::Bank).await.expect("chooses");
        for at in 0..3 {
            clock.set(noon(at + 1));
            assert!(import(&service, &open, &readings(at)).await.is_empty());
            settle(&service, &open).await;
        }
        assert_eq!(free(&service, &open, 1).await.0, 10_000, "two days: a choice holds from the next one on");
        // The seller asks for the usual price, the buyer takes part of it.
        service.order_place(user(1), &open, order(1, Side::Sell, 120, 2_000, "ask")).await.expect("places");
        let bought = service.order_place(user(2), &open, order(2, Side::Buy, 130, 1_500, "bid")).await.expect("places");
        assert_eq!(bought.trades.iter().map(|trade| (trade.price.0, trade.energy.0, trade.money.0)).collect::<Vec<_>>(), [(120, 1_500, 180)]);
        assert_eq!(free(&service, &open, 2).await, (1_500, 1_000 - 180));
        // What is left of the ask meets a standing order in the next auction.
        let want = StandingCreate { member: no(2), side: Side::Buy, price: PricePerKwh(140), keep: WattHours(2_000), expires_at: None, key: key("want") };
        service.standing_set(user(2), &open, want).await.expect("sets");
        clock.set(noon(3).plus_ms(3_600_000));
        settle(&service, &open).await;
        assert_eq!(free(&service, &open, 2).await, (2_000, 820 - 65), "bought up to 2 kWh, half-way between 120 and 140");
        assert_eq!(service.order_place(user(1), &open, order(2, Side::Buy, 130, 100, "other")).await.expect_err("another's").code(), "not_allowed");
        recount(&service, &open).await;
    }
}
