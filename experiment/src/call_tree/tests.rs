//! Call trees of small traces whose times are known by hand.

use tracecast_importers::{
    Attributes, ImportReport, Nanos, Span, SpanId, SpanKind, Trace, TraceId, assemble,
};

use super::*;

/// A span of trace `trace`: number, parent, service, kind, from when until when.
fn span(trace: u8, number: u8, parent: Option<u8>, service: &str, kind: SpanKind, times: [Nanos; 2]) -> Span {
    let id = |number: u8| SpanId([number; 8]);
    Span {
        trace_id: TraceId([trace; 16]),
        span_id: id(number),
        parent: parent.map(id),
        follows: false,
        links: Vec::new(),
        service: service.into(),
        instance: None,
        name: format!("op-{service}").into(),
        kind,
        start: times[0],
        end: times[1],
        error: false,
        attributes: Attributes::default(),
    }
}

fn traces(spans: Vec<Span>) -> Vec<Trace> {
    assemble(spans, &mut ImportReport::default())
}

fn only_tree(spans: Vec<Span>) -> CallTree {
    let mut trees = call_trees(&traces(spans));
    assert_eq!(trees.len(), 1);
    trees.remove(0)
}

/// Positions of calls and stretches of the critical path.
fn path(tree: &CallTree) -> Vec<(usize, Part, Nanos, Nanos)> {
    critical_path(tree).iter().map(|part| (part.call, part.part, part.start, part.end)).collect()
}

use SpanKind::{Client, Consumer, Producer, Server};

#[test]
fn both_sides_of_a_call_are_one() {
    let tree = only_tree(vec![
        span(1, 1, None, "a", Server, [0, 100]),
        span(1, 2, Some(1), "a", Client, [10, 60]),
        span(1, 3, Some(2), "b", Server, [20, 50]),
    ]);
    assert_eq!((tree.calls.len(), tree.spans), (2, 3));
    let call = &tree.calls[1];
    assert_eq!((&*call.service, call.own, call.network), ("b", 30, Some(20)));
    assert_eq!(tree.calls[0].own, 50);
    let expected = [
        (0, Part::Work, 0, 10),
        (1, Part::Network, 10, 20),
        (1, Part::Work, 20, 50),
        (1, Part::Network, 50, 60),
        (0, Part::Work, 60, 100),
    ];
    assert_eq!(path(&tree), expected);
}

/// The callee's clock is 1000 behind in one request and 1000 ahead in another, so that no difference of clocks explains it:
/// its work and all below it is moved into the call.
#[test]
fn clocks_that_differ_are_mended() {
    let request = |trace: u8, callee: Nanos| {
        vec![
            span(trace, 1, None, "a", Server, [1000, 1100]),
            span(trace, 2, Some(1), "a", Client, [1010, 1060]),
            span(trace, 3, Some(2), "b", Server, [callee, callee + 30]),
            span(trace, 4, Some(3), "b", Client, [callee + 10, callee + 20]),
        ]
    };
    let trees = call_trees(&traces([request(1, 20), request(2, 2020)].concat()));
    for (tree, start, skew) in [(&trees[0], 10, 990), (&trees[1], 30, -990)] {
        let [_, call, below] = tree.calls.as_slice() else { panic!("{tree:?}") };
        assert_eq!(call.handled, Stretch { start, end: start + 30 });
        assert_eq!((call.own, call.network), (20, Some(20)));
        assert_eq!(below.seen, Stretch { start: start + 10, end: start + 20 });
        assert_eq!((call.skew, below.skew), (skew, skew));
    }
}

