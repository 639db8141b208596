//! Shared equipment and who owns it: shares are whole parts out of a stated whole, and always add up to it.

use super::again::{not_before, today};
use super::entering::Room;
use super::found::digest;
use super::{ClusterError, name, number};
use crate::accounts::ClusterAccounts;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{AssetKind, AssetNo, ClusterId, MemberNo, Region};
use ledger::IdempotencyKey;
use quantity::{BusinessDay, Instant, Ngwee, WattHours, split_exact};
use std::sync::Arc;
use store::tables::{AssetRequest, AssetRow, ClusterRow, MemberRow, ShareRow};
use store::{EventNew, Tx};

/// Parts in the whole where nobody says how many: fine enough for any contribution.
pub const SHARES_WHOLE: i64 = 1_000_000;

/// Equipment to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetNew {
    /// What it is.
    pub kind: AssetKind,
    /// Name for people.
    pub name: String,
    /// What it cost.
    pub cost: Ngwee,
    /// Planning life; the region's usual one when nobody says.
    pub life_years: Option<i64>,
    /// Day it began to work.
    pub commissioned_on: BusinessDay,
    /// Who owns it, in parts of `whole`; by what each has paid in when nobody says.
    pub shares: Option<Vec<(MemberNo, u64)>>,
    /// Parts in the whole; [`SHARES_WHOLE`] when nobody says.
    pub whole: Option<u64>,
}

/// A member's part of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The member.
    pub member: MemberNo,
    /// Its name for others.
    pub alias: String,
    /// Parts.
    pub parts: i64,
}

/// Equipment and who owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetOwned {
    /// The equipment.
    pub asset: AssetRow,
    /// Since when these own it; `None` where nobody was named.
    pub since: Option<BusinessDay>,
    /// Parts in the whole.
    pub whole: i64,
    /// The owners by number; their parts add up to the whole.
    pub owners: Vec<Owner>,
}

impl Service {
    /// Registers equipment of any kind with its owners. No money moves: buying it is another thing. The same key with the same content is
    /// registered once and gives the same numbers.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::KeyReused`]; [`ClusterError::SharesNotWhole`]; [`ClusterError::SharesMissing`];
    /// [`ClusterError::MemberUnknown`].
    pub async fn asset_add(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        assets: Vec<AssetNew>,
        key: IdempotencyKey,
    ) -> Result<Vec<AssetNo>, ServiceError> {
        self.require(actor, cluster.id, Action::AssetsWrite).await?;
        if assets.len() > super::ENTRIES_MAX {
            return Err(ClusterError::TooMany { most: super::ENTRIES_MAX }.into());
        }
        let request = (actor.number(), key, digest(&assets));
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, assets));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { add_once(tx, &work.0, &work.1, &work.2, request, now).await })
            })
            .await
    }

    /// Says who owns an asset from a day on: a new version beside those before.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::AssetUnknown`]; [`ClusterError::SharesNotWhole`]; [`ClusterError::MemberUnknown`];
    /// [`ClusterError::DayPast`] before the asset worked.
    pub async fn asset_shares_set(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        asset: AssetNo,
        from_day: BusinessDay,
        whole: u64,
        shares: Vec<(MemberNo, u64)>,
    ) -> Result<AssetOwned, ServiceError> {
        self.require(actor, cluster.id, Action::AssetsWrite).await?;
        let work = Arc::new((cluster.clone(), self.region(&cluster.region)?, shares));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move {
                    let (row, region) = (&work.0, &work.1);
                    tx.cluster_turn(row.id).await?;
                    let known = tx.asset_list(row.id).await?.into_iter().find(|known| known.no == asset);
                    not_before(from_day, known.ok_or(ClusterError::AssetUnknown { asset })?.commissioned_on)?;
                    let room = Room::load(tx, row, region, today(row, now)).await?;
                    let rows = checked(asset, from_day, &room, &work.2, whole)?;
                    tx.share_put(row.id, asset, from_day, &rows).await?;
                    let event = EventNew { kind: "shares_set".to_owned(), payload: format!("{{\"asset\":{asset},\"from\":\"{from_day}\"}}") };
                    tx.outbox_append(row.id, &[event], now).await?;
                    let all = owned(tx, row.id, from_day).await?;
                    all.into_iter().find(|owned| owned.asset.no == asset).ok_or_else(|| ClusterError::AssetUnknown { asset }.into())
                })
            })
            .await
    }

    /// The equipment of a cluster with its owners of today.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn asset_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<AssetOwned>, ServiceError> {
        self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (id, on) = (cluster.id, today(cluster, self.now()));
        self.store.read(move |tx| Box::pin(async move { owned(tx, id, on).await })).await
    }
}

