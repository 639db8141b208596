//! A member's statement: what I have or owe, the month alone against the group, my book, what I put in.

use askama::Template;

use super::ViewError;
use super::frame::{Frame, Place, day_href, statement_href};
use super::parts::{self, Cell, Glance, ProofView, Table};
use crate::chart::{self, Cloth, Compared, Svg};
use crate::input::{BookKind, BookLine, CalendarDate, MovedBook, Payback, Receipt, ReceiptKind, ReceiptLine, Stake, StatementInput};
use crate::reader::Reader;
use crate::text::{number, sentence};
use message::Say;

/// Money is rounded to the ngwee once per member and day, each line of the receipt once: a larger difference between
/// lines and total is a fault, not rounding.
const ROUNDING_MAX_NGWEE: i64 = 40;

/// The page.
#[derive(Debug, Template)]
#[template(path = "statement.html")]
pub struct StatementView {
    /// Around.
    pub frame: Frame,
    /// What I have or owe.
    pub headline: String,
    /// House, name and month.
    pub under: String,
    /// Figures.
    pub glance: Vec<Glance>,
    /// Other months.
    pub months: Vec<MonthLink>,
    /// Heading of the month's sheet: the receipt for a month, where there is one.
    pub receipt_title: String,
    /// Its number: group, house and month.
    pub receipt_no: String,
    /// Where the same stands ready for paper, with everything open.
    pub print_href: String,
    /// Whether it is shown so.
    pub is_print: bool,
    /// The receipt.
    pub receipt: Option<ReceiptView>,
    /// My book.
    pub book: BookView,
    /// Where money is taken out, for who may; or empty.
    pub cash_href: String,
    /// What I put in.
    pub stake: Option<StakeView>,
    /// That the figures of what I put in are of today, where the month shown is over.
    pub stake_as_of: &'static str,
    /// How long new parts are paid for.
    pub replacement: String,
    /// Days of the month.
    pub days: Table,
    /// How we know.
    pub proof: ProofView,
    /// Moves out of this book and into it.
    pub moves: Vec<MoveView>,
}

