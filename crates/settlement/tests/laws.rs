//! The laws of sharing as properties, and golden intervals.

use domain::{Band, Connection};
use proptest::prelude::*;
use quantity::{PricePerKwh, Ratio, Step, WattHours, Watts};
use settlement::{
    Battery, BatteryContent, Filling, Grid, ImportPrices, IntervalInput, Mix, PriceRule, RuleSet, Scratch, Settlement, SharingKey, distribute_energy,
    laws,
};

#[derive(Debug, Clone)]
struct Case {
    rule: RuleSet,
    grid: Grid,
    plant: i64,
    members: Vec<(i64, i64, u64, i64)>,
    banded: bool,
    import: i64,
    export: i64,
    content: (i64, Vec<i64>),
}

fn bands() -> Vec<Band> {
    vec![
        Band { up_to: Some(WattHours(1_000)), price: PricePerKwh(40) },
        Band { up_to: Some(WattHours(3_000)), price: PricePerKwh(85) },
        Band { up_to: None, price: PricePerKwh(639) },
    ]
}

fn settle(case: &Case) -> (Settlement, BatteryContent) {
    let column = |pick: fn(&(i64, i64, u64, i64)) -> i64| case.members.iter().map(pick).collect::<Vec<_>>();
    let (consumption, generation, before) = (column(|m| m.0), column(|m| m.1), column(|m| m.3));
    let weights: Vec<u64> = case.members.iter().map(|m| m.2).collect();
    let bands = bands();
    let import = if case.banded { ImportPrices::EachHome { bands: &bands, before: &before } } else { ImportPrices::Flat(PricePerKwh(case.import)) };
    let input = IntervalInput {
        step: Step::Min15,
        grid: case.grid,
        plant: WattHours(case.plant),
        consumption: &consumption,
        generation: &generation,
        weights: &weights,
        import,
        export: PricePerKwh(case.export),
    };
    let mut content = BatteryContent { common: case.content.0, claims: case.content.1.clone() };
    let before = content.total();
    let mut out = Settlement::default();
    distribute_energy(&case.rule, &input, &mut content, &mut Scratch::default(), &mut out).expect("a valid interval");
    let held = laws::check_interval(&case.rule, &input, &out, before);
    assert!(held.all(), "{held:?} in {case:?}\n{out:?}");
    (out, content)
}

