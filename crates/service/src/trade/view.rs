//! The market as it is looked at: prices, depth, trades, charts, what comes, and a member's own position. Every query is bounded.
//!
//! Nobody is named here: of a trade a reader learns only whether it is the own household's.

use super::outlook::terms;
use super::strip::supply_and_demand;
use super::{LIST_MAX, TradeError};
use crate::accounts::ClusterAccounts;
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, Region, TradingConfig};
use market::candle::{CANDLES_MAX, Candle, Span, Summary};
use market::pricing::{Forecast, MarketPrice, Quote, STRIP_SLOTS, StripSlot, SupplyDemand, Terms, left_of_day, quote, strip};
use market::{Level, Side};
use quantity::{BusinessDay, DAY_MS, Instant, MilliNgwee, Ngwee, PricePerKwh, WattHours, div_half_even};
use settlement::MemberDay;
use settlement::seal::SealedRecord;
use store::Tx;
use store::tables::{AuctionRow, CandleRow, ClusterRow, MarketHead, SideSum, TradeRow, TradeSum};

/// Price levels of each side that are shown.
pub const DEPTH_LEVELS: u32 = 10;
/// Last trades that are shown beside the price.
const TRADES_SHOWN: u32 = 20;
/// Days that a household's usual surplus is taken from.
const SPARE_DAYS: i32 = 14;
/// Candles of 15 minutes in a day and the one that runs.
const QUARTERS: u32 = 98;

/// Supply and demand of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergyNow {
    /// When the stretch begins.
    pub start: Instant,
    /// Exported and curtailed: what was there for others.
    pub supply: WattHours,
    /// Imported and unserved: what more was wanted.
    pub demand: WattHours,
}

/// A trade as everybody in the cluster sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradeShown {
    /// Its number.
    pub no: i64,
    /// When.
    pub traded_at: Instant,
    /// At what price.
    pub price: PricePerKwh,
    /// How much.
    pub energy: WattHours,
    /// Whether it was made in an auction.
    pub is_auction: bool,
    /// Whether a household that the reader acts for bought or sold.
    pub is_own: bool,
}

/// The market of a cluster as it stands.
#[derive(Debug, Clone)]
pub struct MarketNow {
    /// The present.
    pub now: Instant,
    /// Version of the book.
    pub version: i64,
    /// What the members voted about trading.
    pub rules: TradingConfig,
    /// How the price is made.
    pub rule: MarketPrice,
    /// What the grid charges (its dearest band) and pays, and the bounds of a price.
    pub terms: Terms,
    /// The price that the rule makes now.
    pub quote: Quote,
    /// What orders are compared with: the average of the last 24 hours, else the last price, else the quote.
    pub reference: Option<PricePerKwh>,
    /// Price of the last trade.
    pub last_price: Option<PricePerKwh>,
    /// When that was.
    pub last_traded_at: Option<Instant>,
    /// The last 24 hours.
    pub summary: Summary,
    /// The best prices that buyers offer, the highest first.
    pub bids: Vec<Level>,
    /// The best prices that sellers ask, the lowest first.
    pub asks: Vec<Level>,
    /// All that buyers in the book want.
    pub book_demand: WattHours,
    /// All that sellers in the book offer.
    pub book_supply: WattHours,
    /// The last trades, the newest first.
    pub trades: Vec<TradeShown>,
    /// Supply and demand of the last sealed interval.
    pub energy: Option<EnergyNow>,
    /// The next six hours.
    pub strip: Vec<StripSlot>,
    /// When the next auction is held.
    pub next_auction_at: Instant,
    /// The last auction.
    pub last_auction: Option<AuctionRow>,
}

/// What a member has in the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnPosition {
    /// Energy credits that are free.
    pub credits_available: WattHours,
    /// Energy credits that open orders to sell reserve.
    pub credits_reserved: WattHours,
    /// Money of the wallet that is free.
    pub money_available: Ngwee,
    /// Money that open orders to buy reserve.
    pub money_reserved: Ngwee,
    /// Open orders.
    pub open_orders: i64,
    /// First day of the month that the sums are of.
    pub month: BusinessDay,
    /// Bought since then.
    pub bought: TradeSum,
    /// Sold since then.
    pub sold: TradeSum,
    /// What the household had over on a day of the last two weeks, on average; `None` before the first whole day.
    pub spare_day: Option<WattHours>,
    /// What of it is still to come today, as the sun of the cluster comes; `None` where nothing is known of that.
    pub spare_left: Option<WattHours>,
}

