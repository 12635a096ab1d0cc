//! Replicas on machines that are chosen by what is on them.

use tracecast_model::placement::{ResourceRequest, at_start};
use tracecast_model::{Host, Multiplicity, Placement, PredictError, Scheduling, Service, System};

use super::places::Placed;
use super::{Program, bounded, unsupported};

/// How the replicas of a service that come and go get their machines.
#[derive(Clone, Debug)]
pub(crate) struct PlacingPlan {
    /// The number of the cluster.
    pub(crate) cluster: u32,
    /// Machines in it.
    pub(crate) machines: u32,
    pub(crate) request: ResourceRequest,
    /// Machines of the replicas of the start.
    pub(crate) start: Vec<u32>,
    /// The container of its first replica on the first machine, in [`Program::spots`].
    first_spot: u32,
}

/// Do replicas of a service change their machines while the system runs?
pub(super) fn moves(host: &Host, service: &Service) -> bool {
    host.placement != Placement::ByNumber && service.autoscaler.is_some()
}

impl Program {
    /// Adds the machines of a host that are chosen by what is on them. A replica that comes and goes has a container on each.
    pub(super) fn add_placed(
        &mut self,
        number: usize,
        host: &Host,
        system: &System,
    ) -> Result<(), PredictError> {
        check_moves(host, system)?;
        let element = format!("host \"{}\"", host.name);
        let start = at_start(system, host)
            .ok_or_else(|| unsupported("so many replicas on machines that are chosen", element.clone()))?;
        let start = start.map_err(|full| {
            let service = &system.services[full.service].name;
            unsupported("more replicas at the start than there is room for", format!("service \"{service}\""))
        })?;
        let mut machines: Vec<Vec<Placed<'_>>> = vec![Vec::new(); host.replicas as usize];
        let mut moving: Vec<u32> = Vec::new();
        let services = system.services.iter().zip(&self.services).zip(&start.machines);
        for ((service, plan), places) in services.filter(|((service, _), _)| service.host == host.name) {
            let replicas = plan.first_replica..plan.first_replica + plan.replicas;
            if moves(host, service) {
                moving.extend(replicas.clone());
                let all = replicas.map(|replica| (replica, service));
                machines.iter_mut().for_each(|machine| machine.extend(all.clone()));
            } else {
                for (replica, &machine) in replicas.zip(places) {
                    machines[machine as usize].push((replica, service));
                }
            }
        }
        let first_spot = self.spots.len();
        let spots = moving.len() as u64 * u64::from(host.replicas);
        bounded(spots, "replicas times machines", &element)?;
        self.spots.resize(first_spot + spots as usize, 0);
        for (place, replicas) in machines.iter().enumerate() {
            self.add_machine(number, host, place, replicas);
            for (row, &replica) in moving.iter().enumerate() {
                self.spots[first_spot + row * machines.len() + place] = self.containers[replica as usize];
            }
        }
        let mut next_spot = first_spot;
        for (service, description) in system.services.iter().enumerate() {
            if description.host != host.name || !moves(host, description) {
                continue;
            }
            let Some(elastic) = self.services[service].elastic else { continue };
            let plan = PlacingPlan {
                cluster: self.clusters.len() as u32,
                machines: host.replicas,
                request: ResourceRequest::of(description),
                start: start.machines[service].clone(),
                first_spot: next_spot as u32,
            };
            let first = self.services[service].first_replica;
            for replica in 0..self.services[service].replicas {
                let machine = plan.start.get(replica as usize).copied().unwrap_or(0);
                self.containers[(first + replica) as usize] = self.spot(&plan, replica, machine);
            }
            next_spot += self.services[service].replicas as usize * machines.len();
            self.elastic[elastic as usize].placing = Some(plan);
        }
        if !moving.is_empty() {
            self.clusters.push(start.cluster);
        }
        Ok(())
    }

    /// The container of a replica, by its number in its service, on a machine.
    pub(crate) fn spot(&self, plan: &PlacingPlan, replica: u32, machine: u32) -> u32 {
        self.spots[(plan.first_spot + replica * plan.machines + machine) as usize]
    }

    /// All containers of the replicas of a service.
    pub(crate) fn containers_of(&self, service: u32) -> &[u32] {
        let plan = &self.services[service as usize];
        let placing = plan.elastic.and_then(|elastic| self.elastic[elastic as usize].placing.as_ref());
        match placing {
            Some(placing) => {
                let first = placing.first_spot as usize;
                &self.spots[first..first + (plan.replicas * placing.machines) as usize]
            }
            None => {
                let first = plan.first_replica as usize;
                &self.containers[first..first + plan.replicas as usize]
            }
        }
    }
}

/// A replica that is gone must leave no work behind that holds a core: another may be there when it ends.
fn check_moves(host: &Host, system: &System) -> Result<(), PredictError> {
    let mut here = system.services.iter().filter(|service| service.host == host.name && moves(host, service));
    if let Some(service) = here.clone().find(|service| service.warm_pool.is_some()) {
        let what = format!("a warm pool on a host with placement \"{}\"", host.placement.name());
        return Err(unsupported(what, format!("service \"{}\"", service.name)));
    }
    let shares = host.scheduling == Scheduling::Ps || host.cores == Multiplicity::Infinite;
    match here.next() {
        Some(service) if !shares => {
            let what = format!(
                "an autoscaler on a host with placement \"{}\" and scheduling \"{}\"",
                host.placement.name(),
                host.scheduling.name()
            );
            Err(unsupported(what, format!("service \"{}\"", service.name)))
        }
        _ => Ok(()),
    }
}
