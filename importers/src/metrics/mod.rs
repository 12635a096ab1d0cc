//! What was measured beside traces: series of monitoring systems, and the results of load generators.
//!
//! ```text
//! bytes ─[read]─► Measurements ─► arrivals (a load), utilization per service, latency figures to calibrate on
//! ```
//! Times are seconds (those of clocks since 1970, good to about a microsecond), rates per second, shares 0 to 1.
//!
//! To add a format: one file in `formats/` with a [`MetricsFormat`], its line in [`all`], and fixtures in
//! `tests/data/metrics/`, whose names begin like the format.

mod arrivals;
mod formats;
mod latency;
mod measurements;
mod series;
mod table;
mod unpack;
mod utilization;

use std::io::{BufRead, BufReader, Read};

pub use arrivals::NoArrivals;
pub use formats::all;
pub use latency::Summary;
pub use measurements::{Measurements, Request};
pub use series::{Kind, Point, Quantity, Series, Unit};
pub use utilization::ServiceUtilization;

use crate::ImportError;
use crate::open::HEAD;
use unpack::Plain;

/// A format of measurements.
pub trait MetricsFormat: Sync {
    /// Its name in messages, e.g. `jmeter-csv`.
    fn name(&self) -> &'static str;

    /// What a file of it is, with its article, e.g. "a Locust statistics file".
    fn noun(&self) -> &'static str;

    /// Does input that begins like this look like the format? `head` is the first 64 KiB, or all of shorter input.
    fn detect(&self, head: &[u8]) -> bool;

    /// Reads all of the input, and counts what is left out.
    ///
    /// # Errors
    /// Input that is not of this format, with its place.
    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError>;
}

/// Reads one input into `into`: unpacks gzip and zstd, recognizes the format, and answers which it is.
///
/// # Errors
/// Empty, unreadable or malformed input, or input of no known format.
pub fn read(input: impl Read, into: &mut Measurements) -> Result<&'static dyn MetricsFormat, ImportError> {
    let mut plain = Plain::new(input)?;
    let head = plain.head()?;
    let format = recognize(&head)?;
    let mut rest = BufReader::new(head.as_slice().chain(&mut plain));
    format.read(&mut rest, into)?;
    drop(rest);
    into.report.files += 1;
    into.report.bytes += plain.stored();
    if plain.broken() {
        into.report.warn("truncated", || "the packed stream breaks off; what came before is used".into());
    }
    Ok(format)
}

/// The format that recognizes the beginning of the input, up to [`HEAD`] bytes of it.
///
/// # Errors
/// [`ImportError::UnknownMetrics`] where none does, [`ImportError::Empty`] where there is nothing but blanks.
pub fn recognize(head: &[u8]) -> Result<&'static dyn MetricsFormat, ImportError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::Empty);
    }
    let head = &head[..head.len().min(HEAD)];
    all().iter().copied().find(|format| format.detect(head)).ok_or(ImportError::UnknownMetrics)
}

/// The error of reading the input as traces, told by name where it holds measurements instead.
pub fn explain(error: ImportError, input: impl Read) -> ImportError {
    if !matches!(error, ImportError::UnknownFormat { .. }) {
        return error;
    }
    let head = Plain::new(input).and_then(|mut plain| plain.head());
    match head.and_then(|head| recognize(&head)) {
        Ok(format) => ImportError::Measurements { noun: format.noun() },
        Err(_) => error,
    }
}
