//! Measured runs, and the parameters that are fitted to them.

use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use tracecast_calibration::{Plan, Runs, calibrate};
use tracecast_experiment::EngineChoice;
use tracecast_gui::{Asked, Command, Start, SweepAxis, SweepRequest, SweepValue};
use tracecast_model::{Distribution, System, fixtures};

use crate::helpers::{Window, answered, opened, press, saved, wait, window};

/// One worker takes a task of D and 2 · 10 ms of storage for each of n requests of a burst; the first arrives after 1 ms for
/// each of the n posts. So the makespan is n (D + 21 ms) with tasks that do not vary.
fn makespan(n: f64, demand: f64) -> f64 {
    n * (demand + 0.021)
}

fn model() -> System {
    fixtures::burst_queue(10, 1, Distribution::deterministic(0.5))
}

const PLAN: &str = "runs = \"runs.csv\"\nrun = [\"n\"]\nload = \"burst:{n}\"\n\
    [[parameters]]\npath = \"worker/process.demand\"\nstart = 0.05\n\
    [measured]\nmakespan = \"seconds\"\n[engine]\nname = \"simulation\"\noptions = { replications = 2 }\n";

/// A folder with a model, runs of it with a demand of 0.3 s and opposite errors of 1 %, and a plan.
fn measured() -> (TempDir, PathBuf) {
    let (folder, path) = saved(&model());
    let table = format!("n,seconds\n10,{}\n50,{}\n", makespan(10.0, 0.3) * 0.99, makespan(50.0, 0.3) * 1.01);
    std::fs::write(folder.path().join("runs.csv"), table).unwrap();
    std::fs::write(folder.path().join("plan.toml"), PLAN).unwrap();
    (folder, path)
}

fn with_runs(model: &Path, runs: PathBuf) -> Window {
    let mut window = opened(model);
    answered(&mut window);
    window.state_mut().execute(Command::Open(vec![runs]));
    wait(&mut window, "the runs", |window| window.state().state().runs.is_some());
    window
}

/// What is asked for later does not end a fit that runs.
#[test]
fn a_sweep_leaves_a_fit_alone() {
    let (folder, path) = measured();
    let mut window = with_runs(&path, folder.path().join("plan.toml"));
    window.state_mut().execute(Command::Calibrate(Box::new(Plan::read(PLAN).unwrap())));
    let values = [1.0, 2.0].map(|number| SweepValue { number, text: number.to_string() }).to_vec();
    let axis = SweepAxis { path: "worker.replicas".into(), title: "workers".into(), values };
    let metric = "makespan".parse().unwrap();
    let request = SweepRequest { axes: vec![axis], metric, engine: EngineChoice::Simulation };
    window.state_mut().execute(Command::Sweep(request));
    wait(&mut window, "both", |window| {
        let state = window.state().state();
        matches!((&state.calibration, &state.sweep), (Asked::Done(_), Asked::Done(_)))
    });
}

#[test]
fn what_is_fitted_is_what_the_calibration_finds() {
    let (folder, path) = measured();
    let mut window = with_runs(&path, folder.path().join("plan.toml"));
    assert_eq!(window.state().state().view, "Calibration");
    press(&mut window, "Fit parameters");
    wait(&mut window, "the fit", |window| matches!(window.state().state().calibration, Asked::Done(_)));
    let Asked::Done(calibrated) = window.state().state().calibration.clone() else { panic!("done") };
    let table = Runs::read(std::fs::File::open(folder.path().join("runs.csv")).unwrap()).unwrap();
    let fitted = calibrate(&model(), &Plan::read(PLAN).unwrap(), &table).unwrap();
    assert_eq!(calibrated.assessment.fitted[0].parameters, fitted[0].parameters);
    // Errors of opposite sign leave the truth in the middle, but for their second order.
    let value = fitted[0].parameters[0].value;
    assert!((value / 0.3 - 1.0).abs() < 1e-3, "{value}");
    assert!(window.query_by_label_contains("Fitted on 2 figures: mean absolute error 1.").is_some());
    assert!(window.query_by_label_contains("To know more, ").is_some());

    press(&mut window, "Make it a scenario");
    let scenario = window.state().state().project.selected();
    assert_eq!(scenario.name, "Calibrated");
    let adopted: f64 = scenario.content.settings["worker/process.demand"].text.parse().unwrap();
    // Six digits are kept.
    assert!((adopted / value - 1.0).abs() < 1e-5, "{adopted} {value}");
}

#[test]
fn a_table_alone_asks_for_what_it_does_not_say() {
    let (folder, path) = measured();
    let mut window = with_runs(&path, folder.path().join("runs.csv"));
    assert!(window.query_by_label_contains("the columns are n, seconds").is_some());
    for (field, text) in [("measured", "makespan = seconds"), ("load of a run", "burst:{n}")] {
        let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, field);
        field.focus();
        field.type_text(text);
        window.run_steps(3);
    }
    assert!(window.query_by_label_contains("choose what is unknown").is_some());
    press(&mut window, "Add an unknown");
    window.get_by_label_contains("worker/process.demand (").click();
    window.run_steps(3);
    assert!(window.query_by_label_contains("choose what is unknown").is_none());
    press(&mut window, "Fit parameters");
    wait(&mut window, "the fit", |window| matches!(window.state().state().calibration, Asked::Done(_)));
}

#[test]
fn runs_without_a_model_are_refused() {
    let (folder, _) = measured();
    let mut window = window(Start::default());
    window.state_mut().execute(Command::Open(vec![folder.path().join("plan.toml")]));
    wait(&mut window, "the refusal", |window| {
        window.query_by_label_contains("open the model or its traces first").is_some()
    });
    assert!(window.state().state().runs.is_none());
}

#[test]
fn a_plan_of_something_else_is_refused() {
    let (folder, path) = measured();
    let other = folder.path().join("sweep.toml");
    std::fs::write(&other, "metrics = [\"makespan\"]\n").unwrap();
    let mut window = opened(&path);
    window.state_mut().execute(Command::Open(vec![other]));
    wait(&mut window, "the refusal", |window| {
        window.query_by_label_contains("sweep.toml is no plan of a calibration: ").is_some()
    });
}
