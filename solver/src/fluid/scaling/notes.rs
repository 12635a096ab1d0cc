//! What cannot be followed of autoscalers, and what is only approximate.

use tracecast_model::{EngineOptions, Load, PredictError, Service, Warning};

use crate::fluid::network::Network;

fn elastic<'a>(network: &Network<'a>) -> impl Iterator<Item = &'a Service> {
    let services = &network.system.services;
    let numbers: Vec<usize> = network.elastic.clone();
    numbers.into_iter().map(move |service| &services[service])
}

/// Refuses what would be far off.
pub(crate) fn require(network: &Network<'_>, options: &EngineOptions) -> Result<(), PredictError> {
    let jumps = |load: &Load| matches!(load, Load::Burst { .. } | Load::Replay { .. });
    let jumps = network.system.workloads.iter().any(|workload| jumps(&workload.load));
    for service in elastic(network) {
        let element = || format!("service \"{}\"", service.name);
        if options.warm_up.is_some_and(|warm_up| warm_up > 0.0) {
            let what = "a warm-up before an autoscaler begins (leave it out, or simulate)";
            return Err(crate::unsupported(what, element()));
        }
        if jumps && service.work_queue.is_none() {
            let what = "counted requests to scaled replicas with queues of their own, where new replicas do not get what \
                        waits at others (give the service a work_queue, or simulate)";
            return Err(crate::unsupported(what, element()));
        }
    }
    Ok(())
}

/// What to know of the figures, where means are over so many runs.
pub(crate) fn warnings(network: &Network<'_>, runs: usize) -> Vec<Warning> {
    let mut found = Vec::new();
    for service in elastic(network) {
        let element = format!("service \"{}\"", service.name);
        let mut add = |code: &str, message: String| found.push(Warning::new(code, element.as_str(), message));
        let clocks = match runs {
            1 => String::new(),
            _ => {
                format!("; means are over {runs} phases of the clocks, the changes of replicas those of one")
            }
        };
        let message = format!(
            "its autoscaler sees mean numbers, where in a single run they vary around the means{clocks}"
        );
        add("scaled-by-means", message);
        if service.start_up.variance() > 0.0 {
            add("start-up-at-mean", "every replica takes the mean time to start, though it is random".into());
        }
        if service.work_queue.is_none() {
            let message = "requests that wait are spread over all replicas at once, where they stay at those that they \
                           came to";
            add("spread-at-once", message.into());
        }
    }
    found
}
