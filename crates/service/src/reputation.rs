//! Reliability: how well members and clusters kept what they promised, from trades, meters and the ledger.
//!
//! Obligations come from one function for each source: trades inside a cluster from [`inside`], deliveries between clusters from [`between`].
//! What they weigh is decided in `market::reputation`.
//!
//! Bounds: of each member the newest [`TRADES_MAX`] sales and purchases of the last [`SPAN_DAYS`] days, in a list [`TRADES_LIST_MAX`]. An obligation as old as that weighs a sixteenth.
//!
//! Rules: docs/market.md, "Reliability".

use crate::policy::{Action, Actor};
use crate::ties::{of, ties};
use crate::{Service, ServiceError};
use domain::{ClusterId, DealNo, MemberNo};
use market::between::Parcel;
pub use market::reputation::Standing;
use market::reputation::{Obligation, Outcome, TradeRole, backed, delivery, standing};
use market::trader::{Ties, Trader};
use quantity::{BusinessDay, Instant, WattHours};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::tables::{ClusterRow, DealRow, DeliveryRow, TradeRow};

/// How far back is looked, in days: four half-lives.
pub const SPAN_DAYS: i32 = crate::ties::SPAN_DAYS;
/// Most sales, and most purchases, of a member that are looked at, the newest.
pub const TRADES_MAX: u32 = 500;
/// The same in a list of many members.
pub const TRADES_LIST_MAX: u32 = 100;
/// Newest deliveries of a cluster that are looked at: days of deals.
const DELIVERIES_MAX: u32 = 500;

/// How somebody did as seller and as buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reputation {
    /// Delivering.
    pub seller: Standing,
    /// Paying. Everybody is new there: inside a cluster trades are paid at once, and between clusters settling pays by itself.
    pub buyer: Standing,
    /// Sales that were kept or broken, whatever they weigh; not those to the own people.
    pub sales: i64,
    /// The same of what was bought.
    pub purchases: i64,
}

/// What others see of it in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reliability {
    /// As seller, in millionths; `None` while too little is known to say.
    pub ppm: Option<i64>,
    /// Sales behind it.
    pub sales: i64,
}

impl Reputation {
    /// What others see of it in a list.
    #[must_use]
    pub fn brief(&self) -> Reliability {
        Reliability { ppm: (!self.seller.is_new).then_some(self.seller.reliability), sales: self.sales }
    }

    fn of(subject: Trader, obligations: &[Obligation], ties: &Ties, now: Instant) -> Self {
        let count = |role: TradeRole| {
            let counts = |obligation: &&Obligation| {
                let (own, other, outcome) = match role {
                    TradeRole::Seller => (obligation.seller, obligation.buyer, obligation.delivery),
                    TradeRole::Buyer => (obligation.buyer, obligation.seller, obligation.payment),
                };
                own == subject && !obligation.is_reversed && outcome != Outcome::Neutral && !ties.are_tied(own, other)
            };
            obligations.iter().filter(counts).count() as i64
        };
        Self {
            seller: standing(subject, TradeRole::Seller, obligations, ties, now),
            buyer: standing(subject, TradeRole::Buyer, obligations, ties, now),
            sales: count(TradeRole::Seller),
            purchases: count(TradeRole::Buyer),
        }
    }
}

impl Service {
    /// How reliably a member sold and bought inside its cluster, for those who may read the directory.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::MemberUnknown`]; what the store says.
    pub async fn reputation_of(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Reputation, ServiceError> {
        self.require(actor, cluster.id, Action::DirectoryRead).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .read(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    if !tx.member_list(row.id).await?.iter().any(|known| known.no == member) {
                        return Err(ServiceError::MemberUnknown { number: member.get() });
                    }
                    let found = reputations(tx, &row, &[member], TRADES_MAX, now).await?;
                    found.get(&member).copied().ok_or(ServiceError::MemberUnknown { number: member.get() })
                })
            })
            .await
    }

    /// How reliably a cluster sold and bought between clusters: for everybody who has its code.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn reputation_of_cluster(&self, actor: Actor, cluster: &ClusterRow) -> Result<Reputation, ServiceError> {
        self.require(actor, cluster.id, Action::CardRead).await?;
        let (row, now) = (cluster.clone(), self.now());
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            let row = row.clone();
            Box::pin(async move { between(tx, &row, since(&row, now), now).await })
        });
        let subject = Trader { cluster: cluster.id, member: None };
        Ok(Reputation::of(subject, &read.await?, &Ties::default(), now))
    }
}