async fn add_once(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    region: &Region,
    assets: &[AssetNew],
    (user, key, digest): (i64, IdempotencyKey, [u8; 32]),
    now: Instant,
) -> Result<Vec<AssetNo>, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    if let Some(prior) = tx.asset_request(cluster.id, user, key).await? {
        return if prior.digest == digest { Ok(prior.numbers) } else { Err(ClusterError::KeyReused.into()) };
    }
    let numbers = add(tx, cluster, region, assets, now).await?;
    let request = AssetRequest { digest, numbers };
    tx.asset_request_put(cluster.id, user, key, &request).await?;
    Ok(request.numbers)
}

async fn add(tx: &mut Tx<'_>, cluster: &ClusterRow, region: &Region, assets: &[AssetNew], now: Instant) -> Result<Vec<AssetNo>, ServiceError> {
    let this_day = today(cluster, now);
    let room = Room::load(tx, cluster, region, this_day).await?;
    let accounts = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    let mut numbers = Vec::with_capacity(assets.len());
    for new in assets {
        number("the cost in ngwee", 0, i64::MAX / 1_000_000, new.cost.0)?;
        let life_years = new.life_years.or_else(|| region.life_years(new.kind.as_str())).unwrap_or(10);
        number("the life in years", 1, 50, life_years)?;
        // A date of purchase may lie before the cluster; one further ahead than a year is a slip of the pen.
        number("the first day", -36_500, 366, i64::from(new.commissioned_on.0) - i64::from(this_day.0))?;
        let no = AssetNo::new(tx.numbers_take(cluster.id, "asset", 1).await?)?;
        let row = AssetRow {
            no,
            kind: new.kind,
            name: name("the asset's name", &new.name)?,
            cost: new.cost,
            commissioned_on: new.commissioned_on,
            life_years,
        };
        tx.asset_insert(cluster.id, &[row]).await?;
        let whole = new.whole.unwrap_or(SHARES_WHOLE.unsigned_abs());
        let shares = match &new.shares {
            Some(shares) => shares.clone(),
            None => by_contribution(&room, &accounts, whole)?,
        };
        let rows = checked(no, new.commissioned_on, &room, &shares, whole)?;
        tx.share_put(cluster.id, no, new.commissioned_on, &rows).await?;
        numbers.push(no);
    }
    Ok(numbers)
}

/// The whole split by what each member has paid in; who paid nothing owns nothing.
fn by_contribution(room: &Room, accounts: &ClusterAccounts, whole: u64) -> Result<Vec<(MemberNo, u64)>, ClusterError> {
    let paid: Vec<(MemberNo, u64)> =
        room.here().filter_map(|member| Some((member.no, u64::try_from(accounts.member(member.no)?.capital.balance()).ok()?))).collect();
    let weights: Vec<u64> = paid.iter().map(|(_, weight)| *weight).collect();
    let parts = split_exact(WattHours(i64::try_from(whole).unwrap_or(i64::MAX)), &weights).map_err(|_| ClusterError::SharesMissing)?;
    Ok(paid.iter().zip(parts).filter(|(_, part)| part.0 > 0).map(|((member, _), part)| (*member, part.0.unsigned_abs())).collect())
}

/// Shares as rows: known members, each once, each part above zero, and all of them exactly the whole.
fn checked(asset: AssetNo, from_day: BusinessDay, room: &Room, shares: &[(MemberNo, u64)], whole: u64) -> Result<Vec<ShareRow>, ClusterError> {
    let whole = i64::try_from(whole).unwrap_or(i64::MAX);
    number("the whole", 1, 1_000_000_000_000, whole)?;
    let mut rows: Vec<ShareRow> = Vec::with_capacity(shares.len());
    let mut found: i64 = 0;
    let mut is_whole = true;
    for &(member, parts) in shares {
        room.member(member)?;
        let parts = i64::try_from(parts).unwrap_or(i64::MAX);
        is_whole &= parts > 0 && rows.iter().all(|row| row.member != member);
        found = found.saturating_add(parts);
        rows.push(ShareRow { asset, from_day, member, parts, whole });
    }
    if is_whole && found == whole { Ok(rows) } else { Err(ClusterError::SharesNotWhole { found, whole }) }
}

