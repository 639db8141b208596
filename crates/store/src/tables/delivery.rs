//! What was delivered between clusters, and what each side posted for it.

use super::between::deal_at;
use super::day_at;
use super::ledger::whole;
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{ClusterId, DealNo, MemberNo};
use ledger::{AccountCode, IdempotencyKey, TransferCode};
use market::between::{Parcel, Party};
use quantity::{BusinessDay, Instant, MilliNgwee, Ngwee, WattHours};

/// A day of a deal as it was settled last, or the time before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The deal, in this cluster.
    pub deal: DealNo,
    /// The local day.
    pub day: BusinessDay,
    /// How often it was settled.
    pub revision: i64,
    /// The sum of the day.
    pub sum: Parcel,
    /// What the line could not carry, Wh; not contracted in `sum`.
    pub undeliverable: WattHours,
    /// What the buying cluster owes for it, after compensation.
    pub clearing: Ngwee,
    /// The intervals with anything contracted; in the selling cluster's row alone.
    pub parcels: Vec<(Instant, Parcel)>,
    /// When it was settled.
    pub settled_at: Instant,
}

/// One line of what a cluster posted for a day: whose, what about, for which deal (0 for several), how much (positive: pays).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegLine {
    /// A member's money, or one of the cluster's own accounts.
    pub member: Option<MemberNo>,
    /// That account; the wallet for a member.
    pub account: AccountCode,
    /// What about.
    pub code: TransferCode,
    /// The deal, 0 for several.
    pub deal: i64,
    /// Ngwee.
    pub amount: Ngwee,
}

/// What a cluster has posted for a day on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegRow {
    /// The local day.
    pub day: BusinessDay,
    /// Seller or buyer.
    pub side: Party,
    /// How often it was posted or looked at again.
    pub revision: i64,
    /// From what it was worked out.
    pub basis: String,
    /// All lines in sum.
    pub lines: Vec<LegLine>,
    /// Whether readings are still missing.
    pub is_estimated: bool,
    /// When it was settled last.
    pub settled_at: Instant,
}

/// How far a settlement day is, without its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayMark {
    /// The day.
    pub day: BusinessDay,
    /// Whether it is posted and nothing of it has changed since.
    pub is_posted: bool,
    /// How often it was posted.
    pub revision: i64,
    /// When it was settled last.
    pub settled_at: Instant,
    /// When it was posted first.
    pub posted_at: Option<Instant>,
}

const DAY_MARKS: Sql =
    sql!("SELECT day, status, revision, settled_at, posted_at FROM settlement_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 ORDER BY day");
static DELIVERY_INSERT: SqlBatch = SqlBatch::new(
    "delivery",
    &[
        Column::int("cluster_id"),
        Column::int("deal_no"),
        Column::int("day"),
        Column::int("revision"),
        Column::int("contracted"),
        Column::int("sent"),
        Column::int("received"),
        Column::int("undeliverable"),
        Column::int("seller_due"),
        Column::int("fee"),
        Column::int("rent"),
        Column::int("replacement"),
        Column::int("penalty"),
        Column::int("clearing"),
        Column::flag("is_estimated"),
        Column::bytes("parcels"),
        Column::int("settled_at"),
    ],
    "",
);
const DELIVERIES: Sql = sql!(
    "SELECT deal_no, day, revision, contracted, sent, received, undeliverable, seller_due, fee, rent, replacement, penalty, clearing, is_estimated,
        parcels, settled_at FROM delivery AS v
     WHERE cluster_id = $1 AND day >= $2 AND day < $3
       AND revision = (SELECT MAX(revision) FROM delivery AS w WHERE w.cluster_id = $1 AND w.deal_no = v.deal_no AND w.day = v.day)
     ORDER BY day DESC, deal_no LIMIT $4"
);
const DELIVERY: Sql = sql!(
    "SELECT deal_no, day, revision, contracted, sent, received, undeliverable, seller_due, fee, rent, replacement, penalty, clearing, is_estimated,
        parcels, settled_at FROM delivery WHERE cluster_id = $1 AND deal_no = $2 AND day = $3 ORDER BY revision DESC LIMIT 1"
);
const DELIVERY_MARKS: Sql = sql!(
    "SELECT d.pair_high, d.pair_low, v.day, MAX(v.revision) FROM delivery AS v
     JOIN deal AS d ON d.cluster_id = v.cluster_id AND d.deal_no = v.deal_no
     WHERE v.cluster_id = $1 AND v.day >= $2 AND d.other_cluster = $3 GROUP BY d.pair_high, d.pair_low, v.day ORDER BY v.day"
);
static LEG_PUT: SqlBatch = SqlBatch::new(
    "delivery_leg",
    &[
        Column::int("cluster_id"),
        Column::int("day"),
        Column::text("side"),
        Column::int("revision"),
        Column::text("basis"),
        Column::text("lines"),
        Column::flag("is_estimated"),
        Column::int("settled_at"),
    ],
    "ON CONFLICT (cluster_id, day, side) DO UPDATE SET revision = excluded.revision, basis = excluded.basis, lines = excluded.lines,
        is_estimated = excluded.is_estimated, settled_at = excluded.settled_at",
);
const LEG: Sql =
    sql!("SELECT day, side, revision, basis, lines, is_estimated, settled_at FROM delivery_leg WHERE cluster_id = $1 AND day = $2 AND side = $3");
