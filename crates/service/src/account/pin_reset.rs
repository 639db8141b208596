//! A new PIN for a user who has forgotten it: two officers of a cluster know the person, the phone gets a code.
//!
//! Where the person's clusters hold fewer than two other treasurers, an operator may approve alone: the code then waits for a day, in which
//! the person is told and stops it by signing in. No approval touches the lock of signing in; only a reset that is done ends it. The code
//! has its own count of tries, so that nobody's wrong PINs keep it from being used.

use super::login::SignedIn;
use super::pin::Pin;
use super::registration::CODE_TRIES;
use super::secret::{CodeFor, SecretHash, code_hash, code_make};
use super::{AccountError, sms};
use crate::policy::{Action, Actor, Denied};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, Msisdn, Role, UserId};
use quantity::{DAY_MS, Instant};
use std::collections::BTreeSet;
use std::net::IpAddr;
use store::Tx;
use store::tables::{ClusterRow, CodeTry, MembershipRow, NoticeNew, PinResetRow, UserRow};
use zeroize::Zeroizing;

/// How long the first approval waits for the second, in ms.
const REQUEST_MS: i64 = 24 * 3_600_000;
/// How long the code can be used, in ms.
const CODE_MS: i64 = 30 * 60_000;
/// How long a code waits that an operator approved alone, in ms: time for the person to hear of it and to stop it.
const ALONE_MS: i64 = 24 * 3_600_000;
/// How long such a code can be used, in ms: nobody waits beside the phone.
const ALONE_CODE_MS: i64 = 12 * 3_600_000;
/// Codes, and notes that one is coming, that go to one person in a day. With [`CODE_TRIES`] it bounds what can be guessed at.
const CODES_PER_DAY: i64 = 3;
/// Codes whose time has come that are sent in one round.
const DUE_MAX: u32 = 100;
/// Operators who hear of a wish.
const OPERATORS_TOLD_MAX: u32 = 20;
/// Officers who must approve.
const APPROVALS: usize = 2;
/// Clusters whose officers hear of a wish for a new PIN.
const CLUSTERS_TOLD_MAX: usize = 8;

/// How far a PIN reset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinResetState {
    /// One officer has approved; another must.
    WaitsForSecond {
        /// Until then.
        until: Instant,
    },
    /// An operator has approved alone; the code goes out by itself unless the person signs in before.
    WaitsForTime {
        /// When the code goes out.
        until: Instant,
    },
    /// Two have approved, or the time has passed; a code went to the phone.
    CodeSent {
        /// When the code is over.
        until: Instant,
    },
}

/// A person who acts for a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberUser {
    /// The user.
    pub user: UserId,
    /// The name.
    pub name: String,
    /// The number with its middle hidden.
    pub phone_masked: String,
    /// How far a PIN reset is, if one is under way here.
    pub reset: Option<PinResetState>,
}

/// One approval, as it is decided inside the unit.
#[derive(Clone)]
struct Approval {
    actor: Actor,
    /// The cluster and the member; `None` when an operator helps a person apart from any cluster.
    place: Option<(ClusterId, MemberNo)>,
    /// The cluster's name.
    name: String,
    whose: Option<UserId>,
    code: Zeroizing<String>,
    now: Instant,
}

