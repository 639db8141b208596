//! In = Out: the two sides of the energy bar, equal to the watt.

use super::ViewError;
use crate::chart::Cloth;
use crate::input::PowerNow;
use crate::text::number;
use message::Say;

/// A difference above this part of In (one twentieth, 5 %) is named; a smaller one counts as lost in wires.
const NAMED_FROM: i64 = 20;

/// One part of a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Id of its row, such as `in-sun`.
    pub id: &'static str,
    /// Its cloth.
    pub cloth: Cloth,
    /// Its name.
    pub name: &'static str,
    /// W, above zero.
    pub power_w: i64,
}

/// Both sides. The sum of `ins` and the sum of `outs` are both `total_w`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Sources.
    pub ins: Vec<Flow>,
    /// Uses, losses and what is not accounted for.
    pub outs: Vec<Flow>,
    /// The sum of either side, W.
    pub total_w: i64,
    /// Uses without losses, W.
    pub used_w: i64,
    /// Losses, W.
    pub lost_w: i64,
    /// What no meter explains on the Out side, W; zero unless above 5 % of In.
    pub unaccounted_w: i64,
}

/// Makes the two sides equal, naming what does not fit.
///
/// More In than Out up to 5 % is a loss, above it is "not accounted for". More Out than In is a source that no meter
/// has seen, and is shown as one.
///
/// # Errors
/// [`ViewError::NegativeFlow`], [`ViewError::TooLarge`].
pub fn balance(power: &PowerNow, say: Say) -> Result<Balance, ViewError> {
    let mut ins = vec![
        flow("in-sun", Cloth::Sun, say.sun(), power.sun_w)?,
        flow("in-battery", Cloth::Battery, say.battery_giving(), power.battery_out_w)?,
        flow("in-neigh", Cloth::Neighbours, say.other_groups(), power.traded_in_w)?,
        flow("in-grid", Cloth::Grid, say.grid(), power.grid_in_w)?,
        flow("in-gen", Cloth::Generator, say.generator(), power.generator_w)?,
    ];
    let mut outs = vec![
        flow("out-homes", Cloth::Homes, say.homes(), power.homes_w)?,
        flow("out-battery", Cloth::Battery, say.battery_filling(), power.battery_in_w)?,
        flow("out-pump", Cloth::Pump, say.common_use(), power.common_w)?,
        flow("out-neigh", Cloth::Neighbours, say.to_other_groups(), power.traded_out_w)?,
        flow("out-sold", Cloth::Sold, say.sold_to_grid(), power.grid_out_w)?,
        flow("out-unused", Cloth::Sun, say.sun_not_used(), power.curtailed_w)?,
    ];
    let loss_w = flow("out-loss", Cloth::Loss, say.lost(), power.loss_w)?.power_w;
    let (in_w, used_w) = (sum(&ins)?, sum(&outs)?);
    let out_w = used_w.checked_add(loss_w).ok_or(ViewError::TooLarge("out"))?;
    let open_w = in_w - out_w;
    let is_named = i128::from(open_w) * i128::from(NAMED_FROM) > i128::from(in_w);
    let (lost_w, unaccounted_w) = match open_w {
        w if w > 0 && is_named => (loss_w, w),
        w if w > 0 => (loss_w + w, 0),
        _ => (loss_w, 0),
    };
    ins.push(flow("in-unknown", Cloth::Unknown, say.not_accounted(), (-open_w).max(0))?);
    outs.push(flow("out-loss", Cloth::Loss, say.lost(), lost_w)?);
    outs.push(flow("out-unknown", Cloth::Unknown, say.not_accounted(), unaccounted_w)?);
    ins.retain(|f| f.power_w > 0);
    outs.retain(|f| f.power_w > 0);
    Ok(Balance { ins, outs, total_w: in_w.max(out_w), used_w, lost_w, unaccounted_w })
}

