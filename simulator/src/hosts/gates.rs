//! What containers may have on a machine whose work holds cores.

use std::collections::VecDeque;

use super::Work;
use crate::program::ContainerPlan;

/// The containers of a machine, with a gate before the machine for each of them that has a CPU limit.
///
/// A container limited to less than a core has one piece of work at a time, which runs at the limit; one limited to k
/// cores has k at a time. What is over the limit waits at the gate, so that it does not block other containers.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    containers: Vec<Container>,
    /// Number of the first container.
    first: u32,
    /// Is there no gate at all?
    are_open: bool,
}

#[derive(Clone, Debug)]
struct Container {
    priority: i32,
    gate: Option<Gate>,
}

#[derive(Clone, Debug)]
struct Gate {
    /// At which its work runs, in cores.
    rate: f64,
    /// Pieces of work that it still lets through.
    free: u32,
    waiting: VecDeque<Work>,
}

impl Gates {
    /// All open; the containers are numbered from `first`.
    pub(super) fn new(first: u32, containers: &[ContainerPlan]) -> Self {
        let gate =
            |limit: f64| Gate { rate: limit.min(1.0), free: limit.max(1.0) as u32, waiting: VecDeque::new() };
        let are_open = containers.iter().all(|plan| plan.limit.is_none());
        let containers = containers
            .iter()
            .map(|plan| Container { priority: plan.priority, gate: plan.limit.map(gate) })
            .collect();
        Self { containers, first, are_open }
    }

    /// Is there no gate at all, so that work needs not be shown to them?
    #[inline]
    pub(super) fn are_open(&self) -> bool {
        self.are_open
    }

    /// Does the work get through now? Else it waits at the gate.
    pub(super) fn enter(&mut self, work: Work) -> bool {
        let Some(gate) = self.gate(work.container) else { return true };
        if gate.free == 0 {
            gate.waiting.push_back(work);
            return false;
        }
        gate.free -= 1;
        true
    }

    /// A piece of work of that container is done. The next, which gets through in its place.
    pub(super) fn leave(&mut self, container: u32) -> Option<Work> {
        let gate = self.gate(container)?;
        let next = gate.waiting.pop_front();
        gate.free += u32::from(next.is_none());
        next
    }

    /// At which the work of a container runs, in cores.
    #[inline]
    pub(super) fn rate(&self, container: u32) -> f64 {
        self.container(container).gate.as_ref().map_or(1.0, |gate| gate.rate)
    }

    /// How long a piece of work takes on a core.
    #[inline]
    pub(super) fn duration(&self, work: &Work) -> f64 {
        // Mostly there is no gate, and a division costs as much as all the rest.
        self.container(work.container).gate.as_ref().map_or(work.amount, |gate| work.amount / gate.rate)
    }

    pub(super) fn priority(&self, container: u32) -> i32 {
        self.container(container).priority
    }

    /// Work that waits to get through.
    #[cfg(test)]
    pub(super) fn work_waiting(&self) -> f64 {
        let gates = self.containers.iter().filter_map(|container| container.gate.as_ref());
        gates.flat_map(|gate| &gate.waiting).map(|work| work.amount).sum()
    }

    fn container(&self, container: u32) -> &Container {
        &self.containers[(container - self.first) as usize]
    }

    fn gate(&mut self, container: u32) -> Option<&mut Gate> {
        self.containers[(container - self.first) as usize].gate.as_mut()
    }
}
