//! `create`: a cluster of one's own, from a sites file and rules.

use super::database::{self, DatabaseArgs};
use super::settle::{Plan, SettleArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::{Args, ValueEnum};
use domain::{ClusterCode, ClusterId, ClusterKind, Region};
use metering::sites::Site;
use quantity::{BusinessDay, Ngwee, PricePerKwh, Step};
use serde_json::json;
use service::{ClusterCreate, MemberCreate};
use settlement::PriceSource;
use std::io::Read;
use store::OpenOptions;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};

/// Kinds of cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// 10-25 homes with one installation.
    Micro,
    /// 50-100 homes with many panels.
    Neighborhood,
    /// 1-2 power producers.
    Industrial,
    /// 2-3 suppliers of equipment.
    Supply,
    /// Individual traders of a region.
    Open,
}

/// Founds a cluster in a database: members and meters from a sites file, rules as `settle` takes them.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Short code that people say: 3 to 12 letters, digits or hyphens.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Name for people; the code when left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Kind of the cluster.
    #[arg(long, value_enum, default_value = "micro")]
    kind: KindName,
    /// Town or village.
    #[arg(long, value_name = "PLACE", default_value = "")]
    place: String,
    /// First day, YYYY-MM-DD: readings before it are refused.
    #[arg(long, value_name = "DATE")]
    opened: String,
    /// Metering step in minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    step: i64,
    /// What each member has paid in for the equipment.
    #[arg(long, value_name = "KWACHA", default_value_t = 0)]
    contribution: i64,
    #[command(flatten)]
    rules: SettleArgs,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; then nothing was founded.
pub fn run(args: &CreateArgs) -> Result<Exit, Failure> {
    let Some(url) = args.rules.database.clone() else {
        return Err(Failure::bad_input("database_missing", "a cluster is founded in a database").with_next("give --database PATH"));
    };
    if args.rules.outages.is_some() || args.rules.readings.is_some() {
        let message = "--outages and --readings try rules on a file; a cluster's outages are recorded as they happen";
        return Err(Failure::bad_input("option_not_kept", message).with_next("leave them out"));
    }
    let plan = Plan::new(&args.rules)?;
    database::block_on(async {
        let service = DatabaseArgs { database: url }.service(OpenOptions::default()).await?;
        let create = cluster(args, &plan, service.now())?;
        let (code, members, meters) = (create.cluster.row.code.clone(), create.members.len(), create.members.len() + create.plant_meters.len());
        service.cluster_create(create).await.map_err(|error| database::from_service(&error))?;
        if args.rules.json {
            output::json(&json!({ "cluster": code.as_str(), "members": members, "meters": meters }))?;
        } else {
            output::text(&format!(
                "{code} is founded with {members} members and {meters} meters; `innerlectra import FILE --cluster {code}` takes its readings\n"
            ))?;
        }
        Ok(Exit::Good)
    })
}

