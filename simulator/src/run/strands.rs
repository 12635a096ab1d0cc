//! Strands: sequential flows of instructions inside visits.

use tracecast_model::CallKind;

use super::Run;
use super::flows::Flow;
use super::probe::{Probe, Sender, Sent};
use super::visits::{NONE, REPLIED};
use crate::calendar::Event;
use crate::program::{CallPlan, FAIL, Instruction, NOBODY, Target};

/// A sequential flow of instructions inside a visit; forks make several.
#[derive(Clone, Copy, Debug, Default)]
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
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Join {
    /// The strand that waits.
    strand: u32,
    /// Branches that it still waits for.
    needed: u32,
    /// Branches that have not come.
    open: u32,
}

impl Join {
    /// Branches that are still waited for when one of them has failed: none if there are too few.
    fn left_after_failure(self) -> u32 {
        if self.needed > self.open { 0 } else { self.needed }
    }
}

/// Repetitions put aside while an inner loop counts.
#[derive(Clone, Copy, Debug, Default)]
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

    /// Goes on there.
    pub(super) fn lands(&mut self, place: u32) {
        self.next = place;
    }

    /// Forgets the replica that a fan-out began with.
    pub(super) fn has_no_target(&mut self) {
        self.target = NONE;
    }
}

impl<P: Probe> Run<'_, P> {
    /// A strand goes on, until it has to wait for something. One that holds a core keeps it where its work goes on after
    /// it has sent a message, and gives it up before anything else.
    pub(super) fn go_on(&mut self, number: u32, has_core: bool) {
        self.probe.goes_on(self.now, number);
        let flow = &self.flows[number];
        let home = self.homes[flow.visit.replica as usize];
        let work = self.play(number, flow.strand.next);
        if has_core {
            if let Some(Work { amount, goes_on: true }) = work {
                return self.hosts.keep(self.now, home, number, amount, &mut self.calendar);
            }
            self.hosts.release(self.now, home, number, &mut self.calendar);
        }
        if let Some(Work { amount, .. }) = work {
            self.hosts.start(self.now, home, number, amount, &mut self.calendar);
        }
    }

    /// Plays the instructions of a strand from `next` on until one that takes time. If that is work: how much.
    #[inline]
    fn play(&mut self, number: u32, mut next: u32) -> Option<Work> {
        let program = self.program;
        loop {
            let instruction = program.code[next as usize];
            next += 1;
            match instruction {
                Instruction::Work(variate) => {
                    self.flows[number].strand.next = next;
                    let mut amount = self.variates[variate as usize].draw();
                    if self.adapts_work {
                        amount = self.adapted(number, amount);
                    }
                    self.probe.works(self.now, number, amount);
                    return Some(Work { amount, goes_on: false });
                }
                Instruction::WorkOn(variate) => {
                    self.flows[number].strand.next = next;
                    let mut amount = self.variates[variate as usize].draw();
                    if self.adapts_work {
                        amount = self.adapted(number, amount);
                    }
                    self.probe.works(self.now, number, amount);
                    return Some(Work { amount, goes_on: true });
                }
                Instruction::Delay(variate) | Instruction::Travel(variate) => {
                    self.flows[number].strand.next = next;
                    let delay = self.variates[variate as usize].draw();
                    if matches!(instruction, Instruction::Travel(_)) {
                        self.probe.travels(self.now, number, delay);
                    } else {
                        self.probe.delays(self.now, number, delay);
                    }
                    self.calendar.schedule(self.now + delay, Event::Wake(number));
                    return None;
                }
                Instruction::Repeat { count, end } => {
                    let drawn = self.variates[count as usize].draw() as u32;
                    self.flows[number].strand.left = drawn;
                    if drawn == 0 {
                        next = end;
                    }
                }
                Instruction::Again { start } => {
                    let strand = &mut self.flows[number].strand;
                    strand.left -= 1;
                    if strand.left > 0 {
                        next = start;
                    }
                }
                Instruction::Save => {
                    let strand = &mut self.flows[number].strand;
                    strand.saved = self.saved.insert(Saved { left: strand.left, outer: strand.saved });
                }
                Instruction::Restore => {
                    let strand = &mut self.flows[number].strand;
                    let saved = self.saved.remove(strand.saved);
                    (strand.left, strand.saved) = (saved.left, saved.outer);
                }
                Instruction::Check => {
                    if self.is_cancelled(number) {
                        next = FAIL;
                    }
                }
                Instruction::Call(call) => {
                    self.flows[number].strand.next = next;
                    if self.call(number, call) {
                        return None;
                    }
                }
                Instruction::Fork { plan, count } => {
                    self.flows[number].strand.next = next;
                    self.fork(number, plan, count);
                    return None;
                }
                Instruction::Choose { draw, first } => {
                    let drawn = self.variates[draw as usize].draw();
                    next = program.choose(first, drawn);
                }
                Instruction::Jump(target) => next = target,
                Instruction::Reply => {
                    let visit = self.flows[number].strand.visit;
                    self.reply(visit, number);
                }
                Instruction::Forward { draw, first } => {
                    let visit = self.flows[number].strand.visit;
                    let drawn = self.variates[draw as usize].draw();
                    match program.choose(first, drawn) {
                        NOBODY => self.reply(visit, number),
                        call => self.forward(visit, number, call),
                    }
                }
                Instruction::End => {
                    self.end_strand(number);
                    return None;
                }
                Instruction::Fail => {
                    self.fail(number);
                    return None;
                }
            }
        }
    }

    /// Makes a call; does the strand have to wait?
    #[inline]
    fn call(&mut self, strand: u32, call: u32) -> bool {
        let program = self.program;
        let plan = &program.calls[call as usize];
        if plan.guard != NOBODY {
            self.call_guarded(strand, call);
            return true;
        }
        let request = self.flows[strand].visit.request;
        let waits = plan.kind == CallKind::Synchronous;
        let caller = if waits { strand } else { NONE };
        let visit = self.new_visit(plan.to, plan.priority, caller, request);
        if plan.target != Target::Any {
            self.flows[visit].visit.replica = self.target(strand, *plan);
        }
        let by = if waits { Sender::Waits(strand) } else { Sender::GoesOn(strand) };
        self.probe.visit_sent(self.now, Sent { visit, operation: plan.to, request, by });
        self.send(visit, plan.latency);
        waits
    }

    /// The replica that a call goes to which leaves the load balancer no choice, or is the first of several.
    pub(super) fn target(&mut self, number: u32, call: CallPlan) -> u32 {
        let service = self.program.operations[call.to as usize].service as usize;
        let callee = &self.program.services[service];
        let strand = &mut self.flows[number].strand;
        // Where the first call of a fan-out is not made, the next one chooses.
        let is_chosen = strand.target != NONE;
        let place = match call.target {
            Target::Any => return NONE,
            Target::After(number) if is_chosen => strand.target + number,
            Target::First | Target::After(_) => {
                let replica = if callee.is_by_key() {
                    let visit = strand.visit;
                    let request = self.flows[visit].visit.request;
                    self.owner_of_key(service as u32, request)
                } else {
                    self.threads.choose(service as u32, &mut self.variates)
                };
                let strand = &mut self.flows[number].strand;
                strand.target = replica - callee.first_replica;
                strand.target
            }
            Target::Connected { width, number } => {
                let visit = strand.visit;
                let visit = &self.flows[visit].visit;
                let own = self.program.operations[visit.operation as usize].service as usize;
                (visit.replica - self.program.services[own].first_replica) * width + number
            }
        };
        callee.first_replica + place % callee.replicas
    }

    /// Sends a visit to its service, where it is at once or after the time on the network.
    #[inline]
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
        let visit = self.flows[parent].strand.visit;
        self.flows[visit].visit.strands += count;
        // Branches look up there where they work and what for, and nothing else.
        let shared = self.flows[visit].visit;
        let needed = self.program.forks[plan as usize];
        let join = self.joins.insert(Join { strand: parent, needed, open: count });
        for branch in plan + 1..=plan + count {
            let start = self.program.forks[branch as usize];
            let branch = self.flows.claim();
            self.flows[branch] = Flow { strand: Strand::new(visit, start, join), visit: shared };
            self.probe.branch_begins(self.now, branch, parent);
            self.ready.push(branch);
        }
    }

    /// A strand is at its end: the first strand of a visit brings the reply if no step does, and the last strand ends it.
    #[inline]
    fn end_strand(&mut self, number: u32) {
        let flow = &mut self.flows[number];
        if flow.strand.visit != number {
            return self.end_branch(number, false);
        }
        flow.visit.strands -= 1;
        if flow.visit.strands == 0 {
            return self.end(number, number, false);
        }
        if !self.program.operations[flow.visit.operation as usize].replies {
            self.reply(number, number);
        }
        self.probe.strand_ends(self.now, number);
    }

    /// A strand is at its end before its time, since a call has failed for good: so does its visit, or its branch.
    #[inline(never)]
    fn fail(&mut self, number: u32) {
        while self.flows[number].strand.saved != NONE {
            let saved = self.saved.remove(self.flows[number].strand.saved);
            self.flows[number].strand.saved = saved.outer;
        }
        let flow = &mut self.flows[number];
        if flow.strand.visit != number {
            return self.end_branch(number, true);
        }
        if flow.visit.caller == REPLIED {
            self.requests[flow.visit.request].marks.fail_if(true);
        }
        flow.visit.strands -= 1;
        if flow.visit.strands == 0 {
            return self.end(number, number, true);
        }
        self.reply_error(number);
        self.probe.strand_ends(self.now, number);
    }

    /// A branch is at its end: it goes into its join.
    #[inline(never)]
    fn end_branch(&mut self, number: u32, failed: bool) {
        let strand = &self.flows[number].strand;
        let (number_of_visit, join) = (strand.visit, strand.join);
        self.flows.release(number);
        let visit = &mut self.flows[number_of_visit].visit;
        visit.strands -= 1;
        let is_last = visit.strands == 0;
        self.join(join, number, failed);
        if is_last {
            self.end(number_of_visit, number, false);
        }
    }

    /// A branch comes to its join, and if it is one of those waited for, the last of them wakes the strand that waits. So
    /// does one that has failed, if too few are left, and the strand fails, too.
    fn join(&mut self, number: u32, branch: u32, failed: bool) {
        let join = &mut self.joins[number];
        join.open -= 1;
        let left = if failed { join.left_after_failure() } else { join.needed.saturating_sub(1) };
        let wakes = (join.needed > 0 && left == 0).then_some(join.strand);
        join.needed = left;
        if failed && let Some(strand) = wakes {
            self.flows[strand].strand.lands(FAIL);
        }
        self.probe.branch_ends(self.now, branch, wakes);
        if let Some(strand) = wakes {
            self.ready.push(strand);
        }
        if self.joins[number].open == 0 {
            self.joins.remove(number);
        }
    }
}
