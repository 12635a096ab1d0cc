//! Ids in the forms that exporters write them.

use crate::{SpanId, TraceId};

/// A trace id: up to 32 hexadecimal digits (64-bit ids are padded), base64 of 16 bytes, or any other text, hashed.
/// None where it is empty or all zero, which OpenTelemetry calls invalid.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    id(text).map(TraceId)
}

/// A span id, likewise with half the bytes.
pub(super) fn span_id(text: &str) -> Option<SpanId> {
    id(text).map(SpanId)
}

/// A trace id of as many bytes, or fewer (64-bit ids are padded).
pub(super) fn trace_id_of(bytes: &[u8]) -> Option<TraceId> {
    padded(bytes).map(TraceId)
}

/// A span id, likewise.
pub(super) fn span_id_of(bytes: &[u8]) -> Option<SpanId> {
    padded(bytes).map(SpanId)
}

fn padded<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let mut id = [0; N];
    id.get_mut(N.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    (id != [0; N]).then_some(id)
}

/// The span id of text that is no id by itself, such as the place of a call in a tree.
pub(super) fn hashed_span_id(text: &str) -> Option<SpanId> {
    (!text.is_empty()).then(|| SpanId(hashed(text)))
}

fn id<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = hexadecimal(text).or_else(|| base64(text)).unwrap_or_else(|| hashed(text));
    if text.is_empty() || bytes == [0; N] { None } else { Some(bytes) }
}

fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (place, digit) in text.bytes().rev().enumerate() {
        let value = char::from(digit).to_digit(16)? as u8;
        bytes[N - 1 - place / 2] |= value << (4 * (place % 2));
    }
    Some(bytes)
}

/// Base64 with padding, of exactly N bytes.
fn base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.div_ceil(3) * 4 {
        return None;
    }
    let digits = text.trim_end_matches('=');
    let mut bytes = [0; N];
    let (mut bits, mut held, mut filled) = (0u32, 0, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            *bytes.get_mut(filled)? = (bits >> held) as u8;
            filled += 1;
        }
    }
    (filled == N).then_some(bytes)
}

/// FNV-1a, continued from one group of eight bytes to the next; enough for made-up ids such as "span-1".
fn hashed<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for group in bytes.chunks_mut(8) {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        group.copy_from_slice(&hash.to_be_bytes()[..group.len()]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_id() {
        let id = span_id("eee19b7ec3c1b174").unwrap();
        assert_eq!(id, span_id("EEE19B7EC3C1B174").unwrap());
        assert_eq!(id, span_id("7uGbfsPBsXQ=").unwrap());
        assert_eq!(id.to_string(), "eee19b7ec3c1b174");
        assert_eq!(trace_id("1f").unwrap().to_string(), "0000000000000000000000000000001f");
        assert_eq!(
            trace_id("W47/95gDgQPSabYzgT/GDA==").unwrap().to_string(),
            "5b8efff798038103d269b633813fc60c"
        );
    }

    #[test]
    fn made_up_ids_differ_and_empty_ones_are_none() {
        assert_ne!(span_id("span-1"), span_id("span-2"));
        assert_eq!(span_id("span-1"), span_id("span-1"));
        assert_eq!(span_id(""), None);
        assert_eq!(span_id("0000000000000000"), None);
    }
}
