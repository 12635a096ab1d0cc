//! Checks of LQN models that a system cannot make any more, since it no longer knows what was a reference task, a phase or
//! a quantum. All others are made by [`validate`](crate::validate()).

use std::collections::HashMap;

use super::document::{Activity, Document, Entry, Name, Task, TaskKind};
use super::problem::Fault;
use super::rule::Rule;
use crate::CallKind;

/// What makes a model meaningless.
pub(super) fn errors(document: &Document) -> Vec<Fault> {
    let mut faults = Vec::new();
    let received = Received::new(document);
    let replications: HashMap<&str, u32> = document
        .processors
        .iter()
        .map(|processor| (processor.name.text.as_str(), processor.replication))
        .collect();
    for task in &document.tasks {
        let element = element(task);
        if task.kind == TaskKind::Reference {
            reference_task(task, &element, &received, &mut faults);
        } else {
            if task.think_time > 0.0 {
                let message = "only reference tasks think: it has no customers";
                faults.push(Fault::new(Rule::ThinkTime, task.name.at, &element, message));
            }
            replies(task, &received, &mut faults);
        }
        let machines = replications.get(task.processor.text.as_str()).copied().unwrap_or(1);
        if task.replication == 0 || machines == 0 || !task.replication.is_multiple_of(machines) {
            let message = format!(
                "{} replicas cannot be spread evenly over {machines} of processor \"{}\"",
                task.replication, task.processor.text
            );
            faults.push(Fault::new(Rule::Replicas, task.name.at, &element, message));
        }
    }
    faults
}

/// What most likely is not as meant.
pub(super) fn warnings(document: &Document) -> Vec<Fault> {
    let mut faults = Vec::new();
    let received = Received::new(document);
    let mut tasks: HashMap<&str, Vec<&Task>> = HashMap::new();
    for task in &document.tasks {
        tasks.entry(&task.processor.text).or_default().push(task);
    }
    for processor in &document.processors {
        let name = &processor.name;
        let tasks = tasks.get(name.text.as_str()).map_or(&[][..], Vec::as_slice);
        let mut warn = |rule, message: &str| {
            faults.push(Fault::new(rule, name.at, format!("processor \"{}\"", name.text), message));
        };
        if tasks.is_empty() {
            warn(Rule::UnusedElement, "no task runs on it");
        }
        if processor.fair && (processor.groups.is_empty() || tasks.iter().any(|task| task.group.is_none())) {
            warn(Rule::ProcessorGroup, "fair shares are for groups, but it has tasks outside of groups");
        }
        if processor.lacks_quantum {
            warn(Rule::Quantum, "it has no quantum; its tasks share it in infinitely short turns");
        }
        if processor.infinite_and_counted {
            warn(Rule::InfiniteServer, "it has servers without limit, so its multiplicity is not used");
        }
    }
    for task in &document.tasks {
        if task.infinite_and_counted {
            let message = "it has threads without limit, so its multiplicity is not used";
            faults.push(Fault::new(Rule::InfiniteServer, task.name.at, element(task), message));
        }
        for entry in &task.entries {
            self::entry(task, entry, &received, &mut faults);
        }
    }
    faults
}

fn element(task: &Task) -> String {
    format!("task \"{}\"", task.name.text)
}

/// By entry: who asks for it, and how.
struct Received<'a> {
    synchronous: HashMap<&'a str, &'a Name>,
    asynchronous: HashMap<&'a str, &'a Name>,
}

impl<'a> Received<'a> {
    fn new(document: &'a Document) -> Self {
        let mut received = Self { synchronous: HashMap::new(), asynchronous: HashMap::new() };
        for task in &document.tasks {
            for call in activities(task).flat_map(|activity| &activity.calls) {
                let list = match call.kind {
                    CallKind::Synchronous => &mut received.synchronous,
                    CallKind::Asynchronous => &mut received.asynchronous,
                };
                list.entry(&call.dest.text).or_insert(&call.dest);
            }
            for forwarding in task.entries.iter().flat_map(|entry| &entry.forwarding) {
                received.synchronous.entry(&forwarding.dest.text).or_insert(&forwarding.dest);
            }
        }
        received
    }

    /// A place from which an entry is asked for something.
    fn any(&self, entry: &str) -> Option<&'a Name> {
        self.synchronous.get(entry).or(self.asynchronous.get(entry)).copied()
    }
}

fn activities(task: &Task) -> impl Iterator<Item = &Activity> {
    task.entries.iter().flat_map(|entry| entry.phases.iter().flatten()).chain(&task.graph.activities)
}

fn reference_task(task: &Task, element: &str, received: &Received<'_>, faults: &mut Vec<Fault>) {
    let mut fault = |at, message: String| faults.push(Fault::new(Rule::ReferenceTask, at, element, message));
    for entry in &task.entries {
        let name = &entry.name;
        if let Some(call) = received.any(&name.text) {
            fault(
                call.at,
                format!("it is a reference task, so nothing can ask for its entry \"{}\"", name.text),
            );
        }
        if !entry.forwarding.is_empty() {
            fault(name.at, "a reference task has nothing to pass on: nobody asks it for anything".into());
        }
        if entry.open_arrival_rate.is_some() {
            fault(name.at, "a reference task has no open arrivals: nobody asks it for anything".into());
        }
    }
    if let Some(reply) = task.graph.replies.first() {
        fault(reply.activity.at, "a reference task has nobody to reply to".into());
    }
}

/// Phases reply by themselves, activities have to say so.
fn replies(task: &Task, received: &Received<'_>, faults: &mut Vec<Fault>) {
    for entry in task.entries.iter().filter(|entry| entry.start.is_some()) {
        let replies = task.graph.replies.iter().any(|reply| reply.entry.text == entry.name.text);
        let awaited = received.synchronous.contains_key(entry.name.text.as_str());
        if !replies && (awaited || !entry.forwarding.is_empty()) {
            let message = "its requests wait for a reply, but none of its activities gives one";
            let element = format!("entry \"{}\"", entry.name.text);
            faults.push(Fault::new(Rule::Reply, entry.name.at, element, message));
        }
    }
}

fn entry(task: &Task, entry: &Entry, received: &Received<'_>, faults: &mut Vec<Fault>) {
    let name = &entry.name;
    let mut warn = |rule, message: &str| {
        faults.push(Fault::new(rule, name.at, format!("entry \"{}\"", name.text), message));
    };
    let asynchronous = received.asynchronous.contains_key(name.text.as_str());
    let synchronous = received.synchronous.contains_key(name.text.as_str());
    if synchronous && asynchronous {
        warn(
            Rule::MixedRequests,
            "some of its requests wait for a reply and others do not; give each kind an entry",
        );
    }
    let replies = || task.graph.replies.iter().any(|reply| reply.entry.text == name.text);
    if asynchronous && !synchronous && entry.open_arrival_rate.is_none() && entry.start.is_some() && replies()
    {
        warn(Rule::MixedRequests, "none of its requests waits for the reply that it gives");
    }
    let nothing = entry.has_phases() && entry.phases.iter().flatten().all(Activity::is_empty);
    if nothing && entry.forwarding.is_empty() && entry.lock.is_none() {
        warn(Rule::ZeroValue, "it does nothing: its phases have neither work nor calls");
    }
    for activity in entry.phases.iter().flatten() {
        for call in activity.calls.iter().filter(|call| call.mean == 0.0) {
            warn(Rule::ZeroValue, &format!("it never calls \"{}\": the mean is 0", call.dest.text));
        }
    }
}
