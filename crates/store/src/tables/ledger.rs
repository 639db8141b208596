//! The ledger of a cluster: accounts, transfers, refusals, and the head of its log.
//!
//! [`Tx::transfers_execute`] is the one way by which money moves: it loads what the commands refer to, lets `ledger::execute` decide,
//! and writes the outcome, all in multi-row statements. One command or four thousand take the same number of steps.

use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, SqlUpdate, StoreError, Tx, Value, sql};
use domain::{AccountNo, ClusterId, MemberNo, TransferNo};
use ledger::merkle::{Frontier, Hash};
use ledger::{
    Account, AccountCode, Books, BooksInit, Cause, CauseKind, Currency, IdempotencyKey, Limit, Outcome, PriorCommand, PriorOutcome, Refusal,
    Transfer, TransferCode, TransferCreate, TransferKind, TransferState, TransferStatus,
};
use quantity::{BusinessDay, Instant};

/// Where a cluster's log stands. Loaded under the cluster's turn, saved in the same unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerHead {
    /// The number of the next transfer.
    pub next_transfer_no: i64,
    /// The tree of all leaves so far.
    pub frontier: Frontier,
    /// The last closed business day.
    pub closed_until: Option<BusinessDay>,
    /// When the last transfer was booked.
    pub last_booked_at: Option<Instant>,
}

impl LedgerHead {
    /// The number of the next leaf.
    #[must_use]
    pub fn next_leaf_no(&self) -> i64 {
        i64::try_from(self.frontier.size()).unwrap_or(i64::MAX)
    }
}

/// A leaf of the log by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLeaf {
    /// Position from 0.
    pub leaf_no: i64,
    /// Hash.
    pub hash: Hash,
}

const HEAD: Sql = sql!("SELECT next_transfer_no, frontier, closed_until, last_booked_at FROM ledger_head WHERE cluster_id = $1");
const ROOT: Sql = sql!("SELECT root FROM ledger_head WHERE cluster_id = $1");
const HEAD_PUT: Sql = sql!(
    "INSERT INTO ledger_head (cluster_id, next_transfer_no, frontier, root, closed_until, last_booked_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (cluster_id) DO UPDATE SET next_transfer_no = excluded.next_transfer_no, frontier = excluded.frontier, root = excluded.root,
        closed_until = excluded.closed_until, last_booked_at = excluded.last_booked_at"
);
static ACCOUNT_PUT: SqlBatch = SqlBatch::new(
    "account",
    &[
        Column::int("cluster_id"),
        Column::int("account_no"),
        Column::int("currency"),
        Column::int("code"),
        Column::int("member_no"),
        Column::int("limit_kind"),
        Column::flag("is_closed"),
        Column::int("debits_pending"),
        Column::int("debits_posted"),
        Column::int("credits_pending"),
        Column::int("credits_posted"),
    ],
    "ON CONFLICT (cluster_id, account_no) DO UPDATE SET is_closed = excluded.is_closed, debits_pending = excluded.debits_pending,
        debits_posted = excluded.debits_posted, credits_pending = excluded.credits_pending, credits_posted = excluded.credits_posted",
);
static ACCOUNT_SUMS: SqlUpdate = SqlUpdate::new(
    "account",
    "cluster_id",
    &[
        Column::int("account_no"),
        Column::int("debits_pending"),
        Column::int("debits_posted"),
        Column::int("credits_pending"),
        Column::int("credits_posted"),
    ],
);
const ACCOUNTS: Sql = sql!(
    "SELECT account_no, currency, code, member_no, limit_kind, is_closed, debits_pending, debits_posted, credits_pending, credits_posted
     FROM account WHERE cluster_id = $1 ORDER BY account_no"
);
static ACCOUNT_FIND: SqlIn = SqlIn::new(
    sql!(
        "SELECT account_no, currency, code, member_no, limit_kind, is_closed, debits_pending, debits_posted, credits_pending, credits_posted
         FROM account WHERE cluster_id = $1 AND account_no"
    ),
    "",
);
static TRANSFER_INSERT: SqlBatch = SqlBatch::new(
    "transfer",
    &[
        Column::int("cluster_id"),
        Column::int("transfer_no"),
        Column::int("leaf_no"),
        Column::int("debit"),
        Column::int("credit"),
        Column::int("amount"),
        Column::int("currency"),
        Column::int("code"),
        Column::int("kind"),
        Column::int("argument"),
        Column::int("cause_kind"),
        Column::int("cause_a"),
        Column::int("cause_b"),
        Column::int("key_high"),
        Column::int("key_low"),
        Column::int("business_on"),
        Column::int("booked_at"),
        Column::int("actor"),
        Column::flag("linked"),
        Column::int("status"),
    ],
    "",
);
static BY_KEY: SqlIn = SqlIn::new(
    sql!(
        "SELECT transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind, cause_a, cause_b, key_high, key_low,
            business_on, booked_at, actor, linked, status FROM transfer WHERE cluster_id = $1 AND key_high"
    ),
    "",
);
static REFUSED_BY_KEY: SqlIn =
    SqlIn::new(sql!("SELECT key_high, key_low, digest, refusal FROM transfer_refusal WHERE cluster_id = $1 AND key_high"), "");
