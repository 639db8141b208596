//! Golden scores, and the laws of reliability.

use super::*;
use crate::trader::TraderFacts;
use domain::{ClusterId, MemberNo};
use proptest::prelude::*;

const NOW: i64 = 1_000 * DAY_MS;

fn trader(number: i64) -> Trader {
    Trader { cluster: ClusterId::new(1).expect("an id"), member: Some(MemberNo::new(number).expect("a number")) }
}

/// Member 1 sells a kWh to `buyer`, `ago` milliseconds ago.
fn sold(buyer: i64, outcome: Outcome, ago: i64) -> Obligation {
    let (seller, buyer) = (trader(1), trader(buyer));
    Obligation { seller, buyer, energy: WattHours(1_000), at: Instant(NOW - ago), delivery: outcome, payment: Outcome::Kept, is_reversed: false }
}

fn bought(seller: i64, ago: i64) -> Obligation {
    Obligation { seller: trader(seller), buyer: trader(1), ..sold(2, Outcome::Kept, ago) }
}

/// Members 1 and 99 are one household, 1 and 98 guarantor and borrower, 60 and 61 one person.
fn ties() -> Ties {
    let facts = |number, household| TraderFacts { trader: trader(number), household: Some(household), users: vec![] };
    Ties::new(&[facts(1, 1), facts(99, 1), facts(60, 6), facts(61, 6)], &[(trader(98), trader(1))])
}

fn seller(obligations: &[Obligation]) -> Standing {
    standing(trader(1), TradeRole::Seller, obligations, &ties(), Instant(NOW))
}

#[test]
fn golden_scores() {
    let of = |kept: i64, trials: i64| Evidence { kept: kept * EVIDENCE_ONE, broken: (trials - kept) * EVIDENCE_ONE };
    for (kept, trials, reliability) in [(0, 0, 800_000), (3, 3, 846_153), (10, 10, 900_000), (0, 3, 615_384)] {
        assert_eq!(of(kept, trials).reliability(), reliability, "{kept}/{trials}");
    }
    for (kept, trials, bound) in [(0, 0, 0), (3, 3, 438_493), (95, 100, 888_248), (0, 3, 0), (1_000_000, 1_000_000, 999_961)] {
        assert_eq!(of(kept, trials).lower_bound(), bound, "{kept}/{trials}");
    }
}

#[test]
fn the_same_scores_from_obligations() {
    let with = |number: i64, outcome| (0..number).map(|at| sold(10 + at, outcome, 0)).collect::<Vec<_>>();
    for (obligations, reliability, is_new) in [
        (vec![], 800_000, true),
        (with(2, Outcome::Kept), 833_333, true),
        (with(3, Outcome::Kept), 846_153, false),
        (with(10, Outcome::Kept), 900_000, false),
        (with(3, Outcome::Broken), 615_384, false),
        (with(9, Outcome::Neutral), 800_000, true),
    ] {
        let standing = seller(&obligations);
        assert_eq!((standing.reliability, standing.is_new), (reliability, is_new), "{obligations:?}");
    }
}

#[test]
fn one_counterparty_has_a_fifth_at_most() {
    let many = |buyer, number| vec![sold(buyer, Outcome::Kept, 0); number];
    let kept = |obligations: &[Obligation]| seller(obligations).evidence.kept;
    // Alone: x = (8 + x) / 5, so 2; and never known.
    assert_eq!(kept(&many(10, 1)), EVIDENCE_ONE);
    assert_eq!(kept(&many(10, 1000)), 2 * EVIDENCE_ONE);
    assert!(seller(&many(10, 1000)).is_new);
    // Two accounts of one person are one counterparty.
    assert_eq!(kept(&[many(60, 1000), many(61, 1000)].concat()), 2 * EVIDENCE_ONE);
    // Two: x = (8 + 2 x) / 5.
    assert_eq!(kept(&[many(10, 1000), many(11, 1000)].concat()), 2 * 2_666_666_666);
    // Ten others with one each: x = (8 + 10) / 4.
    let others: Vec<Obligation> = (20..30).map(|buyer| sold(buyer, Outcome::Kept, 0)).collect();
    assert_eq!(kept(&[others, many(10, 1000)].concat()), 10 * EVIDENCE_ONE + 4_500_000_000);
    // Failures: x = (2 + x) / 5.
    let broken = vec![sold(10, Outcome::Broken, 0); 1000];
    assert_eq!(seller(&broken).evidence, Evidence { kept: 0, broken: 500_000_000 });
}

