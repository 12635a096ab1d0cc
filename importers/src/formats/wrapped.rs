//! Records that are wrapped in others, as stores and query interfaces hand them out.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use super::lenient::Key;
use super::outline::Outline;

/// How records are wrapped.
#[derive(Clone, Copy)]
pub(super) struct Wrapping {
    /// Keys of what has records in it.
    pub(super) within: &'static [&'static str],
    /// Keys that stand beside those, and are not of records.
    pub(super) beside: &'static [&'static str],
}

/// Documents of Elasticsearch and OpenSearch: hits (`_source`), one a line or in the answer to a search; or one a line,
/// perhaps with the lines of the bulk interface between them that tell what to do with the next.
pub(super) const ELASTIC: Wrapping = Wrapping {
    within: &["_source", "hits"],
    beside: &[
        "took",
        "timed_out",
        "_shards",
        "total",
        "max_score",
        "_index",
        "_type",
        "_id",
        "_score",
        "sort",
        "index",
        "create",
        "update",
        "delete",
    ],
};

/// Does input look like documents of Elasticsearch whose keys are such, at that depth?
pub(super) fn has_documents(outline: &Outline, keys: impl Fn(usize) -> bool) -> bool {
    keys(1) || [2, 4].into_iter().any(|depth| outline.has(depth - 1, "_source") && keys(depth))
}

/// Hands every record of the text to `take`.
///
/// # Errors
/// Text that is not such, after all records before the error.
pub(super) fn records<'de, T: Deserialize<'de>>(
    json: &'de [u8],
    wrapping: Wrapping,
    mut take: impl FnMut(T),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    loop {
        (Wrapped { wrapping, take: &mut take, record: PhantomData }).deserialize(&mut deserializer)?;
        if deserializer.end().is_ok() {
            return Ok(());
        }
    }
}

/// A record, what it is wrapped in, or a list of either.
struct Wrapped<'f, T, F> {
    wrapping: Wrapping,
    take: &'f mut F,
    record: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Wrapped<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> de::Visitor<'de> for Wrapped<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list
            .next_element_seed(Wrapped {
                wrapping: self.wrapping,
                take: &mut *self.take,
                record: PhantomData,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(Key(first)) = map.next_key()? else { return Ok(()) };
        let mut key = Some(first);
        while let Some(name) = &key {
            if self.wrapping.within.contains(&&**name) {
                map.next_value_seed(Wrapped {
                    wrapping: self.wrapping,
                    take: &mut *self.take,
                    record: PhantomData,
                })?;
            } else if self.wrapping.beside.contains(&&**name) {
                map.next_value::<de::IgnoredAny>()?;
            } else {
                let all = Resumed { key, map };
                (self.take)(T::deserialize(de::value::MapAccessDeserializer::new(all))?);
                return Ok(());
            }
            key = map.next_key()?.map(|Key(key)| key);
        }
        Ok(())
    }
}

/// An object of which one key has already been read.
struct Resumed<'de, A> {
    key: Option<Cow<'de, str>>,
    map: A,
}

impl<'de, A: de::MapAccess<'de>> de::MapAccess<'de> for Resumed<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.key.take() {
            Some(Cow::Borrowed(key)) => {
                seed.deserialize(de::value::BorrowedStrDeserializer::new(key)).map(Some)
            }
            Some(Cow::Owned(key)) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
