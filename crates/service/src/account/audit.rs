//! The audit: who was refused, and who looked at what is not their own.
//!
//! Lines gather while a write is under way and go to disk together, as payments do. A look waits until its line is there; a refusal does
//! not. The same line by the same user within a minute is written once.

use super::PAGE_MAX;
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, Role, UserId};
use quantity::Instant;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::tables::{AuditOutcome, AuditRow, ClusterRow};
use store::{Store, StoreError};
use tokio::sync::oneshot;

/// Lines that wait; beyond it refusals are counted only, and looks are refused with `overloaded`.
const WAITING_MAX: usize = 4_096;
/// Lines of one unit.
const BATCH_MAX: usize = 512;
/// How long the same line is not written again, in ms.
const AGAIN_MS: i64 = 60_000;
/// Lines remembered for that.
const REMEMBERED_MAX: usize = 20_000;
/// Longest detail, in characters.
const DETAIL_MAX: usize = 120;

/// One line of the audit.
pub type AuditLine = AuditRow;

/// A look of somebody at a member's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The line's id, for paging.
    pub id: i64,
    /// Who looked, by name.
    pub who: String,
    /// The roles that allowed it; empty with `is_operator` where the operator looked.
    pub roles: Vec<Role>,
    /// Whether the operator of the installation looked.
    pub is_operator: bool,
    /// At what, as a code: `money_read`, `readings_read`.
    pub action: String,
    /// When.
    pub at: Instant,
}

/// Where lines are handed in. One for each process.
#[derive(Default)]
pub(crate) struct AuditDesk {
    state: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    waiting: Vec<Waiting>,
    /// Whether a clerk writes.
    is_writing: bool,
    /// Refusals that found no room since the last write.
    dropped: u64,
    /// What was written lately, and when.
    written: HashMap<LineKey, Instant>,
    /// Makes the ids of lines of the same millisecond differ: begins by chance.
    next: Option<u64>,
}

