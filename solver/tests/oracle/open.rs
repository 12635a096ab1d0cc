//! Stations under Poisson arrivals.

use tracecast_model::{
    Distribution, Load, Scheduling, Status,
    fixtures::{open_station, station, three_tiers},
};
use tracecast_solver::open;

use crate::{close, predict, response_time};

/// What the iteration leaves: its tolerance is 1e-8.
const ITERATION: f64 = 1e-6;

/// Kleinrock 1975: eq. 3.26 (M/M/1), eq. 5.70 and 5.72 (M/G/1, M/D/1); §3.5 (M/M/c).
#[test]
fn first_come_first_served() {
    for (servers, scv, load, expected) in [
        (1, 1.0, 0.5, 2.0),
        (1, 1.0, 0.9, 10.0),
        (1, 0.0, 0.5, 1.5),
        (1, 0.0, 0.9, 5.5),
        (1, 4.0, 0.5, 3.5),
        // C(2, 1.6) = 0.7111: R = 1/(1-ρ²).
        (2, 1.0, 0.8, 1.0 / 0.36),
        // C(3, 1.5) = 0.236842 (tables of the Erlang C function): R = 1 + C/(3-1.5).
        (3, 1.0, 0.5, 1.0 + (9.0 / 38.0) / 1.5),
    ] {
        let rate = load * f64::from(servers);
        let demand = Distribution::with_scv(1.0, scv).unwrap();
        let prediction = predict(&open_station(servers, demand, rate));
        close(response_time(&prediction), expected, ITERATION);
        let alone = open::mgc(rate, 1.0, scv, servers).unwrap();
        close(alone.response_time, expected, 1e-12);
        close(prediction.hosts[0].utilization.unwrap().mean, rate, 1e-12);
    }
}

/// Kleinrock 1976, eq. 4.17: sharing makes the mean independent of the distribution.
#[test]
fn processor_sharing() {
    for scv in [0.0, 1.0, 9.0] {
        for load in [0.2, 0.7, 0.95] {
            let demand = Distribution::with_scv(0.3, scv).unwrap();
            let system = station(1, demand, Scheduling::Ps, Load::Poisson { rate: load / 0.3 });
            close(response_time(&predict(&system)), 0.3 / (1.0 - load), ITERATION);
        }
    }
}

/// Threads that only share one core do not change the time in the system: some wait for a thread instead of sharing.
/// The limit of one thread is first come first served.
#[test]
fn threads_before_one_core() {
    for threads in [1, 2, 5, 20] {
        let mut system =
            station(1, Distribution::exponential(1.0), Scheduling::Ps, Load::Poisson { rate: 0.75 });
        system.services[0].concurrency = tracecast_model::Multiplicity::Finite(threads);
        close(response_time(&predict(&system)), 4.0, 1e-5);
    }
}

#[test]
fn light_load_adds_up_the_demands() {
    let prediction = predict(&three_tiers(1e-6));
    close(response_time(&prediction), 0.005 + 2.0 * (0.004 + 3.0 * 0.002), 1e-5);
}

#[test]
fn too_much_load_names_the_bottleneck() {
    let prediction = predict(&three_tiers(100.0));
    assert_eq!(prediction.status, Status::Saturated);
    let warning = &prediction.warnings[0];
    assert_eq!(warning.element, "host \"database\"");
    assert!(warning.message.contains("83.3333"), "{}", warning.message);
    close(prediction.workloads[0].throughput.unwrap().mean, 1.0 / 0.012, 1e-12);
}

/// Gross and Harris §2.5: M/M/1/1 loses ρ/(1+ρ); M/M/1/K has p_n = (1-ρ)ρⁿ/(1-ρ^{K+1}).
#[test]
fn losses() {
    let one = open::mmck(1.0, 1.0, 1, 1).unwrap();
    close(one.blocking, 0.5, 1e-12);
    let four = open::mmck(0.5, 1.0, 1, 4).unwrap();
    close(four.blocking, 0.5 * 0.0625 / (1.0 - 0.03125), 1e-12);
    close(open::mmck(2.0, 1.0, 5, 5).unwrap().blocking, open::erlang_b(5, 2.0), 1e-12);
}
