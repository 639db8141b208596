//! What the guard does with standing orders: held when set, held in an auction, let go on, refused, taken back, left undecided.

use crate::floor::{CREDITS, Floor, society};
use domain::StandingNo;
use market::Side;
use quantity::{BusinessDay, DAY_MS, PricePerKwh, UtcOffset, WattHours};
use service::policy::Actor;
use service::trade::{HELD_MAX, ReviewDecision, STANDING_MAX};
use society::{key, no, user};
use store::StoreError;
use store::tables::{AssignmentRow, AuctionRow, OrderOrigin, OrderRow, OrderState, StandingRow, StandingState};
use test_kit::on_both;

const QUARTER: i64 = 900_000;

impl Floor {
    /// Waits for the next interval and holds its auction.
    async fn next_auction(&self) -> Option<AuctionRow> {
        self.wait(QUARTER);
        self.service.market_round(&self.cluster).await.expect("holds")
    }

    /// The orders that wait for an officer: whose, and why.
    async fn waiting(&self) -> Vec<(i64, String)> {
        let list = self.service.order_review_list(user(1), &self.cluster).await.expect("lists");
        assert!(list.iter().all(|review| review.order.origin == OrderOrigin::Standing && review.order.hold.is_none()));
        list.iter().map(|review| (review.order.member.get(), review.order.reasons.clone().unwrap_or_default())).collect()
    }

    /// An officer decides about the first order that waits.
    async fn decide(&self, decision: ReviewDecision) -> OrderRow {
        let list = self.service.order_review_list(user(1), &self.cluster).await.expect("lists");
        self.service.order_review(society::operator(), &self.cluster, list[0].order.no, decision).await.expect("decides").order
    }

    async fn stands(&self, member: i64) -> Vec<StandingNo> {
        let list = self.service.standing_list(Actor::System, &self.cluster, no(member)).await.expect("lists");
        list.iter().map(|row| row.no).collect()
    }

    /// Three trades at K1.00, a day's average.
    async fn with_prices(self) -> Self {
        for member in 2..=4 {
            self.sell(1, 100, 500).await;
            assert_eq!(self.buy(member, 100, 500).await.trades.len(), 1);
        }
        self
    }
}

on_both! {
    async fn a_price_far_from_the_others_is_held_when_it_is_set(url: &str) {
        let floor = Floor::open(url, 4).await.with_prices().await;
        floor.standing(3, Side::Buy, 100, CREDITS + 2_000).await.expect("sets");
        let low = floor.standing(2, Side::Sell, 40, CREDITS - 2_000).await.expect("sets");
        assert_eq!(floor.waiting().await, [(2, "guard_price_band".to_owned())]);
        assert_eq!(floor.next_auction().await, None, "it takes part in none");
        assert_eq!(floor.stands(2).await, [low.no], "and waits");
        // Also in a process that was not there.
        let row = floor.beside().decide(ReviewDecision::Release).await;
        assert_eq!((row.state, row.decided_by, row.digest), (OrderState::Expired, Some(1_000_000), low.no.get()));
        let held = floor.next_auction().await.expect("an auction");
        assert_eq!((held.asks, held.bids, held.volume.0), (1, 1, 1_500));
        assert!(floor.waiting().await.is_empty(), "it is not held for the same reason again");
        // Another one is, and ends when it is refused.
        floor.standing(2, Side::Sell, 30, CREDITS - 2_000).await.expect("sets");
        assert_eq!(floor.decide(ReviewDecision::Refuse).await.state, OrderState::Refused);
        assert!(floor.stands(2).await.is_empty());
        floor.holds().await;
    }
}

on_both! {
    async fn what_waits_ends_with_its_standing_order(url: &str) {
        let floor = Floor::open(url, 4).await.with_prices().await;
        // Replaced by one at another price.
        floor.standing(2, Side::Sell, 40, 0).await.expect("sets");
        floor.standing(2, Side::Sell, 90, 0).await.expect("sets");
        assert!(floor.waiting().await.is_empty());
        // Ended by the member.
        let low = floor.standing(3, Side::Sell, 40, 0).await.expect("sets");
        assert_eq!(floor.waiting().await.len(), 1);
        floor.standing_end(3, low.no).await.expect("ends");
        assert!(floor.waiting().await.is_empty());
        // Taken back as an order.
        floor.standing(4, Side::Buy, 300, 90_000).await.expect("sets");
        let waits = floor.service.order_review_list(user(1), &floor.cluster).await.expect("lists")[0].order.no;
        floor.cancel(4, waits).await.expect("takes back");
        assert!(floor.stands(4).await.is_empty());
        // Nobody decides for a week.
        floor.standing(4, Side::Buy, 300, 90_000).await.expect("sets");
        floor.wait(7 * DAY_MS);
        floor.next_auction().await;
        assert!(floor.stands(4).await.is_empty() && floor.waiting().await.is_empty());
        floor.holds().await;
    }
}