impl OwnPosition {
    /// What a kWh cost on average, in whole ngwee, half to even; `None` when none was traded.
    #[must_use]
    pub fn mean_price(sum: &TradeSum) -> Option<PricePerKwh> {
        let milli = sum.money.0.checked_mul(1_000)?;
        (sum.energy.0 > 0).then(|| PricePerKwh(div_half_even(milli, sum.energy.0)))
    }
}

impl Service {
    /// The market of a cluster as it stands.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn market_now(&self, actor: Actor, cluster: &ClusterRow) -> Result<MarketNow, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (row, now, region) = (cluster.clone(), self.now(), self.region(&cluster.region)?);
        let forecasts = std::sync::Arc::clone(&self.forecasts);
        self.store
            .read(move |tx| {
                let (row, standing, region, forecasts) = (row.clone(), standing.clone(), region.clone(), forecasts.clone());
                Box::pin(async move {
                    let forecast = forecasts.of(tx, &row, now).await?;
                    market_now(tx, &row, &standing, &region, &*forecast, now).await
                })
            })
            .await
    }

    /// The next six hours in slots of 15 minutes: price, supply and demand, with the cheap ones and those with sun marked.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn market_strip(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<StripSlot>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (row, now, region) = (cluster.clone(), self.now(), self.region(&cluster.region)?);
        let forecasts = std::sync::Arc::clone(&self.forecasts);
        self.store
            .read(move |tx| {
                let (row, region, forecasts) = (row.clone(), region.clone(), forecasts.clone());
                Box::pin(async move {
                    let (config, terms) = terms(tx, &row, &region, now).await?;
                    let forecast = forecasts.of(tx, &row, now).await?;
                    Ok(strip(MarketPrice::of(&config), &terms, &*forecast, now, STRIP_SLOTS, row.offset))
                })
            })
            .await
    }

    /// The best `levels` prices (at most 100) of the bids and of the asks.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn market_depth(&self, actor: Actor, cluster: &ClusterRow, levels: u32) -> Result<(Vec<Level>, Vec<Level>), ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, now, levels) = (cluster.id, self.now(), levels.clamp(1, 100));
        self.store.read(move |tx| Box::pin(async move { Ok(sides(tx.market_depth(id, now, levels).await?)) })).await
    }

    /// The trades of a cluster before number `before`, the newest first, at most [`LIST_MAX`]; without names.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn market_trades(&self, actor: Actor, cluster: &ClusterRow, before: Option<i64>, limit: u32) -> Result<Vec<TradeShown>, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, before, limit) = (cluster.id, before.unwrap_or(i64::MAX), limit.min(LIST_MAX));
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.trade_list(id, before, limit).await?) })).await?;
        Ok(rows.iter().map(|row| shown(row, &standing)).collect())
    }

    /// The auctions of a cluster before number `before`, the newest first, at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn auction_list(&self, actor: Actor, cluster: &ClusterRow, before: Option<i64>, limit: u32) -> Result<Vec<AuctionRow>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, before, limit) = (cluster.id, before.unwrap_or(i64::MAX), limit.min(LIST_MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.auction_list(id, before, limit).await?) })).await
    }

    /// The candles of a span whose start is in `[from, until)`, by time. A span without a trade has none.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::SpanTooLong`] when more than [`CANDLES_MAX`] could lie between; what the store says.
    pub async fn candle_list(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        span: Span,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Candle>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let most = u32::try_from(CANDLES_MAX).unwrap_or(u32::MAX);
        // A span that begins within the last part counts too.
        let spans = (i128::from(until.0) - i128::from(from.0) + i128::from(span.ms()) - 1) / i128::from(span.ms());
        if spans > i128::from(most) {
            return Err(TradeError::SpanTooLong { most }.into());
        }
        let (id, minutes) = (cluster.id, span_minutes(span));
        let read =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.candle_list(id, minutes, from, until, most).await?) }));
        Ok(read.await?.iter().map(candle_of).collect())
    }

    /// The candles that run now, the shortest first; of a span without a trade yet there is none.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn candles_running(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<(Span, Candle)>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, now, offset) = (cluster.id, self.now(), cluster.offset);
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let mut running = Vec::with_capacity(Span::ALL.len());
                for span in Span::ALL {
                    let rows = tx.candle_list(id, span_minutes(span), span.start_of(now, offset), now.plus_ms(1), 1).await?;
                    running.extend(rows.iter().map(|row| (span, candle_of(row))));
                }
                Ok(running)
            })
        });
        read.await
    }

    /// What a member has in the market: free and reserved, and what it traded this month.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::MemberUnknown`].
    pub async fn own_position(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<OwnPosition, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let (row, now, forecasts) = (cluster.clone(), self.now(), std::sync::Arc::clone(&self.forecasts));
        self.store
            .read(move |tx| {
                let (row, forecasts) = (row.clone(), forecasts.clone());
                Box::pin(async move {
                    let forecast = forecasts.of(tx, &row, now).await?;
                    position(tx, &row, member, &*forecast, now).await
                })
            })
            .await
    }
}

