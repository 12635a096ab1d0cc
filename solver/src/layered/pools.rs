//! Which services can run out of threads.

use std::collections::BTreeSet;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use tracecast_model::{
    Index, Load, Operation, Service, Step, System,
    visits::{Edge, EdgeKind},
};

/// For every service: can a request come and find no thread free? Not where threads are unlimited, nor where all the
/// customers that can be there at once (users of closed workloads, threads of the callers) are no more than the
/// threads of one replica; such a service never queues and needs no pool.
pub(crate) fn exhaustible(system: &System, index: &Index, edges: &[Edge]) -> Vec<bool> {
    let services = system.services.len();
    let mut arrivals = vec![Arrivals::default(); services];
    for (w, workload) in system.workloads.iter().enumerate() {
        let population = match workload.load {
            Load::Closed { population, .. } => f64::from(population),
            _ => f64::INFINITY,
        };
        let entries: BTreeSet<usize> = workload
            .requests
            .iter()
            .filter_map(|request| index.operation(&request.operation))
            .map(|operation| index.service_of(operation).0)
            .collect();
        for service in entries {
            arrivals[service].enter(w, population);
        }
    }
    let mut graph = DiGraph::<(), ()>::with_capacity(services, edges.len());
    for _ in 0..services {
        graph.add_node(());
    }
    for edge in edges {
        let (from, to) = (index.service_of(edge.from).0, index.service_of(edge.to).0);
        match edge.kind {
            EdgeKind::Asynchronous => arrivals[to].unbounded = true,
            EdgeKind::Synchronous | EdgeKind::Forwarding => {
                graph.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
            }
        }
    }
    let mut exhaustible = vec![false; services];
    // Validation has refused cycles of synchronous calls.
    for node in toposort(&graph, None).unwrap_or_default() {
        let service = &system.services[node.index()];
        let present = arrivals[node.index()].clone();
        let at_most = if replies_early(service) { f64::INFINITY } else { present.at_most() };
        exhaustible[node.index()] = at_most > service.concurrency.as_f64();
        let passing = at_most.min(service.total_threads().as_f64());
        for next in graph.neighbors(node) {
            let more = forks(service) || replies_early(service);
            arrivals[next.index()].pass(&present, passing, more);
        }
    }
    exhaustible
}

/// Who can be at a service at the same time.
#[derive(Clone, Default)]
struct Arrivals {
    /// Workloads that come here, directly or not, with their populations.
    workloads: Vec<(usize, f64)>,
    /// Sum over the callers, each no more than its threads.
    through_callers: f64,
    /// Messages, or branches of a fork, which outnumber their customers.
    unbounded: bool,
}

impl Arrivals {
    fn enter(&mut self, workload: usize, population: f64) {
        self.through_callers += population;
        self.reach(workload, population);
    }

    fn reach(&mut self, workload: usize, population: f64) {
        if self.workloads.iter().all(|&(other, _)| other != workload) {
            self.workloads.push((workload, population));
        }
    }

    fn pass(&mut self, caller: &Self, customers: f64, forks: bool) {
        self.unbounded |= forks;
        self.through_callers += customers;
        if caller.unbounded {
            self.reach(usize::MAX, f64::INFINITY);
        }
        for &(workload, population) in &caller.workloads {
            self.reach(workload, population);
        }
    }

    fn at_most(&self) -> f64 {
        if self.unbounded {
            return f64::INFINITY;
        }
        let users: f64 = self.workloads.iter().map(|&(_, population)| population).sum();
        users.min(self.through_callers)
    }
}

fn forks(service: &Service) -> bool {
    service.operations.iter().any(|operation| operation.has_step(|step| matches!(step, Step::Fork(_))))
}

/// Can a caller come back while what it asked for before is still worked on?
fn replies_early(service: &Service) -> bool {
    service.operations.iter().any(Operation::replies_early)
}
