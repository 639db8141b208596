//! Orders one by one: what they reserve, how they meet, and why they are refused.

use crate::floor::{CREDITS, Floor, MONEY, all_money, society};
use market::Side;
use quantity::WattHours;
use service::policy::Actor;
use store::tables::OrderState;
use test_kit::on_both;

on_both! {
    async fn an_order_reserves_and_gives_back(url: &str) {
        let floor = Floor::open(url, 2).await;
        let bid = floor.buy(1, 120, 10_000).await;
        assert_eq!((bid.order.state, bid.order.hold_amount), (OrderState::Open, 1_200));
        let ask = floor.sell(2, 150, 4_000).await;
        assert_eq!((floor.free(1).await, floor.free(2).await), ((MONEY - 1_200, CREDITS), (MONEY, CREDITS - 4_000)));
        floor.holds().await;
        let gone = floor.cancel(1, bid.order.no).await.expect("cancels");
        assert_eq!((gone.order.state, gone.order.hold), (OrderState::Cancelled, None));
        assert_eq!(floor.cancel(1, bid.order.no).await.map_err(|error| error.code()), Err("order_not_open"));
        // Another's order is as good as none.
        assert_eq!(floor.cancel(1, ask.order.no).await.map_err(|error| error.code()), Err("order_not_open"));
        assert_eq!(floor.free(1).await, (MONEY, CREDITS));
        floor.holds().await;
    }
}

on_both! {
    async fn who_comes_pays_the_price_of_who_waits(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(1, 110, 2_000).await;
        floor.sell(2, 100, 1_000).await;
        let done = floor.buy(3, 130, 5_000).await;
        let seen: Vec<_> = done.trades.iter().map(|trade| (trade.price.0, trade.energy.0, trade.money.0, trade.seller.get())).collect();
        assert_eq!(seen, [(100, 1_000, 100, 2), (110, 2_000, 220, 1)]);
        assert_eq!((done.order.filled, done.order.paid.0, done.order.hold_amount), (WattHours(3_000), 320, 260));
        assert_eq!(floor.free(3).await, (MONEY - 320 - 260, CREDITS + 3_000));
        assert_eq!((floor.owned(1).await, floor.owned(2).await), ((MONEY + 220, CREDITS - 2_000), (MONEY + 100, CREDITS - 1_000)));
        // A seller who comes later gets what the buyer offered.
        let done = floor.sell(1, 90, 500).await;
        assert_eq!((done.order.state, done.order.paid.0), (OrderState::Filled, 65));
        floor.holds().await;
        assert_eq!(all_money(&floor, 3).await.0, 3 * MONEY);
    }
}

on_both! {
    async fn a_preview_is_what_happens_to_the_ngwee(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(1, 111, 1_230).await;
        floor.sell(2, 113, 2_010).await;
        let new = floor.new(3, Side::Buy, 119, 4_990);
        let told = floor.preview(new).await.expect("previews");
        assert_eq!(floor.open_orders().await.len(), 2, "a look changes nothing");
        let done = floor.place(service::trade::OrderCreate { at_version: Some(told.version), ..new }).await.expect("places");
        assert_eq!((done.order.paid, done.order.left(), done.order.hold_amount), (told.money, told.rest, told.hold));
        let lines = |trades: &[store::tables::TradeRow]| trades.iter().map(|trade| (trade.no, trade.price, trade.energy, trade.money)).collect::<Vec<_>>();
        assert_eq!(lines(&done.trades), lines(&told.trades));
        // The book has moved on since.
        let late = service::trade::OrderCreate { at_version: Some(told.version), ..floor.new(3, Side::Buy, 100, 100) };
        assert_eq!(floor.code(late).await, "book_changed");
        floor.holds().await;
    }
}

