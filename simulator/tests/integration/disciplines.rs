//! Last come first served, polling, unequal sharing, and speeds that depend on the load.

use tracecast_model::{
    Distribution, Engine, EngineOptions, Family, Host, Load, Multiplicity, PollingVisit, PredictError,
    RunControl, Scheduling, System, Workload,
};
use tracecast_simulator::Simulation;

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};
use crate::theory::systems::{self, Class};
use crate::theory::{polling, stations};

/// Response times have another distribution than with first come, first served. With μ = 1, and interruption, they are
/// busy periods. Without, those who find the server busy (a part ρ) wait for a busy period, since what is left of exponential work
/// is as a new one (Cooper 1981, *Introduction to Queueing Theory*, §5.12); then they are served. Allowed is what
/// `percentiles_of_mm1` allows, with half as much again for the steeper 99th.
#[test]
fn percentiles_of_last_come_first_served() {
    let (rho, width, count) = (0.6, 0.01, 8000);
    let busy = stations::busy_period_tail(rho, width, count);
    // P(B + S > t) = e^-t + ∫ P(B > t-s) e^-s ds obeys f' = P(B > t) - f.
    let mut sums = vec![1.0];
    for step in 1..=count {
        let middle = 0.5 * (busy[step - 1] + busy[step]);
        sums.push(middle + (sums[step - 1] - middle) * f64::exp(-width));
    }
    let waits = |step: usize| (1.0 - rho) * f64::exp(-(step as f64) * width) + rho * sums[step];
    let quantile = |tail: &dyn Fn(usize) -> f64, q: f64| {
        let step = (0..=count).find(|&step| tail(step) <= 1.0 - q).unwrap();
        step as f64 * width
    };
    for (scheduling, tail) in [
        (Scheduling::PreemptiveLcfs, &(|step: usize| busy[step]) as &dyn Fn(usize) -> f64),
        (Scheduling::Lcfs, &waits),
    ] {
        let system = systems::open(1, Distribution::exponential(1.0), scheduling, rho);
        let options = EngineOptions { precision: 0.01, ..EngineOptions::default() };
        let found = response(&simulate(&system, &options), "users");
        for (found, q, allowed) in [
            (found.p50, 0.5, 0.028),
            (found.p90, 0.9, 0.028),
            (found.p95, 0.95, 0.042),
            (found.p99, 0.99, 0.072),
        ] {
            let theory = quantile(tail, q);
            let found = found.unwrap();
            println!("{} {q}: {found}, theory {theory}", scheduling.name());
            assert!(
                (found / theory - 1.0).abs() < allowed,
                "{} {q}: {found}, theory {theory}",
                scheduling.name()
            );
        }
    }
}

/// A second each, at 0, 0.25 and 0.5 s on one core. Last come, first served ends them at 1, 3 and 2 s; with interruption
/// the last ends at 1.5, the second at 2.25 and the first at 3 s. Two cores give the third a core at 1 s, or at once that of
/// the first.
#[test]
fn the_last_to_come_is_served_first() {
    for (cores, scheduling, ends) in [
        (1, Scheduling::Lcfs, [1.0, 3.0, 2.0]),
        (1, Scheduling::PreemptiveLcfs, [3.0, 2.25, 1.5]),
        (2, Scheduling::Lcfs, [1.0, 1.25, 2.0]),
        (2, Scheduling::PreemptiveLcfs, [1.75, 1.25, 1.5]),
    ] {
        let mut system =
            System { hosts: vec![host("machine", cores).with_scheduling(scheduling)], ..System::default() };
        for (name, at) in [("first", 0.0), ("second", 0.25), ("third", 0.5)] {
            system.services.push(worker(name, "machine", 1.0));
            let bursts = vec![tracecast_model::Burst { size: 1, at }];
            system.workloads.push(Workload { load: Load::Burst { bursts }, ..burst(name, 1) });
        }
        let prediction = simulate(&system, &twice());
        for ((name, at), end) in [("first", 0.0), ("second", 0.25), ("third", 0.5)].into_iter().zip(ends) {
            println!("{} {cores} {name}", scheduling.name());
            assert_exactly(Some(response(&prediction, name).metric()), end - at);
        }
    }
}

