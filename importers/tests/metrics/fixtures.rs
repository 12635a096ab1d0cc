//! One made-up file for each feature.

use std::io::Write;

use proptest::prelude::*;
use tracecast_importers::metrics::{self, Kind, Measurements, MetricsFormat, Quantity, Unit, explain};
use tracecast_importers::{ImportError, Intake, open};

use crate::{close, common, fixture, measured, series, values, whole};

/// What rounding leaves of figures of a few digits.
const ROUNDING: f64 = 1e-9;

fn files() -> Vec<std::path::PathBuf> {
    let folder = format!("{}/tests/data/metrics", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_format_recognizes_its_fixtures_and_no_others() {
    assert!(metrics::all().iter().map(|format| format.name()).is_sorted());
    for format in metrics::all() {
        let begins = |file: &std::path::PathBuf| {
            file.file_name().unwrap().to_string_lossy().starts_with(&format!("{}-", format.name()))
        };
        assert!(files().iter().any(begins), "{} has no fixture", format.name());
    }
    for file in files() {
        let head = std::fs::read(&file).unwrap();
        let by: Vec<_> = metrics::all().iter().filter(|format| format.detect(&head)).collect();
        let names: Vec<_> = by.iter().map(|format| format.name()).collect();
        assert_eq!(by.len(), 1, "{}: {names:?}", file.display());
        assert!(
            file.file_name().unwrap().to_string_lossy().starts_with(names[0]),
            "{}: {names:?}",
            file.display()
        );
        assert!(open::recognize(&head).is_err(), "{} are no traces", file.display());
    }
}

/// No file of traces is taken for measurements, since traces are asked for first, but neither would it be alone.
#[test]
fn traces_are_no_measurements() {
    let folder = format!("{}/tests/data", env!("CARGO_MANIFEST_DIR"));
    for format in tracecast_importers::formats::all() {
        let folder = format!("{folder}/{}", format.name().replace('-', "_"));
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let found = metrics::recognize(&std::fs::read(&path).unwrap()).map(MetricsFormat::name);
            // Tables of calls have times and response times, too.
            let is_table = ["csv", "nezha-csv", "skywalking-csv", "alibaba-csv"].contains(&format.name());
            assert!(found.is_err() || is_table, "{}: {found:?}", path.display());
        }
    }
}

#[test]
fn measurements_in_the_place_of_traces_are_told_by_name() {
    let bytes = common::bytes("metrics/locust-stats-few.csv");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&bytes).unwrap();
    for bytes in [bytes, packed.finish().unwrap()] {
        let error = open::read(bytes.as_slice(), None, &mut Intake::new()).unwrap_err();
        let told = explain(error, bytes.as_slice());
        assert!(told.to_string().starts_with("this is a Locust statistics file, not traces: "), "{told}");
        assert!(told.hint().unwrap().contains("traces of the same run"));
    }
    let error = open::read(&b"Dear diary"[..], None, &mut Intake::new()).unwrap_err();
    assert!(matches!(explain(error, &b"Dear diary"[..]), ImportError::UnknownFormat { .. }));
    let error = metrics::read(&b"Dear diary"[..], &mut Measurements::new()).map(|_| ()).unwrap_err();
    assert!(error.hint().unwrap().contains("k6-json"), "{error}");
    assert!(matches!(metrics::read(&b" \n"[..], &mut Measurements::new()), Err(ImportError::Empty)));
}

#[test]
fn packed_files_that_break_off_keep_what_came_before() {
    let text: String =
        (0..50_000).map(|i| format!("{},get,200,{}\n", 1_000_000_000 + i, (i * 7919) % 1000)).collect();
    let text = format!("time,operation,status,latency_ms\n{text}");
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    for packed in [zstd, gzip.finish().unwrap()] {
        let whole = measured(&packed);
        assert_eq!(whole.requests.len(), 50_000);
        assert_eq!(whole.report.bytes, packed.len() as u64);
        assert!(whole.report.warnings.is_empty());
        let half = measured(&packed[..packed.len() - packed.len() / 4]);
        assert_eq!(half.report.warning("truncated").unwrap().count, 1);
        let n = half.requests.len();
        // The last row may be cut within its number.
        assert!(n > 100 && n < 50_000 && half.requests[..n - 1] == whole.requests[..n - 1], "{n}");
    }
}