impl Service {
    /// Tells the treasurers where the number's user belongs that a new PIN is wished for, and the operators where those are fewer than two:
    /// a wish always reaches somebody. The answer is the same for a number that nobody has,
    /// and comes before anything is looked up.
    ///
    /// # Errors
    /// [`AccountError::RegistrationRate`]; what the store says of the count.
    pub async fn pin_reset_ask(&self, phone: Msisdn, address: Option<IpAddr>) -> Result<(), ServiceError> {
        self.codes_count(phone, "reset", address).await?;
        let (store, now) = (self.store.clone(), self.people_now());
        tokio::spawn(async move {
            let told = store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { wish_tell(tx, phone, now).await }));
            if let Err(error) = told.await {
                tracing::warn!(code = error.code(), "a wish for a new PIN was not told");
            }
        });
        Ok(())
    }

    /// The people who act for a member, for the officers who may help them to a new PIN.
    ///
    /// # Errors
    /// [`Denied`]; what the store says.
    pub async fn member_users(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Vec<MemberUser>, ServiceError> {
        self.require(actor, cluster.id, Action::PinResetApprove).await?;
        let (cluster, now) = (cluster.id, self.people_now());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let mut people = Vec::new();
                    for row in tx.member_users(cluster, member).await?.into_iter().filter(|row| row.role == Role::Member) {
                        let Some(user) = tx.user(row.user).await? else { continue };
                        let reset = tx.pin_reset(row.user, Some(cluster)).await?.filter(|reset| reset.expires_at > now);
                        let (phone_masked, reset) = (user.phone.masked(), reset.as_ref().map(state));
                        people.push(MemberUser { user: user.id, name: user.name, phone_masked, reset });
                    }
                    Ok(people)
                })
            })
            .await
    }

    /// Approves a new PIN for a person who acts for a member; `whose` names the person where several do. At the second approval, by another
    /// officer and within a day, a code goes to the phone.
    ///
    /// Treasurers approve. Where there are fewer than two besides the person, an operator may stand in; where that holds for all clusters of
    /// the person, the operator's approval suffices after a day. A code whose tries are used up is replaced by the next approval.
    ///
    /// # Errors
    /// [`AccountError::PinResetOwn`], [`AccountError::PinResetTwice`], [`AccountError::PinResetWhose`];
    /// [`AccountError::RegistrationRate`] when the person has got the codes of the day; [`Denied`]; what the store says.
    pub async fn pin_reset_approve(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        whose: Option<UserId>,
    ) -> Result<PinResetState, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::PinResetApprove).await?;
        let approval = self.approval(actor, Some((cluster.id, member)), cluster.name.clone(), whose)?;
        let decided = self.approval_decide(approval).await;
        if let Err(ServiceError::Denied(_)) = &decided {
            self.refusal_write(&standing, Some(cluster.id), Action::PinResetApprove);
        }
        decided
    }

    /// An operator's approval of a new PIN for a person whose clusters hold fewer than two other treasurers, or who belongs to none. The code
    /// goes out after a day, unless the person signs in before.
    ///
    /// # Errors
    /// As [`Service::pin_reset_approve`]; [`Denied`] also where two treasurers can help.
    pub async fn pin_reset_approve_alone(&self, actor: Actor, whose: UserId) -> Result<PinResetState, ServiceError> {
        let standing = self.require_anywhere(actor, Action::Operate).await?;
        let decided = self.approval_decide(self.approval(actor, None, String::new(), Some(whose))?).await;
        if let Err(ServiceError::Denied(_)) = &decided {
            self.refusal_write(&standing, None, Action::PinResetApprove);
        }
        decided
    }

    fn approval(&self, actor: Actor, place: Option<(ClusterId, MemberNo)>, name: String, whose: Option<UserId>) -> Result<Approval, ServiceError> {
        Ok(Approval { actor, place, name, whose, code: code_make(self.chance())?, now: self.people_now() })
    }

    async fn approval_decide(&self, approval: Approval) -> Result<PinResetState, ServiceError> {
        self.store
            .write(move |tx| {
                let approval = approval.clone();
                Box::pin(async move { approval.decide(tx).await })
            })
            .await
    }

    /// Sends the codes whose waiting time is over.
    pub(crate) async fn pin_resets_send(&self) -> Result<(), ServiceError> {
        let now = self.people_now();
        let due = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.pin_resets_due(now, DUE_MAX).await?) })).await?;
        for reset in due {
            let code = code_make(self.chance())?;
            let sent = self.store.write::<_, ServiceError, _>(move |tx| {
                let (reset, code) = (reset.clone(), code.clone());
                Box::pin(async move { send_due(tx, reset, &code, now).await })
            });
            sent.await?;
        }
        Ok(())
    }

    /// Sets the new PIN with the code, ends all sessions and the lock of the number, and signs in. A code has five tries of its own: a lock
    /// after wrong PINs does not keep it from being used, and wrong codes lock nothing.
    ///
    /// # Errors
    /// [`AccountError::CodeWrong`], also for a number that nobody has; [`AccountError::PinWeak`]; `overloaded`; what the store says.
    pub async fn pin_reset_confirm(&self, phone: Msisdn, code: &str, new: Pin, device: &str) -> Result<SignedIn, ServiceError> {
        new.check_strength(phone)?;
        let hash = code_hash(CodeFor::PinReset, phone, code);
        let place = self.people.hasher.place().await?;
        let user = self.reset_try(phone, hash).await?;
        let pin_hash = place.hash(&new, self.chance()).await?;
        drop(place);
        let (draft, now) = (self.session_draft(device)?, self.people_now());
        let done = self.store.write::<_, ServiceError, _>(move |tx| {
            let (draft, pin_hash) = (draft.clone(), pin_hash.clone());
            Box::pin(async move {
                if !tx.pin_reset_take(user, &hash, now).await? {
                    return Err(AccountError::CodeWrong.into());
                }
                let language = tx.user(user).await?.ok_or(AccountError::CodeWrong)?.language;
                tx.pin_resets_end(user).await?;
                tx.user_pin_set(user, &pin_hash).await?;
                tx.session_end_all(user, None).await?;
                // Who guessed at the old PIN has the new one before them: the count begins anew, as after signing in.
                tx.pin_lock_end(phone).await?;
                tx.notice_append(&[NoticeNew::new(user, "reset-done")], now).await?;
                tx.sms_append(&[sms::pin_set(language, phone)], now).await?;
                draft.begin(tx, user).await
            })
        });
        let signed_in = done.await?;
        self.people.sessions.forget(user, |no| no != signed_in.session);
        Ok(signed_in)
    }

    /// Counts a try at the number's code and compares: the same steps whether somebody has the number or not.
    async fn reset_try(&self, phone: Msisdn, hash: SecretHash) -> Result<UserId, ServiceError> {
        let now = self.people_now();
        let tried = self.store.write::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let user = tx.user_by_phone(phone).await?.map(|user| user.id);
                // Not an error here: the count is to be kept.
                let is_right = tx.pin_reset_try(user, &hash, CODE_TRIES, now).await? == CodeTry::Right;
                Ok(user.filter(|_| is_right))
            })
        });
        Ok(tried.await?.ok_or(AccountError::CodeWrong)?)
    }
}

