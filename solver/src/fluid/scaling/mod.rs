//! Replicas that come and go: the control loops of autoscalers, which see mean numbers.
//!
//! The policies are those of the model, called at the times that they name. What they are shown is the fluid's: counts at an
//! instant are rounded to whole requests, since a control plane sees no parts of one, and means over windows are those of
//! the means. In between, the number of replicas is a constant of the equations.

mod lives;
mod measure;
pub(crate) mod notes;
mod phases;

use tracecast_model::autoscaling::{Delay, DelayKind, Memory, Quantity, Signal};
use tracecast_model::{Autoscaler, PredictError, Replicas, ScalingEvent, Series, Service};

use super::integrate::{Change, Event};
use super::rates::Equations;
use lives::Lives;
pub(crate) use phases::Phases;

/// Changes that are kept to be told, as in simulations.
const MOST_EVENTS: usize = 10_000;

/// Evaluations after which a run has lasted too long.
const MOST_EVALUATIONS: usize = 200_000;

/// All services whose replicas come and go.
pub(crate) struct Scaling<'a> {
    services: Vec<Elastic<'a>>,
    /// What the policies have done so far.
    pub(crate) events: Vec<ScalingEvent>,
    evaluations: usize,
}

/// A service whose replicas come and go.
struct Elastic<'a> {
    description: &'a Service,
    autoscaler: &'a Autoscaler,
    signals: Vec<Figure>,
    memory: Memory,
    /// When the policy looks next (s).
    next: f64,
    /// Replicas asked for.
    wanted: u32,
    evaluated_at: f64,
    lives: Lives,
    /// When those that stop must be through with their work (s).
    grace: Option<f64>,
}

/// A figure that a policy looks at.
struct Figure {
    signal: Signal,
    quantity: Quantity,
    /// Place of the service that it is of.
    service: usize,
}

impl<'a> Scaling<'a> {
    /// The replicas of the start, with clocks in the phases of one run.
    pub(crate) fn new(equations: &Equations<'a>, phases: &Phases, run: usize) -> Result<Self, PredictError> {
        let system = equations.network.system;
        let mut services = Vec::new();
        for (place, &number) in equations.network.elastic.iter().enumerate() {
            let description = &system.services[number];
            let Some(autoscaler) = &description.autoscaler else { continue };
            let phase = phases.of(place, run);
            let mut signals = Vec::new();
            for signal in autoscaler.signals() {
                let figure = signal.parse().and_then(|(name, quantity)| {
                    let service = match name {
                        None => number,
                        Some(name) => system.services.iter().position(|service| service.name == name)?,
                    };
                    Some((quantity, service))
                });
                let (quantity, service) = figure.ok_or_else(|| {
                    let element = format!("service \"{}\"", description.name);
                    crate::unsupported(format!("metric \"{}\"", signal.metric), element)
                })?;
                if matches!(quantity, Quantity::Responses | Quantity::ResponseSeconds) {
                    let element = format!("service \"{}\"", description.name);
                    return Err(crate::unsupported("an autoscaler that looks at response times", element));
                }
                signals.push(Figure { signal, quantity, service });
            }
            services.push(Elastic {
                description,
                autoscaler,
                signals,
                memory: autoscaler.start(phase),
                next: autoscaler.first_evaluation(phase),
                wanted: description.replicas,
                evaluated_at: 0.0,
                lives: Lives::new(description.replicas),
                grace: None,
            });
        }
        let scaling = Self { services, events: Vec::new(), evaluations: 0 };
        (0..scaling.services.len()).try_for_each(|place| scaling.refuse_none(place))?;
        Ok(scaling)
    }

