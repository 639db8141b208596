//! The transfer desk: transfers that are asked for at the same time share a commit.

use crate::desk::Work;
use domain::ClusterId;
use ledger::{Outcome, TransferCreate};
use quantity::Instant;
use std::sync::Arc;
use store::{Store, StoreError, Tx};

/// Books transfers: an ask is the commands of one caller, the answer an outcome for each, in order.
///
/// The commands of one caller stay together and in order, and never run into those of the next. A refused command refuses only itself (and
/// its chain).
pub(crate) struct Transfers;

impl Work for Transfers {
    type Ask = Vec<TransferCreate>;
    type Answer = Vec<Outcome>;

    fn size(ask: &Self::Ask) -> usize {
        ask.len()
    }

    async fn book(&self, store: &Store, cluster: ClusterId, now: Instant, asks: Arc<[Arc<Self::Ask>]>) -> Result<Vec<Self::Answer>, StoreError> {
        let runs: Arc<[Vec<TransferCreate>]> = runs(&asks).into();
        let outcomes: Vec<Outcome> = store
            .write(move |tx| {
                let runs = Arc::clone(&runs);
                Box::pin(async move { book_runs(tx, cluster, now, &runs).await })
            })
            .await?;
        let mut outcomes = outcomes.into_iter();
        Ok(asks.iter().map(|ask| outcomes.by_ref().take(ask.len()).collect()).collect())
    }
}

/// The commands of all asks, cut only behind one whose last command asks to be linked to a next: that next one is not another caller's.
fn runs(asks: &[Arc<Vec<TransferCreate>>]) -> Vec<Vec<TransferCreate>> {
    let mut runs = vec![Vec::with_capacity(asks.iter().map(|ask| ask.len()).sum())];
    for ask in asks {
        if let Some(run) = runs.last_mut() {
            run.extend_from_slice(ask);
        }
        if ask.last().is_some_and(|last| last.linked) {
            runs.push(Vec::new());
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

async fn book_runs(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant, runs: &[Vec<TransferCreate>]) -> Result<Vec<Outcome>, StoreError> {
    let mut head = tx.ledger_head(cluster).await?;
    let mut outcomes = Vec::new();
    for run in runs {
        let more = tx.transfers_execute_at(cluster, &mut head, now, run).await?;
        if outcomes.is_empty() { outcomes = more } else { outcomes.extend(more) }
    }
    tx.ledger_head_put(cluster, &head).await?;
    Ok(outcomes)
}
