//! Call trees of real traces: against what is known of how they were made.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use tracecast_experiment::call_tree::{
    Against, CallTree, Part, as_seconds, breakdown, call_trees, critical_path, request_types, stragglers,
};
use tracecast_importers::{Intake, assemble, open};
use tracecast_model::fixtures::shared;

fn trees(path: &PathBuf) -> Vec<CallTree> {
    let mut intake = Intake::new();
    open::read(File::open(path).unwrap(), None, &mut intake).unwrap();
    intake.finish();
    let mut report = intake.report;
    call_trees(&assemble(intake.spans, &mut report))
}

/// The raw profile of a file: for each request its calls, each with service, method, and when the callee began and ended.
fn profile(path: &PathBuf) -> Vec<Vec<(String, String, f64, f64)>> {
    let text = std::fs::read_to_string(path).unwrap();
    let request = |line: &str| {
        let entries: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_str(line).unwrap();
        let mut calls = BTreeMap::<String, (String, String, f64, f64)>::new();
        for (event, details) in entries.into_iter().flatten() {
            let word = |key: &str| details[key].as_str().unwrap().to_string();
            let call = calls.entry(word("id")).or_insert_with(|| (word("service"), word("method"), 0.0, 0.0));
            match event.as_str() {
                "rpc-receive" => call.2 = details["time"].as_f64().unwrap(),
                "rpc-respond" => call.3 = details["time"].as_f64().unwrap(),
                _ => {}
            }
        }
        calls.into_values().collect()
    };
    text.lines().map(request).collect()
}

/// A pipeline is as deep as it has calls, and each has one child.
#[test]
fn depth_of_pipelines() {
    let Some(path) = shared("data/runs/nameko-synthetic/rpc-profile-deep-sleep.jsonl") else { return };
    let (trees, profile) = (trees(&path), profile(&path));
    assert_eq!((trees.len(), profile.len()), (200, 200));
    for (tree, calls) in trees.iter().zip(&profile) {
        assert_eq!(tree.calls.len(), calls.len());
        let deepest = tree.calls.iter().map(|call| call.depth + 1).max();
        assert_eq!(deepest, Some(calls.len()));
    }
    let types = request_types(&trees);
    assert!(stragglers(&trees, &types).found.is_empty(), "there are none");
}

/// A fan-out has as many children as leaves, none below them.
#[test]
fn width_of_fan_outs() {
    let Some(path) = shared("data/runs/nameko-synthetic/rpc-profile-wide-sleep.jsonl") else { return };
    let (trees, profile) = (trees(&path), profile(&path));
    assert_eq!((trees.len(), profile.len()), (200, 200));
    for (tree, calls) in trees.iter().zip(&profile) {
        assert_eq!(tree.root().children.len(), calls.len() - 1);
        assert_eq!(tree.calls.len(), calls.len());
    }
    let types = request_types(&trees);
    assert!(stragglers(&trees, &types).found.is_empty(), "there are none");
}

/// In every request of ten leaves the one that was made to sleep longer is named, and no other.
#[test]
fn the_slow_leaf() {
    let Some(path) = shared("data/runs/nameko-synthetic/rpc-profile-straggler-sleep.jsonl") else { return };
    let (trees, profile) = (trees(&path), profile(&path));
    assert_eq!((trees.len(), profile.len()), (90, 90));
    let types = request_types(&trees);
    assert_eq!(types.len(), 1);
    let found = stragglers(&trees, &types);
    assert_eq!(found.found.len(), 90);
    for (place, (tree, calls)) in trees.iter().zip(&profile).enumerate() {
        assert_eq!(tree.root().children.len(), 10);
        let took = |call: &&(String, String, f64, f64)| call.3 - call.2;
        let leaves = calls.iter().filter(|call| call.1 == "leaf");
        let slowest = leaves.max_by(|a, b| took(a).total_cmp(&took(b))).unwrap();
        let case = found.found.iter().find(|case| case.tree == place).unwrap();
        assert_eq!((&*case.service, case.against), (slowest.0.as_str(), Against::Peers));
        // Times are written to 1 µs, in seconds since the epoch as f64 with 0.2 µs between two.
        assert!((case.duration - took(&slowest)).abs() < 2e-6, "{case:?}");
    }
    let [line] = found.operations.as_slice() else { panic!("{:?}", found.operations) };
    assert_eq!((&*line.service, line.requests, line.of), ("node_05", 90, 90));
}

