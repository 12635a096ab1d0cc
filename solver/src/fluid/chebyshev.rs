//! Steps through time that a fast stage does not make short.
//!
//! The equations are mildly stiff: a network latency of a millisecond beside loads that change over minutes. Their Jacobian is
//! close to that of a compartment system, with eigenvalues near the negative real axis, for which stabilized explicit methods
//! are made: the second-order Runge–Kutta–Chebyshev method (Sommeijer, Shampine and Verwer 1998, *RKC: an explicit solver for
//! parabolic PDEs*, Journal of Computational and Applied Mathematics 88) is stable over a length that grows with the square of
//! the number of its stages, and solves no linear systems.

/// The right-hand side: time, state, and where its derivative goes.
pub(crate) type Slope<'f> = dyn Fn(f64, &[f64], &mut [f64]) + 'f;

/// One solution on its way.
pub(crate) struct Chebyshev {
    time: f64,
    y: Vec<f64>,
    slope: Vec<f64>,
    before: (f64, Vec<f64>, Vec<f64>),
    /// The next step that is tried (s).
    length: f64,
    /// The last accepted one, and its error relative to the tolerance.
    last: Option<(f64, f64)>,
    /// Relative to every number, and absolute.
    tolerance: f64,
    scratch: [Vec<f64>; 3],
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepped {
    Accepted,
    /// The state is what it was, and the next step will be shorter.
    Rejected,
    /// Steps have become too short to move on.
    Stuck,
}

/// Damping of the stability polynomial.
const DAMPING: f64 = 2.0 / 13.0;
/// Stages at most; their rounding errors grow with the square.
const MOST_STAGES: f64 = 200.0;

impl Chebyshev {
    /// Begins at a time with a state. `length` is that of the first step that is tried, if there is one that has proved itself;
    /// `radius` is a bound of the spectral radius of the Jacobian (1/s), and no step leads beyond `end`.
    pub(crate) fn new(
        (time, end): (f64, f64),
        y: &[f64],
        tolerance: f64,
        radius: f64,
        length: Option<f64>,
        slope_at: &Slope<'_>,
    ) -> Self {
        let mut slope = vec![0.0; y.len()];
        slope_at(time, y, &mut slope);
        let empty = || vec![0.0; y.len()];
        let mut new = Self {
            time,
            y: y.to_vec(),
            slope,
            before: (time, empty(), empty()),
            length: 0.0,
            last: None,
            tolerance,
            scratch: [empty(), empty(), empty()],
        };
        let most = end - time;
        new.length = length.unwrap_or_else(|| new.first_length(radius, most, slope_at)).min(most);
        new
    }

    pub(crate) fn time(&self) -> f64 {
        self.time
    }

    pub(crate) fn y(&self) -> &[f64] {
        &self.y
    }

    /// The step that is tried next (s), unless the end is nearer.
    pub(crate) fn length(&self) -> f64 {
        self.length
    }

    /// The state at a time within the last step, by the cubic with its ends and slopes.
    pub(crate) fn between(&self, time: f64) -> Vec<f64> {
        let (begin, low, rise) = &self.before;
        let length = self.time - begin;
        let x = if length > 0.0 { (time - begin) / length } else { 1.0 };
        let (a, b) = ((1.0 - x) * (1.0 - x) * (1.0 + 2.0 * x), x * x * (3.0 - 2.0 * x));
        let (c, d) = (x * (1.0 - x) * (1.0 - x) * length, x * x * (x - 1.0) * length);
        let ends = low.iter().zip(&self.y).zip(rise.iter().zip(&self.slope));
        ends.map(|((low, high), (rise, fall))| a * low + b * high + c * rise + d * fall).collect()
    }

