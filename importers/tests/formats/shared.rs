//! Every file of the shared data, format by format: what is counted must be what its README counts.
//!
//! `README.md` there is made by a script of its own (`check.py`), so these are two counts of one file. Where the two
//! count differently, the row says why.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::common::{self, import, shared, shared_files};
use tracecast_importers::formats::TraceFormat;
use tracecast_importers::{ImportReport, Span, Trace, assemble, open};

/// What the README says of a file.
struct Row {
    file: &'static str,
    format: &'static str,
    traces: usize,
    /// Spans, the records left out included.
    spans: usize,
    services: usize,
    edges: usize,
    /// Warnings with their counts.
    quirks: &'static [(&'static str, u64)],
}

const fn row(
    file: &'static str,
    format: &'static str,
    [traces, spans, services, edges]: [usize; 4],
    quirks: &'static [(&'static str, u64)],
) -> Row {
    Row { file, format, traces, spans, services, edges, quirks }
}

const KIEKER: &str = "kieker";
const DATADOG: &str = "datadog-json";
const JAEGER_ES: &str = "jaeger-elasticsearch";
const OTLP: &str = "otlp-json";
const PREPPER: &str = "data-prepper";
const XRAY: &str = "xray-json";
const ZIPKIN: &str = "zipkin-json";

