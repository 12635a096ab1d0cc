use tracecast_importers::{Attributes, ImportReport, Nanos, Span, SpanId, SpanKind, TraceId, assemble};

use super::*;
use crate::call_tree::{breakdown, call_trees, request_types};

/// A request at `begin` of a gateway that calls a service, for a number of nanoseconds each.
struct Request {
    begin: Nanos,
    gateway: Nanos,
    calls: Vec<(&'static str, Nanos)>,
    failed: bool,
}

fn spans(requests: &[Request]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (trace, request) in (1u128..).zip(requests) {
        let span = |id: u8, service: &str, start: Nanos, end: Nanos| Span {
            trace_id: TraceId(trace.to_be_bytes()),
            span_id: SpanId([id; 8]),
            links: Vec::new(),
            parent: (id > 1).then_some(SpanId([1; 8])),
            service: service.into(),
            instance: None,
            name: format!("op-{service}").into(),
            kind: SpanKind::Server,
            start,
            end,
            error: request.failed,
            follows: false,
            attributes: Attributes::default(),
        };
        let mut at = request.begin + request.gateway;
        let begin = request.begin;
        let inner: Vec<Span> = (2u8..)
            .zip(&request.calls)
            .map(|(id, (service, time))| {
                at += time;
                span(id, service, at - time, at)
            })
            .collect();
        spans.push(span(1, "gateway", begin, at));
        spans.extend(inner);
    }
    spans
}

fn trees(requests: &[Request]) -> Vec<CallTree> {
    call_trees(&assemble(spans(requests), &mut ImportReport::default()))
}

/// Requests one per millisecond, whose times vary a little in a fixed way.
fn recorded(count: i64, calls: impl Fn(i64) -> Vec<(&'static str, Nanos)>) -> Vec<Request> {
    let request = |k: i64| Request {
        begin: 1_000_000 * k,
        gateway: 1000 + k * 37 % 101,
        calls: calls(k),
        failed: false,
    };
    (0..count).map(request).collect()
}

fn compared(base: &[Request], candidate: &[Request]) -> TraceComparison {
    compare_traces(Pair { base: &trees(base), candidate: &trees(candidate) })
}

fn of<'a>(requests: &'a TypeDifference, service: &str) -> &'a OperationDifference {
    requests.operations.iter().find(|operation| &*operation.service == service).unwrap()
}

/// A service that takes 500 ns longer is named, with all of the change of the response time, and nothing else is.
#[test]
fn a_known_delay_is_found_where_it_is() {
    let base = recorded(60, |k| vec![("stock", 2000 + k * 53 % 211), ("mail", 700 + k % 13)]);
    let candidate = recorded(60, |k| vec![("stock", 2500 + k * 53 % 211), ("mail", 700 + k % 13)]);
    let found = compared(&base, &candidate);
    let [requests] = found.types.as_slice() else { panic!("{found:?}") };
    let time = &requests.response_time;
    assert_eq!(time.finding, Finding::Larger);
    assert!((time.change.value - 500e-9).abs() < 1e-15, "{time:?}");
    assert_eq!(&*requests.operations[0].service, "stock");
    let stock = of(requests, "stock");
    assert!((stock.critical.share.unwrap() - 1.0).abs() < 1e-6);
    assert!((stock.time.as_ref().unwrap().shift.value - 500e-9).abs() < 1e-15);
    for service in ["gateway", "mail"] {
        let other = of(requests, service).time.as_ref().unwrap();
        assert!(!other.is_significant() && other.shift.value == 0.0, "{other:?}");
    }
    assert!(found.only_one.is_empty() && !found.arrivals.differs());
    assert_eq!(found.regressions(0.1).count(), 1);
    // 500 of about 3900.
    assert_eq!(found.regressions(0.2).count(), 0);
}

/// A call made twice instead of once is a change of calls, not of the time of one; the other direction is the opposite.
#[test]
fn calls_are_told_from_their_time() {
    let base = recorded(40, |k| vec![("stock", 2000 + k % 17)]);
    let candidate = recorded(40, |k| vec![("stock", 2000 + k % 17), ("stock", 2000 + k % 17)]);
    for (found, finding, change) in [
        (compared(&base, &candidate), Finding::Larger, 1.0),
        (compared(&candidate, &base), Finding::Smaller, -1.0),
    ] {
        let stock = of(&found.types[0], "stock");
        let calls = stock.calls.as_ref().unwrap();
        assert_eq!((calls.finding, calls.change.value), (finding, change));
        assert!(!stock.time.as_ref().unwrap().is_significant());
    }
}