on_both! {
    async fn a_preview_is_the_same_with_and_without_the_desks_memory(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(1, 111, 1_230).await;
        floor.sell(2, 113, 2_010).await;
        floor.buy(3, 111, 500).await;
        let new = floor.new(3, Side::Buy, 119, 4_990);
        let kept = floor.preview(new).await.expect("previews");
        // Another desk has no memory of the book, and changes it behind the back of the first.
        let other = floor.beside();
        assert_eq!(other.preview(new).await.expect("previews"), kept);
        other.sell(1, 100, 1_000).await;
        let moved = floor.preview(new).await.expect("previews");
        assert_eq!(moved, other.preview(new).await.expect("previews"));
        assert_ne!((moved.version, moved.money), (kept.version, kept.money));
        assert_eq!(floor.place(new).await.expect("places").order.paid, moved.money);
        floor.holds().await;
    }
}

on_both! {
    async fn an_old_order_in_the_book_is_still_listed(url: &str) {
        let floor = Floor::open(url, 2).await.unguarded();
        let old = floor.buy(1, 50, 1_000).await.order.no;
        floor.buy(2, 51, 1_000).await;
        for _ in 0..service::trade::LIST_MAX {
            let gone = floor.buy(1, 60, 1_000).await.order.no;
            floor.cancel(1, gone).await.expect("cancels");
        }
        let new = floor.buy(1, 61, 1_000).await.order.no;
        let listed = floor.service.orders_open(Actor::System, &floor.cluster, society::no(1)).await.expect("lists");
        assert_eq!(listed.iter().map(|row| row.no).collect::<Vec<_>>(), [new, old]);
    }
}

on_both! {
    async fn the_same_key_is_one_order(url: &str) {
        let floor = Floor::open(url, 2).await;
        let new = floor.new(1, Side::Buy, 120, 1_000);
        let (first, again) = (floor.place(new).await.expect("places"), floor.place(new).await.expect("answers"));
        assert_eq!((first.order.no, first.is_repeat), (again.order.no, false));
        assert!(again.is_repeat && again.trades.is_empty());
        assert_eq!(floor.code(service::trade::OrderCreate { energy: WattHours(2_000), ..new }).await, "key_reused");
        // At the same time, too.
        let new = floor.new(2, Side::Buy, 110, 1_000);
        let (one, two) = tokio::join!(floor.place(new), floor.place(new));
        let (one, two) = (one.expect("places"), two.expect("places"));
        assert_eq!(one.order.no, two.order.no);
        assert_ne!(one.is_repeat, two.is_repeat);
        assert_eq!(floor.open_orders().await.len(), 2);
        floor.holds().await;
    }
}

on_both! {
    async fn what_is_no_order_changes_nothing(url: &str) {
        let floor = Floor::open(url, 2).await;
        floor.sell(1, 150, 1_000).await;
        let before = floor.open_orders().await;
        for (member, side, price, energy, code) in [
            (2, Side::Buy, 0, 1_000, "order_price"),
            (2, Side::Buy, -120, 1_000, "order_price"),
            (2, Side::Buy, i64::MAX, 1_000, "order_price"),
            (2, Side::Buy, 120, 0, "order_energy"),
            (2, Side::Buy, 120, -10, "order_energy"),
            (2, Side::Buy, 120, i64::MAX, "order_energy"),
            (2, Side::Buy, 120, 1_005, "order_lot"),
            (2, Side::Buy, 120, 90, "order_min"),
            (2, Side::Buy, 1_001, 1_000, "order_price_outside"),
            (2, Side::Buy, 120, 100_010, "order_energy_over"),
            (2, Side::Sell, 120, CREDITS + 10, "order_credits_short"),
            (2, Side::Sell, 120, 100_000, "order_credits_short"),
            (1, Side::Buy, 150, 1_000, "self_trade"),
            (9, Side::Buy, 150, 1_000, "member_unknown"),
        ] {
            assert_eq!(floor.code(floor.new(member, side, price, energy)).await, code, "{member} {side:?} {price} {energy}");
        }
        // Money for one large order, not for two.
        floor.buy(2, 1, 100_000).await;
        let rich = floor.new(2, Side::Buy, 140, 100_000);
        for _ in 0..7 {
            floor.place(service::trade::OrderCreate { key: floor.key(), ..rich }).await.expect("places");
        }
        assert_eq!(floor.code(service::trade::OrderCreate { key: floor.key(), ..rich }).await, "order_money_short");
        let now = floor.service.now();
        for end in [now, now.plus_ms(-1), now.plus_ms(91 * 86_400_000)] {
            let new = service::trade::OrderCreate { expires_at: Some(end), ..floor.new(2, Side::Buy, 10, 100) };
            assert_eq!(floor.code(new).await, "order_expiry");
        }
        assert!(floor.open_orders().await.starts_with(&before));
        floor.holds().await;
        // Members of other households order for themselves.
        let theirs = floor.new(2, Side::Buy, 10, 100);
        let refused = floor.service.order_place(society::user(1), &floor.cluster, theirs).await;
        assert_eq!(refused.map_err(|error| error.code()), Err("not_allowed"));
        assert!(floor.service.order_place(society::user(2), &floor.cluster, theirs).await.is_ok());
    }
}

