//! Users who wait for their replies are told from their sessions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in helpers of tests, too")]

mod common;

use common::{Imported, import_bytes};
use tracecast_model::Load;

/// Requests that take 0.2 s: each user asks, thinks 0.8 s after the reply, and asks again; users begin 0.37 s apart.
fn traces(users: u64, requests: u64, key: &str) -> String {
    let mut lines = String::new();
    for user in 0..users {
        for request in 0..requests {
            let start = 1_700_000_000_000_000_000 + user * 370_000_000 + request * 1_000_000_000;
            let (trace, end) = (user * 1000 + request + 1, start + 200_000_000);
            lines += &format!(
                "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\
                 \"shop\"}}}}]}},\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{trace:032x}\",\"spanId\":\"{trace:016x}\",\
                 \"name\":\"buy\",\"kind\":2,\"startTimeUnixNano\":\"{start}\",\"endTimeUnixNano\":\"{end}\",\"attributes\":\
                 [{{\"key\":\"{key}\",\"value\":{{\"stringValue\":\"user {user}\"}}}}]}}]}}]}}]}}\n"
            );
        }
    }
    lines
}

fn imported(users: u64, requests: u64, key: &str) -> Imported {
    import_bytes(traces(users, requests, key).as_bytes()).unwrap()
}

fn parameter(imported: &Imported, path: &str) -> f64 {
    let mut all = imported.report.parameters.iter();
    all.find(|parameter| parameter.path == path).map_or(f64::NAN, |found| found.value)
}

/// Five users with a cycle of 1 s ask five times a second.
#[test]
fn users_who_stay() {
    let imported = imported(5, 200, "session.id");
    let Load::Closed { population, think_time } = &imported.system.workloads[0].load else {
        panic!("{:?}", imported.system.workloads)
    };
    assert_eq!(*population, 5);
    assert!((think_time.mean() - 0.8).abs() < 1e-9, "{think_time:?}");
    assert_eq!(parameter(&imported, "requests.per_session"), 200.0);
    assert!((parameter(&imported, "requests.rate") - 5.0).abs() < 0.05);
}

/// Visitors who ask three times each do not wait for one another: their number is not fixed.
#[test]
fn users_who_come_and_go() {
    let imported = imported(300, 3, "enduser.id");
    assert!(!matches!(imported.system.workloads[0].load, Load::Closed { .. }));
    assert_eq!(parameter(&imported, "requests.per_session"), 3.0);
    assert!((parameter(&imported, "requests.think_time") - 0.8).abs() < 1e-9);
}

#[test]
fn requests_that_do_not_tell_who_asked() {
    let imported = imported(5, 200, "http.method");
    assert!(!matches!(imported.system.workloads[0].load, Load::Closed { .. }));
    assert!(parameter(&imported, "requests.per_session").is_nan());
}
