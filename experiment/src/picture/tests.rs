//! What must hold for every picture, whatever its coordinates.

use proptest::prelude::*;
use tracecast_model::{
    Activity, Burst, Call, Distribution, Host, HostResult, Load, Metric, Multiplicity, Operation,
    OperationRef, Prediction, Request, Service, ServiceResult, System, WorkQueue, Workload, fixtures,
};

use super::placement::Area;
use super::*;

fn area(node: &Node) -> Area {
    Area { x: node.x, y: node.y, w: node.w, h: node.h }
}

fn node<'a>(picture: &'a Picture, id: &str) -> &'a Node {
    picture.nodes.iter().find(|node| node.id == id).unwrap_or_else(|| panic!("no {id}"))
}

fn ends(picture: &Picture) -> Vec<(&str, &str, EdgeKind, &str)> {
    picture
        .edges
        .iter()
        .map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.kind, edge.label.as_str()))
        .collect()
}

/// Services `s0`, `s1`, … of one operation each, with the given calls.
fn system_of(count: usize, calls: &[(usize, usize, f64, bool)]) -> System {
    let mut system = System { hosts: vec![Host::new("h")], ..System::default() };
    for k in 0..count {
        let mut operation = Operation::new("o");
        for &(from, to, mean, asynchronous) in calls.iter().filter(|call| call.0 == k) {
            assert_eq!(from, k);
            let call = Call::new(OperationRef::new(format!("s{to}"), "o")).with_mean(mean);
            operation = operation.with_call(if asynchronous { call.asynchronous() } else { call });
        }
        system.services.push(Service::new(format!("s{k}"), "h").with_operation(operation));
    }
    system
}

/// Boxes are apart and inside the picture, and lines start and end at their boxes and cross no other.
fn assert_well_drawn(picture: &Picture) {
    for (k, one) in picture.nodes.iter().enumerate() {
        assert!(one.x >= 0.0 && one.y >= 0.0, "{one:?}");
        assert!(one.x + one.w <= picture.width && one.y + one.h <= picture.height, "{one:?}");
        for other in &picture.nodes[k + 1..] {
            assert!(!area(one).overlaps(&area(other)), "{} is on {}", one.id, other.id);
        }
        let inner = one.w - 2.0 * graph::PADDING;
        assert!(text::width(&one.title, text::TITLE_SIZE) * text::BOLD <= inner, "{}", one.title);
        assert!(one.details.iter().all(|line| text::width(line, text::TEXT_SIZE) <= inner));
    }
    for edge in &picture.edges {
        let (from, to) = (node(picture, &edge.from), node(picture, &edge.to));
        let (first, last) = (edge.points[0], edge.points[edge.points.len() - 1]);
        for (end, [x, y]) in [(from, first), (to, last)] {
            assert!(x == end.x || (x - end.x - end.w).abs() < 1e-9, "{} to {}", edge.from, edge.to);
            assert!(y >= end.y && y <= end.y + end.h);
        }
        for pair in edge.points.windows(2) {
            // A curve stays in the rectangle of its ends.
            let [a, b] = [pair[0], pair[1]];
            let passed =
                Area { x: a[0].min(b[0]), y: a[1].min(b[1]), w: (a[0] - b[0]).abs(), h: (a[1] - b[1]).abs() };
            for other in picture.nodes.iter().filter(|other| other.id != edge.from && other.id != edge.to) {
                assert!(!area(other).overlaps(&passed), "{} to {} crosses {}", edge.from, edge.to, other.id);
            }
        }
    }
}

#[test]
fn a_queue_stands_between_its_callers_and_its_service() {
    let picture = layout(&fixtures::burst_queue(500, 4, Distribution::exponential(0.2)));
    assert_well_drawn(&picture);
    assert_eq!(
        ends(&picture),
        [
            ("queue:worker", "service:worker", EdgeKind::Queue, ""),
            ("workload:burst", "service:gateway", EdgeKind::Sync, ""),
            ("service:gateway", "queue:worker", EdgeKind::Async, ""),
            ("service:worker", "service:storage", EdgeKind::Sync, "×2"),
        ]
    );
    let x = |id: &str| node(&picture, id).x;
    assert!(x("workload:burst") < x("service:gateway") && x("service:gateway") < x("queue:worker"));
    assert!(x("queue:worker") < x("service:worker") && x("service:worker") < x("service:storage"));
    assert_eq!(node(&picture, "workload:burst").details, ["burst 500", "until all work is done"]);
    assert_eq!(node(&picture, "service:worker").details, ["4 replicas × 1 thread", "on pool, 64 cores"]);
}

#[test]
fn every_service_is_there_once_also_those_that_nobody_calls() {
    let system = system_of(4, &[(0, 1, 1.0, false)]);
    let picture = layout(&system);
    assert_well_drawn(&picture);
    let names: Vec<&str> = picture.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["s0", "s1", "s2", "s3"]);
}

