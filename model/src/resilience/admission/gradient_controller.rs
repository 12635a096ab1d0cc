//! Envoy's gradient controller.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::latencies::Latencies;
use super::{Admit, Served};
use crate::resilience::Ranges;

/// Windows at the least limit after which the time without load is measured anew.
const MOST_AT_MINIMUM: u32 = 5;

/// The gradient controller of Envoy's filter `adaptive_concurrency`, with the defaults of its settings
/// (`envoy/extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency.proto`, `gradient_controller.cc`).
///
/// First, and then from time to time, the limit is at its least while the response time is measured without much load (minRTT).
/// Otherwise a window of response times is looked at when it is over, if there were any: with the gradient g = minRTT·(1 +
/// buffer)/(the window's percentile), at least 0.5 and at most 2, the limit L becomes L·g + √(L·g). All replies count, errors
/// too; a request whose caller has given up does not, and makes place at once, since its stream is reset.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GradientController {
    /// Percentile of the response times that stands for all; 50, in [0, 100].
    #[serde(default = "fifty")]
    pub sample_aggregate_percentile: f64,
    /// The limit at most (`concurrency_limit_params.max_concurrency_limit`); 1000, at least `min_concurrency`.
    #[serde(default = "thousand")]
    pub max_concurrency_limit: u32,
    /// Seconds of a window (`concurrency_limit_params.concurrency_update_interval`); at least 0.001. Envoy has no default.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub concurrency_update_interval: f64,
    /// Seconds from one measurement of the time without load to the next (`min_rtt_calc_params.interval`); at least 0.001. Envoy has
    /// no default.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub min_rtt_interval: f64,
    /// Requests of such a measurement (`min_rtt_calc_params.request_count`); 50, at least 1.
    #[serde(default = "fifty_requests")]
    pub min_rtt_request_count: u32,
    /// Percentage of the time between measurements that is at most added to it at random (`min_rtt_calc_params.jitter`); 15,
    /// in [0, 100].
    #[serde(default = "fifteen")]
    pub min_rtt_jitter: f64,
    /// The limit at least, and during a measurement (`min_rtt_calc_params.min_concurrency`); 3, at least 1.
    #[serde(default = "three")]
    pub min_concurrency: u32,
    /// Percentage by which response times may be longer than without load (`min_rtt_calc_params.buffer`); 25, in [0, 100].
    #[serde(default = "twenty_five")]
    pub min_rtt_buffer: f64,
}

/// What a gradient controller remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientMemory {
    limit: u32,
    /// While the time without load is measured: the limit to come back to.
    deferred: Option<u32>,
    /// The time without load, in microseconds.
    min_rtt: u64,
    latencies: Latencies,
    /// When the last measurement began: earlier requests do not count.
    epoch: f64,
    /// When the present window is over.
    window_ends: f64,
    /// When the next measurement begins.
    next_measurement: f64,
    /// Windows one after the other that left the limit at its least.
    at_minimum: u32,
}

impl GradientMemory {
    /// The response time without load, in seconds; none while it was never measured.
    pub fn min_rtt(&self) -> Option<f64> {
        (self.min_rtt > 0).then_some(self.min_rtt as f64 * 1e-6)
    }
}

impl GradientController {
    /// With Envoy's defaults, windows of that many seconds and measurements at that interval.
    pub fn new(concurrency_update_interval: f64, min_rtt_interval: f64) -> Self {
        Self {
            sample_aggregate_percentile: fifty(),
            max_concurrency_limit: thousand(),
            concurrency_update_interval,
            min_rtt_interval,
            min_rtt_request_count: fifty_requests(),
            min_rtt_jitter: fifteen(),
            min_concurrency: three(),
            min_rtt_buffer: twenty_five(),
        }
    }

    /// The limit after one of `limit` and a window of response times, both times in microseconds.
    fn next(&self, limit: u32, min_rtt: u64, sample_rtt: u64) -> u32 {
        let min_rtt = min_rtt as f64;
        let longest = min_rtt + min_rtt * self.min_rtt_buffer / 100.0;
        let gradient = if sample_rtt > 0 { (longest / sample_rtt as f64).clamp(0.5, 2.0) } else { 2.0 };
        let limit = f64::from(limit) * gradient;
        ((limit + limit.sqrt()) as u32).min(self.max_concurrency_limit).max(self.min_concurrency)
    }

    /// Takes the percentile of the response times, which are forgotten.
    fn take_percentile(&self, memory: &mut GradientMemory) -> u64 {
        let micros = memory.latencies.quantile(self.sample_aggregate_percentile / 100.0);
        memory.latencies.clear();
        micros
    }

