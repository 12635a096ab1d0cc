//! Response times of services, counted for those who look at their histograms.

use tracecast_model::autoscaling::{Quantity, Signal};

use crate::program::Program;

/// By service: what of its responses is looked at; empty where nobody looks at any.
#[derive(Clone, Debug)]
pub(super) struct Responses(Vec<Counted>);

/// Responses of a service.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// Those within so many seconds, for bounds that somebody asks for; in order.
    within: Vec<(f64, f64)>,
    count: f64,
    seconds: f64,
}

/// Is a figure made of single responses?
pub(crate) fn is_of_responses(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::Responses | Quantity::ResponseSeconds)
}

impl Responses {
    /// None yet.
    pub(super) fn new(program: &Program) -> Self {
        if !program.looks_at_responses() {
            return Self(Vec::new());
        }
        let mut all = vec![Counted::default(); program.services.len()];
        for signal in program.elastic.iter().flat_map(|plan| &plan.signals) {
            let bound = signal.signal.bound();
            if signal.quantity == Quantity::Responses && bound.is_finite() {
                all[signal.service as usize].within.push((bound, 0.0));
            }
        }
        for counted in &mut all {
            counted.within.sort_by(|a, b| a.0.total_cmp(&b.0));
            counted.within.dedup();
        }
        Self(all)
    }

    /// A reply goes out, so many seconds after its request came.
    #[inline]
    pub(super) fn count(&mut self, service: u32, seconds: f64) {
        let Some(counted) = self.0.get_mut(service as usize) else { return };
        counted.count += 1.0;
        counted.seconds += seconds;
        let first = counted.within.partition_point(|(bound, _)| *bound < seconds);
        counted.within[first..].iter_mut().for_each(|(_, count)| *count += 1.0);
    }

    /// A figure of a service.
    pub(super) fn figure(&self, service: u32, signal: &Signal, quantity: Quantity) -> f64 {
        let Some(counted) = self.0.get(service as usize) else { return 0.0 };
        if quantity == Quantity::ResponseSeconds {
            return counted.seconds;
        }
        let bound = signal.bound();
        counted.within.iter().find(|(other, _)| *other == bound).map_or(counted.count, |(_, count)| *count)
    }
}
