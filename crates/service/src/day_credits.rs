//! Energy credits of a day: who banks, who uses, what the ledger is told of it, and what is kept beside the day.

use crate::ServiceError;
use crate::accounts::{ClusterAccounts, Wanted, accounts_need};
use domain::{AccountNo, ClusterId, Connection, MemberNo};
use ledger::{Account, AccountCode, Transfer, TransferCode};
use quantity::{BusinessDay, Ngwee, PricePerKwh};
use settlement::credits::{Cover, CreditMember, CreditMoney, CreditTerms, Fate, FateBefore, fates, money};
use settlement::posting::{MemberCredits, PostingCredits};
use settlement::seal::SealedPrices;
use settlement::{Flows, MemberDay};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::{CreditDayRow, SurplusChoice};

/// At which prices the credits of a day count.
pub(crate) fn terms(connection: Connection, prices: &SealedPrices, export: PricePerKwh) -> CreditTerms {
    CreditTerms { connection, dearest: dearest(prices), export }
}

/// What a further kWh costs at most, at the prices of a sealed day.
pub(crate) fn dearest(prices: &SealedPrices) -> PricePerKwh {
    match prices {
        SealedPrices::Flat(import) => *import,
        SealedPrices::Bands(bands) => domain::dearest(bands.iter().map(|band| band.price)),
    }
}

/// A day about to be posted, or posted again.
pub(crate) struct DayAsk<'a> {
    pub cluster: ClusterId,
    pub day: BusinessDay,
    pub terms: CreditTerms,
    /// Members of the day in the order of its bill, with their sums.
    pub members: Vec<(MemberNo, MemberDay)>,
    /// What the fund was posted for the day before; `None` when the day was never posted.
    pub posted: Option<Ngwee>,
    /// The sums that the last posting was made from.
    pub sums_before: BTreeMap<MemberNo, MemberDay>,
    pub accounts: &'a ClusterAccounts,
}

/// What was decided about the credits of a day.
pub(crate) struct DayCredits {
    day: BusinessDay,
    members: Vec<MemberNo>,
    before: Vec<Fate>,
    fates: Vec<Fate>,
    money: CreditMoney,
    fund_posted: Ngwee,
}

impl DayCredits {
    /// Decides what becomes of a day, from members' choices, their credits and the fund as they stand now.
    pub(crate) async fn decide(tx: &mut Tx<'_>, ask: DayAsk<'_>) -> Result<Self, ServiceError> {
        let rows = tx.credit_day_list(ask.cluster, ask.day, ask.day.next(), None).await?;
        let before: BTreeMap<MemberNo, Fate> = rows.iter().map(|row| (row.member, Fate { banked: row.banked, used: row.used })).collect();
        let choices = tx.surplus_choice_on(ask.cluster, ask.day).await?;
        let banks = |member| choices.iter().any(|row| row.member == member && row.choice == SurplusChoice::Bank);
        let known = |member: MemberNo| -> Flows {
            ask.sums_before.get(&member).filter(|_| ask.posted.is_some()).map_or_else(Flows::default, |sums| sums.flows)
        };
        let wishes: Vec<CreditMember> = ask
            .members
            .iter()
            .map(|(member, day)| CreditMember {
                is_banking: banks(*member),
                available: ask.accounts.energy(*member).map_or(0, Account::available),
                before: FateBefore {
                    exported: known(*member).exported,
                    imported: known(*member).imported,
                    fate: before.get(member).copied().unwrap_or_default(),
                },
                ..CreditMember::of_day(ask.terms.connection, day)
            })
            .collect();
        let fund_posted = ask.posted.unwrap_or(Ngwee::ZERO);
        let cover = Cover {
            fund: ask.accounts.own(AccountCode::CreditFund).map_or(0, Account::available),
            posted: fund_posted.0,
            outstanding: ask.accounts.energies().map(Account::balance).sum(),
        };
        let fates = fates(&wishes, &ask.terms, &cover);
        Ok(Self {
            day: ask.day,
            members: ask.members.iter().map(|(member, _)| *member).collect(),
            before: wishes.iter().map(|wish| wish.before.fate).collect(),
            money: money(&wishes, &fates, &ask.terms),
            fates,
            fund_posted,
        })
    }

    /// Its money.
    pub(crate) const fn money(&self) -> &CreditMoney {
        &self.money
    }

    /// Whether no credit moves.
    pub(crate) fn moves_nothing(&self) -> bool {
        self.before == self.fates
    }

