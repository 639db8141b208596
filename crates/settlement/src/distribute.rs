//! The slot cascade: self, entitlement, given, battery, grid or none. Pure, allocation-free once warm.

use crate::battery::{BatteryContent, BatteryFlows};
use crate::flows::{Flows, Totals};
use crate::price::{ImportPrices, Inside, band_cost};
use crate::rules::{Filling, Grid, Mix, PRICE_MAX, RuleSet, SharingKey};
use crate::share::fill_equally;
use quantity::{PricePerKwh, SplitError, SplitScratch, Step, WattHours, split_exact_into};

/// The most members of one cluster that are settled together.
pub const MEMBERS_MAX: usize = 1_000;
/// The most energy of one meter in one interval, in Wh: a gigawatt-hour. With [`MEMBERS_MAX`] and the highest price, every sum of an
/// interval stays below 10^18 and cannot overflow.
pub const ENERGY_MAX: i64 = 1_000_000_000;

/// One interval of one cluster, members in order of their numbers.
#[derive(Debug, Clone, Copy)]
pub struct IntervalInput<'a> {
    /// Length of the interval.
    pub step: Step,
    /// Whether the grid supplies.
    pub grid: Grid,
    /// Output of the jointly owned plant.
    pub plant: WattHours,
    /// Wh used, one for each member.
    pub consumption: &'a [i64],
    /// Wh made by the member's own equipment, one for each member.
    pub generation: &'a [i64],
    /// The fixed weights of the sharing key, one for each member.
    pub weights: &'a [u64],
    /// What grid energy costs.
    pub import: ImportPrices<'a>,
    /// What an exported kWh earns.
    pub export: PricePerKwh,
}

/// Why an interval is refused; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistributeError {
    /// The columns differ in length.
    #[error("consumption, generation and weights must have one value for each of {members} members")]
    Columns {
        /// Members by the first column.
        members: usize,
    },
    /// Too many members.
    #[error("a cluster of {members} members is above the limit of {MEMBERS_MAX}; split it")]
    TooMany {
        /// Members given.
        members: usize,
    },
    /// Energy below zero or beyond the limit.
    #[error("member at position {position}: {energy} Wh is outside 0 to {ENERGY_MAX} Wh an interval")]
    Energy {
        /// Position of the member; the number of members stands for the plant.
        position: usize,
        /// The energy given.
        energy: i64,
    },
    /// Price below zero or beyond the limit.
    #[error("the price of {ngwee} ngwee per kWh is outside 0 to {PRICE_MAX}")]
    Price {
        /// The price given.
        ngwee: i64,
    },
    /// The plant's output cannot be split.
    #[error("the plant's output cannot be shared: {0}")]
    Split(#[from] SplitError),
}

impl DistributeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Columns { .. } => "columns_differ",
            Self::TooMany { .. } => "members_too_many",
            Self::Energy { .. } => "energy_out_of_range",
            Self::Price { .. } => "price_out_of_range",
            Self::Split(error) => error.code(),
        }
    }
}

/// The settled interval: what each member had, the whole, the battery and the prices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// One for each member, in order.
    pub members: Vec<Flows>,
    /// The cluster.
    pub totals: Totals,
    /// The battery.
    pub battery: BatteryFlows,
    /// Wh given from member to member.
    pub given: i64,
    /// What was paid for it, milli-ngwee.
    pub given_money: i64,
    /// What a given Wh would have earned otherwise, ngwee per kWh.
    pub floor: i64,
}

/// Working memory, kept between intervals.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    weights: Vec<u64>,
    need: Vec<i64>,
    spare_plant: Vec<i64>,
    spare_own: Vec<i64>,
    parts: Vec<i64>,
    wants: Vec<i64>,
    split: SplitScratch,
}

