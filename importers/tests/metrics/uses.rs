//! What is made of measurements: loads, utilizations, figures to calibrate on.

use tracecast_importers::metrics::{Measurements, NoArrivals, Quantity, Series};
use tracecast_model::{Distribution, Load, RateProfile, Scheduling, fixtures, validate};

use crate::{close, fixture, measured, series};

/// What rounding leaves of sums of a few numbers.
const ROUNDING: f64 = 1e-9;

/// A profile as (time, rate).
fn points(profile: &RateProfile) -> Vec<(f64, f64)> {
    profile.points().iter().map(|point| (point.at, point.rate)).collect()
}

/// As many requests are expected in each step as there were: 2, none, 1.
#[test]
fn single_requests_become_rates_in_steps() {
    let log = fixture("request-log-plain.csv");
    let profile = log.arrivals(0.6).unwrap();
    let rates = points(&profile);
    let expected =
        [(0.0, 2.0 / 0.6), (0.6, 2.0 / 0.6), (0.6, 0.0), (1.2, 0.0), (1.2, 1.0 / 0.6), (1.8, 1.0 / 0.6)];
    assert_eq!(rates.len(), 6, "{rates:?}");
    for ((at, rate), (expected_at, expected_rate)) in
        rates.into_iter().zip([expected[0], expected[1], expected[2], expected[3], expected[4], expected[5]])
    {
        assert!(
            (at - expected_at).abs() < ROUNDING && (rate - expected_rate).abs() < ROUNDING,
            "{at} {rate}"
        );
    }
    assert!((profile.total() - 3.0).abs() < ROUNDING);
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9] {
        assert!(matches!(log.arrivals(step), Err(NoArrivals::Step(_))), "{step}");
    }
}

#[test]
fn a_profile_is_a_valid_load() {
    let profile = fixture("request-log-plain.csv").arrivals(1.0).unwrap();
    let demand = Distribution::exponential(0.1);
    let system = fixtures::station(1, demand, Scheduling::Fcfs, Load::Profile(profile));
    assert_eq!(validate::errors(&system), []);
}

/// Sums: 8 requests in 2 s, then 1 in 1 s; of all, not of one operation.
#[test]
fn sums_become_rates_between_their_points() {
    let history = fixture("locust-history-full.csv");
    let profile = history.arrivals(1.0).unwrap();
    assert_eq!(points(&profile), [(0.0, 4.0), (2.0, 4.0), (2.0, 1.0), (3.0, 1.0)]);
    let rate = series(&history, "Requests/s").arrivals(1.0).unwrap();
    assert_eq!(points(&rate), [(0.0, 0.0), (2.0, 2.0), (3.0, 2.5)]);
    assert!(matches!(series(&history, "User Count").arrivals(1.0), Err(NoArrivals::NotRequests(_))));
}

/// A counter that begins anew: 50, then 10 since its restart, then none.
#[test]
fn counters_begin_anew() {
    let matrix = fixture("prometheus-json-matrix.json");
    let profile = matrix.arrivals(1.0).unwrap();
    assert_eq!(
        points(&profile),
        [(0.0, 5.0), (10.0, 5.0), (10.0, 1.0), (20.0, 1.0), (20.0, 0.0), (30.0, 0.0)]
    );
    assert_eq!(profile.total(), 60.0);
}

#[test]
fn what_is_not_clear_is_refused() {
    assert_eq!(fixture("wrk-plain.txt").arrivals(1.0), Err(NoArrivals::None));
    let pods = fixture("pod-metrics-pods.csv");
    let Err(error @ NoArrivals::Several(_)) = pods.arrivals(1.0) else { panic!("one series of two pods") };
    assert!(error.to_string().contains("PodWorkload(Ops){pod=\"cart-579f59597d-wc2lz\"}"), "{error}");
    // Whoever knows what an expression is says so.
    let mut vector = fixture("prometheus-json-vector.json");
    assert!(vector.series.iter().all(|series| series.quantity == Quantity::Other));
    vector.series[0].quantity = Quantity::Requests;
    assert!(vector.series[0].arrivals(1.0).is_err());
}

/// Two pods: 0.15 and 0.4 cores on average, 30 % and 80 % of their limits. Two containers: 7.35 + 0.95 (begun anew) and
/// 4 s of processor time in 20 s.
#[test]
fn utilizations_of_services() {
    let pods = fixture("pod-metrics-pods.csv").utilization();
    assert_eq!(pods.len(), 1);
    assert_eq!((pods[0].service.as_str(), pods[0].replicas), ("cart", 2));
    close(pods[0].utilization, 0.55, ROUNDING);
    close(pods[0].load, 0.55, ROUNDING);
    let containers = fixture("prometheus-json-matrix.json").utilization();
    assert_eq!((containers[0].service.as_str(), containers[0].replicas), ("cart", 2));
    close(containers[0].utilization, (7.35 + 0.95 + 4.0) / 20.0, ROUNDING);
    assert_eq!(containers[0].load, None);
}

#[test]
fn figures_of_operations() {
    let log = fixture("request-log-plain.csv");
    let figures = log.latencies();
    let names: Vec<_> = figures.iter().map(|summary| (summary.operation.as_deref(), summary.count)).collect();
    assert_eq!(names, [(None, Some(3)), (Some("get"), Some(2)), (Some("put"), Some(1))]);
    close(figures[1].mean, 0.01225, ROUNDING);
    close(figures[1].quantile(0.5), 0.01225, ROUNDING);
    // Three from 0.25 to 2.1 s.
    close(figures[0].throughput, 3.0 / 1.85, 1e-6);
    assert_eq!(measured(b"timestamp,url,latency_ms\n").latencies(), []);
    assert_eq!(Measurements::new().latencies(), []);
}

/// A rate as k6 counts it: one by one.
#[test]
fn increments_are_counted_in_steps() {
    let mut samples = fixture("k6-json-few.json");
    let sent: &mut Series = samples.series.iter_mut().find(|series| series.name == "data_sent").unwrap();
    sent.quantity = Quantity::Requests;
    assert_eq!(points(&sent.arrivals(2.0).unwrap()), [(0.0, 512.0), (2.0, 512.0)]);
}
