//! What limits remember that adapt themselves to what calls take.

/// A call under a limit has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Seconds that it took, or that its caller waited for it; > 0.
    pub duration: f64,
    /// Calls in progress when it began, itself included.
    pub in_progress: u32,
    /// Was it too late for its caller?
    pub dropped: bool,
    /// A number drawn evenly from [0, 1), where the limit [needs](super::ConcurrencyLimit::is_random) one.
    pub chance: f64,
}

/// What a limit remembers that adapts itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapted {
    /// The present limit, of which the whole part counts.
    pub(super) limit: f64,
    /// The response time that the others are compared with (s); 0 before the first.
    pub(super) base: f64,
    /// Calls that have been counted for it.
    pub(super) calls: f64,
    /// Drawn evenly from [0, 1).
    pub(super) chance: f64,
}

impl Adapted {
    /// Before the first call.
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: f64::from(limit), base: 0.0, calls: 0.0, chance: 0.5 }
    }

    /// Calls that may be in progress.
    pub fn limit(&self) -> u32 {
        self.limit as u32
    }
}
