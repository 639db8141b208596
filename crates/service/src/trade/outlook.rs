//! What prices of a cluster are made of: the terms of today, what was offered and wanted in the last weeks, and the strip ahead.

use super::{SharedForecast, rules_on};
use crate::{Service, ServiceError};
use domain::{Region, TradingConfig};
use market::candle::Span;
use market::pricing::{MarketPrice, STRIP_SLOTS, StripSlot, SupplyDemand, Terms, quote, strip};
use quantity::{BusinessDay, Instant, PricePerKwh, UtcOffset};
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, RulePrices};

/// How prices of a cluster are made today.
pub(crate) struct Outlook {
    rule: MarketPrice,
    terms: Terms,
    /// What is expected to be offered and wanted; `None` where nobody asked for it.
    forecast: Option<SharedForecast>,
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
    /// How prices of a cluster are made today, with a forecast of supply and demand if it is wanted; `None` where members do not trade, or
    /// without a tariff on the day.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn outlook(&self, cluster: &ClusterRow, with_forecast: bool) -> Result<Option<Outlook>, ServiceError> {
        let (row, region, offset, now) = (cluster.clone(), self.region(&cluster.region)?, cluster.offset, self.now());
        let read = self.store.read(move |tx| {
            let (row, region) = (row.clone(), Arc::clone(&region));
            Box::pin(async move { terms(tx, &row, &region, now).await })
        });
        let (rules, terms) = match read.await {
            Ok((rules, terms)) if rules.is_inside_on => (rules, terms),
            Ok(_) | Err(ServiceError::NoRules { .. } | ServiceError::Region(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let rule = MarketPrice::of(&rules);
        let forecast = if with_forecast { Some(self.forecast(cluster, now).await?) } else { None };
        Ok(Some(Outlook { rule, terms, forecast, offset }))
    }

    /// What is expected of a cluster, by the forecaster of this service.
    pub(crate) async fn forecast(&self, cluster: &ClusterRow, now: Instant) -> Result<SharedForecast, ServiceError> {
        let (row, forecasts) = (cluster.clone(), Arc::clone(&self.forecasts));
        let read = self.store.read(move |tx| {
            let (row, forecasts) = (row.clone(), Arc::clone(&forecasts));
            Box::pin(async move { forecasts.of(tx, &row, now).await })
        });
        read.await
    }
}

/// The rules of trading today, and what follows from them and from the grid's prices for a price: of a tariff with bands the dearest counts,
/// which the kWh that are bought last cost.
///
/// # Errors
/// [`ServiceError::NoRules`]; [`ServiceError::Region`] without a tariff; what the store says.
pub(crate) async fn terms(tx: &mut Tx<'_>, cluster: &ClusterRow, region: &Region, now: Instant) -> Result<(TradingConfig, Terms), ServiceError> {
    let day = BusinessDay::of(now, cluster.offset);
    let config = rules_on(tx, cluster.id, day).await?;
    let rule = tx.rule_on(cluster.id, day).await?.ok_or(ServiceError::NoRules { day })?;
    let (import, export) = match rule.prices {
        RulePrices::Flat(import, export) => (import, export),
        RulePrices::Region => (region.tariff_on(day)?.dearest(), region.export_price_on(day)),
    };
    let terms = Terms::of(&config, import, export);
    Ok((config, terms))
}