#[test]
fn jmeter() {
    let csv = fixture("jmeter-csv-few.jtl");
    assert_eq!(csv.requests.len(), 3);
    assert_eq!(csv.report.warning("malformed-record").unwrap().count, 1);
    let buy = &csv.requests[1];
    assert_eq!(
        (&*buy.operation, buy.start, buy.latency, buy.ok),
        ("buy, quickly", 1_000_000_000.5, 0.3, false)
    );
    // Three from 0 to 1.4 s.
    close(whole(&csv).throughput, 3.0 / 1.4, 1e-6);

    let dates = fixture("jmeter-csv-dates.csv");
    assert_eq!(dates.requests[1].start, 1_000_000_000.5);
    assert!(dates.requests[0].ok && !dates.requests[2].ok);

    let xml = fixture("jmeter-xml-nested.jtl");
    let found: Vec<_> = xml.requests.iter().map(|r| (&*r.operation, r.start, r.latency, r.ok)).collect();
    let expected = [("login", 1e9, 0.1, true), ("buy & pay", 1_000_000_000.5, 0.3, false)];
    assert_eq!(found, expected);
    assert_eq!(
        xml.report.warning("malformed-record").unwrap().example,
        "line 8: a field that it needs is missing or no number"
    );
    let error =
        metrics::read(&b"<testResults><sample t='1'"[..], &mut Measurements::new()).map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("line 1, column "), "{error}");
}

#[test]
fn k6() {
    let samples = fixture("k6-json-few.json");
    let found: Vec<_> = samples.requests.iter().map(|r| (&*r.operation, r.start, r.latency, r.ok)).collect();
    assert_eq!(found, [("GET /a", 1_000_000_000.75, 0.25, true), ("POST /b", 1_000_000_002.0, 0.5, false)]);
    let users = series(&samples, "vus");
    assert_eq!((users.quantity, users.kind, values(users)), (Quantity::Users, Kind::Gauge, vec![3.0]));
    let sent = series(&samples, "data_sent");
    assert_eq!((sent.unit, sent.kind), (Unit::Bytes, Kind::Increment));
    // What requests tell is not told again.
    assert_eq!(samples.series.len(), 2);
    // One point without a value, one line that breaks off.
    assert_eq!(samples.report.skipped, 2);

    for name in ["k6-summary-export.json", "k6-summary-handle.json"] {
        let all = whole(&fixture(name));
        assert_eq!((all.count, all.failures, all.throughput), (Some(600), Some(6), Some(19.95)), "{name}");
        assert_eq!((all.mean, all.min, all.max), (Some(0.1205), Some(0.08), Some(0.4)));
        assert_eq!(all.quantile(0.5), Some(0.11));
        close(all.quantile(0.95), 0.21025, ROUNDING);
        assert_eq!(all.quantile(0.99), None);
    }
    let export = fixture("k6-summary-export.json");
    let login = &export.latencies()[1];
    assert_eq!(
        (login.operation.as_deref(), login.count, login.mean),
        (Some("name:login"), Some(100), Some(0.1))
    );
    close(whole(&export).quantile(0.999), 0.39, ROUNDING);
}

#[test]
fn locust() {
    let old = fixture("locust-stats-old.csv");
    let names: Vec<_> = old.latencies().into_iter().map(|summary| summary.operation).collect();
    assert_eq!(names, [None, Some("GET /a".into()), Some("POST /b".into())]);
    let all = whole(&old);
    assert_eq!(
        (all.count, all.failures, all.mean, all.throughput),
        (Some(100), Some(2), Some(0.012), Some(3.3))
    );
    assert_eq!(all.quantile(0.5), Some(0.01));
    assert_eq!(old.latencies()[2].mean, None);

    let few = whole(&fixture("locust-stats-few.csv"));
    for (share, seconds) in
        [(0.5, 0.01), (0.66, 0.011), (0.95, 0.04), (0.99, 0.045), (0.999, 0.049), (1.0, 0.05)]
    {
        close(few.quantile(share), seconds, ROUNDING);
    }

    let history = fixture("locust-history-full.csv");
    assert_eq!(values(series(&history, "Total Request Count")), [0.0, 8.0, 9.0]);
    assert_eq!(values(series(&history, "Total Request Count{operation=\"GET /a\"}")), [0.0, 4.0, 5.0]);
    let p95 = series(&history, "Response Time{quantile=\"0.95\"}");
    assert_eq!((p95.quantity, p95.unit, values(p95)), (Quantity::Latency, Unit::Seconds, vec![0.06, 0.06]));
}

#[test]
fn pods() {
    let pods = fixture("pod-metrics-pods.csv");
    let processor = series(&pods, "CpuUsage(m){pod=\"cart-579f59597d-wc2lz\"}");
    assert_eq!((processor.unit, values(processor)), (Unit::Cores, vec![0.1, 0.2]));
    let memory = series(&pods, "MemoryUsage(Mi){pod=\"cart-579f59597d-bb2lz\"}");
    assert_eq!((memory.unit, values(memory)), (Unit::Bytes, vec![2.0 * 1024.0 * 1024.0; 2]));
    let title = "PodServerLatencyP95(s){pod=\"cart-579f59597d-wc2lz\",quantile=\"0.95\",side=\"server\"}";
    assert_eq!(values(series(&pods, title)), [0.005]);
    let node = series(&pods, "NodeCpuUsageRate(%){pod=\"cart-579f59597d-wc2lz\"}");
    assert_eq!(node.quantity, Quantity::Other);

    let pairs = fixture("pod-metrics-pairs.csv");
    assert_eq!(values(series(&pairs, "cart_redis")), [0.085, 0.004333333]);
}

