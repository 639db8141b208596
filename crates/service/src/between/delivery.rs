//! Settling what was delivered on a day: first the selling side, from its own sealed intervals, then the buying side, from what the selling side
//! wrote down. Each is a transaction of one cluster: what it was worked out from is its `basis`, and the same basis posts nothing again.

use super::BetweenError;
use super::delivery_read::{SealedDay, SellerDeal, is_on, outages_of};
use super::follow::is_final;
use super::posting::{self, PostingOf};
use crate::Service;
use crate::ServiceError;
use crate::policy::Actor;
use domain::{ClusterId, DealNo};
use ledger::{IdempotencyKey, Outcome};
use market::between::{BuyerPays, Contract, Parcel, Party, deliver, receive};
use quantity::{BusinessDay, Instant, Ngwee, PricePerKwh, WattHours};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::tables::{ClusterRow, DayMark, DealRow, DeliveryRow, LegLine, LegRow, LineOutageRow};
use store::{EventNew, Tx};

/// What another cluster says that a side needs, by pair key.
pub(super) enum Across {
    /// What a kWh from the grid costs each buyer.
    Imports(BTreeMap<IdempotencyKey, BTreeMap<Instant, PricePerKwh>>),
    /// What each seller sent.
    Parcels(BTreeMap<IdempotencyKey, (DeliveryRow, BTreeMap<Instant, Parcel>)>),
}

impl Across {
    const fn side(&self) -> Party {
        match self {
            Self::Imports(_) => Party::Seller,
            Self::Parcels(_) => Party::Buyer,
        }
    }

    /// Whether the other cluster of a deal has said what is needed.
    fn has(&self, pair: IdempotencyKey) -> bool {
        match self {
            Self::Imports(of) => of.contains_key(&pair),
            Self::Parcels(of) => of.contains_key(&pair),
        }
    }
}

/// A day of one side to be settled.
pub(super) struct DeliveryWork {
    pub cluster: ClusterRow,
    pub day: BusinessDay,
    /// How far the day is; when it has changed by then, it is left to the next round.
    pub mark: DayMark,
    /// What the other clusters say.
    pub across: Across,
    /// From what all of it is worked out.
    pub basis: String,
    /// When lines carried less.
    pub outages: Vec<LineOutageRow>,
    pub now: Instant,
}

/// What settling found.
struct Found {
    lines: Vec<LegLine>,
    deliveries: Vec<DeliveryRow>,
}

impl Service {
    /// Settles a day of one side; `false` when nothing of it has changed.
    pub(super) async fn delivery_settle(&self, work: DeliveryWork) -> Result<bool, ServiceError> {
        let work = Arc::new(work);
        self.store
            .write(move |tx| {
                let work = Arc::clone(&work);
                Box::pin(async move { settle(tx, &work).await })
            })
            .await
    }

    /// What a buying cluster paid for the grid in each interval of a day, for its sellers.
    pub(super) async fn imports_of(&self, buyer: &ClusterRow, day: BusinessDay) -> Result<BTreeMap<Instant, PricePerKwh>, ServiceError> {
        let row = buyer.clone();
        self.store
            .read(move |tx| {
                let row = row.clone();
                Box::pin(async move { Ok(SealedDay::load(tx, &row, day).await?.import_prices()) })
            })
            .await
    }

    /// What a selling cluster sent of a deal on a day; `None` while it has not settled that.
    pub(super) async fn sent_of(
        &self,
        seller: ClusterId,
        pair: IdempotencyKey,
        day: BusinessDay,
    ) -> Result<Option<(DeliveryRow, BTreeMap<Instant, Parcel>)>, ServiceError> {
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let Some(deal) = tx.deal_by_pair(seller, pair).await? else { return Ok(None) };
                    let row = tx.delivery_find(seller, deal.no, day).await?;
                    Ok(row.map(|row| {
                        let parcels = row.parcels.iter().copied().collect();
                        (row, parcels)
                    }))
                })
            })
            .await
    }

    /// A day of a deal with its intervals, as the selling cluster wrote them down.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`BetweenError::DealUnknown`].
    pub async fn delivery_read(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        no: DealNo,
        day: BusinessDay,
    ) -> Result<Option<(DeliveryRow, Vec<(Instant, Parcel)>)>, ServiceError> {
        self.require(actor, cluster.id, crate::policy::Action::ClusterRead).await?;
        let row = self.deal_row(cluster, no).await?;
        let found = self.sent_of(row.deal.seller, row.pair, day).await?;
        Ok(found.map(|(delivery, parcels)| (DeliveryRow { deal: no, ..delivery }, parcels.into_iter().collect())))
    }
}

