//! Envoy's gradient controller: the unit tests of `gradient_controller_test.cc`, with their settings and figures.

use tracecast_model::{AdmissionLimit, AdmissionMemory, GradientController, Served};

/// A replica with a clock that is set by hand.
struct Replica {
    limit: AdmissionLimit,
    memory: AdmissionMemory,
    now: f64,
    in_progress: u32,
    chance: f64,
}

impl Replica {
    /// 42 hours after its start, as there.
    fn new(settings: GradientController) -> Self {
        let limit = AdmissionLimit::GradientController(settings);
        let now = 42.0 * 3600.0;
        let mut memory = limit.memory();
        assert_eq!(limit.limit(&mut memory, 0.0), settings.min_concurrency);
        Self { limit, memory, now, in_progress: 0, chance: 0.0 }
    }

    fn limit(&mut self) -> u32 {
        self.limit.limit(&mut self.memory, self.now)
    }

    fn wait(&mut self, seconds: f64) {
        self.now += seconds;
    }

    #[track_caller]
    fn try_forward(&mut self, expected: bool) {
        assert_eq!(self.limit.admits(&mut self.memory, self.now, self.in_progress), expected);
        self.in_progress += u32::from(expected);
    }

    /// One in progress ends that has taken so many milliseconds.
    fn sample(&mut self, millis: f64) {
        let served = Served { since: self.now - 1e-3 * millis, among: self.in_progress, failed: false };
        self.in_progress -= 1;
        let chance = self.chance;
        self.limit.served(&mut self.memory, self.now, served, &mut || chance);
    }

    #[track_caller]
    fn serve(&mut self, count: u32, millis: f64) {
        for _ in 0..count {
            self.try_forward(true);
            self.sample(millis);
        }
    }

    /// Whole milliseconds without load.
    fn min_rtt(&self) -> Option<u64> {
        let AdmissionMemory::GradientController(memory) = &self.memory else { return None };
        memory.min_rtt().map(|seconds| (1e3 * seconds + 1e-6) as u64)
    }
}

/// Windows of 0.1 s, a measurement each 30 s of so many requests, without jitter.
fn settings(min_rtt_request_count: u32) -> GradientController {
    GradientController { min_rtt_jitter: 0.0, min_rtt_request_count, ..GradientController::new(0.1, 30.0) }
}

#[test]
fn default_values() {
    let text =
        r#"{"kind": "gradient_controller", "concurrency_update_interval": 0.123, "min_rtt_interval": 31}"#;
    let limit: AdmissionLimit = serde_json::from_str(text).unwrap();
    let expected = GradientController {
        sample_aggregate_percentile: 50.0,
        max_concurrency_limit: 1000,
        concurrency_update_interval: 0.123,
        min_rtt_interval: 31.0,
        min_rtt_request_count: 50,
        min_rtt_jitter: 15.0,
        min_concurrency: 3,
        min_rtt_buffer: 25.0,
    };
    assert_eq!(limit, AdmissionLimit::GradientController(expected));
}

#[test]
fn min_rtt_logic() {
    let mut replica = Replica::new(GradientController { min_concurrency: 7, ..settings(50) });
    (0..7).for_each(|_| replica.try_forward(true));
    replica.try_forward(false);
    replica.try_forward(false);
    replica.wait(0.013);
    (0..7).for_each(|_| replica.sample(13.0));
    for _ in 0..43 {
        assert_eq!((replica.limit(), replica.min_rtt()), (7, None));
        replica.serve(1, 13.0);
    }
    assert_eq!(replica.min_rtt(), Some(13));
}

/// Requests of before a measurement do not count in it.
#[test]
fn min_rtt_epoch() {
    let settings = GradientController { min_concurrency: 2, min_rtt_buffer: 0.0, ..settings(25) };
    let mut replica = Replica::new(settings);
    replica.wait(1.35);
    assert_eq!(replica.limit(), 2);
    replica.serve(26, 1350.0);
    assert_eq!(replica.min_rtt(), Some(1350));
    let mut last = replica.limit();
    for _ in 0..29 {
        replica.try_forward(true);
        replica.wait(1.0);
        replica.sample(1350.0);
        assert!(replica.limit() >= last);
        last = replica.limit();
    }
    assert!(last > 25);
    (0..last).for_each(|_| replica.try_forward(true));
    replica.wait(5.0);
    assert_eq!(replica.limit(), 2);
    // "5 minutes ago" there.
    (0..last).for_each(|_| replica.sample(300_000.0));
    assert_eq!((replica.limit(), replica.min_rtt()), (2, Some(1350)), "still measured");
}

/// `CancelLatencySample`: of 1 to 5 ms the middle one.
#[test]
fn the_median_is_taken() {
    let mut replica = Replica::new(settings(5));
    (1..=5).for_each(|millis| replica.serve(1, f64::from(millis)));
    assert_eq!(replica.min_rtt(), Some(3));
}

