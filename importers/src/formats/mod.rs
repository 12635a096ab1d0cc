//! The trace formats, one file each.

mod documents;
mod ids;
mod jaeger_json;
mod lenient;
mod otlp;
mod otlp_json;
mod otlp_protobuf;
mod outline;
mod wire;
mod zipkin_json;

use std::io::BufRead;

use crate::{ImportError, Intake};

/// A format of trace files.
pub trait TraceFormat: Sync {
    /// Name on the command line and in messages, e.g. `jaeger-json`.
    fn name(&self) -> &'static str;

    /// One line on what it is, for help texts.
    fn summary(&self) -> &'static str;

    /// Does input that begins like this look like the format? `head` is the first 64 KiB, or all of shorter input.
    fn detect(&self, head: &[u8]) -> bool;

    /// Reads all spans of the input into `intake`, which also counts what is left out.
    ///
    /// # Errors
    /// Input that is not of this format, with its place. What breaks off after whole records is a warning.
    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError>;
}

/// Every format, in alphabetical order. Input is read by the first that recognizes it.
pub fn all() -> &'static [&'static dyn TraceFormat] {
    &[&jaeger_json::JaegerJson, &otlp_json::OtlpJson, &otlp_protobuf::OtlpProtobuf, &zipkin_json::ZipkinJson]
}

/// The format of that name.
///
/// # Errors
/// [`ImportError::NoSuchFormat`], whose hint lists the names.
pub fn by_name(name: &str) -> Result<&'static dyn TraceFormat, ImportError> {
    let found = all().iter().copied().find(|format| format.name() == name);
    found.ok_or_else(|| ImportError::NoSuchFormat(name.into()))
}