async fn wish_tell(tx: &mut Tx<'_>, phone: Msisdn, now: Instant) -> Result<(), ServiceError> {
    let Some(user) = tx.user_by_phone(phone).await? else { return Ok(()) };
    let officers = treasurers_beside(tx, user.id).await?;
    let notice = NoticeNew::new(user.id, "reset-asked").with("who", user.name.as_str());
    let mut notices: Vec<NoticeNew> = officers.iter().map(|to| notice.to(*to)).collect();
    if officers.len() < APPROVALS {
        let notice = NoticeNew::new(user.id, "reset-asked-operator").with("who", user.name.as_str()).with("person", user.id.to_string());
        let operators = tx.operator_list(OPERATORS_TOLD_MAX).await?;
        notices.extend(operators.into_iter().filter(|to| *to != user.id).map(|to| notice.to(to)));
    }
    tx.notice_append(&notices, now).await?;
    Ok(())
}

/// The treasurers of the clusters a person belongs to, without the person.
async fn treasurers_beside(tx: &mut Tx<'_>, user: UserId) -> Result<BTreeSet<UserId>, ServiceError> {
    let clusters: BTreeSet<ClusterId> = tx.user_members(user).await?.into_iter().map(|(cluster, _)| cluster).collect();
    let mut officers = BTreeSet::new();
    for cluster in clusters.into_iter().take(CLUSTERS_TOLD_MAX) {
        officers.extend(tx.cluster_roles(cluster).await?.iter().filter(|row| row.role == Role::Treasurer).map(|row| row.user));
    }
    officers.remove(&user);
    Ok(officers)
}

async fn is_operator(tx: &mut Tx<'_>, number: i64) -> Result<bool, ServiceError> {
    match UserId::new(number) {
        Ok(user) => Ok(tx.user(user).await?.is_some_and(|user| user.is_operator)),
        // The program itself, at the operator's terminal.
        Err(_) => Ok(true),
    }
}

fn state(reset: &PinResetRow) -> PinResetState {
    match (&reset.code_hash, reset.send_at) {
        (Some(_), _) => PinResetState::CodeSent { until: reset.expires_at },
        (None, Some(until)) => PinResetState::WaitsForTime { until },
        (None, None) => PinResetState::WaitsForSecond { until: reset.expires_at },
    }
}

