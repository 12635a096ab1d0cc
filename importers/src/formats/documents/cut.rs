//! Cuts input into pieces that are JSON by themselves, so that no input is held whole: some lines of a document each, or
//! some elements of a document's list in the brackets that are around the list.

use std::io::{self, BufRead, Read};

use super::scan::{Scanner, Stop};

/// Bytes of a piece; more where one line, or one element, has more.
const PIECE: usize = 256 * 1024;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// A first line longer than this is a document, and no line among others.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// Lists that can be cut are not within more objects and lists than this.
const DEEPEST: usize = 4;

/// Part of the input, and where it stands there.
pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    /// Bytes at the beginning of the text that are not of the input.
    pub(super) added: usize,
    /// Where those of the input begin: line from 1, and bytes before it in that line.
    pub(super) line: usize,
    pub(super) column: usize,
    /// Is it what was left where the input ended, instead of whole documents?
    pub(super) last: bool,
}

/// How the input is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A document a line.
    Lines,
    /// One document over many lines, or more of them.
    Documents,
}

/// Is the list under these keys one whose elements do not need each other?
pub(super) type IsList = dyn Fn(&[&[u8]]) -> bool + Sync;

/// Cuts one input.
pub(super) struct Cutter<'a> {
    input: &'a mut dyn BufRead,
    is_list: &'a IsList,
    /// What was read; from `start` on it is not yet handed out.
    text: Vec<u8>,
    start: usize,
    /// The brackets that what follows is in, where they were handed out before.
    opening: Vec<u8>,
    line: usize,
    column: usize,
    ended: bool,
    /// Did a packed stream break off?
    pub(super) broken: bool,
    scanner: Scanner,
    /// What is open in the present document, the outermost first.
    open: Vec<Open>,
    list: List,
}

/// An object or list.
struct Open {
    bracket: u8,
    /// The key that it stands under; empty where it is in a list.
    key: Vec<u8>,
}

