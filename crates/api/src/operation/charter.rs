//! The rules of a cluster: how energy is settled, how it decides, how it trades.

use crate::answer::{Done, Read};
use crate::caller::Caller;
use crate::input::{Body, Path};
use crate::problem::{Fields, Problem};
use crate::rules_form::{Governance, Trading};
use crate::state::Api;
use crate::wire::on;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Connection, GovernanceConfig, TradePrice, TradingConfig, UnknownWord};
use quantity::{PricePerKwh, Ratio, WattHours, Watts};
use serde::{Deserialize, Serialize};
use service::{Rules as RulesFound, RulesChange};
use settlement::{BandBasis, Battery, Filling, Mix, PriceRule, RuleSet, SharingKey};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(rules_read, rules_change))
}

/// The rules that hold, and whether they may be changed without a vote.
#[derive(Debug, Serialize, ToSchema)]
struct Rules {
    settlement: SettlementVersion,
    governance: GovernanceVersion,
    trading: TradingVersion,
    /// Whether the chair may still change them without a vote.
    is_forming: bool,
}

/// How energy is settled, since when.
#[derive(Debug, Serialize, ToSchema)]
struct SettlementVersion {
    version: i64,
    from_on: String,
    rules: Settlement,
}

/// How the cluster decides, since when. Version 0 are the region's usual rules.
#[derive(Debug, Serialize, ToSchema)]
struct GovernanceVersion {
    version: i64,
    from_on: String,
    #[schema(value_type = Governance)]
    rules: GovernanceConfig,
}

/// How the cluster trades, since when. Version 0 are the region's usual rules.
#[derive(Debug, Serialize, ToSchema)]
struct TradingVersion {
    version: i64,
    from_on: String,
    #[schema(value_type = Trading)]
    rules: TradingConfig,
}

/// How energy is settled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Settlement {
    /// `off_grid`, `one_point` or `separate`.
    connection: String,
    /// Whether the cluster's wires serve in an outage.
    can_island: bool,
    /// `equal`, `ownership`, `contribution_tiers`, `consumption`, `static` or `hybrid`.
    sharing_key: String,
    /// Part of the fixed weights in a `hybrid` key, in millionths; half when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000000)]
    hybrid_fixed_ppm: Option<i64>,
    /// `fixed`, `mid_market` or `supply_demand_ratio`.
    price_rule: String,
    /// The price of a `fixed` rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000000)]
    fixed_ngwee_per_kwh: Option<i64>,
    /// For maintenance, per kWh of the plant used.
    #[schema(minimum = 0, maximum = 1000000)]
    service_charge_ngwee_per_kwh: i64,
    /// How unmet need is filled: `equal` or `by_need`.
    filling: String,
    /// Whose bands the tariff counts: `each_home` or `connection`.
    band_basis: String,
    /// Ceiling of the inside price where there is no grid to compare with.
    #[schema(minimum = 0, maximum = 1000000)]
    outage_cap_ngwee_per_kwh: i64,
    /// The shared battery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    battery: Option<SharedBattery>,
}

/// The shared battery.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SharedBattery {
    #[schema(minimum = 1, maximum = 1000000000)]
    capacity_wh: i64,
    #[schema(minimum = 1, maximum = 1000000000)]
    power_w: i64,
    /// What comes out of what went in, in millionths.
    #[schema(minimum = 1, maximum = 1000000)]
    efficiency_ppm: i64,
    /// What stays for outages.
    #[schema(minimum = 0)]
    reserve_wh: i64,
}

/// New rules from a day on: the parts that are given, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesNew {
    /// First day. A past day is settled again, inside the correction window.
    #[schema(format = Date)]
    from_on: String,
    settlement: Option<Settlement>,
    #[schema(value_type = Option<Governance>)]
    governance: Option<GovernanceConfig>,
    #[schema(value_type = Option<Trading>)]
    trading: Option<TradingConfig>,
}

/// The rules that hold today.
#[utoipa::path(
    get, path = "/clusters/{id}/rules", tag = "clusters", operation_id = "rules_read",
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Rules))
)]
async fn rules_read(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Rules>, Problem> {
    let cluster = api.cluster(&code).await?;
    Ok(Read(rules(api.service().rules_read(caller.actor, &cluster).await?)))
}

/// Writes new rules. Without a vote this is the chair's right while the cluster is forming.
#[utoipa::path(
    post, path = "/clusters/{id}/rules", tag = "clusters", operation_id = "rules_change", request_body = RulesNew,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Rules))
)]
async fn rules_change(State(api): State<Api>, caller: Caller, Path(code): Path<String>, Body(body): Body<RulesNew>) -> Result<Done<Rules>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let from_day = fields.day("/from_on", &body.from_on);
    let settlement = body.settlement.map(|settlement| rule_set(&mut fields, &settlement));
    fields.finish()?;
    let from_day = from_day.ok_or_else(Fields::missing)?;
    let change = RulesChange { from_day, settlement: settlement.flatten(), governance: body.governance, trading: body.trading };
    Ok(Done(StatusCode::OK, rules(api.service().rules_change(caller.actor, &cluster, change).await?)))
}

