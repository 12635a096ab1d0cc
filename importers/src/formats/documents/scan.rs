//! Finds the brackets and commas of JSON without looking at what is between them, 64 bytes at once.
//!
//! The masks are those of Langdale & Lemire (2019), "Parsing gigabytes of JSON per second", sections 3.1.1 and 3.1.2.

use wide::u8x16;

/// Bytes looked at in one go.
const BLOCK: usize = 64;

/// What to stop at.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    /// Every bracket.
    Brackets,
    /// Commas of the present list from a place on, and its end.
    Elements { from: usize },
}

/// How far a text has been looked at, and the state there.
#[derive(Default)]
pub(super) struct Scanner {
    /// Where the present block begins; before the text where that was cut off since.
    block: isize,
    /// Where the next begins.
    next: usize,
    /// Brackets and commas of the present block that are still to come, outside of strings.
    opens: u64,
    closes: u64,
    commas: u64,
    /// All ones within a string.
    in_string: u64,
    /// Does the next byte follow a backslash that counts?
    escaped: bool,
    /// Brackets open within the present list.
    depth: u32,
}

impl Scanner {
    /// Goes to the next place to stop at. None where the text does not go on so far; with `ended`, it never will.
    pub(super) fn next(&mut self, text: &[u8], ended: bool, stop: Stop) -> Option<usize> {
        loop {
            let found = match stop {
                Stop::Brackets => self.bracket(),
                Stop::Elements { from } => self.element(from),
            };
            if found.is_some() {
                return found;
            }
            self.load(text, ended)?;
        }
    }

    /// Counts brackets from here on anew.
    pub(super) fn enter(&mut self) {
        self.depth = 0;
    }

    /// The text now begins so many bytes later.
    pub(super) fn shift(&mut self, removed: usize) {
        self.block -= removed as isize;
        self.next = self.next.saturating_sub(removed);
    }

    fn bracket(&mut self) -> Option<usize> {
        let brackets = self.opens | self.closes;
        (brackets != 0).then(|| self.pass(brackets.trailing_zeros()))
    }

    fn element(&mut self, from: usize) -> Option<usize> {
        while self.depth <= self.closes.count_ones() {
            let bit = (self.opens | self.closes | self.commas).trailing_zeros();
            if bit == u64::BITS {
                return None;
            }
            let (open, close) = (self.opens >> bit & 1 == 1, self.closes >> bit & 1 == 1);
            let place = self.pass(bit);
            if open {
                self.depth += 1;
            } else if self.depth == 0 && (close || place >= from) {
                return Some(place);
            } else if close {
                self.depth -= 1;
            }
        }
        // No bracket of this block can end the list, or an element of it.
        self.depth = self.depth + self.opens.count_ones() - self.closes.count_ones();
        (self.opens, self.closes, self.commas) = (0, 0, 0);
        None
    }

    /// Takes the bit, and all before it, off what is still to come.
    fn pass(&mut self, bit: u32) -> usize {
        let rest = !(u64::MAX >> (63 - bit));
        self.opens &= rest;
        self.closes &= rest;
        self.commas &= rest;
        self.block.saturating_add_unsigned(bit as usize).unsigned_abs()
    }

    fn load(&mut self, text: &[u8], ended: bool) -> Option<()> {
        let rest = text.get(self.next..).filter(|rest| !rest.is_empty())?;
        let mut last = [b' '; BLOCK];
        let block = match rest.first_chunk::<BLOCK>() {
            Some(block) => block,
            None if ended => {
                last[..rest.len()].copy_from_slice(rest);
                &last
            }
            None => return None,
        };
        self.block = self.next as isize;
        self.next += rest.len().min(BLOCK);
        let [mut quotes, mut backslashes, mut opens, mut closes, mut commas] = [0; 5];
        for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            // Brackets and braces differ by this bit.
            let braces = bytes | u8x16::splat(0x20);
            let mask =
                |bytes: u8x16, byte| u64::from(bytes.simd_eq(u8x16::splat(byte)).to_bitmask()) << (16 * part);
            quotes |= mask(bytes, b'"');
            backslashes |= mask(bytes, b'\\');
            commas |= mask(bytes, b',');
            opens |= mask(braces, b'{');
            closes |= mask(braces, b'}');
        }
        let quotes = quotes & !self.after_backslash(backslashes);
        let strings = parity(quotes) ^ self.in_string;
        self.in_string = if strings >> 63 == 1 { u64::MAX } else { 0 };
        (self.opens, self.closes, self.commas) = (opens & !strings, closes & !strings, commas & !strings);
        Some(())
    }

    /// The bytes that follow a backslash that counts. Backslashes are rare: one after the other is fast enough.
    fn after_backslash(&mut self, mut backslashes: u64) -> u64 {
        let mut after = u64::from(self.escaped);
        self.escaped = false;
        backslashes &= !after;
        while backslashes != 0 {
            let bit = backslashes.trailing_zeros();
            let next = 1_u64.checked_shl(bit + 1).unwrap_or(0);
            self.escaped = next == 0;
            after |= next;
            backslashes &= !(next | 1 << bit);
        }
        after
    }
}

/// Bit n: is the number of bits up to n odd?
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking at byte after byte.
    fn brackets(text: &[u8]) -> Vec<usize> {
        let (mut in_string, mut escaped, mut found) = (false, false, Vec::new());
        for (place, byte) in text.iter().enumerate() {
            match byte {
                b'"' if !escaped => in_string = !in_string,
                b'[' | b']' | b'{' | b'}' if !in_string => found.push(place),
                _ => {}
            }
            escaped = *byte == b'\\' && !escaped;
        }
        found
    }

    proptest! {
        /// Whatever the text, and however it arrives.
        #[test]
        fn brackets_are_those_outside_of_strings(text in "[\\[\\]{}\",\\\\a]{0,300}", arrived in 0usize..300) {
            let text = text.as_bytes();
            let mut scanner = Scanner::default();
            let mut found = Vec::new();
            for (text, ended) in [(&text[..arrived.min(text.len())], false), (text, true)] {
                while let Some(place) = scanner.next(text, ended, Stop::Brackets) {
                    found.push(place);
                }
            }
            prop_assert_eq!(found, brackets(text));
        }
    }

    #[test]
    fn commas_of_a_list_and_its_end() {
        let text = br#"{"a": [1, ",]"], "b": {}}, [2, [3]], 4, "\"]", 5] ,"#;
        let stops = |from| {
            let mut scanner = Scanner::default();
            let mut next = || scanner.next(text, true, Stop::Elements { from });
            std::iter::from_fn(|| next().filter(|place| text[*place] == b',')).collect::<Vec<_>>()
        };
        assert_eq!(stops(0), [25, 35, 38, 45]);
        assert_eq!(stops(36), [38, 45]);
        let end = text.iter().rposition(|byte| *byte == b']');
        assert_eq!(Scanner::default().next(text, true, Stop::Elements { from: usize::MAX }), end);
    }
}