/// Of six requests on each side some differences cannot be seen, and that is said; of none at all nothing is.
#[test]
fn too_few_requests_cannot_tell() {
    let base = recorded(3, |k| vec![("stock", 2000 + k)]);
    let candidate = recorded(3, |k| vec![("stock", 9000 + k)]);
    let time = &compared(&base, &candidate).types[0].response_time;
    assert_eq!((time.finding, time.detectable), (Finding::CannotTell, None));
    // 2 of the 20 ways to choose 3 of 6 are as extreme.
    assert!((time.p - 0.1).abs() < 1e-12);
    assert!(compared(&base, &[]).types.is_empty());
}

#[test]
fn what_only_one_side_has() {
    let base = recorded(30, |_| vec![("stock", 2000), ("mail", 500)]);
    let mut candidate = recorded(30, |_| vec![("stock", 2000), ("mail", 500), ("fraud", 900)]);
    let found = compared(&base, &candidate);
    let [one] = found.only_one.as_slice() else { panic!("{:?}", found.only_one) };
    assert_eq!((one.kind, one.name.as_str()), (Kind::Service, "fraud"));
    assert!(one.requests.is_significant());
    assert!((of(&found.types[0], "fraud").critical.change.value - 900e-9).abs() < 1e-15);
    // Once in thirty says nothing.
    candidate.iter_mut().skip(1).for_each(|request| request.calls.truncate(2));
    assert!(!compared(&base, &candidate).only_one[0].requests.is_significant());
}

/// Requests whose calls are all others than before are still compared with those of the same operation.
#[test]
fn requests_that_call_others_than_before() {
    let base = recorded(20, |_| vec![("stock", 2000), ("mail", 500)]);
    let candidate = recorded(20, |_| vec![("search", 3000), ("rank", 500), ("cart", 500)]);
    let found = compared(&base, &candidate);
    let [requests] = found.types.as_slice() else { panic!("{found:?}") };
    assert!((requests.response_time.change.value - 1500e-9).abs() < 1e-15);
}

/// Errors and load: all fail, at twice the rate.
#[test]
fn errors_and_load() {
    let base = recorded(200, |_| vec![("stock", 2000)]);
    let mut candidate = recorded(200, |_| vec![("stock", 2000)]);
    for request in &mut candidate {
        request.failed = true;
        request.begin /= 2;
    }
    let found = compared(&base, &candidate);
    assert!(found.types[0].errors.is_significant());
    assert_eq!(found.types[0].errors.hits, Pair { base: 0, candidate: 200 });
    assert!(found.arrivals.differs());
    assert!((found.arrivals.ratio.unwrap() - 2.0).abs() < 1e-9);
}

/// The contributions sum to the change of the mean, and are those of the breakdown of either side.
#[test]
fn contributions_sum_to_the_change() {
    let base = recorded(31, |k| vec![("stock", 2000 + k * 53 % 211), ("mail", 700 + k % 13)]);
    let candidate = recorded(47, |k| vec![("stock", 1500 + k * 31 % 977), ("cart", 300 + k % 29)]);
    let (base, candidate) = (trees(&base), trees(&candidate));
    let found = compare_traces(Pair { base: &base, candidate: &candidate });
    let requests = &found.types[0];
    let sum: f64 = requests.operations.iter().map(|operation| operation.critical.change.value).sum();
    assert!((sum - requests.response_time.change.value).abs() < 1e-15);
    for (trees, of_side) in
        [(&base, (|pair| pair.base) as fn(Pair<f64>) -> f64), (&candidate, |pair| pair.candidate)]
    {
        let times = breakdown(trees, &request_types(trees));
        for operation in &times.types[0].operations {
            let mean = of(requests, &operation.service).critical.mean;
            assert!((of_side(mean) - operation.critical_time).abs() < 1e-15);
        }
    }
}
