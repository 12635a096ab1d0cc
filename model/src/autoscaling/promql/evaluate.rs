//! What expressions mean.

use super::aggregate::{self, Aggregation, Grouping};
use super::binary::{self, Operator, Pairing};
use super::histogram;
use super::over_time::OverTime;
use super::selector::Selector;
use super::series::{Labels, NAME, Series};

/// Series with their values.
pub(super) type Vector = Vec<(Labels, f64)>;

/// The value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vector),
}

/// An expression of what is supported.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    /// `time()`
    Time,
    Select(Selector),
    OverTime(OverTime, Selector),
    Aggregate(Aggregation, Grouping, Box<Node>),
    Binary(Operator, Pairing, Box<Node>, Box<Node>),
    /// A function of each value, with numbers beside it.
    Map(Mapping, Box<Node>),
    /// One series with these labels where there is none.
    Absent(Labels, Box<Node>),
    /// `histogram_quantile()`
    Quantile(Box<Node>, Box<Node>),
    /// `scalar()`
    Scalar(Box<Node>),
    /// `vector()`
    Vector(Box<Node>),
}

/// A function of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mapping {
    Negate,
    Abs,
    Ceil,
    Floor,
    ClampMin(f64),
    ClampMax(f64),
}

impl Mapping {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Negate => -value,
            Self::Abs => value.abs(),
            Self::Ceil => value.ceil(),
            Self::Floor => value.floor(),
            Self::ClampMin(least) => least.max(value),
            Self::ClampMax(most) => most.min(value),
        }
    }
}

impl Value {
    /// A number is a series without labels where one is needed.
    fn into_vector(self) -> Vector {
        match self {
            Self::Scalar(value) => vec![(Labels::new(), value)],
            Self::Vector(vector) => vector,
        }
    }
}

impl Node {
    pub(super) fn evaluate(&self, series: &[Series], time: i64) -> Result<Value, String> {
        Ok(match self {
            Self::Number(value) => Value::Scalar(*value),
            Self::Time => Value::Scalar(time as f64 / 1e9),
            Self::Select(selector) => Value::Vector(selector.values(series, time)),
            Self::OverTime(function, selector) => Value::Vector(function.of(selector, series, time)),
            Self::Aggregate(aggregation, grouping, of) => {
                let vector = of.evaluate(series, time)?.into_vector();
                Value::Vector(aggregate::aggregate(*aggregation, grouping, vector))
            }
            Self::Binary(operator, pairing, left, right) => {
                let (left, right) = (left.evaluate(series, time)?, right.evaluate(series, time)?);
                binary::combine(*operator, pairing, left, right)?
            }
            Self::Map(mapping, of) => match of.evaluate(series, time)? {
                Value::Scalar(value) => Value::Scalar(mapping.of(value)),
                Value::Vector(vector) => {
                    Value::Vector(vector.into_iter().map(|(l, v)| (nameless(l), mapping.of(v))).collect())
                }
            },
            Self::Absent(labels, of) => {
                let vector = of.evaluate(series, time)?.into_vector();
                Value::Vector(if vector.is_empty() { vec![(labels.clone(), 1.0)] } else { Vec::new() })
            }
            Self::Quantile(q, of) => {
                let q = match q.evaluate(series, time)? {
                    Value::Scalar(q) => q,
                    Value::Vector(_) => f64::NAN,
                };
                Value::Vector(histogram::quantiles(q, of.evaluate(series, time)?.into_vector()))
            }
            Self::Scalar(of) => match of.evaluate(series, time)?.into_vector().as_slice() {
                [(_, value)] => Value::Scalar(*value),
                _ => Value::Scalar(f64::NAN),
            },
            Self::Vector(of) => Value::Vector(of.evaluate(series, time)?.into_vector()),
        })
    }

    /// Adds all selectors in it.
    pub(super) fn selectors<'a>(&'a self, found: &mut Vec<&'a Selector>) {
        match self {
            Self::Number(_) | Self::Time => {}
            Self::Select(selector) | Self::OverTime(_, selector) => found.push(selector),
            Self::Aggregate(_, _, of)
            | Self::Map(_, of)
            | Self::Absent(_, of)
            | Self::Scalar(of)
            | Self::Vector(of) => of.selectors(found),
            Self::Binary(_, _, left, right) | Self::Quantile(left, right) => {
                left.selectors(found);
                right.selectors(found);
            }
        }
    }
}

/// Labels without the metric's name: what is computed is not the metric any more.
pub(super) fn nameless(mut labels: Labels) -> Labels {
    labels.remove(NAME);
    labels
}
