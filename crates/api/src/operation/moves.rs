//! What a member's moves were, as one of the two clusters tells them.

use crate::answer::Read;
use crate::caller::Caller;
use crate::input::{Path, member_no};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{hex, on};
use axum::extract::State;
use domain::{MemberNo, MoveNo, TransferNo};
use serde::Serialize;
use service::{LegTold, MeterTold, MoveTold};
use store::tables::MoveDirection;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(member_moves))
}

/// A member's moves, by number.
#[derive(Debug, Serialize, ToSchema)]
struct MemberMoves {
    items: Vec<MemberMove>,
}

/// A move out of this cluster or into it.
#[derive(Debug, Serialize, ToSchema)]
struct MemberMove {
    /// Number of the move in this cluster.
    move_no: i64,
    /// `out` or `in`.
    direction: &'static str,
    /// `begun`, `moved` (money follows), `done` or `refused`.
    state: &'static str,
    /// The member in this cluster.
    member_no: i64,
    other: OtherSide,
    /// First day there (out) or here (in).
    moved_on: String,
    /// First day of the membership that ends or begins.
    period_from_on: String,
    /// The closing (out) or opening (in) statement; absent until money moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<MoveStatement>,
    /// Meters that went along.
    meters: Vec<MovedMeter>,
    /// Money that went along, with its transfers.
    carried: Vec<CarriedLeg>,
    /// Energy credits that went along.
    carried_wh: i64,
}

/// The other cluster of a move.
#[derive(Debug, Serialize, ToSchema)]
struct OtherSide {
    /// Its code.
    cluster: String,
    name: String,
    /// The member there; absent while it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_no: Option<i64>,
    /// Number of the move there.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_no: Option<i64>,
}

/// Sums at the moment when a membership closed or opened.
#[derive(Debug, Serialize, ToSchema)]
struct MoveStatement {
    /// In the wallet.
    wallet_ngwee: i64,
    /// Owed to the cluster (negative), or by it.
    receivable_ngwee: i64,
    /// Of that, what the cluster owed the member: its credit.
    credit_ngwee: i64,
    /// Put into the equipment.
    capital_ngwee: i64,
    /// Root of the cluster's log at that moment.
    log_root: String,
    stated_at: i64,
}

/// A meter that went along.
#[derive(Debug, Serialize, ToSchema)]
struct MovedMeter {
    /// Its number in this cluster.
    meter_no: i64,
    serial: String,
    /// First day here.
    from_on: String,
    /// First day no longer here; absent while it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<String>,
}

/// Money that went along.
#[derive(Debug, Serialize, ToSchema)]
struct CarriedLeg {
    /// Kind of account, the same on both sides.
    account: &'static str,
    amount_ngwee: i64,
    /// Whether the cluster that was left knows that it arrived.
    is_arrived: bool,
    /// The transfer in the cluster that was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    out_transfer_no: Option<i64>,
    /// The transfer in the cluster that was joined; absent while the money is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_transfer_no: Option<i64>,
}

/// A member's moves with their closing and opening statements.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/moves", tag = "members", operation_id = "member_moves",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = MemberMoves))
)]
async fn member_moves(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<MemberMoves>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let moves = api.service().member_moves(caller.actor, &cluster, member).await?;
    Ok(Read(MemberMoves { items: moves.iter().map(told).collect() }))
}

fn told(told: &MoveTold) -> MemberMove {
    let row = &told.row;
    let statement = row.statement.map(|statement| MoveStatement {
        wallet_ngwee: statement.wallet.0,
        receivable_ngwee: statement.receivable.0,
        credit_ngwee: told.credit().map_or(0, |credit| credit.0),
        capital_ngwee: statement.capital.0,
        log_root: hex(&statement.log_root),
        stated_at: statement.at.0,
    });
    MemberMove {
        move_no: row.no.get(),
        direction: if row.direction == MoveDirection::Out { "out" } else { "in" },
        state: row.state.as_str(),
        member_no: row.member.get(),
        other: OtherSide {
            cluster: told.other.code.to_string(),
            name: told.other.name.clone(),
            member_no: row.other_member.map(MemberNo::get),
            move_no: row.other_move.map(MoveNo::get),
        },
        moved_on: on(row.on),
        period_from_on: on(row.period_from),
        statement,
        meters: told.meters.iter().map(meter).collect(),
        carried: told.legs.iter().map(leg).collect(),
        carried_wh: told.energy.iter().map(|told| told.leg.amount.0).sum(),
    }
}

fn meter(meter: &MeterTold) -> MovedMeter {
    MovedMeter { meter_no: meter.no.get(), serial: meter.serial.clone(), from_on: on(meter.from), until_on: meter.until.map(on) }
}

fn leg(told: &LegTold) -> CarriedLeg {
    CarriedLeg {
        account: told.leg.account.as_str(),
        amount_ngwee: told.leg.amount.0,
        is_arrived: told.leg.is_arrived,
        out_transfer_no: told.out.map(TransferNo::get),
        in_transfer_no: told.arrived.map(TransferNo::get),
    }
}
