//! Offers to all groups: the own ones, those of others, the form and its check.

use message::Say;

use super::{Partner, hour_text, hours, times};
use crate::form::{Choice, Choices, Faults, Fields, Form, Input, Part, Seals};
use crate::input::between::{GroupsInput, OfferCheck, OfferInput, OfferStage, RegionOffer, Way, Worth};
use crate::input::trade::TradeSide;
use crate::text::number;
use crate::view::parts::{Cell, Table};
use crate::view::sheets::{Block, Row, Sheet};
use crate::view::trade::{energy_field, money_field};

/// Offers of others shown without being opened.
const BOARD_OPEN: usize = 8;

/// What other groups offer and want, with what it comes to at the own door.
pub(super) fn region(input: &GroupsInput, say: Say, href: &str) -> Sheet {
    let sheet = Sheet::new(say.region_board()).id("board");
    if input.board.is_empty() {
        let step = if input.rights.may_deal { say.region_board_none_step() } else { "" };
        return sheet.with(Block::Blank("i-neigh", say.region_board_none().to_owned(), step.to_owned()));
    }
    let mut rows: Vec<Row> = input.board.iter().map(|offer| region_row(offer, input.rights.may_deal, say, href)).collect();
    let more = rows.split_off(rows.len().min(BOARD_OPEN));
    let sheet = sheet.with(Block::Rows(rows));
    let sheet = if more.is_empty() { sheet } else { sheet.with(Block::More(say.region_more().to_owned(), vec![Block::Rows(more)])) };
    let is_priced = input.board.iter().any(|offer| offer.way.is_some() && matches!(offer.worth, Worth::Price { .. }));
    if is_priced { sheet.with(Block::Quiet(say.suggest_how().to_owned())) } else { sheet }
}

fn region_row(offer: &RegionOffer, may_deal: bool, say: Say, href: &str) -> Row {
    let wants = offer.side == TradeSide::Buy;
    let title = if wants { say.region_wants(offer.span.energy_wh, &offer.name) } else { say.region_sells(offer.span.energy_wh, &offer.name) };
    let price = if wants { say.region_pays(offer.price_ngwee) } else { say.region_asks(offer.price_ngwee) };
    let row = Row::new(title).note(hours(&offer.span, say));
    let Some(way) = offer.way else { return row.note(price).note(say.region_no_line()) };
    let door = if wants { say.region_we_get(way.door_ngwee) } else { say.region_we_pay(way.door_ngwee) };
    let row = row.note(format!("{price}: {door}.")).note(way_line(way, say));
    let row = match offer.worth {
        Worth::Price { seller_gets_ngwee, .. } if wants => row.note(say.region_worth_get(seller_gets_ngwee)),
        Worth::Price { buyer_pays_ngwee, .. } => row.note(say.region_worth_pay(buyer_pays_ngwee)),
        Worth::TooDear if wants => row.note(say.region_dear_get()),
        Worth::TooDear => row.note(say.region_dear_pay()),
        Worth::Unknown => row,
    };
    if !may_deal {
        return row;
    }
    let side = if wants { "sell" } else { "buy" };
    let (day, from, until) = fields(&offer.span, say);
    let link = format!(
        "{href}/deal?other={}&side={side}&day={day}&from={from}&last={day}&until={until}&energy={}&price={}",
        offer.code,
        energy_field(offer.span.hour_wh),
        money_field(if wants { way.door_ngwee.max(1) } else { offer.price_ngwee })
    );
    row.link(link, say.deal_new())
}

/// Day and clocks of a span as the fields of forms write them.
pub(super) fn fields(span: &crate::input::between::Span, say: Say) -> (String, String, String) {
    let day = say.local_date(span.from_at).map(|on| on.to_string()).unwrap_or_default();
    (day, say.clock(span.from_at), super::until(span, say))
}

fn way_line(way: Way, say: Say) -> String {
    say.region_way(way.fee_ngwee, way.loss_ppm)
}

/// Own offers: open ones with their button, earlier ones folded away.
pub(super) fn own(input: &GroupsInput, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let sheet = Sheet::new(say.offer_all()).mine().id("offers");
    let (open, over): (Vec<&OfferInput>, Vec<&OfferInput>) = input.own.iter().partition(|offer| offer.stage == OfferStage::Open);
    let mut rows = |offers: Vec<&OfferInput>| -> Vec<Row> {
        offers.into_iter().map(|offer| own_row(offer, input.rights.may_deal, input.now.now_at, say, seals, href)).collect()
    };
    let sheet = if open.is_empty() { sheet.say(say.offer_none()) } else { sheet.with(Block::Rows(rows(open))) };
    if over.is_empty() { sheet } else { sheet.with(Block::More(say.offer_older().to_owned(), vec![Block::Rows(rows(over))])) }
}

