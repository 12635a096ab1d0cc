//! What holds of every policy, whatever it is shown.

use proptest::prelude::*;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::{
    Memory, Observation, Quantity, Reading, Replica, ReplicaState, Sample, Scope,
};

use crate::given::policy;
use crate::settings::least;

/// What a policy asks for, answered by chance: values of all sizes, some no numbers, some missing.
fn answers(policy: &Autoscaler, time: f64, wanted: u32, chances: &[(u8, f64)]) -> Observation {
    let mut chance = chances.iter().copied().cycle();
    let mut next = || chance.next().unwrap_or((0, 0.0));
    let signals = policy.signals();
    let states = [
        ReplicaState::Ready,
        ReplicaState::Ready,
        ReplicaState::Unready,
        ReplicaState::Starting,
        ReplicaState::Terminating,
    ];
    let value = |(kind, value): (u8, f64)| match kind {
        0 => None,
        1 => Some(f64::NAN),
        2 => Some(f64::MAX),
        3 => Some(0.0),
        _ => Some(value),
    };
    let mut replicas = Vec::new();
    for _ in 0..next().0 {
        let (kind, age) = next();
        let sample = |(quantity, value)| Sample { quantity, value, taken_at: time, window: 15.0 };
        let samples = value(next()).map(|value| sample((Quantity::Cpu, value)));
        replicas.push(Replica {
            state: states[usize::from(kind) % states.len()],
            started_at: time - age,
            changed_at: time - age / 2.0,
            cpu_request: (kind != 9).then_some(0.5),
            samples: samples.into_iter().collect(),
        });
    }
    let of_service = signals.iter().filter(|signal| signal.scope == Scope::Service);
    let readings = of_service.filter_map(|signal| {
        let value = value(next())?;
        Some(Reading { metric: signal.metric.clone(), window: signal.window, value })
    });
    let readings = readings.collect();
    Observation { time, wanted, replicas, readings }
}

/// The largest number of each of `least()`; the schedule has two.
const LARGEST: [u32; 7] = [10, 100, u32::MAX, 5, 20, 2, 5];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No policy panics, goes beyond its bounds, or remembers more and more; the same memory and observation give the same
    /// decision, also after the memory was written and read; and there is always a next evaluation, or never.
    #[test]
    fn every_policy(
        steps in prop::collection::vec(prop::collection::vec((0..10_u8, 0.0..2000.0_f64), 1..40), 1..60)
    ) {
        for (settings, largest) in least().into_iter().zip(LARGEST) {
            let policy = policy(settings);
            let mut memory = policy.memory();
            let mut wanted = 1;
            let mut time = policy.first_evaluation(0.3);
            let mut size = 0;
            for (step, chances) in steps.iter().enumerate() {
                let observation = answers(&policy, time, wanted, chances);
                let text = serde_json::to_string(&memory).unwrap();
                let mut again: Memory = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&again, &memory);
                let decision = policy.decide(&observation, &mut memory);
                prop_assert_eq!(&policy.decide(&observation, &mut again), &decision);
                prop_assert_eq!(&again, &memory);
                prop_assert!(decision.replicas <= largest, "{decision}");
                prop_assert!(!decision.to_string().is_empty());
                wanted = decision.replicas.min(50);
                if step == 30 {
                    size = text.len();
                }
                if step > 30 {
                    // By then five minutes of the HPA's recommendations have passed; digits vary.
                    prop_assert!(text.len() < 2 * size + 200);
                }
                let next = policy.next_evaluation(time, &memory);
                prop_assert!(next > time);
                if next.is_infinite() {
                    break;
                }
                time = next;
            }
        }
    }
}
