//! Replicas that are kept ready, against exact schedules: each takes 3 s to start up, or half a second from the pool.

use tracecast_model::autoscaling::DelayKind;
use tracecast_model::{Distribution, System, WarmPool};

use crate::scaling::{scaled, with_queue};
use crate::support::{assert_exactly, simulate, twice};

fn pooled(mut system: System, size: u32) -> System {
    system.services[0].warm_pool = Some(WarmPool { size, activation: Distribution::deterministic(0.5) });
    system
}

/// Of three that are asked for at 2 two are ready and take requests at 2.5, the third at 5: of nine pieces of a second the two have
/// begun six by then, which end at 5.5, and the other three are done by all at 6, 6.5 and 6.5.
#[test]
fn the_pool_is_faster_and_runs_dry() {
    let run = |replicas, tasks| {
        simulate(&pooled(with_queue(scaled(0, &[(2.0, replicas)], 3.0, &[(0.0, tasks)])), 2), &twice())
    };
    let (two, three) = (run(2, 4), run(3, 9));
    let told = &two.scaling[0].delays;
    assert_eq!((told.len(), told[0].kind, told[0].seconds), (1, DelayKind::Activation, 0.5));
    assert_exactly(two.workloads["crop"].makespan, 4.5);
    let told = &three.scaling[0].delays;
    assert_eq!((told.len(), told[0].kind, told[0].seconds), (1, DelayKind::StartUp, 3.0));
    assert_exactly(three.workloads["crop"].makespan, 6.5);
}

/// What is taken from the pool is replaced: at 2 one is taken, at 4 there is none, from 5 on there is one again.
#[test]
fn the_pool_is_filled_up() {
    for (second, ready) in [(4.0, 7.0), (5.5, 6.0)] {
        let system = pooled(scaled(0, &[(2.0, 1), (second, 2)], 3.0, &[(6.0, 1), (6.0, 1)]), 1);
        let prediction = simulate(&system, &twice());
        let asked = &prediction.scaling[1];
        assert_eq!(asked.time, second);
        let taken: f64 = asked.delays.iter().map(|delay| delay.seconds).sum();
        assert_eq!(second + taken, ready);
    }
}

/// Those in the pool exist, too: one that takes requests from 2.5 on, and two in the pool all the time, of 10 s.
#[test]
fn the_pool_costs() {
    let mut system = pooled(scaled(0, &[(2.0, 1)], 3.0, &[(0.0, 1), (9.0, 1)]), 2);
    system.services[0].price = Some(3600.0);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 10.0);
    assert_exactly(prediction.cost.unwrap().total, 2.0 * 10.0 + 8.0);
}
