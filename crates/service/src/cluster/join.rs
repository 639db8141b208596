//! Joining: by code, after an officer's yes, or as a trader in the open cluster; and the contribution, when it is really paid.

use super::again::today;
use super::entering::{self, Room};
use super::found::digest;
use super::moves::{MovedFrom, is_reserved};
use super::{ClusterError, Household, rules, telling};
use crate::accounts::ClusterAccounts;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{Admission, ClusterCode, ClusterId, ClusterKind, MemberNo, MemberState, Region, TransferNo, UserId};
use ledger::{AccountCode, Cause, CauseKind, IdempotencyKey, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, Ngwee};
use std::sync::Arc;
use store::tables::{ClusterRow, EntryRow, JoiningRequest, NoticeNew};
use store::{EventNew, StoreError, Tx};

/// How often a household that finds an open cluster full looks for the next.
const ROOM_TRIES: usize = 8;

/// A wish to join.
#[derive(Debug, Clone)]
pub struct ClusterJoin {
    /// Code of the cluster.
    pub code: ClusterCode,
    /// Who comes.
    pub household: Household,
    /// The membership that is left for it.
    pub move_from: Option<(ClusterCode, MemberNo)>,
    /// Recognises a retry.
    pub key: IdempotencyKey,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The cluster.
    pub cluster: ClusterRow,
    /// The number the household has, or will have.
    pub member: MemberNo,
    /// `active`, or `asked` where an officer decides.
    pub state: MemberState,
}

/// A contribution that was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContributionPaid {
    /// The transfer.
    pub transfer: TransferNo,
    /// Paid so far.
    pub paid: Ngwee,
    /// Promised.
    pub pledge: Ngwee,
}

/// What a household promised for the equipment, and what of it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledged {
    /// The member.
    pub member: MemberNo,
    /// Its name for others.
    pub alias: String,
    /// Paid so far.
    pub paid: Ngwee,
    /// Promised, never less than what was paid.
    pub pledge: Ngwee,
}

impl Pledged {
    /// Still to be paid.
    #[must_use]
    pub const fn open(&self) -> Ngwee {
        Ngwee(self.pledge.0.saturating_sub(self.paid.0))
    }
}

#[derive(Clone)]
struct Wish {
    cluster: ClusterRow,
    region: Arc<Region>,
    household: Household,
    from: Option<MovedFrom>,
    actor: i64,
    user: Option<UserId>,
    request: (IdempotencyKey, [u8; 32]),
    now: Instant,
}

impl Service {
    /// Joins a cluster, or asks to: the operation `join_cluster`. What the household promises to put in is written down, not booked. Where an
    /// open cluster is full, the next one of its region takes the household in.
    ///
    /// With `move_from` the household leaves that cluster for this one, with its balances: see [`Service::members_move`]. The same key with
    /// the same content gives the same answer. A refusal keeps nothing, not even the key: the same request is then a new attempt, which gives
    /// the same refusal as long as its cause lasts.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::ClusterUnknown`]; [`ClusterError`].
    pub async fn join_cluster(&self, actor: Actor, join: ClusterJoin) -> Result<Joined, ServiceError> {
        self.require_anywhere(actor, Action::Join).await?;
        let request = (join.key, digest(&join));
        let cluster = self.cluster(&join.code).await?;
        self.join_with_room(actor, cluster, join.household, join.move_from, request).await
    }

    /// Joins the open cluster of a region that has room: for a household that has no cluster and puts nothing in. The next one is opened
    /// when all are full.
    ///
    /// # Errors
    /// As [`Service::join_cluster`]; [`ServiceError::RegionUnknown`].
    pub async fn join_open(&self, actor: Actor, region: &str, household: Household, key: IdempotencyKey) -> Result<Joined, ServiceError> {
        self.require_anywhere(actor, Action::Join).await?;
        let request = (key, digest(&("open", region, &household)));
        let open = self.open_cluster_ensure(region).await?;
        self.join_with_room(actor, open, household, None, request).await
    }

