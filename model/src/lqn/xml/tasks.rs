//! Tasks, their entries and their activities.

use super::element::Element;
use crate::lqn::document::{
    Activity, Call, Entry, Fan, Forwarding, Graph, Name, Post, Pre, Precedence, ReplyTo, Task, TaskKind,
};
use crate::lqn::rule::Rule;
use crate::{CallKind, LockAction, Scheduling};

const ACTIVITY: [&str; 6] =
    ["name", "host-demand-mean", "host-demand-cvsq", "think-time", "max-service-time", "call-order"];
const CALLS: [&str; 2] = ["synch-call", "asynch-call"];

pub(super) fn task(element: Element<'_>, processor: &Name, group: Option<Name>) -> Task {
    let element = element.holds(
        &[
            "name",
            "multiplicity",
            "scheduling",
            "replication",
            "priority",
            "think-time",
            "queue-length",
            "initially",
            "activity-graph",
        ],
        &["fan-in", "fan-out", "entry", "task-activities"],
    );
    let mut task = Task::new(element.name("name"), processor.clone());
    task.group = group;
    task.multiplicity = element.multiplicity().unwrap_or(task.multiplicity);
    let words = [
        ("ref", Some(TaskKind::Reference)),
        ("fcfs", Some(TaskKind::Server(Scheduling::Fcfs))),
        ("hol", Some(TaskKind::Server(Scheduling::Priority))),
        ("pri", Some(TaskKind::Server(Scheduling::Priority))),
        ("rand", Some(TaskKind::Server(Scheduling::Random))),
        ("semaphore", Some(TaskKind::Semaphore)),
        ("rwlock", Some(TaskKind::ReadWriteLock)),
        ("inf", None),
    ];
    match element.word("scheduling", &words) {
        Some(Some(kind)) => task.kind = kind,
        Some(None) => task.make_infinite(),
        None => {}
    }
    task.replication = element.whole("replication").unwrap_or(task.replication);
    task.priority = element.priority();
    task.think_time = element.number("think-time").unwrap_or(0.0);
    task.queue_length = element.whole("queue-length").filter(|&length| length > 0);
    task.initially = element.whole("initially");
    task.fan_in = element.children("fan-in").map(|fan| self::fan(fan, "source")).collect();
    task.fan_out = element.children("fan-out").map(|fan| self::fan(fan, "dest")).collect();
    for child in element.children("entry") {
        let entry = entry(child, &mut task.graph);
        task.entries.push(entry);
    }
    for child in element.children("task-activities") {
        task_activities(child, &mut task);
    }
    task
}

fn fan(element: Element<'_>, end: &str) -> Fan {
    let element = element.holds(&[end, "value"], &[]);
    if element.text("value").is_none() {
        element.required_number("value");
    }
    Fan { task: element.name(end), value: element.whole("value").unwrap_or(1) }
}

fn entry(element: Element<'_>, graph: &mut Graph) -> Entry {
    let element = element.holds(
        &["name", "type", "open-arrival-rate", "priority", "semaphore", "rwlock"],
        &["forwarding", "entry-phase-activities", "entry-activity-graph"],
    );
    let mut entry = Entry::new(element.name("name"));
    element.word("type", &[("PH1PH2", ()), ("GRAPH", ()), ("NONE", ())]);
    entry.open_arrival_rate = element.number("open-arrival-rate").filter(|&rate| rate > 0.0);
    entry.priority = element.priority();
    let semaphore = element.word("semaphore", &[("wait", LockAction::Wait), ("signal", LockAction::Signal)]);
    let lock = element.word(
        "rwlock",
        &[
            ("r-lock", LockAction::ReadLock),
            ("r-unlock", LockAction::ReadUnlock),
            ("w-lock", LockAction::WriteLock),
            ("w-unlock", LockAction::WriteUnlock),
        ],
    );
    if semaphore.is_some() && lock.is_some() {
        element.report(
            element
                .fault(Rule::InvalidValue, "it cannot act on a semaphore and on a read-write lock at once"),
        );
    }
    entry.lock = semaphore.or(lock);
    for child in element.children("forwarding") {
        let child = child.holds(&["dest", "prob"], &[]);
        let probability = child.number("prob").unwrap_or(1.0);
        entry.forwarding.push(Forwarding { dest: child.name("dest"), probability });
    }
    for child in element
        .children("entry-phase-activities")
        .flat_map(|list| list.holds(&[], &["activity"]).children("activity"))
    {
        phase(child, &mut entry);
    }
    for child in element.children("entry-activity-graph") {
        entry_graph(child, &mut entry, graph);
    }
    entry
}

fn phase(element: Element<'_>, entry: &mut Entry) {
    let activity = activity(element, &["phase"]);
    let number = element.whole("phase").unwrap_or(1) as usize;
    match entry.phases.get_mut(number.wrapping_sub(1)) {
        Some(place @ None) => *place = Some(activity),
        Some(_) => element
            .report(element.fault(Rule::InvalidValue, format!("there is more than one phase {number}"))),
        None => element
            .report(element.fault(Rule::InvalidValue, format!("phase is {number} but must be 1, 2 or 3"))),
    }
}

