//! Other groups and deals with them, and orders that wait for an officer.

use message::Say;

use super::own::order_line;
use crate::chart;
use crate::form::{Form, Seals};
use crate::input::between::{DealDelivered, GroupDeal, RegionOffer, Way};
use crate::input::trade::{BetweenInput, HeldOrder, OpenOrder, TradeSide};
use crate::text::number;
use crate::view::between::chip;
use crate::view::parts::{Cell, Table};
use crate::view::sheets::{Block, Row, Sheet};

/// Deals, promised beside delivered; nothing where there is none.
pub(super) fn deals(between: &BetweenInput, now_at: i64, say: Say) -> Option<Sheet> {
    let rows: Vec<Row> = between.deals.iter().map(|deal| deal_row(deal, now_at, say)).collect();
    (!rows.is_empty()).then(|| Sheet::new(say.deals()).id("deals").with(Block::Rows(rows)))
}

/// What other groups want and offer, with losses and the fee for the line.
pub(super) fn board(between: &BetweenInput, say: Say, href: String) -> Sheet {
    offers(between, say).with(Block::Buttons(vec![("btn btn--line", href, say.groups_trade().to_owned())]))
}

fn offers(between: &BetweenInput, say: Say) -> Sheet {
    let sheet = Sheet::new(say.between_title()).id("between");
    if !between.is_on {
        return sheet.say(say.between_off());
    }
    if !between.missing.is_empty() {
        let words = std::iter::once(say.between_missing().to_owned()).chain(between.missing.iter().map(|code| missing(say, code).to_owned()));
        let mut words: Vec<String> = words.collect();
        words.dedup();
        return sheet.with(Block::Note("is-watch", words));
    }
    // What no open line leads to is no offer to us.
    let reached = || between.board.iter().filter_map(|offer| Some((offer, offer.way?)));
    let of = |side| reached().filter(move |(offer, _)| offer.side == side).collect::<Vec<_>>();
    let (buyers, sellers) = (of(TradeSide::Buy), of(TradeSide::Sell));
    let mut sheet = match buyers.iter().max_by_key(|(_, way)| way.door_ngwee) {
        Some((best, way)) => sheet.say(say.between_best(way.door_ngwee, &best.name)),
        None if sellers.is_empty() => {
            return sheet.with(Block::Blank("i-neigh", say.between_none().to_owned(), String::new()));
        }
        None => sheet,
    };
    let words = [say.col_group(), say.col_they_pay(), say.col_lost_way(), say.col_line_fee(), say.col_we_get()];
    if !buyers.is_empty() {
        sheet = sheet.with(board_table(say.between_buyers(), words, &buyers, say));
    }
    let words = [say.col_group(), say.col_they_ask(), say.col_lost_way(), say.col_line_fee(), say.col_we_pay()];
    if !sellers.is_empty() {
        sheet = sheet.with(board_table(say.between_sellers(), words, &sellers, say));
    }
    sheet
}

/// What the law asks for, in words.
fn missing(say: Say, code: &str) -> &'static str {
    match code {
        "capacity_w" => say.between_needs_capacity(),
        "grid_link" => say.between_needs_grid(),
        "licence_number" | "licence_expires_on" => say.between_needs_licence(),
        "licence_expired" => say.between_licence_over(),
        "seller_of_record" => say.between_needs_seller(),
        "own_wires" | "wiring_note" => say.between_needs_wires(),
        _ => say.between_needs_vote(),
    }
}

fn board_table(caption: &str, words: [&'static str; 5], lines: &[(&RegionOffer, Way)], say: Say) -> Block {
    let mut table = Table::of_numbers(caption, &words);
    for (offer, way) in lines {
        let energy_wh = offer.span.energy_wh;
        let amount = if offer.side == TradeSide::Buy { say.board_wants(energy_wh) } else { say.board_offers(energy_wh) };
        table.push(vec![
            Cell::noted(offer.name.clone(), amount),
            number::money(offer.price_ngwee).into(),
            number::percent_from_ppm(way.loss_ppm).into(),
            number::money(way.fee_ngwee).into(),
            number::money(way.door_ngwee).into(),
        ]);
    }
    Block::Table(table.as_phone_cards())
}

/// A deal: promised beside delivered, and the money of the own group.
fn deal_row(deal: &GroupDeal, now_at: i64, say: Say) -> Row {
    let day = say.weekday_date(deal.span.from_at);
    let title = match deal.side {
        TradeSide::Sell => say.deal_sold(&day, &deal.name),
        TradeSide::Buy => say.deal_bought(&day, &deal.name),
    };
    let row = chip(Row::new(title), deal, now_at, say);
    match deal.delivered {
        Some(DealDelivered { promised_wh, sent_wh, money_ngwee }) => {
            let amount = say.deal_amount(sent_wh, money_ngwee, promised_wh);
            let picture = chart::meter(sent_wh, promised_wh, &amount);
            row.note(amount).picture(picture)
        }
        None => row.note(say.deal_promised(deal.own_ngwee(), deal.span.energy_wh)),
    }
}

/// Why the guard holds an order.
fn held_reason(say: Say, code: &str) -> &'static str {
    match code {
        "guard_wash" => say.held_wash(),
        "guard_related" => say.held_related(),
        "guard_price_band" => say.held_band(),
        "guard_burst" => say.held_burst(),
        _ => say.held_other(),
    }
}

/// What the guard held, and why, with what an officer may decide; about the own house another one does.
pub(super) fn held(orders: &[HeldOrder], homes: &[i64], say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let sheet = Sheet::new(say.held_title()).id("held");
    if orders.is_empty() {
        return sheet.say(say.held_none());
    }
    let rows = orders.iter().map(|order| {
        let open = OpenOrder {
            no: order.no,
            side: order.side,
            price_ngwee: order.price_ngwee,
            energy_wh: order.energy_wh,
            filled_wh: 0,
            paid_ngwee: 0,
            expires_at: None,
            is_held: true,
        };
        let number = order.no.to_string();
        let line = say.held_line(&order.member.to_string(), &order_line(say, &open));
        let row = order.reasons.iter().fold(Row::new(line), |row, code| row.note(held_reason(say, code)));
        let row = row.note(say.order_number(&number)).chip("is-watch", "i-watch", say.order_waits());
        if homes.contains(&order.member) {
            return row.note(say.held_own());
        }
        let mut decide = |decision: &'static str, words| {
            Form::button(say, &seals.next(), format!("{href}/review"), words).hidden("order", number.clone()).hidden("decision", decision)
        };
        let (release, refuse) = (decide("release", say.held_release()), decide("refuse", say.held_refuse()));
        row.form(release).form(refuse)
    });
    sheet.with(Block::Rows(rows.collect()))
}