/// Shares and prices one interval: who used whose energy, and what each pays for it.
///
/// `content` is what the battery holds before and is changed to what it holds after. `out` is overwritten. The result depends on the
/// arguments alone; where units do not divide, the lower member number comes first.
///
/// # Errors
/// [`DistributeError`] when a column, an energy or a price cannot be; then nothing is changed that matters.
///
/// Source: market rules, sections 1 and 2 (docs/settlement.md).
pub fn distribute_energy(
    rule: &RuleSet,
    input: &IntervalInput<'_>,
    content: &mut BatteryContent,
    scratch: &mut Scratch,
    out: &mut Settlement,
) -> Result<(), DistributeError> {
    check(input)?;
    let mut slot = Slot { rule, input, scratch, out, shares: rule.shares_wires(input.grid), grid: rule.reaches_grid(input.grid) };
    slot.start(content);
    slot.use_own();
    slot.entitle()?;
    if slot.shares {
        slot.give()?;
        slot.charge(content)?;
        slot.discharge(content)?;
    }
    slot.close(content);
    Ok(())
}

fn check(input: &IntervalInput<'_>) -> Result<(), DistributeError> {
    let members = input.consumption.len();
    let banded = match input.import {
        ImportPrices::EachHome { before, .. } => before.len(),
        _ => members,
    };
    if input.generation.len() != members || input.weights.len() != members || banded != members {
        return Err(DistributeError::Columns { members });
    }
    if members > MEMBERS_MAX {
        return Err(DistributeError::TooMany { members });
    }
    let wrong = |&energy: &i64| !(0..=ENERGY_MAX).contains(&energy);
    for column in [input.consumption, input.generation] {
        if let Some(position) = column.iter().position(wrong) {
            return Err(DistributeError::Energy { position, energy: column[position] });
        }
    }
    if wrong(&input.plant.0) {
        return Err(DistributeError::Energy { position: members, energy: input.plant.0 });
    }
    let out_of_range = [input.import.highest(), input.export.0].into_iter().find(|price| !(0..=PRICE_MAX).contains(price));
    out_of_range.map_or(Ok(()), |ngwee| Err(DistributeError::Price { ngwee }))
}

struct Slot<'a, 'i> {
    rule: &'a RuleSet,
    input: &'a IntervalInput<'i>,
    scratch: &'a mut Scratch,
    out: &'a mut Settlement,
    shares: bool,
    grid: bool,
}

impl Slot<'_, '_> {
    fn members(&self) -> usize {
        self.input.consumption.len()
    }

    fn start(&mut self, content: &BatteryContent) {
        let members = self.members();
        self.out.members.clear();
        self.out.members.resize(members, Flows::default());
        self.out.totals = Totals::default();
        let before = content.total();
        self.out.battery = BatteryFlows { before, after: before, ..BatteryFlows::default() };
        (self.out.given, self.out.given_money) = (0, 0);
        self.out.floor = if self.grid { self.input.export.0 } else { 0 };
        for column in
            [&mut self.scratch.need, &mut self.scratch.spare_own, &mut self.scratch.spare_plant, &mut self.scratch.parts, &mut self.scratch.wants]
        {
            column.clear();
            column.resize(members, 0);
        }
    }

    /// What a Wh would cost member `at` otherwise.
    fn ceiling(&self, at: usize) -> i64 {
        if self.grid { self.input.import.marginal(at) } else { self.rule.outage_cap.0 }
    }

    fn use_own(&mut self) {
        let runs = self.rule.own_generation_runs(self.input.grid);
        let columns = self.input.consumption.iter().zip(self.input.generation);
        for (at, ((&consumption, &generation), flows)) in columns.zip(&mut self.out.members).enumerate() {
            flows.consumption = consumption;
            flows.generation = generation;
            flows.self_used = if runs { consumption.min(generation) } else { 0 };
            self.scratch.need[at] = consumption - flows.self_used;
            self.scratch.spare_own[at] = generation - flows.self_used;
        }
    }

