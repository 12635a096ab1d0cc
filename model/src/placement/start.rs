//! Where the replicas of the start are.

use super::{Cluster, Placement, ResourceRequest};
use crate::{Host, System};

/// The machines of a host at the start, and where each replica is.
#[derive(Clone, Debug)]
pub struct Start {
    /// With all replicas of the start on them.
    pub cluster: Cluster,
    /// By service of the system: the machines of its replicas. Empty for services of other hosts.
    pub machines: Vec<Vec<u32>>,
}

/// A replica of the start for which no machine has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// The service, by its number in the system.
    pub service: usize,
    /// Its number in the service, from 0 on.
    pub replica: u32,
}

/// Choices between machines that are looked through at most, so that a model with a billion replicas is refused in time.
const MOST: u64 = 10_000_000;

/// Places the replicas of the start, service by service. None where there are too many to place.
pub fn at_start(system: &System, host: &Host) -> Option<Result<Start, NoRoom>> {
    let here = |service: &&crate::Service| service.host == host.name;
    let replicas: u64 = system.services.iter().filter(here).map(|service| u64::from(service.replicas)).sum();
    if (replicas + system.services.len() as u64).saturating_mul(u64::from(host.replicas)) > MOST {
        return None;
    }
    let mut cluster = Cluster::new(host, system.services.len());
    let mut machines = vec![Vec::new(); system.services.len()];
    for (number, service) in system.services.iter().enumerate().filter(|(_, service)| here(service)) {
        let request = ResourceRequest::of(service);
        for replica in 0..service.replicas {
            let Some(machine) = cluster.choose(number, replica, &request) else {
                return Some(Err(NoRoom { service: number, replica }));
            };
            cluster.add(machine, number, &request);
            machines[number].push(machine as u32);
        }
    }
    Some(Ok(Start { cluster, machines }))
}

/// Does a host have other machines under its replicas than by their numbers, now or while the system runs?
pub(crate) fn matters(system: &System, host: &Host) -> bool {
    if host.placement == Placement::ByNumber || host.per_replica {
        return false;
    }
    let mut here = system.services.iter().filter(|service| service.host == host.name);
    if here.any(|service| service.autoscaler.is_some()) {
        return true;
    }
    let by_number = Host { placement: Placement::ByNumber, ..host.clone() };
    let occupancy = |host: &Host| {
        let start = at_start(system, host)?.ok()?;
        let mut machines: Vec<Vec<u32>> = start.cluster.replicas().map(<[u32]>::to_vec).collect();
        // Machines are alike, so which is which does not matter.
        machines.sort_unstable();
        Some(machines)
    };
    match (occupancy(host), occupancy(&by_number)) {
        (Some(placed), Some(numbered)) => placed != numbered,
        _ => true,
    }
}
