//! The use cases: load, decide with the pure crates, record, in one transaction each.
//!
//! | File | Use case |
//! |---|---|
//! | `cluster_create.rs` | found a cluster with its members, meters, equipment, accounts and rules |
//! | `cluster/` | found, join, leave, move, meter, own, rule; who acts for a household; cash in and out; the card, the directory, the verdict |
//! | `readings_import.rs` | take readings from files and programs into the open window |
//! | `cluster_settle.rs`, `day_settle.rs`, `day_weights.rs`, `day_credits.rs` | share, price, seal and post; settle again after a correction |
//! | `trade/` | energy credits, orders, auctions |
//! | `between/` | trade between clusters: deals, joint clearing, delivery against meters |
//! | `wallet.rs`, `transfer_desk.rs`, `desk.rs` | pay from wallet to wallet; callers at the same time share a commit |
//! | `statement.rs` | a member's month: receipt, book, returns |
//! | `account/` | people: accounts, sessions, PINs, notices, texts, audit |
//! | `record_read.rs` | what is written down: readings, days, ledger, log, proofs |
//! | `alerts/` | price alerts: set, list, delete, and the round in which they fire |
//! | `reputation.rs`, `ties.rs` | how reliably members and clusters delivered and paid; who belongs to whom |
//! | `news.rs` | what is new in a cluster, for all faces that show something live |
//! | `dashboard.rs` | a cluster now and today |
//! | `cluster_verify.rs`, `day_verify.rs` | recount everything from sealed records and transfers |
//!
//! What this crate does not do: SQL (that is `store`), formatting, HTTP, and rules of sharing or money (those are pure).

#![deny(clippy::float_arithmetic)]

mod access;
pub mod account;
mod accounts;
pub mod alerts;
pub mod between;
mod carbon;
pub mod cluster;
mod cluster_create;
mod cluster_settle;
mod cluster_verify;
mod dashboard;
mod day_credits;
mod day_settle;
mod day_verify;
mod day_weights;
mod desk;
mod digest;
mod error;
pub mod news;
pub mod policy;
mod readings_import;
mod record_read;
pub mod reputation;
mod statement;
mod ties;
pub mod trade;
mod transfer_desk;
mod wallet;

pub use account::{
    AccountError, AccountOptions, AuditLine, Look, MemberUser, Membership, NOTICES_MAX, Notice, PersonNew, Pin, PinCost, PinResetState, Profile,
    ProfileUpdate, RegistrationConfirm, SessionInfo, SignedIn, SmsReport, VoteRecord, notice_text,
};
pub use accounts::{ClusterAccounts, MemberBook};
pub use alerts::{AlertCreate, AlertLine, AlertsError, AlertsReport};
pub use between::BetweenError;
pub use carbon::{CARBON_MONTHS_MAX, Carbon, CarbonMonth};
pub use cluster::{
    AssetNew, AssetOwned, Assumption, CASH_MAX, CashFree, CashReceived, ClearingDifference, ClearingReport, ClusterCard, ClusterError, ClusterFound,
    ClusterJoin, ContributionPaid, DirectoryEntry, DirectoryFilter, EntryUpdate, Household, HouseholdPerson, Invitation, Joined, Left, LegTold,
    MeterNew, MeterOwned, MeterTold, MoveTold, Moved, MovedFrom, Owner, PAYOUT_DAYS, Page, Payback, Payout, Pledged, REFERENCE_MAX, Rules,
    RulesChange, SHARES_WHOLE, Usage, Verdict, VerdictAsk, VerdictOf, VerdictUse, Whom,
};
pub use cluster_create::{AssetCreate, ClusterCreate, MemberCreate};
pub use cluster_settle::{DaySettled, SettleReport};
pub use cluster_verify::{Problem, VerifyReport};
pub use dashboard::{ClusterOverview, ClusterToday, MemberNow, OwnNow, Slot};
pub use day_credits::CreditBook;
pub use error::ServiceError;
pub use readings_import::ImportOptions;
pub use record_read::{DaySummary, IntervalProof, LogHead, READING_DAYS_MAX};
pub use reputation::{Reliability, Reputation};
pub use settlement::credits::CreditSum;
pub use statement::{BookEntry, DayDetail, IntervalDetail, MemberDaySum, Statement};
pub use store::tables::SurplusChoice;
pub use trade::{COVER_MAX, CREDIT_GIVE_MAX, CoverAdded, CoverSource, CoverView, CreditError, CreditGiven, CreditView, SurplusChosen, TradeError};
pub use wallet::{PAYMENTS_MAX, PaymentKeys, PaymentOutcome, PaymentRefusal, WalletBalance, WalletPayment};

use domain::{Chance, Clock, ClusterCode, Region, SystemChance};
use market::guard::GuardRules;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use store::tables::ClusterRow;

/// Clusters read at once.
const CLUSTERS_PER_PAGE: u32 = 1_000;

