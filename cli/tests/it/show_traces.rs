//! `show` for traces.

use crate::support::{file, shared, tracecast};

/// A gateway that calls an order service at 10 ms for 80 ms, of which that works 60 ms; it sends a message that is handled later.
const TRACE: &str = r#"{"data":[{"traceID":"00000000000000ab","processes":{"p1":{"serviceName":"gateway"},"p2":{"serviceName":"orders & <co>"},"p3":{"serviceName":"mail"}},
"spans":[
 {"traceID":"00000000000000ab","spanID":"1","operationName":"GET /","processID":"p1","startTime":1000000,"duration":100000,"references":[],"tags":[{"key":"span.kind","type":"string","value":"server"}]},
 {"traceID":"00000000000000ab","spanID":"2","operationName":"call","processID":"p1","startTime":1010000,"duration":80000,"references":[{"refType":"CHILD_OF","traceID":"00000000000000ab","spanID":"1"}],"tags":[{"key":"span.kind","type":"string","value":"client"}]},
 {"traceID":"00000000000000ab","spanID":"3","operationName":"list","processID":"p2","startTime":1020000,"duration":60000,"references":[{"refType":"CHILD_OF","traceID":"00000000000000ab","spanID":"2"}],"tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"error","type":"bool","value":true}]},
 {"traceID":"00000000000000ab","spanID":"4","operationName":"send","processID":"p2","startTime":1030000,"duration":5000,"references":[{"refType":"CHILD_OF","traceID":"00000000000000ab","spanID":"3"}],"tags":[{"key":"span.kind","type":"string","value":"producer"}]},
 {"traceID":"00000000000000ab","spanID":"5","operationName":"handle","processID":"p3","startTime":1200000,"duration":50000,"references":[{"refType":"CHILD_OF","traceID":"00000000000000ab","spanID":"4"}],"tags":[{"key":"span.kind","type":"string","value":"consumer"}]}
]}]}"#;

#[track_caller]
fn within_80_columns(text: &str) {
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_call_tree_in_words() {
    let (_folder, path) = file("trace.json", TRACE);
    let path = path.to_str().unwrap();
    let text = tracecast(["show", path]).succeeded().stdout;
    within_80_columns(&text);
    let row = |name: &str| text.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{text}"));
    // 100 ms of which 80 are a call; 60 of those at the callee, 5 of which it sends.
    assert!(row("gateway: GET /").contains("100 ms 20.0 ms"), "{text}");
    assert!(row("orders & <co>: list").contains("80.0 ms 55.0 ms"), "{text}");
    assert!(row("mail: handle").contains("⇢ message"), "{text}");
    assert!(row("✗ orders").contains('·'), "{text}");
}

#[test]
fn figures_as_json() {
    let (_folder, path) = file("trace.json", TRACE);
    let path = path.to_str().unwrap();
    let tree = tracecast(["show", path, "--json"]).json();
    assert_eq!(tree["response_time"], 0.1);
    assert_eq!(tree["tree"]["calls"][1]["network"], 0.02);
    let times = tracecast(["show", path, "--breakdown", "--json"]).json();
    let operations = times["types"][0]["operations"].as_array().unwrap();
    let sum = |key: &str| operations.iter().map(|one| one[key].as_f64().unwrap()).sum::<f64>();
    // In all, the handling of the message counts, too.
    assert!((sum("critical_time") - 0.1).abs() < 1e-12 && (sum("time") - 0.15).abs() < 1e-12, "{times:#}");
    let late = tracecast(["show", path, "--stragglers", "--json"]).json();
    assert_eq!((&late["found"], &late["requests"]), (&serde_json::json!([]), &1.into()));
}

#[test]
fn pictures_are_well_formed() {
    let (folder, path) = file("trace.json", TRACE);
    let path = path.to_str().unwrap();
    for options in [&[][..], &["--breakdown"], &["--stragglers"]] {
        let svg = folder.path().join("out.svg");
        let arguments = ["show", path, "-o", svg.to_str().unwrap()];
        let run = tracecast(arguments.iter().chain(options)).succeeded();
        assert_eq!(run.stdout, "");
        let text = std::fs::read_to_string(&svg).unwrap();
        // Drawing it needs an XML parser to accept it.
        let png = folder.path().join("out.png");
        let arguments = ["show", path, "-o", png.to_str().unwrap(), "--quiet"];
        tracecast(arguments.iter().chain(options)).succeeded();
        assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
        assert!(text.contains("orders &amp; &lt;co&gt;") && !text.contains("href"), "{text}");
    }
    let run = tracecast(["show", path, "-o", "picture.dot"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains(".svg or .png"), "{}", run.stderr);
}

#[test]
fn traces_are_found_by_the_beginning_of_their_ids() {
    let other = TRACE.replace("00000000000000ab", "00000000000000ac");
    let (folder, first) = file("trace.json", TRACE);
    std::fs::write(folder.path().join("other.json"), other).unwrap();
    let all = first.parent().unwrap().to_str().unwrap();
    for id in ["ab", "AB", "000000000000000000000000000000ab"] {
        let text = tracecast(["show", all, "--trace", id]).succeeded().stdout;
        assert!(text.contains("0000ab"), "{text}");
    }
    for (id, message) in [("a", "2 traces"), ("b", "no trace")] {
        let run = tracecast(["show", all, "--trace", id]);
        assert_eq!(run.status, 2);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
}

#[test]
fn options_for_traces_are_refused_for_models() {
    let run = tracecast(["show", "examples/image-system/model.json", "--breakdown"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("--breakdown is for traces"), "{}", run.stderr);
}

/// Whatever the traces are like: text within 80 columns, and pictures that can be drawn.
#[test]
fn every_kind_of_real_traces() {
    let Some(folder) = shared("data/traces") else { return };
    for name in [
        "alibaba-mscallgraph2021-1.csv",
        "edgecases-jaeger-4.json",
        "hotrod-jaeger-1.json",
        "onlineboutique-nezhacsv-1.csv",
        "orderapp-dataprepper-1.ndjson",
        "skewdemo-zipkin2-1.json",
        "socialnetwork-jaeger-2.json",
        "trainticket-zipkin1-2.json",
    ] {
        let path = folder.join(name);
        let path = path.to_str().unwrap();
        let pictures = tempfile::tempdir().unwrap();
        let png = pictures.path().join("out.png");
        for options in [&[][..], &["--breakdown"], &["--stragglers"]] {
            within_80_columns(&tracecast(["show", path].iter().chain(options)).succeeded().stdout);
            let arguments = ["show", path, "-o", png.to_str().unwrap()];
            tracecast(arguments.iter().chain(options)).succeeded();
        }
    }
}