    /// Splits the plant by the key; where the cluster has own wires, everybody uses the own part first, free of an energy price.
    fn entitle(&mut self) -> Result<(), DistributeError> {
        if self.input.plant.0 == 0 || self.members() == 0 {
            return Ok(());
        }
        let Scratch { weights, parts, split, need, spare_plant, .. } = &mut *self.scratch;
        resolve_weights(self.rule.sharing_key, self.input, weights)?;
        split_exact_into(self.input.plant.0, weights, parts, split)?;
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            flows.entitlement = parts[at];
            if self.shares {
                flows.own_share = parts[at].min(need[at]);
                need[at] -= flows.own_share;
            }
            spare_plant[at] = parts[at] - flows.own_share;
        }
        Ok(())
    }

    /// Unused entitlement and own surplus go to members in need, where the giver's floor is not above the taker's ceiling.
    fn give(&mut self) -> Result<(), DistributeError> {
        let supply: i64 = self.scratch.spare_own.iter().sum::<i64>() + self.scratch.spare_plant.iter().sum::<i64>();
        if supply == 0 {
            return Ok(());
        }
        let floor = self.out.floor;
        let mut demand = 0;
        for at in 0..self.members() {
            let need = self.scratch.need[at];
            let eligible = need > 0 && self.ceiling(at) >= floor;
            self.scratch.wants[at] = if eligible { need } else { 0 };
            demand += self.scratch.wants[at];
        }
        if demand == 0 {
            return Ok(());
        }
        let quantity = supply.min(demand);
        self.take(quantity, demand)?;
        let inside = Inside { rule: self.rule.price_rule, floor, service_charge: self.rule.service_charge.0, supply, demand };
        self.charge_takers(&inside);
        self.pay_givers(quantity, supply)
    }

    /// Divides `quantity` among those who want it; leaves what each got in `parts`.
    fn take(&mut self, quantity: i64, demand: i64) -> Result<(), DistributeError> {
        let Scratch { wants, parts, weights, split, .. } = &mut *self.scratch;
        if quantity == demand {
            parts.copy_from_slice(wants);
            return Ok(());
        }
        match self.rule.filling {
            Filling::Equal => fill_equally(quantity, wants, parts),
            Filling::ByNeed => {
                weights.clear();
                weights.extend(wants.iter().map(|&want| want.unsigned_abs()));
                split_exact_into(quantity, weights, parts, split)?;
            }
        }
        Ok(())
    }

    fn charge_takers(&mut self, inside: &Inside) {
        let flat = match (self.grid, self.input.import) {
            (true, ImportPrices::EachHome { .. }) => None,
            _ => Some(inside.price(self.ceiling(0))),
        };
        for at in 0..self.members() {
            let received = self.scratch.parts[at];
            if received == 0 {
                continue;
            }
            let price = flat.unwrap_or_else(|| inside.price(self.ceiling(at)));
            let flows = &mut self.out.members[at];
            flows.received = received;
            flows.given_cost = received * price;
            self.scratch.need[at] -= received;
            self.out.given += received;
            self.out.given_money += flows.given_cost;
        }
    }

    /// Givers are paid pro rata to what each had to give, never first-come. Unused entitlement goes before own surplus.
    fn pay_givers(&mut self, quantity: i64, supply: i64) -> Result<(), DistributeError> {
        let Scratch { spare_own, spare_plant, parts, weights, split, .. } = &mut *self.scratch;
        weights.clear();
        weights.extend(spare_own.iter().zip(spare_plant.iter()).map(|(own, plant)| (own + plant).unsigned_abs()));
        if quantity == supply {
            for (part, &weight) in parts.iter_mut().zip(weights.iter()) {
                *part = weight as i64;
            }
        } else {
            split_exact_into(quantity, weights, parts, split)?;
        }
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            flows.given = parts[at];
            let from_plant = parts[at].min(spare_plant[at]);
            spare_plant[at] -= from_plant;
            spare_own[at] -= parts[at] - from_plant;
        }
        weights.clear();
        weights.extend(self.out.members.iter().map(|flows| flows.given.unsigned_abs()));
        if self.out.given_money % quantity == 0 {
            let price = self.out.given_money / quantity;
            for flows in &mut self.out.members {
                flows.given_revenue = flows.given * price;
            }
        } else {
            split_exact_into(self.out.given_money, weights, parts, split)?;
            for (flows, &part) in self.out.members.iter_mut().zip(parts.iter()) {
                flows.given_revenue = part;
            }
        }
        Ok(())
    }

    /// Stores the plant's unused output for all, then members' own surplus each in their own name.
    fn charge(&mut self, content: &mut BatteryContent) -> Result<(), DistributeError> {
        let Some(battery) = self.rule.battery else { return Ok(()) };
        let dearest = (0..self.members()).map(|at| self.ceiling(at)).max().unwrap_or(0);
        let is_worth = battery.is_worth_storing(dearest, self.out.floor);
        let target = if is_worth { battery.capacity.0 } else { battery.reserve.0 };
        let mut room = (target - content.total()).max(0);
        let mut power = battery.limit(self.input.step);

        let spare: i64 = self.scratch.spare_plant.iter().sum();
        let take = spare.min(power).min(battery.charge_for(room)).max(0);
        if room > 0 && take > 0 {
            let stored = battery.stored(take);
            let Scratch { spare_plant, parts, weights, split, .. } = &mut *self.scratch;
            part_of(take, spare_plant, weights, parts, split)?;
            for (at, flows) in self.out.members.iter_mut().enumerate() {
                flows.charged += parts[at];
                spare_plant[at] -= parts[at];
            }
            content.common += stored;
            self.book_charge(take, stored);
            room -= stored;
            power -= take;
        }
        self.charge_own(&battery, content, room, power)
    }

    fn charge_own(&mut self, battery: &crate::Battery, content: &mut BatteryContent, room: i64, power: i64) -> Result<(), DistributeError> {
        let members = self.members() as i64;
        if room <= 0 || power <= 0 || members == 0 {
            return Ok(());
        }
        let fair = (battery.capacity.0 - battery.reserve.0).max(battery.capacity.0 / 2) / members;
        let mut spare = 0;
        for at in 0..self.members() {
            let is_worth = battery.is_worth_storing(self.ceiling(at), self.out.floor);
            let claim_room = (fair - content.claims[at]).max(0);
            let wish = if is_worth && claim_room > 0 { self.scratch.spare_own[at].min(battery.charge_for(claim_room)) } else { 0 };
            self.scratch.wants[at] = wish;
            spare += wish;
        }
        let take = spare.min(power).min(battery.charge_for(room));
        if take <= 0 {
            return Ok(());
        }
        let Scratch { wants, spare_own, parts, weights, split, .. } = &mut *self.scratch;
        part_of(take, wants, weights, parts, split)?;
        let mut stored = 0;
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            let own = battery.stored(parts[at]);
            flows.charged += parts[at];
            spare_own[at] -= parts[at];
            content.claims[at] += own;
            stored += own;
        }
        self.book_charge(take, stored);
        Ok(())
    }

    fn book_charge(&mut self, charged: i64, stored: i64) {
        self.out.battery.charged += charged;
        self.out.battery.loss += charged - stored;
    }

    /// Gives each what is stored in the own name, then common content to whoever is in need, down to the reserve; in an outage all of it.
    fn discharge(&mut self, content: &mut BatteryContent) -> Result<(), DistributeError> {
        let Some(battery) = self.rule.battery else { return Ok(()) };
        if self.out.battery.charged > 0 {
            return Ok(());
        }
        let is_outage = !self.grid && self.rule.connection == domain::Connection::OnePoint;
        let kept = if is_outage { 0 } else { battery.reserve.0 };
        let mut most = battery.limit(self.input.step).min(content.total() - kept).max(0);
        if most == 0 {
            return Ok(());
        }
        let Scratch { need, wants, parts, .. } = &mut *self.scratch;
        for ((want, &need), &claim) in wants.iter_mut().zip(need.iter()).zip(&content.claims) {
            *want = need.min(claim);
        }
        let own = most.min(wants.iter().sum());
        fill_equally(own, wants, parts);
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            flows.discharged = parts[at];
            need[at] -= parts[at];
            content.claims[at] -= parts[at];
        }
        most -= own;
        let common = most.min(content.common).min(need.iter().sum());
        fill_equally(common, need, parts);
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            flows.discharged += parts[at];
            need[at] -= parts[at];
        }
        content.common -= common;
        self.out.battery.discharged = own + common;
        Ok(())
    }

    /// What is left goes to the grid and comes from it, or has no use and no supply; then the prices and the sums.
    fn close(&mut self, content: &BatteryContent) {
        let mut position = match self.input.import {
            ImportPrices::Connection { before, .. } => before,
            _ => 0,
        };
        for (at, flows) in self.out.members.iter_mut().enumerate() {
            let (spare, need) = (self.scratch.spare_plant[at] + self.scratch.spare_own[at], self.scratch.need[at]);
            if self.grid {
                (flows.exported, flows.imported) = (spare, need);
                flows.export_revenue = spare * self.input.export.0;
                flows.import_cost = match self.input.import {
                    ImportPrices::Flat(price) => need * price.0,
                    ImportPrices::EachHome { bands, before } => band_cost(bands, before[at], need),
                    ImportPrices::Connection { .. } => 0,
                };
            } else {
                (flows.curtailed, flows.unserved) = (spare, need);
            }
            flows.service_charge = (flows.own_share + flows.received) * self.rule.service_charge.0;
            self.out.totals.add_member(flows);
        }
        if let ImportPrices::Connection { bands, .. } = self.input.import {
            share_connection_bill(bands, &mut position, &mut self.out.members, self.out.totals.imported);
        }
        self.out.totals.loss = self.out.battery.loss;
        self.out.battery.after = content.total();
    }
}

