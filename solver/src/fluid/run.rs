//! One run from the start to the end of all loads.

use indexmap::IndexMap;
use tracecast_model::{EngineOptions, PredictError, Replicas, RunControl, ScalingEvent, Series, Status};

use super::attempts::Attempts;
use super::drain::Watch;
use super::events;
use super::integrate::{self, Step};
use super::rates::Equations;
use super::report::Outcome;
use super::scaling::{Phases, Scaling};
use super::series::Recorder;

/// What a run has found.
pub(crate) struct Run {
    pub(crate) status: Status,
    /// Steps of the integration.
    pub(crate) steps: u64,
    pub(crate) outcome: Outcome,
    pub(crate) series: Option<Series>,
    /// What autoscalers did.
    pub(crate) scaling: Vec<ScalingEvent>,
    /// By service, where replicas come and go.
    pub(crate) replicas: IndexMap<String, Replicas>,
}

/// Follows the equations with the clocks of autoscalers in the phases of one run.
pub(crate) fn run(
    equations: &Equations<'_>,
    phases: &Phases,
    number: usize,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Run, PredictError> {
    let network = equations.network;
    let system = network.system;
    let mut found = Run {
        status: Status::Converged,
        steps: 0,
        outcome: Outcome::default(),
        series: None,
        scaling: Vec::new(),
        replicas: IndexMap::new(),
    };
    let mut scaling = Scaling::new(equations, phases, number)?;
    let mut attempts = Attempts::new(equations);
    let mut y = vec![0.0; equations.layout.len()];
    equations.start(&mut y);
    let sums = equations.layout.replies(0);
    if let Some(warm_up) = options.warm_up.filter(|warm_up| *warm_up > 0.0) {
        let (status, more) =
            integrate::follow(equations, &mut y, (-warm_up, 0.0), &[], control, &mut |_| false);
        found.status = status;
        found.steps += more;
        y[sums..].fill(0.0);
    }
    let mut jumps = events::of_loads(system);
    jumps.extend(events::of_faults(system));
    let finite = |&class: &usize| system.workloads[network.classes[class].workload].load.is_finite();
    let watch = |class| Watch::new(equations, class, &y, attempts.has(class));
    let mut watches: Vec<Watch> = (0..network.classes.len()).filter(finite).map(watch).collect();
    let mut recorder = options.series_bin.map(|bin| Recorder::new(bin, equations, &y));
    let mut curve = vec![(0.0, y[sums..].to_vec())];
    let to = options.until.unwrap_or(f64::INFINITY);
    let mut now = 0.0;
    while found.status == Status::Converged && now < to {
        let next = scaling.next().min(attempts.next()).min(to);
        if next > now {
            let mut enough = false;
            let mut look = |mut step: Step<'_>| {
                if let Some(recorder) = &mut recorder {
                    recorder.look(equations, &mut step);
                }
                for watch in &mut watches {
                    watch.look(equations, step.time, step.now, attempts.open(watch.class));
                }
                curve.push((step.time, step.now[sums..].to_vec()));
                enough = !watches.is_empty() && watches.iter().all(|watch| watch.is_done);
                enough
            };
            let (status, more) =
                integrate::follow(equations, &mut y, (now, next), &jumps, control, &mut look);
            found.status = status;
            found.steps += more;
            now = next;
            if enough {
                break;
            }
        }
        if now >= attempts.next() {
            attempts.act(now, equations, &y);
        }
        if now < to && now >= scaling.next() && found.status == Status::Converged {
            scaling.act(now, equations, &mut y, &curve)?;
        }
        // Where no replica ever starts, requests wait for ever.
        if scaling.is_too_long() || now.is_infinite() {
            found.status = Status::IterationLimit;
        }
    }
    if found.status != Status::Converged {
        return Ok(found);
    }
    let stopped = curve.last().map_or(0.0, |(time, _)| *time);
    attempts.act(stopped, equations, &y);
    let mut events = jumps;
    events.extend(scaling.changes());
    let mut ends = vec![None; network.classes.len()];
    for watch in watches.iter().filter(|watch| watch.is_done) {
        ends[watch.class] = Some(watch.end(equations, &events, control));
    }
    let all_done = watches.iter().all(|watch| watch.is_done) && !watches.is_empty();
    let end = ends.iter().flatten().copied().reduce(f64::max);
    let time = end.filter(|_| all_done).unwrap_or(stopped);
    // Where others go on, what counts is what has happened until then.
    let counted = if all_done && watches.len() == network.classes.len() { stopped } else { time };
    let curve_of_replies = replies(&curve, network.classes.len());
    let totals = totals(&curve, counted, sums);
    let clients = attempts.counted(counted);
    found.outcome = Outcome { time, totals, ends, curve: curve_of_replies, clients };
    if let Some(mut recorder) = recorder {
        recorder.finish(equations, stopped, &y);
        let mut table = recorder.table(equations);
        attempts.add_columns(equations, &mut table, stopped);
        scaling.add_columns(equations, &mut table, stopped);
        found.series = Some(table);
    }
    for service in &system.services {
        let replicas = scaling.replicas(&service.name, time);
        found.replicas.extend(replicas.map(|replicas| (service.name.clone(), replicas)));
    }
    found.scaling = scaling.events;
    Ok(found)
}

fn replies(curve: &[(f64, Vec<f64>)], classes: usize) -> Vec<(f64, Vec<f64>)> {
    curve.iter().map(|(time, sums)| (*time, sums[..classes].to_vec())).collect()
}

/// All sums at a time, in their places in the vector of the equations.
fn totals(curve: &[(f64, Vec<f64>)], time: f64, sums: usize) -> Vec<f64> {
    let after = curve.partition_point(|(at, _)| *at < time).min(curve.len() - 1);
    let (before, (end, high)) = (&curve[after.saturating_sub(1)], &curve[after]);
    let along = if *end > before.0 { ((time - before.0) / (end - before.0)).clamp(0.0, 1.0) } else { 1.0 };
    let between = before.1.iter().zip(high).map(|(low, high)| low + along * (high - low));
    std::iter::repeat_n(0.0, sums).chain(between).collect()
}
