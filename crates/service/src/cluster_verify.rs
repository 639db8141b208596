//! Recounting a cluster from its own bytes: every transfer, every sealed interval, the log above both, and the sums that pages show.

use crate::accounts::{CLUSTER_ACCOUNTS, ClusterAccounts, MEMBER_ACCOUNTS, MEMBER_OPENED_LATER, OPENED_LATER};
use crate::between::DeliveryVerifier;
use crate::day_credits::{CreditBook, count_energy};
use crate::day_verify::{DayVerifier, Posted, PostedEnergy, own_key};
use crate::policy::{Action, Actor};
use crate::trade::TradeVerifier;
use crate::{Service, ServiceError};
use domain::ClusterId;
use ledger::audit::Auditor;
use ledger::merkle::{Frontier, Hash};
use ledger::{Account, AccountCode, CauseKind, Currency, Transfer};
use quantity::{BusinessDay, Instant, Ngwee, UtcOffset};
use settlement::seal::SealedRecord;
use settlement::{MemberDay, Totals};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::tables::{ClusterRow, SealedRow};

const PAGE: u32 = 512;

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable code.
    pub code: &'static str,
    /// Where and what.
    pub text: String,
}

/// What a recount found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Transfers recounted.
    pub transfers: i64,
    /// Sealed records read and settled again.
    pub sealed: i64,
    /// Accounts recounted.
    pub accounts: i64,
    /// Settlement days compared.
    pub days: i64,
    /// Root of the log, recomputed from all leaves.
    pub root: Hash,
    /// What does not agree; empty when all is well.
    pub problems: Vec<Problem>,
}

impl VerifyReport {
    fn problem(&mut self, code: &'static str, text: String) {
        self.problems.push(Problem { code, text });
    }
}

impl Service {
    /// Recounts a cluster on one snapshot, without trusting any sum that is stored.
    ///
    /// The ledger is recounted by an auditor that shares no code with the engine; every sealed interval is read back, settled again and
    /// compared to the byte; both are put in the order of the log and must give its root. Every day is settled again from its sealed records:
    /// it must go on from the day before, say what members, utility and fund are told and posted, and have readings that still say the same.
    ///
    /// # Errors
    /// What the store says. What does not agree is in the report, not an error.
    pub async fn cluster_verify(&self, actor: Actor, cluster: &ClusterRow) -> Result<VerifyReport, ServiceError> {
        self.require(actor, cluster.id, Action::LedgerRead).await?;
        let (id, offset) = (cluster.id, cluster.offset);
        self.store.read(move |tx| Box::pin(async move { verify(tx, id, offset).await })).await
    }
}

async fn verify(tx: &mut Tx<'_>, id: ClusterId, offset: UtcOffset) -> Result<VerifyReport, ServiceError> {
    let mut report = VerifyReport::default();
    let mut leaves: Vec<(i64, Hash)> = Vec::new();
    let mut days = DayVerifier::new(tx, id, offset).await?;
    let (posted, energy) = recount_ledger(tx, id, &mut report, &mut leaves).await?;
    days.energy = energy;
    let sums = recount_sealed(tx, id, offset, &mut days, &mut report, &mut leaves).await?;
    days.end_day(tx).await?;
    days.check_energy();
    days.check_own_accounts(&posted);
    report.problems.append(&mut days.problems);
    compare_days(tx, id, &posted, &sums, &days, &mut report).await?;
    compare_log(tx, id, leaves, &mut report).await?;
    Ok(report)
}

