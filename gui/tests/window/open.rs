//! Opening things, good and bad.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui_kittest::kittest::Queryable;
use tracecast_gui::{Command, Lane, Start};
use tracecast_model::{Distribution, System, fixtures};

use crate::helpers::{answered, opened, saved, wait, window};

fn open_by_hand(window: &mut crate::helpers::Window, path: &Path) {
    let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "or a path");
    field.focus();
    field.type_text(&path.display().to_string());
    window.step();
    window.get_by_label("Open").click();
    window.step();
}

#[test]
fn a_file_that_is_no_model_is_refused_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.json");
    std::fs::write(&path, "{\n  \"hosts\": 5\n}").unwrap();
    let mut window = window(Start::default());
    open_by_hand(&mut window, &path);
    wait(&mut window, "the refusal", |window| window.query_by_label_contains("line 2").is_some());
    assert!(window.query_by_label_contains("broken.json: ").is_some());
    assert!(window.state().state().source.is_none());

    // A good one takes the message away.
    let (_folder, good) = saved(&fixtures::three_tiers(20.0));
    window.state_mut().execute(Command::Open(vec![good]));
    wait(&mut window, "the model", |window| window.state().state().source.is_some());
    assert!(window.query_by_label_contains("broken.json: ").is_none());
}

#[test]
fn a_file_that_is_missing_is_refused_in_place() {
    let mut window = window(Start::default());
    open_by_hand(&mut window, Path::new("/nowhere/model.json"));
    wait(&mut window, "the refusal", |window| {
        window.query_by_label_contains("/nowhere/model.json: ").is_some()
    });
    // The path stays, to be mended.
    let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "or a path");
    assert_eq!(field.value().as_deref(), Some("/nowhere/model.json"));
}

#[test]
fn a_file_that_is_gone_leaves_the_open_model_as_it_is() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    window.state_mut().execute(Command::Open(vec![PathBuf::from("/nowhere/traces")]));
    wait(&mut window, "the refusal", |window| window.state().state().problem.is_some());
    assert_eq!(window.state().state().source.as_ref().unwrap().name(), "model.json");
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
    let mut window = window(Start::default());
    window.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    window.step();
    wait(&mut window, "the model", |window| window.state().state().source.is_some());
    assert_eq!(window.state().state().source.as_ref().unwrap().origin.path(), Some(&*path));
}

#[test]
fn a_model_with_errors_is_shown_but_not_predicted() {
    let mut system = fixtures::three_tiers(20.0);
    system.services[2].concurrency = tracecast_model::Multiplicity::Finite(0);
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    answered(&mut window);
    assert!(window.query_by_label("cannot predict: the model has errors").is_some());
    assert!(window.query_by_label_contains("concurrency is 0").is_some());
    assert!(window.query_by_label_contains("service web,").is_some());
}

#[test]
fn traces_become_a_model() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../importers/tests/data/otlp_json");
    let mut window = opened(&data);
    let state = window.state().state();
    let source = state.source.as_ref().unwrap();
    assert!(source.traces.as_ref().is_some_and(|traces| !traces.traces.is_empty()));
    assert!(!source.system.services.is_empty());
    window.run_steps(3);
}

#[test]
fn every_view_settles_in_light_and_dark() {
    let systems = [
        System::default(),
        fixtures::burst_queue(500, 4, Distribution::exponential(0.2)),
        fixtures::closed_network(50, 2.0, &[0.01, 0.02]),
    ];
    for system in systems {
        let (_folder, path) = saved(&system);
        let mut window = opened(&path);
        answered(&mut window);
        for theme in [egui::Theme::Light, egui::Theme::Dark] {
            window.ctx.set_theme(theme);
            for view in ["Results", "Compare", "Explore", "Traces", "Calibration", "Architecture"] {
                window.state_mut().execute(Command::View(view));
                // Settles: asks for no more frames while nothing happens, and passes the check of accessibility.
                window.run();
            }
            for service in &system.services {
                let name = format!("service {},", service.name);
                assert!(window.query_by_label_contains(&name).is_some(), "{name}");
            }
        }
    }
}

#[test]
fn a_service_is_found_by_its_name() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "Find a service");
    field.focus();
    field.type_text("datab");
    window.run_steps(2);
    assert!(window.query_by_label("1 found").is_some());
    window.key_press(egui::Key::Enter);
    window.run_steps(3);
    let chosen = window.state().state().chosen.clone();
    assert_eq!(chosen, Some(tracecast_gui::Element::Service("database".into())));
}

/// What is read no more is not opened, and what is open stays.
#[test]
fn reading_can_be_cancelled() {
    let (_one, first) = saved(&fixtures::three_tiers(20.0));
    let (_two, second) = saved(&fixtures::three_tiers(30.0));
    let mut window = opened(&first);
    window.state_mut().execute(Command::Open(vec![second]));
    window.state_mut().execute(Command::Stop(Lane::Files));
    assert_eq!(window.state().state().opening, None);
    // Time enough for what was read to come in, if it did.
    for _ in 0..50 {
        window.step();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let source = window.state().state().source.as_ref();
    assert_eq!(source.and_then(|source| source.origin.path()), Some(&*first));
    assert_eq!(window.state().state().problem, None);
}
