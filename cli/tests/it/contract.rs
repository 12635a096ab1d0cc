//! The JSON and the exit status that scripts rely on.

use crate::support::{mean, root, tracecast};

const MODEL: &str = "examples/image-system/model.json";

#[test]
fn predictions_follow_the_schema() {
    let schema = std::fs::read_to_string(root().join("model/schema/prediction.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for engine in ["analytic", "simulation"] {
        for load in ["serial:20,poll=0.25s", "burst:20", "poisson:1/s", "closed:3,think=1s"] {
            let run = tracecast(["predict", MODEL, "--json", "--engine", engine, "--load", load]);
            let prediction = run.json();
            let errors: Vec<String> = validator.iter_errors(&prediction).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{engine} {load}: {errors:?}");
            assert_eq!(prediction["engine"], engine);
            assert_eq!(prediction["status"], "converged", "{engine} {load}");
            let seeded = prediction["seed"].is_number();
            assert_eq!(seeded, engine == "simulation");
            assert_eq!(prediction["elapsed"].is_number(), !seeded, "elapsed is left out of seeded runs");
        }
    }
}

#[test]
fn models_follow_the_schema() {
    let schema = std::fs::read_to_string(root().join("model/schema/system.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let model = std::fs::read_to_string(root().join(MODEL)).unwrap();
    let model: serde_json::Value = serde_json::from_str(&model).unwrap();
    let errors: Vec<String> = validator.iter_errors(&model).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn objectives_decide_the_exit_status() {
    let predict = |slo: &str| tracecast(["predict", MODEL, "--engine", "analytic", "--slo", slo]).status;
    assert_eq!(predict("makespan<1h"), 0);
    assert_eq!(predict("makespan<1s"), 1);
    assert_eq!(predict("crop.utilization>0.5"), 0);
}

#[test]
fn pictures_are_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (name, begins) in [("a.svg", &b"<svg"[..]), ("a.dot", b"digraph"), ("a.png", b"\x89PNG")] {
        let path = folder.path().join(name);
        tracecast(["show".as_ref(), MODEL.as_ref(), "-o".as_ref(), path.as_os_str()]).succeeded();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins) || bytes.starts_with(b"<?xml"), "{name}");
    }
    // Nothing but the pictures is left in the folder.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn series_are_a_table_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.csv");
    tracecast(["predict".as_ref(), MODEL.as_ref(), "--series".as_ref(), path.as_os_str()]).succeeded();
    let mut table = csv::Reader::from_path(&path).unwrap();
    let headers: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headers[0], "time");
    // Intervals stand behind all figures.
    let figures = headers.iter().filter(|name| !name.ends_with(".half_width")).count();
    assert!(headers[..figures].iter().all(|name| !name.ends_with(".half_width")), "{headers:?}");
    assert!(headers[figures..].contains(&"crop.utilization.half_width".to_owned()), "{headers:?}");
    let rows = table.records().count();
    // 100 tasks of 0.295 s take 30 s, in bins of 1 s.
    assert!((25..40).contains(&rows), "{rows}");
}

/// The share below a time is that of the percentile at that time, up to a bin.
#[test]
fn histograms_are_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("histogram.csv");
    let words = ["predict", MODEL, "--load", "poisson:2/s", "--json", "--histogram", path.to_str().unwrap()];
    let json = tracecast(words).json();
    assert!(json["workloads"]["burst"]["histogram"].as_array().unwrap().len() > 5);
    let mut table = csv::Reader::from_path(&path).unwrap();
    assert_eq!(
        table.headers().unwrap(),
        "workload low high count share cumulative half_width".split(' ').collect::<Vec<_>>()
    );
    let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().unwrap();
    let cell = |row: &csv::StringRecord, place: usize| row[place].parse::<f64>().unwrap();
    let (low, high, share, cumulative) = (1, 2, 4, 5);
    let p95 = json["workloads"]["burst"]["response_time"]["p95"].as_f64().unwrap();
    let at = rows.iter().find(|row| cell(row, cumulative) >= 0.95).unwrap();
    // The percentile is interpolated within a finer bin.
    assert!(cell(at, low) <= p95 && p95 <= cell(at, high), "{p95} in {at:?}");
    let shares: f64 = rows.iter().map(|row| cell(row, share)).sum();
    assert!((shares - 1.0).abs() < 1e-9 && cell(rows.last().unwrap(), cumulative) == 1.0);
    let refused = tracecast(words.iter().chain(&["--histogram-bins", "10"]));
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("histogram_bins is 10"), "{}", refused.stderr);
}

