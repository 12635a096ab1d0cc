//! From real traces to predictions: the extracted models against the true architectures, against each engine, and
//! against the measured runs.

use std::path::Path;

use crate::support::{close, mean, shared, tracecast};

struct Imported {
    folder: tempfile::TempDir,
    report: serde_json::Value,
}

impl Imported {
    fn model(&self) -> String {
        self.folder.path().join("model.json").to_str().unwrap().into()
    }

    fn services(&self) -> usize {
        self.report["services"].as_array().unwrap().len()
    }

    /// Pairs of different services, with the kind of their calls.
    fn edges(&self) -> std::collections::BTreeSet<(String, String, String)> {
        let service =
            |name: &serde_json::Value| name.as_str().unwrap().split('/').next().unwrap().to_string();
        self.report["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| (service(&call["from"]), service(&call["to"]), call["kind"].as_str().unwrap().into()))
            .collect()
    }
}

fn import(path: &Path) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.json");
    let report = folder.path().join("report.json");
    let arguments = [
        "import".as_ref(),
        path.as_os_str(),
        "-o".as_ref(),
        model.as_os_str(),
        "--report".as_ref(),
        report.as_os_str(),
    ];
    tracecast(arguments).succeeded();
    let text = std::fs::read_to_string(&report).unwrap();
    tracecast(["check".as_ref(), model.as_os_str()]).succeeded();
    Imported { folder, report: serde_json::from_str(&text).unwrap() }
}

/// Both engines agree within 5 % at half the capacity.
fn engines_agree(imported: &Imported) {
    let predict = |engine: &str| {
        let model = imported.model();
        tracecast([
            "predict",
            &model,
            "--engine",
            engine,
            "--json",
            "--load",
            "poisson:50%",
            "--precision",
            "0.01",
        ])
        .json()
    };
    let (solved, simulated) = (predict("analytic"), predict("simulation"));
    for (name, workload) in simulated["workloads"].as_object().unwrap() {
        for figure in ["throughput", "response_time"] {
            let simulated = mean(workload, &format!("/{figure}/mean"));
            let solved = mean(&solved["workloads"][name], &format!("/{figure}/mean"));
            close(&format!("{name} {figure}"), solved, simulated, 0.05);
        }
    }
}

#[test]
fn hotel_reservation() {
    let Some(path) = shared("data/traces/hotelreservation-jaeger-1.json") else { return };
    let imported = import(&path);
    assert_eq!(imported.services(), 6);
    assert_eq!(imported.edges().len(), 5);
    for call in imported.report["calls"].as_array().unwrap() {
        assert_eq!((&call["kind"], &call["parallel"]), (&"synchronous".into(), &false.into()), "{call}");
        assert!((call["mean"].as_f64().unwrap() - 1.0).abs() < 0.005, "{call}");
    }
    engines_agree(&imported);
}

#[test]
fn social_network() {
    let Some(path) = shared("data/traces/socialnetwork-jaeger-1.json") else { return };
    let imported = import(&path);
    assert_eq!(imported.services(), 12);
    assert_eq!(imported.edges().len(), 11);
    // The fork of compose-post and that of text. The three calls after the first fork start together by the source
    // code's look, but in none of the traces do any two of them overlap: they are a sequence.
    let mut parallel: Vec<&str> = imported.report["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["parallel"] == true)
        .map(|call| call["to"].as_str().unwrap().split('/').next().unwrap())
        .collect();
    parallel.sort_unstable();
    let forks = [
        "media-service",
        "text-service",
        "unique-id-service",
        "url-shorten-service",
        "user-mention-service",
        "user-service",
    ];
    assert_eq!(parallel, forks);
    engines_agree(&imported);
}

#[test]
fn airship_shop() {
    let Some(path) = shared("data/traces/airshipshop-otlpjsonl-1.jsonl") else { return };
    let imported = import(&path);
    assert_eq!(imported.services(), 3);
    let edge = |from: &str, to: &str, kind: &str| (from.to_string(), to.to_string(), kind.to_string());
    let expected = [
        edge("gateway", "orders", "synchronous"),
        edge("gateway", "products", "synchronous"),
        edge("orders", "products", "asynchronous"),
    ];
    assert_eq!(imported.edges(), expected.into_iter().collect());
    engines_agree(&imported);
}

/// The image testbed's burst, predicted by the model extracted from its own traces, and a low open load on another day.
#[test]
fn image_testbed() {
    let Some(path) = shared("data/runs/image-testbed/burst-w1-n050/traces") else { return };
    let imported = import(&path);
    let edges = imported.edges();
    for (from, to, kind) in [
        ("client", "api-gateway", "synchronous"),
        ("api-gateway", "crop-service", "asynchronous"),
        ("crop-service", "storage", "synchronous"),
    ] {
        assert!(edges.contains(&(from.into(), to.into(), kind.into())), "{edges:?}");
    }
    let model = imported.model();
    let system: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&model).unwrap()).unwrap();
    let queues =
        system["services"].as_array().unwrap().iter().filter(|service| service["work_queue"].is_object());
    assert_eq!(queues.count(), 1, "one work queue");
    let predict = |engine: &str, load: &str| {
        let prediction = tracecast(["predict", &model, "--engine", engine, "--load", load, "--json"]).json();
        let (_, workload) = prediction["workloads"].as_object().unwrap().iter().next().unwrap();
        workload.clone()
    };
    // Measured: summary.json of the two runs. The machine's speed drifts by ±9 % between runs.
    for engine in ["analytic", "simulation"] {
        let burst = predict(engine, "burst:50");
        close("makespan", mean(&burst, "/makespan/mean"), 14.051, 0.05);
        close("mean latency", mean(&burst, "/response_time/mean"), 7.250, 0.05);
        close("p95", mean(&burst, "/response_time/p95"), 13.206, 0.08);
        let open = predict(engine, "poisson:1.15/s");
        close("mean latency", mean(&open, "/response_time/mean"), 0.3558, 0.12);
    }
}

#[test]
fn two_replicas_are_seen() {
    let Some(path) = shared("data/runs/image-testbed/burst-w2-n100/traces") else { return };
    let report = import(&path).report;
    let services = report["services"].as_array().unwrap();
    let crop = services.iter().find(|service| service["name"] == "crop-service").unwrap();
    assert_eq!(crop["replicas"], 2);
}

/// Any trace file gives a valid model or a clear refusal; formats that are not read yet are refused as unknown.
#[test]
fn every_file_of_the_set() {
    let Some(folder) = shared("data/traces") else { return };
    let mut read = 0;
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries.iter().filter(|path| path.is_file()) {
        let run = tracecast(["import".as_ref(), path.as_os_str(), "--quiet".as_ref()]);
        match run.status {
            0 => {
                let system: tracecast_model::System = serde_json::from_str(&run.stdout).unwrap();
                let errors = tracecast_model::validate::errors(&system);
                assert!(errors.is_empty(), "{}: {errors:?}", path.display());
                read += 1;
            }
            2 => assert!(run.stderr.starts_with("error: "), "{}: {}", path.display(), run.stderr),
            status => panic!("{}: status {status}: {}", path.display(), run.stderr),
        }
        assert!(!run.stderr.contains("panicked"), "{}: {}", path.display(), run.stderr);
    }
    // Jaeger and OTLP JSON files of the set.
    assert!(read >= 40, "only {read} files were read");
}
