//! The guard in the desk: what looks wrong waits for an officer, reserves nothing, and is told.

use crate::floor::{CREDITS, Floor, MONEY, society};
use domain::Role;
use market::Side;
use service::policy::Actor;
use service::trade::{OrderCreate, OrderDone, ReviewDecision};
use society::{no, operator, user, user_id};
use store::StoreError;
use store::tables::OrderState;
use test_kit::on_both;

fn code(done: &OrderDone) -> (OrderState, Option<&str>) {
    (done.order.state, done.order.reason())
}

const PASSES: (OrderState, Option<&str>) = (OrderState::Open, None);

async fn review(floor: &Floor, actor: Actor, done: &OrderDone, decision: ReviewDecision) -> Result<OrderDone, &'static str> {
    floor.service.order_review(actor, &floor.cluster, done.order.no, decision).await.map_err(|error| error.code())
}

/// The kinds of a user's notices about orders, the newest first.
async fn told(floor: &Floor, who: i64) -> Vec<String> {
    let user = user_id(who);
    let read = floor.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.notice_list(user, None, 100).await }));
    let notices = read.await.expect("reads");
    let say = message::Say::new(domain::Language::En);
    for notice in &notices {
        assert!(service::notice_text(say, notice).is_some(), "{notice:?} has words");
    }
    notices.into_iter().map(|notice| notice.kind).filter(|kind| kind.starts_with("order-")).collect()
}

/// Lets user `who` act for a member too.
pub async fn acts_also(floor: &Floor, who: i64, member: i64) {
    let (id, on) = (floor.cluster.id, society::day(0));
    let write = floor
        .service
        .store()
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.role_grant(id, no(member), user_id(who), Role::Member, on).await }));
    assert!(write.await.expect("writes"));
}

on_both! {
    async fn energy_that_goes_round_is_held(url: &str) {
        let floor = Floor::open(url, 4).await;
        floor.sell(2, 120, 2_000).await;
        assert_eq!(floor.buy(3, 120, 2_000).await.trades.len(), 1);
        // Back again, nearly the same.
        floor.buy(2, 120, 1_950).await;
        let back = floor.sell(3, 119, 1_950).await;
        assert_eq!(code(&back), (OrderState::Held, Some("guard_wash")));
        assert!(back.trades.is_empty() && back.order.hold.is_none());
        // Somebody else may, and so may the same one with less than half of it.
        assert_eq!(code(&floor.sell(4, 125, 1_000).await), PASSES);
        assert_eq!(floor.sell(3, 120, 800).await.trades.len(), 1);
        floor.holds().await;
        // After a day it is no circle any more: also in a process that has to read what was traded.
        floor.wait(86_400_001);
        let other = floor.service.clone().with_desks_of_its_own();
        let next = other.order_place(Actor::System, &floor.cluster, floor.new(3, Side::Sell, 120, 1_000)).await.expect("places");
        assert_eq!((next.order.reason(), next.trades.len()), (None, 1));
        floor.holds().await;
    }
}

on_both! {
    async fn a_circle_is_found_by_a_process_that_was_not_there(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.sell(2, 120, 2_000).await;
        floor.buy(3, 120, 2_000).await;
        let other = floor.service.clone().with_desks_of_its_own();
        floor.buy(2, 120, 2_000).await;
        let back = other.order_place(Actor::System, &floor.cluster, floor.new(3, Side::Sell, 120, 2_000)).await.expect("places");
        assert_eq!(code(&back), (OrderState::Held, Some("guard_wash")));
    }
}

