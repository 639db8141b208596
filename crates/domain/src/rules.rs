//! The rules of a cluster that are not about settling: how it decides, and how it trades. Typed, checked, kept as canonical JSON.
//!
//! Both carry the version of their form; a field that this program does not know is refused, so that a rule is never half read.
//! Fractions are written `1/3` and compared by cross-multiplication, never as percentages. Defaults and floors: the governance rules
//! R3, R4, R6, R8 and R9 of the programme, and its market rules 2 and 3. A cluster may tighten a class of proposals, not loosen it.

use crate::people::Admission;
use crate::stored::{ngwee, price, range, read, version, watt_hours, write};
use quantity::{Ngwee, PricePerKwh, Ratio, WattHours};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of the form of both configurations.
pub const CONFIG_VERSION: i64 = 1;
/// The highest price taken, in ngwee per kWh.
const PRICE_MAX: i64 = 1_000_000;
/// The largest order taken: a MWh.
const ORDER_MAX: i64 = 1_000_000;
/// The finest fraction: its products with a number of members fit 63 bits.
const DENOMINATOR_MAX: i64 = 1_000_000;
/// The longest time of a phase of a vote: 90 days.
const HOURS_MAX: i64 = 2_160;

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not the JSON of this configuration.
    #[error("the {part} rules cannot be read: {reason}; send every field of the form, and no other")]
    Form {
        /// `governance` or `trading`.
        part: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// Another version of the form.
    #[error("the {part} rules have version {found} of the form, this program knows {CONFIG_VERSION}")]
    Version {
        /// `governance` or `trading`.
        part: &'static str,
        /// The version given.
        found: i64,
    },
    /// A number outside its range.
    #[error("{field} must be from {min} to {max}, got {found}")]
    Range {
        /// Which number.
        field: &'static str,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The number given.
        found: i64,
    },
    /// A fraction above one, or finer than can be counted.
    #[error("{field} must be a fraction above zero and at most one, with a denominator of at most {DENOMINATOR_MAX}")]
    Fraction {
        /// Which fraction.
        field: &'static str,
    },
    /// A class of proposals that would pass more easily than it must.
    #[error("the class {class} would be easier than the programme allows in its {what}; a cluster may only tighten it")]
    Looser {
        /// The class.
        class: &'static str,
        /// `quorum`, `majority`, `times` or `ballot`.
        what: &'static str,
    },
    /// Limits that exclude each other.
    #[error("{field}: the lower limit is above the upper one")]
    Crossed {
        /// Which limits.
        field: &'static str,
    },
}

impl ConfigError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "config_form",
            Self::Version { .. } => "config_version",
            Self::Range { .. } => "config_range",
            Self::Fraction { .. } => "config_fraction",
            Self::Looser { .. } => "config_looser",
            Self::Crossed { .. } => "config_crossed",
        }
    }
}

/// What must take part for a vote to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Quorum {
    /// So much of all households voted at all.
    Participation(#[serde(with = "fraction")] Ratio),
    /// So much of all households voted yes.
    Approval(#[serde(with = "fraction")] Ratio),
}

/// What must agree for a vote to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Majority {
    /// More yes than no.
    MoreYesThanNo,
    /// So much of the yes and no votes.
    OfCast(#[serde(with = "fraction")] Ratio),
    /// So much of all households.
    OfEligible(#[serde(with = "fraction")] Ratio),
}

/// How a class of proposals is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// What must take part.
    pub quorum: Quorum,
    /// What must agree.
    pub majority: Majority,
    /// Hours between telling members and opening the vote.
    pub notice_hours: i64,
    /// Hours the vote is open.
    pub vote_hours: i64,
    /// Hours between the result and its execution.
    pub wait_hours: i64,
    /// Whether the ballot is secret.
    pub is_secret: bool,
}

/// The classes of proposals, each with its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Meetings, competitions.
    pub ordinary: ClassRule,
    /// Purchases, loan policy, tariff, split of revenue.
    pub money: ClassRule,
    /// By-laws, the sharing rule, the powers of officers.
    pub by_law: ClassRule,
    /// Sale of assets, dissolution, merging.
    pub dissolution: ClassRule,
    /// Expulsion and sanctions.
    pub sanction: ClassRule,
    /// Elections.
    pub election: ClassRule,
    /// A payment in an emergency, up to the cap.
    pub emergency: ClassRule,
}

