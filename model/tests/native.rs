//! The native format: round trips, messages with places, and the checked-in schemas.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use std::path::Path;

use tracecast_model::{Distribution, Load, RatePoint, RateProfile, Scheduling, System, fixtures, native};

fn with_load(load: Load) -> System {
    fixtures::station(1, Distribution::exponential(0.1), Scheduling::Ps, load)
}

fn systems() -> Vec<System> {
    let points = [(0.0, 0.0), (60.0, 10.0), (60.0, 3.0)].map(|(at, rate)| RatePoint { at, rate });
    vec![
        fixtures::three_tiers(10.0),
        fixtures::closed_network(5, 2.0, &[0.1, 0.2]),
        fixtures::burst_queue(50, 2, Distribution::with_scv(0.3, 0.02).unwrap()),
        fixtures::open_station(2, Distribution::with_scv(0.1, 4.0).unwrap(), 3.0),
        with_load(Load::Profile(RateProfile::new(points.to_vec()))),
        with_load(Load::Replay { at: vec![0.0, 0.25, 0.25] }),
    ]
}

#[test]
fn what_is_written_reads_back() {
    for system in systems() {
        assert_eq!(native::read(&native::write(&system)).unwrap(), system);
    }
}

#[test]
fn messages_name_the_place() {
    for (text, place, words) in [
        ("", "line 1", "EOF"),
        ("[1, 2]", "line 1", "expected"),
        ("{\"hosts\": [{\"name\": \"a\", \"cores\": \"many\"}]", "hosts[0].cores", "many"),
        ("{\"hosts\": [{\"name\": \"a\", \"colour\": 1}]", "hosts[0]", "colour"),
        (
            "{\"hosts\": [], \"services\": [], \"workloads\": [{\"name\": \"x\", \"requests\": [{\"operation\": \"y\"}]",
            "operation",
            "service/operation",
        ),
        ("{\"hosts\": [], \"services\": []} trailing", "line 1", "trailing"),
    ] {
        let message = native::read(text).unwrap_err().to_string();
        assert!(message.contains(place) && message.contains(words), "{text}: {message}");
    }
}

/// The schemas in `schema/` are generated; `UPDATE_SCHEMA=1 cargo test -p tracecast-model` writes them anew.
#[test]
fn the_schemas_are_up_to_date() {
    for (name, generated) in [("system", native::schema()), ("prediction", native::prediction_schema())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(stored == generated, "{} is out of date; run with UPDATE_SCHEMA=1", path.display());
    }
}
