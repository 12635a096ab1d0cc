//! Sums and other aggregations over series.

use std::collections::BTreeMap;

use super::evaluate::{Vector, nameless};
use super::series::Labels;

/// What becomes of the values of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
}

/// Which series form a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Those alike in these labels.
    By(Vec<String>),
    /// Those alike in all others.
    Without(Vec<String>),
}

impl Grouping {
    fn key(&self, mut labels: Labels) -> Labels {
        match self {
            Self::By(names) => {
                labels.retain(|name, _| names.contains(name));
                labels
            }
            Self::Without(names) => {
                labels.retain(|name, _| !names.contains(name));
                nameless(labels)
            }
        }
    }
}

/// One value for each group; none for none.
pub(super) fn aggregate(aggregation: Aggregation, grouping: &Grouping, vector: Vector) -> Vector {
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for (labels, value) in vector {
        groups.entry(grouping.key(labels)).or_default().push(value);
    }
    groups.into_iter().map(|(labels, values)| (labels, aggregation.of(&values))).collect()
}

impl Aggregation {
    fn of(self, values: &[f64]) -> f64 {
        let count = values.len() as f64;
        let sum: f64 = values.iter().sum();
        match self {
            Self::Sum => sum,
            Self::Avg => sum / count,
            // Of NaN and a number, both give the number.
            Self::Min => values.iter().copied().fold(f64::NAN, f64::min),
            Self::Max => values.iter().copied().fold(f64::NAN, f64::max),
            Self::Count => count,
            Self::Group => 1.0,
        }
    }
}
