//! Networks with printed solutions, by exact mean value analysis (Reiser and Lavenberg 1980). Their own paper's
//! tables are not at hand; these are from those who printed solutions by their algorithm.

use tracecast_solver::mva::multi::{Class, Network};
use tracecast_solver::mva::single::{self, Servers, Station};

use crate::close;

fn class(population: u32, think_time: f64, demands: &[f64]) -> Class {
    Class { population, think_time, demands: demands.to_vec() }
}

/// A printed figure is right to one unit of its last digit, since some are cut and not rounded.
#[track_caller]
fn printed(found: f64, figure: f64, digits: i32) {
    let unit = 10f64.powi(-digits);
    assert!((found - figure).abs() <= unit * 1.000_001, "{found} is not {figure} to {digits} digits");
}

/// Lazowska et al. 1984, p. 142: two classes of one customer each; the solution is in fractions of 19.
#[test]
fn two_classes_of_lazowska() {
    let network = Network {
        classes: vec![class(1, 0.0, &[1.0, 3.0]), class(1, 0.0, &[2.0, 4.0])],
        delays: vec![false; 2],
    };
    let solution = network.solve_exact();
    close(solution.throughputs[0], 3.0 / 19.0, 1e-9);
    close(solution.throughputs[1], 2.0 / 19.0, 1e-9);
    for (found, nineteenths) in solution.queue_lengths.concat().iter().zip([4.0, 15.0, 5.0, 14.0]) {
        close(*found, nineteenths / 19.0, 1e-9);
    }
}

/// Schwetman 1981, "Testing network-of-queues software" (CSD-TR 330, Purdue), example 5b: APL and IMS terminals at
/// one server, 15 and 5 of them. Three decimals; 14.3 is printed with one.
#[test]
fn two_kinds_of_terminals_of_schwetman() {
    let network =
        Network { classes: vec![class(15, 1.0, &[0.025]), class(5, 15.0, &[0.5])], delays: vec![false] };
    let solution = network.solve_exact();
    printed(solution.throughputs[0], 14.3, 1);
    printed(solution.throughputs[1], 0.314, 3);
    printed(solution.queue_lengths[0][0], 0.677, 3);
    printed(solution.queue_lengths[1][0], 0.293, 3);
    printed(solution.residence_times[0][0], 0.047, 3);
    printed(solution.residence_times[1][0], 0.934, 3);
}

/// The same report, figure 6: 40 terminals and 4 batch jobs at a processor and four disks. The report's own figures are
/// known to be wrong; these are those of the JMT's exact solver, six decimals.
#[test]
fn central_server_solved_by_jmt() {
    // Visits by the routing: a terminal request needs 1/0.9 bursts, a batch job 1/0.05, evenly over four disks.
    let (interactive, batch) = (1.0 / 0.9, 1.0 / 0.05);
    let disks = |visits: f64| [visits / 4.0 * 0.035; 4];
    let demands = |cpu: f64, visits: f64| [&[visits * cpu][..], &disks(visits)].concat();
    let network = Network {
        classes: vec![class(40, 5.0, &demands(0.010, interactive)), class(4, 10.0, &demands(0.100, batch))],
        delays: vec![false; 5],
    };
    let solution = network.solve_exact();
    printed(solution.throughputs[0], 7.891_588, 6);
    printed(solution.throughputs[1], 0.277_270, 6);
    printed(solution.residence_times[0][0], 0.024_363, 6);
    printed(solution.residence_times[0][1], 0.011_081, 6);
    printed(solution.residence_times[1][0], 3.636_155, 6);
    printed(solution.residence_times[1][1], 0.197_549, 6);
    printed(solution.queue_lengths[0][0], 0.192_262, 6);
    printed(solution.queue_lengths[1][0], 1.008_198, 6);
}

