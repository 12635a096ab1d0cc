//! What would help: the effect of a little more of what is short.

use tracecast_experiment::{Edit, EngineChoice, Scenario, Setting};
use tracecast_model::{EngineOptions, Metric, Prediction, RunControl, System};

use crate::sweep::predict_all;

/// Changes that are tried, at most.
const TRIED: usize = 8;

/// A change and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// Which setting.
    pub path: String,
    /// What it becomes.
    pub value: String,
    /// In words: "a third replica of crop".
    pub words: String,
    /// What is compared: "p95", or the makespan of a load that ends.
    pub figure: &'static str,
    /// The figure now, and after the change.
    pub before: Metric,
    /// After the change.
    pub after: Metric,
}

impl Remedy {
    /// Relative change of the figure.
    pub fn change(&self) -> f64 {
        self.after.mean / self.before.mean - 1.0
    }

    /// Is the change beyond the intervals of both?
    pub fn is_clear(&self) -> bool {
        let width = self.before.half_width.unwrap_or(0.0).hypot(self.after.half_width.unwrap_or(0.0));
        (self.after.mean - self.before.mean).abs() > width
    }
}

/// The figure that people look at: how long the work of a load that ends takes, else the 95th percentile.
fn figure(prediction: &Prediction) -> Option<(&'static str, Metric)> {
    let result = prediction.workloads.values().next()?;
    if let Some(makespan) = result.makespan {
        return Some(("the makespan", makespan));
    }
    let response = result.response_time?;
    Some(response.percentile("p95").map_or(("the mean response time", response.metric()), |p95| ("p95", p95)))
}

/// Tries a little more of everything that the most loaded services have, the most loaded first; the most helpful change
/// comes first in the answer.
///
/// # Errors
/// The scenario as it is cannot be predicted.
pub(crate) fn remedies(
    system: &System,
    loaded: &[String],
    engine: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Vec<Remedy>, String> {
    let tried: Vec<(String, String, String)> =
        loaded.iter().flat_map(|service| changes(system, service)).take(TRIED).collect();
    let scenarios: Vec<Scenario> = std::iter::once(Scenario::default())
        .chain(tried.iter().map(|(path, value, _)| Scenario {
            edits: vec![Edit::new(path.as_str(), value.as_str())],
            loads: Vec::new(),
        }))
        .collect();
    let mut answers = predict_all(system, &scenarios, engine, options, control).into_iter();
    let now = answers.next().ok_or("nothing was predicted")?.map_err(|error| error.to_string())?;
    let (figure_name, before) = figure(&now).ok_or("there is no figure to compare")?;
    let mut found: Vec<Remedy> = tried
        .into_iter()
        .zip(answers)
        .filter_map(|((path, value, words), answer)| {
            let (_, after) = figure(&answer.ok()?)?;
            Some(Remedy { path, value, words, figure: figure_name, before, after })
        })
        .collect();
    found.sort_by(|a, b| a.change().total_cmp(&b.change()));
    Ok(found)
}

/// One more replica, half as much more CPU, one more thread: path, value and words of each.
fn changes(system: &System, service: &str) -> Vec<(String, String, String)> {
    let value = |name: &str| {
        let setting = Setting::all().find(|setting| setting.name == name)?;
        setting.value(system, service)
    };
    let mut changes = Vec::new();
    let mut add = |name: &str, value: String, words: String| {
        changes.push((format!("{service}.{name}"), value, words));
    };
    if let Some(replicas) = value("replicas").and_then(|text| text.parse::<u32>().ok()) {
        let more = replicas + 1;
        add("replicas", more.to_string(), format!("{} replica of {service}", ordinal(more)));
    }
    if let Some(limit) = value("cpu_limit").and_then(|text| text.parse::<f64>().ok()) {
        let more = limit * 1.5;
        add(
            "cpu_limit",
            more.to_string(),
            format!("a CPU limit of {more} instead of {limit} cores for {service}"),
        );
    }
    if let Some(threads) = value("concurrency").and_then(|text| text.parse::<u32>().ok()) {
        let more = threads + 1;
        add(
            "concurrency",
            more.to_string(),
            format!("{} thread in each replica of {service}", ordinal(more)),
        );
    }
    changes
}

fn ordinal(number: u32) -> String {
    match number {
        2 => "a second".into(),
        3 => "a third".into(),
        4 => "a fourth".into(),
        5 => "a fifth".into(),
        _ => "one more".into(),
    }
}

#[cfg(test)]
mod tests {
    use tracecast_model::{Distribution, fixtures};

    use super::*;

    /// Workers of constant tasks on cores enough: n tasks take n/c·s. A second thread makes them twice as many, a third
    /// replica half as many more.
    #[test]
    fn more_workers_need_less_time() {
        let system = fixtures::burst_queue(60, 2, Distribution::deterministic(0.5));
        let loaded = ["worker".to_owned()];
        let options = EngineOptions { replications: Some(2), ..EngineOptions::default() };
        let found =
            remedies(&system, &loaded, EngineChoice::Simulation, &options, &RunControl::none()).unwrap();
        let told: Vec<(&str, &str)> =
            found.iter().map(|remedy| (remedy.path.as_str(), remedy.words.as_str())).collect();
        assert_eq!(
            told,
            [
                ("worker.concurrency", "a second thread in each replica of worker"),
                ("worker.replicas", "a third replica of worker"),
            ]
        );
        // But for the storage, which serves one at a time: four who come together wait up to 30 of 520 ms.
        assert!((found[0].change() + 0.5).abs() < 0.06, "{}", found[0].change());
        assert!((found[1].change() + 1.0 / 3.0).abs() < 0.06, "{}", found[1].change());
    }
}
