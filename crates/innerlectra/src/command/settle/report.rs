//! The result as one JSON object. Energy in Wh, money in whole ngwee, times in UTC.

use super::args::{BandsOf, FillingName, SettleArgs, Switch};
use super::setup::Plan;
use super::walk::{Filled, Outcome};
use crate::output::Warning;
use metering::RefusedRow;
use quantity::MilliNgwee;
use serde::Serialize;
use settlement::{PriceRule, PriceSource, RuleSet};

/// The laws by name.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Checks {
    pub energy_conserved: bool,
    pub money_balanced: bool,
    pub within_bounds: bool,
    pub none_over_use: bool,
    pub not_worse_than_alone: bool,
    pub order_independent: bool,
}

impl Checks {
    /// What held in `outcome`; `is_repeated`: whether a second computation in another order gave the same.
    pub fn new(outcome: &Outcome, is_repeated: bool) -> Self {
        let laws = &outcome.laws;
        let paid: i64 = outcome.money.members.iter().sum();
        let sums = paid == outcome.money.import - outcome.money.export + outcome.money.service;
        Self {
            energy_conserved: laws.energy_conserved && outcome.totals.is_conserved(),
            money_balanced: laws.money_balanced && outcome.days_balance && sums,
            within_bounds: laws.within_bounds,
            none_over_use: laws.none_over_use,
            not_worse_than_alone: outcome.months.iter().all(|month| month.worse_by.iter().all(|&worse_by| worse_by <= 0)),
            order_independent: is_repeated,
        }
    }

    /// Each law with its name and what it says.
    pub const fn named(&self) -> [(&'static str, bool, &'static str); 6] {
        [
            ("energy_conserved", self.energy_conserved, "energy in is energy out, in every interval"),
            ("money_balanced", self.money_balanced, "what members pay is what grid, fund and givers get"),
            ("within_bounds", self.within_bounds, "given energy is never worse than the grid, for either side"),
            ("none_over_use", self.none_over_use, "nobody receives more than they use"),
            ("not_worse_than_alone", self.not_worse_than_alone, "no month is worse than alone, before the service charge"),
            ("order_independent", self.order_independent, "another order of rows and meters gives the same"),
        ]
    }

    /// Whether all hold.
    pub fn all(&self) -> bool {
        self.named().iter().all(|(_, holds, _)| *holds)
    }
}

#[derive(Debug, Serialize)]
struct IntervalRow {
    interval_start: String,
    generation_wh: i64,
    consumption_wh: i64,
    self_wh: i64,
    shared_wh: i64,
    charged_wh: i64,
    discharged_wh: i64,
    loss_wh: i64,
    exported_wh: i64,
    imported_wh: i64,
    curtailed_wh: i64,
    unserved_wh: i64,
}

#[derive(Debug, Serialize)]
struct MeterRow<'a> {
    meter_id: &'a str,
    consumption_wh: i64,
    generation_wh: i64,
    self_wh: i64,
    own_share_wh: i64,
    received_wh: i64,
    given_wh: i64,
    imported_wh: i64,
    exported_wh: i64,
    money_ngwee: i64,
    alone_ngwee: i64,
}

/// What a member had besides: the plant's part, the battery, supply in outages.
#[derive(Debug, Serialize)]
struct DetailRow<'a> {
    meter_id: &'a str,
    entitlement_wh: i64,
    charged_wh: i64,
    discharged_wh: i64,
    curtailed_wh: i64,
    unserved_wh: i64,
    alone_imported_wh: i64,
    alone_exported_wh: i64,
    alone_unserved_wh: i64,
    outage_minutes: i64,
    served_minutes: i64,
    alone_served_minutes: i64,
}

#[derive(Debug, Serialize)]
struct RefusedLine<'a> {
    line: u64,
    meter_id: &'a str,
    code: &'static str,
    reason: String,
    row: &'a str,
}

#[derive(Debug, Serialize)]
struct GapRow<'a> {
    meter_id: &'a str,
    from: String,
    until: String,
    missing: i64,
    filled: &'static str,
}

#[derive(Debug, Serialize)]
struct CorrectedRow<'a> {
    meter_id: &'a str,
    interval_start: String,
    consumption_before_wh: i64,
    generation_before_wh: i64,
    consumption_wh: i64,
    generation_wh: i64,
}

