//! The cheapest settings that meet objectives.
//!
//! [`plan`] looks at all combinations of the varied settings in the order of their [`Cost`], and ends at the first that
//! surely meets every objective. Nothing is concluded from one combination about another, since response times need not
//! fall with every replica: more of one service may send more work to the next at a time. Three things save work:
//!
//! * settings whose load exceeds a capacity by the utilization law are not solved (`limits`);
//! * the analytic engine passes over settings whose figures are beyond a limit by a wide margin;
//! * a simulation begins coarse, and goes on only while its interval has the limit in it.
//!
//! The second leans on an approximation, so it is checked: wherever both engines have solved the same settings their figures
//! are compared, and if they differ so much that the margin is not at least twice that, it is widened, and settings
//! passed over too early are simulated after all. So are the neighbors of the answer that are cheaper by one setting.

mod cost;
mod grid;
mod judgment;
mod limits;
mod search;
mod vary;

use indexmap::IndexMap;
use serde::Serialize;
use tracecast_model::{EngineOptions, MetricError, PredictError, RunControl, System};

use crate::{EditError, EngineChoice, Slo, SloError};

pub use cost::{Cost, CostError};
pub use judgment::{Judgment, Outcome};
pub use vary::{Vary, VaryError};

/// What to plan.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The system that is varied, with its loads.
    pub base: &'a System,
    /// What has to be met; at least one.
    pub slos: &'a [Slo],
    /// What may be chosen; at least one.
    pub varied: &'a [Vary],
    /// What settings cost.
    pub cost: &'a Cost,
    /// Who judges. `Auto`: the simulation, after the analytic engine has passed over what is far off.
    pub engine: EngineChoice,
    /// Options of the engines. `precision` is the finest that a simulation may take.
    pub options: &'a EngineOptions,
    /// When to give up.
    pub effort: Effort,
}

/// How much work a plan may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Settings looked at, the cheapest first. Default 10 000.
    pub settings: usize,
    /// Settings simulated until there is an answer, and as many again to check what was passed over. Default 200.
    pub simulations: usize,
    /// Settings are not simulated where an analytic figure is beyond its limit by this part of it (a throughput: where the
    /// limit is beyond the figure by it); at first, since it may be widened. Default 0.5.
    pub margin: f64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { settings: 10_000, simulations: 200, margin: 0.5 }
    }
}

/// What is told while a plan is made: so many settings are decided now.
pub type Listener<'a> = &'a (dyn Fn(usize) + Sync);

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// How it ended.
    pub ending: Ending,
    /// What was minimized.
    pub cost: String,
    /// Varied settings that are not in the cost; of equal cost, earlier values are preferred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_cost: Vec<String>,
    /// The cheapest settings that surely meet every objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Candidate>,
    /// Settings that fail: the answer's neighbors that are cheaper by one setting, and the dearest others that are cheaper
    /// than the answer; the dearest first. Without an answer, those that miss by least, these first.
    pub failing: Vec<Candidate>,
    /// Settings, cheaper than the answer, of which the simulation cannot say whether they meet the objectives.
    pub undecided: Vec<Candidate>,
    /// How many combinations there are, and how each was decided.
    pub evaluated: Evaluated,
    /// Is whatever the analytic engine has passed over settled? Not, where the simulations ran out.
    pub is_checked: bool,
    /// The margin of the analytic engine at the end, as a part of the limit; absent where it did not pass over any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// By how much the engines differed at most where both were asked, as a part of the smaller figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_difference: Option<f64>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// There is an answer, and everything cheaper fails or is undecided.
    Found,
    /// All combinations fail.
    NothingMeets,
    /// None surely meets the objectives, but some may.
    Undecided,
    /// There is none among the settings that were to be looked at.
    Effort,
}

/// Settings with what is known of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Path → value.
    pub settings: IndexMap<String, String>,
    /// Their cost.
    pub cost: f64,
    /// Who has judged.
    pub judge: Judge,
    /// Over all objectives.
    pub outcome: Outcome,
    /// Each objective; none where the load exceeds a capacity by the utilization law.
    pub objectives: Vec<Judgment>,
    /// What is short, where the load exceeds a capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overloaded: Option<String>,
}

/// Who has judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// The utilization law.
    Capacity,
    /// The analytic engine.
    Analytic,
    /// The simulation.
    Simulation,
}

/// How many combinations there are, and who has decided them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evaluated {
    /// All.
    pub combinations: usize,
    /// Decided by the utilization law.
    pub by_capacity: usize,
    /// Decided by the analytic engine.
    pub by_analytic: usize,
    /// Decided by simulation, or left undecided by it.
    pub by_simulation: usize,
    /// Not looked at, since they are not cheaper than the answer, or because of the effort.
    pub not_looked_at: usize,
}

/// Why a plan cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// No objective.
    #[error("there is no objective; give one, such as --slo 'p95<500ms'")]
    NoObjective,
    /// Nothing to choose.
    #[error("there is nothing to choose; give a setting with values, such as --vary crop.replicas=1..20")]
    NothingVaried,
    /// The same setting twice.
    #[error("{0} is varied twice")]
    Twice(String),
    /// More combinations than can be ordered.
    #[error("{product} combinations are more than {most}; give fewer values, or a step such as 1..20:2")]
    TooMany {
        /// The numbers of values.
        product: String,
        /// How many there may be.
        most: usize,
    },
    /// A value that makes the model invalid.
    #[error("{edit}: the model is not valid: {problem}")]
    Value {
        /// The setting and its value.
        edit: String,
        /// The first problem.
        problem: String,
    },
    /// A setting that does not fit the system.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// Settings without a cost.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// An objective about something that is not there.
    #[error(transparent)]
    Slo(#[from] SloError),
    /// An engine refuses.
    #[error("{settings}: {error}")]
    Predict {
        /// For which settings.
        settings: String,
        /// Why.
        error: PredictError,
    },
}

/// Finds the cheapest settings that meet the objectives. Same request, same answer, on any number of threads.
///
/// # Errors
/// What cannot be tried; that nothing meets the objectives is an answer.
pub fn plan(request: &Request<'_>, control: &RunControl<'_>, done: Listener<'_>) -> Result<Plan, PlanError> {
    if request.slos.is_empty() {
        return Err(PlanError::NoObjective);
    }
    for slo in request.slos {
        // What is absent now may be there in a prediction, as errors where replies can fail.
        match slo.metric().check(request.base) {
            Ok(()) | Err(MetricError::Absent(_)) => {}
            Err(error) => return Err(SloError::Metric { slo: slo.to_string(), error }.into()),
        }
    }
    let grid = grid::Grid::new(request.base, request.varied, request.cost)?;
    search::Search::new(request, &grid, control, done)?.run()
}
