//! Quantiles of histograms with buckets.

use std::collections::BTreeMap;

use super::evaluate::{Vector, nameless};
use super::series::Labels;

/// The label of a bucket's upper bound.
const UPPER: &str = "le";

/// The q-quantile of each histogram, evenly within its bucket: `histogram_quantile` (bucketQuantile in Prometheus' promql/quantile.go).
/// Series without a bound are none of a bucket.
pub(super) fn quantiles(q: f64, vector: Vector) -> Vector {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for (mut labels, count) in vector {
        let Some(upper) = labels.remove(UPPER).and_then(|upper| bound(&upper)) else { continue };
        histograms.entry(nameless(labels)).or_default().push((upper, count));
    }
    histograms.into_iter().map(|(labels, buckets)| (labels, quantile(q, buckets))).collect()
}

/// `+Inf` is one, too.
fn bound(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Of buckets with their upper bounds and what is in them and in all below.
fn quantile(q: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 += next.1;
        }
        is_same
    });
    // Those of one scrape may have been counted one after the other.
    for place in 1..buckets.len() {
        buckets[place].1 = buckets[place].1.max(buckets[place - 1].1);
    }
    let [.., (second, _), (highest, all)] = *buckets else { return f64::NAN };
    if highest != f64::INFINITY || all == 0.0 {
        return f64::NAN;
    }
    let rank = q * all;
    let finite = &buckets[..buckets.len() - 1];
    let Some(place) = finite.iter().position(|(_, count)| *count >= rank) else { return second };
    let (end, count) = finite[place];
    let (start, below) = match place.checked_sub(1) {
        Some(before) => finite[before],
        None if end <= 0.0 => return end,
        None => (0.0, 0.0),
    };
    start + (end - start) * ((rank - below) / (count - below))
}
