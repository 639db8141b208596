//! Founding a cluster: everything that must be there before its first reading, in one transaction.

use crate::accounts::{CLUSTER_ACCOUNTS, ClusterAccounts, MEMBER_ACCOUNTS};
use crate::{SHARES_WHOLE, Service, ServiceError};
use domain::{AccountNo, AssetKind, AssetNo, ClusterId, MemberNo, MeterNo, MeterRole};
use ledger::{Account, AccountCode, Cause, CauseKind, Currency, IdempotencyKey, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Interval, Ngwee, WattHours, Watts, split_exact};
use settlement::{MEMBERS_MAX, check_price};
use store::tables::{AssetRow, AssignmentRow, ClusterNew, MemberRow, MeterRow, RulePrices, RuleRow, ShareRow};
use store::{StoreError, Tx};

/// A founding member.
#[derive(Debug, Clone)]
pub struct MemberCreate {
    /// The name that others see.
    pub alias: String,
    /// What it is.
    pub kind: String,
    /// Fixed weight of the sharing key.
    pub weight: u64,
    /// Paid into the equipment.
    pub contribution: Ngwee,
    /// Paid into the wallet.
    pub top_up: Ngwee,
    /// Serial numbers of the member's meters.
    pub meters: Vec<String>,
}

/// Equipment bought with the contributions.
#[derive(Debug, Clone)]
pub struct AssetCreate {
    /// What it is.
    pub kind: AssetKind,
    /// Name for people.
    pub name: String,
    /// What it cost.
    pub cost: Ngwee,
    /// Planning life.
    pub life_years: i64,
}

/// A cluster to be founded.
#[derive(Debug, Clone)]
pub struct ClusterCreate {
    /// The cluster and its secret.
    pub cluster: ClusterNew,
    /// Its first rules.
    pub rule: RuleRow,
    /// Its members, numbered from 1 in this order.
    pub members: Vec<MemberCreate>,
    /// Serial numbers of the plant's meters.
    pub plant_meters: Vec<String>,
    /// The most that may flow through a meter; more is refused as absurd.
    pub meter_limit: Watts,
    /// Its equipment.
    pub assets: Vec<AssetCreate>,
    /// Known outages.
    pub outages: Vec<Interval>,
}

impl Service {
    /// Founds a cluster: members, meters, equipment, accounts, contributions, rules. All or nothing.
    ///
    /// # Errors
    /// [`ServiceError::ClusterCodeTaken`]; [`ServiceError::ClusterInvalid`]; the rules' errors.
    pub async fn cluster_create(&self, create: ClusterCreate) -> Result<ClusterId, ServiceError> {
        let weights: Vec<u64> = create.members.iter().map(|member| member.weight).collect();
        create.rule.rule.check(&weights)?;
        if let RulePrices::Flat(import, export) = create.rule.prices {
            check_price("import price", import)?;
            check_price("export price", export)?;
        }
        self.region(&create.cluster.row.region)?;
        if create.members.is_empty() || create.members.len() > MEMBERS_MAX {
            return Err(ServiceError::ClusterInvalid { reason: format!("it needs 1 to {} members, got {}", MEMBERS_MAX, create.members.len()) });
        }
        if create.rule.from_day > create.cluster.row.opened_on {
            let reason = format!("its first rules hold from {}, after it opens on {}", create.rule.from_day, create.cluster.row.opened_on);
            return Err(ServiceError::ClusterInvalid { reason });
        }
        let id = create.cluster.row.id;
        let code = create.cluster.row.code.to_string();
        let now = self.now();
        let create = std::sync::Arc::new(create);
        let founded = self
            .store
            .write(move |tx| {
                let create = create.clone();
                Box::pin(async move { found(tx, &create, now).await })
            })
            .await;
        match founded {
            Err(ServiceError::Store(StoreError::UniqueViolation(_))) => Err(ServiceError::ClusterCodeTaken { code }),
            other => other.map(|()| id),
        }
    }
}

pub(crate) async fn found(tx: &mut Tx<'_>, create: &ClusterCreate, now: quantity::Instant) -> Result<(), ServiceError> {
    let row = &create.cluster.row;
    tx.cluster_insert(&create.cluster).await?;
    tx.rule_insert(row.id, &create.rule).await?;
    tx.outage_insert(row.id, &create.outages).await?;
    insert_people(tx, create).await?;
    insert_assets(tx, create).await?;
    let accounts = open_accounts(create.members.len())?;
    tx.numbers_take(row.id, "account", accounts.len() as i64).await?;
    tx.account_put(row.id, &accounts).await?;
    let opening = opening_transfers(create, &ClusterAccounts::new(&accounts));
    for outcome in tx.transfers_execute(row.id, now, &opening).await? {
        if let Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) = outcome {
            return Err(ServiceError::PostingRefused { day: row.opened_on, refusal });
        }
    }
    Ok(())
}

