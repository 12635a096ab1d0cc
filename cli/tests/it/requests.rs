//! Single requests of a simulation: what is written, and that `import` reads it.

use crate::support::tracecast;

const MODEL: &str = "examples/image-system/model.json";

fn predict(more: &[&str]) -> crate::support::Run {
    let load = ["predict", MODEL, "--load", "poisson:50%", "--until", "2000s", "--requests", "300"];
    tracecast(load.iter().chain(more))
}

#[test]
fn traces_are_imported_as_the_architecture_that_they_are_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (traces, records, packed) = (path("traces.jsonl"), path("requests.csv"), path("traces.jsonl.gz"));
    let run = predict(&["--traces", &traces, "--records", &records]).succeeded();
    assert!(run.stderr.contains("recorded the 300 requests"), "{}", run.stderr);
    assert!(run.stdout.contains("simulation ("), "auto simulates: {}", run.stdout);
    predict(&["--traces", &packed, "--engine", "simulation"]).succeeded();

    let import = |traces: &str| {
        let report = path("report.json");
        tracecast(["import", traces, "-o", &path("model.json"), "--report", &report]).succeeded();
        let report: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        assert_eq!(report["traces"], 300);
        (
            report["services"].clone(),
            report["calls"].clone(),
            std::fs::read_to_string(path("model.json")).unwrap(),
        )
    };
    let plain = import(&traces);
    assert_eq!(plain.0, import(&packed).0, "packed");
    // Every call of the model, and no other, is in the traces.
    let pairs = |calls: &serde_json::Value| -> std::collections::BTreeSet<(String, String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
        let calls = calls.as_array().unwrap().iter();
        calls.map(|call| (text(&call["from"]), text(&call["to"]), text(&call["kind"]))).collect()
    };
    let system =
        tracecast_model::native::read(&std::fs::read_to_string(crate::support::root().join(MODEL)).unwrap());
    let mut expected = std::collections::BTreeSet::new();
    for (name, operation) in system.unwrap().operations() {
        for call in operation.activities().iter().flat_map(|activity| &activity.calls) {
            expected.insert((name.to_string(), call.to.to_string(), call.kind.name().to_string()));
        }
    }
    assert_eq!(pairs(&plain.1), expected);

    let mut table = csv::Reader::from_path(&records).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (start, response) = (column("start"), column("response_time"));
    let rows: Vec<(f64, f64)> = table
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[start].parse().unwrap(), row[response].parse().unwrap()))
        .collect();
    assert_eq!(rows.len(), 300);
    assert!(rows.is_sorted_by_key(|row| row.0) && rows.iter().all(|row| row.1 > 0.0));
}

#[test]
fn the_analytic_engine_is_refused_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    let run = predict(&["--traces", path.to_str().unwrap(), "--engine", "analytic"]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("--traces") && run.stderr.contains("hint: use --engine simulation"),
        "{}",
        run.stderr
    );
    assert!(!path.exists());
}

#[test]
fn same_seed_same_traces() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed: &str| {
        let path = folder.path().join(name);
        predict(&["--traces", path.to_str().unwrap(), "--seed", seed]).succeeded();
        std::fs::read(path).unwrap()
    };
    assert!(write("a", "3") == write("b", "3"), "again");
    assert!(write("a", "3") != write("c", "4"), "another seed");
}
