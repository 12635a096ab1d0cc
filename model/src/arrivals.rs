//! Arrivals whose rate depends on a hidden state.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Markovian arrival process (MAP): a Markov chain some of whose transitions are arrivals (Neuts 1979, "A versatile
/// Markovian point process"; Lucantoni, Meier-Hellstern and Neuts 1990, §2).
///
/// A Markov-modulated Poisson process is one whose arrivals leave the state as it is ([`MarkovArrivals::modulated`]); so
/// its `d1` is diagonal. [`validate`](crate::validate()) says what valid matrices are; the figures of others mean
/// nothing, but none panics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkovArrivals {
    /// Rates (1/s) of transitions without an arrival, from the state of the row to that of the column; ≥ 0. On the
    /// diagonal the negative of all other rates out of the state, those of arrivals among them.
    pub d0: Vec<Vec<f64>>,
    /// Rates (1/s) of transitions with an arrival; ≥ 0. On the diagonal arrivals that leave the state as it is.
    pub d1: Vec<Vec<f64>>,
}

impl MarkovArrivals {
    /// A Markov-modulated Poisson process: arrivals at `rates[i]` (1/s) in state i, and changes from state i to j at
    /// `transitions[i][j]` (1/s), whose diagonal is not looked at.
    pub fn modulated(rates: &[f64], transitions: &[Vec<f64>]) -> Self {
        let mut d0 = transitions.to_vec();
        for (i, row) in d0.iter_mut().enumerate() {
            let changes: f64 = off_diagonal(row, i).sum();
            if let Some(diagonal) = row.get_mut(i) {
                *diagonal = -(changes + rates.get(i).copied().unwrap_or(0.0));
            }
        }
        let states = rates.len();
        let d1 = (0..states).map(|i| (0..states).map(|j| if i == j { rates[i] } else { 0.0 }).collect());
        Self { d0, d1: d1.collect() }
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.d0.len()
    }

    /// The rate (1/s) at which a state is left, or kept with an arrival.
    pub fn exit_rate(&self, state: usize) -> f64 {
        let hidden = self.d0.get(state).map_or(f64::NAN, |row| off_diagonal(row, state).sum());
        hidden + self.d1.get(state).map_or(f64::NAN, |row| row.iter().sum())
    }

    /// Probabilities of the states at a random instant, by the elimination of Grassmann, Taksar and Heyman (1985),
    /// which never subtracts.
    pub fn stationary(&self) -> Vec<f64> {
        let n = self.states();
        let mut rates: Vec<Vec<f64>> =
            (0..n).map(|i| (0..n).map(|j| self.rate_between(i, j)).collect()).collect();
        for last in (1..n).rev() {
            let out: f64 = rates[last][..last].iter().sum();
            for i in 0..last {
                rates[i][last] /= out;
                for j in (0..last).filter(|&j| j != i) {
                    rates[i][j] += rates[i][last] * rates[last][j];
                }
            }
        }
        let mut weights: Vec<f64> = Vec::with_capacity(n);
        for state in 0..n {
            let weight: f64 = weights.iter().zip(&rates).map(|(weight, row)| weight * row[state]).sum();
            weights.push(if state == 0 { 1.0 } else { weight });
        }
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / total).collect()
    }

    /// Arrivals per second in the long run.
    pub fn rate(&self) -> f64 {
        self.stationary().iter().zip(&self.d1).map(|(p, row)| p * row.iter().sum::<f64>()).sum()
    }

    /// Transitions per second in the long run, arrivals or not.
    pub fn transition_rate(&self) -> f64 {
        self.stationary().iter().enumerate().map(|(state, p)| p * self.exit_rate(state)).sum()
    }

    /// Everything that makes the matrices no arrival process, with the place of each; rows and columns count from 1.
    pub fn problems(&self) -> Vec<String> {
        let n = self.states();
        if n == 0 {
            return vec!["d0 has no state".into()];
        }
        let mut found = Vec::new();
        for (name, matrix) in [("d0", &self.d0), ("d1", &self.d1)] {
            if matrix.len() != n {
                found.push(format!("{name} has {} rows, but d0 has {n}", matrix.len()));
            }
            for (i, row) in matrix.iter().enumerate() {
                if row.len() != n {
                    found.push(format!("row {} of {name} has {} numbers, not {n}", i + 1, row.len()));
                }
                for (j, &rate) in row.iter().enumerate() {
                    let is_free = name == "d0" && i == j;
                    if !rate.is_finite() || (rate < 0.0 && !is_free) {
                        let place = format!("{name}, row {}, column {}", i + 1, j + 1);
                        found
                            .push(format!("{place}: the rate is {rate} but must be finite and not negative"));
                    }
                }
            }
        }
        if found.is_empty() {
            found.extend(self.unbalanced_rows());
            found.extend(self.unreachable());
        }
        if found.is_empty() && self.d1.iter().flatten().all(|&rate| rate == 0.0) {
            found.push("d1 is 0, so there are no arrivals".into());
        }
        found
    }

    /// Rows of both matrices together that do not sum to 0, but for the rounding of six digits.
    fn unbalanced_rows(&self) -> impl Iterator<Item = String> {
        self.d0.iter().zip(&self.d1).enumerate().filter_map(|(i, (hidden, arriving))| {
            let sum: f64 = hidden.iter().chain(arriving).sum();
            let size: f64 = hidden.iter().chain(arriving).map(|rate| rate.abs()).sum();
            let wrong = !size.is_finite() || sum.abs() > 1e-6 * size;
            wrong.then(|| format!("row {} of d0 and d1 together sums to {sum} but must sum to 0", i + 1))
        })
    }

    /// Not every state is reached from every other.
    fn unreachable(&self) -> Option<String> {
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = (0..self.states()).map(|_| graph.add_node(())).collect();
        for (i, &from) in nodes.iter().enumerate() {
            for (j, &to) in nodes.iter().enumerate() {
                if i != j && self.rate_between(i, j) > 0.0 {
                    graph.add_edge(from, to, ());
                }
            }
        }
        let parts = kosaraju_scc(&graph);
        // In reverse topological order: the first part is never left.
        let closed = parts.first().filter(|_| parts.len() > 1)?;
        let mut states: Vec<String> = closed.iter().map(|node| (node.index() + 1).to_string()).collect();
        states.sort();
        Some(format!("there is no way from state {} to the others", states.join(", ")))
    }

    fn rate_between(&self, from: usize, to: usize) -> f64 {
        let entry = |matrix: &[Vec<f64>]| matrix.get(from).and_then(|row| row.get(to)).copied();
        entry(&self.d0).unwrap_or(f64::NAN) + entry(&self.d1).unwrap_or(f64::NAN)
    }
}