const ANY_REFUSAL: Sql = sql!("SELECT 1 FROM transfer_refusal WHERE cluster_id = $1 LIMIT 1");
/// Keys that are looked for among the refusals without asking first whether there are any.
const LOOKS_MAX: usize = 4;
static BY_NO: SqlIn = SqlIn::new(
    sql!(
        "SELECT transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind, cause_a, cause_b, key_high, key_low,
            business_on, booked_at, actor, linked, status FROM transfer WHERE cluster_id = $1 AND transfer_no"
    ),
    "",
);
const PAGE: Sql = sql!(
    "SELECT transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind, cause_a, cause_b, key_high, key_low,
        business_on, booked_at, actor, linked, status FROM transfer WHERE cluster_id = $1 AND transfer_no > $2 ORDER BY transfer_no LIMIT $3"
);
const OF_ACCOUNTS: Sql = sql!(
    "SELECT transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind, cause_a, cause_b, key_high, key_low,
        business_on, booked_at, actor, linked, status FROM transfer
     WHERE cluster_id = $1 AND business_on >= $2 AND business_on < $3 AND (debit = $4 OR credit = $4 OR debit = $5 OR credit = $5) ORDER BY transfer_no"
);
const SPAN: Sql = sql!("SELECT MIN(transfer_no), MAX(transfer_no) FROM transfer WHERE cluster_id = $1 AND business_on >= $2 AND business_on < $3");
static STATUS: SqlUpdate = SqlUpdate::new("transfer", "cluster_id", &[Column::int("transfer_no"), Column::int("status")]);
static REFUSAL_INSERT: SqlBatch = SqlBatch::new(
    "transfer_refusal",
    &[Column::int("cluster_id"), Column::int("key_high"), Column::int("key_low"), Column::bytes("digest"), Column::int("refusal")],
    "ON CONFLICT (cluster_id, key_high, key_low) DO NOTHING",
);

