//! Traces of simulated systems, written and read back, make models that predict what the systems do.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

#[path = "round_trip/generator.rs"]
mod generator;
#[path = "round_trip/trip.rs"]
mod trip;

/// The smallest of the first random systems. `TRACECAST_ROUND_TRIP_CASES` in the environment asks for all up to that number
/// instead. The example `round_trip` prints the errors.
const CASES: [u64; 5] = [3, 7, 8, 13, 15];

/// What a mean response time, and its 95 % quantile, may be off: that much nobody would act upon. It includes the noise of two
/// simulations of half a percent precision and of what requests happened to be recorded.
const MEAN: f64 = 0.02;
/// See there.
const P95: f64 = 0.05;

#[test]
fn extracted_models_predict_what_their_systems_do() {
    let all = std::env::var("TRACECAST_ROUND_TRIP_CASES").map(|last| (1..=last.parse().unwrap()).collect());
    for number in all.unwrap_or_else(|_| CASES.to_vec()) {
        let (system, visits) = generator::system(number);
        let trip = trip::trip(&system, visits);
        for row in &trip.compared {
            let errors = (row.mean_error(), row.p95_error());
            assert!(
                errors.0.abs() < MEAN && errors.1.abs() < P95,
                "system {number}, {}: {row:?}, off by {errors:?}",
                row.workload
            );
        }
        let services = |system: &tracecast_model::System| -> Vec<(String, u32)> {
            system.services.iter().map(|service| (service.name.clone(), service.replicas)).collect()
        };
        for (service, replicas) in services(&trip.extracted) {
            assert!(services(&system).contains(&(service, replicas)), "system {number}");
        }
        assert!(trip.spans > 10_000);
    }
}
