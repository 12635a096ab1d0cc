//! Figures of traces as those of predictions.

use serde::Serialize;
use tracecast_importers::Nanos;
use tracecast_model::{HalfWidths, Metric, Prediction, ResponseTime, WorkloadResult};

use super::super::statistics::{Z, mean, mean_interval, quantile, quantile_interval};
use super::Pair;
use super::requests::shared_types;
use crate::call_tree::{CallTree, as_seconds};

/// How fast requests arrived. Of sampled traces, the rate is that of the traces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Arrivals {
    /// Requests per second from the first to the last; absent of fewer than two.
    pub rate: Pair<Option<f64>>,
    /// The candidate's rate over the base's.
    pub ratio: Option<f64>,
    /// Its 95 % interval, as for Poisson arrivals.
    pub interval: Option<[f64; 2]>,
}

/// A rate that differs by less does not change a response time much.
const SAME_LOAD: f64 = 0.05;

impl Arrivals {
    /// From when requests began.
    pub(super) fn new(begins: &Pair<Vec<Nanos>>) -> Self {
        let rate = begins.as_ref().map(|begins| {
            let (first, last) = (begins.iter().min()?, begins.iter().max()?);
            (last > first).then(|| (begins.len() - 1) as f64 / as_seconds(last - first))
        });
        let ratio = rate.base.zip(rate.candidate).map(|(base, candidate)| candidate / base);
        // The logarithm of a count has the variance of one over it.
        let width = |ratio: f64| {
            let gaps = begins.as_ref().map(|begins| (begins.len() - 1) as f64);
            let factor = (Z * (1.0 / gaps.base + 1.0 / gaps.candidate).sqrt()).exp();
            [ratio / factor, ratio * factor]
        };
        Self { rate, ratio, interval: ratio.map(width) }
    }

    /// Was the load another one, as far as can be told?
    pub fn differs(&self) -> bool {
        let outside = self.interval.is_some_and(|[low, high]| low > 1.0 || high < 1.0);
        outside && self.ratio.is_some_and(|ratio| (ratio - 1.0).abs() > SAME_LOAD)
    }
}

/// The figures of both sets of traces in the form of predictions, with each type of requests as a workload, so that objectives
/// can judge them. Types that only one side has are with that side alone.
pub fn measured(trees: Pair<&[CallTree]>) -> Pair<Prediction> {
    let sides = shared_types(trees);
    let mut both = Pair {
        base: Prediction::new("traces", "measured"),
        candidate: Prediction::new("traces", "measured"),
    };
    for pair in &sides.types {
        for (side, into) in [(&pair.base, &mut both.base), (&pair.candidate, &mut both.candidate)] {
            if !side.trees.is_empty() {
                into.workloads.insert(pair.base.name.clone(), figures(&side.trees));
            }
        }
    }
    both
}

fn figures(trees: &[&CallTree]) -> WorkloadResult {
    let mut times: Vec<f64> = trees.iter().map(|tree| tree.response_time()).collect();
    times.sort_by(f64::total_cmp);
    let failed = trees.iter().filter(|tree| tree.root().error).count();
    let begins = trees.iter().map(|tree| tree.begin).collect::<Vec<_>>();
    let rate = Arrivals::new(&Pair { base: begins, candidate: Vec::new() }).rate.base;
    let half_width = |part: f64| quantile_interval(&times, part).map(|[low, high]| (high - low) / 2.0);
    WorkloadResult {
        throughput: rate.map(Metric::exact),
        response_time: Some(ResponseTime {
            mean: mean(&times),
            half_width: mean_interval(&times),
            p50: quantile(&times, 0.5),
            p90: quantile(&times, 0.9),
            p95: quantile(&times, 0.95),
            p99: quantile(&times, 0.99),
            p999: None,
            p9999: None,
            half_widths: Some(HalfWidths {
                p50: half_width(0.5),
                p90: half_width(0.9),
                p95: half_width(0.95),
                p99: half_width(0.99),
                p999: None,
                p9999: None,
            }),
        }),
        completed: Some(trees.len() as u64),
        started: Some(trees.len() as u64),
        failed: Some(failed as u64),
        ..WorkloadResult::default()
    }
}
