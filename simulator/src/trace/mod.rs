//! Requests recorded one by one.
//!
//! One run is recorded: the first replication of the prediction with the same options. Loads that end are recorded from
//! their beginning. Otherwise the recording begins after `EngineOptions::warm_up`, or where that is absent, when every
//! workload has had [`WARM_UP`] requests done (and ten for each user of a closed load), but not later than at a quarter of
//! `EngineOptions::until`. It ends when as many requests as asked for have begun and all of them have ended, or at `until`.
//!
//! # What a recorded server does
//! Its span begins when the request gets a thread, since handlers are instrumented, and not the queues in front of them;
//! it ends with the reply. So where a service has few threads, the wait for one shows on the caller's side alone, between
//! the client's and the server's span; of a request from outside it does not show in the spans. Likewise a message's wait
//! in a queue is what lies between the producer's and the consumer's span.

mod recorder;
mod recording;
#[cfg(test)]
mod tests;

use tracecast_model::{EngineOptions, PredictError, RunControl, System, Warning};

pub use recording::{Recording, RequestRecord, Side, SpanRecord, TraceOptions};

use crate::engine::{self, Simulation};
use crate::program::{LoadPlan, Program};
use crate::report;
use crate::run::{Limits, Run, Stop, Watch};
use crate::steady;
use recorder::Recorder;

/// Requests of each workload that are done before the recording of endless loads begins.
const WARM_UP: f64 = 2000.0;
/// Requests of each user of a closed load in that time.
const WARM_UP_OF_USER: f64 = 10.0;
/// Part of a given time that the warm-up takes at most.
const MOST_WARM_UP: f64 = 0.25;
/// Events between two looks at how far it is.
const STEP: u64 = 1024;
/// Visits in progress at most: about 200 MB.
const MOST_VISITS: usize = 2_000_000;

impl Simulation {
    /// Simulates a system and records single requests, with what they caused at every service.
    ///
    /// # Errors
    /// What cannot be tried: see [`Engine::predict`](tracecast_model::Engine::predict).
    pub fn trace(
        &self,
        system: &System,
        options: &EngineOptions,
        what: &TraceOptions,
        control: &RunControl<'_>,
    ) -> Result<Recording, PredictError> {
        PredictError::check(system, options)?;
        let system = &*system.on_network();
        let program = engine::compile(system)?;
        engine::require_plain_calls(&program, "recording of requests")?;
        let ends = program.sources.iter().any(|source| source.load.is_finite());
        let endless = program.sources.iter().any(|source| !source.load.is_finite());
        if !ends {
            steady::check_warm_up(options)?;
        }
        let origin = if ends && endless { options.warm_up.unwrap_or(0.0) } else { 0.0 };
        let watch = Watch::new(*control, 0);
        let mut session = Session {
            run: Run::with_probe(&program, options.seed, 0, origin, Recorder::new(&program)),
            watch: &watch,
            most_events: options.max_events,
        };
        let warmed = if ends { session.play(origin, |_| false) } else { session.warm_up(&program, options) };
        let from = session.run.now();
        let mut stop = warmed;
        if matches!(warmed, None | Some(Stop::Time)) {
            session.run.probe_mut().switch_on(what.requests);
            let until =
                options.until.map_or(f64::INFINITY, |until| if ends { origin + until } else { until });
            let most = what.requests.max(1) as f64;
            stop = session.play(until, |run| {
                let recorder = run.probe();
                control.report(recorder.requests.len() as f64 / most);
                recorder.is_full() && recorder.open == 0
            });
        }
        Ok(session.finish(from, stop))
    }
}

/// A run that is recorded.
struct Session<'p, 'w> {
    run: Run<'p, Recorder<'p>>,
    watch: &'w Watch<'w>,
    most_events: u64,
}

impl<'p> Session<'p, '_> {
    /// Goes on until that time, or until it is enough; why it stopped, if it was not that.
    fn play(&mut self, until: f64, is_enough: impl Fn(&Run<'p, Recorder<'p>>) -> bool) -> Option<Stop> {
        while !is_enough(&self.run) {
            let events = (self.run.events() + STEP).min(self.most_events);
            let limits = Limits { until, events, visits: MOST_VISITS, watch: self.watch };
            match self.run.advance(&limits) {
                Stop::Events if events < self.most_events => {}
                stop => return Some(stop),
            }
        }
        None
    }

    /// Leaves the beginning of endless loads behind.
    fn warm_up(&mut self, program: &Program, options: &EngineOptions) -> Option<Stop> {
        if let Some(warm_up) = options.warm_up {
            return self.play(warm_up, |_| false);
        }
        let goals: Vec<f64> = program.sources.iter().map(|source| goal(&source.load)).collect();
        let until = options.until.map_or(f64::INFINITY, |until| MOST_WARM_UP * until);
        self.play(until, |run| run.has_completed(&goals))
    }

    fn finish(self, from: f64, stop: Option<Stop>) -> Recording {
        let end = self.run.now();
        let recorder = self.run.into_probe();
        let is_full = recorder.is_full();
        let (requests, spans) = recorder.finish();
        let last = requests.last().map_or(from, |request| request.sent);
        let mut warnings: Vec<Warning> = stop.and_then(reason).into_iter().collect();
        let unfinished = requests.iter().filter(|request| request.ended.is_none()).count();
        if unfinished > 0 {
            let message = format!("{unfinished} of {} recorded requests had not ended", requests.len());
            warnings.push(Warning::new("unfinished-requests", "simulation", message));
        }
        Recording { from, until: if is_full { last } else { end }, requests, spans, warnings }
    }
}

/// Requests that a workload has to have done before the recording.
fn goal(load: &LoadPlan) -> f64 {
    match load {
        LoadPlan::Closed { population, .. } => WARM_UP.max(WARM_UP_OF_USER * f64::from(*population)),
        _ => WARM_UP,
    }
}

/// Why a recording is not as asked for.
fn reason(stop: Stop) -> Option<Warning> {
    let (code, message) = match stop {
        Stop::Time | Stop::Finished => return None,
        Stop::Stuck => return Some(report::deadlock()),
        Stop::Events => ("event-limit", "the events ran out before the end of the recording; allow more"),
        Stop::Crowded => {
            ("saturated", "the number of requests in progress grows beyond what can be simulated")
        }
        Stop::Expired => ("time-limit", "the time given was over before the end of the recording"),
        Stop::Cancelled => ("cancelled", "the recording was cancelled"),
    };
    Some(Warning::new(code, "simulation", message))
}
