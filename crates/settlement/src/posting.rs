//! Which transfers a settled day implies: netted per member, one balanced linked batch.

use crate::credits::CreditMoney;
use crate::run::MemberDay;
use domain::{AccountNo, ClusterId, Connection};
use ledger::{Cause, CauseKind, IdempotencyKey, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, MilliNgwee, Ngwee, round_day};

/// The money of one settlement day in whole ngwee; it adds up to zero: what members pay is what utility and fund get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayBill {
    /// What each member pays (negative: gets), in order.
    pub members: Vec<Ngwee>,
    /// What the cluster owes the utility.
    pub utility_payable: Ngwee,
    /// What the utility owes the cluster.
    pub utility_receivable: Ngwee,
    /// What goes to the maintenance and replacement fund.
    pub service_charge: Ngwee,
    /// What goes to the fund that covers energy credits (negative: what it pays).
    pub credit_fund: Ngwee,
}

impl DayBill {
    /// The bill of a day on which no energy credit moves; see [`DayBill::with_credits`].
    #[must_use]
    pub fn of(connection: Connection, members: &[MemberDay]) -> Option<Self> {
        Self::with_credits(connection, members, &CreditMoney::default())
    }

    /// Rounds a day once: members first by number, then the utility's two sides, then the fund. `None` when the day does not balance,
    /// which the laws of the interval exclude.
    ///
    /// Under `separate` each member pays the utility directly, so that only the plant's credits pass through the cluster.
    ///
    /// The credit fund is rounded down beforehand and its fraction of a ngwee goes with the maintenance fund: what the fund gets depends on
    /// its own money alone, so that settling a day again never takes from it for the sake of others' fractions.
    #[must_use]
    pub fn with_credits(connection: Connection, members: &[MemberDay], credits: &CreditMoney) -> Option<Self> {
        let own_contract = connection == Connection::Separate;
        let by_credits = credits.members.iter().map(crate::credits::CreditLine::money).chain(std::iter::repeat(0));
        let mut lines: Vec<MilliNgwee> = members
            .iter()
            .zip(by_credits)
            .map(|(member, credit)| MilliNgwee(credit + if own_contract { member.flows.money() - member.alone.cost } else { member.flows.money() }))
            .collect();
        let sum = |pick: fn(&MemberDay) -> i64| members.iter().map(pick).sum::<i64>();
        let service = sum(|m| m.flows.service_charge);
        let (imports, exports) = if own_contract {
            (0, service + credits.fund - lines.iter().map(|line| line.0).sum::<i64>())
        } else {
            (sum(|m| m.flows.import_cost), sum(|m| m.flows.export_revenue))
        };
        let credit_fund = Ngwee(credits.fund_ngwee());
        let fraction = credits.fund.rem_euclid(1000);
        lines.extend([MilliNgwee(-imports), MilliNgwee(exports), MilliNgwee(-service - fraction)]);
        let mut rounded = round_day(&lines)?;
        if rounded.iter().map(|ngwee| ngwee.0).sum::<i64>() != credit_fund.0 {
            return None;
        }
        let others = rounded.split_off(members.len());
        Some(Self {
            members: rounded,
            utility_payable: Ngwee(-others[0].0),
            utility_receivable: others[1],
            service_charge: Ngwee(-others[2].0),
            credit_fund,
        })
    }

    /// What must still be posted so that `before`, as posted, becomes this bill.
    #[must_use]
    pub fn difference(&self, before: &Self) -> Self {
        let minus = |a: Ngwee, b: Ngwee| Ngwee(a.0 - b.0);
        let earlier = before.members.iter().copied().chain(std::iter::repeat(Ngwee::ZERO));
        Self {
            members: self.members.iter().copied().zip(earlier).map(|(a, b)| minus(a, b)).collect(),
            utility_payable: minus(self.utility_payable, before.utility_payable),
            utility_receivable: minus(self.utility_receivable, before.utility_receivable),
            service_charge: minus(self.service_charge, before.service_charge),
            credit_fund: minus(self.credit_fund, before.credit_fund),
        }
    }

    /// Whether there is nothing to post.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let cluster = [self.utility_payable, self.utility_receivable, self.service_charge, self.credit_fund];
        self.members.iter().chain(&cluster).all(|ngwee| ngwee.0 == 0)
    }
}

