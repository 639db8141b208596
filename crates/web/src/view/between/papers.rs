//! Papers that the law asks for, and what members allow.

use message::{CalendarDate, Say};

use crate::form::{Choice, Choices, Form, Input, Part, Seals};
use crate::input::between::{GroupsInput, LimitsInput, PapersInput};
use crate::text::number;
use crate::view::sheets::{Block, Row, Sheet};
use crate::view::trade::{Typed, energy_field, money_field};

/// Watts in the unit of the form.
const W_PER_KW: i64 = 1_000;

/// What is there and what is missing, each in words; who may write it finds the form below.
pub(super) fn papers(input: &GroupsInput, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Sheet {
    let sheet = Sheet::new(say.papers()).id("papers");
    let rows: Vec<Row> = items(input, say).into_iter().map(|item| item.row(say)).collect();
    let lacking = rows.iter().filter(|row| row.chips.iter().any(|chip| chip.class != "is-good")).count();
    let sheet = match i64::try_from(lacking) {
        Ok(0) => sheet.say(say.papers_good()).with(Block::More(say.show_list().to_owned(), vec![Block::Rows(rows)])),
        lacking => sheet.say(say.papers_missing(lacking.unwrap_or(i64::MAX))).with(Block::Rows(rows)),
    };
    let sheet = match input.papers.written_at {
        Some(at) => sheet.with(Block::Quiet(say.papers_last(input.papers.versions, at))),
        None => sheet,
    };
    if !input.rights.may_papers {
        return if lacking > 0 { sheet.with(Block::Quiet(say.papers_ask_chair().to_owned())) } else { sheet };
    }
    let words = if lacking > 0 { say.papers_fill() } else { say.papers_change() };
    opened(sheet, words, "papers", papers_form(&input.papers, say, seals, href), typed)
}

/// One of the papers.
struct Item {
    name: &'static str,
    /// What is written down, or empty.
    text: String,
    /// What is wrong with it: nothing, missing, or over.
    lack: Option<&'static str>,
}

impl Item {
    fn row(self, say: Say) -> Row {
        let row = Row::new(self.name).note(if self.text.is_empty() { say.papers_none().to_owned() } else { self.text });
        match self.lack {
            None => row.chip("is-good", "i-good", say.papers_there()),
            Some(word) => row.chip("is-watch", "i-watch", word),
        }
    }
}

fn items(input: &GroupsInput, say: Say) -> Vec<Item> {
    let papers = &input.papers;
    let lacks = |codes: &[&str]| codes.iter().any(|code| input.missing.iter().any(|missing| missing == code));
    let lack = |codes: &[&str]| lacks(codes).then(|| say.papers_lack());
    let item = |name, text: String, lack| Item { name, text, lack };
    let date = |on: Option<CalendarDate>| on.map(|on| say.date_long(on));
    let licence = match (papers.licence.is_empty(), date(papers.licence_last)) {
        (false, Some(last)) => say.papers_licence_line(&last, &papers.licence),
        (false, None) => say.papers_licence_number(&papers.licence),
        (true, _) if !papers.exemption.is_empty() => say.papers_licence_free(&papers.exemption),
        (true, _) => String::new(),
    };
    let over = lacks(&["licence_expired"]).then(|| say.papers_over());
    let mut items = vec![
        item(say.papers_capacity(), papers.capacity_w.map(|watts| kilowatts(watts, say.unit_kw())).unwrap_or_default(), lack(&["capacity_w"])),
        item(say.papers_grid(), grid_word(papers.grid, say).to_owned(), lack(&["grid_link"])),
        item(say.papers_licence(), licence, lack(&["licence_number", "licence_expires_on"]).or(over)),
        item(say.papers_seller(), seller_word(papers.seller, say).to_owned(), lack(&["seller_of_record"])),
        item(say.papers_wires(), papers.wires.clone(), lack(&["wiring_note"])),
        item(say.papers_vote(), date(papers.voted).map(|on| say.papers_vote_day(&on)).unwrap_or_default(), lack(&["voted_on"])),
    ];
    if lacks(&["own_wires"]) {
        items.push(item(say.papers_own_wires(), say.papers_own_wires_lack().to_owned(), Some(say.papers_lack())));
    }
    items
}

fn kilowatts(watts: i64, unit: &str) -> String {
    format!("{}{}{unit}", kilowatt_field(watts), message::NBSP)
}

/// Watts as the field shows them, in kilowatts.
fn kilowatt_field(watts: i64) -> String {
    if watts % W_PER_KW == 0 { (watts / W_PER_KW).to_string() } else { energy_field(watts) }
}

fn grid_word(word: &str, say: Say) -> &'static str {
    match word {
        "none" => say.papers_grid_none(),
        "one_point" => say.papers_grid_one_point(),
        "net_metering" => say.papers_grid_net(),
        _ => "",
    }
}

fn seller_word(word: &str, say: Say) -> &'static str {
    match word {
        "member" => say.papers_seller_member(),
        "cooperative" => say.papers_seller_cooperative(),
        _ => "",
    }
}