    /// Tries a step that ends at `end` at the latest.
    pub(crate) fn step(&mut self, end: f64, radius: f64, slope_at: &Slope<'_>) -> Stepped {
        let left = end - self.time;
        // A last step that is hardly longer does not leave a tiny one.
        let mut length = if self.length * 1.01 >= left { left } else { self.length };
        let mut stages = 1.0 + (1.54 * length * radius + 1.0).sqrt().floor();
        if stages > MOST_STAGES {
            stages = MOST_STAGES;
            length = (stages * stages - 1.0) / (1.54 * radius);
        }
        let reaches_end = length >= left;
        let next = self.stages(length, stages.max(2.0) as u32, slope_at);
        let time = if reaches_end { end } else { self.time + length };
        let mut slope = std::mem::take(&mut self.scratch[0]);
        slope_at(time, &next, &mut slope);
        let error = self.error(length, &next, &slope);
        if error > 1.0 || error.is_nan() {
            let factor = if error.is_finite() { (0.8 / error.cbrt()).max(0.1) } else { 0.1 };
            self.length = factor * length;
            self.scratch[0] = slope;
            self.scratch[1] = next;
            let stuck = self.length <= 1e-13 * self.time.abs().max(1e-3);
            return if stuck { Stepped::Stuck } else { Stepped::Rejected };
        }
        let factor = match self.last {
            // By the errors of two steps (Watts 1984).
            Some((before, its)) if error > 0.0 => 0.8 * length / before * (its / error / error).cbrt(),
            _ => 0.8 / error.cbrt(),
        };
        // A step that only the end made short says nothing about the next.
        let proved = if reaches_end { self.length.max(length) } else { length };
        self.length = (factor.clamp(0.1, 10.0) * length).max(if factor > 1.0 { proved } else { 0.0 });
        self.last = Some((length, error));
        self.before.0 = self.time;
        std::mem::swap(&mut self.before.1, &mut self.y);
        std::mem::swap(&mut self.before.2, &mut self.slope);
        self.scratch[0] = std::mem::replace(&mut self.slope, slope);
        self.scratch[1] = std::mem::replace(&mut self.y, next);
        self.time = time;
        Stepped::Accepted
    }

    /// All stages of a step: the new state.
    fn stages(&mut self, h: f64, stages: u32, slope_at: &Slope<'_>) -> Vec<f64> {
        let s = f64::from(stages);
        let w0 = 1.0 + DAMPING / (s * s);
        let mut last = Polynomial::of_degree_one(w0);
        (2..=stages).for_each(|_| last.raise());
        let w1 = last.first / last.second;
        let [mut slope, mut back, mut now] = std::mem::take(&mut self.scratch);
        let mut polynomial = Polynomial::of_degree_one(w0);
        let b_two = 1.0 / (4.0 * w0 * w0);
        let (mut b1, mut b2) = (b_two, b_two);
        let first = w1 * b_two;
        let (mut c1, mut c2) = (first, 0.0);
        back.clone_from(&self.y);
        now.clear();
        now.extend(self.y.iter().zip(&self.slope).map(|(y, f)| y + first * h * f));
        slope.resize(self.y.len(), 0.0);
        for _ in 2..=stages {
            let a1 = 1.0 - polynomial.value * b1;
            polynomial.raise();
            let b = polynomial.second / (polynomial.first * polynomial.first);
            let (mu, nu) = (2.0 * w0 * b / b1, -b / b2);
            let by = mu * w1 / w0;
            let by_first = -by * a1;
            slope_at(self.time + h * c1, &now, &mut slope);
            let all = now.iter().zip(&mut back).zip(self.y.iter().zip(&self.slope).zip(&slope));
            for ((now, back), ((y, f0), f)) in all {
                *back = (1.0 - mu - nu) * y + mu * now + nu * *back + h * (by * f + by_first * f0);
            }
            std::mem::swap(&mut now, &mut back);
            let c = mu * c1 + nu * c2 + by + by_first;
            (c2, c1) = (c1, c);
            (b2, b1) = (b1, b);
        }
        self.scratch = [slope, back, Vec::new()];
        now
    }

    /// Estimated error of a step, relative to the tolerance.
    fn error(&self, h: f64, next: &[f64], slope: &[f64]) -> f64 {
        let ends = self.y.iter().zip(next).zip(self.slope.iter().zip(slope));
        let sum: f64 = ends
            .map(|((y, next), (f0, f1))| {
                let error = 0.8 * (y - next) + 0.4 * h * (f0 + f1);
                let allowed = self.tolerance * (1.0 + y.abs().max(next.abs()));
                (error / allowed) * (error / allowed)
            })
            .sum();
        (sum / self.y.len().max(1) as f64).sqrt()
    }

    /// A step that changes the slope little.
    fn first_length(&mut self, radius: f64, most: f64, slope_at: &Slope<'_>) -> f64 {
        let tiny = (1.0 / radius).min(most);
        let near: Vec<f64> = self.y.iter().zip(&self.slope).map(|(y, f)| y + tiny * f).collect();
        let mut slope = vec![0.0; near.len()];
        slope_at(self.time + tiny, &near, &mut slope);
        let changes = self.y.iter().zip(self.slope.iter().zip(&slope));
        let sum: f64 = changes
            .map(|(y, (f0, f1))| (tiny * (f1 - f0) / (self.tolerance * (1.0 + y.abs()))).powi(2))
            .sum();
        let error = (sum / self.y.len().max(1) as f64).sqrt();
        if 0.1 * tiny < most * error.sqrt() { 0.1 * tiny / error.sqrt() } else { most }
    }
}

/// A Chebyshev polynomial at a place, with its derivatives, by the recurrence from the two degrees below.
struct Polynomial {
    place: f64,
    value: f64,
    first: f64,
    second: f64,
    /// The same of one degree less.
    below: [f64; 3],
}

impl Polynomial {
    fn of_degree_one(place: f64) -> Self {
        Self { place, value: place, first: 1.0, second: 0.0, below: [1.0, 0.0, 0.0] }
    }