/// How a cluster takes members and decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernanceConfig {
    /// Version of the form: [`CONFIG_VERSION`].
    pub version: i64,
    /// How households come in.
    #[serde(with = "admission")]
    pub admission: Admission,
    /// Smallest contribution.
    #[serde(with = "ngwee")]
    pub contribution_min: Ngwee,
    /// Largest contribution.
    #[serde(with = "ngwee")]
    pub contribution_max: Ngwee,
    /// How each class of proposals is decided.
    pub classes: Classes,
    /// Most of all households that one holder may stand in for, at least one.
    #[serde(with = "fraction")]
    pub proxy_share: Ratio,
    /// Longest time a proxy is given for.
    pub proxy_days: i64,
    /// Part of the households that may ask for one more vote during the wait.
    #[serde(with = "fraction")]
    pub petition: Ratio,
    /// Days after the wait in which a decision may be carried out.
    pub execution_days: i64,
    /// Fewest households for a secret ballot.
    pub secret_members_min: i64,
    /// People who keep the funds.
    pub keepers: i64,
    /// Of these, how many confirm that money leaves a fund.
    pub keepers_needed: i64,
    /// Above this, money leaves a fund after a passed proposal only.
    #[serde(with = "ngwee")]
    pub payout_vote_above: Ngwee,
    /// Most that an emergency payment may be.
    #[serde(with = "ngwee")]
    pub emergency_cap: Ngwee,
    /// Days an officer is elected for.
    pub officer_term_days: i64,
    /// Terms in a row.
    pub officer_terms: i64,
    /// Days between telling that a contribution is to be withdrawn and its payment.
    pub withdrawal_notice_days: i64,
}

/// How the price of given and offered energy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradePrice {
    /// One price.
    Fixed,
    /// Half-way between what the grid charges and what it pays.
    MidMarket,
    /// By supply and demand.
    SupplyDemandRatio,
}

impl TradePrice {
    /// The name of the rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::MidMarket => "mid_market",
            Self::SupplyDemandRatio => "supply_demand_ratio",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Fixed, Self::MidMarket, Self::SupplyDemandRatio].into_iter().find(|rule| rule.as_str() == text)
    }
}

/// Who sells, in the sense of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SellerOfRecord {
    /// The member whose energy it is.
    Member,
    /// The co-operative for its members.
    Cooperative,
}

/// How a cluster trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradingConfig {
    /// Version of the form: [`CONFIG_VERSION`].
    pub version: i64,
    /// How the price is made.
    pub price_rule: TradePrice,
    /// The price, where it is one; ngwee per kWh.
    #[serde(with = "price")]
    pub fixed_price: PricePerKwh,
    /// Lowest price of an order; ngwee per kWh.
    #[serde(with = "price")]
    pub price_floor: PricePerKwh,
    /// Highest price of an order; ngwee per kWh.
    #[serde(with = "price")]
    pub price_ceiling: PricePerKwh,
    /// For maintenance and replacement, per kWh of the plant used; ngwee per kWh.
    #[serde(with = "price")]
    pub service_charge: PricePerKwh,
    /// Who sells.
    pub seller_of_record: SellerOfRecord,
    /// Whether members trade among themselves.
    pub is_inside_on: bool,
    /// Whether the cluster trades with others.
    pub is_between_on: bool,
    /// Largest order, Wh.
    #[serde(with = "watt_hours")]
    pub order_max: WattHours,
}

