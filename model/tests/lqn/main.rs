//! LQN files: reading, writing, and what is refused.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "in helpers of tests, too")]

mod corpus;
mod mutations;
mod reading;
mod refused;
mod stream;
mod writing;
