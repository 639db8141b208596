//! Leaving a cluster, and the offices in it.

use super::again::{not_before, settle_again_from, today};
use super::entering::{self, Room};
use super::moves::is_under_way;
use super::{ClusterError, telling};
use crate::accounts::ClusterAccounts;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, MemberState, Region, Role, UserId};
use quantity::{BusinessDay, Instant, Ngwee};
use store::tables::{ClusterRow, EntryRow, MembershipRow, NoticeNew};
use store::{EventNew, Tx};

/// A membership that ends, and the money that is still between the member and the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The member.
    pub member: MemberNo,
    /// First day without it.
    pub on: BusinessDay,
    /// In the wallet, to be paid out.
    pub wallet: Ngwee,
    /// Of the wallet, on hold.
    pub held: Ngwee,
    /// Owed to the cluster (negative), or by it.
    pub receivable: Ngwee,
    /// Put into the equipment, to be paid back after notice.
    pub capital: Ngwee,
    /// Promised and not paid: void by leaving.
    pub pledge_unpaid: Ngwee,
}

impl Service {
    /// Ends a membership from a day on, today or later: no meter counts for it any more, and its offices end at once. Its history and its
    /// money stay to be read and settled.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::DayPast`]; [`ClusterError::LastOfficer`];
    /// [`ClusterError::MemberLeft`]; [`ClusterError::MoveUnderWay`].
    pub async fn member_leave(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, on: BusinessDay) -> Result<Left, ServiceError> {
        self.require(actor, cluster.id, Action::Leave(member)).await?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        let left = self
            .store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { leave(tx, actor, &row, &region, member, on, now).await })
            })
            .await?;
        self.wallets_forget(cluster.id);
        self.roles_changed(cluster.id);
        Ok(left)
    }

    /// Gives a user of a member an office, or takes it back. `member` is none: who acts for a household is decided by its people alone.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::RoleOfHousehold`]; [`ClusterError::UserNotMember`]; [`ClusterError::LastOfficer`].
    pub async fn role_set(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        user: UserId,
        role: Role,
        granted: bool,
    ) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::RolesWrite).await?;
        if role == Role::Member {
            return Err(ClusterError::RoleOfHousehold.into());
        }
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        self.store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    let room = Room::load(tx, &row, &region, today(&row, now)).await?;
                    room.member(member)?;
                    match granted {
                        true => grant(tx, &row, member, user, role, now).await,
                        false => revoke(tx, &row, &room, member, user, role, now).await,
                    }
                })
            })
            .await?;
        self.roles_changed(cluster.id);
        Ok(())
    }
}

async fn grant(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo, user: UserId, role: Role, now: Instant) -> Result<(), ServiceError> {
    let acts = tx.member_users(cluster.id, member).await?.iter().any(|row| row.user == user && row.role == Role::Member);
    if !acts {
        return Err(ClusterError::UserNotMember { member }.into());
    }
    if tx.role_grant(cluster.id, member, user, role, today(cluster, now)).await? {
        let name = cluster.name.clone();
        telling::tell(tx, &[user], now, |user| NoticeNew::new(user, "role-given").with("role", role.as_str()).with("name", name.clone())).await?;
    }
    Ok(())
}

async fn revoke(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    room: &Room,
    member: MemberNo,
    user: UserId,
    role: Role,
    now: Instant,
) -> Result<(), ServiceError> {
    keeps_officers(tx, cluster.id, room, |row| row.member == member && row.user == user && row.role == role).await?;
    if tx.role_revoke(cluster.id, member, user, role, today(cluster, now)).await? {
        let name = cluster.name.clone();
        telling::tell(tx, &[user], now, |user| NoticeNew::new(user, "role-taken").with("role", role.as_str()).with("name", name.clone())).await?;
    }
    Ok(())
}

