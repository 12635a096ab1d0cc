//! Locust's history (`…_stats_history.csv`): how the figures of all requests, and with `--csv-full-history` those of each
//! name, went over time. Times are in ms. Requests per second are means of the last ten seconds; the sums are exact.

use std::io::BufRead;

use super::locust_stats::{operation, quantiles};
use crate::ImportError;
use crate::metrics::measurements::Meaning;
use crate::metrics::table::{Header, Table, instant};
use crate::metrics::{Kind, Measurements, MetricsFormat, Point, Quantity, Unit};

/// See the module.
pub(super) struct LocustHistory;

const NAME: &str = "locust-history";

/// Columns with what they mean.
const COLUMNS: [Meaning<'static>; 6] = [
    meaning("User Count", Quantity::Users, Unit::Number, Kind::Gauge),
    meaning("Requests/s", Quantity::Requests, Unit::PerSecond, Kind::Gauge),
    meaning("Failures/s", Quantity::Failures, Unit::PerSecond, Kind::Gauge),
    meaning("Total Request Count", Quantity::Requests, Unit::Number, Kind::Cumulative),
    meaning("Total Failure Count", Quantity::Failures, Unit::Number, Kind::Cumulative),
    // Of all requests so far, so not a response time of its moment.
    meaning("Total Average Response Time", Quantity::Other, Unit::Seconds, Kind::Gauge),
];
const LATENCY: Meaning<'static> = meaning("Response Time", Quantity::Latency, Unit::Seconds, Kind::Gauge);

const fn meaning(name: &str, quantity: Quantity, unit: Unit, kind: Kind) -> Meaning<'_> {
    Meaning { name, quantity, unit, kind }
}

impl MetricsFormat for LocustHistory {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a Locust history file"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head)
            .is_some_and(|header| header.has(&["Timestamp", "User Count", "Name", "Total Request Count"]))
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut table = Table::new(NAME, input)?;
        let (time, name) = (table.column(&["Timestamp"])?, table.column(&["Name"])?);
        let kind = table.header.find(&["Type"]);
        let columns = COLUMNS.map(|meaning| (table.header.find(&[meaning.name]), meaning));
        let quantiles: Vec<(usize, String)> =
            quantiles(&table.header).into_iter().map(|(column, share)| (column, share.to_string())).collect();
        while table.next()? {
            let Some(at) = table.text(time).and_then(|text| instant(&text)) else {
                table.skip(into);
                continue;
            };
            let about =
                operation(kind.and_then(|kind| table.text(kind)).as_deref(), table.text(name).as_deref());
            let mut labels: Vec<(&str, &str)> =
                about.as_deref().map(|operation| ("operation", operation)).into_iter().collect();
            for (column, meaning) in &columns {
                if let Some(value) = column.and_then(|column| table.number(column)) {
                    let value = if meaning.unit == Unit::Seconds { super::millis(value) } else { value };
                    into.value(meaning, &labels, Point { at, value });
                }
            }
            for (column, share) in &quantiles {
                if let Some(value) = table.number(*column) {
                    labels.push(("quantile", share));
                    into.value(&LATENCY, &labels, Point { at, value: super::millis(value) });
                    labels.pop();
                }
            }
        }
        Ok(())
    }
}
