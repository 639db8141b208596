//! A modelled year for a household that has not joined yet: sun, load and equipment in whole numbers, each assumption with a name.
//!
//! Nothing here is measured. The sun is the clear sky of the shipped reference ([data/solar](../../../../data/README.md)), dimmed by month;
//! the load is a typical day; the equipment is what the money buys. Where a cluster has settled days, its own plant takes the sun's place.

use domain::Confidence;
use quantity::{Ngwee, WattHours, split_exact};

/// Sun position, clear sky and power for a plant of [`REFERENCE_WATTS`] at three towns on five dates; rows are instants, half an hour apart.
const REFERENCE: &str = include_str!("../../../../data/solar/solar_reference.csv");
/// The plant of the reference.
const REFERENCE_WATTS: i64 = 3_000;
/// The date of the reference whose sun is nearest to that of a month.
const DATE_OF_MONTH: [&str; 12] = [
    "2025-12-21",
    "2025-10-15",
    "2025-03-20",
    "2025-09-22",
    "2025-06-21",
    "2025-06-21",
    "2025-06-21",
    "2025-09-22",
    "2025-09-22",
    "2025-10-15",
    "2025-12-21",
    "2025-12-21",
];
/// What clouds and dust leave of a clear sky, per cent by month: a planning value, rains from November to March.
const CLEARNESS: [i64; 12] = [62, 62, 71, 84, 88, 88, 88, 86, 84, 80, 68, 62];
/// How a day's use lies on its hours, in thousandths: a planning value, with cooking in the morning and a peak in the evening.
pub(super) const TYPICAL_HOURS: [u64; 24] = [18, 15, 14, 14, 16, 28, 55, 60, 45, 35, 32, 35, 42, 38, 34, 36, 45, 62, 80, 88, 82, 62, 40, 24];
/// What a kilowatt of panels with inverter, battery and wires costs: the middle of K25,000 to 35,000.
const COST_PER_KILOWATT: i64 = 3_000_000;
/// Battery to a kilowatt of panels, Wh and W.
const BATTERY_PER_KILOWATT: (i64, i64) = (2_000, 1_000);

/// Something a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumption {
    /// What is assumed, as a code.
    pub code: &'static str,
    /// The figure, in the unit of its code.
    pub value: i64,
    /// How sure we are.
    pub confidence: Confidence,
}

pub(super) const fn assume(code: &'static str, value: i64, confidence: Confidence) -> Assumption {
    Assumption { code, value, confidence }
}

/// Panels that a contribution buys, in W.
pub(super) fn watts_for(contribution: Ngwee) -> i64 {
    contribution.0.max(0).saturating_mul(1_000) / COST_PER_KILOWATT
}

/// Battery that comes with so many W of panels: Wh and W.
pub(super) const fn battery_for(watts: i64) -> (i64, i64) {
    (watts.saturating_mul(BATTERY_PER_KILOWATT.0) / 1_000, watts.saturating_mul(BATTERY_PER_KILOWATT.1) / 1_000)
}

/// The assumptions behind [`watts_for`] and [`battery_for`].
pub(super) const EQUIPMENT: [Assumption; 2] = [
    assume("cost_per_kilowatt_ngwee", COST_PER_KILOWATT, Confidence::Low),
    assume("battery_wh_per_kilowatt", BATTERY_PER_KILOWATT.0, Confidence::Low),
];

/// The assumptions behind [`sun_by_hour`].
pub(super) const SUN: [Assumption; 2] =
    [assume("sun_clear_sky_reference", REFERENCE_WATTS, Confidence::Medium), assume("sun_clearness_percent", 77, Confidence::Low)];

/// What panels of `watts` give in each hour of a day of a month (1 to 12) near the town of a region, in Wh.
pub(super) fn sun_by_hour(region: &str, month: u32, watts: i64) -> [i64; 24] {
    let at = usize::try_from(month).unwrap_or(1).clamp(1, 12) - 1;
    let town = match region {
        "lusaka" => "Lusaka",
        "copperbelt" => "Kitwe",
        _ => "Kabwe",
    };
    let mut milliwatts = [0i64; 24];
    for line in REFERENCE.lines().skip(1) {
        if let Some((hour, power)) = instant_of(line, town, DATE_OF_MONTH[at]) {
            milliwatts[hour] = milliwatts[hour].saturating_add(power);
        }
    }
    // Two instants an hour: their mean held for the hour, for this size of plant under this sky.
    milliwatts.map(|sum| {
        let scaled = i128::from(sum) * i128::from(watts) * i128::from(CLEARNESS[at]) / (2 * 1_000 * 100 * i128::from(REFERENCE_WATTS));
        i64::try_from(scaled).unwrap_or(i64::MAX)
    })
}

/// Hour and alternating-current power in mW of a line of the reference, when it is of that town and date.
fn instant_of(line: &str, town: &str, date: &str) -> Option<(usize, i64)> {
    let mut columns = line.split(',');
    if columns.next()? != town {
        return None;
    }
    let time = columns.nth(3)?;
    let clock = time.strip_prefix(date)?.strip_prefix('T')?;
    let hour: usize = clock.get(..2)?.parse().ok()?;
    let watts = columns.next_back()?;
    let (whole, part) = watts.split_once('.').unwrap_or((watts, ""));
    let power: i64 = format!("{whole}{:0<3}", part.get(..3.min(part.len()))?).parse().ok()?;
    (hour < 24).then_some((hour, power.max(0)))
}

/// A month's use on its hours: `days` times 24 values that add up to it exactly.
pub(super) fn load_by_hour(month: WattHours, hours: &[u64; 24], days: usize) -> Vec<i64> {
    let weights: Vec<u64> = hours.iter().copied().cycle().take(days * 24).collect();
    split_exact(month, &weights).map_or_else(|_| vec![0; days * 24], |parts| parts.into_iter().map(|part| part.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typical_day_is_whole() {
        assert_eq!(TYPICAL_HOURS.iter().sum::<u64>(), 1_000);
        let load = load_by_hour(WattHours(150_001), &TYPICAL_HOURS, 31);
        assert_eq!((load.len(), load.iter().sum::<i64>()), (31 * 24, 150_001));
    }

    #[test]
    fn a_kilowatt_gives_what_people_plan_with() {
        // A plant of 3 to 4 kW gives 14 to 18 kWh a day: 4 to 5 kWh for each kilowatt, over the year.
        let year: i64 = (1..=12).map(|month| sun_by_hour("kabwe", month, 1_000).iter().sum::<i64>()).sum();
        assert!((4_000..5_200).contains(&(year / 12)), "{} Wh a day", year / 12);
        for region in ["kabwe", "lusaka", "copperbelt", "rural"] {
            let june = sun_by_hour(region, 6, 1_000);
            assert!(june[0] == 0 && june[12] > june[8] && june[12] > june[16], "{region}: {june:?}");
        }
    }

    #[test]
    fn money_buys_what_it_buys() {
        assert_eq!((watts_for(Ngwee(350_000)), battery_for(116)), (116, (232, 116)));
    }
}
