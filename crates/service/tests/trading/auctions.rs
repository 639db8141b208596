//! Standing orders and the call auctions they take part in.

use crate::floor::{CREDITS, Floor, MONEY, society};
use market::Side;
use quantity::{DAY_MS, Instant, MINUTE_MS};
use service::policy::Actor;
use service::trade::OrderCreate;
use store::tables::{AuctionRow, OrderOrigin, OrderState};
use test_kit::on_both;

const QUARTER: i64 = 900_000;

on_both! {
    async fn standing_orders_meet_once_an_interval(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.standing(1, Side::Sell, 90, 48_000).await.expect("sets");
        floor.standing(2, Side::Buy, 180, 53_000).await.expect("sets");
        let held = floor.service.market_round(&floor.cluster).await.expect("holds").expect("an auction");
        // 2 kWh are offered, 3 wanted: the buyer is short, so the price is the buyer's.
        assert_eq!((held.price.map(|price| price.0), held.volume.0, held.bids, held.asks), (Some(180), 2_000, 1, 1));
        assert_eq!(floor.owned(1).await, (MONEY + 360, 48_000));
        assert_eq!(floor.owned(2).await, (MONEY - 360, 52_000));
        assert_eq!(floor.service.market_round(&floor.cluster).await.expect("answers"), None, "once an interval");
        floor.wait(QUARTER);
        assert_eq!(floor.service.market_round(&floor.cluster).await.expect("answers"), None, "nothing is left to sell");
        let orders = floor.service.order_list(Actor::System, &floor.cluster, society::no(2), None).await.expect("lists");
        let seen: Vec<_> = orders.iter().map(|row| (row.origin, row.state, row.filled.0)).collect();
        assert_eq!(seen, [(OrderOrigin::Standing, OrderState::Expired, 2_000)]);
        floor.holds().await;
    }
}