    /// When something happens next (s); infinite for never.
    pub(crate) fn next(&self) -> f64 {
        let of = |elastic: &Elastic<'_>| {
            elastic.next.min(elastic.lives.next_opening()).min(elastic.grace.unwrap_or(f64::INFINITY))
        };
        self.services.iter().map(of).fold(f64::INFINITY, f64::min)
    }

    /// Has it lasted too long?
    pub(crate) fn is_too_long(&self) -> bool {
        self.evaluations >= MOST_EVALUATIONS
    }

    /// Does all that happens at a time; `curve` has all sums at the times until then.
    pub(crate) fn act(
        &mut self,
        time: f64,
        equations: &Equations<'_>,
        y: &mut [f64],
        curve: &[(f64, Vec<f64>)],
    ) -> Result<(), PredictError> {
        for place in 0..self.services.len() {
            self.services[place].lives.open(time);
            self.apply(place, time, equations, y)?;
            if self.services[place].grace.is_some_and(|grace| grace <= time) {
                self.services[place].grace = None;
                self.refuse_unfinished(place, equations, y)?;
            }
        }
        for place in 0..self.services.len() {
            if self.services[place].next <= time {
                self.evaluate(place, time, equations, y, curve);
                self.apply(place, time, equations, y)?;
            }
        }
        Ok(())
    }

    /// A policy looks at its service, and changes the number of replicas.
    fn evaluate(
        &mut self,
        place: usize,
        time: f64,
        equations: &Equations<'_>,
        y: &[f64],
        curve: &[(f64, Vec<f64>)],
    ) {
        self.evaluations += 1;
        let observation = self.observe(place, time, equations, y, curve);
        let elastic = &mut self.services[place];
        let decision = elastic.autoscaler.decide(&observation, &mut elastic.memory);
        let interval = time - std::mem::replace(&mut elastic.evaluated_at, time);
        elastic.next = elastic.autoscaler.next_evaluation(time, &elastic.memory).max(time);
        let before = elastic.wanted;
        elastic.wanted = decision.replicas.min(elastic.description.most_replicas());
        let start_up = elastic.description.start_up.mean();
        let started = elastic.lives.adjust(elastic.wanted, time, start_up);
        if elastic.wanted == before || self.events.len() >= MOST_EVENTS {
            return;
        }
        let reason = decision.to_string();
        let mut delays = decision.delays;
        if delays.is_empty() && !elastic.autoscaler.signals().is_empty() {
            delays.push(Delay { kind: DelayKind::Interval, seconds: interval });
        }
        if started > 0 {
            let parts = elastic.description.start_up.parts().into_iter();
            delays.extend(parts.map(|(kind, part)| Delay { kind, seconds: part.mean() }));
        }
        let service = elastic.description.name.clone();
        self.events.push(ScalingEvent { time, service, from: before, to: elastic.wanted, reason, delays });
    }

    /// Gives the equations the replicas that take requests.
    fn apply(
        &mut self,
        place: usize,
        time: f64,
        equations: &Equations<'_>,
        y: &mut [f64],
    ) -> Result<(), PredictError> {
        let elastic = &mut self.services[place];
        elastic.lives.note(time);
        let ready = f64::from(elastic.lives.ready());
        let before = equations.ready()[place];
        if ready == before {
            return Ok(());
        }
        equations.set_ready(y, place, ready);
        if let (true, Some(grace)) = (ready < before, elastic.description.grace_period) {
            elastic.grace = Some(time + grace);
        }
        self.refuse_none(place)
    }

    /// Where threads are unlimited, there is nothing at which requests could wait for a replica.
    fn refuse_none(&self, place: usize) -> Result<(), PredictError> {
        let elastic = &self.services[place];
        if elastic.lives.ready() > 0 || !elastic.description.concurrency.is_infinite() {
            return Ok(());
        }
        let what = "no replica of a service with unlimited threads (limit its concurrency, or simulate)";
        Err(crate::unsupported(what, format!("service \"{}\"", elastic.description.name)))
    }

    fn refuse_unfinished(
        &self,
        place: usize,
        equations: &Equations<'_>,
        y: &[f64],
    ) -> Result<(), PredictError> {
        /// Replicas with work, on average, that do not count.
        const FEW: f64 = 0.01;
        if y[equations.layout.stopping(place)] < FEW {
            return Ok(());
        }
        let what = "work that a grace period cuts off (leave the grace period out, or simulate)";
        Err(crate::unsupported(what, format!("service \"{}\"", self.services[place].description.name)))
    }

    /// Every change of the replicas that take requests, and their number at the start.
    pub(crate) fn changes(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (elastic, service) in self.services.iter().enumerate() {
            events.extend(service.lives.counts().iter().map(|count| Event {
                time: count.time,
                change: Change::Ready { elastic, replicas: f64::from(count.ready) },
            }));
        }
        events
    }

    /// Replicas of a service over a time from the start; none where they stay as they are.
    pub(crate) fn replicas(&self, service: &str, time: f64) -> Option<Replicas> {
        let elastic = self.services.iter().find(|elastic| elastic.description.name == service)?;
        Some(elastic.lives.over(time))
    }

    /// Adds the replicas that take requests to a table that ends at a time (s): means over its bins.
    pub(crate) fn add_columns(&self, equations: &Equations<'_>, table: &mut Series, end: f64) {
        for (elastic, &service) in self.services.iter().zip(&equations.network.elastic) {
            let ends = table.time.iter().skip(1).copied().chain([end]);
            let mean = |(begin, end): (f64, f64)| {
                let area = elastic.lives.areas(end).0 - elastic.lives.areas(begin).0;
                (end > begin).then(|| area / (end - begin))
            };
            let column = table.time.iter().copied().zip(ends).map(mean).collect();
            let name = &equations.network.system.services[service].name;
            table.columns.insert(format!("{name}.replicas"), column);
        }
    }
}
