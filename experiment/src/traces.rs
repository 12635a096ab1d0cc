//! What the simulator recorded of single requests, as the spans that the simulated services would have sent, and as a table.

use tracecast_importers::{Attributes, Name, Nanos, Span, SpanId, SpanKind, TraceId};
use tracecast_model::{OperationId, System};
use tracecast_simulator::{Recording, RequestRecord, Side, SpanRecord};

/// The start of simulated time on the clock of the spans: 2026-01-01T00:00:00Z.
const EPOCH: Nanos = 1_767_225_600_000_000_000;

/// The recorded requests as traces, each with its spans together and parents before their children.
///
/// A synchronous call has a client's and a server's span, an asynchronous one a producer's and a consumer's, with the name
/// of the work queue where there is one. Services that are external record nothing, so that they are known from the spans
/// of their callers alone. Work after a reply is an internal span. Ids depend on `seed` and the number of the request only.
pub fn spans(system: &System, recording: &Recording, seed: u64) -> Vec<Span> {
    let operations = operations(system);
    let mut spans = Vec::with_capacity(recording.spans.len());
    for records in recording.spans.chunk_by(|a, b| a.request == b.request) {
        let visible = |record: &&SpanRecord| !operations[record.operation.0].external;
        for record in records.iter().filter(visible) {
            let mut parent = record.parent;
            // What an external service called is taken as called by whoever called that.
            while let Some(hidden) =
                parent.and_then(|parent| find(records, parent)).filter(|record| !visible(record))
            {
                parent = hidden.parent;
            }
            spans.push(span(record, parent, &operations, seed));
        }
    }
    spans
}

fn find(records: &[SpanRecord], number: u32) -> Option<&SpanRecord> {
    records.binary_search_by_key(&number, |record| record.number).ok().map(|place| &records[place])
}

/// An operation as spans name it.
struct Named {
    service: Name,
    name: Name,
    after_reply: Name,
    queue: Option<Name>,
    instances: std::rc::Rc<[Name]>,
    external: bool,
}

fn operations(system: &System) -> Vec<Named> {
    let mut named = Vec::new();
    for service in &system.services {
        let name: Name = service.name.as_str().into();
        let queue = service.work_queue.as_ref().map(|queue| Name::from(queue.name.as_str()));
        let instances: std::rc::Rc<[Name]> =
            (0..service.replicas).map(|replica| Name::from(format!("{name}-{replica}"))).collect();
        named.extend(service.operations.iter().map(|operation| Named {
            service: name.clone(),
            name: operation.name.as_str().into(),
            after_reply: format!("{} after the reply", operation.name).into(),
            queue: queue.clone(),
            instances: instances.clone(),
            external: service.external,
        }));
    }
    named
}

fn span(record: &SpanRecord, parent: Option<u32>, operations: &[Named], seed: u64) -> Span {
    let of = |OperationId(place)| &operations[place];
    let own = of(record.operation);
    let other = record.callee.map(of);
    let mut attributes =
        Attributes { peer_service: other.map(|other| other.service.clone()), ..Attributes::default() };
    let (kind, message) = match record.side {
        Side::Client => (SpanKind::Client, None),
        Side::Server | Side::Forwarded => (SpanKind::Server, None),
        Side::Producer => (SpanKind::Producer, Some("send")),
        Side::Consumer => (SpanKind::Consumer, Some("process")),
        Side::AfterReply => (SpanKind::Internal, None),
    };
    let queue = other.unwrap_or(own).queue.as_ref().filter(|_| message.is_some());
    if let (Some(queue), Some(message)) = (queue, message) {
        attributes.destination = Some(queue.clone());
        attributes.message_operation = Some(message.into());
    }
    let name = match record.side {
        Side::AfterReply => &own.after_reply,
        _ => &other.unwrap_or(own).name,
    };
    Span {
        trace_id: trace_id(seed, record.request),
        span_id: span_id(record.request, record.number),
        parent: parent.map(|number| span_id(record.request, number)),
        follows: false,
        links: Vec::new(),
        service: own.service.clone(),
        instance: own.instances.get(record.replica as usize).cloned(),
        name: name.clone(),
        kind,
        start: nanos(record.start),
        end: nanos(record.end),
        error: record.failed,
        attributes,
    }
}

fn nanos(seconds: f64) -> Nanos {
    EPOCH + (seconds * 1e9).round() as Nanos
}

/// The id of the trace of a request, by its place in the recording.
fn trace_id(seed: u64, request: u32) -> TraceId {
    let number = u64::from(request) + 1;
    TraceId((u128::from(scatter(seed)) << 64 | u128::from(scatter(number))).to_be_bytes())
}

fn span_id(request: u32, number: u32) -> SpanId {
    SpanId(scatter(u64::from(request) << 32 | u64::from(number)).to_be_bytes())
}

/// A one-to-one map of numbers that looks like chance (the finalizer of SplitMix64; Steele, Lea and Flood 2014); only 0
/// becomes 0.
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The recorded requests as CSV, one row for each: its trace, its workload, what it asked for, when it was sent, how long the
/// reply took and how long all its work (s; empty where that had not ended), whether it failed, and the visits that it caused.
///
/// # Errors
/// None is known for tables in memory.
pub fn request_table(system: &System, recording: &Recording, seed: u64) -> Result<Vec<u8>, csv::Error> {
    let names: Vec<String> = system.operations().map(|(name, _)| name.to_string()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "trace_id",
        "workload",
        "operation",
        "start",
        "response_time",
        "all_work_time",
        "failed",
        "visits",
    ])?;
    for (place, request) in (0..).zip(&recording.requests) {
        let RequestRecord { workload, operation, sent, answered, ended, failed, visits, .. } = *request;
        let since = |time: Option<f64>| time.map_or(String::new(), |time| (time - sent).to_string());
        writer.write_record([
            trace_id(seed, place).to_string(),
            system.workloads[workload].name.clone(),
            names[operation.0].clone(),
            sent.to_string(),
            since(answered),
            since(ended),
            failed.to_string(),
            visits.to_string(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
