//! Logs that a client keeps of its requests: a table with a time and a response time. Columns are told by their names,
//! units by their endings (`latency_ms`).

use std::io::BufRead;

use crate::ImportError;
use crate::metrics::table::{Header, Table, instant, number};
use crate::metrics::{Measurements, MetricsFormat, Request};

/// See the module.
pub(super) struct RequestLog;

const NAME: &str = "request-log";

const TIMES: &[&str] = &[
    "start_epoch",
    "start_time",
    "start",
    "sent",
    "sent_at",
    "timestamp",
    "time",
    "ts",
    "date",
    "datetime",
    "epoch",
    "begin",
    "request_time",
    "started_at",
    "offset",
];
const LATENCIES: &[&str] = &[
    "latency",
    "response_time",
    "responsetime",
    "elapsed",
    "duration",
    "rt",
    "took",
    "elapsed_time",
    "time_taken",
];
const OPERATIONS: &[&str] =
    &["operation", "endpoint", "name", "label", "request", "route", "path", "url", "uri", "task", "action"];
const STATUSES: &[&str] =
    &["status", "status_code", "code", "http_status", "response_code", "success", "ok", "result", "error"];

/// Endings of columns with how many of the unit are a second.
const UNITS: &[(&str, f64)] = &[
    ("seconds", 1.0),
    ("secs", 1.0),
    ("sec", 1.0),
    ("s", 1.0),
    ("milliseconds", 1e3),
    ("millis", 1e3),
    ("ms", 1e3),
    ("microseconds", 1e6),
    ("micros", 1e6),
    ("us", 1e6),
    ("nanoseconds", 1e9),
    ("nanos", 1e9),
    ("ns", 1e9),
];

impl MetricsFormat for RequestLog {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a load client's log of requests"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let Some(header) = Header::of(head) else { return false };
        let is_other = header.has(&["timeStamp", "elapsed"])
            && header.find(&["label", "threadName"]).is_some()
            || header.has(&["Name", "User Count"]);
        !is_other
            && Columns::of(&header).is_some_and(|columns| columns.operation.or(columns.status).is_some())
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut table = Table::new(NAME, input)?;
        let columns = Columns::of(&table.header).ok_or_else(|| ImportError::Syntax {
            format: NAME,
            line: 1,
            column: 1,
            message: "expected columns with a time and a response time, e.g. timestamp and latency_ms".into(),
        })?;
        if columns.latency_unit.is_none() {
            into.report
                .warn("assumed-unit", || "response times are taken as milliseconds: no unit is given".into());
        }
        while table.next()? {
            let times = || Some((columns.start(&table)?, columns.latency(&table)?));
            let Some((start, latency)) = times() else {
                table.skip(into);
                continue;
            };
            let text = |column: Option<usize>| column.and_then(|column| table.text(column));
            let ok = text(columns.status).is_none_or(|status| is_fine(&status, columns.status_is_error));
            let operation = into.name(&text(columns.operation).unwrap_or_default());
            into.request(Request { start, latency, operation, ok }, || table.place());
        }
        Ok(())
    }
}

/// The places of the columns, with units per second.
struct Columns {
    time: usize,
    time_unit: Option<f64>,
    latency: usize,
    latency_unit: Option<f64>,
    operation: Option<usize>,
    status: Option<usize>,
    /// Does the column of the status tell errors?
    status_is_error: bool,
}

impl Columns {
    fn of(header: &Header) -> Option<Self> {
        let (time, time_unit) = with_unit(header, TIMES, None)?;
        let (latency, latency_unit) = with_unit(header, LATENCIES, Some(time))?;
        let status = header.find(STATUSES);
        let status_is_error = status
            .and_then(|column| header.0.get(column))
            .is_some_and(|name| name.eq_ignore_ascii_case("error"));
        Some(Self {
            time,
            time_unit,
            latency,
            latency_unit,
            operation: header.find(OPERATIONS),
            status,
            status_is_error,
        })
    }

    fn start(&self, table: &Table<'_>) -> Option<f64> {
        let text = table.text(self.time)?;
        match self.time_unit {
            Some(unit) => number(&text).map(|number| number / unit),
            None => instant(&text),
        }
    }

    fn latency(&self, table: &Table<'_>) -> Option<f64> {
        Some(table.number(self.latency)? / self.latency_unit.unwrap_or(1e3))
    }
}

/// The column with one of these names, perhaps with a unit at its end: `latency_ms`, `Latency (ms)`, `latencyMs`.
fn with_unit(header: &Header, names: &[&str], other_than: Option<usize>) -> Option<(usize, Option<f64>)> {
    let columns = || header.0.iter().enumerate().filter(|(place, _)| Some(*place) != other_than);
    names.iter().find_map(|name| {
        columns().find_map(|(place, column)| {
            let column = column.to_ascii_lowercase().replace([' ', '-'], "_");
            let ending = column.strip_prefix(name)?.trim_matches(|c: char| !c.is_ascii_alphabetic());
            if ending.is_empty() {
                return Some((place, None));
            }
            let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == ending)?;
            Some((place, Some(*unit)))
        })
    })
}

fn is_fine(status: &str, is_error: bool) -> bool {
    if let (false, Ok(code)) = (is_error, status.parse::<u64>()) {
        // 0 and 1 are truth values.
        return if code < 2 { code == 1 } else { super::is_fine(code) };
    }
    let status = status.to_ascii_lowercase();
    if is_error {
        return ["0", "false", "no", "none", "null", "-"].contains(&status.as_str());
    }
    ["true", "ok", "success", "pass", "passed", "yes", "succeeded"].contains(&status.as_str())
}
