//! Bytes that never change. The vectors in `golden.txt` were made by a separate program from the documented layout.

use domain::{AccountNo, ClusterId, TransferNo};
use ledger::{Cause, CauseKind, Currency, IdempotencyKey, RecordError, Transfer, TransferCode, TransferKind};
use quantity::{BusinessDay, Instant};

const GOLDEN: &str = include_str!("golden.txt");

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

fn key(part: &[u8]) -> IdempotencyKey {
    IdempotencyKey::derive(&[part])
}

/// The transfers of `golden.txt`, by name.
fn transfers() -> Vec<(&'static str, i64, Transfer)> {
    let no = |number| TransferNo::new(number).expect("a number");
    let account = |number| AccountNo::new(number).expect("a number");
    let cause = |kind, a, b| Cause { kind, a, b };
    let posted = Transfer {
        no: no(1),
        leaf_no: 0,
        debit: account(1),
        credit: account(2),
        amount: 500,
        currency: Currency::Zmw,
        code: TransferCode::TopUp,
        kind: TransferKind::Posted,
        cause: cause(CauseKind::Payment, 4711, 0),
        key: key(b"a"),
        business_on: BusinessDay(20_345),
        booked_at: Instant(1_757_887_200_000),
        actor: 17,
        linked: false,
    };
    let pending = Transfer {
        no: no(2),
        leaf_no: 1,
        debit: account(2),
        credit: account(3),
        amount: 24,
        code: TransferCode::Purchase,
        kind: TransferKind::Pending { expires_at: None },
        cause: cause(CauseKind::Purchase, 3, 0),
        key: key(b"b"),
        booked_at: Instant(1_757_887_200_001),
        actor: 0,
        ..posted
    };
    let until = Transfer {
        no: no(3),
        leaf_no: 2,
        amount: 256,
        kind: TransferKind::Pending { expires_at: Some(Instant(1_757_973_600_000)) },
        key: key(b"c"),
        booked_at: Instant(1_757_887_200_002),
        ..pending
    };
    let post = Transfer {
        no: no(4),
        leaf_no: 5,
        amount: 65_536,
        kind: TransferKind::Post { pending: no(3) },
        key: key(b"d"),
        business_on: BusinessDay(20_346),
        booked_at: Instant(1_757_887_200_003),
        linked: true,
        ..pending
    };
    let void = Transfer { no: no(5), leaf_no: 6, amount: 24, kind: TransferKind::Void { pending: no(2) }, key: key(b"e"), linked: false, ..post };
    let reversal = Transfer {
        no: no(6),
        leaf_no: 7,
        debit: account(2),
        credit: account(1),
        code: TransferCode::Reversal,
        kind: TransferKind::Reversal { of: no(1) },
        cause: cause(CauseKind::Correction, 20_345, 2),
        key: key(b"f"),
        business_on: BusinessDay(20_346),
        booked_at: Instant(1_757_887_200_004),
        actor: 3,
        ..posted
    };
    let energy = Transfer {
        no: no(7),
        leaf_no: 8,
        debit: account(40),
        credit: account(41),
        amount: 12_345,
        currency: Currency::EnergyWh,
        code: TransferCode::Energy,
        cause: cause(CauseKind::SettlementDay, 20_345, 1),
        key: key(b"g"),
        booked_at: Instant(1_757_887_200_005),
        actor: 0,
        ..posted
    };
    let carbon = Transfer {
        no: no(8),
        leaf_no: 9,
        debit: account(50),
        credit: account(51),
        amount: 1,
        currency: Currency::CarbonG,
        code: TransferCode::Carbon,
        cause: cause(CauseKind::Reading, 203, 1_757_887_200_000),
        key: key(b"h"),
        booked_at: Instant(1_757_887_200_006),
        ..energy
    };
    let largest = Transfer {
        no: no(i64::MAX),
        leaf_no: i64::MAX,
        debit: account(i64::MAX - 1),
        credit: account(i64::MAX),
        amount: i64::MAX,
        currency: Currency::Zmw,
        code: TransferCode::Other,
        kind: TransferKind::Pending { expires_at: Some(Instant(i64::MAX)) },
        cause: cause(CauseKind::Correction, i64::MAX, i64::MIN),
        key: IdempotencyKey([0xff; 16]),
        business_on: BusinessDay(i32::MAX),
        booked_at: Instant(i64::MAX),
        actor: i64::MAX,
        linked: true,
    };
    let smallest = Transfer {
        no: no(1),
        leaf_no: 0,
        debit: account(1),
        credit: account(2),
        amount: 1,
        currency: Currency::Zmw,
        code: TransferCode::EnergyDay,
        kind: TransferKind::Posted,
        cause: cause(CauseKind::None, -1, i64::MIN),
        key: IdempotencyKey([0; 16]),
        business_on: BusinessDay(i32::MIN),
        booked_at: Instant(i64::MIN),
        actor: -1,
        linked: false,
    };
    vec![
        ("posted", 7, posted),
        ("pending", 7, pending),
        ("pending_until", 7, until),
        ("post", 7, post),
        ("void", 7, void),
        ("reversal", 7, reversal),
        ("energy", 7, energy),
        ("carbon", 7, carbon),
        ("largest", i64::MAX, largest),
        ("smallest", 1, smallest),
    ]
}

