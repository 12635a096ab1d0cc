//! Acceleration of a fixed-point iteration.

use std::collections::VecDeque;

/// Anderson acceleration (Anderson 1965; Walker and Ni 2011): the next point is that combination of the last images
/// whose residuals cancel best. Without it, feedback between layers (waiting slows callers, which lowers waiting)
/// makes the iteration oscillate.
#[derive(Clone)]
pub(crate) struct Anderson {
    last: Option<Pair>,
    /// Between one point and the next, oldest first.
    differences: VecDeque<Pair>,
    smallest: f64,
}

/// A point with its residual, image - point; or how both change.
#[derive(Clone)]
struct Pair {
    point: Vec<f64>,
    residual: Vec<f64>,
}

/// Differences that are remembered. More than that mostly add rounding errors.
const DEPTH: usize = 8;

/// Numbers below this do not count.
const SMALL: f64 = 1e-12;

/// A residual that grows by this factor over the smallest one means that the history misleads.
const RESTART: f64 = 10.0;

impl Anderson {
    pub(crate) fn new() -> Self {
        Self { last: None, differences: VecDeque::new(), smallest: f64::INFINITY }
    }

    /// Begins another iteration. What is remembered of an earlier one, of a similar map, tells how this one bends.
    pub(crate) fn begin(&mut self) {
        self.last = None;
        self.smallest = f64::INFINITY;
    }

    /// The point to go on from, after `point` has been mapped to `image`. Of the way to plain images, only the part
    /// `step` is gone. All numbers are non-negative; `size` is their [`residual`] in the same units.
    pub(crate) fn next(
        &mut self,
        point: Vec<f64>,
        image: &[f64],
        units: &[f64],
        size: f64,
        step: f64,
    ) -> Vec<f64> {
        let misled = size > RESTART * self.smallest;
        let pair = Pair { residual: subtract(image, &point), point };
        if misled {
            self.differences.clear();
            self.smallest = size;
        } else if let Some(last) = &self.last {
            if self.differences.len() == DEPTH {
                self.differences.pop_front();
            }
            self.differences.push_back(Pair {
                point: subtract(&pair.point, &last.point),
                residual: subtract(&pair.residual, &last.residual),
            });
        }
        self.smallest = self.smallest.min(size);
        let mut next: Vec<f64> = pair.point.iter().zip(&pair.residual).map(|(x, f)| x + step * f).collect();
        for (change, weight) in self.differences.iter().zip(self.weights(&pair, image, units)) {
            for (value, (dx, df)) in next.iter_mut().zip(change.point.iter().zip(&change.residual)) {
                *value -= weight * (dx + step * df);
            }
        }
        self.last = Some(pair);
        // An extrapolation to negative times is none; a tenth of the image is a cautious step instead.
        for (value, image) in next.iter_mut().zip(image) {
            *value = value.max(0.1 * image).min(10.0 * image);
        }
        next
    }

    /// Least squares: weights of the differences of residuals that together come closest to the last residual. Every
    /// component counts relative to its size.
    fn weights(&self, last: &Pair, image: &[f64], units: &[f64]) -> Vec<f64> {
        let pairs = self.differences.len();
        let sizes = last.point.iter().zip(image).zip(units);
        let scales: Vec<f64> = sizes.map(|((&x, &g), &unit)| 1.0 / size(x, g, unit)).collect();
        let scaled = |pair: &Pair| -> Vec<f64> {
            pair.residual.iter().zip(&scales).map(|(f, scale)| scale * f).collect()
        };
        let columns: Vec<Vec<f64>> = self.differences.iter().chain([last]).map(scaled).collect();
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

fn subtract(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

/// Largest change, relative to the size of the component.
pub(crate) fn residual(point: &[f64], image: &[f64], units: &[f64]) -> f64 {
    let changes = point.iter().zip(image).zip(units);
    changes.map(|((&x, &g), &unit)| (x - g).abs() / size(x, g, unit)).fold(0.0, f64::max)
}

/// What a change of a component is compared with: itself and what it is added to, its unit.
fn size(point: f64, image: f64, unit: f64) -> f64 {
    (point.abs().max(image.abs()) + unit).max(SMALL)
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
                let image = [map(x)];
                let size = residual(&[x], &image, &[0.0]);
                x = anderson.next(vec![x], &image, &[0.0], size, 1.0)[0];
            }
            assert!((x - expected).abs() < 1e-9, "{x}");
        }
    }
}