on_both! {
    async fn orders_of_the_book_take_part(url: &str) {
        let floor = Floor::open(url, 4).await;
        let waits = floor.sell(1, 100, 1_500).await.order.no;
        floor.buy(3, 95, 1_000).await;
        floor.standing(2, Side::Buy, 120, 51_000).await.expect("sets");
        let held = floor.service.market_round(&floor.cluster).await.expect("holds").expect("an auction");
        // The seller of 1.5 kWh is filled in part: its own limit is the price.
        assert_eq!((held.price.map(|price| price.0), held.volume.0), (Some(100), 1_000));
        let left = floor.service.order_find(Actor::System, &floor.cluster, society::no(1), waits).await.expect("found");
        assert_eq!((left.state, left.left().0, left.hold_amount), (OrderState::Open, 500, 500));
        floor.holds().await;
        // The rest is still first in the book.
        assert_eq!(floor.buy(4, 100, 500).await.trades.len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn a_standing_buyer_stops_when_the_money_does(url: &str) {
        let floor = Floor::open(url, 2).await;
        floor.standing(1, Side::Sell, 900, 0).await.expect("sets");
        floor.standing(2, Side::Buy, 999, 99_000).await.expect("sets");
        // 100,000 ngwee buy 100 kWh at 9.99: 49 are wanted. Hold most of the money elsewhere.
        floor.buy(2, 1, 100_000).await;
        for _ in 0..9 {
            floor.place(floor.new(2, Side::Buy, 100, 99_000)).await.expect("places");
        }
        let (money, _) = floor.free(2).await;
        let held = floor.service.market_round(&floor.cluster).await.expect("holds").expect("an auction");
        assert!(held.volume.0 > 0 && held.volume.0 < 49_000, "{held:?}");
        let (left, _) = floor.free(2).await;
        assert!(left >= 0 && left < money, "{left} of {money}");
        floor.holds().await;
    }
}

on_both! {
    async fn standing_orders_that_cannot_be(url: &str) {
        let floor = Floor::open(url, 2).await;
        let code = async |side, price, keep| floor.standing(1, side, price, keep).await.map_err(|error| error.code()).err();
        assert_eq!(code(Side::Sell, 0, 0).await, Some("order_price"));
        assert_eq!(code(Side::Sell, 5_000, 0).await, Some("order_price_outside"));
        assert_eq!(code(Side::Sell, 90, -1).await, Some("standing_keep"));
        assert_eq!(code(Side::Sell, 90, 2_000).await, None);
        assert_eq!(code(Side::Buy, 120, 2_010).await, Some("standing_crossed"));
        assert_eq!(code(Side::Buy, 120, 2_000).await, None);
        // A new one takes the place of the old one on its side.
        let latest = floor.standing(1, Side::Sell, 95, 3_000).await.expect("sets");
        let on = floor.service.standing_list(Actor::System, &floor.cluster, society::no(1)).await.expect("lists");
        assert_eq!(on.iter().map(|row| (row.side, row.price.0)).collect::<Vec<_>>(), [(Side::Buy, 120), (Side::Sell, 95)]);
        floor.standing_end(1, latest.no).await.expect("ends");
        assert_eq!(floor.standing_end(1, latest.no).await.map_err(|error| error.code()), Err("standing_unknown"));
        assert_eq!(floor.free(1).await, (MONEY, CREDITS), "a standing order reserves nothing until it trades");
    }
}

on_both! {
    async fn a_standing_order_ends_when_it_said(url: &str) {
        let floor = Floor::open(url, 2).await;
        let end = floor.service.now().plus_ms(QUARTER);
        let new = service::trade::StandingCreate {
            member: society::no(1),
            side: Side::Sell,
            price: quantity::PricePerKwh(90),
            keep: quantity::WattHours(0),
            expires_at: Some(end),
            key: floor.key(),
        };
        floor.service.standing_set(Actor::System, &floor.cluster, new).await.expect("sets");
        floor.standing(2, Side::Buy, 180, 60_000).await.expect("sets");
        floor.wait(QUARTER);
        assert_eq!(floor.service.market_round(&floor.cluster).await.expect("holds"), None);
        assert!(floor.service.standing_list(Actor::System, &floor.cluster, society::no(1)).await.expect("lists").is_empty());
        floor.holds().await;
    }
}

on_both! {
    async fn the_same_hands_make_no_price_in_an_auction(url: &str) {
        let floor = Floor::open(url, 4).await;
        // One person acts for homes 1 and 2.
        crate::guard::acts_also(&floor, 1, 2).await;
        floor.standing(1, Side::Sell, 100, 10_000).await.expect("sets");
        floor.standing(2, Side::Buy, 100, 60_000).await.expect("sets");
        assert_eq!(floor.service.market_round(&floor.cluster).await.expect("holds"), None);
        // Others meet all the same.
        floor.wait(QUARTER);
        floor.standing(3, Side::Sell, 90, 40_000).await.expect("sets");
        floor.standing(4, Side::Buy, 110, 60_000).await.expect("sets");
        let held = floor.service.market_round(&floor.cluster).await.expect("holds").expect("an auction");
        assert_eq!((held.bids, held.asks, held.volume.0), (1, 1, 10_000));
        floor.holds().await;
    }
}

/// The auction of the present interval, when two sides meet in it.
async fn round(floor: &Floor) -> Option<AuctionRow> {
    floor.service.market_round(&floor.cluster).await.expect("holds")
}

/// Member 1 has two kWh more to sell than before, and member 2 wants them.
async fn two_sides(floor: &Floor, sold: i64) {
    floor.standing(1, Side::Sell, 90, CREDITS - sold).await.expect("sets");
    floor.standing(2, Side::Buy, 180, CREDITS + sold).await.expect("sets");
}

/// When the last transfer was booked.
async fn booked_at(floor: &Floor) -> Instant {
    let all = floor.service.transfer_list(Actor::System, floor.cluster.id, 0, 10_000).await.expect("lists");
    assert!(all.windows(2).all(|pair| pair[0].0.booked_at <= pair[1].0.booked_at), "the log never goes back");
    all.last().expect("some").0.booked_at
}

on_both! {
    async fn a_clock_that_ran_a_day_ahead_and_back_stops_no_market(url: &str) {
        let floor = Floor::open(url, 4).await;
        let begin = floor.service.now();
        let start_of = |at: Instant| Instant(at.0.div_euclid(QUARTER) * QUARTER);
        let soon = OrderCreate { expires_at: Some(begin.plus_ms(2 * QUARTER)), ..floor.new(3, Side::Buy, 80, 100) };
        let soon = floor.place(soon).await.expect("places").order.no;
        // A day ahead two sides meet, and what ends before is over: so the clock says.
        floor.wait(DAY_MS);
        two_sides(&floor, 2_000).await;
        let ahead = round(&floor).await.expect("an auction");
        assert_eq!((ahead.start_at, ahead.volume.0), (start_of(begin.plus_ms(DAY_MS)), 2_000));
        let over = floor.service.order_find(Actor::System, &floor.cluster, society::no(3), soon).await.expect("found");
        assert_eq!(over.state, OrderState::Expired);
        let last = booked_at(&floor).await;
        assert_eq!(last, begin.plus_ms(DAY_MS));
        // Set back. Orders go on, one a minute, and none is taken for one of a burst; one that ends in an hour is not over.
        floor.wait(-DAY_MS);
        for _ in 0..14 {
            floor.wait(MINUTE_MS / 2);
            let now = floor.service.now();
            let new = OrderCreate { expires_at: Some(now.plus_ms(4 * QUARTER)), ..floor.new(3, Side::Sell, 150, 100) };
            let placed = floor.place(new).await.expect("places").order;
            assert_eq!((placed.state, placed.placed_at), (OrderState::Open, now));
            let trade = floor.buy(4, 150, 100).await.trades[0];
            assert_eq!(trade.traded_at, now);
            floor.wait(MINUTE_MS / 2);
        }
        assert_eq!(booked_at(&floor).await, last, "booked at the time of the last transfer");
        // So do the auctions, of the intervals that the clock shows, once each.
        for (at, sold) in [(1, 4_000), (2, 6_000)] {
            floor.clock.set(begin.plus_ms(at * QUARTER));
            two_sides(&floor, sold).await;
            let held = round(&floor).await.expect("an auction");
            assert_eq!((held.start_at, held.held_at, held.volume.0), (start_of(begin.plus_ms(at * QUARTER)), begin.plus_ms(at * QUARTER), 2_000));
            two_sides(&floor, sold + 500).await;
            assert_eq!(round(&floor).await, None, "once an interval");
            floor.clock.set(begin.plus_ms(at * QUARTER + MINUTE_MS));
            assert_eq!(floor.beside().service.market_round(&floor.cluster).await.expect("answers"), None, "nor by another process");
            floor.standing(1, Side::Sell, 90, CREDITS - sold).await.expect("sets");
        }
        // The interval that was held ahead of time comes: it is not held again; the next one is.
        floor.clock.set(begin.plus_ms(DAY_MS));
        two_sides(&floor, 8_000).await;
        assert_eq!(round(&floor).await, None);
        floor.clock.set(begin.plus_ms(DAY_MS + QUARTER));
        let held = round(&floor).await.expect("an auction");
        assert_eq!((held.start_at, held.volume.0), (start_of(begin.plus_ms(DAY_MS + QUARTER)), 2_000));
        assert!(booked_at(&floor).await > last);
        floor.holds().await;
    }
}
