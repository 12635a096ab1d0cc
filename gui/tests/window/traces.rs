//! Open traces: single requests, where time is spent, what the import made of them.

use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use tracecast_gui::Command;
use tracecast_model::fixtures;

use crate::helpers::{Window, answered, opened, press, saved};

fn of_importers(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../importers/tests/data").join(name)
}

/// A window with the traces of a file.
fn traces(path: &Path) -> Window {
    let mut window = opened(path);
    // Figures that arrive move what is below them, also away from under a pointer.
    answered(&mut window);
    window.state_mut().execute(Command::View("Traces"));
    window.run_steps(3);
    window
}

/// Of each trace in a file of Jaeger: the root's operation, and its duration in microseconds.
fn roots(path: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(path).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of_trace = |trace: &serde_json::Value| {
        let spans = trace["spans"].as_array().unwrap();
        let root = spans.iter().find(|span| span["references"].as_array().is_none_or(Vec::is_empty)).unwrap();
        (root["operationName"].as_str().unwrap().to_string(), root["duration"].as_u64().unwrap())
    };
    file["data"].as_array().unwrap().iter().map(of_trace).collect()
}

fn chosen_root_lasts_as_long_as_in_the_file(path: &Path) {
    let (operation, micros) = roots(path).remove(0);
    let duration = tracecast_model::seconds::display(micros as f64 / 1e6);
    let mut window = traces(path);
    let row = format!("/{operation}, {duration}, ");
    // Several requests may take as long.
    window.query_all_by_label_contains(&row).next().expect("its row").click();
    window.run_steps(3);
    let head = format!("response time {duration} · ");
    assert!(window.query_by_label_contains(&head).is_some(), "{head}");
}

#[test]
fn a_chosen_request_lasts_as_long_as_its_root() {
    chosen_root_lasts_as_long_as_in_the_file(&of_importers("jaeger_json/fork_join.json"));
}

/// The test cases of CRISP (Zhang et al. 2022), and what they state of the root.
#[test]
fn shared_traces_are_shown() {
    let Some(shared) = std::env::var_os("TRACECAST_SHARED") else {
        eprintln!("left out: TRACECAST_SHARED does not name the folder of shared data");
        return;
    };
    let file = Path::new(&shared).join("data/traces/crispcases-jaeger-01.json");
    chosen_root_lasts_as_long_as_in_the_file(&file);
}

#[test]
fn calls_are_closed_and_opened() {
    let mut window = traces(&of_importers("jaeger_json/fork_join.json"));
    let rows = |window: &Window| window.query_all_by_label_contains(", own time ").count();
    let all = rows(&window);
    assert!(all > 2, "{all} calls");
    let root = window.query_all_by_label_contains("Collapse ").find(|node| {
        use egui_kittest::kittest::NodeT;
        node.accesskit_node().label().is_some_and(|label| label != "Collapse all")
    });
    root.unwrap().click();
    window.run_steps(3);
    assert_eq!(rows(&window), 1);
    press(&mut window, "Expand all");
    assert_eq!(rows(&window), all);
}

#[test]
fn a_filter_leaves_what_has_its_words() {
    let mut window = traces(&of_importers("jaeger_json/fork_join.json"));
    window.get_by_label("Filter requests").focus();
    window.get_by_label("Filter requests").type_text("nothing is called like this");
    window.run_steps(3);
    assert!(window.query_by_label("No request is like that.").is_some());
}

#[test]
fn the_import_is_accounted_for() {
    let path = of_importers("jaeger_json/fork_join.json");
    let mut window = traces(&path);
    let source = window.state().state().source.clone().unwrap();
    let report = &source.traces.as_ref().unwrap().report;
    press(&mut window, "Import report");
    for warning in &report.warnings {
        assert!(window.query_by_label(&warning.code).is_some(), "{}", warning.code);
    }
    let parameter = &report.parameters[0];
    let (element, setting) = parameter.path.rsplit_once('.').unwrap();
    let told = tracecast_gui::provenance(&source, element, setting).unwrap();
    assert!(window.query_by_label(&format!("{}: {told}", parameter.path)).is_some(), "{told}");
    press(&mut window, "Where time is spent");
    assert!(window.query_by_label("Stragglers").is_some());
}

#[test]
fn a_model_alone_says_how_to_open_traces() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let window = traces(&path);
    assert!(window.query_by_label("No traces are open").is_some());
    assert!(window.query_by_label("Choose trace files…").is_some());
}