async fn settle(tx: &mut Tx<'_>, work: &DeliveryWork) -> Result<bool, ServiceError> {
    let (cluster, day, side) = (&work.cluster, work.day, work.across.side());
    let id = cluster.id;
    let mut head = tx.ledger_head(id).await?;
    let of_day = day.interval(cluster.offset);
    let mark = tx.day_marks(id, day, day.next()).await?.into_iter().next();
    let before = tx.delivery_leg_find(id, day, side).await?;
    if mark != Some(work.mark) || before.as_ref().is_some_and(|leg| leg.basis == work.basis) {
        return Ok(false);
    }
    let live = tx.deal_list_live(id, of_day.start()).await?;
    let deals: Vec<DealRow> = live.into_iter().filter(|row| is_on(row, of_day) && row.side_of(id) == side).collect();
    // A day that was asked about with fewer deals than it has would be posted back in part: nothing is better.
    if !deals.iter().all(|row| work.across.has(row.pair)) {
        return Ok(false);
    }
    let sealed = SealedDay::load(tx, cluster, day).await?;
    let found = match &work.across {
        Across::Imports(prices) => {
            let none = BTreeMap::new();
            let of = |row| SellerDeal { row, import_prices: prices.get(&row.pair).unwrap_or(&none), outages: outages_of(row, &work.outages) };
            sold(&sealed, &deals.iter().map(of).collect::<Vec<_>>(), is_final(cluster, &work.mark, work.now))?
        }
        Across::Parcels(sent) => bought(&sealed, &deals, sent)?,
    };
    let revision = before.as_ref().map_or(0, |leg| leg.revision) + 1;
    let due = posting::difference(&found.lines, before.as_ref().map_or(&[], |leg| &leg.lines));
    let today = BusinessDay::of(work.now, cluster.offset);
    let is_open = revision == 1 && head.closed_until.is_none_or(|until| day > until);
    let of = PostingOf { cluster: id, day, side, revision, business_on: if is_open { day } else { today } };
    let commands = posting::transfers(tx, &of, &due).await?;
    for outcome in tx.transfers_execute_at(id, &mut head, work.now, &commands).await? {
        if let Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) = outcome {
            return Err(ServiceError::PostingRefused { day, refusal });
        }
    }
    tx.ledger_head_put(id, &head).await?;
    keep(tx, work, found, revision, !commands.is_empty()).await?;
    Ok(true)
}

/// Writes down what was delivered, where it differs from before, and what was posted.
async fn keep(tx: &mut Tx<'_>, work: &DeliveryWork, found: Found, revision: i64, has_posted: bool) -> Result<(), ServiceError> {
    let (id, day, now) = (work.cluster.id, work.day, work.now);
    let known = tx.delivery_list(id, day, day.next(), u32::MAX).await?;
    let is_estimated = found.deliveries.iter().any(|row| row.sum.is_estimated);
    let mut rows = Vec::new();
    for row in found.deliveries {
        let before = known.iter().find(|known| known.deal == row.deal);
        let same = |known: &DeliveryRow| {
            (known.sum, known.undeliverable, known.clearing, &known.parcels) == (row.sum, row.undeliverable, row.clearing, &row.parcels)
        };
        if !before.is_some_and(same) {
            rows.push(DeliveryRow { day, revision: before.map_or(0, |known| known.revision) + 1, settled_at: now, ..row });
        }
    }
    tx.delivery_insert(id, &rows).await?;
    let side = work.across.side();
    tx.delivery_leg_put(id, &LegRow { day, side, revision, basis: work.basis.clone(), lines: found.lines, is_estimated, settled_at: now }).await?;
    if has_posted {
        let payload = format!("{{\"day\":\"{day}\",\"side\":\"{}\",\"revision\":{revision}}}", side.as_str());
        tx.outbox_append(id, &[EventNew { kind: "delivery_settled".to_owned(), payload }], now).await?;
    }
    Ok(())
}