impl Tx<'_> {
    /// Takes the cluster's turn and loads where its log stands; a new cluster starts at the beginning.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn ledger_head(&mut self, cluster: ClusterId) -> Result<LedgerHead> {
        self.cluster_turn(cluster).await?;
        let head = self.ledger_head_find(cluster).await?;
        Ok(head.unwrap_or_else(|| LedgerHead { next_transfer_no: 1, frontier: Frontier::new(), closed_until: None, last_booked_at: None }))
    }

    /// Where the cluster's log stands, to be looked at; `None` before anything was logged.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn ledger_head_find(&mut self, cluster: ClusterId) -> Result<Option<LedgerHead>> {
        self.query_opt(&HEAD, &[cluster.into()], |row| {
            Ok(LedgerHead {
                next_transfer_no: row.int(0)?,
                frontier: Frontier::from_bytes(row.bytes(1)?).map_err(|error| StoreError::corrupt("ledger_head.frontier", error))?,
                closed_until: super::opt_day_at(row, 2)?,
                last_booked_at: row.opt_int(3)?.map(Instant),
            })
        })
        .await
    }

    /// Saves where the log stands.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn ledger_head_put(&mut self, cluster: ClusterId, head: &LedgerHead) -> Result<()> {
        let (frontier, root) = (head.frontier.to_bytes(), head.frontier.root());
        let values = [
            cluster.into(),
            head.next_transfer_no.into(),
            Value::Bytes(&frontier),
            Value::Bytes(&root),
            head.closed_until.map_or(Value::Null, |day| day.0.into()),
            head.last_booked_at.map_or(Value::Null, Value::from),
        ];
        self.exec(&HEAD_PUT, &values).await.map(|_| ())
    }

    /// The root of the cluster's log as stored.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn ledger_root(&mut self, cluster: ClusterId) -> Result<Option<Hash>> {
        self.query_opt(&ROOT, &[cluster.into()], |row| {
            row.bytes(0)?.try_into().map_err(|_| StoreError::corrupt("ledger_head.root", "of another length"))
        })
        .await
    }

    /// Opens accounts, or writes their sums.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn account_put(&mut self, cluster: ClusterId, accounts: &[Account]) -> Result<()> {
        let mut values = Vec::with_capacity(accounts.len() * 11);
        accounts.iter().for_each(|account| account_values(cluster, account, &mut values));
        self.insert_many(&ACCOUNT_PUT, &values).await.map(|_| ())
    }

    /// All accounts of a cluster, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn account_list(&mut self, cluster: ClusterId) -> Result<Vec<Account>> {
        self.query(&ACCOUNTS, &[cluster.into()], account_row).await
    }

    /// The accounts with these numbers, in no order; a number without an account is left out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn account_find(&mut self, cluster: ClusterId, numbers: &[AccountNo]) -> Result<Vec<Account>> {
        let numbers: Vec<i64> = numbers.iter().map(|no| no.get()).collect();
        self.query_in(&ACCOUNT_FIND, &[cluster.into()], &numbers, account_row).await
    }

    /// The transfers that were booked under these keys, in no order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn transfers_by_key(&mut self, cluster: ClusterId, keys: &[IdempotencyKey]) -> Result<Vec<Transfer>> {
        let (wanted, highs) = sorted_keys(keys);
        let found = self.query_in(&BY_KEY, &[cluster.into()], &highs, transfer_row).await?;
        Ok(found.into_iter().map(|(transfer, _)| transfer).filter(|transfer| wanted.binary_search(&transfer.key).is_ok()).collect())
    }

    /// The commands that were refused under these keys, in no order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn refusals_by_key(&mut self, cluster: ClusterId, keys: &[IdempotencyKey]) -> Result<Vec<PriorCommand>> {
        let (wanted, highs) = sorted_keys(keys);
        let mut found = self.query_in(&REFUSED_BY_KEY, &[cluster.into()], &highs, refusal_row).await?;
        found.retain(|prior| wanted.binary_search(&prior.key).is_ok());
        Ok(found)
    }

    /// Decides and books commands of one cluster, in order: see [`ledger::execute`]. One refused command refuses only itself.
    /// When the unit returns, what was booked is on disk with its leaves in the log.
    ///
    /// # Errors
    /// What the engine says; a refusal is an [`Outcome`], not an error.
    pub async fn transfers_execute(&mut self, cluster: ClusterId, now: Instant, commands: &[TransferCreate]) -> Result<Vec<Outcome>> {
        let mut head = self.ledger_head(cluster).await?;
        let outcomes = self.transfers_execute_at(cluster, &mut head, now, commands).await?;
        self.ledger_head_put(cluster, &head).await?;
        Ok(outcomes)
    }

    /// As [`Tx::transfers_execute`], for a unit that holds the head and saves it itself.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn transfers_execute_at(
        &mut self,
        cluster: ClusterId,
        head: &mut LedgerHead,
        now: Instant,
        commands: &[TransferCreate],
    ) -> Result<Vec<Outcome>> {
        let mut books = self.books_load(cluster, head, commands).await?;
        let mut outcomes = Vec::with_capacity(commands.len());
        ledger::execute(&mut books, now, commands, &mut outcomes);
        self.books_save(cluster, head, &books).await?;
        Ok(outcomes)
    }

    async fn books_load(&mut self, cluster: ClusterId, head: &LedgerHead, commands: &[TransferCreate]) -> Result<Books> {
        let references = ledger::references(commands);
        let mut books = Books::new(BooksInit {
            next_transfer_no: head.next_transfer_no,
            next_leaf_no: head.next_leaf_no(),
            closed_until: head.closed_until,
            last_booked_at: head.last_booked_at,
        });
        let id = [cluster.into()];
        let accounts: Vec<i64> = references.accounts.iter().map(|no| no.get()).collect();
        for account in self.query_in(&ACCOUNT_FIND, &id, &accounts, account_row).await? {
            books.add_account(account);
        }
        let mut highs: Vec<i64> = references.keys.iter().map(|key| halves(*key).0).collect();
        highs.dedup();
        let is_asked = |key: &IdempotencyKey| references.keys.binary_search(key).is_ok();
        for (transfer, _) in self.query_in(&BY_KEY, &id, &highs, transfer_row).await? {
            if is_asked(&transfer.key) {
                books.add_prior(PriorCommand { key: transfer.key, digest: transfer.digest(), outcome: PriorOutcome::Transfer(transfer.no) });
            }
        }
        // Most clusters have hardly a refusal: one look spares a long list of them.
        let has_refusals = highs.len() <= LOOKS_MAX || self.query_opt(&ANY_REFUSAL, &id, |_| Ok(())).await?.is_some();
        if has_refusals {
            for prior in self.query_in(&REFUSED_BY_KEY, &id, &highs, refusal_row).await? {
                if is_asked(&prior.key) {
                    books.add_prior(prior);
                }
            }
        }
        let earlier: Vec<i64> = references.transfers.iter().map(|no| no.get()).collect();
        if !earlier.is_empty() {
            for (transfer, status) in self.query_in(&BY_NO, &id, &earlier, transfer_row).await? {
                books.add_transfer(TransferState { status, ..TransferState::open(&transfer) });
            }
        }
        Ok(books)
    }

    async fn books_save(&mut self, cluster: ClusterId, head: &mut LedgerHead, books: &Books) -> Result<()> {
        let transfers = books.new_transfers();
        let mut values = Vec::with_capacity(transfers.len() * 20);
        let mut scratch = Vec::with_capacity(128);
        for transfer in transfers {
            head.frontier.append(transfer.leaf_hash(cluster, &mut scratch));
            transfer_values(cluster, transfer, &mut values);
        }
        self.insert_many(&TRANSFER_INSERT, &values).await?;
        values.clear();
        let mut touched: Vec<&Account> = books.touched_accounts().collect();
        touched.sort_unstable_by_key(|account| account.no);
        let count = touched.len() as u64;
        for account in touched {
            let sums = [account.debits_pending, account.debits_posted, account.credits_pending, account.credits_posted];
            values.push(account.no.get().into());
            values.extend(sums.map(Value::from));
        }
        let written = self.update_many(&ACCOUNT_SUMS, cluster.into(), &values).await?;
        if written != count {
            return Err(StoreError::corrupt("account", format!("{written} rows for {count} accounts of cluster {cluster}")));
        }
        let settled = books.settled_pendings().iter().flat_map(|settled| [settled.no.into(), settled.status.number().into()]);
        let settled: Vec<Value<'_>> = settled.collect();
        self.update_many(&STATUS, cluster.into(), &settled).await?;
        let refused = books.new_refusals();
        let mut values = Vec::with_capacity(refused.len() * 5);
        for refusal in refused {
            let (high, low) = halves(refusal.key);
            values.extend([Value::from(cluster), high.into(), low.into(), Value::Bytes(&refusal.digest), refusal.refusal.number().into()]);
        }
        self.insert_many(&REFUSAL_INSERT, &values).await?;
        let standing = books.standing();
        (head.next_transfer_no, head.last_booked_at) = (standing.next_transfer_no, standing.last_booked_at);
        Ok(())
    }

    /// Up to `limit` transfers after `after` with what became of them, by number: for reading a whole ledger in bounded memory.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn transfer_page(&mut self, cluster: ClusterId, after: i64, limit: u32) -> Result<Vec<(Transfer, TransferStatus)>> {
        self.query(&PAGE, &[cluster.into(), after.into(), limit.into()], transfer_row).await
    }

    /// The first and the last transfer with a business day in `[from, until)`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn transfer_span(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<Option<(i64, i64)>> {
        let values = [cluster.into(), from.0.into(), until.0.into()];
        self.query_one(&SPAN, &values, |row| Ok(row.opt_int(0)?.zip(row.opt_int(1)?))).await
    }

    /// Transfers with a business day in `[from, until)` that move one of two accounts, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn transfer_list_of(
        &mut self,
        cluster: ClusterId,
        from: BusinessDay,
        until: BusinessDay,
        accounts: [AccountNo; 2],
    ) -> Result<Vec<Transfer>> {
        let values = [cluster.into(), from.0.into(), until.0.into(), accounts[0].into(), accounts[1].into()];
        self.query(&OF_ACCOUNTS, &values, |row| transfer_row(row).map(|(transfer, _)| transfer)).await
    }
}

