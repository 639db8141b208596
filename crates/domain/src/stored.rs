//! How rules are kept as text: their version, the range of a number, quantities as whole numbers.

use crate::rules::{CONFIG_VERSION, ConfigError};
use quantity::{Ngwee, PricePerKwh, WattHours};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Refuses a form of another version.
pub fn version(part: &'static str, found: i64) -> Result<(), ConfigError> {
    if found == CONFIG_VERSION { Ok(()) } else { Err(ConfigError::Version { part, found }) }
}

/// Refuses a number outside `min` to `max`.
pub fn range(field: &'static str, min: i64, max: i64, found: i64) -> Result<(), ConfigError> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(ConfigError::Range { field, min, max, found }) }
}

/// Reads a part of the rules.
pub fn read<T: DeserializeOwned>(part: &'static str, text: &str) -> Result<T, ConfigError> {
    serde_json::from_str(text).map_err(|error| ConfigError::Form { part, reason: error.to_string() })
}

/// The stored form of a part of the rules. Plain structs of numbers and words always serialise.
pub fn write<T: Serialize>(config: &T) -> String {
    serde_json::to_string(config).unwrap_or_default()
}

/// Quantities as their whole number.
macro_rules! whole_number {
    ($name:ident, $quantity:ident) => {
        pub mod $name {
            use super::{Deserialize, Deserializer, Serializer, $quantity};

            pub fn serialize<S: Serializer>(quantity: &$quantity, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_i64(quantity.0)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$quantity, D::Error> {
                i64::deserialize(from).map($quantity)
            }
        }
    };
}
whole_number!(ngwee, Ngwee);
whole_number!(price, PricePerKwh);
whole_number!(watt_hours, WattHours);
