//! What is given in the tests: replicas, observations, policies.

use serde_json::Value;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::{
    Decision, Hpa, HpaMemory, Observation, Policy, Quantity, Reading, Replica, ReplicaState, Sample,
};

/// When observations are made; late enough for everything to have started before.
pub(crate) const NOW: f64 = 100_000.0;

/// Settings with some of them changed.
pub(crate) fn with(mut settings: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("settings are an object") };
    settings.as_object_mut().unwrap().extend(changes);
    settings
}

/// As the file format has it.
pub(crate) fn policy(settings: Value) -> Autoscaler {
    serde_json::from_value(settings).unwrap()
}

/// An HPA by its settings.
pub(crate) fn hpa(settings: Value) -> Hpa {
    serde_json::from_value(settings).unwrap()
}

/// A replica that has been ready for three minutes, with one core requested and so many thousandths of a core used.
pub(crate) fn busy(millis: f64) -> Replica {
    replica(Quantity::Cpu, millis / 1e3)
}

/// The same with a value of any quantity.
pub(crate) fn replica(quantity: Quantity, value: f64) -> Replica {
    let sample = Sample { quantity, value, taken_at: NOW, window: 60.0 };
    Replica {
        state: ReplicaState::Ready,
        started_at: NOW - 180.0,
        changed_at: NOW - 180.0,
        cpu_request: Some(1.0),
        samples: vec![sample],
    }
}

pub(crate) fn in_state(replica: Replica, state: ReplicaState) -> Replica {
    Replica { state, ..replica }
}

/// Not ready, and never was.
pub(crate) fn unready(replica: Replica) -> Replica {
    in_state(replica, ReplicaState::Unready)
}

/// Started ten seconds ago, so that its usage is that of its start.
pub(crate) fn hot(replica: Replica) -> Replica {
    Replica { started_at: NOW - 10.0, changed_at: NOW - 10.0, ..replica }
}

/// Without any sample.
pub(crate) fn missing() -> Replica {
    Replica { samples: Vec::new(), ..busy(0.0) }
}

pub(crate) fn observe(wanted: u32, replicas: Vec<Replica>) -> Observation {
    Observation { time: NOW, wanted, replicas, readings: Vec::new() }
}

/// So many ready replicas without samples, and a figure of the service at this instant.
pub(crate) fn reading(wanted: u32, metric: &str, value: f64) -> Observation {
    let mut observation = observe(wanted, vec![missing(); wanted as usize]);
    observation.readings.push(Reading { metric: metric.to_owned(), window: 0.0, value });
    observation
}

/// One evaluation of an HPA that was evaluated before, but has nothing to remember.
pub(crate) fn running(hpa: &Hpa, observation: &Observation) -> Decision {
    hpa.decide(observation, &mut HpaMemory { started: true, ..HpaMemory::default() })
}
