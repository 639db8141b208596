//! The shipped Zambian clusters: modelled readings, and the rules, equipment and contributions the demo gives them.

use crate::exit::Failure;
use domain::{AssetKind, ClusterCode, ClusterId, ClusterKind, Connection, Region};
use metering::sites;
use quantity::{BusinessDay, Instant, Interval, Ngwee, PricePerKwh, Step, UtcOffset, WattHours, Watts};
use service::{AssetCreate, ClusterCreate, MemberCreate};
use settlement::{Battery, PriceRule, RuleSet, SharingKey};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Read;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};

const SITES: &[u8] = include_bytes!("../../../../../data/zambia/sites.csv");

/// Names for the modelled homes: given and family names that are common in Zambia, no particular person's.
const NAMES: [&str; 60] = [
    "Bupe",
    "Chanda",
    "Mutale",
    "Mwansa",
    "Banda",
    "Phiri",
    "Lweendo",
    "Natasha",
    "Tembo",
    "Zulu",
    "Mulenga",
    "Kunda",
    "Chileshe",
    "Kapembwa",
    "Musonda",
    "Mwila",
    "Bwalya",
    "Nkandu",
    "Sakala",
    "Daka",
    "Mbewe",
    "Lungu",
    "Nyirenda",
    "Njovu",
    "Moonga",
    "Hamoonga",
    "Mweemba",
    "Choolwe",
    "Mutinta",
    "Hachipuka",
    "Siame",
    "Sinkala",
    "Simwanza",
    "Nakamba",
    "Namukolo",
    "Inonge",
    "Mubita",
    "Mwangala",
    "Nasilele",
    "Kabwe",
    "Kaluba",
    "Kasonde",
    "Katongo",
    "Kalaba",
    "Chibwe",
    "Chola",
    "Musenge",
    "Mumba",
    "Mpundu",
    "Malama",
    "Kangwa",
    "Kapasa",
    "Lupiya",
    "Ngosa",
    "Nsofwa",
    "Pule",
    "Susu",
    "Tafuna",
    "Yamba",
    "Zimba",
];

/// Days of readings that are shipped.
pub const DAYS: i32 = 42;

/// What is particular to one of the clusters.
pub struct Shipped {
    /// Its code, as in the reading files.
    pub code: &'static str,
    /// Its readings, gzip, oldest first for each meter.
    readings: &'static [u8],
    name: &'static str,
    kind: ClusterKind,
    place: &'static str,
    /// Code of its region.
    pub region: &'static str,
    connection: Connection,
    price_rule: PriceRule,
    outage_cap: i64,
    battery: Option<(i64, i64)>,
    top_up_kwacha: i64,
    assets: &'static [(AssetKind, &'static str, i64, i64)],
    outage_hours: i64,
}

/// The three clusters.
pub const CLUSTERS: [Shipped; 3] = [
    Shipped {
        code: "KAB",
        readings: include_bytes!("../../../../../data/zambia/kab_15min.csv.gz"),
        name: "Kabwe Student Homes",
        kind: ClusterKind::Micro,
        place: "Kabwe",
        region: "kabwe",
        connection: Connection::OnePoint,
        price_rule: PriceRule::MidMarket,
        outage_cap: 250,
        battery: Some((20, 5)),
        top_up_kwacha: 120,
        assets: &[(AssetKind::SolarPanel, "Shared array, 10 kWp", 34_000, 25), (AssetKind::Battery, "Battery, 20 kWh", 28_000, 10)],
        outage_hours: 12,
    },
    Shipped {
        code: "LUS",
        readings: include_bytes!("../../../../../data/zambia/lus_15min.csv.gz"),
        name: "Lusaka Neighbours",
        kind: ClusterKind::Neighborhood,
        place: "Lusaka",
        region: "lusaka",
        connection: Connection::OnePoint,
        price_rule: PriceRule::MidMarket,
        outage_cap: 345,
        battery: Some((60, 20)),
        top_up_kwacha: 900,
        assets: &[
            (AssetKind::Battery, "Battery, 30 kWh, first", 45_000, 10),
            (AssetKind::Battery, "Battery, 30 kWh, second", 45_000, 10),
            (AssetKind::Inverter, "Inverter, 20 kW", 32_000, 8),
        ],
        outage_hours: 12,
    },
    Shipped {
        code: "VIL",
        readings: include_bytes!("../../../../../data/zambia/vil_15min.csv.gz"),
        name: "Mkushi Village Grid",
        kind: ClusterKind::Neighborhood,
        place: "Mkushi district",
        region: "rural",
        connection: Connection::OffGrid,
        price_rule: PriceRule::Fixed(PricePerKwh(120)),
        outage_cap: 300,
        battery: Some((40, 8)),
        top_up_kwacha: 30,
        assets: &[
            (AssetKind::MiniGrid, "Mini-grid, 10 kWp", 44_000, 20),
            (AssetKind::Inverter, "Inverter, 8 kW", 24_000, 8),
            (AssetKind::Battery, "Battery, 40 kWh", 40_000, 10),
        ],
        outage_hours: 0,
    },
];

