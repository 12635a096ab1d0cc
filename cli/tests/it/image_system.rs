//! The main example against what was measured.

use crate::support::{file, root, tracecast};

const PLAN: &str = "examples/image-system/validation.toml";

fn errors(validation: &serde_json::Value) -> Vec<f64> {
    let cells = validation["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 24);
    cells.iter().filter(|cell| cell["fitted"] == false).map(|cell| cell["error"].as_f64().unwrap()).collect()
}

fn mean_error(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64
}

/// What the project promises of its main example: 18 of 24 measured bursts predicted from the other 6.
#[test]
fn both_engines_predict_the_measured_bursts() {
    let simulated = errors(&tracecast(["validate", PLAN, "--json"]).json());
    assert_eq!(simulated.len(), 18);
    assert!(mean_error(&simulated) <= 0.025, "{simulated:?}");
    assert!(simulated.iter().all(|error| error.abs() <= 0.06), "{simulated:?}");
    let solved = errors(&tracecast(["validate", PLAN, "--json", "--engine", "analytic"]).json());
    let difference = (mean_error(&solved) - mean_error(&simulated)).abs();
    assert!(difference <= 0.01, "{difference}: {solved:?}");
}

#[test]
fn the_limits_decide_the_exit_status() {
    let validate = |limit: &str, value: &str| {
        tracecast(["validate", PLAN, "--engine", "analytic", limit, value, "--quiet"]).status
    };
    // The mean error is 1.7 %, the largest 5.2 %.
    assert_eq!(validate("--max-error", "5%"), 0);
    assert_eq!(validate("--max-error", "0.1%"), 1);
    assert_eq!(validate("--max-run-error", "6%"), 0);
    assert_eq!(validate("--max-run-error", "3%"), 1);
}

/// Nothing is tuned to the size of the figures: on a machine 1.7 times as slow the errors stay, but for the poll.
#[test]
fn the_errors_do_not_depend_on_the_speed_of_the_machine() {
    let folder = root().join("examples/image-system");
    let mut table = csv::Reader::from_path(folder.join("measured-bursts.csv")).unwrap();
    let column = table.headers().unwrap().iter().position(|name| name == "makespan_s").unwrap();
    let mut slower = csv::Writer::from_writer(Vec::new());
    slower.write_record(table.headers().unwrap()).unwrap();
    for record in table.records() {
        let scaled = record
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, text)| match i == column {
                true => (text.parse::<f64>().unwrap() * 1.7).to_string(),
                false => text.to_string(),
            })
            .collect::<Vec<_>>();
        slower.write_record(scaled).unwrap();
    }
    let (scratch, _) = file("measured-bursts.csv", slower.into_inner().unwrap());
    for name in ["model.json", "validation.toml"] {
        std::fs::copy(folder.join(name), scratch.path().join(name)).unwrap();
    }
    let plan = scratch.path().join("validation.toml");
    let at_speed = tracecast(["validate", PLAN, "--json", "--engine", "analytic"]).json();
    let slowed = tracecast(["validate", plan.to_str().unwrap(), "--json", "--engine", "analytic"]).json();
    for (a, b) in at_speed["cells"].as_array().unwrap().iter().zip(slowed["cells"].as_array().unwrap()) {
        let measured = a["measured"].as_f64().unwrap();
        // One poll more or less, 0.263 s at most.
        let poll = 0.263 / measured;
        let difference = (a["error"].as_f64().unwrap() - b["error"].as_f64().unwrap()).abs();
        assert!(difference <= poll + 0.002, "{}: {difference}", a["run"]);
    }
}

#[test]
fn calibrate_writes_a_model_that_predicts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fitted.json");
    let model = "examples/image-system/model.json";
    tracecast([
        "calibrate",
        model,
        "--runs",
        PLAN,
        "--group",
        "faas",
        "-o",
        path.to_str().unwrap(),
        "--json",
    ])
    .succeeded();
    let load = "serial:100,poll=0.1s";
    let prediction =
        tracecast(["predict", path.to_str().unwrap(), "--engine", "analytic", "--load", load, "--json"])
            .json();
    let makespan = crate::support::mean(&prediction, "/workloads/burst/makespan/mean");
    // Measured 29.33 s, one of the two runs fitted; a poll is 0.1 s.
    crate::support::close("makespan", makespan, 29.33, 0.005);
}

/// A table whose columns are called like settings and metrics needs no plan.
#[test]
fn calibrate_reads_plain_tables() {
    let table = "crop.replicas,load,makespan\n1,burst:20,6.0\n2,burst:20,3.1\n";
    let (_folder, path) = file("runs.csv", table);
    let fit = "crop/handle.demand=0.1";
    let model = "examples/image-system/model.json";
    let run = tracecast(["calibrate", model, "--runs", path.to_str().unwrap(), "--fit", fit, "--json"]);
    let parameter = &run.json()["parameters"][0];
    let value = parameter["value"].as_f64().unwrap();
    // 20 tasks in 6 s are 0.3 s each, of which 15 ms are storage, at half a core: (0.3 - 0.015) / 2.
    assert!((0.13..0.155).contains(&value), "{value}");
    assert!(parameter["low"].as_f64().unwrap() < value && value < parameter["high"].as_f64().unwrap());
}

/// From 1 to 5 workers at once. A task takes 0.28 s of crop and 15 ms of storage, so that the makespan follows from when the four
/// come. Scrape, evaluation and group each take from nothing to their whole interval, the start 2 s.
#[test]
fn alerts_scale_the_workers_within_the_bounds_of_their_settings() {
    let (_folder, picture) = file("over-time.svg", "");
    let alerts = "crop.autoscaler=examples/image-system/autoscaling/alerts.json";
    let run = tracecast([
        "predict",
        "examples/image-system/model.json",
        "--load",
        "burst:500",
        "--set",
        alerts,
        "--set",
        "crop.start_up=2s",
        "--series",
        picture.to_str().unwrap(),
        "--json",
    ]);
    let prediction = run.json();
    let events = prediction["scaling"].as_array().unwrap();
    assert_eq!((&events[0]["from"], &events[0]["to"]), (&1.into(), &5.into()), "{events:#?}");
    for (delay, most) in events[0]["delays"].as_array().unwrap().iter().zip([5.0, 5.0, 10.0]) {
        assert!((0.0..=most).contains(&delay["seconds"].as_f64().unwrap()), "{delay}");
    }
    let time = events[0]["time"].as_f64().unwrap();
    assert!((0.0..=20.0).contains(&time), "{time}");
    let alone = 0.295;
    let makespan = |at: f64| at + (500.0 - at / alone) * alone / 5.0;
    let found = prediction["workloads"]["burst"]["makespan"]["mean"].as_f64().unwrap();
    // The workers come 2 s after the event, at 2 to 22 s; a task more or less for each of them.
    assert!((makespan(2.0) - 1.0..=makespan(22.0) + 1.0).contains(&found), "{found}");
    assert!(std::fs::read_to_string(picture).unwrap().contains("Replicas that take requests"));
}

#[test]
fn files_of_autoscalers_are_refused_with_their_names() {
    let (_folder, bad) = file("bad.json", r#"{ "kind": "alerts", "max_replicas": "five" }"#);
    for (name, words) in [(bad.to_str().unwrap(), "five"), ("nowhere.json", "no such file")] {
        let setting = format!("crop.autoscaler={name}");
        let run = tracecast(["predict", "examples/image-system/model.json", "--set", &setting]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(name) && run.stderr.contains(words), "{}", run.stderr);
    }
}
