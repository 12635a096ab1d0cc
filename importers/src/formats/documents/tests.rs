//! Inputs of several pieces, in every layout, on one thread and on more; what serde_json says of the whole is the oracle.

use std::fmt::Write;

use crate::{ImportError, Intake, formats, open};

/// Traces of one span each, about a kilobyte apart.
fn traces(count: usize) -> Vec<String> {
    let trace = |n: usize| {
        let padding = "[{\\\" ".repeat(200);
        format!(
            r#"{{"traceID":"{n:x}1","spans":[{{"spanID":"{n:x}2","operationName":"o{}","startTime":{n},"duration":5,
"processID":"p","logs":"{padding}"}}],"processes":{{"p":{{"serviceName":"s{}"}}}}}}"#,
            n % 7,
            n % 3
        )
    };
    (1..=count).map(trace).collect()
}

fn read(threads: usize, format: &str, bytes: &[u8]) -> (Intake, Result<(), ImportError>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut intake = Intake::new();
        let result = open::read(bytes, Some(formats::by_name(format).unwrap()), &mut intake);
        (intake, result)
    })
}

fn document(traces: &[String], before: &str, after: &str, between: &str) -> String {
    format!("{before}{}{after}", traces.join(between))
}

#[test]
fn pieces_give_the_spans_in_their_order() {
    let traces = traces(2000);
    let flat: Vec<String> = traces.iter().map(|trace| trace.replace('\n', " ")).collect();
    let mut lines = String::new();
    flat.iter().for_each(|trace| writeln!(lines, "{trace}").unwrap());
    for text in [
        document(&traces, "{\"total\": 0,\n\"data\": [", "], \"errors\": [1, {}]}", ",\n"),
        document(&flat, "{\"data\":[", "]}", ","),
        document(&flat, "\u{feff}\n [", "]\n", " , "),
        document(&traces, "", "", "\n"),
        lines,
    ] {
        for threads in [1, 2, 4] {
            let (intake, result) = read(threads, "jaeger-json", text.as_bytes());
            result.unwrap();
            assert_eq!(intake.report.warnings, []);
            let starts: Vec<i64> = intake.spans.iter().map(|span| span.start / 1000).collect();
            assert_eq!(starts, (1..=2000).collect::<Vec<_>>());
            assert!(intake.spans.iter().all(|span| *span.name == format!("o{}", span.start / 1000 % 7)));
        }
    }
}

#[test]
fn errors_are_where_the_whole_has_them() {
    let mut traces = traces(2000);
    traces[1500] = traces[1500].replace("\"duration\":", "\"duration\" ");
    for between in [",", ",\n"] {
        let text = document(&traces, "{\"data\": [", "]}", between);
        let expected = serde_json::from_str::<serde_json::Value>(&text).unwrap_err();
        for threads in [1, 2] {
            let (_, result) = read(threads, "jaeger-json", text.as_bytes());
            let Err(ImportError::Syntax { line, column, .. }) = result else { panic!("{result:?}") };
            assert_eq!((line, column), (expected.line(), expected.column()));
        }
    }
    let trailing = document(&self::traces(2000), "{\"data\": [", ",]}", ",");
    assert!(read(1, "jaeger-json", trailing.as_bytes()).1.is_err());
}

/// A comma after the last element is an error wherever a list is cut.
#[test]
fn no_list_ends_with_a_comma() {
    for bytes in (250..275).map(|kilobytes| kilobytes * 1024) {
        let text = format!("{{\"data\": [{{\"spans\": [], \"x\": \"{}\"}},]}}", "x".repeat(bytes));
        assert!(read(1, "jaeger-json", text.as_bytes()).1.is_err());
    }
}

#[test]
fn what_breaks_off_keeps_its_whole_traces() {
    let text = document(&traces(2000), "{\"data\": [", "]}", ",\n");
    let places: Vec<usize> = text.match_indices("{\"traceID\"").map(|(place, _)| place).collect();
    for whole in [1, 240, 241, 242, 999, 1999] {
        for threads in [1, 2] {
            for end in [places[whole] - 2, places[whole] + 30] {
                let (intake, result) = read(threads, "jaeger-json", &text.as_bytes()[..end]);
                result.unwrap();
                assert_eq!(intake.spans.len(), whole);
                let line = text[..end].matches('\n').count() + 1;
                let warning = intake.report.warning("truncated").unwrap();
                assert!(warning.example.starts_with(&format!("the input breaks off at line {line}:")));
            }
        }
    }
}

#[test]
fn malformed_lines_are_left_out() {
    let lines: Vec<String> = traces(2000).iter().map(|trace| trace.replace('\n', " ")).collect();
    let mut text = lines.join("\n");
    let place = text.match_indices('\n').nth(1233).unwrap().0;
    text.insert(place, '}');
    for threads in [1, 2] {
        let (intake, result) = read(threads, "jaeger-json", text.as_bytes());
        result.unwrap();
        assert_eq!(intake.report.skipped, 1);
        assert!(intake.report.warning("malformed-record").unwrap().example.starts_with("line 1234:"));
    }
}

/// More than the longest first line that may be one of many.
#[test]
fn a_long_line_is_read_in_pieces() {
    let lines: Vec<String> = traces(20_000).iter().map(|trace| trace.replace('\n', " ")).collect();
    let text = document(&lines, "{\"data\":[", "]}\n", ",");
    assert!(text.len() > 16 * 1024 * 1024);
    for threads in [1, 2] {
        let (intake, result) = read(threads, "jaeger-json", text.as_bytes());
        result.unwrap();
        let starts: Vec<i64> = intake.spans.iter().map(|span| span.start / 1000).collect();
        assert_eq!(starts, (1..=20_000).collect::<Vec<_>>());
    }
}