/// Bursts are repeated until the figures named are as precise as asked; what the model does not have is refused.
#[test]
fn figures_of_choice_decide_on_the_precision() {
    let predict = |words: &[&str]| tracecast(["predict", MODEL, "--load", "burst:5"].iter().chain(words));
    let words = ["--json", "--precise", "makespan,burst.p50", "--precision", "2%", "--antithetic"];
    let json = predict(&words).json();
    assert_eq!(json["status"], "converged");
    // Pairs of replications, at least as many as the pilot has.
    let replications = json["replications"].as_u64().unwrap();
    assert!(replications >= 20 && replications.is_multiple_of(2), "{replications}");
    let refused = predict(&["--precise", "crop.p99"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("precise: the prediction has no crop.p99"), "{}", refused.stderr);
}

/// Ends in time, and says so; a bound on what is in progress ends it too.
#[test]
fn limits_are_told() {
    let predict = |words: &[&str]| {
        let load =
            ["predict", MODEL, "--engine", "simulation", "--load", "poisson:2/s", "--precision", "0.01%"];
        tracecast(load.iter().chain(words)).succeeded().stdout
    };
    let text = predict(&["--time-limit", "300ms"]);
    assert!(text.contains("ENDED BY THE TIME LIMIT") && text.contains("warning[time-limit]"), "{text}");
    let text = tracecast(["predict", MODEL, "--load", "burst:20000", "--max-in-progress", "100"]).stdout;
    assert!(text.contains("TOO MUCH IN PROGRESS") && text.contains("in-progress-limit"), "{text}");
}

/// Analytic percentiles are marked as approximate, simulated ones are not, in lines no wider than a terminal.
#[test]
fn analytic_percentiles_are_marked() {
    for (engine, marked) in [("analytic", true), ("simulation", false)] {
        let run = tracecast(["predict", "examples/image-system/model.json", "--engine", engine]).succeeded();
        assert_eq!(run.stdout.contains("percentiles ≈"), marked, "{}", run.stdout);
        assert_eq!(run.stdout.matches("approximate").count(), usize::from(marked), "{}", run.stdout);
        assert_narrow(&run.stdout);
    }
}

/// Sentences aside, no line is wider than a terminal.
#[track_caller]
fn assert_narrow(text: &str) {
    let mut lines = text.lines().filter(|line| !line.starts_with("warning["));
    assert!(lines.all(|line| line.chars().count() <= 80), "{text}");
}

/// A queue of three places before the handlers of images: where requests wait and are lost is told, and objectives can
/// be about it. The whole stays as narrow as a terminal.
#[test]
fn waiting_and_losses_are_told() {
    let model = std::fs::read_to_string(root().join(MODEL)).unwrap();
    let mut model: serde_json::Value = serde_json::from_str(&model).unwrap();
    let services = model["services"].as_array_mut().unwrap();
    let crop = services.iter_mut().find(|service| service["name"] == "crop").unwrap();
    crop["queue_capacity"] = 3.into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limited.json");
    std::fs::write(&path, model.to_string()).unwrap();
    let predict = |words: &[&str]| {
        let fixed = ["predict", path.to_str().unwrap(), "--load", "poisson:6/s", "--precision", "10%"];
        tracecast(fixed.iter().chain(words))
    };
    let text = predict(&[]).succeeded().stdout;
    assert!(text.contains("waiting at") && text.contains("failed"), "{text}");
    assert_narrow(&text);
    let json = predict(&["--json"]).json();
    let failed = mean(&json, "/workloads/burst/failed_share/mean");
    assert!(failed > 0.0 && failed < 1.0, "{failed}");
    assert!((mean(&json, "/services/crop/loss_share/mean") - failed).abs() < 0.05);
    for (objective, status) in
        [("errors<100%", 0), ("errors<0.001%", 1), ("crop.loss_share>50%", 1), ("crop.waiting_time<1h", 0)]
    {
        assert_eq!(predict(&["--slo", objective]).status, status, "{objective}");
    }
}
