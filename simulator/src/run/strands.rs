//! Strands: sequential flows of instructions inside visits.

use tracecast_model::CallKind;

use super::Run;
use super::visits::NONE;
use crate::calendar::Event;
use crate::program::{CallPlan, Instruction, NOBODY, Target};

/// A sequential flow of instructions inside a visit; forks make several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strand {
    pub(super) visit: u32,
    /// The next instruction.
    next: u32,
    /// Repetitions left in the innermost loop.
    left: u32,
    /// Those of the loops around it.
    saved: u32,
    /// The replica that the first call of a fan-out went to.
    target: u32,
    /// The join at its end; none for a visit's first strand.
    join: u32,
}

/// Where the branches of a fork meet again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Join {
    /// The strand that waits.
    strand: u32,
    /// Branches that it still waits for.
    needed: u32,
    /// Branches that have not come.
    open: u32,
}

/// Repetitions put aside while an inner loop counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved {
    left: u32,
    /// Those of the loop around.
    outer: u32,
}

/// What a strand does next on its host.
#[derive(Clone, Copy, Debug)]
struct Work {
    amount: f64,
    /// Is it one piece with what it has just done there?
    goes_on: bool,
}

impl Strand {
    /// At its first instruction.
    pub(super) fn new(visit: u32, start: u32, join: u32) -> Self {
        Self { visit, next: start, left: 0, saved: NONE, target: NONE, join }
    }
}

