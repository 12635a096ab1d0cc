//! Activity graphs as nested steps.
//!
//! A chain of activities is followed until it meets a join. A fork follows all its branches; where they meet at one
//! join, the whole is one step. Branches that are split further on the way to the same join are nested steps. What does
//! not nest so is refused, with the activities named.

mod follow;

use std::collections::HashMap;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use follow::{At, Chain, End, Origin};

use super::build::Builder;
use super::document::{Entry, Name, Post, Precedence, Task};
use super::problem::Fault;
use super::rule::Rule;
use crate::Step;

/// The graph of a task, with what has been reached.
pub(super) struct Flow<'a> {
    task: &'a Task,
    positions: HashMap<&'a str, usize>,
    /// Per activity: what comes after it.
    next: Vec<Option<&'a Precedence>>,
    /// Per activity: does something come before it?
    follows: Vec<bool>,
    /// Per activity: the entries that it replies to.
    replies: Vec<Vec<&'a str>>,
    reached: Vec<bool>,
    /// It has faults, so that following it further would only give more of them.
    broken: bool,
}

impl<'a> Flow<'a> {
    /// Looks up all names.
    pub(super) fn new(task: &'a Task, builder: &mut Builder<'_>) -> Self {
        let count = task.graph.activities.len();
        let mut flow = Self {
            task,
            positions: HashMap::with_capacity(count),
            next: vec![None; count],
            follows: vec![false; count],
            replies: vec![Vec::new(); count],
            reached: vec![false; count],
            broken: false,
        };
        for (position, activity) in task.graph.activities.iter().enumerate() {
            if flow.positions.insert(&activity.name.text, position).is_some() {
                let message = "there is more than one activity of this name in the task";
                flow.fault(Rule::DuplicateName, &activity.name, message, builder);
            }
        }
        for precedence in &task.graph.precedences {
            flow.connect(precedence, builder);
        }
        flow.refuse_cycles(builder);
        for reply in &task.graph.replies {
            let known = task.entries.iter().any(|entry| entry.name.text == reply.entry.text);
            if !known {
                let message =
                    format!("it replies to \"{}\", which is no entry of its task", reply.entry.text);
                flow.fault(Rule::Reply, &reply.activity, message, builder);
            }
            if let Some(position) = flow.position(&reply.activity, builder) {
                flow.replies[position].push(&reply.entry.text);
            }
        }
        flow
    }

    /// Activities that come before themselves could not be nested, and following them would not end.
    fn refuse_cycles(&mut self, builder: &mut Builder<'_>) {
        let mut graph = DiGraph::<(), ()>::new();
        for _ in &self.next {
            graph.add_node(());
        }
        for (position, next) in self.next.iter().enumerate() {
            let after =
                next.iter().filter_map(|precedence| precedence.post.as_ref()).flat_map(Post::activities);
            for name in after {
                if let Some(&to) = self.positions.get(name.text.as_str()) {
                    graph.add_edge(NodeIndex::new(position), NodeIndex::new(to), ());
                }
            }
        }
        if let Err(cycle) = toposort(&graph, None) {
            let name = &self.task.graph.activities[cycle.node_id().index()].name;
            let message = "it comes before itself: the activities form a cycle";
            self.broken = true;
            let fault = Fault::new(Rule::ActivityCycle, name.at, self.element(name), message);
            builder.report(fault.hint("for something repeated, use a loop"));
        }
    }

    fn connect(&mut self, precedence: &'a Precedence, builder: &mut Builder<'_>) {
        for name in precedence.pre.activities() {
            let Some(position) = self.position(name, builder) else { continue };
            if self.next[position].replace(precedence).is_some() {
                self.fault(
                    Rule::RepeatedActivity,
                    name,
                    "it comes before two forks or joins, or twice before one",
                    builder,
                );
            }
        }
        for name in precedence.post.iter().flat_map(Post::activities) {
            let Some(position) = self.position(name, builder) else { continue };
            if std::mem::replace(&mut self.follows[position], true) {
                self.fault(
                    Rule::RepeatedActivity,
                    name,
                    "it comes after two forks or joins, or twice after one",
                    builder,
                );
            }
        }
    }

    fn position(&mut self, name: &Name, builder: &mut Builder<'_>) -> Option<usize> {
        let position = self.positions.get(name.text.as_str()).copied();
        if position.is_none() {
            self.fault(Rule::UnknownName, name, "the task defines no activity of this name", builder);
        }
        position
    }

    fn fault(&mut self, rule: Rule, name: &Name, message: impl Into<String>, builder: &mut Builder<'_>) {
        self.broken = true;
        builder.report(Fault::new(rule, name.at, self.element(name), message));
    }

    fn element(&self, name: &Name) -> String {
        format!("activity \"{}\" of task \"{}\"", name.text, self.task.name.text)
    }

    /// What an entry does, beginning with an activity.
    pub(super) fn steps(
        &mut self,
        entry: &'a Entry,
        start: &'a Name,
        builder: &mut Builder<'_>,
    ) -> Vec<Step> {
        let position = self.position(start, builder);
        if position.is_some_and(|position| self.follows[position]) {
            let message =
                format!("entry \"{}\" starts with it, so nothing can come before it", entry.name.text);
            self.fault(Rule::StartActivity, start, message, builder);
        }
        if self.broken {
            return Vec::new();
        }
        let origin = Origin { entry, forward: builder.forwards(entry) };
        let mut steps = match self.follow(At::Activity(start), &origin, 0, builder) {
            Ok(Chain { steps, end: End::Done }) => steps,
            Ok(Chain { end: End::Join(join, _), .. }) => {
                let fault = self.unmet(join);
                self.broken = true;
                builder.report(fault);
                return Vec::new();
            }
            Err(fault) => {
                self.broken = true;
                builder.report(fault);
                return Vec::new();
            }
        };
        // One reply, at the very end, is what an operation gives anyway.
        if let Some((Step::Reply(reply), before)) = steps.split_last()
            && reply.forward.is_empty()
            && !before.iter().any(|step| step.any(&|step| matches!(step, Step::Reply(_))))
        {
            steps.pop();
        }
        steps
    }

    /// Stops looking for faults.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
    }

    /// Activities that no entry leads to.
    pub(super) fn unreached(&mut self, builder: &mut Builder<'_>) {
        if self.broken {
            return;
        }
        for (activity, _) in
            self.task.graph.activities.iter().zip(&self.reached).filter(|(_, reached)| !**reached)
        {
            let message = "no entry leads to it";
            builder.report(Fault::new(
                Rule::UnreachableActivity,
                activity.name.at,
                self.element(&activity.name),
                message,
            ));
        }
    }
}