const LEG_MARKS: Sql = sql!("SELECT day, basis FROM delivery_leg WHERE cluster_id = $1 AND day >= $2 AND side = $3");
const LEGS: Sql = sql!(
    "SELECT day, side, revision, basis, lines, is_estimated, settled_at FROM delivery_leg WHERE cluster_id = $1 AND day >= $2 ORDER BY day, side"
);

impl Tx<'_> {
    /// How far the settlement days in `[from, until)` are, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_marks(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<Vec<DayMark>> {
        self.query(&DAY_MARKS, &[cluster.into(), from.0.into(), until.0.into()], |row| {
            Ok(DayMark {
                day: day_at(row, 0)?,
                is_posted: row.text(1)? == "posted",
                revision: row.int(2)?,
                settled_at: Instant(row.int(3)?),
                posted_at: row.opt_int(4)?.map(Instant),
            })
        })
        .await
    }

    /// Adds settled days of deals.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the revision is there.
    pub async fn delivery_insert(&mut self, cluster: ClusterId, rows: &[DeliveryRow]) -> Result<()> {
        let bytes: Vec<Vec<u8>> = rows.iter().map(|row| parcels_bytes(&row.parcels)).collect();
        let mut values = Vec::with_capacity(rows.len() * 17);
        for (row, bytes) in rows.iter().zip(&bytes) {
            let sum = &row.sum;
            values.extend([
                Value::from(cluster),
                row.deal.into(),
                row.day.0.into(),
                row.revision.into(),
                sum.contracted.0.into(),
                sum.sent.0.into(),
                sum.received.0.into(),
                row.undeliverable.0.into(),
                sum.seller_due.0.into(),
                sum.fee.0.into(),
                sum.rent.0.into(),
                sum.replacement.0.into(),
                sum.penalty.0.into(),
                row.clearing.0.into(),
                sum.is_estimated.into(),
                Value::Bytes(bytes),
                row.settled_at.into(),
            ]);
        }
        self.insert_many(&DELIVERY_INSERT, &values).await.map(|_| ())
    }

    /// The days of deals in `[from, until)` as they were settled last, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_list(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay, limit: u32) -> Result<Vec<DeliveryRow>> {
        self.query(&DELIVERIES, &[cluster.into(), from.0.into(), until.0.into(), limit.into()], delivery_row).await
    }

    /// A day of a deal as it was settled last.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_find(&mut self, cluster: ClusterId, deal: DealNo, day: BusinessDay) -> Result<Option<DeliveryRow>> {
        self.query_opt(&DELIVERY, &[cluster.into(), deal.into(), day.0.into()], delivery_row).await
    }

    /// How often the days from `from` on of deals with `other` were settled: by pair key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_marks(
        &mut self,
        cluster: ClusterId,
        from: BusinessDay,
        other: ClusterId,
    ) -> Result<Vec<(IdempotencyKey, BusinessDay, i64)>> {
        self.query(&DELIVERY_MARKS, &[cluster.into(), from.0.into(), other.into()], |row| {
            Ok((whole(row.int(0)?, row.int(1)?), day_at(row, 2)?, row.int(3)?))
        })
        .await
    }

    /// Writes what was posted for a day on one side, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_leg_put(&mut self, cluster: ClusterId, row: &LegRow) -> Result<()> {
        let lines = lines_text(&row.lines);
        let values: [Value<'_>; 8] = [
            cluster.into(),
            row.day.0.into(),
            row.side.as_str().into(),
            row.revision.into(),
            row.basis.as_str().into(),
            lines.as_str().into(),
            row.is_estimated.into(),
            row.settled_at.into(),
        ];
        self.insert_many(&LEG_PUT, &values).await.map(|_| ())
    }

    /// What was posted for a day on one side.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_leg_find(&mut self, cluster: ClusterId, day: BusinessDay, side: Party) -> Result<Option<LegRow>> {
        self.query_opt(&LEG, &[cluster.into(), day.0.into(), side.as_str().into()], leg_row).await
    }

    /// From what the days of a side from `from` on were worked out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_leg_marks(&mut self, cluster: ClusterId, from: BusinessDay, side: Party) -> Result<Vec<(BusinessDay, String)>> {
        self.query(&LEG_MARKS, &[cluster.into(), from.0.into(), side.as_str().into()], |row| Ok((day_at(row, 0)?, row.text(1)?.to_owned()))).await
    }

    /// What was posted for the days from `from` on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn delivery_leg_list(&mut self, cluster: ClusterId, from: BusinessDay) -> Result<Vec<LegRow>> {
        self.query(&LEGS, &[cluster.into(), from.0.into()], leg_row).await
    }
}

