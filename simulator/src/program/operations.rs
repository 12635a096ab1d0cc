//! Operations as instructions.

use std::collections::VecDeque;

use tracecast_model::{
    Activity, Call, CallCount, CallKind, CallOrder, Choice, Distribution, Fault, FaultEffect, Fork, Forward,
    Index, OnFailure, OperationId, OperationRef, PredictError, Reply, Resilience, Step, System,
};

use super::{CallPlan, Instruction, Landing, Latency, NOBODY, OperationPlan, Program, Target, unsupported};
use crate::sampler::Sampler;

/// Most calls of one activity at one place, or rounds of a loop: the counter of repetitions is 32 bits wide.
const MOST_ROUNDS: f64 = 1e9;

/// Appends the instructions of an operation that runs on cores of the given speed.
pub(super) fn compile(
    program: &mut Program,
    system: &System,
    index: &Index,
    id: OperationId,
    name: &str,
) -> Result<(), PredictError> {
    let (service, operation) = index.get(system, id);
    let strikes = |fault: &Fault| matches!(&fault.effect, FaultEffect::Errors { service: struck, .. } if *struck == service.name);
    let can_fail = operation.error_rate > 0.0 || system.faults.iter().any(strikes);
    let error = can_fail.then(|| program.variate(format!("error of {name}"), Sampler::unit()));
    program.operations.push(OperationPlan {
        service: index.service_of(id).0 as u32,
        start: program.code.len() as u32,
        priority: operation.priority,
        replies: operation.has_step(|step| matches!(step, Step::Reply(_))),
        error,
        error_rate: operation.error_rate,
        action: operation.lock,
    });
    let mut compiler = Compiler {
        program,
        system,
        index,
        name,
        service: index.service_of(id).0,
        priority: service.priority,
        speed: system.hosts[index.host_of(index.service_of(id)).0].speed,
        activities: 0,
        decisions: 0,
        in_loop: false,
        forks: VecDeque::new(),
    };
    compiler.strand(&operation.steps)?;
    while let Some((place, fork)) = compiler.forks.pop_front() {
        compiler.branches(place, fork)?;
    }
    Ok(())
}

struct Compiler<'a> {
    program: &'a mut Program,
    system: &'a System,
    index: &'a Index,
    /// Of the operation.
    name: &'a str,
    /// Its service, and the priority of that.
    service: usize,
    priority: i32,
    /// Of its host.
    speed: f64,
    /// Activities compiled so far, which number the random quantities.
    activities: usize,
    /// The same for choices, loops and forwarding.
    decisions: usize,
    /// Is the strand's counter of repetitions taken by a loop around?
    in_loop: bool,
    /// Forks whose branches are not compiled yet, with their places: branches come behind the steps that start them.
    forks: VecDeque<(usize, &'a Fork)>,
}

impl<'a> Compiler<'a> {
    /// Steps that a strand of its own plays.
    fn strand(&mut self, steps: &'a [Step]) -> Result<(), PredictError> {
        self.in_loop = false;
        self.steps(steps)?;
        self.push(Instruction::End);
        Ok(())
    }

    fn steps(&mut self, steps: &'a [Step]) -> Result<(), PredictError> {
        for step in steps {
            match step {
                Step::Activity(activity) => self.activity(activity)?,
                Step::Fork(fork) => {
                    let place = self.push(Instruction::End);
                    self.forks.push_back((place, fork));
                }
                Step::Choice(choice) => self.choice(choice)?,
                Step::Loop(repeated) => {
                    let label = self.decision("rounds");
                    self.repeat(repeated.mean, repeated.count, label, |this| this.steps(&repeated.steps))?;
                }
                Step::Reply(reply) => self.reply(reply)?,
            }
        }
        Ok(())
    }

