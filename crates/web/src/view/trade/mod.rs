//! The Trading Hub: what one can sell or buy now, own orders and trades, and what others ask and offer.
//!
//! | File | Sheets |
//! |---|---|
//! | `own.rs` | simple mode, the order form, open orders, own trades, the month |
//! | `check.rs` | an order before it is placed, and one that is changed |
//! | `market.rs` | price ahead, the book, last trades |
//! | `credits.rs` | what happens with the surplus, gifts, what stands behind the credits |
//! | `between.rs` | other groups, deals, what waits for officers |

mod between;
mod check;
mod credits;
mod market;
mod own;

pub use check::{change, check, check_line};
pub use credits::{gift_check, gift_form};
pub use market::{book_line, last_line};
pub use own::order_form;

use message::Say;

use super::frame::{Frame, Place, between_href, carbon_href, trade_href};
use super::moment;
use super::parts::Glance;
use super::sheets::{Block, Sheet, SheetsView};
use crate::form::{Faults, Fields, Form, Seals};
use crate::input::NowInput;
use crate::input::trade::{MarketInput, OwnTrade, TradeInput};
use crate::reader::Reader;
use crate::text::number;

/// What was typed into which form of the page, and what was wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// The form; nothing was typed when it is empty.
    pub form: &'static str,
    /// What was typed.
    pub fields: &'a Fields,
    /// What was wrong.
    pub faults: &'a Faults,
}

impl Typed<'_> {
    /// A form with what was typed into it.
    fn into_form(self, name: &'static str, form: Form) -> Form {
        if self.form == name { form.filled(self.fields, self.faults) } else { form }
    }
}

/// Builds the page.
pub fn trade(input: &TradeInput, reader: &Reader, seals: &mut Seals, typed: Typed<'_>) -> SheetsView {
    let frame = Frame::of_cluster(reader, reader.say.nav_trade(), &input.cluster, &input.now, Place::Trade);
    let (say, href) = (frame.say, trade_href(&input.cluster.code));
    let lead = match (&input.own, input.rules.is_on) {
        (_, false) if input.rules.is_off_grid => say.trade_off_grid(),
        (_, false) => say.trade_off_step(),
        (None, true) => say.trade_no_home(),
        (Some(_), true) => "",
    };
    let mut view = SheetsView::new(frame, headline(input, say)).lead(lead);
    view.glance = glance(input, say);
    let own = input.own.as_ref();
    for sheet in own.map(|own| own_sheets(input, own, say, seals, &href, typed)).unwrap_or_default() {
        view = view.sheet(sheet);
    }
    let cover = input.cover.as_ref();
    if let Some(sheet) = own.and_then(|own| credits::surplus(own, cover, say, seals, &href, typed)) {
        view = view.sheet(sheet);
    }
    if let Some(book) = input.market.as_ref().filter(|_| input.rules.is_on) {
        view = view.sheet(market::book(book, say)).sheet(market::last(book, input.now.now_at, say));
    }
    if let Some(board) = input.between.as_ref().map(|between| between::board(between, say, between_href(&input.cluster.code))) {
        view = view.sheet(board);
    }
    let held = input.held.as_ref().map(|held| between::held(held, &input.homes, say, seals, &href));
    let trades = own.map(|own| own::trades(own, say, seals, &href, typed));
    let month = own.and_then(|own| own::month(input, own, say));
    let deals = input.between.as_ref().and_then(|between| between::deals(between, input.now.now_at, say));
    let cover = cover.map(|cover| credits::cover(cover, say));
    for sheet in [held, market::price(input, say), trades, month, cover, deals, Some(how(input, say))].into_iter().flatten() {
        view = view.beside(sheet);
    }
    view
}

