//! Reliability: how well somebody kept what they promised, as seller or as buyer, from meters and the ledger. No stars, no opinions.
//!
//! The score is (k m + S) / (k + S + F): kept and broken obligations beside ten of which eight were kept, so that a newcomer stands at 0.8.
//! Each obligation weighs by its energy, up to a cap, and half as much every 180 days. What the same hands, a named pair, or a trade there
//! and back could make up weighs nothing, and no counterparty has more than a fifth of the weight behind a score.
//!
//! All arithmetic is in whole numbers: evidence in billionths of an obligation, scores in millionths. The same obligations give the same
//! score, whatever their order.
//!
//! Formulas: docs/market.md, "Reliability".

use crate::trader::{Ties, Trader};
use quantity::{DAY_MS, Instant, MilliNgwee, WattHours};
use std::collections::BTreeMap;

/// The score of a certainty.
pub const SCORE_MAX: i64 = 1_000_000;
/// One obligation of full weight, in the unit of evidence.
pub const EVIDENCE_ONE: i64 = 1_000_000_000;
/// Kept obligations that everybody begins with (k m), in the unit of evidence.
pub const PRIOR_KEPT: i64 = 8 * EVIDENCE_ONE;
/// Broken obligations that everybody begins with (k - k m).
pub const PRIOR_BROKEN: i64 = 2 * EVIDENCE_ONE;
/// Evidence from which on somebody is no longer called new.
pub const NEW_UNTIL: i64 = 3 * EVIDENCE_ONE;
/// After this time an obligation weighs half: 180 days.
pub const HALF_LIFE_MS: i64 = 180 * DAY_MS;
/// The time within which a buyer settles, and within which a trade back makes a circle: 24 hours.
pub const SETTLE_MS: i64 = DAY_MS;
/// A seller delivers at least so many percent of what was promised.
pub const DELIVERED_PERCENT: i64 = 95;
/// One counterparty has at most one part in so many of the weight behind a score.
pub const COUNTERPARTY_SHARE: i64 = 5;
/// The unit of energy below which an obligation weighs nothing; 31 of them (992 Wh) weigh in full.
pub const AMOUNT_UNIT: WattHours = WattHours(32);
/// Doublings of the unit to the full weight.
const AMOUNT_STEPS: i64 = 5;
/// The square of 1.96, in the unit of evidence: a lower bound that holds in 95 of 100 cases.
const Z_SQUARED: u128 = 3_841_600_000;
/// Evidence beyond 100,000 obligations a side no longer moves the lower bound.
const BOUND_MAX: i64 = 100_000 * EVIDENCE_ONE;

/// What became of an obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Kept.
    Kept,
    /// Broken.
    Broken,
    /// Not decided yet, or nobody's fault: it does not count.
    Neutral,
}

/// Why less was delivered, where it was not the seller's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excuse {
    /// The shared plant stood still.
    PlantOutage,
    /// The line was full.
    Congestion,
}

/// How a seller did in an interval: kept from 95 % of the promised energy on, whatever the parts it came in; less is neutral with an
/// excuse, broken without.
#[must_use]
pub fn delivery(promised: WattHours, delivered: &[WattHours], excuse: Option<Excuse>) -> Outcome {
    let sum = delivered.iter().fold(0_i128, |sum, part| sum.saturating_add(part.0.into()));
    let is_kept = sum.saturating_mul(100) >= i128::from(promised.0).saturating_mul(DELIVERED_PERCENT.into());
    match (is_kept, excuse) {
        (true, _) => Outcome::Kept,
        (false, Some(_)) => Outcome::Neutral,
        (false, None) => Outcome::Broken,
    }
}

