//! Trace files to spans, spans to traces, traces to an architecture model.
//!
//! # The flow
//! ```text
//! bytes ─[open::read]─► Span ─[Intake::traces, assemble]─► Trace ─[extract]─► System
//!                  └──────────────┴───────────────────────────┴─► ImportReport: counts, and everything odd with one example
//! ```
//! Every stage is one public function, and what it hands on can be saved and shown. All but [`files`], which
//! finds and opens what people name, takes readers: whoever opens a file adds its name to an [`ImportError`].
//!
//! The other way round, [`writers`] turn spans into files of other tools' formats.
//!
//! # To add a format
//! One file in `formats/` with a [`TraceFormat`](formats::TraceFormat), its line in [`formats::all`], and a fixture
//! per feature in `tests/data/<format>/`.
//!
//! # Invariants
//! * No input panics. Bad input is an [`ImportError`] with its place or, where the rest is usable, a warning.
//! * The order of spans, files and threads never changes the result: traces are put in a fixed order before they are
//!   folded, in chunks of fixed size.

mod assemble;
mod bound;
mod delimited;
mod error;
mod intake;
mod interval;
mod name;
mod report;
mod skew;
mod span;
mod stretches;
mod trace;

pub mod extract;
pub mod files;
pub mod formats;
pub mod manifests;
pub mod metrics;
pub mod open;
pub mod writers;

pub use assemble::assemble;
pub use error::ImportError;
pub use extract::{ArrivalModel, extract};

pub use intake::Intake;
pub use name::Name;
pub use report::{CallSummary, ImportReport, ImportWarning, ParameterSummary, ServiceSummary};
pub use span::{Attributes, Nanos, Sampling, Span, SpanId, SpanKind, SpanLink, TraceId};
pub use trace::{Trace, TraceNode};
