//! A member's money, payments from member to member (one, or thousands in a request), and cash that comes in and goes out.

use crate::answer::{Done, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, LIST_BODY_MAX, Path, Query, member_no};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ClusterId, MemberNo, PayoutNo, Role, UserId};
use quantity::Ngwee;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use service::policy::Action;
use service::{PAYMENTS_MAX, PaymentKeys, PaymentOutcome, PaymentRefusal, WalletPayment};
use std::fmt;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(wallet_list))
        .routes(routes!(wallet_pay))
        .routes(routes!(cash_list, cash_receive))
        .routes(routes!(payout_list, payout_ask))
        .routes(routes!(payout_confirm))
        .routes(routes!(payout_cancel))
}

/// The wallets the caller acts for in a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct Wallets {
    items: Vec<Wallet>,
}

/// What a wallet holds.
#[derive(Debug, Serialize, ToSchema)]
struct Wallet {
    /// Whose it is.
    member_no: i64,
    /// Booked in, less booked out.
    posted_ngwee: i64,
    /// Held for payments that are not booked yet.
    pending_ngwee: i64,
    /// What may be spent now.
    available_ngwee: i64,
}

/// A payment from one member's wallet into another's.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Payment {
    /// Who pays: a member the caller acts for.
    #[schema(minimum = 1)]
    from_member: i64,
    /// Who is paid.
    #[schema(minimum = 1)]
    to_member: i64,
    /// How much.
    #[schema(minimum = 1)]
    amount_ngwee: i64,
}

/// One payment, or a list of up to 4,096. The payments of a list succeed or fail each for itself.
#[derive(Debug)]
enum Payments {
    /// One.
    One(Payment),
    /// Many.
    Many(Vec<Payment>),
}

impl PartialSchema for Payments {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name("Payment");
        let many = ArrayBuilder::new().items(one()).max_items(Some(PAYMENTS_MAX)).build();
        let about = "One payment, or a list of up to 4,096. The payments of a list succeed or fail each for itself.";
        OneOfBuilder::new().item(one()).item(many).description(Some(about)).into()
    }
}

impl ToSchema for Payments {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("Payment".to_owned(), Payment::schema()));
    }
}

impl<'de> Deserialize<'de> for Payments {
    /// By the first character: nothing is read twice, and a wrong field is named.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Payments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a payment or a list of payments")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Payments, A::Error> {
                Payment::deserialize(MapAccessDeserializer::new(map)).map(Payments::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Payments, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Payments::Many)
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// A payment that is in the ledger and on disk.
#[derive(Debug, Serialize, ToSchema)]
struct Paid {
    /// Its number in the cluster's ledger.
    transfer_no: i64,
    /// Whether an earlier request with the same key paid it.
    is_repeat: bool,
}

/// What became of each payment of a list, in order.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentResults {
    items: Vec<PaymentResult>,
}

/// What became of one payment: `transfer_no` when it is paid, `code` when it was refused and no money moved.
#[derive(Debug, Default, Serialize, ToSchema)]
struct PaymentResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_no: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_repeat: Option<bool>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl From<PaymentOutcome> for PaymentResult {
    fn from(outcome: PaymentOutcome) -> Self {
        match outcome {
            PaymentOutcome::Paid { transfer, is_repeat } => Self { transfer_no: Some(transfer.get()), is_repeat: Some(is_repeat), code: None },
            PaymentOutcome::Refused(refusal) => Self { code: Some(refusal.code()), ..Self::default() },
        }
    }
}

/// Cash that an officer took from a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CashReceive {
    /// Who paid.
    #[schema(minimum = 1)]
    member_no: i64,
    /// How much, K50,000 at most.
    #[schema(minimum = 1, maximum = 5000000)]
    amount_ngwee: i64,
    /// The number on the paper receipt, 1 to 40 characters; each is written down once in a cluster.
    #[schema(max_length = 160)]
    reference: String,
}

/// What became of the cash.
#[derive(Debug, Serialize, ToSchema)]
struct CashReceived {
    /// Number of the entry in the cluster.
    receipt_no: i64,
    /// What of it paid a debt.
    debt_paid_ngwee: i64,
    /// What of it went into the wallet.
    wallet_ngwee: i64,
}

/// Cash that was written down, the newest first, 100 at most.
#[derive(Debug, Serialize, ToSchema)]
struct CashEntries {
    items: Vec<CashEntry>,
}

/// Cash that was written down.
#[derive(Debug, Serialize, ToSchema)]
struct CashEntry {
    receipt_no: i64,
    /// Who paid.
    member_no: i64,
    amount_ngwee: i64,
    /// What of it paid a debt.
    debt_paid_ngwee: i64,
    /// The number on the paper receipt.
    reference: String,
    /// Who wrote it down; absent when the program did.
    #[serde(skip_serializing_if = "Option::is_none")]
    received_by: Option<String>,
    received_at: i64,
}

