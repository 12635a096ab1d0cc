//! Clients of workloads who give up after a timeout and try again.
//!
//! The equations know attempts only: who gives up does not stop the callee, and a further attempt is a request like any other.
//! Time goes by steps of a part of the timeout; in each of them the rate of retries is a constant, which follows from what
//! became of the attempts before. Attempts of one step are a [cohort], of which a part is answered in time. That the
//! number of answers until its own has, on average, the number of attempts present as its mean, is Little's law. Its variance is that
//! of the number present less its mean, over all in order of arrival (Haji and Newell 1971, *Journal of Applied Probability* 8;
//! Keilson and Servi 1988, *Operations Research Letters* 7): exact for M/M/1. Where all work is on its own it is at least that of the
//! work itself, which is exact for M/G/∞.
//!
//! A system that overload keeps in overload is metastable (Bronson et al. 2021, *Metastable failures in distributed systems*,
//! HotOS); whether it comes back is a matter of mean numbers, so that the equations tell.

mod client;
mod cohort;
mod counted;
mod gamma;
pub(crate) mod notes;
mod own;

use tracecast_model::{Series, Workload};

use super::rates::Equations;
use client::{Client, Step};
pub(crate) use counted::{Counted, Figure};

/// Steps of time for each timeout.
const STEPS: f64 = 32.0;

/// All clients who give up.
pub(crate) struct Attempts<'a> {
    /// By class; none where clients wait for ever.
    clients: Vec<Option<Client<'a>>>,
    /// Length of a step (s).
    step: f64,
    /// Steps that are over.
    number: u64,
    /// Until when all is counted (s).
    time: f64,
    /// At the end of each step: by class.
    curve: Vec<(f64, Vec<Counted>)>,
}

impl<'a> Attempts<'a> {
    /// Nobody yet.
    pub(crate) fn new(equations: &Equations<'a>) -> Self {
        let network = equations.network;
        let clients = network.classes.iter().map(|class| {
            let workload = &network.system.workloads[class.workload];
            let (name, _) = workload.shares().next()?;
            let own = own::of(network.system, &network.index, network.index.operation(name)?);
            Client::new(&workload.load, workload.resilience.as_ref()?, own)
        });
        let clients: Vec<Option<Client<'a>>> = clients.collect();
        let shortest = clients.iter().flatten().map(Client::timeout).fold(f64::INFINITY, f64::min);
        let curve = vec![(0.0, vec![Counted::default(); clients.len()])];
        Self { clients, step: shortest / STEPS, number: 0, time: 0.0, curve }
    }

    /// Does a class have such clients?
    pub(crate) fn has(&self, class: usize) -> bool {
        self.clients[class].is_some()
    }

    /// When the present step ends (s); infinite without such clients.
    pub(crate) fn next(&self) -> f64 {
        // A multiple, not a sum, so that errors do not add up.
        self.step * (self.number + 1) as f64
    }

    /// Ends a step, or at the end of all time a part of one.
    pub(crate) fn act(&mut self, time: f64, equations: &Equations<'_>, y: &[f64]) {
        if time <= self.time || self.step.is_infinite() {
            return;
        }
        for (class, client) in self.clients.iter_mut().enumerate() {
            let Some(client) = client else { continue };
            let own = client.own.variance(|service| equations.pace(service));
            let step = Step { from: self.time, to: time, whole: self.step };
            client.step(step, equations.present_clients(y, class), own);
            equations.set_retries(class, client.next_retries() / self.step);
        }
        self.time = time;
        self.number += 1;
        let counted =
            self.clients.iter().map(|client| client.as_ref().map_or_else(Counted::default, |c| c.counted));
        self.curve.push((time, counted.collect()));
    }

    /// Requests of a class that are neither answered nor given up; 0 where clients wait for ever.
    pub(crate) fn open(&self, class: usize) -> f64 {
        self.clients[class].as_ref().map_or(0.0, |client| client.counted.in_flight())
    }

    /// What had been counted by a time (s), by class; none where clients wait for ever.
    pub(crate) fn counted(&self, time: f64) -> Vec<Option<Counted>> {
        let after = self.curve.partition_point(|(at, _)| *at < time).min(self.curve.len() - 1);
        let (begin, before) = &self.curve[after.saturating_sub(1)];
        let (end, then) = &self.curve[after];
        let part = if end > begin { ((time - begin) / (end - begin)).clamp(0.0, 1.0) } else { 1.0 };
        let between = |class: usize| before[class].towards(&then[class], part);
        let clients = self.clients.iter().enumerate();
        clients.map(|(class, client)| client.is_some().then(|| between(class))).collect()
    }

    /// Puts what clients see of their requests into a table that ends at a time (s), in place of what becomes of attempts.
    pub(crate) fn add_columns(&self, equations: &Equations<'_>, table: &mut Series, end: f64) {
        let ends = table.time.iter().copied().chain([end]);
        let rows: Vec<(f64, Vec<Option<Counted>>)> = ends.map(|time| (time, self.counted(time))).collect();
        for class in (0..self.clients.len()).filter(|&class| self.has(class)) {
            let workload = &equations.network.system.workloads[equations.network.classes[class].workload];
            let mut add = |name: &str, value: &dyn Fn(f64, Counted, Counted) -> Option<f64>| {
                let column = rows.windows(2).map(|pair| {
                    let (Some(before), Some(after)) = (pair[0].1[class], pair[1].1[class]) else {
                        return None;
                    };
                    let width = pair[1].0 - pair[0].0;
                    (width > 0.0).then(|| value(width, before, after)).flatten()
                });
                table.columns.insert(name.to_owned(), column.collect());
            };
            let more = |figure: Figure, before: Counted, after: Counted| after.of(figure) - before.of(figure);
            let rate = |figure: Figure| {
                move |width: f64, before: Counted, after: Counted| Some(more(figure, before, after) / width)
            };
            let name = &workload.name;
            add(&format!("{name}.throughput"), &rate(Figure::Completed));
            add(&format!("{name}.response_time"), &|_, before, after| {
                let completed = more(Figure::Completed, before, after);
                (completed > 1e-6).then(|| more(Figure::Response, before, after) / completed)
            });
            add(&format!("{name}.in_flight"), &|_, before, after| {
                Some(0.5 * (before.in_flight() + after.in_flight()))
            });
            add(&format!("{name}.arrivals"), &rate(Figure::Started));
            add(&format!("{name}.failed"), &rate(Figure::Failed));
            if workload.resilience.as_ref().is_some_and(|policy| policy.retry.is_some()) {
                add(&format!("{}.retries", call(workload)), &rate(Figure::Retries));
            }
        }
    }
}

/// The name of what such clients ask for, as a call.
pub(crate) fn call(workload: &Workload) -> String {
    let asked = workload.shares().next().map_or_else(String::new, |(operation, _)| operation.to_string());
    format!("{} -> {asked}", workload.name)
}
