//! Nested steps as an activity graph.
//!
//! Where LQN wants an activity and there is none (an empty branch, a fork at the very start, a reply after a join), one
//! that does nothing is put in. Reading leaves such activities out again.

use std::collections::HashSet;

use super::names::free;
use crate::lqn::document::{Name, Post, Pre, Precedence};
use crate::{Activity, Forward, Step};

/// The activities of a task, with unique names, and what comes after what.
#[derive(Default)]
pub(super) struct Flow<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) precedences: Vec<Precedence>,
    /// Entry and activity.
    pub(super) replies: Vec<(String, String)>,
    names: HashSet<String>,
}

/// An activity of the graph.
pub(super) struct Node<'a> {
    pub(super) name: String,
    /// None: it does nothing.
    pub(super) activity: Option<&'a Activity>,
    /// The entry that starts with it.
    pub(super) start_of: Option<String>,
}

/// The open end of a sequence, to which the next activity is joined.
enum End {
    One(String),
    Or(Vec<String>),
    And(Vec<String>, Option<u32>),
    /// After the repeated activities that begin with this one.
    Loop {
        before: Box<End>,
        body: String,
        mean: f64,
    },
}

impl<'a> Flow<'a> {
    /// Adds what an entry does. With `replies`, the reply goes out at the end where no step says when.
    pub(super) fn entry(&mut self, entry: &str, steps: &'a [Step], replies: bool) {
        let (start, end) = self.sequence(entry, steps);
        if let Some(node) = self.nodes.iter_mut().find(|node| node.name == start) {
            node.start_of = Some(entry.to_owned());
        }
        let last = self.single(entry, end);
        let given = steps.iter().any(|step| step.any(&|step| matches!(step, Step::Reply(_))));
        if replies && !given {
            self.replies.push((entry.to_owned(), last));
        }
    }

    /// Adds an activity that does nothing but what one says.
    fn node(&mut self, entry: &str, activity: Option<&'a Activity>) -> String {
        let given =
            activity.and_then(|activity| activity.name.clone()).filter(|name| !name.trim().is_empty());
        let name = given.unwrap_or_else(|| format!("{entry}_a{}", self.nodes.len() + 1));
        let name = free(&name, &mut self.names);
        self.nodes.push(Node { name: name.clone(), activity, start_of: None });
        name
    }

    /// A sequence of steps: the activity that it begins with, and its end.
    fn sequence(&mut self, entry: &str, steps: &'a [Step]) -> (String, End) {
        let (first, rest) = match steps {
            [Step::Activity(activity), rest @ ..] => (self.node(entry, Some(activity)), rest),
            rest => (self.node(entry, None), rest),
        };
        let mut end = End::One(first.clone());
        for step in rest {
            end = self.step(entry, step, end);
        }
        (first, end)
    }

    fn step(&mut self, entry: &str, step: &'a Step, before: End) -> End {
        match step {
            Step::Activity(activity) => {
                let name = self.node(entry, Some(activity));
                self.join(before, &name);
                End::One(name)
            }
            Step::Reply(_) => {
                let name = self.single(entry, before);
                self.replies.push((entry.to_owned(), name.clone()));
                End::One(name)
            }
            Step::Fork(fork) => {
                let parts = fork.branches.iter().map(|steps| self.sequence(entry, steps)).collect::<Vec<_>>();
                let before = self.pre(entry, before);
                let post = Post::And(parts.iter().map(|(first, _)| name(first)).collect());
                self.precedences.push(Precedence { at: 0, pre: before, post: Some(post) });
                End::And(self.ends(entry, parts), fork.quorum)
            }
            Step::Choice(choice) => {
                let parts = choice
                    .branches
                    .iter()
                    .map(|branch| self.sequence(entry, &branch.steps))
                    .collect::<Vec<_>>();
                let before = self.pre(entry, before);
                let firsts = parts.iter().zip(&choice.branches);
                let post =
                    Post::Or(firsts.map(|((first, _), branch)| (name(first), branch.probability)).collect());
                self.precedences.push(Precedence { at: 0, pre: before, post: Some(post) });
                End::Or(self.ends(entry, parts))
            }
            Step::Loop(repeated) => {
                let (body, end) = self.sequence(entry, &repeated.steps);
                self.single(entry, end);
                let before = match before {
                    End::Loop { .. } => End::One(self.single(entry, before)),
                    other => other,
                };
                End::Loop { before: Box::new(before), body, mean: repeated.mean }
            }
        }
    }

    fn ends(&mut self, entry: &str, parts: Vec<(String, End)>) -> Vec<String> {
        parts.into_iter().map(|(_, end)| self.single(entry, end)).collect()
    }

    /// Puts an activity after an end.
    fn join(&mut self, before: End, next: &str) {
        let (pre, post) = match before {
            End::One(activity) => (Pre::One(name(&activity)), Post::One(name(next))),
            End::Or(activities) => (Pre::Or(names(&activities)), Post::One(name(next))),
            End::And(activities, quorum) => {
                (Pre::And { activities: names(&activities), quorum }, Post::One(name(next)))
            }
            End::Loop { before, body, mean } => {
                let pre = match *before {
                    End::Or(activities) => Pre::Or(names(&activities)),
                    End::And(activities, quorum) => Pre::And { activities: names(&activities), quorum },
                    End::One(activity) | End::Loop { body: activity, .. } => Pre::One(name(&activity)),
                };
                (pre, Post::Loop { bodies: vec![(name(&body), mean)], end: Some(name(next)) })
            }
        };
        self.precedences.push(Precedence { at: 0, pre, post: Some(post) });
    }

    /// An end as the join in front of a fork.
    fn pre(&mut self, entry: &str, end: End) -> Pre {
        match end {
            End::One(activity) => Pre::One(name(&activity)),
            End::Or(activities) => Pre::Or(names(&activities)),
            End::And(activities, quorum) => Pre::And { activities: names(&activities), quorum },
            End::Loop { .. } => Pre::One(name(&self.single(entry, end))),
        }
    }

    /// The one activity at an end.
    fn single(&mut self, entry: &str, end: End) -> String {
        match end {
            End::One(activity) => activity,
            other => {
                let activity = self.node(entry, None);
                self.join(other, &activity);
                activity
            }
        }
    }
}

/// Where the request may be passed on, and whether all replies agree on that.
pub(super) fn forwards(steps: &[Step]) -> Option<Vec<Forward>> {
    let mut found: Vec<&Vec<Forward>> = Vec::new();
    collect(steps, &mut found);
    let first = found.first().map(|forward| (*forward).clone()).unwrap_or_default();
    found.iter().all(|forward| **forward == first).then_some(first)
}

fn collect<'s>(steps: &'s [Step], found: &mut Vec<&'s Vec<Forward>>) {
    for step in steps {
        if let Step::Reply(reply) = step {
            found.push(&reply.forward);
        }
        for (inner, _) in step.inner() {
            collect(inner, found);
        }
    }
}

fn name(text: &str) -> Name {
    Name { text: text.to_owned(), at: 0 }
}

fn names(texts: &[String]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}