/// How much of the banked energy that somebody sold the meters still say was there: of `banked` in the days before, `bought_back` were not,
/// as corrections found. Rounded down; `None` where nothing was banked, as of energy that was bought or given: meters say nothing then.
#[must_use]
pub fn backed(sold: WattHours, banked: WattHours, bought_back: WattHours) -> Option<WattHours> {
    if banked.0 <= 0 {
        return None;
    }
    let there = i128::from(banked.0.saturating_sub(bought_back.0).clamp(0, banked.0));
    let part = i128::from(sold.0.max(0)).saturating_mul(there).checked_div(i128::from(banked.0))?;
    i64::try_from(part).ok().map(WattHours)
}

/// How a buyer did: kept when all payments within 24 hours of `due_at` add up to what is owed, in however many parts; neutral while there
/// is time.
#[must_use]
pub fn payment(owed: MilliNgwee, due_at: Instant, paid: &[(Instant, MilliNgwee)], now: Instant) -> Outcome {
    let until = due_at.plus_ms(SETTLE_MS);
    let in_time = paid.iter().filter(|(at, _)| *at <= until && *at <= now);
    let sum = in_time.fold(0_i128, |sum, (_, part)| sum.saturating_add(part.0.into()));
    if sum >= i128::from(owed.0) {
        Outcome::Kept
    } else if now <= until {
        Outcome::Neutral
    } else {
        Outcome::Broken
    }
}

/// One promise between two: a trade, in one interval of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obligation {
    /// Who sold.
    pub seller: Trader,
    /// Who bought.
    pub buyer: Trader,
    /// How much was promised.
    pub energy: WattHours,
    /// When it was due.
    pub at: Instant,
    /// How the seller did: [`delivery`].
    pub delivery: Outcome,
    /// How the buyer did: [`payment`].
    pub payment: Outcome,
    /// Taken back by a reversal: it counts for nothing.
    pub is_reversed: bool,
}

/// In which role somebody is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TradeRole {
    /// Delivers.
    Seller,
    /// Pays.
    Buyer,
}

impl TradeRole {
    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Buyer => "buyer",
        }
    }
}

/// Weighed obligations, in billionths of one of full weight ([`EVIDENCE_ONE`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Kept (S).
    pub kept: i64,
    /// Broken (F); T = S + F.
    pub broken: i64,
}

impl Evidence {
    /// (k m + S) / (k + T) in millionths, rounded down: 800,000 without evidence.
    #[must_use]
    pub fn reliability(&self) -> i64 {
        let kept = i128::from(PRIOR_KEPT).saturating_add(self.kept.max(0).into());
        let all = kept.saturating_add(PRIOR_BROKEN.into()).saturating_add(self.broken.max(0).into());
        score(kept.saturating_mul(SCORE_MAX.into()).div_euclid(all))
    }

    /// The lower end of the 95 % interval of S in T trials, in millionths, rounded down: what ranks are made of. Zero without evidence.
    ///
    /// Source: Wilson 1927, (S + z^2/2 - z sqrt(S F / T + z^2/4)) / (T + z^2) with z = 1.96; the root is rounded up.
    #[must_use]
    pub fn lower_bound(&self) -> i64 {
        let side = |evidence: i64| u128::from(evidence.clamp(0, BOUND_MAX).unsigned_abs());
        let (kept, broken) = (side(self.kept), side(self.broken));
        let all = kept.saturating_add(broken);
        // Below 4 x 10^9 x 10^28; the spread in the square of the unit.
        let Some(spread) = Z_SQUARED.saturating_mul(kept).saturating_mul(broken).checked_div(all) else {
            return 0;
        };
        let half = Z_SQUARED >> 1;
        let square = spread.saturating_add(half.saturating_mul(half));
        let root = square.isqrt();
        let root = if root.saturating_mul(root) < square { root.saturating_add(1) } else { root };
        let above = kept.saturating_add(half).saturating_sub(root).saturating_mul(u128::from(SCORE_MAX.unsigned_abs()));
        score(i128::try_from(above.checked_div(all.saturating_add(Z_SQUARED)).unwrap_or(0)).unwrap_or(0))
    }

    /// S + F.
    #[must_use]
    pub const fn trials(&self) -> i64 {
        self.kept.saturating_add(self.broken)
    }
}

