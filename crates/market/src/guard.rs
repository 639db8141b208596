//! The guard: looks at an order before it reaches the book, and lets it pass or holds it for a person to look at.
//!
//! It looks for four things: trades that go round between the same hands, tied accounts that buy from each other, prices far outside
//! the band, and bursts of orders. An order that is held is kept with all reasons and with the facts behind each; nothing is dropped, and
//! nobody is accused: neighbours who sell at noon and buy at night may look like a circle.
//!
//! What this does not do: it decides no case, and takes no order out of the book.
//!
//! Thresholds: docs/market.md, "The guard".

use crate::Side;
use crate::candle::PARTS_PER_WHOLE;
use crate::order::Order;
use crate::trader::{Ties, Trader};
use quantity::{HOUR_MS, Instant, MINUTE_MS, PricePerKwh, WattHours};
use std::collections::BTreeMap;

/// The most past trades that are looked at; the newest count.
pub const GUARD_TRADES_MAX: usize = 1_000;

/// From where on something is looked at by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardRules {
    /// How far a price may be from the reference, in parts per ten thousand of it.
    pub band: i64,
    /// How many trades stand behind a market price that serves as a reference; with fewer the price is not looked at.
    pub reference_trades: i64,
    /// Orders of one trader in 60 seconds, this one included.
    pub orders_per_minute: i64,
    /// Orders of one trader in an hour, this one included.
    pub orders_per_hour: i64,
    /// How far back a circle may begin, in milliseconds.
    pub circle_ms: i64,
    /// How far the smallest leg of a circle may be below the largest, in parts per ten thousand of the largest.
    pub circle_near: i64,
    /// Legs of less energy make no circle.
    pub circle_energy: WattHours,
}

impl Default for GuardRules {
    /// Half above or below the reference, three trades; ten orders a minute, sixty an hour; circles within 24 hours whose legs differ by 5 %
    /// at most and have 500 Wh each.
    fn default() -> Self {
        Self {
            band: 5_000,
            reference_trades: 3,
            orders_per_minute: 10,
            orders_per_hour: 60,
            circle_ms: 86_400_000,
            circle_near: 500,
            circle_energy: WattHours(500),
        }
    }
}

/// What a price is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The average of the last trades by volume.
    Vwap {
        /// The average.
        price: PricePerKwh,
        /// Of how many trades.
        trades: i64,
    },
    /// The last price.
    Last {
        /// The price.
        price: PricePerKwh,
        /// How many trades there were in the time looked at.
        trades: i64,
    },
    /// A price that was set.
    Fixed(PricePerKwh),
}

impl Reference {
    /// The price, unless too few trades stand behind it.
    fn price(self, trades_min: i64) -> Option<i64> {
        let price = match self {
            Self::Fixed(price) => price.0,
            Self::Vwap { price, trades } | Self::Last { price, trades } if trades >= trades_min => price.0,
            Self::Vwap { .. } | Self::Last { .. } => 0,
        };
        (price > 0).then_some(price)
    }
}

/// A trade that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastTrade {
    /// When.
    pub at: Instant,
    /// Who sold.
    pub seller: Trader,
    /// Who bought.
    pub buyer: Trader,
    /// How much.
    pub energy: WattHours,
}

/// An order, and what there is to know about it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Whose order.
    pub trader: Trader,
    /// The order.
    pub order: Order,
    /// When it came.
    pub at: Instant,
    /// Whom it would trade with in the book as it stands, and how much with each.
    pub meets: &'a [(Trader, WattHours)],
    /// Trades of the last 24 hours: of the trader, of those it would meet, and of those they traded with.
    pub trades: &'a [PastTrade],
    /// When the trader's earlier orders of the last hour came.
    pub orders: &'a [Instant],
    /// Who belongs to whom.
    pub ties: &'a Ties,
    /// What the price is compared with, where there is something.
    pub reference: Option<Reference>,
}

/// Energy that went from one hand to another, as a leg of a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// Who sold: the trader that stands for the hands.
    pub seller: Trader,
    /// Who bought.
    pub buyer: Trader,
    /// How much: in all trades of the time looked at, or in the one that came back.
    pub energy: WattHours,
}