#[test]
fn a_label_tells_how_far_operations_differ() {
    let mut system = fixtures::three_tiers(1.0);
    let other = Operation::new("rare").with_activity(Activity {
        calls: vec![Call::new(OperationRef::new("application", "handle")).with_mean(0.25)],
        ..Activity::default()
    });
    system.services[0].operations.push(other);
    system.workloads[0]
        .requests
        .push(Request { operation: OperationRef::new("database", "handle"), weight: 3.0 });
    let picture = layout(&system);
    assert_eq!(
        ends(&picture),
        [
            ("workload:users", "service:web", EdgeKind::Sync, "25 %"),
            ("workload:users", "service:database", EdgeKind::Sync, "75 %"),
            ("service:web", "service:application", EdgeKind::Sync, "×0.25–2"),
            ("service:application", "service:database", EdgeKind::Sync, "×3"),
        ]
    );
    assert_eq!(picture.edges[2].notes.len(), 2);
}

#[test]
fn load_is_that_of_threads_or_host_whichever_is_more() {
    let mut system = fixtures::three_tiers(1.0);
    system.hosts[1].per_replica = true;
    system.services[1].replicas = 2;
    system.hosts[2].cores = Multiplicity::Infinite;
    system.services[2].concurrency = Multiplicity::Infinite;
    let mut prediction = Prediction::new("analytic", "by hand");
    let metric = |mean| Some(Metric::exact(mean));
    for (name, threads, cores) in [("web", 15.0, 0.5), ("application", 2.0, 1.8), ("database", 3.0, 3.0)] {
        let busy = ServiceResult { utilization: metric(threads), ..ServiceResult::default() };
        prediction.services.insert(name.into(), busy);
        prediction.hosts.insert(name.into(), HostResult { utilization: metric(cores) });
    }
    let picture = layout_with(&system, Some(&prediction));
    let load = |name: &str| node(&picture, &format!("service:{name}")).load;
    // 15 of 20 threads against half a core; 2 of 20 threads against 1.8 of 2 cores; nothing that could be full.
    assert_eq!((load("web"), load("application"), load("database")), (Some(0.75), Some(0.9), None));
    assert!(svg(&picture).contains("load 75 %"));
    // Of replicas that come and go, the threads of 1.25.
    let mut replicas: tracecast_model::Replicas =
        serde_json::from_str(r#"{ "mean": 1.25, "min": 1, "max": 2 }"#).unwrap();
    replicas.existing = Some(1.5);
    prediction.services["web"].replicas = Some(replicas);
    assert_eq!(node(&layout_with(&system, Some(&prediction)), "service:web").load, Some(0.6));
}

/// 200 requests per second of 30 ms, each with two calls of 5 ms and a message of 10 ms for which nobody waits.
#[test]
fn lines_have_rates_and_boxes_their_part_of_the_time() {
    let system = system_of(3, &[(0, 1, 2.0, false), (0, 2, 1.0, true)]);
    let figures = |throughput: f64, time: f64| tracecast_model::OperationResult {
        throughput: Some(Metric::exact(throughput)),
        response_time: Some(Metric::exact(time)),
        ..Default::default()
    };
    let mut prediction = Prediction::new("test", "test");
    for (name, result) in
        [("s0/o", figures(200.0, 0.030)), ("s1/o", figures(400.0, 0.005)), ("s2/o", figures(200.0, 0.010))]
    {
        prediction.operations.insert(name.into(), result);
    }
    let picture = layout_with(&system, Some(&prediction));
    let rates: Vec<Option<f64>> = picture.edges.iter().map(|edge| edge.rate).collect();
    assert_eq!(rates, [Some(400.0), Some(200.0)]);
    // In progress: 200 · (30 − 2 · 5) ms = 4, 400 · 5 ms = 2, and 200 · 10 ms = 2.
    let share = |id| node(&picture, id).time_share.unwrap();
    assert!((share("service:s0") - 0.5).abs() < 1e-12);
    assert!((share("service:s1") - 0.25).abs() < 1e-12);
    // Without a figure of what it calls, its own is not known.
    prediction.operations.shift_remove("s1/o");
    assert_eq!(node(&layout_with(&system, Some(&prediction)), "service:s0").time_share, None);
}

/// One caller of ten: the two busiest, and what is chosen, stay; the other seven are one box with all their calls.
#[test]
fn the_less_busy_of_a_column_are_one_box() {
    let calls: Vec<_> = (1..=10).map(|k| (0, k, 1.0, false)).collect();
    let mut system = system_of(11, &calls);
    system.services.iter_mut().for_each(|service| service.concurrency = Multiplicity::Finite(1));
    let mut prediction = Prediction::new("test", "test");
    let busy = |utilization: f64| ServiceResult {
        utilization: Some(Metric::exact(utilization)),
        ..ServiceResult::default()
    };
    for (name, load) in [("s3", 0.9), ("s7", 0.8), ("s1", 0.1)] {
        prediction.services.insert(name.into(), busy(load));
    }
    let mut folding = Folding { most: 2, kept: ["s5".to_owned()].into(), ..Folding::default() };
    let picture = layout_folded(&system, Some(&prediction), &folding);
    let ids: Vec<&str> = picture.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["service:s0", "service:s3", "service:s5", "service:s7", "group:1"]);
    let group = node(&picture, "group:1");
    assert_eq!((group.name.as_str(), group.load), ("7 more services", Some(0.1)));
    assert_eq!(group.notes, ["s1", "s2", "s4", "s6", "s8", "s9", "s10"]);
    assert_eq!(picture.edges.len(), 4);
    assert_well_drawn(&picture);
    folding.unfolded.insert("group:1".into());
    assert_eq!(layout_folded(&system, Some(&prediction), &folding).nodes.len(), 11);
}

