//! Who owns the shared equipment: parts out of a whole, from a day on.

use super::{day_at, member_at};
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{AssetNo, ClusterId, MemberNo};
use quantity::BusinessDay;

/// A member's part of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareRow {
    /// The asset.
    pub asset: AssetNo,
    /// First day on which these parts hold.
    pub from_day: BusinessDay,
    /// The member.
    pub member: MemberNo,
    /// Parts, above zero.
    pub parts: i64,
    /// Parts in all, the same for all shares of one day.
    pub whole: i64,
}

static PUT: SqlBatch = SqlBatch::new(
    "asset_share",
    &[
        Column::int("cluster_id"),
        Column::int("asset_no"),
        Column::int("from_day"),
        Column::int("member_no"),
        Column::int("parts"),
        Column::int("whole"),
    ],
    "",
);
const CLEAR: Sql = sql!("DELETE FROM asset_share WHERE cluster_id = $1 AND asset_no = $2 AND from_day = $3");
const LIST: Sql =
    sql!("SELECT asset_no, from_day, member_no, parts, whole FROM asset_share WHERE cluster_id = $1 ORDER BY asset_no, from_day, member_no");

impl Tx<'_> {
    /// Writes who owns an asset from a day on; what was set for the same day before is replaced.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn share_put(&mut self, cluster: ClusterId, asset: AssetNo, from_day: BusinessDay, shares: &[ShareRow]) -> Result<()> {
        self.exec(&CLEAR, &[cluster.into(), asset.into(), from_day.0.into()]).await?;
        let mut values = Vec::with_capacity(shares.len() * 6);
        for share in shares {
            values.extend([Value::from(cluster), asset.into(), from_day.0.into(), share.member.into(), share.parts.into(), share.whole.into()]);
        }
        self.insert_many(&PUT, &values).await.map(|_| ())
    }

    /// All shares of a cluster's equipment, also of earlier days, by asset, day and member.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn share_list(&mut self, cluster: ClusterId) -> Result<Vec<ShareRow>> {
        self.query(&LIST, &[cluster.into()], share_row).await
    }
}

fn share_row(row: &Row<'_>) -> Result<ShareRow> {
    Ok(ShareRow {
        asset: AssetNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("asset_no", error))?,
        from_day: day_at(row, 1)?,
        member: member_at(row, 2)?,
        parts: row.int(3)?,
        whole: row.int(4)?,
    })
}
