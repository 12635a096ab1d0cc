//! Following the chains of a graph through its forks and joins.

use super::Flow;
use crate::lqn::build::Builder;
use crate::lqn::document::{Entry, Name, Post, Pre, Precedence, TaskKind};
use crate::lqn::problem::Fault;
use crate::lqn::rule::Rule;
use crate::{Alternative, CallCount, Choice, Fork, Forward, Loop, Reply, Step};

/// Forks within forks. JSON readers stop at 128 levels, of which each takes six.
const MAX_DEPTH: usize = 16;

/// Where a chain ends.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    Done,
    /// At a join, at which so many of its activities have arrived.
    Join(&'a Precedence, usize),
}

/// What to follow next.
pub(super) enum At<'a> {
    Activity(&'a Name),
    Join(&'a Precedence, usize),
    After(&'a Precedence),
}

/// A chain of steps, and where it ends.
pub(super) struct Chain<'a> {
    pub(super) steps: Vec<Step>,
    pub(super) end: End<'a>,
}

/// The entry from which a graph is followed.
pub(super) struct Origin<'a> {
    pub(super) entry: &'a Entry,
    pub(super) forward: Vec<Forward>,
}

impl<'a> Flow<'a> {
    pub(super) fn follow(
        &mut self,
        from: At<'a>,
        origin: &Origin<'a>,
        depth: usize,
        builder: &mut Builder<'_>,
    ) -> Result<Chain<'a>, Fault> {
        let mut steps = Vec::new();
        let mut at = from;
        loop {
            let end = match at {
                At::Activity(name) => self.activity(name, origin, &mut steps, builder)?,
                At::Join(join, arrived) if arrived == join.pre.activities().len() => {
                    at = At::After(join);
                    continue;
                }
                At::Join(join, arrived) => return Ok(Chain { steps, end: End::Join(join, arrived) }),
                At::After(precedence) => match &precedence.post {
                    None => None,
                    Some(Post::One(name)) => Some(At::Activity(name)),
                    Some(Post::Or(branches)) => {
                        self.choice(precedence, branches, origin, depth, &mut steps, builder)?
                    }
                    Some(Post::And(branches)) => {
                        self.fork(precedence, branches, origin, depth, &mut steps, builder)?
                    }
                    Some(Post::Loop { bodies, end }) => {
                        self.loops(bodies, origin, depth, &mut steps, builder)?;
                        end.as_ref().map(At::Activity)
                    }
                },
            };
            match end {
                Some(next) => at = next,
                None => return Ok(Chain { steps, end: End::Done }),
            }
        }
    }

    /// Adds an activity with its reply. What comes next?
    fn activity(
        &mut self,
        name: &'a Name,
        origin: &Origin<'a>,
        steps: &mut Vec<Step>,
        builder: &mut Builder<'_>,
    ) -> Result<Option<At<'a>>, Fault> {
        let Some(&position) = self.positions.get(name.text.as_str()) else { return Ok(None) };
        if std::mem::replace(&mut self.reached[position], true) {
            let message = "several entries start with it";
            return Err(Fault::new(Rule::StartActivity, name.at, self.element(name), message)
                .hint("give each entry a copy"));
        }
        let activity = &self.task.graph.activities[position];
        if !activity.is_empty() {
            steps.push(Step::Activity(builder.activity(self.task, activity)));
        }
        for &entry in &self.replies[position] {
            if entry != origin.entry.name.text {
                let message = format!(
                    "it replies to entry \"{entry}\", but is done for entry \"{}\"",
                    origin.entry.name.text
                );
                return Err(Fault::new(Rule::Reply, name.at, self.element(name), message));
            }
            if self.task.kind != TaskKind::Reference {
                steps.push(Step::Reply(Reply { forward: origin.forward.clone() }));
            }
        }
        Ok(self.next[position].map(|precedence| match precedence.pre {
            Pre::One(_) => At::After(precedence),
            Pre::Or(_) | Pre::And { .. } => At::Join(precedence, 1),
        }))
    }

    fn branch(
        &mut self,
        name: &'a Name,
        origin: &Origin<'a>,
        depth: usize,
        builder: &mut Builder<'_>,
    ) -> Result<Chain<'a>, Fault> {
        if depth >= MAX_DEPTH {
            let message = format!("forks, choices and loops are nested deeper than {MAX_DEPTH} levels");
            return Err(Fault::new(Rule::Nesting, name.at, self.element(name), message));
        }
        self.follow(At::Activity(name), origin, depth + 1, builder)
    }

    /// A random choice. Branches that end by themselves may stand beside others that join.
    fn choice(
        &mut self,
        precedence: &'a Precedence,
        branches: &'a [(Name, f64)],
        origin: &Origin<'a>,
        depth: usize,
        steps: &mut Vec<Step>,
        builder: &mut Builder<'_>,
    ) -> Result<Option<At<'a>>, Fault> {
        let mut ending = Vec::new();
        let mut joining = Vec::new();
        let mut ends = Vec::new();
        for (name, probability) in branches {
            let chain = self.branch(name, origin, depth, builder)?;
            let list = if matches!(chain.end, End::Done) { &mut ending } else { &mut joining };
            list.push(Alternative { probability: *probability, steps: chain.steps });
            ends.push(chain.end);
        }
        let join = self.meeting(precedence, &ends)?;
        if let Some((join, _)) = join
            && !matches!(join.pre, Pre::Or(_))
        {
            return Err(self.mismatch(precedence, join));
        }
        if ending.is_empty() || joining.is_empty() {
            ending.append(&mut joining);
            steps.push(Step::Choice(Choice { branches: ending }));
            return Ok(join.map(|(join, arrived)| At::Join(join, arrived)));
        }
        // What follows the join belongs to the joining branches only.
        let Some((join, arrived)) = join else { return Ok(None) };
        let tail = self.follow(At::Join(join, arrived), origin, depth + 1, builder)?;
        let End::Done = tail.end else { return Err(self.unmet(join)) };
        let mut joined = together(joining);
        joined.steps.extend(tail.steps);
        ending.push(joined);
        steps.push(Step::Choice(Choice { branches: ending }));
        Ok(None)
    }

    /// Parallel branches. Some may end by themselves beside others that join.
    fn fork(
        &mut self,
        precedence: &'a Precedence,
        branches: &'a [Name],
        origin: &Origin<'a>,
        depth: usize,
        steps: &mut Vec<Step>,
        builder: &mut Builder<'_>,
    ) -> Result<Option<At<'a>>, Fault> {
        let mut ending = Vec::new();
        let mut joining = Vec::new();
        let mut ends = Vec::new();
        for name in branches {
            let chain = self.branch(name, origin, depth, builder)?;
            let list = if matches!(chain.end, End::Done) { &mut ending } else { &mut joining };
            list.push(chain.steps);
            ends.push(chain.end);
        }
        let Some((join, arrived)) = self.meeting(precedence, &ends)? else {
            steps.push(Step::Fork(Fork::new(ending)));
            return Ok(None);
        };
        let Pre::And { activities, quorum } = &join.pre else {
            return Err(self.mismatch(precedence, join));
        };
        // A quorum counts branches, so each has to be one arrival.
        if quorum.is_some() && (arrived != activities.len() || arrived != joining.len()) {
            return Err(self.mismatch(precedence, join));
        }
        if ending.is_empty() {
            steps.push(Step::Fork(Fork { branches: joining, quorum: *quorum }));
            return Ok(Some(At::Join(join, arrived)));
        }
        // What follows the join runs beside the branches that do not join.
        let mut joined = match joining.len() {
            1 => joining.pop().unwrap_or_default(),
            _ => vec![Step::Fork(Fork { branches: joining, quorum: *quorum })],
        };
        let tail = self.follow(At::Join(join, arrived), origin, depth + 1, builder)?;
        let End::Done = tail.end else { return Err(self.unmet(join)) };
        joined.extend(tail.steps);
        ending.push(joined);
        steps.push(Step::Fork(Fork::new(ending)));
        Ok(None)
    }

    /// Repeated chains, each of which ends by itself.
    fn loops(
        &mut self,
        bodies: &'a [(Name, f64)],
        origin: &Origin<'a>,
        depth: usize,
        steps: &mut Vec<Step>,
        builder: &mut Builder<'_>,
    ) -> Result<(), Fault> {
        for (name, mean) in bodies {
            let chain = self.branch(name, origin, depth, builder)?;
            if let End::Join(join, _) = chain.end {
                return Err(self.unmet(join));
            }
            steps.push(Step::Loop(Loop { mean: *mean, count: CallCount::Geometric, steps: chain.steps }));
        }
        Ok(())
    }

    /// The one join at which branches meet, with the number that arrive there; `None` where none joins.
    fn meeting(
        &self,
        precedence: &'a Precedence,
        ends: &[End<'a>],
    ) -> Result<Option<(&'a Precedence, usize)>, Fault> {
        let mut meeting: Option<(&'a Precedence, usize)> = None;
        for end in ends {
            let End::Join(join, arrived) = *end else { continue };
            meeting = match meeting {
                None => Some((join, arrived)),
                Some((other, sum)) if std::ptr::eq(other, join) => Some((join, sum + arrived)),
                Some((other, _)) => return Err(self.mismatch(precedence, other)),
            };
        }
        Ok(meeting)
    }

    fn mismatch(&self, fork: &Precedence, join: &Precedence) -> Fault {
        let message = format!(
            "unsupported: the fork into {} does not fit the join of {}; branches of a fork have to meet at one join of its kind",
            list(fork.post.iter().flat_map(Post::activities)),
            list(join.pre.activities())
        );
        Fault::new(Rule::ForkJoin, fork.at, format!("task \"{}\"", self.task.name.text), message)
    }

    pub(super) fn unmet(&self, join: &Precedence) -> Fault {
        let message = format!(
            "unsupported: not all activities of the join of {} come from one fork of the same entry",
            list(join.pre.activities())
        );
        Fault::new(Rule::JoinPath, join.at, format!("task \"{}\"", self.task.name.text), message)
            .hint("joins of several entries, and joins that do not close a fork, have no counterpart")
    }
}

/// Several alternatives as one: their common probability, and a choice between them where there is more than one.
fn together(mut branches: Vec<Alternative>) -> Alternative {
    let probability: f64 = branches.iter().map(|branch| branch.probability).sum();
    let steps = if branches.len() == 1 {
        std::mem::take(&mut branches[0].steps)
    } else {
        for branch in &mut branches {
            branch.probability /= probability;
        }
        vec![Step::Choice(Choice { branches })]
    };
    Alternative { probability, steps }
}

fn list<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("\"{}\"", name.text)).collect();
    names.join(", ")
}
