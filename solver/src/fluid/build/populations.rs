//! Populations: the requests of a workload to an operation.

use tracecast_model::{CallKind, Distribution, OperationId, PredictError, Step};

use super::{Builder, ENTRY, LONG_ENTRY};
use crate::fluid::network::{Population, Stage};
use crate::fluid::paths::Node;

impl Builder<'_> {
    /// Seconds that an operation takes without contention; ends, since validation refuses cycles.
    pub(super) fn nominal(&mut self, operation: OperationId) -> f64 {
        if let Some(known) = self.nominal[operation.0] {
            return known;
        }
        let (_, description) = self.network.index.get(self.network.system, operation);
        let service = self.network.index.service_of(operation);
        let speed = self.network.system.hosts[self.network.index.host_of(service).0].speed;
        let mut sum = 0.0;
        let mut calls = Vec::new();
        description.walk(&mut |element, times| {
            if let tracecast_model::Element::Activity(activity) = element {
                sum += times * (activity.demand.mean() / speed + activity.delay.mean());
                calls.extend(activity.calls.iter().map(|call| (times * call.mean, call)));
            }
        });
        for (times, call) in calls {
            if let (CallKind::Synchronous, Some(to)) = (call.kind, self.network.index.operation(&call.to)) {
                sum += times * (call.latency.mean() + self.nominal(to));
            }
        }
        self.nominal[operation.0] = Some(sum);
        sum
    }

    /// A place for threads that have nothing to do before their first call. Where every stage is passed once, its time is
    /// taken from the longest work, so that the whole stays as it is, and it can be long enough to be followed easily.
    fn entry(&mut self, population: usize, next: usize) -> usize {
        let operation = self.network.populations[population].operation;
        let (_, description) = self.network.index.get(self.network.system, operation);
        let once = description.steps.iter().all(|step| match step {
            Step::Activity(activity) => activity.calls.iter().all(|call| call.mean == 1.0),
            _ => false,
        });
        let nominal = self.nominal(operation);
        let duration = |stage: &Stage| stage.shape.as_ref().map_or(0.0, |shape| 1.0 / shape.mean_rate());
        let own = self.network.populations[population].stages.iter().copied();
        let longest = own
            .max_by(|&a, &b| duration(&self.network.stages[a]).total_cmp(&duration(&self.network.stages[b])));
        let length = LONG_ENTRY * nominal;
        match longest {
            Some(longest) if once && duration(&self.network.stages[longest]) > 4.0 * length => {
                let stage = self.timed(Some(population), &Distribution::exponential(length), next);
                let rest = 1.0 - length / duration(&self.network.stages[longest]);
                let shortened = &mut self.network.stages[longest];
                if let Some(shape) = &mut shortened.shape {
                    shape.rates.iter_mut().for_each(|rate| *rate /= rest);
                }
                self.network.stages[stage].works_on = self.network.stages[longest].works_on;
                stage
            }
            _ => {
                let length = ENTRY * nominal.max(ENTRY * self.slowest()).max(1e-9);
                self.timed(Some(population), &Distribution::exponential(length), next)
            }
        }
    }

    /// What the slowest operation takes without contention (s).
    fn slowest(&mut self) -> f64 {
        let all = 0..self.network.index.operation_count();
        all.map(|operation| self.nominal(OperationId(operation))).fold(0.0, f64::max)
    }

    pub(super) fn population(
        &mut self,
        class: usize,
        generation: usize,
        operation: OperationId,
    ) -> Result<usize, PredictError> {
        if let Some(&known) = self.known.get(&(class, generation, operation)) {
            return Ok(known);
        }
        let number = self.network.populations.len();
        let id = self.network.index.service_of(operation);
        let pool = self.pool(id);
        if let Some(pool) = pool {
            self.network.stations[pool].populations.push(number);
        }
        self.network.populations.push(Population {
            class,
            generation,
            operation,
            variable: number,
            pool,
            first: None,
            stages: Vec::new(),
            late: Vec::new(),
            callers: Vec::new(),
            messages: false,
        });
        self.programs.populations.push(0);
        self.known.insert((class, generation, operation), number);
        let (_, description) = self.network.index.get(self.network.system, operation);
        let early = self.node(Node::End { population: number, replies: true });
        let late = self.node(Node::End { population: number, replies: false });
        let mut entry = self.sequence(number, &description.steps, false, [early, late])?;
        let begins = matches!(self.programs.nodes[entry], Node::Stage(stage)
            if self.network.stages[stage].shape.is_some());
        let has_stages = !self.network.populations[number].stages.is_empty();
        if !begins && (pool.is_some() || !has_stages) {
            let stage = self.entry(number, entry);
            entry = self.node(Node::Stage(stage));
        }
        if let Node::Stage(stage) = self.programs.nodes[entry]
            && self.network.stages[stage].shape.is_some()
        {
            self.network.populations[number].first = Some(stage);
        }
        self.programs.populations[number] = entry;
        Ok(number)
    }
}
