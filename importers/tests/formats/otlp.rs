//! OTLP in protobuf and in the variants of its JSON. The protobuf fixtures are what Google's library made of the JSON
//! ones.

use tracecast_importers::{ImportError, Intake, Sampling, formats, open};

use crate::{bytes, count, fixture, intake, span};

#[test]
fn protobuf_and_json_hold_the_same_spans() {
    for name in ["pair", "linked_trace", "work_queue", "external_services"] {
        let protobuf = intake(&format!("otlp_protobuf/{name}.binpb"));
        assert_eq!(protobuf.spans, intake(&format!("otlp_json/{name}.json")).spans, "{name}");
        assert!(!protobuf.spans.is_empty() && protobuf.report.warnings.is_empty(), "{name}");
    }
}

/// A message alone, messages after their lengths as protobuf numbers, and in four bytes.
#[test]
fn framings_of_one_trace() {
    for name in ["delimited.binpb", "collector.binpb"] {
        let framed = fixture(&format!("otlp_protobuf/{name}"));
        assert_eq!(framed.system, fixture("otlp_protobuf/pair.binpb").system, "{name}");
    }
}

/// Wherever it breaks off, the spans before are kept, and that it breaks off is told.
#[test]
fn protobuf_that_breaks_off_keeps_its_whole_spans() {
    for name in ["pair.binpb", "delimited.binpb", "collector.binpb"] {
        let whole = bytes(&format!("otlp_protobuf/{name}"));
        let spans = intake(&format!("otlp_protobuf/{name}")).spans;
        let mut most = 0;
        for length in 1..whole.len() {
            let mut cut = Intake::new();
            let result = open::read(&whole[..length], None, &mut cut);
            assert_eq!(cut.spans, spans[..cut.spans.len()], "{name} after {length}");
            assert!(cut.spans.len() >= most);
            most = cut.spans.len();
            if most > 0 {
                result.unwrap();
                // Between two messages nothing is missing.
                let at_an_end = count(&cut, "truncated") == 0;
                assert!(!at_an_end || cut.report.warnings.is_empty() && most == 2, "{name} after {length}");
            }
        }
        assert_eq!(most, 2, "{name}");
    }
}

#[test]
fn a_length_that_nothing_has_is_malformed_input_and_takes_no_memory() {
    let protobuf = formats::by_name("otlp-protobuf").unwrap();
    for input in [
        &b"\xff\xff\xff\xff\x0a"[..],
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x0a\x01",
        b"\x0a\xff\xff\xff\xff\x7f",
    ] {
        let error = open::read(input, Some(protobuf), &mut Intake::new()).unwrap_err();
        assert!(matches!(error, ImportError::Syntax { format: "otlp-protobuf", .. }), "{error}");
        assert!(open::read(input, None, &mut Intake::new()).is_err());
    }
}

/// What a malformed message leaves of the others.
#[test]
fn a_malformed_message_is_skipped() {
    let first = bytes("otlp_protobuf/collector.binpb");
    let length = u32::from_be_bytes(first[..4].try_into().unwrap()) as usize + 4;
    let mut input = first[..length].to_vec();
    input.extend([0, 0, 0, 3, 0x0a, 0x7f, 0x00]);
    input.extend(&first[length..]);
    let mut read = Intake::new();
    open::read(input.as_slice(), None, &mut read).unwrap();
    assert_eq!((read.report.spans, read.report.skipped), (3, 1));
    let expected = format!("message at byte {length}: ");
    assert!(read.report.warning("malformed-record").unwrap().example.starts_with(&expected));
}

/// Answers of Tempo and of Jaeger, spellings of older exporters, numbers as text and text as numbers.
#[test]
fn variants_of_json() {
    let pair = fixture("otlp_json/pair.json");
    for name in ["wrapped.json", "batches.json", "old_names.json"] {
        assert_eq!(fixture(&format!("otlp_json/{name}")).system, pair.system, "{name}");
    }
}

#[test]
fn an_unfinished_span_ends_as_it_starts() {
    let read = intake("otlp_json/unfinished.json");
    let open = span(&read, "open");
    assert_eq!((open.start, open.end), (5_000_000_000, 5_000_000_000));
    assert_eq!(
        (count(&read, "missing-duration"), count(&read, "missing-service"), read.report.skipped),
        (1, 2, 1)
    );
}

/// `ot=th:c` in the trace state: a quarter of the traces was recorded.
#[test]
fn a_threshold_tells_the_sampling() {
    let read = intake("otlp_protobuf/sampled.binpb");
    assert_eq!(read.spans[0].attributes.sampling, Some(Sampling { probability: 0.25 }));
}
