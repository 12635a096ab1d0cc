//! Small made-up traces, one feature each.

mod common;

use std::io::Write;

use common::{bytes, fixture, import_bytes};
use tracecast_importers::formats::{self, TraceFormat};
use tracecast_importers::{ImportError, Intake, SpanKind, open};
use tracecast_model::{CallCount, Completion, Load, Multiplicity};

const PAIR: &str = "shop/GET / -> stock/get synchronous 1.00";

#[test]
fn every_format_recognizes_its_fixtures_and_no_others() {
    for format in formats::all() {
        let folder = format.name().replace('-', "_");
        let path = format!("{}/tests/data/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files {
            let head = std::fs::read(&file).unwrap();
            let by: Vec<_> = formats::all().iter().filter(|format| format.detect(&head)).collect();
            assert_eq!(by.len(), 1, "{}", file.display());
            assert_eq!(by[0].name(), format.name(), "{}", file.display());
        }
    }
}

#[test]
fn formats_are_listed_in_order_under_their_names() {
    let names: Vec<_> = formats::all().iter().map(|format| format.name()).collect();
    assert!(names.is_sorted());
    for name in names {
        assert_eq!(formats::by_name(name).unwrap().name(), name);
    }
    let error = formats::by_name("punch-cards").map(TraceFormat::name).unwrap_err();
    assert!(error.hint().unwrap().contains("jaeger-json"), "{error}");
}

