//! Events per second on one core, with the same models in hand-written loops. `cargo bench -p tracecast-simulator`
//!
//! Every bench simulates two million events, so 10 million events per second are 0.2 s. The example `speed` prints the
//! ratios.

use divan::counter::ItemsCount;
use tracecast_model::{System, fixtures};

#[path = "common/mod.rs"]
#[expect(dead_code, reason = "the example measures processor time")]
mod common;

use common::{hand_written, models};

const EVENTS: u64 = 2_000_000;

fn main() {
    divan::main();
}

fn simulate(bencher: divan::Bencher<'_, '_>, system: &System) {
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| models::simulate(system, EVENTS));
}

fn loop_by_hand(bencher: divan::Bencher<'_, '_>, by_hand: fn(u64) -> hand_written::Figures) {
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| by_hand(divan::black_box(EVENTS)));
}

#[divan::bench_group(sample_count = 5)]
mod mm1 {
    use super::*;

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        simulate(bencher, &models::station(1));
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        loop_by_hand(bencher, hand_written::mm1);
    }
}

#[divan::bench_group(sample_count = 5)]
mod mm8 {
    use super::*;

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        simulate(bencher, &models::station(8));
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        loop_by_hand(bencher, |events| hand_written::mmc(8, events));
    }
}

#[divan::bench_group(sample_count = 5)]
mod tandem {
    use super::*;

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        simulate(bencher, &models::tandem());
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        loop_by_hand(bencher, hand_written::tandem);
    }
}

#[divan::bench_group(sample_count = 5)]
mod closed {
    use super::*;

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        simulate(bencher, &models::closed());
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        loop_by_hand(bencher, hand_written::closed);
    }
}

#[divan::bench_group(sample_count = 5)]
mod mm1_sharing {
    use super::*;

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        simulate(bencher, &models::sharing());
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        loop_by_hand(bencher, hand_written::mm1_sharing);
    }
}

#[divan::bench(sample_count = 5)]
fn closed_network_of_a_thousand_users(bencher: divan::Bencher<'_, '_>) {
    simulate(bencher, &fixtures::closed_network(1000, 10.0, &[0.008, 0.005, 0.002]));
}

#[divan::bench(sample_count = 5)]
fn three_tiers(bencher: divan::Bencher<'_, '_>) {
    simulate(bencher, &fixtures::three_tiers(60.0));
}

/// Eight services with a CPU limit each on a host that is short of cores, so that water-filling works.
#[divan::bench(sample_count = 5)]
fn limited_containers(bencher: divan::Bencher<'_, '_>) {
    let mut system = fixtures::closed_network(100, 1.0, &[0.01; 8]);
    for service in &mut system.services[1..] {
        service.host = "station0".into();
        service.cpu_limit = Some(0.5);
    }
    system.hosts[1].cores = tracecast_model::Multiplicity::Finite(2);
    simulate(bencher, &system);
}
