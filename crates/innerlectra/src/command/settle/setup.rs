//! From options to rules: everything that can be refused before a reading is looked at.

use super::args::{BandsOf, FillingName, KeyName, PriceName, SettleArgs, Switch};
use crate::exit::Failure;
use crate::output::Warning;
use domain::{OutageCalendar, Region, RegionError};
use metering::sites::{self, Site};
use metering::weights::{self, Weight};
use quantity::{BusinessDay, Instant, PricePerKwh, Ratio, UtcOffset, WattHours, Watts};
use settlement::{BandBasis, Battery, Filling, Grid, Mix, PriceRule, PriceSource, RuleSet, SharingKey, check_price};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// When the grid is off.
pub struct Outages {
    /// The region whose calendar it is.
    pub region: String,
    /// Hours a day.
    pub hours: i64,
    calendar: OutageCalendar,
    offset: UtcOffset,
}

/// Everything known before the readings.
pub struct Plan {
    /// The rules, with the outage cap still open.
    rule: RuleSet,
    /// Where prices come from.
    pub prices: PriceSource,
    /// Whether there is a grid outside outages.
    pub grid: Grid,
    /// The outage calendar.
    pub outages: Option<Outages>,
    /// The sites, by the file.
    pub sites: Option<Vec<Site>>,
    /// The weights, by the file.
    pub weights: Option<Vec<Weight>>,
    /// Most power of one meter.
    pub meter_limit: Watts,
}

impl Plan {
    /// Reads the options and the small files they name.
    ///
    /// # Errors
    /// [`Failure`] for the first thing that cannot be.
    pub fn new(args: &SettleArgs) -> Result<Self, Failure> {
        let tariff = args.tariff.as_deref().map(region).transpose()?;
        let prices = match &tariff {
            Some(region) => PriceSource::Region(Arc::clone(region)),
            None => flat_prices(args)?,
        };
        let rule = rule(args)?;
        // Weights come later: here any will do.
        rule.check(&[1]).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
        let meter_limit = thousandths(&args.meter_limit_kw).filter(|&limit| limit > 0).ok_or_else(|| {
            Failure::bad_input("meter_limit_invalid", format!("--meter-limit-kw {:?} is not a number of kW above zero", args.meter_limit_kw))
        })?;
        let weights = args.weights.as_deref().map(read_weights).transpose()?;
        if rule.sharing_key.needs_weights() && weights.is_none() {
            let key = rule.sharing_key.as_str();
            return Err(Failure::bad_input("weights_missing", format!("the sharing key {key} needs the weights of the members")));
        }
        let grid = if args.grid == Switch::On { Grid::Available } else { Grid::Outage };
        let outages = args.outages.map(|hours| outages(args, hours, tariff)).transpose()?;
        let sites = args.sites.as_deref().map(read_sites).transpose()?;
        Ok(Self { rule, prices, grid, outages, sites, weights, meter_limit: Watts(meter_limit) })
    }

    /// The rules for readings that begin on `first_day`: where there is no grid to compare with, a given kWh costs at most what the grid
    /// would ask, which under a tariff is its last band.
    ///
    /// # Errors
    /// [`Failure`] when the tariff has no price for the day.
    pub fn rule_from(&self, first_day: BusinessDay) -> Result<RuleSet, Failure> {
        let outage_cap = match &self.prices {
            PriceSource::Flat { import, .. } => *import,
            PriceSource::Region(region) => {
                let tariff = region.tariff_on(first_day).map_err(|error| of_region(&error))?;
                tariff.bands.last().map_or(PricePerKwh::ZERO, |band| band.price)
            }
        };
        Ok(RuleSet { outage_cap, ..self.rule.clone() })
    }

    /// Whether the grid supplies in the interval that starts at `start`.
    pub fn grid_at(&self, start: Instant) -> Grid {
        let is_out = self.outages.as_ref().is_some_and(|outages| outages.calendar.is_out(start, outages.offset));
        if is_out { Grid::Outage } else { self.grid }
    }

