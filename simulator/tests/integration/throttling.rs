//! CPU limits by periods, against exact arithmetic.

use tracecast_model::{
    Cfs, Distribution, EngineOptions, Host, Load, Multiplicity, Service, System, Workload,
};

use crate::support::{K, assert_exact, burst, quick, response, simulate, twice, worker};

/// Seconds of a period in all tests.
const PERIOD: f64 = 0.1;

/// A container with so much work for each request, and its limit.
fn container(name: &str, demand: f64, limit: f64) -> Service {
    let cfs = Some(Cfs { period: PERIOD, ..Cfs::default() });
    Service { cpu_limit: Some(limit), cfs, ..worker(name, "machine", demand) }
}

fn system(cores: Multiplicity, services: Vec<Service>, workloads: Vec<Workload>) -> System {
    System { hosts: vec![Host { cores, ..Host::new("machine") }], services, workloads, ..System::default() }
}

/// One user of a service that thinks for so long, so that the periods know nothing of when requests come.
fn one_user(service: &str, think_time: Distribution) -> Workload {
    let mut load = burst(service, 1);
    load.load = Load::Closed { population: 1, think_time };
    load
}

/// n threads with a core each use the quota Q = LP up in Q/n and stand still for P - Q/n of each period.
#[test]
fn busy_threads_stand_still_for_the_rest_of_each_period() {
    for (threads, limit) in [(1, 0.5), (2, 0.5), (4, 1.0), (8, 1.5), (3, 2.9)] {
        for cores in [Multiplicity::Finite(threads), Multiplicity::Infinite] {
            let work = 200.0;
            let service = container("busy", work, limit);
            let prediction = simulate(&system(cores, vec![service], vec![burst("busy", threads)]), &twice());
            let total = work * f64::from(threads);
            let makespan = prediction.workloads["busy"].makespan.unwrap();
            // The periods at both ends are cut, and the first may begin with a whole quota just before the second.
            let ends = 2.0 * PERIOD;
            assert!((makespan.mean - total / limit).abs() <= ends, "{threads} {limit}: {makespan:?}");
            let result = &prediction.services["busy"];
            let share = 1.0 - limit / f64::from(threads);
            let throttled = result.throttled.unwrap().mean;
            assert!((throttled - share).abs() <= ends / makespan.mean, "{threads} {limit}: {throttled}");
            let periods = result.throttled_periods.unwrap().mean;
            assert!(periods > 1.0 - 2.0 * PERIOD / makespan.mean, "{threads} {limit}: {periods}");
        }
    }
}

/// That each gets its part in slices changes which thread stands still when, not for how long on the whole. The last thread is
/// ahead of the first by a slice at most, and three threads share two cores.
#[test]
fn busy_threads_stand_still_as_long_with_slices() {
    for (threads, cores, limit) in
        [(1, 1, 0.5), (4, 4, 1.0), (8, 8, 1.5), (3, 3, 2.9), (3, 2, 0.5), (3, 2, 1.7)]
    {
        let work = 200.0;
        let mut service = container("busy", work, limit);
        service.cfs = Some(Cfs { slice: Some(0.005), ..service.cfs.unwrap() });
        let load = burst("busy", threads);
        let prediction = simulate(&system(Multiplicity::Finite(cores), vec![service], vec![load]), &twice());
        let total = work * f64::from(threads);
        let makespan = prediction.workloads["busy"].makespan.unwrap();
        // Of each period a different thread may have a slice more: that evens out but for the order in which they stopped first.
        let uneven = 0.005 * f64::from(threads) / limit;
        assert!(
            (makespan.mean - total / limit).abs() <= 2.0 * PERIOD + uneven + 0.01 * total / limit,
            "{threads} {cores} {limit}: {makespan:?} {}",
            total / limit
        );
        let share = 1.0 - limit / f64::from(threads.min(cores));
        let throttled = prediction.services["busy"].throttled.unwrap().mean;
        assert!((throttled - share).abs() <= 0.02, "{threads} {cores} {limit}: {throttled} {share}");
    }
}

