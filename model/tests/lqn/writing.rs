//! Written models read back as they were, or the difference is told.

use tracecast_model::{
    Activity, Alternative, Call, CallCount, Choice, Completion, Distribution, Fork, HostResult, Load, Loop,
    Metric, OperationRef, OperationResult, Prediction, RatePoint, RateProfile, Reply, ServiceResult, Step,
    System, Workload, fixtures, lqn,
};

use crate::corpus::models;
use crate::stream::Stream;

/// Writes and reads again; nothing may have been lost.
fn round_trip(system: &System) -> System {
    let written = lqn::write_xml(system).unwrap_or_else(|error| panic!("{error}"));
    assert!(written.notes.is_empty(), "{:#?}", written.notes);
    lqn::read_xml(&written.text).unwrap_or_else(|error| panic!("{error}\n{}", written.text))
}

#[test]
fn the_corpus_reads_back_the_same() {
    for (name, text) in models() {
        let system = lqn::read_xml(&text).unwrap();
        assert!(round_trip(&system) == system, "{name}");
    }
}

#[test]
fn rare_elements_read_back_the_same() {
    let system = lqn::read_xml(include_str!("data/rare.lqnx")).unwrap();
    assert_eq!(round_trip(&system), system);
}

/// Activities without names get some, customers of every workload become a task, and rates belong to entries.
#[test]
fn native_systems_behave_as_before() {
    for system in [
        fixtures::three_tiers(10.0),
        fixtures::closed_network(5, 2.0, &[0.1, 0.2]),
        fixtures::open_station(2, Distribution::with_scv(0.1, 4.0).unwrap(), 3.0),
    ] {
        let written = lqn::write_xml(&system).unwrap();
        let read = lqn::read_xml(&written.text).unwrap();
        assert_eq!(read.hosts.len() - system.hosts.len(), read.services.len() - system.services.len());
        for service in &system.services {
            let same = read.service(&service.name).unwrap();
            assert_eq!((same.concurrency, same.replicas), (service.concurrency, service.replicas));
            for (before, after) in service.operations.iter().zip(&same.operations) {
                assert_eq!(before.demand(), after.demand());
                let calls = |operation: &tracecast_model::Operation| {
                    operation.activities().iter().map(|activity| activity.calls_mean()).sum::<f64>()
                };
                assert_eq!(calls(before), calls(after));
            }
        }
        assert_eq!(read.workloads.len(), system.workloads.len());
        assert_eq!(read.workloads[0].load, system.workloads[0].load);
    }
}

/// Forks at the start, empty branches, loops beside loops, replies after joins: all need activities that do nothing.
#[test]
fn steps_of_any_shape_read_back_the_same() {
    let steps = r#"[
        {"fork": {"branches": [
            [{"activity": {"name": "a", "demand": 1}}, {"loop": {"mean": 2, "count": "geometric", "steps": [{"activity": {"name": "b", "demand": 2}}]}}],
            [{"choice": {"branches": [{"probability": 0.25, "steps": [{"activity": {"name": "c", "demand": 3}}]}, {"probability": 0.75}]}}],
            []
        ], "quorum": 2}},
        {"choice": {"branches": [
            {"probability": 0.5, "steps": [{"activity": {"name": "d", "demand": 4}}, {"reply": {}}]},
            {"probability": 0.5, "steps": [{"reply": {}}, {"activity": {"name": "e", "demand": 5}}]}
        ]}},
        {"loop": {"mean": 3, "count": "geometric", "steps": [{"fork": {"branches": [[], [{"activity": {"name": "f", "demand": 6}}]]}}]}},
        {"loop": {"mean": 4, "count": "geometric", "steps": [{"activity": {"name": "g", "demand": 7}}]}},
        {"fork": {"branches": [[{"activity": {"name": "h", "demand": 8}}], [{"activity": {"name": "i", "demand": 9}}]]}}
    ]"#;
    let mut system = lqn::read_xml(include_str!("data/rare.lqnx")).unwrap();
    system.service_mut("a").unwrap().operations[0].steps = serde_json::from_str(steps).unwrap();
    assert_eq!(round_trip(&system), system);
}

/// Steps at random, nested up to `depth` levels; activities are named by a number.
fn random_steps(depth: usize, stream: &mut Stream, next: &mut usize) -> Vec<Step> {
    let activity = |next: &mut usize| {
        *next += 1;
        Step::Activity(Activity {
            name: Some(format!("x{next}")),
            ..Activity::working(Distribution::exponential(1.0))
        })
    };
    let mut steps = Vec::new();
    for _ in 0..stream.below(4) {
        let kind = if depth == 0 { 0 } else { stream.below(5) };
        let mut inner = |stream: &mut Stream| random_steps(depth - 1, stream, next);
        steps.push(match kind {
            1 => {
                let branches: Vec<_> = (0..2 + stream.below(2)).map(|_| inner(stream)).collect();
                let quorum = (stream.below(3) == 0).then_some(1);
                Step::Fork(Fork { branches, quorum })
            }
            2 => {
                let branch = |steps| Alternative { probability: 0.5, steps };
                Step::Choice(Choice { branches: vec![branch(inner(stream)), branch(inner(stream))] })
            }
            3 => Step::Loop(Loop { mean: 2.5, count: CallCount::Geometric, steps: inner(stream) }),
            _ => activity(next),
        });
    }
    steps
}