/// Money of a wallet that is wanted in cash.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayoutAsk {
    /// Whose wallet: a member the caller acts for.
    #[schema(minimum = 1)]
    member_no: i64,
    /// How much, K50,000 at most.
    #[schema(minimum = 1, maximum = 5000000)]
    amount_ngwee: i64,
}

/// Whose payout it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayoutCancel {
    #[schema(minimum = 1)]
    member_no: i64,
}

/// Payouts, 100 at most.
#[derive(Debug, Serialize, ToSchema)]
struct Payouts {
    items: Vec<Payout>,
}

/// Money of a wallet that is wanted in cash.
#[derive(Debug, Serialize, ToSchema)]
struct Payout {
    payout_no: i64,
    member_no: i64,
    /// The member's name as others see it.
    alias: String,
    amount_ngwee: i64,
    /// `open`, `paid`, `cancelled` or `expired`.
    state: &'static str,
    asked_at: i64,
    /// From then on it can no longer be confirmed.
    expires_at: i64,
    /// When it was paid, cancelled or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
}

impl From<service::Payout> for Payout {
    fn from(service::Payout { row, alias }: service::Payout) -> Self {
        Self {
            payout_no: row.no.get(),
            member_no: row.member.get(),
            alias,
            amount_ngwee: row.amount.0,
            state: row.state.as_str(),
            asked_at: row.asked_at.0,
            expires_at: row.expires_at.0,
            ended_at: row.ended_at.map(|at| at.0),
        }
    }
}

/// Of whom payouts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PayoutQuery {
    /// The last payouts of this member, the newest first. Without it: all that wait for an officer, the oldest first.
    #[param(minimum = 1)]
    member: Option<i64>,
}

/// The caller's own wallets in a cluster.
#[utoipa::path(
    get, path = "/wallets/{cluster}", tag = "wallets", operation_id = "wallet_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Wallets))
)]
async fn wallet_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Wallets>, Problem> {
    let cluster = api.cluster_id(&code).await?;
    let standing = api.service().require(caller.actor, cluster, Action::ClusterRead).await?;
    let mut items = Vec::new();
    for &(member, _) in standing.roles.iter().filter(|(_, role)| *role == Role::Member) {
        let balance = api.service().wallet_balance(cluster, member).await?;
        let (posted_ngwee, pending_ngwee, available_ngwee) = (balance.posted.0, balance.pending.0, balance.available.0);
        items.push(Wallet { member_no: member.get(), posted_ngwee, pending_ngwee, available_ngwee });
    }
    Ok(Read(Wallets { items }))
}

/// Pays from a wallet of the caller's into others of the same cluster.
///
/// When the answer comes, the payment is on disk. The same key with the same body again is the same payment; one payment that is refused
/// answers with its problem, a list answers 200 with an outcome for each.
#[utoipa::path(
    post, path = "/wallets/{cluster}/transfers", tag = "wallets", operation_id = "wallet_pay", request_body = Payments,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = Paid, description = "One payment, booked."), (status = 200, body = PaymentResults, description = "A list."))
)]
async fn wallet_pay(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(payments): Body<Payments, LIST_BODY_MAX>,
) -> Result<Response, Problem> {
    let user = caller.user()?;
    let cluster = api.cluster_id(&code).await?;
    let keys = PaymentKeys::new(user.get(), key.as_str());
    match payments {
        Payments::One(payment) => {
            let outcomes = pay(&api, caller, user, cluster, keys, (0, &[payment])).await?;
            match outcomes.first() {
                Some(&PaymentOutcome::Paid { transfer, is_repeat }) => {
                    Ok(Done(StatusCode::CREATED, Paid { transfer_no: transfer.get(), is_repeat }).into_response())
                }
                Some(&PaymentOutcome::Refused(refusal)) => Err(refused(refusal)),
                None => Err(Problem::new("failed_inside", "the payment has no outcome")),
            }
        }
        Payments::Many(payments) => {
            if payments.len() > PAYMENTS_MAX {
                return Err(Problem::new("payments_too_many", format!("a request has at most {PAYMENTS_MAX} payments")));
            }
            let (mut items, mut from) = (Vec::with_capacity(payments.len()), 0);
            for of_one in payments.chunk_by(|a, b| a.from_member == b.from_member) {
                items.extend(pay(&api, caller, user, cluster, keys, (from, of_one)).await?.into_iter().map(PaymentResult::from));
                from += u32::try_from(of_one.len()).unwrap_or(u32::MAX);
            }
            Ok(Done(StatusCode::OK, PaymentResults { items }).into_response())
        }
    }
}

/// Pays for one member; `from` is the place of the first payment in the request.
async fn pay(
    api: &Api,
    caller: Caller,
    user: UserId,
    cluster: ClusterId,
    keys: PaymentKeys,
    (from, payments): (u32, &[Payment]),
) -> Result<Vec<PaymentOutcome>, Problem> {
    let Some(first) = payments.first() else { return Ok(Vec::new()) };
    let payer = member_no(first.from_member)?;
    api.service().require(caller.actor, cluster, Action::Pay(payer)).await?;
    let payment = |(row, payment): (u32, &Payment)| {
        let to: MemberNo = member_no(payment.to_member)?;
        Ok(WalletPayment { key: keys.of(row), to, amount: Ngwee(payment.amount_ngwee) })
    };
    let wanted = (from..).zip(payments).map(payment).collect::<Result<Vec<_>, Problem>>()?;
    Ok(api.service().wallet_pay(cluster, payer, user.get(), wanted).await?)
}