    /// What the options say that may surprise, for readings that begin on `first_day`.
    pub fn warnings(&self, args: &SettleArgs, first_day: BusinessDay) -> Vec<Warning> {
        let mut warnings = Vec::new();
        match &self.prices {
            PriceSource::Flat { import, export } if export > import => warnings.push(Warning::new(
                "export_above_import",
                format!("an exported kWh earns {}, a bought one costs {} ngwee: nothing is given, for no price suits both sides", export.0, import.0),
                "check that the two prices are not exchanged; with these, selling everything is better for each",
            )),
            PriceSource::Flat { .. } => {}
            PriceSource::Region(region) => {
                if args.import_price.is_some() || args.export_price.is_some() {
                    let message = format!("the tariff of {} takes the place of --import-price and --export-price", region.code);
                    warnings.push(Warning::new("prices_replaced", message, "leave the two prices out, or the tariff"));
                }
                warnings.extend(band_warning(region, first_day));
            }
        }
        let uses_weights = self.rule.sharing_key.needs_weights() || matches!(self.rule.sharing_key, SharingKey::Hybrid(_));
        if self.weights.is_some() && !uses_weights {
            let message = format!("the sharing key {} takes no weights: the file is not used", self.rule.sharing_key.as_str());
            warnings.push(Warning::new("weights_unused", message, "choose --sharing-key static to split by these weights"));
        }
        warnings
    }
}

fn band_warning(region: &Region, day: BusinessDay) -> Option<Warning> {
    let export = region.export_price_on(day);
    let bands = &region.tariff_on(day).ok()?.bands;
    let dearest_below = bands.iter().map(|band| band.price).filter(|&price| price < export).max()?;
    let message = format!(
        "an exported kWh earns {} ngwee, more than a bought one costs in bands of up to {}: nothing is given to members in those bands",
        export.0, dearest_below.0
    );
    Some(Warning::new("export_above_band", message, "compare with --bands connection, or with --outages, to see when sharing pays"))
}

fn rule(args: &SettleArgs) -> Result<RuleSet, Failure> {
    Ok(RuleSet {
        can_island: args.can_island == Switch::On,
        sharing_key: match args.sharing_key {
            KeyName::Equal => SharingKey::Equal,
            KeyName::Ownership => SharingKey::Ownership,
            KeyName::ContributionTiers => SharingKey::ContributionTiers,
            KeyName::Consumption => SharingKey::Consumption,
            KeyName::Static => SharingKey::Static,
            KeyName::Hybrid => SharingKey::Hybrid(Mix::half()),
        },
        price_rule: match args.price_rule {
            PriceName::Fixed => PriceRule::Fixed(PricePerKwh(args.fixed_price)),
            PriceName::MidMarket => PriceRule::MidMarket,
            PriceName::SupplyDemandRatio => PriceRule::SupplyDemandRatio,
        },
        service_charge: PricePerKwh(args.service_charge),
        filling: match args.filling {
            FillingName::Equal => Filling::Equal,
            FillingName::ByNeed => Filling::ByNeed,
        },
        band_basis: match args.bands {
            BandsOf::Home => BandBasis::EachHome,
            BandsOf::Connection => BandBasis::Connection,
        },
        battery: battery(args)?,
        ..RuleSet::new(args.connection)
    })
}

fn flat_prices(args: &SettleArgs) -> Result<PriceSource, Failure> {
    let price = |what: &'static str, given: Option<i64>| {
        let ngwee = given.ok_or_else(|| Failure::bad_input("price_missing", format!("there is no {what}")))?;
        check_price(what, PricePerKwh(ngwee)).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
        Ok(PricePerKwh(ngwee))
    };
    Ok(PriceSource::Flat { import: price("import price", args.import_price)?, export: price("export price", args.export_price)? })
}

