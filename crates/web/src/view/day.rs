//! One day's settled intervals, and what each member got.

use askama::Template;

use super::ViewError;
use super::frame::{Frame, Place, day_href, statement_href};
use super::parts::{self, Cell, PartRow, ProofView, Table};
use crate::chart::{self, Cloth, Svg};
use crate::input::{DayInput, IntervalFlows, IntervalRow};
use crate::reader::Reader;
use crate::text::{number, sentence};
use message::Say;

/// Hours of one part of the day; each part opens on its own, so that a phone need not scroll through 96 cards.
const PART_MINUTES: i64 = 180;

/// The page.
#[derive(Debug, Template)]
#[template(path = "day.html")]
pub struct DayView {
    /// Around.
    pub frame: Frame,
    /// The headline.
    pub headline: String,
    /// How many intervals are settled.
    pub under: String,
    /// The day before, or empty.
    pub previous: String,
    /// The day after, or empty.
    pub next: String,
    /// `In 34.0 kWh`.
    pub in_total: String,
    /// What came in.
    pub in_bar: Svg,
    /// Its parts.
    pub ins: Vec<PartRow>,
    /// `Out 34.0 kWh`.
    pub out_total: String,
    /// What went out.
    pub out_bar: Svg,
    /// Its parts.
    pub outs: Vec<PartRow>,
    /// Totals by name.
    pub totals: Table,
    /// Whether In = Out in each interval.
    pub check: String,
    /// Class of the check's note.
    pub check_class: &'static str,
    /// Intervals by three hours.
    pub parts: Vec<DayPart>,
    /// Members.
    pub members: Table,
    /// How we know.
    pub proof: ProofView,
}

/// Three hours.
#[derive(Debug)]
pub struct DayPart {
    /// `06:00 to 09:00`.
    pub title: String,
    /// Its intervals.
    pub table: Table,
}

/// Builds the page.
///
/// # Errors
/// [`ViewError::TooLarge`] when a sum does not fit.
pub fn day(input: &DayInput, reader: &Reader) -> Result<DayView, ViewError> {
    let head = &input.cluster;
    let say = reader.say;
    let date = say.date_long(input.on);
    let frame = Frame::of_cluster(reader, &date, head, &input.now, Place::Home);
    let link = |on: Option<_>| on.map(|d| day_href(&head.code, d)).unwrap_or_default();
    let settled = input.intervals.iter().filter(|i| i.flows.is_some()).count();
    // A day that has one after it is over: nothing on it can be old.
    let frame = if input.next_on.is_some() { frame.closed(settled == input.intervals.len()) } else { frame };
    let broken = input.intervals.iter().filter(|i| i.flows.is_some_and(|f| !is_balanced(&f))).count();
    let sum = total(&input.intervals)?;
    let (ins, outs) = sides(&sum, say);
    Ok(DayView {
        headline: say.day_used(&date, served(&sum)),
        under: counted(input, say),
        previous: link(input.previous_on),
        next: link(input.next_on),
        in_total: say.in_total(&number::kwh(side_sum(&ins)?)),
        in_bar: chart::split_bar(&bar(&ins), say.in_by_source()),
        ins: rows(&ins),
        out_total: say.out_total(&number::kwh(side_sum(&outs)?)),
        out_bar: chart::split_bar(&bar(&outs), say.out_by_use()),
        outs: rows(&outs),
        totals: totals_table(&sum, say),
        check: match (settled, broken) {
            (0, _) => say.nothing_settled().to_owned(),
            (_, 0) => say.all_balanced().to_owned(),
            (_, n) => say.intervals_not_balanced(count(n)),
        },
        check_class: match (settled, broken) {
            (0, _) => "is-flat",
            (_, 0) => "is-good",
            _ => "is-bad",
        },
        parts: day_parts(input, say),
        members: members_table(input, say),
        proof: parts::proof(&input.proof, say),
        frame,
    })
}