    /// The accounts of what is to be posted, opened where they are needed first; `None` when nothing is.
    pub(crate) async fn posting(
        &self,
        tx: &mut Tx<'_>,
        cluster: ClusterId,
        accounts: &ClusterAccounts,
    ) -> Result<Option<PostingCredits>, ServiceError> {
        if self.moves_nothing() && self.money.fund_ngwee() == self.fund_posted.0 {
            return Ok(None);
        }
        let moved = self.members.iter().zip(self.before.iter().zip(&self.fates)).filter(|(_, (before, fate))| before != fate);
        let moved: Vec<(MemberNo, Fate)> =
            moved.map(|(member, (before, fate))| (*member, Fate { banked: fate.banked - before.banked, used: fate.used - before.used })).collect();
        let own = [AccountCode::CreditFund, AccountCode::EnergyPool, AccountCode::EnergyUsed].map(|code| (None, code));
        let of_members = moved.iter().map(|(member, _)| (Some(*member), AccountCode::MemberEnergy));
        let wanted: Vec<Wanted> = own.into_iter().chain(of_members).collect();
        let found = accounts_need(tx, cluster, accounts, &wanted).await?;
        let no = |want: Wanted| -> Result<AccountNo, ServiceError> {
            let account = found.get(&want).ok_or_else(|| ServiceError::ClusterInvalid { reason: format!("the account {} is missing", want.1) })?;
            Ok(account.no)
        };
        let mut members = Vec::with_capacity(moved.len());
        for (member, Fate { banked, used }) in moved {
            members.push(MemberCredits { member: member.get(), account: no((Some(member), AccountCode::MemberEnergy))?, banked, used });
        }
        Ok(Some(PostingCredits { fund: no(own[0])?, pool: no(own[1])?, used: no(own[2])?, members }))
    }

    /// What is kept beside the day: who banked or used, now or when it was posted before.
    pub(crate) fn rows(&self) -> Vec<CreditDayRow> {
        let is_told = |(at, fate): &(usize, &Fate)| **fate != Fate::default() || self.before[*at] != Fate::default();
        self.fates.iter().enumerate().filter(is_told).map(|(at, fate)| row(self.day, self.members[at], *fate, &self.money, at)).collect()
    }
}

/// The row of a member's day.
pub(crate) fn row(day: BusinessDay, member: MemberNo, fate: Fate, money: &CreditMoney, at: usize) -> CreditDayRow {
    let line = money.members.get(at).copied().unwrap_or_default();
    CreditDayRow {
        day,
        member,
        banked: fate.banked,
        used: fate.used,
        bought_back: line.bought_back_wh,
        banked_money: line.banked,
        used_money: line.used,
        bought_back_money: line.bought_back,
    }
}

/// What the ledger holds of banked and used energy, by day and member; members' accounts by number.
pub(crate) fn count_energy(transfer: &Transfer, owner: &BTreeMap<i64, i64>, energy: &mut BTreeMap<(i64, i64), Fate>) {
    let mut add = |account: AccountNo, sign: i64| {
        let Some(&member) = owner.get(&account.get()).filter(|member| **member > 0) else { return };
        let fate = energy.entry((transfer.cause.a, member)).or_default();
        match transfer.code {
            TransferCode::CreditBanked => fate.banked += sign * transfer.amount,
            TransferCode::CreditUsed => fate.used -= sign * transfer.amount,
            _ => {}
        }
    };
    add(transfer.credit, 1);
    add(transfer.debit, -1);
}

/// How all energy credits of a cluster stand, Wh. At any time issued = held + reserved + used + moved + tokens + expired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreditBook {
    /// Banked so far, less what was taken back.
    pub issued: i64,
    /// With members and free.
    pub held: i64,
    /// With members and reserved for orders.
    pub reserved: i64,
    /// Used instead of bought energy.
    pub used: i64,
    /// Gone to other clusters, less those that came.
    pub moved: i64,
    /// Turned into prepaid tokens.
    pub tokens: i64,
    /// Over.
    pub expired: i64,
}

impl CreditBook {
    /// From the accounts of a cluster.
    #[must_use]
    pub fn of(accounts: &ClusterAccounts) -> Self {
        let own = |code| accounts.own(code).map_or(0, Account::balance);
        Self {
            issued: -own(AccountCode::EnergyPool),
            held: accounts.energies().map(Account::available).sum(),
            reserved: accounts.energies().map(|account| account.debits_pending).sum(),
            used: own(AccountCode::EnergyUsed),
            moved: own(AccountCode::EnergyMoved),
            tokens: own(AccountCode::EnergyTokens),
            expired: own(AccountCode::EnergyExpired),
        }
    }

    /// What members hold in all, reserved credits too: what the cover must be enough for.
    #[must_use]
    pub const fn outstanding(&self) -> i64 {
        self.held + self.reserved
    }

    /// Whether every credit that was issued is in one place.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.issued == self.held + self.reserved + self.used + self.moved + self.tokens + self.expired
    }
}
