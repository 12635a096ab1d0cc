//! JSON values that exporters write in more than one way.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

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
        // Ids may need all 64 bits.
        Ok(i64::try_from(n).map_or_else(|_| Scalar::Text(n.to_string().into()), Scalar::Integer))
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

/// Keys with scalar values, in the order of the file. The keys of an object within follow its own and a dot; anything
/// but an object reads as none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pairs<'a>(Vec<(Cow<'a, str>, Scalar<'a>)>);

impl<'a> Pairs<'a> {
    /// Every pair.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Scalar<'a>)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Scalar<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Adds the value that comes next in `map`, of that key.
    pub(super) fn read_value<'de: 'a, A: de::MapAccess<'de>>(
        &mut self,
        key: Cow<'a, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        map.next_value_seed(Flat { key, pairs: &mut self.0 })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pairs = Vec::new();
        (Flat { key: Cow::Borrowed(""), pairs: &mut pairs }).deserialize(deserializer)?;
        // Of something else than an object.
        pairs.retain(|(key, _)| !key.is_empty());
        Ok(Pairs(pairs))
    }
}

/// A key that is not copied where that can be avoided.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Key<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The value of `key`, whose pairs are added to others.
struct Flat<'a, 'p> {
    key: Cow<'a, str>,
    pairs: &'p mut Vec<(Cow<'a, str>, Scalar<'a>)>,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Flat<'a, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> de::Visitor<'de> for Flat<'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, b: bool) -> Result<(), E> {
        self.scalar(Visitor.visit_bool(b)?)
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<(), E> {
        self.scalar(Visitor.visit_i64(n)?)
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<(), E> {
        self.scalar(Visitor.visit_u64(n)?)
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<(), E> {
        self.scalar(Visitor.visit_f64(x)?)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<(), E> {
        self.scalar(Visitor.visit_borrowed_str(text)?)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.scalar(Visitor.visit_str(text)?)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(inner)) = map.next_key()? {
            let key = if self.key.is_empty() { inner } else { format!("{}.{inner}", self.key).into() };
            map.next_value_seed(Flat { key, pairs: &mut *self.pairs })?;
        }
        Ok(())
    }
}

impl<'a> Flat<'a, '_> {
    fn scalar<E>(self, value: Scalar<'a>) -> Result<(), E> {
        self.pairs.push((self.key, value));
        Ok(())
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
