//! Functions of the samples of a range.

use super::Series;
use super::evaluate::{Vector, nameless};
use super::selector::Selector;

/// A function of the samples of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OverTime {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Avg,
    Min,
    Max,
    Sum,
    Count,
    Last,
    Present,
    Changes,
    Resets,
}

impl OverTime {
    /// Every function with its name.
    const ALL: [(&'static str, Self); 14] = [
        ("avg_over_time", Self::Avg),
        ("changes", Self::Changes),
        ("count_over_time", Self::Count),
        ("delta", Self::Delta),
        ("idelta", Self::Idelta),
        ("increase", Self::Increase),
        ("irate", Self::Irate),
        ("last_over_time", Self::Last),
        ("max_over_time", Self::Max),
        ("min_over_time", Self::Min),
        ("present_over_time", Self::Present),
        ("rate", Self::Rate),
        ("resets", Self::Resets),
        ("sum_over_time", Self::Sum),
    ];

    /// The function of that name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, function)| *function)
    }

    /// Its value for every selected series that has one.
    pub(super) fn of(self, selector: &Selector, series: &[Series], time: i64) -> Vector {
        let end = time.saturating_sub(selector.offset);
        let start = end.saturating_sub(selector.range);
        let one = |series: &Series| {
            let value = self.value(&series.between(start, end), start, end)?;
            let labels = series.labels.clone();
            Some((if self == Self::Last { labels } else { nameless(labels) }, value))
        };
        selector.select(series).filter_map(one).collect()
    }

    fn value(self, samples: &[(i64, f64)], start: i64, end: i64) -> Option<f64> {
        let (_, last) = *samples.last()?;
        let values = || samples.iter().map(|(_, value)| *value);
        let steps = || samples.windows(2).map(|pair| (pair[0].1, pair[1].1));
        let count = samples.len() as f64;
        Some(match self {
            Self::Rate => increase(samples, start, end, true)? / seconds(end - start),
            Self::Increase => increase(samples, start, end, true)?,
            Self::Delta => increase(samples, start, end, false)?,
            Self::Irate | Self::Idelta => {
                let [.., (t0, before), (t1, _)] = *samples else { return None };
                // A counter that has fallen began anew at 0.
                let change = if self == Self::Irate && last < before { last } else { last - before };
                if self == Self::Irate { change / seconds(t1 - t0) } else { change }
            }
            Self::Avg => values().sum::<f64>() / count,
            Self::Sum => values().sum(),
            Self::Min => values().fold(f64::NAN, f64::min),
            Self::Max => values().fold(f64::NAN, f64::max),
            Self::Count => count,
            Self::Last => last,
            Self::Present => 1.0,
            Self::Changes => steps().filter(|(a, b)| a != b).count() as f64,
            Self::Resets => steps().filter(|(a, b)| b < a).count() as f64,
        })
    }
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// The increase over a range, extrapolated to its ends where samples are near enough to them: within 1.1 of their mean
/// distance, else by half of that distance, and a counter not to below zero (extrapolatedRate in promql/functions.go).
fn increase(samples: &[(i64, f64)], start: i64, end: i64, is_counter: bool) -> Option<f64> {
    let [(first_time, first), .., (last_time, last)] = *samples else { return None };
    let mut change = last - first;
    if is_counter {
        change += samples.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1).sum::<f64>();
    }
    let sampled = seconds(last_time - first_time);
    let distance = sampled / (samples.len() - 1) as f64;
    let reach = |gap: f64| if gap < 1.1 * distance { gap } else { distance / 2.0 };
    let mut before = reach(seconds(first_time - start));
    if is_counter && change > 0.0 && first >= 0.0 {
        before = before.min(sampled * (first / change));
    }
    let after = reach(seconds(end - last_time));
    Some(change * (sampled + before + after) / sampled)
}
