//! Moving members between clusters: the membership, the meters and every balance, one transaction of one cluster after the other.
//!
//! Each step is a transaction of one cluster and finds out by itself whether it was done, so that a crash anywhere is finished by running
//! the move again: by the same request, or by [`Service::clearing_check`]. The row of the cluster that is left leads. Why debts do not
//! move, and why money follows only when the last day before the move is posted: docs/adr/0007-moves-between-clusters.md.

use super::again::{not_before, today};
use super::carry::{CarriedCredits, credits_are_free, credits_to_carry, leg_code, opened, passage};
use super::entering::{self, Room};
use super::{ClusterError, Household, join, leave, telling};
use crate::accounts::{ClusterAccounts, MemberBook};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{AccountNo, ClusterCode, ClusterId, ClusterKind, MemberNo, MemberState, MoveNo, Region, UserId};
use ledger::{Account, AccountCode, Cause, CauseKind, IdempotencyKey, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, Ngwee};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, EntryRow, MeterRow, MoveDirection, MoveLeg, MoveRow, MoveState, MoveStatement, NoticeNew};

/// The accounts whose money moves, in this order; energy credits and their cover follow it.
pub(super) const CARRIED: [AccountCode; 3] = [AccountCode::MemberWallet, AccountCode::MemberReceivable, AccountCode::MemberCapital];
/// More steps than any move takes at once; a move that is not through then waits for the next round.
const STEPS_MAX: usize = 32;
/// How long money waits for readings of the last days from a meter that fell silent.
const READINGS_WAIT_DAYS: i32 = 7;
/// How often a household's move is begun again when another call was refused in the meantime.
const MOVE_TRIES: usize = 3;

/// A membership that is left for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedFrom {
    /// The cluster.
    pub cluster: ClusterRow,
    /// The member there.
    pub member: MemberNo,
}

/// How far a member's move is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its number in the cluster that is left.
    pub no: MoveNo,
    /// The member that was.
    pub from: MemberNo,
    /// The member it became; `None` while the other cluster was not asked.
    pub to: Option<MemberNo>,
    /// First day there.
    pub on: BusinessDay,
    /// How far it is.
    pub state: MoveState,
    /// Money that has left, by kind of account.
    pub carried: Vec<(AccountCode, Ngwee)>,
    /// Whether all of it arrived and no bill of the time before is open.
    pub is_settled: bool,
}

/// What a step of a move did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The day of the move was put off, because it passed before the other cluster was asked.
    PutOff,
    /// The other cluster has the member.
    Arrived,
    /// The membership here has its end.
    Ended,
    /// Money left.
    Sent,
    /// Money arrived.
    Delivered,
    /// This side knows that it arrived.
    Marked,
    /// The other cluster had said no, and this one knows it now: the member stays.
    Refused,
    /// Another worker was faster; what it did is looked at next.
    Overtaken,
    /// Nothing more can follow.
    Done,
    /// Nothing to do now; more may follow.
    Waiting,
}

/// What the cluster that is left knows of a move.
struct Leaving {
    row: MoveRow,
    entry: EntryRow,
    meters: Vec<MeterRow>,
    users: Vec<UserId>,
    legs: Vec<MoveLeg>,
    book: MemberBook,
    credits: Option<CarriedCredits>,
    /// Whether every bill of the time before the move is posted.
    is_billed: bool,
}

/// Clusters by their ids.
pub(crate) struct Clusters(std::collections::BTreeMap<ClusterId, ClusterRow>);

impl Clusters {
    /// One of them.
    ///
    /// # Errors
    /// [`ServiceError::ClusterUnknown`].
    pub(crate) fn get(&self, id: ClusterId) -> Result<ClusterRow, ServiceError> {
        self.0.get(&id).cloned().ok_or_else(|| ServiceError::ClusterUnknown { code: id.to_string() })
    }
}

impl Service {
    /// Moves members of an open cluster to another cluster from `on` on, with their balances. For the operator; others move by joining
    /// (`join_cluster` with `move_from`). The same call again goes on where it stopped.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MoveNotOpen`]; [`ClusterError::Full`]; [`ClusterError::DebtFirst`] and others: members
    /// before the one that was refused are moved.
    pub async fn members_move(
        &self,
        actor: Actor,
        from: &ClusterRow,
        to: &ClusterRow,
        members: Vec<MemberNo>,
        on: BusinessDay,
    ) -> Result<Vec<Moved>, ServiceError> {
        self.require(actor, from.id, Action::GroupMove).await?;
        if from.kind != ClusterKind::Open {
            return Err(ClusterError::MoveNotOpen.into());
        }
        if from.id == to.id {
            return Err(ClusterError::MoveSame.into());
        }
        if members.len() > super::ENTRIES_MAX {
            return Err(ClusterError::TooMany { most: super::ENTRIES_MAX }.into());
        }
        let mut begun = Vec::with_capacity(members.len());
        for &member in &members {
            begun.push(self.move_find(from, to.id, member).await?);
        }
        self.room_for(to, begun.iter().filter(|row| row.is_none()).count()).await?;
        let mut moved = Vec::with_capacity(members.len());
        for (member, row) in members.into_iter().zip(begun) {
            let no = match row {
                Some(row) => row.no,
                None => self.move_begin(actor.number(), from, to.id, member, Some(on)).await?,
            };
            self.move_go_on(from.id, no).await?;
            moved.push(self.moved(from.id, no).await?);
        }
        Ok(moved)
    }

