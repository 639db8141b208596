//! The market: the price ahead, what is asked and offered, what was traded. Nobody is named.

use message::Say;

use crate::chart::{self, CANDLES_MAX, CandleMark, DepthRow, ROWS_MAX};
use crate::input::trade::{CandleInput, Level, MarketInput, TradeInput};
use crate::text::number;
use crate::view::dashboard::price_view;
use crate::view::parts::Table;
use crate::view::sheets::{Block, Sheet};

/// The price now as text.
pub(super) fn now(input: &TradeInput, say: Say) -> Option<String> {
    let price = input.price.as_ref().filter(|price| !price.slots.is_empty())?;
    Some(price_view(price, &input.now, say).now)
}

/// The price now and in the next six hours.
pub(super) fn price(input: &TradeInput, say: Say) -> Option<Sheet> {
    let price = input.price.as_ref().filter(|price| !price.slots.is_empty())?;
    let view = price_view(price, &input.now, say);
    let mut sheet = Sheet::new(say.price_next()).id("price").with(Block::Figure(view.now, view.basis.to_owned())).say(view.say);
    if let Some(picture) = view.chart {
        let signs = [
            (true, chart::key_square("ps-now", ""), say.now()),
            (view.has_cheap, chart::key_square("ps-best", ""), say.cheap()),
            (view.has_dear, chart::key_square("ps-hi", "p-sold"), say.dear()),
            (view.has_sun, chart::key_square("c-sun", ""), say.sun_hours()),
            (view.has_night, chart::key_square("ps-night", ""), say.night()),
        ];
        let signs = signs.into_iter().filter(|(is_there, _, _)| *is_there).map(|(_, sign, word)| (sign, word)).collect();
        sheet = sheet.with(Block::Picture(picture)).with(Block::Key(signs));
    }
    let sheet = sheet.with(Block::Quiet(say.price_not_of_credits().to_owned()));
    Some(sheet.with(Block::More(say.show_table().to_owned(), vec![Block::Table(view.table)])))
}

/// What is asked and offered, in a sentence.
pub fn book_line(market: &MarketInput, say: Say) -> String {
    match (market.asks.first(), market.bids.first()) {
        (Some(ask), Some(bid)) => say.offers_both(ask.price_ngwee, bid.price_ngwee),
        (Some(ask), None) => say.offers_asks(ask.price_ngwee),
        (None, Some(bid)) => say.offers_bids(bid.price_ngwee),
        (None, None) => say.offers_none().to_owned(),
    }
}

/// What was traded, in a sentence.
pub fn last_line(market: &MarketInput, now_at: i64, say: Say) -> String {
    let Some(last) = market.last else { return say.market_none().to_owned() };
    let told = say.market_last(last.price_ngwee, &say.clock_near(last.at, now_at));
    match market.day.filter(|day| day.count > 0) {
        Some(day) => format!("{} {told}", say.market_day(day.count, day.energy_wh)),
        None => told,
    }
}

/// The order book as rows, dear to cheap.
pub(super) fn book(market: &MarketInput, say: Say) -> Sheet {
    let sheet = Sheet::new(say.offers_title()).id("book");
    let (asks, bids) = (&market.asks, &market.bids);
    if asks.is_empty() && bids.is_empty() {
        return sheet.with(Block::Blank("i-trade", say.offers_none().to_owned(), say.offers_none_step().to_owned()));
    }
    let sentence = book_line(market, say);
    let row = |level: &Level| DepthRow { price: number::money(level.price_ngwee), energy: number::kwh(level.energy_wh), energy_wh: level.energy_wh };
    let sellers: Vec<DepthRow> = asks.iter().take(ROWS_MAX).rev().map(row).collect();
    let buyers: Vec<DepthRow> = bids.iter().take(ROWS_MAX).map(row).collect();
    let picture = chart::depth((say.offers_sellers(), &sellers), (say.offers_buyers(), &buyers), &sentence);
    let mut table = Table::of_numbers(say.offers_table(), &[say.col_price(), say.col_sellers(), say.col_buyers()]);
    for level in asks.iter().rev() {
        table.push(vec![number::money(level.price_ngwee).into(), number::kwh(level.energy_wh).into(), "".into()]);
    }
    for level in bids {
        table.push(vec![number::money(level.price_ngwee).into(), "".into(), number::kwh(level.energy_wh).into()]);
    }
    let mut sheet = sheet.with(Block::Live("say-book", sentence)).with(Block::Picture(picture));
    if asks.len() > ROWS_MAX || bids.len() > ROWS_MAX {
        sheet = sheet.with(Block::Quiet(say.offers_more().to_owned()));
    }
    sheet.with(Block::More(say.show_table().to_owned(), vec![Block::Table(table)]))
}

