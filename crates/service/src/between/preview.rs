//! What an offer or a deal would come to, before it is made: everything that would refuse it refuses it here, and nothing is written.

use super::deal_steps::{action, first, promise_of};
use super::deals::first_act;
use super::limits::may_promise;
use super::offers::fit;
use super::{BetweenError, DealMove, DealOffer, OfferCreate, deal_rules};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::DealNo;
use ledger::IdempotencyKey;
use market::Order;
use market::between::{Deal, Party, Terms};
use quantity::{BusinessDay, MilliNgwee, Ngwee, PricePerKwh, Step, WattHours};
use std::sync::Arc;
use store::tables::{ClusterRow, DealActKind, OfferRow};

/// What the terms of a deal come to over all intervals, each amount of money rounded by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealTotal {
    /// Sent by the seller.
    pub sent: WattHours,
    /// What of it arrives.
    pub received: WattHours,
    /// What the seller gets when all is sent.
    pub seller_gets: Ngwee,
    /// The fee of the line.
    pub fee: Ngwee,
    /// What the buyer pays above both, where a joint clearing named one price: it goes to the buyer's community fund.
    pub rent: Ngwee,
    /// The penalty if nothing is sent; replacing the energy comes to it where the grid is dearer than the deal.
    pub penalty: Ngwee,
}

impl DealTotal {
    /// The total of `terms` between clusters that meter in `step`; `buyer_price` is the one price of a joint clearing, for each kWh received.
    #[must_use]
    pub fn of(terms: &Terms, buyer_price: Option<PricePerKwh>, step: Step) -> Self {
        let count = terms.window.end().ms_since(terms.window.start()) / step.ms();
        let sent = terms.energy_per_interval.0.saturating_mul(count);
        let received = terms.loss.received(terms.energy_per_interval).0.saturating_mul(count);
        let (seller_gets, fee) = (money(sent, terms.price), money(sent, terms.fee));
        let rent = buyer_price.map_or(0, |price| money(received, price).saturating_sub(seller_gets).saturating_sub(fee)).max(0);
        Self {
            sent: WattHours(sent),
            received: WattHours(received),
            seller_gets: Ngwee(seller_gets),
            fee: Ngwee(fee),
            rent: Ngwee(rent),
            penalty: Ngwee(money(sent, terms.penalty)),
        }
    }

    /// What the buyer pays when all is sent.
    #[must_use]
    pub const fn buyer_pays(&self) -> Ngwee {
        Ngwee(self.seller_gets.0.saturating_add(self.fee.0).saturating_add(self.rent.0))
    }
}

/// What so much energy costs, ngwee, half to even.
fn money(energy: i64, price: PricePerKwh) -> i64 {
    MilliNgwee(energy.saturating_mul(price.0)).to_ngwee_half_even().0
}

impl Service {
    /// An offer as it would stand on the board, without its number; nothing is written.
    ///
    /// # Errors
    /// As [`Service::offer_place`].
    pub async fn offer_preview(&self, actor: Actor, cluster: &ClusterRow, new: OfferCreate) -> Result<OfferRow, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        Order::new(new.side, new.price, new.energy).map_err(BetweenError::from)?;
        let (work, now) = (Arc::new((cluster.clone(), self.imports())), self.now());
        self.store
            .read(move |tx| {
                let work = work.clone();
                Box::pin(async move { fit(tx, (&work.0, &work.1), actor.number(), new, now).await })
            })
            .await
    }

    /// A deal as it would be offered; nothing is written.
    ///
    /// # Errors
    /// As [`Service::deal_offer`].
    pub async fn deal_preview(&self, actor: Actor, cluster: &ClusterRow, other: &ClusterRow, new: DealOffer) -> Result<Deal, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        self.both_ready(cluster, other).await?;
        let now = self.now();
        let (seller, buyer) = if new.side == Party::Seller { (cluster, other) } else { (other, cluster) };
        let line = self.line_of(seller, buyer, BusinessDay::of(new.window.start(), cluster.offset)).await?;
        let sides = (seller.id, buyer.id);
        let work = Arc::new((cluster.clone(), line, first_act(actor, cluster, other, new, now), self.imports()));
        self.store
            .read(move |tx| {
                let work = work.clone();
                Box::pin(async move { first(tx, (&work.0, &work.3), &work.2, sides, &work.1, now).await })
            })
            .await
    }

    /// A deal as it would be after `action`; nothing is written. The other side's limits are known to itself alone.
    ///
    /// # Errors
    /// As [`Service::deal_act`].
    pub async fn deal_act_preview(&self, actor: Actor, cluster: &ClusterRow, no: DealNo, action_wanted: DealMove) -> Result<Deal, ServiceError> {
        self.require(actor, cluster.id, Action::Deal).await?;
        let row = self.deal_row(cluster, no).await?;
        if row.intent.is_some() {
            return Err(BetweenError::DealWaiting { no }.into());
        }
        let act = self.act_of(actor, cluster, &row, action_wanted, IdempotencyKey::derive(&[b"preview"]));
        let now = self.now();
        let deal = row.deal.act(act.side, action(&act, &row.deal.terms), now, &deal_rules(cluster.step)).map_err(BetweenError::from)?;
        if !matches!(act.kind, DealActKind::Counter | DealActKind::Accept) {
            return Ok(deal);
        }
        let other = self.cluster_of(row.other_of(cluster.id)).await?;
        self.both_ready(cluster, &other).await?;
        let line = self.line_for(cluster, &other, &act).await?;
        let work = Arc::new((cluster.clone(), line, promise_of(&act, &row.deal), self.imports()));
        self.store
            .read::<_, ServiceError, _>(move |tx| {
                let work = work.clone();
                Box::pin(async move { may_promise(tx, (&work.0, &work.3), work.2, work.1.as_ref(), Some(no), now).await })
            })
            .await?;
        Ok(deal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::between::Loss;
    use quantity::{Instant, Interval};

    #[test]
    fn a_total_is_what_full_delivery_comes_to() {
        let window = Interval::new(Instant(0), Instant(8 * 3_600_000)).expect("eight hours");
        let loss = Loss::new(100_000).expect("a tenth");
        let (price, fee, penalty) = (PricePerKwh(120), PricePerKwh(20), PricePerKwh(50));
        let terms = Terms { window, energy_per_interval: WattHours(375), price, loss, fee, penalty };
        let total = DealTotal::of(&terms, None, Step::Min15);
        // 32 quarter hours of 375 Wh, of which 37 are lost each time.
        assert_eq!((total.sent, total.received), (WattHours(12_000), WattHours(10_816)));
        assert_eq!((total.seller_gets, total.fee, total.rent, total.penalty), (Ngwee(1_440), Ngwee(240), Ngwee(0), Ngwee(600)));
        assert_eq!(total.buyer_pays(), Ngwee(1_680));
        let cleared = DealTotal::of(&terms, Some(PricePerKwh(160)), Step::Min15);
        assert_eq!((cleared.rent, cleared.buyer_pays()), (Ngwee(51), Ngwee(1_731)));
    }

    #[test]
    fn half_a_ngwee_goes_to_the_even_one() {
        assert_eq!([(500, 1), (1_500, 1), (501, 1), (0, 9)].map(|(energy, price)| money(energy, PricePerKwh(price))), [0, 2, 1, 0]);
    }
}
