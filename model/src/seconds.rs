//! Durations in files: a number of seconds, or text with a unit such as `"12ms"`.
//!
//! In memory every duration is `f64` seconds; this module is the one place that reads and writes them.
//! Use it as `#[serde(with = "crate::seconds")]`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserializer, Serializer, de};

/// The units understood, as a fraction of seconds, so that `"13ms"` is the number nearest to 0.013. Longer names come
/// first where one ends like another.
const UNITS: [(&str, f64, f64); 7] = [
    ("ns", 1.0, 1e9),
    ("us", 1.0, 1e6),
    ("µs", 1.0, 1e6),
    ("ms", 1.0, 1e3),
    ("min", 60.0, 1.0),
    ("h", 3600.0, 1.0),
    ("s", 1.0, 1.0),
];

/// Reads `"0.25"`, `"250ms"`, `"1.5 s"`, `"2min"`, `"1h"` as seconds.
///
/// # Errors
/// A sentence that says what was expected, for anything that is not a finite number with a known unit.
pub fn parse(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (number, factor, divisor) = UNITS
        .iter()
        .find_map(|&(unit, factor, divisor)| Some((trimmed.strip_suffix(unit)?.trim_end(), factor, divisor)))
        .unwrap_or((trimmed, 1.0, 1.0));
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value * factor / divisor),
        _ => Err(format!("expected seconds or a duration such as \"12ms\", found \"{text}\"")),
    }
}

/// Writes seconds for people: three significant digits and the fitting unit, e.g. `270 ms`, `1.35 s`, `2 min 12 s`.
pub fn display(seconds: f64) -> String {
    let magnitude = seconds.abs();
    if !seconds.is_finite() {
        return format!("{seconds}");
    }
    if magnitude >= 120.0 {
        let total = seconds.round();
        return format!("{} min {:02} s", (total / 60.0).trunc(), (total % 60.0).abs());
    }
    // What three digits round up to the next unit, or to another digit, is written in it.
    let (factor, unit) = match magnitude {
        m if m >= 0.9995 || m == 0.0 => (1.0, "s"),
        m if m >= 0.9995e-3 => (1e3, "ms"),
        m if m >= 0.9995e-6 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    let value = seconds * factor;
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {unit}")
}

/// Writes the plain number of seconds.
pub fn serialize<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*seconds)
}

/// Reads a number of seconds or text with a unit.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_any(Visitor)
}

/// The same where a duration may be absent: `#[serde(with = "crate::seconds::optional")]`.
pub mod optional {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// A duration as [`super::deserialize`] reads it.
    #[derive(Deserialize)]
    struct Seconds(#[serde(with = "super")] f64);

    /// Writes the plain number of seconds, or nothing.
    pub fn serialize<S: Serializer>(seconds: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        seconds.serialize(serializer)
    }

    /// Reads a number of seconds, text with a unit, or nothing.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Seconds>::deserialize(deserializer)?.map(|Seconds(seconds)| seconds))
    }
}

/// The serde visitor behind [`deserialize`].
struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("seconds, or a duration such as \"12ms\"")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        parse(text).map_err(E::custom)
    }
}

/// Stands for a duration in the JSON Schema: `#[schemars(with = "crate::seconds::Schematic")]`.
pub struct Schematic;

impl JsonSchema for Schematic {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Seconds, or a duration with its unit: ns, us, ms, s, min, h",
            "anyOf": [
                { "type": "number", "minimum": 0 },
                { "type": "string", "pattern": "^\\s*[0-9.eE+-]+\\s*(ns|us|µs|ms|s|min|h)?\\s*$" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart() {
        for (text, seconds) in [
            ("0.25", 0.25),
            ("12ms", 0.012),
            ("12 ms", 0.012),
            ("13ms", 0.013),
            ("3us", 3e-6),
            ("3µs", 3e-6),
            ("7ns", 7e-9),
            ("1.5s", 1.5),
            ("2min", 120.0),
            ("1h", 3600.0),
            ("1e-3s", 1e-3),
        ] {
            let read = parse(text).unwrap();
            assert_eq!(read, seconds, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_text_in_the_message() {
        for text in ["", "ms", "12 lightyears", "NaN", "inf", "1,5s"] {
            assert!(parse(text).unwrap_err().contains(text), "{text}");
        }
    }

    #[test]
    fn display_picks_the_unit() {
        assert_eq!(display(0.27), "270 ms");
        assert_eq!(display(0.0123), "12.3 ms");
        assert_eq!(display(1.349), "1.35 s");
        assert_eq!(display(132.0), "2 min 12 s");
        assert_eq!(display(0.0), "0.00 s");
        assert_eq!(display(0.000_999_8), "1.00 ms");
        assert_eq!(display(-0.000_099_98), "-100 µs");
        assert_eq!(display(0.009_996), "10.0 ms");
    }
}