#[derive(Debug, Serialize)]
struct TotalsRow {
    intervals: usize,
    skipped_intervals: i64,
    members: usize,
    plant_meters: usize,
    generation_wh: i64,
    consumption_wh: i64,
    self_wh: i64,
    shared_wh: i64,
    charged_wh: i64,
    discharged_wh: i64,
    loss_wh: i64,
    exported_wh: i64,
    imported_wh: i64,
    curtailed_wh: i64,
    unserved_wh: i64,
    import_ngwee: i64,
    export_ngwee: i64,
    service_ngwee: i64,
    money_ngwee: i64,
    alone_ngwee: i64,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    common_wh: i64,
    named_wh: i64,
    named: Vec<Claim<'a>>,
}

#[derive(Debug, Serialize)]
struct Claim<'a> {
    meter_id: &'a str,
    content_wh: i64,
}

#[derive(Debug, Serialize)]
struct BatteryRow<'a> {
    capacity_wh: i64,
    power_w: i64,
    efficiency_percent: i64,
    reserve_wh: i64,
    start: Content<'a>,
    end: Content<'a>,
}

#[derive(Debug, Serialize)]
struct MonthRow<'a> {
    month: String,
    worse: Vec<Worse<'a>>,
}

#[derive(Debug, Serialize)]
struct Worse<'a> {
    meter_id: &'a str,
    worse_by_milli_ngwee: i64,
}

/// What was assumed, by the options and beyond them.
#[derive(Debug, Serialize)]
struct Assumptions<'a> {
    connection: &'static str,
    sharing_key: &'static str,
    price_rule: &'static str,
    fixed_price_ngwee: Option<i64>,
    import_price_ngwee: Option<i64>,
    export_price_ngwee: Option<i64>,
    tariff: Option<&'a str>,
    bands: Option<&'static str>,
    service_charge_ngwee: i64,
    outage_cap_ngwee: i64,
    grid: &'static str,
    outage_hours: Option<i64>,
    outage_region: Option<&'a str>,
    can_island: bool,
    filling: &'static str,
    step_minutes: i64,
    is_step_assumed: bool,
    utc_offset_minutes: i64,
    notes: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    intervals: Vec<IntervalRow>,
    meters: Vec<MeterRow<'a>>,
    refused: Vec<RefusedLine<'a>>,
    checks: Checks,
    totals: TotalsRow,
    months: Vec<MonthRow<'a>>,
    details: Vec<DetailRow<'a>>,
    battery: Option<BatteryRow<'a>>,
    estimated: i64,
    gaps: Vec<GapRow<'a>>,
    corrected: Vec<CorrectedRow<'a>>,
    duplicates: i64,
    assumptions: Assumptions<'a>,
    warnings: &'a [Warning],
}

/// Everything a report is made of.
pub struct Settled<'a> {
    pub args: &'a SettleArgs,
    pub plan: &'a Plan,
    pub rule: &'a RuleSet,
    pub outcome: &'a Outcome,
    /// Every refused row, by line.
    pub refused: &'a [RefusedRow],
    pub checks: Checks,
    pub warnings: &'a [Warning],
    pub rows_read: u64,
    pub utc_offset_minutes: i64,
}

