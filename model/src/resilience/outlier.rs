//! Outlier ejection: replicas that fail are left out for a while.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;
use crate::seconds;

/// When a replica of a service gets no requests for a while since its replies are errors, as Envoy has it, with Envoy's
/// defaults.
///
/// Sources: Envoy, *Outlier detection* and `outlier_detection.proto` (2024), `outlier_detection_impl.cc`. All callers share what
/// is seen here, as if there were one proxy. Envoy's panic threshold is not there: the last replica is never ejected.
///
/// An error is a reply that is one, an attempt that its caller has given up waiting for, and a request that a replica turns away: since
/// its queue is full (no connection, or 503), by its [admission limit](crate::AdmissionLimit) (503, the default of Envoy's
/// filter `adaptive_concurrency`) or by shedding. Errors of connections count like those of replies, as where
/// `split_external_local_origin_errors` is off, its default.
///
/// What no replica is asked for counts for nothing: what the caller's own limits and breakers turn away, Envoy's thresholds, too
/// (`Filter::onUpstreamReset` in `router.cc` leaves out what overflow resets, since Envoy 1.26, pull request 25488; before that it
/// counted), and what the [rate limit](crate::Service::rate_limit) of a service does, which stands before its replicas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutlierDetection {
    /// Errors one after the other; at least 1.
    pub consecutive_5xx: u32,
    /// Percentage of the cases in which these lead to an ejection, 0 to 100.
    pub enforcing_consecutive_5xx: u32,
    /// Seconds between two looks at all replicas, from the start of the run on.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub interval: f64,
    /// Seconds of a first ejection; of the nth n times that.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub base_ejection_time: f64,
    /// Seconds of any ejection at most; not less than `base_ejection_time` counts.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub max_ejection_time: f64,
    /// Percentage of the replicas that are ejected at most.
    pub max_ejection_percent: u32,
    /// May one be ejected in any case, though it is more than that? So it was in Envoy until it became an option; in newer
    /// releases it is off by default, and none of fewer than ten replicas is ejected unless the percentage is raised.
    pub always_eject_one_host: bool,
    /// Replicas with enough requests that a comparison of success rates needs.
    pub success_rate_minimum_hosts: u32,
    /// Requests of a replica in an interval that it needs.
    pub success_rate_request_volume: u32,
    /// Thousandths of a standard deviation below the mean at which a success rate is too low.
    pub success_rate_stdev_factor: u32,
    /// Percentage of the cases in which that leads to an ejection.
    pub enforcing_success_rate: u32,
    /// Percentage of errors in an interval from which on a replica is an outlier whatever the others do.
    pub failure_percentage_threshold: u32,
    /// Percentage of the cases in which that leads to an ejection.
    pub enforcing_failure_percentage: u32,
    /// Replicas with enough requests that this needs.
    pub failure_percentage_minimum_hosts: u32,
    /// Requests of a replica in an interval that it needs.
    pub failure_percentage_request_volume: u32,
}

impl Default for OutlierDetection {
    fn default() -> Self {
        Self {
            consecutive_5xx: 5,
            enforcing_consecutive_5xx: 100,
            interval: 10.0,
            base_ejection_time: 30.0,
            max_ejection_time: 300.0,
            max_ejection_percent: 10,
            always_eject_one_host: true,
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: 1900,
            enforcing_success_rate: 100,
            failure_percentage_threshold: 85,
            enforcing_failure_percentage: 0,
            failure_percentage_minimum_hosts: 5,
            failure_percentage_request_volume: 50,
        }
    }
}

/// What is remembered of the replicas of a service, by their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutlierMemory {
    hosts: Vec<Watched>,
}

/// What is remembered of a replica.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Watched {
    /// Is it there at all?
    is_there: bool,
    consecutive: u32,
    /// Since the last look.
    requests: u32,
    errors: u32,
    ejected_at: Option<f64>,
    /// Ejections, less one for each look at which it was well.
    multiplier: u32,
}

/// What changes at a look at all replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Those that get requests again.
    pub returned: Vec<usize>,
    /// Those that do not from now on.
    pub ejected: Vec<usize>,
}

impl OutlierMemory {
    /// A replica is there from now on, and nothing is known of it.
    pub fn appears(&mut self, host: usize) {
        if self.hosts.len() <= host {
            self.hosts.resize(host + 1, Watched::default());
        }
        self.hosts[host] = Watched { is_there: true, ..Watched::default() };
    }

    /// A replica is gone.
    pub fn disappears(&mut self, host: usize) {
        if let Some(watched) = self.hosts.get_mut(host) {
            *watched = Watched::default();
        }
    }

    /// Replicas that are ejected.
    pub fn ejected(&self) -> usize {
        self.hosts.iter().filter(|host| host.ejected_at.is_some()).count()
    }

    fn there(&self) -> usize {
        self.hosts.iter().filter(|host| host.is_there).count()
    }
}

