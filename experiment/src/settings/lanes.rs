//! A broker's queues as a text: "urgent: crop *3; rest: resize, tag".

use tracecast_model::Lane;

use super::Value;
use crate::EditError;

/// What stands between the parts, and so in no name.
const MARKS: [char; 4] = [':', ',', ';', '*'];

/// The text of queues, where their names can be told from the rest of it.
pub(super) fn text(lanes: &[Lane]) -> Option<String> {
    let plain = |name: &String| !name.contains(MARKS) && name.trim() == name;
    let lane = |lane: &Lane| {
        let text = format!("{}: {}", lane.name, lane.operations.join(", "));
        let text = if lane.weight == 1.0 { text } else { format!("{text} *{}", lane.weight) };
        (plain(&lane.name) && lane.operations.iter().all(plain)).then_some(text)
    };
    Some(lanes.iter().map(lane).collect::<Option<Vec<_>>>()?.join("; "))
}

/// What such a text says.
pub(super) fn parse(value: &Value<'_>) -> Result<Vec<Lane>, EditError> {
    let refuse = || {
        value.refuse("queues such as \"urgent: crop *3; rest: resize, tag\" (*3 is a weight), or \"none\"")
    };
    let lane = |text: &str| {
        let (name, rest) = text.split_once(':').ok_or_else(refuse)?;
        let (operations, weight) = match rest.split_once('*') {
            Some((operations, weight)) => (operations, weight.trim().parse::<f64>().map_err(|_| refuse())?),
            None => (rest, 1.0),
        };
        let operations: Vec<String> = operations.split(',').map(|name| name.trim().to_owned()).collect();
        let name = name.trim().to_owned();
        if name.is_empty() || operations.iter().any(String::is_empty) || !weight.is_finite() {
            return Err(refuse());
        }
        Ok(Lane { name, operations, weight })
    };
    value.text.split(';').map(lane).collect()
}
