//! Numbers as LQN files write them.

use crate::Multiplicity;

/// What [`real`] takes.
pub(super) const REAL: &str = "a finite number that is not negative";
/// What [`whole`] takes.
pub(super) const WHOLE: &str = "a whole number that is not negative";
/// What [`integer`] takes.
pub(super) const INTEGER: &str = "a whole number";
/// What [`multiplicity`] takes.
pub(super) const MULTIPLICITY: &str = "a whole number, at least 1, or \"inf\"";

/// A finite number that is not negative.
pub(super) fn real(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    // Minus zero would be written back differently.
    (value.is_finite() && value >= 0.0).then_some(value.abs())
}

/// A whole number; also as `2.0`, which some tools write.
pub(super) fn whole(text: &str) -> Option<u32> {
    let value = real(text)?;
    (value.fract() == 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}

/// A whole number of either sign.
pub(super) fn integer(text: &str) -> Option<i32> {
    text.trim().parse().ok()
}

/// A number of servers.
pub(super) fn multiplicity(text: &str) -> Option<Multiplicity> {
    match text.trim() {
        "inf" | "infinity" | "infinite" | "@infinity" => Some(Multiplicity::Infinite),
        number => whole(number).filter(|&n| n > 0).map(Multiplicity::Finite),
    }
}
