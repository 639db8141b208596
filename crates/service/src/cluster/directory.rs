//! The member directory: who is there, as far as each household agreed. What somebody does not show is not there at all.

use super::again::today;
use super::entering::{Room, entry_of};
use super::{ClusterError, TEXT_MAX, name, number, text};
use crate::policy::{Action, Actor};
use crate::reputation::{Reliability, Reputation, TRADES_LIST_MAX, reputations};
use crate::{Service, ServiceError};
use domain::{Language, MemberNo, MemberState, Msisdn, Region, Role, UserId};
use quantity::{BusinessDay, Instant, WattHours};
use settlement::MemberDay;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, Consents, EntryRow, MemberRow, MembershipRow, UserRow};

/// Most entries of a page.
const PAGE_MAX: u32 = 100;

/// A page of a list that is read on after its last item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to read after; `None` at the end.
    pub next: Option<MemberNo>,
}

/// Days over which readings are counted.
const READ_DAYS: i32 = 30;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFilter {
    /// Part of a name, house, skill or language; capitals do not matter.
    pub text: Option<String>,
    /// Who holds this office.
    pub role: Option<Role>,
}

/// How much a household used in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// First day of the month.
    pub month: BusinessDay,
    /// Energy used.
    pub used: WattHours,
}

/// A household in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Its number.
    pub member: MemberNo,
    /// The name it has chosen for others.
    pub alias: String,
    /// What it is.
    pub kind: String,
    /// The person's own name, if shown.
    pub name: Option<String>,
    /// Number or name of the house, if given.
    pub house: Option<String>,
    /// Offices, and `member`.
    pub roles: Vec<Role>,
    /// First day.
    pub since: BusinessDay,
    /// Language, if given.
    pub language: Option<Language>,
    /// Skills and tools to lend, if given.
    pub skills: Option<String>,
    /// Phone number, if shown.
    pub phone: Option<Msisdn>,
    /// Use of last month, if shown.
    pub usage: Option<Usage>,
    /// How it kept its word so far as a seller.
    pub reliability: Reliability,
    /// Of the settled days of the last weeks: those whose readings all came from the meter, and all of them.
    pub days_read: (i64, i64),
}

/// What a household changes about its own entry; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryUpdate {
    /// The name that others see.
    pub alias: Option<String>,
    /// Number or name of the house.
    pub house: Option<String>,
    /// How many people live there; 0 is not said.
    pub residents: Option<i64>,
    /// Language.
    pub language: Option<Language>,
    /// Skills and tools to lend.
    pub skills: Option<String>,
    /// What others may see.
    pub consents: Option<Consents>,
}

impl Service {
    /// Members of the cluster by number, after `after`, at most `limit` (100).
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn directory(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        after: Option<MemberNo>,
        limit: u32,
        filter: DirectoryFilter,
    ) -> Result<Page<DirectoryEntry>, ServiceError> {
        self.require(actor, cluster.id, Action::DirectoryRead).await?;
        let limit = limit.clamp(1, PAGE_MAX) as usize;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, filter));
        let now = self.now();
        self.store
            .read(move |tx| {
                let work = work.clone();
                Box::pin(async move { page(tx, &work.0, &work.1, (after, limit), &work.2, now).await })
            })
            .await
    }

    /// A household's own entry, with its consents.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MemberUnknown`].
    pub async fn entry_read(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<EntryRow, ServiceError> {
        self.require(actor, cluster.id, Action::EntryWrite(member)).await?;
        let id = cluster.id;
        self.store.read(move |tx| Box::pin(async move { own(tx, id, member).await })).await
    }

    /// Changes a household's own entry; by itself alone.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::AliasTaken`]; [`ClusterError::Name`]; [`ClusterError::MemberUnknown`].
    pub async fn entry_update(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, update: EntryUpdate) -> Result<EntryRow, ServiceError> {
        self.require(actor, cluster.id, Action::EntryWrite(member)).await?;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, update));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { change(tx, &work.0, &work.1, member, &work.2, now).await })
            })
            .await
    }

    /// Households that asked to join and wait for an officer, by number; not those whose move was decided and is on its way.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn askers(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<EntryRow>, ServiceError> {
        self.require(actor, cluster.id, Action::Admit).await?;
        let id = cluster.id;
        let all: Vec<EntryRow> = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.entry_list(id).await?) })).await?;
        Ok(all.into_iter().filter(|entry| entry.state == MemberState::Asked && entry.decided_by.is_none()).collect())
    }
}

async fn own(tx: &mut Tx<'_>, cluster: domain::ClusterId, member: MemberNo) -> Result<EntryRow, ServiceError> {
    if let Some(entry) = tx.entry_find(cluster, member).await? {
        return Ok(entry);
    }
    let row = tx.member_list(cluster).await?.into_iter().find(|row| row.no == member);
    Ok(entry_of(&row.ok_or(ClusterError::MemberUnknown { member })?))
}

async fn change(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    region: &Region,
    member: MemberNo,
    update: &EntryUpdate,
    now: Instant,
) -> Result<EntryRow, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let room = Room::load(tx, cluster, region, today(cluster, now)).await?;
    let mut entry = own(tx, cluster.id, member).await?;
    if let Some(alias) = &update.alias {
        entry.alias = name("the household's name", alias)?;
        room.alias_is_free(&entry.alias, Some(member))?;
        tx.member_rename(cluster.id, member, &entry.alias).await?;
    }
    if let Some(house) = &update.house {
        entry.house = text("the house", house, 40)?;
    }
    if let Some(residents) = update.residents {
        number("residents", 0, 1_000, residents)?;
        entry.residents = residents;
    }
    if let Some(language) = update.language {
        language.as_str().clone_into(&mut entry.language);
    }
    if let Some(skills) = &update.skills {
        entry.skills = text("skills", skills, TEXT_MAX)?;
    }
    entry.consents = update.consents.unwrap_or(entry.consents);
    tx.entry_put(cluster.id, &entry).await?;
    Ok(entry)
}

