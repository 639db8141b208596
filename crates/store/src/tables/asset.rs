//! Shared equipment.

use super::day_at;
use crate::{Column, Result, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{AssetKind, AssetNo, ClusterId};
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

impl Tx<'_> {
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