/// A move: what the book was closed or opened with, and the way to the other one.
#[derive(Debug)]
pub struct MoveView {
    /// Where to, or from.
    pub title: String,
    /// Since when.
    pub say: String,
    /// Sums with their names; none while the money waits.
    pub facts: Vec<(&'static str, String)>,
    /// That money waits, or the meters that went along; may be empty.
    pub note: String,
    /// Address of the other book, or empty.
    pub href: String,
}

/// A month to choose.
#[derive(Debug)]
pub struct MonthLink {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub label: String,
    /// Whether it is shown.
    pub is_current: bool,
}

/// The month's receipt.
#[derive(Debug)]
pub struct ReceiptView {
    /// Cheaper or dearer.
    pub say: String,
    /// What the extra money bought, or empty.
    pub bought: String,
    /// Class of the note: good or watch.
    pub class: &'static str,
    /// Alone against the group, where alone is known.
    pub chart: Option<Svg>,
    /// Where the energy came from.
    pub split: Svg,
    /// Its parts.
    pub sources: Vec<parts::PartRow>,
    /// How much came from inside, or empty.
    pub own: String,
    /// The lines.
    pub table: Table,
    /// Hours served.
    pub outages: String,
    /// Carbon avoided, or empty.
    pub carbon: String,
    /// Its method.
    pub carbon_method: String,
}

/// My book.
#[derive(Debug)]
pub struct BookView {
    /// The lines, days of a week together where there are many.
    pub table: Table,
    /// Every line, where the table takes days together.
    pub every: Option<Table>,
    /// What is not yet there, or empty.
    pub blank: &'static str,
    /// Lines and their check.
    pub known: String,
}

/// What I put in.
#[derive(Debug)]
pub struct StakeView {
    /// Whether anything is put in yet: without it there is no share and no return.
    pub is_paid: bool,
    /// What is still to be paid, or empty.
    pub open: String,
    /// Put in.
    pub contributed: String,
    /// Against the pledge.
    pub bar: Svg,
    /// Of the pledge.
    pub pledged: String,
    /// Share of the asset.
    pub share: String,
    /// The whole and its worth.
    pub asset: String,
    /// Saved so far, or "no comparison".
    pub saved: String,
    /// Payback.
    pub payback: String,
    /// Return a year.
    pub yearly: String,
}

impl StatementView {
    /// The same as it goes on paper: everything that opens is open.
    #[must_use]
    pub fn for_paper(self) -> Self {
        Self { is_print: true, ..self }
    }
}

/// Builds the page.
///
/// # Errors
/// [`ViewError::ReceiptDoesNotAdd`] and [`ViewError::BookDoesNotAdd`] rather than a page with wrong sums.
pub fn statement(input: &StatementInput, reader: &Reader) -> Result<StatementView, ViewError> {
    let head = &input.cluster;
    let say = reader.say;
    let title = say.house_no(&input.member_no.to_string());
    let is_own = reader.me.is_some_and(|me| me.home == Some(input.member_no));
    let frame = Frame::of_cluster(reader, &title, head, &input.now, if is_own { Place::Book } else { Place::Homes });
    let past = is_past(input);
    let frame = if past { frame.closed(is_whole(input)) } else { frame };
    let share_ppm = input.stake.map(|s| s.share_ppm);
    Ok(StatementView {
        headline: if past { sentence::standing_then(say, input.closing_ngwee, input.month) } else { sentence::standing(say, input.closing_ngwee) },
        under: format!("{title}, {}, {}", input.alias, say.month_long(input.month)),
        glance: glance(input, say),
        months: month_links(input, say),
        receipt_title: match (&input.receipt, past) {
            (None, _) => say.my_month().to_owned(),
            (Some(_), true) => say.receipt_for(input.month),
            (Some(_), false) => say.receipt_so_far(input.month),
        },
        receipt_no: say.receipt_no(&format!("{}-{}-{}", head.code, input.member_no, input.month)),
        print_href: format!("{}?month={}&print=1", statement_href(&head.code, input.member_no), input.month),
        is_print: false,
        receipt: input.receipt.as_ref().map(|r| receipt_view(r, share_ppm, say)).transpose()?,
        book: book_view(input, say)?,
        cash_href: String::new(),
        stake: input.stake.as_ref().map(|s| stake_view(s, say)),
        stake_as_of: if past { say.as_of_today() } else { "" },
        replacement: sentence::replacement(say, input.replacement),
        days: days_table(input, say),
        proof: parts::proof(&input.proof, say),
        moves: input.moves.iter().map(|moved| move_view(moved, say)).collect(),
        frame,
    })
}

/// Whether the month shown is over.
fn is_past(input: &StatementInput) -> bool {
    input.month < input.today_on.calendar_month()
}

/// Whether the month's last day is booked, or a later one is.
fn is_whole(input: &StatementInput) -> bool {
    let is_last = |on: CalendarDate| CalendarDate::new(input.month.year(), input.month.month(), on.day() + 1).is_none();
    input.months.iter().any(|month| *month > input.month) || input.days.last().is_some_and(|day| is_last(day.on))
}

fn glance(input: &StatementInput, say: Say) -> Vec<Glance> {
    let (yours, owe, note, month) = if is_past(input) {
        (say.you_had(), say.you_owed(), say.end_of_month(&say.month_year_short(input.month)), say.month_year_short(input.month))
    } else {
        (say.yours(), say.you_owe(), say.in_my_book().to_owned(), say.this_month().to_owned())
    };
    let mut out = vec![Glance {
        href: "#book",
        label: if input.closing_ngwee < 0 { owe } else { yours },
        value: number::money(input.closing_ngwee.saturating_abs()),
        note,
    }];
    if let Some(r) = &input.receipt {
        out.push(Glance {
            href: "#receipt",
            label: if r.total_ngwee < 0 { say.earned() } else { say.energy_cost() },
            value: number::money(r.total_ngwee.saturating_abs()),
            note: month.clone(),
        });
        out.push(Glance { href: "#receipt", label: say.used(), value: number::kwh(r.used_wh), note: month });
    }
    out
}

fn month_links(input: &StatementInput, say: Say) -> Vec<MonthLink> {
    if input.months.len() < 2 {
        return Vec::new();
    }
    let base = statement_href(&input.cluster.code, input.member_no);
    input
        .months
        .iter()
        .map(|m| MonthLink { href: format!("{base}?month={m}"), label: say.month_year_short(*m), is_current: *m == input.month })
        .collect()
}

fn receipt_view(receipt: &Receipt, share_ppm: Option<i64>, say: Say) -> Result<ReceiptView, ViewError> {
    let comparison = receipt.alone_ngwee.map(|alone| sentence::comparison(say, alone, receipt.total_ngwee));
    let is_dearer = receipt.alone_ngwee.is_some_and(|alone| receipt.total_ngwee > alone);
    let sentence = comparison.unwrap_or_else(|| say.no_alone().to_owned());
    let parts: Vec<(Cloth, i64)> = sources(receipt).map(|l| (cloth(l.kind), l.energy_wh)).collect();
    let split_say = split_sentence(receipt, say);
    Ok(ReceiptView {
        bought: [if is_dearer { sentence::bought(say, receipt.served_minutes, share_ppm) } else { String::new() }, kept(receipt, say)]
            .into_iter()
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        class: if is_dearer { "is-watch" } else { "is-good" },
        chart: receipt.alone_ngwee.map(|alone| compare_chart(alone, receipt.total_ngwee, &sentence, say)),
        split: chart::split_bar(&parts, &split_say),
        sources: sources(receipt).map(|l| source_row(l, say)).collect(),
        own: own_part(receipt, say),
        table: receipt_table(receipt, say)?,
        outages: sentence::outages(say, receipt.outage_minutes, receipt.served_minutes),
        carbon: receipt.carbon_avoided_g.map(|g| sentence::carbon(say, g)).unwrap_or_default(),
        carbon_method: sentence::carbon_method(say, &receipt.carbon_method),
        say: sentence,
    })
}

/// What was kept as credits, which the comparison counts as nothing; empty where nothing was.
fn kept(receipt: &Receipt, say: Say) -> String {
    let banked = receipt.lines.iter().filter(|line| line.kind == ReceiptKind::CreditsBanked).fold(0_i64, |sum, l| sum.saturating_add(l.energy_wh));
    if banked > 0 { say.month_kept(banked) } else { String::new() }
}

/// Lines that are energy the home used.
fn sources(receipt: &Receipt) -> impl Iterator<Item = &ReceiptLine> {
    receipt.lines.iter().filter(|l| l.energy_wh > 0 && !is_passed_on(l.kind))
}

/// Energy that the home did not use itself.
const fn is_passed_on(kind: ReceiptKind) -> bool {
    matches!(kind, ReceiptKind::GivenToNeighbours | ReceiptKind::GridSold | ReceiptKind::CreditsBanked | ReceiptKind::CreditsBoughtBack)
}

/// How much of the use came from anything but the grid and the generator.
fn own_part(receipt: &Receipt, say: Say) -> String {
    let own_wh = sources(receipt)
        .filter(|l| !matches!(l.kind, ReceiptKind::GridBought | ReceiptKind::Generator))
        .fold(0_i64, |sum, l| sum.saturating_add(l.energy_wh));
    sentence::my_own_part(say, own_wh, receipt.used_wh).unwrap_or_default()
}

fn source_row(line: &ReceiptLine, say: Say) -> parts::PartRow {
    parts::PartRow {
        id: "",
        swatch: cloth(line.kind).swatch(),
        name: sentence::receipt_line(say, line.kind),
        note: String::new(),
        amount: number::kwh(line.energy_wh),
        power_w: line.energy_wh,
    }
}

fn cloth(kind: ReceiptKind) -> Cloth {
    match kind {
        ReceiptKind::OwnSun | ReceiptKind::OurPlant => Cloth::Sun,
        ReceiptKind::FromNeighbours | ReceiptKind::GivenToNeighbours | ReceiptKind::TradedIn => Cloth::Neighbours,
        ReceiptKind::Battery => Cloth::Battery,
        ReceiptKind::Generator => Cloth::Generator,
        ReceiptKind::GridBought | ReceiptKind::CreditsUsed => Cloth::Grid,
        ReceiptKind::GridSold | ReceiptKind::CreditsBanked | ReceiptKind::CreditsBoughtBack => Cloth::Sold,
    }
}

fn split_sentence(receipt: &Receipt, say: Say) -> String {
    let names: Vec<String> = sources(receipt).map(|l| format!("{} {}", sentence::receipt_line(say, l.kind), number::kwh(l.energy_wh))).collect();
    if names.is_empty() {
        return say.no_use().to_owned();
    }
    say.you_used_from(&names.join(", "), receipt.used_wh)
}

/// Two bars. What is earned is a positive amount with a word; where both are earned, the longer bar is the better one.
fn compare_chart(alone: i64, total: i64, label: &str, say: Say) -> Svg {
    let named = |pays: &'static str, earns: &'static str, ngwee: i64| if ngwee < 0 { earns } else { pays };
    let sign = if alone <= 0 && total <= 0 { -1 } else { 1 };
    let bar = |name: &str, ngwee: i64, other: i64| Compared {
        name: name.to_owned(),
        amount: number::money(ngwee.saturating_abs()),
        ngwee: ngwee.saturating_mul(sign),
        is_least: ngwee < other,
    };
    let (one, both) = (named(say.alone(), say.alone_earned(), alone), named(say.in_the_group(), say.in_the_group_earned(), total));
    let bars = [bar(one, alone, total), bar(both, total, alone)];
    let label = format!("{label} {}: {}. {}: {}.", one, bars[0].amount, both, bars[1].amount);
    chart::compare(&bars, &label)
}

fn receipt_table(receipt: &Receipt, say: Say) -> Result<Table, ViewError> {
    let lines_ngwee =
        receipt.lines.iter().try_fold(receipt.service_charge_ngwee, |sum, l| sum.checked_add(l.money_ngwee)).ok_or(ViewError::TooLarge("receipt"))?;
    let rounding = receipt.total_ngwee.checked_sub(lines_ngwee).ok_or(ViewError::TooLarge("receipt"))?;
    if rounding.saturating_abs() > ROUNDING_MAX_NGWEE {
        let total_ngwee = receipt.total_ngwee;
        return Err(ViewError::ReceiptDoesNotAdd { lines_ngwee, total_ngwee });
    }
    let mut table = Table::of_numbers(say.receipt_note(), &[say.col_what(), say.col_kwh(), say.col_mean_price(), say.col_money()]).as_phone_cards();
    for l in receipt.lines.iter().filter(|l| l.energy_wh != 0 || l.money_ngwee != 0) {
        table.push(vec![
            sentence::receipt_line(say, l.kind).into(),
            number::kwh_bare(l.energy_wh).into(),
            price_cell(l, say).into(),
            number::money(l.money_ngwee).into(),
        ]);
    }
    let charge = number::money(receipt.service_charge_ngwee);
    table.push(vec![Cell::noted(say.service_charge(), say.service_charge_for()), "".into(), "".into(), charge.into()]);
    if rounding != 0 {
        table.push(vec![say.rounding().into(), "".into(), "".into(), number::money(rounding).into()]);
    }
    let last = if receipt.total_ngwee < 0 { say.you_earned() } else { say.to_pay() };
    let total = number::money(receipt.total_ngwee.saturating_abs());
    table.foot = vec![last.into(), "".into(), "".into(), total.into()];
    Ok(table)
}

/// The mean price of a line; own energy has none.
fn price_cell(line: &ReceiptLine, say: Say) -> String {
    if line.money_ngwee == 0 {
        return say.free().to_owned();
    }
    number::mean_price(line.money_ngwee, line.energy_wh).map(|p| number::money(p.saturating_abs())).unwrap_or_default()
}

fn book_view(input: &StatementInput, say: Say) -> Result<BookView, ViewError> {
    let left =
        input.book.iter().try_fold(input.opening_ngwee, |left, line| left.checked_add(line.amount_ngwee)).ok_or(ViewError::TooLarge("book"))?;
    if left != input.closing_ngwee {
        return Err(ViewError::BookDoesNotAdd { lines_ngwee: left, closing_ngwee: input.closing_ngwee });
    }
    let weeks = weeks(&input.book);
    let is_long = weeks.len() < input.book.len() && input.book.len() > BOOK_SHORT_MAX;
    let every: Vec<&[BookLine]> = input.book.chunks(1).collect();
    let known = match (input.book.first(), input.book.last()) {
        (Some(a), Some(b)) => parts::ledger_lines(say, a.line_no, b.line_no),
        _ => String::new(),
    };
    Ok(BookView {
        table: book_table(input, if is_long { &weeks } else { &every }, say),
        every: is_long.then(|| book_table(input, &every, say)),
        blank: if input.book.is_empty() { say.book_empty() } else { "" },
        known,
    })
}

/// A book up to this many lines is shown line by line.
const BOOK_SHORT_MAX: usize = 10;
/// Days of daily lines that are shown as one.
const DAYS_TOGETHER: usize = 7;

/// The day of a line that comes every day.
fn daily(line: &BookLine) -> Option<CalendarDate> {
    match line.kind {
        BookKind::Energy { on } | BookKind::ServiceCharge { on } => Some(on),
        _ => None,
    }
}

/// The book in order, with daily lines of up to seven days in a row taken together; all other lines alone.
fn weeks(book: &[BookLine]) -> Vec<&[BookLine]> {
    let mut out = Vec::new();
    let mut rest = book;
    while !rest.is_empty() {
        let mut days: Vec<CalendarDate> = Vec::new();
        let mut count = 0;
        for on in rest.iter().map_while(daily) {
            if !days.contains(&on) {
                if days.len() == DAYS_TOGETHER {
                    break;
                }
                days.push(on);
            }
            count += 1;
        }
        let (group, after) = rest.split_at(count.max(1));
        out.push(group);
        rest = after;
    }
    out
}

/// The book with its running balance; the sums were checked before.
fn book_table(input: &StatementInput, groups: &[&[BookLine]], say: Say) -> Table {
    let caption = format!("{}, {}", say.month_long(input.month), say.kwacha());
    let mut table = Table::of_numbers(caption, &[say.col_what(), say.col_in_out(), say.col_left()]);
    table.push(vec![say.start_of_month().into(), "".into(), number::balance(input.opening_ngwee).into()]);
    let mut left = input.opening_ngwee;
    for group in groups {
        let amount = group.iter().fold(0_i64, |sum, l| sum.saturating_add(l.amount_ngwee));
        left = left.saturating_add(amount);
        let what = match group {
            [line] => book_cell(line, &input.cluster.code, say),
            many => week_cell(many, say),
        };
        table.push(vec![what, number::booked(amount).into(), number::balance(left).into()]);
    }
    let last = match (is_past(input), left < 0) {
        (false, false) => say.yours_now(),
        (false, true) => say.you_owe_now(),
        (true, false) => say.yours_then(),
        (true, true) => say.you_owed_then(),
    };
    let end = number::money(left.saturating_abs());
    table.foot = vec![last.into(), "".into(), end.into()];
    table
}

/// The name of daily lines taken together.
fn week_cell(group: &[BookLine], say: Say) -> Cell {
    let days = || group.iter().filter_map(daily);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Cell::default() };
    let has_charge = group.iter().any(|l| matches!(l.kind, BookKind::ServiceCharge { .. }));
    Cell::noted(sentence::book_days(say, first, last, has_charge), say.book_days_note(i64::try_from(group.len()).unwrap_or(i64::MAX)))
}

