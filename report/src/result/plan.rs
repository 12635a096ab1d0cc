//! A plan: the answer, and what is cheaper and fails.

use indexmap::IndexMap;
use serde::Deserialize;
use tracecast_experiment::text::{number, or_dash, percent, short, signed_percent, time};
use tracecast_model::{Metric, MetricPath};

use super::long_table;
use crate::html::Html;

/// What `plan --json` writes, as far as it is shown.
#[derive(Deserialize)]
pub(crate) struct Plan {
    ending: String,
    cost: String,
    answer: Option<Candidate>,
    failing: Vec<Candidate>,
    undecided: Vec<Candidate>,
    evaluated: Evaluated,
}

#[derive(Deserialize)]
struct Candidate {
    settings: IndexMap<String, String>,
    cost: f64,
    judge: String,
    objectives: Vec<Judgment>,
    overloaded: Option<String>,
}

#[derive(Deserialize)]
struct Judgment {
    slo: String,
    outcome: String,
    value: Option<Metric>,
    beyond: Option<f64>,
}

#[derive(Deserialize)]
struct Evaluated {
    combinations: u64,
    by_capacity: u64,
    by_analytic: u64,
    by_simulation: u64,
}

pub(crate) fn show(plan: &Plan) -> Html {
    let mut html = Html::default();
    match &plan.answer {
        Some(answer) => {
            html.paragraph(&format!(
                "The cheapest settings that meet the objectives, at {} ({}):",
                short(answer.cost),
                plan.cost
            ));
            let rows = answer.settings.iter().map(|(path, value)| vec![path.clone(), value.clone()]);
            html.table(&["setting", "value"], 1, &rows.collect::<Vec<_>>());
            let rows = answer.objectives.iter().map(|judgment| {
                let spare = or_dash(judgment.beyond, |beyond| percent(-beyond));
                vec![judgment.slo.clone(), written(judgment), spare]
            });
            html.table(&["objective", "figure", "to spare"], 1, &rows.collect::<Vec<_>>());
        }
        None => html.warning(&format!("There is no answer: {}.", plan.ending.replace('_', " "))),
    }
    candidates(&mut html, "Failing", &plan.failing);
    candidates(&mut html, "Undecided, since the interval has the limit in it", &plan.undecided);
    let all = &plan.evaluated;
    html.paragraph(&format!(
        "Of {} combinations {} were judged by the utilization law, {} by the analytic engine, {} by simulation.",
        all.combinations, all.by_capacity, all.by_analytic, all.by_simulation
    ));
    html
}

fn written(judgment: &Judgment) -> String {
    let figure = judgment.slo.split(['<', '>']).next().unwrap_or_default();
    let is_time = figure.parse::<MetricPath>().is_ok_and(|path| path.is_time());
    or_dash(judgment.value, |metric| if is_time { time(metric) } else { number(metric) })
}

fn candidates(html: &mut Html, title: &str, candidates: &[Candidate]) {
    if candidates.is_empty() {
        return;
    }
    let row = |candidate: &Candidate| {
        let settings: Vec<String> =
            candidate.settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
        let short_of =
            candidate.objectives.iter().filter(|judgment| judgment.outcome != "met").map(|judgment| {
                let beyond = judgment.beyond.map_or(String::new(), |by| format!(" ({})", signed_percent(by)));
                format!("{}: {}{beyond}", judgment.slo, written(judgment))
            });
        let why = candidate.overloaded.iter().map(|what| format!("overload: {what}")).chain(short_of);
        let why: Vec<String> = why.collect();
        vec![settings.join(", "), candidate.judge.clone(), why.join("; "), short(candidate.cost)]
    };
    html.heading(title);
    long_table(html, &["settings", "judged by", "why", "cost"], 3, candidates.iter().map(row).collect());
}