#[test]
fn markup_in_names_is_escaped() {
    let name = "a<b> & \"c\" \\ \n]]>";
    let mut system = system_of(1, &[]);
    system.name = Some(name.into());
    system.services[0].name = name.into();
    system.services[0].work_queue = Some(WorkQueue::new(name));
    let picture = layout(&system);
    let svg = svg(&picture);
    assert!(!svg.contains("<b>") && !svg.contains("]]>") && svg.contains("a&lt;b&gt; &amp; &quot;c&quot;"));
    // Tags and their ends pair up: every text was escaped.
    assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    let dot = dot(&picture);
    assert!(dot.contains(r#""service:a<b> & \"c\" \\ \n]]>""#), "{dot}");
    assert!(dot.lines().all(|line| line.len() < 4 || line.ends_with([';', '{'])), "{dot}");
}

#[test]
fn long_names_are_cut_to_their_box() {
    for letter in ["W", "é", "界", "🦀"] {
        let mut system = system_of(1, &[]);
        system.services[0].name = letter.repeat(300);
        let picture = layout(&system);
        assert_well_drawn(&picture);
        assert!(picture.nodes[0].title.ends_with('…') && picture.nodes[0].w < 300.0);
    }
}

#[test]
fn calls_to_nobody_and_to_oneself_are_left_out() {
    let picture = layout(&system_of(2, &[(0, 7, 1.0, false), (1, 1, 1.0, true)]));
    assert!(picture.edges.is_empty() && picture.nodes.len() == 2);
    let empty = layout(&System::default());
    assert!(empty.nodes.is_empty() && svg(&empty).contains("</svg>"));
}

#[test]
fn a_long_chain_and_a_wide_fan_are_drawn() {
    let chain: Vec<_> = (0..2000).map(|k| (k, k + 1, 1.0, false)).collect();
    assert_well_drawn(&layout(&system_of(500, &chain[..499])));
    assert_eq!(layout(&system_of(2001, &chain)).edges.len(), 2000);
    let fan: Vec<_> = (1..400).map(|k| (0, k, 1.0, false)).collect();
    assert_well_drawn(&layout(&system_of(400, &fan)));
}

#[test]
fn it_survives_being_saved() {
    let picture = layout(&fixtures::three_tiers(20.0));
    let text = serde_json::to_string(&picture).unwrap();
    assert_eq!(serde_json::from_str::<Picture>(&text).unwrap(), picture);
}

prop_compose! {
    fn any_system()(count in 1_usize..14)(
        calls in prop::collection::vec((0..count, 0..count, 0.1..5.0_f64, any::<bool>()), 0..40),
        queues in prop::collection::vec(any::<bool>(), count),
        count in Just(count),
        asked in 0..count,
    ) -> System {
        let mut system = system_of(count, &calls);
        for (service, queue) in system.services.iter_mut().zip(queues) {
            service.work_queue = queue.then(|| WorkQueue::new("q"));
        }
        let load = Load::Burst { bursts: vec![Burst { size: 3, at: 0.0 }] };
        system.workloads.push(Workload::new("w", OperationRef::new(format!("s{asked}"), "o"), load));
        system
    }
}

proptest! {
    /// Cycles, unconnected parts and parallel calls of both kinds included.
    #[test]
    fn every_picture_is_well_drawn_and_the_same_each_time(system in any_system()) {
        let picture = layout(&system);
        assert_well_drawn(&picture);
        prop_assert_eq!(&layout(&system), &picture);
        let folding = Folding { most: 1, ..Folding::default() };
        assert_well_drawn(&layout_folded(&system, None, &folding));
        let services = picture.nodes.iter().filter(|node| node.kind == NodeKind::Service).count();
        prop_assert_eq!(services, system.services.len());
        let mut pairs: Vec<_> = system
            .operations()
            .flat_map(|(from, operation)| {
                operation
                    .activities()
                    .into_iter()
                    .flat_map(|activity| &activity.calls)
                    .map(|call| (from.service().to_string(), call.to.service().to_string(), call.kind.name()))
                    .collect::<Vec<_>>()
            })
            .filter(|(from, to, _)| from != to)
            .collect();
        pairs.sort();
        pairs.dedup();
        let queues = system.services.iter().filter(|service| service.work_queue.is_some()).count();
        prop_assert_eq!(picture.edges.len(), pairs.len() + queues + system.workloads.len());
    }
}
