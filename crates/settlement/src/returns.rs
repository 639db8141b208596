//! What each member put in and got out, and how long the equipment is paid for.

use crate::run::MemberDay;
use quantity::{BusinessDay, MilliNgwee, Ngwee, Ratio, WattHours};

/// What a member put in and how long it has been working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stake {
    /// Contribution paid.
    pub put_in: Ngwee,
    /// Contributions of all members: the member's share of the assets is `put_in` of this.
    pub put_in_by_all: Ngwee,
    /// Settled days that the sums cover.
    pub days: i64,
}

/// What a member's contribution gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberReturns {
    /// Contribution paid.
    pub put_in: Ngwee,
    /// Share of the jointly owned assets.
    pub share: Ratio,
    /// Energy got from the cluster: own part of the plant, from neighbours, from the battery.
    pub energy: WattHours,
    /// Money saved against being alone, service charge included (negative: it cost more).
    pub saved: Ngwee,
    /// Hours of outage, in minutes, that only the cluster served.
    pub served_minutes: i64,
    /// Days until the contribution has come back at this pace; `None` when nothing is saved.
    pub payback_days: Option<i64>,
    /// Yearly return on the contribution in hundredths of a per cent, rounded down; `None` without a contribution or days.
    pub yearly_return: Option<i64>,
}

/// What `sum` (the member's settled days) gave for `stake`.
///
/// Supply in outages is counted in hours and kWh, never turned into money. Source: docs/settlement.md, "Returns".
#[must_use]
pub fn calculate_member_returns(sum: &MemberDay, stake: &Stake) -> MemberReturns {
    let flows = &sum.flows;
    let saved_milli = sum.alone.cost - flows.money();
    let invested = i128::from(stake.put_in.0) * 1000;
    let (saved, days) = (i128::from(saved_milli), i128::from(stake.days));
    let payback_days = if saved > 0 && invested > 0 { i64::try_from((invested * days + saved - 1) / saved).ok() } else { None };
    let yearly_return = if invested > 0 && days > 0 { i64::try_from((saved * 365 * 10_000).div_euclid(invested * days)).ok() } else { None };
    MemberReturns {
        put_in: stake.put_in,
        share: Ratio::new(stake.put_in.0, stake.put_in_by_all.0.max(1)).unwrap_or(Ratio::ONE),
        energy: WattHours(flows.own_share + flows.received + flows.discharged),
        saved: MilliNgwee(saved_milli).to_ngwee_half_even(),
        served_minutes: sum.served_minutes - sum.alone.served_minutes,
        payback_days,
        yearly_return,
    }
}

/// A piece of equipment that must be replaced one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaceable {
    /// Name for people.
    pub name: String,
    /// Cost of a new one.
    pub cost: Ngwee,
    /// Day it began to work.
    pub commissioned_on: BusinessDay,
    /// Planning life.
    pub life_years: i32,
}

/// Until when replacements are paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Funded {
    /// Everything is paid for up to this day, the horizon looked at.
    Through(BusinessDay),
    /// Up to this day: then `name` cannot be replaced, for want of `short`.
    Until {
        /// First day without the money.
        day: BusinessDay,
        /// What cannot be replaced.
        name: String,
        /// What is missing.
        short: Ngwee,
    },
    /// There is nothing to replace.
    NothingToReplace,
}

/// Until when the maintenance and replacement fund pays: `fund` now, growing by `per_day`, against the replacements as they fall due in
/// the next `horizon_years`.
///
/// Source: docs/settlement.md, "Replacement funded until".
#[must_use]
pub fn funded_until(today: BusinessDay, fund: Ngwee, per_day: MilliNgwee, equipment: &[Replaceable], horizon_years: i32) -> Funded {
    let horizon = plus_years(today, horizon_years);
    let mut due: Vec<(BusinessDay, &Replaceable)> = Vec::new();
    for item in equipment.iter().filter(|item| item.life_years > 0) {
        let mut day = plus_years(item.commissioned_on, item.life_years);
        while day <= horizon {
            due.push((day.max(today), item));
            day = plus_years(day, item.life_years);
        }
    }
    if equipment.is_empty() {
        return Funded::NothingToReplace;
    }
    due.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let mut spent = 0i128;
    for (day, item) in due {
        let grown = i128::from(per_day.0) * i128::from(day.0 - today.0) / 1000;
        spent += i128::from(item.cost.0);
        let left = i128::from(fund.0) + grown - spent;
        if left < 0 {
            return Funded::Until { day, name: item.name.clone(), short: Ngwee(i64::try_from(-left).unwrap_or(i64::MAX)) };
        }
    }
    Funded::Through(horizon)
}

/// The same date `years` later; 29 February becomes 28 February.
fn plus_years(day: BusinessDay, years: i32) -> BusinessDay {
    let (year, month, date) = day.ymd();
    let year = year.saturating_add(years);
    BusinessDay::from_ymd(year, month, date).or_else(|| BusinessDay::from_ymd(year, month, 28)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alone, Flows};

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).expect("a date")
    }

    #[test]
    fn payback_and_return() {
        let sum = MemberDay {
            flows: Flows { import_cost: 1_000_000, own_share: 40_000, ..Flows::default() },
            alone: Alone { cost: 3_000_000, served_minutes: 60, ..Alone::default() },
            outage_minutes: 600,
            served_minutes: 300,
        };
        let stake = Stake { put_in: Ngwee(300_000), put_in_by_all: Ngwee(3_000_000), days: 30 };
        let returns = calculate_member_returns(&sum, &stake);
        // 2,000 ngwee in 30 days: 300,000 ngwee come back in 4,500 days; 2,000 * 365 / 30 / 300,000 = 8.11 % a year.
        assert_eq!((returns.saved, returns.payback_days, returns.yearly_return), (Ngwee(2_000), Some(4_500), Some(811)));
        assert_eq!((returns.energy, returns.served_minutes), (WattHours(40_000), 240));
        let dearer = calculate_member_returns(&MemberDay { alone: Alone::default(), ..sum }, &stake);
        assert_eq!(dearer.payback_days, None);
    }

    #[test]
    fn the_battery_falls_due_first() {
        let item =
            |name: &str, cost, life_years| Replaceable { name: name.to_owned(), cost: Ngwee(cost), commissioned_on: day("2024-02-29"), life_years };
        let equipment = [item("panels", 4_000_000, 25), item("battery", 2_000_000, 10), item("inverter", 1_000_000, 8)];
        let until = |fund, per_day| funded_until(day("2025-10-26"), Ngwee(fund), MilliNgwee(per_day), &equipment, 12);
        assert_eq!(until(100_000, 100_000), Funded::Until { day: day("2032-02-29"), name: "inverter".to_owned(), short: Ngwee(668_300) });
        assert_eq!(until(0, 2_000_000), Funded::Through(day("2037-10-26")));
        assert_eq!(funded_until(day("2025-10-26"), Ngwee(0), MilliNgwee(0), &[], 12), Funded::NothingToReplace);
    }
}
