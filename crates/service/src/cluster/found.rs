//! Founding a cluster: what must be there before its first reading, in one transaction, and no money that nobody paid.

use super::again::today;
use super::entering::{self, METER_LIMIT};
use super::{ClusterError, Household, name, number, rules, serial, text};
use crate::cluster_create::{self, ClusterCreate, MemberCreate};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{
    ClusterCode, ClusterId, ClusterKind, Connection, GeoPoint, GovernanceConfig, MemberNo, MemberState, Region, Role, TradingConfig, UserId,
};
use ledger::IdempotencyKey;
use quantity::{BusinessDay, Instant, Ngwee, Step, WattHours, Watts};
use sha2::{Digest, Sha256};
use std::fmt::Debug;
use std::sync::Arc;
use store::tables::{ClusterNew, ClusterProfile, ClusterRow, ConfigRow, JoiningRequest};
use store::{StoreError, Tx};

/// What begins the code of an open cluster, and of no other.
const OPEN_PREFIX: &str = "OPEN-";
/// How often another code is tried when the one made from the name is taken.
const CODE_TRIES: u32 = 20;
/// Largest plant and battery of a cluster: a gigawatt and a gigawatt-hour.
pub(super) const SIZE_MAX: i64 = 1_000_000_000;

/// A cluster to be founded.
#[derive(Debug, Clone)]
pub struct ClusterFound {
    /// Its code; made from the name when there is none.
    pub code: Option<ClusterCode>,
    /// Name for people.
    pub name: String,
    /// Kind.
    pub kind: ClusterKind,
    /// Village or part of town.
    pub place: String,
    /// Code of the region.
    pub region: String,
    /// Where it is.
    pub location: Option<GeoPoint>,
    /// How it is wired.
    pub connection: Connection,
    /// What its battery holds or will hold.
    pub capacity: WattHours,
    /// What its plant gives or will give at most.
    pub power: Watts,
    /// The founding household: member 1, chair and treasurer.
    pub household: Household,
    /// How it decides; the region's usual rules when there is none.
    pub governance: Option<GovernanceConfig>,
    /// How it trades; the region's usual rules when there is none.
    pub trading: Option<TradingConfig>,
    /// Metering step.
    pub step: Step,
    /// Recognises a retry.
    pub key: IdempotencyKey,
}

/// Everything that was worked out before the transaction.
struct Plan {
    create: ClusterCreate,
    profile: ClusterProfile,
    governance: GovernanceConfig,
    trading: TradingConfig,
    household: Option<Household>,
    user: Option<UserId>,
    actor: i64,
    request: Option<(IdempotencyKey, [u8; 32])>,
    now: Instant,
}

impl Service {
    /// Founds a cluster: the operation `create_cluster`. The founder's household is member 1; its user is member, chair and treasurer.
    ///
    /// The contribution is written down as promised; money enters the books when it is paid. The same key with the same content gives the
    /// same cluster again. An open cluster is founded by the operator alone and has no founder: see [`Service::open_cluster_ensure`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::ClusterCodeTaken`]; [`ServiceError::RegionUnknown`]; [`ClusterError`]; the rules' errors.
    pub async fn create_cluster(&self, actor: Actor, found: ClusterFound) -> Result<ClusterRow, ServiceError> {
        self.require_anywhere(actor, Action::Found).await?;
        if found.kind == ClusterKind::Open {
            self.require_anywhere(actor, Action::Operate).await?;
            return self.open_cluster_ensure(&found.region).await;
        }
        let request = (found.key, digest(&found));
        if let Some(row) = self.founded_before(actor, request).await? {
            return Ok(row);
        }
        let region = self.region(&found.region)?;
        let given = found.code.clone();
        let mut plan = self.plan(actor, found, &region)?;
        plan.request = Some(request);
        match given {
            Some(code) => {
                if code.as_str().starts_with(OPEN_PREFIX) {
                    return Err(ClusterError::CodeReserved.into());
                }
                self.found_as(plan, code, request, actor).await
            }
            None => self.found_under_some_code(plan, request, actor).await,
        }
    }