/// The name of one line, and where it leads.
fn book_cell(line: &BookLine, code: &str, say: Say) -> Cell {
    let name = sentence::book_line(say, &line.kind);
    let on = say.date_short(line.on);
    let mut cell = match line.kind {
        BookKind::Energy { on } | BookKind::ServiceCharge { on } | BookKind::Correction { on } => Cell::link(name, day_href(code, on)),
        _ => name.into(),
    };
    cell.note = match line.kind {
        BookKind::Correction { .. } => format!("{on}, {}", say.correction_note()),
        BookKind::Reversal { .. } => format!("{on}, {}", say.reversal_note()),
        _ => say.book_line_note(&line.line_no.to_string(), line.on),
    };
    cell
}

fn stake_view(stake: &Stake, say: Say) -> StakeView {
    let contributed = number::money(stake.contributed_ngwee);
    let pledged = say.of_pledge(stake.pledged_ngwee);
    let open_ngwee = stake.pledged_ngwee.saturating_sub(stake.contributed_ngwee);
    StakeView {
        is_paid: stake.contributed_ngwee > 0,
        open: if open_ngwee > 0 { say.pledge_open(open_ngwee) } else { String::new() },
        bar: chart::meter(stake.contributed_ngwee, stake.pledged_ngwee, &format!("{contributed} {pledged}")),
        contributed,
        pledged,
        share: number::percent_from_ppm(stake.share_ppm),
        asset: say.of_a_plant(stake.asset_ngwee),
        saved: stake.saved_ngwee.map_or_else(|| say.no_comparison().to_owned(), number::money),
        payback: sentence::payback(say, stake.payback),
        yearly: match (stake.yearly_return_bp, stake.payback) {
            (Some(bp), _) => number::percent_from_ppm(bp.saturating_mul(100)),
            (None, Payback::NotAtThisRate) => say.no_return().to_owned(),
            (None, _) => say.too_early().to_owned(),
        },
    }
}

