//! JSON values that exporters write in more than one way.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::Nanos;

/// A scalar: text, number or truth value; anything else reads as [`Scalar::Other`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Real(f64),
    Bool(bool),
    #[default]
    Other,
}

impl Scalar<'_> {
    /// As text, where it has one.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Integer(n) => Some(n.to_string().into()),
            Self::Real(x) => Some(x.to_string().into()),
            Self::Bool(b) => Some(b.to_string().into()),
            Self::Other => None,
        }
    }

    /// As a whole number, cut off where it is beyond what fits.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Text(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| text.parse::<f64>().ok().map(|x| x as i64))
            }
            Self::Integer(n) => Some(*n),
            Self::Real(x) => Some(*x as i64),
            Self::Bool(_) | Self::Other => None,
        }
    }

    /// As a number.
    pub(super) fn real(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Integer(n) => Some(*n as f64),
            Self::Real(x) => Some(*x),
            Self::Bool(_) | Self::Other => None,
        }
    }

    /// Of microseconds, perhaps with a fraction: nanoseconds.
    pub(super) fn micros(&self) -> Option<Nanos> {
        match self {
            Self::Integer(n) => Some(n.saturating_mul(1000)),
            Self::Real(x) => Some((x * 1e3).round() as Nanos),
            Self::Text(text) => {
                let text = text.trim();
                let whole = text.parse::<i64>().map(|n| n.saturating_mul(1000));
                whole.ok().or_else(|| text.parse::<f64>().ok().map(|x| (x * 1e3).round() as Nanos))
            }
            Self::Bool(_) | Self::Other => None,
        }
    }

    /// Is it true, or "true"?
    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true)) || matches!(self, Self::Text(text) if text == "true")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, b: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(i64::try_from(n).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Real(x))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

/// Keys with scalar values, in the order of the file; anything but an object reads as none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pairs<'a>(Vec<(Cow<'a, str>, Scalar<'a>)>);

impl<'a> Pairs<'a> {
    /// Every pair.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Scalar<'a>)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

struct PairsVisitor;

/// A key that is not copied where that can be avoided.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> de::Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Pairs::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Pairs::default())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(Pairs::default())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            pairs.push((key, value));
        }
        Ok(Pairs(pairs))
    }
}

/// `null` reads as the default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
