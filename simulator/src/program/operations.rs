//! Operations as instructions.

use tracecast_model::{
    Activity, Call, CallCount, CallKind, Distribution, Index, Operation, PredictError, Step,
};

use super::{CallPlan, Instruction, OperationPlan, Program, unsupported};
use crate::sampler::Sampler;

/// Most calls of one activity at one place: the counter of repetitions is 32 bits wide.
const MOST_CALLS: f64 = 1e9;

/// Appends the instructions of an operation that runs on cores of the given speed.
pub(super) fn compile(
    program: &mut Program,
    index: &Index,
    service: u32,
    name: &str,
    operation: &Operation,
    speed: f64,
) -> Result<(), PredictError> {
    let start = program.code.len() as u32;
    program.operations.push(OperationPlan { service, start });
    let mut compiler = Compiler { program, index, name, speed, activities: 0 };
    compiler.steps(&operation.steps)
}

struct Compiler<'a> {
    program: &'a mut Program,
    index: &'a Index,
    /// Of the operation.
    name: &'a str,
    speed: f64,
    /// Activities compiled so far, which number the random quantities.
    activities: usize,
}

impl Compiler<'_> {
    fn steps(&mut self, steps: &[Step]) -> Result<(), PredictError> {
        // Branches come after the steps that start them, so forks are filled in at the end.
        let mut forks = Vec::new();
        for step in steps {
            match step {
                Step::Activity(activity) => self.activity(activity)?,
                Step::Fork(fork) => {
                    forks.push((self.program.code.len(), fork));
                    self.program.code.push(Instruction::End);
                }
                Step::Choice(_) | Step::Loop(_) | Step::Reply(_) => {
                    return Err(unsupported("a choice, a loop or a reply", self.name));
                }
            }
        }
        self.program.code.push(Instruction::End);
        for (place, fork) in forks {
            let first = self.program.branches.len() as u32;
            let count = fork.branches.len() as u32;
            self.program.code[place] = Instruction::Fork { first, count };
            self.program.branches.resize(self.program.branches.len() + fork.branches.len(), 0);
            for (number, branch) in fork.branches.iter().enumerate() {
                self.program.branches[first as usize + number] = self.program.code.len() as u32;
                self.steps(branch)?;
            }
        }
        Ok(())
    }

    fn activity(&mut self, activity: &Activity) -> Result<(), PredictError> {
        let number = self.activities;
        self.activities += 1;
        let label = |what: &str| format!("{what} of {} {number}", self.name);
        let (delay, demand) = (label("delay"), label("demand"));
        if let Some(delay) = self.duration(delay, &activity.delay, 1.0)? {
            self.program.code.push(Instruction::Delay(delay));
        }
        let slices = 1.0 + activity.calls_mean();
        let slice = self.duration(demand, &activity.demand, 1.0 / (slices * self.speed))?;
        self.program.code.extend(slice.map(Instruction::Work));
        for (place, call) in activity.calls.iter().enumerate().filter(|(_, call)| call.mean > 0.0) {
            self.call(call, &format!("{number}.{place}"), slice)?;
        }
        Ok(())
    }

    /// A call, repeated as its count says, each time followed by a slice of work.
    fn call(&mut self, call: &Call, place: &str, slice: Option<u32>) -> Result<(), PredictError> {
        let once = call.mean == 1.0 && call.count == CallCount::Fixed;
        if call.mean > MOST_CALLS {
            return Err(unsupported("a billion calls by one activity", self.name));
        }
        let repeat = self.program.code.len();
        if !once {
            let sampler = Sampler::calls(call.mean, call.count);
            let count = self.program.variate(format!("calls of {} {place}", self.name), sampler);
            self.program.code.push(Instruction::Repeat { count, end: 0 });
        }
        self.call_once(call, place)?;
        self.program.code.extend(slice.map(Instruction::Work));
        if !once {
            self.program.code.push(Instruction::Again { start: repeat as u32 + 1 });
            let after = self.program.code.len() as u32;
            if let Instruction::Repeat { end, .. } = &mut self.program.code[repeat] {
                *end = after;
            }
        }
        Ok(())
    }

    fn call_once(&mut self, call: &Call, place: &str) -> Result<(), PredictError> {
        let label = format!("latency of {} {place}", self.name);
        let latency = self.duration(label, &call.latency, 1.0)?;
        let to = self.index.operation(&call.to).ok_or_else(|| unsupported("an unknown callee", self.name))?;
        let mut plan = CallPlan { to: to.0 as u32, kind: call.kind, latency };
        if call.kind == CallKind::Synchronous {
            self.program.code.extend(plan.latency.take().map(Instruction::Delay));
        }
        self.program.code.push(Instruction::Call(self.program.calls.len() as u32));
        self.program.calls.push(plan);
        Ok(())
    }

    /// The random quantity of a duration; none where it is always 0.
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
