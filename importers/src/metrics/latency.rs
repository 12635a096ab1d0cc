//! Response times in few figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Measurements, Request};

/// Figures of many requests, as far as they are known: what a model's predictions are compared with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which requests; none: all of the run.
    pub operation: Option<String>,
    /// How many.
    pub count: Option<u64>,
    /// How many of them failed.
    pub failures: Option<u64>,
    /// Requests per second.
    pub throughput: Option<f64>,
    /// Mean response time (s).
    pub mean: Option<f64>,
    /// Standard deviation of the response times (s).
    pub standard_deviation: Option<f64>,
    /// Least response time (s).
    pub min: Option<f64>,
    /// Greatest response time (s).
    pub max: Option<f64>,
    /// Quantiles: the share (0 to 1) of the requests that took no longer than so many seconds. In order of share.
    pub quantiles: Vec<(f64, f64)>,
}

impl Summary {
    /// The response time (s) that this share (0 to 1) of the requests did not exceed, where the figure is given: none is
    /// made up from its neighbors.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        // Shares are decimal numbers of few digits: 95 %, 0.999.
        let given = self.quantiles.iter().find(|(given, _)| (given - share).abs() < 1e-9);
        given.map(|(_, seconds)| *seconds)
    }

    /// Takes a quantile in, unless that share already has one or the numbers mean nothing.
    pub(super) fn add_quantile(&mut self, share: f64, seconds: f64) {
        if (0.0..=1.0).contains(&share) && seconds.is_finite() && self.quantile(share).is_none() {
            let place = self.quantiles.partition_point(|(given, _)| *given < share);
            self.quantiles.insert(place, (share, seconds));
        }
    }

    /// Of single requests. Throughput is what JMeter's summary report calls so: their number over the time from the first
    /// that is sent to the last that is answered. Quantiles lie between neighbors in proportion (definition 7 of Hyndman
    /// and Fan, "Sample Quantiles in Statistical Packages", 1996, which numpy and k6 use).
    pub fn of<'a>(operation: Option<String>, requests: impl Iterator<Item = &'a Request>) -> Self {
        const SHARES: [f64; 7] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];
        let (mut times, mut failures) = (Vec::new(), 0);
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for request in requests {
            times.push(request.latency);
            failures += u64::from(!request.ok);
            first = first.min(request.start);
            last = last.max(request.end());
        }
        let n = times.len() as f64;
        let mut summary =
            Self { operation, count: Some(times.len() as u64), failures: Some(failures), ..Self::default() };
        times.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (times.first(), times.last()) else { return summary };
        let mean = times.iter().sum::<f64>() / n;
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        summary.throughput = (last > first).then(|| n / (last - first));
        summary.mean = Some(mean);
        summary.standard_deviation = (times.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        summary.min = Some(*min);
        summary.max = Some(*max);
        for share in SHARES {
            let place = share * (n - 1.0);
            let (below, above) = (place.floor() as usize, place.ceil() as usize);
            if let (Some(low), Some(high)) = (times.get(below), times.get(above)) {
                summary.add_quantile(share, low + (high - low) * place.fract());
            }
        }
        summary
    }
}

impl Measurements {
    /// Figures of response times: those given, else those of the single requests; first of all requests, where that is
    /// known, then operation by operation.
    pub fn latencies(&self) -> Vec<Summary> {
        let mut summaries = self.summaries.clone();
        if summaries.is_empty() && !self.requests.is_empty() {
            let mut operations: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
            for request in &self.requests {
                operations.entry(&request.operation).or_default().push(request);
            }
            summaries.push(Summary::of(None, self.requests.iter()));
            let each = operations.into_iter().filter(|(operation, _)| !operation.is_empty());
            summaries.extend(
                each.map(|(operation, requests)| Summary::of(Some(operation.into()), requests.into_iter())),
            );
        }
        summaries.sort_by_key(|summary| summary.operation.is_some());
        summaries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile([1, 2, 4, 8, 16], [50, 75, 90, 95])` is 4, 8, 12.8, 14.4; `numpy.std(…, ddof=1)` is 6.0992.
    #[test]
    fn quantiles_are_those_of_numpy() {
        let requests: Vec<Request> = [16.0, 1.0, 8.0, 2.0, 4.0]
            .into_iter()
            .map(|latency| Request {
                start: 100.0 - latency,
                latency,
                operation: "a".into(),
                ok: latency < 10.0,
            })
            .collect();
        let summary = Summary::of(None, requests.iter());
        for (share, seconds) in [(0.5, 4.0), (0.75, 8.0), (0.9, 12.8), (0.95, 14.4), (1.0, 16.0)] {
            assert!((summary.quantile(share).unwrap() - seconds).abs() < 1e-9, "{share}");
        }
        assert!((summary.standard_deviation.unwrap() - 6.0992).abs() < 1e-4);
        assert_eq!((summary.mean, summary.count, summary.failures), (Some(6.2), Some(5), Some(1)));
        // Five from 84 to 100.
        assert_eq!(summary.throughput, Some(5.0 / 16.0));
        assert_eq!(summary.quantile(0.123), None);
    }
}
