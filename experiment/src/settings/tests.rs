//! What a setting reads is what it sets.

use std::collections::BTreeSet;

use tracecast_model::{Memory, System, fixtures, native};

use super::{Kind, Scope, Setting};
use crate::Edit;

/// Systems that together have every setting.
fn systems() -> Vec<System> {
    let image = include_str!("../../../examples/image-system/model.json");
    let mut image = native::read(image).unwrap();
    for (path, value) in [
        ("crop.cfs_period", "100ms"),
        ("crop.cpu_request", "0.25"),
        ("crop.reservation", "30min"),
        ("crop.price", "0.05"),
        ("crop.image_pull", "3s"),
        ("gateway.timeout", "2s"),
        ("gateway.retries", "3"),
        ("gateway.hedge_after", "50ms"),
        ("gateway.memory_request", "2e9"),
        ("swarm.host_memory", "16e9"),
        ("storage/fetch.error_rate", "5%"),
    ] {
        // Not every model has every element.
        let _ = Edit::new(path, value).apply(&mut image);
    }
    let storm = native::read(include_str!("../../../examples/retry-storm/model.json")).unwrap();
    let mut rest = fixtures::three_tiers(20.0);
    let web = rest.service_mut("web").unwrap();
    web.memory = Some(Memory::new(2e9, 0.0, 1e6));
    web.warm_up = serde_json::from_str(r#"{ "factor": 3, "over": { "time": "30s" } }"#).unwrap();
    web.autoscaler =
        serde_json::from_str(r#"{ "kind": "schedule", "entries": [{ "at": "5s", "replicas": 3 }] }"#)
            .unwrap();
    vec![image, storm, rest]
}

fn elements(system: &System, scope: Scope) -> Vec<String> {
    match scope {
        Scope::Host => system.hosts.iter().map(|host| host.name.clone()).collect(),
        Scope::Service => system.services.iter().map(|service| service.name.clone()).collect(),
        Scope::Operation => system.operations().map(|(name, _)| name.to_string()).collect(),
    }
}

#[test]
fn setting_what_it_is_changes_nothing() {
    let mut seen = BTreeSet::new();
    for system in systems() {
        for setting in Setting::all() {
            for element in elements(&system, setting.scope) {
                let Some(value) = setting.value(&system, &element) else { continue };
                let path = setting.path(&element);
                let mut edit = Edit::new(path.as_str(), value.as_str());
                if let Some(content) = setting.content(&system, &element) {
                    edit.read(content);
                }
                let mut same = system.clone();
                edit.apply(&mut same).unwrap_or_else(|error| panic!("{path}={value}: {error}"));
                // These make what they are a part of, where that is not there: it does nothing.
                let makes =
                    ["retries", "timeout", "hedge_after", "image_pull", "container_start", "readiness_delay"];
                if !makes.contains(&setting.name) {
                    assert!(same == system, "{path}={value}");
                }
                assert_eq!(setting.value(&same, &element).as_ref(), Some(&value), "{path}");
                if value != "none" {
                    seen.insert(setting.name);
                }
            }
        }
    }
    let all: BTreeSet<&str> = Setting::all().map(|setting| setting.name).collect();
    assert_eq!(seen, all);
}

#[test]
fn what_is_set_is_read() {
    for system in systems() {
        for setting in Setting::all() {
            for element in elements(&system, setting.scope) {
                if setting.value(&system, &element).is_none() {
                    continue;
                }
                let value = match setting.kind {
                    Kind::Count | Kind::CountOrInfinite => "7".to_owned(),
                    Kind::Number(_) => "8.25".into(),
                    Kind::Duration => "0.125s".into(),
                    Kind::Share => "0.25".into(),
                    Kind::Choice(words) => words().last().unwrap().to_string(),
                    Kind::Host => system.hosts[0].name.clone(),
                    Kind::Factor | Kind::File => continue,
                };
                let mut changed = system.clone();
                Edit::new(setting.path(&element), &*value).apply(&mut changed).unwrap();
                let read = setting.value(&changed, &element).unwrap();
                let number = |text: &str| text.trim_end_matches('s').parse::<f64>().ok();
                match (number(&read), number(&value)) {
                    // Sums over activities and means of fitted distributions round.
                    (Some(a), Some(b)) => {
                        assert!((a - b).abs() <= 1e-12 * b, "{}: {a} {b}", setting.path(&element))
                    }
                    _ => assert_eq!(read, value),
                }
                if setting.optional {
                    Edit::new(setting.path(&element), "none").apply(&mut changed).unwrap();
                    assert_eq!(setting.value(&changed, &element).as_deref(), Some("none"));
                }
            }
        }
    }
}
