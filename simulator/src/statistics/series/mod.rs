//! Figures over time: what is noted while a run goes on. What becomes of it is in [`mod@table`].

mod latencies;
mod table;

use super::Sketch;
use latencies::Latencies;
pub(crate) use table::table;

/// Bins recorded at most; a run that has more ends its series there.
pub(crate) const MOST_BINS: usize = 100_000;

/// What the growth of a sum in a bin tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the width of the bin: a rate, or the mean of what the sum is the integral of.
    Rate,
    /// The same of what stays as it was when a replication has ended.
    Level,
    /// By the growth of another sum: a mean.
    Quotient {
        /// The place of the other.
        below: usize,
    },
}

/// A sum that is noted.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The sums at one instant, in the order of their columns.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    values: Vec<f64>,
    /// Where they are asked for.
    columns: Option<Vec<Column>>,
}

impl Sums {
    /// None yet, with names to come.
    pub(crate) fn named() -> Self {
        Self { values: Vec::new(), columns: Some(Vec::new()) }
    }

    /// Adds a sum; its place.
    pub(crate) fn add(&mut self, kind: Kind, name: impl FnOnce() -> String, value: f64) -> usize {
        if let Some(columns) = &mut self.columns {
            columns.push(Column { name: name(), kind });
        }
        self.values.push(value);
        self.values.len() - 1
    }
}

/// Sums that grow, noted at the end of each bin of one replication, with the response times in each.
#[derive(Clone, Debug)]
pub(crate) struct SeriesRecorder {
    bin: f64,
    start: f64,
    columns: Vec<Column>,
    previous: Vec<f64>,
    /// Increments, bin by bin.
    rows: Vec<Vec<f64>>,
    latencies: Latencies,
    /// Does the last bin end before its time?
    is_cut: bool,
}

impl SeriesRecorder {
    /// Starts at `start`, where the sums are as given, with response times of the workloads of those names.
    pub(crate) fn new(bin: f64, start: f64, sums: Sums, workloads: Vec<String>) -> Self {
        Self {
            bin,
            start,
            columns: sums.columns.unwrap_or_default(),
            previous: sums.values,
            rows: Vec::new(),
            latencies: Latencies::new(workloads),
            is_cut: false,
        }
    }

    /// The end of the current bin; infinite where no more bins are kept.
    pub(crate) fn next_end(&self) -> f64 {
        if self.is_full() {
            return f64::INFINITY;
        }
        // A multiple, not a sum, so that errors do not add up.
        self.start + self.bin * (self.rows.len() + 1) as f64
    }

    /// Closes the current bin, with the response times recorded so far, by workload.
    pub(crate) fn record<'a>(&mut self, sums: Sums, sketches: impl Iterator<Item = &'a Sketch>) {
        let growth = sums.values.iter().zip(&self.previous).map(|(now, then)| now - then);
        self.rows.push(growth.collect());
        self.previous = sums.values;
        self.latencies.close(sketches);
    }

    /// Closes the last bin, unless it has only just begun.
    pub(crate) fn record_rest<'a>(
        &mut self,
        now: f64,
        sums: Sums,
        sketches: impl Iterator<Item = &'a Sketch>,
    ) {
        let begun = self.start + self.bin * self.rows.len() as f64;
        let anything = now > begun || sums.values.iter().zip(&self.previous).any(|(now, then)| now > then);
        if anything && self.rows.len() < MOST_BINS {
            self.record(sums, sketches);
            self.is_cut = true;
        }
    }

    /// Response times recorded so far are about to be taken out.
    pub(crate) fn save<'a>(&mut self, sketches: impl Iterator<Item = &'a Sketch>) {
        self.latencies.save(sketches);
    }

    /// What a sum grows by in a bin; where the run has ended, what its kind says.
    fn growth(&self, row: usize, column: usize) -> f64 {
        if self.columns[column].kind == Kind::Level {
            // Nothing changes any more after the last whole bin.
            let whole = self.rows.len() - usize::from(self.is_cut);
            let row = if row < whole { row } else { whole.saturating_sub(1) };
            return self.rows.get(row).map_or(0.0, |row| row[column]);
        }
        self.rows.get(row).map_or(0.0, |row| row[column])
    }

    /// The mean of two, where the other may have more bins or fewer.
    pub(crate) fn averaged_with(mut self, other: &Self) -> Self {
        let bins = self.rows.len().max(other.rows.len());
        let mean = |row, column| 0.5 * (self.growth(row, column) + other.growth(row, column));
        let columns = self.columns.len();
        self.rows = (0..bins).map(|row| (0..columns).map(|column| mean(row, column)).collect()).collect();
        self.latencies.merge(&other.latencies);
        self.is_cut |= other.is_cut;
        self
    }

    /// Were there more bins than are kept?
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= MOST_BINS
    }
}
