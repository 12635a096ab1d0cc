//! Threads, cores and limits as stations.

use tracecast_model::{LoadBalancing, ServiceId};

use super::{Builder, Key};
use crate::fluid::network::{OfReplicas, Station};

impl Builder<'_> {
    fn station(&mut self, key: Key, copies: f64, servers: f64, sharing: bool) -> usize {
        let of_replicas = self.of_replicas(key);
        let stations = &mut self.network.stations;
        *self.stations.entry(key).or_insert_with(|| {
            stations.push(Station {
                copies,
                servers,
                of_replicas,
                sharing,
                pool: matches!(key, Key::Pool(_)),
                stages: Vec::new(),
                populations: Vec::new(),
            });
            stations.len() - 1
        })
    }

    /// What one replica adds to a station of a service whose replicas come and go.
    fn of_replicas(&self, key: Key) -> Option<OfReplicas> {
        let (Key::Machines(id) | Key::Limit(id) | Key::Pool(id)) = key else { return None };
        let elastic = self.network.elastic.iter().position(|&service| service == id.0)?;
        let service = &self.network.system.services[id.0];
        let cores = self.network.system.hosts[self.network.index.host_of(id).0].cores;
        let servers = match key {
            Key::Pool(_) => service.concurrency.as_f64(),
            Key::Limit(_) => service.cpu_limit?,
            _ => cores.as_f64(),
        };
        let one_queue =
            has_one_queue(service) && (matches!(key, Key::Pool(_)) || service.concurrency.is_infinite());
        Some(OfReplicas { elastic, servers, one_queue })
    }

    pub(super) fn pool(&mut self, id: ServiceId) -> Option<usize> {
        let service = &self.network.system.services[id.0];
        let threads = f64::from(service.total_threads().finite()?);
        let copies = queues(service);
        Some(self.station(Key::Pool(id), copies, threads / copies, false))
    }

    /// The queue for cores; none where there is nothing to wait for.
    pub(super) fn host_station(&mut self, id: ServiceId) -> Option<usize> {
        let system = self.network.system;
        let service = &system.services[id.0];
        let number = self.network.index.host_of(id);
        let host = &system.hosts[number.0];
        let cores = f64::from(host.cores.finite()?);
        let sharing = host.scheduling == tracecast_model::Scheduling::Ps;
        // No more cores than this are ever busy with one replica.
        let usable = |service: &tracecast_model::Service| {
            service.cpu_limit.unwrap_or(f64::INFINITY).min(service.concurrency.as_f64())
        };
        if host.per_replica {
            if usable(service) <= cores {
                return None;
            }
            let machines = machines(service);
            let cores = cores * f64::from(service.replicas) / machines;
            return Some(self.station(Key::Machines(id), machines, cores, sharing));
        }
        let on_it = system.services.iter().filter(|other| other.host == host.name);
        if on_it.map(|other| f64::from(other.most_replicas()) * usable(other)).sum::<f64>() <= cores {
            return None;
        }
        Some(self.station(Key::Host(number.0), 1.0, cores, sharing))
    }

    /// The limit of each replica's container, where it has more threads than that.
    pub(super) fn limit_station(&mut self, id: ServiceId) -> Option<usize> {
        let service = &self.network.system.services[id.0];
        let limit = service.cpu_limit?;
        if service.concurrency.as_f64() <= limit.max(1.0) {
            return None;
        }
        let containers = machines(service);
        let servers = limit * f64::from(service.replicas) / containers;
        Some(self.station(Key::Limit(id), containers, servers, true))
    }
}

/// Separate queues of a service: one for each replica, unless requests go where there is room.
fn queues(service: &tracecast_model::Service) -> f64 {
    if has_one_queue(service) { 1.0 } else { f64::from(service.replicas) }
}

fn has_one_queue(service: &tracecast_model::Service) -> bool {
    service.work_queue.is_some() || service.load_balancing == LoadBalancing::LeastRequests
}

/// Machines or containers, of which every replica has one. No replica takes more than its own threads, whoever hands out
/// the requests.
fn machines(service: &tracecast_model::Service) -> f64 {
    if service.concurrency.is_infinite() { queues(service) } else { f64::from(service.replicas) }
}
