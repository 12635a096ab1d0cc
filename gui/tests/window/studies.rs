//! What looks at many scenarios: sweeps, comparisons, what would help.

use egui_kittest::kittest::Queryable;
use tracecast_experiment::{EngineChoice, Scenario, predict};
use tracecast_gui::{Asked, Change, Command, SweepRequest, Value};
use tracecast_model::{EngineOptions, RunControl, fixtures};

use crate::helpers::{answered, opened, press, saved, solved, wait};

#[test]
fn a_sweep_is_what_predictions_of_its_points_are() {
    let system = fixtures::three_tiers(20.0);
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    let values = ["1", "2", "3"].map(str::to_owned).to_vec();
    let request = SweepRequest {
        path: "database.concurrency".into(),
        values: values.clone(),
        metric: "mean".parse().unwrap(),
        engine: EngineChoice::Analytic,
    };
    window.state_mut().execute(Command::Sweep(request));
    wait(&mut window, "the sweep", |window| matches!(window.state().state().sweep, Asked::Done(_)));
    let Asked::Done(sweep) = &window.state().state().sweep else { panic!("done") };
    for (value, point) in values.iter().zip(&sweep.points) {
        let edits = vec![format!("database.concurrency={value}").parse().unwrap()];
        let changed = Scenario { edits, loads: Vec::new() }.apply(&system).unwrap();
        let options = EngineOptions::default();
        let own = predict(&changed, EngineChoice::Analytic, &options, &RunControl::none()).unwrap();
        let expected = own.workloads["users"].response_time.unwrap().mean;
        // Points begin at the solution of the scenario: both end within the tolerance of the iteration.
        let found = point.as_ref().unwrap().mean;
        assert!((found / expected - 1.0).abs() < 1e-4, "{value}: {found} {expected}");
    }
    window.get_by_label("Make a scenario of database.concurrency=2").click();
    window.run_steps(3);
    let selected = window.state().state().project.selected();
    assert_eq!(selected.content.settings["database.concurrency"].text, "2");
}

#[test]
fn a_sweep_is_asked_for_by_hand() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    press(&mut window, "Predict all");
    wait(&mut window, "the sweep", |window| matches!(window.state().state().sweep, Asked::Done(_)));
    assert!(window.query_by_label_contains("p95 over database.replicas").is_some());
}

#[test]
fn scenarios_stand_side_by_side() {
    let (_folder, path) = saved(&fixtures::closed_network(1, 0.0, &[0.01]));
    let mut window = opened(&path);
    solved(&mut window);
    let twice = Change::Set("station0.demand".into(), Value::new("*2"));
    window.state_mut().execute(Command::Change(twice));
    window.state_mut().execute(Command::View("Compare"));
    answered(&mut window);
    wait(&mut window, "the baseline", |window| {
        window.state().state().compared().is_some_and(|answer| answer.simulation.is_final())
    });
    assert!(window.query_by_label("station0.demand").is_some());
    assert!(window.query_all_by_label("*2").next().is_some());
    // One customer, no waiting: half the throughput, within the precision of a simulation.
    assert!(window.query_all_by_label_contains("−50").next().is_some());
}

#[test]
fn what_would_help_is_found_and_tried() {
    let (_folder, path) = saved(&fixtures::three_tiers(60.0));
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Results"));
    window.run_steps(3);
    press(&mut window, "What would help?");
    wait(&mut window, "the remedies", |window| window.query_by_label("Try database.replicas=2").is_some());
    press(&mut window, "Try database.replicas=2");
    let selected = window.state().state().project.selected();
    assert_eq!(selected.content.settings["database.replicas"].text, "2");
}

/// 60 tasks of 0.5 s in less than 8 s need five workers at least, as the closed form has it: 60·0.5/c < 8 for c > 3.75, and the
/// storage and the posts take their time.
#[test]
fn the_cheapest_that_meets_the_objectives_is_found() {
    let system = fixtures::burst_queue(60, 1, tracecast_model::Distribution::deterministic(0.5));
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    assert!(window.query_by_label_contains("Add an objective").is_some());
    window.state_mut().execute(Command::Change(Change::Objectives(vec!["makespan<8s".into()])));
    window.run_steps(3);
    press(&mut window, "Find");
    wait(&mut window, "the plan", |window| matches!(window.state().state().plan, Asked::Done(_)));
    let Asked::Done(plan) = &window.state().state().plan else { panic!("done") };
    let found: u32 = plan.answer.as_ref().unwrap().settings["worker.replicas"].parse().unwrap();
    assert!((4..=5).contains(&found), "{found}");
    window.run_steps(3);
    press(&mut window, &format!("Make a scenario of worker.replicas={found}"));
    assert_eq!(
        window.state().state().project.selected().content.settings["worker.replicas"].text,
        found.to_string()
    );
}
