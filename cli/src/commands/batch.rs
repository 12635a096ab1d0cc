//! `tracecast batch`: a grid of settings, one row each.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tracecast_experiment::sweep::{self, Axis, Point};
use tracecast_experiment::{Edit, EngineChoice, MetricPath, Scenario};
use tracecast_model::{EngineOptions, Prediction, RunControl, System};

use super::{Session, print, require_valid};
use crate::args::Batch;
use crate::exit::{Exit, Failure};
use crate::{input, output, progress, render};

/// A grid of experiments, as the TOML file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// File of the model, relative to the plan.
    model: PathBuf,
    /// auto, analytic or simulation.
    #[serde(default)]
    engine: Option<String>,
    /// Options of the engine.
    #[serde(default)]
    options: EngineOptions,
    /// What is set at every point, as behind `--set`.
    #[serde(default)]
    set: Vec<String>,
    /// Setting, or `load` → its values.
    grid: IndexMap<String, Vec<Value>>,
    /// What to write of each prediction.
    metrics: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// One finished point, as the journal of an unfinished run keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    point: Vec<String>,
    prediction: Prediction,
}

pub(super) fn run(args: &Batch, session: &Session) -> Result<Exit, Failure> {
    let place = args.plan.display().to_string();
    let text = input::text(&args.plan)?;
    let plan: Plan =
        toml::from_str(&text).map_err(|error| Failure::at(&place, error.to_string().trim_end()))?;
    let metrics: Vec<MetricPath> = plan
        .metrics
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::at(&place, error))?;
    let engine = plan.engine.as_deref().map_or(Ok(EngineChoice::Auto), str::parse);
    let engine = engine.map_err(|error| Failure::at(&place, error))?;
    let base = base_of(&plan, &args.plan)?;
    let axes: Vec<Axis> = plan
        .grid
        .iter()
        .map(|(path, values)| Axis { path: path.clone(), values: values.iter().map(Value::text).collect() })
        .collect();
    let points = with_scenarios(&base, sweep::grid(&axes), &args.plan)?;
    let rows = predict_all(&base, &points, engine, &plan.options, args, &text, session)?;
    let table = if args.json { json_rows(&axes, &rows) } else { csv_rows(&axes, &metrics, &rows, &place)? };
    match &args.output {
        Some(path) => {
            output::write(path, table.as_bytes())?;
            // The journal has done its work; one that cannot be removed does no harm.
            let _ = std::fs::remove_file(journal_path(path));
        }
        None => print(&table)?,
    }
    Ok(Exit::Done)
}

fn base_of(plan: &Plan, plan_path: &Path) -> Result<System, Failure> {
    let folder = plan_path.parent().unwrap_or(Path::new(""));
    let path = folder.join(&plan.model);
    let edits = plan.set.iter().map(|text| text.parse::<Edit>()).collect::<Result<Vec<_>, _>>();
    let mut edits = edits.map_err(|error| Failure::at(plan_path.display(), error))?;
    input::edits(&mut edits, folder)?;
    let base = Scenario { edits, loads: Vec::new() }
        .apply(&input::model(&path)?)
        .map_err(|error| Failure::at(plan_path.display(), error))?;
    require_valid(&path.display().to_string(), &base)?;
    Ok(base)
}

/// Each point with what it changes, tried on the model: a typing error in the last value must not show only after an
/// hour of work.
fn with_scenarios(
    base: &System,
    points: Vec<Point>,
    plan_path: &Path,
) -> Result<Vec<(Point, Scenario)>, Failure> {
    let place = plan_path.display().to_string();
    let folder = plan_path.parent().unwrap_or(Path::new(""));
    let with_scenario = |point: Point| {
        let mut scenario = point.scenario().map_err(|error| Failure::at(&place, error))?;
        input::loads(&mut scenario.loads, folder)?;
        input::edits(&mut scenario.edits, folder)?;
        let system = scenario.apply(base).map_err(|error| Failure::at(&place, error))?;
        require_valid(&place, &system)?;
        Ok((point, scenario))
    };
    points.into_iter().map(with_scenario).collect()
}

