//! What happens with the surplus, gifts of energy credits, and what stands behind all credits.

use message::Say;

use super::{Typed, energy_field};
use crate::form::{Choice, Choices, Form, Input, Part, Seals};
use crate::input::trade::{CoverInput, OwnTrade, SurplusInput};
use crate::text::number;
use crate::view::sheets::{Block, Sheet};

/// The choice for the surplus, and gifts folded away below; nothing where there is neither.
pub(super) fn surplus(own: &OwnTrade, cover: Option<&CoverInput>, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Option<Sheet> {
    let can_give = own.credits.map_or(own.surplus.is_some(), |credits| credits.free_wh > 0);
    if own.surplus.is_none() && !can_give {
        return None;
    }
    let mut sheet = Sheet::new(say.surplus_title()).mine().id("surplus");
    if let Some(surplus) = own.surplus {
        sheet = sheet.say(now(surplus, say));
        let wants = surplus.next.map_or(surplus.is_banking, |(is_banking, _)| is_banking);
        if wants && cover.is_some_and(|cover| !cover.is_open) {
            sheet = sheet.with(Block::Note("is-watch", vec![say.surplus_shut().to_owned()]));
        }
        sheet = sheet.form(choice(surplus, wants, say, seals, href, typed));
    }
    if can_give {
        let gift = Block::Form(Box::new(gift_form(say, href)));
        sheet = sheet.with(Block::More(say.gift().to_owned(), vec![gift]));
    }
    Some(sheet)
}

/// What holds now, and what from a later day on.
fn now(surplus: SurplusInput, say: Say) -> String {
    let now = if surplus.is_banking { say.surplus_now_bank() } else { say.surplus_now_paid() };
    match surplus.next {
        Some((true, day)) => format!("{now} {}", say.surplus_then_bank(day)),
        Some((false, day)) => format!("{now} {}", say.surplus_then_paid(day)),
        None => now.to_owned(),
    }
}

fn choice(surplus: SurplusInput, wants: bool, say: Say, seals: &mut Seals, href: &str, typed: Typed<'_>) -> Form {
    let paid = Choice::new("paid", say.surplus_paid()).note(say.surplus_paid_note()).icon("i-money").chosen(!wants);
    let bank = Choice::new("bank", say.surplus_bank()).note(say.surplus_bank_note()).icon("i-battery").chosen(wants);
    let form = Form::new(say, &seals.next(), format!("{href}/surplus"), say.surplus_save())
        .sentence(say.surplus_say())
        .part(Choices::one("choice", say.surplus_ask(), vec![paid, bank]).hint(say.surplus_from(surplus.from_on)))
        .submit_class("btn btn--line")
        .prefix("surplus");
    typed.into_form("surplus", form)
}

/// The form of a gift: it asks for the page that names the home, and changes nothing.
pub fn gift_form(say: Say, href: &str) -> Form {
    Form::question(say, format!("{href}/gift"), say.gift_look())
        .sentence(say.gift_say())
        .part(Part::Pair)
        .part(Input::text("to", say.gift_house()).digits(9))
        .part(Input::text("energy", say.order_energy()).decimal().units("", say.unit_kwh()))
        .part(Part::PairEnd)
        .submit_class("btn btn--line")
        .prefix("gift")
}

/// A gift before it is given: to whom, and the button that gives it.
pub fn gift_check(to: i64, name: &str, energy_wh: i64, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let house = to.to_string();
    let form = Form::new(say, &seals.next(), format!("{href}/gift"), say.gift_confirm(energy_wh))
        .hidden("to", house.clone())
        .hidden("energy", energy_field(energy_wh))
        .link(format!("{href}#surplus"), say.gift_change());
    let sheet = Sheet::new(say.gift_check()).mine().id("check").aside(say.check_step(), "");
    sheet.with(Block::Strong(say.gift_line(energy_wh, &house, name))).say(say.gift_final()).form(form)
}

/// What stands behind the credits, in one line; how it adds up is folded away.
pub(super) fn cover(cover: &CoverInput, say: Say) -> Sheet {
    let owed = cover.held_wh.saturating_add(cover.reserved_wh);
    let line = match owed {
        0 => say.cover_none().to_owned(),
        _ if cover.is_of_utility => say.cover_utility(owed),
        _ if cover.covered_wh >= owed => say.cover_all(owed),
        _ => say.cover_part(cover.covered_wh, owed),
    };
    let parts = [
        (say.cover_held(), cover.held_wh),
        (say.cover_reserved(), cover.reserved_wh),
        (say.cover_used(), cover.used_wh),
        (say.cover_moved(), cover.moved_wh),
        (say.cover_tokens(), cover.tokens_wh),
        (say.cover_expired(), cover.expired_wh),
    ];
    // To the last digit, so that the column adds up as it stands.
    let lines = parts.map(|(what, wh)| (what.to_owned(), number::kwh_exact(wh))).into();
    let mut how = vec![Block::Total(lines, (say.cover_issued().to_owned(), number::kwh_exact(cover.issued_wh)))];
    if !cover.is_of_utility {
        how.push(Block::Facts(vec![
            (say.cover_fund().to_owned(), number::money(cover.fund_ngwee), String::new()),
            (say.cover_price().to_owned(), number::money(cover.price_ngwee), String::new()),
            (say.cover_back().to_owned(), number::kwh(cover.covered_wh), String::new()),
        ]));
        how.push(Block::Quiet(say.cover_divided().to_owned()));
    }
    how.push(Block::Say(if cover.is_open { say.cover_open() } else { say.cover_shut() }.to_owned()));
    Sheet::new(say.cover_title()).id("cover").say(line).with(Block::More(say.cover_how().to_owned(), how))
}