/// Response times within the buffer leave the limit growing.
#[test]
fn min_rtt_buffer() {
    let mut replica = Replica::new(GradientController { min_rtt_buffer: 50.0, ..settings(5) });
    replica.serve(6, 5.0);
    assert_eq!(replica.min_rtt(), Some(5));
    for _ in 0..10 {
        let last = replica.limit();
        replica.serve(5.min(last), 6.0);
        replica.wait(0.101);
        assert!(replica.limit() > last);
    }
}

#[test]
fn concurrency_limit_behavior() {
    let settings = GradientController { min_rtt_buffer: 10.0, min_concurrency: 7, ..settings(5) };
    let mut replica = Replica::new(settings);
    replica.serve(6, 5.0);
    replica.wait(0.101);
    assert!((7..=14).contains(&replica.limit()));
    for _ in 0..10 {
        let last = replica.limit();
        replica.serve(5, 4.0);
        replica.wait(0.101);
        assert!(last <= replica.limit() && f64::from(last) / f64::from(replica.limit()) >= 0.5);
    }
    for _ in 0..10 {
        let last = replica.limit();
        replica.serve(5, 6.0);
        replica.wait(0.101);
        assert!((7..last).contains(&replica.limit()), "{last}");
    }
}

/// The formula of the documentation: L·g + √(L·g), with g at most 2 and at least 0.5.
#[test]
fn gradients_have_bounds() {
    let settings = GradientController { min_rtt_buffer: 0.0, min_concurrency: 4, ..settings(5) };
    let mut replica = Replica::new(settings);
    replica.serve(5, 10.0);
    for (millis, expected) in [(1.0, 10), (1.0, 24), (1.0, 54), (1000.0, 32), (1000.0, 20), (1.0, 46)] {
        replica.serve(1, millis);
        replica.wait(0.1);
        assert_eq!(replica.limit(), expected, "{millis}");
    }
}

/// After a measurement the limit is what it was, and before its end no window is looked at.
#[test]
fn min_rtt_returns_to_the_previous_limit() {
    let mut replica = Replica::new(settings(5));
    replica.serve(6, 5.0);
    replica.wait(1.0);
    for _ in 0..5 {
        let last = replica.limit();
        replica.serve(5, 4.0);
        replica.wait(0.101);
        assert!(replica.limit() > last);
    }
    let before = replica.limit();
    replica.wait(31.0);
    assert_eq!(replica.limit(), 3);
    replica.wait(0.101);
    assert_eq!(replica.limit(), 3);
    replica.wait(1.0);
    for _ in 0..5 {
        assert_eq!(replica.limit(), 3);
        replica.serve(1, 13.0);
    }
    assert_eq!((replica.limit(), replica.min_rtt()), (before, Some(13)));
}

#[test]
fn without_samples_the_limit_stays() {
    let mut replica = Replica::new(settings(5));
    replica.serve(6, 5.0);
    for _ in 0..5 {
        replica.serve(5.min(replica.in_progress + 3), 4.0);
        replica.wait(0.101);
    }
    let limit = replica.limit();
    for _ in 0..5 {
        replica.wait(0.101);
        assert_eq!(replica.limit(), limit);
    }
}

/// `TimerAccuracyTest`: a random number of 15000 and a jitter of 10 % of 100 s make 105 s; without jitter 45 s are 45 s.
#[test]
fn timer_accuracy() {
    for (jitter, interval, expected) in [(10.0, 100.0, 105.0), (0.0, 45.0, 45.0)] {
        let settings = GradientController {
            min_rtt_jitter: jitter,
            min_rtt_request_count: 5,
            ..GradientController::new(0.123, interval)
        };
        let mut replica = Replica::new(settings);
        // 15000 modulo 10000.
        replica.chance = 0.5;
        replica.serve(5, 5.0);
        replica.serve(1, 5.0);
        replica.wait(expected - 1e-6);
        assert!(replica.limit() > 3, "the window before has let it grow");
        replica.wait(2e-6);
        assert_eq!(replica.limit(), 3);
    }
}

/// Five windows at the least limit, and the time without load is measured anew, although it is not yet time.
#[test]
fn consecutive_min_concurrency_resets() {
    let settings = GradientController {
        min_rtt_buffer: 0.0,
        min_concurrency: 7,
        min_rtt_interval: 3600.0,
        ..settings(5)
    };
    let mut replica = Replica::new(settings);
    replica.serve(6, 5.0);
    replica.wait(0.101);
    assert!((7..=14).contains(&replica.limit()));
    // Longer than there, until the limit is at its least, for five windows and a measurement.
    let mut windows = 0;
    while replica.min_rtt() == Some(5) {
        replica.serve(5, 30.0);
        replica.wait(0.101);
        replica.limit();
        windows += 1;
        assert!(windows < 20);
    }
    assert_eq!(replica.min_rtt(), Some(30));
    for _ in 0..10 {
        let last = replica.limit();
        replica.serve(5, 30.0);
        replica.wait(0.101);
        assert!(replica.limit() >= last);
    }
    assert!(replica.limit() > 7);
}