async fn recount_ledger(
    tx: &mut Tx<'_>,
    id: ClusterId,
    report: &mut VerifyReport,
    leaves: &mut Vec<(i64, Hash)>,
) -> Result<(Posted, PostedEnergy), ServiceError> {
    let accounts = tx.account_list(id).await?;
    report.accounts = accounts.len() as i64;
    let key = |account: &Account| account.member.map_or_else(|| own_key(account.code), |member| member.get());
    let owner: BTreeMap<i64, i64> = accounts.iter().map(|account| (account.no.get(), key(account))).collect();
    check_accounts(&accounts, report);
    check_sums(&ClusterAccounts::new(&accounts), report);
    let mut trades = TradeVerifier::default();
    let mut deliveries = DeliveryVerifier::new(&accounts);
    let mut auditor = Auditor::new(accounts);
    let (mut posted, mut energy) = (Posted::new(), PostedEnergy::new());
    let (mut scratch, mut after, mut statuses) = (Vec::new(), 0, Vec::new());
    loop {
        let page = tx.transfer_page(id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.0.no.get();
        for (transfer, status) in &page {
            report.transfers += 1;
            auditor.transfer(transfer);
            statuses.push((transfer.no, *status));
            trades.add(transfer, *status, owner.get(&transfer.credit.get()).is_some_and(|&owner| owner > 0));
            deliveries.add(transfer);
            leaves.push((transfer.leaf_no, transfer.leaf_hash(id, &mut scratch)));
            count_posted(transfer, &owner, &mut posted, &mut energy);
        }
    }
    statuses.into_iter().for_each(|(no, status)| auditor.status(no, status));
    for problem in auditor.finish().problems {
        report.problem(problem.kind.code(), problem.to_string());
    }
    report.problems.append(&mut trades.end(tx, id).await?);
    report.problems.append(&mut deliveries.end(tx, id).await?);
    Ok((posted, energy))
}

/// What accounts say together: clearing is at zero between two days, and every energy credit is in one place.
fn check_sums(accounts: &ClusterAccounts, report: &mut VerifyReport) {
    if let Some(clearing) = accounts.own(AccountCode::Clearing)
        && clearing.balance() != 0
    {
        report.problem("clearing_not_zero", format!("account {} holds {} ngwee between two days", clearing.no, clearing.balance()));
    }
    let credits = CreditBook::of(accounts);
    if !credits.is_whole() {
        report.problem(
            "credit_identity_differs",
            format!("{} Wh of energy credits were issued, and they are not all in one place: {credits:?}", credits.issued),
        );
    }
}

/// Every account must be of a kind that the cluster has, once, with the limit of that kind.
fn check_accounts(accounts: &[Account], report: &mut VerifyReport) {
    let mut seen = BTreeSet::new();
    for account in accounts {
        let (founded, later) = match account.member {
            Some(_) => (MEMBER_ACCOUNTS.as_slice(), MEMBER_OPENED_LATER.as_slice()),
            None => (CLUSTER_ACCOUNTS.as_slice(), OPENED_LATER.as_slice()),
        };
        let kind = (account.code, account.limit);
        let is_known = founded.contains(&kind) || later.contains(&kind);
        if !is_known || !seen.insert((account.member, account.code)) {
            report.problem("account_kind_differs", format!("account {} is not of a kind, or not with the limit, that its owner has", account.no));
        }
    }
}

fn count_posted(transfer: &Transfer, owner: &BTreeMap<i64, i64>, posted: &mut Posted, energy: &mut PostedEnergy) {
    if !matches!(transfer.cause.kind, CauseKind::SettlementDay | CauseKind::Correction) {
        return;
    }
    match transfer.currency {
        Currency::Zmw => {}
        Currency::EnergyWh => return count_energy(transfer, owner, energy),
        Currency::CarbonG => return,
    }
    if let Some(&member) = owner.get(&transfer.debit.get()) {
        *posted.entry((transfer.cause.a, member)).or_default() += transfer.amount;
    }
    if let Some(&member) = owner.get(&transfer.credit.get()) {
        *posted.entry((transfer.cause.a, member)).or_default() -= transfer.amount;
    }
}

/// The totals of a day by its sealed records, by day.
type Sums = BTreeMap<i32, Totals>;

async fn recount_sealed(
    tx: &mut Tx<'_>,
    id: ClusterId,
    offset: UtcOffset,
    days: &mut DayVerifier,
    report: &mut VerifyReport,
    leaves: &mut Vec<(i64, Hash)>,
) -> Result<Sums, ServiceError> {
    let mut sums = Sums::default();
    let mut after = (Instant(i64::MIN), 0);
    let mut latest: Option<SealedRecord> = None;
    loop {
        let page = tx.sealed_page(id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.start, last.version);
        for row in &page {
            report.sealed += 1;
            leaves.push((row.leaf_no, SealedRecord::leaf(&row.header)));
            let record = match check_record(id, row) {
                Ok(record) => record,
                Err(problem) => {
                    report.problems.push(problem);
                    continue;
                }
            };
            match latest.replace(record) {
                Some(earlier) if earlier.start != row.start => {
                    add(&mut sums, &earlier, offset);
                    days.add(tx, earlier).await?;
                }
                Some(earlier) if earlier.version + 1 != row.version => {
                    report.problem(
                        "seal_version_gap",
                        format!("the sealed versions of {} jump from {} to {}", row.start, earlier.version, row.version),
                    );
                }
                _ => {}
            }
        }
    }
    if let Some(last) = latest {
        add(&mut sums, &last, offset);
        days.add(tx, last).await?;
    }
    Ok(sums)
}

fn check_record(id: ClusterId, row: &SealedRow) -> Result<SealedRecord, Problem> {
    let problem =
        |error: settlement::seal::SealError| Problem { code: error.code(), text: format!("{} version {}: {error}", row.start, row.version) };
    let record = SealedRecord::decode(&row.header, &row.body).map_err(problem)?;
    record.recompute(&row.header, &row.body).map_err(problem)?;
    if (record.cluster, record.start, record.version) == (id, row.start, row.version) {
        Ok(record)
    } else {
        Err(Problem {
            code: "seal_misplaced",
            text: format!("the record stored for {} version {} is that of {} version {}", row.start, row.version, record.start, record.version),
        })
    }
}

fn add(sums: &mut Sums, record: &SealedRecord, offset: UtcOffset) {
    sums.entry(BusinessDay::of(record.start, offset).0).or_default().add(&record.totals);
}

async fn compare_days(
    tx: &mut Tx<'_>,
    id: ClusterId,
    posted: &Posted,
    sums: &Sums,
    days: &DayVerifier,
    report: &mut VerifyReport,
) -> Result<(), ServiceError> {
    let all = (BusinessDay(i32::MIN), BusinessDay(i32::MAX));
    let mut is_waiting = BTreeSet::new();
    for row in tx.day_list(id, all.0, all.1).await? {
        report.days += 1;
        if Totals::from_bytes(&row.totals)? != sums.get(&row.day.0).copied().unwrap_or_default() {
            report.problem("day_totals_differ", format!("the totals stored for {} are not the sums of its sealed intervals", row.day));
        }
        if row.status == "dirty" {
            is_waiting.insert(row.day);
        }
    }
    let mut seen = posted.clone();
    for row in tx.member_day_list(id, all.0, all.1, None).await? {
        let key = (row.day.0, row.member.get());
        let (sealed, due) = days.members.get(&key).copied().unwrap_or((MemberDay::default(), Some(Ngwee::ZERO)));
        if !is_waiting.contains(&row.day) && (MemberDay::from_bytes(&row.sums)? != sealed || due.is_some_and(|due| due != row.posted)) {
            report
                .problem("member_day_differs", format!("the sums stored for member {} on {} are not those of the sealed lines", row.member, row.day));
        }
        let booked = seen.remove(&(i64::from(row.day.0), row.member.get())).unwrap_or(0);
        if booked != row.posted.0 {
            report.problem(
                "posting_differs",
                format!("member {} on {}: the ledger holds {booked} ngwee, the day says {}", row.member, row.day, row.posted.0),
            );
        }
    }
    for ((day, member), ngwee) in seen.into_iter().filter(|((_, member), ngwee)| *member > 0 && *ngwee != 0) {
        report.problem("posting_without_day", format!("the ledger holds {ngwee} ngwee of member {member} for day {day}, which is not settled"));
    }
    Ok(())
}

async fn compare_log(tx: &mut Tx<'_>, id: ClusterId, mut leaves: Vec<(i64, Hash)>, report: &mut VerifyReport) -> Result<(), ServiceError> {
    leaves.sort_unstable_by_key(|leaf| leaf.0);
    let mut frontier = Frontier::new();
    for (place, (leaf_no, hash)) in leaves.iter().enumerate() {
        if *leaf_no != place as i64 {
            report.problem("log_gap", format!("the log has no leaf {place}, the next is {leaf_no}"));
            break;
        }
        frontier.append(*hash);
    }
    report.root = frontier.root();
    let head = tx.ledger_head_find(id).await?;
    if head.is_some_and(|head| head.frontier != frontier || head.next_transfer_no != report.transfers + 1) {
        report.problem("log_head_differs", "the log would not go on from where its leaves end".to_owned());
    }
    let stored = tx.ledger_root(id).await?;
    if stored.is_some_and(|stored| stored != report.root) || (stored.is_none() && !leaves.is_empty()) {
        report.problem("log_root_differs", "the leaves do not give the root of the log: something was changed, added or removed".to_owned());
    }
    Ok(())
}
