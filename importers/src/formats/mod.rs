//! The trace formats, one file each.

mod alibaba;
mod broken;
mod chrome;
mod csv;
mod data_prepper;
mod datadog_json;
mod documents;
mod ids;
mod jaeger;
mod jaeger_elasticsearch;
mod jaeger_json;
mod kieker;
mod lenient;
mod nameko_profile;
mod nameko_tracer;
mod otlp;
mod otlp_json;
mod otlp_protobuf;
mod outline;
mod partial;
mod resource;
mod skywalking_json;
mod times;
mod wire;
mod wrapped;
mod xray_json;
mod zipkin_json;

use std::io::BufRead;

use crate::{ImportError, Intake};
pub(crate) use csv::ColumnMap;

/// A format of trace files.
pub trait TraceFormat: Sync {
    /// Name on the command line and in messages, e.g. `jaeger-json`.
    fn name(&self) -> &'static str;

    /// One line on what it is, for help texts.
    fn summary(&self) -> &'static str;

    /// Does input that begins like this look like the format? `head` is the first 64 KiB, or all of shorter input.
    fn detect(&self, head: &[u8]) -> bool;

    /// Does input that begins like this look like the format, given what was read of its folder before? Asked where
    /// no format recognizes the input by itself.
    fn detect_within(&self, _head: &[u8], _intake: &Intake) -> bool {
        false
    }

    /// Does input that begins like this tell how to read others of its folder, so that it must be read before them?
    fn goes_first(&self, _head: &[u8]) -> bool {
        false
    }

    /// Does the input itself tell from how many inputs it was made, and how long they were?
    fn counts_inputs(&self) -> bool {
        false
    }

    /// Reads all spans of the input into `intake`, which also counts what is left out.
    ///
    /// # Errors
    /// Input that is not of this format, with its place. What breaks off after whole records is a warning.
    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError>;

    /// Completes the spans when all inputs are read.
    fn finish(&self, _intake: &mut Intake) {}
}

/// Every format, in alphabetical order. Input is read by the first that recognizes it.
pub fn all() -> &'static [&'static dyn TraceFormat] {
    &[
        &alibaba::Alibaba,
        &chrome::Chrome,
        &csv::Csv,
        &data_prepper::DataPrepper,
        &datadog_json::DatadogJson,
        &jaeger_elasticsearch::JaegerElasticsearch,
        &jaeger_json::JaegerJson,
        &kieker::Kieker,
        &nameko_profile::NamekoProfile,
        &nameko_tracer::NamekoTracer,
        &csv::NezhaCsv,
        &otlp_json::OtlpJson,
        &otlp_protobuf::OtlpProtobuf,
        &csv::SkywalkingCsv,
        &skywalking_json::SkywalkingJson,
        &partial::PartialImport,
        &xray_json::XrayJson,
        &zipkin_json::ZipkinJson,
    ]
}

/// The format of that name.
///
/// # Errors
/// [`ImportError::NoSuchFormat`], whose hint lists the names.
pub fn by_name(name: &str) -> Result<&'static dyn TraceFormat, ImportError> {
    let found = all().iter().copied().find(|format| format.name() == name);
    found.ok_or_else(|| ImportError::NoSuchFormat(name.into()))
}