    /// The membership that a household wants to leave, when the actor may and the clusters are two.
    pub(super) async fn move_from(&self, actor: Actor, code: &ClusterCode, member: MemberNo, to: &ClusterRow) -> Result<MovedFrom, ServiceError> {
        let cluster = self.cluster(code).await?;
        self.require(actor, cluster.id, Action::Leave(member)).await?;
        if cluster.id == to.id {
            return Err(ClusterError::MoveSame.into());
        }
        Ok(MovedFrom { cluster, member })
    }

    /// The membership of an entry that came from elsewhere.
    pub(super) async fn moved_from(&self, cluster: ClusterId, member: MemberNo) -> Result<MovedFrom, ServiceError> {
        Ok(MovedFrom { cluster: self.cluster_of(cluster).await?, member })
    }

    /// Refuses what the cluster that is left would refuse, before anything is kept in the other. Nothing is refused to a move that is
    /// under way to the same place.
    pub(super) async fn move_may_begin(&self, from: &MovedFrom, to: &ClusterRow) -> Result<(), ServiceError> {
        if self.move_find(&from.cluster, to.id, from.member).await?.is_some() {
            return Ok(());
        }
        let (row, region, now, member) = (from.cluster.clone(), self.region(&from.cluster.region)?, self.now(), from.member);
        self.store
            .read(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { may_begin(tx, &row, &region, (member, None), now).await.map(|_| ()) })
            })
            .await
    }

    /// Moves a household to where a number waits for it, on the first day that can be. A refusal leaves nothing behind: the number waits no
    /// longer. What only failed for now is kept, and goes on with the same request or with [`Service::clearing_check`].
    pub(super) async fn move_reserved(&self, actor: i64, from: &MovedFrom, to: &ClusterRow, reserved: MemberNo) -> Result<(), ServiceError> {
        let done = self.move_through(actor, from, to).await;
        if matches!(done, Err(ServiceError::Cluster(_))) {
            self.reserved_give_back(to, reserved).await?;
        }
        done
    }

    async fn move_through(&self, actor: i64, from: &MovedFrom, to: &ClusterRow) -> Result<(), ServiceError> {
        let here = from.cluster.id;
        for _ in 0..MOVE_TRIES {
            let no = match self.move_find(&from.cluster, to.id, from.member).await? {
                Some(row) => row.no,
                None => self.move_begin(actor, &from.cluster, to.id, from.member, None).await?,
            };
            self.move_go_on(here, no).await?;
            // Refused to another call: this one asks for itself, and gets its own answer.
            if self.move_row(here, no).await?.state != MoveState::Refused {
                return Ok(());
            }
        }
        Err(ClusterError::MoveUnderWay { member: from.member }.into())
    }

    /// A number that waited for a household whose move was refused waits no longer. Who wished the move itself has the refusal as its answer,
    /// and its key is free; who waited for an officer was answered before, and is told.
    async fn reserved_give_back(&self, to: &ClusterRow, reserved: MemberNo) -> Result<(), ServiceError> {
        let (to, now) = (to.clone(), self.now());
        self.store
            .write(move |tx| {
                let to = to.clone();
                Box::pin(async move {
                    tx.cluster_turn(to.id).await?;
                    let entry = tx.entry_find(to.id, reserved).await?.filter(is_reserved);
                    let Some(entry) = entry else { return Ok(()) };
                    let asked_by = entry.user.map_or(0, UserId::get);
                    if entry.decided_by == Some(asked_by) {
                        tx.joining_request_drop(asked_by, to.id, reserved).await?;
                    } else {
                        let users: Vec<UserId> = entry.user.into_iter().collect();
                        telling::tell(tx, &users, now, |user| NoticeNew::new(user, "refused").with("name", to.name.clone())).await?;
                    }
                    Ok(tx.entry_put(to.id, &EntryRow { state: MemberState::Refused, ..entry }).await?)
                })
            })
            .await
    }

    /// Goes on with a household that stopped between its number there and its move here.
    pub(super) async fn reserved_go_on(&self, to: ClusterId, reserved: MemberNo) -> Result<(), ServiceError> {
        let to = self.cluster_of(to).await?;
        let id = to.id;
        let entry: Option<EntryRow> =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.entry_find(id, reserved).await?) })).await?;
        let Some(entry) = entry.filter(is_reserved) else { return Ok(()) };
        let Some((from, member)) = entry.moved_from else { return Ok(()) };
        let from = self.moved_from(from, member).await?;
        self.move_reserved(entry.decided_by.unwrap_or(0), &from, &to, reserved).await
    }

    pub(crate) async fn cluster_of(&self, id: ClusterId) -> Result<ClusterRow, ServiceError> {
        let found: Option<ClusterRow> =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.cluster_find(id).await?) })).await?;
        found.ok_or_else(|| ServiceError::ClusterUnknown { code: id.to_string() })
    }

    /// The clusters with these ids, in one read.
    pub(crate) async fn clusters_of(&self, ids: impl IntoIterator<Item = ClusterId>) -> Result<Clusters, ServiceError> {
        let ids: std::collections::BTreeSet<ClusterId> = ids.into_iter().collect();
        let ids: Arc<[ClusterId]> = ids.into_iter().collect();
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            let ids = Arc::clone(&ids);
            Box::pin(async move { Ok(tx.clusters_find(&ids).await?) })
        });
        Ok(Clusters(read.await?.into_iter().map(|row| (row.id, row)).collect()))
    }

    async fn room_for(&self, to: &ClusterRow, more: usize) -> Result<(), ServiceError> {
        let (row, region, now) = (to.clone(), self.region(&to.region)?, self.now());
        self.store
            .read(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { Ok(Room::load(tx, &row, &region, today(&row, now)).await?.fits(more)?) })
            })
            .await
    }

    /// A member's move to a cluster that is under way or done.
    async fn move_find(&self, from: &ClusterRow, to: ClusterId, member: MemberNo) -> Result<Option<MoveRow>, ServiceError> {
        let id = from.id;
        let rows: Vec<MoveRow> = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_list(id).await?) })).await?;
        let is_it = |row: &MoveRow| row.direction == MoveDirection::Out && row.member == member && row.state != MoveState::Refused;
        match rows.into_iter().find(is_it) {
            Some(row) if row.other_cluster == to => Ok(Some(row)),
            Some(row) if row.state == MoveState::Done => Err(ClusterError::MemberLeft { member }.into()),
            Some(_) => Err(ClusterError::MoveUnderWay { member }.into()),
            None => Ok(None),
        }
    }

    async fn move_begin(
        &self,
        actor: i64,
        from: &ClusterRow,
        to: ClusterId,
        member: MemberNo,
        on: Option<BusinessDay>,
    ) -> Result<MoveNo, ServiceError> {
        let (row, region, now) = (from.clone(), self.region(&from.region)?, self.now());
        self.store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { begin(tx, actor, &row, &region, (to, member, on), now).await })
            })
            .await
    }

    /// Goes on with a move as far as it can now.
    pub(super) async fn move_go_on(&self, from: ClusterId, no: MoveNo) -> Result<Step, ServiceError> {
        let mut step = Step::Waiting;
        for _ in 0..STEPS_MAX {
            step = self.move_step(from, no).await?;
            if matches!(step, Step::Waiting | Step::Done | Step::Refused) {
                break;
            }
        }
        Ok(step)
    }

    /// Does the next step of a move: one transaction of one cluster.
    pub(super) async fn move_step(&self, from: ClusterId, no: MoveNo) -> Result<Step, ServiceError> {
        let here = self.cluster_of(from).await?;
        let leaving = self.leaving(&here, no).await?;
        let there = self.cluster_of(leaving.row.other_cluster).await?;
        let now = self.now();
        match leaving.row.state {
            MoveState::Begun => self.step_begun(here, there, leaving, now).await,
            MoveState::Moved => self.step_moved(here, there, leaving, now).await,
            MoveState::Done | MoveState::Refused => Ok(Step::Done),
        }
    }

    async fn step_begun(&self, here: ClusterRow, there: ClusterRow, leaving: Leaving, now: Instant) -> Result<Step, ServiceError> {
        let (from, no) = (here.id, leaving.row.no);
        if let Some(arrived) = self.arrival(&there, &leaving, from).await? {
            let row = leaving.row;
            let ended = self
                .store
                .write(move |tx| {
                    let (here, row, arrived) = (here.clone(), row.clone(), arrived.clone());
                    Box::pin(async move { ended(tx, &here, &row, &arrived, now).await })
                })
                .await?;
            self.forget(from);
            return Ok(if ended { Step::Ended } else { Step::Overtaken });
        }
        if self.is_refused(&there, from, no).await? {
            let known = self.move_state_set(from, no, MoveState::Begun, MoveState::Refused).await?;
            return Ok(if known { Step::Refused } else { Step::Overtaken });
        }
        let first = first_day(&here, &leaving.meters, now);
        if leaving.row.on < first {
            return Ok(if self.move_put_off(from, no, first).await? { Step::PutOff } else { Step::Overtaken });
        }
        let (region, to) = (self.region(&there.region)?, there.id);
        let work = Arc::new((here, there, leaving));
        let entered = self
            .store
            .write(move |tx| {
                let (work, region) = (work.clone(), region.clone());
                Box::pin(async move { arrive(tx, &work.0, &work.1, &region, &work.2, now).await })
            })
            .await;
        self.forget(to);
        match entered {
            Ok(true) => Ok(Step::Arrived),
            Ok(false) => Ok(Step::Overtaken),
            Err(ServiceError::Cluster(refusal)) => {
                // The cluster that refuses says so for good before this one believes it: another worker may have got the member in meanwhile.
                if !self.refuse(to, from, no, now).await? {
                    return Ok(Step::Overtaken);
                }
                self.move_state_set(from, no, MoveState::Begun, MoveState::Refused).await?;
                Err(refusal.into())
            }
            Err(error) => Err(error),
        }
    }

    async fn step_moved(&self, here: ClusterRow, there: ClusterRow, leaving: Leaving, now: Instant) -> Result<Step, ServiceError> {
        if today(&here, now) < leaving.row.on || today(&there, now) < leaving.row.on {
            return Ok(Step::Waiting);
        }
        let on_the_way: Vec<MoveLeg> = leaving.legs.iter().filter(|leg| !leg.is_arrived).copied().collect();
        let Some(arrival) = self.arrival(&there, &leaving, here.id).await? else { return Ok(Step::Waiting) };
        let no = leaving.row.no;
        let is_stated = leaving.row.statement.is_some();
        if !on_the_way.is_empty() || (is_stated && arrival.statement.is_none()) {
            let is_booked = arrival.statement.is_some() && self.are_booked(&there, here.id, no, &on_the_way).await?;
            if is_booked {
                let legs: Vec<MoveLeg> = on_the_way.iter().map(|leg| MoveLeg { is_arrived: true, ..*leg }).collect();
                self.store
                    .write::<_, ServiceError, _>(move |tx| {
                        let legs = legs.clone();
                        Box::pin(async move { Ok(tx.move_leg_put(here.id, no, &legs).await?) })
                    })
                    .await?;
                return Ok(Step::Marked);
            }
            let work = Arc::new((here.id, there, arrival, on_the_way));
            self.store
                .write(move |tx| {
                    let work = work.clone();
                    Box::pin(async move { deliver(tx, work.0, no, &work.1, &work.2, &work.3, now).await })
                })
                .await?;
            return Ok(Step::Delivered);
        }
        if !leaving.is_billed {
            return Ok(Step::Waiting);
        }
        if !is_stated || to_carry(&leaving.book, leaving.credits).next().is_some() {
            let here = Arc::new(here);
            self.store
                .write(move |tx| {
                    let here = here.clone();
                    Box::pin(async move { send(tx, &here, no, now).await })
                })
                .await?;
            return Ok(Step::Sent);
        }
        let last = leaving.row.on.plus_days(i32::try_from(here.correction_days).unwrap_or(i32::MAX));
        if today(&here, now) <= last {
            return Ok(Step::Waiting);
        }
        self.move_state_set(there.id, arrival.no, MoveState::Moved, MoveState::Done).await?;
        self.move_state_set(here.id, no, MoveState::Moved, MoveState::Done).await?;
        Ok(Step::Done)
    }

    fn forget(&self, cluster: ClusterId) {
        self.wallets_forget(cluster);
        self.roles_changed(cluster);
    }

    async fn move_state_set(&self, cluster: ClusterId, no: MoveNo, from: MoveState, to: MoveState) -> Result<bool, ServiceError> {
        self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_state_set(cluster, no, from, to).await?) })).await
    }

    async fn move_put_off(&self, cluster: ClusterId, no: MoveNo, on: BusinessDay) -> Result<bool, ServiceError> {
        self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_put_off(cluster, no, on).await?) })).await
    }

    async fn is_refused(&self, there: &ClusterRow, from: ClusterId, no: MoveNo) -> Result<bool, ServiceError> {
        let to = there.id;
        self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_is_refused(to, from, no).await?) })).await
    }

    /// Writes down in the other cluster that it refuses for good; `false` when the member is there already.
    pub(super) async fn refuse(&self, to: ClusterId, from: ClusterId, no: MoveNo, now: Instant) -> Result<bool, ServiceError> {
        self.store.write(move |tx| Box::pin(async move { refused(tx, to, from, no, now).await })).await
    }

    async fn move_row(&self, cluster: ClusterId, no: MoveNo) -> Result<MoveRow, ServiceError> {
        self.store.read(move |tx| Box::pin(async move { row_of(tx, cluster, no).await })).await
    }

    async fn leaving(&self, here: &ClusterRow, no: MoveNo) -> Result<Leaving, ServiceError> {
        let (here, now) = (here.clone(), self.now());
        self.store
            .read(move |tx| {
                let here = here.clone();
                Box::pin(async move { leaving(tx, &here, no, now).await })
            })
            .await
    }

    /// What the other cluster knows of the move.
    async fn arrival(&self, there: &ClusterRow, leaving: &Leaving, from: ClusterId) -> Result<Option<MoveRow>, ServiceError> {
        let (id, no) = (there.id, leaving.row.no);
        self.store.read(move |tx| Box::pin(async move { arrival(tx, id, from, no).await })).await
    }

    async fn are_booked(&self, there: &ClusterRow, from: ClusterId, no: MoveNo, legs: &[MoveLeg]) -> Result<bool, ServiceError> {
        let (id, keys) = (there.id, legs.iter().map(|leg| key("move-in", from, no, leg.leg)).collect::<Vec<_>>());
        let wanted = keys.len();
        let booked = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                let keys = keys.clone();
                Box::pin(async move { Ok(tx.transfers_by_key(id, &keys).await?.len()) })
            })
            .await?;
        Ok(booked == wanted)
    }

    async fn moved(&self, from: ClusterId, no: MoveNo) -> Result<Moved, ServiceError> {
        let here = self.cluster_of(from).await?;
        let leaving = self.leaving(&here, no).await?;
        let row = leaving.row;
        let is_settled = row.statement.is_some() && leaving.is_billed && leaving.legs.iter().all(|leg| leg.is_arrived);
        let carried = leaving.legs.iter().filter(|leg| CARRIED.contains(&leg.account)).map(|leg| (leg.account, leg.amount)).collect();
        Ok(Moved { no: row.no, from: row.member, to: row.other_member, on: row.on, state: row.state, carried, is_settled })
    }
}

