//! About how long a load takes.

use tracecast_model::{HostId, Index, Load, OperationId, PredictError, System, visits};

/// Seconds until all loads that end are worked off by the busiest threads or cores, at least; where none ends, what a
/// thousand requests take one after the other.
pub(crate) fn of(system: &System, index: &Index) -> Result<f64, PredictError> {
    let edges = visits::edges(system, index).map_err(|error| crate::unresolved(&error))?;
    let mut threads = vec![0.0; system.services.len()];
    let mut cores = vec![0.0; system.hosts.len()];
    let (mut last, mut longest) = (0.0_f64, 0.0_f64);
    for workload in &system.workloads {
        let requests = match &workload.load {
            Load::Profile(profile) => profile.total(),
            Load::SerialClient(_) => 0.0,
            load => load.total_requests().unwrap_or(0) as f64,
        };
        last = last.max(workload.load.last_arrival().unwrap_or(0.0));
        let visits = crate::visits_of(system, index, &edges, workload)?.executions;
        let mut whole = 0.0;
        for (number, visits) in visits.into_iter().enumerate() {
            let (_, operation) = index.get(system, OperationId(number));
            let service = index.service_of(OperationId(number));
            let HostId(host) = index.host_of(service);
            let mut duration = operation.demand() / system.hosts[host].speed;
            cores[host] += requests * visits * duration;
            duration += operation.activities().iter().map(|activity| activity.delay.mean()).sum::<f64>();
            threads[service.0] += requests * visits * duration;
            whole += visits * duration;
        }
        longest = longest.max(whole);
    }
    let mut horizon = last.max(longest);
    for (work, service) in threads.iter().zip(&system.services) {
        horizon = horizon.max(work / (service.concurrency.as_f64() * f64::from(service.most_replicas())));
    }
    for (work, host) in cores.iter().zip(&system.hosts) {
        if !host.per_replica {
            horizon = horizon.max(work / host.cores.as_f64());
        }
    }
    let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
    Ok(if ends { horizon } else { 1000.0 * horizon })
}
