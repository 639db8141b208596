//! What a cluster must have and may do before it trades with other clusters: the checklist of the law, and what its members voted.
//!
//! Both are kept as canonical JSON, version beside version, each with the version of its form. Not legal advice; source: the sector's rules
//! as collected by the programme (energy facts, section 3) and its market rules, section 4.

use crate::rules::{CONFIG_VERSION, ConfigError, SellerOfRecord};
use crate::stored::{ngwee, price, range, read, version, watt_hours, write};
use quantity::{BusinessDay, Ngwee, PricePerKwh, WattHours, Watts};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Up to this capacity a small member-owned system may be free of a licence; it then says why.
pub const LICENCE_FREE_MAX: Watts = Watts(100_000);
/// Longest text of an item, in characters.
const NOTE_MAX: usize = 200;
/// The largest capacity taken: a GW.
const CAPACITY_MAX: i64 = 1_000_000_000;
/// The most energy of a day taken: a GWh.
const DAY_MAX: i64 = 1_000_000_000;
/// The highest price taken, in ngwee per kWh.
const PRICE_MAX: i64 = 1_000_000;
/// The most money of a day taken: 100 million kwacha.
const SPEND_MAX: i64 = 10_000_000_000;

/// How a cluster is tied to the utility's grid, as the law asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridLink {
    /// Own wires, no grid.
    None,
    /// Behind one connection, nothing is fed in.
    OnePoint,
    /// Behind one connection, surplus is credited.
    NetMetering,
}

impl GridLink {
    /// The word as stored and shown to programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::OnePoint => "one_point",
            Self::NetMetering => "net_metering",
        }
    }

    /// Reads the word back; `None` when it is not on the list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::OnePoint, Self::NetMetering].into_iter().find(|link| link.as_str() == text)
    }
}

/// What the law asks of a cluster that trades with others. What is not known yet is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compliance {
    /// Version of the form: [`CONFIG_VERSION`].
    pub version: i64,
    /// Generating capacity of the cluster, in W.
    pub capacity_w: Option<i64>,
    /// How it is tied to the grid.
    pub grid_link: Option<GridLink>,
    /// Number of the licence.
    pub licence_number: Option<String>,
    /// Last day of the licence.
    #[serde(with = "opt_day")]
    pub licence_expires_on: Option<BusinessDay>,
    /// Why no licence is needed, for a small system.
    pub licence_exemption: Option<String>,
    /// Who sells by law.
    pub seller_of_record: Option<SellerOfRecord>,
    /// Whose wires the energy takes, and by what agreement.
    pub wiring_note: Option<String>,
    /// When the members voted to trade with other clusters.
    #[serde(with = "opt_day")]
    pub voted_on: Option<BusinessDay>,
}

impl Compliance {
    /// An empty checklist.
    #[must_use]
    pub fn new() -> Self {
        Self { version: CONFIG_VERSION, ..Self::default() }
    }

    /// Reads and checks the stored form.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let list: Self = read("compliance", text)?;
        list.check()?;
        Ok(list)
    }

    /// The stored form.
    #[must_use]
    pub fn canonical(&self) -> String {
        write(self)
    }

    /// Checks that each item that is given can be.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        version("compliance", self.version)?;
        if let Some(capacity) = self.capacity_w {
            range("capacity_w", 1, CAPACITY_MAX, capacity)?;
        }
        for (field, text) in
            [("licence_number", &self.licence_number), ("licence_exemption", &self.licence_exemption), ("wiring_note", &self.wiring_note)]
        {
            if let Some(text) = text {
                range(field, 1, NOTE_MAX as i64, text.trim().chars().count() as i64)?;
            }
        }
        Ok(())
    }

    /// What is missing or over on `today`, as codes; nothing when the list is filled.
    #[must_use]
    pub fn missing(&self, today: BusinessDay) -> Vec<&'static str> {
        let mut missing = Vec::new();
        let mut need = |is_there: bool, code| {
            if !is_there {
                missing.push(code);
            }
        };
        need(self.capacity_w.is_some(), "capacity_w");
        need(self.grid_link.is_some(), "grid_link");
        let is_small = self.capacity_w.is_some_and(|capacity| capacity <= LICENCE_FREE_MAX.0);
        if !(is_small && self.licence_exemption.is_some() && self.licence_number.is_none()) {
            need(self.licence_number.is_some(), "licence_number");
            need(self.licence_expires_on.is_some(), "licence_expires_on");
            need(self.licence_expires_on.is_none_or(|last| today <= last), "licence_expired");
        }
        need(self.seller_of_record.is_some(), "seller_of_record");
        need(self.wiring_note.is_some(), "wiring_note");
        need(self.voted_on.is_some_and(|voted| voted <= today), "voted_on");
        missing
    }
}

