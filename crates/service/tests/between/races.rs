//! Clearings, offers and deals at the same moment, by several processes: a line is promised once, and each offer has one fate.

use crate::region::society::{day, key, noon, operator, user};
use crate::region::{Region, hours, line};
use domain::{DealNo, SimulatedClock};
use market::Side;
use market::between::{DealState, Party};
use quantity::{Instant, Interval, PricePerKwh, UtcOffset, WattHours};
use service::between::{DealMove, DealOffer, GATE_MS, LIST_MAX, OfferCreate};
use service::policy::Actor;
use service::{Service, ServiceError};
use std::sync::Arc;
use store::tables::{ClusterRow, OfferRow, OfferState};

const QUARTER: i64 = 900_000;
/// Days on which everything happens at once.
const TIMES: i32 = 24;

fn gate(at: i32) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(-GATE_MS)
}

fn window(at: i32) -> Interval {
    hours(at, 8, 10)
}

/// Another process, whose clock shows `at`.
fn process(region: &Region, at: Instant) -> Service {
    region.service.clone().with_desks_of_its_own().with_clock(Arc::new(SimulatedClock::at(at)))
}

async fn place(service: &Service, cluster: &ClusterRow, side: Side, at: i32, name: &str) -> Result<OfferRow, ServiceError> {
    let (who, price) = if side == Side::Sell { (1, 90) } else { (11, 200) };
    let new = OfferCreate { side, window: window(at), energy: WattHours(700), price: PricePerKwh(price), key: key(&format!("{name} {at}")) };
    service.offer_place(user(who), cluster, new).await
}

/// What is promised over the line in each interval, as a side has it written down.
async fn promised(region: &Region, cluster: &ClusterRow, at: i32) -> Vec<i64> {
    let deals = region.service.deal_list(Actor::System, cluster, None, LIST_MAX).await.expect("lists");
    let starts = (0..8).map(|no| window(at).start().plus_ms(no * QUARTER));
    let agreed = |told: &&service::between::DealTold| told.row.deal.state == DealState::Accepted;
    starts.map(|start| deals.iter().filter(agreed).map(|told| told.row.deal.contracted(start).0).sum()).collect()
}

/// The deal that the buyer has asked for, at the seller's.
async fn asked(region: &Region, at: i32) -> DealNo {
    let new = DealOffer { side: Party::Buyer, window: window(at), expires_at: gate(at).plus_ms(3_600_000), ..region.terms(700, 120) };
    region.offer(new).await.expect("asks");
    region.deal(Party::Seller).await.row.no
}

async fn offers(region: &Region, cluster: &ClusterRow) -> Vec<OfferRow> {
    region.service.offer_list(Actor::System, cluster, None, LIST_MAX).await.expect("lists")
}

async fn board(region: &Region) -> usize {
    region.service.market_board(operator(), "kabwe", None, LIST_MAX).await.expect("looks").len()
}

