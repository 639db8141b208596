//! What the carbon page shows.

use super::{CalendarMonth, ClusterHead, NowInput};

/// The page.
#[derive(Debug, Clone)]
pub struct CarbonInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// Its present.
    pub now: NowInput,
    /// The present month.
    pub month: CalendarMonth,
    /// Name of the method; one for every sum of the page.
    pub method: String,
    /// Months of the cluster, the oldest first.
    pub all: Vec<CarbonMonthInput>,
    /// Months of the reader's own home, where there is one.
    pub own: Option<Vec<CarbonMonthInput>>,
}

/// A month.
#[derive(Debug, Clone)]
pub struct CarbonMonthInput {
    /// Which.
    pub month: CalendarMonth,
    /// Energy from the sun counted, Wh.
    pub solar_wh: i64,
    /// Avoided, grams.
    pub avoided_g: i64,
    /// Grams for each kWh.
    pub grams_per_kwh: i64,
    /// The year of the factor.
    pub factor_year: i32,
    /// Where the factor was read.
    pub source: String,
}
