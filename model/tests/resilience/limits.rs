//! Limits: Envoy's thresholds as its documentation states them ("Circuit breaking", `circuit_breaker.proto`), the bulkheads of
//! resilience4j (`BulkheadConfig.java`, "Bulkhead") and Hystrix ("Configuration": `maxQueueSize`,
//! `queueSizeRejectionThreshold`), and token buckets.

use tracecast_model::Admission::{Begins, Rejected, Waits};
use tracecast_model::{
    Admission, ConcurrencyLimit, EnvoyThresholds, Occupancy, RateLimit, Semaphore, ThreadPool, TokenBucket,
};

fn with(in_progress: u32, waiting: u32) -> Occupancy {
    Occupancy { in_progress, waiting, ..Occupancy::default() }
}

#[track_caller]
fn assert_admits(limit: ConcurrencyLimit, cases: &[(u32, u32, Admission)]) {
    for &(in_progress, waiting, expected) in cases {
        assert_eq!(limit.admits(with(in_progress, waiting)), expected, "{in_progress}, {waiting}: {limit:?}");
    }
}

/// Connections, pending requests and requests: 1024; retries: 3.
#[test]
fn the_defaults_of_envoy() {
    let limit = ConcurrencyLimit::Envoy(EnvoyThresholds::default());
    assert_admits(limit, &[(0, 0, Begins), (1023, 0, Begins), (1024, 0, Waits), (1024, 1023, Waits)]);
    assert_admits(limit, &[(1024, 1024, Rejected)]);
    for (retries, allowed) in [(0, true), (2, true), (3, false)] {
        assert_eq!(limit.allows_retry(Occupancy { retries, ..with(9, 0) }), allowed);
    }
}

/// One connection and one pending request, as in Istio's task "Circuit breaking": of three clients at once, one is turned away.
#[test]
fn one_connection_and_one_pending_request() {
    let thresholds =
        EnvoyThresholds { max_connections: 1, max_pending_requests: 1, ..EnvoyThresholds::default() };
    let limit = ConcurrencyLimit::Envoy(thresholds);
    assert_admits(limit, &[(0, 0, Begins), (1, 0, Waits), (1, 1, Rejected)]);
    assert!(!limit.lets_in(with(1, 1)) && limit.lets_in(with(0, 1)) && !limit.lets_in(with(0, 0)));
    assert_eq!(limit.max_wait(), None);
}

/// `max_requests` is the limit where connections carry many requests (HTTP/2): nothing waits.
#[test]
fn requests_over_shared_connections() {
    let thresholds = EnvoyThresholds {
        max_connections: 1,
        max_requests: 2,
        multiplexed: true,
        ..EnvoyThresholds::default()
    };
    assert_admits(ConcurrencyLimit::Envoy(thresholds), &[(1, 0, Begins), (2, 0, Rejected)]);
}

/// Requests that have a connection are turned away where too many are in progress; and no pending request is allowed by 0.
#[test]
fn fewer_requests_than_connections_and_none_pending() {
    let few = EnvoyThresholds { max_requests: 2, ..EnvoyThresholds::default() };
    assert_admits(ConcurrencyLimit::Envoy(few), &[(1, 0, Begins), (2, 0, Rejected)]);
    let none = EnvoyThresholds { max_connections: 2, max_pending_requests: 0, ..EnvoyThresholds::default() };
    assert_admits(ConcurrencyLimit::Envoy(none), &[(1, 0, Begins), (2, 0, Rejected)]);
    let none = EnvoyThresholds { max_requests: 0, ..EnvoyThresholds::default() };
    assert_admits(ConcurrencyLimit::Envoy(none), &[(0, 0, Rejected)]);
    let no_retry = ConcurrencyLimit::Envoy(EnvoyThresholds { max_retries: 0, ..EnvoyThresholds::default() });
    assert!(!no_retry.allows_retry(with(0, 0)));
}

/// 25 calls, and no waiting.
#[test]
fn a_semaphore() {
    let limit = ConcurrencyLimit::Semaphore(Semaphore::default());
    assert_admits(limit, &[(24, 0, Begins), (25, 0, Rejected)]);
    let limit = ConcurrencyLimit::Semaphore(Semaphore { max_concurrent_calls: 1, max_wait_duration: 0.5 });
    assert_admits(limit, &[(0, 0, Begins), (1, 0, Waits), (1, 1000, Waits), (0, 1, Waits)]);
    assert_eq!(limit.max_wait(), Some(0.5));
    assert!(limit.allows_retry(Occupancy { retries: 1000, ..with(1, 0) }));
}

/// 10 threads and no queue; with a queue, the threshold of 5 holds "even if maxQueueSize has not been reached".
#[test]
fn a_pool_of_threads() {
    let limit = ConcurrencyLimit::ThreadPool(ThreadPool::default());
    assert_admits(limit, &[(9, 0, Begins), (10, 0, Rejected)]);
    let of = |most, threshold| {
        ConcurrencyLimit::ThreadPool(ThreadPool {
            core_size: 1,
            max_queue_size: Some(most),
            queue_size_rejection_threshold: threshold,
        })
    };
    assert_admits(of(100, 5), &[(1, 0, Waits), (1, 4, Waits), (1, 5, Rejected)]);
    assert_admits(of(3, 5), &[(1, 2, Waits), (1, 3, Rejected)]);
}

/// What passes in any time is bounded by burst + rate · t, whenever calls come, and reached where there are enough.
#[test]
fn a_token_bucket_bounds_what_passes() {
    let limit = RateLimit { rate: 2.0, burst: 5, max_wait: 0.0 };
    let mut bucket = TokenBucket::default();
    let passed = (0..=400).filter(|&call| limit.take(&mut bucket, f64::from(call) * 0.05).is_some()).count();
    assert_eq!(passed, 5 + 2 * 20);
}

/// With a burst of 3 and a token each half second, the n-th of calls at once gets the (n - 3)-th token to come.
#[test]
fn calls_wait_for_their_tokens() {
    let limit = RateLimit { rate: 2.0, burst: 3, max_wait: 1.0 };
    let mut bucket = TokenBucket::default();
    for expected in [Some(0.0), Some(0.0), Some(0.0), Some(0.5), Some(1.0), None, None] {
        assert_eq!(limit.take(&mut bucket, 7.0), expected);
    }
    // Half a second later one more token has come that nobody waits for.
    assert_eq!(limit.take(&mut bucket, 7.5), Some(1.0));
    // No more than the burst is kept.
    (0..3).for_each(|_| assert_eq!(limit.take(&mut bucket, 100.0), Some(0.0)));
    assert_eq!(limit.take(&mut bucket, 100.0), Some(0.5));
}