/// Keys in their order, and the halves to search them by.
fn sorted_keys(keys: &[IdempotencyKey]) -> (Vec<IdempotencyKey>, Vec<i64>) {
    let mut wanted = keys.to_vec();
    wanted.sort_unstable();
    let highs = wanted.iter().map(|key| halves(*key).0).collect();
    (wanted, highs)
}

/// A key as two halves that keep its order.
pub(super) fn halves(key: IdempotencyKey) -> (i64, i64) {
    let whole = u128::from_be_bytes(key.0);
    ((whole >> 64) as i64, whole as i64)
}

/// The key of two halves.
pub(super) fn whole(high: i64, low: i64) -> IdempotencyKey {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&high.to_be_bytes());
    key[8..].copy_from_slice(&low.to_be_bytes());
    IdempotencyKey(key)
}

fn account_values(cluster: ClusterId, account: &Account, values: &mut Vec<Value<'_>>) {
    values.extend([
        cluster.into(),
        account.no.get().into(),
        account.currency.number().into(),
        account.code.number().into(),
        account.member.map_or(Value::Null, |member| member.get().into()),
        account.limit.number().into(),
        account.closed.into(),
        account.debits_pending.into(),
        account.debits_posted.into(),
        account.credits_pending.into(),
        account.credits_posted.into(),
    ]);
}

