//! The window driven as people drive it, by the names of its controls, without a screen.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use tracecast_experiment::EngineChoice;
use tracecast_gui::{App, Run, Start};
use tracecast_model::{Distribution, Status, System, fixtures, native};

/// A folder with a model in it.
fn saved(system: &System) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.json");
    std::fs::write(&path, native::write(system)).expect("a writable folder");
    (folder, path)
}

fn window(start: Start) -> Harness<'static, App> {
    Harness::builder()
        .with_size([1200.0, 800.0])
        .build_eframe(|creation| App::new(&creation.egui_ctx, start).expect("a thread for the worker"))
}

/// Draws frames until the condition holds. The worker needs milliseconds; the limit is for a machine under load.
fn wait(harness: &mut Harness<'_, App>, what: &str, mut condition: impl FnMut(&Harness<'_, App>) -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition(harness) {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
        harness.step();
    }
    harness.run_steps(3);
}

/// A window with an open model.
fn opened(path: &Path, choice: EngineChoice) -> Harness<'static, App> {
    let mut harness = window(Start { model: Some(path.to_path_buf()), choice, ..Start::default() });
    wait(&mut harness, "the model", |harness| harness.state().state().model.is_some());
    harness
}

fn open_by_hand(harness: &mut Harness<'_, App>, path: &Path) {
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Model");
    field.focus();
    field.type_text(&path.display().to_string());
    harness.step();
    harness.get_by_label("Open").click();
    harness.step();
}

#[test]
fn a_file_that_is_no_model_is_refused_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.json");
    std::fs::write(&path, "{\n  \"hosts\": 5\n}").unwrap();
    let mut harness = window(Start::default());
    open_by_hand(&mut harness, &path);
    wait(&mut harness, "the refusal", |harness| harness.query_by_label_contains("line 2").is_some());
    assert!(harness.query_by_label_contains("broken.json").is_some());
    assert!(harness.state().state().model.is_none());

    // A good one takes the message away.
    let (_folder, good) = saved(&fixtures::three_tiers(20.0));
    harness.state_mut().execute(tracecast_gui::Command::Open(good));
    wait(&mut harness, "the model", |harness| harness.state().state().model.is_some());
    assert!(harness.query_by_label_contains("broken.json").is_none());
}

#[test]
fn a_file_that_is_missing_is_refused_in_place() {
    let mut harness = window(Start::default());
    open_by_hand(&mut harness, Path::new("/nowhere/model.json"));
    wait(&mut harness, "the refusal", |harness| {
        harness.query_by_label_contains("/nowhere/model.json: ").is_some()
    });
}

#[test]
fn run_starts_one_run_and_shows_the_throughput() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut harness = opened(&path, EngineChoice::Analytic);
    let before = harness.state().state().generation;
    harness.get_by_label("Run").click();
    harness.run_steps(5);
    wait(&mut harness, "the answer", |harness| matches!(harness.state().state().run, Run::Done(_)));
    assert_eq!(harness.state().state().generation, before + 1);
    assert!(harness.query_by_label("throughput").is_some());
    // What comes in goes out: 20 requests per second.
    assert!(harness.query_by_label("20.00/s").is_some());
    // The bottleneck is busy 20/s × 2 × 3 × 2 ms of the time.
    assert!(harness.query_by_label_contains("service database").is_some());
    assert!(harness.query_by_label_contains("load 24 %").is_some());
}

#[test]
fn the_chosen_engine_runs() {
    let (_folder, path) = saved(&fixtures::burst_queue(50, 2, Distribution::exponential(0.1)));
    let mut harness = opened(&path, EngineChoice::Analytic);
    harness.get_by_label("simulation").click();
    harness.run_steps(2);
    harness.get_by_label("Run").click();
    wait(&mut harness, "the answer", |harness| matches!(harness.state().state().run, Run::Done(_)));
    let Run::Done(answer) = &harness.state().state().run else { panic!("done") };
    assert_eq!(answer.prediction.engine, "simulation");
    assert!(harness.query_by_label("makespan").is_some());
}

