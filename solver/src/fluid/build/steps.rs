//! Steps of operations as nodes and stages.

use tracecast_model::{
    Activity, Call, CallCount, CallKind, CallOrder, Distribution, Multiplicity, OperationId, PredictError,
    Step,
};

use super::{Builder, UNROLLED};
use crate::fluid::network::Population;
use crate::fluid::paths::Node;

impl Builder<'_> {
    /// Compiles steps; `ends` is what follows them where the reply is still to be given, and where it has been.
    pub(super) fn sequence(
        &mut self,
        population: usize,
        steps: &[Step],
        late: bool,
        ends: [usize; 2],
    ) -> Result<usize, PredictError> {
        let Some((step, rest)) = steps.split_first() else { return Ok(ends[usize::from(late)]) };
        let name = |builder: &Self| {
            let operation = builder.network.populations[population].operation;
            format!("operation \"{}\"", builder.network.index.name(builder.network.system, operation))
        };
        match step {
            Step::Activity(activity) => {
                let next = self.sequence(population, rest, late, ends)?;
                self.activity(population, activity, late, next)
            }
            Step::Reply(_) => {
                let next = self.sequence(population, rest, true, ends)?;
                Ok(self.node(Node::Reply { population, next }))
            }
            Step::Choice(choice) => {
                let before = self.sequence(population, rest, late, ends)?;
                let replies = !late && step.any(&|inner| matches!(inner, Step::Reply(_)));
                let after = if replies { self.sequence(population, rest, true, ends)? } else { before };
                let mut branches = Vec::new();
                for branch in &choice.branches {
                    let node = self.sequence(population, &branch.steps, late, [before, after])?;
                    branches.push((branch.probability, node));
                }
                let left = 1.0 - branches.iter().map(|(probability, _)| probability).sum::<f64>();
                if left > 1e-12 {
                    branches.push((left, before));
                }
                Ok(self.node(Node::Branch(branches)))
            }
            Step::Loop(repeated) => {
                let next = self.sequence(population, rest, late, ends)?;
                self.repeat(repeated.count, repeated.mean, next, &mut |builder, next| {
                    builder.sequence(population, &repeated.steps, late, [next, next])
                })
            }
            Step::Fork(_) => Err(crate::unsupported("a fork in the fluid solution", name(self))),
        }
    }

    /// Something that is done again and again before `next`.
    fn repeat(
        &mut self,
        count: CallCount,
        mean: f64,
        next: usize,
        body: &mut dyn FnMut(&mut Self, usize) -> Result<usize, PredictError>,
    ) -> Result<usize, PredictError> {
        if mean == 0.0 {
            return Ok(next);
        }
        if count == CallCount::Geometric || mean > UNROLLED {
            let head = self.node(Node::Nothing);
            let again = body(self, head)?;
            let probability = mean / (1.0 + mean);
            self.programs.nodes[head] = Node::Branch(vec![(probability, again), (1.0 - probability, next)]);
            return Ok(head);
        }
        let mut node = next;
        if mean.fract() > 1e-9 {
            let once = body(self, next)?;
            node = self.node(Node::Branch(vec![(mean.fract(), once), (1.0 - mean.fract(), next)]));
        }
        for _ in 0..mean.trunc() as usize {
            node = body(self, node)?;
        }
        Ok(node)
    }

    fn activity(
        &mut self,
        population: usize,
        activity: &Activity,
        late: bool,
        next: usize,
    ) -> Result<usize, PredictError> {
        let slices = 1.0 + activity.calls_mean();
        let slice = activity.demand.scaled(1.0 / slices);
        let mut node;
        if activity.call_order == CallOrder::Random && activity.calls.len() > 1 {
            let head = self.node(Node::Nothing);
            node = self.slice(population, &slice, late, head);
            let mut branches = vec![(1.0 / slices, next)];
            for call in &activity.calls {
                branches.push((call.mean / slices, self.call(population, call, late, node)?));
            }
            self.programs.nodes[head] = Node::Branch(branches);
        } else {
            node = next;
            for (place, call) in activity.calls.iter().enumerate().rev() {
                let last = place + 1 == activity.calls.len();
                debug_assert!(!last || node == next);
                node = self.repeat(call.count, call.mean, node, &mut |builder, next| {
                    let work = builder.slice(population, &slice, late, next);
                    builder.call(population, call, late, work)
                })?;
            }
            node = self.slice(population, &slice, late, node);
        }
        if !activity.delay.is_zero() {
            let stage = self.timed(Some(population), &activity.delay, node);
            node = self.enter(population, stage, late);
        }
        Ok(node)
    }

    /// One slice of work.
    fn slice(&mut self, population: usize, demand: &Distribution, late: bool, next: usize) -> usize {
        if demand.is_zero() {
            return next;
        }
        let operation = self.network.populations[population].operation;
        let id = self.network.index.service_of(operation);
        let service = &self.network.system.services[id.0];
        let host = self.network.index.host_of(id).0;
        let description = &self.network.system.hosts[host];
        let mut speed = description.speed;
        let one_thread = service.concurrency == Multiplicity::Finite(1);
        if let (true, Some(limit)) = (one_thread, service.cpu_limit) {
            speed *= limit.min(1.0);
        }
        let stage = self.timed(Some(population), &demand.scaled(1.0 / speed), next);
        let host_station = self.host_station(id);
        let limit = self.limit_station(id);
        for station in host_station.into_iter().chain(limit) {
            self.network.stations[station].stages.push(stage);
        }
        let compiled = &mut self.network.stages[stage];
        compiled.host = host_station;
        compiled.limit = limit;
        compiled.works_on = Some(host);
        self.enter(population, stage, late)
    }

    fn call(
        &mut self,
        population: usize,
        call: &Call,
        late: bool,
        next: usize,
    ) -> Result<usize, PredictError> {
        let Population { class, generation, .. } = self.network.populations[population];
        // Validation has resolved every callee.
        let operation = self.network.index.operation(&call.to).unwrap_or(OperationId(0));
        let to = self.population(class, generation, operation)?;
        let latency = (!call.latency.is_zero()).then_some(&call.latency);
        match call.kind {
            CallKind::Asynchronous => {
                self.network.populations[to].messages = true;
                let arrival = self.node(Node::Enter { to });
                let way = match latency {
                    Some(latency) => {
                        let stage = self.timed(None, latency, arrival);
                        self.node(Node::Stage(stage))
                    }
                    None => arrival,
                };
                Ok(self.node(Node::Send { way, next }))
            }
            CallKind::Synchronous => {
                let wait = self.stage(Some(population), None, next);
                if late {
                    self.network.populations[population].late.push(wait);
                }
                self.network.populations[to].callers.push(wait);
                let node = self.node(Node::Call { to, wait });
                let Some(latency) = latency else { return Ok(node) };
                let stage = self.timed(Some(population), latency, node);
                Ok(self.enter(population, stage, late))
            }
        }
    }

    fn enter(&mut self, population: usize, stage: usize, late: bool) -> usize {
        if late {
            self.network.populations[population].late.push(stage);
        }
        self.node(Node::Stage(stage))
    }
}