const ROWS: &[Row] = &[
    row(
        "airshipshop-namekotracer-1",
        "nameko-tracer",
        [787, 2083, 3, 3],
        &[("malformed-record", 0), ("unfinished-call", 0), ("missing-parent", 0)],
    ),
    row("bookstore-kieker-1", KIEKER, [1635, 6540, 3, 3], &[("missing-caller", 0), ("gap-in-trace", 0)]),
    row("bookstore-kieker-2", KIEKER, [2, 5, 3, 1], &[("unclosed-operation", 0)]),
    // With the three begins that have no end.
    row("bookstore-kieker-3", KIEKER, [1, 2 + 3, 1, 0], &[("unclosed-operation", 3)]),
    row("bookstore-kieker-4", KIEKER, [4, 24, 5, 6], &[("unclosed-operation", 0)]),
    row("bookstore-kieker-5", KIEKER, [2, 12, 5, 6], &[]),
    row("bookstore-kieker-6", KIEKER, [333, 883, 3, 3], &[("malformed-record", 0)]),
    row("onlineboutique-nezhacsv-1.csv", "nezha-csv", [502, 22969, 10, 13], &[("missing-parent", 0)]),
    row("testlog-kieker-1", KIEKER, [1, 52, 1, 0], &[("unclosed-operation", 0)]),
    row("trainticket-skywalkingcsv-1.csv", "skywalking-csv", [364, 15300, 5, 6], &[("missing-parent", 0)]),
    row("airshipshop-otlpjsonl-1.jsonl", OTLP, [787, 3379, 3, 3], &[("child-after-parent", 0)]),
    row("airshipshop-otlppb-1.binpb", "otlp-protobuf", [787, 3379, 3, 3], &[]),
    row("jaegerfixture-otlpjson-example-trace.json", OTLP, [1, 5, 3, 0], &[]),
    row("jaegerfixture-otlpjson-log-tags-trace.json", OTLP, [1, 1, 1, 0], &[]),
    row("jaegerfixture-otlpjson-multi-index-trace.json", OTLP, [1, 2, 1, 0], &[]),
    row("jaegerfixture-otlpjson-span-tags-trace.json", OTLP, [1, 1, 1, 0], &[]),
    row("otlpspec-otlpjson-1.json", OTLP, [1, 1, 1, 0], &[("missing-parent", 1)]),
    row("springlamp-otlpjsonl-1.jsonl", OTLP, [2, 10, 1, 0], &[]),
    // Its two spans are one, written twice.
    row("telemetrygen-otlpjson-1.json", OTLP, [1, 2, 1, 0], &[("missing-parent", 1), ("repeated-span", 1)]),
    // With "unknown", and the edge between the two sides of the root, which the README does not count.
    row(
        "collectorfixture-zipkin1-1.json",
        ZIPKIN,
        [1, 5, 4, 3],
        &[("missing-service", 1), ("missing-time", 0)],
    ),
    row("collectorfixture-zipkin2-1.json", ZIPKIN, [1, 1, 1, 0], &[("missing-parent", 1)]),
    row("kafkaapp-zipkin2-1.json", ZIPKIN, [1, 28, 2, 1], &[]),
    row("skewdemo-zipkin2-1.json", ZIPKIN, [1, 4, 2, 1], &[("child-before-parent", 1)]),
    row(
        "smartthings-zipkin2-1.json",
        ZIPKIN,
        [1, 1041, 16, 28],
        &[("partial-span", 84), ("missing-duration", 91)],
    ),
    row("smartthings-zipkin2-2.json", ZIPKIN, [1, 175, 8, 9], &[("missing-duration", 19)]),
    // Of records that hold both sides of a call, each is a span: 1920, 1614, 60 and 63 more than the README's records.
    row("trainticket-zipkin1-1.json", ZIPKIN, [60, 1980 + 1920, 13, 18], &[]),
    row("trainticket-zipkin1-2.json", ZIPKIN, [30, 2094 + 1614, 19, 39], &[]),
    row("trainticket-zipkin1-3.json", ZIPKIN, [30, 90 + 60, 3, 2], &[]),
    row("trainticket-zipkin1-4.json", ZIPKIN, [1, 64 + 63, 8, 8], &[]),
    row("collectorfixture-xray-1.json", XRAY, [1, 18, 1, 0], &[]),
    row("collectorfixture-xray-2.json", XRAY, [1, 1, 1, 0], &[("missing-parent", 1)]),
    row("collectorfixture-xray-3.json", XRAY, [1, 1, 1, 0], &[]),
    row("collectorfixture-xray-4.json", XRAY, [1, 1, 1, 0], &[("missing-duration", 1)]),
    row("collectorfixture-xray-5.json", XRAY, [1, 1, 1, 0], &[("missing-parent", 1)]),
    row("ddtracepy-datadog-1.json", DATADOG, [1, 11, 3, 3], &[]),
    row("ddtracepy-datadog-2.json", DATADOG, [30, 60, 2, 1], &[]),
    row("ddtracepy-datadog-3.json", DATADOG, [6, 9, 2, 0], &[]),
    row("hotrod-jaegeres-1.ndjson", JAEGER_ES, [14, 379, 6, 5], &[]),
    row("orderapp-dataprepper-1.ndjson", PREPPER, [41, 500, 8, 13], &[("missing-parent", 2)]),
    // With the malformed lines.
    row(
        "orderapp-dataprepper-2.ndjson",
        PREPPER,
        [68, 474 + 10, 8, 8],
        &[("malformed-record", 10), ("missing-parent", 192)],
    ),
    row("yelp-zipkin2-1.json", ZIPKIN, [1, 16, 6, 6], &[]),
];

struct Read {
    format: &'static str,
    spans: Vec<Span>,
    traces: Vec<Trace>,
    report: ImportReport,
}

/// The files that a row stands for: one, or those of a folder.
fn files(name: &str) -> Option<Vec<PathBuf>> {
    let path = shared(&format!("traces/{name}"))?;
    Some(if path.is_dir() { shared_files(&format!("traces/{name}"), &[""]) } else { vec![path] })
}

/// The beginning of a file, as formats see it.
fn head(path: &PathBuf) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(open::HEAD);
    bytes
}

fn read(name: &str) -> Option<Read> {
    let files = files(name)?;
    let mut intake = common::read(&files);
    intake.finish();
    let format = open::recognize(&head(&files[0])).unwrap().name();
    let (spans, mut report) = (intake.spans.clone(), intake.report);
    let traces = assemble(intake.spans, &mut report);
    Some(Read { format, spans, traces, report })
}