#[test]
fn a_run_can_be_cancelled() {
    let (_folder, path) = saved(&fixtures::burst_queue(2_000_000, 4, Distribution::exponential(0.1)));
    let mut harness = opened(&path, EngineChoice::Simulation);
    harness.get_by_label("Run").click();
    wait(&mut harness, "the button", |harness| harness.query_by_label("Cancel").is_some());
    harness.get_by_label("Cancel").click();
    wait(&mut harness, "the end", |harness| matches!(harness.state().state().run, Run::Done(_)));
    let Run::Done(answer) = &harness.state().state().run else { panic!("done") };
    assert_eq!(answer.prediction.status, Status::Cancelled);
    assert!(harness.query_by_label("cancelled").is_some());
}

#[test]
fn a_model_with_errors_is_shown_but_not_run() {
    let mut system = fixtures::three_tiers(20.0);
    system.services[2].concurrency = tracecast_model::Multiplicity::Finite(0);
    let (_folder, path) = saved(&system);
    let harness = opened(&path, EngineChoice::Auto);
    assert!(harness.get_by_label("Run").accesskit_node().is_disabled());
    assert!(harness.query_by_label("cannot run: the model has errors").is_some());
    assert!(harness.query_by_label_contains("concurrency is 0").is_some());
    assert!(harness.query_by_label_contains("service web").is_some());
}

#[test]
fn a_dropped_file_is_opened() {
    #[derive(Debug)]
    struct Dropped(PathBuf);
    impl egui::DroppedFile for Dropped {
        fn path(&self) -> &Path {
            &self.0
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            std::fs::read(&self.0).map_err(|error| error.to_string())
        }
    }
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut harness = window(Start::default());
    harness.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    harness.step();
    wait(&mut harness, "the model", |harness| harness.state().state().model.is_some());
    assert_eq!(harness.state().state().model.as_ref().map(|model| &model.path), Some(&path));
}

#[test]
fn opening_another_model_forgets_the_run_of_the_last() {
    let (_one, slow) = saved(&fixtures::burst_queue(2_000_000, 4, Distribution::exponential(0.1)));
    let (_two, other) = saved(&fixtures::three_tiers(20.0));
    let mut harness = opened(&slow, EngineChoice::Simulation);
    harness.get_by_label("Run").click();
    harness.run_steps(3);
    harness.state_mut().execute(tracecast_gui::Command::Open(other.clone()));
    wait(&mut harness, "the other model", |harness| {
        harness.state().state().model.as_ref().is_some_and(|model| model.path == other)
    });
    harness.run_steps(20);
    assert!(matches!(harness.state().state().run, Run::None));
}

#[test]
fn zooming_and_fitting_have_names() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut harness = opened(&path, EngineChoice::Auto);
    let width = |harness: &Harness<'_, App>| harness.get_by_label_contains("service web").rect().width();
    let fitted = width(&harness);
    harness.get_by_label("Zoom in").click();
    harness.run_steps(3);
    // One step is a quarter; boxes at the border of the window are cut there.
    assert!((width(&harness) / fitted - 1.25).abs() < 0.01);
    harness.get_by_label("Fit").click();
    harness.run_steps(3);
    assert!((width(&harness) - fitted).abs() < 0.5);
}

#[test]
fn the_path_stays_where_opening_it_failed() {
    let path = PathBuf::from("/nowhere/model.json");
    let mut harness = window(Start { model: Some(path), ..Start::default() });
    wait(&mut harness, "the refusal", |harness| !harness.state().state().is_busy());
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Model");
    assert_eq!(field.value().as_deref(), Some("/nowhere/model.json"));
}

#[test]
fn every_picture_settles_in_light_and_dark() {
    let systems = [
        System::default(),
        fixtures::burst_queue(500, 4, Distribution::exponential(0.2)),
        fixtures::closed_network(50, 2.0, &[0.01, 0.02]),
    ];
    for system in systems {
        let (_folder, path) = saved(&system);
        for theme in [egui::Theme::Light, egui::Theme::Dark] {
            let mut harness = opened(&path, EngineChoice::Auto);
            harness.ctx.set_theme(theme);
            // Settles: asks for no more frames while nothing happens, and passes the check of accessibility.
            harness.run();
            for service in &system.services {
                let name = format!("service {}", service.name);
                assert!(harness.query_by_label_contains(&name).is_some(), "{name}");
            }
        }
    }
}
