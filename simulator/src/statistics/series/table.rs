//! Figures over time, over all replications.

use tracecast_model::{Metric, Series};

use super::{Kind, SeriesRecorder};
use crate::statistics::Sketch;
use crate::statistics::interval::{Estimate, SAMPLES, t_quantile};
use crate::statistics::tails::Tails;

/// Percentiles of the response times in each bin.
const PERCENTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

/// The mean over the replications for each bin with its interval, as a table. A replication that has ended counts with
/// nothing going on, and with the replicas that it had. Percentiles are those of all response times in a bin.
pub(crate) fn table(recorders: &[SeriesRecorder]) -> Option<Series> {
    let first = recorders.first()?;
    let bins = recorders.iter().map(|recorder| recorder.rows.len()).max()?;
    let mut table = Table { recorders, bins, t: t_quantile(recorders.len() - 1), series: Series::default() };
    table.series.time = (0..bins).map(|row| first.bin * row as f64).collect();
    for (place, column) in first.columns.iter().enumerate() {
        match column.kind {
            Kind::Rate | Kind::Level => table.add_rate(column.name.clone(), place),
            Kind::Quotient { below } => table.add_quotient(column.name.clone(), place, below),
        }
    }
    (0..first.latencies.names.len()).for_each(|workload| table.add_percentiles(workload));
    Some(table.series)
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
    /// What a sum grows by in a bin, in each replication.
    fn sums(&self, row: usize, column: usize) -> impl Iterator<Item = f64> {
        self.recorders.iter().map(move |recorder| recorder.growth(row, column))
    }

    /// A sum by the width of the bins.
    fn add_rate(&mut self, name: String, column: usize) {
        let bin = self.recorders.first().map_or(1.0, |recorder| recorder.bin);
        self.add(name, |table, row| {
            let estimate = Estimate::new(table.sums(row, column).map(|sum| sum / bin))?;
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

    /// Percentiles of the response times of a workload.
    fn add_percentiles(&mut self, workload: usize) {
        let mut found: [Vec<Option<Metric>>; PERCENTILES.len()] = Default::default();
        for row in 0..self.bins {
            let recorders = self.recorders.iter();
            let sketches: Vec<Sketch> =
                recorders.map(|recorder| recorder.latencies.of(row, workload)).collect();
            let sketches: Vec<&Sketch> = sketches.iter().collect();
            let tails = Tails::new(&sketches);
            for (column, (_, q)) in found.iter_mut().zip(PERCENTILES) {
                column.push(tails.quantile(q));
            }
        }
        for (column, (percentile, _)) in found.into_iter().zip(PERCENTILES) {
            let name = format!("{}.{percentile}", self.recorders[0].latencies.names[workload]);
            let means = column.iter().map(|metric| metric.map(|metric| metric.mean)).collect();
            let widths = column.iter().map(|metric| metric.and_then(|metric| metric.half_width)).collect();
            self.insert(name, means, widths);
        }
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
        self.insert(name, means, widths);
    }

    fn insert(&mut self, name: String, means: Vec<Option<f64>>, widths: Vec<Option<f64>>) {
        if widths.iter().any(Option::is_some) {
            self.series.half_widths.insert(name.clone(), widths);
        }
        self.series.columns.insert(name, means);
    }
}