/// What no meter explains of one side, in per cent of the larger one; `None` up to a twentieth, which counts as lost in wires.
pub fn unaccounted_percent(power: &PowerNow) -> Option<i64> {
    let wide = |parts: &[i64]| parts.iter().fold(0_i128, |sum, w| sum + i128::from(*w));
    let ins = wide(&[power.sun_w, power.battery_out_w, power.traded_in_w, power.grid_in_w, power.generator_w]);
    let used = wide(&[power.homes_w, power.battery_in_w, power.common_w, power.traded_out_w, power.grid_out_w, power.curtailed_w]);
    let open = (ins - used - i128::from(power.loss_w)).abs();
    let is_named = open * i128::from(NAMED_FROM) > ins;
    let percent = number::percent_of(i64::try_from(open).ok()?, i64::try_from(ins.max(1)).ok()?);
    percent.filter(|_| is_named && open > 0)
}

fn flow(id: &'static str, cloth: Cloth, name: &'static str, power_w: i64) -> Result<Flow, ViewError> {
    if power_w < 0 {
        return Err(ViewError::NegativeFlow { flow: id, power_w });
    }
    Ok(Flow { id, cloth, name, power_w })
}

fn sum(flows: &[Flow]) -> Result<i64, ViewError> {
    flows.iter().try_fold(0_i64, |sum, f| sum.checked_add(f.power_w)).ok_or(ViewError::TooLarge("in or out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Say = Say::new(message::Language::En);

    fn check(power: PowerNow) -> Balance {
        let balance = balance(&power, EN).expect("no flow is negative");
        assert_eq!(sum(&balance.ins), Ok(balance.total_w));
        assert_eq!(sum(&balance.outs), Ok(balance.total_w));
        assert_eq!(balance.used_w + balance.lost_w + balance.unaccounted_w, balance.total_w);
        balance
    }

    #[test]
    fn in_is_out_plus_losses_for_any_numbers() {
        let mut seed = 7_i64;
        let mut next = || {
            seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
            seed / 65_536 % 900 * (seed % 3)
        };
        for _ in 0..2_000 {
            check(PowerNow {
                sun_w: next(),
                battery_out_w: next(),
                traded_in_w: next(),
                grid_in_w: next(),
                generator_w: next(),
                homes_w: next(),
                common_w: next(),
                battery_in_w: next(),
                traded_out_w: next(),
                grid_out_w: next(),
                curtailed_w: next(),
                loss_w: next(),
                unserved_w: next(),
            });
        }
    }

    #[test]
    fn a_twentieth_is_lost_and_more_is_not_accounted_for() {
        let small = check(PowerNow { sun_w: 1000, homes_w: 950, ..PowerNow::default() });
        assert_eq!((small.lost_w, small.unaccounted_w), (50, 0));
        assert_eq!(unaccounted_percent(&PowerNow { sun_w: 1000, homes_w: 950, ..PowerNow::default() }), None);
        assert_eq!(unaccounted_percent(&PowerNow { sun_w: 1000, homes_w: 900, ..PowerNow::default() }), Some(10));
        assert_eq!(unaccounted_percent(&PowerNow { sun_w: 1000, homes_w: 1200, ..PowerNow::default() }), Some(20));
        let large = check(PowerNow { sun_w: 1000, homes_w: 949, ..PowerNow::default() });
        assert_eq!((large.lost_w, large.unaccounted_w), (0, 51));
    }

    #[test]
    fn more_out_than_in_is_an_unseen_source() {
        let b = check(PowerNow { sun_w: 1000, homes_w: 1200, ..PowerNow::default() });
        assert_eq!(b.ins.last().map(|f| (f.id, f.power_w)), Some(("in-unknown", 200)));
    }

    #[test]
    fn absurd_flows_are_refused() {
        let negative = PowerNow { sun_w: -1, ..PowerNow::default() };
        assert_eq!(balance(&negative, EN).map_err(|e| e.code()), Err("flow_negative"));
        let huge = PowerNow { sun_w: i64::MAX, grid_in_w: 1, ..PowerNow::default() };
        assert_eq!(balance(&huge, EN).map_err(|e| e.code()), Err("sum_too_large"));
    }
}
