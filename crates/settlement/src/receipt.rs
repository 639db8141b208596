//! The monthly receipt: what a member had, what it cost, and what being alone would have cost.

use crate::credits::CreditSum;
use crate::flows::Flows;
use crate::run::{Alone, MemberDay};
use domain::Connection;
use quantity::{MilliNgwee, Ngwee, WattHours};

/// A line of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Own generation used at home.
    OwnSun,
    /// Own part of the jointly owned plant.
    OurPlant,
    /// From the battery.
    Battery,
    /// Bought from other members.
    FromNeighbours,
    /// Sold to other members.
    ToNeighbours,
    /// Bought from the grid.
    GridBought,
    /// Sold to the grid.
    GridSold,
    /// Put into the battery.
    IntoBattery,
    /// For maintenance and replacement, apart from energy.
    ServiceCharge,
    /// Grid energy met with energy credits: no money.
    CreditsUsed,
    /// Exports that became energy credits: no money.
    CreditsBanked,
    /// Banked, never exported, and bought back after a correction.
    CreditsBoughtBack,
    /// What daily rounding to whole ngwee added or took.
    Rounding,
}

impl LineKind {
    /// The name of the line in programs; also the message key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnSun => "own_sun",
            Self::OurPlant => "our_plant",
            Self::Battery => "battery",
            Self::FromNeighbours => "from_neighbours",
            Self::ToNeighbours => "to_neighbours",
            Self::GridBought => "grid_bought",
            Self::GridSold => "grid_sold",
            Self::IntoBattery => "into_battery",
            Self::ServiceCharge => "service_charge",
            Self::CreditsUsed => "credits_used",
            Self::CreditsBanked => "credits_banked",
            Self::CreditsBoughtBack => "credits_bought_back",
            Self::Rounding => "rounding",
        }
    }
}

/// One line: energy and money (positive: the member pays).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What it is for.
    pub kind: LineKind,
    /// Energy; zero where money has none.
    pub energy: WattHours,
    /// Money, rounded half to even for this line.
    pub money: Ngwee,
}

/// How the cluster compares with being alone, service charge included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The cluster costs less by this much.
    Cheaper(Ngwee),
    /// The same.
    Same,
    /// The cluster costs more by this much: what is bought is supply in outages and ownership, and the receipt says so.
    Dearer(Ngwee),
}

/// A member's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The lines; their money adds up to `total` exactly.
    pub lines: Vec<Line>,
    /// For energy, service charge apart.
    pub energy_money: Ngwee,
    /// For maintenance and replacement.
    pub service_charge: Ngwee,
    /// What the ledger posted: positive is paid by the member.
    pub total: Ngwee,
    /// The bill alone: own generation, the same tariff replayed on the member's own use.
    pub alone: Ngwee,
    /// The comparison of `total` with `alone`.
    pub verdict: Verdict,
    /// Minutes of outage in which the member wanted energy.
    pub outage_minutes: i64,
    /// Of these, minutes in which all of it was met.
    pub served_minutes: i64,
    /// Of these, minutes that own equipment alone would have met.
    pub served_alone_minutes: i64,
    /// Energy that nobody supplied.
    pub unserved: WattHours,
    /// Energy that nobody would have supplied alone.
    pub unserved_alone: WattHours,
}