fn delivery_row(row: &Row<'_>) -> Result<DeliveryRow> {
    let sum = Parcel {
        contracted: WattHours(row.int(3)?),
        sent: WattHours(row.int(4)?),
        received: WattHours(row.int(5)?),
        seller_due: MilliNgwee(row.int(7)?),
        fee: MilliNgwee(row.int(8)?),
        rent: MilliNgwee(row.int(9)?),
        replacement: MilliNgwee(row.int(10)?),
        penalty: MilliNgwee(row.int(11)?),
        is_estimated: row.boolean(13)?,
    };
    Ok(DeliveryRow {
        deal: deal_at(row, 0)?,
        day: day_at(row, 1)?,
        revision: row.int(2)?,
        sum,
        undeliverable: WattHours(row.int(6)?),
        clearing: Ngwee(row.int(12)?),
        parcels: parcels_read(row.bytes(14)?)?,
        settled_at: Instant(row.int(15)?),
    })
}

fn leg_row(row: &Row<'_>) -> Result<LegRow> {
    let side = row.text(1)?;
    Ok(LegRow {
        day: day_at(row, 0)?,
        side: if side == Party::Seller.as_str() { Party::Seller } else { Party::Buyer },
        revision: row.int(2)?,
        basis: row.text(3)?.to_owned(),
        lines: lines_read(row.text(4)?)?,
        is_estimated: row.boolean(5)?,
        settled_at: Instant(row.int(6)?),
    })
}

/// A parcel with its start: ten numbers of eight bytes, the most significant first.
fn parcels_bytes(parcels: &[(Instant, Parcel)]) -> Vec<u8> {
    let numbers = |(start, p): &(Instant, Parcel)| {
        let money = [p.seller_due, p.fee, p.rent, p.replacement, p.penalty].map(|money| money.0);
        let energy = [p.contracted, p.sent, p.received].map(|energy| energy.0);
        [start.0].into_iter().chain(energy).chain(money).chain([i64::from(p.is_estimated)])
    };
    parcels.iter().flat_map(numbers).flat_map(i64::to_be_bytes).collect()
}

fn parcels_read(bytes: &[u8]) -> Result<Vec<(Instant, Parcel)>> {
    const SIZE: usize = 80;
    if !bytes.len().is_multiple_of(SIZE) {
        return Err(StoreError::corrupt("delivery.parcels", bytes.len()));
    }
    let number = |part: &[u8]| part.try_into().map(i64::from_be_bytes).unwrap_or_default();
    let parcel = |bytes: &[u8]| {
        let n: Vec<i64> = bytes.chunks(8).map(number).collect();
        let parcel = Parcel {
            contracted: WattHours(n[1]),
            sent: WattHours(n[2]),
            received: WattHours(n[3]),
            seller_due: MilliNgwee(n[4]),
            fee: MilliNgwee(n[5]),
            rent: MilliNgwee(n[6]),
            replacement: MilliNgwee(n[7]),
            penalty: MilliNgwee(n[8]),
            is_estimated: n[9] != 0,
        };
        (Instant(n[0]), parcel)
    };
    Ok(bytes.chunks(SIZE).map(parcel).collect())
}

/// A line as five numbers: member (0 for the cluster), account, code, deal, amount.
fn lines_text(lines: &[LegLine]) -> String {
    let text = |line: &LegLine| {
        let member = line.member.map_or(0, MemberNo::get);
        format!("{member} {} {} {} {}", line.account.number(), line.code.number(), line.deal, line.amount.0)
    };
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

fn lines_read(text: &str) -> Result<Vec<LegLine>> {
    let odd = |line: &str| StoreError::corrupt("delivery_leg.lines", line);
    let read = |line: &str| {
        let numbers: Vec<i64> = line.split(' ').map(|word| word.parse().map_err(|_| odd(line))).collect::<Result<_>>()?;
        let [member, account, code, deal, amount] = numbers[..] else { return Err(odd(line)) };
        Ok(LegLine {
            member: if member == 0 { None } else { Some(MemberNo::new(member).map_err(|_| odd(line))?) },
            account: AccountCode::from_number(account).ok_or_else(|| odd(line))?,
            code: TransferCode::from_number(code).ok_or_else(|| odd(line))?,
            deal,
            amount: Ngwee(amount),
        })
    };
    text.lines().map(read).collect()
}
