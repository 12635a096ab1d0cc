//! Undo and redo.

use std::time::{Duration, Instant};

use super::Project;

/// Changes of the same thing that follow each other so soon are one: a slider that is being dragged.
const ONE_MOVE: Duration = Duration::from_millis(800);
/// States that are kept.
const MOST: usize = 500;

/// Former and later states of a project.
#[derive(Default)]
pub(crate) struct History {
    before: Vec<Project>,
    after: Vec<Project>,
    /// What was changed last, and when.
    last: Option<(String, Instant)>,
}

impl History {
    /// Keeps the state before a change of `what`.
    pub(crate) fn record(&mut self, state: &Project, what: String) {
        let now = Instant::now();
        let goes_on = self
            .last
            .as_ref()
            .is_some_and(|(last, at)| !what.is_empty() && *last == what && now - *at < ONE_MOVE);
        if !goes_on {
            self.before.push(state.clone());
            if self.before.len() > MOST {
                self.before.remove(0);
            }
        }
        self.after.clear();
        self.last = Some((what, now));
    }

    pub(crate) fn undo(&mut self, state: &mut Project) {
        if let Some(before) = self.before.pop() {
            self.after.push(std::mem::replace(state, before));
            self.last = None;
        }
    }

    pub(crate) fn redo(&mut self, state: &mut Project) {
        if let Some(after) = self.after.pop() {
            self.before.push(std::mem::replace(state, after));
            self.last = None;
        }
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.after.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Project {
        let mut project = Project::default();
        project.scenarios[0].name = name.into();
        project
    }

    #[test]
    fn there_and_back() {
        let mut history = History::default();
        let mut project = named("one");
        for (what, next) in [("a", "two"), ("b", "three")] {
            history.record(&project, what.into());
            project = named(next);
        }
        history.undo(&mut project);
        assert_eq!(project, named("two"));
        history.undo(&mut project);
        history.undo(&mut project);
        assert_eq!(project, named("one"));
        history.redo(&mut project);
        history.redo(&mut project);
        assert_eq!(project, named("three"));
        // A new change forgets what was undone.
        history.undo(&mut project);
        history.record(&project, "c".into());
        assert!(!history.can_redo() && history.can_undo());
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = History::default();
        let mut project = named("one");
        for next in ["two", "three", "four"] {
            history.record(&project, "the same".into());
            project = named(next);
        }
        history.undo(&mut project);
        assert_eq!(project, named("one"));
        assert!(!history.can_undo());
    }
}
