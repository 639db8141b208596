//! The options of `settle`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use domain::Connection;
use std::path::PathBuf;

/// The two words of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is there.
    On,
    /// It is not.
    Off,
}

/// The names of the sharing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum KeyName {
    /// The same part for each member.
    Equal,
    /// By share of the equipment; needs --weights.
    Ownership,
    /// By contribution paid; needs --weights.
    ContributionTiers,
    /// By what each uses in the same interval.
    Consumption,
    /// By fixed weights; needs --weights.
    Static,
    /// Half by weights (equal ones without --weights), half by consumption.
    Hybrid,
}

/// The names of the price rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum PriceName {
    /// Always --fixed-price, within the bounds.
    Fixed,
    /// The middle between import and export price.
    MidMarket,
    /// By supply and demand of the interval.
    SupplyDemandRatio,
}

/// Whose monthly bands a tariff counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BandsOf {
    /// Each home has its own.
    Home,
    /// The one connection of the cluster climbs them for all.
    Connection,
}

/// How need is filled from what others give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum FillingName {
    /// The same for everybody until the need is met.
    Equal,
    /// In proportion to need.
    ByNeed,
}

fn connection() -> impl TypedValueParser<Value = Connection> {
    PossibleValuesParser::new(Connection::ALL.iter().map(|word| word.as_str())).try_map(|text| Connection::parse(&text))
}

/// Arguments of `innerlectra settle`. Energy is in Wh, prices in ngwee per kWh (100 ngwee = 1 kwacha).
#[derive(Debug, Clone, Args)]
#[command(allow_negative_numbers = true)]
pub struct SettleArgs {
    /// Readings, CSV or gzip: meter_id,interval_start,consumption_wh,generation_wh, or cumulative registers.
    #[arg(long, value_name = "FILE", required_unless_present = "database")]
    pub readings: Option<PathBuf>,
    /// Settle what is closed and not settled in this database instead of trying rules on a file.
    #[arg(long, value_name = "URL", conflicts_with = "readings")]
    pub database: Option<String>,
    /// Code of the cluster in the database; without it, all clusters.
    #[arg(long, value_name = "CODE", requires = "database")]
    pub cluster: Option<String>,
    /// Sites, CSV: meter_id,kind. A site of kind shared_pv is the shared plant, every other meter is a member.
    #[arg(long, value_name = "FILE")]
    pub sites: Option<PathBuf>,
    /// How the cluster is wired.
    #[arg(long, value_parser = connection(), default_value = "one_point")]
    pub connection: Connection,
    /// How the shared plant is split.
    #[arg(long, value_enum, default_value = "equal")]
    pub sharing_key: KeyName,
    /// Weights of the members, CSV: meter_id,weight in whole numbers.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// How energy from member to member is priced.
    #[arg(long, value_enum, default_value = "mid_market")]
    pub price_rule: PriceName,
    /// Price of the rule fixed.
    #[arg(long, value_name = "NGWEE", default_value_t = 120)]
    pub fixed_price: i64,
    /// What a kWh from the grid costs.
    #[arg(long, value_name = "NGWEE")]
    pub import_price: Option<i64>,
    /// What an exported kWh earns.
    #[arg(long, value_name = "NGWEE")]
    pub export_price: Option<i64>,
    /// Dated tariff in place of the two prices: code of a region, or path of a region file.
    #[arg(long, value_name = "REGION")]
    pub tariff: Option<String>,
    /// Whose monthly bands the tariff counts.
    #[arg(long, value_enum, default_value = "home")]
    pub bands: BandsOf,
    /// For the maintenance and replacement fund, per kWh of the plant used.
    #[arg(long, value_name = "NGWEE", default_value_t = 0)]
    pub service_charge: i64,
    /// Capacity of a shared battery.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub battery_kwh: Option<String>,
    /// Power of the shared battery.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub battery_kw: Option<String>,
    /// Part of the capacity kept for outages.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub reserve_percent: i64,
    /// What comes out of the battery of what goes in.
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub efficiency_percent: i64,
    /// Whether the grid is there.
    #[arg(long, value_enum, default_value = "on")]
    pub grid: Switch,
    /// Hours without grid a day, by the outage calendar of the region.
    #[arg(long, value_name = "HOURS")]
    pub outages: Option<i64>,
    /// Group of the outage calendar; the first when left out.
    #[arg(long, value_name = "NAME", requires = "outages")]
    pub outage_group: Option<String>,
    /// Region of the outage calendar, where --tariff does not say it.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Whether the cluster's wires serve in an outage.
    #[arg(long, value_enum, default_value = "on")]
    pub can_island: Switch,
    /// How need is filled from what others give.
    #[arg(long, value_enum, default_value = "equal")]
    pub filling: FillingName,
    /// Most power one meter can measure; more is refused as absurd. A shared plant may have twice its peak power.
    #[arg(long, value_name = "N", default_value = "100", allow_hyphen_values = true)]
    pub meter_limit_kw: String,
    /// Write refused rows with their reasons to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    pub refused: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}
