//! Figures over time.

use indexmap::IndexMap;
use tracecast_model::{Load, Series};

use super::integrate::Step;
use super::rates::{Equations, Spread};

/// Bins recorded at most, as in simulations.
const MOST_BINS: usize = 100_000;

/// The sums at the end of each bin, and the spread there.
pub(crate) struct Recorder {
    bin: f64,
    /// All sums at the end of each bin; the first row is the start.
    rows: Vec<Vec<f64>>,
    /// Per bin and service: standard deviation of the number present at its end.
    deviations: Vec<Vec<f64>>,
}

impl Recorder {
    /// Starts at time 0 with these sums.
    pub(crate) fn new(bin: f64, equations: &Equations<'_>, y: &[f64]) -> Self {
        Self { bin, rows: vec![sums(equations, y)], deviations: Vec::new() }
    }

    /// Closes the bins that end within a step.
    pub(crate) fn look(&mut self, equations: &Equations<'_>, step: &mut Step<'_>) {
        while self.deviations.len() < MOST_BINS {
            // A multiple, not a sum, so that errors do not add up.
            let end = self.bin * self.rows.len() as f64;
            if end > step.time {
                break;
            }
            let y = step.at(end);
            self.close(equations, &y);
        }
    }

    /// Closes the last bin.
    pub(crate) fn finish(&mut self, equations: &Equations<'_>, time: f64, y: &[f64]) {
        if time > self.bin * self.deviations.len() as f64 && self.deviations.len() < MOST_BINS {
            self.close(equations, y);
        }
    }

    fn close(&mut self, equations: &Equations<'_>, y: &[f64]) {
        self.rows.push(sums(equations, y));
        let services = 0..equations.network.system.services.len();
        let deviation = |service| equations.sum(y, &populations(equations, service)).variance.sqrt();
        self.deviations.push(services.map(deviation).collect());
    }

    /// The columns that a simulation has; and where the spread is followed, the standard deviation of each queue length at
    /// the end of the bins.
    pub(crate) fn table(&self, equations: &Equations<'_>) -> Series {
        let network = equations.network;
        let layout = &equations.layout;
        let offset = layout.replies(0);
        let increments = |places: &[usize]| -> Vec<f64> {
            let sum = |row: &Vec<f64>| places.iter().map(|place| row[place - offset]).sum::<f64>();
            self.rows.windows(2).map(|pair| (sum(&pair[1]) - sum(&pair[0])).max(0.0)).collect()
        };
        let rates = |places: &[usize]| -> Vec<Option<f64>> {
            increments(places).into_iter().map(|increment| Some(increment / self.bin)).collect()
        };
        let mut columns = IndexMap::new();
        for (class, description) in network.classes.iter().enumerate() {
            let workload = &network.system.workloads[description.workload];
            let name = &workload.name;
            columns.insert(format!("{name}.throughput"), rates(&[layout.replies(class)]));
            let done: Vec<f64> = self.rows.iter().map(|row| row[class]).collect();
            let in_flight = increments(&[layout.in_flight(class)]);
            let response_times = self.response_times(&workload.load, &done, &in_flight);
            columns.insert(format!("{name}.response_time"), response_times);
            columns.insert(format!("{name}.in_flight"), rates(&[layout.in_flight(class)]));
        }
        for (number, service) in network.system.services.iter().enumerate() {
            let of = |place: &dyn Fn(usize) -> usize| -> Vec<usize> {
                populations(equations, number).into_iter().map(place).collect()
            };
            let present = rates(&of(&|population| layout.present(population)));
            columns.insert(format!("{}.queue_length", service.name), present);
            columns.insert(
                format!("{}.utilization", service.name),
                rates(&of(&|population| layout.busy(population))),
            );
            if equations.spread == Spread::Covariances {
                let deviations = self.deviations.iter().map(|row| Some(row[number])).collect();
                columns.insert(format!("{}.queue_length_deviation", service.name), deviations);
            }
        }
        let time = (0..self.deviations.len()).map(|row| self.bin * row as f64).collect();
        Series { time, columns, ..Series::default() }
    }

    /// Mean response time of the replies in each bin: of the n-th one the time since the n-th request. Users of closed
    /// loads by Little's law within the bin.
    fn response_times(&self, load: &Load, done: &[f64], in_flight: &[f64]) -> Vec<Option<f64>> {
        let bins = done.windows(2).zip(in_flight).enumerate();
        bins.map(|(number, (pair, in_flight))| {
            let replies = pair[1] - pair[0];
            let middle = self.bin * (number as f64 + 0.5);
            if replies < 1e-6 {
                return None;
            }
            match sent(load, 0.5 * (pair[0] + pair[1])) {
                Some(sent) => Some((middle - sent).max(0.0)),
                None => Some(in_flight / replies),
            }
        })
        .collect()
    }
}

/// When the n-th request of a load is sent; none for users who wait for replies.
fn sent(load: &Load, number: f64) -> Option<f64> {
    match load {
        Load::Poisson { rate } => Some(number / rate),
        Load::Profile(profile) => Some(profile.inverse(number).unwrap_or(profile.end())),
        Load::Replay { at } => at.get(number as usize).or(at.last()).copied(),
        Load::Burst { bursts } => {
            let mut bursts = bursts.clone();
            bursts.sort_by(|a, b| a.at.total_cmp(&b.at));
            let mut before = 0.0;
            let its = bursts.iter().find(|burst| {
                before += f64::from(burst.size);
                before > number
            });
            its.or(bursts.last()).map(|burst| burst.at)
        }
        Load::Closed { .. } | Load::Renewal { .. } | Load::Markov(_) | Load::SerialClient(_) => None,
    }
}

fn sums(equations: &Equations<'_>, y: &[f64]) -> Vec<f64> {
    y[equations.layout.replies(0)..].to_vec()
}

/// The populations of a service; each is also the number of its variable.
pub(crate) fn populations(equations: &Equations<'_>, service: usize) -> Vec<usize> {
    let network = equations.network;
    let here = |&population: &usize| {
        network.index.service_of(network.populations[population].operation).0 == service
    };
    (0..network.populations.len()).filter(here).collect()
}
