//! Who one is, where one belongs, and who runs the installation.

use super::pin::Pin;
use super::{AccountError, name_checked};
use crate::policy::Actor;
use crate::{Service, ServiceError};
use domain::{ClusterCode, ClusterId, Language, MemberNo, Msisdn, Operator, Role, UserId};
use quantity::{BusinessDay, Instant, Ngwee};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::UserRow;

/// A user as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub user: UserId,
    /// The number that signs in.
    pub phone: Msisdn,
    /// The name.
    pub name: String,
    /// The language of pages and messages.
    pub language: Language,
    /// Who runs the wallet of the number.
    pub operator: Option<Operator>,
    /// Whether the user runs this installation.
    pub is_operator: bool,
    /// When the user came.
    pub created_at: Instant,
    /// Where the user acts for a member, by cluster.
    pub memberships: Vec<Membership>,
    /// How the user voted. Empty: nothing is put to the vote yet.
    pub votes: Vec<VoteRecord>,
}

/// What a user is in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its code.
    pub code: ClusterCode,
    /// Its name.
    pub cluster_name: String,
    /// The member the user acts for.
    pub member: MemberNo,
    /// The name of the member that others see.
    pub alias: String,
    /// The roles held now.
    pub roles: Vec<Role>,
    /// Since when the user has acted for the member.
    pub since: BusinessDay,
    /// When the member left, if it has.
    pub left_on: Option<BusinessDay>,
    /// What the member has put into the cluster.
    pub contribution: Ngwee,
    /// What the member promised to put in, never less than what is in.
    pub pledge: Ngwee,
    /// What is the member's in the wallet, less what the member owes.
    pub wallet: Ngwee,
}

/// A vote that was cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteRecord {
    /// The cluster.
    pub cluster: ClusterCode,
    /// The proposal's number there.
    pub proposal: i64,
    /// What was chosen, as a code.
    pub choice: String,
    /// When.
    pub cast_at: Instant,
}

/// What a user may change alone; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileUpdate {
    /// The name.
    pub name: Option<String>,
    /// The language of pages and messages.
    pub language: Option<Language>,
    /// Who runs the wallet of the number; `Some(None)` when it is not known.
    pub operator: Option<Option<Operator>>,
}

impl Service {
    /// Who the user is and where the user belongs.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn profile(&self, actor: Actor) -> Result<Profile, ServiceError> {
        let id = actor.signed_in()?;
        self.store.read(move |tx| Box::pin(async move { profile(tx, id).await })).await
    }

    /// Changes what the user may change alone.
    ///
    /// # Errors
    /// [`AccountError::NameInvalid`]; [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn profile_update(&self, actor: Actor, update: ProfileUpdate) -> Result<Profile, ServiceError> {
        let id = actor.signed_in()?;
        let name = update.name.as_deref().map(name_checked).transpose()?;
        self.store
            .write(move |tx| {
                let name = name.clone();
                Box::pin(async move {
                    tx.user_turn(id).await?;
                    let user = tx.user(id).await?.ok_or(AccountError::SessionUnknown)?;
                    let name = name.unwrap_or(user.name);
                    let operator = update.operator.unwrap_or(user.wallet_operator);
                    tx.user_edit(id, &name, update.language.unwrap_or(user.language), operator).await?;
                    profile(tx, id).await
                })
            })
            .await
    }

    /// Makes a user the operator, with this PIN, and adds the user when the number has none. Only for the command line: it asks nobody.
    ///
    /// # Errors
    /// `name_invalid`, `pin_weak`; `overloaded`; what the store says.
    pub async fn operator_set(&self, phone: Msisdn, name: &str, pin: &Pin) -> Result<UserId, ServiceError> {
        let name = name_checked(name)?;
        pin.check_strength(phone)?;
        let place = self.people.hasher.place().await?;
        let (pin_hash, now) = (place.hash(pin, self.chance()).await?, self.now());
        drop(place);
        let new = UserRow {
            id: UserId::generate(now, self.chance().number()?),
            phone,
            name,
            language: Language::En,
            wallet_operator: phone.operator(),
            is_operator: true,
            pin_hash,
            created_at: now,
        };
        let done = self.store.write::<_, ServiceError, _>(move |tx| {
            let new = new.clone();
            Box::pin(async move {
                let present = tx.user_by_phone(new.phone).await?;
                let Some(present) = present else {
                    return if tx.user_insert(&new).await? { Ok(new.id) } else { Err(store::StoreError::Conflict("the number".to_owned()).into()) };
                };
                tx.user_pin_set(present.id, &new.pin_hash).await?;
                tx.user_edit(present.id, &new.name, present.language, present.wallet_operator).await?;
                tx.user_operator_set(present.id, true).await?;
                tx.session_end_all(present.id, None).await?;
                tx.pin_lock_end(new.phone).await?;
                tx.pin_resets_end(present.id).await?;
                Ok(present.id)
            })
        });
        let user = done.await?;
        self.people.sessions.forget(user, |_| true);
        Ok(user)
    }
}

async fn profile(tx: &mut Tx<'_>, id: UserId) -> Result<Profile, ServiceError> {
    let user = tx.user(id).await?.ok_or(AccountError::SessionUnknown)?;
    let mut memberships = Vec::new();
    let mut present: BTreeMap<ClusterId, Vec<MemberNo>> = BTreeMap::new();
    for (cluster, member) in tx.user_members(id).await? {
        present.entry(cluster).or_default().push(member);
    }
    for (cluster, members) in present {
        let Some(row) = tx.cluster_find(cluster).await? else { continue };
        let held = tx.memberships_in(cluster, id).await?;
        for member in members {
            let mine: Vec<_> = held.iter().filter(|row| row.member == member).collect();
            let Some(since) = mine.iter().map(|row| row.since).min() else { continue };
            let Some(brief) = tx.member_brief(cluster, member).await? else { continue };
            let pledge = tx.entry_find(cluster, member).await?.map_or(brief.contribution, |entry| entry.pledge.max(brief.contribution));
            memberships.push(Membership {
                cluster,
                code: row.code.clone(),
                cluster_name: row.name.clone(),
                member,
                alias: brief.alias,
                roles: mine.iter().map(|row| row.role).collect(),
                since,
                left_on: brief.left_on,
                contribution: brief.contribution,
                pledge,
                wallet: brief.wallet,
            });
        }
    }
    let UserRow { phone, name, language, wallet_operator: operator, is_operator, created_at, .. } = user;
    Ok(Profile { user: id, phone, name, language, operator, is_operator, created_at, memberships, votes: Vec::new() })
}
