//! Solutions of similar systems as a start.

use super::anderson::Anderson;
use super::network::{Network, Source};
use super::solve::State;

/// The fixed point of a system, from which the iteration for a similar one can begin.
pub(crate) struct Fixed {
    shape: Shape,
    state: State,
    anderson: Anderson,
}

/// What must be the same for numbers to be about the same things.
#[derive(PartialEq)]
struct Shape {
    /// Per group: which kind.
    groups: Vec<std::mem::Discriminant<Source>>,
    /// Per visit: group and station.
    visits: Vec<(usize, usize)>,
    /// Per station: whole servers.
    servers: Vec<f64>,
    instances: usize,
}

impl Shape {
    fn of(network: &Network<'_>) -> Self {
        Self {
            groups: network.groups.iter().map(|group| std::mem::discriminant(&group.source)).collect(),
            visits: network.visits.iter().map(|visit| (visit.group, visit.station)).collect(),
            servers: network.stations.iter().map(|station| station.servers.ceil()).collect(),
            instances: network.instances.len(),
        }
    }
}

impl Fixed {
    pub(crate) fn new(network: &Network<'_>, state: State, anderson: Anderson) -> Self {
        Self { shape: Shape::of(network), state, anderson }
    }

    /// The start for another system; none where it is built differently.
    pub(crate) fn start(&self, network: &Network<'_>) -> Option<(State, Anderson)> {
        if self.shape != Shape::of(network) {
            return None;
        }
        let mut state = self.state.clone();
        state.rounds = 0;
        for (throughput, group) in state.throughput.iter_mut().zip(&network.groups) {
            if let Source::Open { rate, .. } = group.source {
                *throughput = rate;
            }
        }
        Some((state, self.anderson.clone()))
    }
}
