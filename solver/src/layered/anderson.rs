//! Acceleration of a fixed-point iteration.

use std::collections::VecDeque;

/// Anderson acceleration (Anderson 1965; Walker and Ni 2011): the next point is that combination of the last images
/// whose residuals cancel best. Without it, feedback between layers (waiting slows callers, which lowers waiting)
/// makes the iteration oscillate.
pub(crate) struct Anderson {
    /// Points with their residuals, image - point; oldest first.
    history: VecDeque<Pair>,
    smallest: f64,
}

struct Pair {
    point: Vec<f64>,
    residual: Vec<f64>,
}

/// Points that are remembered. More than that mostly adds rounding errors.
const DEPTH: usize = 6;

/// Numbers below this do not count.
const SMALL: f64 = 1e-12;

/// A residual that grows by this factor over the smallest one means that the history misleads.
const RESTART: f64 = 10.0;

impl Anderson {
    pub(crate) fn new() -> Self {
        Self { history: VecDeque::new(), smallest: f64::INFINITY }
    }

    /// The point to go on from, after `point` has been mapped to `image`. Of the way to plain images, only the part
    /// `step` is gone. All numbers are non-negative.
    pub(crate) fn next(&mut self, point: Vec<f64>, image: &[f64], step: f64) -> Vec<f64> {
        let size = residual(&point, image);
        if size > RESTART * self.smallest {
            self.history.clear();
            self.smallest = size;
        }
        self.smallest = self.smallest.min(size);
        if self.history.len() == DEPTH {
            self.history.pop_front();
        }
        let change = image.iter().zip(&point).map(|(g, x)| g - x).collect();
        self.history.push_back(Pair { point, residual: change });
        let last = &self.history[self.history.len() - 1];
        let weights = self.weights(last, image);
        let mut next: Vec<f64> = last.point.iter().zip(&last.residual).map(|(x, f)| x + step * f).collect();
        for (pair, weight) in weights.iter().enumerate() {
            let (old, new) = (&self.history[pair], &self.history[pair + 1]);
            let points = old.point.iter().zip(&new.point);
            let residuals = old.residual.iter().zip(&new.residual);
            for (value, ((x0, x1), (f0, f1))) in next.iter_mut().zip(points.zip(residuals)) {
                *value -= weight * ((x1 - x0) + step * (f1 - f0));
            }
        }
        // An extrapolation to negative times is none; a tenth of the image is a cautious step instead.
        for (value, image) in next.iter_mut().zip(image) {
            *value = value.max(0.1 * image).min(10.0 * image);
        }
        next
    }

    /// Least squares: weights of the differences of residuals that together come closest to the last residual. Every
    /// component counts relative to its own size.
    fn weights(&self, last: &Pair, image: &[f64]) -> Vec<f64> {
        let pairs = self.history.len() - 1;
        let scales: Vec<f64> =
            last.point.iter().zip(image).map(|(x, g)| 1.0 / (x.abs() + g.abs()).max(SMALL)).collect();
        let difference = |pair: usize| -> Vec<f64> {
            let both = self.history[pair].residual.iter().zip(&self.history[pair + 1].residual);
            both.zip(&scales).map(|((f0, f1), scale)| scale * (f1 - f0)).collect()
        };
        let mut columns: Vec<Vec<f64>> = (0..pairs).map(difference).collect();
        columns.push(last.residual.iter().zip(&scales).map(|(f, scale)| scale * f).collect());
        let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        let mut matrix = vec![vec![0.0; pairs + 1]; pairs];
        for a in 0..pairs {
            for b in a..=pairs {
                matrix[a][b] = product(&columns[a], &columns[b]);
                if b < pairs {
                    matrix[b][a] = matrix[a][b];
                }
            }
        }
        let trace: f64 = (0..pairs).map(|a| matrix[a][a]).sum();
        for (a, row) in matrix.iter_mut().enumerate() {
            row[a] += 1e-12 * trace;
        }
        eliminate(matrix)
    }
}

/// Largest relative change.
fn residual(point: &[f64], image: &[f64]) -> f64 {
    let relative = |(a, b): (&f64, &f64)| (a - b).abs() / a.abs().max(b.abs()).max(SMALL);
    point.iter().zip(image).map(relative).fold(0.0, f64::max)
}

/// Gaussian elimination of a positive definite system with its right side in the last column; zeros where it is
/// singular.
fn eliminate(mut matrix: Vec<Vec<f64>>) -> Vec<f64> {
    let n = matrix.len();
    for pivot in 0..n {
        if matrix[pivot][pivot] <= 0.0 {
            return vec![0.0; n];
        }
        let (above, below) = matrix.split_at_mut(pivot + 1);
        for row in below {
            let factor = row[pivot] / above[pivot][pivot];
            for (value, upper) in row.iter_mut().zip(&above[pivot]).skip(pivot) {
                *value -= factor * upper;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (matrix[row][n] - known) / matrix[row][row];
    }
    if solution.iter().all(|weight| weight.is_finite()) { solution } else { vec![0.0; n] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x = cos x, whose plain iteration needs about 60 rounds for nine digits; and a map that diverges plainly.
    #[test]
    fn finds_fixed_points() {
        type Map = fn(f64) -> f64;
        let cases: [(Map, f64); 2] = [(f64::cos, 0.739_085_133_215_160_6), (|x| 3.0 - 2.0 * x, 1.0)];
        for (map, expected) in cases {
            let mut anderson = Anderson::new();
            let mut x = 0.8;
            for _ in 0..12 {
                x = anderson.next(vec![x], &[map(x)], 1.0)[0];
            }
            assert!((x - expected).abs() < 1e-9, "{x}");
        }
    }
}
