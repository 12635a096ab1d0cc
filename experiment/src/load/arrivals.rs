//! A file with an arrival process (TOML).

use serde::Deserialize;
use tracecast_model::{Distribution, Load, MarkovArrivals};

use super::profile;

/// One of three:
/// ```toml
/// # Independent gaps of any distribution
/// gap = { family = "weibull", shape = 0.5, scale = "20ms" }
/// ```
/// ```toml
/// # A rate for each state, and changes of state per second from that of the row to that of the column
/// rates = ["200/s", 5]
/// transitions = [[0, 0.1], [0.5, 0]]
/// ```
/// ```toml
/// # Transitions per second without and with an arrival; the rows of both together sum to 0
/// d0 = [[-3, 1], [0.5, -0.7]]
/// d1 = [[2, 0], [0, 0.2]]
/// ```
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    gap: Option<Distribution>,
    rates: Option<Vec<Rate>>,
    transitions: Option<Vec<Vec<f64>>>,
    d0: Option<Vec<Vec<f64>>>,
    d1: Option<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Rate(#[serde(deserialize_with = "profile::rate")] f64);

/// Reads an arrival process.
///
/// # Errors
/// Which line or which number is wrong, and what.
pub(super) fn read(text: &str) -> Result<Load, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let arrivals = match file {
        File { gap: Some(gap), rates: None, transitions: None, d0: None, d1: None } => {
            if gap.is_zero() {
                return Err("the mean gap must be positive".into());
            }
            return Ok(Load::Renewal { gap });
        }
        File { gap: None, rates: Some(rates), transitions: Some(transitions), d0: None, d1: None } => {
            let rates: Vec<f64> = rates.into_iter().map(|Rate(rate)| rate).collect();
            if rates.len() != transitions.len() {
                return Err(format!(
                    "there are {} rates, but {} transitions",
                    rates.len(),
                    transitions.len()
                ));
            }
            MarkovArrivals::modulated(&rates, &transitions)
        }
        File { gap: None, rates: None, transitions: None, d0: Some(d0), d1: Some(d1) } => {
            MarkovArrivals { d0, d1 }
        }
        _ => return Err("expected either gap, or rates and transitions, or d0 and d1".into()),
    };
    match arrivals.problems().as_slice() {
        [] => Ok(Load::Markov(arrivals)),
        problems => Err(problems.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::Family;

    #[test]
    fn all_three_forms() {
        let weibull = Distribution::new(Family::Weibull { shape: 0.5, scale: 0.02 }).unwrap();
        assert_eq!(
            read("gap = { family = \"weibull\", shape = 0.5, scale = \"20ms\" }").unwrap(),
            Load::Renewal { gap: weibull }
        );
        let modulated = MarkovArrivals {
            d0: vec![vec![-200.1, 0.1], vec![0.5, -5.5]],
            d1: vec![vec![200.0, 0.0], vec![0.0, 5.0]],
        };
        let text = "rates = [\"12000/min\", 5]\ntransitions = [[0, 0.1], [0.5, 0]]";
        assert_eq!(read(text).unwrap(), Load::Markov(modulated.clone()));
        let text = "d0 = [[-200.1, 0.1], [0.5, -5.5]]\nd1 = [[200, 0], [0, 5]]";
        assert_eq!(read(text).unwrap(), Load::Markov(modulated));
    }

    #[test]
    fn refusals_name_the_place() {
        for (text, words) in [
            ("", "either gap"),
            ("gap = 0", "positive"),
            ("gap = -1", "not negative"),
            ("gap = 1\nd0 = [[1]]", "either gap"),
            ("rates = [1]", "either gap"),
            ("rates = [1, 2]\ntransitions = [[0]]", "2 rates, but 1 transitions"),
            ("rates = [1, \"fast\"]\ntransitions = [[0, 1], [1, 0]]", "line 1"),
            ("rates = [1, -2]\ntransitions = [[0, 1], [1, 0]]", "d1, row 2, column 2"),
            ("rates = [1, 2]\ntransitions = [[0, 1], [0, 0]]", "no way from state 2"),
            ("\nd0 = [[-1, 2]]\nd2 = 1", "line 3"),
            ("d0 = [[-1]]\nd1 = [[2]]", "row 1 of d0 and d1"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
