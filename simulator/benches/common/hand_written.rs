//! The models of the benchmark as loops written for nothing else: what a simulation of them costs at least.
//!
//! Each loop counts the mean response time and the busy time, takes its random numbers from the same generator as the
//! engine, and keeps what is due as one would who writes such a loop: two times to compare, or the standard library's
//! heap.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::models::{CORES, DEMANDS, LOAD, STATIONS, THINK_TIME, USERS};

/// What a loop found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) events: u64,
    /// Seconds.
    pub(crate) response_time: f64,
    /// Mean number of busy cores.
    pub(crate) busy: f64,
}

/// When something is due, and what.
#[derive(Clone, Copy)]
struct Due<T>(f64, T);

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Due<T> {}

struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn new() -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(1))
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        let unit: f64 = Exp1.sample(&mut self.0);
        mean * unit
    }
}

/// One core, first come, first served: the next arrival and the next end are compared.
pub(crate) fn mm1(events: u64) -> Figures {
    let mut draws = Draws::new();
    let mut now = 0.0;
    let mut arrival = draws.exponential(1.0 / LOAD);
    let mut end = f64::INFINITY;
    let mut present: VecDeque<f64> = VecDeque::new();
    let (mut busy, mut response, mut done) = (0.0, 0.0, 0u64);
    for _ in 0..events {
        let before = now;
        now = arrival.min(end);
        if !present.is_empty() {
            busy += now - before;
        }
        if arrival < end {
            present.push_back(now);
            arrival = now + draws.exponential(1.0 / LOAD);
            if present.len() == 1 {
                end = now + draws.exponential(1.0);
            }
        } else {
            if let Some(arrived) = present.pop_front() {
                response += now - arrived;
                done += 1;
            }
            end = if present.is_empty() { f64::INFINITY } else { now + draws.exponential(1.0) };
        }
    }
    Figures { events, response_time: response / done as f64, busy: busy / now }
}

/// One core shared by all: pieces of work by the time at which a clock that slows down with their number sees their end.
pub(crate) fn mm1_sharing(events: u64) -> Figures {
    let mut draws = Draws::new();
    let (mut now, mut clock) = (0.0, 0.0);
    let mut arrival = draws.exponential(1.0 / LOAD);
    let mut present: BinaryHeap<Reverse<Due<f64>>> = BinaryHeap::new();
    let (mut busy, mut response, mut done) = (0.0, 0.0, 0u64);
    for _ in 0..events {
        let count = present.len() as f64;
        let end = present.peek().map_or(f64::INFINITY, |Reverse(Due(end, _))| now + (end - clock) * count);
        let before = now;
        now = arrival.min(end);
        if count > 0.0 {
            busy += now - before;
            clock += (now - before) / count;
        }
        if arrival < end {
            present.push(Reverse(Due(clock + draws.exponential(1.0), now)));
            arrival = now + draws.exponential(1.0 / LOAD);
        } else if let Some(Reverse(Due(_, arrived))) = present.pop() {
            response += now - arrived;
            done += 1;
        }
    }
    Figures { events, response_time: response / done as f64, busy: busy / now }
}

/// Several cores, first come, first served: the next arrival, and a heap of the ends.
pub(crate) fn mmc(cores: usize, events: u64) -> Figures {
    let mut draws = Draws::new();
    let gap = 1.0 / (LOAD * cores as f64);
    let mut now = 0.0;
    let mut arrival = draws.exponential(gap);
    let mut waiting: VecDeque<f64> = VecDeque::new();
    let mut served: BinaryHeap<Reverse<Due<f64>>> = BinaryHeap::new();
    let (mut busy, mut response, mut done) = (0.0, 0.0, 0u64);
    for _ in 0..events {
        let end = served.peek().map_or(f64::INFINITY, |Reverse(Due(end, _))| *end);
        let before = now;
        now = arrival.min(end);
        busy += served.len() as f64 * (now - before);
        if arrival < end {
            if served.len() < cores {
                served.push(Reverse(Due(now + draws.exponential(1.0), now)));
            } else {
                waiting.push_back(now);
            }
            arrival = now + draws.exponential(gap);
        } else if let Some(Reverse(Due(_, arrived))) = served.pop() {
            response += now - arrived;
            done += 1;
            if let Some(arrived) = waiting.pop_front() {
                served.push(Reverse(Due(now + draws.exponential(1.0), arrived)));
            }
        }
    }
    Figures { events, response_time: response / done as f64, busy: busy / now }
}

