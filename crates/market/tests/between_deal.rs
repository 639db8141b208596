//! Deals: a table of what each side may do, and the laws that hold whatever both do.

use domain::ClusterId;
use market::between::{Deal, DealAction, DealError, DealRules, DealState, Loss, Party, Terms};
use proptest::prelude::*;
use quantity::{HOUR_MS, Instant, Interval, PricePerKwh, Step, WattHours};

const RULES: DealRules = DealRules { step: Step::Min15, rounds_max: 4, days_ahead_max: 7 };

fn cluster(number: i64) -> ClusterId {
    ClusterId::new(number).expect("an id")
}

/// Delivery for two hours, in quarter hours from `start`, at `price`.
fn terms(start: i64, price: i64) -> Terms {
    Terms {
        window: Interval::new(Instant(start), Instant(start + 2 * HOUR_MS)).expect("a window"),
        energy_per_interval: WattHours(500),
        price: PricePerKwh(price),
        loss: Loss::NONE,
        fee: PricePerKwh(10),
        penalty: PricePerKwh(5),
    }
}

fn offered() -> Deal {
    Deal::offer((cluster(1), cluster(2)), Party::Seller, terms(24 * HOUR_MS, 120), Instant(10 * HOUR_MS), Instant(0), &RULES).expect("an offer")
}

#[test]
fn who_may_do_what_and_when() {
    use DealAction::{Accept, Counter, Decline, Withdraw};
    use Party::{Buyer, Seller};
    let counter = |price| Counter(terms(24 * HOUR_MS, price), Instant(12 * HOUR_MS));
    // A row: hours, side, action, then the state or the refusal, who has the turn, and the price on the table.
    let story = [
        (1, Seller, Accept, "deal_not_your_turn", Buyer, 120),
        (1, Seller, counter(130), "deal_not_your_turn", Buyer, 120),
        (1, Buyer, Withdraw, "deal_not_your_turn", Buyer, 120),
        (1, Buyer, Counter(terms(24 * HOUR_MS + 1, 100), Instant(12 * HOUR_MS)), "deal_terms", Buyer, 120),
        (1, Buyer, counter(100), "open", Seller, 100),
        (2, Buyer, Decline, "deal_not_your_turn", Seller, 100),
        (2, Seller, counter(115), "open", Buyer, 115),
        (3, Buyer, counter(105), "open", Seller, 105),
        (4, Seller, counter(110), "deal_rounds", Seller, 105),
        (12, Seller, Accept, "deal_expired", Seller, 105),
        (11, Seller, Accept, "accepted", Seller, 105),
        (11, Seller, Decline, "deal_ended", Seller, 105),
        (11, Buyer, Withdraw, "deal_ended", Seller, 105),
    ];
    let mut deal = offered();
    for (hour, by, action, expected, turn, price) in story {
        let found = match deal.act(by, action, Instant(hour * HOUR_MS), &RULES) {
            Ok(next) => {
                deal = next;
                deal.state.as_str()
            }
            Err(error) => error.code(),
        };
        assert_eq!((found, deal.turn, deal.terms.price.0), (expected, turn, price), "{hour} {by:?} {action:?}");
    }
    assert_eq!(deal.contracted(Instant(24 * HOUR_MS)), WattHours(500));
    assert_eq!(deal.contracted(Instant(26 * HOUR_MS)), WattHours(0));
    assert_eq!(offered().contracted(Instant(24 * HOUR_MS)), WattHours(0));
}

#[test]
fn time_ends_what_nobody_answers() {
    let deal = offered();
    assert_eq!(deal.expire(Instant(10 * HOUR_MS - 1)).map_err(|error| error.code()), Err("deal_not_expired"));
    let expired = deal.expire(Instant(10 * HOUR_MS)).expect("expired");
    assert_eq!(expired.state, DealState::Expired);
    assert_eq!(expired.expire(Instant(10 * HOUR_MS)).map_err(|error| error.code()), Err("deal_ended"));
    assert_eq!(deal.act(Party::Seller, DealAction::Withdraw, Instant(1), &RULES).expect("withdrawn").state, DealState::Withdrawn);
    assert_eq!(deal.act(Party::Buyer, DealAction::Decline, Instant(1), &RULES).expect("declined").state, DealState::Declined);
}

