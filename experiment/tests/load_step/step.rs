//! A model is extracted from traces, simulated at the arrivals that were recorded, and compared with them.

#[path = "../common/compared.rs"]
mod compared;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use tracecast_experiment::{EngineChoice, predict};
use tracecast_importers::{ArrivalModel, Intake, Trace, assemble, extract, open};
use tracecast_model::{
    Completion, EngineOptions, Load, OperationRef, RunControl, System, Workload, WorkloadResult,
};

use compared::Compared;

/// An operation that requests begin with.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Requests recorded.
    pub(crate) requests: usize,
    /// Their response times.
    pub(crate) times: Compared,
}

/// Compares the model of the files of one system with what they say, by simulation to that relative precision of means.
pub(crate) fn compare(files: &[PathBuf], precision: f64) -> Vec<Step> {
    let mut intake = Intake::new();
    let input = |file: &PathBuf| {
        let path = file.clone();
        let open =
            Box::new(move || -> std::io::Result<Box<dyn std::io::Read>> { Ok(Box::new(File::open(&path)?)) });
        open::Input { name: file.display().to_string(), open, optional: false }
    };
    let inputs: Vec<open::Input<'_>> = files.iter().map(input).collect();
    open::read_folder(&inputs, None, &mut intake).map_err(|failed| failed.error).unwrap();
    intake.finish();
    let mut report = intake.report;
    let traces = assemble(intake.spans, &mut report);
    let mut system = extract(&traces, ArrivalModel::Fitted, &mut report).unwrap();
    let completion = system.workloads[0].completion;
    let measured = measured(&traces, completion);
    if report.warning("sampled-traces").is_none() {
        replay(&mut system, &measured, completion);
    }
    let options = EngineOptions { precision, ..EngineOptions::default() };
    let predicted = predict(&system, EngineChoice::Simulation, &options, &RunControl::none()).unwrap();
    let row = |(name, workload): (&String, &WorkloadResult)| {
        let mut times: Vec<f64> = measured
            .iter()
            .filter(|(operation, _)| name == *operation || !measured.contains_key(name))
            .flat_map(|(_, requests)| requests.iter().map(|request| request.1))
            .collect();
        times.sort_by(f64::total_cmp);
        let found = workload.response_time.as_ref().unwrap();
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let p95 = (quantile(&times, 0.95), found.p95.unwrap());
        let compared = Compared { workload: name.clone(), mean: (mean, found.mean), p95 };
        Step { requests: times.len(), times: compared }
    };
    predicted.workloads.iter().map(row).collect()
}

/// The estimate of a quantile from sorted values whose median is right whatever their distribution (Hyndman and Fan 1996,
/// definition 8).
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let count = sorted.len() as f64;
    let place = ((count + 1.0 / 3.0) * part + 1.0 / 3.0).clamp(1.0, count);
    let below = sorted[place as usize - 1];
    let above = sorted[(place.ceil() as usize - 1).min(sorted.len() - 1)];
    below + place.fract() * (above - below)
}

/// Start and response time (s) of every request, by operation.
fn measured(traces: &[Trace], completion: Completion) -> BTreeMap<String, Vec<(f64, f64)>> {
    let mut found: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let first = traces.iter().map(Trace::start).min().unwrap_or(0);
    for trace in traces {
        let Some(root) = trace.roots.first().map(|&root| &trace.nodes[root]) else { continue };
        if root.orphan || root.children.is_empty() {
            continue;
        }
        let time = match completion {
            Completion::AllWork => trace.duration(),
            Completion::Reply => (root.span.end - root.span.start) as f64 * 1e-9,
        };
        let operation = format!("{}/{}", root.span.service, root.span.name);
        let start = (root.span.start - first) as f64 * 1e-9;
        found.entry(operation).or_default().push((start, time));
    }
    found
}

/// A workload for each operation, with the arrivals recorded.
fn replay(system: &mut System, measured: &BTreeMap<String, Vec<(f64, f64)>>, completion: Completion) {
    let workload = |(operation, requests): (&String, &Vec<(f64, f64)>)| {
        let (service, name) = operation.split_once('/').unwrap();
        let at = requests.iter().map(|request| request.0).collect();
        let entry = OperationRef::new(service, name);
        Workload { completion, ..Workload::new(operation, entry, Load::Replay { at }) }
    };
    system.workloads = measured.iter().map(workload).collect();
}
