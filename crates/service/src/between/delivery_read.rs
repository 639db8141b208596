//! What the sealed intervals of a day say about deliveries: what members of the selling cluster had left, what those of the buying one bought.

use super::BetweenError;
use crate::ServiceError;
use domain::{ClusterId, Connection, MemberNo};
use market::between::{BuyerInterval, DeliveryError, Due, MemberIn, MemberOut, Parcel, SellerInterval};
use metering::Quality;
use quantity::{BusinessDay, Instant, Interval, MilliNgwee, PricePerKwh, WattHours, split_exact};
use settlement::Grid;
use settlement::seal::{SealedReading, SealedRecord};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::tables::{ClusterRow, CreditDayRow, DealRow, LineOutageRow};

/// A settled day of a cluster.
pub(super) struct SealedDay {
    /// The latest record of each interval, in order.
    pub records: Vec<SealedRecord>,
    /// Everybody who has a line in any of them, by number.
    pub members: Vec<MemberNo>,
}

impl SealedDay {
    pub(super) async fn load(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<Self, ServiceError> {
        let mut records = Vec::new();
        for row in tx.sealed_latest(cluster.id, day.interval(cluster.offset)).await? {
            records.push(SealedRecord::decode(&row.header, &row.body)?);
        }
        take_credits(&mut records, &tx.credit_day_list(cluster.id, day, day.next(), None).await?);
        let numbers: BTreeSet<i64> = records.iter().flat_map(|record| record.lines.iter().map(|line| line.member)).collect();
        let members = numbers.into_iter().map(MemberNo::new).collect::<Result<_, _>>()?;
        Ok(Self { records, members })
    }

    /// What the utility pays for each kWh exported in an interval: nothing where no grid takes it.
    fn export_price(record: &SealedRecord) -> PricePerKwh {
        let has_grid = record.grid == Grid::Available && record.rule.connection != Connection::OffGrid;
        if has_grid { record.export } else { PricePerKwh::ZERO }
    }

    /// What a kWh from the grid costs the members in each interval in which they bought any, rounded down; never above the dearest one that
    /// their tariff has. Taking out of a day what energy credits paid for may shift its money between intervals.
    pub(super) fn import_prices(&self) -> BTreeMap<Instant, PricePerKwh> {
        let mut prices = BTreeMap::new();
        for record in &self.records {
            let (mut imported, mut cost) = (0_i128, 0_i128);
            for line in &record.lines {
                imported += i128::from(line.flows.imported);
                cost += i128::from(line.flows.import_cost);
            }
            // Milli-ngwee are Wh times ngwee per kWh.
            if let Some(price) = cost.checked_div(imported) {
                prices.insert(record.start, PricePerKwh(i64::try_from(price).unwrap_or(i64::MAX)).min(crate::day_credits::dearest(&record.prices)));
            }
        }
        prices
    }

    /// The intervals as the selling side needs them; `is_final` takes estimates for what they are, as no reading can come any more.
    pub(super) fn seller(&self, deals: &[SellerDeal<'_>], is_final: bool) -> Result<Vec<SellerInterval>, BetweenError> {
        self.records.iter().map(|record| self.seller_interval(record, deals, is_final)).collect()
    }

    fn seller_interval(&self, record: &SealedRecord, deals: &[SellerDeal<'_>], is_final: bool) -> Result<SellerInterval, BetweenError> {
        let dues = dues(deals, record.start)?;
        let is_guess =
            |readings: &[SealedReading], made: bool| readings.iter().any(|reading| is_estimate(reading) && (!made || reading.generation > 0));
        let mut metered = vec![MemberOut::default(); self.members.len()];
        let mut is_estimated = false;
        for line in &record.lines {
            let Some(at) = place(&self.members, line.member) else { continue };
            is_estimated |= is_guess(&line.readings, false);
            // Generation that no meter saw is not sold.
            if !is_guess(&line.readings, true) {
                metered[at] = MemberOut { exported: WattHours(line.flows.exported), curtailed: WattHours(line.flows.curtailed) };
            }
        }
        let is_plant_silent = record.plant.iter().any(is_estimate);
        let nothing = || vec![MemberOut::default(); self.members.len()];
        let metered = match (is_plant_silent, is_final) {
            (false, _) => Some(metered),
            (true, true) => Some(nothing()),
            (true, false) => None,
        };
        Ok(SellerInterval { dues, metered, is_estimated: is_estimated && !is_final, export_price: Self::export_price(record) })
    }

    /// What the lines could not carry on this day of what each deal had contracted.
    pub(super) fn undeliverable(&self, deals: &[SellerDeal<'_>]) -> Result<Vec<WattHours>, BetweenError> {
        let mut lost = vec![WattHours::ZERO; deals.len()];
        for record in &self.records {
            for ((lost, deal), due) in lost.iter_mut().zip(deals).zip(dues(deals, record.start)?) {
                *lost = lost.plus(deal.row.deal.contracted(record.start).minus(due.contracted)?)?;
            }
        }
        Ok(lost)
    }

    /// The intervals as the buying side needs them. What nobody served counts as bought for nothing: the line served it.
    pub(super) fn buyer(&self, deals: &[BTreeMap<Instant, Parcel>]) -> Vec<BuyerInterval> {
        let interval = |record: &SealedRecord| {
            let mut metered = vec![MemberIn::default(); self.members.len()];
            for line in &record.lines {
                if let Some(at) = place(&self.members, line.member) {
                    let imported = WattHours(line.flows.imported.saturating_add(line.flows.unserved));
                    metered[at] = MemberIn { imported, import_cost: MilliNgwee(line.flows.import_cost) };
                }
            }
            let parcels = deals.iter().map(|parcels| parcels.get(&record.start).copied().unwrap_or_default()).collect();
            BuyerInterval { parcels, metered, export_price: Self::export_price(record) }
        };
        self.records.iter().map(interval).collect()
    }
}

/// Leaves in the records what is still to be decided: an exported watt-hour that became an energy credit is not sold to another cluster as
/// well, and an imported one that a credit paid for is not bought again. Each interval gives up its part of the day, exactly in sum.
fn take_credits(records: &mut [SealedRecord], days: &[CreditDayRow]) {
    for row in days.iter().filter(|row| row.banked > row.bought_back || row.used > 0) {
        let member = row.member.get();
        let lines = || records.iter().flat_map(|record| &record.lines).filter(|line| line.member == member);
        let (mut exported, mut imported, mut cost) = (0_i64, 0_i64, 0_i64);
        for line in lines() {
            exported += line.flows.exported;
            imported += line.flows.imported;
            cost += line.flows.import_cost;
        }
        let mut parts = [
            Kept::new(exported, exported - (row.banked - row.bought_back)),
            Kept::new(imported, imported - row.used),
            Kept::new(cost, cost - row.used_money),
        ];
        for line in records.iter_mut().flat_map(|record| &mut record.lines).filter(|line| line.member == member) {
            line.flows.exported = parts[0].next(line.flows.exported);
            line.flows.imported = parts[1].next(line.flows.imported);
            line.flows.import_cost = parts[2].next(line.flows.import_cost);
        }
    }
}

/// Keeps `left` of `whole`, in proportion: what was kept so far is always the floor of its part.
struct Kept {
    whole: i128,
    left: i128,
    seen: i128,
    kept: i128,
}

impl Kept {
    fn new(whole: i64, left: i64) -> Self {
        Self { whole: whole.max(1).into(), left: left.clamp(0, whole.max(0)).into(), seen: 0, kept: 0 }
    }

    fn next(&mut self, amount: i64) -> i64 {
        self.seen += i128::from(amount);
        let due = self.seen * self.left / self.whole;
        let part = due - self.kept;
        self.kept = due;
        i64::try_from(part).unwrap_or(amount)
    }
}

/// A deal as the day of its seller needs it.
pub(super) struct SellerDeal<'a> {
    pub row: &'a DealRow,
    /// What a kWh from the grid costs the buyer.
    pub import_prices: &'a BTreeMap<Instant, PricePerKwh>,
    /// When its line carried less.
    pub outages: Vec<&'a LineOutageRow>,
}

impl SellerDeal<'_> {
    fn limit(&self, start: Instant) -> Option<WattHours> {
        self.outages.iter().filter(|outage| outage.during.contains(start)).map(|outage| outage.capacity).min()
    }
}

/// What each deal asks for in the interval that begins at `start`. A line that carries less than all deals over it have contracted is shared by
/// them in proportion; one that carries as much changes nothing, and nobody is excused.
fn dues(deals: &[SellerDeal<'_>], start: Instant) -> Result<Vec<Due>, BetweenError> {
    let mut dues: Vec<Due> = Vec::with_capacity(deals.len());
    for deal in deals {
        let import_price = deal.import_prices.get(&start).copied().unwrap_or_default();
        dues.push(Due { contracted: deal.row.deal.contracted(start), import_price, is_neutral: false });
    }
    let buyers: BTreeSet<ClusterId> = deals.iter().map(|deal| deal.row.deal.buyer).collect();
    for buyer in buyers {
        let on_line: Vec<usize> = (0..deals.len()).filter(|&at| deals[at].row.deal.buyer == buyer && dues[at].contracted.0 > 0).collect();
        let Some(limit) = on_line.first().and_then(|&at| deals[at].limit(start)) else { continue };
        if limit >= WattHours::sum(on_line.iter().map(|&at| dues[at].contracted))? {
            continue;
        }
        let weights: Vec<u64> = on_line.iter().map(|&at| dues[at].contracted.0.unsigned_abs()).collect();
        let parts = split_exact(limit, &weights).map_err(DeliveryError::from)?;
        for (&at, part) in on_line.iter().zip(parts) {
            dues[at] = Due { contracted: part, is_neutral: true, ..dues[at] };
        }
    }
    Ok(dues)
}

/// The outages of a deal's line.
pub(super) fn outages_of<'a>(row: &DealRow, outages: &'a [LineOutageRow]) -> Vec<&'a LineOutageRow> {
    outages.iter().filter(|outage| outage.to == row.deal.buyer).collect()
}

/// Whether a deal delivers on a day.
pub(super) fn is_on(row: &DealRow, of_day: Interval) -> bool {
    row.deal.state == market::between::DealState::Accepted && row.deal.terms.window.overlaps(of_day)
}

fn place(members: &[MemberNo], member: i64) -> Option<usize> {
    members.binary_search_by_key(&member, |no| no.get()).ok()
}

fn is_estimate(reading: &SealedReading) -> bool {
    u8::try_from(reading.quality).ok().and_then(Quality::from_number).is_none_or(Quality::is_estimate)
}

#[cfg(test)]
mod tests {
    use super::Kept;
    use proptest::prelude::*;

    proptest! {
        /// What is kept adds up to what is left, and no interval keeps more than it had.
        #[test]
        fn each_interval_gives_up_its_part(amounts in proptest::collection::vec(0i64..50_000, 1..96), part in 0i64..=1_000) {
            let whole: i64 = amounts.iter().sum();
            let left = whole * part / 1_000;
            let mut kept = Kept::new(whole, left);
            let parts: Vec<i64> = amounts.iter().map(|amount| kept.next(*amount)).collect();
            prop_assert_eq!(parts.iter().sum::<i64>(), left);
            prop_assert!(parts.iter().zip(&amounts).all(|(part, amount)| (0..=*amount).contains(part)));
        }
    }
}
