//! Avoided carbon: of a cluster, and of one of its members.

use crate::answer::Read;
use crate::caller::Caller;
use crate::input::{Path, Query, member_no, month};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use domain::Confidence;
use quantity::BusinessDay;
use serde::{Deserialize, Serialize};
use service::{CARBON_MONTHS_MAX, Carbon as Counted};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Months given when none is asked for.
const MONTHS: u32 = 12;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(carbon_read)).routes(routes!(member_carbon_read))
}

/// Avoided carbon: an estimate by one named method, never a certificate, and nothing to sell.
#[derive(Debug, Serialize, ToSchema)]
struct Carbon {
    /// `grid_average`, `combined_margin` or `diesel`: one method for the whole answer.
    method: &'static str,
    /// Sum over the months.
    avoided_g: i64,
    /// The solar energy counted: used at home, from the plant, from neighbours and the battery, or sold to the grid.
    solar_wh: i64,
    /// Months with posted days, the oldest first.
    months: Vec<CarbonMonth>,
}

/// A month of avoided carbon.
#[derive(Debug, Serialize, ToSchema)]
struct CarbonMonth {
    /// The month, YYYY-MM.
    month: String,
    /// Posted days counted.
    days: i64,
    solar_wh: i64,
    avoided_g: i64,
    /// Grams of CO2 equivalent for each kWh.
    grams_per_kwh: i64,
    /// The year of the factor: the month's, or the nearest before.
    factor_year: i32,
    /// Where the factor was read.
    source: String,
    /// `low`, `medium` or `high`.
    confidence: &'static str,
}

/// Which months.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CarbonQuery {
    /// One month, YYYY-MM.
    month: Option<String>,
    /// How many months up to now, when no month is asked for: 1 to 24, 12 without it.
    #[param(minimum = 1, maximum = 24)]
    months: Option<u32>,
}

impl CarbonQuery {
    fn span(&self) -> Result<(Option<BusinessDay>, u32), Problem> {
        match &self.month {
            Some(text) => Ok((Some(month("month", text)?), 1)),
            None => match self.months.unwrap_or(MONTHS) {
                months @ 1..=CARBON_MONTHS_MAX => Ok((None, months)),
                _ => Err(Problem::of_field("months", "value_invalid", "ask for 1 to 24 months")),
            },
        }
    }
}

/// What a cluster avoided, by month.
#[utoipa::path(
    get, path = "/carbon/{cluster}", tag = "carbon", operation_id = "carbon_read",
    params(("cluster" = String, Path, description = "Code of the cluster."), CarbonQuery),
    responses((status = 200, body = Carbon))
)]
async fn carbon_read(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<CarbonQuery>,
) -> Result<Read<Carbon>, Problem> {
    let (cluster, (until, months)) = (api.cluster(&code).await?, query.span()?);
    Ok(Read(carbon(api.service().carbon_read(caller.actor, &cluster, None, until, months).await?)))
}

/// What a member's solar energy avoided, by month.
#[utoipa::path(
    get, path = "/carbon/{cluster}/{no}", tag = "carbon", operation_id = "member_carbon_read",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("no" = i64, Path, description = "Number of the member."),
        CarbonQuery
    ),
    responses((status = 200, body = Carbon))
)]
async fn member_carbon_read(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<CarbonQuery>,
) -> Result<Read<Carbon>, Problem> {
    let (cluster, member, (until, months)) = (api.cluster(&code).await?, member_no(no)?, query.span()?);
    Ok(Read(carbon(api.service().carbon_read(caller.actor, &cluster, Some(member), until, months).await?)))
}

fn carbon(found: Counted) -> Carbon {
    let month = |month: service::CarbonMonth| {
        let (year, number, _) = month.month.ymd();
        CarbonMonth {
            month: format!("{year:04}-{number:02}"),
            days: month.days,
            solar_wh: month.energy.0,
            avoided_g: month.carbon.0,
            grams_per_kwh: month.grams_per_kwh,
            factor_year: month.factor_year,
            source: month.source,
            confidence: match month.confidence {
                Confidence::High => "high",
                Confidence::Medium => "medium",
                Confidence::Low => "low",
            },
        }
    };
    Carbon {
        method: found.method.as_str(),
        avoided_g: found.carbon.0,
        solar_wh: found.energy.0,
        months: found.months.into_iter().map(month).collect(),
    }
}
