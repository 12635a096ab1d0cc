//! What replications counted, as a prediction.

mod calls;
mod cost;
mod fates;
mod services;

use tracecast_model::{
    EngineOptions, HalfWidths, HostResult, Metric, OperationRef, Prediction, ResponseTime, ScalingEvent,
    Status, System, Warning, Workload, WorkloadResult,
};

use crate::engine::NAME;
use crate::program::Program;
use crate::residence::residences;
use crate::statistics::Sketch;
use crate::statistics::histogram::histogram;
use crate::statistics::interval::Estimate;
use crate::statistics::series::{self, SeriesRecorder};
use crate::statistics::tails::Tails;
use crate::statistics::totals::{Totals, WorkloadTotals};
use calls::call_results;
use services::{Places, operation_result, service_result};

/// Requests that a figure about rare ones has to have met, to tell how well it is known.
const RARE: f64 = 10.0;

/// What all replications of a simulation gave.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// Independent samples of all figures: replications, or parts of them.
    pub(crate) samples: Vec<Totals>,
    /// Are two samples, one after the other, from an antithetic pair of replications? They are averaged then.
    pub(crate) has_pairs: bool,
    /// Was the length given, and not found for the precision?
    pub(crate) is_of_given_length: bool,
    /// By replication and workload, for loads that end by themselves.
    pub(crate) makespans: Vec<Vec<Option<f64>>>,
    /// By replication, or pair of them, and workload: response times.
    pub(crate) sketches: Vec<Vec<Sketch>>,
    /// By replication, or pair of them.
    pub(crate) series: Vec<SeriesRecorder>,
    /// What autoscalers did in the first replication.
    pub(crate) scaling: Vec<ScalingEvent>,
    pub(crate) replications: u32,
    pub(crate) events: u64,
    pub(crate) warnings: Vec<Warning>,
    /// Did simulated time run out before a load that ends by itself did?
    pub(crate) is_cut: bool,
}

impl Outcome {
    /// Nothing yet.
    pub(crate) fn new(status: Status, replications: u32) -> Self {
        Self {
            status,
            samples: Vec::new(),
            has_pairs: false,
            is_of_given_length: false,
            makespans: Vec::new(),
            sketches: Vec::new(),
            series: Vec::new(),
            scaling: Vec::new(),
            replications,
            events: 0,
            warnings: Vec::new(),
            is_cut: false,
        }
    }

    /// Makes one of the response times and series of each antithetic pair of replications.
    pub(crate) fn average_distributions(&mut self) {
        self.sketches = in_pairs(std::mem::take(&mut self.sketches), |mut first, second| {
            first.iter_mut().zip(&second).for_each(|(own, other)| own.merge(other));
            first
        });
        self.series =
            in_pairs(std::mem::take(&mut self.series), |first, second| first.averaged_with(&second));
    }

    /// Adds further replications.
    pub(crate) fn append(&mut self, more: Self) {
        self.status = more.status;
        self.samples.extend(more.samples);
        self.has_pairs = more.has_pairs;
        self.makespans.extend(more.makespans);
        self.sketches.extend(more.sketches);
        self.series.extend(more.series);
        if self.scaling.is_empty() {
            self.scaling = more.scaling;
        }
        self.replications += more.replications;
        self.events += more.events;
        self.warnings.extend(more.warnings);
        self.is_cut |= more.is_cut;
    }

    /// Mean and interval of a figure that every sample has.
    fn metric(&self, figure: impl Fn(&Totals) -> f64) -> Option<Metric> {
        self.metric_if_any(|sample| Some(figure(sample)))
    }

    /// Mean and interval of a figure over the samples that have it.
    pub(crate) fn metric_if_any(&self, figure: impl Fn(&Totals) -> Option<f64>) -> Option<Metric> {
        self.estimate(self.samples.iter().map(|sample| figure(sample).filter(|_| sample.time > 0.0)))
    }

