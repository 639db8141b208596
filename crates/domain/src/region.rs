//! A region profile: dated tariffs, export credits, carbon factors, outage scenarios and default rules, each with its source.
//!
//! Regions are data (`regions/*.toml`); a new country is a new file. Everything that law or a regulator can change is read from there.

use crate::cluster::UnknownWord;
use crate::place::Country;
use quantity::{BusinessDay, Instant, Ngwee, PricePerKwh, UtcOffset, WattHours};
use serde::Deserialize;
use std::sync::Arc;

/// Why a region file is refused, or why it has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The file is not the TOML this program reads.
    #[error("region file is not readable: {reason}")]
    Syntax {
        /// What the parser said.
        reason: String,
    },
    /// A date that is not one.
    #[error("region {region}: {text:?} is not a date; write YYYY-MM-DD")]
    Date {
        /// Code of the region.
        region: String,
        /// The text given.
        text: String,
    },
    /// A tariff table leaves days without a price, or has none at all.
    #[error("region {region}: the {table} table has no price for {day}; add a dated entry that covers it")]
    Gap {
        /// Code of the region.
        region: String,
        /// `tariff` or `export`.
        table: &'static str,
        /// First day without a price.
        day: BusinessDay,
    },
    /// Two tariffs claim the same day.
    #[error("region {region}: two {table} entries cover {day}; end the first where the second begins")]
    Overlap {
        /// Code of the region.
        region: String,
        /// `tariff` or `export`.
        table: &'static str,
        /// First day with two prices.
        day: BusinessDay,
    },
    /// Bands out of order, negative, or without an open last one.
    #[error("region {region}: the bands from {from} must rise in kWh, have prices of zero or more, and the last must have no limit")]
    Bands {
        /// Code of the region.
        region: String,
        /// First day of the tariff.
        from: BusinessDay,
    },
    /// An outage block that is not `HH:MM-HH:MM`.
    #[error("region {region}: outage block {text:?} is not HH:MM-HH:MM in quarter hours")]
    Block {
        /// Code of the region.
        region: String,
        /// The text given.
        text: String,
    },
    /// No such outage scenario.
    #[error("region {region} has no outage scenario of {hours} hours a day, group {group}; it has: {choices}")]
    Scenario {
        /// Code of the region.
        region: String,
        /// Hours asked for.
        hours: i64,
        /// Group asked for.
        group: String,
        /// What there is.
        choices: String,
    },
    /// No carbon factor for the method.
    #[error("region {region} has no carbon factor {method} for {year} or before")]
    Carbon {
        /// Code of the region.
        region: String,
        /// Method asked for.
        method: &'static str,
        /// Year asked for.
        year: i32,
    },
    /// A word that is not on its list.
    #[error("region {region}: {source}")]
    Word {
        /// Code of the region.
        region: String,
        /// The word.
        source: UnknownWord,
    },
    /// No file of the country.
    #[error("region {region}: there is no country {country}")]
    Country {
        /// Code of the region.
        region: String,
        /// The country it says it is in.
        country: String,
    },
    /// A number that cannot be.
    #[error("region {region}: {what} is out of range")]
    Range {
        /// Code of the region.
        region: String,
        /// Which number.
        what: &'static str,
    },
}

impl RegionError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "region_syntax",
            Self::Date { .. } => "region_date",
            Self::Gap { .. } => "tariff_gap",
            Self::Overlap { .. } => "tariff_overlap",
            Self::Bands { .. } => "tariff_bands",
            Self::Block { .. } => "outage_block",
            Self::Scenario { .. } => "outage_scenario_unknown",
            Self::Carbon { .. } => "carbon_factor_missing",
            Self::Word { .. } => "word_unknown",
            Self::Country { .. } => "country_unknown",
            Self::Range { .. } => "region_range",
        }
    }
}

/// How sure we are of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Primary source, or two that agree.
    High,
    /// One secondary source, or a computation described.
    Medium,
    /// General knowledge or an assumption.
    Low,
}

/// Whether a utility grid is there at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridKind {
    /// The national utility's grid.
    Zesco,
    /// None.
    None,
}

/// One band of a monthly tariff: energy up to a limit at a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Wh of the month up to which this price holds; `None` in the last band.
    pub up_to: Option<WattHours>,
    /// Price inside the band.
    pub price: PricePerKwh,
}

