use super::*;
use proptest::prelude::*;
use std::io::Write;

const INTERVAL: &str = "meter_id,interval_start,consumption_wh,generation_wh";
const REGISTER: &str = "meter_id,read_at,consumption_register_wh,generation_register_wh";

/// Each line of the file as `meter start consumption generation`, or as the code of its refusal.
fn lines_of(bytes: &[u8]) -> Result<Vec<String>, FileError> {
    let mut reader = CsvReader::new(bytes)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line()? {
        lines.push(match line {
            Line::Interval(row) => {
                format!("{} {} {} {} {}", row.line, row.values.meter_id, row.values.start, row.values.consumption, row.values.generation)
            }
            Line::Register(row) => {
                format!("{} {} {} {} {} {:?}", row.line, row.meter_id, row.read_at, row.consumption, row.generation, row.register_max)
            }
            Line::Refused(row) => format!("{} {} {}", row.line, row.meter_id, row.reason.code()),
        });
    }
    Ok(lines)
}

fn one(header: &str, row: &str) -> String {
    lines_of(format!("{header}\n{row}\n").as_bytes()).expect("a file").join(" | ")
}

fn failure(bytes: &[u8]) -> &'static str {
    lines_of(bytes).expect_err("refused").code()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

#[test]
fn rows_are_read() {
    for (header, row, expected) in [
        (INTERVAL, "A,2025-09-15T00:00:00+02:00,12,3", "2 A 2025-09-14T22:00:00Z 12 3"),
        (INTERVAL, " A , 2025-09-15T00:00:00Z , 12 , 0 \r", "2 A 2025-09-15T00:00:00Z 12 0"),
        (INTERVAL, "\"A,\"\"x\"\"\",\"2025-09-15T00:00:00Z\",+12,007", "2 A,\"x\" 2025-09-15T00:00:00Z 12 7"),
        (INTERVAL, "\n\nA,2025-09-15T00:00:00Z,1,-0", "4 A 2025-09-15T00:00:00Z 1 0"),
        ("Note,generation_wh,CONSUMPTION_WH,interval_start,\"meter_id\"", "n,3,12,2025-09-15T00:00:00Z,A", "2 A 2025-09-15T00:00:00Z 12 3"),
        (REGISTER, "A,2025-09-15T00:00:02Z,99999999,5", "2 A 2025-09-15T00:00:02Z 99999999 5 None"),
        (
            "register_max_wh,generation_register_wh,consumption_register_wh,read_at,meter_id",
            "999999,5,7,2025-09-15T00:00:00Z,A",
            "2 A 2025-09-15T00:00:00Z 7 5 Some(999999)",
        ),
    ] {
        assert_eq!(one(header, row), expected, "{row}");
    }
}

#[test]
fn rows_are_refused() {
    for (row, expected) in [
        ("A,2025-09-15T00:00:00Z,12", "2 A row_malformed"),
        ("A,2025-09-15T00:00:00Z,12,3,4", "2 A row_malformed"),
        ("A;2025-09-15T00:00:00Z;12;3", "2 A;2025-09-15T00:00:00Z;12;3 row_malformed"),
        (",2025-09-15T00:00:00Z,12,3", "2  row_malformed"),
        ("\"A,2025-09-15T00:00:00Z,12,3", "2  row_malformed"),
        ("A,2025-09-15 00:00,12,3", "2 A timestamp_invalid"),
        ("A,2025-09-15T00:00:00,12,3", "2 A timestamp_invalid"),
        ("A,,12,3", "2 A timestamp_invalid"),
        ("A,2025-09-15T00:00:00Z,,3", "2 A value_invalid"),
        ("A,2025-09-15T00:00:00Z,12,3.5", "2 A value_invalid"),
        ("A,2025-09-15T00:00:00Z,1e3,3", "2 A value_invalid"),
        ("A,2025-09-15T00:00:00Z,1234567890123456,3", "2 A value_invalid"),
        ("A,2025-09-15T00:00:00Z,NaN,3", "2 A value_invalid"),
        ("A,2025-09-15T00:00:00Z,12,-3", "2 A value_negative"),
        ("A,2025-09-15T00:00:00Z,-0.5,3", "2 A value_negative"),
    ] {
        assert_eq!(one(INTERVAL, row), expected, "{row}");
    }
    assert_eq!(one(&format!("{INTERVAL},received_at"), "A,2025-09-15T00:00:00Z,1,2,noon"), "2 A timestamp_invalid");
    assert_eq!(one(&format!("{REGISTER},register_max_wh"), "A,2025-09-15T00:00:00Z,1,2,many"), "2 A value_invalid");
    let mut bytes = format!("{INTERVAL}\n").into_bytes();
    bytes.extend_from_slice(b"A\xff,2025-09-15T00:00:00Z,1,2\nB,2025-09-15T00:00:00Z,1,2");
    assert_eq!(lines_of(&bytes).expect("a file"), ["2  row_malformed", "3 B 2025-09-15T00:00:00Z 1 2"]);
}

