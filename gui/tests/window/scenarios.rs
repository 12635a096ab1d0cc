//! Scenarios: copies, names, the baseline.

use egui_kittest::kittest::Queryable;
use tracecast_gui::{Change, Command, Value};
use tracecast_model::fixtures;

use crate::helpers::{opened, press, saved, solved};

#[test]
fn copies_have_names_of_their_own() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    press(&mut window, "Duplicate");
    press(&mut window, "Duplicate");
    let names = |window: &crate::helpers::Window| {
        let scenarios = &window.state().state().project.scenarios;
        scenarios.iter().map(|scenario| scenario.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&window), ["As it is", "What-if 1", "What-if 2"]);
    window.state_mut().execute(Command::Change(Change::Rename(1, "What-if 2".into())));
    window.run_steps(2);
    assert!(window.query_by_label_contains("there is a scenario \"What-if 2\" already").is_some());
    window.state_mut().execute(Command::Change(Change::Rename(1, "More workers".into())));
    window.run_steps(2);
    assert_eq!(names(&window), ["As it is", "More workers", "What-if 2"]);
    // The baseline moves along where one before it goes.
    window.state_mut().execute(Command::Compare(2));
    window.state_mut().execute(Command::Change(Change::Remove(1)));
    window.run_steps(2);
    let project = &window.state().state().project;
    assert_eq!((project.baseline().name.as_str(), names(&window).len()), ("What-if 2", 2));
}

/// Twice the demand of the only tier that matters: the difference stands beside the figure.
#[test]
fn the_difference_to_the_baseline_is_shown() {
    let (_folder, path) = saved(&fixtures::closed_network(1, 0.0, &[0.01]));
    let mut window = opened(&path);
    let options = tracecast_gui::RunOptions {
        engine: tracecast_experiment::EngineChoice::Analytic,
        ..Default::default()
    };
    window.state_mut().execute(Command::Change(Change::Options(options)));
    solved(&mut window);
    let twice = Change::Set("station0.demand".into(), Value::new("*2"));
    window.state_mut().execute(Command::Change(twice));
    solved(&mut window);
    crate::helpers::wait(&mut window, "the baseline", |window| {
        window.state().state().compared().is_some_and(|answer| answer.analytic.is_final())
    });
    // One customer, no waiting: twice the response time, half the throughput.
    assert!(window.query_all_by_label("+100 %").next().is_some());
    assert!(window.query_by_label("−50 %").is_some());
}