    /// Joins `cluster`, or what else has room where it is a full open one; or gives what the same request was answered before.
    async fn join_with_room(
        &self,
        actor: Actor,
        mut cluster: ClusterRow,
        household: Household,
        move_from: Option<(ClusterCode, MemberNo)>,
        request: (IdempotencyKey, [u8; 32]),
    ) -> Result<Joined, ServiceError> {
        let household = household.checked()?;
        for _ in 0..ROOM_TRIES {
            let prior = self.asked_before(actor, request).await?;
            let is_new = prior.is_none();
            if let Some(prior) = prior {
                cluster = self.cluster_of(prior).await?;
            }
            let from = match &move_from {
                Some((code, member)) => Some(self.move_from(actor, code, *member, &cluster).await?),
                None => None,
            };
            if is_new {
                self.trades_once(actor, &cluster, from.as_ref()).await?;
                if let Some(from) = &from {
                    self.move_may_begin(from, &cluster).await?;
                }
            }
            let wish = Wish {
                region: self.region(&cluster.region)?,
                cluster: cluster.clone(),
                household: household.clone(),
                from,
                actor: actor.number(),
                user: actor.user(),
                request,
                now: self.now(),
            };
            match self.join_as(wish).await {
                Ok(Some(joined)) => return Ok(joined),
                // The same request came twice at once, and the other one found room elsewhere.
                Ok(None) | Err(ServiceError::Store(StoreError::UniqueViolation(_))) => {}
                Err(ServiceError::Cluster(ClusterError::Full { .. })) if cluster.kind == ClusterKind::Open => {
                    cluster = self.open_cluster_ensure(&cluster.region).await?;
                }
                Err(error) => return Err(error),
            }
        }
        let most = self.region(&cluster.region)?.country.size(cluster.kind).members_max;
        Err(ClusterError::Full { most }.into())
    }

    /// Takes a household's number as [`Service::join_cluster`] does, and dies before its move begins.
    #[cfg(test)]
    pub(super) async fn reserve(&self, actor: Actor, join: ClusterJoin) -> MemberNo {
        let request = (join.key, digest(&join));
        let cluster = self.cluster(&join.code).await.expect("a cluster");
        let (code, member) = join.move_from.expect("a membership that is left");
        let wish = Wish {
            region: self.region(&cluster.region).expect("a region"),
            from: Some(self.move_from(actor, &code, member, &cluster).await.expect("may leave")),
            cluster,
            household: join.household.checked().expect("a household"),
            actor: actor.number(),
            user: actor.user(),
            request,
            now: self.now(),
        };
        let asked = self.store.write(move |tx| {
            let wish = wish.clone();
            Box::pin(async move { ask_or_enter(tx, &wish).await })
        });
        asked.await.expect("writes").expect("is new").0
    }

