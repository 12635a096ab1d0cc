//! Predictions: the same as those of the command line, cancelled, and both engines.

use egui_kittest::kittest::Queryable;
use tracecast_experiment::{EngineChoice, predict};
use tracecast_gui::{Change, Command, Figures, Lane, prediction_json};
use tracecast_model::{Distribution, EngineOptions, RunControl, System, fixtures};

use crate::helpers::{answered, opened, press, saved, solved, wait};

/// As `tracecast predict --json` computes it.
fn on_the_command_line(system: &System, engine: EngineChoice) -> String {
    let options = EngineOptions::default();
    let prediction =
        predict(system, engine, &options, &RunControl::none()).expect("the engine covers the model");
    prediction_json(&prediction)
}

#[test]
fn figures_are_those_of_the_command_line_to_the_last_digit() {
    for system in [fixtures::three_tiers(20.0), fixtures::burst_queue(50, 2, Distribution::exponential(0.1))]
    {
        let (_folder, path) = saved(&system);
        let mut window = opened(&path);
        answered(&mut window);
        let state = window.state().state();
        let shown = state.shown().unwrap();
        if let Some(analytic) = shown.analytic.prediction() {
            assert_eq!(prediction_json(analytic), on_the_command_line(&system, EngineChoice::Analytic));
        }
        let simulated = shown.simulation.prediction().unwrap();
        assert_eq!(prediction_json(simulated), on_the_command_line(&system, EngineChoice::Simulation));
    }
}

#[test]
fn the_load_that_comes_in_goes_out() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    let analytic = tracecast_gui::RunOptions { engine: EngineChoice::Analytic, ..Default::default() };
    window.state_mut().execute(Command::Change(Change::Options(analytic)));
    solved(&mut window);
    assert!(window.query_by_label("20.00/s").is_some());
    // The bottleneck is busy 20/s × 2 × 3 × 2 ms of the time.
    assert!(window.query_by_label_contains("load 24 %").is_some());
    window.state_mut().execute(Command::View("Results"));
    window.run_steps(3);
    assert!(window.query_by_label_contains("No service is busy for half of the time").is_some());
}

#[test]
fn a_simulation_can_be_stopped_and_resumed() {
    let (_folder, path) = saved(&fixtures::burst_queue(2_000_000, 4, Distribution::exponential(0.1)));
    let mut window = opened(&path);
    wait(&mut window, "the button", |window| window.query_by_label("Stop").is_some());
    press(&mut window, "Stop");
    wait(&mut window, "the end", |window| window.state().state().progress_of(Lane::Simulation).is_none());
    let shown = window.state().state().shown().unwrap();
    assert!(!matches!(shown.simulation, Figures::Done(_)));
    window.run_steps(20);
    assert_eq!(window.state().state().progress_of(Lane::Simulation), None);
    press(&mut window, "Resume");
    wait(&mut window, "the simulation", |window| {
        window.state().state().progress_of(Lane::Simulation).is_some()
    });
}

#[test]
fn opening_another_model_forgets_the_answers_of_the_last() {
    let (_one, slow) = saved(&fixtures::burst_queue(2_000_000, 4, Distribution::exponential(0.1)));
    let (_two, other) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&slow);
    wait(&mut window, "the simulation", |window| {
        window.state().state().progress_of(Lane::Simulation).is_some()
    });
    window.state_mut().execute(Command::Open(vec![other.clone()]));
    wait(&mut window, "the other model", |window| {
        window.state().state().source.as_ref().is_some_and(|source| source.origin.path() == Some(&*other))
    });
    answered(&mut window);
    let shown = window.state().state().shown().unwrap();
    assert!(shown.best().unwrap().workloads["users"].makespan.is_none());
}

#[test]
fn both_engines_stand_side_by_side() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Results"));
    window.run_steps(5);
    assert!(window.query_by_label_contains("Both engines").is_some());
}
