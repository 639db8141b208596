//! The reader's own side: simple mode, the order form, open orders, trades, the month.

use message::Say;

use super::{Typed, energy_field, money_field};
use crate::form::{Choice, Choices, Form, Input, Part, Seals, Switch};
use crate::input::trade::{OpenOrder, OwnTrade, StandingInput, TradeInput, TradeRules, TradeSide};
use crate::text::number;
use crate::view::parts::{Cell, Table};
use crate::view::sheets::{Block, Row, Sheet};

/// Days that an order can be good for; the second is offered first.
const DAYS: [i64; 4] = [1, 7, 30, 90];

/// Trades shown before the rest is folded away.
const TRADES_OPEN: usize = 5;

/// Open orders shown before the rest is folded away.
const ORDERS_OPEN: usize = 3;

/// Trades shown at all.
const TRADES_MAX: usize = 50;

/// One switch and two numbers; buying is folded away until it is on.
pub(super) fn simple(input: &TradeInput, own: &OwnTrade, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Sheet {
    let sheet = Sheet::new(say.simple()).mine().id("mine").aside(say.more_choices(), "#order");
    let sheet = sheet.form(standing(TradeSide::Sell, own.sell, input, say, seals, href, typed));
    let buying = standing(TradeSide::Buy, own.buy, input, say, seals, href, typed);
    let is_buying = own.buy.is_some() || typed.form == "buy";
    let sheet = have(sheet, own, say);
    let buying = Block::Form(Box::new(buying));
    if is_buying { sheet.with(buying) } else { sheet.with(Block::More(say.buy_instead().to_owned(), vec![buying])) }
}

/// What the reader has, where nothing can be ordered; `None` for credits where there is nothing that could keep them.
pub(super) fn credits_alone(own: &OwnTrade, is_off_grid: bool, say: Say) -> Sheet {
    let credits = own.credits.filter(|credits| !is_off_grid || credits.free_wh > 0 || credits.held_wh > 0);
    have(Sheet::new(say.my_home()).mine().id("mine"), &OwnTrade { credits, ..own.clone() }, say)
}

/// Surplus and credits.
fn have(mut sheet: Sheet, own: &OwnTrade, say: Say) -> Sheet {
    if let Some(spare) = own.spare {
        let today = if spare.today_wh >= 50 { say.spare_today(spare.today_wh) } else { say.spare_none_today().to_owned() };
        let ahead = match (spare.left_wh, spare.usual_wh) {
            (Some(left @ 50..), _) => Some(say.spare_left(left)),
            (_, Some(usual @ 50..)) => Some(say.spare_usual(usual)),
            _ => None,
        };
        sheet = sheet.say(ahead.map_or_else(|| today.clone(), |ahead| format!("{today} {ahead}")));
    }
    let mut facts = Vec::new();
    if let Some(credits) = own.credits {
        if credits.free_wh == 0 && credits.held_wh == 0 {
            sheet = sheet.say(format!("{} {}", say.credits_none(), say.credits_none_step()));
        } else {
            facts.push((say.credits_free().to_owned(), number::kwh(credits.free_wh), String::new()));
        }
        if credits.held_wh > 0 {
            facts.push((say.credits_held().to_owned(), number::kwh(credits.held_wh), String::new()));
        }
    }
    if let Some(free) = own.free_ngwee {
        facts.push((say.wallet_free().to_owned(), number::money(free), String::new()));
    }
    if !facts.is_empty() {
        sheet = sheet.with(Block::Facts(facts));
    }
    // The sheet of the surplus says it where there is one.
    match own.credits.and_then(|credits| credits.is_banking).filter(|_| own.surplus.is_none()) {
        Some(true) => sheet.with(Block::Quiet(say.credits_banking().to_owned())),
        Some(false) => sheet.with(Block::Quiet(say.credits_not_banking().to_owned())),
        None => sheet,
    }
}

/// The form of a standing order.
fn standing(side: TradeSide, on: Option<StandingInput>, input: &TradeInput, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Form {
    let (name, label, note, price, keep) = match side {
        TradeSide::Sell => ("sell", say.sell_auto(), say.sell_auto_say(), say.sell_floor(), say.keep_first()),
        TradeSide::Buy => ("buy", say.buy_auto(), say.buy_auto_say(), say.buy_ceiling(), say.buy_until()),
    };
    let form = Form::new(say, &seals.next(), format!("{href}/standing"), say.save())
        .hidden("side", side.as_str())
        .part(Switch { name: "on", label: label.to_owned(), note: note.to_owned(), is_on: on.is_some() })
        .part(Part::Pair)
        .part(price_input("price", price, say).value(on.map(|on| on.price_ngwee).or(usual(input)).map(money_field).unwrap_or_default()))
        .part(energy_input("keep", keep, say).value(energy_field(on.map_or(0, |on| on.keep_wh))))
        .part(Part::PairEnd)
        .note(on.map_or_else(|| say.standing_off().to_owned(), |on| say.standing_since(on.since_at)))
        .prefix(name)
        .about_money();
    typed.into_form(name, form)
}

fn price_input(name: &'static str, label: &str, say: Say) -> Input {
    Input::text(name, label).decimal().units(say.unit_kwacha(), say.unit_for_kwh())
}

fn energy_input(name: &'static str, label: &str, say: Say) -> Input {
    Input::text(name, label).decimal().units("", say.unit_kwh())
}

/// A price to begin with: that of the last trade, or else the present one, within the limits; nothing where none is known.
fn usual(input: &TradeInput) -> Option<i64> {
    let last = input.market.as_ref().and_then(|market| market.last).map(|last| last.price_ngwee);
    let now = || input.price.as_ref().and_then(|price| price.slots.first()).map(|slot| slot.ngwee_per_kwh);
    let TradeRules { floor_ngwee, ceiling_ngwee, .. } = input.rules;
    last.or_else(now).map(|price| price.min(ceiling_ngwee).max(floor_ngwee))
}

/// The sheet with the order form.
pub(super) fn order(input: &TradeInput, own: &OwnTrade, say: Say, href: &str, typed: Typed<'_>) -> Sheet {
    let free = own.credits.map(|credits| credits.free_wh).filter(|wh| *wh > 0);
    let form = order_form(say, href, input.rules, usual(input), free, typed);
    Sheet::new(say.order_place()).id("order").form(form)
}

/// The order form: it asks for the page that shows the total, and changes nothing.
pub fn order_form(say: Say, href: &str, rules: TradeRules, price_ngwee: Option<i64>, free_wh: Option<i64>, typed: Typed<'_>) -> Form {
    let sell = Choice::new("sell", say.order_sell()).note(say.order_sell_note()).icon("i-sold").chosen(free_wh.is_some());
    let buy = Choice::new("buy", say.order_buy()).note(say.order_buy_note()).icon("i-neigh").chosen(free_wh.is_none());
    let days = DAYS.map(|days| Choice::new(days.to_string(), say.order_days(days)).chosen(days == DAYS[1]));
    let band = say.order_band(rules.floor_ngwee, rules.ceiling_ngwee);
    let form = Form::question(say, format!("{href}/order"), say.order_total_first())
        .part(Choices::one("side", say.order_side(), vec![sell, buy]))
        .part(Part::Pair)
        .part(energy_input("energy", say.order_energy(), say).hint(free_wh.map(|wh| say.order_energy_free(wh)).unwrap_or_default()))
        .part(price_input("price", say.order_price(), say).value(price_ngwee.map(money_field).unwrap_or_default()).hint(band))
        .part(Part::PairEnd)
        .part(Part::Say(say.order_price_say().to_owned()))
        .part(Choices::list("days", say.order_until(), days.into()))
        .submit_class("btn btn--line")
        .prefix("order")
        .about_money();
    typed.into_form("order", form)
}

/// Open orders, each with its buttons.
pub(super) fn orders(input: &TradeInput, own: &OwnTrade, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let sheet = Sheet::new(say.orders_mine()).mine().id("orders");
    if own.orders.is_empty() {
        return sheet.say(say.orders_none());
    }
    let rows = own.orders.iter().map(|order| {
        let number = order.no.to_string();
        let mut row = Row::new(order_line(say, order)).note(match order.expires_at {
            Some(end) => say.order_ends(&number, end),
            None => say.order_number(&number),
        });
        if order.filled_wh > 0 {
            row = row.note(say.order_filled(order.energy_wh, order.filled_wh, order.paid_ngwee));
        }
        if order.is_held {
            // Who is an officer does not decide about the own order.
            let who = if input.is_officer { say.held_own() } else { say.order_waits_say() };
            row = row.chip("is-info", "i-clock", say.order_waits()).note(who);
        } else {
            row = row.link(format!("{href}/orders/{}", order.no), say.order_change());
        }
        row.form(Form::button(say, &seals.next(), format!("{href}/cancel"), say.order_cancel()).hidden("order", number))
    });
    let mut rows: Vec<Row> = rows.collect();
    // One more is shown as well as folded away.
    let rest = if rows.len() > ORDERS_OPEN + 1 { rows.split_off(ORDERS_OPEN) } else { Vec::new() };
    let sheet = sheet.with(Block::Rows(rows));
    if rest.is_empty() { sheet } else { sheet.with(Block::More(say.orders_more(rest.len() as i64), vec![Block::Rows(rest)])) }
}

pub(super) fn order_line(say: Say, order: &OpenOrder) -> String {
    let left = order.energy_wh.saturating_sub(order.filled_wh);
    match order.side {
        TradeSide::Sell => say.order_line_sell(left, order.price_ngwee),
        TradeSide::Buy => say.order_line_buy(left, order.price_ngwee),
    }
}

/// Own trades, and the form for one that is not right.
pub(super) fn trades(own: &OwnTrade, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Sheet {
    let sheet = Sheet::new(say.trades_mine()).mine().id("trades");
    if own.trades.is_empty() {
        return sheet.say(say.trades_none());
    }
    let table = |range: std::ops::Range<usize>| {
        let mut table = Table::of_numbers(say.trades_mine(), &[say.col_what(), say.col_energy(), say.col_money()]);
        for trade in own.trades.get(range).unwrap_or_default() {
            let what = match trade.side {
                TradeSide::Sell => say.trade_sold(trade.price_ngwee),
                TradeSide::Buy => say.trade_bought(trade.price_ngwee),
            };
            let when = Cell::noted(what, say.weekday_date_clock(trade.at));
            table.push(vec![when, number::kwh(trade.energy_wh).into(), number::money(trade.money_ngwee).into()]);
        }
        Block::Table(table)
    };
    let shown = own.trades.len().min(TRADES_MAX);
    let mut sheet = sheet.say(say.trades_delivered()).with(table(0..shown.min(TRADES_OPEN)));
    if shown > TRADES_OPEN {
        sheet = sheet.with(Block::More(say.show_list().to_owned(), vec![table(TRADES_OPEN..shown)]));
    }
    let form = dispute(own, say, seals, href, typed);
    let block = Block::Form(Box::new(form));
    if typed.form == "dispute" { sheet.with(block) } else { sheet.with(Block::More(say.dispute().to_owned(), vec![block])) }
}

fn dispute(own: &OwnTrade, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Form {
    let choice = |trade: &crate::input::trade::OwnTraded| {
        let words = format!("{}, {}", say.weekday_date_clock(trade.at), number::money(trade.money_ngwee));
        Choice::new(trade.no.to_string(), words)
    };
    let form = Form::new(say, &seals.next(), format!("{href}/dispute"), say.dispute_send())
        .sentence(say.dispute_say())
        .part(Choices::list("trade", say.dispute_which(), own.trades.iter().take(TRADES_MAX).map(choice).collect()))
        .part(Input::text("words", say.dispute_words()).with("maxlength", "200"))
        .submit_class("btn btn--line")
        .prefix("dispute");
    typed.into_form("dispute", form)
}

/// What trade brought this month.
pub(super) fn month(input: &TradeInput, own: &OwnTrade, say: Say) -> Option<Sheet> {
    let month = own.month?;
    let sheet = Sheet::new(say.month_traded(input.month)).mine().id("month");
    if month.sold_wh == 0 && month.bought_wh == 0 {
        if !input.rules.is_on {
            return None;
        }
        return Some(sheet.with(Block::Figure(number::money(0), say.month_earned(0))).say(say.month_net_none()));
    }
    let sheet = sheet.with(Block::Figure(number::money(month.earned_ngwee), say.month_earned(month.sold_wh)));
    Some(if month.bought_wh > 0 { sheet.say(say.month_bought(month.bought_wh, month.paid_ngwee)) } else { sheet })
}
