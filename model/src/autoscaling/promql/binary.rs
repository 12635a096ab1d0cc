//! Operators between two expressions.

use super::evaluate::{Value, Vector, nameless};
use super::series::{Labels, NAME};

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Unless,
}

/// Which series of the two sides belong together, and what a comparison gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pairing {
    /// Only these labels count, or all but these.
    pub(super) on: bool,
    pub(super) labels: Vec<String>,
    /// A comparison gives 0 and 1 instead of choosing series.
    pub(super) is_bool: bool,
}

/// What an operator makes of two numbers.
enum Outcome {
    Number(f64),
    Holds(bool),
}

impl Operator {
    fn of(self, a: f64, b: f64) -> Outcome {
        match self {
            Self::Add => Outcome::Number(a + b),
            Self::Sub => Outcome::Number(a - b),
            Self::Mul => Outcome::Number(a * b),
            Self::Div => Outcome::Number(a / b),
            Self::Mod => Outcome::Number(a % b),
            Self::Pow => Outcome::Number(a.powf(b)),
            Self::Equal => Outcome::Holds(a == b),
            Self::NotEqual => Outcome::Holds(a != b),
            Self::Less => Outcome::Holds(a < b),
            Self::LessEqual => Outcome::Holds(a <= b),
            Self::Greater => Outcome::Holds(a > b),
            Self::GreaterEqual => Outcome::Holds(a >= b),
            Self::And | Self::Or | Self::Unless => Outcome::Holds(false),
        }
    }

    fn is_comparison(self) -> bool {
        use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }
}

impl Pairing {
    /// What two series that belong together have in common.
    fn key(&self, labels: &Labels) -> Labels {
        let counts = |name: &String| self.on == self.labels.contains(name) && (self.on || name != NAME);
        labels.iter().filter(|(name, _)| counts(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The value of a pair, `kept` where a comparison holds.
    fn value(&self, operator: Operator, a: f64, b: f64, kept: f64) -> Option<f64> {
        match operator.of(a, b) {
            Outcome::Number(value) => Some(value),
            Outcome::Holds(holds) if self.is_bool => Some(f64::from(u8::from(holds))),
            Outcome::Holds(holds) => holds.then_some(kept),
        }
    }

    /// Does a result still have the metric's name?
    fn keeps_name(&self, operator: Operator) -> bool {
        operator.is_comparison() && !self.is_bool
    }
}

/// The value of an operator with its two sides.
pub(super) fn combine(
    operator: Operator,
    pairing: &Pairing,
    left: Value,
    right: Value,
) -> Result<Value, String> {
    let named = |labels: Labels| if pairing.keeps_name(operator) { labels } else { nameless(labels) };
    Ok(match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            // Comparisons of numbers have `bool`, as the parser sees to.
            Value::Scalar(pairing.value(operator, a, b, a).unwrap_or(f64::NAN))
        }
        (Value::Vector(vector), Value::Scalar(b)) => {
            let one = |(labels, a)| Some((named(labels), pairing.value(operator, a, b, a)?));
            Value::Vector(vector.into_iter().filter_map(one).collect())
        }
        (Value::Scalar(a), Value::Vector(vector)) => {
            let one = |(labels, b)| Some((named(labels), pairing.value(operator, a, b, b)?));
            Value::Vector(vector.into_iter().filter_map(one).collect())
        }
        (Value::Vector(left), Value::Vector(right)) => Value::Vector(match operator {
            Operator::And | Operator::Or | Operator::Unless => sets(operator, pairing, left, right),
            _ => pairs(operator, pairing, left, right)?,
        }),
    })
}

/// Series that are on both sides, on either, or on the left alone.
fn sets(operator: Operator, pairing: &Pairing, left: Vector, right: Vector) -> Vector {
    let has = |side: &[Labels], labels: &Labels| side.contains(&pairing.key(labels));
    let keys = |side: &Vector| side.iter().map(|(labels, _)| pairing.key(labels)).collect::<Vec<_>>();
    let (on_left, on_right) = (keys(&left), keys(&right));
    match operator {
        Operator::And => left.into_iter().filter(|(labels, _)| has(&on_right, labels)).collect(),
        Operator::Unless => left.into_iter().filter(|(labels, _)| !has(&on_right, labels)).collect(),
        _ => {
            let others = right.into_iter().filter(|(labels, _)| !has(&on_left, labels));
            left.into_iter().chain(others).collect()
        }
    }
}

/// Each series of the left with the one of the right that it belongs to.
fn pairs(operator: Operator, pairing: &Pairing, left: Vector, right: Vector) -> Result<Vector, String> {
    let right: Vec<(Labels, f64)> =
        right.into_iter().map(|(labels, value)| (pairing.key(&labels), value)).collect();
    let mut seen: Vec<Labels> = Vec::new();
    let mut result = Vector::new();
    for (place, (key, _)) in right.iter().enumerate() {
        if right[..place].iter().any(|(other, _)| other == key) {
            return Err("many series of the right side belong to one of the left".to_owned());
        }
    }
    for (labels, a) in left {
        let key = pairing.key(&labels);
        let Some((_, b)) = right.iter().find(|(other, _)| *other == key) else { continue };
        if seen.contains(&key) {
            return Err("many series of the left side belong to one of the right".to_owned());
        }
        let Some(value) = pairing.value(operator, a, *b, a) else { continue };
        let mut kept = if pairing.keeps_name(operator) { labels } else { nameless(labels) };
        kept.retain(|name, _| pairing.on == pairing.labels.contains(name));
        result.push((kept, value));
        seen.push(key);
    }
    Ok(result)
}
