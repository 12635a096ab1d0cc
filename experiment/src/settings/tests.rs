//! What a setting reads is what it sets.

use std::collections::BTreeSet;

use tracecast_model::{Distribution, Link, Memory, Network, System, fixtures, native};

use super::{Kind, Scope, Setting};
use crate::Edit;

/// Systems that together have every setting.
fn systems() -> Vec<System> {
    let image = include_str!("../../../examples/image-system/model.json");
    let mut image = native::read(image).unwrap();
    for (path, value) in [
        ("crop.cfs_period", "100ms"),
        ("crop.cfs_slice", "5ms"),
        ("crop.cpu_request", "0.25"),
        ("crop.lanes", "urgent: handle *3; rest: a, b"),
        ("crop.overflow", "drop_head"),
        ("crop.prefetch", "4"),
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
    let link = Link {
        latency: Some(Distribution::exponential(0.001)),
        bandwidth: Some(125e6),
        to: vec!["database".into()],
        ..Link::new("to the database")
    };
    rest.network = Some(Network { links: vec![link], ..Network::default() });
    Edit::new("web/handle -> application/handle.timeout", "2s").apply(&mut rest).unwrap();
    vec![image, storm, rest, repeated()]
}

/// A request does 10 ms three times, with a wait of 20 ms each, then 40 ms with probability 1/4: 40 ms of work, 60 ms of waits.
fn repeated() -> System {
    let mut system = fixtures::three_tiers(20.0);
    let operation = &mut system.service_mut("database").unwrap().operations[0];
    operation.steps = serde_json::from_str(
        r#"[
            { "loop": { "mean": 3, "steps": [{ "activity": { "demand": "10ms", "delay": "20ms" } }] } },
            { "choice": { "branches": [
                { "probability": 0.25, "steps": [{ "activity": { "demand": "40ms" } }] },
                { "probability": 0.75 }
            ] } }
        ]"#,
    )
    .unwrap();
    system
}

