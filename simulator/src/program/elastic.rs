//! Services whose replicas come and go.

use tracecast_model::autoscaling::{DelayKind, Quantity, Scope, Signal};
use tracecast_model::{
    Autoscaler, Breakdowns, Distribution, PredictError, Service, System, WarmPool, WarmUp,
};

use super::{PlacingPlan, Program, unsupported};
use crate::sampler::Sampler;

/// A service whose replicas come and go.
#[derive(Clone, Debug)]
pub(crate) struct ElasticPlan {
    pub(crate) name: String,
    pub(crate) service: u32,
    /// Replicas at the start.
    pub(crate) initial: u32,
    /// What changes their number; none where they only crash.
    pub(crate) autoscaler: Option<Autoscaler>,
    /// Draws where the controller's clock stands at the start.
    pub(crate) phase: u32,
    /// Draw the parts of the time until a replica that was asked for takes requests.
    pub(crate) start_up: Vec<(DelayKind, u32)>,
    pub(crate) warm_up: Option<WarmUp>,
    /// Replicas in its warm pool, and what draws the time until one of them takes requests.
    pub(crate) warm_pool: Option<(u32, u32)>,
    /// Seconds that a replica has to stop.
    pub(crate) grace_period: Option<f64>,
    /// Draw the time until a replica breaks down, and until it starts up anew.
    pub(crate) breakdowns: Option<(u32, u32)>,
    /// Cores set aside for a replica.
    pub(crate) cpu_request: Option<f64>,
    pub(crate) signals: Vec<SignalPlan>,
    /// How machines are chosen for its replicas, where that is not by number.
    pub(crate) placing: Option<PlacingPlan>,
}

/// A figure that is measured.
#[derive(Clone, Debug)]
pub(crate) struct SignalPlan {
    pub(crate) signal: Signal,
    pub(crate) quantity: Quantity,
    /// The service that it is of.
    pub(crate) service: u32,
}

impl Program {
    /// Adds a service whose replicas come and go, and which is about to be added as a service; its place.
    pub(super) fn add_elastic(&mut self, service: &Service) -> Result<u32, PredictError> {
        let name = &service.name;
        let breakdowns = match &service.breakdowns {
            Some(Breakdowns { time_to_failure, time_to_repair }) => Some((
                self.time(format!("failures of {name}"), time_to_failure, service)?,
                self.time(format!("repairs of {name}"), time_to_repair, service)?,
            )),
            None => None,
        };
        let mut start_up = Vec::new();
        for (kind, part) in service.start_up.parts() {
            let label = match kind {
                DelayKind::StartUp => format!("start-up of {name}"),
                _ => format!("{} of {name}", kind.text()),
            };
            start_up.push((kind, self.time(label, part, service)?));
        }
        let warm_pool = match &service.warm_pool {
            Some(WarmPool { size, activation }) => {
                Some((*size, self.time(format!("activation of {name}"), activation, service)?))
            }
            None => None,
        };
        let plan = ElasticPlan {
            name: name.clone(),
            service: self.services.len() as u32,
            initial: service.replicas,
            autoscaler: service.autoscaler.clone(),
            phase: self.variate(format!("phase of the autoscaler of {name}"), Sampler::unit()),
            start_up,
            warm_pool,
            warm_up: service.warm_up,
            grace_period: service.grace_period,
            breakdowns,
            cpu_request: service.requested_cpu(),
            signals: Vec::new(),
            placing: None,
        };
        self.elastic.push(plan);
        Ok((self.elastic.len() - 1) as u32)
    }

    /// A variate for times of a service.
    fn time(&mut self, label: String, times: &Distribution, service: &Service) -> Result<u32, PredictError> {
        let element = format!("service \"{}\"", service.name);
        let sampler = Sampler::new(times, 1.0)
            .map_err(|_| unsupported(format!("{label}, a time without a finite mean"), element))?;
        Ok(self.variate(label, sampler))
    }

    /// Does a replica, among those of all services, belong to those that come and go?
    pub(super) fn is_elastic(&self, replica: u32) -> bool {
        let after = self.services.partition_point(|service| service.first_replica <= replica);
        after.checked_sub(1).is_some_and(|place| self.services[place].elastic.is_some())
    }

    /// Finds the services whose figures autoscalers ask for, and refuses what would need replicas that are always there.
    pub(super) fn connect_autoscalers(&mut self, system: &System) -> Result<(), PredictError> {
        for number in 0..self.elastic.len() {
            let own = self.elastic[number].service as usize;
            let element = || format!("service \"{}\"", system.services[own].name);
            let mut signals = Vec::new();
            let autoscaler = self.elastic[number].autoscaler.as_ref();
            for signal in autoscaler.map(Autoscaler::signals).unwrap_or_default() {
                let (name, quantity) = signal
                    .parse()
                    .ok_or_else(|| unsupported(format!("metric \"{}\"", signal.metric), element()))?;
                let other = |name: &str| system.services.iter().position(|service| service.name == name);
                let service = name.map_or(Some(own), other);
                let service =
                    service.ok_or_else(|| unsupported(format!("metric \"{}\"", signal.metric), element()))?;
                if quantity == Quantity::Cpu && self.services[service].elastic.is_none() {
                    return Err(unsupported("processor time of a service without an autoscaler", element()));
                }
                signals.push(SignalPlan { quantity, service: service as u32, signal });
            }
            self.elastic[number].signals = signals;
        }
        for (caller, operation) in system.operations() {
            for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
                let fans = call.fan_out > 1 || call.fan_in.is_some();
                let elastic =
                    |name: &str| system.service(name).is_some_and(|service| system.is_elastic(service));
                if fans && (elastic(call.to.service()) || elastic(caller.service())) {
                    let element = format!("operation \"{caller}\"");
                    return Err(unsupported("fan-out from or to replicas that come and go", element));
                }
            }
        }
        Ok(())
    }
}

impl ElasticPlan {
    /// Are there figures of single replicas among those measured?
    pub(crate) fn measures_replicas(&self) -> bool {
        self.signals.iter().any(|signal| signal.signal.scope == Scope::Replica)
    }
}