const fn part(num: i64, den: i64) -> Ratio {
    match Ratio::new(num, den) {
        Ok(ratio) => ratio,
        Err(_) => Ratio::ONE,
    }
}

const fn class(quorum: Quorum, majority: Majority, hours: (i64, i64, i64), is_secret: bool) -> ClassRule {
    ClassRule { quorum, majority, notice_hours: hours.0, vote_hours: hours.1, wait_hours: hours.2, is_secret }
}

impl Classes {
    /// The programme's classes; the floor of every cluster's. Source: governance rules, R4.
    pub const PROGRAMME: Self = Self {
        ordinary: class(Quorum::Approval(part(1, 4)), Majority::MoreYesThanNo, (0, 48, 0), false),
        money: class(Quorum::Approval(part(1, 3)), Majority::MoreYesThanNo, (24, 72, 24), false),
        by_law: class(Quorum::Participation(part(1, 2)), Majority::OfCast(part(2, 3)), (72, 168, 72), false),
        dissolution: class(Quorum::Participation(part(2, 3)), Majority::OfEligible(part(3, 4)), (168, 336, 168), false),
        sanction: class(Quorum::Participation(part(1, 2)), Majority::OfCast(part(2, 3)), (72, 72, 72), true),
        election: class(Quorum::Participation(part(1, 2)), Majority::MoreYesThanNo, (72, 72, 0), true),
        emergency: class(Quorum::Approval(part(1, 5)), Majority::MoreYesThanNo, (0, 24, 0), false),
    };

    /// Each class with its name.
    #[must_use]
    pub const fn each(&self) -> [(&'static str, &ClassRule); 7] {
        [
            ("ordinary", &self.ordinary),
            ("money", &self.money),
            ("by_law", &self.by_law),
            ("dissolution", &self.dissolution),
            ("sanction", &self.sanction),
            ("election", &self.election),
            ("emergency", &self.emergency),
        ]
    }
}

impl GovernanceConfig {
    /// The rules a new cluster begins with, with the contributions of its region.
    #[must_use]
    pub const fn new(contribution_min: Ngwee, contribution_max: Ngwee) -> Self {
        Self {
            version: CONFIG_VERSION,
            admission: Admission::ByCodeWhileForming,
            contribution_min,
            contribution_max,
            classes: Classes::PROGRAMME,
            proxy_share: part(1, 10),
            proxy_days: 90,
            petition: part(1, 5),
            execution_days: 14,
            secret_members_min: 5,
            keepers: 3,
            keepers_needed: 2,
            payout_vote_above: Ngwee(50_000),
            emergency_cap: Ngwee(50_000),
            officer_term_days: 365,
            officer_terms: 2,
            withdrawal_notice_days: 90,
        }
    }

    /// Reads and checks the stored form.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = read("governance", text)?;
        config.check()?;
        Ok(config)
    }

    /// The stored form: JSON without spaces, fields in their order. The same rules give the same text.
    #[must_use]
    pub fn canonical(&self) -> String {
        write(self)
    }

    /// Checks every number, and every class against the programme's.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        version("governance", self.version)?;
        for (field, min, max, found) in [
            ("contribution_min", 0, i64::MAX / 1_000, self.contribution_min.0),
            ("contribution_max", 0, i64::MAX / 1_000, self.contribution_max.0),
            ("proxy_days", 1, 90, self.proxy_days),
            ("execution_days", 1, 90, self.execution_days),
            ("secret_members_min", 5, 1_000, self.secret_members_min),
            ("keepers", 1, 9, self.keepers),
            ("keepers_needed", 1, self.keepers, self.keepers_needed),
            ("payout_vote_above", 0, i64::MAX / 1_000, self.payout_vote_above.0),
            ("emergency_cap", 0, i64::MAX / 1_000, self.emergency_cap.0),
            ("officer_term_days", 30, 1_461, self.officer_term_days),
            ("officer_terms", 1, 10, self.officer_terms),
            ("withdrawal_notice_days", 0, 365, self.withdrawal_notice_days),
        ] {
            range(field, min, max, found)?;
        }
        if self.contribution_min > self.contribution_max {
            return Err(ConfigError::Crossed { field: "contribution" });
        }
        fraction_of("proxy_share", self.proxy_share)?;
        fraction_of("petition", self.petition)?;
        if !at_least(part(1, 10), self.proxy_share) {
            return Err(ConfigError::Looser { class: "proxy", what: "share" });
        }
        self.classes.each().into_iter().zip(Classes::PROGRAMME.each()).try_for_each(|((name, rule), (_, floor))| rule.check(name, floor))
    }
}

