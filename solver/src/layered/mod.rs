//! Steady state of nested services.
//!
//! # Decomposition
//! Customers come in [groups](network::Group): a closed workload, an open stream (a workload, or asynchronous calls),
//! or the threads of a service that has a finite number of them (a *pool*). Services with unlimited threads never
//! queue, so their work counts as that of the group that calls them. Every group visits *stations*: hosts, container
//! limits, and the pools that it calls. A pool is thus a station for its callers, with its holding time as service
//! time, and a group of customers for whatever is below: the method of layers (Rolia and Sevcik 1995) and stochastic
//! rendezvous networks (Woodside et al. 1995), with all layers in one fixed point instead of layer by layer.
//!
//! One round of the fixed point ([`solve()`]): throughputs from cycle times, rates by the forced flow law ([`flow`]),
//! waiting at every station ([`contention`]), response times by walking through every operation ([`body`]).
//!
//! # Waiting
//! What an arriving customer finds comes in two parts. Of other groups ([`met`]) it is what they have there on average,
//! but for the work on its own behalf ([`interlock`]) and for what its absence saves them, here and elsewhere ([`absence`]). Of its own group it follows
//! from mean value analysis over the number of customers ([`circulation`]): exactly step by step for small groups, from
//! a start by Linearizer for large ones. For a pool the number is that of its busy threads, whose distribution
//! ([`occupancy`], [`threads`]) depends on who calls. The station itself then answers ([`waiting`]): residual work,
//! several servers, priorities, shared processors, customers who come back soon ([`returns`]). Percentiles are computed on top of the means ([`passage`]).
//!
//! # Where it is exact
//! Product-form networks (no pool can be exhausted) are handed to exact mean value analysis ([`exact`]). Of the
//! others: M/G/1 FCFS, M/M/c, M/G/1-PS behind any number of threads; M/M/1 with priorities; second phases of open
//! loads; tandems of forwarding; order statistics of exponential branches.
//!
//! # How far off it is elsewhere
//! The example `accuracy` holds it against 85 simulated models, by family. Percentiles of 117 response times there, held
//! against our own simulation at a precision of 2 % (the example `percentiles` of `tracecast-experiment`), are off by
//! (median of |error|, in %):
//!
//! | family | p50 | p90 | p95 | p99 |
//! |---|---|---|---|---|
//! | activity | 8.9 | 5.8 | 6.8 | 6.7 |
//! | async | 7.3 | 2.6 | 2.2 | 3.9 |
//! | classes | 2.2 | 1.0 | 1.3 | 2.3 |
//! | closed | 4.4 | 2.3 | 2.4 | 3.9 |
//! | cv2 | 6.3 | 9.2 | 8.9 | 5.2 |
//! | deep | 9.1 | 3.8 | 5.6 | 7.0 |
//! | multi | 10.5 | 4.4 | 2.5 | 3.0 |
//! | open | 2.7 | 1.8 | 1.9 | 4.1 |
//! | own | 3.3 | 3.7 | 4.3 | 6.5 |
//! | phase2 | 2.7 | 4.2 | 3.3 | 6.0 |
//! | prio | 2.2 | 3.9 | 4.6 | 3.8 |
//! | ps | 5.7 | 6.0 | 5.1 | 5.7 |
//! | regime | 17.3 | 4.8 | 3.7 | 2.6 |
//! | all | 4.4 | 2.6 | 2.8 | 4.2 |
//!
//! Of these models and 425 random variations of them (the example `variations` there), throughputs of services are off by
//! 0.6 % at the median, 4.1 % at 90 % and 10.6 % at 99 %; holding times of operations by 0.7, 6.9 and 24 %. Worst are low
//! priorities that nearly starve beside closed loads, and customers who call again at once while their last request is in its
//! second phase, of which the waits are too short: 7 % of the throughput of five users of one server.
//!
//! Worst percentiles are medians of requests of many calls through several pools (regime, multi), whose waits depend on each other in
//! more ways than [`passage`] has.
//!
//! # Replicas
//! One of alike copies is solved ([`replicas`]): the cost does not depend on their number, and the solution is that of the
//! replicas written out one by one, to rounding, or over fixed connections within 0.2 % (property tests). Beside
//! simulation, two services of four replicas on four machines are off by (greatest of each; example `replication` of
//! `tracecast-experiment`): throughput of users 6 % where replicas are chosen at random, 8 % in turn, 19 % by the fewest
//! requests; response times at open loads 22, 41 and 119 %, most close to saturation of the threads, or where requests
//! in turn come to a machine twice. Fixed connections to or from services whose threads never run out, other than
//! from users, count as free ones.
//!
//! # What it takes
//! A few microseconds per call and round, in some ten rounds; growth with the number of calls is linear
//! (`solver/examples/growth.svg`, drawn by the example `growth`). From the solution of a similar system ([`warm`]) it
//! takes half the rounds.

mod absence;
mod anderson;
mod body;
mod build;
mod circulation;
mod contention;
mod exact;
mod flow;
mod interlock;
mod join;
mod level;
mod met;
mod network;
mod occupancy;
mod own;
mod passage;
mod pools;
mod queued;
mod replicas;
mod report;
mod returns;
mod saturation;
mod solve;
mod tail;
mod threads;
mod waiting;
mod warm;

use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, Status, System};

use crate::moments::Moments;
use network::Source;
use solve::solve;

pub(crate) use warm::Fixed;

/// Solves and reports; begins where the solution of a similar system ended, if one is given.
pub(crate) fn predict(
    method: &str,
    system: &System,
    start: Option<&Fixed>,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<(Prediction, Option<Fixed>), PredictError> {
    let network = build::build(system)?;
    let mut prediction = Prediction::new(crate::ENGINE, method);
    if let Some(limit) = saturation::of_resources(system)? {
        saturation::report(&limit, system, &mut prediction);
        return Ok((prediction, None));
    }
    let start = start.and_then(|fixed| fixed.start(&network));
    let (state, anderson, ending) = solve(&network, start, options, control);
    let runaway = ending.runaway.map(|station| saturation::of_station(&network, station));
    match runaway.or_else(|| saturation::of_stations(&network, &state)) {
        Some(overload) => {
            saturation::report(&overload, system, &mut prediction);
            Ok((prediction, None))
        }
        None => {
            report::fill(&network, &state, ending, &mut prediction);
            Ok((prediction, Some(Fixed::new(&network, state, anderson))))
        }
    }
}

/// One request of a closed workload.
pub(crate) struct ClosedRequest {
    /// Its response time.
    pub(crate) duration: Moments,
    pub(crate) status: Status,
    pub(crate) iterations: u32,
}

/// Solves a system whose only workload is closed, for the response time.
pub(crate) fn closed_request(
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<ClosedRequest, PredictError> {
    let network = build::build(system)?;
    let (state, _, ending) = solve(&network, None, options, control);
    let group = network.groups.iter().find(|group| matches!(group.source, Source::Closed { .. }));
    let duration = group.map_or(Moments::ZERO, |group| state.request(&network, group));
    Ok(ClosedRequest { duration, status: ending.status, iterations: ending.iterations })
}