fn battery(args: &SettleArgs) -> Result<Option<Battery>, Failure> {
    let (kwh, kw) = match (&args.battery_kwh, &args.battery_kw) {
        (None, None) => return Ok(None),
        (Some(kwh), Some(kw)) => (kwh, kw),
        (Some(_), None) => return Err(Failure::bad_input("battery_incomplete", "the battery has a capacity and no power")),
        (None, Some(_)) => return Err(Failure::bad_input("battery_incomplete", "the battery has a power and no capacity")),
    };
    let size = |option: &str, text: &str| {
        let wrong = || {
            Failure::bad_input("battery_invalid", format!("{option} {text:?} is not a number above zero with at most three digits after the point"))
        };
        thousandths(text).filter(|&size| size > 0).ok_or_else(wrong)
    };
    let (capacity, power) = (size("--battery-kwh", kwh)?, size("--battery-kw", kw)?);
    for (option, percent, least) in [("--reserve-percent", args.reserve_percent, 0), ("--efficiency-percent", args.efficiency_percent, 1)] {
        if !(least..=100).contains(&percent) {
            return Err(Failure::bad_input("battery_invalid", format!("{option} {percent} is not from {least} to 100")));
        }
    }
    let part = |percent| Ratio::new(percent, 100).unwrap_or(Ratio::ONE);
    let reserve = part(args.reserve_percent).of_floor(capacity).unwrap_or(0);
    let efficiency = part(args.efficiency_percent);
    Ok(Some(Battery { efficiency, reserve: WattHours(reserve), ..Battery::new(WattHours(capacity), Watts(power)) }))
}

/// A decimal number times a thousand, exactly; `None` when it is none or has more than three digits after the point that count.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = !whole.is_empty() && whole.len() <= 9 && fraction.len() <= 3 && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    is_number.then(|| format!("{whole}{fraction:0<3}").parse().ok()).flatten()
}

fn outages(args: &SettleArgs, hours: i64, tariff: Option<Arc<Region>>) -> Result<Outages, Failure> {
    let region = match (&args.region, tariff) {
        (Some(name), _) => region(name)?,
        (None, Some(tariff)) => tariff,
        (None, None) => return Err(Failure::bad_input("outage_region_missing", "--outages needs a region, for the calendar is the region's")),
    };
    let calendar = region.outage_calendar(hours, args.outage_group.as_deref()).map_err(|error| of_region(&error))?;
    Ok(Outages { region: region.code.clone(), hours, calendar, offset: region.offset })
}

/// A shipped region by its code, or a region file by its path.
fn region(name: &str) -> Result<Arc<Region>, Failure> {
    if let Some(region) = Region::shipped(name).map_err(|error| of_region(&error))? {
        return Ok(Arc::new(region));
    }
    let path = Path::new(name);
    let codes = || Region::shipped_codes().collect::<Vec<_>>().join(", ");
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::bad_input("region_unknown", format!("{name:?} is neither a region nor a file"))
                .with_next(format!("use one of {}, or the path of a region file", codes())));
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return Err(Failure::bad_input("region_syntax", format!("{name}: the region file is not UTF-8 text")));
        }
        Err(error) => return Err(Failure::file(path, &error)),
    };
    Region::parse(&text).map(Arc::new).map_err(|error| Failure::bad_input(error.code(), format!("{name}: {error}")))
}

fn of_region(error: &RegionError) -> Failure {
    Failure::bad_input(error.code(), error.to_string())
}

fn read_sites(path: &Path) -> Result<Vec<Site>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    sites::parse(file).map_err(|error| Failure::sites(path, &error))
}

fn read_weights(path: &Path) -> Result<Vec<Weight>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    weights::parse(file).map_err(|error| Failure::weights(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, value) in [
            ("10", Some(10_000)),
            ("0.5", Some(500)),
            ("2.125", Some(2_125)),
            ("2.1250", Some(2_125)),
            ("0.1", Some(100)),
            ("0.0005", None),
            ("-1", None),
            ("1e3", None),
            (".5", None),
            ("", None),
            ("1,5", None),
            ("9999999999", None),
        ] {
            assert_eq!(thousandths(text), value, "{text}");
        }
    }
}