/// Own time is without the union of two calls at once, not their sum; messages are not waited for.
#[test]
fn own_time_leaves_out_what_was_waited_for() {
    let tree = only_tree(vec![
        span(1, 1, None, "a", Server, [0, 100]),
        span(1, 2, Some(1), "b", Server, [10, 50]),
        span(1, 3, Some(1), "c", Server, [30, 70]),
        span(1, 4, Some(1), "a", Producer, [80, 85]),
        span(1, 5, Some(4), "d", Consumer, [82, 300]),
        span(1, 6, Some(1), "e", Server, [120, 130]),
    ]);
    assert_eq!(tree.calls[0].own, 100 - 60 - 5);
    let asynchronous: Vec<&str> =
        tree.calls.iter().filter(|call| call.asynchronous).map(|call| &*call.service).collect();
    assert_eq!(asynchronous, ["d", "e"]);
    assert_eq!(tree.response_time(), 100e-9);
}

/// The example of Zhang et al. 2022, as their test cases state it: of two calls at once only the one that ends last is on
/// the path, unless they overlap by less than 1 % of their caller.
#[test]
fn overlapping_calls_on_the_critical_path() {
    let siblings = |first: [Nanos; 2], second: [Nanos; 2]| {
        let tree = only_tree(vec![
            span(1, 1, None, "r", Server, [0, 1000]),
            span(1, 2, Some(1), "a", Server, first),
            span(1, 3, Some(1), "b", Server, second),
        ]);
        let mut services: Vec<String> =
            critical_path(&tree).iter().map(|part| tree.calls[part.call].service.to_string()).collect();
        services.dedup();
        services.join(" ")
    };
    assert_eq!(siblings([0, 400], [500, 1000]), "a r b");
    assert_eq!(siblings([0, 600], [500, 1000]), "r b");
    assert_eq!(siblings([0, 505], [500, 1000]), "a b");
    assert_eq!(siblings([0, 510], [500, 1000]), "r b");
    assert_eq!(siblings([500, 1000], [600, 1000]), "r b");
}

#[test]
fn folding_keeps_every_call_or_says_how_many_not() {
    let mut spans = vec![span(1, 1, None, "a", Server, [0, 10_000])];
    for number in 2..102 {
        let at = Nanos::from(number) * 50;
        spans.push(span(1, number, Some(1), "b", Server, [at, at + 40]));
    }
    spans.push(span(1, 200, Some(2), "c", Server, [110, 120]));
    let tree = only_tree(spans);
    let whole = rows(&tree, 200);
    assert_eq!((whole.rows.len(), whole.folded, whole.hidden), (102, false, 0));
    let folded = rows(&tree, 50);
    let counts: Vec<usize> = folded.rows.iter().map(|row| row.calls.len()).collect();
    assert_eq!((counts, folded.folded, folded.hidden), (vec![1, 100, 1], true, 0));
    let cut = rows(&tree, 2);
    assert_eq!((cut.rows.len(), cut.hidden), (2, 1));
}

/// One request of a fan-out to five services whose handlers take the given times.
fn fan_out(trace: u8, times: &[Nanos]) -> Vec<Span> {
    let mut spans = vec![span(trace, 1, None, "a", Server, [0, 2000])];
    for (number, &time) in (2u8..).zip(times) {
        let service = format!("s{number}");
        spans.push(span(trace, number, Some(1), &service, Server, [100, 100 + time]));
    }
    spans
}

fn stragglers_of(requests: &[&[Nanos]]) -> Stragglers {
    let spans = (1u8..).zip(requests).flat_map(|(trace, times)| fan_out(trace, times)).collect();
    let trees = call_trees(&traces(spans));
    stragglers(&trees, &request_types(&trees))
}

