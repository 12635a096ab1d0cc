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
//! found from the fluid limit of its last part ([`drain`]). Time goes by a stabilized explicit method ([`chebyshev`]).
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
//! # Replicas that come and go
//! Autoscalers are called at their times and shown means ([`scaling`]); between two changes the number of replicas is a
//! constant. Those that stop finish what they have begun. As clocks' phases have nothing to do with the load, means are
//! taken over several runs with phases of their own ([`Phases`], [`mixture`]).
//!
//! # Clients who give up
//! A timeout does not stop the callee, so that the equations know attempts, and how many of them are retries follows from what
//! became of those before, step by step ([`attempts`]).
//!
//! # What does not hold
//! Where many equal bottlenecks drain side by side, the end is that of the last of them, which is later than that of a
//! typical one: 5 % at 5, 8 % at 20. A thread that has nothing to do before its first call takes a little time for that,
//! which is taken from its work where it has some, else added: half a percent of what the operation takes. Within a
//! generation the order is random, which changes who waits, not how many. How long it takes grows with the square root of the
//! rate of the fastest stage. On one core four minutes of two tiers with a network latency of a millisecond take 11 ms, and 1.5 s
//! where both are overloaded all the time.

mod attempts;
mod build;
mod chebyshev;
mod closure;
mod drain;
mod events;
mod horizon;
mod integrate;
mod layout;
mod mixture;
mod network;
mod paths;
mod rates;
mod report;
mod run;
mod scaling;
mod series;
mod shape;

use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, Status, System};

use rates::{Equations, Spread};
use scaling::Phases;

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
    let scaled = system.services.iter().find(|service| service.autoscaler.is_some());
    if let (false, None, Some(service)) = (ends, options.until, scaled) {
        let what = "an autoscaler under loads without end (say until when to follow them, or simulate)";
        return Err(crate::unsupported(what, format!("service \"{}\"", service.name)));
    }
    if !ends && options.until.is_none() {
        let name = system.workloads.first().map_or("", |workload| workload.name.as_str());
        let element = format!("workload \"{name}\"");
        return Err(crate::unsupported("a load without end, and no time until which to follow it", element));
    }
    attempts::notes::require(system, options)?;
    let network = build::build(system)?;
    scaling::notes::require(&network, options)?;
    let spread = if network.variables <= FOLLOWED { Spread::Covariances } else { Spread::Poisson };
    let phases = Phases::of_system(system);
    let mut prediction = Prediction::new(crate::ENGINE, method);
    let mut runs = Vec::new();
    let mut steps = 0;
    for number in 0..phases.runs() {
        let equations = Equations::new(&network, spread);
        let run = run::run(&equations, &phases, number, options, control)?;
        steps += run.steps;
        if run.status != Status::Converged {
            prediction.status = run.status;
            break;
        }
        runs.push(run);
    }
    prediction.iterations = Some(steps);
    if prediction.status != Status::Converged {
        return Ok(prediction);
    }
    let Some(run) = mixture::of(runs) else { return Ok(prediction) };
    report::fill(&Equations::new(&network, spread), &run, &mut prediction);
    prediction.scaling = run.scaling;
    prediction.series = run.series;
    prediction.warnings.extend(scaling::notes::warnings(&network, phases.runs()));
    prediction.warnings.extend(attempts::notes::warnings(system));
    Ok(prediction)
}