type LineKey = (Option<ClusterId>, Option<UserId>, &'static str, AuditOutcome, Option<MemberNo>);

struct Waiting {
    line: AuditRow,
    reply: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// The word of an action, and whose data it is about.
const fn word(action: Action) -> (&'static str, Option<MemberNo>) {
    match action {
        Action::CardRead => ("card_read", None),
        Action::ClusterRead => ("cluster_read", None),
        Action::DirectoryRead => ("directory_read", None),
        Action::ReadingsRead(member) => ("readings_read", Some(member)),
        Action::MoneyRead(member) => ("money_read", Some(member)),
        Action::LedgerRead => ("ledger_read", None),
        Action::Pay(member) => ("pay", Some(member)),
        Action::Trade(member) => ("trade", Some(member)),
        Action::OrdersRead(member) => ("orders_read", Some(member)),
        Action::PricesWatch => ("prices_watch", None),
        Action::OrdersReview => ("orders_review", None),
        Action::Deal => ("deal", None),
        Action::ComplianceWrite => ("compliance_write", None),
        Action::CoverWrite => ("cover_write", None),
        Action::EntryWrite(member) => ("entry_write", Some(member)),
        Action::OwnMeterAdd(member) => ("own_meter_add", Some(member)),
        Action::Leave(member) => ("leave", Some(member)),
        Action::Household(member) => ("household", Some(member)),
        Action::Found => ("found", None),
        Action::Join => ("join", None),
        Action::Admit => ("admit", None),
        Action::CashWrite => ("cash_write", None),
        Action::ContributionWrite => ("contribution_write", None),
        Action::RolesWrite => ("roles_write", None),
        Action::GroupMove => ("group_move", None),
        Action::MetersWrite => ("meters_write", None),
        Action::ReadingsWrite => ("readings_write", None),
        Action::OutageWrite => ("outage_write", None),
        Action::AssetsWrite => ("assets_write", None),
        Action::RulesWrite => ("rules_write", None),
        Action::Settle => ("settle", None),
        Action::PinResetApprove => ("pin_reset_approve", None),
        Action::OwnAccount => ("own_account", None),
        Action::Operate => ("operate", None),
    }
}

/// The roles beside `member` that the actor holds, with commas between; `operator` is one.
fn roles_text(standing: &Standing) -> String {
    let mut roles: Vec<&str> = standing.roles.iter().map(|(_, role)| *role).filter(|role| *role != Role::Member).map(Role::as_str).collect();
    if standing.is_operator() {
        roles.push("operator");
    }
    roles.sort_unstable();
    roles.dedup();
    roles.join(",")
}

impl AuditDesk {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line unless the same was taken lately. Gives whether a clerk is needed, and what tells that the line is on disk.
    fn put(&self, mut line: AuditRow, key: LineKey, chance: u64, must: bool) -> Result<(bool, Option<Answer>), StoreError> {
        let mut desk = self.lock();
        let at = line.occurred_at;
        if desk.written.get(&key).is_some_and(|written| at.0.abs_diff(written.0) < AGAIN_MS.unsigned_abs()) {
            return Ok((false, None));
        }
        if desk.waiting.len() >= WAITING_MAX {
            desk.dropped = desk.dropped.saturating_add(1);
            return if must { Err(StoreError::Overloaded) } else { Ok((false, None)) };
        }
        let next = desk.next.get_or_insert(chance);
        *next = next.wrapping_add(1);
        // 22 bits beside the time, as ids of users have them.
        line.id = UserId::generate(at, *next).get();
        if !must {
            desk.remember(key, at);
        }
        let (reply, answer) = must.then(oneshot::channel).unzip();
        desk.waiting.push(Waiting { line, reply });
        let needs_clerk = !desk.is_writing;
        desk.is_writing = true;
        Ok((needs_clerk, answer))
    }

    /// The next lines to write, a line about those that found no room among them; `None` ends the clerk.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut desk = self.lock();
        if desk.waiting.is_empty() {
            desk.is_writing = false;
            return None;
        }
        let count = desk.waiting.len().min(BATCH_MAX);
        let mut lines: Vec<Waiting> = desk.waiting.drain(..count).collect();
        let dropped = std::mem::take(&mut desk.dropped);
        if let Some(first) = lines.first().filter(|_| dropped > 0) {
            let id = first.line.id.saturating_sub(1);
            let detail = format!("{dropped} more were refused and not written down");
            let (action, outcome, roles) = ("audit_dropped".to_owned(), AuditOutcome::Refused, String::new());
            let line = AuditRow { id, cluster: None, user: None, action, outcome, member: None, roles, detail, occurred_at: first.line.occurred_at };
            lines.push(Waiting { line, reply: None });
        }
        Some(lines)
    }

    fn is_idle(&self) -> bool {
        !self.lock().is_writing
    }
}

type Answer = oneshot::Receiver<Result<(), StoreError>>;

impl Desk {
    fn remember(&mut self, key: LineKey, at: Instant) {
        if self.written.len() >= REMEMBERED_MAX {
            self.written.clear();
        }
        self.written.insert(key, at);
    }
}

/// Writes what waits until nothing does.
async fn clerk(desk: Arc<AuditDesk>, store: Store) {
    while let Some(batch) = desk.take() {
        let lines: Arc<[AuditRow]> = batch.iter().map(|waiting| waiting.line.clone()).collect();
        let count = lines.len();
        let written = store.write::<_, StoreError, _>(move |tx| {
            let lines = Arc::clone(&lines);
            Box::pin(async move { tx.audit_append(&lines).await })
        });
        let written = written.await;
        if let Err(error) = &written {
            tracing::warn!(code = error.code(), count, "lines of the audit were not written");
        }
        for reply in batch.into_iter().filter_map(|waiting| waiting.reply) {
            // Who asked may have left.
            let _ = reply.send(written.clone());
        }
    }
}

impl Service {
    /// Writes down that the actor was refused; does not wait for it.
    pub(crate) fn refusal_write(&self, standing: &Standing, cluster: Option<ClusterId>, action: Action) {
        let (action, member) = word(action);
        let handed_in = self.audit_put(standing, cluster, action, member, AuditOutcome::Refused, "");
        if let Err(error) = handed_in {
            tracing::warn!(code = error.code(), "a refusal was not written down");
        }
    }

    /// Writes down that the actor looks at what is not the actor's own, and waits until it is on disk.
    pub(crate) async fn sensitive_write(&self, standing: &Standing, cluster: ClusterId, action: Action) -> Result<(), ServiceError> {
        let (action, member) = word(action);
        self.audit_wait(standing, Some(cluster), action, member, "").await
    }

    /// Writes down that a user looked through a list of the installation; the program itself is not written down.
    pub(crate) async fn look_write(&self, actor: Actor, action: &'static str) -> Result<(), ServiceError> {
        match actor {
            Actor::User { .. } => self.audit_wait(&Standing::stranger(actor), None, action, None, "").await,
            Actor::Nobody | Actor::System => Ok(()),
        }
    }

    async fn audit_wait(
        &self,
        standing: &Standing,
        cluster: Option<ClusterId>,
        action: &'static str,
        member: Option<MemberNo>,
        detail: &str,
    ) -> Result<(), ServiceError> {
        let Some(answer) = self.audit_put(standing, cluster, action, member, AuditOutcome::Looked, detail)? else { return Ok(()) };
        answer.await.unwrap_or(Err(StoreError::Closed))?;
        // Remembered only now: a line that failed is to be written the next time.
        let key = (cluster, standing.actor.user(), action, AuditOutcome::Looked, member);
        self.people.audit.lock().remember(key, self.now());
        Ok(())
    }

    fn audit_put(
        &self,
        standing: &Standing,
        cluster: Option<ClusterId>,
        action: &'static str,
        member: Option<MemberNo>,
        outcome: AuditOutcome,
        detail: &str,
    ) -> Result<Option<Answer>, ServiceError> {
        let user = standing.actor.user();
        let line = AuditRow {
            id: 0,
            cluster,
            user,
            action: action.to_owned(),
            outcome,
            member,
            roles: roles_text(standing),
            detail: super::bounded(detail, DETAIL_MAX),
            occurred_at: self.now(),
        };
        let must = outcome == AuditOutcome::Looked;
        let key = (cluster, user, action, outcome, member);
        let (needs_clerk, answer) = self.people.audit.put(line, key, self.chance().number()?, must)?;
        if needs_clerk {
            tokio::spawn(clerk(Arc::clone(&self.people.audit), self.store.clone()));
        }
        Ok(answer)
    }

    /// Waits until every line handed in is written, five seconds at most: before the program ends. `false` when some are not.
    pub async fn audit_flush(&self) -> bool {
        for _ in 0..1_000 {
            if self.people.audit.is_idle() {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        self.people.audit.is_idle()
    }

    /// The audit before `before` (`None` for the newest), the newest first: for the operator.
    ///
    /// # Errors
    /// [`crate::policy::Denied`]; what the store says.
    pub async fn audit_list(&self, actor: Actor, before: Option<i64>, limit: u32) -> Result<Vec<AuditLine>, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        self.store.read(move |tx| Box::pin(async move { Ok(tx.audit_list(before, limit).await?) })).await
    }

    /// Who looked at a member's data before `before` (`None` for the newest), the newest first: for the member. An officer who asks looks
    /// too, and is written down.
    ///
    /// # Errors
    /// [`crate::policy::Denied`]; what the store says.
    pub async fn looks_list(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Look>, ServiceError> {
        self.require(actor, cluster.id, Action::MoneyRead(member)).await?;
        let (cluster, limit) = (cluster.id, limit.clamp(1, PAGE_MAX));
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let mut names: BTreeMap<UserId, String> = BTreeMap::new();
                    let mut looks = Vec::new();
                    for line in tx.audit_looks(cluster, member, before, limit).await? {
                        let Some(user) = line.user else { continue };
                        let name = match names.get(&user) {
                            Some(name) => name.clone(),
                            None => tx.user(user).await?.map(|row| row.name).unwrap_or_default(),
                        };
                        names.insert(user, name.clone());
                        looks.push(look(line, name));
                    }
                    Ok(looks)
                })
            })
            .await
    }
}

fn look(line: AuditRow, who: String) -> Look {
    let roles = line.roles.split(',').filter_map(|role| Role::parse(role).ok()).collect();
    let is_operator = line.roles.split(',').any(|role| role == "operator");
    Look { id: line.id, who, roles, is_operator, action: line.action, at: line.occurred_at }
}
