//! Settings as they stand in files: defaults, and what is refused.

use tracecast_model::{Feature, System, feature, native, validate};

/// A service that is called with this policy.
fn system(resilience: &str) -> System {
    let text = format!(
        r#"{{"hosts": [{{"name": "machine"}}],
            "services": [{{"name": "a", "host": "machine", "resilience": {resilience}, "operations": [{{"name": "x"}}]}}],
            "workloads": [{{"name": "users", "requests": [{{"operation": "a/x"}}], "load": {{"poisson": {{"rate": 1}}}}}}]}}"#
    );
    native::read(&text).unwrap_or_else(|error| panic!("{resilience}: {error}"))
}

#[test]
fn defaults_are_sound_and_features_are_named() {
    for (policy, expected) in [
        (r#"{"circuit_breaker": {"kind": "hystrix"}}"#, Feature::CircuitBreaker),
        (r#"{"circuit_breaker": {"kind": "resilience4j"}}"#, Feature::CircuitBreaker),
        (r#"{"circuit_breaker": {"kind": "consecutive_failures"}}"#, Feature::CircuitBreaker),
        (r#"{"circuit_breaker": {"kind": "adaptive_throttling"}}"#, Feature::CircuitBreaker),
        (r#"{"circuit_breaker": {"kind": "admission_control"}}"#, Feature::CircuitBreaker),
        (r#"{"rate_limit": {"rate": 5}}"#, Feature::RateLimit),
        (r#"{"concurrency_limit": {"kind": "semaphore"}}"#, Feature::ConcurrencyLimit),
        (r#"{"concurrency_limit": {"kind": "thread_pool"}}"#, Feature::ConcurrencyLimit),
        (r#"{"concurrency_limit": {"kind": "envoy"}}"#, Feature::ConcurrencyLimit),
        (r#"{"concurrency_limit": {"kind": "vegas"}}"#, Feature::ConcurrencyLimit),
        (r#"{"concurrency_limit": {"kind": "gradient2"}}"#, Feature::ConcurrencyLimit),
        (r#"{"concurrency_limit": {"kind": "aimd"}}"#, Feature::ConcurrencyLimit),
        (r#"{"timeout": "1s"}"#, Feature::Resilience),
    ] {
        let system = system(policy);
        assert!(validate(&system).is_empty(), "{policy}: {:?}", validate(&system));
        assert_eq!(feature::features(&system), [(expected, "service \"a\"".to_owned())], "{policy}");
        let again = native::read(&native::write(&system)).unwrap();
        assert_eq!(again, system, "{policy}");
    }
}

/// A service has limits of its own, but a lock has none.
#[test]
fn services_protect_themselves() {
    let text = r#"{"hosts": [{"name": "machine"}],
        "services": [{"name": "a", "host": "machine", "rate_limit": {"rate": 5}, "shedding": {"abandoned": true},
                      "operations": [{"name": "x"}]}],
        "workloads": [{"name": "users", "requests": [{"operation": "a/x"}], "load": {"poisson": {"rate": 1}}}]}"#;
    let mut system = native::read(text).unwrap();
    assert!(validate(&system).is_empty());
    let element = "service \"a\"".to_owned();
    let expected = [(Feature::ServiceRateLimit, element.clone()), (Feature::Shedding, element)];
    assert_eq!(feature::features(&system), expected);
    assert!("a.loss_share".parse::<tracecast_model::MetricPath>().unwrap().check(&system).is_ok());
    system.services[0].shedding.as_mut().unwrap().max_queue_delay = Some(-1.0);
    system.services[0].rate_limit.as_mut().unwrap().burst = 0;
    let found: Vec<String> = validate(&system).into_iter().map(|found| found.message).collect();
    assert!(matches!(found.as_slice(), [burst, delay] if burst.contains("burst") && delay.contains("delay")));
    let lock = text.replace(
        "\"operations\": [{\"name\": \"x\"}]",
        "\"lock\": {\"semaphore\": {}}, \"concurrency\": 1,
        \"operations\": [{\"name\": \"x\", \"lock\": \"wait\"}, {\"name\": \"y\", \"lock\": \"signal\"}]",
    );
    let found = validate(&native::read(&lock).unwrap());
    assert!(found.iter().any(|found| found.message.contains("a lock turns nobody away")), "{found:?}");
}

/// A limit of a service has one at each replica, whose settings are checked, and which needs replicas that requests are sent to.
#[test]
fn services_limit_what_is_in_progress() {
    let with = |limit: &str| {
        let text = format!(
            r#"{{"hosts": [{{"name": "machine"}}],
                "services": [{{"name": "a", "host": "machine", "admission_limit": {limit}, "operations": [{{"name": "x"}}]}}],
                "workloads": [{{"name": "users", "requests": [{{"operation": "a/x"}}], "load": {{"poisson": {{"rate": 1}}}}}}]}}"#
        );
        native::read(&text).unwrap_or_else(|error| panic!("{limit}: {error}"))
    };
    let gradient = |setting: &str| {
        format!(
            r#"{{"kind": "gradient_controller", "concurrency_update_interval": "0.1s", "min_rtt_interval": "60s"{setting}}}"#
        )
    };
    for limit in [&gradient(""), r#"{"kind": "vegas"}"#, r#"{"kind": "gradient2"}"#, r#"{"kind": "aimd"}"#] {
        let mut system = with(limit);
        assert!(validate(&system).is_empty(), "{limit}: {:?}", validate(&system));
        let expected = [(Feature::AdmissionLimit, "service \"a\"".to_owned())];
        assert_eq!(feature::features(&system), expected, "{limit}");
        assert_eq!(native::read(&native::write(&system)).unwrap(), system, "{limit}");
        assert!("a.loss_share".parse::<tracecast_model::MetricPath>().unwrap().check(&system).is_ok());
        system.services[0].work_queue = Some(tracecast_model::WorkQueue::new("tasks"));
        let found = validate(&system);
        assert!(
            found.iter().any(|found| found.message.contains("admission_limit needs replicas")),
            "{found:?}"
        );
    }
    for (limit, words) in [
        (gradient(r#", "sample_aggregate_percentile": 101"#), "sample_aggregate_percentile is 101"),
        (gradient(r#", "max_concurrency_limit": 2"#), "max_concurrency_limit is 2"),
        (gradient(r#", "min_concurrency": 0"#), "min_concurrency is 0"),
        (gradient(r#", "min_rtt_request_count": 0"#), "min_rtt_request_count is 0"),
        (gradient(r#", "min_rtt_jitter": -1"#), "min_rtt_jitter is -1"),
        (gradient(r#", "min_rtt_buffer": 101"#), "min_rtt_buffer is 101"),
        (gradient("").replace("0.1s", "0"), "concurrency_update_interval is 0"),
        (gradient("").replace("60s", "0"), "min_rtt_interval is 0"),
        (r#"{"kind": "aimd", "min_limit": 0}"#.to_owned(), "min_limit is 0"),
    ] {
        let found = validate(&with(&limit));
        assert!(
            matches!(found.as_slice(), [one] if one.message.contains(words) && one.element == "service \"a\""),
            "{limit}: {found:?}"
        );
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let breaker =
        |kind: &str, setting: &str| format!(r#"{{"circuit_breaker": {{"kind": "{kind}", {setting}}}}}"#);
    let limit =
        |kind: &str, setting: &str| format!(r#"{{"concurrency_limit": {{"kind": "{kind}", {setting}}}}}"#);
    let rate = |settings: &str| format!(r#"{{"rate_limit": {{{settings}}}}}"#);
    let cases = [
        (limit("semaphore", r#""max_concurrent_calls": 0"#), "max_concurrent_calls is 0"),
        (limit("semaphore", r#""max_wait_duration": -1"#), "max_wait_duration is -1"),
        (limit("thread_pool", r#""core_size": 0"#), "core_size is 0"),
        (limit("envoy", r#""max_connections": 0"#), "max_connections is 0"),
        (limit("vegas", r#""initial_limit": 0"#), "initial_limit is 0"),
        (limit("vegas", r#""smoothing": 0"#), "smoothing is 0"),
        (limit("gradient2", r#""rtt_tolerance": 0.9"#), "rtt_tolerance is 0.9"),
        (limit("gradient2", r#""queue_size": -1"#), "queue_size is -1"),
        (limit("aimd", r#""backoff_ratio": 0.4"#), "backoff_ratio is 0.4"),
        (limit("aimd", r#""timeout": 0"#), "timeout is 0"),
        (rate(r#""rate": 0"#), "rate is 0"),
        (rate(r#""rate": 1, "burst": 0"#), "burst is 0"),
        (rate(r#""rate": 1, "max_wait": -1"#), "max_wait is -1"),
        (breaker("hystrix", r#""snapshot_interval": 0"#), "snapshot_interval is 0"),
        (breaker("hystrix", r#""window": "0.1s""#), "window is 0.1"),
        (breaker("hystrix", r#""error_threshold_percentage": 101"#), "error_threshold_percentage is 101"),
        (breaker("hystrix", r#""sleep_window": -1"#), "sleep_window is -1"),
        (breaker("resilience4j", r#""failure_rate_threshold": 0"#), "failure_rate_threshold is 0"),
        (breaker("resilience4j", r#""slow_call_rate_threshold": 101"#), "slow_call_rate_threshold is 101"),
        (breaker("resilience4j", r#""sliding_window_size": 0"#), "sliding_window_size is 0"),
        (breaker("resilience4j", r#""minimum_number_of_calls": 0"#), "minimum_number_of_calls is 0"),
        (
            breaker("resilience4j", r#""permitted_number_of_calls_in_half_open_state": 0"#),
            "half_open_state is 0",
        ),
        (
            breaker("resilience4j", r#""wait_duration_in_open_state": {"fixed": {"delay": -1}}"#),
            "the delay of wait_duration_in_open_state is -1",
        ),
        (breaker("adaptive_throttling", r#""accepts_multiplier": 0.9"#), "accepts_multiplier is 0.9"),
        (breaker("adaptive_throttling", r#""window": "0.5s""#), "window is 0.5"),
        (breaker("admission_control", r#""sampling_window": 0"#), "sampling_window is 0"),
        (breaker("admission_control", r#""sr_threshold": 0"#), "sr_threshold is 0"),
        (breaker("admission_control", r#""aggression": 0.5"#), "aggression is 0.5"),
        (
            breaker("admission_control", r#""max_rejection_probability": 101"#),
            "max_rejection_probability is 101",
        ),
        (breaker("consecutive_failures", r#""max_failures": 0"#), "max_failures is 0"),
        (breaker("consecutive_failures", r#""min_penalty": 0"#), "min_penalty is 0"),
        (breaker("consecutive_failures", r#""max_penalty": "0.5s""#), "max_penalty is 0.5"),
        (breaker("consecutive_failures", r#""jitter_ratio": -1"#), "jitter_ratio is -1"),
    ];
    for (policy, words) in cases {
        let found = validate(&system(&policy));
        assert!(
            matches!(found.as_slice(), [one] if one.message.contains(words) && one.element == "service \"a\""),
            "{policy}: {found:?}"
        );
    }
}
