//! The laws of sharing, checked on results alone: nothing here calls the code it judges.

use crate::distribute::{IntervalInput, Settlement};
use crate::price::ImportPrices;
use crate::rules::RuleSet;

/// Which laws held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Laws {
    /// Energy in equals energy out to the Wh: each interval, each member, the cluster and the battery.
    pub energy_conserved: bool,
    /// What takers paid, givers got; what members paid for the grid is what the grid costs.
    pub money_balanced: bool,
    /// Given energy was priced between the giver's floor and the taker's ceiling.
    pub within_bounds: bool,
    /// Nobody received more than they used, nor gave more than they had.
    pub none_over_use: bool,
}

impl Laws {
    /// All held.
    #[must_use]
    pub const fn held() -> Self {
        Self { energy_conserved: true, money_balanced: true, within_bounds: true, none_over_use: true }
    }

    /// Holds where both hold.
    pub const fn also(&mut self, other: &Self) {
        self.energy_conserved &= other.energy_conserved;
        self.money_balanced &= other.money_balanced;
        self.within_bounds &= other.within_bounds;
        self.none_over_use &= other.none_over_use;
    }

    /// Whether all held.
    #[must_use]
    pub const fn all(&self) -> bool {
        self.energy_conserved && self.money_balanced && self.within_bounds && self.none_over_use
    }
}

/// Checks one settled interval; `content_before` is what the battery held.
#[must_use]
pub fn check_interval(rule: &RuleSet, input: &IntervalInput<'_>, settlement: &Settlement, content_before: i64) -> Laws {
    Laws {
        energy_conserved: energy_conserved(rule, input, settlement, content_before),
        money_balanced: money_balanced(input, settlement),
        within_bounds: within_bounds(rule, input, settlement),
        none_over_use: none_over_use(settlement),
    }
}

fn energy_conserved(rule: &RuleSet, input: &IntervalInput<'_>, settlement: &Settlement, content_before: i64) -> bool {
    let members_hold = settlement.members.iter().zip(input.consumption.iter().zip(input.generation)).all(|(flows, (&used, &made))| {
        let out = flows.self_used + flows.own_share + flows.given + flows.charged + flows.exported + flows.curtailed;
        let met = flows.self_used + flows.own_share + flows.received + flows.discharged + flows.imported + flows.unserved;
        flows.consumption == used && flows.generation == made && made + flows.entitlement == out && used == met
    });
    let entitled: i64 = settlement.members.iter().map(|flows| flows.entitlement).sum();
    let battery = &settlement.battery;
    let fits = rule.battery.is_none_or(|battery_kind| battery.after <= battery_kind.capacity.0.max(content_before));
    members_hold
        && (entitled == input.plant.0 || settlement.members.is_empty())
        && settlement.totals.is_conserved()
        && settlement.totals.charged == battery.charged
        && settlement.totals.discharged == battery.discharged
        && battery.before == content_before
        && battery.after == battery.before + battery.charged - battery.discharged - battery.loss
        && battery.after >= 0
        && battery.loss >= 0
        && fits
}

fn money_balanced(input: &IntervalInput<'_>, settlement: &Settlement) -> bool {
    let sum = |pick: fn(&crate::Flows) -> i64| settlement.members.iter().map(pick).sum::<i64>();
    let given_out = sum(|f| f.given);
    let given_in = sum(|f| f.received);
    let grid_paid = match input.import {
        ImportPrices::Flat(price) => sum(|f| f.import_cost) == settlement.totals.imported * price.0,
        ImportPrices::EachHome { bands, before } => settlement
            .members
            .iter()
            .zip(before)
            .all(|(f, &before)| i128::from(f.import_cost) == bill(bands, before + f.imported) - bill(bands, before)),
        ImportPrices::Connection { bands, before } => {
            i128::from(sum(|f| f.import_cost)) == bill(bands, before + settlement.totals.imported) - bill(bands, before)
        }
    };
    given_out == given_in
        && sum(|f| f.given_cost) == sum(|f| f.given_revenue)
        && sum(|f| f.export_revenue) == settlement.totals.exported * input.export.0
        && grid_paid
}

/// The bill of a whole month that used `energy` Wh, in milli-ngwee: each Wh counted in the band it falls in. A month of a thousand members
/// at the highest price is beyond 63 bits.
fn bill(bands: &[domain::Band], energy: i64) -> i128 {
    let mut below = 0;
    let mut sum = 0;
    for band in bands {
        let top = band.up_to.map_or(i64::MAX, |limit| limit.0);
        sum += i128::from((energy.min(top) - below).max(0)) * i128::from(band.price.0);
        below = top;
    }
    sum
}

fn within_bounds(rule: &RuleSet, input: &IntervalInput<'_>, settlement: &Settlement) -> bool {
    let on_grid = rule.reaches_grid(input.grid);
    let floor = if on_grid { input.export.0 } else { 0 };
    let ceiling = |at: usize| if on_grid { input.import.marginal(at) } else { rule.outage_cap.0 };
    settlement.members.iter().enumerate().all(|(at, flows)| {
        let taker_holds = flows.received == 0 || (flows.given_cost <= flows.received * ceiling(at) && flows.given_cost >= flows.received * floor);
        let giver_holds = flows.given_revenue >= flows.given * floor;
        taker_holds && giver_holds
    })
}

fn none_over_use(settlement: &Settlement) -> bool {
    settlement.members.iter().all(|flows| {
        let taken = flows.self_used + flows.own_share + flows.received + flows.discharged + flows.imported;
        let passed_on = flows.given + flows.charged + flows.exported;
        let spare = flows.generation - flows.self_used + flows.entitlement - flows.own_share;
        let columns =
            [flows.self_used, flows.own_share, flows.received, flows.given, flows.charged, flows.discharged, flows.imported, flows.exported];
        taken <= flows.consumption && passed_on <= spare && (flows.given == 0 || flows.received == 0) && columns.iter().all(|&wh| wh >= 0)
    })
}
