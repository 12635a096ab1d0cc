//! Tables of spans.

use std::io::Cursor;

use tracecast_importers::{ImportError, Intake, SpanKind, formats, open};

use crate::common::{fixture, import, shared};
use crate::{bytes, count, intake, span};

const CALLS: &str = "\u{feff}request;call;caller;component;host;what;begin;took;side;failed\n\
    r1;1;-;shop;box-1;buy;2026-01-02 03:04:05.000;100;in;no\n\
    r1;2;1;shop;box-1;get;2026-01-02 03:04:05.020;60.5;out;no\n\
    r1;3;2;stock;box-2;get;2026-01-02T03:04:05.030Z;40;in;true\n\
    r1;4;3;stock\n";

fn read(inputs: &[(&str, Vec<u8>)]) -> Result<Intake, ImportError> {
    let inputs: Vec<open::Input<'_>> = inputs
        .iter()
        .map(|(name, bytes)| open::Input {
            name: (*name).into(),
            open: Box::new(move || Ok(Box::new(Cursor::new(bytes.clone())))),
            optional: false,
        })
        .collect();
    let mut intake = Intake::new();
    open::read_folder(&inputs, None, &mut intake).map_err(|failed| failed.error)?;
    intake.finish();
    Ok(intake)
}

#[test]
fn a_map_in_the_folder_explains_its_tables() {
    let calls = ("calls.csv", CALLS.as_bytes().to_vec());
    let intake = read(&[calls.clone(), ("columns.toml", bytes("csv/columns.toml"))]).unwrap();
    assert_eq!((intake.spans.len(), intake.report.skipped), (3, 1));
    assert!(intake.report.warning("malformed-record").unwrap().example.starts_with("line 5"));
    let [buy, call, get] = &intake.spans[..] else { panic!() };
    assert_eq!((buy.kind, call.kind, get.kind), (SpanKind::Server, SpanKind::Client, SpanKind::Server));
    assert_eq!([call.parent, get.parent], [Some(buy.span_id), Some(call.span_id)]);
    assert_eq!((buy.parent, buy.error, get.error), (None, false, true));
    assert_eq!((call.start, call.end - call.start), (1_767_323_045_020_000_000, 60_500_000));
    assert_eq!(get.instance.as_deref(), Some("box-2"));
    // Without it the table is of no format.
    assert!(matches!(read(&[calls]), Err(ImportError::UnknownFormat { .. })));
}

#[test]
fn a_map_may_be_given_beforehand() {
    let mut intake = Intake::new();
    let csv = formats::by_name("csv").unwrap();
    let error = open::read(CALLS.as_bytes(), Some(csv), &mut intake).unwrap_err();
    assert!(error.to_string().contains("MAP.toml"), "{error}");
    intake.explain_csv(&String::from_utf8(bytes("csv/columns.toml")).unwrap()).unwrap();
    open::read(CALLS.as_bytes(), Some(csv), &mut intake).unwrap();
    assert_eq!(intake.spans.len(), 3);
    let error = open::read(&b"request;call\n1;2\n"[..], Some(csv), &mut intake).unwrap_err();
    assert!(error.to_string().contains("there is no column \"what\""), "{error}");
}

#[test]
fn skywalking_spans() {
    let intake = intake("skywalking_csv/pair.csv");
    assert_eq!(count(&intake, "malformed-record"), 1);
    assert_eq!(span(&intake, "SELECT a, b").attributes.peer_service.as_deref(), Some("db"));
    assert_eq!(
        fixture("skywalking_csv/pair.csv").calls(),
        ["shop//buy -> stock//get synchronous 1.00", "stock//get -> db/SELECT a, b synchronous 1.00"]
    );
}

#[test]
fn pods_are_replicas_of_services() {
    let pods = fixture("nezha_csv/pods.csv");
    assert_eq!(pods.services(), ["front", "stock-service"]);
    assert_eq!(pods.system.service("front").unwrap().replicas, 2);
    assert_eq!(pods.calls(), ["front/Recv -> stock-service/Get synchronous 0.50"]);
}

/// Two rows of one call are its two sides: 60 ms at the caller, 40 at the callee.
#[test]
fn alibaba_calls_of_2021() {
    let calls = intake("alibaba_csv/2021.csv");
    assert_eq!((calls.spans.len(), calls.report.skipped), (6, 1));
    let kinds: Vec<(&str, SpanKind)> = calls.spans.iter().map(|span| (&*span.service, span.kind)).collect();
    use SpanKind::{Client, Consumer, Server};
    let expected = [
        ("front", Server),
        ("front", Client),
        ("stock", Server),
        ("stock", Client),
        ("mail", Consumer),
        ("front", Client),
    ];
    assert_eq!(kinds, expected);
    let front = fixture("alibaba_csv/2021.csv");
    assert_eq!(
        front.calls(),
        [
            "front/buy -> stock/get synchronous 1.00",
            "front/buy -> mail/send asynchronous 1.00",
            "stock/get -> cache/mc synchronous 1.00",
        ]
    );
    assert!(front.system.service("cache").unwrap().external);
    assert!((front.operation("stock/get").demand() - 0.03).abs() < 1e-9);
}

#[test]
fn alibaba_calls_of_2022() {
    let calls = fixture("alibaba_csv/2022.csv");
    assert_eq!(
        calls.calls(),
        ["MS_1/if_1 -> MS_2/if_2 synchronous 1.00", "MS_2/if_2 -> MS_3/db synchronous 1.00"]
    );
    assert_eq!(calls.traces[0].nodes[1].span.instance.as_deref(), Some("MS_2_POD_3"));
    assert!((calls.traces[0].nodes[1].span.duration() - 0.0605).abs() < 1e-9);
}

/// 967 rows of 17 traces call 132 services, of which one is "(?)", by the README. Of the rows, 64 do not say whom they
/// call; all others name a service that is in the model, as one that recorded spans or as one that was only called.
#[test]
fn every_service_called_in_the_cluster_is_there() {
    let Some(path) = shared("traces/alibaba-mscallgraph2021-1.csv") else { return };
    let cluster = import(std::slice::from_ref(&path));
    let text = std::fs::read_to_string(path).unwrap();
    let called: std::collections::BTreeSet<&str> =
        text.lines().skip(1).map(|line| line.split(',').nth(5).unwrap()).filter(|dm| *dm != "(?)").collect();
    assert_eq!(called.len(), 132 - 1);
    let nodes = || cluster.traces.iter().flat_map(|trace| &trace.nodes);
    assert_eq!((cluster.report.spans, cluster.report.skipped), (967, 0));
    let ids: std::collections::BTreeSet<_> = nodes().map(|node| node.span.trace_id).collect();
    assert_eq!(ids.len(), 17);
    for service in called {
        let there = nodes().any(|node| {
            *node.span.service == *service || node.span.attributes.peer_service.as_deref() == Some(service)
        });
        assert!(there, "{service}");
    }
}
