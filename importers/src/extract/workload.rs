//! What drives the system: the requests that the traces begin with.

use std::collections::BTreeMap;

use tracecast_model::{Completion, Load, Request, Workload};

use super::arrivals::Arrivals;
use super::operations::{Key, Operations};
use super::shape::Shape;
use super::sketch::rounded;
use super::timing::Timing;
use crate::ImportReport;

/// Name of the workload.
const NAME: &str = "requests";

/// One workload with the mix of the requests seen, at the rate seen; none where no trace has a beginning.
pub(super) fn workload(
    shape: &Shape,
    timing: &Timing,
    operations: &Operations,
    report: &mut ImportReport,
) -> Option<Workload> {
    let mut weights: BTreeMap<Key, u64> = BTreeMap::new();
    for (key, operation) in shape.operations.iter().filter(|(_, operation)| operation.requests > 0) {
        *weights.entry(key.plain()).or_default() += operation.requests;
    }
    let request =
        |(key, weight): (Key, u64)| Request { operation: operations.reference(key), weight: weight as f64 };
    let requests: Vec<Request> = weights.into_iter().map(request).collect();
    if requests.is_empty() {
        return None;
    }
    let requests =
        if let [only] = &requests[..] { vec![Request { weight: 1.0, ..only.clone() }] } else { requests };
    Some(Workload {
        name: NAME.into(),
        requests,
        load: Load::Poisson { rate: rate(&shape.arrivals, report) },
        completion: completion(shape, timing, report),
        resilience: None,
    })
}

/// Requests per second, those not recorded included where the traces say what part that is.
fn rate(arrivals: &Arrivals, report: &mut ImportReport) -> f64 {
    let Some(seen) = arrivals.rate() else {
        report.warn("assumed-rate", || "too few requests to tell their rate; taken as 1/s".into());
        return 1.0;
    };
    let sampled = arrivals.sampled();
    let rate = rounded(seen / sampled);
    if sampled < 1.0 {
        report.warn("sampled-traces", || {
            format!("the traces say that {sampled:.3} of the requests were recorded; {seen:.4}/s seen, {rate:.4}/s taken")
        });
    } else {
        report.warn("observed-rate", || {
            format!(
                "{rate:.4} requests/s is the rate of the recorded ones; too low if the traces are a sample"
            )
        });
    }
    rate
}

/// Requests that mostly cause work which goes on without them count as done when that is done.
fn completion(shape: &Shape, timing: &Timing, report: &mut ImportReport) -> Completion {
    let work = timing.work;
    if work.asynchronous <= work.synchronous {
        return Completion::Reply;
    }
    report.warn("completion", || {
        let per_request = 1e3 / shape.arrivals.count.max(1) as f64;
        format!(
            "a request counts as done when all its work is done: {:.3} ms of its work come after the reply, {:.3} ms before",
            per_request * work.asynchronous,
            per_request * work.synchronous
        )
    });
    Completion::AllWork
}
