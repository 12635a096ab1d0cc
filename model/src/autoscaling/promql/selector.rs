//! Which series an expression looks at.

use promql_parser::label::Matcher;

use super::Series;
use super::series::{Labels, NAME};

/// A metric's name with conditions on labels, and how far it looks back.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The metric's name.
    pub metric: String,
    pub(super) matchers: Vec<Matcher>,
    /// Nanoseconds of its range; 0 for the present value.
    pub range: i64,
    /// So many nanoseconds before the time of the evaluation; negative for later.
    pub offset: i64,
}

impl Selector {
    /// Does it select a series of these labels? Those that `ignored` names may be anything.
    pub fn matches(&self, metric: &str, labels: &Labels, ignored: &[&str]) -> bool {
        let holds = |matcher: &Matcher| {
            ignored.contains(&matcher.name.as_str())
                || matcher.is_match(labels.get(&matcher.name).map_or("", String::as_str))
        };
        self.metric == metric && self.matchers.iter().filter(|matcher| matcher.name != NAME).all(holds)
    }

    /// Labels whose values it gives.
    pub fn given(&self) -> Labels {
        use promql_parser::label::MatchOp::Equal;
        let equal = self.matchers.iter().filter(|matcher| matcher.op == Equal && matcher.name != NAME);
        equal.map(|matcher| (matcher.name.clone(), matcher.value.clone())).collect()
    }

    pub(super) fn select<'a>(&self, series: &'a [Series]) -> impl Iterator<Item = &'a Series> {
        series.iter().filter(|series| {
            series.labels.get(NAME).is_some_and(|name| self.matches(name, &series.labels, &[]))
        })
    }

    /// The present values.
    pub(super) fn values(&self, series: &[Series], time: i64) -> Vec<(Labels, f64)> {
        let time = time.saturating_sub(self.offset);
        let of = |series: &Series| Some((series.labels.clone(), series.at(time)?));
        self.select(series).filter_map(of).collect()
    }
}