/// The first day a member can move on: tomorrow where a meter runs, so that no day is divided between two clusters.
fn first_day(here: &ClusterRow, meters: &[MeterRow], now: Instant) -> BusinessDay {
    let today = today(here, now);
    if meters.is_empty() { today } else { today.next() }
}

/// What a move begins with.
struct Beginning {
    on: BusinessDay,
    pledge: Ngwee,
    joined_on: BusinessDay,
}

/// Refuses what cannot move away now: a member who left, owes, has money on hold, is the last officer, or is moving elsewhere.
async fn may_begin(
    tx: &mut Tx<'_>,
    here: &ClusterRow,
    region: &Region,
    (member, on): (MemberNo, Option<BusinessDay>),
    now: Instant,
) -> Result<Beginning, ServiceError> {
    let this_day = today(here, now);
    let room = Room::load(tx, here, region, this_day).await?;
    let joined_on = room.member(member)?.joined_on;
    let meters = meters_of(tx, here.id, member, this_day).await?;
    let first = first_day(here, &meters, now).max(joined_on);
    let on = on.unwrap_or(first);
    not_before(on, first)?;
    leave::may_end(tx, here, &room, member).await?;
    let accounts = ClusterAccounts::new(&tx.account_list(here.id).await?);
    let book = accounts.member(member).ok_or(ClusterError::MemberUnknown { member })?;
    if book.receivable.balance() < 0 {
        return Err(ClusterError::DebtFirst { owed: Ngwee(-book.receivable.balance()) }.into());
    }
    let has_holds = |account: &Account| account.debits_pending != 0 || account.credits_pending != 0;
    if [book.wallet, book.receivable, book.capital].iter().any(has_holds) {
        return Err(ClusterError::HoldsOpen.into());
    }
    credits_are_free(&accounts, member)?;
    Ok(Beginning { on, pledge: Ngwee(book.capital.balance()), joined_on })
}

