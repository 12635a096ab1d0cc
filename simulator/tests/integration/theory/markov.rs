//! Markovian arrivals by matrices.

use nalgebra::{DMatrix, DVector, RowDVector};
use tracecast_model::MarkovArrivals;

/// Response time of MAP/M/1 by the matrix-geometric method (Neuts 1981, *Matrix-Geometric Solutions in Stochastic
/// Models*, §1.7 and chapter 3): the level is the number present, with A₀ = D₁ up, A₁ = D₀-μI, A₂ = μI down. R is the least
/// solution of A₀ + RA₁ + R²A₂ = 0, the empty level solves π₀(D₀ + RA₂) = 0 with π₀(I-R)⁻¹1 = 1, and the mean number is
/// π₀R(I-R)⁻²1; Little's law gives the time.
pub(crate) fn map_m1_response(arrivals: &MarkovArrivals, mean: f64) -> f64 {
    let n = arrivals.states();
    let (d0, d1) = (matrix(&arrivals.d0), matrix(&arrivals.d1));
    let identity = DMatrix::<f64>::identity(n, n);
    let (local, down) = (&d0 - &identity / mean, &identity / mean);
    let mut r = DMatrix::<f64>::zeros(n, n);
    // R ← -A₀(A₁ + RA₂)⁻¹ rises to the least solution.
    loop {
        let next = -&d1 * (&local + &r * &down).try_inverse().unwrap();
        let change = (&next - &r).amax();
        r = next;
        if change < 1e-15 {
            break;
        }
    }
    let rest = (&identity - &r).try_inverse().unwrap();
    let ones = DVector::from_element(n, 1.0);
    let empty = balanced(&(&d0 + &r * &down), &(&rest * &ones));
    let number = (empty * &r * &rest * &rest * &ones)[0];
    number / arrivals.rate()
}

/// Mean and variance of the gaps, and their autocovariances at lags 1, 2, … (Lucantoni, Meier-Hellstern and Neuts 1990,
/// "A single-server queue with server vacations and a class of non-renewal arrival processes", §2): with M = (-D₀)⁻¹,
/// P = MD₁ and φ = φP, E[X] = φM1, E[X²] = 2φM²1 and E[X₀Xₖ] = φMPᵏM1.
pub(crate) fn gaps(arrivals: &MarkovArrivals, lags: usize) -> (f64, f64, Vec<f64>) {
    let n = arrivals.states();
    let m = (-matrix(&arrivals.d0)).try_inverse().unwrap();
    let p = &m * matrix(&arrivals.d1);
    let ones = DVector::from_element(n, 1.0);
    let phi = balanced(&(&p - DMatrix::<f64>::identity(n, n)), &ones);
    let mean = (&phi * &m * &ones)[0];
    let second = 2.0 * (&phi * &m * &m * &ones)[0];
    let mut row = &phi * &m;
    let covariances = (0..lags).map(|_| {
        row = &row * &p;
        (&row * &m * &ones)[0] - mean * mean
    });
    (mean, second - mean * mean, covariances.collect())
}

/// The row x with xA = 0 and x·scale = 1.
fn balanced(a: &DMatrix<f64>, scale: &DVector<f64>) -> RowDVector<f64> {
    let n = a.nrows();
    let mut equations = a.transpose();
    // One of the equations follows from the others.
    equations.set_row(n - 1, &scale.transpose());
    let mut right = DVector::zeros(n);
    right[n - 1] = 1.0;
    equations.lu().solve(&right).unwrap().transpose()
}

fn matrix(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows.len(), |i, j| rows[i][j])
}
