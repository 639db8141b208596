//! A new PIN for a user who has forgotten it: two officers of a cluster know the person, the phone gets a code.

use super::login::{SignedIn, count};
use super::pin::Pin;
use super::registration::CODE_TRIES;
use super::secret::{CodeFor, SecretHash, code_hash, code_make};
use super::{AccountError, sms};
use crate::policy::{Action, Actor, Denied};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, Msisdn, Role, UserId};
use quantity::Instant;
use std::collections::BTreeSet;
use store::Tx;
use store::tables::{ClusterRow, CodeTry, MembershipRow, NoticeNew, PinResetRow};
use zeroize::Zeroizing;

/// How long the first approval waits for the second, in ms.
const REQUEST_MS: i64 = 24 * 3_600_000;
/// How long the code can be used, in ms.
const CODE_MS: i64 = 30 * 60_000;
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
    /// Two have approved; a code went to the phone.
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
    cluster: ClusterId,
    name: String,
    member: MemberNo,
    whose: Option<UserId>,
    code: Zeroizing<String>,
    now: Instant,
}

impl Service {
    /// Tells the treasurers where the number's user belongs that a new PIN is wished for. The answer is the same for a number that nobody has,
    /// and comes before anything is looked up.
    ///
    /// # Errors
    /// [`AccountError::RegistrationRate`]; what the store says of the count.
    pub async fn pin_reset_ask(&self, phone: Msisdn) -> Result<(), ServiceError> {
        self.codes_count(phone, "reset").await?;
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
                        let reset = tx.pin_reset(row.user, cluster).await?.filter(|reset| reset.expires_at > now);
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
    /// Treasurers approve. Where there are fewer than two besides the person, an operator may stand in.
    ///
    /// # Errors
    /// [`AccountError::PinResetOwn`], [`AccountError::PinResetTwice`], [`AccountError::PinResetWhose`]; [`Denied`]; what the store says.
    pub async fn pin_reset_approve(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        whose: Option<UserId>,
    ) -> Result<PinResetState, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::PinResetApprove).await?;
        let (code, now) = (code_make(self.chance())?, self.people_now());
        let approval = Approval { actor, cluster: cluster.id, name: cluster.name.clone(), member, whose, code, now };
        let decided = self.store.write(move |tx| {
            let approval = approval.clone();
            Box::pin(async move { approval.decide(tx).await })
        });
        let decided = decided.await;
        if let Err(ServiceError::Denied(_)) = &decided {
            self.refusal_write(&standing, Some(cluster.id), Action::PinResetApprove);
        }
        decided
    }

    /// Sets the new PIN with the code, ends all sessions and signs in. A wrong code counts as a wrong PIN.
    ///
    /// # Errors
    /// [`AccountError::CodeWrong`], also for a number that nobody has; [`AccountError::LoginLocked`], [`AccountError::PinWeak`]; `overloaded`;
    /// what the store says.
    pub async fn pin_reset_confirm(&self, phone: Msisdn, code: &str, new: Pin, device: &str) -> Result<SignedIn, ServiceError> {
        new.check_strength(phone)?;
        let hash = code_hash(CodeFor::PinReset, phone, code);
        let place = self.people.hasher.place().await?;
        let (locked_until, user) = self.reset_try(phone, hash).await?;
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
                tx.pin_try_forgive(phone, locked_until).await?;
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
    async fn reset_try(&self, phone: Msisdn, hash: SecretHash) -> Result<(i64, UserId), ServiceError> {
        let now = self.people_now();
        let tried = self.store.write::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let locked_until = count(tx, phone, now).await?;
                let user = tx.user_by_phone(phone).await?.map(|user| user.id);
                // Not an error here: the count is to be kept.
                let is_right = tx.pin_reset_try(user, &hash, CODE_TRIES, now).await? == CodeTry::Right;
                Ok((locked_until, user.filter(|_| is_right)))
            })
        });
        let (locked_until, user) = tried.await?;
        Ok((locked_until, user.ok_or(AccountError::CodeWrong)?))
    }
}

