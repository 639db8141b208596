//! The Trading Hub and the carbon page over the use cases: one function for each part.
//!
//! A part that no use case gives yet is `None`, and the page goes without it.

use domain::{Connection, MemberNo, Role};
use market::Side;
use market::candle::{Candle, Span};
use quantity::BusinessDay;
use service::policy::{Action, Actor, Standing};
use service::trade::{OwnPosition, TradeShown};
use service::{CARBON_MONTHS_MAX, Carbon, ClusterToday, CreditBook, Service, ServiceError};
use store::tables::{ClusterRow, OrderRow, OrderState, StandingRow, SurplusChoice, TradeRow};

use super::between::{region_offer, told_deal};
use super::{date, head, now, price, watts};
use crate::input::CalendarMonth;
use crate::input::carbon::{CarbonInput, CarbonMonthInput};
use crate::input::trade::{
    BetweenInput, CandleInput, CoverInput, CreditsInput, DayTraded, HeldOrder, Level, MarketInput, MonthTraded, OpenOrder, OwnTrade, OwnTraded,
    Spare, StandingInput, SurplusInput, TradeInput, TradeRules, TradeSide, Traded,
};

const DAY_MS: i64 = 86_400_000;

/// The Trading Hub.
///
/// # Errors
/// What the use cases say.
pub(super) async fn trade(service: &Service, actor: Actor, today: &ClusterToday) -> Result<Option<TradeInput>, ServiceError> {
    let cluster = &today.cluster;
    let standing = service.require(actor, cluster.id, Action::ClusterRead).await?;
    let Some(month) = calendar_month(today.day) else { return Ok(None) };
    let own = match home(&standing) {
        Some(member) => Some(own(service, actor, today, member).await?),
        None => None,
    };
    Ok(Some(TradeInput {
        cluster: head(today),
        now: now(today),
        month,
        price: price(today),
        rules: rules(service, actor, cluster).await?,
        own,
        market: market(service, actor, cluster).await?,
        between: between(service, actor, cluster).await?,
        held: if standing.may(Action::OrdersReview) { held(service, actor, cluster).await? } else { None },
        is_officer: standing.may(Action::OrdersReview),
        homes: homes(&standing).map(MemberNo::get).collect(),
        cover: cover(service, actor, cluster).await?,
    }))
}

/// The member for whom somebody trades: the first of those that the user acts for.
pub fn home(standing: &Standing) -> Option<MemberNo> {
    homes(standing).next()
}

/// The members that the user acts for.
fn homes(standing: &Standing) -> impl Iterator<Item = MemberNo> {
    standing.roles.iter().filter(|(_, role)| *role == Role::Member).map(|(member, _)| *member)
}

/// What the members voted.
pub async fn rules(service: &Service, actor: Actor, cluster: &ClusterRow) -> Result<TradeRules, ServiceError> {
    let rules = service.rules_read(actor, cluster).await?;
    let (trading, is_off_grid) = (rules.trading.config, rules.settlement.rule.connection == Connection::OffGrid);
    Ok(TradeRules { is_on: trading.is_inside_on, floor_ngwee: trading.price_floor.0, ceiling_ngwee: trading.price_ceiling.0, is_off_grid })
}

/// A member's own side.
async fn own(service: &Service, actor: Actor, today: &ClusterToday, member: MemberNo) -> Result<OwnTrade, ServiceError> {
    let cluster = &today.cluster;
    let orders = service.orders_open(actor, cluster, member).await?;
    let trades = service.trade_list(actor, cluster, member, None).await?;
    let standing = service.standing_list(actor, cluster, member).await?;
    let on = |side| standing.iter().find(|row: &&StandingRow| row.side == side).map(standing_input);
    let position = service.own_position(actor, cluster, member).await?;
    Ok(OwnTrade {
        no: member.get(),
        spare: spare(today, member, &position),
        credits: credits(service, actor, cluster, member).await?,
        surplus: surplus(service, actor, today, member).await?,
        free_ngwee: Some(service.cash_free(actor, cluster, member).await?.free.0),
        sell: on(Side::Sell),
        buy: on(Side::Buy),
        orders: orders.iter().map(open_order).collect(),
        month: Some(month_traded(&position)),
        trades: trades.iter().map(|row| traded(row, member)).collect(),
    })
}

