//! Replicas and copies of stations: which queue there is for whom, and who comes to which.
//!
//! Replicas are never expanded: a [`Station`](super::network::Station) stands for all its copies, of which one is solved.
//! That asks for replicas that are alike, so each machine of a host has equally many of every service. Who meets whom
//! follows from the [`Links`] of a visit, for a copy of a station as seen by one customer (Pan and Woodside 1998, and
//! Franks 1999, ch. 5, solve layered networks in the same way, by fan-in and fan-out).

use tracecast_model::{
    Element, Host, HostId, Index, LoadBalancing, PredictError, Service, ServiceId, System,
};

/// How a group's customers are spread over the copies of a station.
///
/// They go around in circles, those of each queue of a pool in one of their own ([`Network::circles`]); in the others'
/// eyes, a circle is a group of its own. Circles times copies that each reaches = copies times circles that come to
/// each.
///
/// [`Network::circles`]: super::network::Network::circles
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Links {
    /// Copies that one customer comes to, each equally often.
    pub(crate) reach: f64,
    /// Circles that come to one copy.
    pub(crate) circles: f64,
    /// Part of the customers of such a circle that come to it.
    pub(crate) here: f64,
}

impl Links {
    /// From any of the circles to any of the copies.
    pub(crate) fn free(circles: f64, copies: f64) -> Self {
        Self { reach: copies, circles, here: 1.0 }
    }

    /// From the replicas of a service, whose threads are in so many circles, each to the same copies all the time; so many
    /// replicas to one copy.
    pub(crate) fn fixed(replicas: f64, circles: f64, reach: f64, fan_in: f64) -> Self {
        let here = fan_in / replicas;
        if circles == replicas {
            Self { reach, circles: fan_in, here: 1.0 }
        } else {
            Self { reach, circles: 1.0, here }
        }
    }

    /// To be told apart.
    pub(crate) fn key(self) -> [u64; 3] {
        [self.reach, self.circles, self.here].map(f64::to_bits)
    }
}

/// Alike queues for a service, machines or containers for it.
#[derive(Clone, Copy)]
pub(crate) struct Copies {
    pub(crate) count: f64,
    /// Squared coefficient of variation of the gaps between arrivals at one of them when the whole stream is Poisson.
    pub(crate) arrival_scv: f64,
}

impl Copies {
    const ONE: Self = Self { count: 1.0, arrival_scv: 1.0 };
}

/// What is known of all replicas before anything is compiled.
pub(crate) struct Replication {
    /// Per host: machines in use, and cores that the containers on one of them can use together; none where one of them has no
    /// limit.
    machines: Vec<f64>,
    usable_cores: Vec<Option<f64>>,
    /// Per host: services on it.
    services: Vec<usize>,
    /// Per service: is it called at several replicas, or over fixed connections?
    fanned: Vec<bool>,
}

impl Replication {
    /// # Errors
    /// Replicas that are not alike, named with their service.
    pub(crate) fn new(system: &System, index: &Index) -> Result<Self, PredictError> {
        let hosts = system.hosts.len();
        let mut replication = Self {
            machines: vec![1.0; hosts],
            usable_cores: vec![Some(0.0); hosts],
            services: vec![0; hosts],
            fanned: vec![false; system.services.len()],
        };
        for (h, host) in system.hosts.iter().enumerate() {
            let on_it: Vec<&Service> = (0..system.services.len())
                .filter(|&s| index.host_of(ServiceId(s)) == HostId(h))
                .map(|s| &system.services[s])
                .collect();
            let machines = machines_in_use(host, &on_it)?;
            replication.machines[h] = machines;
            replication.services[h] = on_it.len();
            replication.usable_cores[h] = on_it
                .iter()
                .map(|service| service.cpu_limit.map(|limit| limit * f64::from(service.replicas) / machines))
                .sum();
        }
        for (_, operation) in system.operations() {
            operation.walk(&mut |element, _| {
                let Element::Activity(activity) = element else { return };
                for call in activity.calls.iter().filter(|call| call.fan_out > 1 || call.fan_in.is_some()) {
                    if let Some(callee) = index.operation(&call.to) {
                        replication.fanned[index.service_of(callee).0] = true;
                    }
                }
            });
        }
        let queue = |(service, fanned): (&Service, &bool)| *fanned && service.work_queue.is_some();
        if let Some((service, _)) = system.services.iter().zip(&replication.fanned).find(|&pair| queue(pair))
        {
            return Err(crate::unsupported(
                "fan-out to a work queue",
                format!("service \"{}\"", service.name),
            ));
        }
        Ok(replication)
    }

    /// Machines of a host that are in use, where services share it.
    pub(crate) fn machines_of(&self, host: HostId) -> f64 {
        self.machines[host.0]
    }

    /// Does one of these machines have cores for all that the containers on it can use?
    pub(crate) fn suffices(&self, host: HostId, cores: f64) -> bool {
        self.usable_cores[host.0].is_some_and(|usable| usable <= cores)
    }

    /// Queues for the threads of a service. Every r-th arrival in turn makes Erlang gaps. Sending to the replica with the
    /// fewest requests comes close to one shared queue. Whoever fans out leaves the load balancer no choice.
    pub(crate) fn queues(&self, service: &Service, id: ServiceId) -> Copies {
        let replicas = f64::from(service.replicas);
        match service.load_balancing {
            _ if service.work_queue.is_some() => Copies::ONE,
            _ if self.fanned[id.0] => Copies { count: replicas, arrival_scv: 1.0 },
            LoadBalancing::RoundRobin => Copies { count: replicas, arrival_scv: 1.0 / replicas },
            // By keys only where there is one.
            LoadBalancing::Random | LoadBalancing::RingHash(_) | LoadBalancing::Maglev(_) => {
                Copies { count: replicas, arrival_scv: 1.0 }
            }
            LoadBalancing::LeastRequests | LoadBalancing::PowerOfTwoChoices => Copies::ONE,
        }
    }

    /// The same for machines or containers of which every replica has one. Where threads are finite, no replica takes
    /// more than its own, whoever hands out the requests.
    pub(crate) fn containers(&self, service: &Service, id: ServiceId) -> Copies {
        let queues = self.queues(service, id);
        if queues.count == 1.0 && !service.concurrency.is_infinite() {
            return Copies { count: f64::from(service.replicas), arrival_scv: 1.0 };
        }
        queues
    }

    /// The same for the machines of a host that services share. Several streams in turn come close to none in turn.
    pub(crate) fn shared_machines(&self, service: &Service, id: ServiceId, host: HostId) -> Copies {
        let count = self.machines[host.0];
        let alone = self.services[host.0] == 1;
        let own = self.containers(service, id);
        if alone && own.count == 1.0 {
            return own;
        }
        let in_turn = alone && own.arrival_scv < 1.0;
        Copies { count, arrival_scv: if in_turn { 1.0 / count } else { 1.0 } }
    }
}

/// Replica i is on machine i modulo the number of machines: those of the highest numbers stay empty where all services have
/// fewer replicas.
fn machines_in_use(host: &Host, services: &[&Service]) -> Result<f64, PredictError> {
    let most = services.iter().map(|service| service.replicas).max().unwrap_or(1);
    let machines = if host.per_replica { 1 } else { host.replicas.min(most) };
    match services.iter().find(|service| !service.replicas.is_multiple_of(machines)) {
        Some(service) => Err(crate::unsupported(
            format!(
                "{} replicas on the {} machines of host \"{}\", some with more than others,",
                service.replicas, host.replicas, host.name
            ),
            format!("service \"{}\"", service.name),
        )),
        None => Ok(f64::from(machines)),
    }
}
