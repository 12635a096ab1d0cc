//! What can be written for others: to add one, its line in [`Export::ALL`] with the function that makes it.

use std::path::Path;
use std::sync::Arc;

use tracecast_experiment::picture;
use tracecast_model::{Prediction, native};
use tracecast_report::{Report, tables};

use crate::answers::Answer;
use crate::state::AppState;

/// A kind of file.
pub struct Export {
    /// Short, unique, for names of files.
    pub kind: &'static str,
    /// For menus.
    pub title: &'static str,
    /// Of its files.
    pub extension: &'static str,
    prepare: fn(&AppState) -> Result<Make, String>,
}

/// Makes the bytes, on a worker.
pub(crate) type Make = Box<dyn FnOnce() -> Result<Vec<u8>, String> + Send>;

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)
    }
}

impl PartialEq for Export {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Export {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 9] = [
        Self { kind: "report", title: "Report of all scenarios (HTML)", extension: "html", prepare: report },
        Self {
            kind: "scenarios",
            title: "Table of all scenarios (CSV)",
            extension: "csv",
            prepare: scenarios,
        },
        Self { kind: "prediction", title: "Prediction (JSON)", extension: "json", prepare: prediction },
        Self { kind: "over-time", title: "Figures over time (CSV)", extension: "csv", prepare: over_time },
        Self {
            kind: "over-time",
            title: "Figures over time (SVG)",
            extension: "svg",
            prepare: over_time_picture,
        },
        Self {
            kind: "response-times",
            title: "Response times (CSV)",
            extension: "csv",
            prepare: response_times,
        },
        Self { kind: "architecture", title: "Architecture (SVG)", extension: "svg", prepare: architecture },
        Self { kind: "model", title: "Model with these changes (JSON)", extension: "json", prepare: model },
        Self { kind: "command", title: "Command line (shell script)", extension: "sh", prepare: command },
    ];

    /// The one of this kind and extension.
    pub fn find(kind: &str, extension: &str) -> Option<&'static Self> {
        const ALL: &[Export] = &Export::ALL;
        ALL.iter().find(|export| export.kind == kind && export.extension == extension)
    }

    /// What to call the file of a scenario.
    pub(crate) fn file_name(&self, scenario: &str) -> String {
        let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        format!("{}-{}.{}", scenario.chars().map(plain).collect::<String>(), self.kind, self.extension)
    }

    /// How it is made of the shown scenario.
    ///
    /// # Errors
    /// What is not there yet.
    pub(crate) fn prepare(&self, state: &AppState) -> Result<Make, String> {
        (self.prepare)(state)
    }
}

fn shown(state: &AppState) -> Result<&Answer, String> {
    state.shown().ok_or_else(|| "there is nothing to export yet".into())
}

/// What is as precise as asked for.
fn final_prediction(answer: &Answer) -> Result<Arc<Prediction>, String> {
    let best = if answer.simulation.prediction().is_some() { &answer.simulation } else { &answer.analytic };
    if !best.is_final() {
        return Err("the prediction is not as precise as asked for yet; a moment".into());
    }
    best.prediction().cloned().ok_or_else(|| "there is no prediction".into())
}

fn prediction(state: &AppState) -> Result<Make, String> {
    let prediction = final_prediction(shown(state)?)?;
    Ok(Box::new(move || Ok(prediction_json(&prediction).into_bytes())))
}

/// As `tracecast predict --json` prints it: without figures over time and histograms, which that leaves out unless asked.
pub fn prediction_json(prediction: &Prediction) -> String {
    let mut plain = prediction.clone();
    plain.series = None;
    plain.workloads.values_mut().for_each(|result| result.histogram.clear());
    let mut text = serde_json::to_string_pretty(&plain).unwrap_or_default();
    text.push('\n');
    text
}

fn model(state: &AppState) -> Result<Make, String> {
    let made = shown(state)?.made.clone().ok_or("the scenario does not fit the model")?;
    Ok(Box::new(move || Ok(native::write(&made.system).into_bytes())))
}

fn architecture(state: &AppState) -> Result<Make, String> {
    let picture = shown(state)?.picture.clone().ok_or("there is no picture yet")?;
    Ok(Box::new(move || Ok(picture::svg(&picture).into_bytes())))
}

fn over_time(state: &AppState) -> Result<Make, String> {
    let prediction = final_prediction(shown(state)?)?;
    Ok(Box::new(move || {
        let series = prediction.series.as_ref().ok_or(NO_SERIES)?;
        Ok(tables::series(series).into_bytes())
    }))
}

