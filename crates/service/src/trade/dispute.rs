//! A member says that a trade is not right: the officers are told, and nothing is changed.

use super::TradeError;
use crate::cluster::telling;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::MemberNo;
use store::tables::{ClusterRow, NoticeNew};

/// Longest words of a dispute, in letters.
pub const DISPUTE_MAX: usize = 200;

impl Service {
    /// Tells the chair and the treasurers of a cluster, in the member's own words, that trade `no` of the member is not right.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::TradeUnknown`], also when it is another's; [`TradeError::DisputeWords`]; what the store says.
    pub async fn trade_dispute(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, no: i64, words: &str) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() || words.chars().count() > DISPUTE_MAX || words.chars().any(char::is_control) {
            return Err(TradeError::DisputeWords { most: DISPUTE_MAX }.into());
        }
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let (row, words) = (row.clone(), words.clone());
                Box::pin(async move {
                    let found = tx.trade_list_of(row.id, member, no.saturating_add(1), 1).await?;
                    if found.first().is_none_or(|trade| trade.no.get() != no) {
                        return Err(TradeError::TradeUnknown { no }.into());
                    }
                    let who =
                        tx.member_list(row.id).await?.into_iter().find(|found| found.no == member).map_or_else(String::new, |found| found.alias);
                    telling::tell_officers(tx, row.id, actor.user(), now, |user| {
                        let notice = NoticeNew::new(user, "trade-disputed").with("number", no).with("who", who.clone());
                        notice.with("name", row.name.clone()).with("words", words.clone())
                    })
                    .await
                })
            })
            .await
    }
}
