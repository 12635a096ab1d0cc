//! A grid of settings.

use crate::support::{root, tracecast};

fn plan(folder: &std::path::Path, metrics: &str) -> std::path::PathBuf {
    let path = folder.join("plan.toml");
    let model = root().join("examples/image-system/model.json");
    let text = format!(
        "model = {model:?}\nengine = \"analytic\"\nmetrics = {metrics}\n\
         [grid]\n\"crop.replicas\" = [1, 2]\nload = [\"burst:10\", \"burst:20\"]\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_row_for_each_point_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), "[\"makespan\"]");
    let output = folder.path().join("results.csv");
    tracecast(["batch".as_ref(), plan.as_os_str(), "-o".as_ref(), output.as_os_str()]).succeeded();
    let text = std::fs::read_to_string(&output).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("crop.replicas,load,engine,status,makespan,makespan_half_width"));
    let points: Vec<String> =
        lines.map(|line| line.split(',').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(points, ["1 burst:10", "1 burst:20", "2 burst:10", "2 burst:20"]);
    assert!(!folder.path().join("results.csv.partial").exists());
    let to_stdout = tracecast(["batch".as_ref(), plan.as_os_str()]).succeeded();
    assert_eq!(to_stdout.stdout, text);
}

/// A run that was cut off goes on: points in the journal are not predicted again.
#[test]
fn a_cut_off_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), "[\"makespan\"]");
    let output = folder.path().join("results.csv");
    let run = || tracecast(["batch".as_ref(), plan.as_os_str(), "-o".as_ref(), output.as_os_str()]);
    run().succeeded();
    let whole = std::fs::read_to_string(&output).unwrap();
    // A journal as a killed run leaves it: the header, one whole row, and one that breaks off.
    let text = std::fs::read_to_string(&plan).unwrap();
    let model: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("examples/image-system/model.json")).unwrap(),
    )
    .unwrap();
    let system: tracecast_model::System = serde_json::from_value(model).unwrap();
    let header = serde_json::json!({ "plan": text, "model": system }).to_string();
    let row = tracecast(["batch".as_ref(), plan.as_os_str(), "--json".as_ref()]).succeeded().stdout;
    let first: serde_json::Value = serde_json::from_str(row.lines().next().unwrap()).unwrap();
    let row = serde_json::json!({ "point": ["1", "burst:10"], "prediction": first["prediction"] });
    std::fs::write(folder.path().join("results.csv.partial"), format!("{header}\n{row}\n{{\"point\": ["))
        .unwrap();
    let again = run().succeeded();
    assert!(again.stderr.contains("1 of 4 points"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), whole);
}

#[test]
fn a_misspelt_metric_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), "[\"makespam\"]");
    let run = tracecast(["batch".as_ref(), plan.as_os_str()]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("makespam") && run.stderr.contains("makespan"), "{}", run.stderr);
}