async fn insert_people(tx: &mut Tx<'_>, create: &ClusterCreate) -> Result<(), ServiceError> {
    let row = &create.cluster.row;
    let (mut members, mut meters, mut assignments) = (Vec::new(), Vec::new(), Vec::new());
    for (at, member) in create.members.iter().enumerate() {
        let no = MemberNo::new(at as i64 + 1)?;
        members.push(MemberRow {
            no,
            alias: member.alias.clone(),
            kind: member.kind.clone(),
            weight: member.weight,
            joined_on: row.opened_on,
            left_on: None,
        });
        for serial in &member.meters {
            let meter = MeterNo::new(meters.len() as i64 + 1)?;
            meters.push(MeterRow { no: meter, serial: serial.clone(), role: MeterRole::Member, limit: create.meter_limit });
            assignments.push(AssignmentRow { meter, member: no, from: row.opened_on, until: None });
        }
    }
    for serial in &create.plant_meters {
        meters.push(MeterRow {
            no: MeterNo::new(meters.len() as i64 + 1)?,
            serial: serial.clone(),
            role: MeterRole::Plant,
            limit: create.meter_limit,
        });
    }
    if !members.is_empty() {
        tx.numbers_take(row.id, "member", members.len() as i64).await?;
    }
    if !meters.is_empty() {
        tx.numbers_take(row.id, "meter", meters.len() as i64).await?;
    }
    tx.member_insert(row.id, &members).await?;
    tx.meter_insert(row.id, &meters).await?;
    tx.meter_assign(row.id, &assignments).await?;
    Ok(())
}

async fn insert_assets(tx: &mut Tx<'_>, create: &ClusterCreate) -> Result<(), ServiceError> {
    let row = &create.cluster.row;
    let mut assets = Vec::new();
    for (at, asset) in create.assets.iter().enumerate() {
        assets.push(AssetRow {
            no: AssetNo::new(at as i64 + 1)?,
            kind: asset.kind,
            name: asset.name.clone(),
            cost: asset.cost,
            commissioned_on: row.opened_on,
            life_years: asset.life_years,
        });
    }
    if !assets.is_empty() {
        tx.numbers_take(row.id, "asset", assets.len() as i64).await?;
    }
    tx.asset_insert(row.id, &assets).await?;
    for asset in &assets {
        tx.share_put(row.id, asset.no, row.opened_on, &owners(create, asset.no)?).await?;
    }
    Ok(())
}

/// Who owns an asset from the first day: all by what they put in; nobody is written down where nobody put in anything.
fn owners(create: &ClusterCreate, asset: AssetNo) -> Result<Vec<ShareRow>, ServiceError> {
    let weights: Vec<u64> = create.members.iter().map(|member| u64::try_from(member.contribution.0).unwrap_or(0)).collect();
    let Ok(parts) = split_exact(WattHours(SHARES_WHOLE), &weights) else { return Ok(Vec::new()) };
    let mut shares = Vec::new();
    for (member, parts) in (1..).zip(parts).filter(|(_, parts)| parts.0 > 0) {
        shares.push(ShareRow { asset, from_day: create.cluster.row.opened_on, member: MemberNo::new(member)?, parts: parts.0, whole: SHARES_WHOLE });
    }
    Ok(shares)
}

fn open_accounts(members: usize) -> Result<Vec<Account>, ServiceError> {
    let mut accounts = Vec::new();
    let mut open = |code: AccountCode, limit, member| -> Result<(), ServiceError> {
        let no = AccountNo::new(accounts.len() as i64 + 1)?;
        accounts.push(Account::new(no, Currency::Zmw, code, member, limit));
        Ok(())
    };
    for (code, limit) in CLUSTER_ACCOUNTS {
        open(code, limit, None)?;
    }
    for at in 0..members {
        let member = MemberNo::new(at as i64 + 1)?;
        for (code, limit) in MEMBER_ACCOUNTS {
            open(code, limit, Some(member))?;
        }
    }
    Ok(accounts)
}

/// Contributions into the equipment, first payments into wallets, and what the equipment cost.
fn opening_transfers(create: &ClusterCreate, accounts: &ClusterAccounts) -> Vec<TransferCreate> {
    let row = &create.cluster.row;
    let mut transfers = Vec::new();
    let mut push = |debit: Option<AccountNo>, credit: Option<AccountNo>, amount: Ngwee, code: TransferCode, of: i64| {
        if let (Some(debit), Some(credit), true) = (debit, credit, amount.0 > 0) {
            transfers.push(opening(row.id, row.opened_on, debit, credit, amount, code, of));
        }
    };
    let bank = accounts.own_no(AccountCode::Bank);
    for (at, member) in create.members.iter().enumerate() {
        let number = at as i64 + 1;
        let book = MemberNo::new(number).ok().and_then(|no| accounts.member(no));
        push(bank, book.map(|book| book.capital.no), member.contribution, TransferCode::Contribution, number);
        push(bank, book.map(|book| book.wallet.no), member.top_up, TransferCode::TopUp, number);
    }
    for (at, asset) in create.assets.iter().enumerate() {
        push(accounts.own_no(AccountCode::FixedAssets), bank, asset.cost, TransferCode::Purchase, at as i64 + 1);
    }
    transfers
}

fn opening(cluster: ClusterId, on: BusinessDay, debit: AccountNo, credit: AccountNo, amount: Ngwee, code: TransferCode, of: i64) -> TransferCreate {
    let key = IdempotencyKey::derive(&[b"opening", &cluster.get().to_be_bytes(), &code.number().to_be_bytes(), &of.to_be_bytes()]);
    TransferCreate {
        key,
        debit,
        credit,
        amount: amount.0,
        code,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Opening, a: of, b: 0 },
        business_on: on,
        actor: 0,
        linked: false,
    }
}