    /// The cluster that the same request led to before.
    async fn asked_before(&self, actor: Actor, (key, digest): (IdempotencyKey, [u8; 32])) -> Result<Option<ClusterId>, ServiceError> {
        let user = actor.number();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match tx.joining_request(user, key).await? {
                        Some(prior) if prior.digest != digest => Err(ClusterError::KeyReused.into()),
                        prior => Ok(prior.map(|prior| prior.cluster)),
                    }
                })
            })
            .await
    }

    /// Refuses a second place in the open clusters of one region; the one that is left does not count.
    async fn trades_once(&self, actor: Actor, to: &ClusterRow, from: Option<&MovedFrom>) -> Result<(), ServiceError> {
        let Some(user) = actor.user().filter(|_| to.kind == ClusterKind::Open) else { return Ok(()) };
        let (to, left, now) = (to.clone(), from.map(|from| (from.cluster.id, from.member)), self.now());
        self.store
            .read(move |tx| {
                let to = to.clone();
                Box::pin(async move {
                    for (id, member) in tx.user_members(user).await? {
                        let is_such = |row: &ClusterRow| row.kind == ClusterKind::Open && row.region == to.region;
                        if Some((id, member)) == left || !tx.cluster_find(id).await?.is_some_and(|row| is_such(&row)) {
                            continue;
                        }
                        let known = tx.member_brief(id, member).await?;
                        if known.is_some_and(|known| known.left_on.is_none_or(|left| today(&to, now) < left)) {
                            return Err(ClusterError::AlreadyMember.into());
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Joins as wished; `None` when the same request has found a place in another cluster.
    async fn join_as(&self, wish: Wish) -> Result<Option<Joined>, ServiceError> {
        let (cluster, from, actor) = (wish.cluster.clone(), wish.from.clone(), wish.actor);
        let wish = Arc::new(wish);
        let asked = self
            .store
            .write(move |tx| {
                let wish = wish.clone();
                Box::pin(async move { ask_or_enter(tx, &wish).await })
            })
            .await?;
        let Some((member, state)) = asked else { return Ok(None) };
        self.wallets_forget(cluster.id);
        self.roles_changed(cluster.id);
        // A household that moves is entered by its move, unless an officer decides first.
        if let Some(from) = from.filter(|_| state == MemberState::Active) {
            self.move_reserved(actor, &from, &cluster, member).await?;
        }
        Ok(Some(Joined { cluster, member, state }))
    }

    /// Takes in a household that asked.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::NotAsked`]; [`ClusterError::Full`]; [`ClusterError::AliasTaken`].
    pub async fn member_admit(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::Admit).await?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        let entry = self
            .store
            .write(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { admit(tx, actor, &row, &region, member, now).await })
            })
            .await?;
        if let Some((from, leaving)) = entry.moved_from {
            let from = self.moved_from(from, leaving).await?;
            self.move_reserved(actor.number(), &from, cluster, member).await?;
        }
        self.wallets_forget(cluster.id);
        self.roles_changed(cluster.id);
        Ok(())
    }

    /// Says no to a household that asked.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::NotAsked`].
    pub async fn member_refuse(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::Admit).await?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    tx.cluster_turn(row.id).await?;
                    // A number that was admitted and waits for its move is no longer to be refused: the move may be anywhere on its way.
                    let entry = asked(tx, &row, member).await?;
                    if entry.decided_by.is_some() {
                        return Err(ClusterError::NotAsked { member }.into());
                    }
                    let refused = EntryRow { state: MemberState::Refused, decided_by: Some(actor.number()), ..entry };
                    tx.entry_put(row.id, &refused).await?;
                    let users: Vec<UserId> = refused.user.into_iter().collect();
                    telling::tell(tx, &users, now, |user| NoticeNew::new(user, "refused").with("name", row.name.clone())).await
                })
            })
            .await
    }

    /// Enters money that a member really paid into the equipment: from the bank to the member's capital. Part payments are welcome; more
    /// than was promised is refused. The same key with the same content is one payment.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::ContributionOver`]; [`ClusterError::KeyReused`]; [`ClusterError::MemberUnknown`].
    pub async fn contribution_pay(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        amount: Ngwee,
        key: IdempotencyKey,
    ) -> Result<ContributionPaid, ServiceError> {
        self.require(actor, cluster.id, Action::ContributionWrite).await?;
        super::number("the amount in ngwee", 1, i64::MAX / 1_000, amount.0)?;
        let (row, now) = (cluster.clone(), self.now());
        self.store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { pay(tx, actor.number(), &row, member, amount, key, now).await })
            })
            .await
    }

    /// What every household of the cluster promised and paid, by number; those who left are not in it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn pledge_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<Pledged>, ServiceError> {
        self.require(actor, cluster.id, Action::LedgerRead).await?;
        let (id, on) = (cluster.id, today(cluster, self.now()));
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let accounts = ClusterAccounts::new(&tx.account_list(id).await?);
                    let entries = tx.entry_list(id).await?;
                    let here = tx.member_list(id).await?.into_iter().filter(|row| entering::is_here(row, on));
                    let pledged = here.map(|row| {
                        let paid = Ngwee(accounts.member(row.no).map_or(0, |book| book.capital.balance()));
                        let pledge = entries.iter().find(|entry| entry.member == row.no).map_or(paid, |entry| entry.pledge.max(paid));
                        Pledged { member: row.no, alias: row.alias, paid, pledge }
                    });
                    Ok(pledged.collect())
                })
            })
            .await
    }
}