impl ClassRule {
    fn check(&self, class: &'static str, floor: &Self) -> Result<(), ConfigError> {
        let (Quorum::Participation(quorum) | Quorum::Approval(quorum)) = self.quorum;
        fraction_of("quorum", quorum)?;
        if let Majority::OfCast(majority) | Majority::OfEligible(majority) = self.majority {
            fraction_of("majority", majority)?;
        }
        for (field, hours) in [("notice_hours", self.notice_hours), ("vote_hours", self.vote_hours), ("wait_hours", self.wait_hours)] {
            range(field, 0, HOURS_MAX, hours)?;
        }
        let looser = |what| Err(ConfigError::Looser { class, what });
        if !self.quorum.is_as_strict_as(floor.quorum) {
            return looser("quorum");
        }
        if !self.majority.is_as_strict_as(floor.majority) {
            return looser("majority");
        }
        if self.notice_hours < floor.notice_hours || self.vote_hours < floor.vote_hours || self.wait_hours < floor.wait_hours {
            return looser("times");
        }
        if self.is_secret != floor.is_secret { looser("ballot") } else { Ok(()) }
    }
}

impl Quorum {
    /// Whether whatever this lets through, `other` lets through too: yes votes are votes, so an approval is at least as strict as the
    /// same participation.
    #[must_use]
    pub fn is_as_strict_as(self, other: Self) -> bool {
        match (self, other) {
            (Self::Approval(mine), Self::Approval(theirs) | Self::Participation(theirs))
            | (Self::Participation(mine), Self::Participation(theirs)) => at_least(mine, theirs),
            (Self::Participation(_), Self::Approval(_)) => false,
        }
    }
}

impl Majority {
    /// Whether whatever this lets through, `other` lets through too.
    #[must_use]
    pub fn is_as_strict_as(self, other: Self) -> bool {
        let is_over_half = |part: Ratio| !at_least(HALF, part);
        match (self, other) {
            (Self::MoreYesThanNo, Self::MoreYesThanNo) => true,
            (Self::MoreYesThanNo, _) | (Self::OfCast(_), Self::OfEligible(_)) => false,
            (Self::OfCast(mine) | Self::OfEligible(mine), Self::MoreYesThanNo) => is_over_half(mine),
            // So many yes among all households are at least so many among those who voted.
            (Self::OfCast(mine) | Self::OfEligible(mine), Self::OfCast(theirs)) | (Self::OfEligible(mine), Self::OfEligible(theirs)) => {
                at_least(mine, theirs)
            }
        }
    }
}

const HALF: Ratio = part(1, 2);

/// Whether `a` is at least `b`, by cross-multiplication.
fn at_least(a: Ratio, b: Ratio) -> bool {
    i128::from(a.num()) * i128::from(b.den()) >= i128::from(b.num()) * i128::from(a.den())
}

impl TradingConfig {
    /// Rules with this price rule and these prices; orders up to 100 kWh between zero and the price ceiling, no trade with other clusters.
    #[must_use]
    pub const fn new(price_rule: TradePrice, fixed_price: PricePerKwh, service_charge: PricePerKwh) -> Self {
        Self {
            version: CONFIG_VERSION,
            price_rule,
            fixed_price,
            price_floor: PricePerKwh(0),
            price_ceiling: PricePerKwh(1_000),
            service_charge,
            seller_of_record: SellerOfRecord::Cooperative,
            is_inside_on: true,
            is_between_on: false,
            order_max: WattHours(100_000),
        }
    }

