//! Deals with other groups, and what was delivered.

use message::Say;

use super::{end, hours};
use crate::chart;
use crate::input::between::{DealDelivered, DealStage, DeliveryInput, GroupDeal, GroupsInput};
use crate::input::trade::TradeSide;
use crate::text::number;
use crate::view::sheets::{Block, Row, Sheet};

/// Deals that are over, and days of deliveries, shown without being opened.
const OVER_OPEN: usize = 3;
const DAYS_OPEN: usize = 7;

/// Deals, those that wait for an answer first, each with where it stands.
pub(super) fn deals(input: &GroupsInput, say: Say, href: &str) -> Sheet {
    let sheet = Sheet::new(say.group_deals()).mine().id("deals");
    if input.deals.is_empty() {
        let step = if input.rights.may_deal && input.is_ready() { say.group_deals_none_step() } else { "" };
        return sheet.with(Block::Blank("i-trade", say.group_deals_none().to_owned(), step.to_owned()));
    }
    let is_live = |deal: &&GroupDeal| match deal.stage {
        DealStage::Mine | DealStage::Theirs => true,
        DealStage::Agreed => deal.span.until_at > input.now.now_at,
        _ => false,
    };
    let (mut live, mut over): (Vec<&GroupDeal>, Vec<&GroupDeal>) = input.deals.iter().partition(is_live);
    live.sort_by_key(|deal| match deal.stage {
        DealStage::Mine => 0,
        DealStage::Theirs => 1,
        _ => 2,
    });
    let room = if live.is_empty() { OVER_OPEN } else { 0 };
    let older = over.split_off(over.len().min(room));
    let row = |deal: &&GroupDeal| deal_row(deal, input, say, href);
    let sheet = sheet.with(Block::Rows(live.iter().chain(&over).map(row).collect()));
    if older.is_empty() {
        return sheet;
    }
    sheet.with(Block::More(say.group_deals_older().to_owned(), vec![Block::Rows(older.iter().map(row).collect())]))
}

/// What the own group does in a deal.
pub(super) fn deal_title(deal: &GroupDeal, say: Say) -> String {
    match deal.side {
        TradeSide::Sell => say.group_deal_sell(deal.span.energy_wh, &deal.name),
        TradeSide::Buy => say.group_deal_buy(deal.span.energy_wh, &deal.name),
    }
}

fn deal_row(deal: &GroupDeal, input: &GroupsInput, say: Say, href: &str) -> Row {
    let number = deal.no.to_string();
    let row = Row::new(deal_title(deal, say)).note(hours(&deal.span, say));
    let row = row.note(format!("{}, {}", say.group_deal_number(&number), say.group_deal_price(deal.price_ngwee)));
    let is_late = is_late(deal, input.now.now_at);
    let row = chip(row, deal, input.now.now_at, say);
    let row = match deal.stage {
        DealStage::Mine | DealStage::Theirs if !is_late => row.note(say.deal_answer_before(deal.answer_at)),
        _ => row,
    };
    let row = match deal.delivered {
        Some(DealDelivered { promised_wh, sent_wh, .. }) => {
            let line = say.delivered_all(sent_wh, promised_wh);
            let picture = chart::meter(sent_wh, promised_wh, &line);
            row.note(line).picture(picture)
        }
        None => row,
    };
    let is_asked = deal.stage == DealStage::Mine && !is_late && input.rights.may_deal && !deal.is_on_the_way;
    row.link(format!("{href}/deals/{number}"), if is_asked { say.group_deal_answer() } else { say.group_deal_look() })
}

/// Whether nobody has answered in time, though it is not written down yet.
pub(super) fn is_late(deal: &GroupDeal, now_at: i64) -> bool {
    matches!(deal.stage, DealStage::Mine | DealStage::Theirs) && deal.answer_at <= now_at
}

/// Where a deal stands, in colour, shape and word: of one that binds, what came of it when its hours are over.
pub fn chip(row: Row, deal: &GroupDeal, now_at: i64, say: Say) -> Row {
    let is_over = deal.span.until_at <= now_at;
    match deal.stage {
        _ if is_late(deal, now_at) => row.chip("is-flat", "", say.group_deal_late()),
        DealStage::Mine => row.chip("is-watch", "i-watch", say.group_deal_mine()),
        DealStage::Theirs => row.chip("is-info", "i-clock", say.group_deal_theirs()),
        DealStage::Agreed => match deal.delivered.filter(|_| is_over) {
            Some(delivered) if delivered.sent_wh < delivered.promised_wh => row.chip("is-watch", "i-watch", say.deal_part()),
            Some(_) => row.chip("is-good", "i-good", say.deal_all()),
            None => row.chip("is-good", "i-good", say.group_deal_agreed()),
        },
        DealStage::Declined => row.chip("is-flat", "", say.group_deal_declined()),
        DealStage::Withdrawn => row.chip("is-flat", "", say.group_deal_withdrawn()),
        DealStage::Expired => row.chip("is-flat", "", say.group_deal_expired()),
    }
}

/// What the meters saw of it, day by day.
pub(super) fn delivered(rows: &[DeliveryInput], say: Say) -> Sheet {
    let sheet = Sheet::new(say.delivered_title()).id("delivered");
    if rows.is_empty() {
        return sheet.say(say.delivered_none());
    }
    let promised = rows.iter().map(|row| row.promised_wh).fold(0, i64::saturating_add);
    let sent = rows.iter().map(|row| row.sent_wh).fold(0, i64::saturating_add);
    let line = say.delivered_all(sent, promised);
    let picture = Block::Picture(chart::meter(sent, promised, &line));
    let mut days: Vec<Row> = rows.iter().map(|row| delivered_row(row, say)).collect();
    let more = days.split_off(days.len().min(DAYS_OPEN));
    let sheet = sheet.say(line).with(picture).with(Block::Rows(days));
    let sheet = if more.is_empty() { sheet } else { sheet.with(Block::More(say.delivered_more().to_owned(), vec![Block::Rows(more)])) };
    sheet.with(Block::Quiet(say.delivered_money_say().to_owned()))
}

/// A day of a deal: delivered beside promised, and the money between the groups.
fn delivered_row(row: &DeliveryInput, say: Say) -> Row {
    let what = match row.side {
        TradeSide::Sell => say.delivered_sold(&row.name),
        TradeSide::Buy => say.delivered_bought(&row.name),
    };
    let money = if row.money_ngwee > 0 { format!("+{}", number::money(row.money_ngwee)) } else { number::money(row.money_ngwee) };
    let mut out = Row::new(what)
        .note(say.delivered_deal(&say.date_short(row.on), &row.deal.to_string()))
        .note(say.delivered_all(row.sent_wh, row.promised_wh))
        .amount(money);
    if row.short_wh > 0 {
        let is_free = row.penalty_ngwee == 0;
        out = out.note(if is_free { say.delivered_short_free(row.short_wh) } else { say.delivered_short(row.penalty_ngwee, row.short_wh) });
    }
    if row.lost_wh > 0 {
        out = out.note(say.delivered_line(row.lost_wh));
    }
    if row.is_estimated { out.note(say.delivered_guess()) } else { out }
}

/// The end of a span in words, for facts.
pub(super) fn ends(deal: &GroupDeal, say: Say) -> String {
    end(&deal.span, say)
}
