//! A thread that goes round the operations of its service.

use tracecast_model::PollingVisit;

use super::probe::Probe;
use super::{Run, Variate};
use crate::calendar::Event;
use crate::line::{Line, Order};
use crate::program::ServicePlan;

/// The thread of a polled service with the visits that wait for it, in a line for each operation.
#[derive(Clone, Debug)]
pub(super) struct Polled {
    lines: Vec<Line<u32>>,
    visit: PollingVisit,
    /// The variate of the time from one line to the next; none: no time.
    switch_over: Option<u32>,
    /// At which line the thread is, and how many visits it may still take there.
    at: usize,
    left: u32,
    /// Does nobody wait, so that it rests?
    rests: bool,
}

impl Polled {
    /// Before the first line.
    pub(super) fn new(
        plan: &ServicePlan,
        visit: PollingVisit,
        switch_over: Option<u32>,
        variates: &[Variate],
    ) -> Self {
        let (_, count) = plan.operations;
        let line = |number: u32| match plan.order {
            Order::Random(first) => Line::new(Order::Random(first + number), variates),
            order => Line::new(order, variates),
        };
        let at = count as usize - 1;
        let lines = (0..count).map(line).collect();
        Self { lines, visit, switch_over, at, left: 0, rests: switch_over.is_none() }
    }

    /// Does the thread serve, or is it on its way?
    pub(super) fn is_busy(&self) -> bool {
        !self.rests
    }

    pub(super) fn waiting(&self) -> usize {
        self.lines.iter().map(Line::len).sum()
    }

    /// A visit comes. Does it get the thread, which rests, at once?
    pub(super) fn arrive(&mut self, line: usize, visit: u32, priority: i32) -> bool {
        if self.rests {
            self.rests = false;
            self.at = line;
            self.left = self.most(1) - 1;
            return true;
        }
        self.lines[line].push(visit, priority);
        false
    }

    /// The thread has served a visit: the next, unless it has to go on first or nobody waits.
    pub(super) fn next(&mut self) -> Option<u32> {
        if let Some(visit) = self.take() {
            return Some(visit);
        }
        if self.switch_over.is_some() {
            return None;
        }
        let found = (0..self.lines.len()).find_map(|_| self.go_on());
        self.rests = found.is_none();
        found
    }

    /// The thread comes to the next line: the visit that it takes there.
    fn go_on(&mut self) -> Option<u32> {
        self.at = (self.at + 1) % self.lines.len();
        self.left = self.most(self.lines[self.at].len());
        self.take()
    }

    /// Visits that the thread may take where so many are when it comes.
    fn most(&self, present: usize) -> u32 {
        match self.visit {
            PollingVisit::Exhaustive => u32::MAX,
            PollingVisit::Gated => present as u32,
            PollingVisit::Limited(most) => most,
        }
    }

    fn take(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        let visit = self.lines[self.at].pop()?;
        self.left -= 1;
        Some(visit)
    }
}

impl<P: Probe> Run<'_, P> {
    /// Sends the thread of a polled service on, if going on takes time.
    pub(super) fn switch_over(&mut self, service: u32) {
        let Some(time) = self.threads.polled(service).and_then(|polled| polled.switch_over) else { return };
        let time = self.variates[time as usize].draw();
        self.calendar.schedule(self.now + time, Event::Poll(service));
    }

    /// The thread of a polled service comes to its next line.
    pub(super) fn poll(&mut self, service: u32) {
        match self.threads.polled_mut(service).and_then(Polled::go_on) {
            Some(visit) => self.begin(visit, self.program.services[service as usize].first_replica),
            None => self.switch_over(service),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Assignment;

    /// Visits 0, 1, … to the lines given come while the first of them is served; the order in which they are.
    fn order(visit: PollingVisit, lines: &[usize]) -> Vec<u32> {
        let plan = ServicePlan {
            name: String::new(),
            fetching: crate::program::FetchPlan::default(),
            queue: None,
            first_replica: 0,
            replicas: 1,
            elastic: None,
            initial: 1,
            threads: Some(1),
            assignment: Assignment::Polled(visit, None),
            order: Order::Arrival,
            operations: (0, 3),
            capacity: None,
            rate: None,
            shedding: None,
            admission: None,
            outliers: None,
            memory: None,
            lock: None,
        };
        let mut polled = Polled::new(&plan, visit, None, &[]);
        let mut served = vec![0];
        for (number, &line) in (0..).zip(lines) {
            assert_eq!(polled.arrive(line, number, 0), number == 0);
        }
        assert_eq!(polled.waiting(), lines.len() - 1);
        served.extend(std::iter::from_fn(|| polled.next()));
        assert!(polled.arrive(2, 99, 0), "it rests");
        served
    }

    #[test]
    fn lines_are_served_in_turn() {
        let lines = [1, 0, 1, 2, 1, 2, 0];
        assert_eq!(order(PollingVisit::Exhaustive, &lines), [0, 2, 4, 3, 5, 1, 6]);
        assert_eq!(order(PollingVisit::Gated, &lines), [0, 3, 5, 1, 6, 2, 4]);
        assert_eq!(order(PollingVisit::Limited(1), &lines), [0, 3, 1, 2, 5, 6, 4]);
        assert_eq!(order(PollingVisit::Limited(2), &lines), [0, 2, 3, 5, 1, 6, 4]);
    }
}
