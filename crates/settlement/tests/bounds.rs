//! At the declared bounds: nothing overflows, and what is too large is refused when it is set or before it is added up.

use domain::{Band, Connection};
use quantity::{Instant, Ngwee, PricePerKwh, Ratio, Step, UtcOffset, WattHours};
use settlement::posting::DayBill;
use settlement::{
    BandBasis, BatteryContent, Grid, ImportPrices, IntervalInput, MEMBERS_MAX, Mix, PriceSource, RuleError, RuleSet, Run, RunState, Scratch,
    Settlement, SharingKey, distribute_energy, laws,
};

const MOST: i64 = 1_000_000_000;
const DEAREST: PricePerKwh = PricePerKwh(1_000_000);

fn hybrid(num: i64, den: i64) -> RuleSet {
    let mix = Mix { fixed: Ratio::new(num, den).expect("a ratio") };
    RuleSet { sharing_key: SharingKey::Hybrid(mix), ..RuleSet::new(Connection::OnePoint) }
}

fn settle(rule: &RuleSet, import: ImportPrices<'_>, consumption: &[i64], weights: &[u64]) -> Settlement {
    let input = IntervalInput {
        step: Step::Min15,
        grid: Grid::Available,
        plant: WattHours(MOST),
        consumption,
        generation: &vec![0; consumption.len()],
        weights,
        import,
        export: PricePerKwh(0),
    };
    let mut out = Settlement::default();
    let mut content = BatteryContent::empty(consumption.len());
    distribute_energy(rule, &input, &mut content, &mut Scratch::default(), &mut out).expect("settles");
    assert!(laws::check_interval(rule, &input, &out, 0).all());
    out
}

/// A rule that was taken must never fail at midnight: the finest mix over the largest weights and use.
#[test]
fn a_hybrid_key_takes_the_largest_weights() {
    let rule = hybrid(333_333, 1_000_000);
    let weights = vec![i64::MAX.unsigned_abs() / 1_000; MEMBERS_MAX];
    assert_eq!(rule.check(&weights), Ok(()));
    let out = settle(&rule, ImportPrices::Flat(DEAREST), &vec![MOST; MEMBERS_MAX], &weights);
    assert!(out.members.iter().all(|flows| flows.entitlement == MOST / MEMBERS_MAX as i64));
    // Dropping low bits does not change the shares: two thirds by use, one third by weight.
    let out = settle(&rule, ImportPrices::Flat(DEAREST), &[MOST, 0], &[1 << 60, 1 << 60]);
    assert_eq!([out.members[0].entitlement, out.members[1].entitlement], [833_333_500, 166_666_500]);
}

#[test]
fn weights_that_cannot_be_added_are_refused_when_they_are_set() {
    let fixed = RuleSet { sharing_key: SharingKey::Static, ..RuleSet::new(Connection::OnePoint) };
    assert_eq!(fixed.check(&[u64::MAX]).map_err(|error| error.code()), Err("weight_too_large"));
    assert_eq!(fixed.check(&[1 << 62, 1 << 62]).map_err(|error| error.code()), Err("weight_too_large"));
    assert_eq!(hybrid(1, 1_000_001).check(&[1]), Err(RuleError::Mix));
}

#[test]
fn a_month_of_the_whole_connection_can_be_billed() {
    let bands = [Band { up_to: None, price: DEAREST }];
    let rule = RuleSet { band_basis: BandBasis::Connection, ..RuleSet::new(Connection::OnePoint) };
    let month = MOST * MEMBERS_MAX as i64 * 31 * 96;
    let out = settle(&rule, ImportPrices::Connection { bands: &bands, before: month }, &[MOST, MOST], &[1, 1]);
    assert_eq!(out.members.iter().map(|flows| flows.import_cost).sum::<i64>(), MOST * DEAREST.0);
}

#[test]
fn a_run_stops_before_its_sums_overflow() {
    let flat = PriceSource::Flat { import: DEAREST, export: PricePerKwh(0) };
    let run = |members: usize, energy: i64| {
        let rule = RuleSet::new(Connection::OnePoint);
        let mut run = Run::new(rule, flat.clone(), UtcOffset::LUSAKA, Step::Min15, vec![1; members], RunState::start(members));
        for at in 0..96 {
            run.interval(Instant(at * 900_000), Grid::Available, WattHours::ZERO, &vec![energy; members], &vec![0; members])?;
        }
        Ok(DayBill::of(Connection::OnePoint, &run.take_day().members).map(|bill| bill.utility_payable))
    };
    assert_eq!(run(MEMBERS_MAX, MOST).map_err(|error: settlement::RunError| error.code()), Err("run_too_large"));
    // A hundred homes at the limit of a meter of 100 kW stay far below, at any price.
    assert_eq!(run(100, 25_000).ok(), Some(Some(Ngwee(100 * 96 * 25_000 * DEAREST.0 / 1_000))));
}

#[test]
fn bands_of_a_connection_need_one() {
    let rule = RuleSet { band_basis: BandBasis::Connection, ..RuleSet::new(Connection::Separate) };
    assert_eq!(rule.check(&[1]), Err(RuleError::BandsNeedConnection));
}
