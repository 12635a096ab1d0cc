//! Numbers by the clock: what the settings say holds, by their own words.

use serde_json::json;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::Observation;

use crate::given::policy;

/// The evaluations until a time, each with the number from then on.
fn course(policy: &Autoscaler, until: f64) -> Vec<(f64, u32)> {
    let mut memory = policy.memory();
    let mut wanted = 1;
    let mut time = policy.first_evaluation(0.5);
    let mut numbers = Vec::new();
    while time <= until {
        let observation = Observation { time, wanted, ..Observation::default() };
        wanted = policy.decide(&observation, &mut memory).replicas;
        numbers.push((time, wanted));
        time = policy.next_evaluation(time, &memory);
    }
    numbers
}

#[test]
fn each_number_holds_until_the_next() {
    let entries = json!([{"at": "10s", "replicas": 4}, {"at": "1min", "replicas": 2}]);
    let once = policy(json!({"kind": "schedule", "entries": entries}));
    assert_eq!(course(&once, 1e6), [(10.0, 4), (60.0, 2)]);
    let daily = policy(json!({"kind": "schedule", "entries": entries, "period": "100s"}));
    assert_eq!(course(&daily, 250.0), [(10.0, 4), (60.0, 2), (110.0, 4), (160.0, 2), (210.0, 4)]);
}

#[test]
fn between_and_before_entries() {
    let entries = json!([{"at": "8h", "replicas": 10}, {"at": "18h", "replicas": 3}]);
    let daily = policy(json!({"kind": "schedule", "entries": entries, "period": "24h"}));
    for (hours, expected) in [(1.0, 7), (8.0, 10), (12.0, 10), (18.0, 3), (25.0, 3), (31.9, 3), (32.0, 10)] {
        let observation = Observation { time: hours * 3600.0, wanted: 7, ..Observation::default() };
        assert_eq!(daily.decide(&observation, &mut daily.memory()).replicas, expected, "{hours} h");
    }
}

/// Periods that binary fractions cannot hold: no entry is missed, none comes twice.
#[test]
fn odd_periods() {
    let entries = json!([{"at": 0, "replicas": 1}, {"at": 0.07, "replicas": 2}]);
    let odd = policy(json!({"kind": "schedule", "entries": entries, "period": 0.1}));
    let numbers = course(&odd, 99.99);
    assert_eq!(numbers.len(), 2000);
    assert!(numbers.iter().enumerate().all(|(i, &(_, replicas))| replicas == 1 + (i as u32) % 2));
}