    /// Becomes that of the next degree.
    fn raise(&mut self) {
        let now = [self.value, self.first, self.second];
        let twice = 2.0 * self.place;
        self.value = twice * now[0] - self.below[0];
        self.first = twice * now[1] - self.below[1] + 2.0 * now[0];
        self.second = twice * now[2] - self.below[2] + 4.0 * now[1];
        self.below = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a system to its end: the state there, and how many steps it took.
    fn follow(end: f64, y: &[f64], tolerance: f64, radius: f64, slope: &Slope<'_>) -> (Vec<f64>, u32) {
        let mut method = Chebyshev::new((0.0, end), y, tolerance, radius, None, slope);
        let mut steps = 0;
        while method.time() < end {
            assert!(method.step(end, radius, slope) != Stepped::Stuck);
            steps += 1;
        }
        (method.y().to_vec(), steps)
    }

    /// y' = -L·(y - sin t) + cos t from 0 is sin t, however great L: steps are those that the sine needs.
    #[test]
    fn fast_decay_does_not_make_steps_short() {
        for fast in [1.0, 100.0, 10_000.0] {
            let slope = |t: f64, y: &[f64], dy: &mut [f64]| dy[0] = -fast * (y[0] - t.sin()) + t.cos();
            let (y, steps) = follow(10.0, &[0.0], 1e-5, fast, &slope);
            assert!((y[0] - 10.0_f64.sin()).abs() < 1e-3, "{fast}: {y:?}");
            // Without stabilization it would take a third of `fast` for each second.
            assert!(steps < 1000, "{fast}: {steps}");
        }
    }

    /// The heat equation on a rod: u = exp(-π²·t)·sin(π·x), up to the differences in space, which are its eigenvector.
    #[test]
    fn heat_in_a_rod() {
        const POINTS: usize = 99;
        let width = 1.0 / (POINTS + 1) as f64;
        let slope = |_: f64, y: &[f64], dy: &mut [f64]| {
            for i in 0..POINTS {
                let left = if i > 0 { y[i - 1] } else { 0.0 };
                let right = y.get(i + 1).copied().unwrap_or(0.0);
                dy[i] = (left - 2.0 * y[i] + right) / (width * width);
            }
        };
        let begin: Vec<f64> = (1..=POINTS).map(|i| (std::f64::consts::PI * i as f64 * width).sin()).collect();
        let (y, steps) = follow(0.1, &begin, 1e-6, 4.0 / (width * width), &slope);
        let rate = (2.0 - 2.0 * (std::f64::consts::PI * width).cos()) / (width * width);
        for (y, begin) in y.iter().zip(&begin) {
            // The errors of all steps, if they add up.
            assert!((y - begin * (-0.1 * rate).exp()).abs() < 1e-6 * f64::from(steps));
        }
        // A method without stabilization would take 2000.
        assert!(steps < 150, "{steps}");
    }

    /// A smaller tolerance makes the error smaller; and what is between the ends of a step is as exact as they are.
    #[test]
    fn errors_follow_the_tolerance() {
        let slope = |_: f64, y: &[f64], dy: &mut [f64]| (dy[0], dy[1]) = (y[1], -y[0] - 0.1 * y[1]);
        let exact = |t: f64| {
            let w = (1.0_f64 - 0.0025).sqrt();
            (-0.05 * t).exp() * ((w * t).cos() + 0.05 / w * (w * t).sin())
        };
        let error =
            |tolerance: f64| (follow(10.0, &[1.0, 0.0], tolerance, 1.0, &slope).0[0] - exact(10.0)).abs();
        assert!(error(1e-8) < 0.1 * error(1e-5), "{} {}", error(1e-8), error(1e-5));
        let mut method = Chebyshev::new((0.0, 10.0), &[1.0, 0.0], 1e-8, 1.0, None, &slope);
        while method.time() < 10.0 {
            let before = method.time();
            if method.step(10.0, 1.0, &slope) == Stepped::Accepted {
                let middle = 0.5 * (before + method.time());
                assert!((method.between(middle)[0] - exact(middle)).abs() < 1e-4);
            }
        }
    }
}