/// Counts a text about a new PIN to a person. A unit that is refused counts nothing.
async fn texts_count(tx: &mut Tx<'_>, user: UserId, now: Instant) -> Result<(), ServiceError> {
    let start = Instant(now.0.div_euclid(DAY_MS).saturating_mul(DAY_MS));
    if tx.rate_count(&format!("reset-code:{user}"), start).await? > CODES_PER_DAY {
        return Err(AccountError::RegistrationRate { until: start.plus_ms(DAY_MS) }.into());
    }
    Ok(())
}

/// Puts the code in place and sends it.
async fn code_send(tx: &mut Tx<'_>, person: &UserRow, reset: &PinResetRow, code: &str, now: Instant) -> Result<(), ServiceError> {
    let hash = code_hash(CodeFor::PinReset, person.phone, code).to_vec();
    tx.pin_reset_put(&PinResetRow { code_hash: Some(hash), tries: 0, ..reset.clone() }).await?;
    Ok(tx.sms_append(&[sms::code(person.language, person.phone, code, reset.expires_at)], now).await?)
}

/// Sends a code whose waiting time is over, unless it was stopped meanwhile or who approved is no operator any more.
async fn send_due(tx: &mut Tx<'_>, reset: PinResetRow, code: &str, now: Instant) -> Result<(), ServiceError> {
    tx.user_turn(reset.user).await?;
    if tx.pin_reset(reset.user, reset.cluster).await?.as_ref() != Some(&reset) {
        return Ok(());
    }
    if !is_operator(tx, reset.first_by).await? {
        tx.pin_reset_put(&PinResetRow { send_at: None, expires_at: now, ..reset }).await?;
        return Ok(());
    }
    let Some(person) = tx.user(reset.user).await? else { return Ok(()) };
    let notice = NoticeNew::new(person.id, "reset-code-alone").with("who", person.name.as_str());
    let told = std::iter::once(person.id).chain(UserId::new(reset.first_by).ok());
    tx.notice_append(&told.map(|to| notice.to(to)).collect::<Vec<_>>(), now).await?;
    code_send(tx, &person, &PinResetRow { expires_at: now.plus_ms(ALONE_CODE_MS), ..reset }, code, now).await
}

impl Approval {
    async fn decide(&self, tx: &mut Tx<'_>) -> Result<PinResetState, ServiceError> {
        let (user, officers) = match self.place {
            Some((cluster, member)) => {
                let roles = tx.cluster_roles(cluster).await?;
                let user = self.person(&roles, member)?;
                let officers = roles.iter().filter(|row| row.role == Role::Treasurer && row.user != user).map(|row| row.user.get()).collect();
                (user, officers)
            }
            None => (self.whose.ok_or(AccountError::PinResetWhose)?, BTreeSet::new()),
        };
        if self.actor.user() == Some(user) {
            return Err(AccountError::PinResetOwn.into());
        }
        let person = tx.user(user).await?.ok_or(AccountError::PinResetWhose)?;
        let stands_in = !officers.contains(&self.actor.number());
        let may_alone = stands_in && treasurers_beside(tx, user).await?.len() < APPROVALS;
        if stands_in && officers.len() >= APPROVALS || self.place.is_none() && !may_alone {
            return Err(Denied::NotAllowed.into());
        }
        tx.user_turn(user).await?;
        let present = tx.pin_reset(user, self.cluster()).await?.filter(|reset| reset.expires_at > self.now);
        let Some(reset) = present else { return self.first(tx, &person, may_alone).await };
        if reset.code_hash.is_some() {
            return if reset.tries < CODE_TRIES { Ok(state(&reset)) } else { self.again(tx, &person, &officers, reset, may_alone).await };
        }
        if reset.first_by == self.actor.number() {
            return if reset.send_at.is_some() { Ok(state(&reset)) } else { Err(AccountError::PinResetTwice.into()) };
        }
        match self.still_may(tx, &officers, reset.first_by).await? {
            true => self.second(tx, &person, reset.first_by).await,
            false => self.first(tx, &person, may_alone).await,
        }
    }

    fn cluster(&self) -> Option<ClusterId> {
        self.place.map(|(cluster, _)| cluster)
    }

    /// Whose PIN: the person named, who must act for the member, or the only one who does.
    fn person(&self, roles: &[MembershipRow], member: MemberNo) -> Result<UserId, AccountError> {
        let mut people = roles.iter().filter(|row| row.member == member && row.role == Role::Member).map(|row| row.user);
        match self.whose {
            Some(whose) => people.find(|user| *user == whose).ok_or(AccountError::PinResetWhose),
            None => match (people.next(), people.next()) {
                (Some(user), None) => Ok(user),
                _ => Err(AccountError::PinResetWhose),
            },
        }
    }

