//! Regions: dated prices and rules, each with its source.

use crate::answer::Read;
use crate::input::Path;
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{confidence, on};
use axum::extract::State;
use domain::{DatedPrice, Region as RegionFile, TariffPeriod};
use quantity::{BusinessDay, Instant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(region_list)).routes(routes!(region_read))
}

/// All regions.
#[derive(Debug, Serialize, ToSchema)]
struct Regions {
    /// By code.
    items: Vec<RegionSummary>,
}

/// A region in the list.
#[derive(Debug, Serialize, ToSchema)]
struct RegionSummary {
    /// How other operations name it.
    code: String,
    name: String,
    /// Code of the country, ISO 3166-1.
    country: String,
}

/// A region: its prices and its rules for new clusters.
#[derive(Debug, Serialize, ToSchema)]
struct Region {
    code: String,
    name: String,
    country: String,
    /// Name of the time zone.
    timezone: String,
    /// How far local time is ahead of UTC.
    offset_minutes: i64,
    /// Languages spoken, by their tags.
    languages: Vec<String>,
    /// What the utility charges, by the days it holds.
    tariffs: Vec<Tariff>,
    /// What the utility pays for energy, by the days it holds.
    export_prices: Vec<Price>,
    /// Rules of a new cluster unless it chooses others.
    defaults: RegionDefaults,
}

/// A tariff and the days it holds.
#[derive(Debug, Serialize, ToSchema)]
struct Tariff {
    /// What the utility calls it.
    name: String,
    from_on: String,
    /// First day after; absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<String>,
    /// Rising bands; they begin anew each month.
    bands: Vec<TariffBand>,
    /// Where it was read.
    source: String,
    /// `high`, `medium` or `low`.
    confidence: &'static str,
    /// What was assumed.
    note: String,
}

/// Energy up to a limit at a price.
#[derive(Debug, Serialize, ToSchema)]
struct TariffBand {
    /// Wh of the month up to which the price holds; absent in the last band.
    #[serde(skip_serializing_if = "Option::is_none")]
    up_to_wh: Option<i64>,
    ngwee_per_kwh: i64,
}

/// A price and the days it holds.
#[derive(Debug, Serialize, ToSchema)]
struct Price {
    from_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<String>,
    ngwee_per_kwh: i64,
    source: String,
    confidence: &'static str,
}

/// Rules of a new cluster.
#[derive(Debug, Serialize, ToSchema)]
struct RegionDefaults {
    price_rule: String,
    sharing_key: String,
    fixed_ngwee_per_kwh: i64,
    service_charge_ngwee_per_kwh: i64,
    contribution_min_ngwee: i64,
    contribution_max_ngwee: i64,
    grace_minutes: i64,
    correction_days: i64,
}

/// Lists the regions.
#[utoipa::path(get, path = "/regions", tag = "regions", operation_id = "region_list", security(()), responses((status = 200, body = Regions)))]
async fn region_list(State(api): State<Api>) -> Read<Regions> {
    let summary = |region: &RegionFile| RegionSummary { code: region.code.clone(), name: region.name.clone(), country: region.country.code.clone() };
    Read(Regions { items: api.service().regions().map(summary).collect() })
}

/// A region with its dated tariffs and their sources.
#[utoipa::path(
    get, path = "/regions/{code}", tag = "regions", operation_id = "region_read", security(()),
    params(("code" = String, Path, description = "Code of the region.")), responses((status = 200, body = Region))
)]
async fn region_read(State(api): State<Api>, Path(code): Path<String>) -> Result<Read<Region>, Problem> {
    let region = api.service().region(&code)?;
    Ok(Read(Region {
        code: region.code.clone(),
        name: region.name.clone(),
        country: region.country.code.clone(),
        timezone: region.timezone.clone(),
        offset_minutes: region.offset.minutes(),
        languages: region.languages.clone(),
        tariffs: region.tariffs.iter().map(tariff).collect(),
        export_prices: region.exports.iter().map(price).collect(),
        defaults: defaults(&region, api.service().now()),
    }))
}

fn defaults(region: &RegionFile, now: Instant) -> RegionDefaults {
    let (least, most) = region.contribution_on(BusinessDay::of(now, region.offset));
    let defaults = &region.defaults;
    RegionDefaults {
        price_rule: defaults.price_rule.clone(),
        sharing_key: defaults.sharing_key.clone(),
        fixed_ngwee_per_kwh: defaults.fixed_price_ngwee,
        service_charge_ngwee_per_kwh: defaults.service_charge_ngwee,
        contribution_min_ngwee: least.0,
        contribution_max_ngwee: most.0,
        grace_minutes: defaults.grace_minutes,
        correction_days: defaults.correction_days,
    }
}

fn tariff(period: &TariffPeriod) -> Tariff {
    let band = |band: &domain::Band| TariffBand { up_to_wh: band.up_to.map(|wh| wh.0), ngwee_per_kwh: band.price.0 };
    Tariff {
        name: period.name.clone(),
        from_on: on(period.from),
        until_on: period.until.map(on),
        bands: period.bands.iter().map(band).collect(),
        source: period.source.clone(),
        confidence: confidence(period.confidence),
        note: period.note.clone(),
    }
}

fn price(dated: &DatedPrice) -> Price {
    Price {
        from_on: on(dated.from),
        until_on: dated.until.map(on),
        ngwee_per_kwh: dated.price.0,
        source: dated.source.clone(),
        confidence: confidence(dated.confidence),
    }
}