#[test]
fn what_could_be_made_up_weighs_nothing() {
    let kept = |obligations: &[Obligation]| seller(obligations).evidence.kept;
    assert_eq!(kept(&[sold(99, Outcome::Kept, 0)]), 0, "the own household");
    assert_eq!(kept(&[sold(98, Outcome::Kept, 0)]), 0, "the guarantor");
    let age = DAY_MS + 5;
    let one = kept(&[sold(2, Outcome::Kept, age)]);
    assert!(one > 0);
    for (back, counted) in
        [(bought(2, age + DAY_MS), 0), (bought(2, 5), 0), (bought(2, 4), one), (bought(2, age + DAY_MS + 1), one), (bought(3, age), one)]
    {
        assert_eq!(kept(&[sold(2, Outcome::Kept, age), back]), counted, "{back:?}");
    }
    // Back through another account of either side.
    let through = Obligation { seller: trader(61), buyer: trader(99), ..sold(2, Outcome::Kept, age) };
    assert_eq!(kept(&[sold(60, Outcome::Kept, age), through]), 0);
    // A trade back that was reversed is no trade.
    assert_eq!(kept(&[sold(2, Outcome::Kept, age), Obligation { is_reversed: true, ..bought(2, 5) }]), one);
}

#[test]
fn roles_are_looked_at_apart() {
    let failed = Obligation { payment: Outcome::Broken, ..bought(2, 0) };
    let of = |role| standing(trader(1), role, &[failed], &ties(), Instant(NOW)).reliability;
    assert_eq!((of(TradeRole::Seller), of(TradeRole::Buyer)), (800_000, 761_904));
}

#[test]
fn outcomes_of_sellers() {
    use Outcome::{Broken, Kept, Neutral};
    for (promised, delivered, excuse, outcome) in [
        (1_000, &[950][..], None, Kept),
        (1_000, &[949], None, Broken),
        (1_000, &[500, 449, 1], None, Kept),
        (1_000, &[], Some(Excuse::PlantOutage), Neutral),
        (1_000, &[949], Some(Excuse::Congestion), Neutral),
        (1_000, &[1_000], Some(Excuse::Congestion), Kept),
        (i64::MAX, &[i64::MAX, i64::MAX], None, Kept),
    ] {
        let parts: Vec<WattHours> = delivered.iter().copied().map(WattHours).collect();
        assert_eq!(delivery(WattHours(promised), &parts, excuse), outcome, "{delivered:?} of {promised}");
    }
}

#[test]
fn outcomes_of_buyers() {
    use Outcome::{Broken, Kept, Neutral};
    for (paid, now, outcome) in [
        (&[(0, 100)][..], 0, Kept),
        (&[(DAY_MS, 100)], DAY_MS, Kept),
        (&[(DAY_MS + 1, 100)], DAY_MS + 1, Broken),
        (&[(5, 60), (DAY_MS, 40)], 2 * DAY_MS, Kept),
        (&[(5, 60), (DAY_MS, 39)], 2 * DAY_MS, Broken),
        (&[(5, 60)], DAY_MS, Neutral),
        (&[(5, 100)], 4, Neutral),
        (&[(-5, 100)], 0, Kept),
    ] {
        let parts: Vec<(Instant, MilliNgwee)> = paid.iter().map(|&(at, money)| (Instant(at), MilliNgwee(money))).collect();
        assert_eq!(payment(MilliNgwee(100), Instant(0), &parts, Instant(now)), outcome, "{paid:?} at {now}");
    }
}

#[test]
fn weights_by_energy() {
    for (energy, fifths) in [(-1, 0), (0, 0), (31, 0), (32, 1), (95, 1), (96, 2), (224, 3), (480, 4), (991, 4), (992, 5), (i64::MAX, 5)] {
        assert_eq!(amount_weight(WattHours(energy)), fifths * EVIDENCE_ONE / 5, "{energy}");
    }
}

#[test]
fn weights_by_age() {
    // 2^-(days/180) in billionths, rounded down, worked out with 40 digits.
    for (days, exact) in
        [(0, 1_000_000_000), (180, 500_000_000), (360, 250_000_000), (90, 707_106_781), (45, 840_896_415), (60, 793_700_525), (1, 996_156_587)]
    {
        let found = decay(days * DAY_MS);
        assert!((exact - 1..=exact + 1).contains(&found), "{days}: {found} for {exact}");
    }
    assert_eq!((decay(-5), decay(i64::MAX), decay(31 * HALF_LIFE_MS)), (EVIDENCE_ONE, 0, 0));
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Kept), Just(Outcome::Broken), Just(Outcome::Neutral)]
}