fn off_diagonal(row: &[f64], diagonal: usize) -> impl Iterator<Item = f64> {
    row.iter().enumerate().filter(move |(place, _)| *place != diagonal).map(|(_, &rate)| rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states: π = (b, a)/(a+b) for changes at rates a and b.
    #[test]
    fn a_modulated_process_has_the_mean_of_its_rates() {
        let arrivals = MarkovArrivals::modulated(&[10.0, 1.0], &[vec![0.0, 0.5], vec![0.25, 0.0]]);
        assert_eq!(arrivals.d0, [[-10.5, 0.5], [0.25, -1.25]]);
        assert_eq!(arrivals.d1, [[10.0, 0.0], [0.0, 1.0]]);
        assert!(arrivals.problems().is_empty());
        assert!((arrivals.stationary()[0] - 1.0 / 3.0).abs() < 1e-15);
        assert!((arrivals.rate() - 4.0).abs() < 1e-14);
        assert_eq!(arrivals.exit_rate(0), 10.5);
        assert!((arrivals.transition_rate() - (4.0 + 1.0 / 3.0)).abs() < 1e-14);
    }

    /// Erlang gaps as a process: two stages of rate 2λ, the second ends with an arrival.
    #[test]
    fn stages_of_a_gap() {
        let erlang = MarkovArrivals {
            d0: vec![vec![-6.0, 6.0], vec![0.0, -6.0]],
            d1: vec![vec![0.0, 0.0], vec![6.0, 0.0]],
        };
        assert!(erlang.problems().is_empty());
        assert!((erlang.rate() - 3.0).abs() < 1e-14);
    }

    /// π solves πD = 0 for a chain without symmetry.
    #[test]
    fn the_stationary_probabilities_balance() {
        let arrivals = MarkovArrivals::modulated(
            &[1.0, 2.0, 3.0, 0.0],
            &[
                vec![0.0, 1.0, 0.2, 0.0],
                vec![0.5, 0.0, 3.0, 1.0],
                vec![0.0, 0.1, 0.0, 2.0],
                vec![1e-3, 0.0, 0.4, 0.0],
            ],
        );
        let p = arrivals.stationary();
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        for state in 0..4 {
            let flow: f64 = (0..4).map(|i| p[i] * (arrivals.d0[i][state] + arrivals.d1[i][state])).sum();
            assert!(flow.abs() < 1e-14, "{state}: {flow}");
        }
    }

    #[test]
    fn problems_name_their_place() {
        let of = |d0: &[&[f64]], d1: &[&[f64]]| {
            let rows = |matrix: &[&[f64]]| matrix.iter().map(|row| row.to_vec()).collect();
            MarkovArrivals { d0: rows(d0), d1: rows(d1) }.problems()
        };
        for (found, words) in [
            (of(&[], &[]), "no state"),
            (of(&[&[-1.0]], &[]), "d1 has 0 rows"),
            (of(&[&[-1.0, 0.0]], &[&[1.0]]), "row 1 of d0 has 2 numbers, not 1"),
            (of(&[&[-2.0]], &[&[1.0]]), "row 1 of d0 and d1 together sums to -1"),
            (of(&[&[1.0]], &[&[-1.0]]), "d1, row 1, column 1: the rate is -1"),
            (of(&[&[-1.0, -1.0], &[1.0, -1.0]], &[&[2.0, 0.0], &[0.0, 0.0]]), "d0, row 1, column 2"),
            (of(&[&[f64::NAN]], &[&[1.0]]), "d0, row 1, column 1"),
            (of(&[&[-1.0, 1.0], &[0.0, -1.0]], &[&[0.0, 0.0], &[0.0, 1.0]]), "no way from state 2"),
            (of(&[&[-1.0, 1.0], &[1.0, -1.0]], &[&[0.0, 0.0], &[0.0, 0.0]]), "d1 is 0"),
        ] {
            assert!(matches!(found.as_slice(), [one] if one.contains(words)), "{words}: {found:?}");
        }
    }

    #[test]
    fn nonsense_does_not_panic() {
        for (d0, d1) in [
            (vec![], vec![]),
            (vec![vec![]], vec![]),
            (vec![vec![1.0, f64::NAN], vec![]], vec![vec![-1.0]]),
            (vec![vec![0.0; 2]; 2], vec![vec![0.0; 3]; 3]),
        ] {
            let arrivals = MarkovArrivals { d0, d1 };
            let _ = (arrivals.rate(), arrivals.transition_rate(), arrivals.exit_rate(0), arrivals.problems());
        }
    }
}
