//! Clusters, their codes, their rules and their outages.

use super::day_at;
use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{ClusterCode, ClusterId, ClusterKind, Connection};
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, Ratio, Step, UtcOffset, WattHours, Watts};
use settlement::{BandBasis, Battery, Filling, Mix, PriceRule, RuleSet, SharingKey};

/// A cluster as stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterRow {
    /// Its id.
    pub id: ClusterId,
    /// Its short code.
    pub code: ClusterCode,
    /// Name for people.
    pub name: String,
    /// Kind.
    pub kind: ClusterKind,
    /// Town or village.
    pub place: String,
    /// Code of the region.
    pub region: String,
    /// Metering step.
    pub step: Step,
    /// Distance of local time from UTC.
    pub offset: UtcOffset,
    /// Minutes after its end before an interval is settled.
    pub grace_minutes: i64,
    /// Days after posting in which a correction is taken without a vote.
    pub correction_days: i64,
    /// How carbon is counted.
    pub carbon_method: String,
    /// Whether its readings are modelled, not measured.
    pub is_modelled: bool,
    /// First day.
    pub opened_on: BusinessDay,
}

/// A new cluster: the row and its secret of 32 bytes.
#[derive(Debug, Clone)]
pub struct ClusterNew {
    /// The row.
    pub row: ClusterRow,
    /// Makes the salts of sealed records; never shown.
    pub secret: [u8; 32],
}

/// Where a rule set takes its prices from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulePrices {
    /// The region's dated tariff.
    Region,
    /// One import and one export price.
    Flat(PricePerKwh, PricePerKwh),
}

/// A version of the rules and the day from which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// The rules; their version is the number of the row.
    pub rule: RuleSet,
    /// First day.
    pub from_day: BusinessDay,
    /// Prices.
    pub prices: RulePrices,
}

const CODE_CLAIM: Sql = sql!("INSERT INTO cluster_code (code, cluster_id) VALUES ($1, $2)");
const CODE_FIND: Sql = sql!("SELECT cluster_id FROM cluster_code WHERE code = $1");
const INSERT: Sql = sql!(
    "INSERT INTO cluster (cluster_id, code, name, kind, place, region, step_minutes, offset_minutes, grace_minutes, correction_days,
        carbon_method, is_modelled, opened_on, secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
);
const FIND: Sql = sql!(
    "SELECT cluster_id, code, name, kind, place, region, step_minutes, offset_minutes, grace_minutes, correction_days, carbon_method, is_modelled,
        opened_on FROM cluster WHERE cluster_id = $1"
);
static FIND_ALL: SqlIn = SqlIn::new(
    sql!(
        "SELECT cluster_id, code, name, kind, place, region, step_minutes, offset_minutes, grace_minutes, correction_days, carbon_method, is_modelled,
            opened_on FROM cluster WHERE cluster_id"
    ),
    "",
);
const LIST: Sql = sql!(
    "SELECT cluster_id, code, name, kind, place, region, step_minutes, offset_minutes, grace_minutes, correction_days, carbon_method, is_modelled,
        opened_on FROM cluster WHERE cluster_id > $1 ORDER BY cluster_id LIMIT $2"
);
const OPEN: Sql = sql!(
    "SELECT c.cluster_id, (SELECT COUNT(*) FROM member AS m WHERE m.cluster_id = c.cluster_id AND (m.left_on IS NULL OR m.left_on > $2))
     FROM cluster AS c WHERE c.kind = 'open' AND c.region = $1 ORDER BY c.opened_on, LENGTH(c.code), c.code"
);
const SECRET: Sql = sql!("SELECT secret FROM cluster WHERE cluster_id = $1");
const RULE_INSERT: Sql = sql!(
    "INSERT INTO rule_set (cluster_id, rule_no, from_day, connection, can_island, sharing_key, mix_num, mix_den, price_rule, fixed_price,
        service_charge, filling, band_basis, outage_cap, battery_wh, battery_w, battery_num, battery_den, battery_reserve_wh, flat_import, flat_export)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
);
const RULE_ON: Sql = sql!(
    "SELECT rule_no, from_day, connection, can_island, sharing_key, mix_num, mix_den, price_rule, fixed_price, service_charge, filling, band_basis,
        outage_cap, battery_wh, battery_w, battery_num, battery_den, battery_reserve_wh, flat_import, flat_export
     FROM rule_set WHERE cluster_id = $1 AND from_day <= $2 ORDER BY from_day DESC, rule_no DESC LIMIT 1"
);
const RULES: Sql = sql!(
    "SELECT rule_no, from_day, connection, can_island, sharing_key, mix_num, mix_den, price_rule, fixed_price, service_charge, filling, band_basis,
        outage_cap, battery_wh, battery_w, battery_num, battery_den, battery_reserve_wh, flat_import, flat_export
     FROM rule_set WHERE cluster_id = $1 ORDER BY rule_no"
);
static OUTAGE_INSERT: SqlBatch = SqlBatch::new(
    "outage",
    &[Column::int("cluster_id"), Column::int("start_at"), Column::int("end_at")],
    "ON CONFLICT (cluster_id, start_at) DO UPDATE SET end_at = excluded.end_at",
);
const OUTAGES: Sql = sql!("SELECT start_at, end_at FROM outage WHERE cluster_id = $1 AND end_at > $2 AND start_at < $3 ORDER BY start_at");