/// What the officers of a cluster may commit it to, as the members voted: in all deals and offers together, for each day of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetweenLimits {
    /// Version of the form: [`CONFIG_VERSION`].
    pub version: i64,
    /// Most that is sold, Wh in a day.
    #[serde(rename = "sell_max_wh_per_day", with = "watt_hours")]
    pub sell_max: WattHours,
    /// Most that is bought, Wh in a day.
    #[serde(rename = "buy_max_wh_per_day", with = "watt_hours")]
    pub buy_max: WattHours,
    /// Lowest price that is sold at.
    #[serde(with = "price")]
    pub sell_price_min: PricePerKwh,
    /// Highest price that is bought at, the fee of the line included.
    #[serde(with = "price")]
    pub buy_price_max: PricePerKwh,
    /// Most that is spent, ngwee in a day.
    #[serde(rename = "spend_max_ngwee", with = "ngwee")]
    pub spend_max: Ngwee,
}

impl BetweenLimits {
    /// Nothing may be committed: what holds until members have voted.
    pub const NOTHING: Self = Self {
        version: CONFIG_VERSION,
        sell_max: WattHours(0),
        buy_max: WattHours(0),
        sell_price_min: PricePerKwh(0),
        buy_price_max: PricePerKwh(0),
        spend_max: Ngwee(0),
    };

    /// Reads and checks the stored form.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let limits: Self = read("between", text)?;
        limits.check()?;
        Ok(limits)
    }

    /// The stored form.
    #[must_use]
    pub fn canonical(&self) -> String {
        write(self)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        version("between", self.version)?;
        range("sell_max_wh_per_day", 0, DAY_MAX, self.sell_max.0)?;
        range("buy_max_wh_per_day", 0, DAY_MAX, self.buy_max.0)?;
        range("sell_price_min", 0, PRICE_MAX, self.sell_price_min.0)?;
        range("buy_price_max", 0, PRICE_MAX, self.buy_price_max.0)?;
        range("spend_max_ngwee", 0, SPEND_MAX, self.spend_max.0)
    }
}

/// Days as `YYYY-MM-DD`.
mod opt_day {
    use super::{BusinessDay, Deserialize, Deserializer, Serializer};
    use serde::de::Error;

    pub fn serialize<S: Serializer>(day: &Option<BusinessDay>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.collect_str(day),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BusinessDay>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        BusinessDay::parse(&text).map(Some).ok_or_else(|| D::Error::custom("a day is written YYYY-MM-DD"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).expect("a date")
    }

    fn filled() -> Compliance {
        Compliance {
            capacity_w: Some(20_000),
            grid_link: Some(GridLink::OnePoint),
            licence_exemption: Some("below 100 kW".to_owned()),
            seller_of_record: Some(SellerOfRecord::Cooperative),
            wiring_note: Some("own wires".to_owned()),
            voted_on: Some(day("2026-03-01")),
            ..Compliance::new()
        }
    }

    #[test]
    fn the_checklist_says_what_is_missing() {
        let today = day("2026-03-05");
        assert_eq!(
            Compliance::new().missing(today),
            ["capacity_w", "grid_link", "licence_number", "licence_expires_on", "seller_of_record", "wiring_note", "voted_on"]
        );
        let licence = |last: &str| Compliance { licence_number: Some("L-1".to_owned()), licence_expires_on: Some(day(last)), ..filled() };
        for (list, expected) in [
            (filled(), &[][..]),
            (Compliance { capacity_w: Some(100_001), ..filled() }, &["licence_number", "licence_expires_on"]),
            (licence("2026-03-05"), &[]),
            (licence("2026-03-04"), &["licence_expired"]),
            (Compliance { voted_on: Some(day("2026-03-06")), ..filled() }, &["voted_on"]),
        ] {
            assert_eq!(list.missing(today), expected, "{list:?}");
        }
    }

    #[test]
    fn the_stored_forms_read_back_and_odd_ones_do_not() {
        assert_eq!(Compliance::parse(&filled().canonical()), Ok(filled()));
        assert_eq!(BetweenLimits::parse(&BetweenLimits::NOTHING.canonical()), Ok(BetweenLimits::NOTHING));
        for text in ["", "{}", r#"{"version":1,"colour":3}"#, r#"{"version":1,"capacity_w":0}"#, r#"{"version":1,"voted_on":"soon"}"#] {
            assert!(Compliance::parse(text).is_err(), "{text}");
        }
        let wrong = BetweenLimits { buy_price_max: PricePerKwh(-1), ..BetweenLimits::NOTHING };
        assert_eq!(wrong.check().map_err(|error| error.code()), Err("config_range"));
    }
}