fn own_row(offer: &OfferInput, may_deal: bool, now_at: i64, say: Say, seals: &mut Seals, href: &str) -> Row {
    let title = match offer.side {
        TradeSide::Sell => say.offer_sell(offer.span.energy_wh, offer.price_ngwee),
        TradeSide::Buy => say.offer_buy(offer.span.energy_wh, offer.price_ngwee),
    };
    let number = offer.no.to_string();
    let row = Row::new(title).note(hours(&offer.span, say));
    let row = row.note(if offer.stage == OfferStage::TakenBack { say.offer_number(&number) } else { say.offer_closes(offer.gate_at, &number) });
    match offer.stage {
        OfferStage::Open => {
            let row = row.chip("is-info", "i-clock", say.offer_open());
            if !may_deal || now_at >= offer.gate_at {
                return row;
            }
            row.form(Form::button(say, &seals.next(), format!("{href}/withdraw"), say.offer_take_back()).hidden("offer", number))
        }
        OfferStage::Matched if offer.filled_wh > 0 => {
            row.chip("is-good", "i-good", say.offer_matched()).note(say.offer_filled(offer.span.energy_wh, offer.filled_wh))
        }
        OfferStage::Matched => row.chip("is-flat", "", say.offer_matched()).note(alone(&offer.reason, say)),
        OfferStage::TakenBack => row.chip("is-flat", "", say.offer_back()),
    }
}

/// Why an offer met nobody.
fn alone(reason: &str, say: Say) -> &'static str {
    match reason {
        "not_ready" => say.offer_not_ready(),
        "too_many_clusters" | "line_limit" => say.offer_too_many(),
        "late" => say.offer_late(),
        "unreadable" => say.offer_unreadable(),
        _ => say.offer_alone(),
    }
}

/// What was typed, and what was wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct OfferTyped<'a> {
    /// What was typed; a field that was not sent gets its usual value.
    pub fields: &'a Fields,
    /// What was wrong.
    pub faults: &'a Faults,
    /// The day that is chosen at first.
    pub day: &'a str,
}

/// The form of an offer: it asks for the page that shows the total, and changes nothing.
pub fn offer_form(say: Say, href: &str, partners: &[Partner], typed: OfferTyped<'_>) -> Form {
    let side = |word, label: &str, note: &str, icon| Choice::new(word, label).note(note).icon(icon);
    let sides = vec![
        side("sell", say.offer_side_sell(), say.offer_side_sell_note(), "i-sold").chosen(true),
        side("buy", say.offer_side_buy(), say.offer_side_buy_note(), "i-neigh"),
    ];
    let chosen = |name, usual| if typed.fields.has(name) { typed.fields.get(name).to_owned() } else { String::from(usual) };
    let form = Form::question(say, format!("{href}/offer"), say.offer_look())
        .part(Choices::one("side", say.offer_side(), sides))
        .part(Input::date("day", say.offer_day()).value(typed.day))
        .part(Part::Pair)
        .part(times("from", say.offer_from(), &clock(&chosen("from", "08:00")), 0..=23))
        .part(times("until", say.offer_until(), &clock(&chosen("until", "16:00")), 1..=24))
        .part(Part::PairEnd)
        .part(Part::Pair)
        .part(Input::text("energy", say.offer_hour()).decimal().units("", say.unit_kwh()))
        .part(Input::text("price", say.offer_price()).decimal().units(say.unit_kwacha(), say.unit_for_kwh()))
        .part(Part::PairEnd)
        .part(Part::Say(say.offer_price_say().to_owned()));
    let suggested = suggested(partners, say).into_iter().map(Part::Say);
    suggested.fold(form, Form::part).prefix("offer").about_money().filled(typed.fields, typed.faults)
}