/// A station of a network: jobs waiting, by when they came into the network, and cores in use.
#[derive(Clone, Default)]
struct Station {
    waiting: VecDeque<f64>,
    used: usize,
}

/// Stations in a row, with one heap for everything that is due. The number of an event is its station; one past the last
/// is the arrival.
pub(crate) fn tandem(events: u64) -> Figures {
    let mut draws = Draws::new();
    let gap = 1.0 / (LOAD * CORES as f64);
    let mut now = 0.0;
    let mut stations = vec![Station::default(); STATIONS];
    let mut due: BinaryHeap<Reverse<Due<(usize, f64)>>> = BinaryHeap::new();
    due.push(Reverse(Due(draws.exponential(gap), (STATIONS, 0.0))));
    let (mut busy, mut busy_cores, mut response, mut done) = (0.0, 0, 0.0, 0u64);
    for _ in 0..events {
        let Some(Reverse(Due(time, (place, mut arrived)))) = due.pop() else { break };
        busy += f64::from(busy_cores) * (time - now);
        now = time;
        let mut next = 0;
        if place == STATIONS {
            due.push(Reverse(Due(now + draws.exponential(gap), (STATIONS, 0.0))));
            arrived = now;
        } else {
            next = place + 1;
            let station = &mut stations[place];
            if let Some(waited) = station.waiting.pop_front() {
                due.push(Reverse(Due(now + draws.exponential(1.0), (place, waited))));
            } else {
                station.used -= 1;
                busy_cores -= 1;
            }
        }
        match stations.get_mut(next) {
            Some(station) if station.used < CORES => {
                station.used += 1;
                busy_cores += 1;
                due.push(Reverse(Due(now + draws.exponential(1.0), (next, arrived))));
            }
            Some(station) => station.waiting.push_back(arrived),
            None => {
                response += now - arrived;
                done += 1;
            }
        }
    }
    Figures { events, response_time: response / done as f64, busy: busy / now }
}

/// Users who think and visit stations of one core in turn, with one heap for everything that is due. The number of an
/// event is its station; one past the last is the end of thinking.
pub(crate) fn closed(events: u64) -> Figures {
    const COUNT: usize = DEMANDS.len();
    let mut draws = Draws::new();
    let mut now = 0.0;
    let mut stations = vec![Station::default(); COUNT];
    let mut due: BinaryHeap<Reverse<Due<(usize, f64)>>> = BinaryHeap::new();
    for _ in 0..USERS {
        due.push(Reverse(Due(draws.exponential(THINK_TIME), (COUNT, 0.0))));
    }
    let (mut busy, mut busy_cores, mut response, mut done) = (0.0, 0, 0.0, 0u64);
    for _ in 0..events {
        let Some(Reverse(Due(time, (place, mut arrived)))) = due.pop() else { break };
        busy += f64::from(busy_cores) * (time - now);
        now = time;
        let mut next = 0;
        if place == COUNT {
            arrived = now;
        } else {
            next = place + 1;
            let station = &mut stations[place];
            if let Some(waited) = station.waiting.pop_front() {
                due.push(Reverse(Due(now + draws.exponential(DEMANDS[place]), (place, waited))));
            } else {
                station.used -= 1;
                busy_cores -= 1;
            }
        }
        match stations.get_mut(next) {
            Some(station) if station.used == 0 => {
                station.used += 1;
                busy_cores += 1;
                due.push(Reverse(Due(now + draws.exponential(DEMANDS[next]), (next, arrived))));
            }
            Some(station) => station.waiting.push_back(arrived),
            None => {
                response += now - arrived;
                done += 1;
                due.push(Reverse(Due(now + draws.exponential(THINK_TIME), (COUNT, 0.0))));
            }
        }
    }
    Figures { events, response_time: response / done as f64, busy: busy / now }
}