async fn page(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    region: &Region,
    (after, limit): (Option<MemberNo>, usize),
    filter: &DirectoryFilter,
    now: Instant,
) -> Result<Page<DirectoryEntry>, ServiceError> {
    let this_day = today(cluster, now);
    let room = Room::load(tx, cluster, region, this_day).await?;
    let roles = tx.cluster_roles(cluster.id).await?;
    let entries: BTreeMap<MemberNo, &EntryRow> = room.entries.iter().map(|entry| (entry.member, entry)).collect();
    let wanted = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
    let shown = |member: &MemberRow| entries.get(&member.no).filter(|entry| entry.consents.show_name || entry.consents.show_phone);
    let held_by = |no: MemberNo| roles.iter().filter(move |row| row.member == no);
    let acting: BTreeMap<MemberNo, UserId> = room.here().filter_map(|member| Some((member.no, acts(shown(member)?, held_by(member.no))?))).collect();
    let people: Vec<UserId> = acting.values().copied().collect();
    let people: BTreeMap<UserId, UserRow> = tx.users(&people).await?.into_iter().map(|user| (user.id, user)).collect();
    let mut read: BTreeMap<MemberNo, (i64, i64)> = BTreeMap::new();
    for day in tx.member_day_list(cluster.id, this_day.plus_days(-READ_DAYS), this_day, None).await? {
        let (whole, all) = read.entry(day.member).or_default();
        *whole += i64::from(day.estimated == 0);
        *all += 1;
    }
    let mut items = Vec::new();
    let mut next = None;
    for member in room.here().filter(|member| after.is_none_or(|after| member.no > after)) {
        let held: Vec<&MembershipRow> = held_by(member.no).collect();
        if filter.role.is_some_and(|role| held.iter().all(|row| row.role != role)) {
            continue;
        }
        let fallback = entry_of(member);
        let entry = *entries.get(&member.no).unwrap_or(&&fallback);
        let mut seen = seen(member, entry, &held);
        seen.days_read = read.get(&member.no).copied().unwrap_or_default();
        if let Some(user) = acting.get(&member.no).and_then(|user| people.get(user)) {
            seen.name = entry.consents.show_name.then(|| user.name.clone());
            seen.phone = entry.consents.show_phone.then_some(user.phone);
        }
        if wanted.as_ref().is_some_and(|wanted| !fits(&seen, wanted)) {
            continue;
        }
        if items.len() == limit {
            next = items.last().map(|last: &DirectoryEntry| last.member);
            break;
        }
        if entry.consents.show_usage {
            seen.usage = usage(tx, cluster, member.no, this_day).await?;
        }
        items.push(seen);
    }
    let shown: Vec<MemberNo> = items.iter().map(|entry: &DirectoryEntry| entry.member).collect();
    let known = reputations(tx, cluster, &shown, TRADES_LIST_MAX, now).await?;
    for entry in &mut items {
        entry.reliability = known.get(&entry.member).map(Reputation::brief).unwrap_or_default();
    }
    Ok(Page { items, next })
}

/// What everybody in the cluster may see.
fn seen(member: &MemberRow, entry: &EntryRow, held: &[&MembershipRow]) -> DirectoryEntry {
    let mut roles: Vec<Role> = held.iter().map(|row| row.role).collect();
    roles.sort_unstable();
    roles.dedup();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    DirectoryEntry {
        member: member.no,
        alias: member.alias.clone(),
        kind: member.kind.clone(),
        name: None,
        house: given(&entry.house),
        roles,
        since: member.joined_on,
        language: Language::parse(&entry.language).ok(),
        skills: given(&entry.skills),
        phone: None,
        usage: None,
        reliability: Reliability::default(),
        days_read: (0, 0),
    }
}

/// Whose name and number stand for the household: who asked for it, as long as that person acts for it, or else the first who does.
fn acts<'a>(entry: &EntryRow, mut held: impl Iterator<Item = &'a MembershipRow> + Clone) -> Option<UserId> {
    let asked = entry.user.filter(|user| held.clone().any(|row| row.user == *user));
    asked.or_else(|| held.next().map(|row| row.user))
}

fn fits(entry: &DirectoryEntry, wanted: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(wanted);
    let texts = [Some(&entry.alias), entry.name.as_ref(), entry.house.as_ref(), entry.skills.as_ref(), Some(&entry.kind)];
    texts.into_iter().flatten().any(|text| holds(text)) || entry.language.is_some_and(|language| holds(language.as_str()))
}

/// What the household used in the last full month; `None` when nothing of it is settled.
async fn usage(tx: &mut Tx<'_>, cluster: &ClusterRow, member: MemberNo, today: BusinessDay) -> Result<Option<Usage>, ServiceError> {
    let until = today.month_start();
    let month = until.previous().month_start();
    let days = tx.member_day_list(cluster.id, month, until, Some(member)).await?;
    let mut used = 0;
    for day in &days {
        used += served(&MemberDay::from_bytes(&day.sums)?);
    }
    Ok((!days.is_empty()).then_some(Usage { month, used: WattHours(used) }))
}

/// What was used: what was wanted and not served was not.
const fn served(day: &MemberDay) -> i64 {
    day.flows.consumption - day.flows.unserved
}