/// Simple mode, the order form and open orders; where trading is off, what there is.
fn own_sheets(input: &TradeInput, own: &OwnTrade, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Vec<Sheet> {
    if input.rules.is_on {
        let (simple, order) = (own::simple(input, own, say, seals, href, typed), own::order(input, own, say, href, typed));
        return vec![simple, order, own::orders(input, own, say, seals, href)];
    }
    let mut out = vec![own::credits_alone(own, input.rules.is_off_grid, say)];
    if !own.orders.is_empty() {
        out.push(own::orders(input, own, say, seals, href));
    }
    out
}

/// The sentence that is true now.
fn headline(input: &TradeInput, say: Say) -> String {
    if !input.rules.is_on {
        return say.trade_off().to_owned();
    }
    let own = input.own.as_ref();
    let is_fresh = !moment::is_stale(&input.now);
    let spare = own.and_then(|own| own.spare).and_then(|spare| spare.now_w).filter(|_| is_fresh);
    let credits = own.and_then(|own| own.credits).map_or(0, |credits| credits.free_wh);
    match (spare, credits) {
        (Some(watts @ 1..), _) => say.trade_spare(watts),
        (_, 100..) => say.trade_credits(credits),
        (Some(_), _) => say.trade_nothing().to_owned(),
        (None, _) => say.trade_market().to_owned(),
    }
}

/// The price of the last trade, and when it was.
pub fn last_price(market: &MarketInput, now: &NowInput, say: Say) -> Option<(String, String)> {
    market.last.map(|last| (number::money(last.price_ngwee), say.clock_near(last.at, now.now_at)))
}

/// Three figures: what I have, the price, what I earned.
fn glance(input: &TradeInput, say: Say) -> Vec<Glance> {
    let mut out = Vec::new();
    if let Some(own) = &input.own {
        out.extend(have(own, input.rules.is_off_grid, say));
    }
    let last = input.market.as_ref().filter(|_| input.rules.is_on).and_then(|market| last_price(market, &input.now, say));
    if let Some((value, note)) = last {
        out.push(Glance { href: "#last", label: say.label_last_price(), value, note });
    } else if let Some(price) = market::now(input, say) {
        out.push(Glance { href: "#price", label: say.price(), value: price, note: say.unit_for_kwh().to_owned() });
    }
    if let Some(month) = input.own.as_ref().and_then(|own| own.month).filter(|_| input.rules.is_on) {
        let note = say.label_sold(month.sold_wh);
        out.push(Glance { href: "#month", label: say.label_earned(), value: number::money(month.earned_ngwee), note });
    }
    out
}

fn have(own: &OwnTrade, is_off_grid: bool, say: Say) -> Option<Glance> {
    if let Some(credits) = own.credits.filter(|credits| !is_off_grid || credits.free_wh > 0) {
        let note = if credits.held_wh > 0 { say.label_held(credits.held_wh) } else { say.credits_free().to_owned() };
        return Some(Glance { href: "#mine", label: say.label_credits(), value: number::kwh(credits.free_wh), note });
    }
    let spare = own.spare?;
    let note = say.label_spare_note().to_owned();
    Some(Glance { href: "#mine", label: say.label_spare_today(), value: number::kwh(spare.today_wh), note })
}

/// How trading works, and where the carbon page is.
fn how(input: &TradeInput, say: Say) -> Sheet {
    let lines = [say.trade_how_credit(), say.trade_how_hold(), say.trade_how_price(), say.trade_how_fee()];
    let told = Block::More(say.trade_how().to_owned(), lines.map(|line| Block::Say(line.to_owned())).into());
    let carbon = ("btn btn--line", carbon_href(&input.cluster.code), say.carbon_link().to_owned());
    Sheet::default().with(told).with(Block::Buttons(vec![carbon]))
}

/// An amount of money as a field shows it.
pub fn money_field(ngwee: i64) -> String {
    number::balance(ngwee)
}

/// An amount of energy as a field shows it, kWh: all of its digits, one at least.
pub fn energy_field(wh: i64) -> String {
    let digits = format!("{}.{:03}", wh.div_euclid(1_000), wh.rem_euclid(1_000));
    let kept = digits.trim_end_matches('0');
    if kept.ends_with('.') { format!("{kept}0") } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::energy_field;

    #[test]
    fn energy_keeps_its_digits_in_a_field() {
        let of = [(0, "0.0"), (400, "0.4"), (2_000, "2.0"), (430, "0.43"), (12_345, "12.345")];
        assert_eq!(of.map(|(wh, _)| energy_field(wh)), of.map(|(_, text)| text.to_owned()));
    }
}