impl OutlierDetection {
    /// Lists what is wrong with its settings.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("consecutive_5xx", self.consecutive_5xx);
        ranges.positive("interval", self.interval);
        ranges.positive("base_ejection_time", self.base_ejection_time);
        ranges.positive("max_ejection_time", self.max_ejection_time);
        for (field, percentage) in [
            ("enforcing_consecutive_5xx", self.enforcing_consecutive_5xx),
            ("max_ejection_percent", self.max_ejection_percent),
            ("enforcing_success_rate", self.enforcing_success_rate),
            ("failure_percentage_threshold", self.failure_percentage_threshold),
            ("enforcing_failure_percentage", self.enforcing_failure_percentage),
        ] {
            ranges.check(field, f64::from(percentage), percentage <= 100, "0 to 100");
        }
    }

    /// A reply of a replica at time `now` (s). Is the replica ejected by it? `chance` draws from [0, 1).
    pub fn record(
        &self,
        memory: &mut OutlierMemory,
        host: usize,
        failed: bool,
        now: f64,
        chance: impl FnOnce() -> f64,
    ) -> bool {
        let Some(watched) = memory.hosts.get_mut(host).filter(|watched| watched.is_there) else {
            return false;
        };
        watched.requests += 1;
        if !failed {
            watched.consecutive = 0;
            return false;
        }
        watched.errors += 1;
        watched.consecutive += 1;
        if watched.consecutive < self.consecutive_5xx || watched.ejected_at.is_some() {
            return false;
        }
        watched.consecutive = 0;
        is_enforced(self.enforcing_consecutive_5xx, chance) && self.eject(memory, host, now)
    }

    /// The look at all replicas that comes every [`interval`](Self::interval).
    pub fn sweep(&self, memory: &mut OutlierMemory, now: f64, mut chance: impl FnMut() -> f64) -> Sweep {
        let mut sweep = Sweep::default();
        for (number, host) in memory.hosts.iter_mut().enumerate() {
            match host.ejected_at {
                None => host.multiplier = host.multiplier.saturating_sub(1),
                Some(since) if now - since >= self.ejection_time(host.multiplier) => {
                    (host.ejected_at, host.consecutive) = (None, 0);
                    sweep.returned.push(number);
                }
                Some(_) => {}
            }
        }
        let seen: Vec<(usize, f64, u32)> = memory
            .hosts
            .iter_mut()
            .enumerate()
            .filter(|(_, host)| host.is_there && host.requests > 0)
            .map(|(number, host)| {
                let rate = 100.0 * (1.0 - f64::from(host.errors) / f64::from(host.requests));
                (number, rate, host.requests)
            })
            .collect();
        for host in &mut memory.hosts {
            (host.requests, host.errors) = (0, 0);
        }
        let with = |volume: u32| seen.iter().filter(move |(.., requests)| *requests >= volume);
        let rates: Vec<f64> = with(self.success_rate_request_volume).map(|(_, rate, _)| *rate).collect();
        if rates.len() >= self.success_rate_minimum_hosts as usize {
            let threshold =
                success_rate_threshold(&rates, f64::from(self.success_rate_stdev_factor) / 1000.0);
            for &(number, rate, _) in with(self.success_rate_request_volume) {
                if rate < threshold && is_enforced(self.enforcing_success_rate, &mut chance) {
                    self.eject_in(memory, number, now, &mut sweep);
                }
            }
        }
        if with(self.failure_percentage_request_volume).count()
            >= self.failure_percentage_minimum_hosts as usize
        {
            for &(number, rate, _) in with(self.failure_percentage_request_volume) {
                let fails = 100.0 - rate >= f64::from(self.failure_percentage_threshold);
                if fails && is_enforced(self.enforcing_failure_percentage, &mut chance) {
                    self.eject_in(memory, number, now, &mut sweep);
                }
            }
        }
        sweep
    }

    fn eject_in(&self, memory: &mut OutlierMemory, host: usize, now: f64, sweep: &mut Sweep) {
        if self.eject(memory, host, now) {
            sweep.ejected.push(host);
        }
    }

    /// Ejects a replica, if that is not one too many.
    fn eject(&self, memory: &mut OutlierMemory, host: usize, now: f64) -> bool {
        let (ejected, there) = (memory.ejected() as f64, memory.there() as f64);
        let is_first = self.always_eject_one_host && ejected == 0.0;
        let is_allowed = is_first || 100.0 * (ejected + 1.0) / there <= f64::from(self.max_ejection_percent);
        let watched = &mut memory.hosts[host];
        if watched.ejected_at.is_some() || !is_allowed || ejected + 1.0 >= there {
            return false;
        }
        watched.ejected_at = Some(now);
        let most = self.max_ejection_time.max(self.base_ejection_time);
        // So that it comes down again as soon as the replica is well.
        if f64::from(watched.multiplier) * self.base_ejection_time < most + self.base_ejection_time {
            watched.multiplier += 1;
        }
        true
    }

    fn ejection_time(&self, multiplier: u32) -> f64 {
        let most = self.max_ejection_time.max(self.base_ejection_time);
        (f64::from(multiplier) * self.base_ejection_time).min(most)
    }
}

/// The success rate (%) below which a replica is an outlier: so many standard deviations below the mean of all.
pub fn success_rate_threshold(rates: &[f64], factor: f64) -> f64 {
    let count = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / count;
    let variance = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / count;
    mean - factor * variance.sqrt()
}

fn is_enforced(percentage: u32, chance: impl FnOnce() -> f64) -> bool {
    match percentage {
        0 => false,
        1..100 => chance() * 100.0 < f64::from(percentage),
        _ => true,
    }
}
