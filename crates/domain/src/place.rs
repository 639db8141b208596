//! Where a cluster is, and what holds in its whole country: the border and the sizes of clusters.

use crate::cluster::{ClusterKind, UnknownWord};
use serde::Deserialize;
use std::fmt;

/// Why a place or a country file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not a latitude and a longitude.
    #[error("{text:?} is not a place: write degrees as -14.4469 with at most six decimals")]
    Form {
        /// The text given.
        text: String,
    },
    /// Degrees that do not exist.
    #[error("latitude is from -90 to 90 and longitude from -180 to 180")]
    Range,
    /// Not in the country.
    #[error("{place} is not in {country}")]
    Outside {
        /// The place given.
        place: GeoPoint,
        /// Name of the country.
        country: String,
    },
    /// The file is not the TOML this program reads.
    #[error("country file is not readable: {reason}")]
    Syntax {
        /// What is wrong.
        reason: String,
    },
}

impl PlaceError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "place_form",
            Self::Range => "place_range",
            Self::Outside { .. } => "place_outside",
            Self::Syntax { .. } => "country_syntax",
        }
    }
}

const MICRO: i64 = 1_000_000;

/// A place on earth in millionths of a degree (about 11 cm): WGS 84 latitude and longitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeoPoint {
    latitude: i64,
    longitude: i64,
}

impl GeoPoint {
    /// The place at these millionths of a degree.
    ///
    /// # Errors
    /// [`PlaceError::Range`].
    pub const fn new(latitude_micro: i64, longitude_micro: i64) -> Result<Self, PlaceError> {
        if latitude_micro < -90 * MICRO || latitude_micro > 90 * MICRO || longitude_micro < -180 * MICRO || longitude_micro > 180 * MICRO {
            return Err(PlaceError::Range);
        }
        Ok(Self { latitude: latitude_micro, longitude: longitude_micro })
    }

    /// Reads two texts in decimal degrees: `-14.4469`, `28.4464`.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn parse(latitude: &str, longitude: &str) -> Result<Self, PlaceError> {
        Self::new(degrees(latitude)?, degrees(longitude)?)
    }

    /// Latitude in millionths of a degree, north positive.
    #[must_use]
    pub const fn latitude_micro(self) -> i64 {
        self.latitude
    }

    /// Longitude in millionths of a degree, east positive.
    #[must_use]
    pub const fn longitude_micro(self) -> i64 {
        self.longitude
    }
}

impl fmt::Display for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |micro: i64| {
            let sign = if micro < 0 { "-" } else { "" };
            format!("{sign}{}.{:06}", micro.abs() / MICRO, micro.abs() % MICRO)
        };
        write!(f, "{},{}", part(self.latitude), part(self.longitude))
    }
}

fn degrees(text: &str) -> Result<i64, PlaceError> {
    let bad = || PlaceError::Form { text: text.chars().take(40).collect() };
    let plain = text.trim();
    let (sign, plain) = plain.strip_prefix('-').map_or((1, plain), |rest| (-1, rest));
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 6 || !is_digits(whole) || !is_digits(part) {
        return Err(bad());
    }
    let number: i64 = format!("{whole}{part:0<6}").parse().map_err(|_| bad())?;
    Ok(sign * number)
}

/// How many members make a cluster of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRule {
    /// The kind.
    pub kind: ClusterKind,
    /// Fewest members; below, it is forming.
    pub members_min: i64,
    /// Most members.
    pub members_max: i64,
}

/// What holds in a whole country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Two-letter code.
    pub code: String,
    /// Name for people.
    pub name: String,
    sizes: Vec<SizeRule>,
    outline: Vec<GeoPoint>,
    margin_km: i64,
}

