//! What differs between two models, in words.

use serde_json::Value;
use tracecast_experiment::compare::{Change, Figure, ModelComparison};
use tracecast_experiment::text::{number, or_dash, plain, signed_percent, time};

use super::table::table;

/// Changes printed; JSON has all.
const CHANGES: usize = 30;

/// What was changed, and what that does, within 80 columns.
pub(crate) fn compared_models(found: &ModelComparison) -> String {
    let mut text = String::new();
    for change in found.changes.iter().take(CHANGES) {
        text.push_str(&textwrap::fill(&line(change), textwrap::Options::new(80).subsequent_indent("  ")));
        text.push('\n');
    }
    match found.changes.len() {
        0 => text.push_str("the models are the same\n"),
        all if all > CHANGES => {
            text.push_str(&format!("and {} more changes (--json has all)\n", all - CHANGES));
        }
        _ => {}
    }
    for limit in &found.limits {
        let side = |capacity: Option<f64>, element: &Option<String>| {
            let rate = or_dash(capacity, |capacity| format!("{}/s", plain(capacity)));
            element.as_ref().map_or(rate.clone(), |element| format!("{rate} ({element})"))
        };
        let line = format!(
            "capacity for {}: {} → {}",
            limit.workload,
            side(limit.capacity.base, &limit.bottleneck.base),
            side(limit.capacity.candidate, &limit.bottleneck.candidate)
        );
        text.push_str(&format!(
            "\n{}\n",
            textwrap::fill(&line, textwrap::Options::new(80).subsequent_indent("  "))
        ));
    }
    let row = |figure: &Figure| {
        let show = |metric| if figure.is_time { time(metric) } else { number(metric) };
        let change = or_dash(figure.relative, signed_percent);
        let mark = if figure.within_uncertainty { " ~" } else { "" };
        vec![
            figure.name.clone(),
            show(figure.value.base),
            show(figure.value.candidate),
            format!("{change}{mark}"),
        ]
    };
    let rows = found.figures.iter().map(row).collect();
    text.push_str(&format!("\n{}", table(&["figure", "base", "candidate", "change"], 1, rows)));
    text.push_str("~ within the 95 % interval of the difference, or within what a solution is off\n");
    text
}

fn line(change: &Change) -> String {
    let element = &change.element;
    match (&change.value.base, &change.value.candidate) {
        (None, Some(_)) if change.place.is_empty() => format!("new: {element}"),
        (Some(_), None) if change.place.is_empty() => format!("gone: {element}"),
        (base, candidate) => {
            let side = |value: &Option<Value>| value.as_ref().map_or("-".into(), ToString::to_string);
            format!("{element} {}: {} → {}", change.place, side(base), side(candidate))
        }
    }
}
