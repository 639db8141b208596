//! What members said about their trades.

use super::trade::number;
use crate::{Result, Sql, Tx, sql};
use domain::{ClusterId, MemberNo, TradeNo};
use quantity::Instant;

/// A member says that a trade is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeRow {
    /// Its number in the cluster.
    pub no: i64,
    /// Who says so.
    pub member: MemberNo,
    /// Of which of the member's trades.
    pub trade: TradeNo,
    /// In the member's own words.
    pub words: String,
    /// When.
    pub disputed_at: Instant,
    /// The user who wrote it, 0 for the program.
    pub actor: i64,
}

const INSERT: Sql =
    sql!("INSERT INTO trade_dispute (cluster_id, dispute_no, member_no, trade_no, words, disputed_at, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)");

pub(super) const DISPUTES_SINCE: Sql = sql!(
    "SELECT dispute_no, trade_no, words, disputed_at, actor FROM trade_dispute
     WHERE cluster_id = $1 AND member_no = $2 AND disputed_at > $3 ORDER BY disputed_at DESC, dispute_no DESC LIMIT $4"
);

impl Tx<'_> {
    /// Writes a dispute down.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn dispute_insert(&mut self, cluster: ClusterId, row: &DisputeRow) -> Result<()> {
        let (at, words) = (row.disputed_at.into(), row.words.as_str().into());
        let values = [cluster.into(), row.no.into(), row.member.into(), row.trade.into(), words, at, row.actor.into()];
        self.exec(&INSERT, &values).await.map(|_| ())
    }

    /// A member's disputes after `since`, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn dispute_list_since(&mut self, cluster: ClusterId, member: MemberNo, since: Instant, limit: u32) -> Result<Vec<DisputeRow>> {
        let values = [cluster.into(), member.into(), since.into(), limit.into()];
        self.query(&DISPUTES_SINCE, &values, |row| {
            Ok(DisputeRow {
                no: row.int(0)?,
                member,
                trade: number("trade_dispute.trade_no", TradeNo::new(row.int(1)?))?,
                words: row.text(2)?.to_owned(),
                disputed_at: Instant(row.int(3)?),
                actor: row.int(4)?,
            })
        })
        .await
    }
}
