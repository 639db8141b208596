//! Accounts, transfers and the log that proves them.

use crate::answer::{Page, PageQuery, Paged, Read};
use crate::caller::Caller;
use crate::input::{Path, Query};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{hex, on};
use axum::extract::State;
use ledger::{Account, Transfer, TransferKind, TransferStatus};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(account_list)).routes(routes!(transfer_list)).routes(routes!(log_head))
}

/// All accounts of a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct Accounts {
    items: Vec<LedgerAccount>,
}

/// An account. Sums are in the smallest unit of its currency: ngwee, Wh, g.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerAccount {
    account_no: i64,
    /// `zmw`, `energy_wh` or `carbon_g`.
    currency: &'static str,
    /// What it is for.
    code: &'static str,
    /// Whose it is; absent for the cluster's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_no: Option<i64>,
    /// How far it may go.
    limit: &'static str,
    is_closed: bool,
    debits_pending: i64,
    debits_posted: i64,
    credits_pending: i64,
    credits_posted: i64,
    /// Credits less debits, posted.
    balance: i64,
}

/// A transfer, never edited.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerTransfer {
    /// Number in the cluster, from 1 without gaps.
    transfer_no: i64,
    /// Position in the cluster's log.
    leaf_no: i64,
    debit_account_no: i64,
    credit_account_no: i64,
    /// In the smallest unit of the currency.
    amount: i64,
    currency: &'static str,
    /// What it is about.
    code: &'static str,
    /// `posted`, `pending`, `post`, `void` or `reversal`.
    kind: &'static str,
    /// The transfer it posts, voids or reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_transfer_no: Option<i64>,
    /// What has happened to it since: `open` (nothing), `posted`, `voided` or `reversed`.
    state: &'static str,
    /// The event behind it.
    cause: &'static str,
    business_on: String,
    booked_at: i64,
}

/// The head of a cluster's log (RFC 6962): keep it, and a changed past shows.
#[derive(Debug, Serialize, ToSchema)]
struct LogHead {
    /// Leaves so far: transfers and sealed intervals.
    size: u64,
    /// Root of the tree over them, in hexadecimal digits.
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_booked_at: Option<i64>,
}

/// All accounts with their sums.
#[utoipa::path(
    get, path = "/ledger/{cluster}/accounts", tag = "ledger", operation_id = "account_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Accounts))
)]
async fn account_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Accounts>, Problem> {
    let cluster = api.cluster_id(&code).await?;
    let accounts = api.service().account_list(caller.actor, cluster).await?;
    Ok(Read(Accounts { items: accounts.iter().map(account).collect() }))
}

/// Transfers by number.
#[utoipa::path(
    get, path = "/ledger/{cluster}/transfers", tag = "ledger", operation_id = "transfer_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<LedgerTransfer>))
)]
async fn transfer_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Paged<LedgerTransfer>, Problem> {
    let cluster = api.cluster_id(&code).await?;
    let (after, rows) = page.read()?;
    let transfers = api.service().transfer_list(caller.actor, cluster, after.unwrap_or(0), rows + 1).await?;
    let items = transfers.iter().map(|(transfer, status)| transfer_line(transfer, *status)).collect();
    Ok(Paged::new(Page::cut(items, rows, |row: &LedgerTransfer| row.transfer_no), &format!("/ledger/{code}/transfers"), rows))
}

/// How long the log is and what its root is.
#[utoipa::path(
    get, path = "/ledger/{cluster}/head", tag = "ledger", operation_id = "log_head",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = LogHead))
)]
async fn log_head(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<LogHead>, Problem> {
    let cluster = api.cluster_id(&code).await?;
    let head = api.service().log_head(caller.actor, cluster).await?;
    Ok(Read(LogHead { size: head.size, root: hex(&head.root), last_booked_at: head.last_booked_at.map(|at| at.0) }))
}

fn account(account: &Account) -> LedgerAccount {
    LedgerAccount {
        account_no: account.no.get(),
        currency: account.currency.as_str(),
        code: account.code.as_str(),
        member_no: account.member.map(domain::MemberNo::get),
        limit: account.limit.as_str(),
        is_closed: account.closed,
        debits_pending: account.debits_pending,
        debits_posted: account.debits_posted,
        credits_pending: account.credits_pending,
        credits_posted: account.credits_posted,
        balance: account.balance(),
    }
}

fn transfer_line(transfer: &Transfer, status: TransferStatus) -> LedgerTransfer {
    let (kind, of) = match transfer.kind {
        TransferKind::Posted => ("posted", None),
        TransferKind::Pending { .. } => ("pending", None),
        TransferKind::Post { pending } => ("post", Some(pending)),
        TransferKind::Void { pending } => ("void", Some(pending)),
        TransferKind::Reversal { of } => ("reversal", Some(of)),
    };
    LedgerTransfer {
        transfer_no: transfer.no.get(),
        leaf_no: transfer.leaf_no,
        debit_account_no: transfer.debit.get(),
        credit_account_no: transfer.credit.get(),
        amount: transfer.amount,
        currency: transfer.currency.as_str(),
        code: transfer.code.as_str(),
        kind,
        of_transfer_no: of.map(domain::TransferNo::get),
        state: match status {
            TransferStatus::Open => "open",
            TransferStatus::Posted => "posted",
            TransferStatus::Voided => "voided",
            TransferStatus::Reversed => "reversed",
        },
        cause: transfer.cause.kind.as_str(),
        business_on: on(transfer.business_on),
        booked_at: transfer.booked_at.0,
    }
}
