//! What energy is worth between two clusters, from the supply and demand of both: now, and in the next six hours.
//!
//! It binds nobody. Of the other cluster only the price comes out, never its tariff, its supply or its demand.

use super::BetweenError;
use crate::cluster::today;
use crate::policy::{Action, Actor};
use crate::trade::{SharedForecast, price_terms};
use crate::{Service, ServiceError};
use domain::ClusterId;
use market::candle::Span;
use market::pricing::{ClusterPair, ClusterPrice, NoClusterPrice, STRIP_SLOTS, Terms};
use quantity::{Instant, Ratio, WattHours};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use store::tables::{ClusterRow, LineRow};

/// Most lines of a cluster that are priced at once; the price of any other is asked by itself.
pub const LINES_PRICED_MAX: usize = 20;
const MILLION: i64 = 1_000_000;

/// A price, or why there is none.
pub type PairPrice = Result<ClusterPrice, NoClusterPrice>;

/// The prices over one line, in its direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePrices {
    /// The line as it is today.
    pub line: LineRow,
    /// In the present quarter of an hour.
    pub now: PairPrice,
    /// In the quarters of an hour of the next six hours, from the present one on, each with when it begins.
    pub ahead: Vec<(Instant, PairPrice)>,
}

impl LinePrices {
    /// What is suggested for a deal or an offer over the line: the present price, else the next one that is known.
    ///
    /// # Errors
    /// Why there is none at present.
    pub fn suggested(&self) -> PairPrice {
        self.now.or_else(|why| self.ahead.iter().find_map(|(_, price)| price.ok()).ok_or(why))
    }
}

/// The prices between a cluster and another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPrices {
    /// When this was so.
    pub at: Instant,
    /// What the cluster sells to the other; `None` without an open line there.
    pub sells: Option<LinePrices>,
    /// What it buys from the other; `None` without an open line from there.
    pub buys: Option<LinePrices>,
}

/// What a cluster brings to a price.
struct Standing {
    terms: Terms,
    forecast: SharedForecast,
}

impl Service {
    /// What energy is worth between a cluster and another one that an open line joins with it, by the supply and demand of both: for members of
    /// the cluster.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::LineMissing`] when no open line joins them; what the store says.
    pub async fn cluster_price(&self, actor: Actor, cluster: &ClusterRow, other: &ClusterRow) -> Result<ClusterPrices, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, far, day) = (cluster.id, other.id, today(cluster, self.now()));
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move { Ok((super::lines::open_line(tx, id, far, day).await?, super::lines::open_line(tx, far, id, day).await?)) })
        });
        let (there, back) = read.await?;
        if there.is_none() && back.is_none() {
            return Err(BetweenError::LineMissing { from: cluster.code.clone(), to: other.code.clone() }.into());
        }
        let (own, theirs) = (self.price_standing(cluster).await?, self.price_standing(other).await?);
        let (at, start) = (self.now(), Span::Quarter.start_of(self.now(), cluster.offset));
        let sells = there.map(|line| priced(line, own.as_ref(), theirs.as_ref(), start));
        let buys = back.map(|line| priced(line, theirs.as_ref(), own.as_ref(), start));
        Ok(ClusterPrices { at, sells, buys })
    }

    /// The prices over the open lines that begin or end at a cluster, by sender and receiver; of [`LINES_PRICED_MAX`] lines at most.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn line_prices(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<LinePrices>, ServiceError> {
        let mut lines = self.line_list(actor, cluster).await?;
        lines.retain(|(line, ..)| line.capacity.0 > 0);
        lines.truncate(LINES_PRICED_MAX);
        let mut known: BTreeMap<ClusterId, Option<Standing>> = BTreeMap::new();
        for row in lines.iter().flat_map(|(_, from, to)| [from, to]) {
            if let Entry::Vacant(place) = known.entry(row.id) {
                place.insert(self.price_standing(row).await?);
            }
        }
        let start = Span::Quarter.start_of(self.now(), cluster.offset);
        let of = |id: &ClusterId| known.get(id).and_then(Option::as_ref);
        Ok(lines.into_iter().map(|(line, from, to)| priced(line, of(&from.id), of(&to.id), start)).collect())
    }

    /// The terms and the forecast of a cluster; `None` before its first rules, or without a tariff on the day.
    async fn price_standing(&self, cluster: &ClusterRow) -> Result<Option<Standing>, ServiceError> {
        let now = self.now();
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?));
        let read = self.store.read(move |tx| {
            let work = Arc::clone(&work);
            Box::pin(async move { price_terms(tx, &work.0, &work.1, now).await })
        });
        match read.await {
            Ok((_, terms)) => Ok(Some(Standing { terms, forecast: self.forecast(cluster, now).await? })),
            Err(ServiceError::NoRules { .. } | ServiceError::Region(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn priced(line: LineRow, seller: Option<&Standing>, buyer: Option<&Standing>, start: Instant) -> LinePrices {
    let slots = (0..).map(|slot| start.plus_ms(slot * Span::Quarter.ms())).take(STRIP_SLOTS);
    let ahead: Vec<(Instant, PairPrice)> = slots.map(|at| (at, price_at(&line, seller, buyer, at))).collect();
    let now = ahead.first().map_or(Err(NoClusterPrice::NotKnown), |(_, price)| *price);
    LinePrices { line, now, ahead }
}

/// The price over a line in the quarter of an hour that begins at `at`. A line that is too dear is so whatever is offered.
fn price_at(line: &LineRow, seller: Option<&Standing>, buyer: Option<&Standing>, at: Instant) -> PairPrice {
    let (seller, buyer) = seller.zip(buyer).ok_or(NoClusterPrice::NotKnown)?;
    let energy = seller.forecast.supply_and_demand(at).zip(buyer.forecast.supply_and_demand(at));
    let sum = |one: WattHours, other: WattHours| WattHours(one.0.max(0).saturating_add(other.0.max(0)));
    let (supply, demand) =
        energy.map_or((WattHours::ZERO, WattHours::ZERO), |(ours, theirs)| (sum(ours.supply, theirs.supply), sum(ours.demand, theirs.demand)));
    let pair = ClusterPair {
        seller_export: seller.terms.export,
        seller_service_charge: seller.terms.service_charge,
        buyer_import: buyer.terms.import,
        wheeling: line.fee,
        loss: Ratio::new(line.loss_ppm, MILLION).map_err(|_| NoClusterPrice::NotKnown)?,
        supply,
        demand,
    };
    pair.quote().map_err(|why| if energy.is_none() && why != NoClusterPrice::LineTooDear { NoClusterPrice::NotKnown } else { why })
}
