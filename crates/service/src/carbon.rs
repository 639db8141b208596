//! Avoided carbon by month: of a cluster, or of one of its members.
//!
//! Each watt-hour from the sun is counted once, where it was used, and by one method: that of the cluster. It is an estimate that tells a
//! group what its sun does; it is no certificate, and nothing here can be sold.

use crate::policy::{Action, Actor};
use crate::statement::{carbon_method, day_sum};
use crate::{Service, ServiceError};
use domain::{CarbonMethod, Confidence, MemberNo, Region};
use quantity::{BusinessDay, Grams, WattHours};
use settlement::Totals;
use settlement::carbon::{CarbonError, solar_used, solar_used_by_all};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::ClusterRow;

/// Most months given at once.
pub const CARBON_MONTHS_MAX: u32 = 24;

/// What a month avoided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarbonMonth {
    /// Its first day.
    pub month: BusinessDay,
    /// Posted days counted.
    pub days: i64,
    /// Energy from the sun that took the place of other energy.
    pub energy: WattHours,
    /// What that avoided.
    pub carbon: Grams,
    /// Grams for each kWh.
    pub grams_per_kwh: i64,
    /// The year that the factor is for: the month's, or the nearest before.
    pub factor_year: i32,
    /// Where the factor was read.
    pub source: String,
    /// How sure we are of it.
    pub confidence: Confidence,
}

/// Avoided carbon, by one method throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carbon {
    /// How it is counted.
    pub method: CarbonMethod,
    /// Months with posted days, the oldest first.
    pub months: Vec<CarbonMonth>,
    /// Their sum.
    pub carbon: Grams,
    /// Their energy.
    pub energy: WattHours,
}

impl Service {
    /// What a cluster, or one `member` of it, avoided in up to `months` months before and with that of `until` (the present one when
    /// `None`). Days count once they are posted. More than [`CARBON_MONTHS_MAX`] months are not given.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; `carbon_factor_missing` when the region has no factor of the cluster's method; what the store says.
    pub async fn carbon_read(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: Option<MemberNo>,
        until: Option<BusinessDay>,
        months: u32,
    ) -> Result<Carbon, ServiceError> {
        self.require(actor, cluster.id, member.map_or(Action::ClusterRead, Action::ReadingsRead)).await?;
        let (row, region) = (cluster.clone(), self.region(&cluster.region)?);
        let last = until.unwrap_or_else(|| BusinessDay::of(self.now(), cluster.offset)).month_start();
        let first = (1..months.clamp(1, CARBON_MONTHS_MAX)).fold(last, |month, _| month.previous().month_start());
        self.store
            .read(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move {
                    let sums = sums(tx, &row, member, first, last.next_month_start()).await?;
                    carbon(&region, carbon_method(&row.carbon_method), &sums)
                })
            })
            .await
    }
}

/// Days and solar energy of each month in `[from, until)`, of posted days.
async fn sums(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    member: Option<MemberNo>,
    from: BusinessDay,
    until: BusinessDay,
) -> Result<BTreeMap<BusinessDay, (i64, WattHours)>, ServiceError> {
    let days = tx.day_list(cluster.id, from, until).await?;
    let posted: BTreeMap<BusinessDay, Vec<u8>> = days.into_iter().filter(|day| day.posted_at.is_some()).map(|day| (day.day, day.totals)).collect();
    let mut energies = Vec::with_capacity(posted.len());
    match member {
        None => {
            for (day, totals) in &posted {
                energies.push((*day, solar_used_by_all(&Totals::from_bytes(totals)?)));
            }
        }
        Some(member) => {
            for row in tx.member_day_list(cluster.id, from, until, Some(member)).await?.iter().filter(|row| posted.contains_key(&row.day)) {
                energies.push((row.day, solar_used(&day_sum(row)?.sums.flows)));
            }
        }
    }
    let mut months: BTreeMap<BusinessDay, (i64, WattHours)> = BTreeMap::new();
    for (day, energy) in energies {
        let (count, sum) = months.entry(day.month_start()).or_default();
        (*count, *sum) = (*count + 1, WattHours(sum.0 + energy.0));
    }
    Ok(months)
}

/// Each month by the factor of its year; a month is rounded once.
fn carbon(region: &Region, method: CarbonMethod, sums: &BTreeMap<BusinessDay, (i64, WattHours)>) -> Result<Carbon, ServiceError> {
    let mut months = Vec::with_capacity(sums.len());
    for (&month, &(days, energy)) in sums {
        let factor = region.carbon(method, month)?;
        months.push(CarbonMonth {
            month,
            days,
            energy,
            carbon: energy.carbon(factor.grams_per_kwh).map_err(CarbonError::from)?,
            grams_per_kwh: factor.grams_per_kwh,
            factor_year: factor.year,
            source: factor.source.clone(),
            confidence: factor.confidence,
        });
    }
    let carbon = Grams(months.iter().map(|month| month.carbon.0).sum());
    let energy = WattHours(months.iter().map(|month| month.energy.0).sum());
    Ok(Carbon { method, months, carbon, energy })
}