/// Begins a move, once: one that is under way to the same cluster is the same move.
pub(super) async fn begin(
    tx: &mut Tx<'_>,
    actor: i64,
    here: &ClusterRow,
    region: &Region,
    (to, member, on): (ClusterId, MemberNo, Option<BusinessDay>),
    now: Instant,
) -> Result<MoveNo, ServiceError> {
    tx.cluster_turn(here.id).await?;
    match tx.move_list(here.id).await?.into_iter().find(|known| is_under_way(known, member)) {
        Some(known) if known.other_cluster == to => return Ok(known.no),
        Some(_) => return Err(ClusterError::MoveUnderWay { member }.into()),
        None => {}
    }
    let Beginning { on, pledge, joined_on } = may_begin(tx, here, region, (member, on), now).await?;
    let no = MoveNo::new(tx.numbers_take(here.id, "move", 1).await?)?;
    let begun = MoveRow {
        no,
        direction: MoveDirection::Out,
        state: MoveState::Begun,
        member,
        other_cluster: to,
        other_move: None,
        other_member: None,
        on,
        pledge,
        period_from: joined_on,
        statement: None,
        actor,
    };
    tx.move_insert(here.id, &begun).await?;
    Ok(no)
}

/// Whether a number waits for a household whose move was decided.
pub(super) fn is_reserved(entry: &EntryRow) -> bool {
    entry.state == MemberState::Asked && entry.moved_from.is_some() && entry.decided_by.is_some()
}

