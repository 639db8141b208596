//! What was delivered, by the meters, and what it costs whom: one day of a selling cluster, one day of a buying one.
//!
//! Delivered is the smaller of what was contracted and what the meters saw left over. Each delivered watt-hour changes its fate: one that
//! was curtailed is now sold; one that was exported is now sold and its export credit goes back to the utility. Curtailed ones go first,
//! because nothing is given back for them. Contracts that overlap share in proportion to what each asked for, never by who came first.
//! On the buyer's side a received watt-hour takes the place of an imported one, whose cost the utility does not get; what is received
//! beyond the imports is exported again.
//!
//! All of it is in milli-ngwee; [`SellerDay::leg`] and [`BuyerDay::leg`] round a day once (`leg.rs`). Settling a day again with better
//! readings is calling these functions again, and posting the difference of the legs.
//!
//! Energy that passes through a cluster is settled there as that of a further member, the last on both sides: it imports what is to be
//! passed on, at no cost, and has as much curtailed as arrived. It buys and sells at the price of the cluster, and comes out even.
//!
//! Not here: which readings are final, and who the accounts are.
//!
//! Source: market rules of the programme, section 5; docs/market.md.

use super::deal::Terms;
use super::line::Loss;
use quantity::{MilliNgwee, PricePerKwh, QuantityError, SplitError, SplitScratch, WattHours, split_exact, split_exact_into};

/// Why a delivery cannot be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// An interval that does not list each contract once.
    #[error("interval {interval} lists {found} contracts instead of {expected}")]
    Contracts {
        /// Place of the interval.
        interval: usize,
        /// How many it lists.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// An interval that does not list each member once.
    #[error("interval {interval} lists {found} members instead of {expected}")]
    Members {
        /// Place of the interval.
        interval: usize,
        /// How many it lists.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// A contract whose buyer pays less than seller and line get.
    #[error("contract {contract} brings less at the buyer's than it costs: price, fee and loss do not fit")]
    Contract {
        /// Place of the contract.
        contract: usize,
    },
    /// An amount that is negative or too large.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// Weights that are too large to be added.
    #[error(transparent)]
    Split(#[from] SplitError),
}

impl DeliveryError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Contracts { .. } => "delivery_contracts",
            Self::Members { .. } => "delivery_members",
            Self::Contract { .. } => "delivery_contract",
            Self::Quantity(error) => error.code(),
            Self::Split(error) => error.code(),
        }
    }
}

/// What the buying cluster pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuyerPays {
    /// This price for each kWh received, as in a joint clearing; what is above the seller's price and the fee is congestion rent.
    At(PricePerKwh),
    /// The seller's price and the fee for each kWh sent, as in a bilateral deal; there is no rent.
    Landed,
}

/// The prices under which one cluster delivers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Contract {
    /// What the seller gets for each kWh sent.
    pub seller_price: PricePerKwh,
    /// What the buyer pays.
    pub buyer_pays: BuyerPays,
    /// The wheeling fee for each kWh sent.
    pub fee: PricePerKwh,
    /// What is lost on the way.
    pub loss: Loss,
    /// What the seller pays for each kWh not sent, beside what it costs to replace it.
    pub penalty: PricePerKwh,
}

impl From<&Terms> for Contract {
    fn from(terms: &Terms) -> Self {
        let Terms { price, fee, loss, penalty, .. } = *terms;
        Self { seller_price: price, buyer_pays: BuyerPays::Landed, fee, loss, penalty }
    }
}

/// What one contract asks for in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// What is to be sent; nothing outside the window.
    pub contracted: WattHours,
    /// What a kWh from the grid costs the buyer in this interval.
    pub import_price: PricePerKwh,
    /// Whether nobody is to blame if less is sent: the line carries less than was contracted.
    pub is_neutral: bool,
}

/// What the meters of one member of the selling cluster saw left over in one interval, after the cascade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberOut {
    /// Exported, and paid by the utility.
    pub exported: WattHours,
    /// Curtailed: it could have been had.
    pub curtailed: WattHours,
}

/// One interval of the selling cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerInterval {
    /// What each contract asks for, in order.
    pub dues: Vec<Due>,
    /// What each member had left, in order; `None` when readings are missing: then nothing counts as delivered, as an estimate.
    pub metered: Option<Vec<MemberOut>>,
    /// Whether what is given as metered is an estimate.
    pub is_estimated: bool,
    /// What the utility paid for each kWh exported.
    pub export_price: PricePerKwh,
}

