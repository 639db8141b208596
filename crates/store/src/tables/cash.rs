//! The cash desk: receipts for cash that came in, and payouts that members asked for.

use super::ledger::{halves, whole};
use super::member_at;
use crate::{Result, Row, Sql, StoreError, Tx, sql};
use domain::{ClusterId, MemberNo, PayoutNo, ReceiptNo, TransferNo, UnknownWord};
use ledger::IdempotencyKey;
use quantity::{Instant, Ngwee};

/// Cash that an officer took from a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Its number in the cluster.
    pub no: ReceiptNo,
    /// Who paid.
    pub member: MemberNo,
    /// How much was paid.
    pub amount: Ngwee,
    /// What of it paid a debt; the rest went into the wallet.
    pub debt: Ngwee,
    /// The number on the paper that the member was given.
    pub reference: String,
    /// The user who took it, 0 for the program.
    pub received_by: i64,
    /// When it was written down.
    pub received_at: Instant,
    /// Recognises a retry.
    pub key: IdempotencyKey,
}

/// How far a payout is. It leaves [`PayoutState::Open`] once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutState {
    /// The money is held and waits for an officer.
    Open,
    /// An officer has handed it over.
    Paid,
    /// The member or an officer took it back.
    Cancelled,
    /// Nobody confirmed it in time.
    Expired,
}

impl PayoutState {
    const ALL: [Self; 4] = [Self::Open, Self::Paid, Self::Cancelled, Self::Expired];

    /// The word as stored and shown in programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let choices = Self::ALL.map(Self::as_str).join(", ");
            StoreError::corrupt("payout.state", UnknownWord { list: "state of a payout", text: text.to_owned(), choices })
        })
    }
}

/// Money that a member wants in cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutRow {
    /// Its number in the cluster.
    pub no: PayoutNo,
    /// Whose wallet.
    pub member: MemberNo,
    /// How much.
    pub amount: Ngwee,
    /// How far it is.
    pub state: PayoutState,
    /// The transfer that holds the money.
    pub hold: TransferNo,
    /// The user who asked, 0 for the program.
    pub asked_by: i64,
    /// When it was asked for.
    pub asked_at: Instant,
    /// First instant at which it can no longer be confirmed.
    pub expires_at: Instant,
    /// The user who paid or cancelled it, 0 for the program.
    pub ended_by: Option<i64>,
    /// When it was paid, cancelled or given up.
    pub ended_at: Option<Instant>,
    /// Recognises a retry.
    pub key: IdempotencyKey,
}

const RECEIPT_PUT: Sql = sql!(
    "INSERT INTO cash_receipt (cluster_id, receipt_no, member_no, amount, debt, reference, received_by, received_at, key_high, key_low)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);
const RECEIPT_BY_KEY: Sql = sql!(
    "SELECT receipt_no, member_no, amount, debt, reference, received_by, received_at, key_high, key_low FROM cash_receipt
     WHERE cluster_id = $1 AND key_high = $2 AND key_low = $3"
);
const RECEIPT_BY_REFERENCE: Sql = sql!(
    "SELECT receipt_no, member_no, amount, debt, reference, received_by, received_at, key_high, key_low FROM cash_receipt
     WHERE cluster_id = $1 AND reference = $2"
);
const RECEIPTS: Sql = sql!(
    "SELECT receipt_no, member_no, amount, debt, reference, received_by, received_at, key_high, key_low FROM cash_receipt
     WHERE cluster_id = $1 ORDER BY receipt_no DESC LIMIT $2"
);
const PAYOUT_PUT: Sql = sql!(
    "INSERT INTO payout (cluster_id, payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high,
        key_low) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (cluster_id, payout_no) DO UPDATE SET state = excluded.state, ended_by = excluded.ended_by, ended_at = excluded.ended_at"
);
const PAYOUT: Sql = sql!(
    "SELECT payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high, key_low FROM payout
     WHERE cluster_id = $1 AND payout_no = $2"
);
const PAYOUT_BY_KEY: Sql = sql!(
    "SELECT payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high, key_low FROM payout
     WHERE cluster_id = $1 AND key_high = $2 AND key_low = $3"
);
const PAYOUTS_OPEN: Sql = sql!(
    "SELECT payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high, key_low FROM payout
     WHERE cluster_id = $1 AND state = 'open' ORDER BY payout_no LIMIT $2"
);
const PAYOUTS_OVER: Sql = sql!(
    "SELECT payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high, key_low FROM payout
     WHERE cluster_id = $1 AND state = 'open' AND expires_at <= $2 ORDER BY payout_no LIMIT $3"
);
const PAYOUTS_OF: Sql = sql!(
    "SELECT payout_no, member_no, amount, state, hold_no, asked_by, asked_at, expires_at, ended_by, ended_at, key_high, key_low FROM payout
     WHERE cluster_id = $1 AND member_no = $2 ORDER BY payout_no DESC LIMIT $3"
);

