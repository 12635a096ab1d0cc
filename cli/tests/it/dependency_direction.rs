//! The dependency direction of ARCHITECTURE.md, held against the manifests.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate → the workspace crates that it may depend on.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("tracecast-model", &[]),
    ("tracecast-solver", &["tracecast-model"]),
    ("tracecast-simulator", &["tracecast-model"]),
    ("tracecast-importers", &["tracecast-model"]),
    (
        "tracecast-experiment",
        &["tracecast-model", "tracecast-solver", "tracecast-simulator", "tracecast-importers"],
    ),
    ("tracecast-calibration", &["tracecast-model", "tracecast-experiment", "tracecast-importers"]),
    ("tracecast-report", &["tracecast-model", "tracecast-experiment", "tracecast-importers"]),
    (
        "tracecast",
        &[
            "tracecast-model",
            "tracecast-importers",
            "tracecast-experiment",
            "tracecast-calibration",
            "tracecast-report",
        ],
    ),
    (
        "tracecast-gui",
        &[
            "tracecast-model",
            "tracecast-importers",
            "tracecast-experiment",
            "tracecast-calibration",
            "tracecast-report",
        ],
    ),
];

/// External crates with one place each.
const PLACES: [(&str, &[&str]); 5] = [
    ("egui", &["tracecast-gui"]),
    ("eframe", &["tracecast-gui"]),
    ("clap", &["tracecast", "tracecast-gui"]),
    // Runs are random in the simulator, synthetic systems where they are drawn; nothing else is.
    ("rand", &["tracecast-experiment", "tracecast-simulator"]),
    ("flate2", &["tracecast-importers"]),
];

/// Workspace crate → names of what it depends on outside of tests.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_string()])
        .exec()
        .unwrap();
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let normal = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
            (package.name.to_string(), normal.map(|d| d.name.clone()).collect())
        })
        .collect()
}

#[test]
fn crates_depend_only_on_what_stands_left_of_them() {
    let found = dependencies();
    assert_eq!(found.len(), ALLOWED.len(), "a crate without its line in ALLOWED");
    for (name, dependencies) in found {
        let (_, allowed) = ALLOWED.iter().find(|(other, _)| *other == name).unwrap();
        for dependency in dependencies.iter().filter(|d| d.starts_with("tracecast")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn some_libraries_have_one_place() {
    for (name, dependencies) in dependencies() {
        for (library, places) in PLACES {
            if dependencies.contains(library) {
                assert!(places.contains(&name.as_str()), "{name} must not depend on {library}");
            }
        }
    }
}