    /// Reads and checks the stored form.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = read("trading", text)?;
        config.check()?;
        Ok(config)
    }

    /// The stored form: JSON without spaces, fields in their order. The same rules give the same text.
    #[must_use]
    pub fn canonical(&self) -> String {
        write(self)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        version("trading", self.version)?;
        for (field, found) in [
            ("fixed_price", self.fixed_price.0),
            ("price_floor", self.price_floor.0),
            ("price_ceiling", self.price_ceiling.0),
            ("service_charge", self.service_charge.0),
        ] {
            range(field, 0, PRICE_MAX, found)?;
        }
        range("order_max", 1, ORDER_MAX, self.order_max.0)?;
        if self.price_floor > self.price_ceiling {
            return Err(ConfigError::Crossed { field: "price" });
        }
        if self.price_rule == TradePrice::Fixed {
            range("fixed_price", self.price_floor.0, self.price_ceiling.0, self.fixed_price.0)?;
        }
        Ok(())
    }
}

fn fraction_of(field: &'static str, ratio: Ratio) -> Result<(), ConfigError> {
    if ratio.num() > 0 && ratio.is_at_most_one() && ratio.den() <= DENOMINATOR_MAX { Ok(()) } else { Err(ConfigError::Fraction { field }) }
}

/// Fractions as `1/3`.
mod fraction {
    use super::{Deserialize, Deserializer, Ratio, Serializer};
    use serde::de::Error;

    pub fn serialize<S: Serializer>(ratio: &Ratio, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}/{}", ratio.num(), ratio.den()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ratio, D::Error> {
        let text = String::deserialize(from)?;
        let parts = text.split_once('/').and_then(|(num, den)| Some((num.parse().ok()?, den.parse().ok()?)));
        let ratio = parts.and_then(|(num, den)| Ratio::new(num, den).ok());
        ratio.ok_or_else(|| D::Error::custom(format!("{:?} is not a fraction like 1/3", text.chars().take(40).collect::<String>())))
    }
}

/// The word of the admission rule.
mod admission {
    use super::{Admission, Deserialize, Deserializer, Serializer};
    use serde::de::Error;