fn move_view(moved: &MovedBook, say: Say) -> MoveView {
    let name = moved.other_name.as_str();
    let on = say.date_long(moved.on);
    let facts = moved.sums_ngwee.map(|[wallet, owed, put_in]| {
        vec![
            (say.moved_wallet(), number::money(wallet)),
            (if owed < 0 { say.moved_owed() } else { say.moved_credit() }, number::money(owed.abs())),
            (say.moved_put_in(), number::money(put_in)),
            (say.moved_carried(), number::money(moved.carried_ngwee)),
        ]
    });
    MoveView {
        title: if moved.is_out { say.moved_to(name) } else { say.moved_in_from(name) },
        say: if moved.is_out { say.moved_out_say(&on) } else { say.moved_in_say(&on) },
        note: match (&facts, moved.meters.is_empty()) {
            (None, _) => say.moved_money_waits().to_owned(),
            (Some(_), true) => String::new(),
            (Some(_), false) => say.moved_meters(&moved.meters.join(", ")),
        },
        facts: facts.unwrap_or_default(),
        href: moved.other_book.as_ref().map_or_else(String::new, |(code, member)| statement_href(code, *member)),
    }
}

fn days_table(input: &StatementInput, say: Say) -> Table {
    let mut table = Table::of_numbers(say.days_note(), &[say.col_day(), say.col_used_kwh(), say.col_money()]);
    for d in &input.days {
        let mut day = Cell::link(say.date_short(d.on), day_href(&input.cluster.code, d.on));
        if d.estimated_intervals > 0 {
            day.note = say.intervals_estimated(d.estimated_intervals);
        }
        table.push(vec![day, number::kwh_bare(d.used_wh).into(), number::money(d.money_ngwee).into()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: i8) -> CalendarDate {
        CalendarDate::new(2025, 10, day).expect("October has this day")
    }

    fn line(kind: BookKind) -> BookLine {
        BookLine { line_no: 1, on: on(1), kind, amount_ngwee: -5 }
    }

    #[test]
    fn daily_lines_are_taken_together_by_seven_days_and_other_lines_stand_alone() {
        let mut book: Vec<BookLine> = Vec::new();
        for day in 1..=9 {
            book.push(line(BookKind::Energy { on: on(day) }));
            book.push(line(BookKind::ServiceCharge { on: on(day) }));
        }
        book.insert(0, line(BookKind::PaidIn));
        book.push(line(BookKind::Correction { on: on(2) }));
        let sizes: Vec<usize> = weeks(&book).iter().map(|g| g.len()).collect();
        assert_eq!(sizes, [1, 14, 4, 1]);
        assert_eq!(sizes.iter().sum::<usize>(), book.len());
    }
}