on_both! {
    async fn a_changed_order_keeps_its_place_only_when_it_shrinks(url: &str) {
        let floor = Floor::open(url, 4).await;
        let (first, second) = (floor.sell(1, 120, 2_000).await.order.no, floor.sell(2, 120, 2_000).await.order.no);
        let smaller = floor.amend(1, first, None, Some(1_000)).await.expect("amends");
        assert_eq!((smaller.order.hold_amount, smaller.order.energy.0), (1_000, 1_000));
        let done = floor.buy(3, 120, 500).await;
        assert_eq!(done.trades[0].seller.get(), 1, "it still comes first");
        // More of it goes to the end of the line.
        let larger = floor.amend(1, first, None, Some(3_500)).await.expect("amends");
        assert_eq!((larger.order.energy.0, larger.order.filled.0, larger.order.hold_amount), (3_500, 500, 3_000));
        assert_eq!(floor.buy(3, 120, 500).await.trades[0].sell_order, second);
        // A better price meets at once.
        floor.buy(4, 100, 1_000).await;
        let met = floor.amend(2, second, Some(100), None).await.expect("amends");
        assert_eq!((met.trades.len(), met.trades[0].price.0, met.order.left().0), (1, 100, 500));
        floor.holds().await;
        // What is filled, foreign or beyond what one has stays as it is.
        floor.buy(4, 100, 500).await;
        assert_eq!(floor.amend(2, second, None, Some(100)).await.map_err(|error| error.code()), Err("order_not_open"));
        assert_eq!(floor.amend(3, first, None, Some(100)).await.map_err(|error| error.code()), Err("order_not_open"));
        assert_eq!(floor.amend(1, first, None, Some(CREDITS * 2)).await.map_err(|error| error.code()), Err("order_credits_short"));
        assert_eq!(floor.amend(1, first, Some(0), None).await.map_err(|error| error.code()), Err("order_price"));
        assert_eq!(floor.amend(1, first, None, Some(105)).await.map_err(|error| error.code()), Err("order_lot"));
        floor.holds().await;
    }
}

on_both! {
    async fn an_order_ends_when_it_said(url: &str) {
        let floor = Floor::open(url, 2).await;
        let end = floor.service.now().plus_ms(60_000);
        let new = service::trade::OrderCreate { expires_at: Some(end), ..floor.new(1, Side::Sell, 100, 1_000) };
        let order = floor.place(new).await.expect("places").order.no;
        floor.wait(60_000);
        // Nobody meets what is over, whether it was swept or not.
        assert!(floor.buy(2, 100, 1_000).await.trades.is_empty());
        let over = floor.service.order_find(Actor::System, &floor.cluster, society::no(1), order).await.expect("found");
        assert_eq!((over.state, over.ended_at), (OrderState::Expired, Some(end)));
        assert_eq!(floor.free(1).await, (MONEY, CREDITS));
        floor.holds().await;
    }
}