/// Sales of member 1, and now and then something bought.
fn history() -> impl Strategy<Value = Vec<Obligation>> {
    let one = (2_i64..14, outcome(), 0..400 * DAY_MS, 0_i64..2_000, 0_u8..8).prop_map(|(other, outcome, ago, energy, kind)| {
        let made = if kind == 0 { bought(other, ago) } else { sold(other, outcome, ago) };
        Obligation { energy: WattHours(energy), is_reversed: kind == 1, ..made }
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn the_order_does_not_matter_and_scores_are_in_range(mut obligations in history(), by in 0_usize..60) {
        let one = seller(&obligations);
        for score in [one.reliability, one.lower_bound] {
            prop_assert!((0..=SCORE_MAX).contains(&score));
        }
        let by = by.min(obligations.len());
        obligations.rotate_left(by);
        obligations.reverse();
        prop_assert_eq!(one, seller(&obligations));
    }

    #[test]
    fn a_success_never_lowers_and_a_failure_never_raises(obligations in history(), other in 2_i64..20, ago in 0..400 * DAY_MS, energy in 0_i64..2_000) {
        let before = seller(&obligations);
        let with = |outcome| {
            let one = Obligation { energy: WattHours(energy), ..sold(other, outcome, ago) };
            // What makes a circle takes the way back with it; this law is about what does not.
            let is_circle = obligations.iter().any(|o| !o.is_reversed && o.seller == trader(other) && (o.at.0 - one.at.0).abs() <= DAY_MS);
            (!is_circle).then(|| seller(&[&obligations[..], &[one]].concat()))
        };
        if let (Some(kept), Some(broken), Some(neutral)) = (with(Outcome::Kept), with(Outcome::Broken), with(Outcome::Neutral)) {
            prop_assert!(kept.reliability >= before.reliability);
            prop_assert!(broken.reliability <= before.reliability);
            prop_assert_eq!(neutral, before);
            // The root of the bound is rounded, by less than a millionth.
            prop_assert!(kept.lower_bound >= before.lower_bound - 1 && broken.lower_bound <= before.lower_bound + 1);
        }
    }

    #[test]
    fn a_reversal_restores(obligations in history(), other in 2_i64..20, outcome in outcome(), ago in 0..400 * DAY_MS) {
        let reversed = Obligation { is_reversed: true, ..sold(other, outcome, ago) };
        prop_assert_eq!(seller(&[&obligations[..], &[reversed]].concat()), seller(&obligations));
    }

    #[test]
    fn newcomers_gain_nothing_over_the_honest(obligations in history()) {
        let honest: Vec<Obligation> = obligations.into_iter().map(|o| Obligation { delivery: Outcome::Kept, ..o }).collect();
        let (newcomer, member) = (seller(&[]), seller(&honest));
        prop_assert!(newcomer.reliability <= member.reliability && newcomer.lower_bound <= member.lower_bound);
    }

    #[test]
    fn splitting_a_payment_changes_nothing(parts in prop::collection::vec((0..2 * DAY_MS, 0_i64..50), 0..6), owed in 1_i64..150) {
        let paid: Vec<(Instant, MilliNgwee)> = parts.iter().map(|&(at, money)| (Instant(at), MilliNgwee(money))).collect();
        let halves = |money: i64| [money / 2, money - money / 2];
        let split: Vec<(Instant, MilliNgwee)> =
            paid.iter().flat_map(|&(at, money)| halves(money.0).map(|half| (at, MilliNgwee(half)))).collect();
        let judge = |paid: &[(Instant, MilliNgwee)]| payment(MilliNgwee(owed), Instant(0), paid, Instant(3 * DAY_MS));
        prop_assert_eq!(judge(&paid), judge(&split));
    }

    #[test]
    fn the_cap_is_the_largest_that_holds(parts in prop::collection::vec(0_i64..1_000, 0..12), prior in 0_i64..500) {
        let sum = capped(parts.clone(), prior);
        // A part is cut where it is above a fifth of all, and then it is a fifth of all but for rounding.
        let most = (prior + sum) / COUNTERPARTY_SHARE;
        prop_assert!(sum <= parts.iter().map(|part| (*part).min(most)).sum::<i64>());
        // Nothing larger would hold: by steps from above, as it is taught.
        let mut taught = parts.iter().sum::<i64>();
        loop {
            let most = (prior + taught) / COUNTERPARTY_SHARE;
            let next = parts.iter().map(|part| (*part).min(most)).sum::<i64>();
            if next == taught {
                break;
            }
            taught = next;
        }
        prop_assert!((0..=5).contains(&(taught - sum)), "{taught} {sum}");
    }

    #[test]
    fn older_weighs_less(age in 0..2_000 * DAY_MS, more in 1..100 * DAY_MS) {
        prop_assert!(decay(age + more) <= decay(age));
        // Two ages multiply, but for rounding.
        let product = of_weight(decay(age), decay(more));
        prop_assert!((decay(age + more) - product).abs() <= 4);
    }
}

#[test]
fn what_meters_leave_of_a_sale() {
    for (sold, banked, bought_back, left) in [
        (1_000, 0, 0, None),
        (1_000, -5, 0, None),
        (1_000, 4_000, 0, Some(1_000)),
        (1_000, 4_000, 3_000, Some(250)),
        (1_000, 3_000, 1_000, Some(666)),
        (1_000, 4_000, 4_000, Some(0)),
        (1_000, 4_000, 9_000, Some(0)),
        (1_000, 4_000, -9_000, Some(1_000)),
        (i64::MAX, i64::MAX, 1, Some(i64::MAX - 1)),
    ] {
        assert_eq!(backed(WattHours(sold), WattHours(banked), WattHours(bought_back)), left.map(WattHours), "{sold} {banked} {bought_back}");
    }
}
