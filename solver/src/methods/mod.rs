//! The methods of the analytic engine.
//!
//! To add one: a file here with a [`Method`], and its line in [`all`].

mod burst;
mod layered;

pub use burst::BurstDrain;
pub use layered::Layered;

use tracecast_model::{EngineOptions, Load, PredictError, Prediction, RunControl, System};

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
}

/// Every method, in alphabetical order.
pub fn all() -> &'static [&'static dyn Method] {
    &[&BurstDrain, &Layered]
}

/// Why no method covers a system: a rate that varies or recorded arrivals, some of its loads end and others do not, or
/// there is more than one that ends.
pub(crate) fn mixed_loads(system: &System) -> PredictError {
    for workload in &system.workloads {
        let what = match workload.load {
            Load::Profile(_) => "a rate that varies with time",
            Load::Replay { .. } => "recorded arrivals",
            _ => continue,
        };
        return crate::unsupported(what, format!("workload \"{}\"", workload.name));
    }
    let finite = system.workloads.iter().find(|workload| workload.load.is_finite());
    let name = finite.map_or("", |workload| workload.name.as_str());
    crate::unsupported("a load that ends by itself beside other loads", format!("workload \"{name}\""))
}