on_both! {
    async fn energy_that_goes_round_through_an_auction_is_held(url: &str) {
        let floor = Floor::open(url, 6).await;
        floor.sell(2, 120, 2_000).await;
        assert_eq!(floor.buy(3, 120, 2_000).await.trades.len(), 1);
        // Back again by standing orders, while two others trade.
        floor.standing(3, Side::Sell, 100, CREDITS).await.expect("sets");
        floor.standing(2, Side::Buy, 140, CREDITS).await.expect("sets");
        floor.standing(4, Side::Sell, 110, CREDITS - 700).await.expect("sets");
        floor.standing(5, Side::Buy, 130, CREDITS + 700).await.expect("sets");
        let held = floor.next_auction().await.expect("an auction");
        assert_eq!((held.bids, held.asks, held.volume.0), (1, 1, 700));
        let both = [2, 3].map(|member| (member, "guard_wash".to_owned()));
        let mut waiting = floor.waiting().await;
        waiting.sort_unstable();
        assert_eq!(waiting, both);
        assert_eq!(floor.next_auction().await, None, "they are asked about once");
        assert_eq!(floor.waiting().await.len(), 2);
        for _ in 0..2 {
            floor.decide(ReviewDecision::Release).await;
        }
        assert_eq!(floor.next_auction().await.expect("an auction").volume.0, 2_000);
        floor.holds().await;
        // A new circle two days later is looked at again.
        floor.wait(2 * DAY_MS);
        floor.sell(2, 100, 2_000).await;
        floor.buy(3, 100, 2_000).await;
        floor.next_auction().await;
        assert_eq!(floor.waiting().await.len(), 2);
        floor.holds().await;
    }
}

on_both! {
    async fn the_same_hands_are_held_and_may_trade_when_an_officer_says_so(url: &str) {
        let floor = Floor::open(url, 4).await;
        crate::guard::acts_also(&floor, 3, 4).await;
        floor.standing(3, Side::Sell, 100, CREDITS - 1_000).await.expect("sets");
        floor.standing(4, Side::Buy, 100, CREDITS + 1_000).await.expect("sets");
        assert_eq!(floor.next_auction().await, None);
        let related = |member: i64| (member, "guard_related".to_owned());
        assert_eq!(floor.waiting().await, [related(4), related(3)]);
        floor.decide(ReviewDecision::Release).await;
        // The other one is still held.
        assert_eq!(floor.next_auction().await, None);
        floor.decide(ReviewDecision::Release).await;
        assert_eq!(floor.next_auction().await.expect("an auction").volume.0, 1_000);
        floor.holds().await;
    }
}

on_both! {
    async fn homes_behind_one_meter_are_the_same_hands(url: &str) {
        let floor = Floor::open(url, 4).await;
        // A meter that was of one home and is of the other by now.
        floor.wait(DAY_MS);
        let (id, today) = (floor.cluster.id, BusinessDay::of(floor.service.now(), UtcOffset::LUSAKA));
        let moved = floor.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let of = tx.assignment_list(id, today, today.next()).await?;
                let meter = of.iter().find(|row| row.member == no(2)).expect("a meter").meter;
                tx.meter_release(id, meter, today).await?;
                tx.meter_assign(id, &[AssignmentRow { meter, member: no(3), from: today, until: None }]).await
            })
        });
        moved.await.expect("moves");
        floor.sell(2, 120, 1_000).await;
        let held = floor.buy(3, 120, 1_000).await.order;
        assert_eq!((held.state, held.reason()), (OrderState::Held, Some("guard_related")));
        assert_eq!(floor.buy(4, 120, 1_000).await.trades.len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn many_standing_orders_in_a_minute_are_a_burst(url: &str) {
        let floor = Floor::open(url, 2).await;
        for at in 0..10 {
            floor.standing(2, Side::Sell, 100 + at, 0).await.expect("sets");
        }
        assert!(floor.waiting().await.is_empty());
        floor.standing(2, Side::Sell, 120, 0).await.expect("sets");
        assert_eq!(floor.waiting().await, [(2, "guard_burst".to_owned())]);
        // Each takes the place of the one before, also of what waits for it.
        for at in 0..HELD_MAX as i64 {
            floor.standing(2, Side::Sell, 130 + at, 0).await.expect("sets");
        }
        assert_eq!(floor.waiting().await.len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn more_standing_orders_than_take_part_are_refused(url: &str) {
        let floor = Floor::open(url, 2).await;
        let (id, now) = (floor.cluster.id, floor.service.now());
        let row = move |at: i64| StandingRow {
            no: StandingNo::new(at).expect("a number"),
            member: no(10 + at),
            side: Side::Sell,
            price: PricePerKwh(100),
            keep: WattHours(0),
            state: StandingState::On,
            placed_at: now,
            expires_at: None,
            ended_at: None,
            actor: 0,
            key: key(&format!("standing {at}")),
            passed: None,
        };
        let write = floor.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let first = tx.numbers_take(id, "standing", i64::from(STANDING_MAX) - 1).await?;
                for at in 0..i64::from(STANDING_MAX) - 1 {
                    tx.standing_put(id, &row(first + at)).await?;
                }
                Ok(())
            })
        });
        write.await.expect("writes");
        floor.standing(1, Side::Sell, 100, 0).await.expect("the last one");
        let code = |done: Result<StandingRow, service::ServiceError>| done.map_err(|error| error.code()).err();
        assert_eq!(code(floor.standing(2, Side::Sell, 100, 0).await), Some("standing_too_many"));
        assert_eq!(code(floor.standing(1, Side::Sell, 110, 0).await), None, "one in the place of another");
    }
}
