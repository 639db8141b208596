//! Energy credits: the standing choice for the own surplus, what a member has, gifts, and the cover behind all of it.
//!
//! Banking and using happen when a day is settled (`day_credits.rs`), not here.

use crate::accounts::{ClusterAccounts, accounts_need};
use crate::cluster::{ClusterError, tell_member};
use crate::day_credits::CreditBook;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{AccountNo, ClusterId, Connection, MemberNo, Region, TransferNo};
use ledger::{Account, AccountCode, Cause, CauseKind, IdempotencyKey, Outcome, Transfer, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, Ngwee, PricePerKwh, WattHours};
use settlement::credits::{CreditSum, is_covered};
use settlement::seal::SealedPrices;
use std::sync::Arc;
use store::Tx;
use store::tables::{ChoiceRow, ClusterRow, CreditDayRow, MemberRow, NoticeNew, RulePrices, SurplusChoice};

/// Most energy that one gift may be about: 1 MWh. A slip of the pen is larger.
pub const CREDIT_GIVE_MAX: WattHours = WattHours(1_000_000);
/// Most money that is put behind banked energy at once: K1,000,000.
pub const COVER_MAX: Ngwee = Ngwee(100_000_000);

/// Why nothing was done with energy credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// An amount of energy that cannot be.
    #[error("energy credits are given from 1 to {} Wh at a time; divide them", most.0)]
    Amount {
        /// Most.
        most: WattHours,
    },
    /// From a member to itself.
    #[error("a member cannot give energy credits to itself: name another member")]
    ToSelf,
    /// More than there is.
    #[error("the member has {} Wh of free energy credits; give that at most", available.0)]
    Short {
        /// What is free.
        available: WattHours,
    },
    /// An amount of money that cannot be.
    #[error("cover is added from 1 ngwee to {most} at a time; divide it")]
    CoverAmount {
        /// Most.
        most: Ngwee,
    },
    /// The fund has less.
    #[error("the fund holds {available}; take that at most")]
    FundShort {
        /// What it holds.
        available: Ngwee,
    },
}

impl CreditError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Amount { .. } => "credit_amount",
            Self::ToSelf => "credit_self",
            Self::Short { .. } => "credit_short",
            Self::CoverAmount { .. } => "cover_amount",
            Self::FundShort { .. } => "fund_short",
        }
    }
}

/// What a member wants for its surplus, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurplusChosen {
    /// The choice.
    pub choice: SurplusChoice,
    /// First local day on which it holds.
    pub from_day: BusinessDay,
}

/// What energy credits did on these days, added up.
pub(crate) fn credit_sum(rows: &[CreditDayRow]) -> CreditSum {
    let mut sum = CreditSum::default();
    for row in rows {
        sum.banked += row.banked - row.bought_back;
        sum.banked_money += row.banked_money;
        sum.used += row.used;
        sum.used_money += row.used_money;
        sum.bought_back += row.bought_back;
        sum.bought_back_money += row.bought_back_money;
    }
    sum
}

/// A member's energy credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditView {
    /// Free: to be used, given or sold.
    pub available: WattHours,
    /// Reserved for orders.
    pub reserved: WattHours,
    /// The posted days of this local month.
    pub month: CreditSum,
    /// What holds today.
    pub choice: SurplusChoice,
    /// What was chosen for a later day, and which.
    pub next: Option<SurplusChosen>,
}

/// What stands behind the energy credits of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverView {
    /// Where all credits are.
    pub credits: CreditBook,
    /// Who owes the energy: the cluster's fund under `one_point`, the utility's own bank under `separate`, nobody off the grid.
    pub connection: Connection,
    /// The credit fund.
    pub fund: Ngwee,
    /// What buying a kWh back can cost: the dearest import band of today.
    pub price: PricePerKwh,
    /// How much of the credits that members hold could be bought back now.
    pub covered: WattHours,
    /// Whether one more exported Wh could be banked today.
    pub is_banking_open: bool,
}

/// A gift of energy credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditGiven {
    /// Its number in the ledger.
    pub transfer: TransferNo,
    /// How much.
    pub energy: WattHours,
}

