//! What is wrong with the settings of a policy.

use super::Backoff;

/// Values that lie outside their ranges, each with its field and what it must be.
#[derive(Debug, Default)]
pub(crate) struct Ranges(Vec<(String, f64, &'static str)>);

impl Ranges {
    /// All of them, in the order found.
    pub(crate) fn into_vec(self) -> Vec<(String, f64, &'static str)> {
        self.0
    }

    /// A number that must be as `expected`.
    pub(crate) fn check(&mut self, field: &str, value: f64, allowed: bool, expected: &'static str) {
        if !allowed || value.is_nan() {
            self.0.push((field.to_owned(), value, expected));
        }
    }

    pub(crate) fn positive(&mut self, field: &str, value: f64) {
        self.check(field, value, value > 0.0 && value.is_finite(), "positive and finite");
    }

    pub(crate) fn not_negative(&mut self, field: &str, value: f64) {
        self.check(field, value, value >= 0.0 && value.is_finite(), "finite and not negative");
    }

    pub(crate) fn at_least_1(&mut self, field: &str, value: u32) {
        self.check(field, f64::from(value), value > 0, "at least 1");
    }

    pub(super) fn finite_at_least_1(&mut self, field: &str, value: f64) {
        self.check(field, value, value >= 1.0 && value.is_finite(), "finite and at least 1");
    }

    /// A percentage of which none would always be reached.
    pub(super) fn percentage(&mut self, field: &str, value: f64) {
        self.check(field, value, value > 0.0 && value <= 100.0, "in (0, 100]");
    }

    pub(super) fn backoff(&mut self, field: &str, backoff: Backoff) {
        match backoff {
            Backoff::Fixed { delay } => self.not_negative(&format!("the delay of {field}"), delay),
            Backoff::Faktory => {}
            Backoff::Exponential { first, factor, max } => {
                self.not_negative(&format!("the first delay of {field}"), first);
                let allowed = factor >= 1.0 && factor.is_finite();
                self.check(&format!("the factor of {field}"), factor, allowed, "finite and at least 1");
                if let Some(max) = max {
                    let allowed = max >= first && max.is_finite();
                    self.check(
                        &format!("the longest delay of {field}"),
                        max,
                        allowed,
                        "finite and not below the first",
                    );
                }
            }
        }
    }
}