/// Its activities belong to the entry alone; otherwise it is like a part of the task's graph.
fn entry_graph(element: Element<'_>, entry: &mut Entry, graph: &mut Graph) {
    let element = element.holds(&[], &["activity", "precedence", "reply-activity"]);
    for child in element.children("activity") {
        let activity = activity(child, &["first-activity", "bound-to-entry"]);
        if child.text("first-activity").or(child.text("bound-to-entry")).is_some() {
            start(child, entry, &activity.name);
        }
        graph.activities.push(activity);
    }
    graph.precedences.extend(element.children("precedence").map(precedence));
    for child in element.children("reply-activity") {
        let activity = child.holds(&["name"], &[]).name("name");
        graph.replies.push(ReplyTo { entry: entry.name.clone(), activity });
    }
}

fn start(element: Element<'_>, entry: &mut Entry, activity: &Name) {
    if let Some(other) = &entry.start {
        let message =
            format!("entry \"{}\" starts with activity \"{}\" already", entry.name.text, other.text);
        element.report(element.fault(Rule::StartActivity, message));
    }
    entry.start = Some(activity.clone());
}

fn task_activities(element: Element<'_>, task: &mut Task) {
    let element = element.holds(&[], &["activity", "precedence", "reply-entry"]);
    for child in element.children("activity") {
        let activity = activity(child, &["bound-to-entry"]);
        if let Some(name) = child.optional_name("bound-to-entry") {
            match task.entries.iter_mut().find(|entry| entry.name.text == name.text) {
                Some(entry) => start(child, entry, &activity.name),
                None => {
                    child.report(child.fault(
                        Rule::UnknownName,
                        format!("the task has no entry \"{}\" to be bound to", name.text),
                    ));
                }
            }
        }
        task.graph.activities.push(activity);
    }
    task.graph.precedences.extend(element.children("precedence").map(precedence));
    for reply in element.children("reply-entry") {
        let entry = reply.holds(&["name"], &["reply-activity"]).name("name");
        for child in reply.children("reply-activity") {
            let activity = child.holds(&["name"], &[]).name("name");
            task.graph.replies.push(ReplyTo { entry: entry.clone(), activity });
        }
    }
}

fn activity(element: Element<'_>, more: &[&str]) -> Activity {
    let element = element.holds(&[&ACTIVITY, more].concat(), &CALLS);
    let mut activity = Activity::new(element.name("name"));
    activity.demand = element.required_number("host-demand-mean");
    activity.cvsq = element.number("host-demand-cvsq");
    activity.think_time = element.number("think-time").unwrap_or(0.0);
    let orders = [("STOCHASTIC", false), ("DETERMINISTIC", true)];
    activity.deterministic = element.word("call-order", &orders).unwrap_or(false);
    for child in element.children_of(&CALLS) {
        let child = child.holds(&["dest", "calls-mean"], &[]);
        let synchronous = child.tag() == "synch-call";
        let kind = if synchronous { CallKind::Synchronous } else { CallKind::Asynchronous };
        activity.calls.push(Call {
            dest: child.name("dest"),
            mean: child.required_number("calls-mean"),
            kind,
        });
    }
    activity
}

fn precedence(element: Element<'_>) -> Precedence {
    let element =
        element.holds(&[], &["pre", "pre-OR", "pre-AND", "post", "post-OR", "post-AND", "post-LOOP"]);
    let mut pres: Vec<Pre> = Vec::new();
    pres.extend(element.children("pre").map(|list| Pre::One(one(list))));
    pres.extend(element.children("pre-OR").map(|list| Pre::Or(names(list, &[]))));
    pres.extend(element.children("pre-AND").map(|list| Pre::And {
        activities: names(list, &["quorum"]),
        quorum: list.whole("quorum").filter(|&quorum| quorum > 0),
    }));
    let mut posts: Vec<Post> = Vec::new();
    posts.extend(element.children("post").map(|list| Post::One(one(list))));
    posts.extend(element.children("post-OR").map(|list| Post::Or(numbered(list, &[], "prob"))));
    posts.extend(element.children("post-AND").map(|list| Post::And(names(list, &[]))));
    posts.extend(element.children("post-LOOP").map(|list| Post::Loop {
        bodies: numbered(list, &["end"], "count"),
        end: list.optional_name("end"),
    }));
    if pres.len() != 1 || posts.len() > 1 {
        element.report(
            element.fault(Rule::Syntax, "a precedence has one join (pre …) and at most one fork (post …)"),
        );
    }
    Precedence { at: element.at(), pre: pres.pop().unwrap_or(Pre::Or(Vec::new())), post: posts.pop() }
}

fn one(list: Element<'_>) -> Name {
    let mut names = names(list, &[]);
    if names.len() != 1 {
        list.report(
            list.fault(Rule::Syntax, format!("it names {} activities but must name one", names.len())),
        );
    }
    names.pop().unwrap_or_else(|| Name { text: String::new(), at: list.at() })
}

fn names(list: Element<'_>, attributes: &[&str]) -> Vec<Name> {
    let list = list.holds(attributes, &["activity"]);
    list.children("activity").map(|child| child.holds(&["name"], &[]).name("name")).collect()
}

fn numbered(list: Element<'_>, attributes: &[&str], number: &str) -> Vec<(Name, f64)> {
    let list = list.holds(attributes, &["activity"]);
    list.children("activity")
        .map(|child| {
            let child = child.holds(&["name", number], &[]);
            (child.name("name"), child.number(number).unwrap_or(1.0))
        })
        .collect()
}