/// Unequal queues obey the pseudo-conservation law; the half-widths of its terms are added, which is more than that of
/// their sum.
#[test]
fn unequal_queues_conserve_work() {
    let queues = [
        (0.3, Distribution::exponential(1.0)),
        (0.1, Distribution::new(Family::Erlang { mean: 2.0, stages: 2 }).unwrap()),
        (0.2, Distribution::deterministic(0.4)),
    ];
    for switch_over in [Distribution::zero(), Distribution::exponential(0.1)] {
        for visit in [PollingVisit::Exhaustive, PollingVisit::Gated, PollingVisit::Limited(1)] {
            let (theory, factors) = polling::conservation(&queues, &switch_over, visit);
            let prediction = simulate(&systems::polled(&queues, &switch_over, visit), &quick());
            let (mut sum, mut half) = (0.0, 0.0);
            for (number, factor) in factors.iter().enumerate() {
                let found = response(&prediction, &format!("q{number}"));
                sum += factor * (found.mean - queues[number].1.mean());
                half += factor * found.half_width.unwrap();
            }
            println!("{visit:?}, switch-over {}: {sum} ± {half}, theory {theory}", switch_over.mean());
            assert!((sum - theory).abs() <= 2.0 * half);
        }
    }
}

/// Requests to both operations at 0, of a second each, two and one: with half a second to switch, the thread comes to the
/// first at 0.5, serves it to the end at 2.5, and the second from 3 to 4; with one request at a time the second from 2 to
/// 3, and the first again at 3.5.
#[test]
fn switching_takes_time() {
    for (visit, ends) in [
        (PollingVisit::Exhaustive, [(1.5 + 2.5) / 2.0, 4.0]),
        (PollingVisit::Limited(1), [(1.5 + 4.5) / 2.0, 3.0]),
    ] {
        let second = Distribution::deterministic(1.0);
        let queues = [(1.0, second.clone()), (1.0, second)];
        let mut system = systems::polled(&queues, &Distribution::deterministic(0.5), visit);
        for (workload, size) in system.workloads.iter_mut().zip([2, 1]) {
            workload.load = Load::Burst { bursts: vec![tracecast_model::Burst { size, at: 0.0 }] };
        }
        let prediction = simulate(&system, &twice());
        for (name, end) in ["q0", "q1"].into_iter().zip(ends) {
            println!("{visit:?} {name}");
            assert_exactly(Some(response(&prediction, name).metric()), end);
        }
    }
}

/// Great weights are priorities: a class with 10⁶ times the weight sees itself alone, and the other what preemptive
/// priority leaves (the formula of discriminatory sharing in that limit is that of priorities, too).
#[test]
fn a_great_weight_is_a_priority() {
    let parameters = [(0.3, 1.0, 1.0), (0.8, 0.5, 1e6)];
    let theory = stations::discriminatory_responses(parameters);
    let preemptive = stations::priority_responses(&[(0.8, 0.5, 0.5), (0.3, 1.0, 2.0)], true);
    assert!((theory[1] / preemptive[0] - 1.0).abs() < 1e-5 && (theory[0] / preemptive[1] - 1.0).abs() < 1e-5);
    let parts = ["low", "high"].into_iter().zip(parameters).map(|(name, (rate, mean, weight))| Class {
        weight,
        ..Class::new(name, rate, Distribution::exponential(mean))
    });
    let system = systems::classes(Host::new("machine"), parts.collect());
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "high").metric(), theory[1]);
    assert_mean(response(&prediction, "low").metric(), theory[0]);
}

/// A core that is as fast as there are requests is a delay: M/M/∞ of any number.
#[test]
fn a_speed_as_great_as_the_load_is_a_delay() {
    let mut system = systems::open(1, Distribution::exponential(1.0), Scheduling::Ps, 5.0);
    system.hosts[0].speed_by_load = (1..=60).map(f64::from).collect();
    assert_mean(response(&simulate(&system, &quick()), "users").metric(), 1.0);
    // Cores without limit at a third of the speed take three times as long.
    system.hosts[0].speed_by_load = vec![1.0 / 3.0];
    system.hosts[0].cores = Multiplicity::Infinite;
    assert_mean(response(&simulate(&system, &quick()), "users").metric(), 3.0);
}

#[test]
fn what_needs_sharing_is_refused_elsewhere() {
    let refused = |change: &dyn Fn(&mut System), words: &str| {
        let mut system = systems::open(1, Distribution::exponential(1.0), Scheduling::Fcfs, 0.5);
        change(&mut system);
        match Simulation.predict(&system, &EngineOptions::default(), &RunControl::none()) {
            Err(PredictError::Unsupported { what, .. }) => assert!(what.contains(words), "{what}"),
            other => panic!("{words}: {other:?}"),
        }
    };
    refused(
        &|system| system.services[0].weight = 2.0,
        "a weight of a service on a host with scheduling \"fcfs\"",
    );
    refused(&|system| system.hosts[0].speed_by_load = vec![1.0, 2.0], "depends on the load on a host");
    refused(
        &|system| {
            system.hosts[0].scheduling = Scheduling::Lcfs;
            system.services[0].cpu_limit = Some(0.5);
        },
        "a CPU limit of 0.5 cores on a host with scheduling \"lcfs\"",
    );
}
