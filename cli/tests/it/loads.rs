//! Loads that vary with time: on the command line, in files, and in plans.

use crate::support::{close, file, mean, tracecast};

/// One machine of one core, each request a millisecond.
const MODEL: &str = r#"{
  "hosts": [{"name": "machine", "cores": 1, "scheduling": "fcfs"}],
  "services": [{"name": "web", "host": "machine",
                "operations": [{"name": "get", "steps": [{"activity": {"demand": {"mean": "1ms", "scv": 0}}}]}]}]
}"#;

fn predict(load: &str) -> serde_json::Value {
    let (_folder, model) = file("model.json", MODEL);
    tracecast(["predict", model.to_str().unwrap(), "--load", load, "--json"]).json()
}

/// Requests are the integral of the rate: 60·100/2, and 30·100 while it holds. Five standard deviations of a mean over
/// ten replications of a Poisson number of about 6000 are 2 %.
#[test]
fn a_ramp() {
    let prediction = predict("ramp:0..100/s,over=60s,hold=30s");
    assert_eq!(prediction["engine"], "simulation");
    close("requests", mean(&prediction, "/workloads/users/completed"), 6000.0, 0.02);
    // It ends with the last request's work, or at its last point.
    let makespan = mean(&prediction, "/workloads/users/makespan/mean");
    assert!((90.0..90.1).contains(&makespan), "{makespan}");
}

/// The same profile by the name of its file and with its kind, twice over, half as strong: 10·60 + 3000/2. Five standard
/// deviations as above are 3.5 %.
#[test]
fn a_profile_in_a_file() {
    let text = "scale = 0.5\nrepeat = 2\npoints = [\n  { at = 0, rate = \"600/min\" },\n  { at = \"1min\", rate = 10 },\n  \
                { at = 60, rate = 0 },\n  { at = 90, rate = 100 },\n]\n";
    let (_folder, path) = file("day.toml", text);
    let path = path.to_str().unwrap();
    let found = predict(path);
    close("requests", mean(&found, "/workloads/users/completed"), 2100.0, 0.04);
    assert_eq!(found, predict(&format!("profile:{path}")));
    let aimed = predict(&format!("web/get={path}"));
    close("requests", mean(&aimed, "/workloads/web~1get/completed"), 2100.0, 0.04);
}

/// Lindley by hand: requests of 1 ms at 0, 0.5 and 1.5 ms wait for 0, 0.5 and 0.5 ms.
#[test]
fn recorded_arrivals() {
    let (_folder, path) =
        file("log.csv", "user,time\na,1772366400000000\nb,1772366400000500\nc,1772366400001500\n");
    let prediction = predict(&format!("replay:{}", path.display()));
    close("response", mean(&prediction, "/workloads/users/response_time/mean"), 4e-3 / 3.0, 1e-9);
    close("makespan", mean(&prediction, "/workloads/users/makespan/mean"), 3e-3, 1e-9);
}

/// Two constant requests that do not meet: the last ends a millisecond after it came. A percent allows for the phases
/// that stand for a constant time.
#[test]
fn the_analytic_engine_follows_recorded_arrivals() {
    let (_folder, path) = file("log.csv", "0\n1\n");
    let (_model_folder, model) = file("model.json", MODEL);
    let load = format!("replay:{}", path.display());
    let run =
        tracecast(["predict", model.to_str().unwrap(), "--load", &load, "--engine", "analytic", "--json"]);
    let prediction = run.json();
    assert_eq!(prediction["method"], "fluid");
    close("makespan", mean(&prediction, "/workloads/users/makespan/mean"), 1.001, 0.01);
    close("throughput", mean(&prediction, "/workloads/users/throughput/mean"), 2.0 / 1.001, 0.02);
}

/// Gaps and work without chance: every request takes its millisecond. The engine is the simulator without being told,
/// since the analytic one refuses.
#[test]
fn arrivals_with_constant_gaps() {
    let prediction = predict("arrivals:500/s,scv=0");
    assert_eq!(prediction["engine"], "simulation");
    close("response", mean(&prediction, "/workloads/users/response_time/mean"), 1e-3, 1e-9);
    let (_folder, model) = file("model.json", MODEL);
    let arguments = ["--load", "arrivals:500/s,scv=0", "--engine", "analytic"];
    let run = tracecast(["predict", model.to_str().unwrap()].into_iter().chain(arguments));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("renewal arrivals (workload \"users\")"), "{}", run.stderr);
}

