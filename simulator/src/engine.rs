//! The engine as seen from outside.

use tracecast_model::{
    Engine, EngineOptions, Feature, PredictError, Prediction, RunControl, System, feature,
};

use crate::antithetic::Cast;
use crate::program::Program;
use crate::report::{self, Outcome};
use crate::residence::Residence;
use crate::run::probe::{Probe, Silent};
use crate::{steady, terminating};

/// Its name in files and results.
pub(crate) const NAME: &str = "simulation";

/// What it covers beyond plain services.
const COVERED: [Feature; 44] = [
    Feature::Choice,
    Feature::Loop,
    Feature::BranchReply,
    Feature::SecondPhase,
    Feature::Forwarding,
    Feature::Quorum,
    Feature::RandomCallOrder,
    Feature::RandomScheduling,
    Feature::Lcfs,
    Feature::PreemptiveLcfs,
    Feature::Priority,
    Feature::PreemptivePriority,
    Feature::QueueCapacity,
    Feature::Polling,
    Feature::ShareGroups,
    Feature::Weight,
    Feature::SpeedByLoad,
    Feature::Lock,
    Feature::FanOut,
    Feature::HostReplicas,
    Feature::Placement,
    Feature::RenewalArrivals,
    Feature::MarkovArrivals,
    Feature::Errors,
    Feature::Resilience,
    Feature::Hedging,
    Feature::CircuitBreaker,
    Feature::RateLimit,
    Feature::ConcurrencyLimit,
    Feature::ServiceRateLimit,
    Feature::Shedding,
    Feature::AdmissionLimit,
    Feature::TwoChoices,
    Feature::KeyedBalancing,
    Feature::OutlierDetection,
    Feature::Autoscaling,
    Feature::Faults,
    Feature::Throttling,
    Feature::Reservation,
    Feature::Lanes,
    Feature::Prefetch,
    Feature::WarmUp,
    Feature::Memory,
    Feature::WarmPool,
];

/// The discrete-event simulator.
///
/// Loads that end by themselves are simulated to their end, over and over; others until their mean response times, or
/// the figures that the options name, are as precise as asked. Same system, options and seed give the same prediction, on any number of threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simulation;

impl Engine for Simulation {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "discrete-event simulation: any load and distribution, percentiles and series, with confidence intervals"
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        PredictError::check(system, options)?;
        let system = &*system.on_network();
        let program = compile(system)?;
        for path in &options.precise {
            path.check(system)?;
        }
        if options.breakdown {
            require_plain_calls(&program, "a breakdown of response times")?;
        }
        let cast = Cast::new(program, options);
        let outcome = if options.breakdown {
            simulate(&cast, system, options, control, || Residence::new(cast.program()))
        } else {
            simulate(&cast, system, options, control, || Silent)
        }?;
        Ok(report::prediction(system, cast.program(), options, &outcome))
    }
}

/// The program of a system that can be simulated.
///
/// # Errors
/// What cannot be tried: see [`Engine::predict`].
pub(crate) fn compile(system: &System) -> Result<Program, PredictError> {
    feature::require(system, &COVERED, NAME)?;
    Program::compile(system)
}

/// What looks on at single requests does not know of callers that do not wait for ever.
///
/// # Errors
/// [`PredictError::Unsupported`], where there are any.
pub(crate) fn require_plain_calls(program: &Program, what: &str) -> Result<(), PredictError> {
    let refuse = |why: &str, element: String| {
        Err(PredictError::Unsupported { engine: NAME, what: format!("{what} with {why}"), element })
    };
    let redelivers = program.services.iter().find(|service| service.queue.is_some());
    match (program.guards.first(), program.faults.is_empty(), redelivers) {
        (Some(guard), ..) => refuse("timeouts and retries", format!("call \"{}\"", guard.name)),
        (None, false, _) => refuse("faults", "fault 1".into()),
        (None, true, Some(service)) => {
            refuse("messages that are delivered again", format!("service \"{}\"", service.name))
        }
        (None, true, None) => Ok(()),
    }
}

fn simulate<P: Probe + Send>(
    cast: &Cast,
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
    probe: impl Fn() -> P + Sync,
) -> Result<Outcome, PredictError> {
    if system.workloads.iter().any(|workload| workload.load.is_finite()) {
        Ok(terminating::simulate(cast, system, options, control, probe))
    } else {
        steady::simulate(cast, system, options, control, probe)
    }
}