fn score(millionths: i128) -> i64 {
    i64::try_from(millionths.clamp(0, SCORE_MAX.into())).unwrap_or(0)
}

/// How somebody stands in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The score in millionths; shown, unless [`Self::is_new`].
    pub reliability: i64,
    /// Its lower bound in millionths; ranks go by it.
    pub lower_bound: i64,
    /// What both were made of.
    pub evidence: Evidence,
    /// Too little is known. Counted without decay: growing older makes nobody new again.
    pub is_new: bool,
}

/// How `subject` stands in `role` at `now`. Obligations of others among the list are ignored.
#[must_use]
pub fn standing(subject: Trader, role: TradeRole, obligations: &[Obligation], ties: &Ties, now: Instant) -> Standing {
    let mine = Mine::of(subject, obligations, ties);
    let (mut decayed, mut plain) = (Piles::default(), Piles::default());
    for obligation in obligations.iter().filter(|obligation| !obligation.is_reversed) {
        let (own, other, outcome) = match role {
            TradeRole::Seller => (obligation.seller, obligation.buyer, obligation.delivery),
            TradeRole::Buyer => (obligation.buyer, obligation.seller, obligation.payment),
        };
        if own != subject || ties.are_tied(own, other) || mine.is_circle(obligation, ties) {
            continue;
        }
        let (weight, other) = (amount_weight(obligation.energy), ties.hands(other));
        plain.add(other, outcome, weight);
        decayed.add(other, outcome, of_weight(weight, decay(now.ms_since(obligation.at))));
    }
    let evidence = decayed.capped();
    Standing { reliability: evidence.reliability(), lower_bound: evidence.lower_bound(), evidence, is_new: plain.capped().trials() < NEW_UNTIL }
}

/// When the subject's hands sold to, and bought from, each other hands.
struct Mine {
    hands: Trader,
    sold: BTreeMap<Trader, Vec<Instant>>,
    bought: BTreeMap<Trader, Vec<Instant>>,
}

impl Mine {
    fn of(subject: Trader, obligations: &[Obligation], ties: &Ties) -> Self {
        let mut mine = Self { hands: ties.hands(subject), sold: BTreeMap::new(), bought: BTreeMap::new() };
        for obligation in obligations.iter().filter(|obligation| !obligation.is_reversed) {
            let (seller, buyer) = (ties.hands(obligation.seller), ties.hands(obligation.buyer));
            if seller == mine.hands {
                mine.sold.entry(buyer).or_default().push(obligation.at);
            }
            if buyer == mine.hands {
                mine.bought.entry(seller).or_default().push(obligation.at);
            }
        }
        mine.sold.values_mut().chain(mine.bought.values_mut()).for_each(|times| times.sort_unstable());
        mine
    }

    /// Whether a trade in the other direction lies within 24 hours of this one.
    fn is_circle(&self, obligation: &Obligation, ties: &Ties) -> bool {
        let seller = ties.hands(obligation.seller);
        let back = if seller == self.hands { self.bought.get(&ties.hands(obligation.buyer)) } else { self.sold.get(&seller) };
        let from = obligation.at.plus_ms(SETTLE_MS.saturating_neg());
        back.is_some_and(|times| times.get(times.partition_point(|at| *at < from)).is_some_and(|at| *at <= obligation.at.plus_ms(DAY_MS)))
    }
}

/// Evidence by counterparty, kept and broken apart.
#[derive(Default)]
struct Piles {
    kept: BTreeMap<Trader, i64>,
    broken: BTreeMap<Trader, i64>,
}

impl Piles {
    fn add(&mut self, other: Trader, outcome: Outcome, weight: i64) {
        let pile = match outcome {
            Outcome::Kept => &mut self.kept,
            Outcome::Broken => &mut self.broken,
            Outcome::Neutral => return,
        };
        let sum = pile.entry(other).or_insert(0);
        *sum = sum.saturating_add(weight);
    }

