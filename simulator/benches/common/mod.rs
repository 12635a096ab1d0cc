//! What the benchmark and the examples that measure speed share.

pub(crate) mod clock;
pub(crate) mod hand_written;
pub(crate) mod models;
