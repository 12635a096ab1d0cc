//! Transients: bursts beside other loads, several bursts, rates that vary with time.
//!
//! # Equations
//! Requests move between *stages* (a slice of work, a delay, waiting for a reply) of *populations* (all requests of one
//! workload to one operation). The means of their numbers X follow the fluid limit of layered queues (Kurtz 1970; Tribastone
//! 2013, *IEEE Transactions on Software Engineering* 39): m' = Σ ℓ·r over everything that can happen at once ([`paths`]:
//! the end of a stage with all that follows from it without delay), ℓ being the change of numbers and r its mean rate.
//! A stage on a station with c servers works at the rate of its part of E[min(N, c)]; callers go on in proportion to how
//! many wait. A thread is taken without any delay: how many are in the first stage of an operation follows from E[min(N, c)]
//! busy threads and those in all other stages, so that the equations have no rates other than those of the model.
//!
//! The spread is the linear noise around the means (van Kampen; Kurtz 1978): Σ' = AΣ + ΣAᵀ + Σ ℓℓᵀ·r·d, with the
//! statistical slopes A of all rates and the dispersion d of a server's departures, 1 + (SCV - 1)·P(all busy). The means
//! depend on it by E[min(N, c)] and its slope, from a distribution with the mean and variance of N ([`closure`]: Rothkopf
//! and Oren 1979; Massey and Pender 2013). Models with more numbers than [`FOLLOWED`] take each station's variance as
//! that of a Poisson variable instead.
//!
//! Durations are phases ([`shape`]); constant ones up to 500 of equal rate. First come, first served between workloads
//! holds by generations ([`network::Generations`]): who came before, in and after each burst. The end of a load is
//! found from the fluid limit of its last part ([`drain`]). Time goes by the method of Dormand and Prince ([`integrate`]).
//!
//! # How far off it is
//! Bursts of 20, 200 and 500 on 1, 2, 5 and 20 workers against simulation, greatest errors in % (constant, exponential, and
//! hyper-exponential tasks of SCV 4):
//!
//! | | makespan, 20 | makespan, 200 and more | peak, 20 | peak, 200 and more |
//! |---|---|---|---|---|
//! | constant | 8.6 | 2.7 | 1.8 | 0.2 |
//! | exponential | 2.8 | 0.4 | 0.9 | 0.1 |
//! | SCV 4 | 4.5 | 1.5 | 1.0 | 0.1 |
//! | two tiers, all of these | 2.0 | 1.7 | 1.6 | 2.0 |
//!
//! Two bursts, and a burst beside Poisson or closed users: 0.5 and 0.1. Ramps through overload, against uniformization
//! ([`transient`](crate::transient)): peaks 3.8 with one server, below 1 with 5 and 20. Percentiles of small bursts of SCV 4
//! are up to 38 off.
//!
//! # What does not hold
//! Where many equal bottlenecks drain side by side, the end is that of the last of them, which is later than that of a
//! typical one: 5 % at 5, 8 % at 20. A thread that has nothing to do before its first call takes a little time for that,
//! which is taken from its work where it has some, else added: half a percent of what the operation takes. Within a
//! generation the order is random, which changes who waits, not how many. Speed is bounded by the fastest stage: it takes
//! about one step for each three of its mean durations while it is in use. On one core two tiers take 1 to 700 ms, ten services
//! with all covariances 0.7 s, a hundred without them about as long.

mod build;
mod closure;
mod drain;
mod horizon;
mod integrate;
mod layout;
mod network;
mod paths;
mod rates;
mod report;
mod series;
mod shape;

use tracecast_model::{EngineOptions, Load, PredictError, Prediction, RunControl, Status, System};

use drain::Watch;
use integrate::{Event, Step};
use rates::{Equations, Spread};
use report::Outcome;
use series::Recorder;

/// Numbers up to which all their covariances are followed; each step costs the square of them.
const FOLLOWED: usize = 32;

