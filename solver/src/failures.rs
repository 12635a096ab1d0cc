//! Errors in the answer to a system that was solved as one without ([`System::failures_written_out`]).

use tracecast_model::{Fates, Metric, Prediction, System, Warning, WrittenOut};

/// Adds the shares of requests and replies that are errors. What is done per second does not count what failed.
pub(crate) fn report(prediction: &mut Prediction, system: &System, written: &WrittenOut) {
    for (operation, share) in &written.failed {
        if let Some(result) = prediction.operations.get_mut(&operation.to_string()) {
            result.failed_share = Some(Metric::exact(*share));
        }
    }
    for workload in &system.workloads {
        let of = |(operation, share)| share * written.failed.get(operation).copied().unwrap_or(0.0);
        let failed: f64 = workload.shares().map(of).sum();
        let Some(result) = prediction.workloads.get_mut(&workload.name) else { continue };
        result.failed_share = Some(Metric::exact(failed));
        let served = (!written.retries).then(|| Metric::exact(1.0 - failed));
        result.fates = Some(Fates { served, error: Some(Metric::exact(failed)), ..Fates::default() });
        if let Some(throughput) = &mut result.throughput {
            throughput.mean *= 1.0 - failed;
        }
        if failed > 0.0 {
            prediction.warnings.push(Warning::new(
                "failed-requests",
                format!("workload \"{}\"", workload.name),
                "its response times are those of all its requests, also of those that failed and so were over sooner",
            ));
        }
    }
}