/// Eight threads with 5.9 ms each and a quota of 50 ms, by the kernel's documentation: each core takes 5 ms, and two take the last
/// 10 ms. These are done after 5.9 ms and give 3.1 ms each back. If the next period, in u ms, is not near, others get them 5 ms
/// later: one a slice, one the 1.2 ms left, and both are done after 11.8 ms. The others need 0.9 ms of the next period. If that
/// begins within 5 ms, there is enough for all. One pool has enough in any case.
#[test]
fn slices_run_out_before_the_quota() {
    let mut one_pool =
        system(Multiplicity::Finite(8), vec![container("web", 0.0059, 0.5)], vec![burst("web", 8)]);
    let options = EngineOptions { replications: Some(4000), ..quick() };
    assert_exact(response(&simulate(&one_pool, &options), "web").mean, 0.0059);
    let cfs = &mut one_pool.services[0].cfs;
    *cfs = Some(Cfs { slice: Some(0.005), ..cfs.unwrap() });
    let response = response(&simulate(&one_pool, &options), "web");
    // By u in milliseconds: its probability, how many are done after 5.9 ms and 11.8 ms, and the mean of u.
    let cases = [(0.05, 8.0, 0.0, 2.5), (0.079, 2.0, 0.0, 8.95), (0.871, 2.0, 2.0, 56.45)];
    let mean = |(part, first, second, u): (f64, f64, f64, f64)| {
        part * (first * 5.9 + second * 11.8 + (8.0 - first - second) * (u + 0.9)) / 8.0
    };
    let theory = cases.into_iter().map(mean).sum::<f64>() / 1000.0;
    let allowed = K * response.half_width.unwrap();
    assert!((response.mean - theory).abs() <= allowed, "{response:?} {theory}");
}

/// What fits into the quota is not slowed down, where a smooth limit of half a core would double it.
#[test]
fn short_requests_run_at_full_speed() {
    let think = Distribution::deterministic(1.03);
    let mut with_periods =
        system(Multiplicity::Finite(4), vec![container("web", 0.02, 0.5)], vec![one_user("web", think)]);
    let mean = |system: &System| response(&simulate(system, &quick()), "web").mean;
    assert_exact(mean(&with_periods), 0.02);
    with_periods.services[0].cfs = None;
    assert_exact(mean(&with_periods), 0.04);
}

/// 70 ms of work, 50 ms in each period of 100 ms, and u ms until the next period, uniform. From 50 ms on: 50 ms of work, a
/// standstill until u, 20 ms of work. From 20 to 50 ms no standstill. Below that: work until u, 50 ms of work, a standstill until
/// u + 100, and 20 - u.
#[test]
fn a_request_may_meet_one_standstill_or_none() {
    let system = system(
        Multiplicity::Finite(4),
        vec![container("web", 0.07, 0.5)],
        vec![one_user("web", Distribution::exponential(5.0))],
    );
    let options = EngineOptions { precision: 0.002, ..EngineOptions::default() };
    let response = response(&simulate(&system, &options), "web");
    let theory = 0.5 * 0.095 + 0.3 * 0.07 + 0.2 * 0.12;
    let allowed = K * response.half_width.unwrap();
    assert!((response.mean - theory).abs() <= allowed, "{response:?} {theory}");
}

/// What idle periods leave over is used at once.
#[test]
fn a_burst_takes_what_was_left_over() {
    let mut service = container("web", 0.1, 0.5);
    service.cfs = Some(Cfs { period: PERIOD, burst: 0.05, slice: None });
    let load = one_user("web", Distribution::deterministic(5.03));
    let prediction = simulate(&system(Multiplicity::Finite(4), vec![service], vec![load]), &quick());
    assert_exact(response(&prediction, "web").mean, 0.1);
}

/// While one container stands still the other has the core for itself: half of it for 40 ms, the whole of it for 60 ms.
#[test]
fn others_have_the_core_while_one_stands_still() {
    let (limited, free) = (container("limited", 20.0, 0.2), container("free", 80.0, 1.0));
    let free = Service { cpu_limit: None, cfs: None, ..free };
    let loads = vec![burst("limited", 1), burst("free", 1)];
    let prediction = simulate(&system(Multiplicity::Finite(1), vec![limited, free], loads), &twice());
    for name in ["limited", "free"] {
        let makespan = prediction.workloads[name].makespan.unwrap().mean;
        assert!((makespan - 100.0).abs() <= 2.0 * PERIOD, "{name}: {makespan}");
    }
    let throttled = prediction.services["limited"].throttled.unwrap().mean;
    assert!((throttled - 0.6).abs() <= 2.0 * PERIOD / 100.0, "{throttled}");
    assert!(prediction.services["free"].throttled.is_none());
}