    /// The open cluster of a region that has room: the market of those who have no cluster. Founded when there is none, and again, under the
    /// next code, when all are full. Who come at the same time get the same one.
    ///
    /// # Errors
    /// [`ServiceError::RegionUnknown`]; what the store says.
    pub async fn open_cluster_ensure(&self, region: &str) -> Result<ClusterRow, ServiceError> {
        let region = self.region(region)?;
        let most = entering::members_most(&region, ClusterKind::Open);
        let mut others = 0;
        for _ in 0..CODE_TRIES {
            let (code, on) = (region.code.clone(), BusinessDay::of(self.now(), region.offset));
            let open = self.store.read::<_, ServiceError, _>(move |tx| {
                let code = code.clone();
                Box::pin(async move { Ok(tx.open_clusters(&code, on).await?) })
            });
            let open = open.await?;
            if let Some((id, _)) = open.iter().find(|(_, members)| *members < most) {
                return self.cluster_of(*id).await;
            }
            let code = open_code(&region, open.len() + 1 + others)?;
            let plan = self.open_plan(&region, code.clone(), open.len() + 1)?;
            match self.found_now(plan).await {
                Ok(()) => return self.cluster(&code).await,
                // Taken by somebody who came at the same time: there is room now, or will be in a moment, when that is on disk. Another region
                // whose name begins alike has it for good.
                Err(ServiceError::ClusterCodeTaken { .. }) => {
                    others += usize::from(self.cluster(&code).await.is_ok_and(|row| row.region != region.code));
                }
                Err(error) => return Err(error),
            }
        }
        Err(ServiceError::ClusterCodeTaken { code: open_code(&region, 1)?.to_string() })
    }

