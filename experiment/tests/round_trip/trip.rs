//! A simulated system's traces, written and read back, make a model that predicts what the system does.

#[path = "../common/compared.rs"]
mod compared;

use tracecast_experiment::{EngineChoice, TraceOptions, predict, record, traces};
use tracecast_importers::{ArrivalModel, Intake, assemble, extract, open, writers};
use tracecast_model::{EngineOptions, Prediction, RunControl, System};

pub(crate) use compared::Compared;

/// Spans recorded of a system, about.
const SPANS: f64 = 1_000_000.0;
/// Requests recorded at most.
const MOST_REQUESTS: f64 = 120_000.0;
/// Relative 95 % half width of the mean response times.
const PRECISION: f64 = 0.005;

/// What a round trip gives.
pub(crate) struct Trip {
    /// By workload.
    pub(crate) compared: Vec<Compared>,
    /// The model extracted from the traces, under the load of the system.
    pub(crate) extracted: System,
    /// Spans read back.
    pub(crate) spans: usize,
}

/// Records a system whose requests cause that many visits, reads the traces back, and predicts what comes of it at the same
/// load.
pub(crate) fn trip(system: &System, visits: f64) -> Trip {
    let options = EngineOptions { precision: PRECISION, ..EngineOptions::default() };
    let requests = (SPANS / (2.0 * visits)).min(MOST_REQUESTS) as usize;
    let recording = record(system, &options, &TraceOptions { requests }, &RunControl::none()).unwrap();
    assert_eq!(recording.warnings, []);
    let spans = traces::spans(system, &recording, 1);
    let mut bytes = Vec::new();
    writers::otlp_json::write(&spans, &mut bytes).unwrap();
    let mut intake = Intake::default();
    open::read(&bytes[..], None, &mut intake).unwrap();
    assert_eq!(intake.spans.len(), spans.len());
    let mut report = intake.report;
    let read = assemble(intake.spans, &mut report);
    assert_eq!(read.len(), requests);
    let mut extracted = extract(&read, ArrivalModel::Fitted, &mut report).unwrap();
    extracted.workloads = system.workloads.clone();
    let simulate = |system: &System| -> Prediction {
        predict(system, EngineChoice::Simulation, &options, &RunControl::none()).unwrap()
    };
    let (truth, found) = (simulate(system), simulate(&extracted));
    let compared = truth.workloads.iter().map(|(name, truth)| {
        let (truth, found) = (truth.response_time.unwrap(), found.workloads[name].response_time.unwrap());
        let p95 = (truth.p95.unwrap(), found.p95.unwrap());
        Compared { workload: name.clone(), mean: (truth.mean, found.mean), p95 }
    });
    Trip { compared: compared.collect(), extracted, spans: spans.len() }
}