/// A quarter of the time at 400/s, else at 40/s: 130/s in the mean, to the 2 % of the default precision three times over.
#[test]
fn arrivals_by_a_hidden_state() {
    let text = "rates = [\"400/s\", 40]\ntransitions = [[0, 30], [10, 0]]\n";
    let (_folder, path) = file("states.toml", text);
    let load = format!("arrivals:{}", path.display());
    let prediction = predict(&load);
    close("throughput", mean(&prediction, "/workloads/users/throughput/mean"), 130.0, 0.06);
    let (_model_folder, model) = file("model.json", MODEL);
    let arguments = ["--load", &load, "--engine", "analytic"];
    let run = tracecast(["predict", model.to_str().unwrap()].into_iter().chain(arguments));
    assert!(run.stderr.contains("Markovian arrivals (workload \"users\")"), "{}", run.stderr);
}

/// A plan names files beside itself.
#[test]
fn files_in_a_plan() {
    let plan = "model = \"model.json\"\nmetrics = [\"makespan\"]\n[grid]\nload = [\"day.toml\", \"replay:log.csv\"]\n";
    let (folder, path) = file("plan.toml", plan);
    for (name, text) in [
        ("model.json", MODEL),
        (
            "day.toml",
            "points = [{ at = 0, rate = 5 }, { at = 7, rate = 5 }, { at = 7, rate = 0 }, { at = 8, rate = 0 }]",
        ),
        ("log.csv", "0\n2\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let table = tracecast(["batch", path.to_str().unwrap()]).succeeded().stdout;
    let makespans: Vec<f64> =
        table.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().parse().unwrap()).collect();
    assert_eq!(makespans.len(), 2, "{table}");
    close("profile", makespans[0], 8.0, 1e-9);
    close("recording", makespans[1], 2.001, 1e-9);
    let (_folder, path) = file("plan.toml", plan);
    std::fs::write(path.with_file_name("model.json"), MODEL).unwrap();
    let run = tracecast(["batch", path.to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("day.toml: there is no such file"), "{}", run.stderr);
}

#[test]
fn refusals_name_file_line_and_cause() {
    let (_model_folder, model) = file("model.json", MODEL);
    let refused = |load: &str, words: &[&str]| {
        let run = tracecast(["predict", model.to_str().unwrap(), "--load", load]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{load}: {}", run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "{load}: \"{word}\" is not in: {}", run.stderr);
        }
    };
    for (name, text, words) in [
        (
            "day.toml",
            "points = [\n  { at = 0, rate = 1 },\n  { at = 0, rate = \"quick\" },\n]",
            &["line 3", "quick"][..],
        ),
        (
            "day.toml",
            "points = [\n  { at = 9, rate = 1 },\n  { at = 3, rate = 1 },\n]",
            &["line 3", "before"],
        ),
        ("log.csv", "time\n1\nsoon\n", &["line 3", "soon"]),
        ("log.csv", "", &["empty"]),
        ("states.toml", "rates = [1, 2]\ntransitions = [[0, 1], [0, 0]]", &["no way from state 2"]),
        ("states.toml", "gap = 1\nscv = 2", &["line 2", "scv"]),
    ] {
        let (_folder, path) = file(name, text);
        let kind = match name {
            "day.toml" => "profile",
            "states.toml" => "arrivals",
            _ => "replay",
        };
        refused(&format!("{kind}:{}", path.display()), &[words, &[name]].concat());
    }
    refused("nowhere.toml", &["nowhere.toml", "no such file"]);
    refused("replay:nowhere.csv", &["nowhere.csv", "no such file"]);
    refused("arrivals:5/s", &["scv=4"]);
    refused("ramp:0..100/s", &["over=60s"]);
    refused("ramp:100/s,over=60s", &["0..100/s"]);
    refused("ramp:0..100/s,over=60s,for=9s", &["for"]);
}