/// Where money for the cover comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverSource {
    /// The operating fund.
    Operating,
    /// The surplus fund.
    Surplus,
    /// Money from outside, paid into the cluster's bank account.
    Gift,
}

impl CoverSource {
    const fn account(self) -> AccountCode {
        match self {
            Self::Operating => AccountCode::OperatingFund,
            Self::Surplus => AccountCode::SurplusFund,
            Self::Gift => AccountCode::Bank,
        }
    }
}

/// Money that was put behind energy credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverAdded {
    /// Its number in the ledger.
    pub transfer: TransferNo,
    /// What the credit fund holds now.
    pub fund: Ngwee,
}

impl Service {
    /// Says what happens to a member's exports from the next local day on: money or energy credits. The same again changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::MemberUnknown`]; [`ClusterError::MemberLeft`].
    pub async fn surplus_choice_set(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        choice: SurplusChoice,
    ) -> Result<SurplusChosen, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        let (id, now, today) = (cluster.id, self.now(), BusinessDay::of(self.now(), cluster.offset));
        let row = ChoiceRow { member, from_day: today.next(), choice, set_at: now, set_by: actor.number() };
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.cluster_turn(id).await?;
                    active(tx, id, member, today).await?;
                    let known = tx.surplus_choice_list(id, Some(member)).await?;
                    if let Some(last) = known.last().filter(|last| last.choice == choice) {
                        return Ok(SurplusChosen { choice, from_day: last.from_day });
                    }
                    tx.surplus_choice_put(id, &row).await?;
                    Ok(SurplusChosen { choice, from_day: row.from_day })
                })
            })
            .await
    }

    /// A member's energy credits, what they did this month, and what was chosen for the surplus.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::MemberUnknown`].
    pub async fn credit_view(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<CreditView, ServiceError> {
        self.require(actor, cluster.id, Action::MoneyRead(member)).await?;
        let (id, today) = (cluster.id, BusinessDay::of(self.now(), cluster.offset));
        self.store.read(move |tx| Box::pin(async move { view(tx, id, member, today).await })).await
    }

    /// Where all energy credits of a cluster are, and what stands behind them.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::NoRules`]; `tariff_gap` where the region has no prices for today.
    pub async fn cover_view(&self, actor: Actor, cluster: &ClusterRow) -> Result<CoverView, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, region, today) = (cluster.id, self.region(&cluster.region)?, BusinessDay::of(self.now(), cluster.offset));
        self.store
            .read(move |tx| {
                let region: Arc<Region> = region.clone();
                Box::pin(async move { cover(tx, id, &region, today).await })
            })
            .await
    }

    /// Gives energy credits to another member, for nothing. Who has left may still give what stays in the books. The same key with the same
    /// content is one gift.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`CreditError::Amount`]; [`CreditError::ToSelf`]; [`CreditError::Short`]; [`ServiceError::MemberUnknown`];
    /// [`ClusterError::MemberLeft`] for who would get them; [`ClusterError::KeyReused`].
    pub async fn credit_give(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        from: MemberNo,
        to: MemberNo,
        energy: WattHours,
        key: IdempotencyKey,
    ) -> Result<CreditGiven, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(from)).await?;
        if !(1..=CREDIT_GIVE_MAX.0).contains(&energy.0) {
            return Err(CreditError::Amount { most: CREDIT_GIVE_MAX }.into());
        }
        if from == to {
            return Err(CreditError::ToSelf.into());
        }
        let (row, now, actor) = (cluster.clone(), self.now(), actor.number());
        let gift = Gift { from, to, energy, key: IdempotencyKey::derive(&[b"credit-give", &key.0]), actor, now };
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { give(tx, &row, &gift).await })
            })
            .await
    }

    /// Puts money behind the energy credits of a cluster: from one of its funds, or money from outside. The same key with the same content
    /// is added once.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`CreditError::CoverAmount`]; [`CreditError::FundShort`]; [`ClusterError::KeyReused`].
    pub async fn cover_add(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        source: CoverSource,
        amount: Ngwee,
        key: IdempotencyKey,
    ) -> Result<CoverAdded, ServiceError> {
        self.require(actor, cluster.id, Action::CoverWrite).await?;
        if !(1..=COVER_MAX.0).contains(&amount.0) {
            return Err(CreditError::CoverAmount { most: COVER_MAX }.into());
        }
        let (id, now, today, actor) = (cluster.id, self.now(), BusinessDay::of(self.now(), cluster.offset), actor.number());
        let key = IdempotencyKey::derive(&[b"cover-add", &key.0]);
        self.store.write(move |tx| Box::pin(async move { add(tx, id, source, amount, (key, actor), (today, now)).await })).await
    }
}

