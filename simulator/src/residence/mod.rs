//! Where the response times of requests are spent: residence times by operation that sum to the response time.
//!
//! Every visit and branch carries the path of causes that led to where it is now: from the request's begin through the
//! calls whose replies it waited for. At a join that is the path of the branch that came last of those waited for, so that
//! time counts once where branches run side by side, and on the critical path: the response time would be shorter if a
//! stay on it were, up to the next longest branch. The stays of a path have no gaps. So their sum is the time since the
//! request began, in every single request, and the means of all places sum to the mean response time.

mod paths;
mod report;

use paths::{Paths, START};
pub(crate) use report::residences;

use crate::program::Program;
use crate::run::probe::{Probe, Receiver, Sender, Sent};
use crate::statistics::totals::Totals;

/// Seconds of a wait that are only due to the rounding of points of time, as a part of those.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// What a request may be at in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its call or message is on the network.
    Network,
    /// It waits for a thread.
    Thread,
    /// It waits for a core, or runs slower than a core would by itself.
    Core,
    /// It is worked on.
    Work,
    /// It is delayed.
    Delay,
}

/// How many stages there are: a place is an operation and a stage.
pub(crate) const STAGES: usize = 5;

/// The place of a stage of an operation.
pub(crate) fn place(operation: usize, stage: Stage) -> usize {
    operation * STAGES + stage as usize
}

/// Adds up where requests that are done spent their time, and how many visits others found at their services.
#[derive(Clone, Debug)]
pub(crate) struct Residence {
    /// Whether the workloads count requests as done when all their work is.
    all_work: Vec<bool>,
    services: Vec<u32>,
    paths: Paths,
    strands: Vec<Strand>,
    requests: Vec<Request>,
    /// By workload: seconds by place.
    spent: Vec<Vec<f64>>,
    /// By service: visits that are there.
    present: Vec<u32>,
    /// By operation: visits found at the service by those that arrived, and how many arrived.
    found: Vec<f64>,
    arrived: Vec<f64>,
}

/// A strand, and the visit of the same number.
#[derive(Clone, Copy, Debug)]
struct Strand {
    operation: u32,
    request: u32,
    path: u32,
    since: f64,
    doing: Doing,
}

#[derive(Clone, Copy, Debug)]
enum Doing {
    /// No time passes, or it waits for others, along whose paths it goes on.
    Nothing,
    /// So many seconds of work.
    Work(f64),
    Delay,
    Travel,
    /// It has travelled so many seconds for a call that it makes now.
    Travelled(f64),
    /// It is at its end, while branches of its visit go on.
    Ended,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    workload: u32,
    /// Up to the last end of something that it caused.
    path: u32,
}

impl Residence {
    /// Nothing yet.
    pub(crate) fn new(program: &Program) -> Self {
        let operations = program.operations.len();
        let services: Vec<u32> = program.operations.iter().map(|operation| operation.service).collect();
        Self {
            all_work: program.sources.iter().map(|source| source.all_work).collect(),
            services,
            paths: Paths::new(),
            strands: Vec::new(),
            requests: Vec::new(),
            spent: vec![vec![0.0; operations * STAGES]; program.sources.len()],
            present: vec![0; program.services.len()],
            found: vec![0.0; operations],
            arrived: vec![0.0; operations],
        }
    }

    fn strand(&mut self, number: u32) -> &mut Strand {
        &mut self.strands[number as usize]
    }

    /// The stay that ends now.
    fn stay(&mut self, number: u32, operation: u32, stage: Stage, seconds: f64) {
        let strand = &mut self.strands[number as usize];
        let place = place(operation as usize, stage) as u32;
        strand.path = self.paths.longer(strand.path, place, seconds);
    }

    /// Puts a path in place of that of a strand.
    fn replace(&mut self, number: u32, path: u32) {
        let before = std::mem::replace(&mut self.strand(number).path, path);
        self.paths.drop(before);
    }

    /// One more of the path of a strand.
    fn share(&mut self, number: u32) -> u32 {
        self.paths.share(self.strands[number as usize].path)
    }

    /// A strand begins. The path of the one that had its number before was kept until now, since a strand may reply when
    /// it is at its end.
    fn begin(&mut self, number: u32, strand: Strand) {
        let place = number as usize;
        if place >= self.strands.len() {
            self.strands.resize(place + 1, Strand { path: START, ..strand });
        }
        let before = std::mem::replace(&mut self.strands[place], strand);
        self.paths.drop(before.path);
    }

    /// What a strand has done lately, up to that path, is the latest that its request caused to end.
    fn end(&mut self, request: u32, path: u32) {
        let before = std::mem::replace(&mut self.requests[request as usize].path, path);
        self.paths.drop(before);
    }

    /// Whoever waits for the reply has it along that path.
    fn hand_back(&mut self, request: u32, to: Receiver, path: u32) {
        match to {
            Receiver::Nobody => self.paths.drop(path),
            Receiver::Outside => self.end(request, path),
            Receiver::Strand(strand) => self.replace(strand, path),
        }
    }

    fn count(&mut self, request: u32) {
        let Request { workload, path } = self.requests[request as usize];
        self.paths.add_to(path, &mut self.spent[workload as usize]);
    }

    /// Asserts that no path is kept that nobody is on.
    #[cfg(test)]
    pub(crate) fn assert_no_leak(&self) {
        let strands = self.strands.iter().map(|strand| strand.path);
        let requests = self.requests.iter().map(|request| request.path);
        self.paths.assert_kept_for(strands.chain(requests));
    }