async fn position(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    member: MemberNo,
    forecast: &(dyn Forecast + Send + Sync),
    now: Instant,
) -> Result<OwnPosition, ServiceError> {
    let id = cluster.id;
    let accounts = ClusterAccounts::new(&tx.account_list(id).await?);
    let book = accounts.member(member).ok_or(TradeError::MemberUnknown { member })?;
    let sums = tx.order_sums_of(id, member).await?;
    let held = |side| sum_of(&sums, side).map_or(0, |sum| sum.held);
    let month = BusinessDay::of(now, cluster.offset).month_start();
    let (bought, sold) = tx.trade_sums_of(id, member, month.start(cluster.offset)).await?;
    let spare_day = spare_day(tx, id, member, BusinessDay::of(now, cluster.offset)).await?;
    Ok(OwnPosition {
        credits_available: WattHours(accounts.energy(member).map_or(0, ledger::Account::available)),
        credits_reserved: WattHours(held(Side::Sell)),
        money_available: Ngwee(book.wallet.available()),
        money_reserved: Ngwee(held(Side::Buy)),
        open_orders: sums.iter().map(|sum| sum.orders).sum(),
        month,
        bought,
        sold,
        spare_day,
        spare_left: spare_day.and_then(|whole| left_of_day(whole, forecast, now, cluster.offset)),
    })
}

/// What a household had over on the days before `today`, on average.
async fn spare_day(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, today: BusinessDay) -> Result<Option<WattHours>, ServiceError> {
    let rows = tx.member_day_list(cluster, today.plus_days(-SPARE_DAYS), today, Some(member)).await?;
    let mut all = 0_i64;
    for row in &rows {
        all = all.saturating_add(MemberDay::from_bytes(&row.sums)?.flows.unused());
    }
    let days = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    Ok((days > 0).then(|| WattHours(div_half_even(all, days))))
}

fn sum_of(sums: &[SideSum], side: Side) -> Option<&SideSum> {
    sums.iter().find(|sum| sum.side == side)
}