/// Why an order is held, with the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Energy went, or would go, round between the same hands.
    Wash {
        /// Two or three legs, each selling to the next; the first sells for the trader.
        legs: Vec<Leg>,
    },
    /// It would trade with somebody who is tied to the trader.
    Related {
        /// With whom.
        with: Trader,
    },
    /// The price is far from the reference.
    PriceBand {
        /// The price of the order.
        price: PricePerKwh,
        /// What it was compared with.
        reference: Reference,
        /// The allowed distance, in parts per ten thousand.
        band: i64,
    },
    /// Too many orders in a short time.
    Burst {
        /// How many, this one included.
        orders: i64,
        /// In how many milliseconds.
        within_ms: i64,
        /// How many pass.
        limit: i64,
    },
}

impl Reason {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wash { .. } => "guard_wash",
            Self::Related { .. } => "guard_related",
            Self::PriceBand { .. } => "guard_price_band",
            Self::Burst { .. } => "guard_burst",
        }
    }
}

/// What becomes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the book.
    Pass,
    /// It waits for a person. The gravest reason first: wash, related, price band, burst.
    Hold {
        /// The gravest.
        first: Reason,
        /// The others.
        more: Vec<Reason>,
    },
}

impl Verdict {
    /// The code of the gravest reason; `None` when the order passes.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Pass => None,
            Self::Hold { first, .. } => Some(first.code()),
        }
    }

    /// All reasons, the gravest first.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        let (first, more) = match self {
            Self::Pass => (None, &[][..]),
            Self::Hold { first, more } => (Some(first), &more[..]),
        };
        first.into_iter().chain(more)
    }
}

/// Looks at one order. The same facts give the same verdict, whatever the order of the lists.
#[must_use]
pub fn look(case: &Case<'_>, rules: &GuardRules) -> Verdict {
    let reasons = [circle(case, rules), related(case), outside(case, rules), burst(case, rules)];
    let mut reasons = reasons.into_iter().flatten();
    match reasons.next() {
        None => Verdict::Pass,
        Some(first) => Verdict::Hold { first, more: reasons.collect() },
    }
}

/// A circle of two or three through the trader's hands, in the trades that were made and those the order would make.
fn circle(case: &Case<'_>, rules: &GuardRules) -> Option<Reason> {
    let legs = legs(case, rules);
    let own = case.ties.hands(case.trader);
    let near = |round: &[i64]| {
        let (least, most) = (round.iter().min().copied().unwrap_or(0), round.iter().max().copied().unwrap_or(0));
        let short = i128::from(most.saturating_sub(least)).saturating_mul(PARTS_PER_WHOLE.into());
        least >= rules.circle_energy.0.max(1) && short <= i128::from(most).saturating_mul(rules.circle_near.into())
    };
    let sum = |leg: &[i64]| leg.iter().fold(0_i64, |sum, energy| sum.saturating_add(*energy));
    let from = |seller: Trader| legs.get(&seller).into_iter().flatten();
    let leg = |seller, buyer, energy| Leg { seller, buyer, energy: WattHours(energy) };
    for (&second, out) in from(own) {
        for (&third, on) in from(second) {
            if third == own {
                // There and back: by the sums, or by one trade each, so that a third trade beside them hides nothing.
                let singles = out.iter().flat_map(|out| on.iter().map(move |on| (*out, *on)));
                if let Some((out, on)) = std::iter::once((sum(out), sum(on))).chain(singles).find(|(out, on)| near(&[*out, *on])) {
                    return Some(Reason::Wash { legs: vec![leg(own, second, out), leg(second, own, on)] });
                }
                continue;
            }
            let back = legs.get(&third).and_then(|buyers| buyers.get(&own)).map_or(0, |back| sum(back));
            if near(&[sum(out), sum(on), back]) {
                return Some(Reason::Wash { legs: vec![leg(own, second, sum(out)), leg(second, third, sum(on)), leg(third, own, back)] });
            }
        }
    }
    None
}