    /// Fills a fork in and appends its branches.
    fn branches(&mut self, place: usize, fork: &'a Fork) -> Result<(), PredictError> {
        let first = self.program.forks.len() as u32;
        let count = fork.branches.len() as u32;
        let needed = fork.quorum.unwrap_or(count).min(count);
        self.program.forks.push(needed);
        self.program.forks.resize(self.program.forks.len() + fork.branches.len(), 0);
        self.program.code[place] = Instruction::Fork { plan: first, count };
        for (branch, number) in fork.branches.iter().zip(first as usize + 1..) {
            self.program.forks[number] = self.here();
            self.strand(branch)?;
        }
        Ok(())
    }

    fn choice(&mut self, choice: &'a Choice) -> Result<(), PredictError> {
        let label = self.decision("choice");
        let first = self.choose(label, choice.branches.iter().map(|branch| branch.probability));
        let mut jumps = Vec::with_capacity(choice.branches.len());
        for (branch, number) in choice.branches.iter().zip(first..) {
            self.program.alternatives[number].target = self.here();
            self.steps(&branch.steps)?;
            jumps.push(self.push(Instruction::Jump(0)));
        }
        self.land(jumps);
        Ok(())
    }

    fn reply(&mut self, reply: &'a Reply) -> Result<(), PredictError> {
        if reply.forward.is_empty() {
            self.push(Instruction::Reply);
            return Ok(());
        }
        let label = self.decision("forwarding");
        let number = self.decisions;
        let stays = (1.0 - reply.forward_probability()).max(0.0);
        let onward = reply.forward.iter().map(|forward| forward.probability);
        let shares: Vec<f64> = onward.chain((stays > 0.0).then_some(stays)).collect();
        let draw = self.program.variate(label, Sampler::unit());
        let first = self.program.add_alternatives(shares.into_iter());
        self.push(Instruction::Forward { draw, first: first as u32 });
        for (place, forward) in reply.forward.iter().enumerate() {
            let plan = self.forward(forward, &format!("forwarding {number}.{place}"))?;
            self.program.alternatives[first + place].target = self.program.calls.len() as u32;
            self.program.calls.push(plan);
        }
        if stays > 0.0 {
            self.program.alternatives[first + reply.forward.len()].target = NOBODY;
        }
        Ok(())
    }

    fn forward(&mut self, forward: &Forward, place: &str) -> Result<CallPlan, PredictError> {
        let label = format!("latency of {} {place}", self.name);
        let latency = self.latency(label, &forward.to, &forward.latency, 1)?;
        let (to, priority) = self.callee(&forward.to)?;
        Ok(CallPlan {
            to,
            kind: CallKind::Synchronous,
            latency,
            priority,
            target: Target::Any,
            guard: NOBODY,
        })
    }