impl Settled<'_> {
    /// The report as a value that serialises to one JSON object.
    pub fn report(&self) -> impl Serialize {
        let outcome = self.outcome;
        Report {
            intervals: self.intervals(),
            meters: self.meters(),
            refused: self.refused.iter().map(refused_line).collect(),
            checks: self.checks,
            totals: self.totals(),
            months: self.months(),
            details: self.details(),
            battery: self.battery(),
            estimated: outcome.estimated,
            gaps: self.gaps(),
            corrected: self.corrected(),
            duplicates: outcome.duplicates,
            assumptions: self.assumptions(),
            warnings: self.warnings,
        }
    }

    fn intervals(&self) -> Vec<IntervalRow> {
        let row = |(start, totals): &(quantity::Instant, settlement::Totals)| IntervalRow {
            interval_start: start.to_string(),
            generation_wh: totals.generation,
            consumption_wh: totals.consumption,
            self_wh: totals.self_used,
            shared_wh: totals.shared,
            charged_wh: totals.charged,
            discharged_wh: totals.discharged,
            loss_wh: totals.loss,
            exported_wh: totals.exported,
            imported_wh: totals.imported,
            curtailed_wh: totals.curtailed,
            unserved_wh: totals.unserved,
        };
        self.outcome.intervals.iter().map(row).collect()
    }

    fn meters(&self) -> Vec<MeterRow<'_>> {
        let members = self.outcome.members.iter().zip(&self.outcome.sums).zip(&self.outcome.money.members);
        members
            .map(|((meter_id, sum), &money_ngwee)| MeterRow {
                meter_id,
                consumption_wh: sum.flows.consumption,
                generation_wh: sum.flows.generation,
                self_wh: sum.flows.self_used,
                own_share_wh: sum.flows.own_share,
                received_wh: sum.flows.received,
                given_wh: sum.flows.given,
                imported_wh: sum.flows.imported,
                exported_wh: sum.flows.exported,
                money_ngwee,
                alone_ngwee: alone_ngwee(sum),
            })
            .collect()
    }

    fn details(&self) -> Vec<DetailRow<'_>> {
        let members = self.outcome.members.iter().zip(&self.outcome.sums);
        members
            .map(|(meter_id, sum)| DetailRow {
                meter_id,
                entitlement_wh: sum.flows.entitlement,
                charged_wh: sum.flows.charged,
                discharged_wh: sum.flows.discharged,
                curtailed_wh: sum.flows.curtailed,
                unserved_wh: sum.flows.unserved,
                alone_imported_wh: sum.alone.imported,
                alone_exported_wh: sum.alone.exported,
                alone_unserved_wh: sum.alone.unserved,
                outage_minutes: sum.outage_minutes,
                served_minutes: sum.served_minutes,
                alone_served_minutes: sum.alone.served_minutes,
            })
            .collect()
    }

    fn totals(&self) -> TotalsRow {
        let Outcome { totals, money, .. } = self.outcome;
        TotalsRow {
            intervals: self.outcome.intervals.len(),
            skipped_intervals: self.outcome.skipped,
            members: self.outcome.members.len(),
            plant_meters: self.outcome.plants.len(),
            generation_wh: totals.generation,
            consumption_wh: totals.consumption,
            self_wh: totals.self_used,
            shared_wh: totals.shared,
            charged_wh: totals.charged,
            discharged_wh: totals.discharged,
            loss_wh: totals.loss,
            exported_wh: totals.exported,
            imported_wh: totals.imported,
            curtailed_wh: totals.curtailed,
            unserved_wh: totals.unserved,
            import_ngwee: money.import,
            export_ngwee: money.export,
            service_ngwee: money.service,
            money_ngwee: money.members.iter().sum(),
            alone_ngwee: self.outcome.sums.iter().map(alone_ngwee).sum(),
        }
    }

    fn months(&self) -> Vec<MonthRow<'_>> {
        let worse = |worse_by: &[i64]| {
            let members = self.outcome.members.iter().zip(worse_by).filter(|(_, worse_by)| **worse_by > 0);
            members.map(|(meter_id, &worse_by_milli_ngwee)| Worse { meter_id, worse_by_milli_ngwee }).collect()
        };
        let months = self.outcome.months.iter();
        months.map(|month| MonthRow { month: month.month.to_string().chars().take(7).collect(), worse: worse(&month.worse_by) }).collect()
    }

    fn battery(&self) -> Option<BatteryRow<'_>> {
        let battery = self.rule.battery?;
        let end = &self.outcome.content;
        let claims = self.outcome.members.iter().zip(&end.claims).filter(|(_, claim)| **claim > 0);
        Some(BatteryRow {
            capacity_wh: battery.capacity.0,
            power_w: battery.power.0,
            efficiency_percent: self.args.efficiency_percent,
            reserve_wh: battery.reserve.0,
            start: Content { common_wh: 0, named_wh: 0, named: Vec::new() },
            end: Content {
                common_wh: end.common,
                named_wh: end.claims.iter().sum(),
                named: claims.map(|(meter_id, &content_wh)| Claim { meter_id, content_wh }).collect(),
            },
        })
    }

    fn gaps(&self) -> Vec<GapRow<'_>> {
        let row = |gap: &'_ super::walk::Gap| (gap.from.to_string(), gap.until.to_string());
        let gaps = self.outcome.gaps.iter().map(|gap| (gap, row(gap)));
        gaps.map(|(gap, (from, until))| GapRow {
            meter_id: &gap.meter_id,
            from,
            until,
            missing: gap.missing,
            filled: match gap.filled {
                Filled::Estimated => "estimated",
                Filled::Absent => "absent",
            },
        })
        .collect()
    }

    fn corrected(&self) -> Vec<CorrectedRow<'_>> {
        let rows = self.outcome.corrected.iter();
        rows.map(|row| CorrectedRow {
            meter_id: &row.meter_id,
            interval_start: row.start.to_string(),
            consumption_before_wh: row.before.0,
            generation_before_wh: row.before.1,
            consumption_wh: row.after.0,
            generation_wh: row.after.1,
        })
        .collect()
    }

    fn assumptions(&self) -> Assumptions<'_> {
        let (rule, plan) = (self.rule, self.plan);
        let (import, export, tariff) = match &plan.prices {
            PriceSource::Flat { import, export } => (Some(import.0), Some(export.0), None),
            PriceSource::Region(region) => (None, None, Some(region.code.as_str())),
        };
        let bands = match self.args.bands {
            BandsOf::Home => "home",
            BandsOf::Connection => "connection",
        };
        Assumptions {
            connection: rule.connection.as_str(),
            sharing_key: rule.sharing_key.as_str(),
            price_rule: rule.price_rule.as_str(),
            fixed_price_ngwee: if let PriceRule::Fixed(price) = rule.price_rule { Some(price.0) } else { None },
            import_price_ngwee: import,
            export_price_ngwee: export,
            tariff,
            bands: tariff.map(|_| bands),
            service_charge_ngwee: rule.service_charge.0,
            outage_cap_ngwee: rule.outage_cap.0,
            grid: if self.args.grid == Switch::On && rule.connection != domain::Connection::OffGrid { "on" } else { "off" },
            outage_hours: plan.outages.as_ref().map(|outages| outages.hours),
            outage_region: plan.outages.as_ref().map(|outages| outages.region.as_str()),
            can_island: rule.can_island,
            filling: match self.args.filling {
                FillingName::Equal => "equal",
                FillingName::ByNeed => "by_need",
            },
            step_minutes: self.outcome.step.minutes(),
            is_step_assumed: self.outcome.is_step_assumed,
            utc_offset_minutes: self.utc_offset_minutes,
            notes: notes(self),
        }
    }
}

