//! Unusable input: exit status 2, one clear message with file, place and cause, nothing on standard output.

use crate::support::{file, shared, tracecast};

const MODEL: &str = "examples/image-system/model.json";

#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let run = tracecast(arguments);
    assert_eq!(run.status, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    assert!(run.stderr.starts_with("error: "), "{arguments:?}: {}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{arguments:?}: \"{word}\" is not in: {}", run.stderr);
    }
}

#[test]
fn files_that_are_not_there() {
    refused(&["predict", "nowhere.json"], &["nowhere.json", "no such file"]);
    refused(&["import", "nowhere"], &["nowhere"]);
    refused(&["import", "nowhere/*.json"], &["nowhere/*.json"]);
    refused(&["validate", "nowhere.toml"], &["nowhere.toml"]);
    refused(&["predict", "examples"], &["examples", "folder"]);
}

#[test]
fn models_that_cannot_be_read() {
    for (content, words) in [
        (&b""[..], &["empty"][..]),
        (b"not json", &["line 1"]),
        (b"{\"hosts\": [], \"services\": [", &["line 1"]),
        (b"{\"hosts\": [], \"services\": [], \"workload\": []}", &["workload"]),
        (b"\xff\xfe\x00", &["UTF-8"]),
    ] {
        let (_folder, path) = file("model.json", content);
        let path = path.to_str().unwrap();
        for command in ["predict", "check"] {
            refused(&[command, path], words);
            refused(&[command, path], &["model.json"]);
        }
    }
}

#[test]
fn models_that_are_not_valid_list_all_their_problems() {
    let path = "model/tests/refused/out-of-range.json";
    for command in ["predict", "check"] {
        refused(
            &[command, path],
            &[path, "out-of-range", "host \"machine\"", "workload \"closed\"", "speed is -1"],
        );
    }
    // With JSON the problems are data; the status is the same.
    let run = tracecast(["check", path, "--json"]);
    assert_eq!(run.status, 2);
    let problems: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(problems[0]["code"], "out-of-range");
}

#[test]
fn settings_and_loads_that_do_not_fit() {
    for (arguments, words) in [
        (["--set", "corp.replicas=2"], &["corp", "crop"][..]),
        (["--set", "crop.replcas=2"], &["replcas", "replicas"]),
        (["--set", "crop.replicas=0"], &["at least 1"]),
        (["--set", "crop.replicas"], &["PATH=VALUE"]),
        (["--set", "crop/handel.demand=1s"], &["handel", "handle"]),
        (["--load", "climb:0..100/s,over=60s"], &["climb", "ramp:0..100/s"]),
        (["--load", "nobody/nothing=burst:5"], &["nobody/nothing", "load-script/post"]),
        (["--slo", "p97<1s"], &["p97"]),
        (["--engine", "magic"], &["magic", "analytic"]),
        (["--precision", "-1"], &["-1"]),
        (["--until", "0"], &["positive"]),
    ] {
        refused(&["predict", MODEL, arguments[0], arguments[1]], words);
    }
}

#[test]
fn traces_that_cannot_be_read() {
    for (name, content, words) in [
        ("empty.json", &b""[..], &["empty"][..]),
        ("blank.json", b"  \n ", &["empty"]),
        ("words.txt", b"hello world", &["format", "otlp", "jaeger"]),
        ("other.json", b"{\"a\": 1}", &["format"]),
        ("cut.gz", b"\x1f\x8b\x08\x00", &[]),
        ("nothing.json", b"{\"data\": []}", &["no usable spans"]),
    ] {
        let (_folder, path) = file(name, content);
        refused(&["import", path.to_str().unwrap()], words);
        if name != "nothing.json" {
            refused(&["import", path.to_str().unwrap()], &[name]);
        }
    }
    refused(&["import", MODEL, "--format", "magic"], &["magic", "otlp"]);
}

/// What was whole before the end broke off is kept, with a warning; what has no whole record is refused.
#[test]
fn traces_that_break_off() {
    let Some(path) = shared("data/traces/hotelreservation-jaeger-2.json") else { return };
    let whole = std::fs::read(path).unwrap();
    for part in [10, 100, 1000, whole.len() / 3, whole.len() - 2] {
        let (_folder, path) = file("cut.json", &whole[..part]);
        let run = tracecast(["import", path.to_str().unwrap()]);
        assert!(run.status == 0 || run.status == 2, "{part} bytes: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{part} bytes: {}", run.stderr);
        if part > whole.len() / 4 {
            assert_eq!(run.status, 0, "{part} bytes: {}", run.stderr);
            assert!(run.stderr.contains("truncated"), "{part} bytes: {}", run.stderr);
        }
    }
}

#[test]
fn traces_given_as_a_model_are_recognized() {
    let Some(path) = shared("data/traces/hotelreservation-jaeger-4.json") else { return };
    refused(&["predict", path.to_str().unwrap()], &["import"]);
}

#[test]
fn plans_that_do_not_fit() {
    let (_folder, path) = file("plan.toml", "model = \"model.json\"\nruns = 5");
    refused(&["validate", path.to_str().unwrap()], &["plan.toml", "line 2"]);
    let plan = "examples/image-system/validation.toml";
    refused(&["validate", plan, "--holdout", "colour=red"], &["colour", "replicas"]);
    refused(&["validate", plan, "--holdout", "requests=11"], &["requests=11"]);
    refused(&["calibrate", MODEL, "--runs", plan, "-o", "x.json"], &["--group"]);
}

#[test]
fn a_closed_pipe_is_success() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_tracecast"))
        .args(["show", MODEL])
        .current_dir(crate::support::root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