async fn ask_or_enter(tx: &mut Tx<'_>, wish: &Wish) -> Result<Option<(MemberNo, MemberState)>, ServiceError> {
    let (cluster, on) = (&wish.cluster, today(&wish.cluster, wish.now));
    tx.cluster_turn(cluster.id).await?;
    let (key, digest) = wish.request;
    if let Some(prior) = tx.joining_request(wish.actor, key).await? {
        if prior.digest != digest {
            return Err(ClusterError::KeyReused.into());
        }
        if prior.cluster != cluster.id {
            return Ok(None);
        }
        let entry = tx.entry_find(cluster.id, prior.member).await?.ok_or(ClusterError::MemberUnknown { member: prior.member })?;
        // A household whose move was decided and is not through yet goes on with it.
        return Ok(Some((prior.member, if is_reserved(&entry) { MemberState::Active } else { entry.state })));
    }
    let room = Room::load(tx, cluster, &wish.region, on).await?;
    let governance = may_join(tx, wish, &room, on).await?;
    let state = match governance {
        Admission::ByCode => MemberState::Active,
        Admission::ByCodeWhileForming if room.is_forming() => MemberState::Active,
        Admission::ByCodeWhileForming | Admission::ByOfficer => MemberState::Asked,
    };
    let member = MemberNo::new(tx.numbers_take(cluster.id, "member", 1).await?)?;
    let moved_from = wish.from.as_ref().map(|from| (from.cluster.id, from.member));
    // Until its move is through, a household that comes from elsewhere only has its number.
    let kept = if moved_from.is_some() { MemberState::Asked } else { state };
    let decided_by = (state == MemberState::Active).then_some(wish.actor);
    let entry = EntryRow { moved_from, decided_by, ..entering::entry(&wish.household, member, kept, wish.user, on) };
    tx.entry_put(cluster.id, &entry).await?;
    tx.joining_request_put(wish.actor, key, &JoiningRequest { digest, cluster: cluster.id, member }).await?;
    let users: Vec<UserId> = wish.user.into_iter().collect();
    let (who, name) = (entry.alias.clone(), cluster.name.clone());
    if state == MemberState::Asked {
        telling::tell_officers(tx, cluster.id, wish.user, wish.now, |user| {
            NoticeNew::new(user, "asked").with("who", who.clone()).with("name", name.clone())
        })
        .await?;
    } else if moved_from.is_none() {
        entering::enter(tx, cluster, &entry, on, &users, wish.now).await?;
        joined(tx, cluster, &entry, wish.now).await?;
    }
    Ok(Some((member, state)))
}

/// Refuses who cannot join; gives the rule of admission.
async fn may_join(tx: &mut Tx<'_>, wish: &Wish, room: &Room, on: BusinessDay) -> Result<Admission, ServiceError> {
    let cluster = &wish.cluster;
    if tx.cluster_profile(cluster.id).await?.is_some_and(|profile| !profile.is_joinable) {
        return Err(ClusterError::Closed.into());
    }
    if let Some(user) = wish.user {
        if room.entries.iter().any(|entry| entry.user == Some(user) && entry.state == MemberState::Asked) {
            return Err(ClusterError::AlreadyAsked.into());
        }
        let roles = tx.roles_in(cluster.id, user).await?;
        if room.here().any(|member| roles.iter().any(|(no, _)| *no == member.no)) {
            return Err(ClusterError::AlreadyMember.into());
        }
    }
    let governance = rules::rules_on(tx, cluster, &wish.region, on).await?.governance.config;
    entering::contribution_fits(cluster.kind, entering::contribution_range(&governance, &wish.region, on), wish.household.contribution)?;
    room.alias_is_free(&wish.household.alias, None)?;
    room.fits(1)?;
    Ok(governance.admission)
}

