//! JMeter's results as CSV (`.jtl`): a sample a row. Times are in ms; `timeStamp` is when it was sent, unless
//! `sampleresult.timestamp.start` was set to false.

use std::io::BufRead;

use crate::ImportError;
use crate::metrics::table::{Header, Table, instant};
use crate::metrics::{Measurements, MetricsFormat, Request};

/// See the module.
pub(super) struct JmeterCsv;

const NAME: &str = "jmeter-csv";

impl MetricsFormat for JmeterCsv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a JMeter result file"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head).is_some_and(|header| {
            let marks = ["label", "success", "responseCode", "threadName"];
            header.has(&["timeStamp", "elapsed"]) && marks.iter().any(|mark| header.has(&[mark]))
        })
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut table = Table::new(NAME, input)?;
        let (time, elapsed) = (table.column(&["timeStamp"])?, table.column(&["elapsed"])?);
        let label = table.header.find(&["label"]);
        let success = table.header.find(&["success"]);
        let code = table.header.find(&["responseCode"]);
        while table.next()? {
            let times = || Some((instant(&table.text(time)?)?, super::millis(table.number(elapsed)?)));
            let Some((start, latency)) = times() else {
                table.skip(into);
                continue;
            };
            let ok = match success.and_then(|column| table.text(column)) {
                Some(text) => text.eq_ignore_ascii_case("true"),
                None => code.and_then(|column| table.count(column)).is_none_or(super::is_fine),
            };
            let operation = into.name(&label.and_then(|column| table.text(column)).unwrap_or_default());
            into.request(Request { start, latency, operation, ok }, || table.place());
        }
        Ok(())
    }
}
