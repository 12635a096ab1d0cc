//! A comparison of two models, or of two sets of traces.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use tracecast_experiment::text::{number, or_dash, percent, plain, signed_percent, time};
use tracecast_model::{Metric, seconds};

use super::{BARS, long_table};
use crate::chart::{Bar, bars};
use crate::html::Html;

/// The same of both sides.
#[derive(Clone, Copy, Deserialize)]
struct Pair<T> {
    base: T,
    candidate: T,
}

#[derive(Deserialize)]
struct Judged {
    slo: String,
    verdict: Pair<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    met: bool,
    certain: bool,
    value: Metric,
}

/// What `compare --json` writes of models, as far as it is shown.
#[derive(Deserialize)]
pub(crate) struct Models {
    comparison: ModelComparison,
    #[serde(default)]
    objectives: Vec<Judged>,
    #[serde(default)]
    regressions: Vec<String>,
}

#[derive(Deserialize)]
struct ModelComparison {
    changes: Vec<Change>,
    figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct Change {
    element: String,
    place: String,
    value: Pair<Option<Value>>,
}

#[derive(Deserialize)]
struct Figure {
    name: String,
    is_time: bool,
    value: Pair<Metric>,
    relative: Option<f64>,
    within_uncertainty: bool,
}

pub(crate) fn models(found: &Models) -> Html {
    let mut html = Html::default();
    judged(&mut html, &found.objectives, &found.regressions);
    let side = |value: &Option<Value>| value.as_ref().map_or("-".into(), ToString::to_string);
    let changes = found.comparison.changes.iter().map(|change| {
        let (base, candidate) = (side(&change.value.base), side(&change.value.candidate));
        vec![change.element.clone(), change.place.clone(), base, candidate]
    });
    html.heading(&format!("{} changes", found.comparison.changes.len()));
    long_table(&mut html, &["element", "place", "base", "candidate"], 4, changes.collect());
    let figures = &found.comparison.figures;
    let shown: Vec<&Figure> = figures.iter().filter(|figure| figure.is_time).take(BARS / 2).collect();
    let all: Vec<Bar> = shown
        .iter()
        .flat_map(|figure| {
            let bar = |metric: Metric, series| Bar {
                name: figure.name.clone(),
                value: metric.mean,
                half_width: metric.half_width,
                series,
            };
            [bar(figure.value.base, 0), bar(figure.value.candidate, 1)]
        })
        .collect();
    if !all.is_empty() {
        let sides = vec!["base".to_owned(), "candidate".to_owned()];
        html.charts(vec![bars("Times", &all, sides, &seconds::display)]);
    }
    let rows = figures.iter().map(|figure| {
        let show = |metric| if figure.is_time { time(metric) } else { number(metric) };
        let uncertain = if figure.within_uncertainty { "within the uncertainty" } else { "" };
        vec![
            figure.name.clone(),
            uncertain.into(),
            show(figure.value.base),
            show(figure.value.candidate),
            or_dash(figure.relative, signed_percent),
        ]
    });
    html.heading("Figures");
    long_table(&mut html, &["figure", "", "base", "candidate", "change"], 2, rows.collect());
    html
}

/// What `compare --json` writes of traces, as far as it is shown.
#[derive(Deserialize)]
pub(crate) struct Traces {
    comparison: TraceComparison,
    #[serde(default)]
    objectives: Vec<Judged>,
    #[serde(default)]
    regressions: Vec<String>,
}

#[derive(Deserialize)]
struct TraceComparison {
    requests: Pair<u64>,
    types: Vec<Type>,
    only_one: Vec<OnlyOne>,
}

#[derive(Deserialize)]
struct Type {
    name: String,
    response_time: Difference,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Difference {
    observations: Pair<u64>,
    median: Pair<f64>,
    p95: Pair<f64>,
    shift: Estimate,
    adjusted_p: f64,
    finding: String,
}

#[derive(Deserialize)]
struct Estimate {
    value: f64,
    interval: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct Operation {
    service: String,
    operation: String,
    part: String,
    critical: Contribution,
}

#[derive(Deserialize)]
struct Contribution {
    mean: Pair<f64>,
    change: Estimate,
}

#[derive(Deserialize)]
struct OnlyOne {
    kind: String,
    name: String,
    requests: IndexMap<String, Value>,
}

/// Operations of a type that are shown, those that changed by most.
const OPERATIONS: usize = 8;

pub(crate) fn traces(found: &Traces) -> Html {
    let comparison = &found.comparison;
    let mut html = Html::default();
    html.paragraph(&format!(
        "{} requests of the base, {} of the candidate",
        comparison.requests.base, comparison.requests.candidate
    ));
    judged(&mut html, &found.objectives, &found.regressions);
    let charts =
        [("Medians", (|d| d.median) as fn(&Difference) -> Pair<f64>), ("95th percentiles", |d| d.p95)];
    let chart = |(title, of): (&str, fn(&Difference) -> Pair<f64>)| {
        let all: Vec<Bar> = comparison
            .types
            .iter()
            .take(BARS / 2)
            .flat_map(|kind| {
                let pair = of(&kind.response_time);
                let bar = |value, series| Bar { name: kind.name.clone(), value, half_width: None, series };
                [bar(pair.base, 0), bar(pair.candidate, 1)]
            })
            .collect();
        bars(title, &all, vec!["base".into(), "candidate".into()], &seconds::display)
    };
    if !comparison.types.is_empty() {
        html.charts(charts.into_iter().map(chart).collect());
    }
    html.heading("Response times by type of request");
    let rows = comparison.types.iter().map(|kind| {
        let time = &kind.response_time;
        vec![
            kind.name.clone(),
            time.finding.replace('_', " "),
            format!("{} / {}", time.observations.base, time.observations.candidate),
            seconds::display(time.median.base),
            seconds::display(time.median.candidate),
            estimate(&time.shift),
            plain(time.adjusted_p),
        ]
    });
    let header = ["type", "finding", "requests", "median, base", "candidate", "shift (95 % interval)", "p"];
    long_table(&mut html, &header, 2, rows.collect());
    for kind in &comparison.types {
        let rows = kind.operations.iter().take(OPERATIONS).map(|operation| {
            vec![
                format!("{}/{}", operation.service, operation.operation),
                operation.part.replace('_', " "),
                seconds::display(operation.critical.mean.base),
                seconds::display(operation.critical.mean.candidate),
                estimate(&operation.critical.change),
            ]
        });
        html.heading(&format!("Where the time of {} changed, on the critical path", kind.name));
        let header = ["operation", "part", "base", "candidate", "change (95 % interval)"];
        html.table(&header, 2, &rows.collect::<Vec<_>>());
    }
    let rows = comparison.only_one.iter().map(|one| {
        let hits = one.requests.get("hits").map_or("-".into(), hits);
        vec![one.kind.replace('_', " "), one.name.clone(), hits]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        html.heading("Only on one side");
        long_table(&mut html, &["kind", "name", "requests, base / candidate"], 2, rows);
    }
    html
}

fn hits(pair: &Value) -> String {
    let side = |name: &str| pair.get(name).map_or("-".into(), ToString::to_string);
    format!("{} / {}", side("base"), side("candidate"))
}

/// A time that may be negative.
fn signed(time: f64) -> String {
    // Below what traces resolve.
    if time.abs() < 0.5e-9 {
        return "0".into();
    }
    let sign = if time < 0.0 { "-" } else { "+" };
    format!("{sign}{}", seconds::display(time.abs()))
}

fn estimate(estimate: &Estimate) -> String {
    let interval = estimate
        .interval
        .map_or(String::new(), |[low, high]| format!(" ({} … {})", signed(low), signed(high)));
    signed(estimate.value) + &interval
}

fn judged(html: &mut Html, objectives: &[Judged], regressions: &[String]) {
    for name in regressions {
        html.warning(&format!("{name} is slower than allowed."));
    }
    let word = |verdict: &Verdict| {
        let certain = if verdict.certain { "" } else { ", uncertain" };
        let met = if verdict.met { "met" } else { "missed" };
        format!("{met}{certain} ({})", plain(verdict.value.mean))
    };
    let rows = objectives
        .iter()
        .map(|judged| vec![judged.slo.clone(), word(&judged.verdict.base), word(&judged.verdict.candidate)]);
    html.table(&["objective", "base", "candidate"], 3, &rows.collect::<Vec<_>>());
    let lost =
        objectives.iter().filter(|judged| judged.verdict.base.met && !judged.verdict.candidate.met).count();
    if lost > 0 {
        let share = percent(lost as f64 / objectives.len() as f64);
        html.warning(&format!("The candidate misses {lost} objectives ({share}) that the base meets."));
    }
}