impl Tx<'_> {
    /// Creates a cluster and claims its code.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the code is taken.
    pub async fn cluster_insert(&mut self, new: &ClusterNew) -> Result<()> {
        let row = &new.row;
        self.exec(&CODE_CLAIM, &[row.code.as_str().into(), row.id.into()]).await?;
        let values = [
            row.id.into(),
            row.code.as_str().into(),
            row.name.as_str().into(),
            row.kind.as_str().into(),
            row.place.as_str().into(),
            row.region.as_str().into(),
            row.step.minutes().into(),
            row.offset.minutes().into(),
            row.grace_minutes.into(),
            row.correction_days.into(),
            row.carbon_method.as_str().into(),
            row.is_modelled.into(),
            row.opened_on.0.into(),
            Value::Bytes(&new.secret),
        ];
        self.exec(&INSERT, &values).await.map(|_| ())
    }

    /// The cluster with this code.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_by_code(&mut self, code: &ClusterCode) -> Result<Option<ClusterRow>> {
        let id = self.query_opt(&CODE_FIND, &[code.as_str().into()], |row| row.int(0)).await?;
        match id {
            Some(id) => self.query_opt(&FIND, &[id.into()], cluster_row).await,
            None => Ok(None),
        }
    }

    /// A cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_find(&mut self, id: ClusterId) -> Result<Option<ClusterRow>> {
        self.query_opt(&FIND, &[id.into()], cluster_row).await
    }

    /// The clusters with these ids, in no order; those that are not there are left out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn clusters_find(&mut self, ids: &[ClusterId]) -> Result<Vec<ClusterRow>> {
        let keys: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        self.query_in(&FIND_ALL, &[], &keys, cluster_row).await
    }

    /// The open clusters of a region, oldest first, with how many belong to each on a day. Across clusters: there is one for each thousand.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn open_clusters(&mut self, region: &str, on: BusinessDay) -> Result<Vec<(ClusterId, i64)>> {
        self.query(&OPEN, &[region.into(), on.0.into()], |row| {
            Ok((ClusterId::new(row.int(0)?).map_err(|error| StoreError::corrupt("cluster", error))?, row.int(1)?))
        })
        .await
    }

    /// Up to `limit` clusters after `after`, by id. Across clusters: for lists of the operator, not for a member's request.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_list(&mut self, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterRow>> {
        self.query(&LIST, &[after.map_or(0, ClusterId::get).into(), limit.into()], cluster_row).await
    }

    /// The secret from which a cluster's salts are made.
    ///
    /// # Errors
    /// [`StoreError::RowCount`] when there is no such cluster.
    pub async fn cluster_secret(&mut self, id: ClusterId) -> Result<[u8; 32]> {
        self.query_one(&SECRET, &[id.into()], |row| row.bytes(0)?.try_into().map_err(|_| StoreError::corrupt("cluster.secret", "of another length")))
            .await
    }

    /// Adds a version of the rules.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn rule_insert(&mut self, cluster: ClusterId, row: &RuleRow) -> Result<()> {
        let rule = &row.rule;
        let mix = match rule.sharing_key {
            SharingKey::Hybrid(mix) => mix.fixed,
            _ => Ratio::ONE,
        };
        let fixed_price = match rule.price_rule {
            PriceRule::Fixed(price) => price.0,
            _ => 0,
        };
        let (capacity, power, num, den, reserve) =
            rule.battery.map_or((0, 0, 1, 1, 0), |b| (b.capacity.0, b.power.0, b.efficiency.num(), b.efficiency.den(), b.reserve.0));
        let (import, export) = match row.prices {
            RulePrices::Region => (Value::Null, Value::Null),
            RulePrices::Flat(import, export) => (Value::Int(import.0), Value::Int(export.0)),
        };
        let values = [
            cluster.into(),
            rule.version.into(),
            row.from_day.0.into(),
            rule.connection.as_str().into(),
            rule.can_island.into(),
            rule.sharing_key.as_str().into(),
            mix.num().into(),
            mix.den().into(),
            rule.price_rule.as_str().into(),
            fixed_price.into(),
            rule.service_charge.0.into(),
            if rule.filling == Filling::ByNeed { "by_need" } else { "equal" }.into(),
            if rule.band_basis == BandBasis::Connection { "connection" } else { "each_home" }.into(),
            rule.outage_cap.0.into(),
            capacity.into(),
            power.into(),
            num.into(),
            den.into(),
            reserve.into(),
            import,
            export,
        ];
        self.exec(&RULE_INSERT, &values).await.map(|_| ())
    }

    /// The rules that hold on `day`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn rule_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<RuleRow>> {
        self.query_opt(&RULE_ON, &[cluster.into(), day.0.into()], rule_row).await
    }

    /// All versions of the rules, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn rule_list(&mut self, cluster: ClusterId) -> Result<Vec<RuleRow>> {
        self.query(&RULES, &[cluster.into()], rule_row).await
    }

    /// Records outages.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outage_insert(&mut self, cluster: ClusterId, outages: &[Interval]) -> Result<()> {
        let values: Vec<Value<'_>> = outages.iter().flat_map(|outage| [cluster.into(), outage.start().into(), outage.end().into()]).collect();
        self.insert_many(&OUTAGE_INSERT, &values).await.map(|_| ())
    }

    /// Outages that touch `within`, by start.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outage_list(&mut self, cluster: ClusterId, within: Interval) -> Result<Vec<Interval>> {
        self.query(&OUTAGES, &[cluster.into(), within.start().into(), within.end().into()], |row| {
            Interval::new(Instant(row.int(0)?), Instant(row.int(1)?)).map_err(|error| StoreError::corrupt("outage", error))
        })
        .await
    }
}