/// Refuses when a cluster that has members would be left without a chair or a treasurer by the roles that end.
pub(super) async fn keeps_officers(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    room: &Room,
    ends: impl Fn(&MembershipRow) -> bool,
) -> Result<(), ServiceError> {
    let roles = tx.cluster_roles(cluster).await?;
    let stays = |row: &MembershipRow| !ends(row) && room.here().any(|member| member.no == row.member);
    for office in [Role::Chair, Role::Treasurer] {
        let of_office = || roles.iter().filter(|row| row.role == office);
        if of_office().any(&ends) && !of_office().any(stays) {
            return Err(ClusterError::LastOfficer { office: office.as_str() }.into());
        }
    }
    Ok(())
}

async fn leave(
    tx: &mut Tx<'_>,
    actor: Actor,
    cluster: &ClusterRow,
    region: &Region,
    member: MemberNo,
    on: BusinessDay,
    now: Instant,
) -> Result<Left, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let this_day = today(cluster, now);
    let room = Room::load(tx, cluster, region, this_day).await?;
    let row = room.member(member)?.clone();
    if tx.move_list(cluster.id).await?.iter().any(|known| is_under_way(known, member)) {
        return Err(ClusterError::MoveUnderWay { member }.into());
    }
    not_before(on, this_day.max(row.joined_on))?;
    may_end(tx, cluster, &room, member).await?;
    end(tx, cluster, member, on, now).await?;
    let entry = tx.entry_find(cluster.id, member).await?.unwrap_or_else(|| entering::entry_of(&row));
    let pledge = entry.pledge;
    tx.entry_put(cluster.id, &EntryRow { state: MemberState::Left, decided_by: Some(actor.number()), ..entry }).await?;
    let accounts = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    let book = accounts.member(member).ok_or(ClusterError::MemberUnknown { member })?;
    Ok(Left {
        member,
        on,
        wallet: Ngwee(book.wallet.balance()),
        held: Ngwee(book.wallet.debits_pending),
        receivable: Ngwee(book.receivable.balance()),
        capital: Ngwee(book.capital.balance()),
        pledge_unpaid: Ngwee((pledge.0 - book.capital.balance()).max(0)),
    })
}

/// Refuses an end that would leave members without officers.
pub(super) async fn may_end(tx: &mut Tx<'_>, cluster: &ClusterRow, room: &Room, member: MemberNo) -> Result<(), ServiceError> {
    if room.here().all(|other| other.no == member) {
        return Ok(());
    }
    keeps_officers(tx, cluster.id, room, |row| row.member == member).await
}

/// Ends a membership: row, meters, offices, orders; days that were settled since are settled again.
pub(super) async fn end(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo, on: BusinessDay, now: Instant) -> Result<(), ServiceError> {
    tx.member_leave(cluster.id, member, on).await?;
    crate::trade::orders_end(tx, cluster.id, member, now).await?;
    for row in tx.assignment_list(cluster.id, on, BusinessDay(i32::MAX)).await?.iter().filter(|row| row.member == member) {
        tx.meter_assignment_take_back(cluster.id, row.meter, on).await?;
        tx.meter_release(cluster.id, row.meter, on).await?;
    }
    settle_again_from(tx, cluster, on, now).await?;
    let this_day = today(cluster, now);
    // Acting for the household stays: it opens the own history and pays what is owed, and says nothing of the others'.
    for row in tx.member_users(cluster.id, member).await?.iter().filter(|row| row.role != Role::Member) {
        tx.role_revoke(cluster.id, member, row.user, row.role, this_day).await?;
    }
    let who = tx.member_list(cluster.id).await?.into_iter().find(|row| row.no == member).map_or_else(String::new, |row| row.alias);
    let name = cluster.name.clone();
    telling::tell_officers(tx, cluster.id, None, now, |user| NoticeNew::new(user, "left").with("who", who.clone()).with("name", name.clone()))
        .await?;
    let event = EventNew { kind: "member_left".to_owned(), payload: format!("{{\"member\":{member},\"on\":\"{on}\"}}") };
    tx.outbox_append(cluster.id, &[event], now).await?;
    Ok(())
}
