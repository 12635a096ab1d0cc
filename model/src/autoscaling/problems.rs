//! What is wrong with the settings of a policy.

use crate::Code;

/// Problems found in the settings of a policy, each with its code and a sentence.
#[derive(Debug, Default)]
pub struct Problems(Vec<(Code, String)>);

impl Problems {
    /// All of them, in the order found.
    pub fn into_vec(self) -> Vec<(Code, String)> {
        self.0
    }

    pub(super) fn add(&mut self, code: Code, message: impl Into<String>) {
        self.0.push((code, message.into()));
    }

    /// The least number of replicas must not exceed the largest, which is at least 1.
    pub(super) fn bounds(&mut self, min: u32, max: u32) {
        if max == 0 {
            self.add(Code::ReplicaBounds, "the largest number of replicas is 0 but must be at least 1");
        } else if min > max {
            self.add(
                Code::ReplicaBounds,
                format!("the least number of replicas ({min}) exceeds the largest ({max})"),
            );
        }
    }

    /// A time that must be longer than 0.
    pub(super) fn positive(&mut self, field: &str, seconds: f64) {
        if !(seconds > 0.0 && seconds.is_finite()) {
            self.add(Code::ScalingTime, format!("{field} is {seconds} s but must be positive and finite"));
        }
    }

    /// A time that may be 0.
    pub(super) fn duration(&mut self, field: &str, seconds: f64) {
        if !(seconds >= 0.0 && seconds.is_finite()) {
            self.add(Code::ScalingTime, format!("{field} is {seconds} s but must be finite and at least 0"));
        }
    }

    /// Any other number.
    pub(super) fn range(&mut self, field: &str, value: f64, allowed: bool, expected: &str) {
        if !allowed || value.is_nan() {
            self.add(Code::OutOfRange, format!("{field} is {value} but must be {expected}"));
        }
    }

    /// What a metric is compared with.
    pub(super) fn target(&mut self, field: &str, value: f64) {
        self.range(field, value, value > 0.0 && value.is_finite(), "positive and finite");
    }
}