    pub fn serialize<S: Serializer>(rule: &Admission, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(rule.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Admission, D::Error> {
        Admission::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn governance() -> GovernanceConfig {
        GovernanceConfig::new(Ngwee(200_000), Ngwee(500_000))
    }

    fn trading() -> TradingConfig {
        TradingConfig::new(TradePrice::Fixed, PricePerKwh(120), PricePerKwh(20))
    }

    #[test]
    fn the_stored_form_reads_back_and_is_golden() {
        assert_eq!(GovernanceConfig::parse(&governance().canonical()), Ok(governance()));
        assert_eq!(TradingConfig::parse(&trading().canonical()), Ok(trading()));
        assert_eq!(
            trading().canonical(),
            r#"{"version":1,"price_rule":"fixed","fixed_price":120,"price_floor":0,"price_ceiling":1000,"service_charge":20,"seller_of_record":"cooperative","is_inside_on":true,"is_between_on":false,"order_max":100000}"#
        );
        assert!(governance().canonical().starts_with(
            r#"{"version":1,"admission":"by_code_while_forming","contribution_min":200000,"contribution_max":500000,"classes":{"ordinary":{"quorum":{"approval":"1/4"},"majority":"more_yes_than_no","notice_hours":0,"vote_hours":48,"wait_hours":0,"is_secret":false},"#
        ));
    }

    #[test]
    fn what_is_unknown_or_missing_is_refused() {
        let text = trading().canonical();
        for (wrong, code) in [
            (text.replace("\"version\":1", "\"version\":2"), "config_version"),
            (text.replace("\"version\":1", "\"version\":1,\"colour\":3"), "config_form"),
            (text.replace("\"version\":1,", ""), "config_form"),
            (text.replace("120", "1.5"), "config_form"),
            (text.replace("120", "-1"), "config_range"),
            (text.replace("\"price_floor\":0", "\"price_floor\":1001"), "config_crossed"),
            (text.replace("\"fixed_price\":120", "\"fixed_price\":1001"), "config_range"),
            (text.replace("\"fixed\"", "\"auction\""), "config_form"),
            (String::new(), "config_form"),
        ] {
            assert_eq!(TradingConfig::parse(&wrong).expect_err("refused").code(), code, "{wrong}");
        }
        let wrong = governance().canonical().replace("\"1/10\"", "\"0/10\"");
        assert_eq!(GovernanceConfig::parse(&wrong).expect_err("refused").code(), "config_fraction");
        let wrong = governance().canonical().replace("\"1/10\"", "\"a/10\"");
        assert_eq!(GovernanceConfig::parse(&wrong).expect_err("refused").code(), "config_form");
    }

    #[test]
    fn a_class_may_be_tightened_and_not_loosened() {
        let with = |change: fn(&mut GovernanceConfig)| {
            let mut config = governance();
            change(&mut config);
            config.check().map_err(|error| error.code())
        };
        assert_eq!(with(|config| config.classes.money.quorum = Quorum::Approval(part(1, 2))), Ok(()));
        assert_eq!(with(|config| config.classes.by_law.quorum = Quorum::Approval(part(1, 2))), Ok(()));
        assert_eq!(with(|config| config.classes.by_law.majority = Majority::OfEligible(part(2, 3))), Ok(()));
        assert_eq!(with(|config| config.classes.money.quorum = Quorum::Approval(part(33, 100))), Err("config_looser"));
        assert_eq!(with(|config| config.classes.money.quorum = Quorum::Participation(part(1, 1))), Err("config_looser"));
        assert_eq!(with(|config| config.classes.ordinary.majority = Majority::OfCast(part(1, 2))), Err("config_looser"));
        assert_eq!(with(|config| config.classes.dissolution.majority = Majority::OfCast(part(1, 1))), Err("config_looser"));
        assert_eq!(with(|config| config.classes.money.wait_hours = 23), Err("config_looser"));
        assert_eq!(with(|config| config.classes.election.is_secret = false), Err("config_looser"));
        assert_eq!(with(|config| config.proxy_share = part(1, 9)), Err("config_looser"));
        assert_eq!(with(|config| config.keepers_needed = 4), Err("config_range"));
        assert_eq!(with(|config| config.contribution_min = Ngwee(600_000)), Err("config_crossed"));
    }

    proptest! {
        /// "At least as strict" means what it says: no result passes the stricter majority and fails the other.
        #[test]
        fn a_stricter_majority_lets_nothing_more_through(
            a in (1i64..=12, 1i64..=12), b in (1i64..=12, 1i64..=12), kinds in (0u8..3, 0u8..3),
            yes in 0i64..30, no in 0i64..30, silent in 0i64..30,
        ) {
            let of = |kind: u8, (num, den): (i64, i64)| match kind {
                0 => Majority::MoreYesThanNo,
                1 => Majority::OfCast(part(num.min(den), den)),
                _ => Majority::OfEligible(part(num.min(den), den)),
            };
            let passes = |rule: Majority| match rule {
                Majority::MoreYesThanNo => yes > no,
                Majority::OfCast(part) => yes + no > 0 && yes * part.den() >= (yes + no) * part.num(),
                Majority::OfEligible(part) => yes * part.den() >= (yes + no + silent) * part.num(),
            };
            let (mine, theirs) = (of(kinds.0, a), of(kinds.1, b));
            if yes + no > 0 && mine.is_as_strict_as(theirs) && passes(mine) {
                prop_assert!(passes(theirs), "{mine:?} passed, {theirs:?} did not");
            }
        }
    }
}
