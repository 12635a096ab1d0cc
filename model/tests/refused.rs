//! One refused model per diagnostic code: every rule fires where it should, and says so.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use std::path::Path;

use tracecast_model::{Code, native, validate};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused")
}

#[test]
fn every_code_has_an_example_that_it_refuses() {
    for code in Code::ALL {
        let path = folder().join(format!("{}.json", code.name()));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let found = validate(&native::read(&text).unwrap());
        assert!(found.iter().any(|diagnostic| diagnostic.code == code), "{}: {found:?}", path.display());
    }
}

#[test]
fn every_example_belongs_to_a_code() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(Code::ALL.iter().any(|code| name == format!("{}.json", code.name())), "{name}");
    }
}

#[test]
fn the_codes_are_sorted_and_named_as_they_are_written() {
    let names = Code::ALL.map(Code::name);
    assert!(names.is_sorted());
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.name());
    }
}

/// Everything wrong is listed at once, each with its element. Out of range in that file: two of the host, four of
/// service a, one of its call, nine of service b, nine of the workloads, and five of
/// the faults.
#[test]
fn all_problems_at_once() {
    let text = std::fs::read_to_string(folder().join("out-of-range.json")).unwrap();
    let found = validate(&native::read(&text).unwrap());
    let out_of_range = found.iter().filter(|diagnostic| diagnostic.code == Code::OutOfRange).count();
    assert_eq!(out_of_range, 30, "{found:#?}");
    for element in ["host \"machine\"", "service \"a\"", "workload \"closed\"", "operation \"a/x\""] {
        assert!(found.iter().any(|diagnostic| diagnostic.element == element), "{element}");
    }
}