fn papers_form(papers: &PapersInput, say: Say, seals: &mut Seals, href: &str) -> Form {
    let choices = |name, label: &str, words: &[&'static str], of: fn(&str, Say) -> &'static str, now: &str| {
        let unknown = Choice::new("", say.papers_grid_unknown()).chosen(now.is_empty());
        let known = words.iter().map(|word| Choice::new(*word, of(word, say)).chosen(*word == now));
        Choices::list(name, label, std::iter::once(unknown).chain(known).collect())
    };
    let day = |on: Option<CalendarDate>| on.map(|on| on.to_string()).unwrap_or_default();
    Form::new(say, &seals.next(), format!("{href}/papers"), say.papers_save())
        .sentence(say.papers_fill_say())
        .part(
            Input::text("capacity", say.papers_field_capacity())
                .decimal()
                .units("", say.unit_kw())
                .value(papers.capacity_w.map(kilowatt_field).unwrap_or_default()),
        )
        .part(choices("grid", say.papers_field_grid(), &["none", "one_point", "net_metering"], grid_word, papers.grid))
        .part(Part::Pair)
        .part(Input::text("licence", say.papers_field_number()).with("maxlength", "200").value(papers.licence.clone()))
        .part(Input::date("licence_last", say.papers_field_last()).value(day(papers.licence_last)))
        .part(Part::PairEnd)
        .part(
            Input::text("exemption", say.papers_field_free())
                .with("maxlength", "200")
                .value(papers.exemption.clone())
                .hint(say.papers_field_free_say()),
        )
        .part(choices("seller", say.papers_field_seller(), &["member", "cooperative"], seller_word, papers.seller))
        .part(Input::text("wires", say.papers_field_wires()).with("maxlength", "200").value(papers.wires.clone()))
        .part(Input::date("voted", say.papers_field_vote()).value(day(papers.voted)))
        .prefix("papers")
}

/// What members allow; a form for who may set it without a vote.
pub(super) fn limits(input: &GroupsInput, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Sheet {
    let (sheet, limits) = (Sheet::new(say.limits_title()).id("limits"), &input.limits);
    let sheet = if limits.version == 0 {
        sheet.with(Block::Note("is-watch", vec![say.limits_none().to_owned()]))
    } else {
        let fact = |name: &str, value: String, note: &str| (name.to_owned(), value, note.to_owned());
        let facts = vec![
            fact(say.limits_sell(), number::kwh(limits.sell_max_wh), say.limits_day()),
            fact(say.limits_sell_price(), number::money(limits.sell_price_min_ngwee), say.unit_for_kwh()),
            fact(say.limits_buy(), number::kwh(limits.buy_max_wh), say.limits_day()),
            fact(say.limits_buy_price(), number::money(limits.buy_price_max_ngwee), say.limits_buy_price_say()),
            fact(say.limits_spend(), number::money(limits.spend_max_ngwee), say.limits_spend_say()),
        ];
        let since = say.limits_since(limits.from_on, &limits.version.to_string());
        sheet.say(say.limits_say()).with(Block::Facts(facts)).with(Block::Quiet(since))
    };
    if !input.rights.may_limits {
        return sheet.with(Block::Quiet(say.limits_vote().to_owned()));
    }
    opened(sheet, say.limits_set(), "limits", limits_form(input, say, seals, href), typed)
}

fn limits_form(input: &GroupsInput, say: Say, seals: &mut Seals, href: &str) -> Form {
    let LimitsInput { version, sell_max_wh, sell_price_min_ngwee, buy_max_wh, buy_price_max_ngwee, spend_max_ngwee, .. } = input.limits;
    // Nothing is suggested where nothing was said.
    let known = |text: String| if version == 0 { String::new() } else { text };
    let energy =
        |name, label: &str, wh| Input::text(name, label).decimal().units("", say.unit_kwh()).value(known(energy_field(wh))).hint(say.limits_day());
    let money = |name, label: &str, after, ngwee| Input::text(name, label).decimal().units(say.unit_kwacha(), after).value(known(money_field(ngwee)));
    let today = say.local_date(input.now.now_at).map(|on| on.to_string()).unwrap_or_default();
    Form::new(say, &seals.next(), format!("{href}/limits"), say.limits_save())
        .sentence(say.limits_forming())
        .part(Part::Pair)
        .part(energy("sell", say.limits_sell(), sell_max_wh))
        .part(money("sell_price", say.limits_sell_price(), say.unit_for_kwh(), sell_price_min_ngwee))
        .part(energy("buy", say.limits_buy(), buy_max_wh))
        .part(money("buy_price", say.limits_buy_price(), "", buy_price_max_ngwee).hint(say.limits_buy_price_say()))
        .part(Part::PairEnd)
        .part(money("spend", say.limits_spend(), "", spend_max_ngwee).hint(say.limits_spend_say()))
        .part(Input::date("from", say.limits_from()).value(today))
        .prefix("limits")
}

/// A form that is opened by its words, or open where something in it is wrong.
fn opened(sheet: Sheet, words: &str, name: &'static str, form: Form, typed: Typed<'_>) -> Sheet {
    if typed.form == name {
        sheet.with(Block::Heading(words.to_owned())).form(form.filled(typed.fields, typed.faults))
    } else {
        sheet.with(Block::More(words.to_owned(), vec![Block::Form(Box::new(form))]))
    }
}