/// What was traded, in a sentence, a picture and tables.
pub(super) fn last(market: &MarketInput, now_at: i64, say: Say) -> Sheet {
    let sheet = Sheet::new(say.market_title()).id("last");
    if market.last.is_none() {
        return sheet.with(Block::Blank("i-trade", say.market_none().to_owned(), say.market_none_step().to_owned()));
    }
    let mut sheet = sheet.with(Block::Live("say-last", last_line(market, now_at, say)));
    let shown = &market.candles[market.candles.len().saturating_sub(CANDLES_MAX)..];
    if shown.len() > 1 {
        sheet = candles(sheet, shown, market.candle_minutes, say);
    }
    let mut table = Table::of_numbers(say.market_trades(), &[say.col_when(), say.col_price(), say.col_energy()]);
    for trade in &market.trades {
        table.push(vec![say.clock_near(trade.at, now_at).into(), number::money(trade.price_ngwee).into(), number::kwh(trade.energy_wh).into()]);
    }
    if table.rows.is_empty() { sheet } else { sheet.with(Block::More(table.caption.clone(), vec![Block::Table(table)])) }
}

fn candles(sheet: Sheet, shown: &[CandleInput], minutes: i64, say: Say) -> Sheet {
    let from = shown.first().map_or(0, |candle| candle.from_at);
    let step = minutes.max(1).saturating_mul(60_000);
    let mark = |candle: &CandleInput| CandleMark {
        at: candle.from_at.saturating_sub(from) / step,
        low: candle.low_ngwee,
        high: candle.high_ngwee,
        close: candle.close_ngwee,
        clock: say.clock(candle.from_at),
    };
    let marks: Vec<CandleMark> = shown.iter().map(mark).collect();
    let low = shown.iter().map(|candle| candle.low_ngwee).min().unwrap_or(0);
    let high = shown.iter().map(|candle| candle.high_ngwee).max().unwrap_or(0);
    let close = shown.last().map_or(0, |candle| candle.close_ngwee);
    let sentence = say.market_picture(high, close, low);
    let mut lines = vec![(low, number::money(low))];
    if high > low {
        lines.push((high, number::money(high)));
    }
    let picture = chart::candles(&marks, &lines, &sentence);
    let mut table = Table::of_numbers(say.market_prices(), &[say.col_from(), say.col_lowest(), say.col_highest(), say.col_last(), say.col_energy()]);
    for candle in shown {
        let money = |ngwee| number::money(ngwee).into();
        table.push(vec![
            say.clock(candle.from_at).into(),
            money(candle.low_ngwee),
            money(candle.high_ngwee),
            money(candle.close_ngwee),
            number::kwh(candle.energy_wh).into(),
        ]);
    }
    let signs = vec![(chart::key_square("ps-now", ""), say.market_key_last()), (chart::key_line("ca"), say.market_key_span())];
    sheet
        .say(sentence)
        .with(Block::Picture(picture))
        .with(Block::Key(signs))
        .with(Block::More(say.show_table().to_owned(), vec![Block::Table(table.as_phone_cards())]))
}
