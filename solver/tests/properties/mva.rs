//! Mean value analysis against convolution, bounds, and its own approximations, on random small networks.

use proptest::prelude::*;
use tracecast_solver::bounds;
use tracecast_solver::mva::approximate::{bard_schweitzer, linearizer};
use tracecast_solver::mva::multi::{Class, Network};
use tracecast_solver::mva::single::{self, Servers, Station};

/// Normalization constants by convolution (Buzen 1973): of a station with c servers, f(n) = Dⁿ/Πmin(j, c).
fn constants(stations: &[Station], think_time: f64, population: usize) -> Vec<f64> {
    let delay = Station::new(think_time, Servers::Infinite);
    let mut sum = vec![0.0; population + 1];
    sum[0] = 1.0;
    for station in stations.iter().chain([&delay]) {
        let servers = match station.servers {
            Servers::Finite(servers) => servers as usize,
            Servers::Infinite => usize::MAX,
        };
        let mut factor = vec![1.0];
        for n in 1..=population {
            factor.push(factor[n - 1] * station.demand / n.min(servers) as f64);
        }
        sum = (0..=population).map(|n| (0..=n).map(|j| factor[j] * sum[n - j]).sum()).collect();
    }
    sum
}

fn stations() -> impl Strategy<Value = Vec<Station>> {
    let servers = prop_oneof![4 => Just(1u32), 1 => 2u32..5];
    let station = (0.05f64..2.0, servers).prop_map(|(demand, c)| Station::new(demand, Servers::Finite(c)));
    prop::collection::vec(station, 1..6)
}

fn network() -> impl Strategy<Value = Network> {
    (1usize..5, 1usize..4).prop_flat_map(|(stations, classes)| {
        let class = (1u32..6, 0.0f64..5.0, prop::collection::vec(0.05f64..2.0, stations));
        prop::collection::vec(class, classes).prop_map(move |classes| Network {
            delays: vec![false; stations],
            classes: classes
                .into_iter()
                .map(|(population, think_time, demands)| Class { population, think_time, demands })
                .collect(),
        })
    })
}

fn worst(found: &[f64], exact: &[f64]) -> f64 {
    found.iter().zip(exact).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

proptest! {
    /// Tolerance: the recursion over marginal probabilities loses some digits at several servers.
    #[test]
    fn exact_is_convolution(stations in stations(), population in 1u32..20, think_time in 0.0f64..10.0) {
        let solution = single::solve(&stations, population, think_time);
        let constants = constants(&stations, think_time, population as usize);
        let expected = constants[population as usize - 1] / constants[population as usize];
        prop_assert!((solution.throughput / expected - 1.0).abs() < 1e-7);
        let inside: f64 = solution.queue_lengths.iter().sum();
        prop_assert!((inside + expected * think_time - f64::from(population)).abs() < 1e-6);
    }

    /// Tolerance: rounding.
    #[test]
    fn bounds_contain_the_exact(
        demands in prop::collection::vec(0.05f64..2.0, 1..6), population in 1u32..40, think_time in 0.0f64..20.0,
    ) {
        let stations: Vec<Station> =
            demands.iter().map(|&demand| Station::new(demand, Servers::Finite(1))).collect();
        let exact = single::solve(&stations, population, think_time).throughput;
        for limits in [
            bounds::asymptotic(&demands, population, think_time),
            bounds::balanced_job(&demands, population, think_time),
        ] {
            prop_assert!(limits.low <= exact * (1.0 + 1e-9) && exact <= limits.high * (1.0 + 1e-9), "{limits:?} {exact}");
        }
    }

    #[test]
    fn one_class_of_several_is_one_class(
        demands in prop::collection::vec(0.05f64..2.0, 1..6), population in 1u32..30, think_time in 0.0f64..20.0,
    ) {
        let stations: Vec<Station> =
            demands.iter().map(|&demand| Station::new(demand, Servers::Finite(1))).collect();
        let one = single::solve(&stations, population, think_time).throughput;
        let network =
            Network { delays: vec![false; demands.len()], classes: vec![Class { population, think_time, demands }] };
        prop_assert!((network.solve_exact().throughputs[0] / one - 1.0).abs() < 1e-9);
    }

    /// Customers split into two equal classes are still the same customers.
    #[test]
    fn equal_classes_are_one(
        demands in prop::collection::vec(0.05f64..2.0, 1..4), population in 1u32..8, think_time in 0.0f64..5.0,
    ) {
        let stations: Vec<Station> =
            demands.iter().map(|&demand| Station::new(demand, Servers::Finite(1))).collect();
        let one = single::solve(&stations, 2 * population, think_time).throughput;
        let class = Class { population, think_time, demands: demands.clone() };
        let network = Network { delays: vec![false; demands.len()], classes: vec![class.clone(), class] };
        let sum: f64 = network.solve_exact().throughputs.iter().sum();
        prop_assert!((sum / one - 1.0).abs() < 1e-9);
    }

    /// Chandy and Neuse (1982, tables II and III) report errors of Bard–Schweitzer up to 35 % and of Linearizer
    /// mostly below 1 % and up to a few per cent; the hard cases have few customers, as here.
    #[test]
    fn approximations_are_close(network in network()) {
        let exact = network.solve_exact();
        let rough = bard_schweitzer(&network, 1e-9, 10_000);
        let fine = linearizer(&network, 1e-9, 10_000);
        prop_assert!(rough.converged && fine.converged);
        prop_assert!(worst(&rough.throughputs, &exact.throughputs) < 0.35);
        prop_assert!(worst(&fine.throughputs, &exact.throughputs) < 0.04, "{} {network:?}", worst(&fine.throughputs, &exact.throughputs));
    }
}