/// The reputations of some members of a cluster, from at most `most` sales and purchases of each. What their other accounts traded is looked at too, so that circles are seen.
///
/// # Errors
/// What the store says.
pub(crate) async fn reputations(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    members: &[MemberNo],
    most: u32,
    now: Instant,
) -> Result<BTreeMap<MemberNo, Reputation>, ServiceError> {
    let since = since(cluster, now);
    let ties = ties(tx, cluster, now).await?;
    let hands_of = |member: MemberNo| ties.ties.hands(of(cluster.id, member));
    // Members who are the same hands, each with all of them: what one sold and another bought back is one circle.
    let wanted: BTreeSet<Trader> = members.iter().map(|member| hands_of(*member)).collect();
    let mut looked: BTreeSet<MemberNo> = ties.known.iter().copied().filter(|member| wanted.contains(&hands_of(*member))).collect();
    looked.extend(members);
    let looked: Vec<MemberNo> = looked.into_iter().collect();
    let obligations = inside(tx, cluster, &looked, (since, most)).await?;
    let mut by_hands: BTreeMap<Trader, Vec<Obligation>> = BTreeMap::new();
    for obligation in obligations {
        let sides: BTreeSet<Trader> = [obligation.seller, obligation.buyer].map(|side| ties.ties.hands(side)).into();
        for side in sides.into_iter().filter(|side| wanted.contains(side)) {
            by_hands.entry(side).or_default().push(obligation);
        }
    }
    let of_member = |member: MemberNo| {
        let own = by_hands.get(&hands_of(member)).map_or(&[][..], Vec::as_slice);
        (member, Reputation::of(of(cluster.id, member), own, &ties.ties, now))
    };
    Ok(members.iter().map(|member| of_member(*member)).collect())
}

/// From when on obligations are looked at.
fn since(cluster: &ClusterRow, now: Instant) -> Instant {
    BusinessDay::of(now, cluster.offset).plus_days(-SPAN_DAYS).start(cluster.offset)
}

/// Trades inside a cluster that these members took part in; one of which anything was reversed counts for nothing.
///
/// The energy of a trade is there in the moment it is made, as credits. Whether it was ever made, meters say: of what the seller banked in the
/// days in which readings could still be corrected, a later correction may have taken a part away that was sold by then. That part was not
/// delivered. The buyer pays at once and has nothing to keep or break.
async fn inside(tx: &mut Tx<'_>, cluster: &ClusterRow, members: &[MemberNo], (since, most): (Instant, u32)) -> Result<Vec<Obligation>, ServiceError> {
    let reversed: BTreeSet<i64> = tx.trades_reversed(cluster.id).await?.into_iter().collect();
    let found = tx.trade_list_newest(cluster.id, members, since, most).await?;
    let trades: BTreeMap<i64, TradeRow> = found.into_iter().map(|trade| (trade.no.get(), trade)).collect();
    let banked = Banked::load(tx, cluster, members, &trades).await?;
    Ok(trades.into_values().map(|trade| obligation(cluster.id, &trade, reversed.contains(&trade.no.get()), &banked)).collect())
}

/// What members banked, added up day by day: the first day that is not in a sum, what was banked, what of it was bought back.
struct Banked {
    sums: BTreeMap<MemberNo, Vec<(BusinessDay, i64, i64)>>,
    cluster: ClusterRow,
}

impl Banked {
    /// For all days that the sales of these members are backed by.
    async fn load(tx: &mut Tx<'_>, cluster: &ClusterRow, members: &[MemberNo], trades: &BTreeMap<i64, TradeRow>) -> Result<Self, ServiceError> {
        let mut sums: BTreeMap<MemberNo, Vec<(BusinessDay, i64, i64)>> = BTreeMap::new();
        let sold = trades.values().map(|trade| BusinessDay::of(trade.traded_at, cluster.offset));
        if let Some((first, last)) = sold.clone().min().zip(sold.max()) {
            let mut days = tx.credit_banked_list(cluster.id, first.plus_days(-correction_days(cluster)), last, members).await?;
            days.sort_unstable();
            for (day, member, banked, bought_back) in days {
                let of = sums.entry(member).or_default();
                let (all, back) = of.last().map_or((0, 0), |(_, all, back)| (*all, *back));
                of.push((day.next(), all.saturating_add(banked), back.saturating_add(bought_back)));
            }
        }
        Ok(Self { sums, cluster: cluster.clone() })
    }

