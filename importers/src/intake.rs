//! Where spans gather while files are read.

use crate::name::Names;
use crate::{ImportReport, Name, Span};

/// The spans read so far, from any number of inputs, and the account of them.
#[derive(Debug, Default)]
pub struct Intake {
    /// Spans in the order read.
    pub spans: Vec<Span>,
    /// What was read and what was odd.
    pub report: ImportReport,
    names: Names,
}

impl Intake {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a span in.
    pub fn push(&mut self, mut span: Span) {
        if span.end < span.start {
            self.report.warn("negative-duration", || {
                format!("span {} \"{}\" of {} ends before it starts", span.span_id, span.name, span.service)
            });
        }
        span.normalize();
        self.spans.push(span);
        self.report.spans += 1;
    }

    /// Counts a record that is no span.
    pub fn skip(&mut self, code: &str, example: impl FnOnce() -> String) {
        self.report.skipped += 1;
        self.report.warn(code, example);
    }

    /// The shared form of a name.
    pub fn name(&mut self, text: &str) -> Name {
        self.names.get(text)
    }

    /// The shared form of a name; none where it is empty.
    pub fn non_empty(&mut self, text: &str) -> Option<Name> {
        self.names.non_empty(text)
    }

    /// Drops what was read after `mark` spans (a second attempt at the same bytes follows).
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.spans.truncate(mark.spans);
        self.report = mark.report;
    }

    /// Where to rewind to.
    pub(crate) fn mark(&self) -> Mark {
        Mark { spans: self.spans.len(), report: self.report.clone() }
    }
}

/// A point that an [`Intake`] can go back to.
pub(crate) struct Mark {
    spans: usize,
    report: ImportReport,
}