on_both! {
    async fn homes_of_the_same_person_do_not_trade_with_each_other(url: &str) {
        let floor = Floor::open(url, 4).await;
        acts_also(&floor, 3, 4).await;
        floor.sell(4, 120, 1_000).await;
        let held = floor.buy(3, 120, 1_000).await;
        assert_eq!(code(&held), (OrderState::Held, Some("guard_related")));
        assert_eq!((floor.free(3).await, floor.owned(3).await), ((MONEY, CREDITS), (MONEY, CREDITS)), "nothing is reserved");
        // With others they trade.
        assert_eq!(floor.buy(2, 120, 1_000).await.trades.len(), 1);
        // What became known meanwhile counts a minute later.
        floor.sell(2, 120, 1_000).await;
        acts_also(&floor, 1, 2).await;
        floor.wait(60_000);
        assert_eq!(code(&floor.buy(1, 120, 1_000).await), (OrderState::Held, Some("guard_related")));
        floor.holds().await;
    }
}

on_both! {
    async fn a_price_far_from_the_others_is_held(url: &str) {
        let floor = Floor::open(url, 4).await;
        // Nothing to compare with yet.
        assert_eq!(code(&floor.sell(1, 900, 100).await), PASSES);
        for member in 2..=4 {
            floor.sell(1, 100, 500).await;
            assert_eq!(floor.buy(member, 100, 500).await.trades.len(), 1);
        }
        for (price, expected) in [(50, PASSES), (49, (OrderState::Held, Some("guard_price_band"))), (150, PASSES), (151, (OrderState::Held, Some("guard_price_band")))] {
            let side = if price < 100 { Side::Buy } else { Side::Sell };
            assert_eq!(code(&floor.place(floor.new(2, side, price, 100)).await.expect("answers")), expected, "{price}");
        }
        // A day later the last price serves.
        floor.wait(2 * 86_400_000);
        assert_eq!(code(&floor.sell(3, 151, 100).await), (OrderState::Held, Some("guard_price_band")));
        // An order cannot be led there by a change either: it leaves the book for an officer.
        let waits = floor.sell(4, 120, 1_000).await;
        let moved = floor.amend(4, waits.order.no, Some(300), None).await.expect("answers");
        assert_eq!(code(&moved), (OrderState::Held, Some("guard_price_band")));
        assert_eq!(floor.free(4).await.1, CREDITS + 500);
        assert_eq!(floor.amend(4, waits.order.no, Some(120), None).await.map_err(|error| error.code()), Err("order_not_open"));
        floor.holds().await;
    }
}

on_both! {
    async fn bursts_are_held_and_ordinary_life_is_not(url: &str) {
        let floor = Floor::open(url, 2).await;
        // Ten in an hour, one after the other: as somebody does who looks for the price.
        for at in 0..10 {
            assert_eq!(code(&floor.sell(1, 120 + at, 100).await), PASSES);
            floor.wait(300_000);
        }
        for at in 0..10 {
            assert_eq!(code(&floor.buy(2, 80 + at, 100).await), PASSES);
        }
        let eleventh = floor.buy(2, 79, 100).await;
        assert_eq!(code(&eleventh), (OrderState::Held, Some("guard_burst")));
        // Held ones are bounded too.
        for _ in 1..service::trade::HELD_MAX {
            floor.buy(2, 79, 100).await;
        }
        assert_eq!(floor.code(floor.new(2, Side::Buy, 79, 100)).await, "orders_held_too_many");
        floor.cancel(2, eleventh.order.no).await.expect("takes it back");
        assert_eq!(code(&floor.buy(2, 79, 100).await).0, OrderState::Held);
        floor.wait(60_000);
        assert_eq!(code(&floor.buy(2, 79, 100).await), PASSES, "a minute later");
        // Officers are told of the first, and again only when none was left.
        assert_eq!(told(&floor, 1).await, ["order-look"]);
        floor.holds().await;
    }
}

/// Two members whose user is the same; the second sells, and the first's order to buy is held.
async fn held(url: &str) -> (Floor, OrderCreate, OrderDone) {
    let floor = Floor::open(url, 4).await;
    acts_also(&floor, 3, 4).await;
    floor.sell(4, 120, 1_000).await;
    let end = floor.service.now().plus_ms(3_600_000);
    let new = OrderCreate { expires_at: Some(end), ..floor.new(3, Side::Buy, 130, 1_500) };
    let done = floor.place(new).await.expect("answers");
    assert_eq!(code(&done), (OrderState::Held, Some("guard_related")));
    (floor, new, done)
}

