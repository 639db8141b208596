//! Versions of the rules that are kept as text: how a cluster decides, how it trades.

use super::day_at;
use crate::{Result, Row, Sql, StoreError, Tx, sql};
use domain::{BetweenLimits, ClusterId, Compliance, GovernanceConfig, TradingConfig};
use quantity::{BusinessDay, Instant};

/// Which rules a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigPart {
    /// How the cluster decides.
    Governance,
    /// How it trades.
    Trading,
    /// What its officers may commit it to with other clusters.
    Between,
    /// What the law asks of a cluster that trades.
    Compliance,
}

impl ConfigPart {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Trading => "trading",
            Self::Between => "between",
            Self::Compliance => "compliance",
        }
    }
}

/// A version of one part of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow<T> {
    /// Its number, from 1 for each part.
    pub version: i64,
    /// First day on which it holds.
    pub from_day: BusinessDay,
    /// The rules.
    pub config: T,
    /// When it was set.
    pub set_at: Instant,
    /// Who set it; 0 is the program.
    pub set_by: i64,
}

const INSERT: Sql =
    sql!("INSERT INTO config_version (cluster_id, part, version_no, from_day, body, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7)");
const ON: Sql = sql!(
    "SELECT version_no, from_day, body, set_at, set_by FROM config_version WHERE cluster_id = $1 AND part = $2 AND from_day <= $3
     ORDER BY from_day DESC, version_no DESC LIMIT 1"
);
const LIST: Sql =
    sql!("SELECT version_no, from_day, body, set_at, set_by FROM config_version WHERE cluster_id = $1 AND part = $2 ORDER BY version_no");
const LAST: Sql = sql!("SELECT COALESCE(MAX(version_no), 0) FROM config_version WHERE cluster_id = $1 AND part = $2");

impl Tx<'_> {
    /// The number of the last version of a part; 0 when there is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn config_last(&mut self, cluster: ClusterId, part: ConfigPart) -> Result<i64> {
        self.query_one(&LAST, &[cluster.into(), part.as_str().into()], |row| row.int(0)).await
    }

    /// Adds a version of how the cluster decides.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the version exists.
    pub async fn governance_insert(&mut self, cluster: ClusterId, row: &ConfigRow<GovernanceConfig>) -> Result<()> {
        self.config_insert(cluster, ConfigPart::Governance, &row.config.canonical(), (row.version, row.from_day, row.set_at, row.set_by)).await
    }

    /// Adds a version of how the cluster trades.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the version exists.
    pub async fn trading_insert(&mut self, cluster: ClusterId, row: &ConfigRow<TradingConfig>) -> Result<()> {
        self.config_insert(cluster, ConfigPart::Trading, &row.config.canonical(), (row.version, row.from_day, row.set_at, row.set_by)).await
    }

    /// Adds a version of what officers may commit the cluster to.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the version exists.
    pub async fn between_insert(&mut self, cluster: ClusterId, row: &ConfigRow<BetweenLimits>) -> Result<()> {
        self.config_insert(cluster, ConfigPart::Between, &row.config.canonical(), (row.version, row.from_day, row.set_at, row.set_by)).await
    }

    /// Adds a version of the checklist.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the version exists.
    pub async fn compliance_insert(&mut self, cluster: ClusterId, row: &ConfigRow<Compliance>) -> Result<()> {
        self.config_insert(cluster, ConfigPart::Compliance, &row.config.canonical(), (row.version, row.from_day, row.set_at, row.set_by)).await
    }

    /// What officers may commit the cluster to on `day`; `None` before members said anything.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn between_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<ConfigRow<BetweenLimits>>> {
        self.query_opt(&ON, &[cluster.into(), ConfigPart::Between.as_str().into(), day.0.into()], |row| config_row(row, BetweenLimits::parse)).await
    }

    /// The checklist on `day`; `None` before anything was written.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn compliance_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<ConfigRow<Compliance>>> {
        self.query_opt(&ON, &[cluster.into(), ConfigPart::Compliance.as_str().into(), day.0.into()], |row| config_row(row, Compliance::parse)).await
    }

    /// All versions of the checklist, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn compliance_list(&mut self, cluster: ClusterId) -> Result<Vec<ConfigRow<Compliance>>> {
        self.query(&LIST, &[cluster.into(), ConfigPart::Compliance.as_str().into()], |row| config_row(row, Compliance::parse)).await
    }

    async fn config_insert(
        &mut self,
        cluster: ClusterId,
        part: ConfigPart,
        body: &str,
        (version, from, at, by): (i64, BusinessDay, Instant, i64),
    ) -> Result<()> {
        let values = [cluster.into(), part.as_str().into(), version.into(), from.0.into(), body.into(), at.into(), by.into()];
        self.exec(&INSERT, &values).await.map(|_| ())
    }

    /// How the cluster decides on `day`; `None` for one founded before such rules were kept.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn governance_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<ConfigRow<GovernanceConfig>>> {
        self.query_opt(&ON, &[cluster.into(), ConfigPart::Governance.as_str().into(), day.0.into()], |row| config_row(row, GovernanceConfig::parse))
            .await
    }

    /// How the cluster trades on `day`; `None` for one founded before such rules were kept.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trading_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<ConfigRow<TradingConfig>>> {
        self.query_opt(&ON, &[cluster.into(), ConfigPart::Trading.as_str().into(), day.0.into()], |row| config_row(row, TradingConfig::parse)).await
    }

    /// All versions of how the cluster decides, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn governance_list(&mut self, cluster: ClusterId) -> Result<Vec<ConfigRow<GovernanceConfig>>> {
        self.query(&LIST, &[cluster.into(), ConfigPart::Governance.as_str().into()], |row| config_row(row, GovernanceConfig::parse)).await
    }

    /// All versions of how the cluster trades, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn trading_list(&mut self, cluster: ClusterId) -> Result<Vec<ConfigRow<TradingConfig>>> {
        self.query(&LIST, &[cluster.into(), ConfigPart::Trading.as_str().into()], |row| config_row(row, TradingConfig::parse)).await
    }
}

fn config_row<T, E: std::fmt::Display>(row: &Row<'_>, parse: fn(&str) -> std::result::Result<T, E>) -> Result<ConfigRow<T>> {
    Ok(ConfigRow {
        version: row.int(0)?,
        from_day: day_at(row, 1)?,
        config: parse(row.text(2)?).map_err(|error| StoreError::corrupt("config_version.body", error))?,
        set_at: Instant(row.int(3)?),
        set_by: row.int(4)?,
    })
}