fn cluster_row(row: &Row<'_>) -> Result<ClusterRow> {
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("cluster", error);
    Ok(ClusterRow {
        id: ClusterId::new(row.int(0)?).map_err(|error| corrupt(&error))?,
        code: ClusterCode::parse(row.text(1)?).map_err(|error| corrupt(&error))?,
        name: row.text(2)?.to_owned(),
        kind: ClusterKind::parse(row.text(3)?).map_err(|error| corrupt(&error))?,
        place: row.text(4)?.to_owned(),
        region: row.text(5)?.to_owned(),
        step: Step::from_minutes(row.int(6)?).map_err(|error| corrupt(&error))?,
        offset: UtcOffset::new(row.int(7)?).map_err(|error| corrupt(&error))?,
        grace_minutes: row.int(8)?,
        correction_days: row.int(9)?,
        carbon_method: row.text(10)?.to_owned(),
        is_modelled: row.boolean(11)?,
        opened_on: day_at(row, 12)?,
    })
}

fn rule_row(row: &Row<'_>) -> Result<RuleRow> {
    let corrupt = |column: &str, value: &dyn std::fmt::Display| StoreError::corrupt(column, value);
    let ratio = |num: i64, den: i64| Ratio::new(num, den).map_err(|error| corrupt("rule_set ratio", &error));
    let sharing_key = match SharingKey::parse(row.text(4)?).ok_or_else(|| corrupt("rule_set.sharing_key", &"an unknown word"))? {
        SharingKey::Hybrid(_) => SharingKey::Hybrid(Mix { fixed: ratio(row.int(5)?, row.int(6)?)? }),
        other => other,
    };
    let price_rule = match row.text(7)? {
        "fixed" => PriceRule::Fixed(PricePerKwh(row.int(8)?)),
        "mid_market" => PriceRule::MidMarket,
        "supply_demand_ratio" => PriceRule::SupplyDemandRatio,
        other => return Err(corrupt("rule_set.price_rule", &other)),
    };
    let capacity = row.int(13)?;
    let battery = Battery {
        capacity: WattHours(capacity),
        power: Watts(row.int(14)?),
        efficiency: ratio(row.int(15)?, row.int(16)?)?,
        reserve: WattHours(row.int(17)?),
    };
    let prices = match (row.opt_int(18)?, row.opt_int(19)?) {
        (Some(import), Some(export)) => RulePrices::Flat(PricePerKwh(import), PricePerKwh(export)),
        _ => RulePrices::Region,
    };
    Ok(RuleRow {
        rule: RuleSet {
            version: row.int(0)?,
            connection: Connection::parse(row.text(2)?).map_err(|error| corrupt("rule_set.connection", &error))?,
            can_island: row.boolean(3)?,
            sharing_key,
            price_rule,
            service_charge: PricePerKwh(row.int(9)?),
            filling: if row.text(10)? == "by_need" { Filling::ByNeed } else { Filling::Equal },
            band_basis: if row.text(11)? == "connection" { BandBasis::Connection } else { BandBasis::EachHome },
            outage_cap: PricePerKwh(row.int(12)?),
            battery: (capacity > 0).then_some(battery),
        },
        from_day: day_at(row, 1)?,
        prices,
    })
}