/// What CRISP (Uber, Apache-2.0) expects for its own test cases: on the critical path, each span's stretches. In case 19
/// spans overlap by 5 of 600; there the time is the later one's here, and both ones' there.
#[test]
fn critical_paths_of_crisp() {
    type Expected = &'static [(&'static str, &'static [(i64, i64)])];
    let cases: [(&str, Expected); 5] = [
        ("05", &[("S1", &[(0, 10), (30, 40), (50, 60), (90, 100)]), ("S2", &[(10, 30), (40, 50), (60, 90)])]),
        ("07", &[("S1", &[(0, 10)]), ("S2", &[(10, 40), (50, 100)]), ("S3", &[(40, 50)])]),
        ("09", &[("S1", &[(0, 60), (90, 100)]), ("S4", &[(60, 90)])]),
        ("13", &[("S1", &[(0, 10), (70, 100)]), ("S2", &[(10, 30), (50, 70)]), ("S4", &[(30, 50)])]),
        ("19", &[("S1", &[(0, 10)]), ("S2", &[(10, 205)]), ("S3", &[(205, 300)]), ("S4", &[(300, 600)])]),
    ];
    for (name, expected) in cases {
        let Some(path) = shared(&format!("data/traces/crispcases-jaeger-{name}.json")) else { return };
        let trees = trees(&path);
        let mut found = BTreeMap::<&str, Vec<(i64, i64)>>::new();
        for part in critical_path(&trees[0]) {
            assert_eq!(part.part, Part::Work);
            let service = &trees[0].calls[part.call].service;
            found.entry(service).or_default().push((part.start / 1000, part.end / 1000));
        }
        let expected: BTreeMap<&str, Vec<(i64, i64)>> =
            expected.iter().map(|(service, parts)| (*service, parts.to_vec())).collect();
        assert_eq!(found, expected, "case {name}");
    }
}

/// The critical path covers the response without gap or overlap; so do its sums by operation.
#[test]
fn critical_time_sums_to_the_response_time() {
    let Some(folder) = shared("data/traces") else { return };
    for name in [
        "hotrod-jaeger-1.json",
        "hotelreservation-jaeger-1.json",
        "socialnetwork-jaeger-3.json",
        "airshipshop-otlpjsonl-1.jsonl",
        "trainticket-zipkin1-2.json",
        "edgecases-jaeger-1.json",
        "orderapp-dataprepper-1.ndjson",
    ] {
        let trees = trees(&folder.join(name));
        for tree in &trees {
            let mut at = tree.root().seen.start;
            for part in critical_path(tree) {
                assert_eq!(part.start, at, "{name}: {}", tree.trace);
                assert!(part.end > part.start);
                at = part.end;
            }
            assert_eq!(at, tree.root().seen.end, "{name}: {}", tree.trace);
            for call in &tree.calls {
                assert!(call.own >= 0 && call.own <= call.handled.length(), "{name}: {call:?}");
            }
        }
        let types = request_types(&trees);
        let times = breakdown(&trees, &types);
        assert!(!times.types.is_empty(), "{name}");
        for (one, requests) in times.types.iter().zip(&types) {
            let sum: f64 = one.operations.iter().map(|operation| operation.critical_time).sum();
            let lengths = requests.trees.iter().map(|&tree| trees[tree].root().seen.length());
            let mean = as_seconds(lengths.sum()) / one.requests as f64;
            // Sums of f64 in another order.
            assert!((sum - mean).abs() <= 1e-12 * mean, "{name}: {sum} {mean}");
        }
    }
}

/// HotROD (ground-truth.md): redis times out now and then, with 20 ms on top of 10, and nothing else is late by itself.
#[test]
fn redis_time_outs_of_hotrod() {
    let Some(path) = shared("data/traces/hotrod-jaeger-1.json") else { return };
    let trees = trees(&path);
    let found = stragglers(&trees, &request_types(&trees));
    let redis: Vec<_> = found.found.iter().filter(|case| &*case.operation == "GetDriver").collect();
    assert!(!redis.is_empty());
    assert!(redis.iter().all(|case| trees[case.tree].calls[case.call].error), "{redis:?}");
}