fn contract_of(row: &DealRow) -> Contract {
    let contract = Contract::from(&row.deal.terms);
    row.buyer_price.map_or(contract, |price| Contract { buyer_pays: BuyerPays::At(price), ..contract })
}

/// A row as it is before its day and revision are known.
fn delivery_row(deal: DealNo, sum: Parcel, undeliverable: WattHours, clearing: Ngwee, parcels: Vec<(Instant, Parcel)>) -> DeliveryRow {
    DeliveryRow { deal, day: BusinessDay(0), revision: 0, sum, undeliverable, clearing, parcels, settled_at: Instant(0) }
}

fn sold(sealed: &SealedDay, deals: &[SellerDeal<'_>], is_final: bool) -> Result<Found, BetweenError> {
    let contracts: Vec<Contract> = deals.iter().map(|deal| contract_of(deal.row)).collect();
    let day = deliver(&contracts, sealed.members.len(), &sealed.seller(deals, is_final)?)?;
    let undeliverable = sealed.undeliverable(deals)?;
    let numbers: Vec<DealNo> = deals.iter().map(|deal| deal.row.no).collect();
    let (leg, sums) = (day.leg()?, day.contracts()?);
    let mut deliveries = Vec::with_capacity(deals.len());
    for (at, deal) in deals.iter().enumerate() {
        let of_deal = sealed.records.iter().zip(&day.parcels).filter_map(|(record, row)| Some((record.start, *row.get(at)?)));
        let parcels = of_deal.filter(|(_, parcel)| parcel.contracted.0 > 0).collect();
        let (sum, clearing) = (sums.get(at).copied().unwrap_or_default(), leg.clearing.get(at).copied().unwrap_or_default());
        // Only intervals with anything to send can be waited for.
        let parcels: Vec<(Instant, Parcel)> = parcels;
        let sum = Parcel { is_estimated: parcels.iter().any(|(_, parcel)| parcel.is_estimated), ..sum };
        deliveries.push(delivery_row(deal.row.no, sum, undeliverable.get(at).copied().unwrap_or_default(), clearing, parcels));
    }
    Ok(Found { lines: posting::seller_lines(&day, &sealed.members, &numbers)?, deliveries })
}

fn bought(
    sealed: &SealedDay,
    deals: &[DealRow],
    sent: &BTreeMap<IdempotencyKey, (DeliveryRow, BTreeMap<Instant, Parcel>)>,
) -> Result<Found, BetweenError> {
    let of = |row: &DealRow| sent.get(&row.pair).map(|(_, parcels)| parcels.clone()).unwrap_or_default();
    let parcels: Vec<BTreeMap<Instant, Parcel>> = deals.iter().map(of).collect();
    let day = receive(deals.len(), sealed.members.len(), &sealed.buyer(&parcels))?;
    let numbers: Vec<DealNo> = deals.iter().map(|row| row.no).collect();
    let leg = day.leg()?;
    let mut deliveries = Vec::with_capacity(deals.len());
    for (at, row) in deals.iter().enumerate() {
        let theirs = sent.get(&row.pair).map(|(theirs, _)| theirs);
        let sum = theirs.map_or(Parcel::default(), |theirs| theirs.sum);
        let clearing = leg.clearing[at].negated()?;
        deliveries.push(delivery_row(row.no, sum, theirs.map_or(WattHours::ZERO, |theirs| theirs.undeliverable), clearing, Vec::new()));
    }
    Ok(Found { lines: posting::buyer_lines(&day, &sealed.members, &numbers)?, deliveries })
}