    async fn founded_before(&self, actor: Actor, (key, digest): (IdempotencyKey, [u8; 32])) -> Result<Option<ClusterRow>, ServiceError> {
        let user = actor.number();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match tx.joining_request(user, key).await? {
                        Some(prior) if prior.digest == digest => Ok(tx.cluster_find(prior.cluster).await?),
                        Some(_) => Err(ClusterError::KeyReused.into()),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    async fn found_under_some_code(&self, plan: Plan, request: (IdempotencyKey, [u8; 32]), actor: Actor) -> Result<ClusterRow, ServiceError> {
        let stem = code_stem(&plan.create.cluster.row.name);
        let plan = Arc::new(plan);
        for at in 0..CODE_TRIES {
            let code = match at {
                0 => ClusterCode::parse(&stem)?,
                1..10 => ClusterCode::parse(&format!("{stem}-{}", at + 1))?,
                _ => ClusterCode::parse(&format!("{stem}-{}", 10 + self.chance().number()? % 990))?,
            };
            if !matches!(self.cluster(&code).await, Err(ServiceError::ClusterUnknown { .. })) {
                continue;
            }
            match self.found_as(plan.with_code(&code), code, request, actor).await {
                Err(ServiceError::ClusterCodeTaken { .. }) => {}
                other => return other,
            }
        }
        Err(ServiceError::ClusterCodeTaken { code: stem })
    }

    async fn found_as(
        &self,
        mut plan: Plan,
        code: ClusterCode,
        request: (IdempotencyKey, [u8; 32]),
        actor: Actor,
    ) -> Result<ClusterRow, ServiceError> {
        plan.create.cluster.row.code = code.clone();
        match self.found_now(plan).await {
            Ok(()) => self.cluster(&code).await,
            Err(error) => match self.founded_before(actor, request).await? {
                // The same request came twice at once and the other was first.
                Some(row) => Ok(row),
                None => Err(error),
            },
        }
    }

    async fn found_now(&self, plan: Plan) -> Result<(), ServiceError> {
        let code = plan.create.cluster.row.code.to_string();
        let id = plan.create.cluster.row.id;
        let plan = Arc::new(plan);
        let founded = self
            .store
            .write(move |tx| {
                let plan = plan.clone();
                Box::pin(async move { found(tx, &plan).await })
            })
            .await;
        match founded {
            Err(ServiceError::Store(StoreError::UniqueViolation(_))) => Err(ServiceError::ClusterCodeTaken { code }),
            Ok(()) => {
                self.roles_changed(id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn plan(&self, actor: Actor, found: ClusterFound, region: &Region) -> Result<Plan, ServiceError> {
        let now = self.now();
        let opened_on = BusinessDay::of(now, region.offset);
        let governance = found.governance.unwrap_or_else(|| usual_governance(region, opened_on));
        rules::governance_fits(&governance, region, opened_on)?;
        let household = found.household.checked()?;
        entering::contribution_fits(found.kind, entering::contribution_range(&governance, region, opened_on), household.contribution)?;
        if let Some(place) = found.location {
            region.country.check(place).map_err(ClusterError::from)?;
        }
        number("the capacity in Wh", 0, SIZE_MAX, found.capacity.0)?;
        number("the power in W", 0, SIZE_MAX, found.power.0)?;
        let trading = found.trading.unwrap_or_else(|| rules::usual_trading(found.kind, region));
        trading.check().map_err(ClusterError::from)?;
        let settlement = rules::usual_settlement(found.kind, found.connection, &trading, region, opened_on)?;
        settlement.check(&[entering::weight_of(household.contribution)])?;
        let row = ClusterRow {
            name: name("the cluster's name", &found.name)?,
            place: text("the place", &found.place, super::NAME_MAX)?,
            step: found.step,
            ..self.row(found.kind, found.connection, region, opened_on)?
        };
        let member = MemberCreate {
            alias: household.alias.clone(),
            kind: household.kind.clone(),
            weight: entering::weight_of(household.contribution),
            contribution: Ngwee::ZERO,
            top_up: Ngwee::ZERO,
            meters: household.meters.clone(),
        };
        household.meters.iter().try_for_each(|meter| serial(meter))?;
        Ok(Plan {
            create: self.create(row, vec![member], settlement)?,
            profile: ClusterProfile { location: found.location, capacity: found.capacity, power: found.power, is_joinable: true },
            governance,
            trading,
            household: Some(household),
            user: actor.user(),
            actor: actor.number(),
            request: None,
            now,
        })
    }

    fn open_plan(&self, region: &Region, code: ClusterCode, at: usize) -> Result<Plan, ServiceError> {
        let now = self.now();
        let opened_on = BusinessDay::of(now, region.offset);
        let trading = rules::usual_trading(ClusterKind::Open, region);
        let settlement = rules::usual_settlement(ClusterKind::Open, Connection::Separate, &trading, region, opened_on)?;
        let row = ClusterRow {
            code,
            name: if at == 1 { format!("Open market of {}", region.name) } else { format!("Open market of {} {at}", region.name) },
            place: region.name.clone(),
            ..self.row(ClusterKind::Open, Connection::Separate, region, opened_on)?
        };
        let governance = GovernanceConfig { admission: domain::Admission::ByCode, ..usual_governance(region, opened_on) };
        Ok(Plan {
            create: self.create(row, Vec::new(), settlement)?,
            profile: ClusterProfile { location: None, capacity: WattHours(0), power: Watts(0), is_joinable: true },
            governance,
            trading,
            household: None,
            user: None,
            actor: 0,
            request: None,
            now,
        })
    }

    /// A row with everything but names.
    fn row(&self, kind: ClusterKind, connection: Connection, region: &Region, opened_on: BusinessDay) -> Result<ClusterRow, ServiceError> {
        Ok(ClusterRow {
            id: ClusterId::generate(self.now(), self.chance().number()?),
            code: ClusterCode::parse("NEW")?,
            name: String::new(),
            kind,
            place: String::new(),
            region: region.code.clone(),
            step: Step::Min15,
            offset: region.offset,
            grace_minutes: region.defaults.grace_minutes,
            correction_days: region.defaults.correction_days,
            carbon_method: if connection == Connection::OffGrid { "diesel" } else { "grid_average" }.to_owned(),
            is_modelled: false,
            opened_on,
        })
    }

    fn create(&self, row: ClusterRow, members: Vec<MemberCreate>, rule: settlement::RuleSet) -> Result<ClusterCreate, ServiceError> {
        let from_day = row.opened_on;
        Ok(ClusterCreate {
            cluster: ClusterNew { row, secret: self.chance().bytes()? },
            rule: store::tables::RuleRow { rule, from_day, prices: store::tables::RulePrices::Region },
            members,
            plant_meters: Vec::new(),
            meter_limit: METER_LIMIT,
            assets: Vec::new(),
            outages: Vec::new(),
        })
    }
}

impl Plan {
    /// The same for another code; the row's id and secret are those of the first try, which was taken back.
    fn with_code(&self, code: &ClusterCode) -> Self {
        let mut create = self.create.clone();
        create.cluster.row.code = code.clone();
        Self { create, household: self.household.clone(), ..*self }
    }
}

async fn found(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), ServiceError> {
    let row = &plan.create.cluster.row;
    let on = today(row, plan.now);
    if let Some((key, digest)) = plan.request {
        let request = JoiningRequest { digest, cluster: row.id, member: MemberNo::new(1)? };
        tx.joining_request_put(plan.actor, key, &request).await?;
    }
    cluster_create::found(tx, &plan.create, plan.now).await?;
    tx.cluster_profile_put(row.id, &plan.profile).await?;
    let (set_at, set_by) = (plan.now, plan.actor);
    tx.governance_insert(row.id, &ConfigRow { version: 1, from_day: on, config: plan.governance, set_at, set_by }).await?;
    tx.trading_insert(row.id, &ConfigRow { version: 1, from_day: on, config: plan.trading, set_at, set_by }).await?;
    let Some(household) = &plan.household else { return Ok(()) };
    let founder = MemberNo::new(1)?;
    tx.entry_put(row.id, &entering::entry(household, founder, MemberState::Active, plan.user, on)).await?;
    if let Some(user) = plan.user {
        for role in [Role::Member, Role::Chair, Role::Treasurer] {
            tx.role_grant(row.id, founder, user, role, on).await?;
        }
    }
    Ok(())
}

/// The usual rules of a region.
pub(super) fn usual_governance(region: &Region, on: BusinessDay) -> GovernanceConfig {
    let (least, most) = region.contribution_on(on);
    GovernanceConfig::new(least, most)
}

/// What a request holds, so that the same key with other content is noticed. It is compared within the retries of one program, so the
/// text that `Debug` writes will do.
pub(super) fn digest(request: &impl Debug) -> [u8; 32] {
    Sha256::digest(format!("{request:?}").as_bytes()).into()
}

/// The code of the open cluster of a region, and of those that follow when it is full: `OPEN-KABWE`, `OPEN-KABWE-2` …
fn open_code(region: &Region, at: usize) -> Result<ClusterCode, ServiceError> {
    let tail = if at == 1 { String::new() } else { format!("-{at}") };
    let room = 12_usize.saturating_sub(OPEN_PREFIX.len() + tail.len());
    let stem: String = region.code.chars().filter(char::is_ascii_alphanumeric).take(room).collect();
    Ok(ClusterCode::parse(&format!("{OPEN_PREFIX}{stem}{tail}"))?)
}

/// What can be said of a name whose first word is too long to be said whole: its initials, or its first short word.
fn short_stem(name: &str) -> Option<String> {
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    let initials: String = words().filter_map(|word| word.chars().next()).take(8).collect();
    let whole = || words().find(|word| (3..=8).contains(&word.len())).map(str::to_owned);
    if initials.len() >= 3 { Some(initials) } else { whole() }
}

/// What can be said of a name: the letters of its first words, three to eight, as many words as are needed for three.
fn code_stem(name: &str) -> String {
    let mut stem = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let is_begun = !stem.is_empty();
        let letters: String = word.chars().filter(|c| is_begun || c.is_ascii_alphabetic()).collect();
        stem.push_str(&letters);
        if stem.len() >= 3 {
            break;
        }
    }
    if stem.len() > 8 {
        stem = short_stem(name).unwrap_or(stem);
    }
    stem.truncate(8);
    if stem.len() < 3 {
        stem = format!("GRP{stem}");
    }
    let stem = stem.to_ascii_uppercase();
    // Codes of that form are kept for the open clusters.
    if stem == "OPEN" { "OPENS".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_made_from_what_people_say() {
        for (name, code) in [
            ("Mulenga Solar Group", "MULENGA"),
            ("St. Mary's", "STMARY"),
            ("12 Houses", "HOUSES"),
            ("Chilanga-Kafue", "CHILANGA"),
            ("Kapirimposhi North", "NORTH"),
            ("Mulungushi Hostel Block", "MHB"),
            ("Mulungushi University Campus East", "MUCE"),
            ("Kapirimposhi", "KAPIRIMP"),
            ("日本", "GRP"),
            ("Open", "OPENS"),
        ] {
            assert_eq!(code_stem(name), code, "{name}");
            assert!(ClusterCode::parse(&format!("{code}-999")).is_ok());
        }
    }

    #[test]
    fn every_region_has_a_code_for_its_open_cluster() {
        for code in Region::shipped_codes() {
            let region = Region::shipped(code).expect("reads").expect("shipped");
            assert!(open_code(&region, 1).expect("a code").as_str().starts_with("OPEN-"));
            assert!(open_code(&region, 1_000).expect("a code").as_str().ends_with("-1000"));
        }
    }
}
