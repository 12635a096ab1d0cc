//! What a prediction says of lines and boxes: how often calls are made, and where requests spend their time.

use std::collections::HashMap;

use tracecast_model::{CallKind, OperationRef, Prediction, Service, System};

use super::graph::targets;

/// Requests per second of an operation.
pub(super) fn rate(prediction: &Prediction, operation: &OperationRef) -> Option<f64> {
    Some(prediction.operations.get(&operation.to_string())?.throughput?.mean)
}

/// For each service, the share of the time of all requests that they spend there, waiting for it and in it, but not waiting
/// for a service that it calls: 0 to 1, together 1. A service of which figures are missing has none. What calls at the same
/// time waits for the slowest of them only, so that its own time may seem less than it is; it is at least 0.
pub(super) fn time_shares<'a>(system: &'a System, prediction: &Prediction) -> HashMap<&'a str, f64> {
    let own: Vec<(&str, f64)> = system
        .services
        .iter()
        .filter_map(|service| Some((service.name.as_str(), in_progress(service, prediction)?.max(0.0))))
        .collect();
    let all: f64 = own.iter().map(|(_, requests)| requests).sum();
    if all > 0.0 {
        own.into_iter().map(|(name, requests)| (name, requests / all)).collect()
    } else {
        HashMap::new()
    }
}

/// Requests at a service that do not wait for another, by Little's law: the rate times the time of each.
fn in_progress(service: &Service, prediction: &Prediction) -> Option<f64> {
    let mut requests = 0.0;
    for operation in &service.operations {
        let name = OperationRef::new(&service.name, &operation.name);
        let time =
            |name: &OperationRef| Some(prediction.operations.get(&name.to_string())?.response_time?.mean);
        let rate = rate(prediction, &name)?;
        if rate == 0.0 {
            continue;
        }
        let mut own = time(&name)?;
        for (callee, kind, _, mean) in targets(operation) {
            if kind == CallKind::Synchronous {
                own -= mean * time(callee)?;
            }
        }
        requests += rate * own;
    }
    Some(requests)
}
