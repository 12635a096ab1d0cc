//! Progress on standard error, only where a person looks.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of `length` steps; hidden with --quiet and where standard error is no terminal.
pub(crate) fn bar(length: u64, unit: &str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(length);
    bar.set_draw_target(if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() });
    let template = format!("{{bar:30}} {{pos}}/{{len}} {unit} · {{elapsed}} · {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}
