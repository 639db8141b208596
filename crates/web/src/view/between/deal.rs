//! One deal: its terms, how it went, and what can be done now.

use message::Say;

use super::deals::{delivered, ends, is_late};
use super::{hour_text, terms};
use crate::form::{Faults, Form, Seals};
use crate::input::between::{DealInput, DealStage, DealStep, GroupDeal, StepKind};
use crate::input::trade::TradeSide;
use crate::reader::Reader;
use crate::text::number;
use crate::view::frame::{Frame, Place, between_href};
use crate::view::sheets::{Block, Row, Sheet, SheetsView};

/// Builds the page; `faults` are what was wrong with a button.
pub fn deal(input: &DealInput, reader: &Reader, seals: &mut Seals, faults: &Faults) -> SheetsView {
    let say = reader.say;
    let title = say.group_deal_number(&input.deal.no.to_string());
    let frame = Frame::of_cluster(reader, &title, &input.cluster, &input.now, Place::Trade);
    let href = between_href(&input.cluster.code);
    let is_late = is_late(&input.deal, input.now.now_at);
    let mut sheet = about(&input.deal, is_late, say);
    if let Some(fault) = faults.first() {
        sheet.blocks.insert(0, Block::Note("is-bad", vec![fault.text.clone(), format!("{} {}", say.no_money_moved(), fault.code)]));
    }
    let sheet = actions(sheet, input, is_late, say, seals, &href);
    let mut view = SheetsView::new(frame, headline(&input.deal, is_late, say)).lead(title).sheet(sheet).beside(history(input, say));
    if !input.deliveries.is_empty() {
        view = view.beside(delivered(&input.deliveries, say));
    }
    let back = ("btn btn--line", href, say.groups_trade().to_owned());
    view.beside(Sheet::default().with(Block::Buttons(vec![back])))
}

fn headline(deal: &GroupDeal, is_late: bool, say: Say) -> String {
    match deal.stage {
        _ if is_late => say.deal_page_expired().to_owned(),
        DealStage::Mine => say.deal_page_mine(&deal.name),
        DealStage::Theirs => say.deal_page_theirs(&deal.name),
        DealStage::Agreed => say.deal_page_agreed(&deal.name),
        DealStage::Declined => say.deal_page_declined().to_owned(),
        DealStage::Withdrawn => say.deal_page_withdrawn().to_owned(),
        DealStage::Expired => say.deal_page_expired().to_owned(),
    }
}

/// The terms, and what they come to.
fn about(deal: &GroupDeal, is_late: bool, say: Say) -> Sheet {
    let title = match deal.stage {
        DealStage::Agreed => say.deal_terms_agreed(),
        DealStage::Mine | DealStage::Theirs if !is_late => say.deal_terms_table(),
        _ => say.deal_terms_last(),
    };
    let line = match deal.side {
        TradeSide::Sell => say.deal_we_sell(deal.span.energy_wh, &deal.name),
        TradeSide::Buy => say.deal_we_buy(deal.span.energy_wh, &deal.name),
    };
    let sheet = Sheet::new(title).mine().id("terms").with(Block::Strong(line)).with(facts(deal, is_late, say));
    let sheet = terms::totals(sheet, deal, say);
    if deal.is_matched { sheet.with(Block::Quiet(say.deal_from_matching().to_owned())) } else { sheet }
}

/// The terms one by one.
pub(super) fn facts(deal: &GroupDeal, is_late: bool, say: Say) -> Block {
    let fact = |name: &str, value: String, note: &str| (name.to_owned(), value, note.to_owned());
    let mut facts = vec![
        fact(say.deal_fact_from(), say.weekday_date_clock(deal.span.from_at), ""),
        fact(say.deal_fact_until(), ends(deal, say), ""),
        fact(say.deal_fact_hour(), hour_text(&number::kwh_exact(deal.span.hour_wh)), ""),
        fact(say.deal_fact_price(), number::money(deal.price_ngwee), ""),
        fact(say.deal_fact_penalty(), number::money(deal.penalty_ngwee), say.deal_fact_penalty_note()),
    ];
    if matches!(deal.stage, DealStage::Mine | DealStage::Theirs) && !is_late {
        facts.push(fact(say.deal_fact_answer(), say.weekday_date_clock(deal.answer_at), ""));
    }
    Block::Facts(facts)
}

