//! JSON by simd-json: fast, but without the places of errors, so that what it cannot read is for serde_json to judge.

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use simd_json::{Buffers, INPUT_PADDING, Node, StaticNode, Tape};

/// As serde_json has it.
const DEEPEST: usize = 127;

/// Memory for one document after the other.
pub(super) struct Scratch {
    text: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { text: Vec::new(), buffers: Buffers::with_max_depth(0, DEEPEST), tape: Tape(Vec::new()) }
    }

    /// Hands the one document of the text to `take`; its answer, or none where the text is not one document.
    pub(super) fn parse<T>(&mut self, json: &[u8], take: impl FnOnce(&mut Reader<'_, '_>) -> T) -> Option<T> {
        self.text.clear();
        self.text.extend_from_slice(json);
        self.text.resize(json.len() + INPUT_PADDING, b' ');
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let parsed =
            simd_json::fill_tape_padded(&mut self.text, json.len(), &mut self.buffers, &mut tape).is_ok();
        let taken = parsed.then(|| take(&mut Reader { nodes: &tape.0 }));
        self.tape = tape.reset();
        taken
    }
}

/// Reads the values of a tape in order, and passes over those that are not wanted in one step.
pub(super) struct Reader<'t, 'de> {
    nodes: &'t [Node<'de>],
}

impl<'de> Reader<'_, 'de> {
    fn next(&mut self) -> Result<Node<'de>, de::value::Error> {
        let (first, rest) =
            self.nodes.split_first().ok_or_else(|| de::Error::custom("the tape has ended"))?;
        self.nodes = rest;
        Ok(*first)
    }

    fn skip(&mut self, nodes: usize) {
        self.nodes = self.nodes.get(nodes..).unwrap_or_default();
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'_, 'de> {
    type Error = de::value::Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.next()? {
            Node::String(text) => visitor.visit_borrowed_str(text),
            Node::Object { len, .. } => visitor.visit_map(Members { reader: self, left: len }),
            Node::Array { len, .. } => visitor.visit_seq(Members { reader: self, left: len }),
            Node::Static(StaticNode::Null) => visitor.visit_unit(),
            Node::Static(StaticNode::Bool(b)) => visitor.visit_bool(b),
            Node::Static(StaticNode::I64(n)) => visitor.visit_i64(n),
            Node::Static(StaticNode::U64(n)) => visitor.visit_u64(n),
            Node::Static(StaticNode::F64(x)) => visitor.visit_f64(x),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if matches!(self.nodes.first(), Some(Node::Static(StaticNode::Null))) {
            self.skip(1);
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if let Node::Object { count, .. } | Node::Array { count, .. } = self.next()? {
            self.skip(count);
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

/// The elements of a list, or the keys and values of an object.
struct Members<'r, 't, 'de> {
    reader: &'r mut Reader<'t, 'de>,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for Members<'_, '_, 'de> {
    type Error = de::value::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Members<'_, '_, 'de> {
    type Error = de::value::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        de::SeqAccess::next_element_seed(self, seed)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        seed.deserialize(&mut *self.reader)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        let json = br#"{"a": [1, -2, 0.5, null, true, "x\"y\u00e9"], "b": {"c": {}, "d": [[], [{}]]}, "e": 18446744073709551615}"#;
        let read = Scratch::new().parse(json, |reader| Value::deserialize(reader));
        assert_eq!(read.unwrap().unwrap(), serde_json::from_slice::<Value>(json).unwrap());
    }

    #[test]
    fn passes_over_what_is_not_wanted() {
        #[derive(Deserialize)]
        struct Wanted {
            a: Option<u8>,
            z: u8,
        }
        let json = br#"{"x": [[1], {"y": [2, 3]}], "a": null, "b": {"c": [{}, []]}, "d": "e", "z": 7}"#;
        let read = Scratch::new().parse(json, |reader| Wanted::deserialize(reader)).unwrap().unwrap();
        assert_eq!((read.a, read.z), (None, 7));
    }

    #[test]
    fn other_text_is_for_others() {
        let deep = [vec![b'['; 200], vec![b']'; 200]].concat();
        for json in [&b"{} {}"[..], b"{\"a\": \"\n\"}", b"[1,]", b"", b"{\"a\"", &deep] {
            assert_eq!(Scratch::new().parse(json, |_| ()), None);
        }
    }
}
