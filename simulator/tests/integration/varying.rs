//! Rates that vary with time, and recorded arrivals.

use tracecast_model::{
    Distribution, EngineOptions, Host, Load, Multiplicity, OperationRef, Prediction, RatePoint, RateProfile,
    Scheduling, Status, System, Workload, fixtures,
};

use crate::support::{assert_exactly, assert_mean, host, response, simulate, twice, worker};

fn profile(points: &[(f64, f64)]) -> RateProfile {
    RateProfile::new(points.iter().map(|&(at, rate)| RatePoint { at, rate }).collect())
}

/// Requests for a machine with a core for each of them.
fn unlimited(demand: Distribution, profile: &RateProfile) -> System {
    let mut system = fixtures::station(1, demand, Scheduling::Fcfs, Load::Profile(profile.clone()));
    system.hosts = vec![Host::new("machine").with_cores(Multiplicity::Infinite)];
    system
}

/// Up for 5 s, a jump down, 5 s even, a pause, and a jump up to a fall.
fn hills() -> RateProfile {
    profile(&[
        (0.0, 0.0),
        (5.0, 40.0),
        (5.0, 10.0),
        (10.0, 10.0),
        (10.0, 0.0),
        (12.0, 0.0),
        (12.0, 30.0),
        (14.0, 0.0),
    ])
}

const REPLICATIONS: u32 = 2000;

fn series(system: &System, bin: f64) -> Prediction {
    let replications = Some(REPLICATIONS);
    simulate(system, &EngineOptions { series_bin: Some(bin), replications, ..EngineOptions::default() })
}

/// Within 4.5 standard errors: of the 100 figures compared here, a right simulator fails one in 1500 seeds.
#[track_caller]
fn assert_near(found: f64, theory: f64, variance: f64, what: impl std::fmt::Display) {
    let allowed = 4.5 * (variance / f64::from(REPLICATIONS)).sqrt() + 1e-9;
    assert!((found - theory).abs() <= allowed, "{what}: {found} ± {allowed}, theory {theory}");
}

/// The number in M(t)/M/∞ is Poisson with mean m(t) = ∫ λ(u) e^{-μ(t-u)} du (Eick, Massey and Whitt 1993, "The physics
/// of the M(t)/G/∞ queue", theorem 1). Its mean over a bin follows from m' = λ - μm; its variance there is at most
/// the greatest m in the bin.
#[test]
fn many_servers_hold_the_convolution() {
    let (hills, mu, bin) = (hills(), 2.0, 0.25);
    let system = unlimited(Distribution::exponential(1.0 / mu), &hills);
    let prediction = series(&system, bin);
    let found = &prediction.series.unwrap().columns["users.in_flight"];
    let mean_at = |time: f64| convolution(hills.points(), mu, time);
    for row in 0..60 {
        let (start, end) = (bin * f64::from(row), bin * f64::from(row + 1));
        let arrived = hills.cumulative(end) - hills.cumulative(start);
        let theory = (arrived - (mean_at(end) - mean_at(start))) / mu / bin;
        let most = (0..=10).map(|i| mean_at(start + bin * f64::from(i) / 10.0)).fold(0.0, f64::max);
        assert_near(found[row as usize].unwrap_or(0.0), theory, most, format_args!("bin {row}"));
    }
}

/// ∫ λ(u) e^{-μ(t-u)} du over straight pieces a + b(u-s): each adds, at its end e,
/// a(1-x)/μ + b(μ(e-s) - 1 + x)/μ² with x = e^{-μ(e-s)}, and fades by e^{-μ(t-e)}.
fn convolution(points: &[RatePoint], mu: f64, time: f64) -> f64 {
    let piece = |pair: &[RatePoint]| {
        let [from, to] = [pair[0], pair[1]];
        let end = to.at.min(time);
        if end <= from.at {
            return 0.0;
        }
        let (width, slope) = (end - from.at, (to.rate - from.rate) / (to.at - from.at));
        let x = (-mu * width).exp();
        let at_end = from.rate * (1.0 - x) / mu + slope * (mu * width - 1.0 + x) / (mu * mu);
        at_end * (-mu * (time - end)).exp()
    };
    points.windows(2).map(piece).sum()
}