/// Whether the member leaves for another cluster and the move is not through.
pub(super) fn is_under_way(row: &MoveRow, member: MemberNo) -> bool {
    row.direction == MoveDirection::Out && row.member == member && matches!(row.state, MoveState::Begun | MoveState::Moved)
}

async fn meters_of(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, on: BusinessDay) -> Result<Vec<MeterRow>, ServiceError> {
    let assigned = tx.assignment_list(cluster, on, BusinessDay(i32::MAX)).await?;
    let is_own = |meter: &MeterRow| assigned.iter().any(|row| row.meter == meter.no && row.member == member);
    Ok(tx.meter_list(cluster).await?.into_iter().filter(is_own).collect())
}

async fn row_of(tx: &mut Tx<'_>, cluster: ClusterId, no: MoveNo) -> Result<MoveRow, ServiceError> {
    let rows = tx.move_list(cluster).await?;
    rows.into_iter().find(|row| row.no == no).ok_or(ServiceError::MemberUnknown { number: no.get() })
}

async fn arrival(tx: &mut Tx<'_>, there: ClusterId, from: ClusterId, no: MoveNo) -> Result<Option<MoveRow>, ServiceError> {
    let rows = tx.move_list(there).await?;
    Ok(rows.into_iter().find(|row| row.direction == MoveDirection::In && row.other_cluster == from && row.other_move == Some(no)))
}

