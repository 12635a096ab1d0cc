//! Which keys the objects at the beginning of JSON input have: enough to tell formats apart.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed};

/// The keys of the objects in the beginning of JSON input, with how many objects they are within.
#[derive(Debug, Default)]
pub(super) struct Outline(Vec<(usize, Box<str>)>);

/// More keys than this tell nothing new.
const ENOUGH: usize = 2048;

impl Outline {
    /// Of input that begins so, be it one document that breaks off there or a document a line. Malformed lines are
    /// passed over.
    pub(super) fn of(head: &[u8]) -> Self {
        let mut outline = Self::default();
        let mut rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        while let Some(line) = outline.look(rest) {
            let end = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line.saturating_sub(1));
            let Some((end, _)) = end else { break };
            rest = &rest[end + 1..];
        }
        outline
    }

    /// Is there an object with that key, within `depth` − 1 others?
    pub(super) fn has(&self, depth: usize, key: &str) -> bool {
        self.0.iter().any(|(at, name)| *at == depth && **name == *key)
    }

    /// Is there one with any of these keys?
    pub(super) fn has_any(&self, depth: usize, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(depth, key))
    }

    /// Are there no objects so deep?
    pub(super) fn ends_before(&self, depth: usize) -> bool {
        self.0.iter().all(|(at, _)| *at < depth)
    }

    /// Notes the keys of all documents in `json`; answers the line, from 1, that is malformed.
    fn look(&mut self, json: &[u8]) -> Option<usize> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        loop {
            if let Err(error) = (Look { keys: &mut self.0, depth: 0 }).deserialize(&mut deserializer) {
                let goes_on = !error.is_eof() && self.0.len() < ENOUGH;
                return goes_on.then(|| error.line());
            }
            if deserializer.end().is_ok() {
                return None;
            }
        }
    }
}

/// Looks at one value.
struct Look<'a> {
    keys: &'a mut Vec<(usize, Box<str>)>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { keys, depth } = self;
        while list.next_element_seed(Look { keys: &mut *keys, depth })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { keys, depth } = self;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if keys.len() >= ENOUGH {
                return Err(de::Error::custom("enough keys"));
            }
            keys.push((depth + 1, key.into()));
            map.next_value_seed(Look { keys: &mut *keys, depth: depth + 1 })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_lists_lines_and_broken_documents() {
        let list = Outline::of(b"[[{\"a\": {\"b\": [{\"c\": 1");
        assert!(list.has(1, "a") && list.has(2, "b") && list.has(3, "c") && !list.has(1, "c"));
        let lines = Outline::of(b"{\"a\":1}\nnothing\n{\"b\":{}}\n\n{\"c\":");
        assert!(lines.has_any(1, &["x", "a"]) && lines.has(1, "b") && lines.has(1, "c"));
        assert!(lines.ends_before(2) && !list.ends_before(3));
    }
}
