//! LQN as XML (`.lqnx`), with or without results in it (`.lqxo`).

mod element;
mod tasks;

use std::cell::RefCell;

use element::Element;

use super::document::{Document, Group, Processor};
use super::problem::{Fault, Lines};
use super::rule::Rule;
use crate::Scheduling;

/// What to do about a value that is a variable.
const VARIABLE_HINT: &str =
    "variables (SPEX) are not evaluated: put the number here, and vary it with --set or `tracecast batch`";

/// Reads the elements of a text.
///
/// # Errors
/// Everything that is not XML of this kind.
pub(super) fn read(text: &str) -> Result<Document, Vec<Fault>> {
    let tree = roxmltree::Document::parse(text).map_err(|error| vec![not_xml(text, &error)])?;
    let faults = RefCell::new(Vec::new());
    let root = Element::new(tree.root_element(), &faults);
    if root.tag() != "lqn-model" {
        let message =
            format!("this is not an LQN model: the document is a <{}>, not an <lqn-model>", root.tag());
        return Err(vec![Fault::new(Rule::Syntax, root.at(), "", message)]);
    }
    let document = model(root);
    let faults = faults.into_inner();
    if faults.is_empty() { Ok(document) } else { Err(faults) }
}

fn not_xml(text: &str, error: &roxmltree::Error) -> Fault {
    let place = error.pos();
    let at = Lines::new(text).offset(place.row as usize, place.col as usize);
    let message = error.to_string();
    // The place stands in front of the message already.
    let message = message.rsplit_once(" at ").map_or(message.as_str(), |(message, _)| message);
    Fault::new(Rule::Syntax, at, "", format!("not XML: {message}"))
}

fn model(root: Element<'_>) -> Document {
    let root = root.holds(
        &["name", "description", "lqn-schema-version", "lqncore-schema-version", "xml-debug"],
        &["solver-params", "processor", "plot-control"],
    );
    let mut document = Document { name: root.text("name"), ..Document::default() };
    // The text format has only this comment.
    document.comment = root
        .children("solver-params")
        .find_map(|parameters| parameters.text("comment").filter(|comment| !comment.trim().is_empty()))
        .or_else(|| root.text("description"));
    for element in root.children("processor") {
        let mut processor = processor(element);
        for group in element.children("group") {
            let group = group.holds(&["name", "share", "cap"], &["task"]);
            let name = group.name("name");
            let capped = group.word("cap", &[("true", true), ("1", true), ("false", false), ("0", false)]);
            for task in group.children("task") {
                document.tasks.push(tasks::task(task, &processor.name, Some(name.clone())));
            }
            processor.groups.push(Group {
                name,
                share: group.required_number("share"),
                capped: capped.unwrap_or(false),
            });
        }
        for task in element.children("task") {
            document.tasks.push(tasks::task(task, &processor.name, None));
        }
        document.processors.push(processor);
    }
    document
}

fn processor(element: Element<'_>) -> Processor {
    let element = element.holds(
        &["name", "multiplicity", "speed-factor", "scheduling", "replication", "quantum"],
        &["group", "task"],
    );
    let mut processor = Processor::new(element.name("name"));
    let words = [
        ("fcfs", Some(Scheduling::Fcfs)),
        ("ps", Some(Scheduling::Ps)),
        ("rand", Some(Scheduling::Random)),
        ("hol", Some(Scheduling::Priority)),
        ("pri", Some(Scheduling::PreemptivePriority)),
        ("ppr", Some(Scheduling::PreemptivePriority)),
        ("pp", Some(Scheduling::PreemptivePriority)),
        ("cfs", Some(Scheduling::Ps)),
        ("inf", None),
    ];
    processor.multiplicity = element.multiplicity().unwrap_or(processor.multiplicity);
    match element.word("scheduling", &words) {
        Some(Some(scheduling)) => processor.scheduling = scheduling,
        Some(None) => processor.make_infinite(),
        None => {}
    }
    processor.fair = element.text("scheduling").as_deref() == Some("cfs");
    let quantum = element.number("quantum").is_some_and(|quantum| quantum > 0.0);
    processor.lacks_quantum = processor.scheduling == Scheduling::Ps && !quantum;
    processor.speed = element.number("speed-factor").unwrap_or(processor.speed);
    processor.replication = element.whole("replication").unwrap_or(processor.replication);
    processor
}
