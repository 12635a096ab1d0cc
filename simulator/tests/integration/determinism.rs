//! Same system, options and seed: same bytes.

use tracecast_model::{Distribution, EngineOptions, Prediction, System, fixtures};

use crate::support::simulate;

fn scenarios() -> Vec<(System, EngineOptions)> {
    let series = EngineOptions { series_bin: Some(5.0), precision: 0.05, ..EngineOptions::default() };
    let short = EngineOptions { until: Some(30.0), replications: Some(3), ..EngineOptions::default() };
    vec![
        (fixtures::three_tiers(50.0), series.clone()),
        (fixtures::closed_network(20, 1.0, &[0.02, 0.03]), short),
        (fixtures::burst_queue(200, 4, Distribution::exponential(0.3)), series),
        (fixtures::open_station(1, Distribution::exponential(1.0), 1.3), EngineOptions::default()),
    ]
}

fn on_threads(threads: usize, system: &System, options: &EngineOptions) -> Prediction {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| simulate(system, options))
}

fn bytes(prediction: &Prediction) -> String {
    serde_json::to_string(prediction).unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (system, options) in scenarios() {
        let single = bytes(&on_threads(1, &system, &options));
        assert_eq!(single, bytes(&on_threads(2, &system, &options)));
        assert_eq!(single, bytes(&on_threads(3, &system, &options)));
    }
}

#[test]
fn another_seed_gives_other_figures() {
    for (system, options) in scenarios() {
        let other = EngineOptions { seed: 2, ..options.clone() };
        assert_ne!(bytes(&simulate(&system, &options)), bytes(&simulate(&system, &other)));
    }
}

/// Common random numbers: what an element draws does not depend on what else there is. A second workload on services
/// of its own leaves every figure of the first as it was.
#[test]
fn elements_draw_from_streams_of_their_own() {
    let options = EngineOptions { until: Some(500.0), warm_up: Some(50.0), ..EngineOptions::default() };
    let alone = fixtures::open_station(1, Distribution::exponential(1.0), 0.7);
    let mut together = fixtures::three_tiers(5.0);
    together.workloads[0].name = "others".into();
    together.hosts.extend(alone.hosts.clone());
    together.services.extend(alone.services.clone());
    together.workloads.extend(alone.workloads.clone());
    let (alone, together) = (simulate(&alone, &options), simulate(&together, &options));
    assert_eq!(alone.workloads["users"], together.workloads["users"]);
    assert_eq!(alone.services["station"], together.services["station"]);
}
