//! The log of nameko-tracer: a JSON record a line, one at the request and one at the response of every entrypoint
//! called, each service with a log of its own.
//!
//! The record of the response tells all: when it ended (naive UTC), how long it took, and the stack of call ids, whose
//! last but one is the caller's. Records of requests are only used where the response does not say how long it took.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::documents;
use super::lenient::{Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, ids, times};
use crate::{Attributes, ImportError, Intake, Nanos, Span, SpanId, SpanKind};

/// See the module.
pub(super) struct NamekoTracer;

const NAME: &str = "nameko-tracer";

impl TraceFormat for NamekoTracer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "nameko-tracer log: a JSON record a line for every request and response of an entrypoint"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has(1, "call_id") && outline.has(1, "call_id_stack")
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }

    fn finish(&self, intake: &mut Intake) {
        let open = intake.pending.take::<Open>();
        intake.report.skipped += open.0.len() as u64;
        intake.report.warn_many("unfinished-call", open.0.len() as u64, || {
            "an entrypoint was called and its response is not in the log; left out".into()
        });
    }
}

/// Calls of which only the request was read, with its time.
#[derive(Default)]
struct Open(HashMap<SpanId, Nanos>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    hostname: Scalar<'a>,
    #[serde(borrow)]
    service: Scalar<'a>,
    #[serde(borrow)]
    entrypoint_type: Scalar<'a>,
    #[serde(borrow)]
    entrypoint_name: Scalar<'a>,
    #[serde(borrow)]
    call_id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    call_id_stack: Vec<Scalar<'a>>,
    #[serde(borrow)]
    origin_call_id: Scalar<'a>,
    #[serde(borrow)]
    stage: Scalar<'a>,
    #[serde(borrow)]
    response_status: Scalar<'a>,
    #[serde(borrow)]
    response_time: Scalar<'a>,
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    let record: Record<'_> = serde_json::from_slice(json)?;
    if record.take_in(intake).is_none() {
        intake.skip("malformed-record", || {
            let id = record.call_id.text().unwrap_or_default();
            format!("the record of call \"{id}\" lacks its id, stage, service or times")
        });
    }
    Ok(())
}

impl Record<'_> {
    fn take_in(&self, intake: &mut Intake) -> Option<()> {
        let call_id = self.call_id.text()?;
        let span_id = ids::span_id(&call_id)?;
        let time = times::iso(&self.timestamp.text()?)?;
        match &*self.stage.text()? {
            "request" => {
                intake.pending.of::<Open>().0.insert(span_id, time);
                Some(())
            }
            "response" => {
                let requested = intake.pending.of::<Open>().0.remove(&span_id);
                let start = match times::seconds(&self.response_time) {
                    Some(took) => time.saturating_sub(took),
                    None => requested?,
                };
                let span = self.span(span_id, start, time, intake)?;
                intake.push(span);
                Some(())
            }
            _ => None,
        }
    }

    fn span(&self, span_id: SpanId, start: Nanos, end: Nanos, intake: &mut Intake) -> Option<Span> {
        let stack: Vec<_> = self.call_id_stack.iter().filter_map(Scalar::text).collect();
        let caller = stack.len().checked_sub(2).map(|place| &stack[place]);
        let first = self.origin_call_id.text().or_else(|| stack.first().cloned()).or(self.call_id.text())?;
        let handles_message =
            self.entrypoint_type.text().is_some_and(|kind| matches!(&*kind, "EventHandler" | "Consumer"));
        Some(Span {
            trace_id: ids::trace_id(&first)?,
            span_id,
            parent: caller.and_then(|id| ids::span_id(id)),
            follows: false,
            links: Vec::new(),
            service: intake.non_empty(&self.service.text()?)?,
            instance: self.hostname.text().and_then(|host| intake.non_empty(&host)),
            name: intake.non_empty(&self.entrypoint_name.text()?)?,
            kind: if handles_message { SpanKind::Consumer } else { SpanKind::Server },
            start,
            end,
            error: self.response_status.text().is_some_and(|status| status == "error"),
            attributes: Attributes::default(),
        })
    }
}