impl Country {
    /// Reads a country file; every kind of cluster must have a size.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let syntax = |reason: String| PlaceError::Syntax { reason };
        let file: File = toml::from_str(text).map_err(|error| syntax(error.to_string().trim().to_owned()))?;
        let size = |size: &SizeFile| -> Result<SizeRule, UnknownWord> {
            Ok(SizeRule { kind: ClusterKind::parse(&size.kind)?, members_min: size.members_min, members_max: size.members_max })
        };
        let sizes: Vec<SizeRule> = file.size.iter().map(size).collect::<Result<_, _>>().map_err(|error| syntax(error.to_string()))?;
        for &kind in ClusterKind::ALL {
            let mut of_kind = sizes.iter().filter(|size| size.kind == kind);
            match (of_kind.next(), of_kind.next()) {
                (Some(size), None) if 0 <= size.members_min && size.members_min <= size.members_max => {}
                _ => return Err(syntax(format!("{kind} needs one size, smallest first"))),
            }
        }
        let point = |text: &String| {
            let (latitude, longitude) = text.split_once(',').ok_or_else(|| PlaceError::Form { text: text.clone() })?;
            GeoPoint::parse(latitude, longitude)
        };
        let outline: Vec<GeoPoint> = file.outline.points.iter().map(point).collect::<Result<_, _>>()?;
        if outline.len() < 3 {
            return Err(syntax("the outline needs three points or more".to_owned()));
        }
        Ok(Self { code: file.code, name: file.name, sizes, outline, margin_km: file.outline.margin_km })
    }

    /// The country that comes with the program.
    ///
    /// # Errors
    /// [`PlaceError`] when the shipped file is wrong, which a test excludes.
    pub fn shipped() -> Result<Self, PlaceError> {
        Self::parse(include_str!("../../../regions/countries/zm.toml"))
    }

    /// The size rule of a kind.
    #[must_use]
    pub fn size(&self, kind: ClusterKind) -> SizeRule {
        let known = self.sizes.iter().find(|size| size.kind == kind).copied();
        known.unwrap_or(SizeRule { kind, members_min: 1, members_max: i64::MAX })
    }

    /// Whether a cluster of this kind with so many members is still forming: below its size, or above it and on the way to the next.
    #[must_use]
    pub fn is_forming(&self, kind: ClusterKind, members: i64) -> bool {
        let size = self.size(kind);
        members < size.members_min || members > size.members_max
    }

    /// Checks that a place is in the country, or so near its coarse border that it may be.
    ///
    /// # Errors
    /// [`PlaceError::Outside`].
    pub fn check(&self, place: GeoPoint) -> Result<(), PlaceError> {
        if self.contains(place) || self.is_near_border(place) {
            return Ok(());
        }
        Err(PlaceError::Outside { place, country: self.name.clone() })
    }

    fn edges(&self) -> impl Iterator<Item = (GeoPoint, GeoPoint)> {
        let next = self.outline.iter().skip(1).chain(self.outline.first());
        self.outline.iter().copied().zip(next.copied())
    }

    /// Counts the edges that a line to the east crosses: odd is inside.
    fn contains(&self, place: GeoPoint) -> bool {
        let crossed = |&(a, b): &(GeoPoint, GeoPoint)| {
            if (a.latitude > place.latitude) == (b.latitude > place.latitude) {
                return false;
            }
            let (rise, run) = (i128::from(b.latitude - a.latitude), i128::from(b.longitude - a.longitude));
            let side = i128::from(place.longitude - a.longitude) * rise - run * i128::from(place.latitude - a.latitude);
            if rise > 0 { side < 0 } else { side > 0 }
        };
        self.edges().filter(crossed).count() % 2 == 1
    }

    /// Whether an edge passes within the margin. One degree is taken for 111 km both ways: near enough at these latitudes.
    fn is_near_border(&self, place: GeoPoint) -> bool {
        const MICRO_PER_KM: i64 = MICRO / 111;
        let reach = i128::from(self.margin_km * MICRO_PER_KM);
        self.edges().any(|(a, b)| {
            let (px, py) = (i128::from(place.longitude - a.longitude), i128::from(place.latitude - a.latitude));
            let (ex, ey) = (i128::from(b.longitude - a.longitude), i128::from(b.latitude - a.latitude));
            let length = ex * ex + ey * ey;
            let along = px * ex + py * ey;
            if along < 0 || along > length || length == 0 {
                return px * px + py * py <= reach * reach;
            }
            let across = px * ey - py * ex;
            across * across <= reach * reach * length
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: String,
    name: String,
    size: Vec<SizeFile>,
    outline: OutlineFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeFile {
    kind: String,
    members_min: i64,
    members_max: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutlineFile {
    margin_km: i64,
    points: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zambia() -> Country {
        Country::shipped().expect("the shipped file")
    }

    fn at(latitude: &str, longitude: &str) -> Result<(), PlaceError> {
        zambia().check(GeoPoint::parse(latitude, longitude)?)
    }

    #[test]
    fn towns_are_inside_and_the_sea_is_not() {
        for (name, latitude, longitude) in [
            ("Lusaka", "-15.4167", "28.2833"),
            ("Kabwe", "-14.4469", "28.4464"),
            ("Ndola", "-12.9587", "28.6366"),
            ("Mkushi", "-13.6200", "29.3939"),
            ("Livingstone, on the border", "-17.8419", "25.8544"),
            ("Chirundu, on the border", "-16.03", "28.85"),
            ("Mbala", "-8.85", "31.37"),
            ("Chipata", "-13.63", "32.65"),
            ("Mongu", "-15.25", "23.13"),
        ] {
            assert_eq!(at(latitude, longitude), Ok(()), "{name}");
        }
        for (name, latitude, longitude) in [
            ("the Indian Ocean", "-15", "45"),
            ("the Gulf of Guinea", "0", "0"),
            ("Harare", "-17.8292", "31.0522"),
            ("Lubumbashi's north", "-10.98", "26.74"),
            ("swapped", "28.2833", "-15.4167"),
        ] {
            assert!(matches!(at(latitude, longitude), Err(PlaceError::Outside { .. })), "{name}");
        }
    }

    #[test]
    fn degrees_are_read_strictly() {
        for bad in ["", "abc", "1e5", "--1", "1.1234567", "1234", "1.2.3", "\u{665}"] {
            assert!(matches!(GeoPoint::parse(bad, "28"), Err(PlaceError::Form { .. })), "{bad}");
        }
        assert_eq!(GeoPoint::parse("91", "0"), Err(PlaceError::Range));
        let place = GeoPoint::parse("-0.5", "28.25").expect("a place");
        assert_eq!((place.latitude_micro(), place.to_string()), (-500_000, "-0.500000,28.250000".to_owned()));
    }

    #[test]
    fn outside_its_size_a_cluster_is_forming() {
        let zambia = zambia();
        let forming = |kind, members| zambia.is_forming(kind, members);
        assert!(
            forming(ClusterKind::Micro, 9) && !forming(ClusterKind::Micro, 10) && !forming(ClusterKind::Micro, 25) && forming(ClusterKind::Micro, 26)
        );
        assert!(forming(ClusterKind::Neighborhood, 40) && !forming(ClusterKind::Neighborhood, 60));
        assert!(forming(ClusterKind::Supply, 1) && !forming(ClusterKind::Open, 0));
    }
}
