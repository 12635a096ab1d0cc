//! Saving, reopening, exporting.

use std::path::Path;

use egui_kittest::kittest::Queryable;
use tracecast_gui::{Change, Command, Export, Value};
use tracecast_model::{fixtures, native};

use crate::helpers::{Window, answered, opened, saved, solved, wait};

#[test]
fn a_project_is_reopened_as_it_was() {
    let (folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    let changes = [
        Change::Set("database.replicas".into(), Value::new("2")),
        Change::Loads(vec![Value::new("poisson:40/s")]),
        Change::Objectives(vec!["p95<500ms".into()]),
    ];
    for change in changes {
        window.state_mut().execute(Command::Change(change));
    }
    window.state_mut().execute(Command::View("Results"));
    window.run_steps(2);
    assert!(window.state().state().is_changed());
    let project = window.state().state().project.clone();
    let file = folder.path().join("project.json");
    window.state_mut().execute(Command::SaveAs(file.clone()));
    wait(&mut window, "the file", |window| window.state().state().file.is_some());
    assert!(!window.state().state().is_changed());
    // The model's own file is not needed any more.
    std::fs::remove_file(path).unwrap();
    let mut again = opened(&file);
    assert_eq!(again.state().state().project, project);
    assert_eq!(again.state().state().view, "Results");
    solved(&mut again);
    let system = &again.state().state().shown().unwrap().made.as_ref().unwrap().system;
    assert_eq!(system.service("database").unwrap().replicas, 2);
}

#[test]
fn exports_are_whole_or_refused() {
    let (folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    let file = |name: &str| folder.path().join(name);
    for (kind, name) in [
        ("prediction", "p.json"),
        ("model", "m.json"),
        ("architecture", "a.svg"),
        ("report", "r.html"),
        ("scenarios", "s.csv"),
        ("response-times", "t.csv"),
        ("command", "c.sh"),
    ] {
        let export = Export::find(kind, name.rsplit_once('.').unwrap().1).unwrap();
        window.state_mut().execute(Command::Export(export, file(name)));
        wait(&mut window, name, |_| file(name).exists());
    }
    let model = native::read(&std::fs::read_to_string(file("m.json")).unwrap()).unwrap();
    assert_eq!(&model, &*window.state().state().source.as_ref().unwrap().system);
    assert!(std::fs::read_to_string(file("p.json")).unwrap().contains("\"throughput\""));
    assert!(std::fs::read_to_string(file("r.html")).unwrap().contains("</html>"));
    assert_eq!(std::fs::read_to_string(file("s.csv")).unwrap().lines().count(), 2);
    assert!(std::fs::read_to_string(file("c.sh")).unwrap().contains("tracecast predict "));
    assert!(std::fs::read_to_string(file("a.svg")).unwrap().ends_with("</svg>\n"));
    window
        .state_mut()
        .execute(Command::Export(Export::find("model", "json").unwrap(), "/nowhere/m.json".into()));
    wait(&mut window, "the refusal", |window| window.query_by_label_contains("/nowhere/m.json: ").is_some());
    assert!(window.state().state().source.is_some());
}

/// A project of traces shows them again; where they are gone, that is told and the rest is there.
#[test]
fn a_project_of_traces_shows_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let data =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../importers/tests/data/jaeger_json/fork_join.json");
    let traces = folder.path().join("traces.json");
    std::fs::copy(data, &traces).unwrap();
    let mut window = opened(&traces);
    let trees = |window: &Window| {
        let source = window.state().state().source.as_ref()?;
        Some(source.traces.as_ref()?.requests.trees.len())
    };
    let before = trees(&window);
    assert!(before.is_some_and(|trees| trees > 0));
    let load = Change::Loads(vec![Value::new("poisson:1/s")]);
    window.state_mut().execute(Command::Change(load));
    let file = folder.path().join("project.json");
    window.state_mut().execute(Command::SaveAs(file.clone()));
    wait(&mut window, "the file", |window| window.state().state().file.is_some());
    let mut again = opened(&file);
    wait(&mut again, "the traces", |window| trees(window) == before);
    assert_eq!(again.state().state().project.scenarios.len(), 2);
    answered(&mut again);

    std::fs::remove_file(traces).unwrap();
    let mut without = opened(&file);
    wait(&mut without, "the message", |window| window.state().state().problem.is_some());
    assert!(without.query_by_label_contains("all else is as it was saved").is_some());
    assert_eq!(without.state().state().project.scenarios.len(), 2);
    // Saved again, it still knows where they were.
    without.state_mut().execute(Command::Save);
    wait(&mut without, "the file", |window| window.state().state().notice.is_some());
    assert!(std::fs::read_to_string(file).unwrap().contains("traces.json"));
}
