//! What a kWh from the grid may cost a cluster at most: what its sellers may have to pay for one that they do not send.
//!
//! Which band of a tariff an interval falls into is known when meters are read. What settling takes never is above the dearest one
//! (`delivery_read.rs`), so that is the bound. It is that of the rules as they are known when a promise is made.

use super::lines::{LINES_READ_MAX, latest};
use crate::{Service, ServiceError};
use domain::{ClusterId, Region};
use quantity::{BusinessDay, PricePerKwh};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, RulePrices};

/// Prices of the grid, by region and day.
#[derive(Clone)]
pub(super) struct Imports(Arc<BTreeMap<String, Arc<Region>>>);

impl Service {
    pub(super) fn imports(&self) -> Imports {
        Imports(Arc::clone(&self.regions))
    }
}

impl Imports {
    /// The most that a kWh costs the buyer `other` on a day. Of an offer to all, the most that it costs anybody in the zone, or at the end
    /// of a line from the seller.
    pub(super) async fn most(
        &self,
        tx: &mut Tx<'_>,
        seller: &ClusterRow,
        other: Option<ClusterId>,
        day: BusinessDay,
    ) -> Result<PricePerKwh, ServiceError> {
        let Some(other) = other else { return self.most_of_all(tx, seller, day).await };
        let Some(buyer) = tx.cluster_find(other).await? else { return Ok(PricePerKwh::ZERO) };
        match tx.rule_on(other, day).await?.ok_or(ServiceError::NoRules { day })?.prices {
            RulePrices::Flat(import, _) => Ok(import),
            RulePrices::Region => self.dearest(&buyer.region, day),
        }
    }

    /// What the grid pays a cluster for a kWh on a day.
    pub(super) async fn export(&self, tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<PricePerKwh, ServiceError> {
        match tx.rule_on(cluster.id, day).await?.ok_or(ServiceError::NoRules { day })?.prices {
            RulePrices::Flat(_, export) => Ok(export),
            RulePrices::Region => Ok(self.of(&cluster.region)?.export_price_on(day)),
        }
    }

    async fn most_of_all(&self, tx: &mut Tx<'_>, seller: &ClusterRow, day: BusinessDay) -> Result<PricePerKwh, ServiceError> {
        let zone = self.zone(seller)?;
        let mut most = PricePerKwh::ZERO;
        for region in self.0.values().filter(|region| region.zone == zone) {
            most = most.max(self.dearest(&region.code, day)?);
        }
        let versions = tx.line_list_of(seller.id, LINES_READ_MAX).await?;
        for line in latest(versions.into_iter().filter(|line| line.from == seller.id && line.from_day <= day)) {
            if let Some(rule) = tx.rule_on(line.to, day).await?
                && let RulePrices::Flat(import, _) = rule.prices
            {
                most = most.max(import);
            }
        }
        Ok(most)
    }

    /// The bidding zone of a cluster.
    pub(super) fn zone(&self, cluster: &ClusterRow) -> Result<&str, ServiceError> {
        self.of(&cluster.region).map(|region| region.zone.as_str())
    }

    fn of(&self, region: &str) -> Result<&Region, ServiceError> {
        let known = self.0.get(region).map(AsRef::as_ref);
        known.ok_or_else(|| ServiceError::ClusterInvalid { reason: format!("no prices of region {region}") })
    }

    fn dearest(&self, region: &str, day: BusinessDay) -> Result<PricePerKwh, ServiceError> {
        Ok(self.of(region)?.tariff_on(day)?.dearest())
    }
}