/// First day of the readings.
pub fn first_day() -> BusinessDay {
    BusinessDay::from_ymd(2025, 9, 15).unwrap_or_default()
}

/// Days after the shipped ones for which the calendar of outages is known: a demo that runs on for a week of real time lives them.
const FURTHER_DAYS: i32 = 92;

/// The day after the last.
fn end_day() -> BusinessDay {
    first_day().plus_days(DAYS)
}

/// The shipped day whose readings a later day repeats: the same day of the week, of the last week before `end`.
fn repeated(day: BusinessDay, end: BusinessDay) -> BusinessDay {
    let week = (end.0 - first_day().0).clamp(1, 7);
    end.plus_days((day.0 - end.0).rem_euclid(week) - week)
}

const fn kilo(n: i64) -> i64 {
    n * 1_000
}

impl Shipped {
    /// Whether there is no utility, and so no bill to compare with.
    pub fn is_off_grid(&self) -> bool {
        self.connection == Connection::OffGrid
    }

    /// Its readings before a day: all of them as they are shipped, or the rows in question.
    ///
    /// # Errors
    /// [`Failure`] when shipped data is wrong, which a test excludes.
    pub fn readings_until(&self, day: BusinessDay) -> Result<Cow<'static, [u8]>, Failure> {
        if day >= end_day() {
            return Ok(Cow::Borrowed(self.readings));
        }
        let text = self.text()?;
        // Files give local time with a fixed offset, so that dates compare as text.
        let until = day.to_string();
        let is_kept = |(at, line): &(usize, &str)| *at == 0 || line.split(',').nth(1).is_some_and(|start| start < until.as_str());
        let kept: Vec<&str> = text.split_inclusive('\n').enumerate().filter(is_kept).map(|(_, line)| line).collect();
        Ok(Cow::Owned(kept.concat().into_bytes()))
    }

    /// Readings for a day after the last: the ones of the same day in the last week before `end`, with the later date.
    ///
    /// # Errors
    /// [`Failure`] when shipped data is wrong, which a test excludes.
    pub fn readings_again(&self, day: BusinessDay, end: BusinessDay) -> Result<Vec<u8>, Failure> {
        let text = self.text()?;
        let (from, to) = (format!(",{}T", repeated(day, end)), format!(",{day}T"));
        let rows = text.split_inclusive('\n').skip(1).filter(|line| line.contains(&from)).map(|line| line.replacen(&from, &to, 1));
        let head = text.split_inclusive('\n').next().unwrap_or_default().to_owned();
        Ok(std::iter::once(head).chain(rows).collect::<String>().into_bytes())
    }

    fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(self.readings)
            .read_to_string(&mut text)
            .map_err(|error| Failure::bad_input("demo_data_wrong", error.to_string()))?;
        Ok(text)
    }

    /// Everything to found the cluster with.
    ///
    /// # Errors
    /// [`Failure`] when shipped data is wrong, which a test excludes.
    pub fn create(&self, region: &Region) -> Result<ClusterCreate, Failure> {
        let wrong = |error: String| Failure::bad_input("demo_data_wrong", error);
        let row = self.row().map_err(&wrong)?;
        let all = sites::parse(SITES).map_err(|error| wrong(error.to_string()))?;
        let (plant, homes): (Vec<_>, Vec<_>) =
            all.into_iter().filter(|site| site.meter_id.starts_with(self.code)).partition(|site| site.kind == "shared_pv");
        let secret = Sha256::digest(format!("demo {}", self.code)).into();
        Ok(ClusterCreate {
            cluster: ClusterNew { row, secret },
            rule: self.rule(),
            members: homes.iter().enumerate().map(|(at, site)| self.member(at, site)).collect(),
            meter_limit: Watts(kilo(100)),
            plant_meters: plant.into_iter().map(|site| site.meter_id).collect(),
            assets: self.assets(),
            outages: self.outages(region).map_err(|error| wrong(error.to_string()))?,
        })
    }

    fn row(&self) -> Result<ClusterRow, String> {
        let opened = first_day();
        let number = self.code.bytes().fold(0, |number, byte| number * 256 + u64::from(byte));
        Ok(ClusterRow {
            id: ClusterId::generate(opened.start(UtcOffset::LUSAKA), number),
            code: ClusterCode::parse(self.code).map_err(|error| error.to_string())?,
            name: self.name.to_owned(),
            kind: self.kind,
            place: self.place.to_owned(),
            region: self.region.to_owned(),
            step: Step::Min15,
            offset: UtcOffset::LUSAKA,
            grace_minutes: 5,
            correction_days: 45,
            carbon_method: if self.connection == Connection::OffGrid { "diesel" } else { "grid_average" }.to_owned(),
            is_modelled: true,
            opened_on: opened,
        })
    }

    fn rule(&self) -> RuleRow {
        let battery = self.battery.map(|(kwh, kw)| Battery::new(WattHours(kilo(kwh)), Watts(kilo(kw))));
        let rule = RuleSet {
            sharing_key: SharingKey::ContributionTiers,
            price_rule: self.price_rule,
            service_charge: PricePerKwh(20),
            outage_cap: PricePerKwh(self.outage_cap),
            battery,
            ..RuleSet::new(self.connection)
        };
        RuleRow { rule, from_day: first_day(), prices: RulePrices::Region }
    }

    /// A home, numbered in its cluster; contributions of K2,000 to K5,000 go round in steps of K500, and a tier is a thousand kwacha.
    fn member(&self, at: usize, site: &sites::Site) -> MemberCreate {
        let kwacha = 2_000 + 500 * (at as i64 * 3 % 7);
        let alias = match site.kind.as_str() {
            "village_shop" => format!("Shop {}", at + 1),
            "village_clinic" => "Clinic".to_owned(),
            "village_school" => "School".to_owned(),
            "village_mill" => "Hammer mill".to_owned(),
            _ => NAMES[(at * 7 + self.code.len()) % NAMES.len()].to_owned(),
        };
        MemberCreate {
            alias,
            kind: site.kind.clone(),
            weight: kwacha.unsigned_abs() / 1_000,
            contribution: Ngwee(kwacha * 100),
            top_up: Ngwee(self.top_up_kwacha * 100),
            meters: vec![site.meter_id.clone()],
        }
    }

    fn assets(&self) -> Vec<AssetCreate> {
        let asset = |&(kind, name, kwacha, life_years): &(AssetKind, &str, i64, i64)| AssetCreate {
            kind,
            name: name.to_owned(),
            cost: Ngwee(kwacha * 100),
            life_years,
        };
        self.assets.iter().map(asset).collect()
    }

    /// The outage calendar as intervals over the shipped days and some after them.
    fn outages(&self, region: &Region) -> Result<Vec<Interval>, domain::RegionError> {
        if self.outage_hours == 0 {
            return Ok(Vec::new());
        }
        let calendar = region.outage_calendar(self.outage_hours, None)?;
        let (step, end) = (Step::Min15, end_day().plus_days(FURTHER_DAYS).start(UtcOffset::LUSAKA));
        let (mut outages, mut open): (Vec<Interval>, Option<Instant>) = (Vec::new(), None);
        let mut at = first_day().start(UtcOffset::LUSAKA);
        while at <= end {
            let is_out = at < end && calendar.is_out(at, UtcOffset::LUSAKA);
            match (is_out, open) {
                (true, None) => open = Some(at),
                (false, Some(from)) => {
                    outages.extend(Interval::new(from, at));
                    open = None;
                }
                _ => {}
            }
            at = at.plus_ms(step.ms());
        }
        Ok(outages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_day_repeats_the_last_week_by_days_of_the_week() {
        let end = end_day();
        assert_eq!(repeated(end, end), end.plus_days(-7));
        assert_eq!(repeated(end.plus_days(13), end), end.previous());
        assert_eq!(repeated(first_day().plus_days(2), first_day().plus_days(2)), first_day(), "after two days, the two days again");
        for shipped in &CLUSTERS {
            let again = String::from_utf8(shipped.readings_again(end, end).unwrap_or_default()).unwrap_or_default();
            let rows = || again.lines().skip(1);
            assert!(rows().count() >= 96 && rows().count() % 96 == 0, "{} rows of {}", rows().count(), shipped.code);
            assert!(rows().all(|row| row.contains(",2025-10-27T")), "all of the day asked for");
        }
    }
}
