//! Weighted least squares on relative errors.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// What is fitted: predictions, in the order of the measurements, for given parameters.
pub type Model<'a, E> = dyn Fn(&[f64]) -> Result<Vec<f64>, E> + 'a;

/// A fit of positive parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The parameters at the optimum.
    pub values: Vec<f64>,
    /// Covariance of the parameters' logarithms; absent where neither the measurements' errors are known nor
    /// residuals are left over to judge them by.
    pub log_covariance: Option<DMatrix<f64>>,
    /// Predictions at the optimum, in the order of the measurements.
    pub predicted: Vec<f64>,
    /// Quantile factor of a 95 % interval: Student's t with the residual degrees of freedom where the errors were
    /// judged by the residuals, else the normal one.
    pub quantile: f64,
    /// Iterations taken.
    pub iterations: u32,
    /// How it ended.
    pub status: FitStatus,
}

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitStatus {
    /// No step makes it better.
    Converged,
    /// The iterations ran out.
    IterationLimit,
}

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
pub enum FitError<E> {
    /// Fewer measurements than parameters.
    #[error("{measurements} measured values cannot fix {parameters} parameters")]
    TooFewMeasurements {
        /// Measured values.
        measurements: usize,
        /// Parameters.
        parameters: usize,
    },
    /// The measurements do not tell the parameters apart.
    #[error(
        "the measured values do not tell the parameters apart: \"{0}\" or a mixture of it with others has no effect on them"
    )]
    NotIdentifiable(usize),
    /// The model refused.
    #[error(transparent)]
    Model(#[from] E),
}

/// Relative step of the numerical derivatives. Larger than usual, since predictions may come from simulations (with
/// common random numbers) whose answer is only piecewise smooth, as by a polling clock.
const STEP: f64 = 0.02;

/// The damping is given up beyond this: no step makes it better.
const MAX_DAMPING: f64 = 1e8;

/// Finds the positive parameters that minimize Σ ((predicted/measured − 1) / `error`)².
///
/// Levenberg–Marquardt (Marquardt 1963, with damping on the scaled diagonal) on the logarithms of the parameters, so
/// that they stay positive and the outcome does not depend on the unit. Covariance: (JᵀJ)⁻¹ with J the derivatives of
/// the weighted relative errors. With `error` known it is enlarged by χ²/ν where that exceeds 1 (as the Particle Data
/// Group does); with `error` unknown it is scaled by χ²/ν, and absent for ν = 0.
///
/// # Errors
/// Too few or uninformative measurements, or what the model refuses.
pub fn fit<E>(
    model: &Model<'_, E>,
    measured: &[f64],
    error: Option<f64>,
    start: &[f64],
    max_iterations: u32,
) -> Result<Fit, FitError<E>> {
    if measured.len() < start.len() {
        return Err(FitError::TooFewMeasurements { measurements: measured.len(), parameters: start.len() });
    }
    let problem = Problem { model, measured, weight: 1.0 / error.unwrap_or(1.0) };
    let mut place = problem.at(start.iter().map(|value| value.ln()).collect())?;
    let mut damping = 1e-3;
    let mut iterations = 0;
    let mut status = FitStatus::IterationLimit;
    while iterations < max_iterations && status == FitStatus::IterationLimit {
        iterations += 1;
        let jacobian = problem.jacobian(&place.logs)?;
        loop {
            let Some(step) = damped_step(&jacobian, &place.residuals, damping) else {
                damping *= 10.0;
                if damping > MAX_DAMPING {
                    status = FitStatus::Converged;
                    break;
                }
                continue;
            };
            let next = problem.at((&place.logs + &step).as_slice().to_vec())?;
            if next.sum_of_squares < place.sum_of_squares {
                // A small gain alone says nothing: far from the optimum, relative errors of -100 % hardly move.
                let gain = 1.0 - next.sum_of_squares / place.sum_of_squares;
                place = next;
                damping = (damping / 10.0).max(1e-9);
                if step.amax() < if gain < 1e-6 { 1e-3 } else { 1e-7 } {
                    status = FitStatus::Converged;
                }
                break;
            }
            damping *= 10.0;
            if damping > MAX_DAMPING || step.amax() < 1e-9 {
                status = FitStatus::Converged;
                break;
            }
        }
    }
    problem.finish(place, error.is_some(), iterations, status)
}