fn cluster(args: &CreateArgs, plan: &Plan, now: quantity::Instant) -> Result<ClusterCreate, Failure> {
    let wrong = |code: &'static str, message: String| Failure::bad_input(code, message);
    let code = ClusterCode::parse(&args.code).map_err(|error| wrong(error.code(), error.to_string()))?;
    let opened_on = BusinessDay::parse(&args.opened)
        .ok_or_else(|| wrong("date_invalid", format!("{:?} is not a date", args.opened)).with_next("write YYYY-MM-DD"))?;
    let step = Step::from_minutes(args.step).map_err(|error| wrong(error.code(), error.to_string()))?;
    let region = region(args, plan)?;
    let sites = plan
        .sites
        .as_deref()
        .ok_or_else(|| wrong("sites_missing", "the members and meters are not known".to_owned()).with_next("give --sites FILE"))?;
    let (plant, homes): (Vec<&Site>, Vec<&Site>) = sites.iter().partition(|site| site.kind == "shared_pv");
    let (secret, random) = chance()?;
    let row = ClusterRow {
        id: ClusterId::generate(now, random),
        name: args.name.clone().unwrap_or_else(|| code.to_string()),
        code,
        kind: kind(args.kind),
        place: args.place.clone(),
        region: region.code.clone(),
        step,
        offset: region.offset,
        grace_minutes: region.defaults.grace_minutes,
        correction_days: region.defaults.correction_days,
        carbon_method: "grid_average".to_owned(),
        is_modelled: false,
        opened_on,
    };
    Ok(ClusterCreate {
        rule: RuleRow { rule: plan.rule_from(opened_on)?, from_day: opened_on, prices: prices(&plan.prices) },
        members: homes.iter().map(|site| member(args, plan, site)).collect::<Result<_, _>>()?,
        meter_limit: plan.meter_limit,
        plant_meters: plant.iter().map(|site| site.meter_id.clone()).collect(),
        assets: Vec::new(),
        outages: Vec::new(),
        cluster: ClusterNew { row, secret },
    })
}

/// The region of --region or --tariff; a cluster keeps its code, so it must be one that comes with the program.
fn region(args: &CreateArgs, plan: &Plan) -> Result<Region, Failure> {
    let code = match (&args.rules.region, &plan.prices) {
        (Some(code), _) => code.clone(),
        (None, PriceSource::Region(region)) => region.code.clone(),
        (None, PriceSource::Flat { .. }) => {
            return Err(Failure::bad_input("region_missing", "the region is not known").with_next("give --region CODE"));
        }
    };
    let found = Region::shipped(&code).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
    found.ok_or_else(|| {
        let codes: Vec<&str> = Region::shipped_codes().collect();
        Failure::bad_input("region_unknown", format!("{code:?} is not a region of this program"))
            .with_next(format!("use one of {}", codes.join(", ")))
    })
}

const fn prices(source: &PriceSource) -> RulePrices {
    match source {
        PriceSource::Flat { import, export } => RulePrices::Flat(PricePerKwh(import.0), PricePerKwh(export.0)),
        PriceSource::Region(_) => RulePrices::Region,
    }
}

fn member(args: &CreateArgs, plan: &Plan, site: &Site) -> Result<MemberCreate, Failure> {
    let weight = match &plan.weights {
        None => 1,
        Some(weights) => weights.iter().find(|weight| weight.meter_id == site.meter_id).map(|weight| weight.weight).ok_or_else(|| {
            Failure::bad_input("weight_missing_member", format!("the weights file has no weight for {}", output::printable(&site.meter_id)))
        })?,
    };
    let contribution = args.contribution.checked_mul(100).filter(|ngwee| *ngwee >= 0).map(Ngwee);
    Ok(MemberCreate {
        alias: site.meter_id.clone(),
        kind: site.kind.clone(),
        weight,
        contribution: contribution.ok_or_else(|| Failure::bad_input("contribution_invalid", "a contribution is zero or more kwacha"))?,
        top_up: Ngwee::ZERO,
        meters: vec![site.meter_id.clone()],
    })
}

const fn kind(name: KindName) -> ClusterKind {
    match name {
        KindName::Micro => ClusterKind::Micro,
        KindName::Neighborhood => ClusterKind::Neighborhood,
        KindName::Industrial => ClusterKind::Industrial,
        KindName::Supply => ClusterKind::Supply,
        KindName::Open => ClusterKind::Open,
    }
}

/// A secret and a random number from the system's source of chance.
fn chance() -> Result<([u8; 32], u64), Failure> {
    let mut bytes = [0u8; 40];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| Failure::environment("no_random_source", format!("the system gives no random numbers: {error}")))?;
    let (mut secret, mut random) = ([0; 32], [0; 8]);
    secret.copy_from_slice(&bytes[..32]);
    random.copy_from_slice(&bytes[32..]);
    Ok((secret, u64::from_be_bytes(random)))
}