/// A tariff and the days it holds: `[from, until)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffPeriod {
    /// What the utility calls it.
    pub name: String,
    /// First day.
    pub from: BusinessDay,
    /// First day after, or `None` while it holds.
    pub until: Option<BusinessDay>,
    /// Rising bands, each home's own, restarting each calendar month.
    pub bands: Vec<Band>,
    /// Where it was read.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
    /// What was assumed.
    pub note: String,
}

impl TariffPeriod {
    /// The price of the dearest band: what a further kWh costs at most. Zero without bands.
    #[must_use]
    pub fn dearest(&self) -> PricePerKwh {
        dearest(self.bands.iter().map(|band| band.price))
    }
}

/// The highest of the prices of bands; zero without any.
#[must_use]
pub fn dearest(prices: impl IntoIterator<Item = PricePerKwh>) -> PricePerKwh {
    prices.into_iter().max().unwrap_or(PricePerKwh::ZERO)
}

/// A dated price with its source: `[from, until)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedPrice {
    /// First day.
    pub from: BusinessDay,
    /// First day after, or `None`.
    pub until: Option<BusinessDay>,
    /// The price.
    pub price: PricePerKwh,
    /// Where it was read.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

/// What a household may put into the equipment of its cluster, from a day on: `[from, until)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributionRule {
    /// First day.
    pub from: BusinessDay,
    /// First day after, or `None`.
    pub until: Option<BusinessDay>,
    /// Smallest.
    pub least: Ngwee,
    /// Largest.
    pub most: Ngwee,
    /// Where it was read.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

/// How avoided carbon is counted; never two methods for one kWh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarbonMethod {
    /// The grid's average of the year: the cautious default.
    GridAverage,
    /// Harmonised combined margin for solar and wind.
    CombinedMargin,
    /// A diesel generator in its place.
    Diesel,
}

impl CarbonMethod {
    /// The name shown beside every figure.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GridAverage => "grid_average",
            Self::CombinedMargin => "combined_margin",
            Self::Diesel => "diesel",
        }
    }
}

/// What one kWh from the sun avoids, by one method and for one year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarbonFactor {
    /// The method.
    pub method: CarbonMethod,
    /// The year it is for.
    pub year: i32,
    /// Grams of CO2 equivalent for each kWh.
    pub grams_per_kwh: i64,
    /// Where it was read.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
    /// What else is known, or empty.
    #[serde(default)]
    pub note: String,
}

/// The hours without supply in each day: blocks in minutes of the local day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutageCalendar {
    blocks: Vec<(i64, i64)>,
}

impl OutageCalendar {
    /// Whether the grid is off at `at`.
    #[must_use]
    pub fn is_out(&self, at: Instant, offset: UtcOffset) -> bool {
        let minute = at.plus_ms(offset.ms()).0.div_euclid(60_000).rem_euclid(1440);
        self.blocks.iter().any(|&(start, end)| if start < end { start <= minute && minute < end } else { minute >= start || minute < end })
    }

    fn parse(region: &str, blocks: &[String]) -> Result<Self, RegionError> {
        let bad = |text: &str| RegionError::Block { region: region.to_owned(), text: text.to_owned() };
        let minute = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
            let valid = (0..=24).contains(&hour) && (0..60).contains(&minute) && minute % 15 == 0;
            valid.then(|| (hour * 60 + minute) % 1440)
        };
        let block = |text: &String| {
            let (start, end) = text.split_once('-').ok_or_else(|| bad(text))?;
            Ok((minute(start).ok_or_else(|| bad(text))?, minute(end).ok_or_else(|| bad(text))?))
        };
        Ok(Self { blocks: blocks.iter().map(block).collect::<Result<_, _>>()? })
    }
}

/// One group of an outage scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutageGroup {
    /// Hours off a day.
    pub hours: i64,
    /// Name of the group of homes that is off together.
    pub name: String,
    /// When it is off.
    pub calendar: OutageCalendar,
}

/// The rules a new cluster begins with; a vote changes them later.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Name of the price rule.
    pub price_rule: String,
    /// Name of the sharing key.
    pub sharing_key: String,
    /// The fixed inside price.
    pub fixed_price_ngwee: i64,
    /// Service charge per kWh of the plant used.
    pub service_charge_ngwee: i64,
    /// Smallest contribution.
    pub contribution_min_kwacha: i64,
    /// Largest contribution.
    pub contribution_max_kwacha: i64,
    /// Minutes after its end before an interval is settled.
    pub grace_minutes: i64,
    /// Days after posting in which a correction is taken without a vote.
    pub correction_days: i64,
}