async fn wish_tell(tx: &mut Tx<'_>, phone: Msisdn, now: Instant) -> Result<(), ServiceError> {
    let Some(user) = tx.user_by_phone(phone).await? else { return Ok(()) };
    let clusters: BTreeSet<ClusterId> = tx.user_members(user.id).await?.into_iter().map(|(cluster, _)| cluster).collect();
    let mut officers = BTreeSet::new();
    for cluster in clusters.into_iter().take(CLUSTERS_TOLD_MAX) {
        officers.extend(tx.cluster_roles(cluster).await?.iter().filter(|row| row.role == Role::Treasurer).map(|row| row.user));
    }
    officers.remove(&user.id);
    let notice = NoticeNew::new(user.id, "reset-asked").with("who", user.name.as_str());
    let notices: Vec<NoticeNew> = officers.into_iter().map(|to| notice.to(to)).collect();
    tx.notice_append(&notices, now).await?;
    Ok(())
}

fn state(reset: &PinResetRow) -> PinResetState {
    match reset.code_hash {
        Some(_) => PinResetState::CodeSent { until: reset.expires_at },
        None => PinResetState::WaitsForSecond { until: reset.expires_at },
    }
}

impl Approval {
    async fn decide(&self, tx: &mut Tx<'_>) -> Result<PinResetState, ServiceError> {
        let roles = tx.cluster_roles(self.cluster).await?;
        let user = self.person(&roles)?;
        if self.actor.user() == Some(user) {
            return Err(AccountError::PinResetOwn.into());
        }
        let officers: BTreeSet<i64> = roles.iter().filter(|row| row.role == Role::Treasurer && row.user != user).map(|row| row.user.get()).collect();
        if !officers.contains(&self.actor.number()) && officers.len() >= APPROVALS {
            return Err(Denied::NotAllowed.into());
        }
        tx.user_turn(user).await?;
        let present = tx.pin_reset(user, self.cluster).await?.filter(|reset| reset.expires_at > self.now);
        match present {
            Some(reset) if reset.code_hash.is_some() => Ok(state(&reset)),
            Some(reset) if reset.first_by == self.actor.number() => Err(AccountError::PinResetTwice.into()),
            Some(reset) if self.still_may(tx, &officers, reset.first_by).await? => self.second(tx, user, reset.first_by).await,
            _ => self.first(tx, user).await,
        }
    }

    /// Whose PIN: the person named, who must act for the member, or the only one who does.
    fn person(&self, roles: &[MembershipRow]) -> Result<UserId, AccountError> {
        let mut people = roles.iter().filter(|row| row.member == self.member && row.role == Role::Member).map(|row| row.user);
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
        if officers.contains(&first) {
            return Ok(true);
        }
        let is_operator = match UserId::new(first) {
            Ok(user) => tx.user(user).await?.is_some_and(|user| user.is_operator),
            // The program itself, at the operator's terminal.
            Err(_) => true,
        };
        Ok(is_operator && officers.len() < APPROVALS)
    }

    async fn first(&self, tx: &mut Tx<'_>, user: UserId) -> Result<PinResetState, ServiceError> {
        let reset = PinResetRow {
            user,
            cluster: self.cluster,
            member: self.member,
            first_by: self.actor.number(),
            second_by: None,
            code_hash: None,
            expires_at: self.now.plus_ms(REQUEST_MS),
        };
        tx.pin_reset_put(&reset).await?;
        let notice = NoticeNew::new(user, "reset-begun").with("name", self.name.as_str());
        tx.notice_append(&[notice], self.now).await?;
        Ok(state(&reset))
    }

    /// The code goes out, and the person and both officers are told. Whoever forgets a PIN has locked the number: it is opened for the code.
    async fn second(&self, tx: &mut Tx<'_>, user: UserId, first: i64) -> Result<PinResetState, ServiceError> {
        let person = tx.user(user).await?.ok_or(AccountError::PinResetWhose)?;
        let reset = PinResetRow {
            user,
            cluster: self.cluster,
            member: self.member,
            first_by: first,
            second_by: Some(self.actor.number()),
            code_hash: Some(code_hash(CodeFor::PinReset, person.phone, &self.code).to_vec()),
            expires_at: self.now.plus_ms(CODE_MS),
        };
        tx.pin_reset_put(&reset).await?;
        tx.pin_lock_end(person.phone).await?;
        let notice = NoticeNew::new(user, "reset-code-sent").with("name", self.name.as_str()).with("who", person.name.as_str());
        let officers = [first, self.actor.number()].into_iter().filter_map(|officer| UserId::new(officer).ok());
        let notices: Vec<NoticeNew> = std::iter::once(user).chain(officers).map(|to| notice.to(to)).collect();
        tx.notice_append(&notices, self.now).await?;
        tx.sms_append(&[sms::code(person.language, person.phone, &self.code, reset.expires_at)], self.now).await?;
        Ok(state(&reset))
    }
}