impl Run<'_> {
    /// The container that the work of a strand is done in.
    pub(super) fn container(&self, strand: u32) -> u32 {
        let visit = &self.visits[self.strands[strand].visit];
        self.program.containers[visit.replica as usize]
    }

    /// A strand goes on. One that holds a core keeps it where its work goes on after it has sent a message, and gives it
    /// up before anything else.
    #[inline]
    pub(super) fn go_on(&mut self, number: u32, has_core: bool) {
        let held = if has_core { self.container(number) } else { NONE };
        let work = self.play(number);
        if has_core {
            if let Some(Work { amount, goes_on: true }) = work {
                return self.hosts.keep(self.now, held, number, amount, &mut self.calendar);
            }
            self.hosts.release(self.now, held, number, &mut self.calendar);
        }
        if let Some(Work { amount, .. }) = work {
            let container = self.container(number);
            self.hosts.start(self.now, container, number, amount, &mut self.calendar);
        }
    }

    /// Plays the instructions of a strand until one that takes time. If that is work: how much.
    #[inline]
    fn play(&mut self, number: u32) -> Option<Work> {
        loop {
            let strand = &mut self.strands[number];
            let instruction = self.program.code[strand.next as usize];
            strand.next += 1;
            match instruction {
                Instruction::Work(variate) => {
                    let amount = self.variates[variate as usize].draw();
                    return Some(Work { amount, goes_on: false });
                }
                Instruction::WorkOn(variate) => {
                    let amount = self.variates[variate as usize].draw();
                    return Some(Work { amount, goes_on: true });
                }
                Instruction::Delay(variate) => {
                    let delay = self.variates[variate as usize].draw();
                    self.calendar.schedule(self.now + delay, Event::Wake(number));
                    return None;
                }
                Instruction::Repeat { count, end } => {
                    let drawn = self.variates[count as usize].draw() as u32;
                    strand.left = drawn;
                    if drawn == 0 {
                        strand.next = end;
                    }
                }
                Instruction::Again { start } => {
                    strand.left -= 1;
                    if strand.left > 0 {
                        strand.next = start;
                    }
                }
                Instruction::Save => {
                    strand.saved = self.saved.insert(Saved { left: strand.left, outer: strand.saved });
                }
                Instruction::Restore => {
                    let saved = self.saved.remove(strand.saved);
                    (strand.left, strand.saved) = (saved.left, saved.outer);
                }
                Instruction::Call(call) => {
                    if self.call(number, call) {
                        return None;
                    }
                }
                Instruction::Fork { plan, count } => {
                    self.fork(number, plan, count);
                    return None;
                }
                Instruction::Choose { draw, first } => {
                    let drawn = self.variates[draw as usize].draw();
                    strand.next = self.program.choose(first, drawn);
                }
                Instruction::Jump(target) => strand.next = target,
                Instruction::Reply => {
                    let visit = strand.visit;
                    self.reply(visit);
                }
                Instruction::Forward { draw, first } => {
                    let visit = strand.visit;
                    let drawn = self.variates[draw as usize].draw();
                    match self.program.choose(first, drawn) {
                        NOBODY => self.reply(visit),
                        call => self.forward(visit, call),
                    }
                }
                Instruction::End => {
                    self.end_strand(number);
                    return None;
                }
            }
        }
    }

    /// Makes a call; does the strand have to wait?
    fn call(&mut self, strand: u32, call: u32) -> bool {
        let plan = self.program.calls[call as usize];
        let request = self.visits[self.strands[strand].visit].request;
        let waits = plan.kind == CallKind::Synchronous;
        let caller = if waits { strand } else { NONE };
        let visit = self.new_visit(plan.to, plan.priority, caller, request, false);
        if plan.target != Target::Any {
            self.visits[visit].replica = self.target(strand, plan);
        }
        self.send(visit, plan.latency);
        waits
    }

    /// The replica that a call goes to which leaves the load balancer no choice, or is the first of several.
    fn target(&mut self, number: u32, call: CallPlan) -> u32 {
        let service = self.program.operations[call.to as usize].service as usize;
        let callee = &self.program.services[service];
        let strand = &mut self.strands[number];
        let place = match call.target {
            Target::Any => return NONE,
            Target::First => {
                strand.target = self.threads[service].choose(&mut self.variates);
                strand.target
            }
            Target::After(number) => strand.target + number,
            Target::Connected { width, number } => {
                let visit = &self.visits[strand.visit];
                let own = self.program.operations[visit.operation as usize].service as usize;
                (visit.replica - self.program.services[own].first_replica) * width + number
            }
        };
        callee.first_replica + place % callee.replicas
    }

    /// Sends a visit to its service, where it is at once or after the time on the network.
    pub(super) fn send(&mut self, visit: u32, latency: Option<u32>) {
        match latency {
            Some(latency) => {
                let latency = self.variates[latency as usize].draw();
                self.calendar.schedule(self.now + latency, Event::Delivery(visit));
            }
            None => self.arrive(visit),
        }
    }

    fn fork(&mut self, parent: u32, plan: u32, count: u32) {
        let visit = self.strands[parent].visit;
        self.visits[visit].strands += count;
        let needed = self.program.forks[plan as usize];
        let join = self.joins.insert(Join { strand: parent, needed, open: count });
        for branch in plan + 1..=plan + count {
            let start = self.program.forks[branch as usize];
            let strand = self.strands.insert(Strand::new(visit, start, join));
            self.ready.push_back(strand);
        }
    }

    /// A strand is at its end: a branch goes into its join, the first strand brings the reply if no step does, and the last
    /// strand of a visit ends it.
    fn end_strand(&mut self, number: u32) {
        let strand = self.strands.remove(number);
        let visit = &mut self.visits[strand.visit];
        visit.strands -= 1;
        let is_last = visit.strands == 0;
        let replies = self.program.operations[visit.operation as usize].replies;
        if strand.join != NONE {
            self.join(strand.join);
        }
        if is_last {
            self.end(strand.visit);
        } else if strand.join == NONE && !replies {
            self.reply(strand.visit);
        }
    }

    /// A branch comes to its join, and if it is one of those waited for, the last of them wakes the strand that waits.
    fn join(&mut self, number: u32) {
        let join = &mut self.joins[number];
        join.open -= 1;
        if join.needed > 0 {
            join.needed -= 1;
            if join.needed == 0 {
                self.ready.push_back(join.strand);
            }
        }
        if self.joins[number].open == 0 {
            self.joins.remove(number);
        }
    }
}
