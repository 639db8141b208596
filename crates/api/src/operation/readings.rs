//! Readings come in: thousands in a request, each taken or refused with its reason.

use crate::answer::Done;
use crate::caller::Caller;
use crate::input::{Body, LIST_BODY_MAX, Path};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use metering::validate::RowValues;
use quantity::Instant;
use serde::{Deserialize, Serialize};
use service::ImportOptions;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most rows of a request.
const ROWS_MAX: usize = 10_000;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(readings_append))
}

/// Energy of one meter in one interval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadingCreate {
    /// Serial number of the meter.
    #[schema(max_length = 64)]
    meter: String,
    /// Start of the interval, on a full step of the cluster.
    start_at: i64,
    /// Energy used.
    consumption_wh: i64,
    /// Energy generated; 0 when it is left out.
    #[serde(default)]
    generation_wh: i64,
    /// When the meter's message arrived, where it was kept before it was sent here.
    received_at: Option<i64>,
}

/// What became of the rows.
#[derive(Debug, Serialize, ToSchema)]
struct ReadingsReport {
    /// Rows sent.
    rows: u64,
    /// The first of their meter and interval.
    accepted: u64,
    /// There already.
    duplicates: u64,
    /// Another value than before: a new version.
    corrected: u64,
    /// Took the place of an estimate.
    replaced_estimates: u64,
    /// Arrived after the grace time; taken all the same.
    late: u64,
    /// Every refused row with its reason.
    refused: Vec<RefusedReading>,
}

/// A refused row.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedReading {
    /// Place in the list, from 0.
    index: u64,
    /// The meter as sent.
    meter: String,
    /// The stable code.
    code: &'static str,
    /// For the developer, in English.
    detail: String,
}

/// Takes up to 10,000 readings. A refused row leaves the others alone; the same rows again change nothing.
#[utoipa::path(
    post, path = "/readings/{cluster}", tag = "readings", operation_id = "readings_append",
    request_body(content = Vec<ReadingCreate>, content_type = "application/json"),
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = ReadingsReport))
)]
async fn readings_append(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(rows): Body<Vec<ReadingCreate>, LIST_BODY_MAX>,
) -> Result<Done<ReadingsReport>, Problem> {
    if rows.len() > ROWS_MAX {
        return Err(Problem::new("rows_too_many", format!("a request has at most {ROWS_MAX} rows, this one has {}", rows.len())));
    }
    let cluster = api.cluster(&code).await?;
    let values: Vec<RowValues<'_>> = rows
        .iter()
        .map(|row| RowValues {
            meter_id: &row.meter,
            start: Instant(row.start_at),
            consumption: row.consumption_wh,
            generation: row.generation_wh,
            received_at: row.received_at.map(Instant),
        })
        .collect();
    let mut refused = Vec::new();
    let options = ImportOptions { name: "api".to_owned(), is_live: true };
    let report = api
        .service()
        .readings_append(caller.actor, &cluster, &values, options, |row| {
            refused.push(RefusedReading {
                index: row.line.saturating_sub(1),
                code: row.reason.code(),
                detail: row.reason.to_string(),
                meter: row.meter_id,
            });
        })
        .await?;
    let metering::ImportReport { rows, accepted, duplicates, corrected, replaced_estimates, late, .. } = report;
    Ok(Done(StatusCode::OK, ReadingsReport { rows, accepted, duplicates, corrected, replaced_estimates, late, refused }))
}
