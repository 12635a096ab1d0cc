//! Hosts at run time: who gets cores, and until when.

mod cores;
mod gates;
mod preemptive;
mod sharing;
#[cfg(test)]
mod tests;

use cores::Cores;
use preemptive::Preemptive;
use sharing::Sharing;

use crate::calendar::{Calendar, Event};
use crate::program::{Discipline, Program};
use crate::run::Variate;
use crate::statistics::Level;
use crate::statistics::totals::ThrottleTotals;

/// A piece of work: so many seconds on a core, for one strand.
#[derive(Clone, Copy, Debug)]
struct Work {
    strand: u32,
    /// Which container does it, among those of all machines.
    container: u32,
    /// Seconds at the full rate of the host's cores.
    amount: f64,
}

/// All machines with the containers on them.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    machines: Vec<Machine>,
    /// By container: its machine.
    machine_of: Vec<u32>,
    host_count: usize,
}

/// Where work is done.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) struct Home {
    machine: u32,
    container: u32,
}

#[derive(Clone, Debug)]
struct Machine {
    host: u32,
    /// Busy cores.
    busy: Level,
    queue: Queue,
    /// Work given to it so far, in core-seconds.
    #[cfg(test)]
    drawn: f64,
}

#[derive(Clone, Debug)]
enum Queue {
    /// Infinite cores without limits: work is a delay.
    Delay,
    Cores(Cores),
    Preemptive(Preemptive),
    Sharing(Sharing),
}

/// The end of a piece of work, with its strand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It still has its core, until it is told to keep or to release it.
    Holding(u32),
    /// It does not matter whether it has.
    Gone(u32),
}

/// What machines need of the rest of a run.
struct Context<'a> {
    now: f64,
    calendar: &'a mut Calendar,
    busy: &'a mut Level,
}

impl Hosts {
    /// All idle. Containers are numbered machine by machine; `variates` are those of the run.
    pub(crate) fn new(program: &Program, variates: &[Variate]) -> Self {
        let mut machines = Vec::with_capacity(program.machines.len());
        let mut machine_of = Vec::new();
        for plan in &program.machines {
            let first = plan.first_container;
            let containers = plan.containers.as_slice();
            machine_of.resize(machine_of.len() + containers.len(), machines.len() as u32);
            let queue = match plan.discipline {
                Discipline::Delay => Queue::Delay,
                Discipline::Cores { cores, order } => {
                    Queue::Cores(Cores::new(cores, order, first, containers, variates))
                }
                Discipline::Preemptive { cores, reverse } => {
                    Queue::Preemptive(Preemptive::new(cores, reverse, first, containers))
                }
                Discipline::Sharing { cores } => Queue::Sharing(Sharing::new(cores, first, plan, variates)),
            };
            machines.push(Machine {
                host: plan.host,
                busy: Level::default(),
                queue,
                #[cfg(test)]
                drawn: 0.0,
            });
        }
        Self { machines, machine_of, host_count: program.host_count }
    }

    /// Where the work of a container is done.
    pub(crate) fn home(&self, container: u32) -> Home {
        Home { machine: self.machine_of[container as usize], container }
    }

    /// Containers of all machines.
    pub(crate) fn container_count(&self) -> usize {
        self.machine_of.len()
    }

    /// Puts a piece of work on the machine of its container.
    #[inline(always)]
    pub(crate) fn start(&mut self, now: f64, home: Home, strand: u32, amount: f64, calendar: &mut Calendar) {
        let machine = &mut self.machines[home.machine as usize];
        #[cfg(test)]
        {
            machine.drawn += amount;
        }
        let busy = &mut machine.busy;
        let work = Work { strand, container: home.container, amount };
        match &mut machine.queue {
            Queue::Delay => {
                busy.add(now, 1.0);
                calendar.schedule(now + amount, Event::CoreDone(strand));
            }
            Queue::Cores(cores) => cores.start(work, Context { now, calendar, busy }),
            Queue::Preemptive(cores) => cores.start(work, Context { now, calendar, busy }),
            Queue::Sharing(sharing) => sharing.start(work, Context { now, calendar, busy }),
        }
    }

    /// A strand that holds a core has more work for it.
    pub(crate) fn keep(&mut self, now: f64, home: Home, strand: u32, amount: f64, calendar: &mut Calendar) {
        let machine = &mut self.machines[home.machine as usize];
        #[cfg(test)]
        {
            machine.drawn += amount;
        }
        let busy = &mut machine.busy;
        let work = Work { strand, container: home.container, amount };
        match &mut machine.queue {
            Queue::Cores(cores) => cores.keep(work, &mut Context { now, calendar, busy }),
            Queue::Preemptive(cores) => cores.keep(work, &mut Context { now, calendar, busy }),
            Queue::Delay | Queue::Sharing(_) => calendar.schedule(now + amount, Event::CoreDone(strand)),
        }
    }