/// The limits that are suggested for an offer to all: the most that a seller could get, the least that a buyer could pay; and how they are made.
fn suggested(partners: &[Partner], say: Say) -> Vec<String> {
    let prices = |side: fn(&Partner) -> Option<Worth>| {
        partners.iter().filter_map(side).filter_map(|worth| match worth {
            Worth::Price { seller_gets_ngwee, buyer_pays_ngwee } => Some((seller_gets_ngwee, buyer_pays_ngwee)),
            Worth::TooDear | Worth::Unknown => None,
        })
    };
    let sell = prices(|partner| partner.sell).map(|(gets, _)| gets).max().map(|price| say.suggest_sell(price));
    let buy = prices(|partner| partner.buy).map(|(_, pays)| pays).min().map(|price| say.suggest_buy(price));
    let lines: Vec<String> = sell.into_iter().chain(buy).collect();
    if !lines.is_empty() {
        return vec![lines.join(" "), say.suggest_how().to_owned()];
    }
    let is_dear = |partner: &Partner| [partner.sell, partner.buy].into_iter().flatten().all(|worth| worth == Worth::TooDear);
    if !partners.is_empty() && partners.iter().all(is_dear) { vec![say.suggest_dear().to_owned()] } else { Vec::new() }
}

/// A clock as a field may hold it; nothing where it is none.
pub(super) fn clock(text: &str) -> String {
    let is_clock = text.len() == 5 && text.bytes().enumerate().all(|(at, byte)| if at == 2 { byte == b':' } else { byte.is_ascii_digit() });
    if is_clock { text.to_owned() } else { String::new() }
}

/// The offer in one sentence.
pub fn offer_check_line(check: &OfferCheck, say: Say) -> String {
    match check.side {
        TradeSide::Sell => say.offer_check_line_sell(check.span.energy_wh, check.price_ngwee),
        TradeSide::Buy => say.offer_check_line_buy(check.span.energy_wh, check.price_ngwee),
    }
}

/// The sheet that shows what an offer comes to, and the button that places it as shown.
pub fn offer_check(check: &OfferCheck, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let is_sale = check.side == TradeSide::Sell;
    let (day, from, until) = fields(&check.span, say);
    let when = say.offer_day_hours(&say.weekday_date(check.span.from_at), &from, &until);
    let lines = vec![
        (say.offer_check_when().to_owned(), when),
        (say.offer_check_hour().to_owned(), hour_text(&number::kwh_exact(check.span.hour_wh))),
        (say.offer_check_all().to_owned(), number::kwh(check.span.energy_wh)),
        (say.offer_check_gate().to_owned(), say.weekday_date_clock(check.gate_at)),
    ];
    let sum = if is_sale { say.offer_check_get() } else { say.offer_check_pay() };
    let form = Form::new(say, &seals.next(), format!("{href}/offer"), say.offer_check_confirm())
        .hidden("side", check.side.as_str())
        .hidden("day", day)
        .hidden("from", from)
        .hidden("until", until)
        .hidden("energy", energy_field(check.span.hour_wh))
        .hidden("price", money_field(check.price_ngwee))
        .link("#offer", say.check_change())
        .about_money();
    let mut sheet = Sheet::new(say.offer_check())
        .id("check")
        .aside(say.check_step(), "")
        .with(Block::Total(lines, (sum.to_owned(), number::money(check.money_ngwee))))
        .say(say.offer_check_part());
    if is_sale {
        sheet = sheet.say(say.offer_check_penalty(check.penalty_ngwee.1, check.penalty_ngwee.0));
    }
    if check.ways.is_empty() {
        sheet = sheet.with(Block::Note("is-watch", vec![say.offer_check_no_line().to_owned()]));
    }
    let sheet = sheet.form(form);
    if check.ways.is_empty() { sheet } else { sheet.with(Block::Heading(say.offer_check_lines().to_owned())).with(ways(check, is_sale, say)) }
}

/// What the price comes to at the other end of each line.
fn ways(check: &OfferCheck, is_sale: bool, say: Say) -> Block {
    let (caption, door) =
        if is_sale { (say.offer_check_lines_sell(), say.col_they_pay()) } else { (say.offer_check_lines_buy(), say.col_they_get()) };
    let mut table = Table::of_numbers(caption, &[say.col_group(), say.col_lost_way(), say.col_line_fee(), door]);
    for (name, way) in &check.ways {
        table.push(vec![
            Cell::from(name.clone()),
            number::percent_from_ppm(way.loss_ppm).into(),
            number::money(way.fee_ngwee).into(),
            number::money(way.door_ngwee).into(),
        ]);
    }
    Block::Table(table.as_phone_cards())
}
