//! Everything a use case can refuse or fail with, each with a stable code.

use domain::{IdError, RegionError};
use ledger::Refusal;
use metering::csv::FileError;
use quantity::BusinessDay;
use settlement::seal::SealError;
use settlement::{RuleError, RunError, StoredError};
use store::StoreError;

/// Why a use case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No cluster has the code.
    #[error("there is no cluster {code}; `innerlectra clusters` lists them")]
    ClusterUnknown {
        /// The code asked for.
        code: String,
    },
    /// The code is taken.
    #[error("the cluster code {code} is taken; choose another")]
    ClusterCodeTaken {
        /// The code.
        code: String,
    },
    /// No region has the code.
    #[error("there is no region {code}; there are: {choices}")]
    RegionUnknown {
        /// The code asked for.
        code: String,
        /// What there is.
        choices: String,
    },
    /// A cluster has no rules for a day.
    #[error("the cluster has no rules that hold on {day}; add a rule set that begins on or before it")]
    NoRules {
        /// The day.
        day: BusinessDay,
    },
    /// A new cluster contradicts itself.
    #[error("the new cluster cannot be: {reason}")]
    ClusterInvalid {
        /// What is wrong.
        reason: String,
    },
    /// The day's posting was refused.
    #[error("posting the day {day} was refused: {refusal}; nothing was booked")]
    PostingRefused {
        /// The day.
        day: BusinessDay,
        /// Why.
        refusal: Refusal,
    },
    /// The settled day does not balance: a bug, stopped before any money moved.
    #[error("the settled day {day} does not balance; nothing was sealed or booked")]
    DayUnbalanced {
        /// The day.
        day: BusinessDay,
    },
    /// A law did not hold: a bug, stopped before anything was sealed.
    #[error("a law of sharing did not hold on {day}; nothing was sealed or booked")]
    LawBroken {
        /// The day.
        day: BusinessDay,
    },
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] crate::policy::Denied),
    /// What has to do with people: numbers, PINs, codes, sessions.
    #[error(transparent)]
    Account(#[from] crate::account::AccountError),
    /// Founding, joining, moving, owning or changing rules is refused.
    #[error(transparent)]
    Cluster(#[from] crate::cluster::ClusterError),
    /// Something about trading is refused.
    #[error(transparent)]
    Trade(#[from] crate::trade::TradeError),
    /// Something with energy credits is refused.
    #[error(transparent)]
    Credit(#[from] crate::trade::CreditError),
    /// A price alert cannot be set or is not there.
    #[error(transparent)]
    Alerts(#[from] crate::alerts::AlertsError),
    /// Something about trade between clusters is refused.
    #[error(transparent)]
    Between(#[from] crate::between::BetweenError),
    /// No random numbers.
    #[error(transparent)]
    NoChance(#[from] domain::NoChance),
    /// A member that the cluster does not have.
    #[error("the cluster has no member {number}")]
    MemberUnknown {
        /// The number asked for.
        number: i64,
    },
    /// More payments than one request may hold.
    #[error("a request holds at most {most} payments, got {count}: send them in several requests")]
    PaymentsTooMany {
        /// How many came.
        count: usize,
        /// How many may come.
        most: usize,
    },
    /// More readings than are given at once.
    #[error("readings are given for at most {days} days at once: ask for a shorter time")]
    SpanTooLong {
        /// Most days.
        days: i32,
    },
    /// No sealed interval begins there.
    #[error("no sealed interval begins at {start}: ask for the start of one that is settled")]
    IntervalUnknown {
        /// The start asked for.
        start: quantity::Instant,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of readings.
    #[error(transparent)]
    File(#[from] FileError),
    /// A stored block of readings.
    #[error(transparent)]
    Block(#[from] metering::block::BlockError),
    /// The settlement.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The rules.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The region.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// Carbon that cannot be counted.
    #[error(transparent)]
    Carbon(#[from] settlement::carbon::CarbonError),
    /// A sealed record.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Stored sums.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// An id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Refused rows could not be written down.
    #[error("the file of refused rows cannot be written: {0}")]
    RefusedFile(std::io::Error),
}

impl ServiceError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ClusterUnknown { .. } => "cluster_unknown",
            Self::ClusterCodeTaken { .. } => "cluster_code_taken",
            Self::RegionUnknown { .. } => "region_unknown",
            Self::NoRules { .. } => "rules_missing",
            Self::ClusterInvalid { .. } => "cluster_invalid",
            Self::PostingRefused { .. } => "posting_refused",
            Self::DayUnbalanced { .. } => "day_unbalanced",
            Self::LawBroken { .. } => "law_broken",
            Self::MemberUnknown { .. } => "member_unknown",
            Self::Trade(error) => error.code(),
            Self::Alerts(error) => error.code(),
            Self::Between(error) => error.code(),
            Self::SpanTooLong { .. } => "span_too_long",
            Self::IntervalUnknown { .. } => "interval_unknown",
            Self::Denied(error) => error.code(),
            Self::Account(error) => error.code(),
            Self::Cluster(error) => error.code(),
            Self::Credit(error) => error.code(),
            Self::NoChance(error) => error.code(),
            Self::PaymentsTooMany { .. } => "payments_too_many",
            Self::Store(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Block(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Rule(error) => error.code(),
            Self::Region(error) => error.code(),
            Self::Carbon(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Stored(error) => error.code(),
            Self::Id(error) => error.code(),
            Self::RefusedFile(_) => "refused_file_unwritable",
        }
    }
}
