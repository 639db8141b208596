//! Who trades, and who belongs to whom.
//!
//! What this does not do: it knows no names, and decides nothing about anybody.

use domain::{ClusterId, MemberNo, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who trades: a member of a cluster, or a cluster as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trader {
    /// The cluster.
    pub cluster: ClusterId,
    /// The member; `None` for the cluster itself.
    pub member: Option<MemberNo>,
}

/// What is known of a trader, in order to find out who belongs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraderFacts {
    /// Who.
    pub trader: Trader,
    /// A number that stands for the metered household, over all clusters; `None` where there is none.
    pub household: Option<i64>,
    /// The people who act for it.
    pub users: Vec<UserId>,
}

/// Who belongs to whom. Two traders are *the same hands* when they share a household or a person, or when a chain of others links them
/// in this way. Two are *tied* when they are the same hands, or when a pair of theirs was named: guarantor and borrower, say. Pairs make no
/// chains: that one stands surety for a neighbour ties the two, not the whole cluster.
#[derive(Debug, Clone, Default)]
pub struct Ties {
    hands: BTreeMap<Trader, Trader>,
    pairs: BTreeSet<(Trader, Trader)>,
}

impl Ties {
    /// The ties that follow from `facts` and from named `pairs`, whatever their order.
    #[must_use]
    pub fn new(facts: &[TraderFacts], pairs: &[(Trader, Trader)]) -> Self {
        let mut ties = Self::default();
        let (mut by_household, mut by_user) = (BTreeMap::new(), BTreeMap::new());
        for known in facts {
            let household = known.household.into_iter().map(|number| *by_household.entry(number).or_insert(known.trader));
            let users = known.users.iter().map(|&user| *by_user.entry(user).or_insert(known.trader));
            for other in household.chain(users).collect::<Vec<_>>() {
                ties.join(known.trader, other);
            }
        }
        // Most traders stand for themselves: those are not looked up.
        ties.hands = ties.hands.keys().map(|&trader| (trader, ties.hands(trader))).filter(|(trader, hands)| trader != hands).collect();
        ties.pairs = pairs.iter().map(|&(one, other)| ordered(ties.hands(one), ties.hands(other))).collect();
        ties
    }

    fn join(&mut self, one: Trader, other: Trader) {
        let (first, second) = ordered(self.hands(one), self.hands(other));
        // The smallest of all stands for them, so that the order of joining is not seen.
        self.hands.insert(second, first);
    }

    /// The trader that stands for all who are the same hands as this one.
    #[must_use]
    pub fn hands(&self, trader: Trader) -> Trader {
        let mut at = trader;
        while let Some(&next) = self.hands.get(&at).filter(|next| **next != at) {
            at = next;
        }
        at
    }

    /// Whether two traders are the same hands, or a named pair.
    #[must_use]
    pub fn are_tied(&self, one: Trader, other: Trader) -> bool {
        let (one, other) = (self.hands(one), self.hands(other));
        one == other || self.pairs.contains(&ordered(one, other))
    }
}

fn ordered(one: Trader, other: Trader) -> (Trader, Trader) {
    if one <= other { (one, other) } else { (other, one) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trader(number: i64) -> Trader {
        Trader { cluster: ClusterId::new(1).expect("an id"), member: Some(MemberNo::new(number).expect("a number")) }
    }

    fn facts(number: i64, household: Option<i64>, users: &[i64]) -> TraderFacts {
        TraderFacts { trader: trader(number), household, users: users.iter().map(|&user| UserId::new(user).expect("an id")).collect() }
    }

    #[test]
    fn hands_make_chains_and_pairs_do_not() {
        let mut known =
            vec![facts(5, Some(7), &[50]), facts(4, None, &[40, 50]), facts(3, Some(9), &[40]), facts(2, Some(2), &[20]), facts(1, None, &[])];
        let pairs = [(trader(2), trader(1)), (trader(1), trader(3))];
        for _ in 0..2 {
            let ties = Ties::new(&known, &pairs);
            assert_eq!([1, 2, 3, 4, 5, 6].map(|number| ties.hands(trader(number))), [1, 2, 3, 3, 3, 6].map(trader));
            for (one, other, tied) in [(3, 5, true), (1, 2, true), (1, 5, true), (2, 3, false), (6, 6, true), (6, 1, false)] {
                assert_eq!(ties.are_tied(trader(one), trader(other)), tied, "{one} {other}");
                assert_eq!(ties.are_tied(trader(other), trader(one)), tied, "{other} {one}");
            }
            known.reverse();
        }
    }
}