/// A member's accounts and how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberAccounts {
    /// Number of the member, part of the idempotency key.
    pub member: i64,
    /// Money the member holds with the cluster.
    pub wallet: AccountNo,
    /// What may be taken from the wallet.
    pub available: i64,
    /// What the member owes the cluster.
    pub receivable: AccountNo,
    /// How much that is.
    pub arrears: i64,
}

/// A member's energy credits on a day, as the difference to what was posted before; Wh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberCredits {
    /// Number of the member, part of the idempotency key.
    pub member: i64,
    /// The member's energy credits.
    pub account: AccountNo,
    /// Became credits; negative: taken back.
    pub banked: i64,
    /// Used instead of bought energy; negative: given back.
    pub used: i64,
}

/// The accounts of energy credits, and what moves on them. Opened when they are first needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingCredits {
    /// The money behind the credits.
    pub fund: AccountNo,
    /// Where banked energy comes from.
    pub pool: AccountNo,
    /// Where used energy goes.
    pub used: AccountNo,
    /// One for each member of whom something moves.
    pub members: Vec<MemberCredits>,
}

/// The accounts that a day is posted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingAccounts {
    /// The cluster's clearing account: zero before and after.
    pub clearing: AccountNo,
    /// Owed to the utility.
    pub utility_payable: AccountNo,
    /// Owed by the utility.
    pub utility_receivable: AccountNo,
    /// Maintenance and replacement fund.
    pub maintenance: AccountNo,
    /// One for each member of the bill, in order.
    pub members: Vec<MemberAccounts>,
    /// Energy credits; `None` on a day on which none moves and their fund gets and pays nothing.
    pub credits: Option<PostingCredits>,
}

/// Which posting this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostingOf {
    /// The cluster.
    pub cluster: ClusterId,
    /// The settled day.
    pub day: BusinessDay,
    /// 1 for the first posting of the day, then one more for each correction.
    pub revision: i64,
    /// The open day that the money counts for: the settled day itself, or today for a correction.
    pub business_on: BusinessDay,
}

/// The linked transfers of a bill: all are booked or none.
///
/// A member pays from the wallet as far as it goes; the rest becomes a receivable, never a failed posting. What a member gets pays the
/// receivable first. The keys depend on cluster, day, revision and member alone, so that posting twice books once.
#[must_use]
pub fn transfers(bill: &DayBill, accounts: &PostingAccounts, of: &PostingOf) -> Vec<TransferCreate> {
    let mut batch = Batch { of, clearing: accounts.clearing, transfers: Vec::new() };
    for (due, member) in bill.members.iter().zip(&accounts.members) {
        if due.0 >= 0 {
            let paid = due.0.min(member.available.max(0));
            batch.pay_clearing(member.wallet, paid, TransferCode::EnergyDay, member.member, 1);
            batch.pay_clearing(member.receivable, due.0 - paid, TransferCode::Arrears, member.member, 2);
        } else {
            let cleared = (-due.0).min(member.arrears.max(0));
            batch.pay_from_clearing(member.receivable, cleared, TransferCode::Arrears, member.member, 3);
            batch.pay_from_clearing(member.wallet, -due.0 - cleared, TransferCode::EnergyDay, member.member, 4);
        }
    }
    batch.pay_from_clearing(accounts.utility_payable, bill.utility_payable.0, TransferCode::UtilityBill, 0, 5);
    batch.pay_clearing(accounts.utility_receivable, bill.utility_receivable.0, TransferCode::UtilityCredit, 0, 6);
    batch.pay_from_clearing(accounts.maintenance, bill.service_charge.0, TransferCode::ServiceCharge, 0, 7);
    if let Some(credits) = &accounts.credits {
        batch.pay_from_clearing(credits.fund, bill.credit_fund.0, TransferCode::CreditCover, 0, 8);
        batch.energy(credits);
    }
    batch.link()
}

struct Batch<'a> {
    of: &'a PostingOf,
    clearing: AccountNo,
    transfers: Vec<TransferCreate>,
}