fn predict_all(
    base: &System,
    points: &[(Point, Scenario)],
    engine: EngineChoice,
    options: &EngineOptions,
    args: &Batch,
    plan_text: &str,
    session: &Session,
) -> Result<Vec<Row>, Failure> {
    let journal = args.output.as_deref().map(|path| Journal::open(path, plan_text, base)).transpose()?;
    let known = journal.as_ref().map(|journal| journal.known.clone()).unwrap_or_default();
    let key = |point: &Point| -> Vec<String> { point.0.iter().map(|(_, value)| value.clone()).collect() };
    let open = points.iter().filter(|(point, _)| !known.contains_key(&key(point))).cloned();
    let (open, scenarios): (Vec<Point>, Vec<Scenario>) = open.unzip();
    if open.len() < points.len() {
        session.remark(&format!("{} of {} points were done before", points.len() - open.len(), points.len()));
    }
    let bar = progress::bar(open.len() as u64, "points", session.quiet);
    let done = |i: usize, answer: &Result<Prediction, sweep::PointError>| {
        bar.inc(1);
        if let (Some(journal), Ok(prediction)) = (&journal, answer) {
            journal.add(&Row { point: key(&open[i]), prediction: prediction.clone() });
        }
    };
    let origin = points.first().map(|(_, scenario)| scenario.clone()).unwrap_or_default();
    let answers = sweep::run(base, &origin, &scenarios, engine, options, &RunControl::none(), &done);
    bar.finish_and_clear();
    let mut found = known;
    for (point, answer) in open.iter().zip(answers) {
        let prediction = answer.map_err(|error| Failure::at(describe(point), error))?;
        found.insert(key(point), Row { point: key(point), prediction });
    }
    Ok(points.iter().filter_map(|(point, _)| found.remove(&key(point))).collect())
}

fn describe(point: &Point) -> String {
    point.0.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(", ")
}

/// What was finished of a run, beside its result file, so that a run that was cut off can go on.
struct Journal {
    file: Mutex<File>,
    known: HashMap<Vec<String>, Row>,
}

fn journal_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

impl Journal {
    /// The first line tells which plan and model the rest belongs to; another's journal is begun anew.
    fn open(output: &Path, plan: &str, model: &System) -> Result<Self, Failure> {
        let path = journal_path(output);
        let failure = |error: std::io::Error| Failure::at(path.display(), error);
        let header = serde_json::json!({ "plan": plan, "model": model }).to_string();
        let mut known = HashMap::new();
        let mut fits = false;
        if let Ok(file) = File::open(&path) {
            let mut lines = BufReader::new(file).lines().map_while(Result::ok);
            fits = lines.next().is_some_and(|line| line == header);
            if fits {
                // A last line that was cut off is not a row.
                let rows = lines.filter_map(|line| serde_json::from_str::<Row>(&line).ok());
                known.extend(rows.map(|row| (row.point.clone(), row)));
            }
        }
        let mut file = if fits {
            OpenOptions::new().append(true).open(&path).map_err(failure)?
        } else {
            File::create(&path).map_err(failure)?
        };
        // After a cut-off line the next row must begin on a line of its own; an empty line is skipped.
        file.write_all(if fits { b"\n" } else { header.as_bytes() }).map_err(failure)?;
        if !fits {
            file.write_all(b"\n").map_err(failure)?;
        }
        Ok(Self { file: Mutex::new(file), known })
    }

    /// Losing the journal only loses the chance to go on later, so failures are ignored.
    fn add(&self, row: &Row) {
        if let (Ok(mut file), Ok(line)) = (self.file.lock(), serde_json::to_string(row)) {
            let _ = writeln!(file, "{line}");
        }
    }
}

fn json_rows(axes: &[Axis], rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let point: serde_json::Map<String, serde_json::Value> = axes
            .iter()
            .map(|axis| axis.path.clone())
            .zip(row.point.iter().cloned().map(Into::into))
            .collect();
        serde_json::json!({ "point": point, "prediction": row.prediction })
    });
    render::json_lines(lines.collect::<Vec<_>>().as_slice())
}

/// A column for each axis, the status, and two for each metric: mean and half width of the 95 % interval.
fn csv_rows(axes: &[Axis], metrics: &[MetricPath], rows: &[Row], place: &str) -> Result<String, Failure> {
    let failure = |error: &dyn std::fmt::Display| Failure::at(place, error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = axes.iter().map(|axis| axis.path.clone()).collect();
    header.extend(["engine".to_string(), "status".to_string()]);
    for metric in metrics {
        header.extend([metric.to_string(), format!("{metric}_half_width")]);
    }
    writer.write_record(&header).map_err(|error| failure(&error))?;
    for row in rows {
        let mut record = row.point.clone();
        record.extend([row.prediction.engine.clone(), row.prediction.status.name().to_string()]);
        for metric in metrics {
            // A figure that a saturated system does not have is empty; a misspelt one is an error.
            let value = match metric.of(&row.prediction) {
                Ok(value) => Some(value),
                Err(tracecast_experiment::MetricError::Absent(_)) => None,
                Err(error) => return Err(failure(&error)),
            };
            let half_width = value.and_then(|value| value.half_width);
            record.extend([value.map(|value| value.mean), half_width].map(number));
        }
        writer.write_record(&record).map_err(|error| failure(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failure(&error.error()))?;
    String::from_utf8(bytes).map_err(|error| failure(&error))
}

/// Shortest text that reads back as the same number; empty for none.
fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:?}"))
}