    /// Whether who approved first could still approve now.
    async fn still_may(&self, tx: &mut Tx<'_>, officers: &BTreeSet<i64>, first: i64) -> Result<bool, ServiceError> {
        Ok(officers.contains(&first) || officers.len() < APPROVALS && is_operator(tx, first).await?)
    }

    fn begun(&self, user: UserId) -> PinResetRow {
        PinResetRow {
            user,
            cluster: self.cluster(),
            member: self.place.map(|(_, member)| member),
            first_by: self.actor.number(),
            second_by: None,
            code_hash: None,
            tries: 0,
            send_at: None,
            expires_at: self.now.plus_ms(REQUEST_MS),
        }
    }

    async fn first(&self, tx: &mut Tx<'_>, person: &UserRow, may_alone: bool) -> Result<PinResetState, ServiceError> {
        if may_alone {
            return self.wait(tx, person).await;
        }
        let reset = self.begun(person.id);
        tx.pin_reset_put(&reset).await?;
        let notice = NoticeNew::new(person.id, "reset-begun").with("name", self.name.as_str());
        tx.notice_append(&[notice], self.now).await?;
        Ok(state(&reset))
    }

    /// Begins the waiting time of a code that an operator approves alone: phone and inbox are told how to stop it.
    async fn wait(&self, tx: &mut Tx<'_>, person: &UserRow) -> Result<PinResetState, ServiceError> {
        texts_count(tx, person.id, self.now).await?;
        let send_at = self.now.plus_ms(ALONE_MS);
        let reset = PinResetRow { send_at: Some(send_at), expires_at: send_at.plus_ms(ALONE_CODE_MS), ..self.begun(person.id) };
        tx.pin_reset_put(&reset).await?;
        tx.notice_append(&[NoticeNew::new(person.id, "reset-waits")], self.now).await?;
        tx.sms_append(&[sms::pin_reset_waits(person.language, person.phone)], self.now).await?;
        Ok(state(&reset))
    }

    /// The code goes out, and the person and both officers are told. The lock of the number stays: the code is not kept by it.
    async fn second(&self, tx: &mut Tx<'_>, person: &UserRow, first: i64) -> Result<PinResetState, ServiceError> {
        texts_count(tx, person.id, self.now).await?;
        let second_by = Some(self.actor.number());
        let reset = PinResetRow { first_by: first, second_by, expires_at: self.now.plus_ms(CODE_MS), ..self.begun(person.id) };
        let notice = NoticeNew::new(person.id, "reset-code-sent").with("name", self.name.as_str()).with("who", person.name.as_str());
        let officers = [first, self.actor.number()].into_iter().filter_map(|officer| UserId::new(officer).ok());
        let notices: Vec<NoticeNew> = std::iter::once(person.id).chain(officers).map(|to| notice.to(to)).collect();
        tx.notice_append(&notices, self.now).await?;
        code_send(tx, person, &reset, &self.code, self.now).await?;
        Ok(PinResetState::CodeSent { until: reset.expires_at })
    }

    /// Another code in place of one whose tries are used up: the other of the two who approved it still stands by it, or its waiting time has
    /// passed already. Otherwise all begins anew.
    async fn again(
        &self,
        tx: &mut Tx<'_>,
        person: &UserRow,
        officers: &BTreeSet<i64>,
        reset: PinResetRow,
        may_alone: bool,
    ) -> Result<PinResetState, ServiceError> {
        let others = [Some(reset.first_by), reset.second_by].into_iter().flatten().filter(|by| *by != self.actor.number());
        for other in others {
            if self.still_may(tx, officers, other).await? {
                return self.second(tx, person, other).await;
            }
        }
        if reset.send_at.is_none() || !may_alone {
            return self.first(tx, person, may_alone).await;
        }
        texts_count(tx, person.id, self.now).await?;
        let again = PinResetRow { first_by: self.actor.number(), expires_at: self.now.plus_ms(ALONE_CODE_MS), ..reset };
        code_send(tx, person, &again, &self.code, self.now).await?;
        Ok(PinResetState::CodeSent { until: again.expires_at })
    }
}
