//! What prices of a cluster are made of: the terms of today, what was offered and wanted in the last weeks, and the strip ahead.

use crate::{Service, ServiceError};
use domain::Region;
use market::candle::Span;
use market::pricing::{Forecast, MarketPrice, STRIP_SLOTS, SameSlotMean, StripSlot, SupplyDemand, Terms, quote, strip};
use quantity::{BusinessDay, Instant, PricePerKwh, UtcOffset};
use std::sync::Arc;
use store::tables::{ClusterRow, RulePrices};

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

    /// The mean of the same slot over the last weeks.
    async fn forecast(&self, cluster: &ClusterRow, now: Instant) -> Result<Arc<SameSlotMean>, ServiceError> {
        let (row, forecasts) = (cluster.clone(), Arc::clone(&self.forecasts));
        let read = self.store.read(move |tx| {
            let (row, forecasts) = (row.clone(), Arc::clone(&forecasts));
            Box::pin(async move { forecasts.of(tx, &row, now).await })
        });
        read.await
    }
}

/// What the grid charges and pays on a day: of a tariff with bands the dearest, which the kWh that are bought last cost.
pub(super) fn grid_prices(prices: RulePrices, region: &Region, day: BusinessDay) -> Option<(PricePerKwh, PricePerKwh)> {
    match prices {
        RulePrices::Flat(import, export) => Some((import, export)),
        RulePrices::Region => {
            let dearest = region.tariff_on(day).ok()?.bands.iter().map(|band| band.price).max()?;
            Some((dearest, region.export_price_on(day)))
        }
    }
}