    /// By machine: the integral of its busy cores until `now`, and the work given to it.
    #[cfg(test)]
    pub(crate) fn busy_and_drawn(&self, now: f64) -> Vec<(f64, f64)> {
        self.machines.iter().map(|machine| (machine.busy.area(now), machine.drawn)).collect()
    }

    /// By machine: what is left of the work given to it, without that whose end has an event of its own.
    #[cfg(test)]
    pub(crate) fn work_left(&self, now: f64) -> Vec<f64> {
        let left = |machine: &Machine| match &machine.queue {
            Queue::Delay => 0.0,
            Queue::Cores(cores) => cores.work_waiting(),
            Queue::Preemptive(cores) => cores.work_left(now),
            Queue::Sharing(sharing) => sharing.work_left(now),
        };
        self.machines.iter().map(left).collect()
    }

    /// The work of a container is gone, where it shares its cores; its strands. Work that holds a core, or waits for one, goes
    /// on to its end.
    pub(crate) fn abort(&mut self, now: f64, home: Home, calendar: &mut Calendar) -> Vec<u32> {
        #[cfg(test)]
        {
            let left = self.work_left_in(now, home);
            self.machines[home.machine as usize].drawn -= left;
        }
        let machine = &mut self.machines[home.machine as usize];
        let context = Context { now, calendar, busy: &mut machine.busy };
        match &mut machine.queue {
            Queue::Sharing(sharing) => sharing.abort(home.container, context),
            Queue::Delay | Queue::Cores(_) | Queue::Preemptive(_) => Vec::new(),
        }
    }

    /// Work that a container has begun and not done, in core-seconds, as far as that is known: work that holds a core, or
    /// waits for one, counts as done when it comes.
    pub(crate) fn work_left_in(&self, now: f64, home: Home) -> f64 {
        match &self.machines[home.machine as usize].queue {
            Queue::Sharing(sharing) => sharing.work_left_in(now, home.container),
            Queue::Delay | Queue::Cores(_) | Queue::Preemptive(_) => 0.0,
        }
    }

    /// The machine of work whose end has an event of its own, and the cores that it keeps busy.
    #[cfg(test)]
    pub(crate) fn core_rate(&self, home: Home) -> (usize, f64) {
        let machine = home.machine as usize;
        let rate = match &self.machines[machine].queue {
            Queue::Cores(cores) => cores.rate(home.container),
            Queue::Delay | Queue::Preemptive(_) | Queue::Sharing(_) => 1.0,
        };
        (machine, rate)
    }

    /// A strand gives its core up.
    #[inline(always)]
    pub(crate) fn release(&mut self, now: f64, home: Home, strand: u32, calendar: &mut Calendar) {
        let machine = &mut self.machines[home.machine as usize];
        let busy = &mut machine.busy;
        match &mut machine.queue {
            Queue::Cores(cores) => cores.release(home.container, Context { now, calendar, busy }),
            Queue::Preemptive(cores) => cores.release(strand, Context { now, calendar, busy }),
            Queue::Delay | Queue::Sharing(_) => busy.add(now, -1.0),
        }
    }

    /// The first piece of work of a container is done, on a machine whose work changes its rate or is interrupted
    /// ([`Event::ShareDone`]).
    #[inline(always)]
    pub(crate) fn share_done(&mut self, now: f64, container: u32, calendar: &mut Calendar) -> Option<Done> {
        let machine = &mut self.machines[self.machine_of[container as usize] as usize];
        let busy = &mut machine.busy;
        match &mut machine.queue {
            Queue::Sharing(sharing) => {
                sharing.done(container, Context { now, calendar, busy }).map(Done::Gone)
            }
            Queue::Preemptive(cores) => cores.first_strand_to_end().map(Done::Holding),
            Queue::Delay | Queue::Cores(_) => None,
        }
    }

    /// The next period of a container begins, where it has its processor time by periods ([`Event::Refill`]).
    pub(crate) fn refill(&mut self, now: f64, container: u32, calendar: &mut Calendar) {
        let machine = &mut self.machines[self.machine_of[container as usize] as usize];
        if let Queue::Sharing(sharing) = &mut machine.queue {
            sharing.refill(container, Context { now, calendar, busy: &mut machine.busy });
        }
    }

    /// How long a container stood still for want of processor time until `now`.
    pub(crate) fn throttled(&self, now: f64, home: Home) -> ThrottleTotals {
        match &self.machines[home.machine as usize].queue {
            Queue::Sharing(sharing) => sharing.throttled(now, home.container),
            Queue::Delay | Queue::Cores(_) | Queue::Preemptive(_) => ThrottleTotals::default(),
        }
    }

    /// Busy cores of each host, integrated until `now`.
    pub(crate) fn busy_areas(&self, now: f64) -> Vec<f64> {
        let mut areas = vec![0.0; self.host_count];
        for machine in &self.machines {
            areas[machine.host as usize] += machine.busy.area(now);
        }
        areas
    }
}
