//! JMeter's results as XML (`.jtl`): `httpSample` and `sample` elements. Samples within others are their parts, and
//! count with them.

use std::io::BufRead;

use roxmltree::{Document, Node};

use crate::ImportError;
use crate::metrics::table::{instant, number};
use crate::metrics::{Measurements, MetricsFormat, Request};

/// See the module.
pub(super) struct JmeterXml;

const NAME: &str = "jmeter-xml";

impl MetricsFormat for JmeterXml {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a JMeter result file"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.starts_with('<') && text.contains("<testResults")
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let document = Document::parse(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let place = error.pos();
            ImportError::Syntax {
                format: NAME,
                line: place.row as usize,
                column: place.col as usize,
                message: error.to_string(),
            }
        })?;
        for sample in document.root_element().children().filter(Node::is_element) {
            let place = || format!("line {}", document.text_pos_at(sample.range().start).row);
            match times(sample) {
                Some((start, latency)) => {
                    let ok = sample.attribute("s").is_none_or(|success| success == "true");
                    let operation = into.name(sample.attribute("lb").unwrap_or_default());
                    into.request(Request { start, latency, operation, ok }, place);
                }
                None => into.skip(place),
            }
        }
        Ok(())
    }
}

fn times(sample: Node<'_, '_>) -> Option<(f64, f64)> {
    let start = instant(sample.attribute("ts")?)?;
    Some((start, super::millis(number(sample.attribute("t")?)?)))
}
