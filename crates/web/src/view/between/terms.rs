//! The forms of terms, and what terms come to before they are named.

use message::Say;

use super::board::{clock, fields};
use super::deal::facts;
use super::times;
use crate::form::{Choice, Choices, Faults, Fields, Form, Input, Part, Seals};
use crate::input::between::{GroupDeal, Worth};
use crate::input::trade::TradeSide;
use crate::text::number;
use crate::view::sheets::{Block, Sheet};
use crate::view::trade::{energy_field, money_field};

/// Groups shown as tiles; more are a list to open.
const TILES_MAX: usize = 6;

/// A group that a line leads to or comes from.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What a kWh sold to it is worth; `None` where no line leads to it.
    pub sell: Option<Worth>,
    /// What a kWh bought from it is worth; `None` where no line comes from it.
    pub buy: Option<Worth>,
}

impl Partner {
    /// What can be done with it, and what price is suggested: what the seller gets, as deals name it.
    fn note(&self, say: Say) -> String {
        let ways = match (self.sell, self.buy) {
            (Some(_), Some(_)) => say.deal_other_buy_sell(),
            (Some(_), None) => say.deal_other_sell(),
            (None, _) => say.deal_other_buy(),
        };
        let sell = self.sell.and_then(|worth| match worth {
            Worth::Price { seller_gets_ngwee, .. } => Some(say.suggest_sell(seller_gets_ngwee)),
            Worth::TooDear => Some(say.suggest_sell_dear().to_owned()),
            Worth::Unknown => None,
        });
        let buy = self.buy.and_then(|worth| match worth {
            Worth::Price { seller_gets_ngwee, .. } => Some(say.suggest_buy(seller_gets_ngwee)),
            Worth::TooDear => Some(say.suggest_buy_dear().to_owned()),
            Worth::Unknown => None,
        });
        std::iter::once(ways.to_owned()).chain(sell).chain(buy).collect::<Vec<_>>().join(" ")
    }

    /// Whether a price is suggested.
    fn is_priced(&self) -> bool {
        [self.sell, self.buy].iter().flatten().any(|worth| matches!(worth, Worth::Price { .. }))
    }
}

/// What was typed into a form of terms, and what was wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct TermsTyped<'a> {
    /// What was typed; a field that was not sent gets its usual value.
    pub fields: &'a Fields,
    /// What was wrong.
    pub faults: &'a Faults,
    /// The day of delivery, and that of the answer, that are chosen at first.
    pub days: (&'a str, &'a str),
}

/// The form of a new deal: it asks for the page that shows the total, and changes nothing.
pub fn deal_form(say: Say, href: &str, partners: &[Partner], typed: TermsTyped<'_>) -> Form {
    let partner = |partner: &Partner| Choice::new(partner.code.clone(), partner.name.clone()).note(partner.note(say)).chosen(partners.len() == 1);
    let others = partners.iter().map(partner).collect();
    let others =
        if partners.len() > TILES_MAX { Choices::list("other", say.deal_other(), others) } else { Choices::one("other", say.deal_other(), others) };
    let side = |word, label: &str, note: &str, icon| Choice::new(word, label).note(note).icon(icon);
    let sides = vec![
        side("sell", say.offer_side_sell(), say.offer_side_sell_note(), "i-sold").chosen(true),
        side("buy", say.offer_side_buy(), say.offer_side_buy_note(), "i-neigh"),
    ];
    let form = Form::question(say, format!("{href}/deal"), say.deal_look()).part(others.hint(say.deal_new_line())).part(Choices::one(
        "side",
        say.offer_side(),
        sides,
    ));
    let form = if partners.iter().any(Partner::is_priced) { form.part(Part::Say(say.suggest_how().to_owned())) } else { form };
    terms_parts(form, say, &Usual::new(typed.days), typed)
}

/// The form of other terms, filled in with those on the table.
pub fn counter_form(deal: &GroupDeal, say: Say, href: &str, typed: TermsTyped<'_>) -> Form {
    let (day, from, until) = fields(&deal.span, say);
    let last = say.local_date(deal.span.until_at.saturating_sub(1)).map(|on| on.to_string()).unwrap_or_default();
    let usual = Usual {
        energy: energy_field(deal.span.hour_wh),
        price: money_field(deal.price_ngwee),
        penalty: money_field(deal.penalty_ngwee),
        day,
        from,
        last,
        until,
        by: say.local_date(deal.answer_at).map(|on| on.to_string()).unwrap_or_default(),
        by_time: say.clock(deal.answer_at),
    };
    let form = Form::question(say, format!("{href}/deals/{}/counter", deal.no), say.deal_look()).sentence(say.deal_counter_say());
    terms_parts(form, say, &usual, typed)
}

/// What stands in the fields before anything is typed.
struct Usual {
    energy: String,
    price: String,
    penalty: String,
    day: String,
    from: String,
    last: String,
    until: String,
    by: String,
    by_time: String,
}