    /// What a member banked, and what of it was bought back, in the days before `day` in which readings can still be corrected.
    fn before(&self, member: MemberNo, day: BusinessDay) -> (i64, i64) {
        let Some(sums) = self.sums.get(&member) else { return (0, 0) };
        let until = |day: BusinessDay| {
            let at = sums.partition_point(|(next, _, _)| *next <= day);
            at.checked_sub(1).and_then(|at| sums.get(at)).map_or((0, 0), |(_, all, back)| (*all, *back))
        };
        let (first, last) = (until(day.plus_days(-correction_days(&self.cluster))), until(day));
        (last.0 - first.0, last.1 - first.1)
    }

    fn delivery(&self, trade: &TradeRow) -> Outcome {
        let (banked, bought_back) = self.before(trade.seller, BusinessDay::of(trade.traded_at, self.cluster.offset));
        let left = backed(trade.energy, WattHours(banked), WattHours(bought_back));
        left.map_or(Outcome::Neutral, |left| delivery(trade.energy, &[left], None))
    }
}

fn correction_days(cluster: &ClusterRow) -> i32 {
    i32::try_from(cluster.correction_days).unwrap_or(SPAN_DAYS).clamp(0, SPAN_DAYS)
}

fn obligation(cluster: ClusterId, trade: &TradeRow, is_reversed: bool, banked: &Banked) -> Obligation {
    Obligation {
        seller: of(cluster, trade.seller),
        buyer: of(cluster, trade.buyer),
        energy: trade.energy,
        at: trade.traded_at,
        delivery: banked.delivery(trade),
        payment: Outcome::Neutral,
        is_reversed,
    }
}

/// What a cluster promised other clusters and what its meters say of it, of its newest deliveries: each interval of a deal is one obligation.
/// The buying side has one for each day, so that energy that goes there and back is seen; it is neutral, as settling takes the money by itself.
async fn between(tx: &mut Tx<'_>, cluster: &ClusterRow, since: Instant, now: Instant) -> Result<Vec<Obligation>, ServiceError> {
    let (first, last) = (BusinessDay::of(since, cluster.offset), BusinessDay::of(now, cluster.offset));
    let rows = tx.delivery_list(cluster.id, first, last.next(), DELIVERIES_MAX).await?;
    let mut deals: BTreeMap<DealNo, DealRow> = BTreeMap::new();
    let numbers: BTreeSet<DealNo> = rows.iter().map(|row| row.deal).collect();
    let numbers: Vec<DealNo> = numbers.into_iter().collect();
    deals.extend(tx.deals_find(cluster.id, &numbers).await?.into_iter().map(|deal| (deal.no, deal)));
    let of_row = |row: &DeliveryRow| deals.get(&row.deal).map(|deal| delivered(cluster, deal, row)).unwrap_or_default();
    Ok(rows.iter().flat_map(of_row).collect())
}

fn delivered(cluster: &ClusterRow, deal: &DealRow, row: &DeliveryRow) -> Vec<Obligation> {
    let whole = |id| Trader { cluster: id, member: None };
    let obligation = |at: Instant, parcel: &Parcel| Obligation {
        seller: whole(deal.deal.seller),
        buyer: whole(deal.deal.buyer),
        energy: parcel.contracted,
        at,
        delivery: if parcel.is_estimated { Outcome::Neutral } else { delivery(parcel.contracted, &[parcel.sent], None) },
        // The buyer has nothing to do that it could leave undone: nobody settles within 24 hours by own merit, and nobody fails to.
        payment: Outcome::Neutral,
        is_reversed: false,
    };
    if deal.deal.seller == cluster.id {
        // What the line could not carry is not contracted in a parcel: nobody answers for it.
        row.parcels.iter().filter(|(_, parcel)| parcel.contracted.0 > 0).map(|(at, parcel)| obligation(*at, parcel)).collect()
    } else {
        vec![obligation(row.day.start(cluster.offset), &row.sum)]
    }
}