/// Requests in each bin and in all are Poisson with the integral of the rate as mean: mean and variance of the numbers
/// in many replications. The variance of a sample variance is (m + 2m²)/n for a Poisson variable.
#[test]
fn numbers_of_arrivals_are_poisson() {
    let hills = hills();
    let system = unlimited(Distribution::zero(), &hills);
    let bin = 0.5;
    let prediction = series(&system, bin);
    let found = &prediction.series.unwrap().columns["users.throughput"];
    for row in 0..28 {
        let (start, end) = (bin * f64::from(row), bin * f64::from(row + 1));
        let theory = hills.cumulative(end) - hills.cumulative(start);
        assert_near(found[row as usize].unwrap_or(0.0) * bin, theory, theory, format_args!("bin {row}"));
    }
    let numbers: Vec<f64> = (0..u64::from(REPLICATIONS))
        .map(|seed| {
            let options = EngineOptions { seed, replications: Some(1), ..EngineOptions::default() };
            simulate(&system, &options).workloads["users"].started.unwrap() as f64
        })
        .collect();
    let (n, theory) = (numbers.len() as f64, hills.total());
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert_near(mean, theory, theory, "mean");
    assert_near(variance, theory, theory + 2.0 * theory * theory, "variance");
}

/// The load is over at its last point, however few requests came, or when the work of its last request is.
#[test]
fn a_profile_ends_at_its_last_point() {
    let pause = profile(&[(0.0, 20.0), (5.0, 20.0), (5.0, 0.0), (8.0, 0.0)]);
    let prediction = simulate(&unlimited(Distribution::deterministic(0.001), &pause), &twice());
    assert_exactly(prediction.workloads["users"].makespan, 8.0);
    assert_eq!(prediction.status, Status::Converged);
    let hardly = profile(&[(0.0, 1e-12), (5.0, 1e-12)]);
    let prediction = simulate(&unlimited(Distribution::zero(), &hardly), &twice());
    let found = &prediction.workloads["users"];
    assert_exactly(found.makespan, 5.0);
    assert_eq!((found.started, prediction.status), (Some(0), Status::Converged));
    // About 20 requests of 100 s each, all on one core: it ends long after its last point, with the work.
    let mut crowded = unlimited(Distribution::deterministic(100.0), &profile(&[(0.0, 2.0), (10.0, 2.0)]));
    crowded.hosts = vec![host("machine", 1)];
    let options = EngineOptions { replications: Some(1), ..EngineOptions::default() };
    let prediction = simulate(&crowded, &options);
    let found = &prediction.workloads["users"];
    let work = 100.0 * found.completed.unwrap() as f64;
    let makespan = found.makespan.unwrap().mean;
    assert!((work..work + 10.0).contains(&makespan), "{makespan}");
}

/// A machine at half load with endless arrivals, and a profile of an even rate on top: under processor sharing each
/// request of a second takes 1/(1-ρ) of them (Kleinrock 1976, *Queueing Systems* II, eq. 4.17).
#[test]
fn a_profile_on_a_background() {
    let few = profile(&[(0.0, 1e-3), (1000.0, 1e-3)]);
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![worker("crop", "machine", 1.0), worker("web", "machine", 0.1)],
        workloads: vec![Workload::new("few", OperationRef::new("crop", "serve"), Load::Profile(few))],
        ..System::default()
    };
    let visitors = OperationRef::new("web", "serve");
    system.workloads.push(Workload::new("visitors", visitors, Load::Poisson { rate: 5.0 }));
    let options = EngineOptions { replications: Some(400), warm_up: Some(20.0), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    assert_mean(response(&prediction, "few").metric(), 1.0 / (1.0 - 0.501));
    assert_mean(prediction.workloads["visitors"].throughput.unwrap(), 5.0);
}

/// D/D/1 by Lindley's (1952) recursion W' = max(0, W + 1 - gap): arrivals at 0, 0.5, 1, 4 and 4.2 s wait for 0, 0.5, 1,
/// 0 and 0.8 s, and the last leaves at 6 s.
#[test]
fn recorded_arrivals_come_when_they_came() {
    for start in [0.0, 2.0] {
        let at = [0.0, 0.5, 1.0, 4.0, 4.2].map(|time| start + time).to_vec();
        let system =
            fixtures::station(1, Distribution::deterministic(1.0), Scheduling::Fcfs, Load::Replay { at });
        let prediction = simulate(&system, &twice());
        let found = &prediction.workloads["users"];
        assert_exactly(found.makespan, 6.0);
        assert_exactly(Some(response(&prediction, "users").metric()), 1.0 + 2.3 / 5.0);
        assert_exactly(found.throughput, 5.0 / (start + 6.0));
        assert_eq!((found.started, found.completed), (Some(5), Some(5)));
    }
}