fn rules() -> impl Strategy<Value = RuleSet> {
    let connection = prop_oneof![Just(Connection::OnePoint), Just(Connection::OffGrid), Just(Connection::Separate)];
    let key = prop_oneof![Just(SharingKey::Equal), Just(SharingKey::Static), Just(SharingKey::Consumption), Just(SharingKey::Hybrid(Mix::half()))];
    let price =
        prop_oneof![Just(PriceRule::MidMarket), Just(PriceRule::SupplyDemandRatio), (0i64..400).prop_map(|p| PriceRule::Fixed(PricePerKwh(p)))];
    let battery = proptest::option::of((1i64..20_000, 1i64..10_000, 5i64..=10, 0i64..=10));
    (connection, key, price, battery, any::<bool>(), any::<bool>(), 0i64..60, 0i64..400).prop_map(
        |(connection, sharing_key, price_rule, battery, can_island, by_need, service, cap)| RuleSet {
            can_island,
            sharing_key,
            price_rule,
            service_charge: PricePerKwh(service),
            filling: if by_need { Filling::ByNeed } else { Filling::Equal },
            outage_cap: PricePerKwh(cap),
            battery: battery.filter(|_| connection != Connection::Separate).map(|(capacity, power, tenths, reserve)| Battery {
                efficiency: Ratio::new(tenths, 10).expect("a ratio"),
                reserve: WattHours(capacity * reserve / 10),
                ..Battery::new(WattHours(capacity), Watts(power))
            }),
            ..RuleSet::new(connection)
        },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let member = (0i64..3_000, prop_oneof![Just(0i64), 0i64..3_000], 0u64..6_000, 0i64..4_000);
    let members = proptest::collection::vec(member, 1..40);
    (rules(), any::<bool>(), prop_oneof![Just(0i64), 0i64..40_000], members, any::<bool>(), 0i64..400, 0i64..400, 0i64..=100).prop_map(
        |(rule, outage, plant, mut members, banded, import, export, filled)| {
            members[0].2 += 1;
            let capacity = rule.battery.map_or(0, |battery| battery.capacity.0);
            let stored = capacity * filled / 100;
            let claim = stored / 3 / members.len() as i64;
            let content = (stored - claim * members.len() as i64, vec![claim; members.len()]);
            let content = if rule.battery.is_none() { (0, vec![0; members.len()]) } else { content };
            Case { rule, grid: if outage { Grid::Outage } else { Grid::Available }, plant, members, banded, import, export, content }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn all_laws_hold(case in cases()) {
        settle(&case);
    }

    #[test]
    fn nothing_is_exported_while_a_member_imports(mut case in cases()) {
        case.rule.connection = Connection::OnePoint;
        case.grid = Grid::Available;
        case.banded = false;
        case.export = case.export.min(case.import);
        let (out, _) = settle(&case);
        prop_assert!(out.totals.exported == 0 || out.totals.imported == 0);
    }

    /// Permuting the members permutes the result, save for the single units that do not divide.
    #[test]
    fn the_order_of_members_does_not_matter(case in cases(), turn in 0usize..40) {
        let mut turned = case.clone();
        let turn = turn % case.members.len();
        turned.members.rotate_left(turn);
        turned.content.1.rotate_left(turn);
        let (out, content) = settle(&case);
        let (mut other, other_content) = settle(&turned);
        other.members.rotate_right(turn);
        prop_assert_eq!(out.totals.generation, other.totals.generation);
        // A single unit of a tie may fall on a member who cannot use or pass it on: totals move by at most one Wh a member.
        let units = case.members.len() as i64;
        for (x, y) in [
            (out.totals.shared, other.totals.shared),
            (out.totals.imported, other.totals.imported),
            (out.totals.discharged, other.totals.discharged),
            (content.total(), other_content.total()),
        ] {
            prop_assert!((x - y).abs() <= units, "{out:?}\n{other:?}");
        }
        for (a, b) in out.members.iter().zip(&other.members) {
            for (x, y) in [(a.entitlement, b.entitlement), (a.received, b.received), (a.given, b.given), (a.imported, b.imported)] {
                prop_assert!((x - y).abs() <= 3, "{a:?}\n{b:?}");
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_result(case in cases()) {
        prop_assert_eq!(settle(&case), settle(&case));
    }

    /// Without a plant or battery, an interval on a flat tariff never costs a member more than being alone.
    #[test]
    fn nobody_pays_more_than_alone(mut case in cases()) {
        case.rule.connection = Connection::OnePoint;
        case.rule.battery = None;
        case.grid = Grid::Available;
        case.banded = false;
        case.content = (0, vec![0; case.members.len()]);
        let (out, _) = settle(&case);
        for flows in &out.members {
            let (need, spare) = (flows.consumption - flows.self_used, flows.generation - flows.self_used);
            prop_assert!(flows.energy_money() <= need * case.import - spare * case.export, "{flows:?}");
        }
    }

    /// All prices times k: the inside price times k, up to the rounding of one ngwee per kWh.
    #[test]
    fn prices_scale(mut case in cases(), k in 2i64..20) {
        case.banded = false;
        case.rule.price_rule = PriceRule::MidMarket;
        case.rule.battery = None;
        case.rule.service_charge = PricePerKwh(0);
        case.content = (0, vec![0; case.members.len()]);
        let mut scaled = case.clone();
        scaled.import *= k;
        scaled.export *= k;
        scaled.rule.outage_cap.0 *= k;
        let (a, b) = (settle(&case).0, settle(&scaled).0);
        prop_assert_eq!(a.given, b.given);
        prop_assert!((b.given_money - k * a.given_money).abs() <= a.given * k);
    }
}

/// Two members, a plant of 100 Wh in equal parts, one in need and one not: the whole cascade by hand.
#[test]
fn golden_interval() {
    let case = Case {
        rule: RuleSet { service_charge: PricePerKwh(10), ..RuleSet::new(Connection::OnePoint) },
        grid: Grid::Available,
        plant: 101,
        members: vec![(200, 20, 1, 0), (10, 40, 1, 0)],
        banded: false,
        import: 200,
        export: 100,
        content: (0, vec![0, 0]),
    };
    let (out, _) = settle(&case);
    let [needy, giver] = [out.members[0], out.members[1]];
    // Entitlements 51 and 50; the needy uses 20 of its own and its 51, lacks 129; the giver has 30 own and 50 entitled to give.
    assert_eq!([needy.self_used, needy.own_share, needy.received, needy.imported], [20, 51, 80, 49]);
    assert_eq!([giver.self_used, giver.own_share, giver.given, giver.exported], [10, 0, 80, 0]);
    assert_eq!([needy.given_cost, needy.import_cost, needy.service_charge], [80 * 150, 49 * 200, (51 + 80) * 10]);
    assert_eq!(giver.given_revenue, 80 * 150);
}

/// Where an export earns more than the neighbour's band costs, nothing is given.
#[test]
fn nothing_is_given_below_the_floor() {
    let mut case = Case {
        rule: RuleSet::new(Connection::OnePoint),
        grid: Grid::Available,
        plant: 0,
        members: vec![(500, 0, 1, 0), (0, 500, 1, 0), (500, 0, 1, 5_000)],
        banded: true,
        import: 0,
        export: 159,
        content: (0, vec![0; 3]),
    };
    let (out, _) = settle(&case);
    // The first is in the lifeline band at 40 ngwee, the third pays 639: only the third is worth giving to.
    assert_eq!([out.members[0].received, out.members[2].received], [0, 500]);
    assert_eq!(out.members[2].given_cost, 500 * (639 + 159) / 2);
    case.members[2].3 = 0;
    assert_eq!(settle(&case).0.given, 0);
}
