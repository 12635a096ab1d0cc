//! Where spans gather while files are read.

use crate::name::Names;
use crate::{ImportReport, Name, Span, formats};

/// The spans read so far, from any number of inputs, and the account of them.
///
/// Once all is read, [`finish`](Self::finish) completes the spans.
#[derive(Debug, Default)]
pub struct Intake {
    /// Spans in the order read.
    pub spans: Vec<Span>,
    /// What was read and what was odd.
    pub report: ImportReport,
    names: Names,
    /// Inputs that could not be used, each with the reason.
    pub(crate) unusable: Vec<String>,
}

impl Intake {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Completes the spans by what only all inputs together tell, e.g. the parents in Kieker's logs.
    pub fn finish(&mut self) {
        const NAMED: usize = 20;
        for format in formats::all() {
            format.finish(self);
        }
        let unusable = std::mem::take(&mut self.unusable);
        let more = unusable.len().saturating_sub(NAMED);
        self.report.warn_many("not-traces", unusable.len() as u64, || {
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            let named = unusable.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
            format!("left out: {named}{rest}")
        });
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
