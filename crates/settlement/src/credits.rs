//! Energy credits of a settlement day: whose exports are banked instead of paid, whose imports are met with credits instead of money, and
//! what that means in milli-ngwee.
//!
//! A sealed interval says how much was exported and imported and at what price. What an exported Wh becomes for its member is decided here,
//! once for the whole day: **paid** or **banked**, never both. A correction decides about the difference only, so that a day settled again
//! without a change moves nothing. Credits are decided first: what was banked is
//! taken off what is exported before the rest is sold to other clusters.
//!
//! Source: market rules, section 8; docs/adr/0008-energy-credits-by-day.md.

use crate::run::MemberDay;
use domain::Connection;
use quantity::{PricePerKwh, SplitScratch, split_exact_into};

/// Where a day is settled, and what a Wh costs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditTerms {
    /// Who pays the utility, and so who owes the banked Wh: under `one_point` the cluster and its credit fund, under `separate` the
    /// utility's own net-metering bank.
    pub connection: Connection,
    /// Import price of the dearest band of the day: what buying a credit back can cost.
    pub dearest: PricePerKwh,
    /// Export price of the day.
    pub export: PricePerKwh,
}

/// A member's day at the grid, and how its credits stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreditMember {
    /// Exported on the day, Wh.
    pub exported: i64,
    /// What that earned in the books of the cluster, milli-ngwee.
    pub export_revenue: i64,
    /// Imported on the day, Wh.
    pub imported: i64,
    /// What that cost, milli-ngwee.
    pub import_cost: i64,
    /// Whether the member chose to bank on this day.
    pub is_banking: bool,
    /// Credits that are neither used nor reserved now, Wh, zero or more.
    pub available: i64,
    /// What was decided when the day was posted before; all zero on the first posting.
    pub before: FateBefore,
}

/// A member's day as it was posted before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FateBefore {
    /// Exported, as far as it was known then, Wh.
    pub exported: i64,
    /// Imported, as far as it was known then, Wh.
    pub imported: i64,
    /// What was decided.
    pub fate: Fate,
}

/// What became of a member's day, Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fate {
    /// Became energy credits, for the whole day. What was banked, turned out never to have been exported and could not be taken back
    /// stays in it: it is more than the exports then, and the member buys it back.
    pub banked: i64,
    /// Imports met with energy credits.
    pub used: i64,
}

/// The fund that stands behind the credits of a cluster under `one_point`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cover {
    /// What it holds and nobody has reserved, ngwee.
    pub fund: i64,
    /// What the day brought it when it was posted before, ngwee (negative: took).
    pub posted: i64,
    /// Credits of all members now, reserved ones too, Wh.
    pub outstanding: i64,
}

/// A member's money of a day by credits, milli-ngwee; each zero or more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreditLine {
    /// What the banked exports would have earned: the member does not get it.
    pub banked: i64,
    /// What the used energy would have cost in the books of the cluster: the member does not pay it.
    pub used: i64,
    /// Banked, never exported and not taken back, Wh.
    pub bought_back_wh: i64,
    /// What the member pays for that.
    pub bought_back: i64,
}

impl CreditLine {
    /// What the member pays more than without credits (negative: less), milli-ngwee.
    #[must_use]
    pub const fn money(&self) -> i64 {
        self.banked + self.bought_back - self.used
    }
}

/// What energy credits did for a member in a stretch of days: Wh, and milli-ngwee that they took the place of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreditSum {
    /// Exports that became credits, without what was bought back, Wh.
    pub banked: i64,
    /// What they would have earned, milli-ngwee.
    pub banked_money: i64,
    /// Imports met with credits, Wh.
    pub used: i64,
    /// What they would have cost, milli-ngwee.
    pub used_money: i64,
    /// Banked by mistake and bought back after a correction, Wh.
    pub bought_back: i64,
    /// What was paid for that, milli-ngwee.
    pub bought_back_money: i64,
}

/// The money of a day by credits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditMoney {
    /// One line for each member, in order; members beyond the list have none.
    pub members: Vec<CreditLine>,
    /// What the credit fund gets (negative: pays), milli-ngwee.
    pub fund: i64,
}

impl CreditMember {
    /// A member's settled day as credits see it. Under `separate` the books of the cluster hold the plant's part of the exports only.
    #[must_use]
    pub const fn of_day(connection: Connection, day: &MemberDay) -> Self {
        let plant = day.alone.cost - day.flows.money();
        Self {
            exported: day.flows.exported,
            export_revenue: match connection {
                Connection::Separate if plant > 0 => plant,
                Connection::Separate => 0,
                Connection::OnePoint | Connection::OffGrid => day.flows.export_revenue,
            },
            imported: day.flows.imported,
            import_cost: day.flows.import_cost,
            is_banking: false,
            available: 0,
            before: FateBefore { exported: 0, imported: 0, fate: Fate { banked: 0, used: 0 } },
        }
    }

