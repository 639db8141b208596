//! Shared equipment.

use super::day_at;
use super::ledger::halves;
use crate::{Column, Result, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{AssetKind, AssetNo, ClusterId};
use ledger::IdempotencyKey;
use quantity::{BusinessDay, Ngwee};

/// A piece of shared equipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRow {
    /// Its number.
    pub no: AssetNo,
    /// What it is.
    pub kind: AssetKind,
    /// Name for people.
    pub name: String,
    /// What it cost.
    pub cost: Ngwee,
    /// Day it began to work.
    pub commissioned_on: BusinessDay,
    /// Planning life.
    pub life_years: i64,
}

/// A request to register equipment that was answered: what it was, and which numbers it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRequest {
    /// Digest of its content.
    pub digest: [u8; 32],
    /// The numbers, one after the other.
    pub numbers: Vec<AssetNo>,
}

static INSERT: SqlBatch = SqlBatch::new(
    "asset",
    &[
        Column::int("cluster_id"),
        Column::int("asset_no"),
        Column::text("kind"),
        Column::text("name"),
        Column::int("cost"),
        Column::int("commissioned_on"),
        Column::int("life_years"),
    ],
    "",
);

const LIST: Sql = sql!("SELECT asset_no, kind, name, cost, commissioned_on, life_years FROM asset WHERE cluster_id = $1 ORDER BY asset_no");
const REQUEST_PUT: Sql =
    sql!("INSERT INTO asset_request (cluster_id, user_id, key_high, key_low, digest, first_no, asset_count) VALUES ($1, $2, $3, $4, $5, $6, $7)");
const REQUEST_FIND: Sql =
    sql!("SELECT digest, first_no, asset_count FROM asset_request WHERE cluster_id = $1 AND user_id = $2 AND key_high = $3 AND key_low = $4");

impl Tx<'_> {
    /// The answer that a request of `user` (0 is the program) to register equipment was given under this key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn asset_request(&mut self, cluster: ClusterId, user: i64, key: IdempotencyKey) -> Result<Option<AssetRequest>> {
        let (high, low) = halves(key);
        self.query_opt(&REQUEST_FIND, &[cluster.into(), user.into(), high.into(), low.into()], |row| {
            let first = row.int(1)?;
            let numbers: std::result::Result<Vec<AssetNo>, _> = (first..first.saturating_add(row.int(2)?)).map(AssetNo::new).collect();
            Ok(AssetRequest {
                digest: row.bytes(0)?.try_into().map_err(|_| StoreError::corrupt("asset_request.digest", "of another length"))?,
                numbers: numbers.map_err(|error| StoreError::corrupt("asset_request.first_no", error))?,
            })
        })
        .await
    }

    /// Keeps the answer to a request to register equipment; its numbers follow each other.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the key has one.
    pub async fn asset_request_put(&mut self, cluster: ClusterId, user: i64, key: IdempotencyKey, request: &AssetRequest) -> Result<()> {
        let (high, low) = halves(key);
        let first = request.numbers.first().map_or(0, |no| no.get());
        let values = [
            cluster.into(),
            user.into(),
            high.into(),
            low.into(),
            Value::Bytes(&request.digest),
            first.into(),
            (request.numbers.len() as i64).into(),
        ];
        self.exec(&REQUEST_PUT, &values).await.map(|_| ())
    }

    /// Registers equipment.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn asset_insert(&mut self, cluster: ClusterId, assets: &[AssetRow]) -> Result<()> {
        let mut values = Vec::with_capacity(assets.len() * 7);
        for asset in assets {
            values.extend([
                Value::from(cluster),
                asset.no.get().into(),
                asset.kind.as_str().into(),
                asset.name.as_str().into(),
                asset.cost.0.into(),
                asset.commissioned_on.0.into(),
                asset.life_years.into(),
            ]);
        }
        self.insert_many(&INSERT, &values).await.map(|_| ())
    }

    /// All equipment of a cluster, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn asset_list(&mut self, cluster: ClusterId) -> Result<Vec<AssetRow>> {
        self.query(&LIST, &[cluster.into()], |row| {
            Ok(AssetRow {
                no: AssetNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("asset_no", error))?,
                kind: AssetKind::parse(row.text(1)?).map_err(|error| StoreError::corrupt("asset.kind", error))?,
                name: row.text(2)?.to_owned(),
                cost: Ngwee(row.int(3)?),
                commissioned_on: day_at(row, 4)?,
                life_years: row.int(5)?,
            })
        })
        .await
    }
}