impl Tx<'_> {
    /// Writes a receipt down.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when its key or its reference has one.
    pub async fn receipt_insert(&mut self, cluster: ClusterId, row: &ReceiptRow) -> Result<()> {
        let (high, low) = halves(row.key);
        let values = [
            cluster.into(),
            row.no.into(),
            row.member.into(),
            row.amount.0.into(),
            row.debt.0.into(),
            row.reference.as_str().into(),
            row.received_by.into(),
            row.received_at.into(),
            high.into(),
            low.into(),
        ];
        self.exec(&RECEIPT_PUT, &values).await.map(|_| ())
    }

    /// The receipt that was written down under a key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn receipt_by_key(&mut self, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<ReceiptRow>> {
        let (high, low) = halves(key);
        self.query_opt(&RECEIPT_BY_KEY, &[cluster.into(), high.into(), low.into()], receipt_row).await
    }

    /// The receipt with a reference.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn receipt_by_reference(&mut self, cluster: ClusterId, reference: &str) -> Result<Option<ReceiptRow>> {
        self.query_opt(&RECEIPT_BY_REFERENCE, &[cluster.into(), reference.into()], receipt_row).await
    }

    /// The last receipts of a cluster, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn receipt_list(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<ReceiptRow>> {
        self.query(&RECEIPTS, &[cluster.into(), limit.into()], receipt_row).await
    }

    /// Writes a payout down, or how far it is.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when its key has another one.
    pub async fn payout_put(&mut self, cluster: ClusterId, row: &PayoutRow) -> Result<()> {
        let (high, low) = halves(row.key);
        let values = [
            cluster.into(),
            row.no.into(),
            row.member.into(),
            row.amount.0.into(),
            row.state.as_str().into(),
            row.hold.into(),
            row.asked_by.into(),
            row.asked_at.into(),
            row.expires_at.into(),
            row.ended_by.into(),
            row.ended_at.into(),
            high.into(),
            low.into(),
        ];
        self.exec(&PAYOUT_PUT, &values).await.map(|_| ())
    }

    /// The payout with a number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn payout_find(&mut self, cluster: ClusterId, no: PayoutNo) -> Result<Option<PayoutRow>> {
        self.query_opt(&PAYOUT, &[cluster.into(), no.into()], payout_row).await
    }

    /// The payout that was asked for under a key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn payout_by_key(&mut self, cluster: ClusterId, key: IdempotencyKey) -> Result<Option<PayoutRow>> {
        let (high, low) = halves(key);
        self.query_opt(&PAYOUT_BY_KEY, &[cluster.into(), high.into(), low.into()], payout_row).await
    }

    /// The payouts that wait for an officer, the oldest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn payout_list_open(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<PayoutRow>> {
        self.query(&PAYOUTS_OPEN, &[cluster.into(), limit.into()], payout_row).await
    }

    /// The payouts that nobody confirmed before `now`, the oldest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn payout_list_over(&mut self, cluster: ClusterId, now: Instant, limit: u32) -> Result<Vec<PayoutRow>> {
        self.query(&PAYOUTS_OVER, &[cluster.into(), now.into(), limit.into()], payout_row).await
    }

    /// The last payouts of a member, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn payout_list_of(&mut self, cluster: ClusterId, member: MemberNo, limit: u32) -> Result<Vec<PayoutRow>> {
        self.query(&PAYOUTS_OF, &[cluster.into(), member.into(), limit.into()], payout_row).await
    }
}

fn receipt_row(row: &Row<'_>) -> Result<ReceiptRow> {
    Ok(ReceiptRow {
        no: ReceiptNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("cash_receipt.receipt_no", error))?,
        member: member_at(row, 1)?,
        amount: Ngwee(row.int(2)?),
        debt: Ngwee(row.int(3)?),
        reference: row.text(4)?.to_owned(),
        received_by: row.int(5)?,
        received_at: Instant(row.int(6)?),
        key: whole(row.int(7)?, row.int(8)?),
    })
}

fn payout_row(row: &Row<'_>) -> Result<PayoutRow> {
    Ok(PayoutRow {
        no: PayoutNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("payout.payout_no", error))?,
        member: member_at(row, 1)?,
        amount: Ngwee(row.int(2)?),
        state: PayoutState::parse(row.text(3)?)?,
        hold: TransferNo::new(row.int(4)?).map_err(|error| StoreError::corrupt("payout.hold_no", error))?,
        asked_by: row.int(5)?,
        asked_at: Instant(row.int(6)?),
        expires_at: Instant(row.int(7)?),
        ended_by: row.opt_int(8)?,
        ended_at: row.opt_int(9)?.map(Instant),
        key: whole(row.int(10)?, row.int(11)?),
    })
}