fn over_time_picture(state: &AppState) -> Result<Make, String> {
    let prediction = final_prediction(shown(state)?)?;
    let title = state.project.selected().name.clone();
    Ok(Box::new(move || {
        let series = prediction.series.as_ref().ok_or(NO_SERIES)?;
        Ok(picture::over_time_svg(&title, series, &prediction.scaling).into_bytes())
    }))
}

const NO_SERIES: &str = "a steady state has no figures over time";

fn response_times(state: &AppState) -> Result<Make, String> {
    let prediction = final_prediction(shown(state)?)?;
    Ok(Box::new(move || Ok(tables::histograms(&prediction).into_bytes())))
}

/// The prediction of every scenario that has one, in one page.
fn report(state: &AppState) -> Result<Make, String> {
    let title = state.source.as_ref().map(|source| source.name()).unwrap_or_default();
    let mut predictions = Vec::new();
    for scenario in &state.project.scenarios {
        if let Some(Ok(prediction)) = state.answer(&scenario.content).map(final_prediction) {
            predictions.push((scenario.name.clone(), prediction));
        }
    }
    if predictions.is_empty() {
        return Err("no scenario has a prediction yet".into());
    }
    Ok(Box::new(move || {
        let mut report = Report::default();
        for (name, prediction) in predictions {
            let text = serde_json::to_string(&*prediction).map_err(|error| error.to_string())?;
            report.add(&name, &text).map_err(|error| error.to_string())?;
        }
        Ok(report.page(&title).into_bytes())
    }))
}

/// A row for each workload of each scenario.
fn scenarios(state: &AppState) -> Result<Make, String> {
    let mut rows = vec![
        "scenario,changes,workload,engine,throughput,mean,p50,p95,p99,makespan,failed_share,cost_per_hour"
            .to_owned(),
    ];
    for scenario in &state.project.scenarios {
        let Some(best) = state.answer(&scenario.content).and_then(|answer| answer.best()) else { continue };
        let changes = scenario.content.arguments().join(" ");
        for (name, result) in &best.workloads {
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let time = result.response_time;
            let figures = [
                result.throughput.map(|metric| metric.mean),
                time.map(|time| time.mean),
                time.and_then(|time| time.p50),
                time.and_then(|time| time.p95),
                time.and_then(|time| time.p99),
                result.makespan.map(|metric| metric.mean),
                result.failed_share.map(|metric| metric.mean),
                best.cost.as_ref().map(|cost| cost.per_hour.mean),
            ];
            let texts = [&scenario.name, &changes, name, &best.engine].map(|text| quoted(text));
            rows.push(texts.into_iter().chain(figures.map(number)).collect::<Vec<_>>().join(","));
        }
    }
    if rows.len() == 1 {
        return Err("no scenario has a prediction yet".into());
    }
    Ok(Box::new(move || Ok((rows.join("\n") + "\n").into_bytes())))
}

/// A cell of a table.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The command that predicts the shown scenario, with the files that it needs.
fn command(state: &AppState) -> Result<Make, String> {
    let text = command_line(state).ok_or("nothing is open")?;
    Ok(Box::new(move || Ok(text.into_bytes())))
}

/// A shell script that predicts the shown scenario; files that were made in the window are written by it first.
pub fn command_line(state: &AppState) -> Option<String> {
    let source = state.source.as_ref()?;
    let content = &state.project.selected().content;
    let model = source.origin.path().map_or_else(|| "model.json".into(), Path::to_path_buf);
    let mut script = String::from("#!/bin/sh\n");
    let files = content.settings.values().chain(&content.loads);
    for (name, text) in files.filter_map(|value| Some((value.file_name(), value.content.as_ref()?))) {
        script += &format!("cat > {} <<'END'\n{}\nEND\n", word(name), text.trim_end());
    }
    let best = state.shown().and_then(|answer| answer.best());
    let engine = best.map_or("auto", |best| &best.engine).to_owned();
    let words = ["tracecast".to_owned(), "predict".into(), model.display().to_string()]
        .into_iter()
        .chain(content.arguments())
        .chain(["--engine".to_owned(), engine])
        .chain(state.project.options.arguments())
        .chain(state.project.objectives.iter().flat_map(|slo| ["--slo".to_owned(), slo.clone()]));
    script += &words.map(|text| word(&text)).collect::<Vec<_>>().join(" ");
    script.push('\n');
    Some(script)
}

/// A word for a shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