fn refused(refusal: PaymentRefusal) -> Problem {
    Problem::new(refusal.code(), refusal.to_string())
}

/// Cash that officers wrote down, the newest first.
#[utoipa::path(
    get, path = "/wallets/{cluster}/receipts", tag = "wallets", operation_id = "cash_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = CashEntries))
)]
async fn cash_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<CashEntries>, Problem> {
    let cluster = api.cluster(&code).await?;
    let rows = api.service().cash_list(caller.actor, &cluster).await?;
    let entry = |row: store::tables::ReceiptRow| CashEntry {
        receipt_no: row.no.get(),
        member_no: row.member.get(),
        amount_ngwee: row.amount.0,
        debt_paid_ngwee: row.debt.0,
        reference: row.reference,
        received_by: (row.received_by > 0).then(|| row.received_by.to_string()),
        received_at: row.received_at.0,
    };
    Ok(Read(CashEntries { items: rows.into_iter().map(entry).collect() }))
}

/// Writes down cash that an officer really took from a member: it pays what the member owes, the rest goes into the wallet.
///
/// Not for one's own household (`own_household`), unless the operator is the only one who could. A member who has left pays what is owed.
#[utoipa::path(
    post, path = "/wallets/{cluster}/receipts", tag = "wallets", operation_id = "cash_receive", request_body = CashReceive,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = CashReceived))
)]
async fn cash_receive(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(body): Body<CashReceive>,
) -> Result<Done<CashReceived>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(body.member_no)?);
    let key = key.of(user, "cash_receive", 0);
    let got = api.service().cash_receive(caller.actor, &cluster, member, Ngwee(body.amount_ngwee), &body.reference, key).await?;
    let received = CashReceived { receipt_no: got.receipt.get(), debt_paid_ngwee: got.debt.0, wallet_ngwee: got.wallet.0 };
    Ok(Done(StatusCode::CREATED, received))
}

/// Payouts: those that wait, for officers; or the last ones of a member.
#[utoipa::path(
    get, path = "/wallets/{cluster}/payouts", tag = "wallets", operation_id = "payout_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), PayoutQuery), responses((status = 200, body = Payouts))
)]
async fn payout_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<PayoutQuery>,
) -> Result<Read<Payouts>, Problem> {
    let cluster = api.cluster(&code).await?;
    let member = query.member.map(member_no).transpose()?;
    let found = api.service().payout_list(caller.actor, &cluster, member).await?;
    Ok(Read(Payouts { items: found.into_iter().map(Payout::from).collect() }))
}

/// Asks for money of a wallet in cash. It is held until an officer confirms having handed it over, for 14 days at most.
///
/// What the member owes stays in the wallet. Also for a member who has left.
#[utoipa::path(
    post, path = "/wallets/{cluster}/payouts", tag = "wallets", operation_id = "payout_ask", request_body = PayoutAsk,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = Payout))
)]
async fn payout_ask(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(body): Body<PayoutAsk>,
) -> Result<Done<Payout>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(body.member_no)?);
    let key = key.of(user, "payout_ask", 0);
    let asked = api.service().payout_ask(caller.actor, &cluster, member, Ngwee(body.amount_ngwee), key).await?;
    Ok(Done(StatusCode::CREATED, asked.into()))
}

/// Confirms that the caller has handed over the cash of a payout: the money leaves the wallet. The same call again changes nothing.
#[utoipa::path(
    post, path = "/wallets/{cluster}/payouts/{no}/confirm", tag = "wallets", operation_id = "payout_confirm",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the payout.")),
    responses((status = 200, body = Payout))
)]
async fn payout_confirm(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Done<Payout>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let paid = api.service().payout_confirm(caller.actor, &cluster, payout_no(no)?).await?;
    Ok(Done(StatusCode::OK, paid.into()))
}

/// Takes a payout back, as the member or as an officer: the money is free again. The same call again changes nothing.
#[utoipa::path(
    post, path = "/wallets/{cluster}/payouts/{no}/cancel", tag = "wallets", operation_id = "payout_cancel", request_body = PayoutCancel,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the payout.")),
    responses((status = 200, body = Payout))
)]
async fn payout_cancel(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<PayoutCancel>,
) -> Result<Done<Payout>, Problem> {
    caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(body.member_no)?);
    let cancelled = api.service().payout_cancel(caller.actor, &cluster, member, payout_no(no)?).await?;
    Ok(Done(StatusCode::OK, cancelled.into()))
}

fn payout_no(no: i64) -> Result<PayoutNo, Problem> {
    PayoutNo::new(no).map_err(|_| Problem::new("payout_unknown", format!("there is no payout {no}")))
}