async fn market_now(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    standing: &Standing,
    region: &Region,
    forecast: &(dyn Forecast + Send + Sync),
    now: Instant,
) -> Result<MarketNow, ServiceError> {
    let id = cluster.id;
    let head = tx.market_head(id).await?;
    let (rules, terms) = terms(tx, cluster, region, now).await?;
    let rule = MarketPrice::of(&rules);
    let (summary, energy) = (summary(tx, cluster, now).await?, energy_now(tx, cluster).await?);
    let (bids, asks) = sides(tx.market_depth(id, now, DEPTH_LEVELS).await?);
    let sums = tx.market_sums(id, now).await?;
    let in_book = |side| sum_of(&sums, side).map_or(WattHours(0), |sum| sum.energy);
    let trades = tx.trade_list(id, i64::MAX, TRADES_SHOWN).await?;
    let last_auction = tx.auction_list(id, i64::MAX, 1).await?.pop();
    let last_clearing = last_auction.and_then(|auction| auction.price);
    let measured = energy.map(|energy| SupplyDemand { supply: energy.supply, demand: energy.demand, days_seen: 1 });
    let quote = quote(rule, &terms, measured, last_clearing);
    Ok(MarketNow {
        now,
        version: head.version,
        rule,
        quote,
        reference: summary.vwap.or(head.last_price).or(quote.price),
        last_price: head.last_price,
        last_traded_at: head.last_traded_at,
        summary: Summary { last: head.last_price, ..summary },
        bids,
        asks,
        book_demand: in_book(Side::Buy),
        book_supply: in_book(Side::Sell),
        trades: trades.iter().map(|row| shown(row, standing)).collect(),
        energy,
        strip: strip(rule, &terms, forecast, now, STRIP_SLOTS, cluster.offset),
        next_auction_at: next_auction(&head, cluster, now),
        last_auction,
        rules,
        terms,
    })
}

/// The last 24 hours from their candles of 15 minutes and the last one before.
async fn summary(tx: &mut Tx<'_>, cluster: &ClusterRow, now: Instant) -> Result<Summary, ServiceError> {
    let minutes = span_minutes(Span::Quarter);
    let from = Span::Quarter.start_of(now, cluster.offset).plus_ms(Span::Quarter.ms() - DAY_MS);
    let before = tx.candle_before(cluster.id, minutes, from).await?;
    let day = tx.candle_list(cluster.id, minutes, from, now.plus_ms(1), QUARTERS).await?;
    let candles: Vec<Candle> = before.iter().chain(&day).map(candle_of).collect();
    Ok(Summary::of(&candles, now, cluster.offset).unwrap_or_default())
}

async fn energy_now(tx: &mut Tx<'_>, cluster: &ClusterRow) -> Result<Option<EnergyNow>, ServiceError> {
    let Some(header) = tx.sealed_header_last(cluster.id).await? else { return Ok(None) };
    let (start, totals) = SealedRecord::totals_of(&header)?;
    let (supply, demand) = supply_and_demand(&totals);
    Ok(Some(EnergyNow { start, supply, demand }))
}

/// The auction of an interval is held in it: the present one's, while it was not.
fn next_auction(head: &MarketHead, cluster: &ClusterRow, now: Instant) -> Instant {
    let step = cluster.step.ms();
    let start = Instant(now.0.div_euclid(step) * step);
    if head.last_auction_at == Some(start) { start.plus_ms(step) } else { start }
}

fn sides(levels: Vec<(Side, Level)>) -> (Vec<Level>, Vec<Level>) {
    let of = |wanted: Side| levels.iter().filter(|(side, _)| *side == wanted).map(|(_, level)| *level).collect();
    (of(Side::Buy), of(Side::Sell))
}

fn shown(row: &TradeRow, standing: &Standing) -> TradeShown {
    TradeShown {
        no: row.no.get(),
        traded_at: row.traded_at,
        price: row.price,
        energy: row.energy,
        is_auction: row.auction.is_some(),
        is_own: standing.acts_for(row.buyer) || standing.acts_for(row.seller),
    }
}

fn candle_of(row: &CandleRow) -> Candle {
    Candle {
        start: row.start_at,
        open: PricePerKwh(row.open),
        high: PricePerKwh(row.high),
        low: PricePerKwh(row.low),
        close: PricePerKwh(row.close),
        volume: WattHours(row.volume),
        money: MilliNgwee(row.money),
        trades: row.trades,
    }
}

/// A candle as it is stored.
pub(super) fn candle_row(span: Span, candle: &Candle) -> CandleRow {
    let Candle { start, open, high, low, close, volume, money, trades } = *candle;
    let (open, high, low, close) = (open.0, high.0, low.0, close.0);
    CandleRow { span: span_minutes(span), start_at: start, open, high, low, close, volume: volume.0, money: money.0, trades }
}

/// A span as candles are stored by.
const fn span_minutes(span: Span) -> i64 {
    span.ms() / 60_000
}
