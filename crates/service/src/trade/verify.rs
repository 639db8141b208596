//! Recounting a market from the ledger: what open orders hold, and what trades moved.

use crate::ServiceError;
use crate::cluster_verify::Problem;
use domain::ClusterId;
use ledger::{CauseKind, Transfer, TransferCode, TransferKind, TransferStatus};
use std::collections::BTreeMap;
use store::Tx;

const PAGE: u32 = 1_000;

/// What the ledger says of orders and trades.
#[derive(Debug, Default)]
pub(crate) struct TradeVerifier {
    /// What is on hold for each order.
    holds: BTreeMap<i64, i64>,
    /// Energy and money that arrived by each trade.
    moved: BTreeMap<i64, (i64, i64)>,
}

impl TradeVerifier {
    /// Takes the next transfer; `is_to_member` says whether its credit side is a member's account.
    pub(crate) fn add(&mut self, transfer: &Transfer, status: TransferStatus, is_to_member: bool) {
        match (transfer.cause.kind, transfer.kind) {
            (CauseKind::Order, TransferKind::Pending { .. }) if status == TransferStatus::Open => {
                *self.holds.entry(transfer.cause.a).or_default() += transfer.amount;
            }
            (CauseKind::Trade, TransferKind::Posted) if is_to_member => {
                let moved = self.moved.entry(transfer.cause.a).or_default();
                match transfer.code {
                    TransferCode::TradeEnergy => moved.0 += transfer.amount,
                    _ => moved.1 += transfer.amount,
                }
            }
            _ => {}
        }
    }

    /// Compares with the orders and trades that are stored.
    pub(crate) async fn end(mut self, tx: &mut Tx<'_>, cluster: ClusterId) -> Result<Vec<Problem>, ServiceError> {
        let mut problems = Vec::new();
        let mut problem = |code, text| problems.push(Problem { code, text });
        for order in tx.order_list_open(cluster, u32::MAX).await? {
            let held = self.holds.remove(&order.no.get()).unwrap_or(0);
            if held != order.hold_amount {
                problem("order_hold_differs", format!("order {} says that {} are held, the ledger {held}", order.no, order.hold_amount));
            }
        }
        for (order, held) in self.holds {
            problem("order_hold_differs", format!("the ledger holds {held} for order {order}, which is not open"));
        }
        let mut before = i64::MAX;
        loop {
            let page = tx.trade_list(cluster, before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = last.no.get();
            for trade in page {
                let moved = self.moved.remove(&trade.no.get()).unwrap_or_default();
                if moved != (trade.energy.0, trade.money.0) {
                    problem("trade_differs", format!("trade {} is about {} and {}, the ledger moved {moved:?}", trade.no, trade.energy, trade.money));
                }
            }
        }
        for trade in self.moved.keys() {
            problem("trade_differs", format!("the ledger moved energy or money for trade {trade}, which is not written down"));
        }
        Ok(problems)
    }
}
