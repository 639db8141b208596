//! Whether a cluster may trade with others: what the law asks, and what its members allowed.

use super::BetweenError;
use crate::cluster::entering::Room;
use crate::cluster::{ClusterError, today};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{BetweenLimits, Compliance, Connection};
use quantity::BusinessDay;
use store::tables::{ClusterRow, ConfigPart, ConfigRow};
use store::{EventNew, Tx};

/// The checklist of a cluster, and what stands in the way of trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplianceView {
    /// What is filled in; `None` before anything was.
    pub row: Option<ConfigRow<Compliance>>,
    /// What is missing or over today, as codes.
    pub missing: Vec<&'static str>,
    /// Whether the rules of the cluster allow trade with others.
    pub is_between_on: bool,
    /// What officers may commit; version 0 is nothing, as nobody has voted.
    pub limits: ConfigRow<BetweenLimits>,
    /// All versions of the checklist, with who wrote them when.
    pub history: Vec<ConfigRow<Compliance>>,
}

impl Service {
    /// The checklist of a cluster with its history, and what is missing today.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn compliance_view(&self, actor: Actor, cluster: &ClusterRow) -> Result<ComplianceView, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .read(move |tx| {
                let row = row.clone();
                Box::pin(async move { view(tx, &row, today(&row, now)).await })
            })
            .await
    }

    /// Writes a new version of the checklist, whole: who wrote it and when stays with it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what is wrong with an item.
    pub async fn compliance_set(&self, actor: Actor, cluster: &ClusterRow, list: Compliance) -> Result<ComplianceView, ServiceError> {
        self.require(actor, cluster.id, Action::ComplianceWrite).await?;
        list.check().map_err(BetweenError::from)?;
        let (work, now) = ((cluster.clone(), list), self.now());
        self.store
            .write(move |tx| {
                let (row, list) = work.clone();
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    let day = today(&row, now);
                    let version = tx.config_last(row.id, ConfigPart::Compliance).await? + 1;
                    tx.compliance_insert(row.id, &ConfigRow { version, from_day: day, config: list, set_at: now, set_by: actor.number() }).await?;
                    let event = EventNew { kind: "compliance_changed".to_owned(), payload: format!("{{\"version\":{version}}}") };
                    tx.outbox_append(row.id, &[event], now).await?;
                    view(tx, &row, day).await
                })
            })
            .await
    }

    /// Writes what officers may commit the cluster to from a day on. Without a vote this is the chair's right while the cluster is forming; the
    /// program itself carries out what was voted.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::VoteNeeded`]; a day that has passed; what is wrong with a number.
    pub async fn between_limits_set(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        from_day: BusinessDay,
        limits: BetweenLimits,
    ) -> Result<ComplianceView, ServiceError> {
        self.require(actor, cluster.id, Action::RulesWrite).await?;
        limits.check().map_err(BetweenError::from)?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        let first = today(cluster, now);
        if from_day < first {
            return Err(ClusterError::DayPast { day: from_day, first }.into());
        }
        self.store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    let room = Room::load(tx, &row, &region, today(&row, now)).await?;
                    if !room.is_forming() && !matches!(actor, Actor::System) {
                        return Err(ClusterError::VoteNeeded.into());
                    }
                    let version = tx.config_last(row.id, ConfigPart::Between).await? + 1;
                    tx.between_insert(row.id, &ConfigRow { version, from_day, config: limits, set_at: now, set_by: actor.number() }).await?;
                    view(tx, &row, today(&row, now)).await
                })
            })
            .await
    }

    /// Refuses unless both clusters may trade with others today, and meter alike.
    pub(super) async fn both_ready(&self, one: &ClusterRow, other: &ClusterRow) -> Result<(), ServiceError> {
        if (one.step, one.offset) != (other.step, other.offset) {
            return Err(BetweenError::StepsDiffer.into());
        }
        for cluster in [one, other] {
            let (row, now) = (cluster.clone(), self.now());
            self.store
                .read::<_, ServiceError, _>(move |tx| {
                    let row = row.clone();
                    Box::pin(async move { ready(tx, &row, today(&row, now)).await })
                })
                .await?;
        }
        Ok(())
    }
}

async fn view(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<ComplianceView, ServiceError> {
    let row = tx.compliance_on(cluster.id, day).await?;
    let missing = missing(tx, cluster, row.as_ref(), day).await?;
    Ok(ComplianceView {
        missing,
        row,
        is_between_on: is_between_on(tx, cluster, day).await?,
        limits: super::limits::limits_on(tx, cluster, day).await?,
        history: tx.compliance_list(cluster.id).await?,
    })
}

async fn is_between_on(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<bool, ServiceError> {
    Ok(tx.trading_on(cluster.id, day).await?.is_some_and(|row| row.config.is_between_on))
}

/// What the list lacks, and whether there are own wires that energy could come in by.
async fn missing(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    row: Option<&ConfigRow<Compliance>>,
    day: BusinessDay,
) -> Result<Vec<&'static str>, ServiceError> {
    let mut missing = row.map_or_else(|| Compliance::new().missing(day), |row| row.config.missing(day));
    let rule = tx.rule_on(cluster.id, day).await?.ok_or(ServiceError::NoRules { day })?;
    if rule.rule.connection == Connection::Separate {
        missing.push("own_wires");
    }
    Ok(missing)
}

/// Refuses unless a cluster may trade with others on `day`.
pub(super) async fn ready(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<(), ServiceError> {
    if !is_between_on(tx, cluster, day).await? {
        return Err(BetweenError::Off { cluster: cluster.code.clone() }.into());
    }
    let row = tx.compliance_on(cluster.id, day).await?;
    let missing = missing(tx, cluster, row.as_ref(), day).await?;
    if missing.is_empty() { Ok(()) } else { Err(BetweenError::ComplianceMissing { cluster: cluster.code.clone(), missing }.into()) }
}