/// The member, when it has not left.
async fn active(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, today: BusinessDay) -> Result<MemberRow, ServiceError> {
    let row = tx.member_list(cluster).await?.into_iter().find(|row| row.no == member);
    let row = row.ok_or(ServiceError::MemberUnknown { number: member.get() })?;
    if row.left_on.is_some_and(|left_on| left_on <= today) { Err(ClusterError::MemberLeft { member }.into()) } else { Ok(row) }
}

async fn view(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, today: BusinessDay) -> Result<CreditView, ServiceError> {
    let accounts = ClusterAccounts::new(&tx.account_list(cluster).await?);
    accounts.member(member).ok_or(ServiceError::MemberUnknown { number: member.get() })?;
    let month = today.month_start();
    let days = tx.credit_day_list(cluster, month, month.next_month_start(), Some(member)).await?;
    let choices = tx.surplus_choice_list(cluster, Some(member)).await?;
    let holds = choices.iter().rev().find(|row| row.from_day <= today);
    let energy = accounts.energy(member);
    Ok(CreditView {
        available: WattHours(energy.map_or(0, Account::available)),
        reserved: WattHours(energy.map_or(0, |account| account.debits_pending)),
        month: credit_sum(&days),
        choice: holds.map_or(SurplusChoice::Paid, |row| row.choice),
        next: choices.iter().find(|row| row.from_day > today).map(|row| SurplusChosen { choice: row.choice, from_day: row.from_day }),
    })
}

async fn cover(tx: &mut Tx<'_>, cluster: ClusterId, region: &Region, today: BusinessDay) -> Result<CoverView, ServiceError> {
    let accounts = ClusterAccounts::new(&tx.account_list(cluster).await?);
    let rule = tx.rule_on(cluster, today).await?.ok_or(ServiceError::NoRules { day: today })?;
    let connection = rule.rule.connection;
    let terms = match rule.prices {
        RulePrices::Flat(import, export) => crate::day_credits::terms(connection, &SealedPrices::Flat(import), export),
        RulePrices::Region => {
            let bands = SealedPrices::Bands(region.tariff_on(today)?.bands.clone());
            crate::day_credits::terms(connection, &bands, region.export_price_on(today))
        }
    };
    let credits = CreditBook::of(&accounts);
    let fund = accounts.own(AccountCode::CreditFund).map_or(0, Account::available);
    let outstanding = credits.outstanding();
    let affordable = if terms.dearest.0 > 0 { fund.saturating_mul(1000) / terms.dearest.0 } else { outstanding };
    let fund_with_one = (i128::from(fund) * 1000 + i128::from(terms.export.0)).div_euclid(1000);
    Ok(CoverView {
        credits,
        connection,
        fund: Ngwee(fund),
        price: terms.dearest,
        covered: WattHours(if connection == Connection::Separate { outstanding } else { affordable.min(outstanding) }),
        is_banking_open: match connection {
            Connection::Separate => true,
            Connection::OnePoint => is_covered(fund_with_one, outstanding.saturating_add(1), terms.dearest),
            Connection::OffGrid => false,
        },
    })
}

/// A gift as it is asked for.
#[derive(Debug, Clone, Copy)]
struct Gift {
    from: MemberNo,
    to: MemberNo,
    energy: WattHours,
    key: IdempotencyKey,
    actor: i64,
    now: Instant,
}

