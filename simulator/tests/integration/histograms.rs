//! Distributions of response times where they are known.

use tracecast_model::{Burst, Distribution, EngineOptions, HistogramBin, Load, fixtures};

use crate::support::simulate;

const REPLICATIONS: u32 = 4000;

/// The response time of one request that comes to a station at its 100th second, in each of many replications: so they
/// are independent. Of the empty start of M/M/1 e^{-100(1-√ρ)²} is left then, 0.0002 at a load of a half (Cohen 1982, *The
/// Single Server Queue*, §II.2.1), and of M/D/1 less.
fn probed(demand: Distribution, rate: f64) -> Vec<HistogramBin> {
    let mut system = fixtures::open_station(1, demand, rate);
    let mut probe = system.workloads[0].clone();
    probe.name = "probe".to_owned();
    probe.load = Load::Burst { bursts: vec![Burst { size: 1, at: 0.0 }] };
    system.workloads.push(probe);
    let options = EngineOptions {
        replications: Some(REPLICATIONS),
        warm_up: Some(100.0),
        histogram_bins: Some(32),
        ..EngineOptions::default()
    };
    let prediction = simulate(&system, &options);
    prediction.workloads["probe"].histogram.clone()
}

/// Kolmogorov's statistic at the ends of the bins, against its 99.9 % quantile (Smirnov 1948: 1.949/√n), which is that
/// of a look at every value: a right simulator fails one test in more than 1000 seeds.
#[track_caller]
fn assert_distributed(bins: &[HistogramBin], distribution: impl Fn(f64) -> f64) {
    let n = f64::from(REPLICATIONS);
    assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), u64::from(REPLICATIONS));
    let worst = bins.iter().map(|bin| (bin.cumulative - distribution(bin.high)).abs()).fold(0.0, f64::max);
    assert!(worst <= 1.949 / n.sqrt(), "{worst}");
}

/// The response time of M/M/1, first come, first served, is exponential with the rate μ - λ (Kleinrock 1975, eq. 5.120).
#[test]
fn response_times_of_mm1_are_exponential() {
    let bins = probed(Distribution::exponential(1.0), 0.5);
    assert!(bins.len() > 100, "{}", bins.len());
    assert_distributed(&bins, |time| 1.0 - (-0.5 * time).exp());
}

/// The waiting time of M/D/1 (Erlang 1909; Crommelin 1932): P(W ≤ t) = (1-ρ) Σₖ (λ(kD-t))ᵏ/k! e^{λ(t-kD)} over kD ≤ t. The
/// sum alternates and loses a digit for each few k, so it is looked at up to 12 D, with far more than nine digits left.
#[test]
fn waiting_times_of_md1_are_crommelins() {
    let (rate, demand) = (0.6_f64, 1.0_f64);
    let bins = probed(Distribution::deterministic(demand), rate);
    let waits = |time: f64| {
        let mut sum = 0.0;
        let mut factorial = 1.0;
        for k in 0..=(time / demand).floor() as i32 {
            factorial *= f64::from(k.max(1));
            let x = rate * (time - f64::from(k) * demand);
            sum += (-x).powi(k) / factorial * x.exp();
        }
        (1.0 - rate * demand) * sum
    };
    assert_distributed(&bins, |time| match time - demand {
        waiting if waiting < 0.0 => 0.0,
        // 0.00001 wait longer.
        waiting if waiting > 12.0 => 1.0,
        waiting => waits(waiting),
    });
}

/// The intervals of the parts below: at 20 replications of M/M/1, 400 seeds. Each misses in 5 % of all, up to four
/// standard deviations of a binomial number (±4.4 %), and 1 % for what is skewed.
#[test]
fn intervals_of_the_parts_cover_the_truth() {
    use rayon::prelude::*;
    const SEEDS: u64 = 400;
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let runs: Vec<Vec<HistogramBin>> = (1..=SEEDS)
        .into_par_iter()
        .map(|seed| {
            let options = EngineOptions {
                seed,
                until: Some(2000.0),
                warm_up: Some(200.0),
                histogram_bins: Some(1),
                ..EngineOptions::default()
            };
            simulate(&system, &options).workloads["users"].histogram.clone()
        })
        .collect();
    for high in [0.5, 1.0, 2.0, 4.0, 8.0] {
        let truth = 1.0 - f64::exp(-0.5 * high);
        let covers = |run: &&Vec<HistogramBin>| {
            let bin = run.iter().find(|bin| bin.high == high).unwrap();
            (bin.cumulative - truth).abs() <= bin.half_width.unwrap()
        };
        let part = runs.iter().filter(covers).count() as f64 / SEEDS as f64;
        println!("below {high}: {part}");
        assert!((0.896..=0.9936).contains(&part), "below {high}: {part}");
    }
}
