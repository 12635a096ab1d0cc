//! `compare`: text, JSON and the exit status.

use std::path::PathBuf;

use crate::support::{file, shared, tracecast};

/// Forty requests to a shop, one per second; each calls the stock, which takes 50 ms and up, and `more` beside.
fn shop(more: u64) -> (tempfile::TempDir, PathBuf) {
    let span = |trace: u64, id: u64, name: &str, start: u64, duration: u64| {
        let parent = match id {
            1 => String::new(),
            _ => format!(r#"{{"refType":"CHILD_OF","traceID":"{trace:016x}","spanID":"1"}}"#),
        };
        format!(
            r#"{{"traceID":"{trace:016x}","spanID":"{id}","operationName":"{name}","processID":"p{id}","startTime":{start},"duration":{duration},"references":[{parent}],"tags":[{{"key":"span.kind","type":"string","value":"server"}}]}}"#
        )
    };
    let traces = (1..=40u64).map(|k| {
        let (start, stock) = (k * 1_000_000, 50_000 + k * 37 % 41 * 100 + more);
        let spans =
            [span(k, 1, "GET /", start, stock + 20_000), span(k, 2, "reserve", start + 10_000, stock)];
        let processes = r#"{"p1":{"serviceName":"shop"},"p2":{"serviceName":"stock"}}"#;
        format!(r#"{{"traceID":"{k:016x}","processes":{processes},"spans":[{}]}}"#, spans.join(","))
    });
    file("traces.json", format!(r#"{{"data":[{}]}}"#, traces.collect::<Vec<_>>().join(",")))
}

#[track_caller]
fn within_80_columns(text: &str) {
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// 10 ms more of about 72: a regression of 14 %.
#[test]
fn a_slowdown_decides_the_exit_status() {
    let ((_first, base), (_second, slow)) = (shop(0), shop(10_000));
    let [base, slow] = [&base, &slow].map(|path| path.to_str().unwrap());
    let run = |options: &[&str]| tracecast(["compare", base, slow].iter().chain(options));
    let text = run(&[]).succeeded().stdout;
    assert!(text.contains("significantly SLOWER"), "{text}");
    within_80_columns(&text);
    assert_eq!(run(&["--max-regression", "20%"]).status, 0);
    let refused = run(&["--max-regression", "10%"]);
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert!(refused.stdout.contains("REGRESSION: shop/GET /"), "{}", refused.stdout);
    within_80_columns(&refused.stdout);
    for (slo, status) in [("p95<75ms", 1), ("p95<1s", 0), ("mean<1ms", 0), ("throughput>0.5/s", 0)] {
        let run = run(&["--slo", slo]);
        assert_eq!(run.status, status, "{slo}: {}{}", run.stdout, run.stderr);
    }
    // The other way round it is an improvement.
    let better = tracecast(["compare", slow, base, "--max-regression", "1%", "--slo", "p95<75ms"]);
    assert!(better.succeeded().stdout.contains("significantly faster"));
    assert_eq!(tracecast(["compare", base, base, "--max-regression", "1%"]).status, 0);
}

#[test]
fn figures_as_json() {
    let ((_first, base), (_second, slow)) = (shop(0), shop(10_000));
    let found = tracecast(["compare".as_ref(), base.as_os_str(), slow.as_os_str(), "--json".as_ref()]).json();
    let requests = &found["comparison"]["types"][0];
    assert_eq!(requests["response_time"]["finding"], "larger");
    assert_eq!(requests["operations"][0]["service"], "stock");
    for figure in [&requests["response_time"]["change"], &requests["operations"][0]["critical"]["change"]] {
        assert!((figure["value"].as_f64().unwrap() - 0.01).abs() < 1e-9, "{figure}");
    }
}

#[test]
fn a_model_and_traces_are_refused_with_a_hint() {
    let (_folder, traces) = shop(0);
    let model = "examples/image-system/model.json";
    let traces = traces.to_str().unwrap();
    for pair in [[model, traces], [traces, model]] {
        let run = tracecast(["compare", pair[0], pair[1]]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(&format!("tracecast import {traces}")), "{}", run.stderr);
    }
}

#[test]
fn real_traces() {
    let Some(folder) = shared("data/traces") else { return };
    let path = |name: &str| folder.join(name).to_str().unwrap().to_string();
    let same = path("airshipshop-otlpjsonl-1.jsonl");
    let text = tracecast(["compare", &same, &same, "--max-regression", "1%"]).succeeded().stdout;
    within_80_columns(&text);
    assert!(!text.contains("SLOWER") && !text.contains("new:"), "{text}");
    let hotels = path("hotelreservation-jaeger-3.json");
    within_80_columns(&tracecast(["compare", &same, &hotels]).succeeded().stdout);
    within_80_columns(
        &tracecast(["compare", &path("hotelreservation-jaeger-4.json"), &hotels]).succeeded().stdout,
    );
}

/// Twice the replicas of everything cannot be slower; the model beside itself loses nothing.
#[test]
fn models_are_compared_under_one_load() {
    let model = "examples/image-system/model.json";
    let options = ["--engine", "analytic", "--load", "poisson:0.1/s", "--max-regression", "1%"];
    let text = tracecast(["compare", model, model].iter().chain(&options)).succeeded().stdout;
    assert!(text.contains("the models are the same"), "{text}");
    within_80_columns(&text);
    let slower = std::fs::read_to_string(crate::support::root().join(model)).unwrap();
    let mut slower: serde_json::Value = serde_json::from_str(&slower).unwrap();
    for host in slower["hosts"].as_array_mut().unwrap() {
        let speed = host["speed"].as_f64().unwrap_or(1.0);
        host["speed"] = (speed * 0.5).into();
    }
    let (_folder, path) = file("slower.json", slower.to_string());
    let run = tracecast(["compare", model, path.to_str().unwrap()].iter().chain(&options));
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("speed") && run.stdout.contains("REGRESSION"), "{}", run.stdout);
    within_80_columns(&run.stdout);
    // 80 % of the base's capacity is 160 % of the other's, which then meets nothing.
    let options = ["--engine", "analytic", "--load", "poisson:80%", "--slo", "mean<1h"];
    let run = tracecast(["compare", model, path.to_str().unwrap()].iter().chain(&options));
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("SATURATED") && run.stdout.contains("candidate"), "{}", run.stdout);
}