    fn activity(&mut self, activity: &Activity) -> Result<(), PredictError> {
        let number = self.activities;
        self.activities += 1;
        let label = |what: &str| format!("{what} of {} {number}", self.name);
        let (delay, demand, order) = (label("delay"), label("demand"), label("order"));
        if let Some(delay) = self.duration(delay, &activity.delay, 1.0)? {
            self.push(Instruction::Delay(delay));
        }
        let slices = 1.0 + activity.calls_mean();
        let slice = self.duration(demand, &activity.demand, 1.0 / (slices * self.speed))?;
        self.program.code.extend(slice.map(Instruction::Work));
        let calls: Vec<(String, &Call)> = activity
            .calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.mean > 0.0)
            .map(|(place, call)| (format!("{number}.{place}"), call))
            .collect();
        if activity.call_order == CallOrder::Random && calls.len() > 1 {
            return self.calls_at_random(&calls, slice, order);
        }
        for (place, call) in calls {
            let label = format!("calls of {} {place}", self.name);
            self.repeat(call.mean, call.count, label, |this| this.call(call, &place, slice))?;
        }
        Ok(())
    }

    /// After every slice of work comes the end or one of the calls, so that their number is geometric with the sum of
    /// the means.
    fn calls_at_random(
        &mut self,
        calls: &[(String, &Call)],
        slice: Option<u32>,
        label: String,
    ) -> Result<(), PredictError> {
        let start = self.here();
        let slices = 1.0 + calls.iter().map(|(_, call)| call.mean).sum::<f64>();
        let shares = calls.iter().map(|(_, call)| call.mean / slices).chain([1.0 / slices]);
        let first = self.choose(label, shares);
        for ((place, call), number) in calls.iter().zip(first..) {
            self.program.alternatives[number].target = self.here();
            self.call(call, place, slice)?;
            self.push(Instruction::Jump(start));
        }
        self.program.alternatives[first + calls.len()].target = self.here();
        Ok(())
    }

    /// One call, to as many replicas as it fans out to, and the slice of work behind it.
    fn call(&mut self, call: &Call, place: &str, slice: Option<u32>) -> Result<(), PredictError> {
        let label = format!("latency of {} {place}", self.name);
        let messages = if call.kind == CallKind::Synchronous { 2 } else { 1 };
        let latency = self.latency(label, &call.to, &call.latency, messages)?;
        let (to, priority) = self.callee(&call.to)?;
        let service = &self.system.services[self.service];
        for number in 0..call.fan_out {
            let target = self.target(call, number)?;
            if service.shedding.is_some_and(|shedding| shedding.cancels) {
                self.push(Instruction::Check);
            }
            let mut plan = CallPlan { to, kind: call.kind, latency, priority, target, guard: NOBODY };
            let policy = self.resilience(call);
            if let Some(policy) = policy {
                plan.guard = self.guard(policy, call);
            } else if call.kind == CallKind::Synchronous {
                self.program.code.extend(plan.latency.take().map(Instruction::Travel));
            }
            self.push(Instruction::Call(self.program.calls.len() as u32));
            self.program.calls.push(plan);
            if let Some(OnFailure::Fallback { demand }) = policy.map(|policy| &policy.on_failure) {
                self.fallback(plan.guard, demand, place)?;
            }
        }
        let work = match call.kind {
            CallKind::Synchronous => Instruction::Work,
            CallKind::Asynchronous => Instruction::WorkOn,
        };
        self.program.code.extend(slice.map(work));
        Ok(())
    }

    /// What the caller does where the reply does not come: as the call says, or else the callee's service.
    fn resilience(&self, call: &'a Call) -> Option<&'a Resilience> {
        if call.kind == CallKind::Asynchronous {
            return None;
        }
        let of_service = || self.system.service(call.to.service())?.resilience.as_ref();
        call.resilience.as_deref().or_else(of_service)
    }

    fn guard(&mut self, policy: &Resilience, call: &Call) -> u32 {
        let own = &self.program.services[self.service];
        let replicas = (own.first_replica, own.replicas);
        let services = self.system.services.iter().position(|service| service.name == call.to.service());
        let services =
            services.filter(|_| call.resilience.is_none()).map(|callee| (self.service as u32, callee as u32));
        self.program.add_guard(policy, format!("{} -> {}", self.name, call.to), replicas, services)
    }

    /// What is done where a guarded call has failed for good, behind the call.
    fn fallback(&mut self, guard: u32, demand: &Distribution, place: &str) -> Result<(), PredictError> {
        let label = format!("fallback of {} {place}", self.name);
        let Some(work) = self.duration(label, demand, 1.0 / self.speed)? else { return Ok(()) };
        let jump = self.push(Instruction::Jump(0));
        self.program.guards[guard as usize].landing = Landing::At(self.here());
        self.push(Instruction::Work(work));
        self.land(vec![jump]);
        Ok(())
    }

    /// Which replica a call goes to, when it is the one of that number in its fan-out.
    fn target(&self, call: &Call, number: u32) -> Result<Target, PredictError> {
        let fans = call.fan_out > 1 || call.fan_in.is_some();
        let queue = self.system.service(call.to.service()).is_some_and(|callee| callee.work_queue.is_some());
        if fans && queue {
            return Err(unsupported("fan-out to a work queue", self.name));
        }
        Ok(match (call.fan_in, number) {
            (Some(_), number) => Target::Connected { width: call.fan_out, number },
            (None, 0) if fans => Target::First,
            (None, 0) => Target::Any,
            (None, number) => Target::After(number),
        })
    }

    /// Repeats what `body` appends. Where a loop around has the strand's counter, that is put aside meanwhile.
    fn repeat(
        &mut self,
        mean: f64,
        count: CallCount,
        label: String,
        body: impl FnOnce(&mut Self) -> Result<(), PredictError>,
    ) -> Result<(), PredictError> {
        if mean == 1.0 && count == CallCount::Fixed {
            return body(self);
        }
        if mean == 0.0 {
            return Ok(());
        }
        if mean > MOST_ROUNDS {
            return Err(unsupported("a billion repetitions", self.name));
        }
        let nested = std::mem::replace(&mut self.in_loop, true);
        if nested {
            self.push(Instruction::Save);
        }
        let count = self.program.variate(label, Sampler::calls(mean, count));
        let repeat = self.push(Instruction::Repeat { count, end: 0 });
        body(self)?;
        self.push(Instruction::Again { start: repeat as u32 + 1 });
        let after = self.here();
        if let Instruction::Repeat { end, .. } = &mut self.program.code[repeat] {
            *end = after;
        }
        if nested {
            self.push(Instruction::Restore);
        }
        self.in_loop = nested;
        Ok(())
    }

    /// Chooses between alternatives of these probabilities; the number of the first, whose targets are still to be set.
    fn choose(&mut self, label: String, shares: impl Iterator<Item = f64>) -> usize {
        let draw = self.program.variate(label, Sampler::unit());
        let first = self.program.add_alternatives(shares);
        self.push(Instruction::Choose { draw, first: first as u32 });
        first
    }

    /// Appends an instruction; its place.
    fn push(&mut self, instruction: Instruction) -> usize {
        self.program.code.push(instruction);
        self.program.code.len() - 1
    }

    /// The place of the next instruction.
    fn here(&self) -> u32 {
        self.program.code.len() as u32
    }

    /// Lets these jumps lead to the next instruction.
    fn land(&mut self, jumps: Vec<usize>) {
        let here = self.here();
        jumps.into_iter().for_each(|jump| self.program.code[jump] = Instruction::Jump(here));
    }

    /// The label of the next random decision.
    fn decision(&mut self, what: &str) -> String {
        self.decisions += 1;
        format!("{what} of {} {}", self.name, self.decisions)
    }

    /// The operation asked for, and the priority of a request to it from here.
    fn callee(&self, name: &OperationRef) -> Result<(u32, i32), PredictError> {
        let id = self.index.operation(name).ok_or_else(|| unsupported("an unknown callee", self.name))?;
        let (_, operation) = self.index.get(self.system, id);
        Ok((id.0 as u32, self.priority.saturating_add(operation.priority)))
    }

    /// The random quantity of a duration; none where it is always 0.
    /// The time on the network of so many messages to or from an operation. Where faults may make it longer, there is one in any case.
    fn latency(
        &mut self,
        label: String,
        to: &OperationRef,
        latency: &Distribution,
        messages: u32,
    ) -> Result<Option<u32>, PredictError> {
        let strikes = |fault: &Fault| matches!(&fault.effect, FaultEffect::Network { service, .. } if service == to.service());
        if !self.system.faults.iter().any(strikes) {
            return self.duration(label, latency, 1.0);
        }
        let variate = match self.duration(label.clone(), latency, 1.0)? {
            Some(variate) => variate,
            None => self.program.variate(label, Sampler::Constant(0.0)),
        };
        let (from, to) = (self.system.services[self.service].name.clone(), to.service().to_owned());
        self.program.latencies.push(Latency { from, to, variate, messages });
        Ok(Some(variate))
    }

    fn duration(
        &mut self,
        label: String,
        distribution: &Distribution,
        factor: f64,
    ) -> Result<Option<u32>, PredictError> {
        if distribution.is_zero() {
            return Ok(None);
        }
        let sampler = Sampler::new(distribution, factor)
            .map_err(|_| unsupported("a distribution without a finite mean", self.name))?;
        Ok(Some(self.program.variate(label, sampler)))
    }
}