/// The energy of each trade from hand to hand, by seller and buyer, the largest first. Trades inside the same hands are no leg: [`related`] sees those before they are made.
fn legs(case: &Case<'_>, rules: &GuardRules) -> BTreeMap<Trader, BTreeMap<Trader, Vec<i64>>> {
    let since = case.at.plus_ms(rules.circle_ms.saturating_neg());
    let mut made: Vec<PastTrade> = case.trades.iter().filter(|trade| trade.at >= since && trade.at <= case.at).copied().collect();
    // The newest, and of the same instant always the same ones.
    made.sort_unstable_by(|one, other| other.cmp(one));
    made.truncate(GUARD_TRADES_MAX);
    made.extend(case.meets.iter().map(|&(with, energy)| {
        let (seller, buyer) = if case.order.side() == Side::Sell { (case.trader, with) } else { (with, case.trader) };
        PastTrade { at: case.at, seller, buyer, energy }
    }));
    let mut legs: BTreeMap<Trader, BTreeMap<Trader, Vec<i64>>> = BTreeMap::new();
    for trade in made {
        let (seller, buyer) = (case.ties.hands(trade.seller), case.ties.hands(trade.buyer));
        if seller != buyer {
            legs.entry(seller).or_default().entry(buyer).or_default().push(trade.energy.0.max(0));
        }
    }
    legs.values_mut().flat_map(BTreeMap::values_mut).for_each(|leg| leg.sort_unstable_by(|one, other| other.cmp(one)));
    legs
}

/// The first tied account that the order would trade with. The trader's own orders are the book's to keep apart.
fn related(case: &Case<'_>) -> Option<Reason> {
    let others = case.meets.iter().map(|(with, _)| *with).filter(|with| *with != case.trader);
    others.filter(|with| case.ties.are_tied(case.trader, *with)).min().map(|with| Reason::Related { with })
}

fn outside(case: &Case<'_>, rules: &GuardRules) -> Option<Reason> {
    let reference = case.reference?;
    let (price, middle) = (case.order.price(), reference.price(rules.reference_trades)?);
    let distance = i128::from(price.0).saturating_sub(middle.into()).saturating_abs().saturating_mul(PARTS_PER_WHOLE.into());
    let is_outside = distance > i128::from(middle).saturating_mul(rules.band.into());
    is_outside.then_some(Reason::PriceBand { price, reference, band: rules.band })
}

