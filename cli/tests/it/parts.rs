//! A recording read in parts, and one that is too long to be kept whole.

use std::path::{Path, PathBuf};

use crate::support::{shared, tracecast};

/// The traces of a recording in files of so many each.
fn files(folder: &Path, recording: &Path, traces: usize) -> Vec<PathBuf> {
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(recording).unwrap()).unwrap();
    let parts = document["data"].as_array().unwrap().chunks(traces);
    parts
        .enumerate()
        .map(|(number, traces)| {
            let path = folder.join(format!("traces-{number}.json"));
            std::fs::write(&path, serde_json::json!({ "data": traces }).to_string()).unwrap();
            path
        })
        .collect()
}

const SOME: [&str; 2] = ["--spans", "2000"];

fn import(paths: &[PathBuf], more: &[&str]) -> String {
    let words = ["import"].into_iter().chain(more.iter().copied());
    tracecast(words.map(Into::into).chain(paths.iter().cloned())).succeeded().stdout
}

#[test]
fn parts_give_the_same_bytes_as_the_whole() {
    let Some(recording) = shared("data/traces/hotelreservation-jaeger-1.json") else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path(), &recording, 250);
    assert_eq!(files.len(), 3);
    let whole = import(&files, &SOME);
    let part = |number: usize| {
        let part = folder.path().join(format!("part-{number}.json.gz"));
        import(&files[number..=number], &[SOME[0], SOME[1], "--partial", part.to_str().unwrap()]);
        part
    };
    assert_eq!(import(&[part(0), part(1), part(2)], &SOME), whole);
}

#[test]
fn a_part_of_the_recording_has_its_rates_and_times() {
    let Some(recording) = shared("data/traces/hotelreservation-jaeger-1.json") else { return };
    let all: serde_json::Value =
        serde_json::from_str(&import(std::slice::from_ref(&recording), &["--spans", "0"])).unwrap();
    let report = tempfile::NamedTempFile::new().unwrap();
    let some = import(&[recording], &[SOME[0], SOME[1], "--report", report.path().to_str().unwrap()]);
    let some: serde_json::Value = serde_json::from_str(&some).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report.path()).unwrap()).unwrap();
    assert_eq!(report["spans"], 6600);
    let traces = report["traces"].as_f64().unwrap();
    assert!(traces < 182.0, "2000 spans are at most 181 traces of 11");
    assert!(traces > 150.0, "few of them lie at the ends of stretches");
    let warnings = report["warnings"].as_array().unwrap();
    let is_there = |code: &str| warnings.iter().any(|warning| warning["code"] == code);
    assert!(is_there("part-of-recording"));
    assert!(!is_there("several-roots") && !is_there("missing-parent"), "traces are whole");
    // A Poisson count of n has a standard deviation of √n; 3 of them, of the part, since the whole has more.
    let rate = |model: &serde_json::Value| model["workloads"][0]["load"]["poisson"]["rate"].as_f64().unwrap();
    let error = rate(&some) / rate(&all) - 1.0;
    assert!(error.abs() < 3.0 / traces.sqrt(), "{error}");
    let names = |model: &serde_json::Value| {
        let services = model["services"].as_array().unwrap().iter();
        services.map(|service| service["name"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&some), names(&all));
}