/// Pairs of services with a span of the one under a span of the other.
fn edges(traces: &[Trace]) -> BTreeSet<(String, String)> {
    let pair = |trace: &Trace, place: usize| {
        let node = &trace.nodes[place];
        let parent = &trace.nodes[node.parent?].span.service;
        (*parent != node.span.service).then(|| (parent.to_string(), node.span.service.to_string()))
    };
    traces.iter().flat_map(|trace| (0..trace.nodes.len()).filter_map(|place| pair(trace, place))).collect()
}

#[test]
fn counts_are_those_of_the_readme() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let Some(read) = read(row.file) else { return };
        let mut expect = |what: &str, found: usize, expected: usize, more: &dyn std::fmt::Debug| {
            if found != expected {
                wrong.push(format!("{}: {found} {what} instead of {expected}: {more:?}", row.file));
            }
        };
        assert_eq!(read.format, row.format, "{}", row.file);
        expect("spans", read.spans.len() + read.report.skipped as usize, row.spans, &read.report.warnings);
        let traces: BTreeSet<_> = read.spans.iter().map(|span| span.trace_id).collect();
        expect("traces", traces.len(), row.traces, &());
        let services: BTreeSet<_> = read.spans.iter().map(|span| &*span.service).collect();
        expect("services", services.len(), row.services, &services);
        for (code, count) in row.quirks {
            let found = read.report.warning(code).map_or(0, |warning| warning.count);
            expect(code, found as usize, *count as usize, &());
        }
        let edges = edges(&read.traces);
        expect("edges", edges.len(), row.edges, &edges);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each is recognized by one format only.
#[test]
fn no_file_is_taken_for_another_format() {
    for row in ROWS {
        let Some(files) = files(row.file) else { return };
        for file in files {
            let head = head(&file);
            let by: Vec<_> = tracecast_importers::formats::all()
                .iter()
                .filter(|format| format.detect(&head))
                .map(|format| format.name())
                .collect();
            assert_eq!(by, [row.format], "{}", file.display());
        }
    }
}

/// A model comes out of each, and it is valid (checked by `import`).
#[test]
fn every_file_gives_a_model() {
    for row in ROWS {
        let Some(files) = files(row.file) else { return };
        import(&files);
    }
}

/// The README's counts of failed spans.
#[test]
fn failed_spans() {
    let files = [
        ("collectorfixture-xray-1.json", 5),
        ("hotrod-jaegeres-1.ndjson", 18),
        ("kafkaapp-zipkin2-1.json", 3),
        ("orderapp-dataprepper-1.ndjson", 16),
        ("orderapp-dataprepper-2.ndjson", 25),
        ("smartthings-zipkin2-1.json", 2),
        ("smartthings-zipkin2-2.json", 2),
        ("trainticket-zipkin1-1.json", 21),
        ("trainticket-zipkin1-2.json", 17),
    ];
    for (file, expected) in files {
        let Some(read) = read(file) else { return };
        let failed: Vec<_> = read.spans.iter().filter(|span| span.error).collect();
        // Of a record with both sides, which is two spans, either or both may have failed.
        let records: BTreeSet<_> = failed.iter().map(|span| (span.trace_id, span.span_id)).collect();
        let count = if file.contains("zipkin1") { records.len() } else { failed.len() };
        assert_eq!(count, expected, "{file}");
    }
}

