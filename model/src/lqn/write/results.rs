//! The figures of a prediction beside the elements that they belong to. A figure that is not known is left out.

use super::Writer;
use super::emit::{Attributes, attribute};
use crate::{Metric, Operation, OperationRef, Service, Status};

/// A figure: its name and its value.
pub(super) type Figure = (&'static str, Metric);

const HOLDING_TIMES: [&str; 3] = ["phase1-service-time", "phase2-service-time", "phase3-service-time"];

impl Writer<'_> {
    /// How the solution ended.
    pub(super) fn solution(&mut self) {
        let Some(prediction) = self.prediction else { return };
        let valid = matches!(prediction.status, Status::Converged | Status::ConvergedLoosely);
        let solver = format!("tracecast {} ({})", prediction.engine, prediction.method);
        let mut attributes =
            vec![attribute("solver-info", solver), attribute("valid", if valid { "YES" } else { "NO" })];
        attributes.extend(prediction.iterations.map(|iterations| attribute("iterations", iterations)));
        self.out.open("solver-params", &Vec::new());
        self.out.empty("result-general", &attributes);
        self.out.close();
    }

    /// A result with the half-widths of its confidence intervals, where there are any.
    pub(super) fn result(&mut self, tag: &'static str, figures: &[Figure]) {
        if figures.is_empty() {
            return;
        }
        let values = figures.iter().map(|(name, metric)| attribute(name, metric.mean)).collect();
        let widths: Attributes =
            figures.iter().filter_map(|(name, metric)| Some(attribute(name, metric.half_width?))).collect();
        if widths.is_empty() {
            return self.out.empty(tag, &values);
        }
        self.out.open(tag, &values);
        self.out.empty("result-conf-95", &widths);
        self.out.close();
    }

    pub(super) fn processor_figures(&mut self, host: &str) {
        let figure = self.prediction.and_then(|prediction| prediction.hosts.get(host)?.utilization);
        let figures: Vec<Figure> =
            figure.map(|utilization| ("utilization", utilization)).into_iter().collect();
        self.result("result-processor", &figures);
    }

    pub(super) fn task_figures(&mut self, service: &Service) {
        let Some(result) = self.prediction.and_then(|prediction| prediction.services.get(&service.name))
        else {
            return;
        };
        let mut figures: Vec<Figure> = Vec::new();
        figures.extend(result.throughput.map(|throughput| ("throughput", throughput)));
        figures.extend(result.utilization.map(|utilization| ("utilization", utilization)));
        self.result("result-task", &figures);
    }

    /// Holding times are given here for graphs; those of phases are with the phases.
    pub(super) fn entry_figures(&mut self, service: &Service, operation: &Operation, graph: bool) {
        let reference = OperationRef::new(&service.name, &operation.name).to_string();
        let Some(result) = self.prediction.and_then(|prediction| prediction.operations.get(&reference))
        else {
            return;
        };
        let mut figures: Vec<Figure> = Vec::new();
        figures.extend(result.throughput.map(|throughput| ("throughput", throughput)));
        figures.extend(result.utilization.map(|utilization| ("utilization", utilization)));
        if let Some(throughput) = result.throughput {
            // Utilization law: busy processors are throughput times demand.
            let scale = operation.demand() / self.speeds.get(service.host.as_str()).copied().unwrap_or(1.0);
            let busy = Metric {
                mean: throughput.mean * scale,
                half_width: throughput.half_width.map(|width| width * scale),
            };
            figures.push(("proc-utilization", busy));
        }
        if graph {
            figures.extend(HOLDING_TIMES.into_iter().zip(result.holding_time.iter().copied()));
        }
        self.result("result-entry", &figures);
    }

    /// The figures of one phase.
    pub(super) fn phase_figures(&self, reference: &OperationRef, phase: usize) -> Option<Figure> {
        let result = self.prediction?.operations.get(&reference.to_string())?;
        let time = result.holding_time.get(phase)?;
        Some(("service-time", *time))
    }
}
