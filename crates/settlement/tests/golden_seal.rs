//! Sealed bytes never change: golden vectors, round trips and tampering.

use domain::{Band, ClusterId, Connection};
use quantity::{Instant, PricePerKwh, Step, WattHours, Watts};
use settlement::seal::{MemberInput, SealError, SealInput, SealWriter, SealedPrices, SealedReading, SealedRecord};
use settlement::{
    Battery, BatteryContent, Grid, ImportPrices, IntervalInput, PriceRule, RuleSet, Scratch, Settlement, SharingKey, distribute_energy,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Example {
    rule: RuleSet,
    prices: SealedPrices,
    readings: Vec<Vec<SealedReading>>,
    plant: Vec<SealedReading>,
}

fn reading(meter: i64, consumption: i64, generation: i64) -> SealedReading {
    SealedReading { meter, consumption, generation, quality: 0, version: 0 }
}

fn example() -> Example {
    Example {
        rule: RuleSet {
            version: 3,
            sharing_key: SharingKey::ContributionTiers,
            price_rule: PriceRule::MidMarket,
            service_charge: PricePerKwh(20),
            outage_cap: PricePerKwh(250),
            battery: Some(Battery::new(WattHours(10_000), Watts(3_000))),
            ..RuleSet::new(Connection::OnePoint)
        },
        prices: SealedPrices::Bands(vec![
            Band { up_to: Some(WattHours(100_000)), price: PricePerKwh(85) },
            Band { up_to: None, price: PricePerKwh(639) },
        ]),
        readings: vec![
            vec![reading(1, 120, 0)],
            vec![reading(2, 30, 250), SealedReading { quality: 2, version: 1, ..reading(4, 10, 0) }],
            vec![reading(3, 900, 0)],
        ],
        plant: vec![reading(9, 0, 700)],
    }
}

fn seal(example: &Example, writer: &mut SealWriter) -> (Vec<u8>, Vec<u8>, [u8; 32]) {
    let sum = |pick: fn(&SealedReading) -> i64| example.readings.iter().map(|of| of.iter().map(pick).sum()).collect::<Vec<i64>>();
    let (consumption, generation) = (sum(|r| r.consumption), sum(|r| r.generation));
    let (weights, bought, claims) = ([2, 5, 3], [99_990, 0, 250_000], vec![0, 40, 0]);
    let SealedPrices::Bands(bands) = &example.prices else { unreachable!("bands above") };
    let input = IntervalInput {
        step: Step::Min15,
        grid: Grid::Available,
        plant: WattHours(example.plant.iter().map(|r| r.generation).sum()),
        consumption: &consumption,
        generation: &generation,
        weights: &weights,
        import: ImportPrices::EachHome { bands, before: &bought },
        export: PricePerKwh(80),
    };
    let mut content = BatteryContent { common: 2_500, claims: claims.clone() };
    let mut settlement = Settlement::default();
    distribute_energy(&example.rule, &input, &mut content, &mut Scratch::default(), &mut settlement).expect("valid");
    let members: Vec<MemberInput<'_>> = (0..3)
        .map(|at| MemberInput {
            member: at as i64 + 1,
            weight: weights[at],
            claim_before: claims[at],
            bought_before: bought[at],
            readings: &example.readings[at],
        })
        .collect();
    let sealed = writer.seal(&SealInput {
        cluster: ClusterId::new(4_242).expect("an id"),
        start: Instant(1_757_930_400_000),
        step: Step::Min15,
        version: 1,
        rule: &example.rule,
        grid: Grid::Available,
        plant: &example.plant,
        prices: &example.prices,
        bought_together: 0,
        export: PricePerKwh(80),
        common_before: 2_500,
        members: &members,
        settlement: &settlement,
        seed: *b"0123456789abcdef",
    });
    (sealed.header.to_vec(), sealed.body.to_vec(), sealed.leaf)
}

#[test]
fn golden_record() {
    let (header, body, leaf) = seal(&example(), &mut SealWriter::default());
    let golden = include_str!("golden_seal.txt");
    let found = format!("header {}\nbody {}\nleaf {}\n", hex(&header), hex(&body), hex(&leaf));
    assert_eq!(found, golden, "sealed bytes changed: that needs a new format version, never a new golden vector");
}

#[test]
fn a_record_can_be_read_and_settled_again() {
    let (header, body, leaf) = seal(&example(), &mut SealWriter::default());
    let record = SealedRecord::decode(&header, &body).expect("reads back");
    assert_eq!(record.rule, example().rule);
    assert_eq!(record.lines.len(), 3);
    assert_eq!(record.lines[1].readings[1].quality, 2);
    assert_eq!(SealedRecord::leaf(&header), leaf);
    record.recompute(&header, &body).expect("the same result");
}

#[test]
fn every_changed_byte_is_noticed() {
    let (header, body, leaf) = seal(&example(), &mut SealWriter::default());
    for at in 0..body.len() {
        let mut forged = body.clone();
        forged[at] ^= 1;
        assert!(SealedRecord::decode(&header, &forged).is_err(), "body byte {at}");
    }
    for at in 0..header.len() {
        let mut forged = header.clone();
        forged[at] ^= 1;
        assert_ne!(SealedRecord::leaf(&forged), leaf, "header byte {at}");
    }
}

/// A forger who rewrites a line and the root is caught by settling again.
#[test]
fn a_resealed_lie_does_not_recompute() {
    let example = example();
    let mut writer = SealWriter::default();
    let (header, body, _) = seal(&example, &mut writer);
    let record = SealedRecord::decode(&header, &body).expect("reads back");
    let mut lie = record.clone();
    lie.lines[0].flows.import_cost -= 100;
    assert!(matches!(lie.recompute(&header, &body), Err(SealError::Result { member: 1, .. })));
}

#[test]
fn a_member_proves_the_own_line_alone() {
    let (header, body, _) = seal(&example(), &mut SealWriter::default());
    let record = SealedRecord::decode(&header, &body).expect("reads back");
    for member in 1..=3 {
        let proof = record.line_proof(&body, member).expect("a member");
        assert!(proof.holds(&record.root));
        let mut other = proof.clone();
        other.line[3] ^= 1;
        assert!(!other.holds(&record.root));
    }
    assert!(record.line_proof(&body, 9).is_none());
}
