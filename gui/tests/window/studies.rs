//! What looks at many scenarios: sweeps, comparisons, what would help.

use egui_kittest::kittest::Queryable;
use tracecast_experiment::{EngineChoice, Scenario, predict};
use tracecast_gui::{Asked, Change, Command, SweepAxis, SweepRequest, SweepValue, Value};
use tracecast_model::{EngineOptions, RunControl, fixtures};

use crate::helpers::{answered, opened, press, saved, solved, wait};

fn axis(path: &str, values: &[f64]) -> SweepAxis {
    let values = values.iter().map(|&number| SweepValue { number, text: number.to_string() });
    SweepAxis { path: path.into(), title: path.into(), values: values.collect() }
}

#[test]
fn a_sweep_is_what_predictions_of_its_points_are() {
    let system = fixtures::three_tiers(20.0);
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    let request = SweepRequest {
        axes: vec![axis("database.concurrency", &[1.0, 2.0, 3.0])],
        metric: "mean".parse().unwrap(),
        engine: EngineChoice::Analytic,
    };
    window.state_mut().execute(Command::Sweep(request));
    wait(&mut window, "the sweep", |window| matches!(window.state().state().sweep, Asked::Done(_)));
    let Asked::Done(sweep) = &window.state().state().sweep else { panic!("done") };
    for (value, point) in ["1", "2", "3"].iter().zip(&sweep.points) {
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

/// Of one setting and the load: a cell becomes a scenario, and pressed again it is shown, not made twice.
#[test]
fn a_cell_of_a_heat_map_becomes_a_scenario() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::Change(Change::Objectives(vec!["p95<200ms".into()])));
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    press(&mut window, "and a second one, as a heat map");
    press(&mut window, "Predict all");
    wait(&mut window, "the sweep", |window| matches!(window.state().state().sweep, Asked::Done(_)));
    let Asked::Done(sweep) = &window.state().state().sweep else { panic!("done") };
    assert_eq!(sweep.points.len(), 60);
    let cell = "Make a scenario of database.replicas=2, load=poisson:10/s:";
    for _ in 0..2 {
        window.get_by_label_contains(cell).click();
        window.run_steps(3);
        let project = &window.state().state().project;
        let content = &project.selected().content;
        assert_eq!(content.settings["database.replicas"].text, "2");
        assert_eq!(content.loads, [Value::new("poisson:10/s")]);
        assert_eq!(project.scenarios.len(), 2);
        window.state_mut().execute(Command::Select(0));
        window.run_steps(3);
    }
}

/// 60 tasks at once: one worker takes longer than two. Both are seen over time, in the plot of the figure that is chosen.
#[test]
fn scenarios_are_compared_over_time() {
    let system = fixtures::burst_queue(60, 1, tracecast_model::Distribution::deterministic(0.5));
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    let two = Change::Set("worker.replicas".into(), Value::new("2"));
    window.state_mut().execute(Command::Change(two));
    window.state_mut().execute(Command::View("Compare"));
    answered(&mut window);
    wait(&mut window, "the baseline", |window| {
        window.state().state().compared().is_some_and(|answer| answer.simulation.is_final())
    });
    press(&mut window, "Busy threads");
    assert!(window.query_by_label("Busy threads · worker").is_some());
    press(&mut window, "Requests in the services");
    assert!(window.query_by_label("Requests in the services · worker").is_some());
    assert!(window.query_by_label("Busy threads · worker").is_none());
}

/// Ten for each replica and one for the machine: that is the cost of what is found.
#[test]
fn the_cost_of_a_plan_can_be_said() {
    let system = fixtures::burst_queue(60, 1, tracecast_model::Distribution::deterministic(0.5));
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    window.state_mut().execute(Command::Change(Change::Objectives(vec!["makespan<8s".into()])));
    window.state_mut().execute(Command::View("Explore"));
    window.run_steps(3);
    window.get_by_label("Cost").focus();
    window.run_steps(2);
    window.get_by_label("Cost").type_text("10*worker.replicas + ");
    window.run_steps(3);
    assert!(window.query_by_label_contains("it ends too early").is_some());
    window.get_by_label("Cost").type_text("1");
    window.run_steps(3);
    press(&mut window, "Find");
    wait(&mut window, "the plan", |window| matches!(window.state().state().plan, Asked::Done(_)));
    let Asked::Done(plan) = &window.state().state().plan else { panic!("done") };
    let answer = plan.answer.as_ref().unwrap();
    let replicas: f64 = answer.settings["worker.replicas"].parse().unwrap();
    assert_eq!(answer.cost, 10.0 * replicas + 1.0);
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
