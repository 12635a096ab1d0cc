//! `generate`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{close, mean, tracecast};

/// Who calls whom, by the names of operations, of everything that is a call in the JSON of a model.
fn edges(model: &Value) -> BTreeSet<(String, String)> {
    fn calls(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("to").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|inner| calls(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| calls(inner, found)),
            _ => {}
        }
    }
    let mut edges = BTreeSet::new();
    for service in model["services"].as_array().unwrap() {
        for operation in service["operations"].as_array().unwrap() {
            let from =
                format!("{}/{}", service["name"].as_str().unwrap(), operation["name"].as_str().unwrap());
            let mut found = Vec::new();
            calls(&operation["steps"], &mut found);
            edges.extend(found.into_iter().map(|to| (from.clone(), to)));
        }
    }
    edges
}

fn services(model: &Value) -> BTreeSet<String> {
    model["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["name"].as_str().unwrap().into())
        .collect()
}

/// Traces of what was generated make a model with the same services and calls.
#[test]
fn traces_lead_back_to_the_system() {
    for (seed, shape) in [("1", "graph"), ("2", "tree"), ("3", "chain")] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (system, traces, again) = (path("system.json"), path("traces.jsonl.gz"), path("imported.json"));
        let size = ["--services", "12", "--shape", shape, "--async", "20%", "--parallel", "50%"];
        let seed = ["--seed", seed, "--requests", "300", "--traces", &traces, "-o", &system];
        tracecast(["generate"].iter().chain(&size).chain(&seed)).succeeded();
        tracecast(["check", &system]).succeeded();
        tracecast(["import", &traces, "-o", &again, "-q"]).succeeded();
        let read =
            |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(name).unwrap()).unwrap() };
        let (made, found) = (read(&system), read(&again));
        assert_eq!(services(&found), services(&made), "{shape}");
        assert_eq!(edges(&found), edges(&made), "{shape}");
        assert_eq!(services(&made).len(), 12);
    }
}

/// The utilization law: what is asked for is what both engines find.
#[test]
fn hosts_are_as_busy_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let system = folder.path().join("system.json");
    let system = system.to_str().unwrap();
    let size = ["--services", "8", "--utilization", "70%", "--cores", "2", "--rate", "30/s", "-o", system];
    tracecast(["generate"].iter().chain(&size)).succeeded();
    for (engine, limit) in [("analytic", 1e-6), ("simulation", 0.03)] {
        let prediction = tracecast(["predict", system, "--engine", engine, "--json", "-q"]).json();
        let hosts = prediction["hosts"].as_object().unwrap();
        assert_eq!(hosts.len(), 8);
        for name in hosts.keys() {
            close(name, mean(&prediction, &format!("/hosts/{name}/utilization/mean")), 1.4, limit);
        }
        assert_eq!(prediction["status"], "converged");
    }
}

#[test]
fn same_seed_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, seed: &str| {
        let traces = folder.path().join(name);
        let seed = ["generate", "--services", "6", "--requests", "50", "--seed", seed, "--traces"];
        let run = tracecast(seed.iter().copied().chain([traces.to_str().unwrap()])).succeeded();
        (run.stdout, std::fs::read(traces).unwrap())
    };
    let (first, again, other) = (made("a.jsonl", "7"), made("b.jsonl", "7"), made("c.jsonl", "8"));
    assert_eq!(first, again);
    assert!(first.0 != other.0 && first.1 != other.1);
}

#[test]
fn what_does_not_fit_is_refused() {
    for (arguments, words) in [
        (["--services", "3", "--layers", "5"].as_slice(), "5 layers"),
        (
            &["--services", "9", "--layers", "3", "--shape", "tree", "--fan-out", "2"],
            "no room for 9 services",
        ),
        (&["--shape", "chain", "--services", "4", "--layers", "3"], "as many layers"),
        (&["--utilization", "1"], "the utilization is 1"),
        (&["--shape", "ring"], "chain, graph and tree"),
        (&["--rate", "fast"], "fast"),
    ] {
        let run = tracecast(["generate"].iter().chain(arguments));
        assert_eq!(run.status, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
    }
}
