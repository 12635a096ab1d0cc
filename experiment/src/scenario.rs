//! A system with changes on it.

use tracecast_model::System;

use crate::{Edit, EditError, LoadError, LoadSpec};

/// What-if: edits and loads to put on a system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// Changes, in this order.
    pub edits: Vec<Edit>,
    /// Loads; empty: those that the system has.
    pub loads: Vec<LoadSpec>,
}

/// Why a scenario does not fit a system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// One of its edits.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// One of its loads.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl Scenario {
    /// The changed system.
    ///
    /// # Errors
    /// The first edit or load that does not fit.
    pub fn apply(&self, base: &System) -> Result<System, ScenarioError> {
        let mut system = base.clone();
        for edit in &self.edits {
            edit.apply(&mut system)?;
        }
        LoadSpec::apply_all(&self.loads, &mut system)?;
        Ok(system)
    }
}