/// Follows all loads of the system from the start.
pub(crate) fn predict(
    method: &str,
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Prediction, PredictError> {
    let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
    if !ends && options.until.is_none() {
        let name = system.workloads.first().map_or("", |workload| workload.name.as_str());
        let element = format!("workload \"{name}\"");
        return Err(crate::unsupported("a load without end, and no time until which to follow it", element));
    }
    let network = build::build(system)?;
    let spread = if network.variables <= FOLLOWED { Spread::Covariances } else { Spread::Poisson };
    let equations = Equations::new(&network, spread);
    let mut prediction = Prediction::new(crate::ENGINE, method);
    let mut y = vec![0.0; equations.layout.len()];
    equations.start(&mut y);
    let sums = equations.layout.replies(0);
    let mut steps = 0;
    if let Some(warm_up) = options.warm_up.filter(|warm_up| *warm_up > 0.0) {
        let (status, more) =
            integrate::follow(&equations, &mut y, (-warm_up, 0.0), &[], control, &mut |_| false);
        prediction.status = status;
        steps += more;
        y[sums..].fill(0.0);
    }
    let events = events(system);
    let finite = |&class: &usize| system.workloads[network.classes[class].workload].load.is_finite();
    let mut watches: Vec<Watch> =
        (0..network.classes.len()).filter(finite).map(|class| Watch::new(&equations, class, &y)).collect();
    let mut recorder = options.series_bin.map(|bin| Recorder::new(bin, &equations, &y));
    let mut curve = vec![(0.0, y[sums..].to_vec())];
    let to = options.until.unwrap_or(f64::INFINITY);
    let mut look = |mut step: Step<'_>| {
        if let Some(recorder) = &mut recorder {
            recorder.look(&equations, &mut step);
        }
        for watch in &mut watches {
            watch.look(&equations, step.time, step.now);
        }
        curve.push((step.time, step.now[sums..].to_vec()));
        !watches.is_empty() && watches.iter().all(|watch| watch.is_done)
    };
    if prediction.status == Status::Converged {
        let (status, more) = integrate::follow(&equations, &mut y, (0.0, to), &events, control, &mut look);
        prediction.status = status;
        steps += more;
    }
    prediction.iterations = Some(steps);
    if prediction.status != Status::Converged {
        return Ok(prediction);
    }
    let stopped = curve.last().map_or(0.0, |(time, _)| *time);
    let mut ends = vec![None; network.classes.len()];
    for watch in watches.iter().filter(|watch| watch.is_done) {
        ends[watch.class] = Some(watch.end(&equations, &events, control));
    }
    let all_done = watches.iter().all(|watch| watch.is_done) && !watches.is_empty();
    let end = ends.iter().flatten().copied().reduce(f64::max);
    let time = end.filter(|_| all_done).unwrap_or(stopped);
    // Where others go on, what counts is what has happened until then.
    let counted = if all_done && watches.len() == network.classes.len() { stopped } else { time };
    let outcome =
        Outcome { time, totals: totals(&curve, counted, sums), ends, curve: replies(&curve, &network) };
    report::fill(&equations, &outcome, &mut prediction);
    if let Some(mut recorder) = recorder {
        recorder.finish(&equations, stopped, &y);
        prediction.series = Some(recorder.table(&equations));
    }
    Ok(prediction)
}

fn replies(curve: &[(f64, Vec<f64>)], network: &network::Network<'_>) -> Vec<(f64, Vec<f64>)> {
    curve.iter().map(|(time, sums)| (*time, sums[..network.classes.len()].to_vec())).collect()
}

/// All sums at a time, in their places in the vector of the equations.
fn totals(curve: &[(f64, Vec<f64>)], time: f64, sums: usize) -> Vec<f64> {
    let after = curve.partition_point(|(at, _)| *at < time).min(curve.len() - 1);
    let (before, (end, high)) = (&curve[after.saturating_sub(1)], &curve[after]);
    let along = if *end > before.0 { ((time - before.0) / (end - before.0)).clamp(0.0, 1.0) } else { 1.0 };
    let between = before.1.iter().zip(high).map(|(low, high)| low + along * (high - low));
    std::iter::repeat_n(0.0, sums).chain(between).collect()
}

/// Every burst, and every time at which a rate has a kink or jumps.
fn events(system: &System) -> Vec<Event> {
    let mut events = Vec::new();
    for (class, workload) in system.workloads.iter().enumerate() {
        let arrive = |time: f64, size: f64| Event { time, burst: Some((class, size)) };
        match &workload.load {
            Load::Burst { bursts } => {
                events.extend(bursts.iter().map(|burst| arrive(burst.at, f64::from(burst.size))));
            }
            Load::Replay { at } => events.extend(at.iter().map(|&time| arrive(time, 1.0))),
            Load::Profile(profile) => {
                events.extend(profile.points().iter().map(|point| Event { time: point.at, burst: None }));
            }
            Load::Closed { .. }
            | Load::Poisson { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::SerialClient(_) => {}
        }
    }
    events
}
