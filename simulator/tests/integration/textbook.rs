//! Every case of the table of theory, with a few seeds each.
//!
//! `cargo run --release -p tracecast-simulator --example coverage` runs the same with many.

use tracecast_model::EngineOptions;

use crate::support::simulate;
use crate::theory::cases::{self, Case};

const SEEDS: u64 = 4;
/// Short runs, and so wide intervals; they have to keep their level whatever their width.
const PRECISION: f64 = 0.05;

/// Of all intervals 95 % cover, up to four standard deviations of a binomial number (2 in 30 000 right schemes fail);
/// and no case may miss with all seeds (of 100 right ones one does in 1600 times).
#[test]
fn intervals_cover_theory() {
    let cases = cases::all();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut covered = 0;
    for (number, case) in cases.iter().enumerate() {
        let runs: Vec<(f64, f64)> = (1..=SEEDS)
            .map(|n| {
                let seed = Case::seed(number, n);
                let options = EngineOptions { seed, precision: PRECISION, ..EngineOptions::default() };
                let metric = case.figure.of(&simulate(&case.system, &options)).expect("the figure exists");
                (metric.mean, metric.half_width.expect("it has a half width"))
            })
            .collect();
        let hits = runs.iter().filter(|(mean, half)| (mean - case.theory).abs() <= *half).count();
        println!("{hits} of {SEEDS}: {} is {}, simulated {runs:?}", case.name, case.theory);
        assert!(hits > 0, "{} is {}, but simulated {runs:?}", case.name, case.theory);
        covered += hits;
    }
    let trials = cases.len() as f64 * SEEDS as f64;
    let part = covered as f64 / trials;
    let allowed = 4.0 * (0.95 * 0.05 / trials).sqrt();
    println!("covered {part} of {trials}, 0.95 ± {allowed}");
    assert!((part - 0.95).abs() <= allowed, "covered {part} of {trials}, 0.95 ± {allowed}");
}