impl Usual {
    fn new((day, by): (&str, &str)) -> Self {
        Self {
            energy: String::new(),
            price: String::new(),
            penalty: money_field(20),
            day: day.to_owned(),
            from: "08:00".to_owned(),
            last: day.to_owned(),
            until: "16:00".to_owned(),
            by: by.to_owned(),
            by_time: "18:00".to_owned(),
        }
    }
}

fn terms_parts(form: Form, say: Say, usual: &Usual, typed: TermsTyped<'_>) -> Form {
    let chosen = |name: &str, usual: &str| clock(if typed.fields.has(name) { typed.fields.get(name) } else { usual });
    let price = |name, label: &str, value: &str| Input::text(name, label).decimal().units(say.unit_kwacha(), say.unit_for_kwh()).value(value);
    form.part(Input::text("energy", say.offer_hour()).decimal().units("", say.unit_kwh()).value(usual.energy.clone()))
        .part(Part::Pair)
        .part(Input::date("day", say.deal_day_from()).value(usual.day.clone()))
        .part(times("from", say.offer_from(), &chosen("from", &usual.from), 0..=23))
        .part(Input::date("last", say.deal_day_until()).value(usual.last.clone()).hint(say.deal_night()))
        .part(times("until", say.offer_until(), &chosen("until", &usual.until), 1..=24))
        .part(price("price", say.deal_price(), &usual.price))
        .part(price("penalty", say.deal_penalty(), &usual.penalty).hint(say.deal_penalty_say()))
        .part(Input::date("by", say.deal_answer_day()).value(usual.by.clone()))
        .part(times("by_time", say.deal_answer_time(), &chosen("by_time", &usual.by_time), 0..=23))
        .part(Part::PairEnd)
        .prefix("terms")
        .about_money()
        .filled(typed.fields, typed.faults)
}

/// What terms come to when all is sent, and what a seller who sends nothing pays.
pub(super) fn totals(sheet: Sheet, deal: &GroupDeal, say: Say) -> Sheet {
    let mut lines =
        vec![(say.deal_sum_sent().to_owned(), number::kwh(deal.span.energy_wh)), (say.deal_sum_arrives(deal.loss_ppm), number::kwh(deal.arrives_wh))];
    let sheet = sheet.with(Block::Heading(say.deal_sum().to_owned()));
    let is_sale = deal.side == TradeSide::Sell;
    let sum = if is_sale {
        (say.deal_sum_we_get().to_owned(), number::money(deal.seller_gets_ngwee))
    } else {
        lines.push((say.deal_sum_energy().to_owned(), number::money(deal.seller_gets_ngwee)));
        lines.push((say.deal_sum_fee().to_owned(), number::money(deal.fee_all_ngwee)));
        if deal.rent_all_ngwee > 0 {
            lines.push((say.deal_sum_rent().to_owned(), number::money(deal.rent_all_ngwee)));
        }
        (say.deal_sum_we_pay().to_owned(), number::money(deal.buyer_pays_ngwee()))
    };
    let sheet = sheet.with(Block::Total(lines, sum));
    let sheet = if is_sale { sheet.say(say.deal_sum_they_pay(deal.buyer_pays_ngwee(), &deal.name)) } else { sheet };
    if is_sale { sheet.say(say.deal_short_we(deal.penalty_all_ngwee)) } else { sheet.say(say.deal_short_they(deal.penalty_all_ngwee)) }
}

/// Terms before they are named: the total, and the button that sends them to `action`; `other` is the code of the other group where the deal
/// is new.
pub fn deal_check(deal: &GroupDeal, other: Option<&str>, say: Say, seals: &mut Seals, action: &str) -> Sheet {
    let (day, from, until) = fields(&deal.span, say);
    let last = say.local_date(deal.span.until_at.saturating_sub(1)).map(|on| on.to_string()).unwrap_or_default();
    let words = if other.is_some() { say.deal_check_confirm() } else { say.deal_counter_confirm() };
    let mut form = Form::new(say, &seals.next(), action, words);
    if let Some(code) = other {
        form = form.hidden("other", code).hidden("side", deal.side.as_str());
    }
    let form = form
        .hidden("energy", energy_field(deal.span.hour_wh))
        .hidden("price", money_field(deal.price_ngwee))
        .hidden("penalty", money_field(deal.penalty_ngwee))
        .hidden("day", day)
        .hidden("from", from)
        .hidden("last", last)
        .hidden("until", until)
        .hidden("by", say.local_date(deal.answer_at).map(|on| on.to_string()).unwrap_or_default())
        .hidden("by_time", say.clock(deal.answer_at))
        .link("#terms", say.check_change())
        .about_money();
    let sheet = Sheet::new(say.deal_check()).mine().id("check").aside(say.check_step(), "");
    let sheet = totals(sheet.with(facts(deal, false, say)), deal, say);
    sheet.say(say.deal_check_binds(&deal.name)).form(form)
}