fn encoded(cluster: i64, transfer: &Transfer) -> Vec<u8> {
    let mut bytes = Vec::new();
    transfer.encode(ClusterId::new(cluster).expect("an id"), &mut bytes);
    bytes
}

#[test]
fn records_are_the_golden_bytes() {
    let lines: Vec<Vec<&str>> = GOLDEN.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('|').map(str::trim).collect()).collect();
    let transfers = transfers();
    assert_eq!(lines.len(), transfers.len());
    for (line, (name, cluster, transfer)) in lines.iter().zip(&transfers) {
        let cluster_id = ClusterId::new(*cluster).expect("an id");
        let bytes = encoded(*cluster, transfer);
        assert_eq!([*name, &hex(&bytes)], [line[0], line[1]]);
        assert_eq!(hex(&transfer.leaf_hash(cluster_id, &mut vec![1, 2, 3])), line[2], "{name}");
        assert_eq!(hex(&transfer.digest()), line[3], "{name}");
        assert_eq!(transfer.digest(), transfer.command().digest());
        assert_eq!(Transfer::decode(&unhex(line[1])), Ok((cluster_id, *transfer)), "{name}");
    }
}

#[test]
fn keys_are_derived_from_parts_with_their_lengths() {
    let derive = |parts: &[&[u8]]| hex(&IdempotencyKey::derive(parts).0);
    assert_eq!(derive(&[]), "e3b0c44298fc1c149afbf4c8996fb924");
    assert_eq!(derive(&[b""]), "af5570f5a1810b7af78caf4bc70a660f");
    assert_eq!(derive(&[b"energy", b"7"]), "f43e68a1b09aa009e7db494e952ccaf5");
    assert_eq!(derive(&[b"energy7"]), "790b8d56af45f87f88976377ab855145");
}

#[test]
fn every_field_is_in_the_record_and_in_the_leaf_hash() {
    let (_, cluster, transfer) = transfers().remove(2);
    let no = |number| TransferNo::new(number).expect("a number");
    let account = |number| AccountNo::new(number).expect("a number");
    let changed = [
        Transfer { no: no(99), ..transfer },
        Transfer { leaf_no: 99, ..transfer },
        Transfer { debit: account(99), ..transfer },
        Transfer { credit: account(99), ..transfer },
        Transfer { amount: 99, ..transfer },
        Transfer { currency: Currency::CarbonG, ..transfer },
        Transfer { code: TransferCode::Other, ..transfer },
        Transfer { kind: TransferKind::Pending { expires_at: None }, ..transfer },
        Transfer { kind: TransferKind::Reversal { of: no(1) }, ..transfer },
        Transfer { cause: Cause { kind: CauseKind::Trade, ..transfer.cause }, ..transfer },
        Transfer { cause: Cause { a: 99, ..transfer.cause }, ..transfer },
        Transfer { cause: Cause { b: 99, ..transfer.cause }, ..transfer },
        Transfer { key: IdempotencyKey([9; 16]), ..transfer },
        Transfer { business_on: BusinessDay(99), ..transfer },
        Transfer { booked_at: Instant(99), ..transfer },
        Transfer { actor: 99, ..transfer },
        Transfer { linked: true, ..transfer },
    ];
    let bytes = encoded(cluster, &transfer);
    assert_ne!(bytes, encoded(cluster + 1, &transfer));
    for other in changed {
        let other_bytes = encoded(cluster, &other);
        assert_ne!(bytes, other_bytes, "{other:?}");
        assert_eq!(Transfer::decode(&other_bytes).expect("readable").1, other);
    }
}

#[test]
fn other_bytes_are_refused_with_their_reason() {
    let (_, cluster, transfer) = transfers().remove(0);
    let good = encoded(cluster, &transfer);
    let code = |bytes: &[u8]| Transfer::decode(bytes).expect_err("refused").code();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(code(&[]), "record_malformed");
    for end in 0..good.len() {
        assert_eq!(code(&good[..end]), "record_malformed", "cut at {end}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(code(&longer), "record_not_canonical");
    assert_eq!(code(&with(0, 0x95)), "record_malformed");
    assert_eq!(code(&with(1, 2)), "record_version_unknown");
    assert_eq!(Transfer::decode(&with(2, 2)), Err(RecordError::Kind { kind: 2 }));
    assert_eq!(Transfer::decode(&with(4, 0)), Err(RecordError::Field { field: "number" }));
    assert_eq!(Transfer::decode(&with(3, 0)), Err(RecordError::Field { field: "cluster" }));
    // The version written in two bytes where one would do.
    let mut long_form = good.clone();
    long_form.splice(1..2, [0x18, 0x01]);
    assert_eq!(code(&long_form), "record_not_canonical");
}

proptest::proptest! {
    #[test]
    fn reading_never_panics_and_never_guesses(bytes: Vec<u8>, at in 0_usize..80, byte: u8) {
        let _ = Transfer::decode(&bytes);
        for (_, cluster, transfer) in transfers() {
            let mut changed = encoded(cluster, &transfer);
            let at = at % changed.len();
            changed[at] = byte;
            if let Ok((cluster, read)) = Transfer::decode(&changed) {
                let mut again = Vec::new();
                read.encode(cluster, &mut again);
                proptest::prop_assert_eq!(again, changed);
            }
        }
    }
}
