//! Comparing traces: two halves of one recording differ by chance only.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use std::fs::File;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tracecast_experiment::call_tree::{CallTree, call_trees};
use tracecast_experiment::compare::{Difference, Pair, ShareDifference, TraceComparison, compare_traces};
use tracecast_importers::{Intake, assemble, open};
use tracecast_model::fixtures::shared;

fn trees(name: &str) -> Option<Vec<CallTree>> {
    let mut intake = Intake::new();
    open::read(File::open(shared(name)?).unwrap(), None, &mut intake).unwrap();
    intake.finish();
    let mut report = intake.report;
    Some(call_trees(&assemble(intake.spans, &mut report)))
}

/// Types of requests that are called different.
fn types(found: &TraceComparison) -> Vec<String> {
    let differs = found
        .types
        .iter()
        .filter(|requests| requests.response_time.is_significant() || requests.errors.is_significant());
    differs.map(|requests| requests.name.clone()).collect()
}

/// Operations that are, and what is called new or gone.
fn details(found: &TraceComparison) -> Vec<String> {
    let only_one = found.only_one.iter().filter(|one| one.requests.is_significant());
    let mut names: Vec<String> = only_one.map(|one| one.name.clone()).collect();
    for operation in found.types.iter().flat_map(|requests| &requests.operations) {
        let mut differences = operation.time.iter().chain(&operation.calls);
        if differences.any(Difference::is_significant)
            || operation.errors.as_ref().is_some_and(ShareDifference::is_significant)
        {
            names.push(format!("{}/{}", operation.service, operation.operation));
        }
    }
    names
}

fn split(trees: &[CallTree], mut is_base: impl FnMut(usize) -> bool) -> TraceComparison {
    let (mut base, mut candidate) = (Vec::new(), Vec::new());
    for (place, tree) in trees.iter().enumerate() {
        if is_base(place) { &mut base } else { &mut candidate }.push(tree.clone());
    }
    compare_traces(Pair { base: &base, candidate: &candidate })
}

#[test]
fn every_other_request() {
    let Some(trees) = trees("data/traces/hotelreservation-jaeger-1.json") else { return };
    let found = split(&trees, |place| place % 2 == 0);
    assert!(found.tests.within > 10);
    assert_eq!(types(&found), Vec::<String>::new());
    assert_eq!(details(&found), Vec::<String>::new());
}

/// Halves drawn at random: with a chance of 5 % for any alarm among all tests of a family, 6 or more of 20 draws have a
/// probability of 0.03 %.
#[test]
fn random_halves() {
    let Some(trees) = trees("data/traces/hotelreservation-jaeger-3.json") else { return };
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let found: Vec<_> = (0..20).map(|_| split(&trees, |_| random.random::<bool>())).collect();
    for alarms in [types, details] {
        let count = found.iter().filter(|found| !alarms(found).is_empty()).count();
        assert!(count < 6, "{count}");
    }
}
