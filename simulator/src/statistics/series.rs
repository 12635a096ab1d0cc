//! Figures over time.

use tracecast_model::{Series, System, feature};

use super::interval::{Estimate, SAMPLES, t_quantile};

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
    /// Does the last bin end before its time?
    is_cut: bool,
}

impl SeriesRecorder {
    /// Starts at `start`, where the sums are as given.
    pub(crate) fn new(bin: f64, start: f64, sums: Vec<f64>) -> Self {
        Self { bin, start, previous: sums, rows: Vec::new(), is_cut: false }
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
            self.is_cut = true;
        }
    }

    /// What a sum grows by in a bin, where nothing changes any more after the last whole bin.
    fn held(&self, row: usize, column: usize) -> f64 {
        let whole = self.rows.len() - usize::from(self.is_cut);
        let row = if row < whole { row } else { whole.saturating_sub(1) };
        self.rows.get(row).map_or(0.0, |row| row[column])
    }

    /// The mean of two, where the other may have more bins or fewer.
    pub(crate) fn averaged_with(mut self, other: &Self) -> Self {
        let columns = self.previous.len();
        self.rows.resize(self.rows.len().max(other.rows.len()), vec![0.0; columns]);
        self.is_cut |= other.is_cut;
        for (row, own) in self.rows.iter_mut().enumerate() {
            for (column, sum) in own.iter_mut().enumerate() {
                *sum = 0.5 * (*sum + other.rows.get(row).map_or(0.0, |row| row[column]));
            }
        }
        self
    }

    /// Were there more bins than are kept?
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= MOST_BINS
    }
}

/// The mean over the replications for each bin with its interval, as a table. A replication that has ended counts with
/// nothing going on, and with the replicas that it had. `calls` are those that can be kept from being made, and whether by a
/// circuit breaker.
pub(crate) fn table(system: &System, calls: &[(&str, bool)], recorders: &[SeriesRecorder]) -> Option<Series> {
    let bin = recorders.first()?.bin;
    let bins = recorders.iter().map(|recorder| recorder.rows.len()).max()?;
    let mut table = Table { recorders, bins, t: t_quantile(recorders.len() - 1), series: Series::default() };
    table.series.time = (0..bins).map(|row| bin * row as f64).collect();
    for (number, workload) in system.workloads.iter().enumerate() {
        let first = 4 * number;
        table.add_rate(format!("{}.throughput", workload.name), first);
        table.add_quotient(format!("{}.response_time", workload.name), first + 1, first);
        table.add_rate(format!("{}.in_flight", workload.name), first + 2);
        if can_fail(system) {
            table.add_rate(format!("{}.failed", workload.name), first + 3);
        }
    }
    for (number, service) in system.services.iter().enumerate() {
        let first = 4 * system.workloads.len() + 2 * number;
        table.add_rate(format!("{}.queue_length", service.name), first);
        table.add_rate(format!("{}.utilization", service.name), first + 1);
    }
    let first = 4 * system.workloads.len() + 2 * system.services.len();
    let scaled = system.services.iter().filter(|service| system.is_elastic(service));
    for (number, service) in scaled.enumerate() {
        table.add_level(format!("{}.replicas", service.name), first + number);
    }
    let first = first + system.services.iter().filter(|service| system.is_elastic(service)).count();
    let throttled = system.services.iter().filter(|service| service.cfs.is_some());
    for (number, service) in throttled.enumerate() {
        table.add_rate(format!("{}.throttled", service.name), first + number);
    }
    let first = recorders.first()?.previous.len() - 2 * calls.len();
    for (number, (name, has_breaker)) in calls.iter().enumerate() {
        table.add_rate(format!("{name}.rejected"), first + 2 * number);
        if *has_breaker {
            table.add_rate(format!("{name}.open_breakers"), first + 2 * number + 1);
        }
    }
    Some(table.series)
}

/// Is there anything by which requests can fail?
pub(crate) fn can_fail(system: &System) -> bool {
    feature::features(system).iter().any(|(feature, _)| feature.can_fail())
}

/// A table that is being filled.
struct Table<'a> {
    recorders: &'a [SeriesRecorder],
    bins: usize,
    /// The quantile of Student's t for as many replications.
    t: Option<f64>,
    series: Series,
}

impl Table<'_> {
    /// A sum of each replication in a bin.
    fn sums(&self, row: usize, column: usize) -> impl Iterator<Item = f64> {
        self.recorders.iter().map(move |recorder| recorder.rows.get(row).map_or(0.0, |row| row[column]))
    }

    /// A sum by the width of the bins.
    fn add_rate(&mut self, name: String, column: usize) {
        let bin = self.recorders.first().map_or(1.0, |recorder| recorder.bin);
        self.add(name, |table, row| {
            let estimate = Estimate::new(table.sums(row, column).map(|sum| sum / bin))?;
            Some((estimate, estimate.count))
        });
    }

    /// A sum by the width of the bins; a replication that has ended stays as it was.
    fn add_level(&mut self, name: String, column: usize) {
        let bin = self.recorders.first().map_or(1.0, |recorder| recorder.bin);
        self.add(name, |table, row| {
            let held = table.recorders.iter().map(|recorder| recorder.held(row, column) / bin);
            let estimate = Estimate::new(held)?;
            Some((estimate, estimate.count))
        });
    }

    /// One sum by another, over all replications together. Their quotient r varies like the mean of the residuals
    /// y - rx over that of x (the ratio estimator: Cochran 1977, *Sampling Techniques*, ch. 6).
    fn add_quotient(&mut self, name: String, above: usize, below: usize) {
        self.add(name, |table, row| {
            let whole: f64 = table.sums(row, below).sum();
            if whole <= 0.0 {
                return None;
            }
            let quotient = table.sums(row, above).sum::<f64>() / whole;
            let mean = whole / table.recorders.len() as f64;
            let pairs = table.sums(row, above).zip(table.sums(row, below));
            let mut estimate = Estimate::new(pairs.map(|(y, x)| quotient + (y - quotient * x) / mean))?;
            // The mean residual is 0, but for rounding.
            estimate.mean = quotient;
            let with_figure = table.sums(row, below).filter(|&x| x > 0.0).count();
            Some((estimate, with_figure))
        });
    }

    /// A column of estimates, each with the number of replications that have the figure.
    fn add(&mut self, name: String, estimate: impl Fn(&Self, usize) -> Option<(Estimate, usize)>) {
        let (mut means, mut widths) = (Vec::with_capacity(self.bins), Vec::with_capacity(self.bins));
        for row in 0..self.bins {
            let found = estimate(self, row);
            means.push(found.map(|(estimate, _)| estimate.mean));
            let known = found.filter(|&(_, samples)| samples >= SAMPLES);
            widths.push(known.and_then(|(estimate, _)| estimate.half_width_by(self.t?)));
        }
        if widths.iter().any(Option::is_some) {
            self.series.half_widths.insert(name.clone(), widths);
        }
        self.series.columns.insert(name, means);
    }
}
