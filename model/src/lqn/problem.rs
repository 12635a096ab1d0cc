//! What is wrong with an LQN file, with its place.

use std::fmt;

use super::rule::Rule;

/// Why a text is not a model: everything found wrong, at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// In the order in which they were found.
    pub problems: Vec<Problem>,
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which rule is broken.
    pub rule: Rule,
    /// From 1.
    pub line: usize,
    /// From 1, in characters; in bytes beyond the first ten thousand of a line.
    pub column: usize,
    /// The element, such as `task "web"`; empty for the whole.
    pub element: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// What to do instead, where there is something.
    pub hint: Option<String>,
}

impl ReadError {
    /// The hint of the first problem that has one.
    pub fn hint(&self) -> Option<&str> {
        self.problems.iter().find_map(|problem| problem.hint.as_deref())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.element.is_empty() {
            write!(f, ", at {}", self.element)?;
        }
        write!(f, ": {} [{}]", self.message, self.rule.name())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {}

/// A problem by its place in bytes.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) rule: Rule,
    pub(super) at: usize,
    pub(super) element: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(rule: Rule, at: usize, element: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, at, element: element.into(), message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn problem(self, lines: &Lines<'_>) -> Problem {
        let (line, column) = lines.place(self.at);
        Problem {
            rule: self.rule,
            line,
            column,
            element: self.element,
            message: self.message,
            hint: self.hint,
        }
    }
}

/// Bytes of a line from which its columns are bytes, so that many problems of one long line are found in time.
const LONG: usize = 10_000;

/// Finds lines and columns; built once for a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Byte at which each line begins.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// Line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let before = self.text.get(self.starts[line - 1]..at).unwrap_or_default();
        let column = if before.len() > LONG { before.len() } else { before.chars().count() };
        (line, column + 1)
    }

    /// Byte at a line and column, both from 1.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let text = "a\nµb\n\nc";
        let lines = Lines::new(text);
        assert_eq!(lines.place(0), (1, 1));
        assert_eq!(lines.place(4), (2, 2));
        assert_eq!(lines.place(7), (4, 1));
        assert_eq!(lines.place(99), (4, 1));
        for at in [0, 2, 4, 7] {
            let (line, column) = lines.place(at);
            assert_eq!(lines.offset(line, column), at);
        }
    }
}
