//! A day of deliveries in whole ngwee: what the selling and the buying cluster each post.
//!
//! A line is positive where somebody pays and negative where somebody gets; the lines of a leg add up to zero. What one cluster owes the
//! other is rounded first and by itself, half to even, so that both legs have the same amount; what that adds or drops, less than a ngwee
//! for each contract, is the own fund's. The rest of the leg is rounded as a day is, by largest remainder.

use super::delivery::{BuyerDay, Parcel, SellerDay};
use quantity::{MilliNgwee, Ngwee, QuantityError, round_day};

/// What the selling cluster posts. Positive: pays; negative: gets. Adds up to zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SellerLeg {
    /// The members: export credit given back less what they earned.
    pub members: Vec<Ngwee>,
    /// The utility: it no longer owes the export credit of what was sold instead (never positive).
    pub utility_receivable: Ngwee,
    /// For each contract what the buying cluster owes, after compensation: the clearing account.
    pub clearing: Vec<Ngwee>,
    /// The cluster's fund: what is paid for shortfalls, and the rounding.
    pub fund: Ngwee,
}

/// What the buying cluster posts. Positive: pays; negative: gets. Adds up to zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuyerLeg {
    /// The members: what they pay for what arrived, less the cost of the imports it replaced and the compensation.
    pub members: Vec<Ngwee>,
    /// The utility: it is no longer owed the cost of the replaced imports (never negative).
    pub utility_payable: Ngwee,
    /// The utility: it owes the export credit of what was received beyond the imports (never negative).
    pub utility_receivable: Ngwee,
    /// For each contract what the selling cluster is owed, after compensation, as a negative amount: the clearing account.
    pub clearing: Vec<Ngwee>,
    /// For each contract the wheeling fee, as a negative amount: the owner of the line.
    pub fees: Vec<Ngwee>,
    /// The congestion rent, as a negative amount: the community fund.
    pub rent: Ngwee,
    /// The cluster's fund: what was exported again cost more than it earned, and the rounding.
    pub fund: Ngwee,
}

impl SellerDay {
    /// The sum of the parcels of each contract.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn contracts(&self) -> Result<Vec<Parcel>, QuantityError> {
        let count = self.parcels.first().map_or(0, Vec::len);
        (0..count).map(|at| self.parcels.iter().filter_map(|row| row.get(at)).try_fold(Parcel::default(), |sum, parcel| sum.plus(parcel))).collect()
    }

    /// What the selling cluster posts for the day.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn leg(&self) -> Result<SellerLeg, QuantityError> {
        let contracts = self.contracts()?;
        let (clearing, rounding) = clearing(&contracts)?;
        let mut lines = Vec::with_capacity(self.members.len().saturating_add(2));
        for member in &self.members {
            lines.push(member.credit_returned.minus(member.earned)?);
        }
        let returned = MilliNgwee::sum(self.members.iter().map(|member| member.credit_returned))?;
        let mut compensation = MilliNgwee::ZERO;
        for contract in &contracts {
            compensation = compensation.plus(contract.compensation()?)?;
        }
        lines.extend([returned.negated()?, compensation.plus(rounding)?]);
        let mut rounded = rounded(&lines)?;
        let [utility_receivable, fund] = tail(&mut rounded);
        Ok(SellerLeg { members: rounded, utility_receivable, clearing, fund })
    }
}

impl BuyerDay {
    /// What the buying cluster posts for the day.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn leg(&self) -> Result<BuyerLeg, QuantityError> {
        let (clearing, rounding) = clearing(&self.contracts)?;
        let clearing = clearing.into_iter().map(Ngwee::negated).collect::<Result<_, _>>()?;
        let mut lines = Vec::new();
        for member in &self.members {
            lines.push(member.due.minus(member.refund)?.minus(member.compensation)?);
        }
        for contract in &self.contracts {
            lines.push(contract.fee.negated()?);
        }
        let refunds = MilliNgwee::sum(self.members.iter().map(|member| member.refund))?;
        let rent = MilliNgwee::sum(self.contracts.iter().map(|contract| contract.rent))?;
        let fund = self.export_due.minus(self.export_revenue)?.minus(self.compensation_left)?.minus(rounding)?;
        lines.extend([refunds, self.export_revenue, rent.negated()?, fund]);
        let mut rounded = rounded(&lines)?;
        let [utility_payable, utility_receivable, rent, fund] = tail(&mut rounded);
        let fees = rounded.split_off(self.members.len());
        Ok(BuyerLeg { members: rounded, utility_payable, utility_receivable, clearing, fees, rent, fund })
    }
}