/// What became of one contract in one interval: the seller's side makes it, the buyer's side takes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parcel {
    /// What was to be sent.
    pub contracted: WattHours,
    /// What was sent.
    pub sent: WattHours,
    /// What arrived.
    pub received: WattHours,
    /// What the seller gets for what was sent.
    pub seller_due: MilliNgwee,
    /// The wheeling fee: to the owner of the line.
    pub fee: MilliNgwee,
    /// The congestion rent: to the community fund.
    pub rent: MilliNgwee,
    /// What replacing the shortfall costs the buyer above what it would have paid; the seller pays it.
    pub replacement: MilliNgwee,
    /// The penalty for the shortfall. None for a neutral one, and none yet on an estimate.
    pub penalty: MilliNgwee,
    /// Whether readings behind it are missing or estimated, so that it is to be settled again.
    pub is_estimated: bool,
}

impl Parcel {
    /// What was contracted and not sent.
    #[must_use]
    pub const fn shortfall(&self) -> WattHours {
        WattHours(self.contracted.0.saturating_sub(self.sent.0))
    }

    /// What the buying cluster pays for what it received: to seller, line and community fund.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn buyer_due(&self) -> Result<MilliNgwee, QuantityError> {
        self.seller_due.plus(self.fee)?.plus(self.rent)
    }

    /// What the seller pays for the shortfall, all of it to the buyer's members.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn compensation(&self) -> Result<MilliNgwee, QuantityError> {
        self.replacement.plus(self.penalty)
    }

    /// What the buying cluster owes the selling one; below zero when the compensation is more.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn clearing(&self) -> Result<MilliNgwee, QuantityError> {
        self.seller_due.minus(self.compensation()?)
    }
}

impl Contract {
    /// What becomes of a due of which `sent` was sent; `None` when the prices do not fit each other.
    fn parcel(&self, due: &Due, sent: WattHours, is_estimated: bool) -> Result<Option<Parcel>, QuantityError> {
        let received = self.loss.received(sent);
        let (seller_due, fee) = (sent.cost(self.seller_price)?, sent.cost(self.fee)?);
        let landed = seller_due.plus(fee)?;
        let (rent, price) = match self.buyer_pays {
            BuyerPays::At(price) => (received.cost(price)?.minus(landed)?, price),
            BuyerPays::Landed => (MilliNgwee::ZERO, self.seller_price.plus(self.fee)?),
        };
        let shortfall = due.contracted.minus(sent)?;
        let above = PricePerKwh(due.import_price.minus(price)?.0.max(0));
        let is_punished = !due.is_neutral && !is_estimated;
        let penalty = if is_punished { shortfall.cost(self.penalty)? } else { MilliNgwee::ZERO };
        let parcel =
            Parcel { contracted: due.contracted, sent, received, seller_due, fee, rent, replacement: shortfall.cost(above)?, penalty, is_estimated };
        Ok((rent.0 >= 0).then_some(parcel))
    }
}

/// What a day of delivery means for one member of the selling cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SellerMember {
    /// Of its curtailed energy, what is delivered instead.
    pub from_curtailed: WattHours,
    /// Of its exported energy, what is delivered instead.
    pub from_exported: WattHours,
    /// What it earns for both.
    pub earned: MilliNgwee,
    /// The export credit it gives back.
    pub credit_returned: MilliNgwee,
}

/// A day of the selling cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SellerDay {
    /// For each interval, what became of each contract.
    pub parcels: Vec<Vec<Parcel>>,
    /// Each member, in order.
    pub members: Vec<SellerMember>,
}

/// Settles what a cluster sold on one day: `contracts` and members in a fixed order, one entry for each interval of the day.
///
/// # Errors
/// [`DeliveryError`].
pub fn deliver(contracts: &[Contract], members: usize, intervals: &[SellerInterval]) -> Result<SellerDay, DeliveryError> {
    let mut day = SellerDay { parcels: Vec::with_capacity(intervals.len()), members: vec![SellerMember::default(); members] };
    let nobody = vec![MemberOut::default(); members];
    for (interval, given) in intervals.iter().enumerate() {
        if given.dues.len() != contracts.len() {
            return Err(DeliveryError::Contracts { interval, found: given.dues.len(), expected: contracts.len() });
        }
        let metered = given.metered.as_ref().unwrap_or(&nobody);
        if metered.len() != members {
            return Err(DeliveryError::Members { interval, found: metered.len(), expected: members });
        }
        let parcels = parcels(contracts, given, metered)?;
        share(&parcels, metered, given.export_price.not_negative()?, &mut day.members)?;
        day.parcels.push(parcels);
    }
    Ok(day)
}

