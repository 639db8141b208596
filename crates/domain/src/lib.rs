//! The vocabulary of Innerlectra: ids, clusters, meters, regions and the clock.
//!
//! Everything here is a value or parses into one at the edge, so that the crates above never see an id of the wrong kind, a tariff
//! with a gap or a place that does not exist. What this crate does not do: input, output, money rules.

#![deny(clippy::float_arithmetic)]

mod between;
mod chance;
mod clock;
mod cluster;
mod ids;
mod language;
mod msisdn;
mod people;
mod place;
mod region;
mod rules;
mod shipped;
mod stored;

pub use between::{BetweenLimits, Compliance, GridLink, LICENCE_FREE_MAX};
pub use chance::{Chance, NoChance, SeededChance, SystemChance};
pub use clock::{Clock, ShiftedClock, SimulatedClock, SystemClock};
pub use cluster::{AssetKind, ClusterKind, Connection, MeterRole, UnknownWord};
pub use ids::{
    AccountNo, AlertNo, AssetNo, AuctionNo, ClusterCode, ClusterId, DealNo, IdError, MemberNo, MeterNo, MoveNo, NoticeNo, OfferNo, OrderNo, PayoutNo,
    ReceiptNo, RuleNo, SessionNo, StandingNo, TradeNo, TransferNo, UserId,
};
pub use language::Language;
pub use msisdn::{Msisdn, MsisdnError};
pub use people::{Admission, MemberState, Operator, Role};
pub use place::{Country, GeoPoint, PlaceError, SizeRule};
pub use region::{
    Band, CarbonFactor, CarbonMethod, Confidence, ContributionRule, DatedPrice, Defaults, GridKind, OutageCalendar, OutageGroup, Region, RegionError,
    TariffPeriod, dearest,
};
pub use rules::{CONFIG_VERSION, ClassRule, Classes, ConfigError, GovernanceConfig, Majority, Quorum, SellerOfRecord, TradePrice, TradingConfig};
