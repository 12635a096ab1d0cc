//! Machines, containers and replicas.

use tracecast_model::{Host, LoadBalancing, Multiplicity, PredictError, Scheduling, Service, System};

use super::{Assignment, Discipline, MachinePlan, Program, ServicePlan, bounded, unsupported};
use crate::sampler::Sampler;

impl Program {
    /// Adds the machines of all hosts, and the services with their replicas.
    pub(super) fn add_places(&mut self, system: &System) -> Result<(), PredictError> {
        let replicas = system.services.iter().map(|service| u64::from(service.replicas)).sum();
        bounded(replicas, "replicas", "all services")?;
        for service in &system.services {
            self.add_service(service);
        }
        self.containers = vec![0; replicas as usize];
        let mut containers = 0;
        for (number, host) in system.hosts.iter().enumerate() {
            let on_host = system
                .services
                .iter()
                .enumerate()
                .filter(|(_, service)| service.host == host.name)
                .map(|(place, service)| (self.services[place], service))
                .collect::<Vec<_>>();
            for (_, service) in &on_host {
                check_limit(host, service)?;
            }
            if host.per_replica {
                for placed in on_host {
                    for replica in 0..placed.0.replicas {
                        self.add_machine(
                            number,
                            host,
                            &[(placed.0.replica(replica), placed.1)],
                            &mut containers,
                        );
                    }
                }
            } else {
                let replicas: Vec<_> = on_host
                    .into_iter()
                    .flat_map(|(plan, service)| (0..plan.replicas).map(move |r| (plan.replica(r), service)))
                    .collect();
                self.add_machine(number, host, &replicas, &mut containers);
            }
        }
        Ok(())
    }

    fn add_service(&mut self, service: &Service) {
        let first_replica =
            self.services.last().map_or(0, |previous| previous.first_replica + previous.replicas);
        let assignment = if service.work_queue.is_some() {
            Assignment::Fetched
        } else {
            let choice = match service.load_balancing {
                LoadBalancing::Random => {
                    let every = Sampler::Uniform { low: 0.0, width: f64::from(service.replicas) };
                    self.variate(format!("replica of {}", service.name), every)
                }
                LoadBalancing::RoundRobin | LoadBalancing::LeastRequests => 0,
            };
            Assignment::Balanced(service.load_balancing, choice)
        };
        self.services.push(ServicePlan {
            first_replica,
            replicas: service.replicas,
            threads: service.concurrency.finite(),
            assignment,
        });
    }

    /// Adds a machine with a container for each limited replica and one for all others.
    fn add_machine(&mut self, host: usize, model: &Host, replicas: &[(u32, &Service)], containers: &mut u32) {
        let mut limits = Vec::new();
        let mut unlimited = None;
        for &(replica, service) in replicas {
            let limit = binding_limit(model, service);
            let container = match (limit, unlimited) {
                (None, Some(container)) => container,
                _ => {
                    limits.push(limit);
                    *containers += 1;
                    *containers - 1
                }
            };
            if limit.is_none() {
                unlimited = Some(container);
            }
            self.containers[replica as usize] = container;
        }
        let discipline = match (model.cores, model.scheduling) {
            (Multiplicity::Infinite, _) if limits.iter().all(Option::is_none) => Discipline::Delay,
            (Multiplicity::Finite(cores), Scheduling::Fcfs) => Discipline::Fcfs { cores },
            (cores, _) => Discipline::Sharing { cores: cores.as_f64() },
        };
        self.machines.push(MachinePlan { host: host as u32, discipline, limits });
    }
}

impl ServicePlan {
    /// Number of one of its replicas among those of all services.
    fn replica(&self, replica: u32) -> u32 {
        self.first_replica + replica
    }
}

/// The CPU limit, where it is less than what the machine has.
fn binding_limit(host: &Host, service: &Service) -> Option<f64> {
    service.cpu_limit.filter(|&limit| limit < host.cores.as_f64())
}

/// Where work holds whole cores, a replica cannot have one and a half of them.
fn check_limit(host: &Host, service: &Service) -> Result<(), PredictError> {
    match binding_limit(host, service) {
        Some(limit)
            if limit > 1.0
                && limit.fract() != 0.0
                && host.scheduling == Scheduling::Fcfs
                && !host.cores.is_infinite() =>
        {
            let what = format!("a CPU limit of {limit} cores on a host with FCFS scheduling");
            Err(unsupported(what, format!("service \"{}\"", service.name)))
        }
        _ => Ok(()),
    }
}