/// What the reader can do now, or who does it.
fn actions(sheet: Sheet, input: &DealInput, is_late: bool, say: Say, seals: &mut Seals, href: &str) -> Sheet {
    let deal = &input.deal;
    let sheet = doubts(sheet, deal, say);
    let page = format!("{href}/deals/{}", deal.no);
    let mut press = |act: &'static str, words: &str| Form::new(say, &seals.next(), page.clone(), words).hidden("act", act);
    match deal.stage {
        _ if is_late => sheet,
        DealStage::Mine | DealStage::Theirs if deal.is_on_the_way => sheet.with(Block::Note("is-info", vec![say.deal_on_the_way(&deal.name)])),
        DealStage::Mine if !input.may_deal => sheet.with(Block::Quiet(say.deal_officer_answers().to_owned())),
        DealStage::Mine => {
            let accept = ("btn", format!("{page}/accept"), say.deal_accept_look().to_owned());
            let counter = ("btn btn--line", format!("{page}/counter"), say.deal_counter().to_owned());
            let decline = press("decline", say.deal_decline()).submit_class("btn btn--bad");
            sheet.with(Block::Buttons(vec![accept, counter])).form(decline)
        }
        DealStage::Theirs if input.may_deal => {
            sheet.form(press("withdraw", say.deal_withdraw()).submit_class("btn btn--line").note(say.deal_withdraw_say()))
        }
        _ => sheet,
    }
}

/// Why one officer alone does not bind the group here.
fn doubts(sheet: Sheet, deal: &GroupDeal, say: Say) -> Sheet {
    if deal.doubts.is_empty() {
        return sheet;
    }
    let words = deal.doubts.iter().map(|code| match code.as_str() {
        "deal_same_person" => say.deal_doubt_person(),
        "deal_round_trip" => say.deal_doubt_trip(),
        _ => say.deal_doubt_price(),
    });
    let words = std::iter::once(say.deal_second()).chain(words).map(str::to_owned).collect();
    sheet.with(Block::Note("is-watch", words))
}

/// What was done, the last first.
fn history(input: &DealInput, say: Say) -> Sheet {
    let rows = input.steps.iter().rev().map(|step| step_row(step, &input.deal, say)).collect();
    Sheet::new(say.deal_history()).id("history").with(Block::Rows(rows))
}

fn step_row(step: &DealStep, deal: &GroupDeal, say: Say) -> Row {
    let name = deal.name.as_str();
    let words = match (step.kind, step.is_ours) {
        (StepKind::Offer, true) => say.deal_act_our_offer().to_owned(),
        (StepKind::Offer, false) => say.deal_act_their_offer(name),
        (StepKind::Counter, true) => say.deal_act_our_counter().to_owned(),
        (StepKind::Counter, false) => say.deal_act_their_counter(name),
        (StepKind::Accept, true) => say.deal_act_our_accept().to_owned(),
        (StepKind::Accept, false) => say.deal_act_their_accept(name),
        (StepKind::Decline, true) => say.deal_act_our_decline().to_owned(),
        (StepKind::Decline, false) => say.deal_act_their_decline(name),
        (StepKind::Withdraw, true) => say.deal_act_our_withdraw().to_owned(),
        (StepKind::Withdraw, false) => say.deal_act_their_withdraw(name),
        (StepKind::Expire, _) => say.deal_act_expire().to_owned(),
        (StepKind::Clear, _) => say.deal_act_clear().to_owned(),
    };
    let row = Row::new(words).note(say.weekday_date_clock(step.at));
    if !matches!(step.kind, StepKind::Offer | StepKind::Counter | StepKind::Clear) {
        return row;
    }
    let row = row.note(say.deal_act_terms(step.span.energy_wh, step.penalty_ngwee, step.price_ngwee));
    // The hours stand above already, unless they were others.
    let is_other = (step.span.from_at, step.span.until_at) != (deal.span.from_at, deal.span.until_at);
    if is_other { row.note(super::hours(&step.span, say)) } else { row }
}

/// A deal before it is agreed: the total, and the button that binds.
pub fn accept(deal: &GroupDeal, say: Say, seals: &mut Seals, href: &str, is_changed: bool) -> Sheet {
    let page = format!("{href}/deals/{}", deal.no);
    let words = match deal.side {
        TradeSide::Sell => say.deal_accept_get(deal.seller_gets_ngwee),
        TradeSide::Buy => say.deal_accept_pay(deal.buyer_pays_ngwee()),
    };
    let form = Form::new(say, &seals.next(), page.clone(), words)
        .hidden("act", "accept")
        .hidden("version", deal.version.to_string())
        .link(page, say.back())
        .about_money();
    let mut sheet = Sheet::new(say.deal_accept_title()).mine().id("check");
    if is_changed {
        sheet = sheet.with(Block::Note("is-watch", vec![say.deal_changed().to_owned()]));
    }
    let sheet = terms::totals(sheet.with(facts(deal, false, say)), deal, say);
    sheet.say(say.deal_accept_binds()).form(form)
}
