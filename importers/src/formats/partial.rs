//! What `import --partial` wrote: the spans kept of a part of a recording, and the account of it.

use std::io::BufRead;

use serde::de::{self, MapAccess};

use super::TraceFormat;
use super::documents::{each, message};
use super::outline::Outline;
use crate::bound::Cut;
use crate::writers::partial::VERSION;
use crate::{ImportError, ImportReport, Intake, Span};

/// See the module.
pub(super) struct PartialImport;

const NAME: &str = "tracecast-partial";
/// Key that tells it from all others.
pub(super) const MARK: &str = "tracecast_partial";

impl TraceFormat for PartialImport {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "what `tracecast import --partial` wrote"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Outline::of(head).has(1, MARK)
    }

    fn counts_inputs(&self) -> bool {
        true
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let mut deserializer = serde_json::Deserializer::from_reader(input);
        let before = intake.spans.len();
        let read = de::Deserializer::deserialize_map(&mut deserializer, Part(intake));
        read.and_then(|()| deserializer.end()).map_err(|error| {
            intake.spans.truncate(before);
            ImportError::Syntax {
                format: NAME,
                line: error.line(),
                column: error.column(),
                message: message(&error),
            }
        })
    }
}

/// The outermost object.
struct Part<'a>(&'a mut Intake);

impl<'de> de::Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with \"tracecast_partial\", \"report\", \"cut\" and \"spans\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        let (mut report, mut cut) = (None::<ImportReport>, Cut::default());
        let mut is_complete = false;
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                MARK => {
                    let version: u32 = map.next_value()?;
                    if version != VERSION {
                        let message = format!("version {version} is not known; this program reads {VERSION}");
                        return Err(de::Error::custom(message));
                    }
                }
                "name" => {
                    let name: Option<String> = map.next_value()?;
                    intake.name = intake.name.take().or(name);
                }
                "report" => report = Some(map.next_value()?),
                "cut" => cut = map.next_value()?,
                "spans" => {
                    map.next_value_seed(each(|span| take_in(span, intake)))?;
                    is_complete = true;
                }
                _ => _ = map.next_value::<de::IgnoredAny>()?,
            }
        }
        let report = report.filter(|_| is_complete);
        intake.report.add(report.ok_or_else(|| de::Error::custom("\"report\" or \"spans\" is missing"))?);
        intake.merge(cut);
        Ok(())
    }
}

/// Takes in a span that the report counts. Names are shared as those of other formats are.
fn take_in(mut span: Span, intake: &mut Intake) {
    span.normalize();
    span.share_names(intake);
    intake.spans.push(span);
}