/// The use cases over one database.
#[derive(Clone)]
pub struct Service {
    store: Store,
    clock: Arc<dyn Clock>,
    people_clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    regions: Arc<BTreeMap<String, Arc<Region>>>,
    desk: Arc<desk::Desk<transfer_desk::Transfers>>,
    orders: Arc<desk::Desk<trade::Orders>>,
    guard: GuardRules,
    forecasts: Arc<trade::Forecasts>,
    wallets: Arc<wallet::WalletCache>,
    people: Arc<account::People>,
}

impl Service {
    /// Use cases over `store`, told the time by `clock`, with these regions.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, regions: impl IntoIterator<Item = Region>) -> Self {
        let regions = regions.into_iter().map(|region| (region.code.clone(), Arc::new(region))).collect();
        let desk = desk::Desk::new(store.engine(), transfer_desk::Transfers);
        let orders = desk::Desk::new(store.engine(), trade::Orders::default());
        let (people_clock, chance) = (Arc::clone(&clock), Arc::new(SystemChance));
        Self {
            store,
            clock,
            people_clock,
            chance,
            regions: Arc::new(regions),
            desk,
            orders,
            guard: GuardRules::default(),
            forecasts: Arc::new(trade::Forecasts::new(Arc::new(trade::SameSlot))),
            wallets: Arc::default(),
            people: Arc::default(),
        }
    }

    /// The same with another source of chance: a seed, for tests.
    #[must_use]
    pub fn with_chance(mut self, chance: Arc<dyn Chance>) -> Self {
        self.chance = chance;
        self
    }

    /// The same, told the time by another clock; what people do at their keys keeps its own.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same with another guard over trading: tests and measurements trade more than people do.
    #[must_use]
    pub fn with_guard(mut self, guard: GuardRules) -> Self {
        self.orders = desk::Desk::new(self.store.engine(), trade::Orders::guarded(guard));
        self.guard = guard;
        self
    }

    /// The same with another forecaster of what clusters will offer and want. It is asked for every price that looks ahead.
    #[must_use]
    pub fn with_forecaster(mut self, forecaster: Arc<dyn trade::Forecaster>) -> Self {
        self.forecasts = Arc::new(trade::Forecasts::new(forecaster));
        self
    }

    /// The same with another clock for what people do at their keys: codes, locks, sessions and tries. A demo lets the energy run ahead,
    /// but its visitors type no faster.
    #[must_use]
    pub fn with_people_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.people_clock = clock;
        self
    }

    /// The same with desks and a memory of their own, as another process over the same database has them.
    #[must_use]
    pub fn with_desks_of_its_own(self) -> Self {
        let (guard, forecasts) = (self.guard, Arc::new(self.forecasts.afresh()));
        let own =
            Self { forecasts, people_clock: self.people_clock, chance: self.chance, regions: self.regions, ..Self::new(self.store, self.clock, []) };
        own.with_guard(guard)
    }

    /// The source of chance.
    pub(crate) fn chance(&self) -> &dyn Chance {
        &*self.chance
    }

    /// The database below.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> quantity::Instant {
        self.clock.now()
    }

    /// The present by the clock of codes, locks and sessions; the same as [`Service::now`] save in a demo.
    #[must_use]
    pub fn people_now(&self) -> quantity::Instant {
        self.people_clock.now()
    }

    /// The region with this code.
    ///
    /// # Errors
    /// [`ServiceError::RegionUnknown`].
    pub fn region(&self, code: &str) -> Result<Arc<Region>, ServiceError> {
        self.regions.get(code).cloned().ok_or_else(|| ServiceError::RegionUnknown {
            code: code.to_owned(),
            choices: self.regions.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    /// The cluster with this code.
    ///
    /// # Errors
    /// [`ServiceError::ClusterUnknown`], or what the store says.
    pub async fn cluster(&self, code: &ClusterCode) -> Result<ClusterRow, ServiceError> {
        let wanted = code.clone();
        let found: Option<ClusterRow> = self
            .store
            .read(move |tx| {
                let wanted = wanted.clone();
                Box::pin(async move { tx.cluster_by_code(&wanted).await })
            })
            .await?;
        found.ok_or_else(|| ServiceError::ClusterUnknown { code: code.to_string() })
    }

    /// Every cluster, by id: for the operator.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn cluster_list(&self, actor: policy::Actor) -> Result<Vec<ClusterRow>, ServiceError> {
        policy::Standing::stranger(actor).require(policy::Action::Operate)?;
        let mut all: Vec<ClusterRow> = Vec::new();
        loop {
            let after = all.last().map(|row| row.id);
            let page: Vec<ClusterRow> = self.store.read(move |tx| Box::pin(async move { tx.cluster_list(after, CLUSTERS_PER_PAGE).await })).await?;
            let is_last = page.len() < CLUSTERS_PER_PAGE as usize;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}
