//! What is busy all the time, and so limits an open load.

use tracecast_model::{Multiplicity, System, Warning};

use crate::statistics::totals::Totals;

/// Part of the time that something is busy from which on it counts as a bottleneck: queues that grow without bound
/// leave hardly a gap, and the first requests of a run are left out of the samples.
const BUSY: f64 = 0.98;

/// A warning for every host, capped share, CPU limit and pool of threads that is busy all the time.
pub(crate) fn find(system: &System, samples: &[Totals]) -> Vec<Warning> {
    let time: f64 = samples.iter().map(|sample| sample.time).sum();
    if time <= 0.0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, host) in system.hosts.iter().enumerate() {
        let busy: f64 = samples.iter().map(|sample| sample.hosts[number]).sum();
        let machines =
            if host.per_replica { replicas_on(system, &host.name) } else { u64::from(host.replicas) };
        let load = busy / time / (host.cores.as_f64() * machines as f64);
        if load >= BUSY {
            found.push(warning(format!("host \"{}\"", host.name), "cores are", load));
        }
    }
    let mut first = 0;
    let mut used = Vec::with_capacity(system.services.len());
    for service in &system.services {
        let operations = first..first + service.operations.len();
        first = operations.end;
        let element = format!("service \"{}\"", service.name);
        let sums = || samples.iter().flat_map(|sample| &sample.operations[operations.clone()]);
        if let Multiplicity::Finite(threads) = service.concurrency {
            let threads = f64::from(threads) * f64::from(service.most_replicas());
            let load = sums().map(|totals| totals.busy).sum::<f64>() / time / threads;
            if load >= BUSY {
                found.push(warning(element.clone(), "threads are", load));
            }
        }
        used.push(processor_time(system, service, samples, operations.clone()) / time);
        if let Some(limit) = service.cpu_limit {
            let load = used[used.len() - 1] / (limit * f64::from(service.most_replicas()));
            if load >= BUSY {
                found.push(warning(element, "CPU limit is", load));
            }
        }
    }
    capped_shares(system, &used, &mut found);
    found
}

/// The same for shares of hosts that cannot be exceeded; `used` is what each service uses of its host, in cores.
fn capped_shares(system: &System, used: &[f64], found: &mut Vec<Warning>) {
    for host in &system.hosts {
        for group in host.share_groups.iter().filter(|group| group.capped) {
            let members = || {
                let services = system.services.iter().zip(used);
                services.filter(|(service, _)| {
                    service.host == host.name && service.share_group.as_ref() == Some(&group.name)
                })
            };
            let replicas: u32 = members().map(|(service, _)| service.most_replicas()).sum();
            let machines = if host.per_replica { replicas } else { host.replicas };
            let most = group.share * host.cores.as_f64() * f64::from(machines);
            let load = members().map(|(_, used)| used).sum::<f64>() / most;
            if load >= BUSY {
                let element = format!("host \"{}\"", host.name);
                found.push(warning(element, &format!("share \"{}\" is", group.name), load));
            }
        }
    }
}

/// Processor time that a service has used, from its throughputs and mean demands.
fn processor_time(
    system: &System,
    service: &tracecast_model::Service,
    samples: &[Totals],
    operations: std::ops::Range<usize>,
) -> f64 {
    let speed = system.hosts.iter().find(|host| host.name == service.host).map_or(1.0, |host| host.speed);
    let demands = operations.zip(&service.operations);
    demands
        .map(|(number, operation)| {
            let visits: f64 = samples.iter().map(|sample| sample.operations[number].completed).sum();
            visits * operation.demand() / speed
        })
        .sum()
}

fn replicas_on(system: &System, host: &str) -> u64 {
    let on_host = system.services.iter().filter(|service| service.host == host);
    on_host.map(|service| u64::from(service.most_replicas())).sum::<u64>().max(1)
}

fn warning(element: String, what: &str, load: f64) -> Warning {
    let percent = (100.0 * load).min(100.0);
    let message = format!(
        "its {what} busy {percent:.0} % of the time while requests pile up: the load is beyond its capacity"
    );
    Warning::new("saturated", element, message)
}
