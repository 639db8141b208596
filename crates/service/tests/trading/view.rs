//! The market as it is looked at: figures, depth, candles, position, and what nobody may see.

use crate::floor::{CREDITS, Floor, MONEY, society};
use market::Side;
use market::candle::Span;
use quantity::{Instant, PricePerKwh, WattHours};
use service::policy::Actor;
use service::trade::OwnPosition;
use society::{no, user};
use store::StoreError;
use store::tables::CandleRow;
use test_kit::on_both;

const QUARTER: i64 = 900_000;

on_both! {
    async fn the_market_tells_what_was_traded_and_what_waits(url: &str) {
        let floor = Floor::open(url, 4).await;
        let none = floor.service.market_now(user(2), &floor.cluster).await.expect("reads");
        assert_eq!((none.version, none.last_price, none.summary.vwap, none.trades.len(), none.energy), (0, None, None, 0, None));
        assert_eq!(none.quote.price, none.reference, "without trades the rule's price serves");
        floor.sell(1, 100, 1_000).await;
        floor.buy(2, 100, 1_000).await;
        floor.wait(QUARTER);
        floor.sell(3, 130, 3_000).await;
        floor.buy(2, 140, 2_000).await;
        floor.sell(4, 130, 500).await;
        floor.sell(4, 150, 700).await;
        floor.buy(1, 90, 400).await;
        let now = floor.service.market_now(user(2), &floor.cluster).await.expect("reads");
        let s = now.summary;
        // (100 x 1 + 130 x 2) / 3 kWh; from 100 to 130 are 30 %.
        assert_eq!((s.volume.0, s.vwap.map(|p| p.0), s.high.map(|p| p.0), s.low.map(|p| p.0), s.change), (3_000, Some(120), Some(130), Some(100), Some(3_000)));
        assert_eq!((now.last_price, now.reference), (Some(PricePerKwh(130)), Some(PricePerKwh(120))));
        let levels = |side: &[market::Level]| side.iter().map(|level| (level.price.0, level.energy.0, level.orders)).collect::<Vec<_>>();
        assert_eq!((levels(&now.bids), levels(&now.asks)), (vec![(90, 400, 1)], vec![(130, 1_500, 2), (150, 700, 1)]));
        assert_eq!((now.book_demand.0, now.book_supply.0), (400, 2_200));
        let seen = |trades: &[service::trade::TradeShown]| trades.iter().map(|trade| (trade.no, trade.price.0, trade.is_own)).collect::<Vec<_>>();
        assert_eq!(seen(&now.trades), [(2, 130, true), (1, 100, true)]);
        let others = floor.service.market_trades(user(3), &floor.cluster, None, 10).await.expect("reads");
        assert_eq!(seen(&others), [(2, 130, true), (1, 100, false)]);
        assert_eq!((now.strip.len(), now.rule.as_str()), (24, "mid_market"));
        assert!(now.next_auction_at >= floor.service.now().plus_ms(-QUARTER));
        // A day later the figures are of that day.
        floor.wait(86_400_000 + QUARTER);
        let late = floor.service.market_now(user(2), &floor.cluster).await.expect("reads");
        assert_eq!((late.summary.volume.0, late.last_price.map(|p| p.0), late.reference.map(|p| p.0)), (0, Some(130), Some(130)));
        let stranger = floor.service.market_now(user(99), &floor.cluster).await;
        assert_eq!(stranger.map(|_| ()).map_err(|error| error.code()), Err("not_allowed"));
    }
}

on_both! {
    async fn the_depth_shows_the_best_ten(url: &str) {
        let floor = Floor::open(url, 2).await.unguarded();
        for at in 0..12 {
            floor.sell(1, 120 + at, 100).await;
            floor.buy(2, 100 - at, 100).await;
        }
        let end = floor.service.now().plus_ms(1_000);
        floor.place(service::trade::OrderCreate { expires_at: Some(end), ..floor.new(1, Side::Sell, 110, 100) }).await.expect("places");
        let best = async |levels| {
            let (bids, asks) = floor.service.market_depth(Actor::System, &floor.cluster, levels).await.expect("reads");
            (bids.iter().map(|level| level.price.0).collect::<Vec<_>>(), asks.iter().map(|level| level.price.0).collect::<Vec<_>>())
        };
        assert_eq!(best(3).await, (vec![100, 99, 98], vec![110, 120, 121]));
        floor.wait(1_000);
        // What is over is not shown, whether it was swept or not.
        assert_eq!(best(10).await, ((91..=100).rev().collect(), (120..130).collect()));
    }
}

