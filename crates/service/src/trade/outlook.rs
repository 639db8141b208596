//! What prices of a cluster are made of: the terms of today, what was offered and wanted in the last weeks, and the strip ahead.

use crate::{Service, ServiceError};
use domain::{ClusterId, Region};
use market::candle::Span;
use market::pricing::{FORECAST_DAYS_MAX, Forecast, MarketPrice, STRIP_SLOTS, SameSlotMean, Sample, StripSlot, SupplyDemand, Terms, quote, strip};
use quantity::{BusinessDay, Instant, PricePerKwh, UtcOffset, WattHours};
use settlement::Totals;
use settlement::seal::SealedRecord;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::Tx;
use store::tables::{ClusterRow, RulePrices};

/// How long a forecast is good for: it is made of days that are over, and the last of them may still be settled.
const FORECAST_MS: i64 = 3_600_000;
/// Clusters whose forecast is kept in memory.
const FORECASTS_KEPT: usize = 1_000;

/// Forecasts by cluster, each with the hour it was made in.
#[derive(Default)]
pub(crate) struct Forecasts(Mutex<HashMap<ClusterId, (i64, Arc<SameSlotMean>)>>);

impl Forecasts {
    fn of(&self, cluster: ClusterId, hour: i64) -> Option<Arc<SameSlotMean>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&cluster).filter(|(made, _)| *made == hour).map(|(_, forecast)| Arc::clone(forecast))
    }

    fn keep(&self, cluster: ClusterId, hour: i64, forecast: Arc<SameSlotMean>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= FORECASTS_KEPT {
            kept.clear();
        }
        kept.insert(cluster, (hour, forecast));
    }
}

/// How prices of a cluster are made today.
pub(crate) struct Outlook {
    rule: MarketPrice,
    terms: Terms,
    /// What is expected to be offered and wanted; `None` where nobody asked for it.
    forecast: Option<Arc<SameSlotMean>>,
    offset: UtcOffset,
}

impl Outlook {
    /// The price by the cluster's rule, for when nothing was traded yet.
    pub(crate) fn quote(&self, now: Instant) -> Option<PricePerKwh> {
        let start = Span::Quarter.start_of(now, self.offset);
        let energy: Option<SupplyDemand> = self.forecast.as_ref().and_then(|forecast| forecast.supply_and_demand(start));
        quote(self.rule, &self.terms, energy, None).price
    }

    /// The prices of the next six hours; `None` without a forecast.
    pub(crate) fn strip(&self, now: Instant) -> Option<Vec<StripSlot>> {
        self.forecast.as_ref().map(|forecast| strip(self.rule, &self.terms, forecast.as_ref(), now, STRIP_SLOTS, self.offset))
    }
}

impl Service {
    /// How prices of a cluster are made today, with a forecast of supply and demand if it is wanted; `None` where the cluster has no rules of
    /// trading or no tariff on the day.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn outlook(&self, cluster: &ClusterRow, with_forecast: bool) -> Result<Option<Outlook>, ServiceError> {
        let (id, offset, now) = (cluster.id, cluster.offset, self.now());
        let (region, today) = (self.region(&cluster.region)?, BusinessDay::of(now, offset));
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move { Ok((tx.trading_on(id, today).await?, tx.rule_on(id, today).await?.map(|row| row.prices))) })
        });
        let (Some(trading), Some(prices)) = read.await? else { return Ok(None) };
        let Some((import, export)) = grid_prices(prices, &region, today) else { return Ok(None) };
        let (rule, terms) = (MarketPrice::of(&trading.config), Terms::of(&trading.config, import, export));
        let forecast = if with_forecast { Some(self.forecast(cluster, now).await?) } else { None };
        Ok(Some(Outlook { rule, terms, forecast, offset }))
    }

    /// The mean of the same slot over the last weeks, made anew each hour.
    async fn forecast(&self, cluster: &ClusterRow, now: Instant) -> Result<Arc<SameSlotMean>, ServiceError> {
        let (row, hour) = (cluster.clone(), now.0.div_euclid(FORECAST_MS));
        if let Some(known) = self.forecasts.of(cluster.id, hour) {
            return Ok(known);
        }
        let samples = self.store.read(move |tx| {
            let row = row.clone();
            Box::pin(async move { supply_and_demand(tx, &row, now, FORECAST_DAYS_MAX).await })
        });
        let forecast = Arc::new(SameSlotMean::new(&samples.await?, now, FORECAST_DAYS_MAX, cluster.offset));
        self.forecasts.keep(cluster.id, hour, Arc::clone(&forecast));
        Ok(forecast)
    }
}

/// What the grid charges and pays on a day: of a tariff with bands the dearest, which the kWh that are bought last cost.
fn grid_prices(prices: RulePrices, region: &Region, day: BusinessDay) -> Option<(PricePerKwh, PricePerKwh)> {
    match prices {
        RulePrices::Flat(import, export) => Some((import, export)),
        RulePrices::Region => {
            let dearest = region.tariff_on(day).ok()?.bands.iter().map(|band| band.price).max()?;
            Some((dearest, region.export_price_on(day)))
        }
    }
}

/// What was offered and wanted in each quarter of an hour of the `days` local days before today, from the sealed totals: at most
/// [`FORECAST_DAYS_MAX`] days.
///
/// Offered is what was made beyond the own use of who made it, wanted what was used beyond it; energy of longer intervals is spread evenly.
///
/// # Errors
/// What the store says; a record that cannot be read.
pub(crate) async fn supply_and_demand(tx: &mut Tx<'_>, cluster: &ClusterRow, now: Instant, days: i32) -> Result<Vec<Sample>, ServiceError> {
    let today = BusinessDay::of(now, cluster.offset);
    let mut samples = Vec::new();
    for ago in (1..=days.clamp(0, FORECAST_DAYS_MAX)).rev() {
        // A day at a time: a large cluster's records are not all in memory at once.
        for row in tx.sealed_latest(cluster.id, today.plus_days(-ago).interval(cluster.offset)).await? {
            let record = SealedRecord::decode_head(&row.header)?;
            spread(&mut samples, row.start, record.step.ms(), &record.totals);
        }
    }
    Ok(samples)
}

fn spread(samples: &mut Vec<Sample>, start: Instant, step_ms: i64, totals: &Totals) {
    let quarter = Span::Quarter.ms();
    let parts = (step_ms / quarter).max(1);
    let (supply, demand) = (totals.generation - totals.self_used, totals.consumption - totals.self_used);
    // The first quarters take what does not divide.
    let part = |energy: i64, at: i64| WattHours(energy / parts + i64::from(at < energy % parts));
    samples.extend((0..parts).map(|at| Sample { start: start.plus_ms(at * quarter), supply: part(supply, at), demand: part(demand, at) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_intervals_are_spread_over_their_quarters() {
        let totals = Totals { generation: 1_000, consumption: 500, self_used: 3, ..Totals::default() };
        let mut samples = Vec::new();
        spread(&mut samples, Instant(0), 2 * Span::Quarter.ms(), &totals);
        let seen: Vec<_> = samples.iter().map(|sample| (sample.start.0, sample.supply.0, sample.demand.0)).collect();
        assert_eq!(seen, [(0, 499, 249), (900_000, 498, 248)]);
    }
}