struct Problem<'a, E> {
    model: &'a Model<'a, E>,
    measured: &'a [f64],
    weight: f64,
}

struct Place {
    logs: DVector<f64>,
    predicted: Vec<f64>,
    residuals: DVector<f64>,
    sum_of_squares: f64,
}

impl<E> Problem<'_, E> {
    fn at(&self, logs: Vec<f64>) -> Result<Place, E> {
        let values: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let predicted = (self.model)(&values)?;
        let residuals = DVector::from_iterator(
            self.measured.len(),
            predicted.iter().zip(self.measured).map(|(p, m)| (p / m - 1.0) * self.weight),
        );
        let sum_of_squares = residuals.norm_squared();
        Ok(Place { logs: DVector::from_vec(logs), predicted, residuals, sum_of_squares })
    }

    /// Derivatives of the residuals by the logarithms, by central differences.
    fn jacobian(&self, logs: &DVector<f64>) -> Result<DMatrix<f64>, E> {
        let mut jacobian = DMatrix::zeros(self.measured.len(), logs.len());
        for parameter in 0..logs.len() {
            let side = |sign: f64| -> Result<Place, E> {
                let mut moved = logs.clone();
                moved[parameter] += sign * STEP;
                self.at(moved.as_slice().to_vec())
            };
            let derivative = (side(1.0)?.residuals - side(-1.0)?.residuals) / (2.0 * STEP);
            jacobian.set_column(parameter, &derivative);
        }
        Ok(jacobian)
    }

    fn finish(
        &self,
        place: Place,
        error_known: bool,
        iterations: u32,
        status: FitStatus,
    ) -> Result<Fit, FitError<E>> {
        let jacobian = self.jacobian(&place.logs)?;
        let normal = jacobian.transpose() * &jacobian;
        let freedom = self.measured.len() - place.logs.len();
        let Some(inverse) = invert(&normal) else {
            return Err(FitError::NotIdentifiable(weakest(&normal)));
        };
        let reduced = (freedom > 0).then(|| place.sum_of_squares / freedom as f64);
        let scale = match (error_known, reduced) {
            (true, reduced) => Some(reduced.unwrap_or(1.0).max(1.0)),
            (false, reduced) => reduced,
        };
        let quantile = if !error_known && freedom > 0 {
            // The constructor only refuses non-positive arguments.
            StudentsT::new(0.0, 1.0, freedom as f64).map_or(NORMAL_975, |t| t.inverse_cdf(0.975))
        } else {
            NORMAL_975
        };
        Ok(Fit {
            values: place.logs.iter().map(|log| log.exp()).collect(),
            log_covariance: scale.map(|scale| inverse * scale),
            predicted: place.predicted,
            quantile,
            iterations,
            status,
        })
    }
}

/// 97.5 % quantile of the normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

fn damped_step(jacobian: &DMatrix<f64>, residuals: &DVector<f64>, damping: f64) -> Option<DVector<f64>> {
    let mut normal = jacobian.transpose() * jacobian;
    for i in 0..normal.nrows() {
        normal[(i, i)] *= 1.0 + damping;
    }
    let step = normal.cholesky()?.solve(&(-(jacobian.transpose() * residuals)));
    // A factor of e in one step is plenty; more would leave the region where the derivatives mean anything.
    let largest = step.amax();
    Some(if largest > 1.0 { step / largest } else { step })
}

/// The inverse, unless the matrix is singular to working precision (after scaling its diagonal to 1).
fn invert(normal: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let scale = DVector::from_iterator(normal.nrows(), normal.diagonal().iter().map(|d| d.sqrt()));
    if scale.iter().any(|&s| s.is_nan() || s <= 0.0) {
        return None;
    }
    let scaled =
        DMatrix::from_fn(normal.nrows(), normal.ncols(), |i, j| normal[(i, j)] / (scale[i] * scale[j]));
    let eigen = scaled.clone().symmetric_eigenvalues();
    if eigen.min() < 1e-9 * eigen.max() {
        return None;
    }
    let inverse = scaled.cholesky()?.inverse();
    Some(DMatrix::from_fn(normal.nrows(), normal.ncols(), |i, j| inverse[(i, j)] / (scale[i] * scale[j])))
}