on_both! {
    async fn a_held_order_goes_on_when_an_officer_says_so(url: &str) {
        let (floor, new, done) = held(url).await;
        let preview = floor.preview(floor.new(3, Side::Buy, 130, 1_500)).await.expect("previews");
        assert_eq!((preview.reasons.first().map(String::as_str), preview.hold, preview.trades.len(), preview.rest.0), (Some("guard_related"), 0, 0, 1_500));
        // The same key gives the same answer.
        let again = floor.place(new).await.expect("answers");
        assert_eq!((&again.order, again.is_repeat), (&done.order, true));
        let list = floor.service.order_review_list(user(1), &floor.cluster).await.expect("lists");
        assert_eq!(list.iter().map(|review| (review.order.no, review.alias.as_str(), review.is_own)).collect::<Vec<_>>(), [(done.order.no, "Home 3", false)]);
        assert_eq!(review(&floor, user(2), &done, ReviewDecision::Release).await, Err("not_allowed"));
        let released = review(&floor, user(1), &done, ReviewDecision::Release).await.expect("releases");
        assert_eq!((released.order.state, released.order.filled.0, released.order.hold_amount), (OrderState::Open, 1_000, 65));
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Refuse).await, Err("order_not_held"));
        assert_eq!(told(&floor, 3).await, ["order-released", "order-held"]);
        assert_eq!(told(&floor, 1).await, ["order-look"], "who decides is not told of it");
        assert_eq!(floor.place(new).await.expect("answers").order, released.order);
        floor.holds().await;
    }
}

on_both! {
    async fn a_refused_order_ends_and_one_too_dear_by_now_stays(url: &str) {
        let (floor, new, done) = held(url).await;
        // The money went elsewhere meanwhile: the officer is told why it cannot go on.
        let amount = quantity::Ngwee(floor.free(3).await.0 - 100);
        let paid = service::WalletPayment { key: floor.key(), to: no(1), amount };
        let paid = floor.service.wallet_pay(floor.cluster.id, no(3), 3, vec![paid]).await.expect("answers");
        assert!(matches!(paid[..], [service::PaymentOutcome::Paid { .. }]), "{paid:?}");
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Release).await, Err("order_money_short"));
        let refused = review(&floor, user(1), &done, ReviewDecision::Refuse).await.expect("refuses");
        assert_eq!((refused.order.state, refused.order.reason()), (OrderState::Refused, Some("guard_related")));
        assert_eq!(floor.place(new).await.expect("answers").order, refused.order);
        assert!(told(&floor, 3).await.contains(&"order-refused".to_owned()));
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Release).await, Err("order_not_held"));
        floor.holds().await;
    }
}