/// The services and their calls, in `ground-truth.md` (and, of the order application, those that Data Prepper itself
/// found).
#[test]
fn architectures_are_the_true_ones() {
    const TRAIN: &[&str] = &[
        "preserve-other: contacts, order-other, price, security, sso, station, travel2",
        "security: order, order-other",
        "travel2: order-other, ticketinfo",
        "ticketinfo: basic",
        "basic: config, price, station, train",
        "price: config",
        "order-other: sso",
    ];
    // `orderapp-servicemap-1.ndjson`.
    const ORDER: &[&str] = &[
        "authentication: analytics-service, recommendation",
        "frontend-client: authentication, order, payment",
        "inventory: analytics-service, database",
        "order: analytics-service, database",
        "payment: analytics-service, inventory",
        "recommendation: analytics-service, inventory",
    ];
    let hotrod = &["frontend: customer, driver, route", "customer: mysql", "driver: redis"];
    let airship = &["gateway: orders, products", "orders: products"];
    let systems: [(&str, &[&str], [&str; 2]); 4] = [
        ("hotrod-jaegeres-1.ndjson", hotrod, ["", ""]),
        ("orderapp-dataprepper-1.ndjson", ORDER, ["", ""]),
        ("airshipshop-otlppb-1.binpb", airship, ["", ""]),
        ("trainticket-zipkin1-1.json", TRAIN, ["ts-", "-service"]),
    ];
    for (file, calls, [before, after]) in systems {
        let full = |name: &str| format!("{before}{name}{after}");
        let Some(path) = shared(&format!("traces/{file}")) else { return };
        let expected: BTreeSet<(String, String)> = calls
            .iter()
            .filter_map(|line| line.split_once(": "))
            .flat_map(|(from, to)| to.split(", ").map(move |to| (full(from), full(to))))
            .collect();
        let imported = import(&[path]);
        let service = |name: &str| name.split('/').next().unwrap().to_string();
        let found: BTreeSet<_> =
            imported.report.calls.iter().map(|call| (service(&call.from), service(&call.to))).collect();
        assert_eq!(found, expected, "{file}");
        let services: BTreeSet<_> = imported.services().into_iter().map(str::to_string).collect();
        let both = |(from, to): (String, String)| [from, to];
        assert_eq!(services, expected.into_iter().flat_map(both).collect(), "{file}");
    }
}

/// Of one recording, in protobuf and converted to JSON by its authors.
#[test]
fn protobuf_and_json_of_one_recording_hold_the_same_spans() {
    let files = ["airshipshop-otlppb-1.binpb", "airshipshop-otlpjsonl-1.jsonl"];
    let [Some(protobuf), Some(json)] = files.map(read) else { return };
    assert_eq!(protobuf.spans, json.spans);
    assert_eq!(protobuf.spans.iter().filter(|span| span.error).count(), 30);
}

/// The file ends inside a string, after 1744 records of which 1708 hold both sides of a call (counted by parsing the
/// text record by record).
#[test]
fn a_truncated_file_keeps_its_whole_records() {
    let Some(read) = read("trainticket-zipkin1-truncated-5.json") else { return };
    assert_eq!(read.report.warning("truncated").unwrap().count, 1);
    assert_eq!(read.spans.len(), 1744 + 1708);
    let traces: BTreeSet<_> = read.spans.iter().map(|span| span.trace_id).collect();
    assert_eq!(traces.len(), 36);
}

/// Metrics, results of load generators, schemas: none of them is taken for traces.
#[test]
fn what_is_no_trace_is_refused() {
    let names = [
        "airshipshop-loadcsv-1.csv",
        "bitcoinapi-locust-1_stats.csv",
        "bitcoinapi-locust-1_stats_history.csv",
        "bookstore-kieker-1-expected",
        "ehrbase-jmeterjtl-1.jtl",
        "jaegermetrics-promjson-1.json",
        "k6template-k6json-1.json",
        "kruiszthesis-promalerts-1.yml",
        "onlineboutique-metrics-1",
        "orderapp-servicemap-1.ndjson",
        "socialnetwork-edgecsv-1.csv",
        "socialnetwork-wrk2-1.txt",
        "template-skywalkingseg-1.json",
    ];
    for name in names {
        let Some(files) = files(name) else { return };
        for file in files {
            let result = open::recognize(&head(&file)).map(TraceFormat::name);
            assert!(result.is_err(), "{}: {result:?}", file.display());
        }
    }
}
