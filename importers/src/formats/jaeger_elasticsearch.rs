//! Jaeger's span documents in Elasticsearch and OpenSearch (indices `jaeger-span-…`): lines, bulk lines, hits, or the
//! answer to a search. A document is a span with its process in it.

use std::io::BufRead;

use super::jaeger::RawSpan;
use super::lenient::Scalar;
use super::outline::Outline;
use super::wrapped::{self, ELASTIC};
use super::{TraceFormat, documents};
use crate::{ImportError, Intake};

/// See the module.
pub(super) struct JaegerElasticsearch;

const NAME: &str = "jaeger-elasticsearch";

impl TraceFormat for JaegerElasticsearch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Jaeger's span documents in Elasticsearch or OpenSearch: lines, bulk lines or hits"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        let keys = ["traceID", "spanID", "operationName", "process"];
        wrapped::has_documents(&outline, |depth| keys.iter().all(|key| outline.has(depth, key)))
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    wrapped::records(json, ELASTIC, |span: RawSpan<'_>| span.take_in(&Scalar::Other, None, intake))
}
