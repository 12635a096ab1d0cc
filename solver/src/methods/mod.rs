//! The methods of the analytic engine.
//!
//! To add one: a file here with a [`Method`], and its line in [`all`].

mod burst;
mod fluid;
mod layered;

pub use burst::BurstDrain;
pub use fluid::Fluid;
pub use layered::Layered;

use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System};

use crate::Start;

/// A way to solve some kind of system.
pub trait Method: Sync {
    /// Name in results.
    fn name(&self) -> &'static str;

    /// One line on what it does.
    fn summary(&self) -> &'static str;

    /// Is this the method for the loads of this system?
    fn covers(&self, system: &System) -> bool;

    /// Solves a valid system that it covers.
    ///
    /// # Errors
    /// [`PredictError::Unsupported`] with the element that the method cannot represent.
    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError>;

    /// The same from where the solution of a similar system ended, for methods that can begin there; and where this
    /// one ended.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    fn predict_from(
        &self,
        _start: Option<&Start>,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<(Prediction, Option<Start>), PredictError> {
        Ok((self.predict(system, options, control)?, None))
    }
}

/// Every method, in alphabetical order.
pub fn all() -> &'static [&'static dyn Method] {
    &[&BurstDrain, &Fluid, &Layered]
}
