//! Locust's statistics (`…_stats.csv`): a row for each request name, and one for all. Times are in ms.

use std::io::BufRead;

use crate::ImportError;
use crate::metrics::table::{Header, Table};
use crate::metrics::{Measurements, MetricsFormat, Summary};

/// See the module.
pub(super) struct LocustStats;

const NAME: &str = "locust-stats";

// The second of each is what versions before 1.0 wrote.
const TYPE: &[&str] = &["Type", "Method"];
const COUNT: &[&str] = &["Request Count", "# requests"];
const FAILURES: &[&str] = &["Failure Count", "# failures"];

impl MetricsFormat for LocustStats {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a Locust statistics file"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head).is_some_and(|header| {
            header.has(&["Name"])
                && header.find(COUNT).is_some()
                && (header.find(FAILURES).is_some() || header.has(&["50%", "99%"]))
        })
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut table = Table::new(NAME, input)?;
        let (name, count) = (table.column(&["Name"])?, table.column(COUNT)?);
        let kind = table.header.find(TYPE);
        let failures = table.header.find(FAILURES);
        let columns = ["Requests/s", "Average Response Time", "Min Response Time", "Max Response Time"]
            .map(|column| table.header.find(&[column]));
        let median = table.header.find(&["Median Response Time"]);
        let quantiles = quantiles(&table.header);
        while table.next()? {
            let Some(requests) = table.count(count) else {
                table.skip(into);
                continue;
            };
            let number = |column: Option<usize>| column.and_then(|column| table.number(column));
            // What nobody asked for has no response times; Locust writes 0.
            let time = |column| number(column).filter(|_| requests > 0).map(super::millis);
            let [throughput, mean, min, max] = columns;
            let mut summary = Summary {
                operation: operation(
                    kind.and_then(|kind| table.text(kind)).as_deref(),
                    table.text(name).as_deref(),
                ),
                count: Some(requests),
                failures: failures.and_then(|column| table.count(column)),
                throughput: number(throughput),
                mean: time(mean),
                min: time(min),
                max: time(max),
                ..Summary::default()
            };
            for (column, share) in &quantiles {
                if let Some(seconds) = time(Some(*column)) {
                    summary.add_quantile(*share, seconds);
                }
            }
            if let Some(seconds) = time(median) {
                summary.add_quantile(0.5, seconds);
            }
            into.summaries.push(summary);
        }
        Ok(())
    }
}

/// The columns with percentiles, and their shares.
pub(super) fn quantiles(header: &Header) -> Vec<(usize, f64)> {
    let share = |(place, name): (usize, &String)| Some((place, super::percent(name)?));
    header.0.iter().enumerate().filter_map(share).collect()
}

/// What a row is about; none for the row of all requests.
pub(super) fn operation(kind: Option<&str>, name: Option<&str>) -> Option<String> {
    match (kind, name) {
        (None | Some("None"), None | Some("Aggregated" | "Total")) => None,
        (Some(kind), Some(name)) => Some(format!("{kind} {name}")),
        (one, other) => one.or(other).map(str::to_string),
    }
}