async fn leaving(tx: &mut Tx<'_>, here: &ClusterRow, no: MoveNo, now: Instant) -> Result<Leaving, ServiceError> {
    let row = row_of(tx, here.id, no).await?;
    let member = row.member;
    let of_member = tx.member_list(here.id).await?.into_iter().find(|known| known.no == member);
    let of_member = of_member.ok_or(ClusterError::MemberUnknown { member })?;
    let accounts = ClusterAccounts::new(&tx.account_list(here.id).await?);
    let mut users: Vec<UserId> = tx.member_users(here.id, member).await?.iter().map(|row| row.user).collect();
    users.dedup();
    let meters = meters_of(tx, here.id, member, row.on.previous()).await?;
    let is_read = is_read(tx, here, &row, !meters.is_empty(), now).await?;
    Ok(Leaving {
        entry: tx.entry_find(here.id, member).await?.unwrap_or_else(|| entering::entry_of(&of_member)),
        meters,
        users,
        legs: tx.move_leg_list(here.id, no).await?,
        book: accounts.member(member).ok_or(ClusterError::MemberUnknown { member })?,
        credits: credits_to_carry(&accounts, member),
        is_billed: is_read && tx.days_posted_before(here.id, row.on).await?,
        row,
    })
}

/// Whether the days before the move have the readings they will be billed by: they are settled, or nothing was ever read here. Where a
/// meter ran and falls silent, money waits a week for it and not for ever.
async fn is_read(tx: &mut Tx<'_>, here: &ClusterRow, row: &MoveRow, had_meter: bool, now: Instant) -> Result<bool, ServiceError> {
    let until = row.on.start(here.offset);
    let last = tx.day_last(here.id).await?;
    let settled = last.map_or(Instant(i64::MIN), |last| last.next().start(here.offset));
    if settled >= until {
        return Ok(true);
    }
    if tx.block_count(here.id, settled, until).await? > 0 {
        return Ok(false);
    }
    Ok(last.is_none() || !had_meter || today(here, now) >= row.on.plus_days(READINGS_WAIT_DAYS))
}

/// Keeps that the cluster `there` refused a move; `false` when it has the member already.
async fn refused(tx: &mut Tx<'_>, there: ClusterId, from: ClusterId, no: MoveNo, now: Instant) -> Result<bool, ServiceError> {
    tx.cluster_turn(there).await?;
    if arrival(tx, there, from, no).await?.is_some() {
        return Ok(false);
    }
    tx.move_refusal_put(there, from, no, now).await?;
    Ok(true)
}

/// The other cluster takes the member in, once; `false` when it had done so, or refused for good, before.
async fn arrive(
    tx: &mut Tx<'_>,
    here: &ClusterRow,
    there: &ClusterRow,
    region: &Region,
    leaving: &Leaving,
    now: Instant,
) -> Result<bool, ServiceError> {
    tx.cluster_turn(there.id).await?;
    let no = leaving.row.no;
    if arrival(tx, there.id, here.id, no).await?.is_some() || tx.move_is_refused(there.id, here.id, no).await? {
        return Ok(false);
    }
    let on = leaving.row.on.max(today(there, now));
    let room = Room::load(tx, there, region, today(there, now)).await?;
    room.fits(1)?;
    let left = (here.id, leaving.row.member);
    let reserved = room.entries.iter().find(|entry| is_reserved(entry) && entry.moved_from == Some(left)).cloned();
    let entry = match reserved {
        Some(entry) => EntryRow { pledge: entry.pledge.max(leaving.row.pledge), ..entry },
        None => {
            let household = Household {
                alias: free_alias(&room, &leaving.entry.alias),
                kind: leaving.entry.kind.clone(),
                house: leaving.entry.house.clone(),
                contribution: leaving.row.pledge,
                residents: leaving.entry.residents,
                meters: Vec::new(),
            };
            let member = MemberNo::new(tx.numbers_take(there.id, "member", 1).await?)?;
            entering::entry(&household, member, MemberState::Asked, leaving.entry.user, today(there, now))
        }
    };
    // Consents were given to other neighbours: here they are asked anew.
    let entry = EntryRow {
        state: MemberState::Active,
        language: leaving.entry.language.clone(),
        skills: leaving.entry.skills.clone(),
        serials: entry.serials.into_iter().filter(|serial| leaving.meters.iter().all(|meter| meter.serial != *serial)).collect(),
        moved_from: Some(left),
        decided_by: Some(leaving.row.actor),
        ..entry
    };
    tx.entry_put(there.id, &entry).await?;
    entering::enter(tx, there, &entry, on, &leaving.users, now).await?;
    for meter in &leaving.meters {
        entering::meters_take(tx, there, entry.member, std::slice::from_ref(&meter.serial), on, meter.limit).await?;
    }
    let row = MoveRow {
        no: MoveNo::new(tx.numbers_take(there.id, "move", 1).await?)?,
        direction: MoveDirection::In,
        state: MoveState::Moved,
        member: entry.member,
        other_cluster: here.id,
        other_move: Some(no),
        other_member: Some(leaving.row.member),
        on,
        period_from: on,
        statement: None,
        ..leaving.row
    };
    tx.move_insert(there.id, &row).await?;
    join::joined(tx, there, &entry, now).await?;
    Ok(true)
}

