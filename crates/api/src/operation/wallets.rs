//! A member's money, and payments from member to member: one, or thousands in a request.

use crate::answer::{Done, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, LIST_BODY_MAX, Path, member_no};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ClusterId, MemberNo, Role, UserId};
use quantity::Ngwee;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use service::policy::Action;
use service::{PAYMENTS_MAX, PaymentKeys, PaymentOutcome, PaymentRefusal, WalletPayment};
use std::fmt;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(wallet_list)).routes(routes!(wallet_pay))
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
