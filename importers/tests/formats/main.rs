//! The formats one by one: small made-up files for each feature, and every file of the shared data.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

#[path = "../common/mod.rs"]
mod common;

mod chrome;
mod csv;
mod datadog;
mod kieker;
mod nameko;
mod otlp;
mod shared;
mod skywalking;
mod stored;
mod xray;
mod zipkin;

use common::{bytes, fixture};
use tracecast_importers::{Intake, Span, open};

/// The spans as read, and what was odd.
fn intake(name: &str) -> Intake {
    let mut intake = Intake::new();
    open::read(bytes(name).as_slice(), None, &mut intake).unwrap_or_else(|error| panic!("{name}: {error}"));
    intake.finish();
    intake
}

/// A span by its name.
fn span<'a>(intake: &'a Intake, name: &str) -> &'a Span {
    intake.spans.iter().find(|span| &*span.name == name).unwrap_or_else(|| panic!("no span {name}"))
}

/// How often something odd was found.
fn count(intake: &Intake, code: &str) -> u64 {
    intake.report.warning(code).map_or(0, |warning| warning.count)
}
