//! One small file for each thing that can be wrong. The first line says what has to be found and where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tracecast_model::lqn::{Problem, ReadError, Reading, Rule};
use tracecast_model::validate;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lqn_refused")
}

fn files() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn read(name: &str, text: &str) -> Result<Reading, ReadError> {
    if name.ends_with(".lqn") { Reading::from_text(text) } else { Reading::from_xml(text) }
}

/// Everything that is found: code, line, and element with message.
fn found(name: &str, text: &str) -> Vec<(String, usize, String)> {
    let of_problem = |problem: &Problem| {
        (problem.rule.name().to_owned(), problem.line, format!("{}: {}", problem.element, problem.message))
    };
    match read(name, text) {
        Err(error) => error.problems.iter().map(of_problem).collect(),
        Ok(reading) => {
            let mut all: Vec<_> = reading.warnings.iter().map(of_problem).collect();
            for diagnostic in validate(&reading.system) {
                let line = reading.line(&diagnostic.element).unwrap_or(0);
                let words = format!("{}: {}", diagnostic.element, diagnostic.message);
                all.push((diagnostic.code.name().to_owned(), line, words));
            }
            all
        }
    }
}

/// Each file breaks one rule, and nothing else is reported.
#[test]
fn each_file_has_its_own_diagnostic_at_its_own_line() {
    let mut failures = Vec::new();
    for (name, text) in files() {
        let first = text.lines().next().unwrap().trim_start_matches(['#', '<', '!', '-', ' ']);
        let expected = first.trim_end_matches(['-', '>', ' ']);
        let (code, rest) = expected.split_once(": line ").unwrap();
        let (line, words) = rest.split_once(", ").unwrap();
        let found = found(&name, &text);
        let line: usize = line.parse().unwrap();
        let told = |(c, l, w): &(String, usize, String)| c == code && *l == line && w.contains(words);
        if !found.iter().any(told) || found.iter().any(|(other, ..)| other != code) {
            failures.push(format!("{name}: expected {expected}, found {found:?}"));
        }
        assert_eq!(self::code(&name), code);
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn every_rule_has_a_file() {
    let names: BTreeSet<String> = files().iter().map(|(name, _)| code(name).to_owned()).collect();
    for rule in Rule::ALL {
        assert!(names.contains(rule.name()), "{}", rule.name());
    }
    assert!(Rule::ALL.map(Rule::name).is_sorted());
}

/// Errors stop the reading, warnings do not.
#[test]
fn warnings_are_read_all_the_same() {
    for (name, text) in files() {
        if let Some(rule) = Rule::ALL.into_iter().find(|rule| rule.name() == code(&name)) {
            // A reply may be given wrongly in ways that only the system shows.
            assert!(read(&name, &text).is_ok() == rule.is_warning() || rule == Rule::Reply, "{name}");
        }
    }
}

/// The code in the name of a file.
fn code(name: &str) -> &str {
    name.split('.').next().unwrap().split("--").next().unwrap()
}
