//! Replicas to which keys of requests belong.

use tracecast_model::LoadBalancing;

use super::{State, Threads};
use crate::run::visits::NONE;

/// What a load balancer knows that goes by keys.
#[derive(Clone, Debug)]
pub(super) struct Keyed {
    balancing: LoadBalancing,
    /// By key: the upper end of its part of the unit interval.
    ends: Vec<f64>,
    /// By key: the replica that it belongs to, by its number in the service. Empty where that is to be found anew.
    owners: Vec<u32>,
}

impl Keyed {
    pub(super) fn new(balancing: LoadBalancing) -> Self {
        let ends = balancing.key_shares().into_iter().scan(0.0, |end, share| {
            *end += share;
            Some(*end)
        });
        Self { balancing, ends: ends.collect(), owners: Vec::new() }
    }

    /// Other replicas take requests from now on.
    pub(super) fn forget(&mut self) {
        self.owners.clear();
    }

    /// The replica of the key at a place of the unit interval, where these take requests.
    fn owner(&mut self, place: f64, ready: impl FnOnce() -> Vec<u32>) -> Option<u32> {
        if self.owners.is_empty() {
            let ready = ready();
            if ready.is_empty() {
                return None;
            }
            self.owners = self.balancing.key_owners(&ready);
        }
        let key = self.ends.partition_point(|end| *end <= place).min(self.owners.len() - 1);
        Some(self.owners[key])
    }
}

impl Threads {
    /// The replica, among those of all services, to which the key at a place of the unit interval belongs; [`NONE`] where none takes
    /// requests.
    pub(in crate::run) fn owner(&mut self, service: u32, place: f64) -> u32 {
        let service = &mut self.services[service as usize];
        let State::Keyed(keyed) = &mut service.assignment else { return NONE };
        let count = service.replica_count;
        let ready = || service.pool.as_ref().map_or_else(|| (0..count).collect(), |pool| pool.ready.clone());
        keyed.owner(place, ready).map_or(NONE, |owner| service.first_replica + owner)
    }
}