    /// The two piles are capped apart, each beside its part of the beginning: then nobody has more than a fifth of both together, one more
    /// success can only lift the first and one more failure only the second.
    fn capped(&self) -> Evidence {
        let sum = |pile: &BTreeMap<Trader, i64>, prior| capped(pile.values().copied().collect(), prior);
        Evidence { kept: sum(&self.kept, PRIOR_KEPT), broken: sum(&self.broken, PRIOR_BROKEN) }
    }
}

/// The sum of `parts` when each is cut to at most a fifth of `prior` and the sum together; the largest such sum.
///
/// With the j largest cut to x and the others adding up to R, 5 x = prior + R + j x, so x = (prior + R) / (5 - j). The first j at which the
/// next largest is not above x is the answer; at j = 4 it never is, as it is part of R.
fn capped(mut parts: Vec<i64>, prior: i64) -> i64 {
    parts.sort_unstable_by(|one, other| other.cmp(one));
    let mut rest = parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
    for cut in 0..COUNTERPARTY_SHARE {
        let most = prior.saturating_add(rest).div_euclid(COUNTERPARTY_SHARE.saturating_sub(cut));
        let next = usize::try_from(cut).ok().and_then(|cut| parts.get(cut)).copied().unwrap_or(0);
        if next <= most {
            return rest.saturating_add(most.saturating_mul(cut));
        }
        rest = rest.saturating_sub(next);
    }
    rest
}

/// What an obligation of so much energy weighs: log2(1 + energy / 32 Wh) rounded down, of five steps, at most all five.
#[must_use]
pub fn amount_weight(energy: WattHours) -> i64 {
    let units = energy.0.max(0).div_euclid(AMOUNT_UNIT.0).saturating_add(1);
    i64::from(units.ilog2()).min(AMOUNT_STEPS).saturating_mul(EVIDENCE_ONE.div_euclid(AMOUNT_STEPS))
}

fn of_weight(weight: i64, share: i64) -> i64 {
    let product = i128::from(weight).saturating_mul(share.into());
    i64::try_from(product.div_euclid(EVIDENCE_ONE.into())).unwrap_or(0)
}

/// Binary places of the numbers below one in [`decay`].
const PLACES: u32 = 60;
/// Binary places of the part of a half-life that are looked at.
const DIGITS: usize = 32;
/// 2^-(1/2), 2^-(1/4), 2^-(1/8) and so on: each the root of the one before.
const ROOTS: [u128; DIGITS] = {
    let mut roots = [0; DIGITS];
    let mut before = 1_u128 << (PLACES - 1);
    let mut at = 0;
    while at < DIGITS {
        before = (before << PLACES).isqrt();
        roots[at] = before;
        at += 1;
    }
    roots
};

/// 2^-(age / 180 days) in billionths; all of it for what is not yet due. Within 2 billionths of the exact value: what lies beyond 32 binary
/// places of the exponent adds less than one, rounding down takes less than one.
#[must_use]
pub fn decay(age_ms: i64) -> i64 {
    let (age, half) = (u128::from(age_ms.max(0).unsigned_abs()), u128::from(HALF_LIFE_MS.unsigned_abs()));
    let (Some(halvings), Some(part)) = (age.checked_div(half), age.checked_rem(half)) else {
        return 0;
    };
    let digits = (part << DIGITS).checked_div(half).unwrap_or(0);
    let mut value = 1_u128 << PLACES;
    for (at, root) in ROOTS.iter().enumerate() {
        let digit = DIGITS.saturating_sub(at).saturating_sub(1);
        if digits >> digit & 1 == 1 {
            value = value.saturating_mul(*root) >> PLACES;
        }
    }
    let billionths = value.saturating_mul(u128::from(EVIDENCE_ONE.unsigned_abs())) >> PLACES;
    let left = u32::try_from(halvings).ok().and_then(|halvings| billionths.checked_shr(halvings)).unwrap_or(0);
    i64::try_from(left).unwrap_or(0)
}

#[cfg(test)]
mod tests;