/// One bill for the connection, split by use, exactly: the running total decides each member's part, so that the parts add up.
fn share_connection_bill(bands: &[domain::Band], position: &mut i64, members: &mut [Flows], imported: i64) {
    let bill = i128::from(band_cost(bands, *position, imported));
    let (mut used, mut paid) = (0i128, 0i128);
    for flows in members.iter_mut().filter(|flows| flows.imported > 0) {
        used += i128::from(flows.imported);
        let due = bill * used / i128::from(imported);
        flows.import_cost = i64::try_from(due - paid).unwrap_or(0);
        paid = due;
    }
    *position += imported;
}

/// `total` split by the amounts in `whole`, of which it is a part: no part exceeds its amount.
fn part_of(total: i64, whole: &[i64], weights: &mut Vec<u64>, parts: &mut [i64], split: &mut SplitScratch) -> Result<(), SplitError> {
    weights.clear();
    weights.extend(whole.iter().map(|&amount| amount.unsigned_abs()));
    split_exact_into(total, weights, parts, split)
}

/// The weights of the key in this interval.
fn resolve_weights(key: SharingKey, input: &IntervalInput<'_>, weights: &mut Vec<u64>) -> Result<(), DistributeError> {
    weights.clear();
    match key {
        SharingKey::Equal => weights.resize(input.consumption.len(), 1),
        SharingKey::Ownership | SharingKey::ContributionTiers | SharingKey::Static => weights.extend_from_slice(input.weights),
        SharingKey::Consumption => by_consumption(input, weights),
        SharingKey::Hybrid(mix) => mix_weights(mix, input, weights)?,
    }
    Ok(())
}

