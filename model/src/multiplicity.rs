//! How many: a number or "infinite".

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of equal servers: cores of a host, threads of a replica (LQN multiplicity).
///
/// Written as a number or as `"infinite"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Multiplicity {
    /// So many; validation asks for at least 1.
    Finite(u32),
    /// No limit: nothing ever waits here.
    Infinite,
}

impl Multiplicity {
    /// The number, where there is one.
    pub fn finite(self) -> Option<u32> {
        match self {
            Self::Finite(n) => Some(n),
            Self::Infinite => None,
        }
    }

    /// The number as f64, `f64::INFINITY` where there is no limit.
    pub fn as_f64(self) -> f64 {
        self.finite().map_or(f64::INFINITY, f64::from)
    }

    /// Is there no limit?
    pub fn is_infinite(self) -> bool {
        self == Self::Infinite
    }
}

impl fmt::Display for Multiplicity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(n) => write!(f, "{n}"),
            Self::Infinite => f.write_str("infinite"),
        }
    }
}

impl std::str::FromStr for Multiplicity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "infinite" | "inf" => Ok(Self::Infinite),
            _ => text
                .parse()
                .map(Self::Finite)
                .map_err(|_| format!("expected a whole number or \"infinite\", found \"{text}\"")),
        }
    }
}

impl Serialize for Multiplicity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Finite(n) => serializer.serialize_u32(*n),
            Self::Infinite => serializer.serialize_str("infinite"),
        }
    }
}

impl<'de> Deserialize<'de> for Multiplicity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Multiplicity;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a whole number or \"infinite\"")
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Multiplicity, E> {
                u32::try_from(n)
                    .map(Multiplicity::Finite)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(n), &self))
            }

            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Multiplicity, E> {
                u64::try_from(n)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(n), &self))
                    .and_then(|n| self.visit_u64(n))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Multiplicity, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Multiplicity {
    fn schema_name() -> Cow<'static, str> {
        "Multiplicity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of equal servers, or \"infinite\"",
            "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "infinite" }]
        })
    }
}