    fn leaves(&mut self, operation: u32) {
        self.present[self.services[operation as usize] as usize] -= 1;
    }
}

impl Probe for Residence {
    fn request_begins(&mut self, _now: f64, request: u32, workload: u32, _operation: u32) {
        let place = request as usize;
        let begun = Request { workload, path: START };
        if place >= self.requests.len() {
            self.requests.resize(place + 1, begun);
        }
        self.requests[place] = begun;
    }

    fn request_answered(&mut self, _now: f64, request: u32, failed: bool) {
        if !failed && !self.all_work[self.requests[request as usize].workload as usize] {
            self.count(request);
        }
    }

    fn request_ends(&mut self, _now: f64, request: u32, failed: bool) {
        if !failed && self.all_work[self.requests[request as usize].workload as usize] {
            self.count(request);
        }
        self.end(request, START);
    }

    fn visit_sent(&mut self, now: f64, sent: Sent) {
        let mut travelled = 0.0;
        let path = match sent.by {
            Sender::Outside => START,
            Sender::GoesOn(strand) | Sender::Forwards(strand) => self.share(strand),
            Sender::Waits(strand) => {
                if let Doing::Travelled(seconds) = self.strand(strand).doing {
                    travelled = seconds;
                    self.strand(strand).doing = Doing::Nothing;
                }
                self.share(strand)
            }
        };
        let (operation, request) = (sent.operation, sent.request);
        self.begin(sent.visit, Strand { operation, request, path, since: now, doing: Doing::Travel });
        self.stay(sent.visit, operation, Stage::Network, travelled);
    }

    fn visit_arrives(&mut self, now: f64, visit: u32) {
        let Strand { operation, since, .. } = *self.strand(visit);
        self.stay(visit, operation, Stage::Network, now - since);
        let strand = self.strand(visit);
        (strand.since, strand.doing) = (now, Doing::Nothing);
        let present = &mut self.present[self.services[operation as usize] as usize];
        self.found[operation as usize] += f64::from(*present);
        self.arrived[operation as usize] += 1.0;
        *present += 1;
    }

    fn visit_lost(&mut self, now: f64, visit: u32, to: Receiver) {
        let Strand { operation, request, since, .. } = *self.strand(visit);
        self.leaves(operation);
        // It may have waited before it was dropped, and whoever waits for it may go on without it.
        self.stay(visit, operation, Stage::Thread, now - since);
        let path = self.share(visit);
        self.hand_back(request, to, path);
    }

    fn visit_begins(&mut self, now: f64, visit: u32, _replica: u32) {
        let Strand { operation, since, .. } = *self.strand(visit);
        self.stay(visit, operation, Stage::Thread, now - since);
    }

    fn replies(&mut self, _now: f64, visit: u32, strand: u32, to: Receiver) {
        let request = self.strand(visit).request;
        let path = self.share(strand);
        self.hand_back(request, to, path);
    }

    fn visit_ends(&mut self, _now: f64, visit: u32) {
        let Strand { operation, request, doing, .. } = *self.strand(visit);
        self.leaves(operation);
        if !matches!(doing, Doing::Ended) {
            let path = self.share(visit);
            self.end(request, path);
        }
    }

    fn goes_on(&mut self, now: f64, strand: u32) {
        let Strand { operation, since, doing, .. } = *self.strand(strand);
        let spent = now - since;
        self.strand(strand).doing = Doing::Nothing;
        match doing {
            Doing::Work(amount) => {
                let is_late = spent - amount > ROUNDING * now;
                let worked = if is_late { amount } else { spent };
                self.stay(strand, operation, Stage::Core, spent - worked);
                self.stay(strand, operation, Stage::Work, worked);
            }
            Doing::Delay => self.stay(strand, operation, Stage::Delay, spent),
            Doing::Travel => self.strand(strand).doing = Doing::Travelled(spent),
            Doing::Nothing | Doing::Travelled(_) | Doing::Ended => {}
        }
    }

    fn works(&mut self, now: f64, strand: u32, amount: f64) {
        let strand = self.strand(strand);
        (strand.since, strand.doing) = (now, Doing::Work(amount));
    }

    fn delays(&mut self, now: f64, strand: u32, _seconds: f64) {
        let strand = self.strand(strand);
        (strand.since, strand.doing) = (now, Doing::Delay);
    }

    fn travels(&mut self, now: f64, strand: u32, _seconds: f64) {
        let strand = self.strand(strand);
        (strand.since, strand.doing) = (now, Doing::Travel);
    }

    fn branch_begins(&mut self, now: f64, branch: u32, parent: u32) {
        let path = self.share(parent);
        let Strand { operation, request, .. } = *self.strand(parent);
        self.begin(branch, Strand { operation, request, path, since: now, doing: Doing::Nothing });
    }

    fn branch_ends(&mut self, _now: f64, branch: u32, wakes: Option<u32>) {
        if let Some(strand) = wakes {
            let path = self.share(branch);
            self.replace(strand, path);
        }
        let path = self.share(branch);
        self.end(self.strands[branch as usize].request, path);
    }

    fn strand_ends(&mut self, _now: f64, strand: u32) {
        self.strand(strand).doing = Doing::Ended;
    }

    fn add_to(&self, totals: &mut Totals) {
        totals.spent.clone_from(&self.spent);
        totals.found.clone_from(&self.found);
        totals.arrived.clone_from(&self.arrived);
    }
}