/// What the home made and neither used nor stored: in the last interval, today, and what is expected.
fn spare(today: &ClusterToday, member: MemberNo, position: &OwnPosition) -> Option<Spare> {
    let row = today.members.iter().find(|row| row.member.no == member)?;
    let now_w = row.own.and_then(|own| own.last).map(|last| watts(last.unused(), today.cluster.step.minutes()));
    let (usual_wh, left_wh) = (position.spare_day.map(|energy| energy.0), position.spare_left.map(|energy| energy.0));
    Some(Spare { now_w, today_wh: row.today?.unused(), usual_wh, left_wh })
}

/// Free and held energy credits of a member.
async fn credits(service: &Service, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Option<CreditsInput>, ServiceError> {
    let view = service.credit_view(actor, cluster, member).await?;
    let is_banking = Some(view.choice == SurplusChoice::Bank);
    Ok(Some(CreditsInput { free_wh: view.available.0, held_wh: view.reserved.0, is_banking }))
}

/// Last price, 24 hours, the book, last trades and candles.
///
/// # Errors
/// What the use cases say.
pub async fn market(service: &Service, actor: Actor, cluster: &ClusterRow) -> Result<Option<MarketInput>, ServiceError> {
    // Without a tariff or rules there is no market to show; the page says what is missing in its other parts.
    let now = match service.market_now(actor, cluster).await {
        Ok(now) => now,
        Err(ServiceError::NoRules { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let candles = service.candle_list(actor, cluster, Span::Hour, now.now.plus_ms(-DAY_MS), now.now).await?;
    let trades: Vec<Traded> = now.trades.iter().map(traded_by_anybody).collect();
    let summary = &now.summary;
    let day = summary.low.zip(summary.high).map(|(low, high)| DayTraded {
        low_ngwee: low.0,
        high_ngwee: high.0,
        energy_wh: summary.volume.0,
        count: summary.trades,
    });
    Ok(Some(MarketInput {
        last: trades.first().copied(),
        day,
        asks: now.asks.iter().map(level).collect(),
        bids: now.bids.iter().map(level).collect(),
        trades,
        candles: candles.iter().map(candle).collect(),
        candle_minutes: 60,
    }))
}

fn traded_by_anybody(trade: &TradeShown) -> Traded {
    Traded { at: trade.traded_at.0, price_ngwee: trade.price.0, energy_wh: trade.energy.0 }
}

fn level(level: &market::Level) -> Level {
    Level { price_ngwee: level.price.0, energy_wh: level.energy.0 }
}

fn candle(candle: &Candle) -> CandleInput {
    CandleInput {
        from_at: candle.start.0,
        low_ngwee: candle.low.0,
        high_ngwee: candle.high.0,
        close_ngwee: candle.close.0,
        energy_wh: candle.volume.0,
    }
}

/// Offers, wishes and deals between clusters, as the page of trade with other groups has them.
async fn between(service: &Service, actor: Actor, cluster: &ClusterRow) -> Result<Option<BetweenInput>, ServiceError> {
    let board = service.board(actor, cluster).await?;
    let lines = service.line_list(actor, cluster).await?;
    Ok(Some(BetweenInput {
        is_on: board.compliance.is_between_on,
        missing: board.compliance.missing.iter().map(|code| (*code).to_owned()).collect(),
        board: board.offers.iter().map(|row| region_offer(row, cluster, &lines, &[])).collect(),
        deals: board.deals.iter().map(|told| told_deal(told, cluster, &board.deliveries)).collect(),
    }))
}

/// Orders that wait for an officer.
async fn held(service: &Service, actor: Actor, cluster: &ClusterRow) -> Result<Option<Vec<HeldOrder>>, ServiceError> {
    let reviews = service.order_review_list(actor, cluster).await?;
    let held = reviews.into_iter().map(|review| HeldOrder {
        no: review.order.no.get(),
        member: review.order.member.get(),
        side: side(review.order.side),
        price_ngwee: review.order.price.0,
        energy_wh: review.order.energy.0,
        reasons: review.order.reasons().map(str::to_owned).collect(),
    });
    Ok(Some(held.collect()))
}

/// What a member chose for its surplus; `None` where nothing is fed into a grid.
async fn surplus(service: &Service, actor: Actor, today: &ClusterToday, member: MemberNo) -> Result<Option<SurplusInput>, ServiceError> {
    if today.rule.rule.connection == Connection::OffGrid {
        return Ok(None);
    }
    let view = service.credit_view(actor, &today.cluster, member).await?;
    let Some(from_on) = date(BusinessDay::of(today.now, today.cluster.offset).next()) else { return Ok(None) };
    let is_banking = view.choice == SurplusChoice::Bank;
    // A choice that was taken back again on the same day is none.
    let other = view.next.filter(|next| next.choice != view.choice);
    let next = other.and_then(|next| Some((next.choice == SurplusChoice::Bank, date(next.from_day)?)));
    Ok(Some(SurplusInput { is_banking, next, from_on }))
}

/// What stands behind the energy credits; `None` where there are none and can be none, or before the first rules.
async fn cover(service: &Service, actor: Actor, cluster: &ClusterRow) -> Result<Option<CoverInput>, ServiceError> {
    let view = match service.cover_view(actor, cluster).await {
        Err(error) if matches!(error.code(), "rules_missing" | "tariff_gap") => return Ok(None),
        view => view?,
    };
    let book = view.credits;
    if view.connection == Connection::OffGrid && book == CreditBook::default() {
        return Ok(None);
    }
    Ok(Some(CoverInput {
        issued_wh: book.issued,
        held_wh: book.held,
        reserved_wh: book.reserved,
        used_wh: book.used,
        moved_wh: book.moved,
        tokens_wh: book.tokens,
        expired_wh: book.expired,
        is_of_utility: view.connection == Connection::Separate,
        fund_ngwee: view.fund.0,
        price_ngwee: view.price.0,
        covered_wh: view.covered.0,
        is_open: view.is_banking_open,
    }))
}

pub fn side(side: Side) -> TradeSide {
    if side == Side::Buy { TradeSide::Buy } else { TradeSide::Sell }
}

/// An order as the page shows it.
pub fn open_order(row: &OrderRow) -> OpenOrder {
    OpenOrder {
        no: row.no.get(),
        side: side(row.side),
        price_ngwee: row.price.0,
        energy_wh: row.energy.0,
        filled_wh: row.filled.0,
        paid_ngwee: row.paid.0,
        expires_at: row.expires_at.map(|at| at.0),
        is_held: row.state == OrderState::Held,
    }
}

fn standing_input(row: &StandingRow) -> StandingInput {
    StandingInput { no: row.no.get(), price_ngwee: row.price.0, keep_wh: row.keep.0, since_at: row.placed_at.0 }
}

fn traded(row: &TradeRow, member: MemberNo) -> OwnTraded {
    OwnTraded {
        no: row.no.get(),
        at: row.traded_at.0,
        side: if row.seller == member { TradeSide::Sell } else { TradeSide::Buy },
        energy_wh: row.energy.0,
        money_ngwee: row.money.0,
        price_ngwee: row.price.0,
    }
}

/// What a member's trades of the present month come to.
fn month_traded(position: &OwnPosition) -> MonthTraded {
    let OwnPosition { bought, sold, .. } = position;
    MonthTraded { sold_wh: sold.energy.0, earned_ngwee: sold.money.0, bought_wh: bought.energy.0, paid_ngwee: bought.money.0 }
}

/// The carbon page.
///
/// # Errors
/// What the use cases say.
pub(super) async fn carbon(service: &Service, actor: Actor, today: &ClusterToday) -> Result<Option<CarbonInput>, ServiceError> {
    let cluster = &today.cluster;
    let standing = service.require(actor, cluster.id, Action::ClusterRead).await?;
    let Some(month) = calendar_month(today.day) else { return Ok(None) };
    let all = service.carbon_read(actor, cluster, None, None, CARBON_MONTHS_MAX).await?;
    let own = match home(&standing) {
        Some(member) => Some(service.carbon_read(actor, cluster, Some(member), None, CARBON_MONTHS_MAX).await?),
        None => None,
    };
    Ok(Some(CarbonInput {
        cluster: head(today),
        now: now(today),
        month,
        method: all.method.as_str().to_owned(),
        all: carbon_months(&all),
        own: own.as_ref().map(carbon_months),
    }))
}

fn carbon_months(found: &Carbon) -> Vec<CarbonMonthInput> {
    let month = |row: &service::CarbonMonth| {
        Some(CarbonMonthInput {
            month: calendar_month(row.month)?,
            solar_wh: row.energy.0,
            avoided_g: row.carbon.0,
            grams_per_kwh: row.grams_per_kwh,
            factor_year: row.factor_year,
            source: row.source.clone(),
        })
    };
    found.months.iter().filter_map(month).collect()
}

fn calendar_month(day: BusinessDay) -> Option<CalendarMonth> {
    let (year, month, _) = day.ymd();
    CalendarMonth::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?)
}
