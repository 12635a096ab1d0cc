//! Threads that work off one queue.

use super::greatest;
use crate::moments::Moments;

/// Times at which the threads of a stage become free, in order.
///
/// The recursion of Kiefer and Wolfowitz (1955): a task starts at the later of its arrival and the earliest time at
/// which a thread is free. Putting the new end in order is a pass of pairwise minima and maxima ([`greatest`]).
pub(crate) struct Workers {
    free: Vec<Moments>,
    /// Covariances of these times, row by row; empty where there are too many threads to follow them.
    covariances: Vec<f64>,
    /// When the task before started.
    previous: f64,
}

/// Start and end of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) start: Moments,
    pub(crate) end: Moments,
}

/// Threads up to which covariances are followed: each task costs the square of their number. With more threads the
/// end of each depends little on any other.
const FOLLOWED: usize = 32;

impl Workers {
    pub(crate) fn new(threads: usize) -> Self {
        let covariances = if threads <= FOLLOWED { vec![0.0; threads * threads] } else { Vec::new() };
        Self { free: vec![Moments::ZERO; threads], covariances, previous: f64::NEG_INFINITY }
    }

    /// Serves the next task in line. `holding` tells how long a task takes with so many threads busy.
    pub(crate) fn serve(&mut self, arrival: Moments, holding: &dyn Fn(usize) -> Moments) -> Task {
        let start = self.start(arrival);
        self.previous = start.mean;
        let busy = self.free.iter().skip(1).filter(|free| free.mean > start.mean).count() + 1;
        let end = start.plus(holding(busy));
        self.free[0] = end;
        self.set_variance(0, end.variance);
        for place in 0..self.free.len() - 1 {
            if !self.order(place) {
                break;
            }
        }
        Task { start, end }
    }

    /// When the last thread is done.
    pub(crate) fn last(&self) -> Moments {
        self.free.last().copied().unwrap_or(Moments::ZERO)
    }

    /// The later of the arrival and the earliest free thread; the covariances with the others follow.
    fn start(&mut self, arrival: Moments) -> Moments {
        if arrival.mean <= self.previous {
            // It was waiting already when the one before it started, so it waits for a thread.
            return self.free[0];
        }
        let split = greatest::split(self.free[0], arrival, 0.0);
        if !self.covariances.is_empty() && split.x_is_greater < 1.0 {
            for other in 1..self.free.len() {
                self.set_covariance(0, other, split.x_is_greater * self.covariance(0, other));
            }
        }
        split.greater
    }

    /// Puts two neighbors in order. False: the rest is in order already.
    fn order(&mut self, place: usize) -> bool {
        let next = place + 1;
        let split = greatest::split(self.free[place], self.free[next], self.covariance(place, next));
        if split.x_is_greater == 0.0 {
            return false;
        }
        self.free[place] = split.lesser;
        self.free[next] = split.greater;
        if self.covariances.is_empty() {
            return true;
        }
        for other in (0..self.free.len()).filter(|&other| other != place && other != next) {
            let (x, y) = (self.covariance(place, other), self.covariance(next, other));
            let greater = split.x_is_greater * x + (1.0 - split.x_is_greater) * y;
            self.set_covariance(next, other, greater);
            self.set_covariance(place, other, x + y - greater);
        }
        self.set_covariance(place, next, split.covariance);
        self.set_variance(place, split.lesser.variance);
        self.set_variance(next, split.greater.variance);
        true
    }

    fn covariance(&self, a: usize, b: usize) -> f64 {
        self.covariances.get(a * self.free.len() + b).copied().unwrap_or(0.0)
    }

    fn set_variance(&mut self, place: usize, variance: f64) {
        self.set_covariance(place, place, variance);
    }

    fn set_covariance(&mut self, a: usize, b: usize, value: f64) {
        if !self.covariances.is_empty() {
            let threads = self.free.len();
            self.covariances[a * threads + b] = value;
            self.covariances[b * threads + a] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makespan(threads: usize, tasks: usize, task: Moments) -> Moments {
        let mut workers = Workers::new(threads);
        for _ in 0..tasks {
            workers.serve(Moments::ZERO, &|_| task);
        }
        workers.last()
    }

    #[test]
    fn constant_tasks_go_in_rounds() {
        for (threads, tasks, rounds) in [(1, 7, 7.0), (2, 7, 4.0), (3, 9, 3.0), (64, 65, 2.0)] {
            assert_eq!(makespan(threads, tasks, Moments::new(1.0, 0.0)), Moments::new(rounds, 0.0));
        }
    }

    /// One thread: the sum of the tasks.
    #[test]
    fn one_thread_adds_up() {
        let end = makespan(1, 40, Moments::new(0.5, 0.1));
        assert!((end.mean - 20.0).abs() < 1e-12 && (end.variance - 4.0).abs() < 1e-12);
    }

    /// Exponential tasks of mean 1: N/c + H_c - 1, by the memoryless property. Tolerance: they are far from normal,
    /// which costs up to half of H_c - 1 at the end; here that is 2 % of the makespan at most.
    #[test]
    fn exponential_tasks_end_with_the_harmonic_sum() {
        for (threads, tasks) in [(2usize, 10usize), (2, 100), (4, 100), (8, 400)] {
            let harmonic: f64 = (1..=threads).map(|j| 1.0 / j as f64).sum();
            let exact = tasks as f64 / threads as f64 + harmonic - 1.0;
            let found = makespan(threads, tasks, Moments::new(1.0, 1.0)).mean;
            assert!((found / exact - 1.0).abs() < 0.02, "{threads} {tasks}: {found} instead of {exact}");
        }
    }
}