/// The receipt of a month: `sum` of the member's settled days, what energy credits did in them, and `posted`, what the ledger posted.
///
/// Energy met with credits stands apart from what was bought, and banked exports apart from what was sold; neither has money.
///
/// Under `separate` the member's own contract with the utility is not the cluster's business: the lines show its energy without money,
/// and only the plant's credits are compared, with nothing.
#[must_use]
pub fn receipt(connection: Connection, sum: &MemberDay, credits: &CreditSum, posted: Ngwee) -> Receipt {
    let sum = &if connection == Connection::Separate { without_own_contract(sum) } else { *sum };
    let flows = &sum.flows;
    let line = |kind, energy, milli| Line { kind, energy: WattHours(energy), money: MilliNgwee(milli).to_ngwee_half_even() };
    let mut lines = vec![
        line(LineKind::OwnSun, flows.self_used, 0),
        line(LineKind::OurPlant, flows.own_share, 0),
        line(LineKind::Battery, flows.discharged, 0),
        line(LineKind::FromNeighbours, flows.received, flows.given_cost),
        line(LineKind::CreditsUsed, credits.used, 0),
        line(LineKind::GridBought, flows.imported - credits.used, flows.import_cost - credits.used_money),
        line(LineKind::ToNeighbours, flows.given, -flows.given_revenue),
        line(LineKind::GridSold, flows.exported - credits.banked, credits.banked_money - flows.export_revenue),
        line(LineKind::CreditsBanked, credits.banked, 0),
        line(LineKind::CreditsBoughtBack, credits.bought_back, credits.bought_back_money),
        line(LineKind::IntoBattery, flows.charged, 0),
        line(LineKind::ServiceCharge, flows.own_share + flows.received, flows.service_charge),
    ];
    let shown: i64 = lines.iter().map(|line| line.money.0).sum();
    lines.push(Line { kind: LineKind::Rounding, energy: WattHours::ZERO, money: Ngwee(posted.0 - shown) });
    lines.retain(|line| line.energy.0 != 0 || line.money.0 != 0);
    let service_charge = MilliNgwee(flows.service_charge).to_ngwee_half_even();
    let alone = MilliNgwee(sum.alone.cost).to_ngwee_half_even();
    let verdict = match posted.0 - alone.0 {
        0 => Verdict::Same,
        more if more > 0 => Verdict::Dearer(Ngwee(more)),
        less => Verdict::Cheaper(Ngwee(-less)),
    };
    Receipt {
        lines,
        energy_money: Ngwee(posted.0 - service_charge.0),
        service_charge,
        total: posted,
        alone,
        verdict,
        outage_minutes: sum.outage_minutes,
        served_minutes: sum.served_minutes,
        served_alone_minutes: sum.alone.served_minutes,
        unserved: WattHours(flows.unserved),
        unserved_alone: WattHours(sum.alone.unserved),
    }
}

fn without_own_contract(sum: &MemberDay) -> MemberDay {
    let credits = sum.alone.cost - sum.flows.energy_money();
    let flows = Flows { import_cost: 0, export_revenue: credits, ..sum.flows };
    MemberDay { flows, alone: Alone { cost: 0, ..sum.alone }, ..*sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_add_up_to_what_was_posted() {
        let flows = Flows {
            consumption: 5_000,
            own_share: 2_000,
            received: 1_000,
            imported: 2_000,
            given_cost: 120_333,
            import_cost: 300_900,
            service_charge: 60_499,
            ..Flows::default()
        };
        let sum = MemberDay { flows, alone: Alone { cost: 425_000, ..Alone::default() }, ..MemberDay::default() };
        let receipt = receipt(Connection::OnePoint, &sum, &CreditSum::default(), Ngwee(483));
        assert_eq!(receipt.lines.iter().map(|line| line.money.0).sum::<i64>(), 483);
        assert_eq!(receipt.lines.last().map(|line| (line.kind, line.money)), Some((LineKind::Rounding, Ngwee(2))));
        assert_eq!(receipt.verdict, Verdict::Dearer(Ngwee(58)));
        assert_eq!(receipt.energy_money.0 + receipt.service_charge.0, receipt.total.0);
    }

    #[test]
    fn credits_stand_apart_from_what_was_bought_and_sold() {
        let flows = Flows { consumption: 900, imported: 900, exported: 500, import_cost: 180_000, export_revenue: 50_000, ..Flows::default() };
        let sum = MemberDay { flows, ..MemberDay::default() };
        let credits = CreditSum { banked: 300, banked_money: 30_000, used: 400, used_money: 80_000, ..CreditSum::default() };
        let receipt = receipt(Connection::OnePoint, &sum, &credits, Ngwee(80));
        let lines: Vec<_> = receipt.lines.iter().map(|line| (line.kind.as_str(), line.energy.0, line.money.0)).collect();
        assert_eq!(lines, [("credits_used", 400, 0), ("grid_bought", 500, 100), ("grid_sold", 200, -20), ("credits_banked", 300, 0)]);
    }

    #[test]
    fn an_own_contract_stays_with_the_utility() {
        let flows = Flows { consumption: 5_000, imported: 5_000, exported: 2_000, import_cost: 600_000, export_revenue: 318_000, ..Flows::default() };
        let sum = MemberDay { flows, alone: Alone { cost: 600_000, ..Alone::default() }, ..MemberDay::default() };
        let receipt = receipt(Connection::Separate, &sum, &CreditSum::default(), Ngwee(-318));
        assert_eq!((receipt.total, receipt.alone, receipt.verdict), (Ngwee(-318), Ngwee(0), Verdict::Cheaper(Ngwee(318))));
        assert_eq!(receipt.lines.iter().map(|line| line.money.0).collect::<Vec<_>>(), [0, -318]);
    }
}
