use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const START: Instant = Instant(1_757_887_200_000);
const ARRIVED: Instant = Instant(START.0 + 960_000);

fn meter(number: i64) -> MeterNo {
    MeterNo::new(number).expect("a meter")
}

fn reading(number: i64, consumption: i64, generation: i64, quality: Quality) -> Reading {
    Reading { meter: meter(number), start: START, consumption: WattHours(consumption), generation: WattHours(generation), quality }
}

fn block() -> Block {
    Block::new(START, Step::Min15).expect("aligned")
}

fn bytes(block: &Block) -> Vec<u8> {
    let mut out = Vec::new();
    block.encode(&mut out);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each case is a list of `word` of a quality and consumption for one meter, merged one after the other, and what becomes of them.
#[test]
fn readings_replace_each_other_as_they_weigh() {
    use MergeOutcome::{Accepted, Corrected, Duplicate, IgnoredEstimate, ReplacedEstimate, Superseded};
    for (steps, expected, versions) in [
        ("measured:5 measured:5 late:5", vec![Accepted, Duplicate, Duplicate], "5"),
        ("measured:5 measured:6 measured:6", vec![Accepted, Corrected { version: 2 }, Duplicate], "5 6"),
        ("measured:5 measured:6 measured:5", vec![Accepted, Corrected { version: 2 }, Superseded { version: 1 }], "5 6"),
        ("measured:5 measured:6 measured:7", vec![Accepted, Corrected { version: 2 }, Corrected { version: 3 }], "5 6 7"),
        ("estimated:5 measured:6", vec![Accepted, ReplacedEstimate { version: 2 }], "5 6"),
        ("estimated:5 measured:5", vec![Accepted, ReplacedEstimate { version: 2 }], "5 5"),
        ("estimated:5 spread:6 measured:7", vec![Accepted, ReplacedEstimate { version: 2 }, ReplacedEstimate { version: 3 }], "5 6 7"),
        ("measured:5 estimated:6 spread:6", vec![Accepted, IgnoredEstimate, IgnoredEstimate], "5"),
        ("spread:5 estimated:6", vec![Accepted, IgnoredEstimate], "5"),
        ("estimated:5 estimated:6", vec![Accepted, Corrected { version: 2 }], "5 6"),
        ("estimated:5 measured:6 measured:5", vec![Accepted, ReplacedEstimate { version: 2 }, Corrected { version: 3 }], "5 6 5"),
        ("register:5 rollover:6", vec![Accepted, Corrected { version: 2 }], "5 6"),
    ] {
        let readings: Vec<Reading> = steps
            .split(' ')
            .map(|step| {
                let (word, value) = step.split_once(':').expect("a pair");
                reading(9, value.parse().expect("a number"), 1, Quality::parse(word).expect("a quality"))
            })
            .collect();
        let (mut one_by_one, mut at_once) = (block(), block());
        let outcomes: Vec<MergeOutcome> =
            readings.iter().flat_map(|reading| one_by_one.merge(std::slice::from_ref(reading), ARRIVED).expect("merges")).collect();
        assert_eq!(outcomes, expected, "{steps}");
        assert_eq!(at_once.merge(&readings, ARRIVED), Ok(expected), "{steps}");
        assert_eq!(one_by_one, at_once);
        let kept: Vec<String> = at_once.versions(meter(9)).iter().map(|version| version.consumption.0.to_string()).collect();
        assert_eq!(kept.join(" "), versions, "{steps}");
        assert_eq!(at_once.columns().version, [u32::try_from(kept.len()).expect("few")]);
    }
}

#[test]
fn an_older_version_can_be_restored() {
    let mut block = block();
    block.merge(&[reading(3, 5, 0, Quality::Measured), reading(3, 6, 0, Quality::Measured)], ARRIVED).expect("merges");
    assert_eq!(block.restore(meter(3), 2, ARRIVED), None);
    assert_eq!(block.restore(meter(4), 1, ARRIVED), None);
    assert_eq!(block.restore(meter(3), 1, ARRIVED.plus_ms(1500)), Some(3));
    let versions: Vec<(i64, i64)> = block.versions(meter(3)).iter().map(|v| (v.consumption.0, v.received_at.ms_since(ARRIVED))).collect();
    assert_eq!(versions, [(5, 0), (6, 0), (5, 1000)]);
    assert_eq!(block.restore(meter(3), 1, ARRIVED), None);
}

#[test]
fn what_does_not_belong_is_refused_whole() {
    let good = reading(1, 1, 1, Quality::Measured);
    let mut block = block();
    for (bad, code) in [
        (Reading { start: START.plus_ms(900_000), ..good }, "block_other_interval"),
        (reading(2, -1, 0, Quality::Measured), "block_negative"),
        (reading(2, 0, -1, Quality::Measured), "block_negative"),
    ] {
        assert_eq!(block.merge(&[good, bad], ARRIVED).map_err(|error| error.code()), Err(code));
    }
    let unsorted = [reading(2, 1, 1, Quality::Measured), good];
    assert_eq!(block.merge(&unsorted, ARRIVED), Err(BlockError::Unsorted { meter: meter(1) }));
    assert!(block.columns().is_empty());
    assert_eq!(Block::new(START.plus_ms(1), Step::Min15), Err(BlockError::Start { start: START.plus_ms(1) }));
}

/// These bytes are stored: they may never change. A new layout gets a new first byte and new vectors beside these.
#[test]
fn golden_vectors_of_layout_1() {
    let mut golden = block();
    assert_eq!(hex(&bytes(&golden)), "010f90b7f81b0000801fe0b3");
    golden
        .merge(
            &[
                reading(1, 12, 0, Quality::Measured),
                reading(2, 300, 5, Quality::Measured),
                reading(203, 70_000, 25_000, Quality::Late),
                reading(204, 40, 0, Quality::Estimated),
            ],
            ARRIVED,
        )
        .expect("merges");
    assert_eq!(hex(&bytes(&golden)), GOLDEN_PLAIN);
    golden.merge(&[reading(2, 301, 5, Quality::Measured), reading(204, 41, 2, Quality::Register)], START.plus_ms(90_000_000)).expect("merges");
    assert_eq!(hex(&bytes(&golden)), GOLDEN_CORRECTED);
}

const GOLDEN_PLAIN: &str = "010f90b7f81b040101c901010cac02f0a204280005a8c301000200010101020478001594a207";
const GOLDEN_CORRECTED: &str =
    "010f90b7f81b040101c901010cad02f0a204290005a8c3010202000101010301780198f00a01780198f00a020101ac02050078020128000278299e6156";

#[test]
fn golden_bytes_mean_what_they_meant() {
    let unhex: Vec<u8> =
        GOLDEN_CORRECTED.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ascii"), 16).expect("hex")).collect();
    let block = Block::decode(&unhex).expect("golden");
    assert_eq!((block.start(), block.step()), (START, Step::Min15));
    let mut columns = BlockColumns::default();
    columns.decode_into(&unhex).expect("golden");
    assert_eq!(&columns, block.columns());
    let readings: Vec<Reading> = columns.readings().collect();
    assert_eq!(
        readings,
        [
            reading(1, 12, 0, Quality::Measured),
            reading(2, 301, 5, Quality::Measured),
            reading(203, 70_000, 25_000, Quality::Late),
            reading(204, 41, 2, Quality::Register),
        ]
    );
    assert_eq!(columns.version, [1, 2, 1, 2]);
    let first = block.versions(meter(204))[0];
    assert_eq!(first, Version { consumption: WattHours(40), generation: WattHours(0), quality: Quality::Estimated, received_at: ARRIVED });
    assert_eq!(block.versions(meter(204))[1].received_at, START.plus_ms(90_000_000));
}

#[test]
fn damage_is_told() {
    let mut block = block();
    block.merge(&[reading(1, 12, 0, Quality::Measured), reading(2, 300, 5, Quality::Measured)], ARRIVED).expect("merges");
    let good = bytes(&block);
    let code = |bytes: &[u8]| Block::decode(bytes).map_err(|error| error.code()).map(|_| "fine");
    assert_eq!(code(&good), Ok("fine"));
    assert_eq!(code(&[]), Err("block_cut"));
    assert_eq!(code(&[1]), Err("block_cut"));
    assert_eq!(code(&[2, 0, 0, 0, 0]), Err("block_layout"));
    for at in 1..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert_eq!(code(&bad), Err("block_check_sum"), "byte {at}");
        assert!(code(&good[..at]).is_err(), "cut at {at}");
    }
    let mut columns = BlockColumns::default();
    columns.decode_into(&good).expect("good");
    assert!(columns.decode_into(&good[..5]).is_err() && columns.is_empty());
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let energy = prop_oneof![4 => 0i64..200, 3 => 0i64..30_000, 1 => 0i64..=i64::MAX];
    let number = prop_oneof![8 => 1i64..60, 1 => 1i64..=i64::MAX];
    (number, energy.clone(), energy, 0usize..6).prop_map(|(number, c, g, q)| reading(number, c, g, Quality::ALL[q]))
}

