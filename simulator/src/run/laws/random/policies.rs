//! What callers do about replies that are late, and how services protect themselves.

use tracecast_model::{
    AdaptiveThrottling, AdmissionControl, AdmissionLimit, Aimd, Backoff, CircuitBreaker, ConcurrencyLimit,
    ConsecutiveFailures, Distribution, EnvoyThresholds, Gradient2, GradientController, Hedging, Hystrix,
    Jitter, LoadBalancing, Maglev, OnFailure, RateLimit, Resilience, Resilience4j, Retry, RetryBudget,
    RingHash, Semaphore, ThreadPool, Vegas,
};

use super::Dice;

impl Dice {
    pub(super) fn load_balancing(&mut self) -> LoadBalancing {
        let (keys, skew) = (self.one_of(&[1, 5, 1000]), self.one_of(&[0.0, 1.0]));
        match self.below(6) {
            0 => LoadBalancing::RingHash(RingHash { minimum_ring_size: 16, ..RingHash::new(keys, skew) }),
            1 => LoadBalancing::Maglev(Maglev { table_size: 97, ..Maglev::new(keys, skew) }),
            _ => self.one_of(&LoadBalancing::ALL),
        }
    }

    pub(super) fn resilience(&mut self) -> Option<Resilience> {
        if self.chance(0.2) {
            return None;
        }
        let backoff = match self.below(3) {
            0 => Backoff::default(),
            1 => Backoff::Fixed { delay: 0.005 },
            _ => Backoff::Exponential { first: 0.005, factor: 2.0, max: Some(0.02) },
        };
        let jitter = self.one_of(&[Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Exponential]);
        let budget = match self.below(4) {
            0 => Some(RetryBudget::Ratio { ratio: 0.2, min_per_second: 10.0, ttl: 1.0 }),
            1 => Some(RetryBudget::InProgress { share: 0.2, min_in_progress: 1 }),
            2 => Some(RetryBudget::Throttle { max_tokens: 10.0, token_ratio: 0.1 }),
            _ => None,
        };
        let retry = Retry { attempts: self.up_to(4), backoff, jitter, budget, rejected: self.chance(0.3) };
        let on_failure = match self.below(3) {
            0 => OnFailure::Fail,
            1 => OnFailure::Fallback { demand: Distribution::zero() },
            _ => OnFailure::Fallback { demand: self.duration() },
        };
        let timeout = self.chance(0.7).then(|| self.one_of(&[0.005, 0.02, 0.1]));
        let circuit_breaker = self.chance(0.5).then(|| self.circuit_breaker());
        let rate_limit = self.chance(0.2).then(|| self.rate_limit());
        let concurrency_limit = self.chance(0.4).then(|| self.concurrency_limit());
        let retry = self.chance(0.7).then_some(retry);
        let policy = Resilience {
            timeout,
            retry,
            hedging: None,
            circuit_breaker,
            rate_limit,
            concurrency_limit,
            on_failure,
        };
        if self.chance(0.7) {
            return Some(policy);
        }
        let delay = self.one_of(&[0.0, 0.005, 0.02]);
        let hedging = Some(Hedging { attempts: 1 + self.up_to(3), delay, budget });
        Some(Resilience { hedging, retry: None, circuit_breaker: None, ..policy })
    }

    pub(super) fn rate_limit(&mut self) -> RateLimit {
        let max_wait = self.one_of(&[0.0, 0.02, 1e6]);
        RateLimit { rate: self.one_of(&[20.0, 100.0]), burst: self.up_to(3), max_wait }
    }

    pub(super) fn admission_limit(&mut self) -> AdmissionLimit {
        let least = self.up_to(3);
        match self.below(5) {
            0 => AdmissionLimit::Vegas(Vegas { initial_limit: least, ..Vegas::default() }),
            1 => AdmissionLimit::Gradient2(Gradient2 { min_limit: least, ..Gradient2::default() }),
            2 => AdmissionLimit::Aimd(Aimd { min_limit: 1, initial_limit: least, ..Aimd::default() }),
            _ => AdmissionLimit::GradientController(GradientController {
                min_rtt_request_count: self.up_to(4),
                min_concurrency: least,
                max_concurrency_limit: least + self.below(5) as u32,
                ..GradientController::new(0.01, 0.1)
            }),
        }
    }

    fn concurrency_limit(&mut self) -> ConcurrencyLimit {
        match self.below(6) {
            3 => ConcurrencyLimit::Vegas(Vegas { initial_limit: self.up_to(3), ..Vegas::default() }),
            4 => ConcurrencyLimit::Gradient2(Gradient2 { min_limit: self.up_to(3), ..Gradient2::default() }),
            5 => {
                ConcurrencyLimit::Aimd(Aimd { min_limit: 1, initial_limit: self.up_to(3), ..Aimd::default() })
            }
            0 => ConcurrencyLimit::Semaphore(Semaphore {
                max_concurrent_calls: self.up_to(3),
                max_wait_duration: self.one_of(&[0.0, 0.005, 0.02]),
            }),
            1 => ConcurrencyLimit::ThreadPool(ThreadPool {
                core_size: self.up_to(3),
                max_queue_size: self.one_of(&[None, Some(2), Some(10)]),
                ..ThreadPool::default()
            }),
            _ => ConcurrencyLimit::Envoy(EnvoyThresholds {
                max_connections: self.up_to(3),
                max_pending_requests: self.below(4) as u32,
                max_requests: self.up_to(4),
                max_retries: self.below(3) as u32,
                multiplexed: self.chance(0.3),
            }),
        }
    }

    /// One that opens after few failures, for some milliseconds.
    fn circuit_breaker(&mut self) -> CircuitBreaker {
        match self.below(5) {
            3 => CircuitBreaker::AdaptiveThrottling(AdaptiveThrottling {
                accepts_multiplier: self.one_of(&[1.0, 2.0]),
                window: 1.0,
            }),
            4 => CircuitBreaker::AdmissionControl(AdmissionControl {
                sampling_window: 1.0,
                aggression: self.one_of(&[1.0, 2.0]),
                rps_threshold: self.one_of(&[0, 5]),
                ..AdmissionControl::default()
            }),
            0 => CircuitBreaker::Hystrix(Hystrix {
                window: 0.05,
                snapshot_interval: 0.01,
                request_volume_threshold: 2,
                error_threshold_percentage: 30,
                sleep_window: 0.02,
            }),
            1 => CircuitBreaker::Resilience4j(Resilience4j {
                failure_rate_threshold: 30.0,
                slow_call_rate_threshold: 50.0,
                slow_call_duration_threshold: 0.02,
                sliding_window_size: 4,
                minimum_number_of_calls: 2,
                wait_duration_in_open_state: Backoff::Fixed { delay: 0.02 },
                permitted_number_of_calls_in_half_open_state: 2,
                automatic_transition_from_open_to_half_open_enabled: self.chance(0.5),
                max_wait_duration_in_half_open_state: self.one_of(&[0.0, 0.03]),
                ..Resilience4j::default()
            }),
            _ => CircuitBreaker::ConsecutiveFailures(ConsecutiveFailures {
                max_failures: 2,
                min_penalty: 0.01,
                max_penalty: 0.05,
                jitter_ratio: self.one_of(&[0.0, 0.5]),
            }),
        }
    }
}
