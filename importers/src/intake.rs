//! Where spans gather while files are read.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

use crate::bound::{Bound, Cut};
use crate::name::Names;
use crate::{ImportReport, Name, Span, Trace, assemble, formats};

/// The spans read so far, from any number of inputs, and the account of them.
///
/// Once all is read, [`finish`](Self::finish) completes the spans, and [`traces`](Self::traces) puts them together.
#[derive(Debug, Default)]
pub struct Intake {
    /// Spans in the order read.
    pub spans: Vec<Span>,
    /// What was read and what was odd.
    pub report: ImportReport,
    /// What the recording is called; the reader of a part knows, else whoever opens files.
    pub name: Option<String>,
    names: Names,
    /// What formats keep from one input for others of the same folder.
    pub(crate) folder: Memory,
    /// What formats keep until all is read.
    pub(crate) pending: Memory,
    /// Inputs that could not be used, each with the reason.
    pub(crate) unusable: Vec<String>,
    bound: Option<Bound>,
    /// Does a format need the spans at their positions for what it completes later, so that none can be dropped?
    pub(crate) is_held: bool,
}

impl Intake {
    /// Spans that are enough for a model: times and numbers of calls of operations with one visit in a hundred spans are
    /// told to about 3 %, others better. They take about 100 MB until the model is made.
    pub const USUAL: usize = 100_000;

    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Likewise, to keep at most so many spans: where there are more, all those of some stretches of time that are long
    /// enough for so many, and that do not depend on the order of reading. The report tells what was left out.
    pub fn keeping(spans: usize) -> Self {
        Self { bound: Some(Bound::new(spans)), ..Self::default() }
    }

    /// Tells what the columns of CSV files are, by a TOML file such as `--format csv:MAP.toml` names.
    ///
    /// # Errors
    /// A message with the place, where the file cannot be used.
    pub fn explain_csv(&mut self, map: &str) -> Result<(), String> {
        self.pending.put(formats::ColumnMap::parse(map)?);
        Ok(())
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
        self.is_held = false;
        if let Some(bound) = &mut self.bound {
            bound.finish(&mut self.spans);
        }
    }

    /// The traces that the spans make up, once all is [finished](Self::finish), and the account of them.
    pub fn traces(self) -> (Vec<Trace>, ImportReport) {
        let mut report = self.report;
        let mut traces = assemble::put_together(self.spans, &mut report);
        if let Some(bound) = self.bound {
            traces = bound.whole(traces, &mut report);
        }
        let traces = assemble::complete(traces, &mut report);
        (traces, report)
    }

    /// Drops spans where there are too many. To be called while nobody knows spans by their positions.
    pub(crate) fn settle(&mut self) {
        if let Some(bound) = self.bound.as_mut().filter(|_| !self.is_held) {
            bound.settle(&mut self.spans);
        }
    }

    /// What was dropped.
    pub(crate) fn cut(&self) -> Cut {
        self.bound.as_ref().map(Bound::cut).unwrap_or_default()
    }

    /// Takes over what was dropped of another part of the recording, whose spans are in.
    pub(crate) fn merge(&mut self, cut: Cut) {
        self.bound.get_or_insert_with(|| Bound::new(usize::MAX)).merge(cut);
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

    /// What was read since the last call, without what is kept for later; names go on being shared.
    pub(crate) fn part(&mut self) -> Self {
        Self {
            spans: std::mem::take(&mut self.spans),
            report: std::mem::take(&mut self.report),
            ..Self::default()
        }
    }

    /// Adds what another has read after it.
    pub(crate) fn join(&mut self, part: Self) {
        self.spans.extend(part.spans);
        self.report.add(part.report);
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

/// Values that formats keep between inputs, one of each type.
#[derive(Default)]
pub(crate) struct Memory(HashMap<TypeId, Box<dyn Any + Send>>);

impl Memory {
    /// Takes the value out; the default where there is none.
    pub(crate) fn take<T: Any + Send + Default>(&mut self) -> T {
        let found = self.0.remove(&TypeId::of::<T>()).and_then(|value| value.downcast().ok());
        found.map_or_else(T::default, |value| *value)
    }

    /// Keeps a value.
    pub(crate) fn put<T: Any + Send>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value in its place; the default where there is none yet.
    pub(crate) fn of<T: Any + Send + Default>(&mut self) -> &mut T {
        let value = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        if !value.is::<T>() {
            *value = Box::new(T::default());
        }
        value.downcast_mut().expect("a value of its own type")
    }

    /// The value, where there is one.
    pub(crate) fn get<T: Any + Send>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.0.len())
    }
}