test_kit::on_both! {
    /// A line for 1,000 Wh: 700 are offered to all, and 700 are asked for by name. Both together do not fit.
    async fn a_line_is_promised_once_by_a_clearing_and_a_deal(url: &str) {
        let region = Region::open(url).await;
        region.service.line_set(operator(), &region.seller, &region.buyer, line(20, 1_000, 0)).await.expect("sets");
        let (mut full, mut taken) = (0, 0);
        for at in 1..=TIMES {
            region.at(gate(at).plus_ms(-3_600_000));
            let no = asked(&region, at).await;
            for (side, cluster) in [(Side::Sell, &region.seller), (Side::Buy, &region.buyer)] {
                place(&region.service, cluster, side, at, side.as_str()).await.expect("places");
            }
            region.at(gate(at));
            let (one, other) = (process(&region, gate(at)), process(&region, gate(at)));
            let (a, b, deal) = tokio::join!(
                tokio::spawn({ let one = one.clone(); async move { one.market_joint_rounds(operator()).await } }),
                tokio::spawn(async move { other.market_joint_rounds(operator()).await }),
                one.deal_act(user(1), &region.seller, no, DealMove::Accept, key(&format!("accept {at}"))),
            );
            a.expect("runs").expect("holds");
            b.expect("runs").expect("holds");
            match deal {
                Ok(_) => taken += 1,
                Err(error) => {
                    assert_eq!(error.code(), "line_full");
                    full += 1;
                }
            }
            region.service.market_joint_rounds(operator()).await.expect("holds");
            let sums = promised(&region, &region.seller, at).await;
            // The clearing takes all it is offered, or what the deal has left of the line.
            assert!(sums == [700; 8] || sums == [1_000; 8], "day {at}: {sums:?}");
            assert_eq!(promised(&region, &region.buyer, at).await, sums, "day {at}");
            assert_eq!(board(&region).await, 0);
        }
        assert_eq!(full + taken, TIMES);
        for cluster in [&region.seller, &region.buyer] {
            let all = offers(&region, cluster).await;
            assert!(all.len() == TIMES as usize && all.iter().all(|row| row.state == OfferState::Cleared && row.filled.0 >= 8 * 300), "{all:?}");
        }
    }

    /// A process whose clock is behind places offers while the clearing is held: they take part, or have met nobody and say so.
    async fn each_offer_has_one_fate(url: &str) {
        let region = Region::open(url).await;
        for at in 1..=TIMES {
            region.at(gate(at).plus_ms(-3_600_000));
            place(&region.service, &region.buyer, Side::Buy, at, "buy").await.expect("places");
            let late = process(&region, gate(at).plus_ms(-1));
            let (one, other) = (process(&region, gate(at)), process(&region, gate(at)));
            let (placed, a, b) = tokio::join!(
                place(&late, &region.seller, Side::Sell, at, "sell"),
                tokio::spawn(async move { one.market_joint_rounds(operator()).await }),
                tokio::spawn(async move { other.market_joint_rounds(operator()).await }),
            );
            let placed = placed.expect("places");
            a.expect("runs").expect("holds");
            b.expect("runs").expect("holds");
            region.at(gate(at));
            region.service.market_joint_rounds(operator()).await.expect("holds");
            assert_eq!((board(&region).await, region.service.market_joint_rounds(operator()).await.expect("nothing more")), (0, 0));
            let sold = offers(&region, &region.seller).await.remove(0);
            let bought = offers(&region, &region.buyer).await.remove(0);
            assert_eq!((sold.no, sold.state, bought.state), (placed.no, OfferState::Cleared, OfferState::Cleared));
            let met = promised(&region, &region.seller, at).await;
            assert!(met == [0; 8] || met == [700; 8], "day {at}: {met:?}");
            assert_eq!(sold.filled.0, met.iter().sum::<i64>());
            // Who was told at once that it met nobody met nobody.
            assert!(placed.state == OfferState::Open || sold == placed);
        }
    }

    async fn an_offer_after_the_gate_was_held_has_met_nobody(url: &str) {
        let region = Region::open(url).await;
        place(&region.service, &region.buyer, Side::Buy, 1, "buy").await.expect("places");
        region.at(gate(1));
        // Settling a cluster is not what holds the clearing of its region.
        region.service.cluster_settle(Actor::System, &region.seller, |_| {}).await.expect("settles");
        assert_eq!(board(&region).await, 1);
        assert_eq!(region.service.market_joint_rounds(user(1)).await.expect_err("no operator").code(), "not_allowed");
        assert_eq!(region.service.market_joint_rounds(operator()).await.expect("holds"), 1);
        let late = process(&region, noon(0));
        let placed = place(&late, &region.seller, Side::Sell, 1, "sell").await.expect("places");
        assert_eq!((placed.state, placed.filled.0, placed.ended_at), (OfferState::Cleared, 0, Some(noon(0))));
        assert_eq!(place(&late, &region.seller, Side::Sell, 1, "sell").await.expect("the same"), placed);
        assert_eq!(late.offer_withdraw(user(1), &region.seller, placed.no).await.expect_err("over").code(), "offer_ended");
        assert_eq!((board(&region).await, offers(&region, &region.seller).await), (0, vec![placed]));
        // By a clock that is right it is refused.
        let refused = place(&region.service, &region.seller, Side::Sell, 1, "again").await.expect_err("late");
        assert_eq!(refused.code(), "offer_gate_closed");
    }
}
