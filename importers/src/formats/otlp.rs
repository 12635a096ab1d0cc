//! What OTLP says in JSON, in protobuf and as stored by others alike: the meaning of its fields.

use std::borrow::Cow;

use super::lenient::Scalar;
use super::resource::Resource;
use crate::span::{Sampling, SpanLink};
use crate::{Attributes, Intake, Nanos, Span, SpanId, SpanKind, TraceId};

/// A span as it stands in the file. What is absent is 0 or empty, as protobuf has it.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) trace_id: Option<TraceId>,
    pub(super) span_id: Option<SpanId>,
    pub(super) parent: Option<SpanId>,
    pub(super) trace_state: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) kind: SpanKind,
    pub(super) start: Nanos,
    pub(super) end: Nanos,
    pub(super) error: bool,
    pub(super) links: Vec<SpanLink>,
    pub(super) attributes: Attributes,
}

impl Fields<'_> {
    /// Takes the span in, or counts it as left out where it lacks what a span needs.
    pub(super) fn take_in(mut self, resource: &Resource, intake: &mut Intake) {
        let (service, instance) = resource.names(intake);
        let (Some(trace_id), Some(span_id), false) =
            (self.trace_id, self.span_id, self.start == 0 && self.end == 0)
        else {
            intake.skip("malformed-record", || {
                format!("span \"{}\" of {service} lacks an id or its times", self.name)
            });
            return;
        };
        if self.end == 0 {
            self.end = self.start;
            intake.report.warn("missing-duration", || {
                format!("span {span_id} \"{}\" of {service} has no end: it ends as it starts", self.name)
            });
        }
        self.attributes.sampling = self.attributes.sampling.or_else(|| sampling(&self.trace_state));
        let name = intake.non_empty(&self.name).unwrap_or_else(|| intake.name("unnamed"));
        intake.push(Span {
            trace_id,
            span_id,
            parent: self.parent,
            follows: false,
            links: self.links,
            service,
            instance,
            name,
            kind: self.kind,
            start: self.start,
            end: self.end,
            error: self.error,
            attributes: self.attributes,
        });
    }
}

/// The enumeration `SpanKind`.
pub(super) fn kind(number: i64) -> SpanKind {
    match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// The enumeration `SpanKind`, by names (those of OpenTelemetry, Jaeger and Zipkin) or by numbers as text.
pub(super) fn named_kind(text: &str) -> SpanKind {
    match text.strip_prefix("SPAN_KIND_").unwrap_or(text).to_ascii_lowercase().as_str() {
        "internal" | "1" => SpanKind::Internal,
        "server" | "2" => SpanKind::Server,
        "client" | "3" => SpanKind::Client,
        "producer" | "4" => SpanKind::Producer,
        "consumer" | "5" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// Of `StatusCode`: the one of errors.
pub(super) const ERROR: i64 = 2;

/// Is a status code, as number or by a name, that of errors?
pub(super) fn is_error(code: &Scalar<'_>) -> bool {
    code.integer() == Some(ERROR)
        || matches!(code, Scalar::Text(text) if text.to_ascii_uppercase().ends_with("ERROR"))
}

/// The probability of sampling in a trace state: the rejection threshold `ot=th:` of OpenTelemetry's specification
/// "TraceState: Probability Sampling", up to 14 hexadecimal digits of a 56-bit fraction.
fn sampling(trace_state: &str) -> Option<Sampling> {
    let ours = trace_state.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    let threshold = ours.split(';').find_map(|field| field.strip_prefix("th:"))?;
    if threshold.is_empty() || threshold.len() > 14 {
        return None;
    }
    let digits = u64::from_str_radix(threshold, 16).ok()?;
    let rejected = digits as f64 / 16f64.powi(threshold.len() as i32);
    Some(Sampling { probability: 1.0 - rejected })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the specification: `th:0` is 100 %, `th:8` 50 %, `th:c` 25 %.
    #[test]
    fn thresholds_are_probabilities() {
        let probability = |state| sampling(state).map(|sampling| sampling.probability);
        assert_eq!(probability("ot=th:0"), Some(1.0));
        assert_eq!(probability("vendor=1,ot=rv:abc;th:8"), Some(0.5));
        assert_eq!(probability("ot=th:c"), Some(0.25));
        assert_eq!(probability("ot=th:x"), None);
        assert_eq!(probability("th:8"), None);
    }
}