#[test]
fn setting_what_it_is_changes_nothing() {
    let mut seen = BTreeSet::new();
    for system in systems() {
        for setting in Setting::all() {
            for element in setting.scope.elements(&system) {
                let Some(value) = setting.value(&system, &element) else { continue };
                let path = setting.path(&element);
                let mut edit = Edit::new(path.as_str(), value.as_str());
                if let Some(content) = setting.content(&system, &element) {
                    edit.read(content);
                }
                let mut same = system.clone();
                edit.apply(&mut same).unwrap_or_else(|error| panic!("{path}={value}: {error}"));
                assert!(same == system, "{path}={value}");
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
            for element in setting.scope.elements(&system) {
                if setting.value(&system, &element).is_none() {
                    continue;
                }
                let value = match setting.kind {
                    Kind::Count | Kind::CountOrInfinite => "7".to_owned(),
                    Kind::Number(_) => "8.25".into(),
                    Kind::Duration => "0.125s".into(),
                    Kind::Share => "0.25".into(),
                    Kind::Choice(words) => words().last().unwrap().to_string(),
                    Kind::Text => "one: a *0.5; another: b, c".into(),
                    Kind::Host => system.hosts[0].name.clone(),
                    // They have tests of their own.
                    Kind::Factor | Kind::File => continue,
                };
                let mut changed = system.clone();
                Edit::new(setting.path(&element), &*value).apply(&mut changed).unwrap();
                let read = setting.value(&changed, &element).unwrap();
                let number = |text: &str| text.trim_end_matches('s').parse::<f64>().ok();
                match (number(&read), number(&value)) {
                    // Sums over activities and means of fitted distributions round.
                    (Some(a), Some(b)) => {
                        assert!((a - b).abs() <= 1e-12 * b, "{}: {a} {b}", setting.path(&element));
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

#[test]
fn a_factor_multiplies_and_stays_a_factor() {
    for system in systems() {
        for setting in Setting::all().filter(|setting| matches!(setting.kind, Kind::Factor)) {
            for element in setting.scope.elements(&system) {
                let mut doubled = system.clone();
                Edit::new(setting.path(&element), "*2").apply(&mut doubled).unwrap();
                assert_eq!(setting.value(&doubled, &element).as_deref(), Some("*1"));
                let before = &system.service(&element).unwrap().operations;
                let after = &doubled.service(&element).unwrap().operations;
                for (before, after) in before.iter().zip(after) {
                    assert!((after.demand() - 2.0 * before.demand()).abs() <= 1e-12 * after.demand());
                }
            }
        }
    }
}

#[test]
fn a_file_is_read_as_its_kind_and_what_it_says() {
    let policy = r#"{ "kind": "schedule", "entries": [{ "at": "5s", "replicas": 3 }] }"#;
    let network = r#"{ "links": [{ "name": "lan", "latency": "1ms" }] }"#;
    for setting in Setting::all().filter(|setting| matches!(setting.kind, Kind::File)) {
        let (text, kind) =
            if setting.name == "network" { (network, "network") } else { (policy, "schedule") };
        for system in systems() {
            for element in setting.scope.elements(&system) {
                let path = setting.path(&element);
                let mut changed = system.clone();
                let mut edit = Edit::new(path.as_str(), "policy.json");
                edit.read(text.into());
                edit.apply(&mut changed).unwrap();
                assert_eq!(setting.value(&changed, &element).as_deref(), Some(kind), "{path}");

                let mut again = system.clone();
                let mut edit = Edit::new(path.as_str(), "policy.json");
                edit.read(setting.content(&changed, &element).unwrap());
                edit.apply(&mut again).unwrap();
                assert!(again == changed, "{path}");

                Edit::new(path.as_str(), "none").apply(&mut changed).unwrap();
                assert_eq!(setting.value(&changed, &element).as_deref(), Some("none"), "{path}");
                assert_eq!(setting.content(&changed, &element), None, "{path}");
            }
        }
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    for system in systems() {
        for setting in Setting::all() {
            for element in setting.scope.elements(&system) {
                let path = setting.path(&element);
                let mut same = system.clone();
                assert!(Edit::new(path.as_str(), "nonsense").apply(&mut same).is_err(), "{path}");
                assert!(same == system, "{path}");
            }
        }
    }
}

#[test]
fn times_of_an_operation_are_those_of_one_request() {
    for (name, value) in [("demand", 0.04), ("delay", 0.06)] {
        let mut system = repeated();
        let setting = Setting::of(Scope::Operation).find(|setting| setting.name == name).unwrap();
        let read = |system: &System| {
            let text = setting.value(system, "database/handle").unwrap();
            text.trim_end_matches('s').parse::<f64>().unwrap()
        };
        // Sums of a few terms round.
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b, "{name}: {a} {b}");
        near(read(&system), value);
        Edit::new(setting.path("database/handle"), "*1.5").apply(&mut system).unwrap();
        near(read(&system), 1.5 * value);
        Edit::new(setting.path("database/handle"), "1s").apply(&mut system).unwrap();
        near(read(&system), 1.0);
    }
}

#[test]
fn an_operation_without_activities_takes_no_time_until_it_is_set() {
    let mut system = repeated();
    system.service_mut("database").unwrap().operations[0].steps.clear();
    for name in ["demand", "delay"] {
        let setting = Setting::of(Scope::Operation).find(|setting| setting.name == name).unwrap();
        assert_eq!(setting.value(&system, "database/handle").as_deref(), Some("0s"), "{name}");
        let mut set = system.clone();
        Edit::new(setting.path("database/handle"), "0.5s").apply(&mut set).unwrap();
        assert_eq!(setting.value(&set, "database/handle").as_deref(), Some("0.5s"), "{name}");
    }
}

/// What callers of a service do holds for a call until it is said otherwise of that.
#[test]
fn a_call_has_the_policy_of_its_service_until_it_has_its_own() {
    let mut system = fixtures::three_tiers(20.0);
    let apply = |system: &mut System, path: &str, value: &str| Edit::new(path, value).apply(system).unwrap();
    apply(&mut system, "database.timeout", "2s");
    apply(&mut system, "database.retries", "3");
    let call = "application/handle -> database/handle";
    let read = |system: &System, name: &str| {
        let setting = Setting::of(Scope::Call).find(|setting| setting.name == name).unwrap();
        setting.value(system, call).unwrap()
    };
    assert_eq!((read(&system, "timeout").as_str(), read(&system, "retries").as_str()), ("2s", "3"));
    apply(&mut system, &format!("{call}.timeout"), "*0.5");
    apply(&mut system, "database.retries", "5");
    assert_eq!((read(&system, "timeout").as_str(), read(&system, "retries").as_str()), ("1s", "3"));
    // Spaces around the arrow may be left out.
    apply(&mut system, "application/handle->database/handle.latency", "5ms");
    assert_eq!(read(&system, "latency"), "0.005s");
    let error = Edit::new("web/handle->nobody/handle.timeout", "1s").apply(&mut system).unwrap_err();
    assert!(error.to_string().contains(call), "{error}");
}

#[test]
fn the_family_of_work_changes_and_its_moments_stay() {
    let mut system = repeated();
    let set = |system: &mut System, name: &str, value: &str| {
        Edit::new(format!("database/handle.{name}"), value).apply(system).unwrap();
    };
    let read = |system: &System, name: &str| {
        let setting = Setting::of(Scope::Operation).find(|setting| setting.name == name).unwrap();
        setting.value(system, "database/handle").unwrap()
    };
    set(&mut system, "demand_scv", "4");
    set(&mut system, "demand_family", "log_normal");
    assert_eq!(read(&system, "demand_family"), "log_normal");
    let scv = |system: &System| read(system, "demand_scv").parse::<f64>().unwrap();
    assert!((scv(&system) - 4.0).abs() < 1e-9);
    assert!((system.service("database").unwrap().operations[0].demand() - 0.04).abs() < 1e-12);
    // Another variation keeps what was chosen.
    set(&mut system, "demand_scv", "9");
    assert_eq!((read(&system, "demand_family").as_str(), scv(&system).round()), ("log_normal", 9.0));
    let unknown = Edit::new("database/handle.demand_family", "pareto").apply(&mut system).unwrap_err();
    assert!(unknown.to_string().contains("weibull"), "{unknown}");
}

#[test]
fn the_shape_of_work_changes_and_its_mean_stays() {
    for (scv, family) in
        [("0", "deterministic"), ("0.5", "gamma"), ("1", "exponential"), ("4", "hyper_exponential")]
    {
        let mut system = repeated();
        Edit::new("database/handle.demand_scv", scv).apply(&mut system).unwrap();
        let operation = &system.service("database").unwrap().operations[0];
        // 3 · 10 ms and 40 ms / 4; sums round.
        assert!((operation.demand() - 0.04).abs() < 1e-15);
        for activity in operation.activities() {
            let shape = serde_json::to_value(activity.demand.family()).unwrap();
            assert_eq!(shape["family"], family);
        }
    }
}

/// Tables of measured runs tell columns of settings from columns of figures by their last words.
#[test]
fn no_setting_is_called_like_a_figure() {
    for setting in Setting::all() {
        assert!(setting.path("crop").parse::<tracecast_model::MetricPath>().is_err(), "{}", setting.name);
    }
}
