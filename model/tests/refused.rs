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
/// service a, one of its call, one of service b, and seven of the workloads.
#[test]
fn all_problems_at_once() {
    let text = std::fs::read_to_string(folder().join("out-of-range.json")).unwrap();
    let found = validate(&native::read(&text).unwrap());
    let out_of_range = found.iter().filter(|diagnostic| diagnostic.code == Code::OutOfRange).count();
    assert_eq!(out_of_range, 15, "{found:#?}");
    for element in ["host \"machine\"", "service \"a\"", "workload \"closed\"", "operation \"a/x\""] {
        assert!(found.iter().any(|diagnostic| diagnostic.element == element), "{element}");
    }
}