impl SellerLeg {
    /// What must still be posted so that `before`, as posted, becomes this leg.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn difference(&self, before: &Self) -> Result<Self, QuantityError> {
        Ok(Self {
            members: minus(&self.members, &before.members)?,
            utility_receivable: self.utility_receivable.minus(before.utility_receivable)?,
            clearing: minus(&self.clearing, &before.clearing)?,
            fund: self.fund.minus(before.fund)?,
        })
    }

    /// Whether there is nothing to post.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.lines().all(|line| line == Ngwee::ZERO)
    }

    /// All lines, members first.
    pub fn lines(&self) -> impl Iterator<Item = Ngwee> + '_ {
        self.members.iter().chain(&self.clearing).copied().chain([self.utility_receivable, self.fund])
    }
}

impl BuyerLeg {
    /// What must still be posted so that `before`, as posted, becomes this leg.
    ///
    /// # Errors
    /// [`QuantityError::Overflow`].
    pub fn difference(&self, before: &Self) -> Result<Self, QuantityError> {
        Ok(Self {
            members: minus(&self.members, &before.members)?,
            utility_payable: self.utility_payable.minus(before.utility_payable)?,
            utility_receivable: self.utility_receivable.minus(before.utility_receivable)?,
            clearing: minus(&self.clearing, &before.clearing)?,
            fees: minus(&self.fees, &before.fees)?,
            rent: self.rent.minus(before.rent)?,
            fund: self.fund.minus(before.fund)?,
        })
    }

    /// Whether there is nothing to post.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.lines().all(|line| line == Ngwee::ZERO)
    }

    /// All lines, members first.
    pub fn lines(&self) -> impl Iterator<Item = Ngwee> + '_ {
        let single = [self.utility_payable, self.utility_receivable, self.rent, self.fund];
        self.members.iter().chain(&self.clearing).chain(&self.fees).copied().chain(single)
    }
}

/// What the buyer owes for each contract in whole ngwee, and what all of it together was more than that.
fn clearing(contracts: &[Parcel]) -> Result<(Vec<Ngwee>, MilliNgwee), QuantityError> {
    let mut rounding = MilliNgwee::ZERO;
    let mut rounded = Vec::with_capacity(contracts.len());
    for contract in contracts {
        let exact = contract.clearing()?;
        let whole = exact.to_ngwee_half_even();
        rounding = rounding.plus(exact.minus(whole.to_milli()?)?)?;
        rounded.push(whole);
    }
    Ok((rounded, rounding))
}

/// Rounds lines that add up to whole ngwee.
fn rounded(lines: &[MilliNgwee]) -> Result<Vec<Ngwee>, QuantityError> {
    // They do add up, as the clearing is whole and a leg is balanced; only sums beyond 63 bits are left to fail.
    round_day(lines).ok_or(QuantityError::Overflow { unit: "milli-ngwee" })
}

/// Takes the last lines off.
fn tail<const N: usize>(lines: &mut Vec<Ngwee>) -> [Ngwee; N] {
    let taken = lines.split_off(lines.len().saturating_sub(N));
    std::array::from_fn(|at| taken.get(at).copied().unwrap_or_default())
}

/// Line by line; who is missing on one side has nothing there.
fn minus(after: &[Ngwee], before: &[Ngwee]) -> Result<Vec<Ngwee>, QuantityError> {
    let line = |lines: &[Ngwee], at: usize| lines.get(at).copied().unwrap_or_default();
    (0..after.len().max(before.len())).map(|at| line(after, at).minus(line(before, at))).collect()
}