#[test]
fn what_cannot_be_offered() {
    let day = 24 * HOUR_MS;
    let good = terms(day, 120);
    let cases = [
        (good, 10 * HOUR_MS, None),
        (good, day, None),
        (good, day + 1, Some("later than now and not after")),
        (good, 0, Some("later than now and not after")),
        (terms(day + 60_000, 120), 10 * HOUR_MS, Some("bounds")),
        (terms(0, 120), 10 * HOUR_MS, Some("begin later than now")),
        (terms(7 * day - 2 * HOUR_MS, 120), 10 * HOUR_MS, None),
        (terms(7 * day - HOUR_MS, 120), 10 * HOUR_MS, Some("days that the region allows")),
        (terms(day, 0), 10 * HOUR_MS, Some("price")),
        (Terms { penalty: PricePerKwh(-1), ..good }, 10 * HOUR_MS, Some("price")),
        (Terms { fee: PricePerKwh(i64::MAX), ..good }, 10 * HOUR_MS, Some("price")),
        (Terms { energy_per_interval: WattHours(0), ..good }, 10 * HOUR_MS, Some("energy")),
    ];
    for (terms, expires, expected) in cases {
        let found = Deal::offer((cluster(1), cluster(2)), Party::Buyer, terms, Instant(expires), Instant(0), &RULES);
        match (found, expected) {
            (Ok(deal), None) => assert_eq!((deal.turn, deal.rounds), (Party::Seller, 1)),
            (Err(error), Some(text)) => assert!(error.code() == "deal_terms" && error.to_string().contains(text), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
    let alone = Deal::offer((cluster(1), cluster(1)), Party::Buyer, good, Instant(HOUR_MS), Instant(0), &RULES);
    assert_eq!(alone.map_err(|error| error.code()), Err("deal_terms"));
}

#[derive(Debug, Clone, Copy)]
enum Move {
    Act(Party, u8, i64, i64, i64),
    Expire,
}

fn moves() -> impl Strategy<Value = Vec<(i64, Move)>> {
    let party = prop_oneof![Just(Party::Seller), Just(Party::Buyer)];
    let act = (party, 0_u8..8, 0_i64..200, 0_i64..30, 1_i64..40)
        .prop_map(|(by, what, quarter, price, expires)| Move::Act(by, what, quarter, price, expires));
    prop::collection::vec((0_i64..4, prop_oneof![9 => act, 1 => Just(Move::Expire)]), 0..20)
}

fn action(what: u8, quarter: i64, price: i64, expires: i64) -> DealAction {
    match what {
        0 => DealAction::Accept,
        1 => DealAction::Decline,
        2 => DealAction::Withdraw,
        // Mostly good terms, some that are not.
        _ => DealAction::Counter(terms(quarter * HOUR_MS / 4 + i64::from(price == 7), price), Instant(expires * HOUR_MS)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_both_do_the_deal_stays_sound(moves in moves()) {
        let mut deal = offered();
        let (mut named_by, mut named, mut now) = (Party::Seller, deal.terms, 0);
        let mut ended = None;
        for (hours, step) in moves {
            now += hours * HOUR_MS;
            let before = deal;
            let result = match step {
                Move::Expire => deal.expire(Instant(now)),
                Move::Act(by, what, quarter, price, expires) => {
                    let action = action(what, quarter, price, expires);
                    let result = deal.act(by, action, Instant(now), &RULES);
                    if let (DealAction::Counter(terms, _), Ok(_)) = (action, result) {
                        prop_assert_eq!(by, named_by.other(), "nobody answers the own terms");
                        (named_by, named) = (by, terms);
                    }
                    if let (DealAction::Accept, Ok(_)) = (action, result) {
                        prop_assert_eq!(by, named_by.other(), "accepted are terms of the other side");
                        prop_assert!(now < before.expires_at.0 && now < before.terms.window.start().0);
                    }
                    result
                }
            };
            if let Ok(next) = result { deal = next }
            if let Some(ended) = ended {
                prop_assert!(matches!(result, Err(DealError::Ended { state }) if state == ended), "one end only");
            }
            if deal.state.is_ended() && ended.is_none() {
                ended = Some(deal.state);
            }
            prop_assert_eq!(deal.terms, named);
            prop_assert_eq!(deal.turn, named_by.other());
            prop_assert_eq!((deal.seller, deal.buyer), (cluster(1), cluster(2)));
            prop_assert!((1..=RULES.rounds_max).contains(&deal.rounds));
            prop_assert!(deal.expires_at <= deal.terms.window.start());
            prop_assert!(RULES.step.is_aligned(deal.terms.window.start()) && deal.terms.price.0 > 0);
        }
    }
}