on_both! {
    async fn all_reasons_and_who_decided_are_kept(url: &str) {
        let floor = Floor::open(url, 4).await;
        for member in 2..=4 {
            floor.sell(1, 100, 500).await;
            floor.buy(member, 100, 500).await;
        }
        for at in 0..9 {
            assert_eq!(code(&floor.buy(2, 80 + at, 100).await), PASSES);
        }
        // The eleventh in a minute, far from the others' prices.
        let new = floor.new(2, Side::Buy, 40, 100);
        let told = floor.preview(new).await.expect("previews");
        let both = ["guard_price_band", "guard_burst"];
        assert_eq!(told.reasons, both);
        let done = floor.place(new).await.expect("answers");
        assert_eq!(code(&done), (OrderState::Held, Some("guard_price_band")));
        let burst = floor.buy(2, 79, 100).await;
        // Another process reads the same from the row.
        let beside = floor.beside();
        let list = beside.service.order_review_list(user(1), &floor.cluster).await.expect("lists");
        assert_eq!(list.iter().map(|review| review.order.reasons().collect::<Vec<_>>()).collect::<Vec<_>>(), [&both[..], &["guard_burst"]]);
        assert!(list.iter().all(|review| (review.order.decided_by, review.order.decided_at) == (None, None)));
        assert!(floor.service.order_decided_list(user(1), &floor.cluster).await.expect("lists").is_empty());

        let at = floor.service.now();
        let released = review(&floor, user(1), &done, ReviewDecision::Release).await.expect("releases");
        assert_eq!((released.order.decided_by, released.order.decided_at), (Some(1), Some(at)));
        floor.wait(1_000);
        review(&floor, operator(), &burst, ReviewDecision::Refuse).await.expect("refuses");
        let decided = floor.service.order_decided_list(user(1), &floor.cluster).await.expect("lists");
        let facts = |review: &service::trade::OrderReview| {
            (review.order.no, review.order.state, review.order.decided_by, review.order.decided_at.map(|then| then.ms_since(at)))
        };
        assert_eq!(
            decided.iter().map(facts).collect::<Vec<_>>(),
            [(burst.order.no, OrderState::Refused, Some(1_000_000), Some(1_000)), (done.order.no, OrderState::Open, Some(1), Some(0))]
        );
        assert_eq!(decided[1].order.reasons().collect::<Vec<_>>(), both, "also after it was let go on");
        let refused = floor.service.order_decided_list(user(2), &floor.cluster).await;
        assert_eq!(refused.map_err(|error| error.code()), Err("not_allowed"));
        // What ends later keeps who decided; what is held again has nobody yet.
        floor.wait(60_000);
        let again = floor.amend(2, done.order.no, Some(30), None).await.expect("answers");
        assert_eq!((again.order.state, again.order.reasons().collect::<Vec<_>>()), (OrderState::Held, vec!["guard_price_band"]));
        assert_eq!((again.order.decided_by, again.order.decided_at), (None, None));
        assert_eq!(floor.service.order_decided_list(user(1), &floor.cluster).await.expect("lists").len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn nobody_decides_about_the_own_household(url: &str) {
        let floor = Floor::open(url, 3).await;
        acts_also(&floor, 1, 2).await;
        floor.sell(2, 120, 1_000).await;
        let done = floor.buy(1, 120, 1_000).await;
        assert_eq!(code(&done), (OrderState::Held, Some("guard_related")));
        let list = floor.service.order_review_list(user(1), &floor.cluster).await.expect("lists");
        assert!(list.iter().all(|review| review.is_own));
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Release).await, Err("order_own"));
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Refuse).await, Err("order_own"));
        let unknown = floor.service.order_review(user(1), &floor.cluster, domain::OrderNo::new(999).expect("a number"), ReviewDecision::Refuse).await;
        assert_eq!(unknown.map_err(|error| error.code()), Err("order_unknown"));
        assert_eq!(review(&floor, operator(), &done, ReviewDecision::Release).await.expect("the operator may").trades.len(), 1);
        floor.holds().await;
    }
}

on_both! {
    async fn a_held_order_does_not_end_unnoticed(url: &str) {
        let (floor, _, done) = held(url).await;
        floor.wait(3_600_000);
        assert!(floor.service.order_review_list(user(1), &floor.cluster).await.expect("lists").is_empty());
        for _ in 0..2 {
            assert_eq!(floor.service.market_round(&floor.cluster).await.expect("sweeps"), None);
        }
        let over = floor.service.order_find(Actor::System, &floor.cluster, no(3), done.order.no).await.expect("found");
        assert_eq!((over.state, over.ended_at), (OrderState::Expired, done.order.expires_at));
        assert_eq!(told(&floor, 3).await, ["order-lapsed", "order-held"]);
        assert_eq!(review(&floor, user(1), &done, ReviewDecision::Release).await, Err("order_not_held"));
        floor.holds().await;
    }
}