fn any_batch() -> impl Strategy<Value = Vec<Reading>> {
    proptest::collection::vec(any_reading(), 0..80).prop_map(|mut readings| {
        readings.sort_by_key(|reading| reading.meter);
        readings
    })
}

fn any_block() -> impl Strategy<Value = Block> {
    proptest::collection::vec((any_batch(), -10_000_000i64..1_000_000_000), 0..4).prop_map(|batches| {
        let mut block = block();
        for (batch, delay_ms) in batches {
            block.merge(&batch, ARRIVED.plus_ms(delay_ms)).expect("merges");
        }
        block
    })
}

proptest! {
    #[test]
    fn bytes_give_the_block_back(block in any_block()) {
        let bytes = bytes(&block);
        prop_assert_eq!(&Block::decode(&bytes).expect("decodes"), &block);
        let mut columns = BlockColumns::default();
        columns.decode_into(&bytes).expect("decodes");
        prop_assert_eq!(&columns, block.columns());
    }

    #[test]
    fn merging_again_changes_nothing(mut block in any_block(), batch in any_batch(), later in 0i64..1_000_000_000) {
        block.merge(&batch, ARRIVED).expect("merges");
        let once = block.clone();
        let outcomes = block.merge(&batch, ARRIVED.plus_ms(later)).expect("merges");
        prop_assert_eq!(block, once);
        for outcome in outcomes {
            let is_without_effect = matches!(outcome, MergeOutcome::Duplicate | MergeOutcome::Superseded { .. } | MergeOutcome::IgnoredEstimate);
            prop_assert!(is_without_effect, "{:?}", outcome);
        }
    }

    #[test]
    fn the_order_of_meters_does_not_matter(mut block in any_block(), batch in any_batch(), cut in 0i64..60) {
        let mut other = block.clone();
        block.merge(&batch, ARRIVED).expect("merges");
        let (low, high): (Vec<Reading>, Vec<Reading>) = batch.into_iter().partition(|reading| reading.meter.get() < cut);
        other.merge(&high, ARRIVED).expect("merges");
        other.merge(&low, ARRIVED).expect("merges");
        prop_assert_eq!(block, other);
    }

    /// A second account, kept the simplest way: a list of values per meter.
    #[test]
    fn every_version_is_kept(batches in proptest::collection::vec(any_batch(), 0..4)) {
        let mut block = block();
        let mut book: BTreeMap<MeterNo, Vec<(i64, i64, u8)>> = BTreeMap::new();
        for batch in &batches {
            block.merge(batch, ARRIVED).expect("merges");
            for reading in batch {
                let chain = book.entry(reading.meter).or_default();
                let value = (reading.consumption.0, reading.generation.0, reading.quality.rank());
                if chain.last().is_none_or(|last| last.2 <= value.2) && !chain.contains(&value) {
                    chain.push(value);
                }
            }
        }
        prop_assert_eq!(block.columns().meters.clone(), book.keys().copied().collect::<Vec<_>>());
        for (meter, chain) in book {
            let kept: Vec<_> = block.versions(meter).iter().map(|v| (v.consumption.0, v.generation.0, v.quality.rank())).collect();
            prop_assert_eq!(kept, chain);
        }
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Block::decode(&bytes).is_err());
        // Behind the check sum too: whatever decodes has to encode to something that means the same.
        bytes.splice(0..0, [1, 15]);
        let mut columns = BlockColumns::default();
        let block = codec::decode_block_body(&bytes);
        prop_assert_eq!(codec::decode_columns_body(&bytes, &mut columns).is_ok(), block.is_ok());
        if let Ok(block) = block {
            let mut again = Vec::new();
            block.encode(&mut again);
            prop_assert_eq!(Block::decode(&again), Ok(block));
        }
    }

    #[test]
    fn changed_bytes_never_panic(block in any_block(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let good = bytes(&block);
        let mut body = good[..good.len() - 4].to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let mut columns = BlockColumns::default();
        let decoded = codec::decode_block_body(&body);
        prop_assert_eq!(codec::decode_columns_body(&body, &mut columns).is_ok(), decoded.is_ok());
    }
}
