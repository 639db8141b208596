//! What is written down, for those who want to check it: readings, days, the ledger and its log, proofs. Pages are bounded.

use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, MeterNo, Region};
use ledger::merkle::Hash;
use ledger::{Account, Transfer, TransferStatus};
use metering::Reading;
use metering::block::BlockColumns;
use quantity::{BusinessDay, Instant, Interval, UtcOffset};
use settlement::Totals;
use settlement::seal::{LineProof, SealedRecord};
use store::Tx;
use store::tables::{AssignmentRow, ClusterRow, DayRow};

/// Most days of readings at once.
pub const READING_DAYS_MAX: i32 = 31;

/// A settled day in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySummary {
    /// Its row.
    pub row: DayRow,
    /// The cluster's totals.
    pub totals: Totals,
}

/// The head of a cluster's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// How many leaves it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// When the last transfer was booked.
    pub last_booked_at: Option<Instant>,
}

/// What shows that a member's line is part of a sealed interval, without showing anybody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalProof {
    /// Start of the interval.
    pub start: Instant,
    /// Version of the record.
    pub version: i64,
    /// Position of the record in the cluster's log.
    pub leaf_no: i64,
    /// The header, whose hash is the leaf.
    pub header: Vec<u8>,
    /// The leaf.
    pub leaf: Hash,
    /// The root of the lines, which stands in the header.
    pub root: Hash,
    /// The member's line and its way to that root.
    pub line: LineProof,
}

impl Service {
    /// A member's readings that start in `within`, by start and meter.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::SpanTooLong`] beyond [`READING_DAYS_MAX`] days; what the store says.
    pub async fn member_readings(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        within: Interval,
    ) -> Result<Vec<Reading>, ServiceError> {
        self.require(actor, cluster.id, Action::ReadingsRead(member)).await?;
        if within.end().ms_since(within.start()) > i64::from(READING_DAYS_MAX) * 86_400_000 {
            return Err(ServiceError::SpanTooLong { days: READING_DAYS_MAX });
        }
        let (id, offset) = (cluster.id, cluster.offset);
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    if !tx.member_list(id).await?.iter().any(|row| row.no == member) {
                        return Err(ServiceError::MemberUnknown { number: member.get() });
                    }
                    let until = BusinessDay::of(within.end(), offset).next();
                    let spans = tx.assignment_list(id, BusinessDay::of(within.start(), offset), until).await?;
                    let spans: Vec<AssignmentRow> = spans.into_iter().filter(|row| row.member == member).collect();
                    let is_own = |meter: MeterNo, at: Instant| spans.iter().any(|row| row.meter == meter && holds(row, at, offset));
                    let (mut readings, mut block) = (Vec::new(), BlockColumns::default());
                    for row in tx.block_list(id, within).await? {
                        block.decode_into(&row.data)?;
                        readings.extend(block.readings().filter(|reading| is_own(reading.meter, reading.start)));
                    }
                    Ok(readings)
                })
            })
            .await
    }

    /// Settled days from `from` on, in order, at most `limit`.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn day_list(&self, actor: Actor, cluster: &ClusterRow, from: BusinessDay, limit: u32) -> Result<Vec<DaySummary>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let id = cluster.id;
        let rows: Vec<DayRow> = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let Some(span) = tx.day_span(id).await? else { return Ok(Vec::new()) };
                    let (mut from, mut rows) = (from.max(span.first), Vec::new());
                    while rows.len() < limit as usize && from <= span.last {
                        // Days without a row between settled ones are few, so this is mostly one round.
                        let until = from.plus_days(i32::try_from(limit).unwrap_or(i32::MAX));
                        rows.extend(tx.day_list(id, from, until).await?);
                        from = until;
                    }
                    rows.truncate(limit as usize);
                    Ok(rows)
                })
            })
            .await?;
        rows.into_iter().map(|row| Ok(DaySummary { totals: Totals::from_bytes(&row.totals)?, row })).collect()
    }

    /// Nothing, when the database answers.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ping(&self) -> Result<(), ServiceError> {
        Ok(self.store.read(|tx| Box::pin(async move { tx.cluster_list(None, 1).await.map(drop) })).await?)
    }

    /// Up to `limit` clusters after `after`, by id: for operators.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn cluster_page(&self, actor: Actor, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterRow>, ServiceError> {
        Standing::stranger(actor).require(Action::Operate)?;
        Ok(self.store.read(move |tx| Box::pin(async move { tx.cluster_list(after, limit).await })).await?)
    }

    /// Every region, by code.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values().map(AsRef::as_ref)
    }

    /// All accounts of a cluster, by number.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn account_list(&self, actor: Actor, cluster: ClusterId) -> Result<Vec<Account>, ServiceError> {
        self.require(actor, cluster, Action::LedgerRead).await?;
        Ok(self.store.read(move |tx| Box::pin(async move { tx.account_list(cluster).await })).await?)
    }

    /// Up to `limit` transfers after number `after`, by number, with what became of them.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn transfer_list(
        &self,
        actor: Actor,
        cluster: ClusterId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(Transfer, TransferStatus)>, ServiceError> {
        self.require(actor, cluster, Action::LedgerRead).await?;
        Ok(self.store.read(move |tx| Box::pin(async move { tx.transfer_page(cluster, after, limit).await })).await?)
    }

    /// The head of a cluster's log: whoever keeps it notices when the past is changed.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn log_head(&self, actor: Actor, cluster: ClusterId) -> Result<LogHead, ServiceError> {
        self.require(actor, cluster, Action::ClusterRead).await?;
        let head = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.ledger_head_find(cluster).await?) })).await?;
        Ok(match head {
            Some(head) => LogHead { size: head.frontier.size(), root: head.frontier.root(), last_booked_at: head.last_booked_at },
            None => LogHead { size: 0, root: ledger::merkle::Frontier::new().root(), last_booked_at: None },
        })
    }

    /// What shows that a member's line is part of the sealed interval that starts at `start`.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::IntervalUnknown`] when nothing is sealed there; [`ServiceError::MemberUnknown`] when the
    /// member has no line in it; what the store says.
    pub async fn interval_proof(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, start: Instant) -> Result<IntervalProof, ServiceError> {
        self.require(actor, cluster.id, Action::ReadingsRead(member)).await?;
        let (id, step) = (cluster.id, cluster.step);
        self.store.read(move |tx| Box::pin(async move { interval_proof(tx, id, member, step.interval_at(step.floor(start))).await })).await
    }
}

/// Whether the meter is the member's at `at`.
fn holds(row: &AssignmentRow, at: Instant, offset: UtcOffset) -> bool {
    row.from.start(offset) <= at && row.until.is_none_or(|until| at < until.start(offset))
}

async fn interval_proof(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, within: Interval) -> Result<IntervalProof, ServiceError> {
    let sealed = tx.sealed_latest(cluster, within).await?;
    let row = sealed.into_iter().next().ok_or(ServiceError::IntervalUnknown { start: within.start() })?;
    let record = SealedRecord::decode(&row.header, &row.body)?;
    let line = record.line_proof(&row.body, member.get()).ok_or(ServiceError::MemberUnknown { number: member.get() })?;
    let leaf = SealedRecord::leaf(&row.header);
    Ok(IntervalProof { start: row.start, version: row.version, leaf_no: row.leaf_no, leaf, root: record.root, line, header: row.header })
}