fn free_alias(room: &Room, alias: &str) -> String {
    let named = |at: usize| if at == 1 { alias.to_owned() } else { format!("{alias} {at}") };
    (1..=room.members.len() + room.entries.len() + 1)
        .map(named)
        .find(|name| room.alias_is_free(name, None).is_ok())
        .unwrap_or_else(|| alias.to_owned())
}

/// The membership here gets its end, once the other cluster has the member; `false` when it had before. A membership that ended earlier
/// keeps its own end.
async fn ended(tx: &mut Tx<'_>, here: &ClusterRow, row: &MoveRow, arrival: &MoveRow, now: Instant) -> Result<bool, ServiceError> {
    tx.cluster_turn(here.id).await?;
    if !tx.move_ended(here.id, row.no, arrival).await? {
        return Ok(false);
    }
    let of_member = tx.member_list(here.id).await?.into_iter().find(|known| known.no == row.member);
    if of_member.as_ref().is_none_or(|known| known.left_on.is_none_or(|left| left > arrival.on)) {
        leave::end(tx, here, row.member, arrival.on, now).await?;
    }
    let known = tx.entry_find(here.id, row.member).await?;
    if let Some(entry) = known.or_else(|| of_member.as_ref().map(entering::entry_of)) {
        let moved_to = Some((row.other_cluster, arrival.member));
        tx.entry_put(here.id, &EntryRow { state: MemberState::Left, moved_to, decided_by: Some(row.actor), ..entry }).await?;
    }
    Ok(true)
}

/// What can go with the member now: what is owed stays, and as much of the wallet as covers it. Of energy credits the amount is in Wh.
fn to_carry(book: &MemberBook, credits: Option<CarriedCredits>) -> impl Iterator<Item = (AccountCode, AccountNo, Ngwee)> {
    let energy = credits.map(|credits| (AccountCode::MemberEnergy, credits.account, Ngwee(credits.energy)));
    let cover = credits.and_then(|credits| credits.cover).map(|(fund, money)| (AccountCode::CreditFund, fund, money));
    let owed = book.receivable.balance().saturating_neg().max(0);
    let accounts = [book.wallet, book.receivable, book.capital];
    let amounts = [book.wallet.available().saturating_sub(owed), book.receivable.balance(), book.capital.available()];
    CARRIED
        .into_iter()
        .zip(accounts)
        .zip(amounts)
        .filter(|(_, amount)| *amount > 0)
        .map(|((code, account), amount)| (code, account.no, Ngwee(amount)))
        .chain(energy)
        .chain(cover)
}

pub(super) fn key(step: &str, from: ClusterId, no: MoveNo, leg: i64) -> IdempotencyKey {
    IdempotencyKey::derive(&[step.as_bytes(), &from.get().to_be_bytes(), &no.get().to_be_bytes(), &leg.to_be_bytes()])
}

/// Money leaves, in one linked batch; the statement that closes the membership is kept when it does so for the first time.
async fn send(tx: &mut Tx<'_>, here: &ClusterRow, no: MoveNo, now: Instant) -> Result<(), ServiceError> {
    let head = tx.ledger_head(here.id).await?;
    let fresh = leaving(tx, here, no, now).await?;
    if fresh.legs.iter().any(|leg| !leg.is_arrived) || !fresh.is_billed {
        return Ok(());
    }
    let first = fresh.legs.len() as i64 + 1;
    let legs: Vec<(i64, (AccountCode, AccountNo, Ngwee))> = (first..).zip(to_carry(&fresh.book, fresh.credits)).collect();
    let known = ClusterAccounts::new(&tx.account_list(here.id).await?);
    let passage = passage(tx, here.id, &known, fresh.credits.is_some()).await?;
    let transfer = |&(leg, (code, account, amount)): &(i64, (AccountCode, AccountNo, Ngwee))| TransferCreate {
        key: key("move-out", here.id, no, leg),
        debit: account,
        credit: passage(code),
        amount: amount.0,
        code: leg_code(code, TransferCode::MoveOut),
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Move, a: no.get(), b: fresh.row.other_cluster.get() },
        business_on: today(here, now),
        actor: fresh.row.actor,
        linked: true,
    };
    let statement = MoveStatement {
        wallet: Ngwee(fresh.book.wallet.balance()),
        receivable: Ngwee(fresh.book.receivable.balance()),
        capital: Ngwee(fresh.book.capital.balance()),
        log_root: head.frontier.root(),
        at: now,
    };
    book(tx, here, legs.iter().map(transfer).collect(), now).await?;
    let is_own_money = |code: &AccountCode| CARRIED.contains(code);
    let sum: i64 = legs.iter().filter(|(_, (code, ..))| is_own_money(code)).map(|(_, (_, _, amount))| amount.0).sum();
    tell_money(tx, here, fresh.row.member, "money-sent", sum, now).await?;
    let rows: Vec<MoveLeg> = legs.iter().map(|&(leg, (account, _, amount))| MoveLeg { leg, account, amount, is_arrived: false }).collect();
    tx.move_leg_put(here.id, no, &rows).await?;
    // The first is the closing one: what a correction sends later does not change it.
    tx.move_statement_put(here.id, no, &statement).await?;
    Ok(())
}

