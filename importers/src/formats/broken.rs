//! Packed streams that break off.

use std::io::{self, BufRead, Read};

use crate::Intake;

/// Ends where a packed stream breaks off, instead of failing, and remembers it.
pub(super) struct Tolerant<'a> {
    input: &'a mut dyn BufRead,
    broken: bool,
}

impl<'a> Tolerant<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, broken: false }
    }

    /// Reads a line with its end into `line`; false at the end of the input.
    pub(super) fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        let result = self.input.read_until(b'\n', line);
        self.end(result)?;
        Ok(!line.is_empty())
    }

    /// Warns where the stream broke off, after so many lines.
    pub(super) fn report(&self, lines: usize, intake: &mut Intake) {
        if self.broken {
            intake.report.warn("truncated", || format!("the packed stream breaks off after line {lines}"));
        }
    }

    fn end(&mut self, result: io::Result<usize>) -> io::Result<usize> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.broken = true;
                Ok(0)
            }
            other => other,
        }
    }
}

impl Read for Tolerant<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.input.read(buffer);
        self.end(result)
    }
}