on_both! {
    async fn two_processes_share_one_book(url: &str) {
        let floor = Floor::open(url, 2).await;
        // The second has its own memory of the book.
        let other = floor.service.clone().with_desks_of_its_own();
        floor.sell(1, 100, 1_000).await;
        let bought = other.order_place(Actor::System, &floor.cluster, floor.new(2, Side::Buy, 100, 400)).await.expect("places");
        assert_eq!(bought.trades.len(), 1);
        let bought = floor.buy(2, 100, 1_000).await;
        assert_eq!((bought.order.filled.0, bought.order.left().0), (600, 400));
        other.order_cancel(Actor::System, &floor.cluster, society::no(2), bought.order.no).await.expect("cancels");
        assert!(floor.sell(1, 100, 400).await.trades.is_empty());
        floor.holds().await;
    }
}

on_both! {
    async fn who_leaves_takes_the_orders_along(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(2, 120, 1_000).await;
        floor.buy(3, 100, 1_000).await;
        floor.standing(2, Side::Sell, 90, 1_000).await.expect("sets");
        let today = quantity::BusinessDay::of(floor.service.now(), quantity::UtcOffset::LUSAKA);
        floor.service.member_leave(Actor::System, &floor.cluster, society::no(2), today).await.expect("leaves");
        assert_eq!(floor.free(2).await, (MONEY, CREDITS));
        assert!(floor.service.standing_list(Actor::System, &floor.cluster, society::no(2)).await.expect("lists").is_empty());
        assert_eq!(floor.code(floor.new(2, Side::Sell, 100, 1_000)).await, "member_left");
        assert_eq!(floor.open_orders().await.len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn a_clock_that_is_set_back_changes_no_order_of_time(url: &str) {
        let floor = Floor::open(url, 3).await;
        let first = floor.sell(1, 100, 1_000).await.order;
        floor.wait(-86_400_000);
        let second = floor.sell(2, 100, 1_000).await.order;
        // Whose turn it is goes by rank. The times are what the clock shows; the ledger's log alone never goes back, which is recounted below.
        assert!(second.rank > first.rank && second.placed_at == floor.service.now());
        let done = floor.buy(3, 100, 1_500).await;
        assert_eq!(done.trades.iter().map(|trade| trade.seller.get()).collect::<Vec<_>>(), [1, 2]);
        assert!(done.trades.iter().all(|trade| trade.traded_at == floor.service.now()));
        // And forward again, over the end of an order.
        let end = floor.service.now().plus_ms(2 * 86_400_000);
        let new = service::trade::OrderCreate { expires_at: Some(end), ..floor.new(3, Side::Buy, 90, 500) };
        floor.place(new).await.expect("places");
        floor.wait(30 * 86_400_000);
        assert!(floor.sell(1, 90, 500).await.trades.is_empty());
        floor.holds().await;
    }
}

on_both! {
    async fn the_same_change_again_asks_for_nothing_more(url: &str) {
        let floor = Floor::open(url, 2).await;
        let order = floor.sell(1, 150, 1_000).await.order.no;
        for traded in [0, 400] {
            let same = floor.amend(1, order, Some(140), Some(1_200)).await.expect("amends");
            assert_eq!((same.order.energy.0, same.order.filled.0, same.is_repeat), (1_200, traded, traded > 0));
            assert_eq!(floor.buy(2, 140, 400).await.trades.len(), 1);
        }
        assert_eq!(floor.amend(1, order, None, Some(800)).await.map_err(|error| error.code()), Err("order_below_filled"));
        assert_eq!(floor.owned(1).await, (MONEY + 2 * 56, CREDITS - 800));
        floor.holds().await;
    }
}