/// What becomes of each contract of an interval.
fn parcels(contracts: &[Contract], given: &SellerInterval, metered: &[MemberOut]) -> Result<Vec<Parcel>, DeliveryError> {
    let mut surplus = WattHours::ZERO;
    for member in metered {
        surplus = surplus.plus(member.exported.not_negative()?)?.plus(member.curtailed.not_negative()?)?;
    }
    let mut asked = Vec::with_capacity(contracts.len());
    for (due, contract) in given.dues.iter().zip(contracts) {
        for price in [due.import_price, contract.seller_price, contract.fee, contract.penalty] {
            price.not_negative()?;
        }
        asked.push(due.contracted.not_negative()?);
    }
    let delivered = WattHours::sum(asked.iter().copied())?.at_most(surplus);
    let sent = split(delivered, &asked)?;
    let is_estimated = given.is_estimated || given.metered.is_none();
    let each = contracts.iter().zip(&given.dues).zip(sent).enumerate();
    each.map(|(at, ((contract, due), sent))| contract.parcel(due, sent, is_estimated)?.ok_or(DeliveryError::Contract { contract: at })).collect()
}

/// Says whose energy was delivered, curtailed before exported, and shares what it earned.
fn share(parcels: &[Parcel], metered: &[MemberOut], export_price: PricePerKwh, members: &mut [SellerMember]) -> Result<(), DeliveryError> {
    let delivered = WattHours::sum(parcels.iter().map(|parcel| parcel.sent))?;
    let (curtailed, exported): (Vec<_>, Vec<_>) = metered.iter().map(|member| (member.curtailed, member.exported)).unzip();
    let from_curtailed = delivered.at_most(WattHours::sum(curtailed.iter().copied())?);
    let from_exported = split(delivered.minus(from_curtailed)?, &exported)?;
    let from_curtailed = split(from_curtailed, &curtailed)?;
    let both = from_curtailed.iter().zip(&from_exported).map(|(a, b)| a.plus(*b)).collect::<Result<Vec<_>, _>>()?;
    let earned = split_money(MilliNgwee::sum(parcels.iter().map(|parcel| parcel.seller_due))?, &both)?;
    for (at, member) in members.iter_mut().enumerate() {
        member.from_curtailed = member.from_curtailed.plus(from_curtailed[at])?;
        member.from_exported = member.from_exported.plus(from_exported[at])?;
        member.earned = member.earned.plus(earned[at])?;
        member.credit_returned = member.credit_returned.plus(from_exported[at].cost(export_price)?)?;
    }
    Ok(())
}

/// What the meter of one member of the buying cluster saw in one interval, after the cascade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberIn {
    /// Imported from the grid.
    pub imported: WattHours,
    /// What that cost.
    pub import_cost: MilliNgwee,
}

/// One interval of the buying cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyerInterval {
    /// What became of each contract, in order, as the sellers' days say.
    pub parcels: Vec<Parcel>,
    /// What each member imported, in order.
    pub metered: Vec<MemberIn>,
    /// What the utility pays for each kWh exported.
    pub export_price: PricePerKwh,
}

/// What a day of delivery means for one member of the buying cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuyerMember {
    /// Received in place of imports.
    pub bought: WattHours,
    /// What it pays for that.
    pub due: MilliNgwee,
    /// What the imports had cost, which it gets back: of each interval's cost the part that was replaced, rounded down.
    pub refund: MilliNgwee,
    /// Its part of what sellers pay for shortfalls.
    pub compensation: MilliNgwee,
}

/// A day of the buying cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuyerDay {
    /// For each contract the sum of its parcels.
    pub contracts: Vec<Parcel>,
    /// Each member, in order.
    pub members: Vec<BuyerMember>,
    /// Received beyond the imports, and exported again.
    pub exported: WattHours,
    /// What that earns.
    pub export_revenue: MilliNgwee,
    /// What that had cost: the cluster's fund bears the difference.
    pub export_due: MilliNgwee,
    /// Compensation that no member is there to get.
    pub compensation_left: MilliNgwee,
}

/// Settles what a cluster bought on one day: contracts and members in a fixed order, one entry for each interval of the day.
///
/// # Errors
/// [`DeliveryError`].
pub fn receive(contracts: usize, members: usize, intervals: &[BuyerInterval]) -> Result<BuyerDay, DeliveryError> {
    let (contracts_of_day, members_of_day) = (vec![Parcel::default(); contracts], vec![BuyerMember::default(); members]);
    let mut day = BuyerDay { contracts: contracts_of_day, members: members_of_day, ..BuyerDay::default() };
    for (interval, given) in intervals.iter().enumerate() {
        if given.parcels.len() != contracts {
            return Err(DeliveryError::Contracts { interval, found: given.parcels.len(), expected: contracts });
        }
        if given.metered.len() != members {
            return Err(DeliveryError::Members { interval, found: given.metered.len(), expected: members });
        }
        for (sum, parcel) in day.contracts.iter_mut().zip(&given.parcels) {
            *sum = sum.plus(parcel)?;
        }
        take(given, &mut day)?;
    }
    Ok(day)
}

