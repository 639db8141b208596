//! A member says that a trade is not right: the officers are told, it is written down, and no trade is changed.

use super::TradeError;
use crate::cluster::telling;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::MemberNo;
use quantity::DAY_MS;
use store::tables::{ClusterRow, DisputeRow, NoticeNew};

/// Longest words of a dispute, in letters.
pub const DISPUTE_MAX: usize = 200;
/// Most disputes of a member in 24 hours: each is a notice to every officer.
pub const DISPUTES_MAX: u32 = 5;

impl Service {
    /// Tells the chair and the treasurers of a cluster, in the member's own words, that trade `no` of the member is not right. The same words
    /// about the same trade again within 24 hours are told once.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::TradeUnknown`], also when it is another's; [`TradeError::DisputeWords`];
    /// [`TradeError::DisputesTooMany`]; what the store says.
    pub async fn trade_dispute(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, no: i64, words: &str) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() || words.chars().count() > DISPUTE_MAX || words.chars().any(char::is_control) {
            return Err(TradeError::DisputeWords { most: DISPUTE_MAX }.into());
        }
        let (row, now, by) = (cluster.clone(), self.now(), actor.number());
        self.store
            .write(move |tx| {
                let (row, words) = (row.clone(), words.clone());
                Box::pin(async move {
                    // Taken first: of two that come together, the second sees the first.
                    let dispute_no = tx.numbers_take(row.id, "dispute", 1).await?;
                    let found = tx.trade_list_of(row.id, member, no.saturating_add(1), 1).await?;
                    let Some(trade) = found.first().map(|trade| trade.no).filter(|found| found.get() == no) else {
                        return Err(TradeError::TradeUnknown { no }.into());
                    };
                    let earlier = tx.dispute_list_since(row.id, member, now.plus_ms(-DAY_MS), DISPUTES_MAX).await?;
                    if earlier.iter().any(|dispute| dispute.trade == trade && dispute.words == words) {
                        return Ok(());
                    }
                    if earlier.len() >= DISPUTES_MAX as usize {
                        return Err(TradeError::DisputesTooMany { most: DISPUTES_MAX }.into());
                    }
                    let dispute = DisputeRow { no: dispute_no, member, trade, words: words.clone(), disputed_at: now, actor: by };
                    tx.dispute_insert(row.id, &dispute).await?;
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