#[test]
fn files_are_refused() {
    assert_eq!(failure(b""), "file_empty");
    assert_eq!(failure(b"\n \n"), "file_empty");
    assert_eq!(failure(format!("{INTERVAL}\n\n").as_bytes()), "file_empty");
    assert_eq!(failure(b"PK\x03\x04\x00\x00"), "file_not_text");
    assert_eq!(failure(b"\xff\xfem\0e\0"), "file_not_text");
    assert_eq!(failure(b"m\xe9ter,b\nx,y\n"), "file_not_text");
    assert_eq!(failure(b"\x1f\x8b\x08\x00garbage that is no gzip at all"), "file_damaged");
    let limited = CsvReader::with_limit(format!("{INTERVAL}\nA,2025-09-15T00:00:00Z,1,2\n").as_bytes(), 60).map(|mut reader| {
        while reader.next_line()?.is_some() {}
        Ok::<_, FileError>(())
    });
    assert_eq!(limited.and_then(|end| end).expect_err("too large").code(), "file_too_large");
    for (header, message) in [
        ("meter_id,consumption_wh", "interval_start, generation_wh missing"),
        ("meter_id,read_at,consumption_wh,generation_wh", "consumption_register_wh, generation_register_wh missing"),
        ("meter_id;interval_start", "its columns are separated by semicolons, save the file with commas"),
        ("meter_id,meter_id,interval_start,consumption_wh,generation_wh", "meter_id stands there twice"),
    ] {
        let error = lines_of(format!("{header}\nA,b\n").as_bytes()).expect_err("refused");
        assert_eq!(error.code(), "header_wrong");
        assert_eq!(error.to_string(), format!("the header is wrong: {message}; the file has: {header}"));
    }
}

#[test]
fn a_disk_that_fails_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("a broken disk"))
        }
    }
    let text = format!("{INTERVAL}\nA,2025-09-15T00:00:00Z,1,2\nB,2025-09-");
    let mut reader = CsvReader::new(text.as_bytes().chain(Broken)).expect("a header");
    assert!(matches!(reader.next_line(), Ok(Some(Line::Interval(_)))));
    assert_eq!(reader.next_line().expect_err("broken").code(), "io");
}

#[test]
fn packed_is_as_plain_and_a_cut_is_found() {
    let mut text = format!("\u{feff}{INTERVAL}\r\n");
    for slot in 0..60_000 {
        text.push_str(&format!("M-{},2025-09-15T{:02}:{:02}:00+02:00,{slot},0\r\n", slot % 7, slot / 4 % 24, slot % 4 * 15));
    }
    let plain = lines_of(text.as_bytes()).expect("plain");
    assert_eq!((plain.len(), plain[59_999].as_str()), (60_000, "60001 M-2 2025-09-15T21:45:00Z 59999 0"));
    let mut packed = gzip(text.as_bytes());
    assert_eq!(lines_of(&packed).expect("packed"), plain);
    assert_eq!(failure(&packed[..packed.len() / 2]), "file_truncated");
    assert_eq!(failure(&packed[..packed.len() - 1]), "file_truncated");
    let last = packed.len() - 6;
    packed[last] ^= 1;
    assert_eq!(failure(&packed), "file_damaged");
}

#[test]
fn lines_without_end_take_no_memory() {
    let mut text = format!("{INTERVAL}\n{}\nA,2025-09-15T00:00:00Z,1,2\n", "x".repeat(3 << 20));
    assert_eq!(lines_of(text.as_bytes()).expect("a file"), ["2  row_malformed", "3 A 2025-09-15T00:00:00Z 1 2"]);
    text.truncate(text.len() - 40);
    assert_eq!(lines_of(text.as_bytes()).expect("a file"), ["2  row_malformed"]);
}

#[test]
fn offset_step_and_other_columns_are_found() {
    let file = |rows: &str| {
        let reader = CsvReader::new(format!("{INTERVAL},note\n{rows}").as_bytes()).map(|reader| {
            let step = reader.step().map(|step| step.map(Step::minutes)).map_err(|error| error.to_string());
            (reader.offset().map(UtcOffset::minutes), step, reader.ignored_columns().join(","))
        });
        reader.expect("a file")
    };
    let note = || "note".to_owned();
    assert_eq!(file("A,2025-09-15T00:00:00+02:00,1,2,\n"), (Some(120), Ok(None), note()));
    assert_eq!(
        file("A,x,1,2,\nA,2025-09-15T00:00:00-07:00,1,2,\nB,2025-09-15T00:00:00Z,1,2,\nA,2025-09-15T01:00:00-07:00,1,2,\n"),
        (Some(-420), Ok(Some(60)), note())
    );
    let of_minutes = |minutes: &[i64]| -> String { minutes.iter().map(|m| format!("A,2025-09-15T{:02}:{:02}:00Z,1,2,\n", m / 60, m % 60)).collect() };
    assert_eq!(file(&of_minutes(&[0, 30, 60, 67, 90, 120])).1, Ok(Some(30)));
    let unknown = "the rows of a meter are 600 seconds apart; the step must be 15, 30 or 60 minutes";
    assert_eq!(file(&of_minutes(&[0, 10, 20])).1, Err(unknown.to_owned()));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = lines_of(&bytes);
        let mut behind_header = format!("{INTERVAL}\n").into_bytes();
        behind_header.extend_from_slice(&bytes);
        let _ = lines_of(&behind_header);
    }

    #[test]
    fn every_line_is_a_row_or_refused(rows in proptest::collection::vec("[A-C0-9,\":TZ+-]{1,30}", 1..20)) {
        let text = format!("{INTERVAL}\n{}", rows.join("\n"));
        prop_assert_eq!(lines_of(text.as_bytes()).expect("a file").len(), rows.len());
    }
}
