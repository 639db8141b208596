//! Avoided carbon: mine and the group's, by month, by one named method.

use message::{NBSP, Say};

use super::frame::{Frame, Place};
use super::parts::{Cell, Table};
use super::sheets::{Block, Sheet, SheetsView};
use crate::input::CalendarMonth;
use crate::input::carbon::{CarbonInput, CarbonMonthInput};
use crate::reader::Reader;
use crate::text::{number, sentence};

/// Builds the page.
pub fn carbon(input: &CarbonInput, reader: &Reader) -> SheetsView {
    let frame = Frame::of_cluster(reader, reader.say.carbon_page(), &input.cluster, &input.now, Place::Home);
    let say = frame.say;
    let present = of_month(&input.all, input.month);
    let headline = match present {
        Some(month) if month.avoided_g > 0 => say.carbon_now(&mass(month.avoided_g)),
        _ => say.carbon_nothing().to_owned(),
    };
    let lead = if present.is_none() { say.carbon_nothing_step() } else { "" };
    let mut view = SheetsView::new(frame, headline).lead(lead);
    if let Some(own) = &input.own {
        view = view.sheet(months(Sheet::new(say.my_home()).mine().id("mine"), own, input.month, say));
    }
    view.sheet(months(Sheet::new(say.carbon_group()).id("group"), &input.all, input.month, say)).beside(how(input, say))
}

fn of_month(months: &[CarbonMonthInput], month: CalendarMonth) -> Option<&CarbonMonthInput> {
    months.iter().find(|found| found.month == month)
}

/// A mass: grams below a kilogram.
fn mass(grams: i64) -> String {
    if grams.abs() < 1_000 { format!("{grams}{NBSP}g") } else { number::kilograms(grams) }
}

fn months(sheet: Sheet, months: &[CarbonMonthInput], present: CalendarMonth, say: Say) -> Sheet {
    let Some(last) = months.last() else {
        return sheet.with(Block::Blank("i-sun", say.carbon_nothing().to_owned(), say.carbon_nothing_step().to_owned()));
    };
    let now = of_month(months, present);
    let solar = now.map_or(0, |month| month.solar_wh);
    let sheet = sheet.with(Block::Figure(mass(now.map_or(0, |month| month.avoided_g)), say.carbon_month(solar)));
    let count = i64::try_from(months.len()).unwrap_or(i64::MAX);
    let sum = months.iter().map(|month| month.avoided_g).fold(0_i64, i64::saturating_add);
    let mut table = Table::of_numbers(say.carbon_by_month(), &[say.col_month(), say.col_sun_used(), say.col_avoided()]);
    for month in months.iter().rev() {
        table.push(vec![
            say.month_year_short(month.month).into(),
            Cell::noted(number::kwh(month.solar_wh), say.carbon_factor(&mass(month.grams_per_kwh))),
            mass(month.avoided_g).into(),
        ]);
    }
    let sheet = if months.len() > 1 || last.month != present { sheet.say(say.carbon_months(&mass(sum), count)) } else { sheet };
    sheet.with(Block::Table(table))
}

/// What is counted, by which method, and what it is not.
fn how(input: &CarbonInput, say: Say) -> Sheet {
    let mut sheet = Sheet::new(say.carbon_how())
        .say(say.carbon_how_what())
        .say(say.carbon_how_once())
        .say(say.carbon_how_method(&sentence::carbon_method(say, &input.method)));
    // One line for each factor that the months use.
    let mut last: Option<(i64, i32)> = None;
    for month in input.all.iter().rev() {
        if last != Some((month.grams_per_kwh, month.factor_year)) {
            let year = month.factor_year.to_string();
            sheet = sheet.say(say.carbon_how_factor(&mass(month.grams_per_kwh), &year));
            if i32::from(month.month.year()) > month.factor_year && last.is_none() {
                sheet = sheet.with(Block::Quiet(say.carbon_how_older(&year)));
            }
            sheet = sheet.with(Block::Quiet(format!("{} {}", say.carbon_how_source(), month.source)));
            last = Some((month.grams_per_kwh, month.factor_year));
        }
    }
    sheet.with(Block::Note("is-info", vec![say.carbon_estimate().to_owned()]))
}