/// Client and server span are one call: 60 µs at the client of which 40 at the server leave 20 on the network; 100 µs
/// at the caller of which 60 are the call leave 40 of its own.
#[test]
fn client_and_server_span_are_one_call() {
    for (name, unit) in [("jaeger_json/pair.json", 1e-6), ("otlp_json/pair.json", 1e-3)] {
        let pair = fixture(name);
        assert_eq!(pair.calls(), [PAIR]);
        let shop = pair.operation("shop/GET /");
        let latency: f64 =
            shop.activities().iter().flat_map(|a| &a.calls).map(|call| call.latency.mean()).sum();
        assert!((latency / (20.0 * unit) - 1.0).abs() < 1e-6, "{latency}");
        assert!((shop.demand() / (40.0 * unit) - 1.0).abs() < 1e-6);
        assert!((pair.operation("stock/get").demand() / (40.0 * unit) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn forms_of_one_trace() {
    let names = ["bare_trace.json", "list.json", "nested_references.json", "ui.json"]
        .map(|name| format!("jaeger_json/{name}"));
    let others = ["lines.jsonl", "list.json", "protobuf_style.json"].map(|name| format!("otlp_json/{name}"));
    for (names, pair) in [(&names[..], "jaeger_json/pair.json"), (&others[..], "otlp_json/pair.json")] {
        for name in names {
            assert_eq!(fixture(name).system, fixture(pair).system, "{name}");
        }
    }
}

/// The callee's clock is 5 ms behind, which changes neither the kind of the call nor any time.
#[test]
fn clock_skew_changes_nothing() {
    let skewed = fixture("jaeger_json/clock_skew.json");
    assert_eq!(skewed.system, fixture("jaeger_json/pair.json").system);
    assert_eq!(skewed.report.warning("child-before-parent").unwrap().count, 1);
}

#[test]
fn reply_before_the_handler_ends_is_synchronous() {
    assert_eq!(fixture("otlp_json/reply_before_end.json").calls(), [PAIR]);
}

#[test]
fn spans_of_one_instance_within_each_other_are_one_visit() {
    let proxy = fixture("jaeger_json/nested_server_spans.json");
    assert_eq!(proxy.calls(), ["proxy//buy -> shop/buy synchronous 1.00"]);
    assert!((proxy.operation("proxy//buy").demand() - 60e-6).abs() < 1e-12);
}

#[test]
fn a_missing_parent_begins_no_request() {
    let torn = fixture("jaeger_json/missing_parent.json");
    assert_eq!(torn.report.warning("missing-parent").unwrap().count, 1);
    assert_eq!(torn.system.workloads[0].requests.len(), 1);
    assert_eq!(torn.services(), ["shop", "stock"]);
}

#[test]
fn spans_in_a_circle_are_cut_at_the_first() {
    let circle = fixture("jaeger_json/parent_cycle.json");
    assert_eq!(circle.report.warning("parent-cycle").unwrap().count, 1);
    assert_eq!(circle.calls(), [PAIR]);
}

/// The shop calls the stock, which calls the shop back: the model cannot have both, one becomes a delay.
#[test]
fn services_in_a_circle_are_cut() {
    let circle = fixture("jaeger_json/call_cycle.json");
    assert_eq!(circle.report.warning("call-cycle").unwrap().count, 1);
    assert_eq!(circle.report.calls.len(), 1);
}

#[test]
fn overlapping_calls_are_a_fork_and_others_a_sequence() {
    assert_eq!(
        fixture("jaeger_json/fork_join.json").calls(),
        [
            "front/all -> a/a synchronous 1.00 ||",
            "front/all -> b/b synchronous 1.00 ||",
            "front/all -> c/c synchronous 1.00"
        ]
    );
}

#[test]
fn a_branch_may_be_a_sequence() {
    let fork = fixture("jaeger_json/fork_of_sequence.json");
    let steps = &fork.operation("front/all").steps;
    let fork = steps.iter().find_map(|step| match step {
        tracecast_model::Step::Fork(fork) => Some(fork),
        _ => None,
    });
    let lengths: Vec<usize> = fork.unwrap().branches.iter().map(Vec::len).collect();
    assert_eq!(lengths, [2, 1]);
}

#[test]
fn calls_not_always_made_have_a_mean_below_one() {
    let cache = fixture("jaeger_json/branch.json");
    assert_eq!(cache.calls(), ["cache/get -> store/load synchronous 0.50"]);
    // Never two: as a choice between none and one, not geometric.
    let call = &cache.operation("cache/get").activities()[1].calls[0];
    assert_eq!((call.mean, call.count), (0.5, CallCount::Fixed));
}

#[test]
fn follows_from_is_asynchronous() {
    let order = fixture("jaeger_json/follows_from.json");
    assert_eq!(order.calls(), ["shop/order -> mailer/mail asynchronous 1.00"]);
    // 200 µs of work come after the reply, 100 µs before.
    assert_eq!(order.system.workloads[0].completion, Completion::AllWork);
}

#[test]
fn a_call_after_the_reply_is_asynchronous() {
    let order = fixture("jaeger_json/call_after_reply.json");
    assert_eq!(order.calls(), ["shop/order -> mailer/mail asynchronous 1.00"]);
}

/// Three requests, 1 s apart, of which a tenth was recorded: 10 per second.
#[test]
fn rate_counts_requests_that_were_not_sampled() {
    let sampled = fixture("jaeger_json/sampling.json");
    assert_eq!(sampled.system.workloads[0].load, Load::Poisson { rate: 10.0 });
    assert!(sampled.codes().contains(&"sampled-traces"));
}

#[test]
fn peers_become_external_services_and_other_waits_delays() {
    let shop = fixture("otlp_json/external_services.json");
    assert_eq!(shop.services(), ["bank", "postgresql", "sessions", "shop"]);
    let external = shop.system.services.iter().filter(|service| service.external);
    assert_eq!(external.count(), 3);
    let activities = shop.operation("shop/GET /").activities();
    let delay: f64 = activities.iter().map(|activity| activity.delay.mean()).sum();
    assert!((delay - 0.005).abs() < 1e-9, "resolving a name: {delay}");
    assert!((shop.operation("shop/GET /").demand() - 0.05).abs() < 1e-9);
    assert!((shop.operation("bank/charge").demand() - 0.03).abs() < 1e-9);
}

/// Three messages sent within 2 ms, handled one after the other, 100 ms each; polls and stretches of waiting are no
/// work.
#[test]
fn consumers_of_a_queue_are_its_workers() {
    let queue = fixture("otlp_json/work_queue.json");
    assert_eq!(queue.calls(), ["gateway/POST /job -> worker/jobs process asynchronous 1.00"]);
    let worker = queue.system.service("worker").unwrap();
    assert_eq!(worker.work_queue.as_ref().unwrap().name, "jobs");
    assert_eq!(worker.concurrency, Multiplicity::Finite(1));
    assert_eq!(queue.report.warning("waiting-span").unwrap().count, 6);
    assert!((queue.operation("worker/jobs process").demand() - 0.1).abs() < 1e-9);
    assert_eq!(queue.system.workloads[0].requests.len(), 1);
    assert_eq!(queue.system.workloads[0].completion, Completion::AllWork);
}

#[test]
fn a_linked_handler_joins_the_trace_of_its_sender() {
    let linked = fixture("otlp_json/linked_trace.json");
    assert_eq!(linked.calls(), ["shop/POST /order -> mailer/orders process asynchronous 1.00"]);
    assert_eq!((linked.traces.len(), linked.traces[0].roots.len()), (1, 1));
    let kinds: Vec<(usize, SpanKind)> =
        linked.traces[0].walk().map(|(depth, node)| (depth, node.span.kind)).collect();
    assert_eq!(kinds, [(0, SpanKind::Server), (1, SpanKind::Producer), (2, SpanKind::Consumer)]);
    assert!((linked.traces[0].duration() - 0.09).abs() < 1e-9);
}

#[test]
fn bad_lines_are_skipped_and_named() {
    let lines = fixture("otlp_json/bad_line.jsonl");
    assert_eq!(lines.calls(), [PAIR]);
    assert_eq!(lines.report.skipped, 1);
    assert!(lines.report.warning("malformed-record").unwrap().example.starts_with("line 2:"));
}

#[test]
fn packed_input_is_unpacked() {
    let plain = bytes("jaeger_json/pair.json");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(plain.as_slice(), 0).unwrap();
    for packed in [gzip.finish().unwrap(), zstd] {
        let unpacked = import_bytes(&packed).unwrap();
        assert_eq!(unpacked.system, fixture("jaeger_json/pair.json").system);
        assert_eq!((unpacked.report.files, unpacked.report.bytes), (1, packed.len() as u64));
    }
}

#[test]
fn input_that_breaks_off_keeps_whole_records() {
    let lines = bytes("otlp_json/lines.jsonl");
    let cut = import_bytes(&lines[..lines.len() - 40]).unwrap();
    assert_eq!((cut.report.spans, cut.codes()[0]), (2, "truncated"));
    let document = bytes("jaeger_json/fork_join.json");
    let cut = import_bytes(&document[..document.len() - 40]).unwrap();
    assert_eq!((cut.report.spans, cut.report.traces, cut.codes()[0]), (8, 2, "truncated"));
}

#[test]
fn unusable_input_is_told_with_its_place() {
    let error = |input: &[u8]| import_bytes(input).map(|_| ()).unwrap_err();
    assert!(matches!(error(b""), ImportError::Empty));
    assert!(matches!(error(b" \n\n"), ImportError::Empty));
    assert!(matches!(error(b"a,b,c\n1,2,3\n"), ImportError::UnknownFormat { .. }));
    assert!(matches!(error(b"{\"resourceSpans\":[]}"), ImportError::NoSpans));
    let broken = error(b"{\n \"data\": [\n  {\"spans\": 7}\n ]\n}");
    assert!(matches!(broken, ImportError::Syntax { line: 3, format: "jaeger-json", .. }), "{broken}");
    let mut intake = Intake::new();
    let forced = formats::by_name("otlp-json").unwrap();
    let wrong = open::read(b"{\"data\":[]}".as_slice(), Some(forced), &mut intake).unwrap_err();
    assert!(matches!(wrong, ImportError::Syntax { line: 1, .. }), "{wrong}");
}

#[test]
fn spans_and_traces_can_be_saved() {
    let pair = fixture("otlp_json/work_queue.json");
    let text = serde_json::to_string(&pair.traces).unwrap();
    assert_eq!(serde_json::from_str::<Vec<tracecast_importers::Trace>>(&text).unwrap(), pair.traces);
}

/// The shape that `import --report` promises.
#[test]
fn the_report_has_the_promised_fields() {
    let report = serde_json::to_value(fixture("jaeger_json/clock_skew.json").report).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&report),
        [
            "files",
            "bytes",
            "spans",
            "traces",
            "skipped",
            "elapsed",
            "services",
            "calls",
            "parameters",
            "warnings"
        ]
    );
    assert_eq!(keys(&report["services"][0]), ["name", "replicas", "operations"]);
    assert_eq!(keys(&report["calls"][0]), ["from", "to", "kind", "mean", "parallel"]);
    assert_eq!(keys(&report["parameters"][0]), ["path", "value", "observations", "method"], "seen once");
    assert_eq!(keys(&report["warnings"][0]), ["code", "count", "example"]);
    assert_eq!(report["calls"][0]["kind"], "synchronous");
}
