//! Models extracted from traces are simulated at the arrivals that were recorded, and their response times compared with
//! those in the traces.
//!
//! ```sh
//! cargo run --release -p tracecast-experiment --example load_step -- FILE... [-- FILE...]   # one system per group
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints its results")]

use std::collections::BTreeMap;
use std::fs::File;

use tracecast_experiment::{EngineChoice, predict};
use tracecast_importers::{Intake, Trace, assemble, extract, open};
use tracecast_model::{Completion, EngineOptions, Load, OperationRef, RunControl, System, Workload};

/// Relative 95 % half width of the simulated means.
const PRECISION: f64 = 0.01;

fn main() {
    println!(
        "operation                                     requests   mean measured   error   p95 measured   error"
    );
    let words: Vec<String> = std::env::args().skip(1).collect();
    for files in words.split(|word| word == "--").filter(|files| !files.is_empty()) {
        println!("{}", files[0]);
        compare(files);
    }
}

fn compare(files: &[String]) {
    let mut intake = Intake::new();
    let input = |file: &String| {
        let path = file.clone();
        let open =
            Box::new(move || -> std::io::Result<Box<dyn std::io::Read>> { Ok(Box::new(File::open(&path)?)) });
        open::Input { name: file.clone(), open, optional: false }
    };
    let inputs: Vec<open::Input<'_>> = files.iter().map(input).collect();
    open::read_folder(&inputs, None, &mut intake).map_err(|failed| failed.error).unwrap();
    intake.finish();
    let mut report = intake.report;
    let traces = assemble(intake.spans, &mut report);
    let mut system = extract(&traces, &mut report).unwrap();
    let completion = system.workloads[0].completion;
    let measured = measured(&traces, completion);
    if report.warning("sampled-traces").is_none() {
        replay(&mut system, &measured, completion);
    }
    let options = EngineOptions { precision: PRECISION, ..EngineOptions::default() };
    let predicted = predict(&system, EngineChoice::Simulation, &options, &RunControl::none()).unwrap();
    for (name, workload) in &predicted.workloads {
        let mut times: Vec<f64> = measured
            .iter()
            .filter(|(operation, _)| *name == operation.to_string() || !measured.contains_key(&**name))
            .flat_map(|(_, requests)| requests.iter().map(|request| request.1))
            .collect();
        times.sort_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let p95 = times[(0.95 * times.len() as f64) as usize];
        let found = workload.response_time.as_ref().unwrap();
        println!(
            "  {name:42} {:9} {mean:15.5} {:+6.1} % {p95:14.5} {:+6.1} %",
            times.len(),
            100.0 * (found.mean / mean - 1.0),
            100.0 * (found.p95.unwrap() / p95 - 1.0),
        );
    }
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
