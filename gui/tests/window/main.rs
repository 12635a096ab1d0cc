//! The window driven as people drive it, by the names of its controls, without a screen.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

mod calibrate;
mod canvas;
mod edit;
mod export;
mod helpers;
mod open;
mod predict;
mod scenarios;
mod start;
mod studies;
mod traces;
