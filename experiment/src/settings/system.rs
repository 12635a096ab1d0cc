//! Settings of the system as a whole.

use tracecast_model::System;

use super::{Kind, Scope, Setting, Topic, none};

/// What stands for the system in paths.
pub(super) const ELEMENT: &str = "system";

/// Settings whose values are names of files.
pub(super) const IN_FILES: &[&str] = &["network"];

/// What the file of such a setting would say.
pub(super) fn content(name: &str, system: &System) -> Option<String> {
    match name {
        "network" => serde_json::to_string_pretty(system.network.as_ref()?).ok(),
        _ => None,
    }
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[Setting {
    name: "network",
    scope: Scope::System,
    summary: "links between services, and what messages go through; a JSON file as in models, or \"none\"",
    kind: Kind::File,
    optional: true,
    topic: Topic::Network,
    read: |system, element| {
        (element == ELEMENT).then(|| system.network.as_ref().map_or_else(none, |_| "network".into()))
    },
    apply: |system, _, value| {
        system.network = if value.text == "none" { None } else { Some(value.in_file()?) };
        Ok(())
    },
}];