async fn admit(
    tx: &mut Tx<'_>,
    actor: Actor,
    cluster: &ClusterRow,
    region: &Region,
    member: MemberNo,
    now: Instant,
) -> Result<EntryRow, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let on = today(cluster, now);
    let entry = asked(tx, cluster, member).await?;
    let room = Room::load(tx, cluster, region, on).await?;
    room.fits(1)?;
    room.alias_is_free(&entry.alias, Some(member))?;
    let decided = EntryRow { decided_by: Some(actor.number()), ..entry };
    if decided.moved_from.is_some() {
        tx.entry_put(cluster.id, &decided).await?;
        return Ok(decided);
    }
    let users: Vec<UserId> = decided.user.into_iter().collect();
    let active = EntryRow { state: MemberState::Active, ..decided };
    tx.entry_put(cluster.id, &active).await?;
    entering::enter(tx, cluster, &active, on, &users, now).await?;
    telling::tell(tx, &users, now, |user| NoticeNew::new(user, "admitted").with("name", cluster.name.clone())).await?;
    joined(tx, cluster, &active, now).await?;
    Ok(active)
}

async fn asked(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo) -> Result<EntryRow, ServiceError> {
    let entry = tx.entry_find(cluster.id, member).await?;
    entry.filter(|entry| entry.state == MemberState::Asked).ok_or_else(|| ClusterError::NotAsked { member }.into())
}

/// Tells the officers and the followers of the cluster that somebody came.
pub(super) async fn joined(tx: &mut Tx<'_>, cluster: &ClusterRow, entry: &EntryRow, now: Instant) -> Result<(), ServiceError> {
    let (who, name) = (entry.alias.clone(), cluster.name.clone());
    telling::tell_officers(tx, cluster.id, entry.user, now, |user| {
        NoticeNew::new(user, "joined").with("who", who.clone()).with("name", name.clone())
    })
    .await?;
    let event = EventNew { kind: "member_joined".to_owned(), payload: format!("{{\"member\":{}}}", entry.member) };
    tx.outbox_append(cluster.id, &[event], now).await?;
    Ok(())
}

async fn pay(
    tx: &mut Tx<'_>,
    actor: i64,
    cluster: &ClusterRow,
    member: MemberNo,
    amount: Ngwee,
    key: IdempotencyKey,
    now: Instant,
) -> Result<ContributionPaid, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let row = tx.member_list(cluster.id).await?.into_iter().find(|row| row.no == member).ok_or(ClusterError::MemberUnknown { member })?;
    let on = today(cluster, now);
    if !entering::is_here(&row, on) {
        return Err(ClusterError::MemberLeft { member }.into());
    }
    let accounts = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    let capital = accounts.member(member).ok_or(ClusterError::MemberUnknown { member })?.capital;
    let bank = accounts.own_no(AccountCode::Bank).ok_or(ClusterError::MemberUnknown { member })?;
    let pledge = tx.entry_find(cluster.id, member).await?.map_or(Ngwee(capital.balance()), |entry| entry.pledge);
    if let Some(booked) = tx.transfers_by_key(cluster.id, &[key]).await?.first() {
        if (booked.debit, booked.credit, booked.amount) != (bank, capital.no, amount.0) {
            return Err(ClusterError::KeyReused.into());
        }
        return Ok(ContributionPaid { transfer: booked.no, paid: Ngwee(capital.balance()), pledge });
    }
    let open = Ngwee((pledge.0 - capital.balance()).max(0));
    if amount > open {
        return Err(ClusterError::ContributionOver { open }.into());
    }
    let command = TransferCreate {
        key,
        debit: bank,
        credit: capital.no,
        amount: amount.0,
        code: TransferCode::Contribution,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Payment, a: 0, b: 0 },
        business_on: on,
        actor,
        linked: false,
    };
    match tx.transfers_execute(cluster.id, now, &[command]).await?.first() {
        Some(&(Outcome::Created(transfer) | Outcome::Exists(transfer))) => {
            let (name, paid) = (cluster.name.clone(), capital.balance() + amount.0);
            telling::tell_member(tx, cluster.id, member, now, |user| {
                NoticeNew::new(user, "contribution-in").with("amount_ngwee", amount.0).with("name", name.clone()).with("paid_ngwee", paid)
            })
            .await?;
            Ok(ContributionPaid { transfer, paid: Ngwee(paid), pledge })
        }
        Some(&(Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal))) => Err(ServiceError::PostingRefused { day: on, refusal }),
        None => Err(ServiceError::DayUnbalanced { day: on }),
    }
}