#[test]
fn prometheus() {
    let matrix = fixture("prometheus-json-matrix.json");
    let load = series(&matrix, "node_load1");
    assert_eq!((values(load), load.points[0].at), (vec![0.5], 1_000_000_020.0));
    assert_eq!(matrix.report.warning("no-number").unwrap().count, 2);
    assert_eq!(matrix.report.warning("malformed-record").unwrap().count, 1);
    let requests = series(&matrix, "http_requests_total{job=\"cart\"}");
    assert_eq!((requests.quantity, requests.kind), (Quantity::Requests, Kind::Cumulative));

    let vector = fixture("prometheus-json-vector.json");
    let found = series(&vector, "{service_name=\"cart\"}");
    assert_eq!((found.points[0].at, found.points[0].value), (1_435_781_451.781, 0.15));
    assert_eq!(values(series(&vector, "")), [2.0]);

    let failed =
        br#"{"status":"error","errorType":"bad_data","error":"no such metric","data":null,"resultType":1}"#;
    let error = metrics::read(&failed[..], &mut Measurements::new()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("the query failed: no such metric"), "{error}");
}

#[test]
fn request_logs() {
    let log = fixture("request-log-plain.csv");
    let found: Vec<_> = log.requests.iter().map(|r| (&*r.operation, r.start, r.latency, r.ok)).collect();
    let expected = [
        ("get", 1_000_000_000.25, 0.0145, true),
        ("get", 1_000_000_000.5, 0.01, false),
        ("put", 1_000_000_002.0, 0.1, true),
    ];
    assert_eq!(found, expected);
    assert_eq!(log.report.warning("malformed-record").unwrap().count, 1);
    let other = fixture("request-log-other.csv");
    let found: Vec<_> = other.requests.iter().map(|r| (&*r.operation, r.start, r.latency, r.ok)).collect();
    assert_eq!(found, [("/a", 1_000_000_000.25, 0.25, true), ("/b", 1_000_000_001.0, 1.5, false)]);
    let unit = measured(b"timestamp,url,latency\n1000000000,/a,250\n");
    assert_eq!((unit.requests[0].latency, unit.report.warnings[0].code.as_str()), (0.25, "assumed-unit"));
}

#[test]
fn wrk() {
    let plain = whole(&fixture("wrk-plain.txt"));
    assert_eq!(
        (plain.count, plain.failures, plain.throughput),
        (Some(22_464_657), Some(20), Some(748_868.53))
    );
    for (found, expected) in [
        (plain.mean, 635.91e-6),
        (plain.standard_deviation, 0.89e-3),
        (plain.max, 12.92e-3),
        (plain.quantile(0.5), 250e-6),
        (plain.quantile(0.99), 5.8e-3),
    ] {
        close(found, expected, ROUNDING);
    }

    let two = fixture("wrk-two-targets.txt").latencies();
    let names: Vec<_> = two.iter().map(|summary| summary.operation.as_deref()).collect();
    assert_eq!(names, [Some("http://localhost/a"), Some("http://localhost/b")]);
    assert_eq!((two[0].count, two[0].throughput), (Some(40_000), Some(666.59)));
    for (found, expected) in [
        (two[0].mean, 9.1905),
        (two[0].max, 19.005439),
        (two[0].quantile(0.5), 8.95),
        (two[0].quantile(0.95), 15.720447),
        (two[0].quantile(1.0), 90.0),
        (two[1].mean, 1e-3),
    ] {
        close(found, expected, ROUNDING);
    }
    // Only without the wait for delayed starts.
    assert_eq!((two[0].quantile(0.99), two[1].max), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done to the bytes of a file of any format, there is an answer, and so there is for what is made of it.
    #[test]
    fn mutated_bytes_never_panic(
        cut in 0.0f64..1.5,
        changes in prop::collection::vec((0.0f64..1.0, any::<u8>()), 0..6),
        digits in prop::collection::vec((0.0f64..1.0, b'0'..=b'9'), 0..6),
        step in prop_oneof![Just(1.0), Just(0.0), Just(-1.0), Just(f64::NAN), Just(1e-300), Just(1e300)],
    ) {
        for file in files() {
            let bytes = common::mutated(std::fs::read(file).unwrap(), cut, &changes, &digits);
            for format in metrics::all() {
                let mut into = Measurements::new();
                let _ = format.read(&mut bytes.as_slice(), &mut into);
                let _ = (into.arrivals(step), into.utilization(), into.latencies());
                for series in &into.series {
                    let _ = series.arrivals(step);
                }
            }
            let _ = metrics::read(bytes.as_slice(), &mut Measurements::new());
        }
    }
}
