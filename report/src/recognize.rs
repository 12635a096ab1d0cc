//! Which result a text is, by its content.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::html::Html;
use super::result::{batch, comparison, distribution, import, over_time, plan, prediction, validation};

/// Why a text cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NotAResult {
    /// Place and cause, without the name of the result.
    pub message: String,
    /// What the user can do.
    pub hint: Option<&'static str>,
}

const RESULTS: &str = "results are what predict, batch, plan, validate and compare write with --json, import with \
                       --report, predict with --series and --histogram, and batch as CSV";

impl NotAResult {
    fn new(message: impl Into<String>, hint: Option<&'static str>) -> Self {
        Self { message: message.into(), hint }
    }
}

/// The kind of a result, and what is shown of it.
pub(super) fn read(text: &str) -> Result<(&'static str, Html), NotAResult> {
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_start().chars().next() {
        None => Err(NotAResult::new("the file is empty", Some(RESULTS))),
        Some('{') => json(text),
        Some('<' | '[') => Err(NotAResult::new("this is no result of tracecast", Some(RESULTS))),
        Some(_) => csv(text),
    }
}

fn json(text: &str) -> Result<(&'static str, Html), NotAResult> {
    // Several objects, one after the other, are the points of a batch.
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let first = match objects.next() {
        Some(Ok(object)) => object,
        Some(Err(error)) => return Err(damaged(&error)),
        None => return Err(NotAResult::new("the file is empty", Some(RESULTS))),
    };
    let has = |keys: &[&str]| keys.iter().all(|key| first.contains_key(*key));
    if has(&["point", "prediction"]) {
        let rows = serde_json::Deserializer::from_str(text).into_iter::<batch::Row>();
        let rows: Vec<batch::Row> = rows.collect::<Result<_, _>>().map_err(|error| damaged(&error))?;
        return Ok(("Batch", batch::from_json(&rows)));
    }
    if has(&["engine", "workloads"]) {
        return Ok(("Prediction", prediction::show(&typed(text)?)));
    }
    if has(&["cells", "summary"]) {
        return Ok(("Validation", validation::show(&typed(text)?)));
    }
    if has(&["comparison"]) {
        let body = match first["comparison"].get("types") {
            Some(_) => comparison::traces(&typed(text)?),
            None => comparison::models(&typed(text)?),
        };
        return Ok(("Comparison", body));
    }
    if has(&["ending", "evaluated"]) {
        return Ok(("Plan", plan::show(&typed(text)?)));
    }
    if has(&["spans", "traces", "services"]) {
        return Ok(("Import", import::show(&typed(text)?)));
    }
    let hint = match has(&["hosts", "services"]) {
        true => "this is a model; predict it first: tracecast predict MODEL -o result.json",
        false => RESULTS,
    };
    Err(NotAResult::new("this JSON is no result that a report shows", Some(hint)))
}

fn typed<T: DeserializeOwned>(text: &str) -> Result<T, NotAResult> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

fn damaged(error: &serde_json::Error) -> NotAResult {
    NotAResult::new(error.to_string(), None)
}

fn csv(text: &str) -> Result<(&'static str, Html), NotAResult> {
    let table = Table::read(text)?;
    let has = |name: &str| table.header.iter().any(|column| column == name);
    if table.header[0] == "time" {
        return Ok(("Figures over time", over_time::show(&table)?));
    }
    if has("workload") && has("low") && has("cumulative") {
        return Ok(("Distribution of response times", distribution::show(&table)?));
    }
    if has("engine") && has("status") {
        return Ok(("Batch", batch::from_csv(&table)?));
    }
    let columns = table.header.join(", ");
    Err(NotAResult::new(
        format!("the columns {columns} are those of no result that a report shows"),
        Some(RESULTS),
    ))
}

/// A CSV file whose rows have as many cells as its header.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    fn read(text: &str) -> Result<Self, NotAResult> {
        let failure = |error: csv::Error| NotAResult::new(error.to_string(), None);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = cells(reader.headers().map_err(failure)?);
        let rows = reader.records().map(|record| record.map(|record| cells(&record)));
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(failure)?;
        if header.is_empty() || rows.is_empty() {
            return Err(NotAResult::new("the table has no rows", None));
        }
        Ok(Self { header, rows })
    }

    /// A number of a row; absent where the cell is empty.
    pub(super) fn number(&self, row: usize, column: usize) -> Result<Option<f64>, NotAResult> {
        let cell = self.rows[row][column].trim();
        if cell.is_empty() {
            return Ok(None);
        }
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => {
                let name = &self.header[column];
                let message = format!("row {}, column \"{name}\": \"{cell}\" is not a number", row + 1);
                Err(NotAResult::new(message, None))
            }
        }
    }

    /// A number that must be there.
    pub(super) fn needed(&self, row: usize, column: usize) -> Result<f64, NotAResult> {
        self.number(row, column)?.ok_or_else(|| {
            let name = &self.header[column];
            NotAResult::new(format!("row {}, column \"{name}\" is empty", row + 1), None)
        })
    }

    /// Where a column is.
    pub(super) fn column(&self, name: &str) -> Result<usize, NotAResult> {
        let place = self.header.iter().position(|column| column == name);
        place.ok_or_else(|| NotAResult::new(format!("there is no column \"{name}\""), None))
    }
}