impl Batch<'_> {
    fn pay_clearing(&mut self, from: AccountNo, amount: i64, code: TransferCode, member: i64, line: u8) {
        match amount {
            0 => {}
            amount if amount > 0 => self.push(from, self.clearing, amount, code, member, line),
            amount => self.push(self.clearing, from, -amount, code, member, line),
        }
    }

    /// What a member gets comes before what it gives, so that no account falls below zero on the way.
    fn energy(&mut self, credits: &PostingCredits) {
        for member in &credits.members {
            let lines = [
                (credits.used, member.account, -member.used, TransferCode::CreditUsed, 9),
                (credits.pool, member.account, member.banked, TransferCode::CreditBanked, 10),
                (member.account, credits.pool, -member.banked, TransferCode::CreditBanked, 11),
                (member.account, credits.used, member.used, TransferCode::CreditUsed, 12),
            ];
            for (debit, credit, wh, code, line) in lines.into_iter().filter(|(_, _, wh, ..)| *wh > 0) {
                self.push(debit, credit, wh, code, member.member, line);
            }
        }
    }

    fn pay_from_clearing(&mut self, to: AccountNo, amount: i64, code: TransferCode, member: i64, line: u8) {
        self.pay_clearing(to, -amount, code, member, line);
    }

    fn push(&mut self, debit: AccountNo, credit: AccountNo, amount: i64, code: TransferCode, member: i64, line: u8) {
        let of = self.of;
        let is_correction = of.revision > 1;
        let key = IdempotencyKey::derive(&[
            b"settlement-day",
            &of.cluster.get().to_be_bytes(),
            &of.day.0.to_be_bytes(),
            &of.revision.to_be_bytes(),
            &member.to_be_bytes(),
            &[line],
        ]);
        let kind = if is_correction { CauseKind::Correction } else { CauseKind::SettlementDay };
        self.transfers.push(TransferCreate {
            key,
            debit,
            credit,
            amount,
            code: if is_correction && code == TransferCode::EnergyDay { TransferCode::Correction } else { code },
            kind: TransferKind::Posted,
            cause: Cause { kind, a: i64::from(of.day.0), b: of.revision },
            business_on: of.business_on,
            actor: 0,
            linked: true,
        });
    }

    fn link(mut self) -> Vec<TransferCreate> {
        if let Some(last) = self.transfers.last_mut() {
            last.linked = false;
        }
        self.transfers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alone, Flows};
    use proptest::prelude::*;

    fn accounts(standing: &[(i64, i64)]) -> PostingAccounts {
        let no = |n| AccountNo::new(n).expect("a number");
        let member = |(at, &(available, arrears)): (usize, &(i64, i64))| MemberAccounts {
            member: at as i64 + 1,
            wallet: no(100 + at as i64),
            available,
            receivable: no(200 + at as i64),
            arrears,
        };
        PostingAccounts {
            clearing: no(1),
            utility_payable: no(2),
            utility_receivable: no(3),
            maintenance: no(4),
            members: standing.iter().enumerate().map(member).collect(),
            credits: None,
        }
    }

    fn of(revision: i64) -> PostingOf {
        PostingOf { cluster: ClusterId::new(7).expect("an id"), day: BusinessDay(20_000), revision, business_on: BusinessDay(20_000) }
    }

    #[test]
    fn an_empty_wallet_makes_a_receivable() {
        let bill = DayBill { members: vec![Ngwee(500), Ngwee(-300)], utility_payable: Ngwee(200), ..DayBill::default() };
        let posted = transfers(&bill, &accounts(&[(120, 0), (0, 100)]), &of(1));
        let lines: Vec<_> = posted.iter().map(|t| (t.debit.get(), t.credit.get(), t.amount, t.linked)).collect();
        assert_eq!(lines, [(100, 1, 120, true), (200, 1, 380, true), (1, 201, 100, true), (1, 101, 200, true), (1, 2, 200, false)]);
    }

    #[test]
    fn own_contracts_leave_only_the_plants_credits() {
        let member = |money: i64, alone: i64| MemberDay {
            flows: Flows { import_cost: money, ..Flows::default() },
            alone: Alone { cost: alone, ..Alone::default() },
            ..MemberDay::default()
        };
        let bill = DayBill::of(Connection::Separate, &[member(8_000, 10_000), member(3_000, 5_000)]).expect("balances");
        assert_eq!(bill, DayBill { members: vec![Ngwee(-2), Ngwee(-2)], utility_receivable: Ngwee(4), ..DayBill::default() });
    }

    #[test]
    fn energy_moves_with_its_money() {
        let no = |n| AccountNo::new(n).expect("a number");
        let moves = |member, account, banked, used| MemberCredits { member, account: no(account), banked, used };
        let members = vec![moves(1, 301, 500, 200), moves(2, 302, -40, -70)];
        let credits = PostingCredits { fund: no(5), pool: no(6), used: no(7), members };
        let accounts = PostingAccounts { credits: Some(credits), ..accounts(&[(900, 0), (900, 0)]) };
        let bill = DayBill { members: vec![Ngwee(30), Ngwee(0)], credit_fund: Ngwee(30), ..DayBill::default() };
        let posted = transfers(&bill, &accounts, &of(1));
        let lines: Vec<_> = posted.iter().map(|t| (t.debit.get(), t.credit.get(), t.amount, t.code, t.linked)).collect();
        let (cover, banked, used) = (TransferCode::CreditCover, TransferCode::CreditBanked, TransferCode::CreditUsed);
        assert_eq!(
            lines,
            [
                (100, 1, 30, TransferCode::EnergyDay, true),
                (1, 5, 30, cover, true),
                (6, 301, 500, banked, true),
                (301, 7, 200, used, true),
                (7, 302, 70, used, true),
                (302, 6, 40, banked, false),
            ]
        );
    }

    #[test]
    fn the_credit_fund_is_rounded_by_itself() {
        use crate::credits::CreditLine;
        let day = |export_revenue: i64| MemberDay { flows: Flows { export_revenue, ..Flows::default() }, ..MemberDay::default() };
        let line = |banked: i64| CreditLine { banked, ..CreditLine::default() };
        let credits = CreditMoney { members: vec![line(1_999), line(0)], fund: 1_999 };
        let bill = DayBill::with_credits(Connection::OnePoint, &[day(2_500), day(700)], &credits).expect("balances");
        assert_eq!(bill.credit_fund, Ngwee(1), "never rounded up");
        let all = bill.members.iter().map(|ngwee| ngwee.0).sum::<i64>() - bill.utility_payable.0 + bill.utility_receivable.0;
        assert_eq!(all, bill.service_charge.0 + bill.credit_fund.0);
    }

    #[test]
    fn the_utility_pays_less_for_what_it_banks() {
        use crate::credits::CreditLine;
        let member = MemberDay { alone: Alone { cost: 5_000, ..Alone::default() }, ..MemberDay::default() };
        let credits = CreditMoney { members: vec![CreditLine { banked: 3_000, ..CreditLine::default() }], fund: 0 };
        let bill = DayBill::with_credits(Connection::Separate, &[member], &credits).expect("balances");
        assert_eq!(bill, DayBill { members: vec![Ngwee(-2)], utility_receivable: Ngwee(2), ..DayBill::default() });
    }

    proptest! {
        #[test]
        fn clearing_ends_at_zero(
            lines in proptest::collection::vec((0i64..5_000_000, 0i64..5_000_000, 0i64..50_000, 0i64..500, 0i64..500), 1..30),
        ) {
            let days: Vec<MemberDay> = lines.iter().map(|&(import_cost, export_revenue, service_charge, ..)| MemberDay {
                flows: Flows { import_cost, export_revenue, service_charge, ..Flows::default() },
                ..MemberDay::default()
            }).collect();
            let bill = DayBill::of(Connection::OnePoint, &days).expect("balances");
            let standing: Vec<(i64, i64)> = lines.iter().map(|line| (line.3, line.4)).collect();
            let posted = transfers(&bill, &accounts(&standing), &of(1));
            let clearing: i64 = posted.iter().map(|t| if t.credit.get() == 1 { t.amount } else { -t.amount }).sum();
            prop_assert_eq!(clearing, 0);
            let mut keys: Vec<_> = posted.iter().map(|t| t.key).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), posted.len());
            prop_assert!(bill.difference(&bill).is_nothing());
        }
    }
}
