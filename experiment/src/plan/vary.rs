//! The settings that a plan may choose between, as in `crop.replicas=1..20`.

use std::str::FromStr;

use crate::Edit;

/// Values of one axis at most; more are a typing error.
const MOST_VALUES: usize = 100_000;

/// A setting with the values that it may have, in the order written.
///
/// `PATH=ITEM,ITEM…`, where an item is a value as behind `--set`, a range of whole numbers (`1..20`, both ends included),
/// or a range with a step (`1..20:2`, `0.5..4:0.5`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vary {
    path: String,
    /// One for each value. Those that stand in files have to be [`read`](Edit::read) first.
    pub choices: Vec<Edit>,
}

/// Why a text is no setting with values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaryError {
    /// Not of the form PATH=RANGE.
    #[error("\"{0}\" is not of the form PATH=RANGE, such as crop.replicas=1..20 or crop.cpu_limit=0.5,1,2")]
    Form(String),
    /// A range that has no values, or not as many as it seems.
    #[error("\"{range}\" {problem}")]
    Range {
        /// The range.
        range: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Vary {
    /// Which setting.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for Vary {
    type Err = VaryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || VaryError::Form(text.into());
        let (path, values) = text.rsplit_once('=').ok_or_else(form)?;
        let path = path.trim();
        if !path.contains('.') || path.ends_with('*') {
            return Err(form());
        }
        let mut choices: Vec<Edit> = Vec::new();
        for item in values.split(',').map(str::trim) {
            let values = match item.split_once("..") {
                Some((start, rest)) => range(item, start, rest)?,
                None if item.is_empty() => return Err(form()),
                None => vec![item.to_string()],
            };
            for value in values {
                if choices.iter().all(|known| known.value() != value) {
                    choices.push(Edit::new(path, value));
                }
            }
        }
        Ok(Self { path: path.into(), choices })
    }
}

/// The values of a range. The step is one where both ends are whole numbers; the last value is at most the end.
fn range(item: &str, start: &str, rest: &str) -> Result<Vec<String>, VaryError> {
    let refuse = |problem| VaryError::Range { range: item.into(), problem };
    let (end, step) = match rest.split_once(':') {
        Some((end, step)) => (end, Some(step)),
        None => (rest, None),
    };
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let ends = number(start).zip(number(end));
    let (start, end) =
        ends.ok_or_else(|| refuse("is not a range of numbers, such as 1..20 or 0.5..4:0.5"))?;
    let step = match step {
        None if start.fract() == 0.0 && end.fract() == 0.0 => 1.0,
        None => return Err(refuse("needs a step, such as 0.5..4:0.5")),
        Some(step) => number(step)
            .filter(|&step| step > 0.0)
            .ok_or_else(|| refuse("has a step that is not positive"))?,
    };
    if end < start {
        return Err(refuse("ends before it begins"));
    }
    // A step of 0.1 does not divide 1 exactly; the end still belongs to the range.
    let steps = (end - start) / step + 1e-9;
    if steps >= MOST_VALUES as f64 {
        return Err(refuse("has more than 100000 values"));
    }
    // Twelve decimals hide what adding binary fractions leaves behind.
    let text = |i: usize| format!("{}", ((start + i as f64 * step) * 1e12).round() / 1e12);
    Ok((0..=steps as usize).map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        let vary: Vary = text.parse().unwrap();
        vary.choices.iter().map(|edit| edit.value().to_string()).collect()
    }

    #[test]
    fn ranges_and_lists() {
        assert_eq!(values("crop.replicas=1..4"), ["1", "2", "3", "4"]);
        assert_eq!(values("crop.replicas=1..6:2"), ["1", "3", "5"]);
        assert_eq!(values("crop.cpu_limit=0.1..0.3:0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(values("crop.cpu_limit = 0.5, 1, 2"), ["0.5", "1", "2"]);
        assert_eq!(values("crop.replicas=1..3,3,8..10:2"), ["1", "2", "3", "8", "10"]);
        assert_eq!(values("crop.load_balancing=random,least_requests"), ["random", "least_requests"]);
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        for (text, words) in [
            ("crop.replicas", "PATH=RANGE"),
            ("replicas=1..3", "PATH=RANGE"),
            ("crop.replicas=", "PATH=RANGE"),
            ("crop.replicas=3..1", "ends before"),
            ("crop.cpu_limit=0.5..2", "needs a step"),
            ("crop.replicas=1..9:0", "not positive"),
            ("crop.replicas=one..two", "range of numbers"),
            ("crop.replicas=1..1000000", "100000"),
        ] {
            let message = text.parse::<Vary>().unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