#[test]
fn random_steps_read_back_the_same() {
    let mut system = lqn::read_xml(include_str!("data/rare.lqnx")).unwrap();
    let mut stream = Stream(0x0123_4567_89ab_cdef);
    for _ in 0..300 {
        let mut steps = random_steps(3, &mut stream, &mut 0);
        // A reply somewhere in the row, but with something behind it, else it is left out as the end's.
        if steps.len() > 1 && stream.below(2) == 0 {
            let place = stream.below(steps.len());
            steps.insert(place, Step::Reply(Reply::default()));
        } else if let Some(Step::Fork(fork)) = steps.iter_mut().find(|step| matches!(step, Step::Fork(_))) {
            // Or in one of parallel branches.
            let branch = stream.below(fork.branches.len());
            fork.branches[branch].push(Step::Reply(Reply::default()));
        }
        system.service_mut("a").unwrap().operations[0].steps = steps;
        assert_eq!(round_trip(&system), system);
    }
}

#[test]
fn names_of_entries_are_made_unique() {
    let mut system = fixtures::three_tiers(10.0);
    system.workloads[0].name = "web.handle".into();
    let written = lqn::write_xml(&system).unwrap();
    assert!(written.notes.iter().any(|note| note.contains("web/handle")), "{:?}", written.notes);
    let read = lqn::read_xml(&written.text).unwrap();
    assert_eq!(read.workloads[0].requests[0].operation, OperationRef::new("web", "web.handle"));
}

/// Each thing that is said otherwise is told, with its element.
#[test]
fn what_is_lost_is_told() {
    let mut system = fixtures::three_tiers(10.0);
    let web = &mut system.services[0];
    web.replicas = 2;
    web.external = true;
    let Step::Activity(activity) = &mut web.operations[0].steps[0] else { panic!() };
    activity.demand = serde_json::from_str(r#"{"family": "uniform", "low": 1, "high": 2}"#).unwrap();
    activity.delay = Distribution::deterministic(1.0);
    activity.calls[0].mean = 1.5;
    system.workloads[0].completion = Completion::AllWork;
    let notes = lqn::write_xml(&system).unwrap().notes;
    for (element, words) in [
        ("service \"web\"", "round_robin"),
        ("service \"web\"", "external"),
        ("operation \"web/handle\"", "demand"),
        ("operation \"web/handle\"", "delay"),
        ("operation \"web/handle\"", "geometric"),
        ("workload \"users\"", "done at the reply"),
        ("workload \"users\"", "open arrivals"),
    ] {
        assert!(
            notes.iter().any(|note| note.contains(element) && note.contains(words)),
            "{words}: {notes:#?}"
        );
    }
}

/// Everything that has no counterpart is refused at once, with its element.
#[test]
fn what_cannot_be_said_is_refused() {
    let mut system = fixtures::burst_queue(50, 2, Distribution::exponential(0.3));
    system.services[0].cpu_limit = Some(0.5);
    system.services[2].queue_capacity = Some(0);
    system.hosts[0].share_groups = vec![serde_json::from_str(r#"{"name": "half", "share": 0.5}"#).unwrap()];
    system.hosts[0].scheduling = tracecast_model::Scheduling::Fcfs;
    let points = [(0.0, 0.0), (60.0, 10.0)].map(|(at, rate)| RatePoint { at, rate });
    let operation = system.workloads[0].requests[0].operation.clone();
    for (name, load) in [
        ("ramp", Load::Profile(RateProfile::new(points.to_vec()))),
        ("recording", Load::Replay { at: vec![0.0] }),
    ] {
        system.workloads.push(Workload::new(name, operation.clone(), load));
    }
    let latency = Distribution::exponential(0.1);
    let call = Call { latency, ..Call::new(OperationRef::new("storage", "transfer")) };
    system.services[0].operations[0].steps.push(Step::Activity(Activity::calling(call)));
    let error = lqn::write_xml(&system).unwrap_err();
    for (element, words) in [
        ("workload \"burst\"", "bursts"),
        ("workload \"ramp\"", "varies"),
        ("workload \"recording\"", "recorded"),
        ("service \"gateway\"", "limit"),
        ("service \"storage\"", "queue"),
        ("host \"front\"", "share groups"),
        ("gateway", "network"),
    ] {
        let told = error.problems.iter().any(|problem| problem.contains(element) && problem.contains(words));
        assert!(told, "{words}: {error}");
    }
}

/// Figures stand beside their elements, and reading leaves them out.
#[test]
fn results_are_written_beside_the_elements() {
    let system = fixtures::open_station(1, Distribution::exponential(0.5), 1.0);
    let mut prediction = Prediction::new("simulation", "events");
    let metric = |mean| Some(Metric { mean, half_width: Some(0.25) });
    prediction.hosts.insert("machine".into(), HostResult { utilization: metric(0.5) });
    let service =
        ServiceResult { throughput: metric(1.0), utilization: metric(2.0), ..ServiceResult::default() };
    prediction.services.insert("station".into(), service);
    let operation = OperationResult {
        throughput: metric(1.0),
        holding_time: vec![Metric::exact(3.0)],
        ..OperationResult::default()
    };
    prediction.operations.insert("station/serve".into(), operation);
    let text = lqn::write_results(&system, &prediction).unwrap().text;
    for expected in [
        r#"<result-general solver-info="tracecast simulation (events)" valid="YES"/>"#,
        r#"<result-processor utilization="0.5">"#,
        r#"<result-conf-95 utilization="0.25"/>"#,
        r#"<result-task throughput="1" utilization="2">"#,
        // One request a second that works for half a second.
        r#"<result-entry throughput="1" proc-utilization="0.5">"#,
        r#"<result-conf-95 throughput="0.25" proc-utilization="0.125"/>"#,
        r#"<result-activity service-time="3"/>"#,
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let plain = lqn::write_xml(&system).unwrap().text;
    assert_eq!(lqn::read_xml(&text).unwrap(), lqn::read_xml(&plain).unwrap());
}