fn weakest(normal: &DMatrix<f64>) -> usize {
    normal.diagonal().imin()
}

impl Fit {
    /// 95 % interval of a parameter, where its uncertainty is known.
    pub fn interval(&self, parameter: usize) -> Option<(f64, f64)> {
        let deviation = self.log_covariance.as_ref()?[(parameter, parameter)].sqrt() * self.quantile;
        let value = self.values[parameter];
        Some((value * (-deviation).exp(), value * deviation.exp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn line(xs: &'static [f64]) -> impl Fn(&[f64]) -> Result<Vec<f64>, Infallible> {
        move |p| Ok(xs.iter().map(|x| p[0] + p[1] * x).collect())
    }

    #[test]
    fn exact_data_give_the_truth_and_scale_does_not_matter() {
        let model = line(&[1.0, 2.0, 5.0]);
        for scale in [1e-6, 1.0, 1.7, 1e6] {
            let measured: Vec<f64> = [3.0, 5.0, 11.0].iter().map(|y| y * scale).collect();
            let fit = fit(&model, &measured, None, &[0.1, 0.1], 200).unwrap();
            assert!((fit.values[0] / scale - 1.0).abs() < 1e-4, "{scale}: {:?}", fit.values);
            assert!((fit.values[1] / scale - 2.0).abs() < 1e-4, "{scale}: {:?}", fit.values);
        }
    }

    /// For y = p with n measurements of relative error σ, the standard error of ln p is σ/√n.
    #[test]
    fn known_errors_give_the_textbook_interval() {
        let model = |p: &[f64]| -> Result<Vec<f64>, Infallible> { Ok(vec![p[0]; 4]) };
        let fit = fit(&model, &[2.0, 2.0, 2.0, 2.0], Some(0.02), &[1.0], 100).unwrap();
        let (low, high) = fit.interval(0).unwrap();
        let expected = 1.959_964 * 0.01;
        // The central difference of exp over ±2 % is off by 2·10⁻⁴/3.
        assert!(((high / low).ln() / 2.0 / expected - 1.0).abs() < 1e-3, "{low} {high}");
    }

    /// With unknown errors the interval is Student's: mean ± t(ν) s/√n, here in relative terms.
    #[test]
    fn unknown_errors_are_judged_by_the_residuals() {
        let model = |p: &[f64]| -> Result<Vec<f64>, Infallible> { Ok(vec![p[0]; 3]) };
        let fit = fit(&model, &[0.99, 1.0, 1.01], None, &[0.5], 100).unwrap();
        let (low, high) = fit.interval(0).unwrap();
        // s = 0.01, √3, t(2) = 4.303; second order terms in 0.01 remain.
        let expected = 4.303 * 0.01 / 3f64.sqrt();
        assert!(((high / low).ln() / 2.0 / expected - 1.0).abs() < 0.02, "{low} {high}");
    }

    #[test]
    fn as_many_parameters_as_data_have_no_interval_unless_errors_are_known() {
        let model = line(&[1.0, 2.0]);
        assert!(fit(&model, &[3.0, 5.0], None, &[1.0, 1.0], 100).unwrap().log_covariance.is_none());
        assert!(fit(&model, &[3.0, 5.0], Some(0.01), &[1.0, 1.0], 100).unwrap().interval(0).is_some());
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let product = |p: &[f64]| -> Result<Vec<f64>, Infallible> { Ok(vec![p[0] * p[1]; 3]) };
        let answer = fit(&product, &[1.0, 1.0, 1.0], Some(0.1), &[2.0, 2.0], 100);
        assert!(matches!(answer, Err(FitError::NotIdentifiable(_))));
        let answer = fit(&product, &[1.0], Some(0.1), &[2.0, 2.0], 100);
        assert!(matches!(answer, Err(FitError::TooFewMeasurements { .. })));
    }
}
