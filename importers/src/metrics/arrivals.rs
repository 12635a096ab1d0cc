//! When requests came: a load for the model.

use tracecast_model::{RatePoint, RateProfile};

use super::{Kind, Measurements, Quantity, Series, Unit};

/// More steps than this are no profile but a mistake in the length of a step.
const MAX_STEPS: f64 = 1e6;

/// Why there is no profile of arrivals.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoArrivals {
    /// Neither requests nor a series of their rate or number.
    #[error("there are neither single requests nor a series of requests")]
    None,
    /// Too few points, or none within a time.
    #[error("the requests are all at one time")]
    OneTime,
    /// Several series, which may count the same requests.
    #[error("there are several series of requests: {}; choose one of them", .0.join("; "))]
    Several(Vec<String>),
    /// A series of something else.
    #[error("\"{0}\" is not a rate or a number of requests")]
    NotRequests(String),
    /// A step that is no time, or too short.
    #[error("a step of {0} s is not positive, or divides the time into more than a million")]
    Step(f64),
}

impl Measurements {
    /// The rate of arrivals over time, from the first. From single requests: those sent in each step of `step` seconds,
    /// so that the profile expects as many requests as there were. Else from the one series of all requests, see
    /// [`Series::arrivals`].
    ///
    /// # Errors
    /// Where there is neither, or more than one series.
    pub fn arrivals(&self, step: f64) -> Result<RateProfile, NoArrivals> {
        if !self.requests.is_empty() {
            let starts: Vec<(f64, f64)> = self.requests.iter().map(|request| (request.start, 1.0)).collect();
            return in_steps(&starts, step);
        }
        let whole = self.request_series().filter(|series| series.label("operation").is_none());
        // A sum tells exactly what a rate tells on average.
        let sums: Vec<&Series> = whole.clone().filter(|series| series.kind == Kind::Cumulative).collect();
        let series = if sums.is_empty() { whole.collect() } else { sums };
        match series.as_slice() {
            [one] => one.arrivals(step),
            [] if self.request_series().next().is_none() => Err(NoArrivals::None),
            [] => Err(NoArrivals::Several(self.request_series().map(Series::title).collect())),
            several => Err(NoArrivals::Several(several.iter().map(|series| series.title()).collect())),
        }
    }

    fn request_series(&self) -> impl Iterator<Item = &Series> + Clone {
        self.series.iter().filter(|series| series.quantity == Quantity::Requests)
    }
}

impl Series {
    /// The rate of arrivals over time, from the first point. Of a sum: constant between two points, so that it expects as
    /// many requests as were counted; what comes one by one is counted in steps of `step` seconds; a rate changes
    /// evenly between its points. Load generators count requests when they are answered.
    ///
    /// # Errors
    /// A series that is not of requests, or has too few points.
    pub fn arrivals(&self, step: f64) -> Result<RateProfile, NoArrivals> {
        if self.quantity != Quantity::Requests {
            return Err(NoArrivals::NotRequests(self.title()));
        }
        match (self.kind, self.unit) {
            (Kind::Cumulative, _) => {
                let growth: Vec<_> = self.growth().collect();
                let start = growth.first().ok_or(NoArrivals::OneTime)?.0;
                let parts = growth.into_iter().map(|(from, to, grown)| (from - start, to - start, grown));
                Ok(piecewise(parts))
            }
            (Kind::Increment, _) => {
                let counts: Vec<_> =
                    self.points.iter().map(|point| (point.at, point.value.max(0.0))).collect();
                in_steps(&counts, step)
            }
            (Kind::Gauge, Unit::PerSecond) => {
                let mut points = self.points.clone();
                points.sort_by(|a, b| a.at.total_cmp(&b.at));
                points.dedup_by(|next, before| next.at == before.at);
                let [first, _, ..] = points.as_slice() else { return Err(NoArrivals::OneTime) };
                let at =
                    |point: &super::Point| RatePoint { at: point.at - first.at, rate: point.value.max(0.0) };
                Ok(RateProfile::new(points.iter().map(at).collect()))
            }
            (Kind::Gauge, _) => Err(NoArrivals::NotRequests(self.title())),
        }
    }

    /// Its name with its labels, as Prometheus writes them.
    pub fn title(&self) -> String {
        let labels: Vec<String> =
            self.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        if labels.is_empty() { self.name.clone() } else { format!("{}{{{}}}", self.name, labels.join(",")) }
    }
}

/// The rate in steps of equal length from the first of these times, each with how many requests came then.
fn in_steps(arrivals: &[(f64, f64)], step: f64) -> Result<RateProfile, NoArrivals> {
    let first = arrivals.iter().map(|(at, _)| *at).fold(f64::INFINITY, f64::min);
    let last = arrivals.iter().map(|(at, _)| *at).fold(f64::NEG_INFINITY, f64::max);
    if !(first.is_finite() && last.is_finite()) {
        return Err(NoArrivals::None);
    }
    let steps = ((last - first) / step).floor() + 1.0;
    if !(step > 0.0 && step.is_finite() && steps <= MAX_STEPS) {
        return Err(NoArrivals::Step(step));
    }
    let mut counts = vec![0.0; steps as usize];
    for (at, count) in arrivals {
        if let Some(sum) = counts.get_mut(((at - first) / step) as usize) {
            *sum += count;
        }
    }
    let parts = counts.into_iter().enumerate();
    Ok(piecewise(parts.map(|(i, count)| (i as f64 * step, (i + 1) as f64 * step, count))))
}

/// A constant rate in each part (from, to, requests); two points at one time are a jump. Gaps have no requests.
fn piecewise(parts: impl Iterator<Item = (f64, f64, f64)>) -> RateProfile {
    let mut points: Vec<RatePoint> = Vec::new();
    for (from, to, requests) in parts {
        let rate = requests / (to - from);
        match points.last() {
            Some(last) if last.at == from && last.rate == rate => {
                points.pop();
            }
            Some(last) if last.at < from => {
                let gap = [last.at, from].map(|at| RatePoint { at, rate: 0.0 });
                points.extend(gap);
                points.push(RatePoint { at: from, rate });
            }
            _ => points.push(RatePoint { at: from, rate }),
        }
        points.push(RatePoint { at: to, rate });
    }
    RateProfile::new(points)
}
