//! `predict --breakdown`.

use crate::support::{close, file, mean, tracecast};

/// M/M/1 at 80 %, with one thread.
const MODEL: &str = r#"{
  "hosts": [{"name": "machine", "cores": 1, "scheduling": "fcfs"}],
  "services": [{"name": "web", "host": "machine", "concurrency": 1,
                "operations": [{"name": "get", "steps": [{"activity": {"demand": {"mean": "10ms", "scv": 1}}}]}]}],
  "workloads": [{"name": "users", "requests": [{"operation": "web/get"}], "load": {"poisson": {"rate": 50}}}]
}"#;

/// Half of 10 ms of work is waiting time at half load: S ρ/(1 - ρ). Three half widths of 2 % of the response time.
#[test]
fn waiting_and_work_sum_to_the_response_time() {
    let (_folder, model) = file("model.json", MODEL);
    let answer = tracecast(["predict", model.to_str().unwrap(), "--breakdown", "--json"]).json();
    let users = &answer["workloads"]["users"];
    let residence = &users["residence"]["web/get"];
    close("work", mean(residence, "/work/mean"), 0.010, 0.02);
    close("wait", mean(residence, "/waiting_for_thread/mean"), 0.010, 0.06);
    let sum = mean(residence, "/work/mean") + mean(residence, "/waiting_for_thread/mean");
    close("sum", sum, mean(users, "/response_time/mean"), 1e-9);
    close("found", mean(&answer["operations"]["web/get"], "/found_on_arrival/mean"), 1.0, 0.1);
}

#[test]
fn in_words_within_80_columns() {
    let (_folder, model) = file("model.json", MODEL);
    let text = tracecast(["predict", model.to_str().unwrap(), "--breakdown"]).succeeded().stdout;
    assert!(text.contains("where the response time of users is spent"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_analytic_engine_has_none() {
    let (_folder, model) = file("model.json", MODEL);
    let run = tracecast(["predict", model.to_str().unwrap(), "--breakdown", "--engine", "analytic"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("--engine simulation"), "{}", run.stderr);
}