fn by_consumption(input: &IntervalInput<'_>, weights: &mut Vec<u64>) {
    weights.extend(input.consumption.iter().map(|&used| used.unsigned_abs()));
    if weights.iter().all(|&weight| weight == 0) {
        weights.fill(1);
    }
}

/// fixed part x (w / sum w) + rest x (c / sum c), over the common denominator; equal weights where none are given. Where that is more than
/// 63 bits the lowest bits of all weights are dropped, which is far less than a Wh.
fn mix_weights(mix: Mix, input: &IntervalInput<'_>, weights: &mut Vec<u64>) -> Result<(), DistributeError> {
    let is_given = input.weights.iter().any(|&weight| weight > 0);
    let fixed = |at: usize| if is_given { u128::from(input.weights[at]) } else { 1 };
    let used = |at: usize| u128::from(input.consumption[at].unsigned_abs());
    let members = input.consumption.len();
    let fixed_sum: u128 = (0..members).map(fixed).sum();
    let used_sum: u128 = (0..members).map(used).sum();
    let (num, den) = (u128::from(mix.fixed.num().unsigned_abs()), u128::from(mix.fixed.den().unsigned_abs()));
    let (num, den, used_sum) = if used_sum == 0 { (1, 1, 1) } else { (num.min(den), den, used_sum) };
    let whole = fixed_sum.checked_mul(used_sum).and_then(|whole| whole.checked_mul(den)).ok_or(SplitError::TooLarge)?;
    let dropped = (u128::BITS - whole.leading_zeros()).saturating_sub(i64::BITS - 1);
    for at in 0..members {
        // No overflow: all weights add up to `whole`.
        let weight = fixed(at) * used_sum * num + used(at) * fixed_sum * (den - num);
        weights.push(u64::try_from(weight >> dropped).map_err(|_| SplitError::TooLarge)?);
    }
    Ok(())
}