/// More orders than pass in the last minute, or in the last hour.
fn burst(case: &Case<'_>, rules: &GuardRules) -> Option<Reason> {
    let within = |within_ms: i64, limit: i64| {
        let recent = case.orders.iter().filter(|at| **at <= case.at && case.at.ms_since(**at) < within_ms).count();
        let orders = i64::try_from(recent).unwrap_or(i64::MAX).saturating_add(1);
        (orders > limit).then_some(Reason::Burst { orders, within_ms, limit })
    };
    within(MINUTE_MS, rules.orders_per_minute).or_else(|| within(HOUR_MS, rules.orders_per_hour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trader::TraderFacts;
    use domain::{ClusterId, MemberNo};
    use proptest::prelude::*;

    const NOW: i64 = 100 * HOUR_MS;

    fn trader(number: i64) -> Trader {
        Trader { cluster: ClusterId::new(1).expect("an id"), member: Some(MemberNo::new(number).expect("a number")) }
    }

    fn order(side: Side, price: i64) -> Order {
        Order::new(side, PricePerKwh(price), WattHours(1_000)).expect("an order")
    }

    /// `seller>buyer energy hours-ago`, joined by commas.
    fn trades(text: &str) -> Vec<PastTrade> {
        let trade = |line: &str| {
            let words: Vec<i64> = line.split([' ', '>']).filter(|word| !word.is_empty()).map(|word| word.parse().expect("a number")).collect();
            PastTrade { at: Instant(NOW - words[3] * HOUR_MS), seller: trader(words[0]), buyer: trader(words[1]), energy: WattHours(words[2]) }
        };
        text.split(',').filter(|line| !line.trim().is_empty()).map(trade).collect()
    }

    /// Members 1 and 9 are one household; 1 and 8 are guarantor and borrower.
    fn ties() -> Ties {
        let facts = [1, 9].map(|number| TraderFacts { trader: trader(number), household: Some(4), users: vec![] });
        Ties::new(&facts, &[(trader(1), trader(8))])
    }

    fn case<'a>(order: Order, meets: &'a [(Trader, WattHours)], trades: &'a [PastTrade], ties: &'a Ties) -> Case<'a> {
        Case { trader: trader(1), order, at: Instant(NOW), meets, trades, orders: &[], ties, reference: None }
    }

    #[test]
    fn circles() {
        for (past, meets, legs) in [
            ("", None, 0),
            ("1>2 1000 3, 2>1 1000 2", None, 2),
            ("1>2 1000 3, 2>1 950 2", None, 2),
            ("1>2 1000 3, 2>1 949 2", None, 0),
            ("1>2 499 3, 2>1 499 2", None, 0),
            ("1>2 1000 25, 2>1 1000 2", None, 0),
            ("1>2 1000 24, 2>1 1000 2", None, 2),
            // In parts, and through the household's other account.
            ("1>2 500 3, 9>2 500 3, 2>1 1000 2", None, 2),
            // A trade beside them hides nothing.
            ("1>2 1000 3, 1>2 700 3, 2>1 1000 2", None, 2),
            ("1>2 700 3, 1>2 700 3, 2>1 900 2, 2>1 200 2", None, 0),
            // The order would close it: member 1 sells.
            ("2>1 1000 2", Some((2, 1000)), 2),
            ("2>1 1000 2", Some((2, 500)), 0),
            ("2>1 1000 2", Some((3, 1000)), 0),
            ("2>9 1000 2", Some((2, 1000)), 2),
            // Round three.
            ("1>2 1000 3, 2>3 1000 2, 3>1 1000 1", None, 3),
            ("2>3 1000 3, 3>1 980 2", Some((2, 1000)), 3),
            ("2>3 1000 3, 3>4 1000 3", Some((2, 1000)), 0),
            ("2>3 1000 3, 3>2 1000 3", None, 0),
            // Four are not followed.
            ("1>2 1000 3, 2>3 1000 2, 3>4 1000 1, 4>1 1000 1", None, 0),
        ] {
            let (past, ties) = (trades(past), ties());
            let meets: Vec<_> = meets.into_iter().map(|(with, energy)| (trader(with), WattHours(energy))).collect();
            let verdict = look(&case(order(Side::Sell, 100), &meets, &past, &ties), &GuardRules::default());
            let found = verdict.reasons().find_map(|reason| if let Reason::Wash { legs } = reason { Some(legs.len()) } else { None });
            assert_eq!(found.unwrap_or(0), legs, "{past:?} {meets:?}");
        }
    }

    #[test]
    fn tied_accounts() {
        let ties = ties();
        for (with, code) in [(9, Some("guard_related")), (8, Some("guard_related")), (2, None), (1, None)] {
            for side in [Side::Buy, Side::Sell] {
                let meets = [(trader(3), WattHours(5)), (trader(with), WattHours(5))];
                assert_eq!(look(&case(order(side, 100), &meets, &[], &ties), &GuardRules::default()).code(), code, "{with}");
            }
        }
    }

    #[test]
    fn prices_outside_the_band() {
        let ties = Ties::default();
        let vwap = |trades| Some(Reference::Vwap { price: PricePerKwh(120), trades });
        for (reference, price, code) in [
            (vwap(3), 180, None),
            (vwap(3), 181, Some("guard_price_band")),
            (vwap(3), 60, None),
            (vwap(3), 59, Some("guard_price_band")),
            (vwap(2), 1_000_000, None),
            (Some(Reference::Last { price: PricePerKwh(120), trades: 9 }), 181, Some("guard_price_band")),
            (Some(Reference::Last { price: PricePerKwh(120), trades: 0 }), 181, None),
            (Some(Reference::Fixed(PricePerKwh(121))), 182, Some("guard_price_band")),
            (Some(Reference::Fixed(PricePerKwh(121))), 181, None),
            (Some(Reference::Fixed(PricePerKwh(0))), 181, None),
            (None, 1_000_000, None),
        ] {
            let case = Case { reference, ..case(order(Side::Buy, price), &[], &[], &ties) };
            assert_eq!(look(&case, &GuardRules::default()).code(), code, "{reference:?} {price}");
        }
    }

    #[test]
    fn bursts() {
        let ties = Ties::default();
        let burst = |earlier: &[(i64, i64)]| {
            let orders: Vec<Instant> = earlier.iter().flat_map(|&(number, ago)| (0..number).map(move |_| Instant(NOW - ago))).collect();
            let verdict = look(&Case { orders: &orders, ..case(order(Side::Buy, 100), &[], &[], &ties) }, &GuardRules::default());
            verdict.reasons().find_map(|reason| if let Reason::Burst { orders, within_ms, .. } = reason { Some((*orders, *within_ms)) } else { None })
        };
        assert_eq!(burst(&[(9, 0)]), None);
        assert_eq!(burst(&[(10, 59_999)]), Some((11, MINUTE_MS)));
        assert_eq!(burst(&[(10, 60_000)]), None);
        assert_eq!(burst(&[(60, HOUR_MS - 1)]), Some((61, HOUR_MS)));
        assert_eq!(burst(&[(59, HOUR_MS - 1), (20, HOUR_MS), (20, -1)]), None, "what is older, or of the future, does not count");
    }

    #[test]
    fn all_reasons_are_kept() {
        let (ties, past) = (ties(), trades("1>2 1000 3, 2>1 1000 2"));
        let (meets, orders) = ([(trader(9), WattHours(5))], [Instant(NOW); 10]);
        let reference = Some(Reference::Fixed(PricePerKwh(10)));
        let verdict = look(&Case { orders: &orders, reference, ..case(order(Side::Buy, 100), &meets, &past, &ties) }, &GuardRules::default());
        let codes: Vec<_> = verdict.reasons().map(Reason::code).collect();
        assert_eq!(codes, ["guard_wash", "guard_related", "guard_price_band", "guard_burst"]);
        assert_eq!(verdict.code(), Some("guard_wash"));
        assert_eq!(look(&case(order(Side::Buy, 100), &[], &[], &ties), &GuardRules::default()).reasons().count(), 0);
    }

    proptest! {
        #[test]
        fn the_order_of_the_lists_does_not_matter(past in prop::collection::vec((1_i64..6, 1_i64..6, 400_i64..700, 0_i64..30), 0..40), sells in any::<bool>(),
            met in prop::collection::vec((1_i64..10, 400_i64..700), 0..4), by in 0_usize..40)
        {
            let ties = ties();
            let made = |&(seller, buyer, energy, ago): &(i64, i64, i64, i64)| PastTrade {
                at: Instant(NOW - ago * HOUR_MS), seller: trader(seller), buyer: trader(buyer), energy: WattHours(energy) };
            let mut trades: Vec<PastTrade> = past.iter().map(made).collect();
            let mut meets: Vec<_> = met.iter().map(|&(with, energy)| (trader(with), WattHours(energy))).collect();
            let order = order(if sells { Side::Sell } else { Side::Buy }, 100);
            let one = look(&case(order, &meets, &trades, &ties), &GuardRules::default());
            trades.reverse();
            let by = by.min(trades.len());
            trades.rotate_left(by);
            meets.reverse();
            prop_assert_eq!(&one, &look(&case(order, &meets, &trades, &ties), &GuardRules::default()));
            // What is said of a circle is true.
            for reason in one.reasons() {
                if let Reason::Wash { legs } = reason {
                    prop_assert!(legs.iter().zip(legs.iter().cycle().skip(1)).all(|(leg, next)| leg.buyer == next.seller));
                    prop_assert_eq!(legs[0].seller, ties.hands(trader(1)));
                    let (least, most) = (legs.iter().map(|leg| leg.energy.0).min(), legs.iter().map(|leg| leg.energy.0).max());
                    prop_assert!(least.expect("legs") * 100 >= most.expect("legs") * 95);
                }
            }
        }
    }
}
