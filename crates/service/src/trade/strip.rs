//! What a cluster can expect of the next hours, from up to 28 days of sealed intervals: at first the mean of the same slot of the local day.
//!
//! It is worked out once an hour for each cluster that somebody looks at, and kept.

use crate::ServiceError;
use domain::ClusterId;
use market::candle::Span;
use market::pricing::{FORECAST_DAYS_MAX, Forecast, SameSlotMean, Sample};
use quantity::{BusinessDay, Instant, Interval, WattHours};
use settlement::Totals;
use settlement::seal::SealedRecord;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Tx;
use store::tables::ClusterRow;

/// How long a forecast is good within its day: corrections of days before come in with the next one.
const GOOD_MS: i64 = 3_600_000;
/// Clusters whose forecast is kept.
const KEPT_MAX: usize = 1_000;
/// Quarters of an hour in the days that are looked at.
const HEADERS_MAX: u32 = 96 * FORECAST_DAYS_MAX as u32;

/// What a forecaster expects of a cluster.
pub type SharedForecast = Arc<dyn Forecast + Send + Sync>;

/// Who makes forecasts: another one is put in by [`Service::with_forecaster`](crate::Service::with_forecaster), and every price that looks
/// ahead follows it.
pub trait Forecaster: Send + Sync {
    /// What the cluster is expected to offer and to want from `now` on, learnt from `samples`: quarters of an hour of up to 28 local days
    /// before today, by time, as they were sealed.
    fn forecast(&self, cluster: &ClusterRow, samples: &[Sample], now: Instant) -> SharedForecast;
}

/// The plainest forecaster, which a service has at first: the mean of the same slot of the day.
#[derive(Debug, Clone, Copy, Default)]
pub struct SameSlot;

impl Forecaster for SameSlot {
    fn forecast(&self, cluster: &ClusterRow, samples: &[Sample], now: Instant) -> SharedForecast {
        Arc::new(SameSlotMean::new(samples, now, FORECAST_DAYS_MAX, cluster.offset))
    }
}

type Kept = (Instant, SharedForecast);

/// The forecasts of this process.
pub(crate) struct Forecasts {
    by: Arc<dyn Forecaster>,
    kept: Mutex<HashMap<ClusterId, Kept>>,
}

impl Forecasts {
    /// None yet; `by` makes them.
    pub(crate) fn new(by: Arc<dyn Forecaster>) -> Self {
        Self { by, kept: Mutex::default() }
    }

    /// The same forecaster with a memory of its own.
    pub(crate) fn afresh(&self) -> Self {
        Self::new(Arc::clone(&self.by))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClusterId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The forecast of a cluster as of now.
    ///
    /// # Errors
    /// What the store says; a sealed record that cannot be read.
    pub(crate) async fn of(&self, tx: &mut Tx<'_>, cluster: &ClusterRow, now: Instant) -> Result<SharedForecast, ServiceError> {
        let today = BusinessDay::of(now, cluster.offset);
        let is_good = |(at, _): &&Kept| BusinessDay::of(*at, cluster.offset) == today && (0..GOOD_MS).contains(&now.ms_since(*at));
        if let Some((_, known)) = self.lock().get(&cluster.id).filter(is_good) {
            return Ok(Arc::clone(known));
        }
        let from = today.plus_days(-FORECAST_DAYS_MAX).start(cluster.offset);
        let headers = match Interval::new(from, today.start(cluster.offset)) {
            Ok(days) => tx.sealed_headers(cluster.id, days, HEADERS_MAX).await?,
            Err(_) => Vec::new(),
        };
        let mut samples = Vec::with_capacity(headers.len());
        for header in headers {
            let (start, totals) = SealedRecord::totals_of(&header)?;
            samples.extend(quarters(cluster, start, &totals));
        }
        let made = self.by.forecast(cluster, &samples, now);
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX
            && let Some(other) = kept.keys().next().copied()
        {
            kept.remove(&other);
        }
        kept.insert(cluster.id, (now, Arc::clone(&made)));
        Ok(made)
    }
}

/// What of an interval was offered and wanted, before the neighbours shared it: what was made beyond the own use of who made it, and what was
/// used beyond it: `(supply, demand)`.
pub(super) const fn supply_and_demand(totals: &Totals) -> (WattHours, WattHours) {
    (WattHours(totals.generation.saturating_sub(totals.self_used)), WattHours(totals.consumption.saturating_sub(totals.self_used)))
}

/// An interval as quarters of an hour, its energy in equal parts.
fn quarters(cluster: &ClusterRow, start: Instant, totals: &Totals) -> impl Iterator<Item = Sample> {
    let parts = (cluster.step.ms() / Span::Quarter.ms()).max(1);
    let (supply, demand) = supply_and_demand(totals);
    (0..parts).map(move |part| Sample {
        start: start.plus_ms(part * Span::Quarter.ms()),
        supply: WattHours(supply.0 / parts),
        demand: WattHours(demand.0 / parts),
    })
}