#[test]
fn one_of_five_that_takes_nine_times_as_long() {
    let found = stragglers_of(&[&[100, 90, 900, 110, 105]]);
    let [case] = found.found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*case.service, case.against, case.peers), ("s4", Against::Peers, 4));
    // Median of 90, 100, 105, 110; without the delay the others' end, at 210, is the limit.
    assert!((case.delay - (900.0 - 102.5) * 1e-9).abs() < 1e-15, "{case:?}");
    assert!((case.cost_share - (1000.0 - 210.0) / 2000.0).abs() < 0.001, "{case:?}");
    // Logarithms: 900 above the middle of 100 and 105, in units of the median deviation of the four.
    let logarithms = [100f64, 105.0].map(f64::ln);
    let middle = f64::midpoint(logarithms[0], logarithms[1]);
    let mut deviations = [90f64, 100.0, 105.0, 110.0].map(|time| (time.ln() - middle).abs());
    deviations.sort_by(f64::total_cmp);
    let z = 0.6745 * (900f64.ln() - middle) / f64::midpoint(deviations[1], deviations[2]);
    assert!((case.z.unwrap() / z - 1.0).abs() < 1e-9, "{case:?} {z}");
}

#[test]
fn calls_that_differ_less_than_twofold_are_none() {
    assert!(stragglers_of(&[&[100, 100, 199, 100, 100]]).found.is_empty());
}

/// Of a pair nothing can be said from one request; from twelve in which the same is slow, it can: 2^-12 < 0.001.
#[test]
fn a_pair_is_judged_by_other_requests() {
    let one = stragglers_of(&[&[100, 900]]);
    assert!(one.found.is_empty());
    assert_eq!(one.undecided, 2);
    let pair: &[Nanos] = &[100, 900];
    let many = stragglers_of(&[pair; 12]);
    assert_eq!(many.found.len(), 12);
    assert!(many.found.iter().all(|case| &*case.service == "s3" && case.against == Against::Group));
    let [line] = many.operations.as_slice() else { panic!("{:?}", many.operations) };
    assert_eq!((line.requests, line.of), (12, 12));
    assert!((line.chance.unwrap() / 0.5f64.powi(12) - 1.0).abs() < 1e-9);
    // Slow in turn: no one is slower than the other.
    let other: &[Nanos] = &[900, 100];
    let turns: Vec<&[Nanos]> = (0..12).map(|k| if k % 2 == 0 { pair } else { other }).collect();
    assert!(stragglers_of(&turns).found.iter().all(|case| case.against != Against::Group));
}

#[test]
fn a_call_in_sequence_is_judged_by_its_history() {
    let mut spans = Vec::new();
    for trace in 1..=20u8 {
        let slow = if trace == 7 { 800 } else { Nanos::from(trace) };
        spans.push(span(trace, 1, None, "a", Server, [0, 300 + slow]));
        spans.push(span(trace, 2, Some(1), "b", Server, [100, 200 + slow]));
    }
    let trees = call_trees(&traces(spans));
    let found = stragglers(&trees, &request_types(&trees));
    // Once in 20 requests is now and then.
    assert!(found.found.is_empty(), "{:?}", found.found);
    let [case] = found.single.as_slice() else { panic!("{:?}", found.single) };
    assert_eq!((case.trace, &*case.service, case.against), (TraceId([7; 16]), "b", Against::History));
    // The median of 1 … 20 without 7 is 11.
    assert!((case.typical - 111e-9).abs() < 1e-15, "{case:?}");
}

/// Requests of one name that call other services are of two types, named by what only one of them calls.
#[test]
fn types_are_told_apart_by_their_trees() {
    let mut spans = Vec::new();
    for trace in 1..=9u8 {
        spans.push(span(trace, 1, None, "a", Server, [0, 100]));
        let (first, second) = if trace <= 3 { ("b", "c") } else { ("d", "e") };
        spans.push(span(trace, 2, Some(1), first, Server, [10, 20]));
        spans.push(span(trace, 3, Some(1), second, Server, [30, 40]));
        // Calls repeated make no other type.
        spans.push(span(trace, 4, Some(1), if trace == 5 { "d" } else { second }, Server, [50, 60]));
    }
    let types = request_types(&call_trees(&traces(spans)));
    let named: Vec<(&str, usize)> = types.iter().map(|one| (one.name.as_str(), one.trees.len())).collect();
    assert_eq!(named, [("a/op-a with d/op-d", 6), ("a/op-a with b/op-b", 3)]);
}