/// Where the cutter is, seen from the one list of the document that is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Before,
    Within,
    After,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead, is_list: &'a IsList) -> Self {
        Self {
            input,
            is_list,
            text: Vec::new(),
            start: 0,
            opening: Vec::new(),
            line: 1,
            column: 0,
            ended: false,
            broken: false,
            scanner: Scanner::default(),
            open: Vec::new(),
            list: List::Before,
        }
    }

    /// Goes to the first line that is not blank, and tells by it how the input is laid out. None where all is blank.
    pub(super) fn layout(&mut self) -> io::Result<Option<Layout>> {
        self.fill()?;
        if self.text.starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        let mut searched = 0;
        loop {
            let text = &self.text[self.start..];
            if let Some(end) = memchr::memchr(b'\n', &text[searched..]) {
                let line = &text[..searched + end];
                if !is_blank(line) {
                    return Ok(Some(if is_open(line) { Layout::Documents } else { Layout::Lines }));
                }
                self.start += searched + end + 1;
                self.line += 1;
                searched = 0;
            } else if self.ended || text.len() > LONGEST_LINE {
                return Ok((!is_blank(text)).then_some(Layout::Documents));
            } else {
                searched = text.len();
                self.fill()?;
            }
        }
    }

    /// The line that is read next, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self, layout: Layout) -> io::Result<Option<Piece>> {
        match layout {
            Layout::Lines => self.lines(),
            Layout::Documents => self.documents(),
        }
    }

    /// The next lines.
    fn lines(&mut self) -> io::Result<Option<Piece>> {
        let mut searched = 0;
        loop {
            let text = &self.text[self.start..];
            if text.len() >= PIECE || self.ended {
                if let Some(end) = memchr::memrchr(b'\n', &text[searched..]) {
                    return Ok(Some(self.hand_out(self.start + searched + end + 1)));
                }
                if self.ended {
                    return Ok((!text.is_empty()).then(|| self.hand_out(self.text.len())));
                }
                searched = text.len();
            }
            self.fill()?;
        }
    }

    /// The next document, or part of one.
    fn documents(&mut self) -> io::Result<Option<Piece>> {
        loop {
            let stop = if self.list == List::Within {
                Stop::Elements { from: self.start + PIECE }
            } else if self.open.len() > DEEPEST {
                Stop::Elements { from: usize::MAX }
            } else {
                Stop::Brackets
            };
            let Some(place) = self.scanner.next(&self.text, self.ended, stop) else {
                if self.ended {
                    return Ok(self.rest());
                }
                self.fill()?;
                continue;
            };
            match self.text[place] {
                bracket @ (b'[' | b'{') => self.enter(bracket, place),
                b',' => return Ok(Some(self.cut(place))),
                _ => {
                    self.trailing_comma(place);
                    if self.list == List::Within {
                        self.list = List::After;
                    }
                    self.open.pop();
                    if self.open.is_empty() {
                        self.list = List::Before;
                        return Ok(Some(self.hand_out(place + 1)));
                    }
                }
            }
        }
    }

    fn enter(&mut self, bracket: u8, place: usize) {
        let within = self.open.last().is_some_and(|open| open.bracket == b'{');
        let key = if within { key_before(&self.text[self.start..place]).to_vec() } else { Vec::new() };
        self.open.push(Open { bracket, key });
        let keys = || -> Vec<&[u8]> {
            self.open.iter().map(|open| &*open.key).filter(|key| !key.is_empty()).collect()
        };
        if bracket == b'[' && self.list == List::Before && (self.is_list)(&keys()) {
            self.list = List::Within;
        }
        self.scanner.enter();
    }

    /// Hands out the elements up to the comma at `place`, and goes on within the same brackets.
    fn cut(&mut self, place: usize) -> Piece {
        let mut piece = self.hand_out(place + 1);
        piece.text.pop();
        // '{' + 2 is '}', and '[' + 2 is ']'.
        piece.text.extend(self.open.iter().rev().map(|open| open.bracket + 2));
        for open in &self.open {
            if !open.key.is_empty() {
                self.opening.push(b'"');
                self.opening.extend(&open.key);
                self.opening.extend(b"\":");
            }
            self.opening.push(open.bracket);
        }
        piece
    }

    /// Where nothing follows the comma that a list was cut at, before the list's end at `place`, the comma is put back:
    /// it is an error, as it would be without cuts.
    fn trailing_comma(&mut self, place: usize) {
        let cut = self.list == List::Within && !self.opening.is_empty();
        if cut && is_blank(&self.text[self.start..place]) {
            self.opening.push(b',');
        }
    }

    /// What is there when the input has ended.
    fn rest(&mut self) -> Option<Piece> {
        if self.open.is_empty() && is_blank(&self.text[self.start..]) {
            return None;
        }
        self.open.clear();
        let mut piece = self.hand_out(self.text.len());
        piece.last = true;
        Some(piece)
    }

    /// Hands out the text up to `end`.
    fn hand_out(&mut self, end: usize) -> Piece {
        let passed = &self.text[self.start..end];
        let mut text = Vec::with_capacity(self.opening.len() + passed.len() + DEEPEST);
        let added = self.opening.len();
        text.append(&mut self.opening);
        text.extend_from_slice(passed);
        let (line, column) = (self.line, self.column);
        self.line += memchr::memchr_iter(b'\n', passed).count();
        let before = memchr::memrchr(b'\n', passed).map(|place| place + 1);
        self.column = before.map_or(column + passed.len(), |before| passed.len() - before);
        self.start = end;
        Piece { text, added, line, column, last: false }
    }

    /// Reads on, and forgets what was handed out where that is most of the text.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > self.text.len() / 2 {
            self.text.drain(..self.start);
            self.scanner.shift(self.start);
            self.start = 0;
        }
        match Read::take(&mut *self.input, CHUNK as u64).read_to_end(&mut self.text) {
            Ok(read) => self.ended |= read < CHUNK,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                (self.broken, self.ended) = (true, true);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// Does a document that begins with this line go on after it? A string does not: it has no ends of lines in it.
fn is_open(line: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_i64, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
    }
    depth > 0 && !in_string
}

/// The key of the value that follows; empty where there is none, or one with an escape.
fn key_before(text: &[u8]) -> &[u8] {
    let quoted = text.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
    let Some(rest) = quoted.and_then(|text| text.strip_suffix(b"\"")) else { return b"" };
    let key = rest.rsplit(|byte| *byte == b'"').next().unwrap_or_default();
    if key.contains(&b'\\') { b"" } else { key }
}