/// What holds beyond the options, in words.
fn notes(settled: &Settled<'_>) -> Vec<&'static str> {
    let off_grid = settled.rule.connection == domain::Connection::OffGrid;
    let outages = settled.plan.outages.is_some() || settled.args.grid == Switch::Off;
    let banded = matches!(settled.plan.prices, PriceSource::Region(_));
    [
        (true, "local days and months begin at the UTC offset of the first row; money is rounded to ngwee once per member and day"),
        (true, "members are ordered by meter_id; units that do not divide go to the first"),
        (off_grid, "off the grid there is no bill alone: alone_ngwee is 0"),
        (
            off_grid || outages,
            "without a grid the inside price is at most the outage cap: the import price, or the last band of the first day's tariff",
        ),
        (settled.plan.outages.is_some(), "an interval is an outage when it begins in one"),
        (banded, "the first units of each calendar month are the cheap ones, also in a month that the readings do not cover from its first day"),
        (settled.rule.battery.is_some(), "the battery is empty at the start"),
        (
            settled.rule.connection == domain::Connection::Separate,
            "under separate contracts nothing flows between members: the plant is split as export credits",
        ),
        (settled.outcome.is_step_assumed, "no meter has two rows: the step is taken as 15 minutes"),
    ]
    .into_iter()
    .filter_map(|(holds, note)| holds.then_some(note))
    .collect()
}

fn refused_line(row: &RefusedRow) -> RefusedLine<'_> {
    RefusedLine { line: row.line, meter_id: &row.meter_id, code: row.reason.code(), reason: row.reason.to_string(), row: &row.text }
}

/// The bill alone, carried in milli-ngwee over all days and rounded once, half to even.
pub fn alone_ngwee(sum: &settlement::MemberDay) -> i64 {
    MilliNgwee(sum.alone.cost).to_ngwee_half_even().0
}