/// How far the day is settled.
fn counted(input: &DayInput, say: Say) -> String {
    let step_ms = input.step_minutes.max(1).saturating_mul(60_000);
    let Some(last) = input.intervals.iter().rfind(|i| i.flows.is_some()) else { return String::new() };
    let is_gapless = input.intervals.iter().all(|i| i.flows.is_some());
    match is_gapless && count(input.intervals.len()).saturating_mul(input.step_minutes) >= 1_440 {
        true => say.day_counted().to_owned(),
        false => say.day_counted_until(last.start_at.saturating_add(step_ms)),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Whether all that came in went out: made + battery + bought = served + stored + sold + not used.
pub fn is_balanced(f: &IntervalFlows) -> bool {
    let wide = |parts: &[i64]| parts.iter().fold(0_i128, |sum, n| sum + i128::from(*n));
    wide(&[f.made_wh, f.discharged_wh, f.imported_wh, f.unserved_wh]) == wide(&[f.used_wh, f.charged_wh, f.exported_wh, f.curtailed_wh])
}

fn total(intervals: &[IntervalRow]) -> Result<IntervalFlows, ViewError> {
    let add = |a: i64, b: i64| a.checked_add(b).ok_or(ViewError::TooLarge("day"));
    intervals.iter().filter_map(|i| i.flows).try_fold(IntervalFlows::default(), |s, f| {
        Ok(IntervalFlows {
            made_wh: add(s.made_wh, f.made_wh)?,
            used_wh: add(s.used_wh, f.used_wh)?,
            self_wh: add(s.self_wh, f.self_wh)?,
            shared_wh: add(s.shared_wh, f.shared_wh)?,
            charged_wh: add(s.charged_wh, f.charged_wh)?,
            discharged_wh: add(s.discharged_wh, f.discharged_wh)?,
            exported_wh: add(s.exported_wh, f.exported_wh)?,
            imported_wh: add(s.imported_wh, f.imported_wh)?,
            curtailed_wh: add(s.curtailed_wh, f.curtailed_wh)?,
            unserved_wh: add(s.unserved_wh, f.unserved_wh)?,
        })
    })
}

/// What was used: what was wanted and not served was not. Every figure of the page called "used" is this one.
const fn served(flows: &IntervalFlows) -> i64 {
    flows.used_wh.saturating_sub(flows.unserved_wh)
}

/// A part of a side: cloth, name, Wh.
type Part = (Cloth, &'static str, i64);

/// The day's In and Out; what was not served is in neither.
fn sides(sum: &IntervalFlows, say: Say) -> (Vec<Part>, Vec<Part>) {
    let shown = |parts: Vec<Part>| parts.into_iter().filter(|(_, _, wh)| *wh > 0).collect();
    (
        shown(vec![
            (Cloth::Sun, say.sun(), sum.made_wh),
            (Cloth::Battery, say.battery_giving(), sum.discharged_wh),
            (Cloth::Grid, say.grid_bought(), sum.imported_wh),
        ]),
        shown(vec![
            (Cloth::Homes, say.homes(), served(sum)),
            (Cloth::Battery, say.battery_filling(), sum.charged_wh),
            (Cloth::Sold, say.sold_to_grid(), sum.exported_wh),
            (Cloth::Loss, say.sun_not_used(), sum.curtailed_wh),
        ]),
    )
}

fn side_sum(parts: &[Part]) -> Result<i64, ViewError> {
    parts.iter().try_fold(0_i64, |sum, (_, _, wh)| sum.checked_add(*wh)).ok_or(ViewError::TooLarge("day"))
}

fn bar(parts: &[Part]) -> Vec<(Cloth, i64)> {
    parts.iter().map(|(cloth, _, wh)| (*cloth, *wh)).collect()
}

fn rows(parts: &[Part]) -> Vec<PartRow> {
    parts
        .iter()
        .map(|(cloth, name, wh)| PartRow { id: "", swatch: cloth.swatch(), name, note: String::new(), amount: number::kwh(*wh), power_w: *wh })
        .collect()
}

fn totals_table(sum: &IntervalFlows, say: Say) -> Table {
    let mut table = Table::of_numbers(say.day_table(), &[say.col_what(), say.col_kwh(), say.col_wh()]);
    for (name, wh) in [
        (say.made(), sum.made_wh),
        (say.used(), served(sum)),
        (say.self_used(), sum.self_wh),
        (say.shared(), sum.shared_wh),
        (say.battery_filling(), sum.charged_wh),
        (say.battery_giving(), sum.discharged_wh),
        (say.grid_bought(), sum.imported_wh),
        (say.sold_to_grid(), sum.exported_wh),
        (say.sun_not_used(), sum.curtailed_wh),
        (say.not_served_short(), sum.unserved_wh),
    ] {
        table.push(vec![name.into(), number::kwh_bare(wh).into(), number::whole(wh).into()]);
    }
    table
}

fn day_parts(input: &DayInput, say: Say) -> Vec<DayPart> {
    let per_part = usize::try_from(PART_MINUTES / input.step_minutes.clamp(1, PART_MINUTES)).unwrap_or(1);
    input
        .intervals
        .chunks(per_part.max(1))
        .map(|rows| {
            let (first, last) = (rows[0].start_at, rows[rows.len() - 1].start_at);
            let step_ms = input.step_minutes.saturating_mul(60_000);
            let end = last.saturating_add(step_ms);
            let settled: Vec<&IntervalFlows> = rows.iter().filter_map(|r| r.flows.as_ref()).collect();
            let sum = |of: fn(&IntervalFlows) -> i64| settled.iter().fold(0_i64, |sum, f| sum.saturating_add(of(f)));
            let sums = (!settled.is_empty()).then(|| (sum(|f| f.made_wh), sum(served)));
            let title = sentence::day_part(say, first, end, sums);
            DayPart { table: interval_table(rows, say), title }
        })
        .collect()
}

fn interval_table(rows: &[IntervalRow], say: Say) -> Table {
    let mut table = Table::of_numbers(
        format!("{}, Wh", say.intervals()),
        &[
            say.col_from(),
            say.made(),
            say.used(),
            say.self_used_short(),
            say.shared_short(),
            say.stored_short(),
            say.given_short(),
            say.sold_short(),
            say.bought_short(),
            say.not_served_short(),
            say.col_price(),
            say.col_seal(),
        ],
    )
    .as_cards();
    for row in rows {
        table.push(interval_cells(row, say));
    }
    table
}

fn interval_cells(row: &IntervalRow, say: Say) -> Vec<Cell> {
    let mut notes = Vec::new();
    if row.is_outage {
        notes.push(say.grid_off().to_owned());
    }
    if row.estimated_meters > 0 {
        notes.push(say.meters_estimated(row.estimated_meters));
    }
    if row.sealed_version > 1 {
        notes.push(say.corrected().to_owned());
    }
    let start = Cell::noted(say.clock(row.start_at), notes.join(", "));
    let Some(f) = row.flows else {
        let mut cells = vec![start, say.not_settled().into()];
        cells.resize(12, Cell::default());
        return cells;
    };
    let mut cells = vec![start];
    cells.extend(
        [f.made_wh, served(&f), f.self_wh, f.shared_wh, f.charged_wh, f.discharged_wh, f.exported_wh, f.imported_wh, f.unserved_wh]
            .map(|wh| Cell::from(number::whole(wh))),
    );
    cells.push(row.ngwee_per_kwh.map(number::money).unwrap_or_default().into());
    let seal = row.sealed_hash_hex.as_deref().map(number::hash_short);
    cells.push(seal.unwrap_or_else(|| say.open().to_owned()).into());
    cells
}

fn members_table(input: &DayInput, say: Say) -> Table {
    let mut table = Table::of_numbers(
        format!("{}, kWh", say.date_long(input.on)),
        &[
            say.col_house(),
            say.used(),
            say.own_sun(),
            say.our_plant(),
            say.from_neighbours(),
            say.to_neighbours(),
            say.battery(),
            say.grid(),
            say.not_served_short(),
            say.col_money(),
        ],
    )
    .as_cards();
    for m in &input.members {
        let mut name = Cell::link(say.house_no(&m.no.to_string()), statement_href(&input.cluster.code, m.no));
        name.note = m.alias.clone();
        let mut cells = vec![name];
        cells.extend(
            [m.used_wh, m.self_wh, m.plant_wh, m.received_wh, m.given_wh, m.battery_wh, m.imported_wh, m.unserved_wh]
                .map(|wh| Cell::from(number::kwh_bare(wh))),
        );
        cells.push(number::money(m.money_ngwee).into());
        table.push(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_balances_to_the_wh() {
        let f = IntervalFlows {
            made_wh: 500,
            used_wh: 400,
            self_wh: 100,
            shared_wh: 200,
            charged_wh: 150,
            discharged_wh: 0,
            exported_wh: 50,
            imported_wh: 80,
            curtailed_wh: 0,
            unserved_wh: 20,
        };
        assert!(is_balanced(&f));
        assert!(!is_balanced(&IntervalFlows { imported_wh: 81, ..f }));
    }

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let row = |made_wh| IntervalRow {
            start_at: 0,
            flows: Some(IntervalFlows { made_wh, ..IntervalFlows::default() }),
            estimated_meters: 0,
            is_outage: false,
            ngwee_per_kwh: None,
            sealed_hash_hex: None,
            sealed_version: 1,
        };
        assert_eq!(total(&[row(i64::MAX), row(1)]), Err(ViewError::TooLarge("day")));
    }
}
