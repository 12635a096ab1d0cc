//! What a run counts, and what follows from it.

pub(crate) mod histogram;
pub(crate) mod interval;
pub(crate) mod level;
pub(crate) mod series;
pub(crate) mod sketch;
pub(crate) mod tails;
pub(crate) mod totals;

pub(crate) use level::{Count, Level};
pub(crate) use sketch::Sketch;