/// Shares what arrived in an interval, what it costs, and what was paid for what did not arrive.
fn take(given: &BuyerInterval, day: &mut BuyerDay) -> Result<(), DeliveryError> {
    let imported = given.metered.iter().map(|member| member.imported.not_negative()).collect::<Result<Vec<_>, _>>()?;
    let received = WattHours::sum(given.parcels.iter().map(|parcel| parcel.received))?;
    let (mut due, mut compensation) = (MilliNgwee::ZERO, MilliNgwee::ZERO);
    for parcel in &given.parcels {
        due = due.plus(parcel.buyer_due()?)?;
        compensation = compensation.plus(parcel.compensation()?)?;
    }
    let used = received.at_most(WattHours::sum(imported.iter().copied())?);
    let exported = received.minus(used)?;
    let bought = split(used, &imported)?;
    // Whatever is sent, something arrives: nothing is due for nothing.
    let dues = split_money(due, &[used, exported])?;
    let due_of = split_money(dues[0], &bought)?;
    let is_any_imported = imported.iter().any(|imported| imported.0 > 0);
    let weights = if is_any_imported { imported } else { vec![WattHours(1); given.metered.len()] };
    let compensation_of = split_money(compensation, &weights)?;
    for (at, member) in day.members.iter_mut().enumerate() {
        member.bought = member.bought.plus(bought[at])?;
        member.due = member.due.plus(due_of[at])?;
        member.refund = member.refund.plus(replaced(&given.metered[at], bought[at])?)?;
        member.compensation = member.compensation.plus(compensation_of[at])?;
    }
    day.exported = day.exported.plus(exported)?;
    day.export_revenue = day.export_revenue.plus(exported.cost(given.export_price.not_negative()?)?)?;
    day.export_due = day.export_due.plus(dues[1])?;
    if day.members.is_empty() {
        day.compensation_left = day.compensation_left.plus(compensation)?;
    }
    Ok(())
}

/// The part of a member's import cost that `bought` takes the place of, rounded down.
fn replaced(member: &MemberIn, bought: WattHours) -> Result<MilliNgwee, QuantityError> {
    let cost = i128::from(member.import_cost.not_negative()?.0).saturating_mul(i128::from(bought.0));
    // Nothing imported: nothing replaced. At most the whole cost, so that it fits.
    let part = cost.checked_div(i128::from(member.imported.0)).unwrap_or_default();
    i64::try_from(part).map(MilliNgwee).map_err(|_| QuantityError::Overflow { unit: "milli-ngwee" })
}

impl Parcel {
    /// The sum of two parcels of one contract.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn plus(&self, other: &Self) -> Result<Self, QuantityError> {
        Ok(Self {
            contracted: self.contracted.plus(other.contracted)?,
            sent: self.sent.plus(other.sent)?,
            received: self.received.plus(other.received)?,
            seller_due: self.seller_due.plus(other.seller_due)?,
            fee: self.fee.plus(other.fee)?,
            rent: self.rent.plus(other.rent)?,
            replacement: self.replacement.plus(other.replacement)?,
            penalty: self.penalty.plus(other.penalty)?,
            is_estimated: self.is_estimated || other.is_estimated,
        })
    }
}

/// Splits energy in proportion to energy; nothing to split needs no weights.
fn split(total: WattHours, weights: &[WattHours]) -> Result<Vec<WattHours>, SplitError> {
    if total.0 == 0 {
        return Ok(vec![WattHours::ZERO; weights.len()]);
    }
    split_exact(total, &weights.iter().map(|weight| weight.0.unsigned_abs()).collect::<Vec<_>>())
}

/// Splits money in proportion to energy; nothing to split needs no weights, and nobody to split among keeps it.
fn split_money(total: MilliNgwee, weights: &[WattHours]) -> Result<Vec<MilliNgwee>, SplitError> {
    let mut parts = vec![0_i64; weights.len()];
    if total.0 != 0 && !weights.is_empty() {
        let weights: Vec<u64> = weights.iter().map(|weight| weight.0.unsigned_abs()).collect();
        split_exact_into(total.0, &weights, &mut parts, &mut SplitScratch::default())?;
    }
    Ok(parts.into_iter().map(MilliNgwee).collect())
}