    /// What is taken back of what was banked before: as far as it was never exported, and the member still has it.
    fn taken_back(&self) -> i64 {
        let was = self.before.fate.banked.min(self.before.exported);
        (was - self.exported).clamp(0, self.available.max(0))
    }

    /// What the member wants to use of its credits. What was used before stays; imports that were not known then are met with credits too.
    fn wants_used(&self, taken_back: i64) -> i64 {
        let kept = self.before.fate.used.min(self.imported);
        let free = (self.available.max(0) - taken_back) + (self.before.fate.used - kept);
        let more = (self.imported - self.before.imported.max(kept)).max(0);
        kept + more.min(free)
    }

    /// What the member wants to bank on top of `kept`: exports that nothing was decided about before.
    fn wants_banked(&self, kept: i64) -> i64 {
        if self.is_banking { (self.exported - self.before.exported.max(kept)).max(0) } else { 0 }
    }
}

/// What becomes of the day of each member, in the same order.
///
/// Imports are met first, from credits of before the day; then exports of those who chose to bank are banked. Under `one_point` the fund
/// pays for what is used and gets what the banked exports earn, and two things limit the day: the fund never falls below zero, and after
/// banking it can buy back every credit at the dearest price. Where it is short, all who wish share in proportion to their wishes; odd Wh
/// go to the largest remainders, ties to the earlier in the list. What was banked before and is still exported stays banked.
#[must_use]
pub fn fates(members: &[CreditMember], terms: &CreditTerms, cover: &Cover) -> Vec<Fate> {
    let taken: Vec<i64> = members.iter().map(CreditMember::taken_back).collect();
    let kept: Vec<i64> = members.iter().zip(&taken).map(|(member, taken)| member.before.fate.banked - taken).collect();
    let wants: Vec<i64> = members.iter().zip(&taken).map(|(member, taken)| member.wants_used(*taken)).collect();
    let as_fates = |banked: &[i64], used: &[i64]| -> Vec<Fate> { banked.iter().zip(used).map(|(&banked, &used)| Fate { banked, used }).collect() };
    let fund_after = |fates: &[Fate]| i128::from(cover.fund) - i128::from(cover.posted) + i128::from(money(members, fates, terms).fund_ngwee());
    let is_limited = terms.connection == Connection::OnePoint;
    let used = most(&wants, |used| !is_limited || fund_after(&as_fates(&kept, used)) >= 0);
    let released: i64 = members.iter().zip(&used).map(|(member, used)| member.before.fate.used - used).sum();
    let outstanding = cover.outstanding + released - taken.iter().sum::<i64>();
    let wishes: Vec<i64> = members.iter().zip(&kept).map(|(member, kept)| member.wants_banked(*kept)).collect();
    let more = most(&wishes, |more| {
        let banked: Vec<i64> = kept.iter().zip(more).map(|(kept, more)| kept + more).collect();
        !is_limited || is_covered(fund_after(&as_fates(&banked, &used)), outstanding + more.iter().sum::<i64>(), terms.dearest)
    });
    let banked: Vec<i64> = kept.iter().zip(&more).map(|(kept, more)| kept + more).collect();
    as_fates(&banked, &used)
}

/// Whether a fund of `fund` ngwee can buy back `outstanding` Wh at `price`.
#[must_use]
pub fn is_covered(fund: i128, outstanding: i64, price: PricePerKwh) -> bool {
    fund * 1000 >= i128::from(outstanding) * i128::from(price.0)
}