/// The equipment with its owners on a day: of the last version that holds, or of the first where none holds yet.
async fn owned(tx: &mut Tx<'_>, cluster: ClusterId, on: BusinessDay) -> Result<Vec<AssetOwned>, ServiceError> {
    let shares = tx.share_list(cluster).await?;
    let members = tx.member_list(cluster).await?;
    let assets = tx.asset_list(cluster).await?.into_iter();
    Ok(assets.map(|asset| owners_of(asset, &shares, &members, on)).collect())
}

fn owners_of(asset: AssetRow, shares: &[ShareRow], members: &[MemberRow], on: BusinessDay) -> AssetOwned {
    let of_asset = || shares.iter().filter(|share| share.asset == asset.no);
    let holding = of_asset().map(|share| share.from_day).filter(|from| *from <= on).max();
    let since = holding.or_else(|| of_asset().map(|share| share.from_day).min());
    let rows: Vec<&ShareRow> = of_asset().filter(|share| Some(share.from_day) == since).collect();
    let alias = |no: MemberNo| members.iter().find(|member| member.no == no).map_or_else(String::new, |member| member.alias.clone());
    let owners = rows.iter().map(|share| Owner { member: share.member, alias: alias(share.member), parts: share.parts }).collect();
    AssetOwned { since, whole: rows.first().map_or(SHARES_WHOLE, |share| share.whole), owners, asset }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::{Account, AccountCode, Currency, Limit};
    use proptest::prelude::*;

    fn no(number: i64) -> MemberNo {
        MemberNo::new(number).expect("a number")
    }

    fn room(members: i64) -> Room {
        let member = |at| MemberRow {
            no: no(at),
            alias: format!("Home {at}"),
            kind: "household".to_owned(),
            weight: 1,
            joined_on: BusinessDay(0),
            left_on: None,
        };
        Room::of((1..=members).map(member).collect())
    }

    /// Accounts in which member 1, 2 … has paid in what stands in `paid`.
    fn books(paid: &[i64]) -> ClusterAccounts {
        let mut accounts = Vec::new();
        for (member, &paid) in (1..).zip(paid) {
            for code in [AccountCode::MemberWallet, AccountCode::MemberReceivable, AccountCode::MemberCapital] {
                let number = domain::AccountNo::new(accounts.len() as i64 + 1).expect("a number");
                let account = Account::new(number, Currency::Zmw, code, Some(no(member)), Limit::None);
                accounts.push(Account { credits_posted: if code == AccountCode::MemberCapital { paid } else { 0 }, ..account });
            }
        }
        ClusterAccounts::new(&accounts)
    }

    proptest! {
        /// Whatever was paid, the parts are exactly the whole, and nobody who paid more owns less.
        #[test]
        fn shares_by_contribution_are_whole(paid in proptest::collection::vec(0i64..1_000_000, 1..100), whole in 1u64..2_000_000) {
            let (room, accounts) = (room(paid.len() as i64), books(&paid));
            let shares = by_contribution(&room, &accounts, whole);
            if paid.iter().all(|&paid| paid == 0) {
                prop_assert_eq!(shares, Err(ClusterError::SharesMissing));
                return Ok(());
            }
            let shares = shares.expect("somebody paid");
            prop_assert_eq!(shares.iter().map(|(_, parts)| parts).sum::<u64>(), whole);
            let parts = |member: usize| shares.iter().find(|(of, _)| of.get() == member as i64 + 1).map_or(0, |(_, parts)| *parts);
            for a in 0..paid.len() {
                for b in 0..paid.len() {
                    prop_assert!(paid[a] < paid[b] || parts(a) + 1 >= parts(b));
                }
            }
            let asset = AssetNo::new(1).expect("a number");
            prop_assert!(checked(asset, BusinessDay(0), &room, &shares, whole).is_ok());
        }

        /// Shares are taken exactly when they are a whole: known members, each once, each above zero, together the whole.
        #[test]
        fn shares_are_taken_exactly_when_they_are_whole(shares in proptest::collection::vec((1i64..6, 0u64..6), 0..6), whole in 0u64..20) {
            let given: Vec<(MemberNo, u64)> = shares.iter().map(|&(member, parts)| (no(member), parts)).collect();
            let mut members: Vec<i64> = shares.iter().map(|(member, _)| *member).collect();
            members.sort_unstable();
            members.dedup();
            let is_whole = whole > 0
                && members.len() == shares.len()
                && shares.iter().all(|&(member, parts)| member <= 4 && parts > 0)
                && shares.iter().map(|(_, parts)| parts).sum::<u64>() == whole;
            let asset = AssetNo::new(1).expect("a number");
            prop_assert_eq!(checked(asset, BusinessDay(0), &room(4), &given, whole).is_ok(), is_whole);
        }
    }
}
