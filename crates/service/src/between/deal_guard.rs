//! What is looked at before a deal binds: a deal that looks odd needs a second officer.
//!
//! The first officer who accepts it is noted with the reasons; it binds when an officer of another household, or the operator, accepts the same
//! terms too. Nobody is accused, and nothing is refused for it.

use super::imports::Imports;
use super::{BetweenError, deal_steps};
use crate::cluster::telling::tell_officers;
use crate::policy::{Actor, Standing};
use crate::{Service, ServiceError};
use domain::{MemberNo, Role, UserId};
use market::between::DealState;
use market::candle::{PARTS_PER_WHOLE, average};
use market::guard::GuardRules;
use quantity::{BusinessDay, DAY_MS, Instant, MilliNgwee, PricePerKwh, WattHours};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, DealReason, DealReasons, DealReview, DealRow, NoticeNew};

/// Newest clearings of a zone whose prices are a reference.
const ROUNDS_MAX: u32 = 10;

impl Service {
    /// Whether a deal may be accepted now by this officer: nothing is odd about it, or another officer has accepted it before. Otherwise the
    /// officer is noted as the first.
    pub(super) async fn deal_is_confirmed(
        &self,
        (actor, standing): (Actor, &Standing),
        cluster: &ClusterRow,
        row: &DealRow,
        other: &ClusterRow,
    ) -> Result<bool, ServiceError> {
        let now = self.now();
        let is_own_turn = row.deal.turn == row.side_of(cluster.id);
        // What is refused anyway is refused where it always is.
        if standing.is_operator() || row.deal.state != DealState::Open || !is_own_turn || deal_steps::is_over(row, now) {
            return Ok(true);
        }
        let (by, guard) = (actor.number(), self.guard);
        let work = Arc::new((cluster.clone(), other.clone(), self.imports()));
        let no = row.no;
        self.store
            .write(move |tx| {
                let work = Arc::clone(&work);
                Box::pin(async move { confirm(tx, (&work.0, &work.1, &work.2), (no, by), &guard, now).await })
            })
            .await
    }
}

async fn confirm(
    tx: &mut Tx<'_>,
    (cluster, other, imports): (&ClusterRow, &ClusterRow, &Imports),
    (no, by): (domain::DealNo, i64),
    guard: &GuardRules,
    now: Instant,
) -> Result<bool, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let row = tx.deal_find(cluster.id, no).await?.ok_or(BetweenError::DealUnknown { no })?;
    let reasons = reasons(tx, (cluster, other, imports), &row, guard, now).await?;
    if reasons.is_empty() {
        return Ok(true);
    }
    // Other terms, named since, are another deal.
    match row.review.filter(|review| review.version == row.version) {
        Some(review) if review.by == by => Ok(false),
        Some(review) if is_one_household(tx, cluster, review.by, by).await? => Err(BetweenError::SecondOfficer { no }.into()),
        Some(_) => Ok(true),
        None => {
            tx.deal_review_put(cluster.id, no, &DealReview { reasons, by, version: row.version }).await?;
            let notice = |user| NoticeNew::new(user, "deal-second").with("name", cluster.name.clone()).with("number", no.get());
            tell_officers(tx, cluster.id, UserId::new(by).ok(), now, notice).await?;
            Ok(false)
        }
    }
}

/// Whether two people act for the same household of a cluster.
async fn is_one_household(tx: &mut Tx<'_>, cluster: &ClusterRow, one: i64, other: i64) -> Result<bool, ServiceError> {
    let roles = tx.cluster_roles(cluster.id).await?;
    let homes = |user: i64| -> BTreeSet<MemberNo> { roles.iter().filter(|row| row.user.get() == user).map(|row| row.member).collect() };
    Ok(!homes(one).is_disjoint(&homes(other)))
}

async fn reasons(
    tx: &mut Tx<'_>,
    (cluster, other, imports): (&ClusterRow, &ClusterRow, &Imports),
    row: &DealRow,
    guard: &GuardRules,
    now: Instant,
) -> Result<DealReasons, ServiceError> {
    let mut reasons = DealReasons::NONE;
    if !officers(tx, cluster).await?.is_disjoint(&officers(tx, other).await?) {
        reasons = reasons.with(DealReason::SamePerson);
    }
    let since = now.plus_ms(-DAY_MS);
    let back = |known: &DealRow| {
        let is_back = (known.deal.seller, known.deal.buyer) == (row.deal.buyer, row.deal.seller);
        is_back && known.deal.state == DealState::Accepted && known.changed_at >= since
    };
    if tx.deal_list_live(cluster.id, since).await?.iter().any(back) {
        reasons = reasons.with(DealReason::RoundTrip);
    }
    let (seller, buyer) = if row.deal.seller == cluster.id { (cluster, other) } else { (other, cluster) };
    if is_far(tx, (seller, buyer, imports), row, guard).await? {
        reasons = reasons.with(DealReason::PriceBand);
    }
    Ok(reasons)
}

async fn officers(tx: &mut Tx<'_>, cluster: &ClusterRow) -> Result<BTreeSet<UserId>, ServiceError> {
    let roles = tx.cluster_roles(cluster.id).await?;
    Ok(roles.iter().filter(|row| matches!(row.role, Role::Chair | Role::Treasurer)).map(|row| row.user).collect())
}

/// Whether the price is further than the band from what the zone's last clearings came to; with few contracts there, whether it is above what
/// a kWh of the grid costs the buyer at most, or below half of what the grid pays the seller.
async fn is_far(
    tx: &mut Tx<'_>,
    (seller, buyer, imports): (&ClusterRow, &ClusterRow, &Imports),
    row: &DealRow,
    guard: &GuardRules,
) -> Result<bool, ServiceError> {
    let (price, day) = (row.deal.terms.price, BusinessDay::of(row.deal.terms.window.start(), seller.offset));
    let rounds = tx.round_list_newest(imports.zone(seller)?, ROUNDS_MAX).await?;
    let (mut money, mut energy, mut count) = (0_i64, 0_i64, 0_i64);
    for contract in rounds.iter().flat_map(|round| &round.contracts) {
        money = money.saturating_add(contract.price.0.saturating_mul(contract.energy.0));
        energy = energy.saturating_add(contract.energy.0);
        count += 1;
    }
    if let Some(reference) = average(MilliNgwee(money), WattHours(energy)).filter(|_| count >= guard.reference_trades) {
        return Ok(is_outside(price, reference, guard.band));
    }
    let dearest = imports.most(tx, seller, Some(buyer.id), day).await?;
    let export = imports.export(tx, seller, day).await?;
    Ok(price > dearest || price.0 < export.0 / 2)
}

fn is_outside(price: PricePerKwh, reference: PricePerKwh, band: i64) -> bool {
    let distance = i128::from(price.0.saturating_sub(reference.0)).abs() * i128::from(PARTS_PER_WHOLE);
    distance > i128::from(reference.0) * i128::from(band)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_in_and_outside_the_band() {
        for (price, outside) in [(50, false), (49, true), (150, false), (151, true), (100, false), (i64::MAX, true)] {
            assert_eq!(is_outside(PricePerKwh(price), PricePerKwh(100), 5_000), outside, "{price}");
        }
    }
}