/// Money arrives, in one linked batch; what was booked before is not booked again.
async fn deliver(
    tx: &mut Tx<'_>,
    from: ClusterId,
    no: MoveNo,
    there: &ClusterRow,
    arrival: &MoveRow,
    legs: &[MoveLeg],
    now: Instant,
) -> Result<(), ServiceError> {
    tx.cluster_turn(there.id).await?;
    let keys: Vec<IdempotencyKey> = legs.iter().map(|leg| key("move-in", from, no, leg.leg)).collect();
    let booked = tx.transfers_by_key(there.id, &keys).await?;
    let member = arrival.member;
    let known = ClusterAccounts::new(&tx.account_list(there.id).await?);
    let passage = passage(tx, there.id, &known, legs.iter().any(|leg| leg.account == AccountCode::MemberEnergy)).await?;
    let before = known.member(member).ok_or(ClusterError::MemberUnknown { member })?;
    let mut accounts = BTreeMap::from([
        (AccountCode::MemberWallet, before.wallet.no),
        (AccountCode::MemberReceivable, before.receivable.no),
        (AccountCode::MemberCapital, before.capital.no),
    ]);
    for (owner, code) in [(Some(member), AccountCode::MemberEnergy), (None, AccountCode::CreditFund)] {
        if legs.iter().any(|leg| leg.account == code) {
            accounts.insert(code, opened(tx, there.id, &known, (owner, code)).await?);
        }
    }
    let account = |code: AccountCode| accounts.get(&code).copied().unwrap_or(before.wallet.no);
    let missing: Vec<(&MoveLeg, IdempotencyKey)> = legs.iter().zip(keys).filter(|(_, key)| booked.iter().all(|known| known.key != *key)).collect();
    let transfers = missing.iter().map(|&(leg, key)| TransferCreate {
        key,
        debit: passage(leg.account),
        credit: account(leg.account),
        amount: leg.amount.0,
        code: leg_code(leg.account, TransferCode::MoveIn),
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Move, a: arrival.no.get(), b: from.get() },
        business_on: today(there, now),
        actor: arrival.actor,
        linked: true,
    });
    book(tx, there, transfers.collect(), now).await?;
    let sum: i64 = missing.iter().filter(|(leg, _)| CARRIED.contains(&leg.account)).map(|(leg, _)| leg.amount.0).sum();
    tell_money(tx, there, member, "money-arrived", sum, now).await?;
    if arrival.statement.is_some() {
        return Ok(());
    }
    let after = ClusterAccounts::new(&tx.account_list(there.id).await?).member(member).ok_or(ClusterError::MemberUnknown { member })?;
    let statement = MoveStatement {
        wallet: Ngwee(after.wallet.balance()),
        receivable: Ngwee(after.receivable.balance()),
        capital: Ngwee(after.capital.balance()),
        log_root: tx.ledger_head(there.id).await?.frontier.root(),
        at: now,
    };
    tx.move_statement_put(there.id, arrival.no, &statement).await?;
    Ok(())
}

/// Tells the people of a member that money left or arrived with it, where some did.
async fn tell_money(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo, kind: &'static str, sum: i64, now: Instant) -> Result<(), ServiceError> {
    if sum == 0 {
        return Ok(());
    }
    let name = cluster.name.clone();
    telling::tell_member(tx, cluster.id, member, now, |user| NoticeNew::new(user, kind).with("amount_ngwee", sum).with("name", name.clone())).await
}

/// Books a linked batch: all or none.
async fn book(tx: &mut Tx<'_>, cluster: &ClusterRow, mut transfers: Vec<TransferCreate>, now: Instant) -> Result<(), ServiceError> {
    let Some(last) = transfers.last_mut() else { return Ok(()) };
    last.linked = false;
    let outcomes = tx.transfers_execute(cluster.id, now, &transfers).await?;
    for outcome in outcomes {
        if let Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) = outcome {
            return Err(ServiceError::PostingRefused { day: today(cluster, now), refusal });
        }
    }
    Ok(())
}
