//! Trade with other groups: the page, one deal, and what offers and deals come to before they are made.
//!
//! | File | Sheets |
//! |---|---|
//! | `papers.rs` | what the law asks for, what members allow, and their forms |
//! | `board.rs` | own offers, what other groups offer, the form of an offer and its check |
//! | `deals.rs` | deals, what was delivered |
//! | `deal.rs` | one deal: its terms, how it went, what can be done |
//! | `terms.rs` | the forms of terms, and their check |

mod board;
mod deal;
mod deals;
mod papers;
mod terms;

pub use board::{OfferTyped, offer_check, offer_check_line, offer_form};
pub use deal::{accept, deal};
pub use deals::chip;
pub use terms::{Partner, TermsTyped, counter_form, deal_check, deal_form};

use message::{Say, clock_of_minutes};

use super::frame::{Frame, Place, between_href};
use super::sheets::{Block, Sheet, SheetsView};
use crate::form::{Choice, Choices, Seals};
use crate::input::between::{DealStage, GroupDeal, GroupsInput, Span};
use crate::reader::Reader;
use crate::text::number;
use crate::view::trade::Typed;

/// Builds the page.
pub fn groups(input: &GroupsInput, reader: &Reader, seals: &mut Seals, typed: Typed<'_>) -> SheetsView {
    let frame = Frame::of_cluster(reader, reader.say.groups_trade(), &input.cluster, &input.now, Place::Trade);
    let (say, href) = (frame.say, between_href(&input.cluster.code));
    let lead = match (input.is_on, input.missing.is_empty(), input.rights.may_deal) {
        (false, ..) => say.trade_off_step(),
        (true, false, _) => "",
        (true, true, true) => say.groups_lead_officer(),
        (true, true, false) => say.groups_lead_member(),
    };
    let mut view = SheetsView::new(frame, headline(input, say)).lead(lead);
    let is_ready = input.is_ready();
    let papers = papers::papers(input, say, seals, &href, typed);
    let limits = papers::limits(input, say, seals, &href, typed);
    // What stands in the way goes first.
    let (first, beside) = match (is_ready, input.limits.version) {
        (false, _) => (vec![papers, limits], Vec::new()),
        (true, 0) => (vec![limits], vec![papers]),
        (true, _) => (Vec::new(), vec![limits, papers]),
    };
    for sheet in first {
        view = view.sheet(sheet);
    }
    let mut middle = Vec::new();
    if is_ready || !input.deals.is_empty() {
        middle.push(deals::deals(input, say, &href));
    }
    if is_ready && input.rights.may_deal {
        let deal = ("btn", format!("{href}/deal"), say.groups_do_deal().to_owned());
        let offer = ("btn btn--line", format!("{href}/offer"), say.groups_do_offer().to_owned());
        let sheet = Sheet::new(say.groups_do()).id("do").with(Block::Buttons(vec![deal, offer]));
        // Who is asked answers before asking others.
        let at = usize::from(asked(input) > 0);
        middle.insert(at, sheet.with(Block::Quiet(say.groups_do_say().to_owned())));
    }
    for sheet in middle {
        view = view.sheet(sheet);
    }
    if is_ready {
        view = view.sheet(board::region(input, say, &href));
    }
    if is_ready || !input.own.is_empty() {
        view = view.sheet(board::own(input, say, seals, &href));
    }
    for sheet in beside {
        view = view.beside(sheet);
    }
    if is_ready || !input.deliveries.is_empty() {
        view = view.beside(deals::delivered(&input.deliveries, say));
    }
    view.beside(how(say))
}

/// The sentence that is true now.
fn headline(input: &GroupsInput, say: Say) -> String {
    match (input.is_on, input.missing.is_empty(), asked(input)) {
        (false, ..) => say.between_off().to_owned(),
        (true, false, _) => say.groups_papers_missing().to_owned(),
        (true, true, count @ 1..) => say.groups_answer(count),
        (true, true, _) if input.limits.version == 0 => say.groups_no_limits().to_owned(),
        (true, true, _) => say.groups_may().to_owned(),
    }
}

/// How many deals wait for the own answer.
fn asked(input: &GroupsInput) -> i64 {
    let waits = |deal: &&GroupDeal| deal.stage == DealStage::Mine && deal.answer_at > input.now.now_at && !deal.is_on_the_way;
    i64::try_from(input.deals.iter().filter(waits).count()).unwrap_or(i64::MAX)
}

fn how(say: Say) -> Sheet {
    let lines = [
        say.groups_how_deal(),
        say.groups_how_offer(),
        say.groups_how_price(),
        say.groups_how_line(),
        say.groups_how_meters(),
        say.groups_how_short(),
    ];
    Sheet::default().with(Block::More(say.groups_how().to_owned(), lines.map(|line| Block::Say(line.to_owned())).into()))
}

/// The hours of a span: of one day, or from one day to another.
fn hours(span: &Span, say: Say) -> String {
    let last = span.until_at.saturating_sub(1);
    let hour = number::kwh_exact(span.hour_wh);
    if say.local_date(span.from_at) == say.local_date(last) {
        return say.offer_hours(&say.weekday_date(span.from_at), &say.clock(span.from_at), &hour_text(&hour), &until(span, say));
    }
    say.offer_span(&say.weekday_date_clock(span.from_at), &hour_text(&hour), &end(span, say))
}

/// The clock of an end: midnight is the end of the day before it.
fn until(span: &Span, say: Say) -> String {
    match say.clock(span.until_at) {
        clock if clock == "00:00" => "24:00".to_owned(),
        clock => clock,
    }
}

/// Day and clock of an end.
fn end(span: &Span, say: Say) -> String {
    format!("{}, {}", say.weekday_date(span.until_at.saturating_sub(1)), until(span, say))
}

/// Energy as people write it: `1.5 kWh`, and all digits where it has more.
fn hour_text(exact: &str) -> String {
    let (digits, unit) = exact.split_once(message::NBSP).unwrap_or((exact, ""));
    let kept = digits.trim_end_matches('0');
    let kept = if kept.ends_with('.') { format!("{kept}0") } else { kept.to_owned() };
    format!("{kept}{}{unit}", message::NBSP)
}

/// Times of the day to choose from: full hours, and the one that is chosen where it is another.
fn times(name: &'static str, label: &str, chosen: &str, range: std::ops::RangeInclusive<i64>) -> Choices {
    let mut clocks: Vec<String> = range.map(|hour| clock_of_minutes(hour * 60)).collect();
    if !chosen.is_empty() && !clocks.iter().any(|clock| clock == chosen) {
        clocks.push(chosen.to_owned());
        clocks.sort();
    }
    let choice = |clock: String| {
        let is_chosen = clock == chosen;
        Choice::new(clock.clone(), clock).chosen(is_chosen)
    };
    Choices::list(name, label, clocks.into_iter().map(choice).collect())
}