/// Schwetman's figure 7 with the solution of the JMT, four decimals: three and two customers at four stations.
#[test]
fn figure_7_of_schwetman_solved_by_jmt() {
    let network = Network {
        classes: vec![class(3, 0.0, &[0.01, 0.0405, 0.05, 0.0]), class(2, 0.0, &[0.05, 0.0, 0.05, 0.0392])],
        delays: vec![false; 4],
    };
    let solution = network.solve_exact();
    printed(solution.throughputs[0], 12.1517, 4);
    printed(solution.throughputs[1], 6.8669, 4);
    let lengths = [0.2131, 0.7539, 2.0328, 0.0, 0.5011, 0.0, 1.1839, 0.3149];
    for (found, figure) in solution.queue_lengths.concat().iter().zip(lengths) {
        printed(*found, figure, 4);
    }
}

/// Bolch et al. 2006, examples 8.3 (six jobs, single servers) and 8.4 (three jobs, two servers, a delay): three decimals.
#[test]
fn single_class_examples_of_bolch() {
    let server = |demand, servers| Station::new(demand, Servers::Finite(servers));
    let stations = [server(0.02, 1), server(0.08, 1), server(0.08, 1), server(0.06, 1)];
    let solution = single::solve(&stations, 6, 0.0);
    printed(solution.throughput, 9.920, 3);
    for (found, figure) in solution.queue_lengths.iter().zip([0.244, 2.261, 2.261, 1.234]) {
        printed(*found, figure, 3);
    }
    let delay = Station::new(1.0, Servers::Infinite);
    let solution = single::solve(&[server(0.5, 2), server(0.3, 1), server(0.4, 1), delay], 3, 0.0);
    for (found, figure) in solution.queue_lengths.iter().zip([0.624, 0.473, 0.686, 1.217]) {
        // The book rounds on its way: one unit of the last digit.
        assert!((found - figure).abs() < 1.05e-3, "{found} is not {figure}");
    }
}

/// Jain 1991, exercise 34.2 (three devices, 20 users thinking 4 s): three decimals.
#[test]
fn interactive_example_of_jain() {
    let server = |demand| Station::new(demand, Servers::Finite(1));
    let solution = single::solve(&[server(2.0), server(3.0), server(1.0)], 20, 4.0);
    for (found, figure) in solution.queue_lengths.iter().zip([1.991, 16.177, 0.500]) {
        assert!((found - figure).abs() < 1.05e-3, "{found} is not {figure}");
    }
}

/// The product form itself, summed over every state (Baskett, Chandy, Muntz and Palacios 1975, eq. for closed networks
/// of single servers): no recursion is shared with mean value analysis.
#[test]
fn every_state_summed() {
    let demands = [[0.3f64, 0.7, 0.2], [0.5, 0.1, 0.9]];
    let (populations, think_times) = ([4u32, 3u32], [1.0f64, 2.5]);
    let constant = |populations: [u32; 2]| -> f64 {
        let mut sum = 0.0;
        let states = |population: u32| {
            let mut states = Vec::new();
            for a in 0..=population {
                for b in 0..=population - a {
                    for c in 0..=population - a - b {
                        states.push([a, b, c, population - a - b - c]);
                    }
                }
            }
            states
        };
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        for first in states(populations[0]) {
            for second in states(populations[1]) {
                let mut weight = think_times[0].powi(first[3] as i32) / factorial(first[3]);
                weight *= think_times[1].powi(second[3] as i32) / factorial(second[3]);
                for k in 0..3 {
                    let ways = factorial(first[k] + second[k]) / factorial(first[k]) / factorial(second[k]);
                    weight *=
                        ways * demands[0][k].powi(first[k] as i32) * demands[1][k].powi(second[k] as i32);
                }
                sum += weight;
            }
        }
        sum
    };
    let network = Network {
        classes: (0..2).map(|c| class(populations[c], think_times[c], &demands[c])).collect(),
        delays: vec![false; 3],
    };
    let solution = network.solve_exact();
    let whole = constant(populations);
    close(solution.throughputs[0], constant([3, 3]) / whole, 1e-12);
    close(solution.throughputs[1], constant([4, 2]) / whole, 1e-12);
}