    /// Mean and interval of the figures of all samples that have one.
    fn estimate(&self, figures: impl Iterator<Item = Option<f64>>) -> Option<Metric> {
        let estimate = if self.has_pairs {
            let figures: Vec<Option<f64>> = figures.collect();
            Estimate::new(figures.chunks(2).filter_map(|pair| {
                let known: Vec<f64> = pair.iter().copied().flatten().collect();
                (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
            }))
        } else {
            Estimate::new(figures.flatten())
        };
        let estimate = estimate?;
        let half_width =
            if self.is_of_given_length { estimate.half_width_of_short_run() } else { estimate.half_width() };
        Some(Metric::estimated(estimate.mean, half_width))
    }

    /// Mean and interval of a figure about what may be rare. From a few the variance cannot be known, and from none it
    /// would seem to be 0, so then there is no interval.
    fn rare(
        &self,
        figure: impl Fn(&Totals) -> Option<f64>,
        count: impl Fn(&Totals) -> f64,
    ) -> Option<Metric> {
        let seen: f64 = self.samples.iter().map(count).sum();
        let metric = self.metric_if_any(figure)?;
        Some(Metric { half_width: metric.half_width.filter(|_| seen >= RARE), ..metric })
    }

    /// The same for a share: what `part` sums up, of what `whole` does.
    fn share(&self, part: impl Fn(&Totals) -> f64, whole: impl Fn(&Totals) -> f64) -> Option<Metric> {
        let share = |sample: &Totals| {
            let whole = whole(sample);
            (whole > 0.0).then(|| part(sample) / whole)
        };
        self.rare(share, &part)
    }

    /// Response times of a workload, by replication.
    fn sketches_of(&self, workload: usize) -> Vec<&Sketch> {
        self.sketches.iter().map(|all| &all[workload]).collect()
    }

    /// Queues that grow without bound have no means.
    fn is_saturated(&self) -> bool {
        self.status == Status::Saturated
    }
}

/// Makes one of every two.
pub(crate) fn in_pairs<T>(all: Vec<T>, join: impl Fn(T, T) -> T) -> Vec<T> {
    let mut rest = all.into_iter();
    std::iter::from_fn(|| {
        let first = rest.next()?;
        Some(match rest.next() {
            Some(second) => join(first, second),
            None => first,
        })
    })
    .collect()
}

/// The prediction.
pub(crate) fn prediction(
    system: &System,
    program: &Program,
    options: &EngineOptions,
    outcome: &Outcome,
) -> Prediction {
    let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
    let method = if ends { "replications of the whole load" } else { "replications of the steady state" };
    let mut prediction = Prediction::new(NAME, method);
    prediction.status = outcome.status;
    prediction.events = Some(outcome.events);
    prediction.replications = Some(outcome.replications);
    prediction.seed = Some(options.seed);
    if outcome.status == Status::Cancelled {
        return prediction;
    }
    prediction.simulated_time = Some(outcome.samples.iter().map(|sample| sample.time).sum());
    prediction.warnings = outcome.warnings.clone();
    for (number, workload) in system.workloads.iter().enumerate() {
        let mut result = workload_result(workload, number, outcome);
        if program.can_fail {
            result.failed_share = fates::failed_share(number, outcome);
            result.fates = Some(fates::fates(number, outcome));
        }
        if let Some(bins) = options.histogram_bins.filter(|_| result.response_time.is_some()) {
            result.histogram = histogram(&outcome.sketches_of(number), bins);
        }
        if options.breakdown && result.response_time.is_some() {
            result.residence = residences(system, number, outcome);
        }
        prediction.workloads.insert(workload.name.clone(), result);
    }
    let mut first = 0;
    for (number, (service, plan)) in system.services.iter().zip(&program.services).enumerate() {
        let last = first + service.operations.len();
        let throttled = program.throttled.iter().position(|&throttled| throttled as usize == number);
        let elastic = plan.elastic.map(|place| place as usize);
        let places = Places {
            elastic,
            placing: elastic.filter(|&place| program.elastic[place].placing.is_some()),
            throttled,
            outliers: plan.outliers.map(|place| place as usize),
            queue: plan.queue.map(|place| place as usize),
        };
        let result = service_result(service, first, places, ends, outcome);
        prediction.services.insert(service.name.clone(), result);
        for (number, operation) in (first..last).zip(&service.operations) {
            let name = OperationRef::new(&service.name, &operation.name).to_string();
            prediction.operations.insert(name, operation_result(service, operation, number, outcome));
        }
        first = last;
    }
    prediction.cost = cost::cost(system, program, ends, outcome);
    prediction.calls = call_results(program, outcome);
    prediction.scaling = outcome.scaling.clone();
    for (number, host) in system.hosts.iter().enumerate() {
        let utilization = outcome.metric(|sample| sample.hosts[number] / sample.time);
        prediction.hosts.insert(host.name.clone(), HostResult { utilization });
    }
    if options.series_bin.is_some() {
        prediction.series = series::table(&outcome.series);
    }
    prediction.warnings.extend(more_warnings(outcome));
    prediction
}

fn workload_result(workload: &Workload, number: usize, outcome: &Outcome) -> WorkloadResult {
    let of = |sample: &Totals| -> WorkloadTotals { sample.workloads[number] };
    let grows = outcome.is_saturated() && workload.load.rate().is_some();
    let counted = workload.load.is_finite();
    let mut result = WorkloadResult {
        throughput: outcome.metric(|sample| of(sample).completed / sample.time),
        ..WorkloadResult::default()
    };
    if !grows {
        let mean = outcome.metric_if_any(|sample| of(sample).mean_response());
        result.response_time = mean.map(|mean| response_time(mean, &outcome.sketches_of(number)));
        if workload.completion == tracecast_model::Completion::AllWork {
            result.reply_time = outcome.metric_if_any(|sample| of(sample).mean_reply());
        }
    }
    let total = |count: fn(&WorkloadTotals) -> f64| -> f64 {
        outcome.samples.iter().map(|sample| count(&of(sample))).sum()
    };
    let failed = total(|totals| totals.failed);
    if !counted && failed > 0.0 {
        result.completed = Some(total(|totals| totals.completed) as u64);
        result.failed = Some(failed as u64);
    }
    if counted {
        let replications = outcome.samples.len().max(1) as f64;
        let mean_count = |count| (total(count) / replications).round() as u64;
        result.started = Some(mean_count(|totals| totals.started));
        result.completed = Some(mean_count(|totals| totals.completed));
        result.failed = Some(mean_count(|totals| totals.failed));
        let makespans = || outcome.makespans.iter().map(|all| all[number]);
        if makespans().all(|makespan| makespan.is_some()) {
            result.makespan = outcome.estimate(makespans());
        }
    }
    result
}

fn response_time(mean: Metric, replications: &[&Sketch]) -> ResponseTime {
    let tails = Tails::new(replications);
    let part = |q: f64| tails.quantile(q);
    let [p50, p90, p95, p99] = [0.5, 0.9, 0.95, 0.99].map(part);
    let [p999, p9999] = [0.999, 0.9999].map(|q| part(q).filter(|_| tails.reach(q)));
    let value = |metric: Option<Metric>| metric.map(|metric| metric.mean);
    let width = |metric: Option<Metric>| metric.and_then(|metric| metric.half_width);
    let half_widths = HalfWidths {
        p50: width(p50),
        p90: width(p90),
        p95: width(p95),
        p99: width(p99),
        p999: width(p999),
        p9999: width(p9999),
    };
    ResponseTime {
        mean: mean.mean,
        half_width: mean.half_width,
        p50: value(p50),
        p90: value(p90),
        p95: value(p95),
        p99: value(p99),
        p999: value(p999),
        p9999: value(p9999),
        half_widths: (half_widths != HalfWidths::default()).then_some(half_widths),
    }
}

/// Nothing can happen any more, although not all is done.
pub(crate) fn deadlock() -> Warning {
    let message = "requests wait for locks that nobody will ever give back";
    Warning::new("deadlock", "simulation", message)
}

/// The time limit of the caller has ended it.
pub(crate) fn time_over(message: &str) -> Warning {
    let message = format!("{message}. How much that is depends on the machine, so it is not reproducible");
    Warning::new("time-limit", "simulation", message)
}

/// More was in progress than the options allow.
pub(crate) fn crowded(options: &EngineOptions) -> Warning {
    let most = options.max_in_progress.unwrap_or(0);
    let message = format!(
        "more than {most} visits were in progress at once in a replication; allow more, or send less"
    );
    Warning::new("in-progress-limit", "simulation", message)
}

fn more_warnings(outcome: &Outcome) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if outcome.status == Status::EventLimit && outcome.warnings.is_empty() {
        let message =
            "the events ran out before the end or the precision asked for; allow more, or ask for less";
        warnings.push(Warning::new("event-limit", "simulation", message));
    }
    if outcome.is_cut {
        let message =
            "the time given was over before all work was done; the figures cover the time until then";
        warnings.push(Warning::new("unfinished", "simulation", message));
    }
    if outcome.series.iter().any(SeriesRecorder::is_full) {
        let message =
            format!("the series ends after {} bins; choose wider ones to see all", series::MOST_BINS);
        warnings.push(Warning::new("series-cut", "simulation", message));
    }
    warnings
}
