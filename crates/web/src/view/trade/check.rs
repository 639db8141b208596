//! An order before it is placed: the same total that is booked; and an order that is changed.

use message::Say;

use super::{Typed, energy_field, money_field};
use crate::form::{Form, Input, Part, Seals};
use crate::input::trade::{OpenOrder, PreviewInput, TradeRules, TradeSide};
use crate::text::number;
use crate::view::sheets::{Block, Sheet};

/// The order in one sentence.
pub fn check_line(input: &PreviewInput, say: Say) -> String {
    match input.side {
        TradeSide::Sell => say.check_line_sell(input.energy_wh, input.price_ngwee, input.expires_at),
        TradeSide::Buy => say.check_line_buy(input.energy_wh, input.price_ngwee, input.expires_at),
    }
}

/// The sheet that shows the total, and the button that places the order as shown.
pub fn check(input: &PreviewInput, days: &str, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let is_sale = input.side == TradeSide::Sell;
    let title = if is_sale { say.check_sell() } else { say.check_buy() };
    let mut sheet = Sheet::new(title).mine().id("check").aside(say.check_step(), "");
    if input.is_changed {
        sheet = sheet.with(Block::Note("is-watch", vec![say.check_changed().to_owned()]));
    }
    let mut lines: Vec<(String, String)> =
        input.meets.iter().map(|(price, wh, money)| (say.check_meets(*wh, *price), number::money(*money))).collect();
    // What waits is shown at its limit, so that the whole of the order is seen; what is booked now is said on the button.
    if input.rest_wh > 0 {
        lines.push((say.check_line_rest(input.rest_wh, input.price_ngwee), number::money(input.rest_ngwee)));
    }
    lines.push((say.check_fee().to_owned(), number::money(input.fee_ngwee)));
    let sum = match (input.rest_wh > 0, is_sale) {
        (false, true) => say.check_get(),
        (false, false) => say.check_pay(),
        (true, true) => say.check_get_all(),
        (true, false) => say.check_pay_all(),
    };
    let all = input.money_ngwee.saturating_add(input.rest_ngwee);
    sheet = sheet.with(Block::Total(lines, (sum.to_owned(), number::money(all))));
    if input.rest_wh > 0 {
        let hold = if is_sale { say.check_hold_credits(input.hold) } else { say.check_hold_money(input.hold) };
        let now = if is_sale { say.check_now_get(input.money_ngwee) } else { say.check_now_pay(input.money_ngwee) };
        let now = if input.meets.is_empty() { String::new() } else { format!("{now} ") };
        sheet = sheet.say(format!("{now}{} {hold}", say.check_waits(input.rest_wh)));
    } else {
        sheet = sheet.say(say.check_all());
    }
    let submit = match (input.rest_wh > 0, input.side) {
        (true, _) => say.check_confirm_waits().to_owned(),
        (false, TradeSide::Sell) => say.check_confirm_sell(input.money_ngwee),
        (false, TradeSide::Buy) => say.check_confirm_buy(input.money_ngwee),
    };
    let form = Form::new(say, &seals.next(), format!("{href}/order"), submit)
        .hidden("side", input.side.as_str())
        .hidden("energy", energy_field(input.energy_wh))
        .hidden("price", money_field(input.price_ngwee))
        .hidden("days", days)
        .hidden("until", input.expires_at.to_string())
        .hidden("version", input.version.to_string())
        .link("#order", say.check_change())
        .about_money();
    sheet.with(Block::Quiet(say.check_exact().to_owned())).form(form).with(Block::Quiet(say.check_version(&input.version.to_string())))
}

/// The sheet that changes an open order.
pub fn change(order: &OpenOrder, rules: TradeRules, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Sheet {
    let left = order.energy_wh.saturating_sub(order.filled_wh);
    let form = Form::new(say, &seals.next(), format!("{href}/orders/{}", order.no), say.order_change_save())
        .part(Part::Pair)
        .part(Input::text("energy", say.order_change_left()).decimal().units("", say.unit_kwh()).value(energy_field(left)))
        .part(
            Input::text("price", say.order_price())
                .decimal()
                .units(say.unit_kwacha(), say.unit_for_kwh())
                .value(money_field(order.price_ngwee))
                .hint(say.order_band(rules.floor_ngwee, rules.ceiling_ngwee)),
        )
        .part(Part::PairEnd)
        .hidden("filled", order.filled_wh.to_string())
        .link(href, say.back())
        .note(say.order_change_say())
        .about_money();
    let sheet = Sheet::default().mine().with(Block::Strong(super::own::order_line(say, order)));
    sheet.form(typed.into_form("change", form))
}
