//! Recordings against the figures of the run that they are of, by operational laws.

use tracecast_model::{
    Activity, Call, Distribution, Engine, EngineOptions, Host, Load, Multiplicity, Operation, OperationId,
    OperationRef, RunControl, Scheduling, Service, Step, System, WorkQueue, Workload,
};

use super::*;

/// A front that works, calls a back end with one thread twice over a network and, in a branch beside, a cache, and then
/// sends a message to workers.
fn shop() -> System {
    let to = |service: &str| OperationRef::new(service, "serve");
    let exponential = |mean| Activity::working(Distribution::exponential(mean));
    let mut twice = Call::new(to("back")).with_mean(2.0);
    twice.latency = Distribution::deterministic(0.05);
    let message = Activity::calling(Call::new(to("workers")).asynchronous());
    let branch = |call| vec![Step::Activity(Activity::calling(call))];
    let front = Operation::new("serve")
        .with_activity(exponential(0.1))
        .with_fork(vec![branch(twice), branch(Call::new(to("cache")))])
        .with_activity(message);
    let leaf = |mean| Operation::new("serve").with_activity(exponential(mean));
    let mut workers = Service::new("workers", "workers").with_operation(leaf(0.5)).with_replicas(2);
    workers.work_queue = Some(WorkQueue::new("jobs"));
    workers.concurrency = Multiplicity::Finite(1);
    let mut system = System::default();
    for name in ["front", "back", "cache", "workers"] {
        let mut host = Host::new(name).with_scheduling(Scheduling::Ps);
        host.per_replica = true;
        system.hosts.push(host);
    }
    system.services = vec![
        Service::new("front", "front").with_operation(front),
        Service::new("back", "back").with_operation(leaf(0.2)).with_concurrency(1),
        Service::new("cache", "cache").with_operation(leaf(0.05)),
        workers,
    ];
    system.workloads.push(Workload::new("users", to("front"), Load::Poisson { rate: 1.0 }));
    system
}

fn record(system: &System, requests: usize) -> Recording {
    let what = TraceOptions { requests };
    Simulation.trace(system, &EngineOptions::default(), &what, &RunControl::none()).unwrap()
}

#[test]
fn spans_nest_and_tell_waits_from_work() {
    let recording = record(&shop(), 500);
    assert_eq!(recording.warnings, []);
    assert_eq!(recording.requests.len(), 500);
    for (place, request) in (0..).zip(&recording.requests) {
        let spans: Vec<&SpanRecord> = recording.spans.iter().filter(|span| span.request == place).collect();
        // front, two calls of back with two sides each, one of cache, a message with two sides.
        assert_eq!((spans.len(), request.spans, request.visits), (9, 9, 5));
        let root = spans[0];
        assert_eq!((root.parent, root.side, root.start), (None, Side::Server, request.sent));
        assert_eq!(Some(root.end), request.answered);
        let last = spans.iter().map(|span| span.end).fold(0.0, f64::max);
        assert_eq!(Some(last), request.ended);
        for span in &spans[1..] {
            let parent = spans[span.parent.unwrap() as usize - 1];
            assert!(span.start >= parent.start && span.start <= span.end, "{span:?} in {parent:?}");
            match span.side {
                Side::Client => assert!(parent.side == Side::Server && span.end <= parent.end),
                Side::Server => {
                    assert_eq!(
                        (parent.side, span.end),
                        (Side::Client, parent.end),
                        "the reply is there at once"
                    );
                    let travels = if span.operation == OperationId(1) { 0.05 } else { 0.0 };
                    assert!(span.start - parent.start >= travels - 1e-9, "{span:?} in {parent:?}");
                }
                Side::Producer => assert!(span.start == span.end && parent.side == Side::Server),
                Side::Consumer => assert_eq!(parent.side, Side::Producer),
                Side::Forwarded | Side::AfterReply => panic!("{span:?}"),
            }
        }
    }
}

/// Little's law on the spans: so many threads of an operation are busy in the mean as spans are open, and visits of requests
/// follow the forced flow law. The intervals of the prediction hold the figures of the recording within three half widths
/// of what each leaves open (1 % precision, and 20 000 requests).
#[test]
fn spans_add_up_to_the_predicted_figures() {
    let system = shop();
    let recording = record(&system, 20_000);
    let options = EngineOptions { precision: 0.01, ..EngineOptions::default() };
    let prediction = Simulation.predict(&system, &options, &RunControl::none()).unwrap();
    let window = recording.until - recording.from;
    for (place, (name, _)) in system.operations().enumerate() {
        let of = |span: &&SpanRecord| {
            span.operation == OperationId(place) && matches!(span.side, Side::Server | Side::Consumer)
        };
        let seconds: f64 = recording.spans.iter().filter(of).map(|span| span.end - span.start).sum();
        let predicted = prediction.operations[&name.to_string()].utilization.unwrap().mean;
        assert!(
            (seconds / window / predicted - 1.0).abs() < 0.04,
            "{name}: {} not {predicted}",
            seconds / window
        );
    }
    let responses = recording.requests.iter().map(|request| request.answered.unwrap() - request.sent);
    let mean = responses.sum::<f64>() / recording.requests.len() as f64;
    let predicted = prediction.workloads["users"].response_time.unwrap().mean;
    assert!((mean / predicted - 1.0).abs() < 0.04, "{mean} not {predicted}");
}
