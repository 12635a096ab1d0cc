//! Protobuf's wire format, as much as reading needs: fields one after the other, without copies.

/// A field of a message.
#[derive(Debug, PartialEq)]
pub(super) struct Field<'a> {
    /// Its number.
    pub(super) number: u64,
    /// Its value.
    pub(super) value: Value<'a>,
}

/// A value as it stands on the wire.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A number of variable length, or a fixed one.
    Number(u64),
    /// Text, bytes or a message; `whole` unless the input breaks off within it.
    Bytes { bytes: &'a [u8], whole: bool },
}

/// The bytes are no protobuf, or end within a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    /// They end too early.
    #[error("breaks off within a field")]
    BreaksOff,
    /// There is no such thing.
    #[error("not protobuf: {0}")]
    Malformed(&'static str),
}

/// The fields of a message. A field that the input breaks off within is the last, and an error after it.
pub(super) struct Fields<'a>(&'a [u8]);

/// The fields of a message.
pub(super) fn fields(message: &[u8]) -> Fields<'_> {
    Fields(message)
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<Field<'a>, WireError> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => Value::Number(u64::from_le_bytes(self.fixed()?)),
            5 => Value::Number(u64::from(u32::from_le_bytes(self.fixed()?))),
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).unwrap_or(usize::MAX);
                let (bytes, rest) = self.0.split_at(length.min(self.0.len()));
                self.0 = rest;
                Value::Bytes { bytes, whole: bytes.len() == length }
            }
            _ => return Err(WireError::Malformed("a wire type that is not in use")),
        };
        match key >> 3 {
            0 => Err(WireError::Malformed("field number 0")),
            number => Ok(Field { number, value }),
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(WireError::BreaksOff)?;
        self.0 = rest;
        Ok(*bytes)
    }
}

/// Takes a number of variable length off the beginning.
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, WireError> {
    let mut number = 0u64;
    for place in 0..10 {
        let (&byte, rest) = bytes.split_first().ok_or(WireError::BreaksOff)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(WireError::Malformed("a number of more than ten bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of protobuf's "Encoding" page: 150 is `96 01`, "testing" in field 2 is `12 07 …`.
    #[test]
    fn examples_of_the_encoding_page() {
        let read = |bytes| fields(bytes).collect::<Vec<_>>();
        assert_eq!(read(b"\x08\x96\x01"), [Ok(Field { number: 1, value: Value::Number(150) })]);
        let text = Value::Bytes { bytes: b"testing", whole: true };
        assert_eq!(read(b"\x12\x07testing"), [Ok(Field { number: 2, value: text })]);
        let cut = Value::Bytes { bytes: b"tes", whole: false };
        assert_eq!(read(b"\x12\x07tes"), [Ok(Field { number: 2, value: cut })]);
        assert_eq!(read(b"\x08\x96"), [Err(WireError::BreaksOff)]);
        assert!(matches!(read(&[0xff; 12])[..], [Err(WireError::Malformed(_))]));
    }
}
