//! Prometheus' query language, as far as alert rules on simulated figures need it.
//!
//! Text is parsed by the crate `promql-parser` and turned into an expression of what is supported ([`compile`]); anything else
//! is refused by its name. Semantics are those of Prometheus 3 (promql/engine.go, promql/functions.go): ranges and the
//! lookback of five minutes are open on the left, a series that was marked stale is gone at once.

mod aggregate;
mod binary;
mod compile;
mod evaluate;
mod histogram;
mod over_time;
mod selector;
mod series;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use evaluate::{Node, Value};
pub use selector::Selector;
pub use series::{Labels, Point, Series};

/// The longest text that is read.
const MOST_CHARACTERS: usize = 10_000;

/// An expression of the query language.
///
/// Any text is one; whether it can be evaluated is told by [`problem`](Self::problem), so that a model with an expression that
/// cannot is read, and complained about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Expression {
    text: String,
    node: Result<Arc<Node>, String>,
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        let node = if text.len() > MOST_CHARACTERS {
            Err(format!("is longer than {MOST_CHARACTERS} characters"))
        } else {
            compile::expression(&text).map(Arc::new)
        };
        Self { text, node }
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.text
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Expression {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it cannot be evaluated, if so.
    pub fn problem(&self) -> Option<&str> {
        self.node.as_ref().err().map(String::as_str)
    }

    /// What it looks at.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut found = Vec::new();
        if let Ok(node) = &self.node {
            node.selectors(&mut found);
        }
        found
    }

    /// Its value at a time (ns): series with their values, a number as one without labels.
    ///
    /// # Errors
    /// A sentence, where it cannot be evaluated at all, or series do not match one to one.
    pub fn evaluate(&self, series: &[Series], time: i64) -> Result<Vec<(Labels, f64)>, String> {
        let node = self.node.as_ref().map_err(Clone::clone)?;
        Ok(match node.evaluate(series, time)? {
            Value::Scalar(value) => vec![(Labels::new(), value)],
            Value::Vector(vector) => vector,
        })
    }
}
