//! Figures over time.

use indexmap::IndexMap;
use tracecast_model::{Series, System};

/// Bins recorded at most; a run that has more ends its series there.
pub(crate) const MOST_BINS: usize = 100_000;

/// Sums that grow, noted at the end of each bin of one replication.
#[derive(Clone, Debug)]
pub(crate) struct SeriesRecorder {
    bin: f64,
    start: f64,
    previous: Vec<f64>,
    /// Increments, bin by bin.
    rows: Vec<Vec<f64>>,
}

impl SeriesRecorder {
    /// Starts at `start`, where the sums are as given.
    pub(crate) fn new(bin: f64, start: f64, sums: Vec<f64>) -> Self {
        Self { bin, start, previous: sums, rows: Vec::new() }
    }

    /// The end of the current bin; infinite where no more bins are kept.
    pub(crate) fn next_end(&self) -> f64 {
        if self.is_full() {
            return f64::INFINITY;
        }
        // A multiple, not a sum, so that errors do not add up.
        self.start + self.bin * (self.rows.len() + 1) as f64
    }

    /// Closes the current bin.
    pub(crate) fn record(&mut self, sums: &[f64]) {
        self.rows.push(sums.iter().zip(&self.previous).map(|(now, then)| now - then).collect());
        self.previous.copy_from_slice(sums);
    }

    /// Closes the last bin, unless it has only just begun.
    pub(crate) fn record_rest(&mut self, now: f64, sums: &[f64]) {
        let begun = self.start + self.bin * self.rows.len() as f64;
        let anything = now > begun || sums.iter().zip(&self.previous).any(|(now, then)| now > then);
        if anything && self.rows.len() < MOST_BINS {
            self.record(sums);
        }
    }

    /// Were there more bins than are kept?
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= MOST_BINS
    }
}

/// The mean over the replications for each bin, as a table. A replication that has ended counts with nothing going on.
pub(crate) fn table(system: &System, recorders: &[SeriesRecorder]) -> Option<Series> {
    let bin = recorders.first()?.bin;
    let count = recorders.len() as f64;
    let bins = recorders.iter().map(|recorder| recorder.rows.len()).max()?;
    let total = |row: usize, column: usize| -> f64 {
        recorders.iter().filter_map(|recorder| recorder.rows.get(row)).map(|row| row[column]).sum()
    };
    let rate = |column: usize| (0..bins).map(|row| Some(total(row, column) / count / bin)).collect();
    let mut columns = IndexMap::new();
    for (number, workload) in system.workloads.iter().enumerate() {
        let first = 3 * number;
        let mean_response = |row| {
            let done = total(row, first);
            (done > 0.0).then(|| total(row, first + 1) / done)
        };
        columns.insert(format!("{}.throughput", workload.name), rate(first));
        columns.insert(format!("{}.response_time", workload.name), (0..bins).map(mean_response).collect());
        columns.insert(format!("{}.in_flight", workload.name), rate(first + 2));
    }
    for (number, service) in system.services.iter().enumerate() {
        let first = 3 * system.workloads.len() + 2 * number;
        columns.insert(format!("{}.queue_length", service.name), rate(first));
        columns.insert(format!("{}.utilization", service.name), rate(first + 1));
    }
    Some(Series { time: (0..bins).map(|row| bin * row as f64).collect(), columns })
}