fn transfer_values(cluster: ClusterId, transfer: &Transfer, values: &mut Vec<Value<'_>>) {
    let (high, low) = halves(transfer.key);
    values.extend([
        cluster.into(),
        transfer.no.get().into(),
        transfer.leaf_no.into(),
        transfer.debit.get().into(),
        transfer.credit.get().into(),
        transfer.amount.into(),
        transfer.currency.number().into(),
        transfer.code.number().into(),
        transfer.kind.number().into(),
        transfer.kind.argument().map_or(Value::Null, Value::from),
        transfer.cause.kind.number().into(),
        transfer.cause.a.into(),
        transfer.cause.b.into(),
        high.into(),
        low.into(),
        transfer.business_on.0.into(),
        transfer.booked_at.into(),
        transfer.actor.into(),
        transfer.linked.into(),
        TransferStatus::Open.number().into(),
    ]);
}

fn known<T>(column: &'static str, number: i64, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| StoreError::corrupt(column, number))
}

fn account_no(row: &Row<'_>, column: usize) -> Result<AccountNo> {
    AccountNo::new(row.int(column)?).map_err(|error| StoreError::corrupt("account_no", error))
}

fn account_row(row: &Row<'_>) -> Result<Account> {
    let (currency, code, limit) = (row.int(1)?, row.int(2)?, row.int(4)?);
    Ok(Account {
        no: account_no(row, 0)?,
        currency: known("account.currency", currency, Currency::from_number(currency))?,
        code: known("account.code", code, AccountCode::from_number(code))?,
        member: row.opt_int(3)?.map(MemberNo::new).transpose().map_err(|error| StoreError::corrupt("account.member_no", error))?,
        limit: known("account.limit_kind", limit, Limit::from_number(limit))?,
        closed: row.boolean(5)?,
        debits_pending: row.int(6)?,
        debits_posted: row.int(7)?,
        credits_pending: row.int(8)?,
        credits_posted: row.int(9)?,
    })
}

fn transfer_row(row: &Row<'_>) -> Result<(Transfer, TransferStatus)> {
    let (currency, code, kind, cause, status) = (row.int(5)?, row.int(6)?, row.int(7)?, row.int(9)?, row.int(18)?);
    let transfer = Transfer {
        no: TransferNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("transfer_no", error))?,
        leaf_no: row.int(1)?,
        debit: account_no(row, 2)?,
        credit: account_no(row, 3)?,
        amount: row.int(4)?,
        currency: known("transfer.currency", currency, Currency::from_number(currency))?,
        code: known("transfer.code", code, TransferCode::from_number(code))?,
        kind: known("transfer.kind", kind, TransferKind::from_parts(kind, row.opt_int(8)?))?,
        cause: Cause { kind: known("transfer.cause_kind", cause, CauseKind::from_number(cause))?, a: row.int(10)?, b: row.int(11)? },
        key: whole(row.int(12)?, row.int(13)?),
        business_on: super::day_at(row, 14)?,
        booked_at: Instant(row.int(15)?),
        actor: row.int(16)?,
        linked: row.boolean(17)?,
    };
    Ok((transfer, known("transfer.status", status, TransferStatus::from_number(status))?))
}

fn refusal_row(row: &Row<'_>) -> Result<PriorCommand> {
    let refusal = row.int(3)?;
    Ok(PriorCommand {
        key: whole(row.int(0)?, row.int(1)?),
        digest: row.bytes(2)?.try_into().map_err(|_| StoreError::corrupt("transfer_refusal.digest", "of another length"))?,
        outcome: PriorOutcome::Refused(known("transfer_refusal.refusal", refusal, Refusal::from_number(refusal))?),
    })
}