/// A region: place, tariffs, factors, outages and defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Short code, as the file is named.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// The country it is in.
    pub country: Arc<Country>,
    /// IANA time zone name.
    pub timezone: String,
    /// Distance from UTC, all year.
    pub offset: UtcOffset,
    /// The grid there.
    pub grid: GridKind,
    /// The bidding zone: whose clusters trade with each other. Several regions may share one; without a word a region is one of its own.
    pub zone: String,
    /// Languages, first is the default.
    pub languages: Vec<String>,
    /// Import tariffs, in order, without gaps.
    pub tariffs: Vec<TariffPeriod>,
    /// Export credits, in order.
    pub exports: Vec<DatedPrice>,
    /// What households may put in, in order.
    pub contributions: Vec<ContributionRule>,
    /// Outage scenarios by hours and group.
    pub outages: Vec<OutageGroup>,
    /// Default rules.
    pub defaults: Defaults,
    /// Planning lives in years by asset kind.
    pub lives: Vec<(String, i64)>,
    carbon: Vec<CarbonFactor>,
}

impl Region {
    /// Reads and checks a region file.
    ///
    /// # Errors
    /// [`RegionError`] says what is wrong and where; a gap between two tariffs is `tariff_gap`.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let file: File = toml::from_str(text).map_err(|error| RegionError::Syntax { reason: error.to_string().trim().to_owned() })?;
        file.check()
    }

    /// The tariff that holds on `day`.
    ///
    /// # Errors
    /// [`RegionError::Gap`] when none does.
    pub fn tariff_on(&self, day: BusinessDay) -> Result<&TariffPeriod, RegionError> {
        let holds = |tariff: &&TariffPeriod| tariff.from <= day && tariff.until.is_none_or(|until| day < until);
        self.tariffs.iter().find(holds).ok_or_else(|| RegionError::Gap { region: self.code.clone(), table: "tariff", day })
    }

    /// What the utility credits for an exported kWh on `day`: nothing where no entry covers the day.
    #[must_use]
    pub fn export_price_on(&self, day: BusinessDay) -> PricePerKwh {
        let holds = |entry: &&DatedPrice| entry.from <= day && entry.until.is_none_or(|until| day < until);
        self.exports.iter().find(holds).map_or(PricePerKwh::ZERO, |entry| entry.price)
    }

    /// The smallest and the largest contribution on `day`: the defaults' where no entry covers the day.
    #[must_use]
    pub fn contribution_on(&self, day: BusinessDay) -> (Ngwee, Ngwee) {
        let holds = |rule: &&ContributionRule| rule.from <= day && rule.until.is_none_or(|until| day < until);
        let usual = || {
            let ngwee = |kwacha: i64| Ngwee(kwacha.saturating_mul(100));
            (ngwee(self.defaults.contribution_min_kwacha), ngwee(self.defaults.contribution_max_kwacha))
        };
        self.contributions.iter().find(holds).map_or_else(usual, |rule| (rule.least, rule.most))
    }

    /// Grams of CO2e per kWh by `method` for the year of `day`, or of the nearest year before.
    ///
    /// # Errors
    /// [`RegionError::Carbon`] when the method has no factor up to that year.
    pub fn carbon_factor(&self, method: CarbonMethod, day: BusinessDay) -> Result<i64, RegionError> {
        self.carbon(method, day).map(|factor| factor.grams_per_kwh)
    }

    /// As [`Region::carbon_factor`], with year and source.
    ///
    /// # Errors
    /// As [`Region::carbon_factor`].
    pub fn carbon(&self, method: CarbonMethod, day: BusinessDay) -> Result<&CarbonFactor, RegionError> {
        let (year, _, _) = day.ymd();
        let fitting = self.carbon.iter().filter(|factor| factor.method == method && factor.year <= year);
        let latest = fitting.max_by_key(|factor| factor.year);
        latest.ok_or_else(|| RegionError::Carbon { region: self.code.clone(), method: method.as_str(), year })
    }

    /// The outage calendar of a scenario of `hours` a day for `group` (the first group when `None`).
    ///
    /// # Errors
    /// [`RegionError::Scenario`] when the file has none such.
    pub fn outage_calendar(&self, hours: i64, group: Option<&str>) -> Result<OutageCalendar, RegionError> {
        let fits = |entry: &&OutageGroup| entry.hours == hours && group.is_none_or(|group| entry.name == group);
        self.outages.iter().find(fits).map(|entry| entry.calendar.clone()).ok_or_else(|| RegionError::Scenario {
            region: self.code.clone(),
            hours,
            group: group.unwrap_or("any").to_owned(),
            choices: self.outages.iter().map(|entry| format!("{} h {}", entry.hours, entry.name)).collect::<Vec<_>>().join(", "),
        })
    }

    /// The planning life of an asset kind in years.
    #[must_use]
    pub fn life_years(&self, asset: &str) -> Option<i64> {
        self.lives.iter().find(|(name, _)| name == asset).map(|&(_, years)| years)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: String,
    name: String,
    country: String,
    timezone: String,
    utc_offset_minutes: i64,
    #[serde(rename = "latitude")]
    _latitude: String,
    #[serde(rename = "longitude")]
    _longitude: String,
    zone: Option<String>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default, rename = "operators")]
    _operators: Vec<String>,
    grid: GridKind,
    #[serde(default)]
    tariff: Vec<FileTariff>,
    #[serde(default)]
    export: Vec<FileExport>,
    #[serde(default)]
    contribution: Vec<FileContribution>,
    #[serde(default)]
    carbon: Vec<CarbonFactor>,
    #[serde(default)]
    outage: Vec<FileOutage>,
    defaults: Defaults,
    #[serde(default)]
    replacement: Vec<FileReplacement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTariff {
    name: String,
    from: String,
    until: Option<String>,
    source: String,
    confidence: Confidence,
    #[serde(default)]
    note: String,
    bands: Vec<FileBand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBand {
    up_to_kwh: Option<i64>,
    ngwee_per_kwh: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileExport {
    from: String,
    until: Option<String>,
    ngwee_per_kwh: i64,
    source: String,
    confidence: Confidence,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileContribution {
    from: String,
    until: Option<String>,
    min_kwacha: i64,
    max_kwacha: i64,
    source: String,
    confidence: Confidence,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOutage {
    hours: i64,
    groups: Vec<FileGroup>,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGroup {
    name: String,
    blocks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileReplacement {
    asset: String,
    life_years: i64,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
    #[serde(default, rename = "note")]
    _note: String,
}

impl File {
    fn check(self) -> Result<Region, RegionError> {
        let code = self.code.clone();
        let range = |what| RegionError::Range { region: code.clone(), what };
        let no_country = || RegionError::Country { region: code.clone(), country: self.country.clone() };
        let country = Country::shipped().ok().filter(|country| country.code == self.country).ok_or_else(no_country)?;
        let tariffs = self.tariff.into_iter().map(|tariff| tariff.check(&code)).collect::<Result<Vec<_>, _>>()?;
        in_order(&code, "tariff", true, tariffs.iter().map(|t| (t.from, t.until)))?;
        let exports = self.export.into_iter().map(|export| export.check(&code)).collect::<Result<Vec<_>, _>>()?;
        in_order(&code, "export", false, exports.iter().map(|e| (e.from, e.until)))?;
        let contributions = self.contribution.into_iter().map(|rule| rule.check(&code)).collect::<Result<Vec<_>, _>>()?;
        in_order(&code, "contribution", false, contributions.iter().map(|rule| (rule.from, rule.until)))?;
        let mut outages = Vec::new();
        for scenario in self.outage {
            if !(0..=24).contains(&scenario.hours) {
                return Err(range("outage hours"));
            }
            for group in scenario.groups {
                outages.push(OutageGroup { hours: scenario.hours, name: group.name, calendar: OutageCalendar::parse(&code, &group.blocks)? });
            }
        }
        if self.zone.as_ref().is_some_and(|zone| zone.trim().is_empty()) {
            return Err(range("zone"));
        }
        if self.carbon.iter().any(|factor| factor.grams_per_kwh < 0) {
            return Err(range("grams_per_kwh"));
        }
        Ok(Region {
            country: Arc::new(country),
            zone: self.zone.unwrap_or_else(|| code.clone()),
            offset: UtcOffset::new(self.utc_offset_minutes).map_err(|_| range("utc_offset_minutes"))?,
            lives: self.replacement.into_iter().map(|entry| (entry.asset, entry.life_years)).collect(),
            carbon: self.carbon,
            code,
            name: self.name,
            timezone: self.timezone,
            grid: self.grid,
            languages: self.languages,
            tariffs,
            exports,
            contributions,
            outages,
            defaults: self.defaults,
        })
    }
}

fn date(region: &str, text: &str) -> Result<BusinessDay, RegionError> {
    BusinessDay::parse(text).ok_or_else(|| RegionError::Date { region: region.to_owned(), text: text.to_owned() })
}

impl FileTariff {
    fn check(self, region: &str) -> Result<TariffPeriod, RegionError> {
        let from = date(region, &self.from)?;
        let until = self.until.as_deref().map(|text| date(region, text)).transpose()?;
        let wrong = || RegionError::Bands { region: region.to_owned(), from };
        let mut bands = Vec::new();
        let mut below = 0;
        for (at, band) in self.bands.iter().enumerate() {
            let is_last = at + 1 == self.bands.len();
            if band.ngwee_per_kwh < 0 || band.up_to_kwh.is_none() != is_last || band.up_to_kwh.is_some_and(|limit| limit <= below) {
                return Err(wrong());
            }
            below = band.up_to_kwh.unwrap_or(below);
            let up_to = band.up_to_kwh.map(|kwh| kwh.checked_mul(1000).map(WattHours).ok_or_else(wrong)).transpose()?;
            bands.push(Band { up_to, price: PricePerKwh(band.ngwee_per_kwh) });
        }
        if bands.is_empty() {
            return Err(wrong());
        }
        Ok(TariffPeriod { name: self.name, from, until, bands, source: self.source, confidence: self.confidence, note: self.note })
    }
}

impl FileExport {
    fn check(self, region: &str) -> Result<DatedPrice, RegionError> {
        if self.ngwee_per_kwh < 0 {
            return Err(RegionError::Range { region: region.to_owned(), what: "export price" });
        }
        Ok(DatedPrice {
            from: date(region, &self.from)?,
            until: self.until.as_deref().map(|text| date(region, text)).transpose()?,
            price: PricePerKwh(self.ngwee_per_kwh),
            source: self.source,
            confidence: self.confidence,
        })
    }
}

impl FileContribution {
    fn check(self, region: &str) -> Result<ContributionRule, RegionError> {
        let ngwee = |kwacha: i64| kwacha.checked_mul(100).filter(|ngwee| *ngwee >= 0).map(Ngwee);
        let (Some(least), Some(most)) = (ngwee(self.min_kwacha), ngwee(self.max_kwacha)) else {
            return Err(RegionError::Range { region: region.to_owned(), what: "contribution" });
        };
        if least > most {
            return Err(RegionError::Range { region: region.to_owned(), what: "contribution" });
        }
        Ok(ContributionRule {
            from: date(region, &self.from)?,
            until: self.until.as_deref().map(|text| date(region, text)).transpose()?,
            least,
            most,
            source: self.source,
            confidence: self.confidence,
        })
    }
}

/// Each entry must begin where the one before ends; with `complete`, no gap between two is taken either.
fn in_order(
    region: &str,
    table: &'static str,
    complete: bool,
    periods: impl Iterator<Item = (BusinessDay, Option<BusinessDay>)>,
) -> Result<(), RegionError> {
    let mut before: Option<Option<BusinessDay>> = None;
    for (from, until) in periods {
        if let Some(last) = before {
            match last {
                Some(end) if end == from => {}
                Some(end) if end < from && !complete => {}
                Some(end) if end < from => return Err(RegionError::Gap { region: region.to_owned(), table, day: end }),
                _ => return Err(RegionError::Overlap { region: region.to_owned(), table, day: from }),
            }
        }
        if until.is_some_and(|until| until <= from) {
            return Err(RegionError::Overlap { region: region.to_owned(), table, day: from });
        }
        before = Some(until);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(tariffs: &str) -> String {
        format!(
            r#"code = "test"
name = "Test"
country = "ZM"
timezone = "Africa/Lusaka"
utc_offset_minutes = 120
latitude = "-14.4"
longitude = "28.4"
grid = "zesco"
{tariffs}
[[export]]
from = "2024-08-01"
ngwee_per_kwh = 159
source = "s"
confidence = "medium"
[[carbon]]
method = "grid_average"
year = 2023
grams_per_kwh = 117
source = "s"
confidence = "high"
[[outage]]
hours = 8
source = "s"
confidence = "high"
groups = [ {{ name = "A", blocks = ["06:00-10:00", "22:00-02:00"] }} ]
[defaults]
price_rule = "mid_market"
sharing_key = "equal"
fixed_price_ngwee = 120
service_charge_ngwee = 20
contribution_min_kwacha = 2000
contribution_max_kwacha = 5000
grace_minutes = 30
correction_days = 45
"#
        )
    }

    fn tariff(from: &str, until: &str) -> String {
        let until = if until.is_empty() { String::new() } else { format!("until = \"{until}\"\n") };
        format!(
            "[[tariff]]\nname = \"t\"\nfrom = \"{from}\"\n{until}source = \"s\"\nconfidence = \"low\"\nbands = [ {{ up_to_kwh = 100, ngwee_per_kwh = 40 }}, {{ ngwee_per_kwh = 200 }} ]\n"
        )
    }

    #[test]
    fn a_region_is_a_zone_of_its_own_unless_it_names_one() {
        assert_eq!(Region::parse(&sample("")).expect("reads").zone, "test");
        let with = |zone: &str| Region::parse(&sample("").replace("grid = ", &format!("zone = \"{zone}\"\ngrid = ")));
        assert_eq!(with("central").expect("reads").zone, "central");
        assert_eq!(with(" ").expect_err("refused").code(), "region_range");
    }

    #[test]
    fn looks_up_by_date() {
        let region = Region::parse(&sample(&(tariff("2020-01-01", "2024-01-01") + &tariff("2024-01-01", "")))).expect("a region");
        let day = |text| BusinessDay::parse(text).expect("a date");
        assert_eq!(region.tariff_on(day("2024-01-01")).expect("covered").from, day("2024-01-01"));
        assert_eq!(region.tariff_on(day("2019-12-31")).expect_err("before").code(), "tariff_gap");
        assert_eq!(region.export_price_on(day("2024-07-31")), PricePerKwh(0));
        assert_eq!(region.export_price_on(day("2025-07-31")), PricePerKwh(159));
        assert_eq!(region.carbon_factor(CarbonMethod::GridAverage, day("2025-07-31")), Ok(117));
        assert!(region.carbon_factor(CarbonMethod::Diesel, day("2025-07-31")).is_err());
        let calendar = region.outage_calendar(8, None).expect("a scenario");
        let at = |hour: i64| calendar.is_out(Instant(hour * 3_600_000), UtcOffset::UTC);
        assert_eq!([5, 6, 9, 10, 22, 1, 2].map(at), [false, true, true, false, true, true, false]);
        assert_eq!(region.outage_calendar(9, None).expect_err("none").code(), "outage_scenario_unknown");
    }

    #[test]
    fn contributions_are_dated_and_have_a_default() {
        let entry = |from: &str, until: &str, most: i64| {
            let until = if until.is_empty() { String::new() } else { format!("until = \"{until}\"\n") };
            format!("[[contribution]]\nfrom = \"{from}\"\n{until}min_kwacha = 2000\nmax_kwacha = {most}\nsource = \"s\"\nconfidence = \"high\"\n")
        };
        let region = |entries: String| Region::parse(&sample(&(tariff("2020-01-01", "") + &entries)));
        let dated = region(entry("2025-01-01", "2026-01-01", 4_000) + &entry("2026-01-01", "", 6_000)).expect("a region");
        let most = |text| dated.contribution_on(BusinessDay::parse(text).expect("a date")).1;
        assert_eq!(["2024-12-31", "2025-12-31", "2026-01-01"].map(most), [Ngwee(500_000), Ngwee(400_000), Ngwee(600_000)]);
        assert_eq!(region(entry("2025-01-01", "", 1_999)).expect_err("refused").code(), "region_range");
        assert_eq!(region(entry("2025-01-01", "", 3_000) + &entry("2026-01-01", "", 3_000)).expect_err("refused").code(), "tariff_overlap");
    }

    #[test]
    fn refuses_tables_that_cannot_be() {
        for (tariffs, code) in [
            (tariff("2020-01-01", "2023-12-01") + &tariff("2024-01-01", ""), "tariff_gap"),
            (tariff("2020-01-01", "2024-02-01") + &tariff("2024-01-01", ""), "tariff_overlap"),
            (tariff("2020-01-01", "") + &tariff("2024-01-01", ""), "tariff_overlap"),
            (tariff("2020-02-30", ""), "region_date"),
            (tariff("2020-01-01", "").replace("up_to_kwh = 100, ", ""), "tariff_bands"),
            (tariff("2020-01-01", "").replace("{ ngwee_per_kwh = 200 }", "{ up_to_kwh = 50, ngwee_per_kwh = 2 }"), "tariff_bands"),
            ("bands = [".to_owned(), "region_syntax"),
        ] {
            assert_eq!(Region::parse(&sample(&tariffs)).expect_err("refused").code(), code, "{tariffs}");
        }
    }
}
