//! Durations as everywhere in models, and as Prometheus writes them (`5m`, `1h30m`, `1d`).

use serde::{Deserialize, Deserializer, de::Error};

pub(super) use crate::seconds::{Schematic, serialize};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

/// Reads seconds, or text with units.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Number(seconds) => Ok(seconds),
        Written::Text(text) => crate::seconds::parse(&text).or_else(|error| {
            let parsed = promql_parser::util::parse_duration(text.trim());
            parsed.map(|duration| duration.as_secs_f64()).map_err(|_| D::Error::custom(error))
        }),
    }
}
