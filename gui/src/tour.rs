//! A walk through all that a newcomer does, for the pictures of the documentation and as a check of the real window.

use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::export::Export;
use crate::project::{Change, Value};
use crate::source::EXAMPLES;
use crate::state::Element;
use crate::walk::Stop;

/// Opens traces if there are any, then the example: changes replicas, makes the burst larger, compares, exports.
pub fn tour(folder: &Path, traces: Option<PathBuf>) -> Vec<Stop> {
    let mut stops = vec![Stop::new(folder, "1-start", Vec::new())];
    if let Some(path) = traces {
        stops.push(Stop::new(folder, "2-model-of-traces", vec![Command::Open(vec![path])]));
        stops.push(Stop::new(folder, "3-traces", vec![Command::View("Traces")]));
    }
    let set = |path: &str, value: &str| Command::Change(Change::Set(path.into(), Value::new(value)));
    let example = EXAMPLES.iter().position(|example| example.name == "Image system").unwrap_or_default();
    let objective = Command::Change(Change::Objectives(vec!["makespan<60s".into()]));
    let crop = Command::Choose(Some(Element::Service("crop".into())));
    let burst = Command::Change(Change::Loads(vec![Value::new("serial:500,poll=0.25s,poll_time=0.013s")]));
    stops.extend([
        Stop::new(folder, "4-architecture", vec![Command::OpenExample(example), objective]),
        Stop::new(folder, "5-what-if", vec![crop, set("crop.replicas", "3")]),
        Stop::new(folder, "6-burst", vec![burst]),
        Stop::new(folder, "7-results", vec![Command::View("Results"), Command::Remedies]),
        Stop::new(
            folder,
            "8-compare",
            vec![Command::Change(Change::Duplicate(1)), set("crop.replicas", "6"), Command::View("Compare")],
        ),
    ]);
    if let Some(report) = Export::find("report", "html") {
        let file = folder.join("report.html");
        stops.push(Stop::new(folder, "9-export", vec![Command::Export(report, file)]));
    }
    stops
}