/// All wishes where that holds; else the largest part of them that does, shared in proportion to the wishes; else nothing.
fn most(wishes: &[i64], holds: impl Fn(&[i64]) -> bool) -> Vec<i64> {
    let total: i64 = wishes.iter().sum();
    if total == 0 || holds(wishes) {
        return wishes.to_vec();
    }
    let weights: Vec<u64> = wishes.iter().map(|wish| wish.unsigned_abs()).collect();
    let mut scratch = SplitScratch::default();
    let mut share = |part: i64| {
        let mut parts = vec![0; wishes.len()];
        // The weights add up to `total`, which is above zero and fits.
        if split_exact_into(part, &weights, &mut parts, &mut scratch).is_err() {
            parts.fill(0);
        }
        parts
    };
    let (mut fits, mut fails) = (0, total);
    while fails - fits > 1 {
        let middle = fits + (fails - fits) / 2;
        if holds(&share(middle)) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    share(fits)
}

/// The money that the fates of a day move, from what its sealed intervals say alone: the same when it is recounted.
///
/// What is bought back costs the day's mean import price of all members, and never less than what an exported Wh earned, so that the fund
/// does not lose by it; rounded up.
#[must_use]
pub fn money(members: &[CreditMember], fates: &[Fate], terms: &CreditTerms) -> CreditMoney {
    let sum = |pick: fn(&CreditMember) -> i64| members.iter().map(|member| i128::from(pick(member))).sum::<i128>();
    let (imported, import_cost) = match sum(|member| member.imported) {
        0 => (1, i128::from(terms.dearest.0)),
        imported => (imported, sum(|member| member.import_cost)),
    };
    let lines: Vec<CreditLine> = members
        .iter()
        .zip(fates)
        .map(|(member, fate)| {
            let bought_back_wh = (fate.banked - member.exported).max(0);
            let back = i128::from(bought_back_wh);
            let mean = (back * import_cost + imported - 1) / imported;
            CreditLine {
                banked: part(member.export_revenue, fate.banked - bought_back_wh, member.exported),
                used: if terms.connection == Connection::OnePoint { part(member.import_cost, fate.used, member.imported) } else { 0 },
                bought_back_wh,
                bought_back: narrow(mean.max(back * i128::from(terms.export.0))),
            }
        })
        .collect();
    // Under `separate` the utility keeps what it does not pay: its own bank owes the energy.
    let banked_too = i64::from(terms.connection != Connection::Separate);
    let fund = lines.iter().map(|line| line.bought_back + banked_too * line.banked - line.used).sum();
    CreditMoney { members: lines, fund }
}

impl CreditMoney {
    /// What the fund gets in whole ngwee, rounded down.
    #[must_use]
    pub const fn fund_ngwee(&self) -> i64 {
        self.fund.div_euclid(1000)
    }
}

/// `of * wh / whole`, rounded down; nothing of nothing.
fn part(of: i64, wh: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { narrow(i128::from(of) * i128::from(wh) / i128::from(whole)) }
}

/// Sums of a day are bounded by [`crate::Run`], far below the ends.
fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TERMS: CreditTerms = CreditTerms { connection: Connection::OnePoint, dearest: PricePerKwh(250), export: PricePerKwh(100) };

    fn banker(exported: i64) -> CreditMember {
        CreditMember { exported, export_revenue: exported * 100, is_banking: true, ..CreditMember::default() }
    }

    fn user(imported: i64, available: i64) -> CreditMember {
        CreditMember { imported, import_cost: imported * 200, available, ..CreditMember::default() }
    }

    /// The member as it stands when the day is settled again: its credits moved by what was posted.
    fn again(member: &CreditMember, fate: Fate) -> CreditMember {
        let before = FateBefore { exported: member.exported, imported: member.imported, fate };
        let moved = (fate.banked - member.before.fate.banked) - (fate.used - member.before.fate.used);
        CreditMember { available: member.available + moved, before, ..*member }
    }

    fn cover_after(cover: &Cover, members: &[CreditMember], fates: &[Fate], terms: &CreditTerms) -> Cover {
        let posted = money(members, fates, terms).fund_ngwee();
        let moved = |(member, fate): (&CreditMember, &Fate)| (fate.banked - member.before.fate.banked) - (fate.used - member.before.fate.used);
        Cover { fund: cover.fund + posted - cover.posted, posted, outstanding: cover.outstanding + members.iter().zip(fates).map(moved).sum::<i64>() }
    }

    #[test]
    fn golden_days() {
        // (members, fund) -> (banked, used). A credit of 1 kWh needs K2.50 and brings K1.00: K1.50 must be there before.
        let cases = [
            ("no cover, nothing banked", vec![banker(1_000)], 0, vec![(0, 0)]),
            ("cover to the ngwee", vec![banker(1_000)], 150, vec![(1_000, 0)]),
            ("one ngwee short", vec![banker(1_000)], 149, vec![(992, 0)]),
            ("short cover is shared", vec![banker(1_000), banker(3_000), user(0, 0)], 300, vec![(500, 0), (1_500, 0), (0, 0)]),
            ("who did not choose is paid", vec![CreditMember { is_banking: false, ..banker(1_000) }], 9_999, vec![(0, 0)]),
            ("credits are used first", vec![user(800, 500), user(200, 500)], 1_000, vec![(0, 500), (0, 200)]),
        ];
        for (name, members, fund, expected) in cases {
            let outstanding = members.iter().map(|member| member.available).sum();
            let fates = fates(&members, &TERMS, &Cover { fund, posted: 0, outstanding });
            assert_eq!(fates.iter().map(|fate| (fate.banked, fate.used)).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn a_fund_that_cannot_pay_is_shared() {
        let members = [user(1_000, 600), user(1_000, 300)];
        // 900 Wh at K2.00 per kWh cost 180 ngwee; 60 pay for 300.
        let fates = fates(&members, &TERMS, &Cover { fund: 60, posted: 0, outstanding: 900 });
        assert_eq!(fates.iter().map(|fate| fate.used).collect::<Vec<_>>(), [200, 100]);
    }

    #[test]
    fn what_was_given_away_is_bought_back() {
        // 1000 Wh were banked; 700 were given away; then it turns out that 400 were exported.
        let before = FateBefore { exported: 1_000, imported: 0, fate: Fate { banked: 1_000, used: 0 } };
        let members = [CreditMember { available: 300, before, ..banker(400) }, user(500, 700)];
        let cover = Cover { fund: 250, posted: 100, outstanding: 1_000 };
        let members = [members[0], CreditMember { before: FateBefore { imported: 500, ..FateBefore::default() }, ..members[1] }];
        let fates = fates(&members, &TERMS, &cover);
        assert_eq!((fates[0].banked, fates[1].used), (700, 0));
        let money = money(&members, &fates, &TERMS);
        let line = money.members[0];
        assert_eq!((line.banked, line.bought_back_wh, line.bought_back), (40_000, 300, 60_000), "300 Wh at the mean of K2.00");
        assert_eq!(money.fund, 100_000);
        // The meter was right after all: the money comes back, no energy moves.
        let after = [CreditMember { exported: 1_000, export_revenue: 100_000, ..again(&members[0], fates[0]) }, again(&members[1], fates[1])];
        let restored = super::fates(&after, &TERMS, &cover_after(&cover, &members, &fates, &TERMS));
        assert_eq!(restored[0].banked, 1_000, "700 stay, and 300 that nothing was decided about are banked again");
        assert_eq!(super::money(&after, &restored, &TERMS).members[0].bought_back, 0);
    }

    #[test]
    fn the_bank_of_the_utility_has_no_limit() {
        let terms = CreditTerms { connection: Connection::Separate, ..TERMS };
        let members = [banker(1_000), user(500, 300)];
        let fates = fates(&members, &terms, &Cover::default());
        assert_eq!(fates, [Fate { banked: 1_000, used: 0 }, Fate { banked: 0, used: 300 }]);
        let money = money(&members, &fates, &terms);
        assert_eq!((money.fund, money.members[0].money(), money.members[1].money()), (0, 100_000, 0));
    }

    fn member() -> impl Strategy<Value = CreditMember> {
        (0i64..50_000, 0i64..50_000, 1i64..400, any::<bool>(), 0i64..60_000).prop_map(|(exported, imported, price, is_banking, available)| {
            let import_cost = imported * price.min(250);
            CreditMember { exported, export_revenue: exported * 100, imported, import_cost, is_banking, available, before: FateBefore::default() }
        })
    }

    fn day() -> impl Strategy<Value = (Vec<CreditMember>, Cover)> {
        (proptest::collection::vec(member(), 1..12), 0i64..30_000, 0i64..5_000).prop_map(|(members, fund, reserved)| {
            let outstanding = members.iter().map(|member| member.available).sum::<i64>() + reserved;
            (members, Cover { fund, posted: 0, outstanding })
        })
    }

    fn connection() -> impl Strategy<Value = CreditTerms> {
        prop_oneof![Just(Connection::OnePoint), Just(Connection::Separate)].prop_map(|connection| CreditTerms { connection, ..TERMS })
    }

    proptest! {
        /// One fate for each Wh; nobody banks without a choice; the fund pays and gets exactly what members do not; it never falls below
        /// zero; and after banking it covers every credit.
        #[test]
        fn a_day_is_whole((members, cover) in day(), terms in connection()) {
            let fates = fates(&members, &terms, &cover);
            let money = money(&members, &fates, &terms);
            for (member, fate) in members.iter().zip(&fates) {
                prop_assert!((0..=member.exported).contains(&fate.banked));
                prop_assert!(member.is_banking || fate.banked == 0);
                prop_assert!((0..=member.imported.min(member.available)).contains(&fate.used));
            }
            for (line, (member, fate)) in money.members.iter().zip(members.iter().zip(&fates)) {
                prop_assert_eq!(line.banked, fate.banked * 100);
                let is_fair = member.imported == 0 || i128::from(line.used) * i128::from(member.imported) <= i128::from(member.import_cost) * i128::from(fate.used);
                prop_assert!(is_fair);
                prop_assert_eq!(line.bought_back_wh, 0);
            }
            let after = cover_after(&cover, &members, &fates, &terms);
            prop_assert!(after.fund >= 0);
            if terms.connection == Connection::OnePoint {
                prop_assert_eq!(money.fund, money.members.iter().map(CreditLine::money).sum::<i64>());
                let is_banked = fates.iter().any(|fate| fate.banked > 0);
                prop_assert!(!is_banked || is_covered(i128::from(after.fund), after.outstanding, terms.dearest));
            } else {
                prop_assert_eq!(money.fund, 0);
                prop_assert!(members.iter().zip(&fates).all(|(member, fate)| !member.is_banking || fate.banked == member.exported));
            }
        }

        /// Settled again with nothing changed, nothing moves, whatever members did with their credits in between.
        #[test]
        fn again_is_nothing((members, cover) in day(), terms in connection(), spent in 0i64..100_000) {
            let first = fates(&members, &terms, &cover);
            let moved: Vec<CreditMember> = members.iter().zip(&first).map(|(member, fate)| {
                let member = again(member, *fate);
                CreditMember { available: (member.available - spent).max(0), ..member }
            }).collect();
            prop_assert_eq!(&fates(&moved, &terms, &cover_after(&cover, &members, &first, &terms)), &first);
        }

        /// A correction moves no credit that is not there, leaves the fund at or above zero, and charges what cannot be taken back.
        #[test]
        fn a_correction_is_paid((members, cover) in day(), changes in proptest::collection::vec((0i64..50_000, 0i64..50_000, 0i64..60_000), 12)) {
            let cover = Cover { fund: cover.fund + cover.outstanding * TERMS.dearest.0 / 1000 + 1, ..cover };
            let first = fates(&members, &TERMS, &cover);
            let after = cover_after(&cover, &members, &first, &TERMS);
            prop_assert!(is_covered(i128::from(after.fund), after.outstanding, TERMS.dearest));
            let corrected: Vec<CreditMember> = members.iter().zip(&first).zip(&changes).map(|((member, fate), &(exported, imported, given))| {
                let price = if member.imported == 0 { 200 } else { member.import_cost / member.imported };
                let member = again(member, *fate);
                let available = (member.available - given).max(0);
                CreditMember { exported, export_revenue: exported * 100, imported, import_cost: imported * price, available, ..member }
            }).collect();
            let second = fates(&corrected, &TERMS, &after);
            let end = cover_after(&after, &corrected, &second, &TERMS);
            prop_assert!(end.fund >= 0, "{end:?}");
            for ((member, fate), line) in corrected.iter().zip(&second).zip(money(&corrected, &second, &TERMS).members) {
                let moved = (fate.banked - member.before.fate.banked) - (fate.used - member.before.fate.used);
                prop_assert!(member.available + moved >= 0);
                prop_assert!(fate.used <= member.imported);
                prop_assert_eq!(line.bought_back_wh, (fate.banked - member.exported).max(0));
                prop_assert!(line.bought_back >= line.bought_back_wh * TERMS.export.0);
                prop_assert!(member.is_banking || fate.banked == 0);
            }
        }

        /// Equal wishes get equal parts, up to 1 Wh; the order of members decides nothing else.
        #[test]
        fn short_cover_is_fair(exports in proptest::collection::vec(1i64..2_000, 2..10), fund in 0i64..2_000, turn in 0usize..10) {
            let mut members: Vec<CreditMember> = exports.iter().flat_map(|&wh| [banker(wh), banker(wh)]).collect();
            let cover = Cover { fund, posted: 0, outstanding: 0 };
            let first = fates(&members, &TERMS, &cover);
            for pair in first.chunks(2) {
                prop_assert!((pair[0].banked - pair[1].banked).abs() <= 1);
            }
            prop_assert_eq!(&fates(&members, &TERMS, &cover), &first);
            let turn = turn % members.len();
            members.rotate_left(turn);
            let mut turned = fates(&members, &TERMS, &cover);
            turned.rotate_right(turn);
            prop_assert_eq!(turned.iter().map(|fate| fate.banked).sum::<i64>(), first.iter().map(|fate| fate.banked).sum::<i64>());
            prop_assert!(turned.iter().zip(&first).all(|(one, other)| (one.banked - other.banked).abs() <= 1));
        }
    }
}