fn rules(found: RulesFound) -> Rules {
    let RulesFound { settlement, governance, trading, is_forming } = found;
    Rules {
        settlement: SettlementVersion { version: settlement.rule.version, from_on: on(settlement.from_day), rules: (&settlement.rule).into() },
        governance: GovernanceVersion { version: governance.version, from_on: on(governance.from_day), rules: governance.config },
        trading: TradingVersion { version: trading.version, from_on: on(trading.from_day), rules: trading.config },
        is_forming,
    }
}

impl From<&RuleSet> for Settlement {
    fn from(rule: &RuleSet) -> Self {
        let ppm = |ratio: Ratio| ratio.of_floor(1_000_000).unwrap_or(0);
        Self {
            connection: rule.connection.to_string(),
            can_island: rule.can_island,
            sharing_key: rule.sharing_key.as_str().to_owned(),
            hybrid_fixed_ppm: if let SharingKey::Hybrid(mix) = rule.sharing_key { Some(ppm(mix.fixed)) } else { None },
            price_rule: rule.price_rule.as_str().to_owned(),
            fixed_ngwee_per_kwh: if let PriceRule::Fixed(price) = rule.price_rule { Some(price.0) } else { None },
            service_charge_ngwee_per_kwh: rule.service_charge.0,
            filling: match rule.filling {
                Filling::Equal => "equal",
                Filling::ByNeed => "by_need",
            }
            .to_owned(),
            band_basis: match rule.band_basis {
                BandBasis::EachHome => "each_home",
                BandBasis::Connection => "connection",
            }
            .to_owned(),
            outage_cap_ngwee_per_kwh: rule.outage_cap.0,
            battery: rule.battery.map(|battery| SharedBattery {
                capacity_wh: battery.capacity.0,
                power_w: battery.power.0,
                efficiency_ppm: ppm(battery.efficiency),
                reserve_wh: battery.reserve.0,
            }),
        }
    }
}

/// The rules as the kernel takes them; their version is given by the program.
fn rule_set(fields: &mut Fields, asked: &Settlement) -> Option<RuleSet> {
    let connection = fields.take("/settlement/connection", Connection::parse(&asked.connection));
    let key = fields.take("/settlement/sharing_key", sharing_key(fields_ppm(asked.hybrid_fixed_ppm), &asked.sharing_key));
    let price_rule = fields.take("/settlement/price_rule", price_rule(&asked.price_rule, asked.fixed_ngwee_per_kwh));
    let filling = fields.take("/settlement/filling", chosen("filling", &asked.filling, &[("equal", Filling::Equal), ("by_need", Filling::ByNeed)]));
    let bands = [("each_home", BandBasis::EachHome), ("connection", BandBasis::Connection)];
    let band_basis = fields.take("/settlement/band_basis", chosen("band basis", &asked.band_basis, &bands));
    let battery = asked.battery.as_ref().map(|battery| {
        let efficiency = fields.take("/settlement/battery/efficiency_ppm", Ratio::new(battery.efficiency_ppm, 1_000_000));
        efficiency.map(|efficiency| Battery {
            capacity: WattHours(battery.capacity_wh),
            power: Watts(battery.power_w),
            efficiency,
            reserve: WattHours(battery.reserve_wh),
        })
    });
    Some(RuleSet {
        can_island: asked.can_island,
        sharing_key: key?,
        price_rule: price_rule?,
        service_charge: PricePerKwh(asked.service_charge_ngwee_per_kwh),
        filling: filling?,
        band_basis: band_basis?,
        outage_cap: PricePerKwh(asked.outage_cap_ngwee_per_kwh),
        battery: battery.flatten(),
        ..RuleSet::new(connection?)
    })
}

fn fields_ppm(ppm: Option<i64>) -> Option<Ratio> {
    ppm.and_then(|ppm| Ratio::new(ppm, 1_000_000).ok())
}

fn sharing_key(fixed: Option<Ratio>, word: &str) -> Result<SharingKey, UnknownWord> {
    let choices = "equal, ownership, contribution_tiers, consumption, static, hybrid";
    match (SharingKey::parse(word).ok_or_else(|| unknown("sharing key", word, choices))?, fixed) {
        (SharingKey::Hybrid(_), Some(fixed)) => Ok(SharingKey::Hybrid(Mix { fixed })),
        (key, _) => Ok(key),
    }
}

fn price_rule(word: &str, fixed: Option<i64>) -> Result<PriceRule, UnknownWord> {
    let choices = "fixed, mid_market, supply_demand_ratio";
    match TradePrice::parse(word).ok_or_else(|| unknown("price rule", word, choices))? {
        TradePrice::Fixed => fixed
            .map(|price| PriceRule::Fixed(PricePerKwh(price)))
            .ok_or_else(|| unknown("price rule", word, "fixed with fixed_ngwee_per_kwh, mid_market")),
        TradePrice::MidMarket => Ok(PriceRule::MidMarket),
        TradePrice::SupplyDemandRatio => Ok(PriceRule::SupplyDemandRatio),
    }
}

fn chosen<T: Copy>(list: &'static str, word: &str, choices: &[(&str, T)]) -> Result<T, UnknownWord> {
    let found = choices.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    found.ok_or_else(|| unknown(list, word, &choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")))
}

fn unknown(list: &'static str, text: &str, choices: &str) -> UnknownWord {
    UnknownWord { list, text: text.chars().take(40).collect(), choices: choices.to_owned() }
}