async fn give(tx: &mut Tx<'_>, cluster: &ClusterRow, gift: &Gift) -> Result<CreditGiven, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let known = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    if let Some(before) = booked_before(tx, cluster.id, gift.key).await? {
        let ends = [gift.from, gift.to].map(|member| known.energy(member).map(|account| account.no));
        let is_same = ends == [Some(before.debit), Some(before.credit)] && before.amount == gift.energy.0;
        let given = CreditGiven { transfer: before.no, energy: gift.energy };
        return if is_same { Ok(given) } else { Err(ClusterError::KeyReused.into()) };
    }
    let today = BusinessDay::of(gift.now, cluster.offset);
    let giver = tx.member_list(cluster.id).await?.into_iter().find(|row| row.no == gift.from);
    let giver = giver.ok_or(ServiceError::MemberUnknown { number: gift.from.get() })?;
    active(tx, cluster.id, gift.to, today).await?;
    let available = known.energy(gift.from).map_or(0, Account::available);
    if gift.energy.0 > available {
        return Err(CreditError::Short { available: WattHours(available) }.into());
    }
    let wanted = [gift.from, gift.to].map(|member| (Some(member), AccountCode::MemberEnergy));
    let found = accounts_need(tx, cluster.id, &known, &wanted).await?;
    let no = |at: usize| found.get(&wanted[at]).map(|account| account.no).ok_or_else(missing);
    let cause = Cause { kind: CauseKind::Credit, a: gift.to.get(), b: 0 };
    let line = Line { key: gift.key, debit: no(0)?, credit: no(1)?, amount: gift.energy.0, code: TransferCode::CreditGift, cause };
    let transfer = book(tx, cluster.id, line, gift.actor, (today, gift.now)).await?;
    let (name, energy) = (giver.alias, gift.energy.0);
    let notice = |user| NoticeNew::new(user, "credits-given").with("energy_wh", energy).with("name", name.clone());
    tell_member(tx, cluster.id, gift.to, gift.now, notice).await?;
    Ok(CreditGiven { transfer, energy: gift.energy })
}

async fn add(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    source: CoverSource,
    amount: Ngwee,
    (key, actor): (IdempotencyKey, i64),
    at: (BusinessDay, Instant),
) -> Result<CoverAdded, ServiceError> {
    tx.cluster_turn(cluster).await?;
    let known = ClusterAccounts::new(&tx.account_list(cluster).await?);
    let from = known.own(source.account()).copied().ok_or_else(missing)?;
    let wanted = (None, AccountCode::CreditFund);
    let found = accounts_need(tx, cluster, &known, &[wanted]).await?;
    let fund = found.get(&wanted).copied().ok_or_else(missing)?;
    if let Some(before) = booked_before(tx, cluster, key).await? {
        let is_same = (before.debit, before.credit, before.amount) == (from.no, fund.no, amount.0);
        let added = CoverAdded { transfer: before.no, fund: Ngwee(fund.balance()) };
        return if is_same { Ok(added) } else { Err(ClusterError::KeyReused.into()) };
    }
    if source != CoverSource::Gift && amount.0 > from.available() {
        return Err(CreditError::FundShort { available: Ngwee(from.available()) }.into());
    }
    let line = Line { key, debit: from.no, credit: fund.no, amount: amount.0, code: TransferCode::CreditCover, cause: Cause::NONE };
    let transfer = book(tx, cluster, line, actor, at).await?;
    Ok(CoverAdded { transfer, fund: Ngwee(fund.balance().saturating_add(amount.0)) })
}

fn missing() -> ServiceError {
    ServiceError::ClusterInvalid { reason: "an account is missing".to_owned() }
}

async fn booked_before(tx: &mut Tx<'_>, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<Transfer>, ServiceError> {
    Ok(tx.transfers_by_key(cluster, &[key]).await?.into_iter().next())
}

/// One posted transfer.
struct Line {
    key: IdempotencyKey,
    debit: AccountNo,
    credit: AccountNo,
    amount: i64,
    code: TransferCode,
    cause: Cause,
}

async fn book(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    line: Line,
    actor: i64,
    (business_on, now): (BusinessDay, Instant),
) -> Result<TransferNo, ServiceError> {
    let Line { key, debit, credit, amount, code, cause } = line;
    let command = TransferCreate { key, debit, credit, amount, code, kind: TransferKind::Posted, cause, business_on, actor, linked: false };
    match tx.transfers_execute(cluster, now, &[command]).await?.first() {
        Some(Outcome::Created(no) | Outcome::Exists(no)) => Ok(*no),
        Some(Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal)) => Err(ClusterError::Ledger(*refusal).into()),
        None => Err(missing()),
    }
}