/// A profile and a recording that make no sense, each with the words of its refusal.
#[test]
fn loads_that_vary_are_checked() {
    let base = std::fs::read_to_string(folder().join("time-order.json")).unwrap();
    for (load, code, words) in [
        (r#"{"profile": {"points": []}}"#, Code::NoRequest, "two points"),
        (r#"{"profile": {"points": [{"at": 0, "rate": 5}]}}"#, Code::NoRequest, "two points"),
        (
            r#"{"profile": {"points": [{"at": 0, "rate": 0}, {"at": 9, "rate": 0}]}}"#,
            Code::NoRequest,
            "sends nothing",
        ),
        (
            r#"{"profile": {"points": [{"at": 3, "rate": 1}, {"at": 3, "rate": 9}]}}"#,
            Code::NoRequest,
            "sends nothing",
        ),
        (
            r#"{"profile": {"points": [{"at": 0, "rate": 1e308}, {"at": 1e3, "rate": 1e308}]}}"#,
            Code::OutOfRange,
            "finite",
        ),
        (r#"{"replay": {"at": []}}"#, Code::NoRequest, "no recorded arrival"),
        (r#"{"replay": {"at": [2, 1]}}"#, Code::TimeOrder, "from 2 s to 1 s"),
    ] {
        let mut system = native::read(&base).unwrap();
        system.workloads[0].load = serde_json::from_str(load).unwrap();
        let found = validate(&system);
        assert!(
            matches!(found.as_slice(), [one] if one.code == code && one.message.contains(words)),
            "{load}: {found:?}"
        );
    }
}

/// One thread goes round, and what it needs is named, one complaint for each.
#[test]
fn polling_needs_one_thread_of_its_own() {
    let base = std::fs::read_to_string(folder().join("time-order.json")).unwrap();
    for (changes, words) in [
        (r#"{"concurrency": 2}"#, "a concurrency of 1"),
        (r#"{"replicas": 2}"#, "a single replica"),
        (r#"{"work_queue": {"name": "tasks"}}"#, "not a work queue"),
        (r#"{"polling": {"visit": {"limited": 0}}}"#, "polling limit is 0"),
        (r#"{"weight": 0}"#, "weight is 0"),
    ] {
        let mut model: serde_json::Value = serde_json::from_str(&base).unwrap();
        model["workloads"][0]["load"] = serde_json::json!({"poisson": {"rate": 1}});
        let service = model["services"][0].as_object_mut().unwrap();
        service.insert("concurrency".into(), 1.into());
        service.insert("polling".into(), serde_json::json!({}));
        let sound = native::read(&serde_json::to_string(&model).unwrap()).unwrap();
        assert!(validate(&sound).is_empty(), "{:?}", validate(&sound));
        let changes: serde_json::Map<String, serde_json::Value> = serde_json::from_str(changes).unwrap();
        model["services"][0].as_object_mut().unwrap().extend(changes);
        let found = validate(&native::read(&serde_json::to_string(&model).unwrap()).unwrap());
        assert!(matches!(found.as_slice(), [one] if one.message.contains(words)), "{words}: {found:?}");
    }
}

/// Every discipline and arrival process beyond plain ones is found with its element.
#[test]
fn disciplines_and_arrivals_are_features() {
    use tracecast_model::{Feature, feature};
    let base = std::fs::read_to_string(folder().join("time-order.json")).unwrap();
    for (pointer, value, expected) in [
        ("/hosts/0/scheduling", serde_json::json!("lcfs"), (Feature::Lcfs, "host \"machine\"")),
        (
            "/hosts/0/scheduling",
            serde_json::json!("preemptive_lcfs"),
            (Feature::PreemptiveLcfs, "host \"machine\""),
        ),
        ("/hosts/0/speed_by_load", serde_json::json!([1, 2]), (Feature::SpeedByLoad, "host \"machine\"")),
        ("/services/0/weight", serde_json::json!(2), (Feature::Weight, "service \"a\"")),
        ("/services/0/polling", serde_json::json!({}), (Feature::Polling, "service \"a\"")),
        (
            "/services/0/autoscaler",
            serde_json::json!({"kind": "hpa", "max_replicas": 2}),
            (Feature::Autoscaling, "service \"a\""),
        ),
        (
            "/workloads/0/load",
            serde_json::json!({"renewal": {"gap": "1s"}}),
            (Feature::RenewalArrivals, "workload \"ramp\""),
        ),
        (
            "/workloads/0/load",
            serde_json::json!({"markov": {"d0": [[-1]], "d1": [[1]]}}),
            (Feature::MarkovArrivals, "workload \"ramp\""),
        ),
    ] {
        let mut model: serde_json::Value = serde_json::from_str(&base).unwrap();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        model.pointer_mut(parent).unwrap()[field] = value;
        let system = native::read(&serde_json::to_string(&model).unwrap()).unwrap();
        let (feature, element) = expected;
        assert_eq!(feature::features(&system), [(feature, element.to_owned())], "{pointer}");
    }
}

/// One of several parallel branches may reply, wherever it is nested; two of them may not, and a loop never.
#[test]
fn one_branch_of_a_fork_may_reply() {
    let base = std::fs::read_to_string(folder().join("reply.json")).unwrap();
    let work = r#"{"activity": {"demand": "1ms"}}"#;
    let fork = |first: &str, second: &str| format!(r#"{{"fork": {{"branches": [[{first}], [{second}]]}}}}"#);
    let reply = r#"{"reply": {}}"#;
    let inner = fork(reply, work);
    for (steps, allowed) in [
        (fork(reply, work), true),
        (fork(&inner, work), true),
        (format!("{}, {work}", fork(work, reply)), true),
        (fork(reply, reply), false),
        (fork(&inner, reply), false),
        (format!("{}, {reply}", fork(reply, work)), false),
        (format!(r#"{{"loop": {{"mean": 2, "steps": [{inner}]}}}}"#), false),
    ] {
        let mut system = native::read(&base).unwrap();
        system.services[0].operations[0].steps = serde_json::from_str(&format!("[{steps}]")).unwrap();
        let refused = validate(&system).iter().any(|diagnostic| diagnostic.code == Code::Reply);
        assert_eq!(refused, !allowed, "{steps}");
    }
}