on_both! {
    async fn candles_are_given_a_thousand_at_a_time(url: &str) {
        let floor = Floor::open(url, 2).await;
        // A year of quarters.
        let (id, start) = (floor.cluster.id, Span::Quarter.start_of(floor.service.now(), floor.cluster.offset));
        let candle = move |at: i64| CandleRow { span: 15, start_at: start.plus_ms(at * QUARTER), open: 100, high: 120, low: 90, close: 100 + at % 7, volume: 1_000, money: 100_000, trades: 2 };
        for part in 0..35 {
            let rows: Vec<CandleRow> = (part * 1_000..(part + 1) * 1_000).map(candle).collect();
            let write = floor.service.store().write::<_, StoreError, _>(move |tx| {
                let rows = rows.clone();
                Box::pin(async move { tx.candle_add(id, &rows).await })
            });
            write.await.expect("writes");
        }
        let list = async |from: i64, until: i64| floor.service.candle_list(user(1), &floor.cluster, Span::Quarter, Instant(start.0 + from), Instant(start.0 + until)).await;
        let whole = list(0, 1_000 * QUARTER).await.expect("a thousand");
        assert_eq!((whole.len(), whole[999].start, whole[999].close.0), (1_000, start.plus_ms(999 * QUARTER), 100 + 999 % 7));
        for (from, until) in [(0, 1_000 * QUARTER + 1), (0, i64::MAX / 2), (i64::MIN / 2 - start.0, 0)] {
            assert_eq!(list(from, until).await.map(|_| ()).map_err(|error| error.code()), Err("span_too_long"), "{from} {until}");
        }
        assert_eq!(list(5 * QUARTER, 5 * QUARTER).await.map(|rows| rows.len()).ok(), Some(0));
        assert_eq!(list(5 * QUARTER, 4 * QUARTER).await.map(|rows| rows.len()).ok(), Some(0));
    }
}

on_both! {
    async fn a_member_sees_the_own_position(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(1, 100, 3_000).await;
        floor.buy(2, 100, 1_000).await;
        floor.buy(2, 95, 2_000).await;
        let of = async |who: i64, member: i64| floor.service.own_position(user(who), &floor.cluster, no(member)).await.map_err(|error| error.code());
        let seller = of(1, 1).await.expect("reads");
        assert_eq!((seller.credits_available.0, seller.credits_reserved.0, seller.money_available.0), (CREDITS - 3_000, 2_000, MONEY + 100));
        assert_eq!((seller.sold.energy, seller.sold.money.0, seller.bought.trades), (WattHours(1_000), 100, 0));
        let buyer = of(2, 2).await.expect("reads");
        assert_eq!((buyer.money_available.0, buyer.money_reserved.0, buyer.open_orders), (MONEY - 100 - 190, 190, 1));
        assert_eq!((OwnPosition::mean_price(&buyer.bought), OwnPosition::mean_price(&buyer.sold)), (Some(PricePerKwh(100)), None));
        assert_eq!(of(2, 1).await, Err("not_allowed"), "a neighbour's is not shown");
        assert_eq!(of(1, 9).await, Err("member_unknown"));
        // The month before does not count.
        floor.wait(31 * 86_400_000);
        assert_eq!(of(2, 2).await.expect("reads").bought.trades, 0);
    }
}

on_both! {
    async fn what_is_ahead_comes_from_the_days_before(url: &str) {
        let floor = Floor::open(url, 2).await;
        // The plant makes more than both use by day, and nothing at night.
        let text = society::csv(0..2, &[("M-1", 100, 0), ("M-2", 60, 0), ("P-1", 0, 500)]);
        floor.wait(38 * 3_600_000);
        assert!(society::import(&floor.service, &floor.cluster, &text).await.is_empty());
        society::settle(&floor.service, &floor.cluster).await;
        let before = floor.service.now();
        floor.wait(society::noon(2).0 - before.0);
        let now = floor.service.market_now(user(1), &floor.cluster).await.expect("reads");
        let last = now.energy.expect("a sealed interval");
        assert_eq!((last.supply.0, last.demand.0), (0, 160), "the last one sealed is at night");
        let first = now.strip[0];
        assert_eq!(first.energy.map(|energy| (energy.supply.0, energy.demand.0, energy.days_seen)), Some((500, 160, 2)));
        assert!(first.is_sun && !now.strip[23].is_sun, "sun until 17:00: {:?}", now.strip[23]);
        assert_eq!(floor.service.market_strip(user(1), &floor.cluster).await.expect("reads"), now.strip);
    }
}