    fn begin_measurement(&self, memory: &mut GradientMemory, now: f64) {
        memory.next_measurement = f64::INFINITY;
        memory.deferred = Some(memory.limit);
        memory.limit = self.min_concurrency;
        memory.at_minimum = 0;
        memory.latencies.clear();
        memory.epoch = now;
        memory.window_ends = f64::INFINITY;
    }

    fn end_measurement(
        &self,
        memory: &mut GradientMemory,
        now: f64,
        limit: u32,
        chance: &mut dyn FnMut() -> f64,
    ) {
        memory.min_rtt = self.take_percentile(memory);
        (memory.limit, memory.deferred, memory.at_minimum) = (limit, None, 0);
        // Whole milliseconds, as in the original.
        let range = (self.min_rtt_interval * 1e3 * self.min_rtt_jitter / 100.0).ceil();
        let jitter = if range > 0.0 { (range * chance()).floor() * 1e-3 } else { 0.0 };
        memory.next_measurement = now + self.min_rtt_interval + jitter;
        memory.window_ends = now + self.concurrency_update_interval;
    }

    /// A window is over.
    fn end_window(&self, memory: &mut GradientMemory, now: f64) {
        memory.window_ends = now + self.concurrency_update_interval;
        if memory.latencies.count() == 0 {
            return;
        }
        let sample_rtt = self.take_percentile(memory);
        let old = memory.limit;
        memory.limit = self.next(old, memory.min_rtt, sample_rtt);
        let stays = old == self.min_concurrency && memory.limit == old;
        memory.at_minimum = if stays { memory.at_minimum + 1 } else { 0 };
        if memory.at_minimum >= MOST_AT_MINIMUM {
            memory.next_measurement = now;
        }
    }

    /// Catches up with all windows until `now`.
    fn advance(&self, memory: &mut GradientMemory, now: f64) {
        while memory.window_ends.min(memory.next_measurement) <= now {
            if memory.next_measurement <= memory.window_ends {
                self.begin_measurement(memory, memory.next_measurement);
                continue;
            }
            let ends = memory.window_ends;
            self.end_window(memory, ends);
            // Further windows until now are empty.
            let left = now.min(memory.next_measurement) - memory.window_ends;
            let empty = (left / self.concurrency_update_interval).floor();
            if empty > 0.0 {
                memory.window_ends += empty * self.concurrency_update_interval;
            }
        }
    }
}

impl Admit for GradientController {
    type Memory = GradientMemory;

    fn start(&self) -> GradientMemory {
        GradientMemory {
            limit: self.min_concurrency,
            deferred: Some(self.min_concurrency),
            min_rtt: 0,
            latencies: Latencies::default(),
            epoch: f64::NEG_INFINITY,
            window_ends: f64::INFINITY,
            next_measurement: f64::INFINITY,
            at_minimum: 0,
        }
    }

    fn limit(&self, memory: &mut GradientMemory, now: f64) -> u32 {
        self.advance(memory, now);
        memory.limit
    }

    fn served(&self, memory: &mut GradientMemory, now: f64, served: Served, chance: &mut dyn FnMut() -> f64) {
        self.advance(memory, now);
        if served.since < memory.epoch {
            return;
        }
        memory.latencies.add(now - served.since);
        if let Some(limit) = memory.deferred
            && memory.latencies.count() >= self.min_rtt_request_count
        {
            self.end_measurement(memory, now, limit, chance);
        }
    }

    fn forgets_abandoned(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        for (field, percentage) in [
            ("sample_aggregate_percentile", self.sample_aggregate_percentile),
            ("min_rtt_jitter", self.min_rtt_jitter),
            ("min_rtt_buffer", self.min_rtt_buffer),
        ] {
            ranges.check(field, percentage, (0.0..=100.0).contains(&percentage), "in [0, 100]");
        }
        for (field, seconds) in [
            ("concurrency_update_interval", self.concurrency_update_interval),
            ("min_rtt_interval", self.min_rtt_interval),
        ] {
            let allowed = seconds >= 0.001 && seconds.is_finite();
            ranges.check(field, seconds, allowed, "finite and at least a millisecond");
        }
        ranges.at_least_1("min_rtt_request_count", self.min_rtt_request_count);
        ranges.at_least_1("min_concurrency", self.min_concurrency);
        let most = self.max_concurrency_limit;
        let allowed = most >= self.min_concurrency;
        ranges.check("max_concurrency_limit", f64::from(most), allowed, "not below min_concurrency");
    }
}

fn fifty() -> f64 {
    50.0
}

fn fifty_requests() -> u32 {
    50
}

fn thousand() -> u32 {
    1000
}

fn fifteen() -> f64 {
    15.0
}

fn three() -> u32 {
    3
}

fn twenty_five() -> f64 {
    25.0
}
