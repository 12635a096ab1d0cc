//! The profile of Nameko services, and the log of nameko-tracer.

use tracecast_importers::{SpanKind, Trace};

use super::fixture;
use crate::common::{Imported, import, shared};

fn profile(name: &str) -> Imported {
    fixture(&format!("nameko_profile/{name}"))
}

/// The call takes 60 ms at the shop, of which the stock has 40; the shop has the rest of its own 100 ms.
#[test]
fn parents_follow_from_nesting() {
    let nested = profile("nested.jsonl");
    assert_eq!(
        nested.calls(),
        ["client/buy -> shop/buy synchronous 1.00", "shop/buy -> stock/get synchronous 1.00"]
    );
    let kinds: Vec<(usize, SpanKind)> =
        nested.traces[0].walk().map(|(depth, node)| (depth, node.span.kind)).collect();
    use SpanKind::{Client, Server};
    assert_eq!(kinds, [(0, Client), (1, Server), (2, Client), (3, Server)]);
    assert!((nested.operation("shop/buy").demand() - 0.04).abs() < 1e-9);
    assert!((nested.operation("stock/get").demand() - 0.04).abs() < 1e-9);
    assert!(nested.report.warnings.iter().all(|warning| warning.code != "several-roots"));
}

#[test]
fn calls_made_at_once_may_be_written_in_any_order() {
    let written = profile("call_after_call.jsonl");
    assert_eq!(
        written.calls(),
        [
            "client/buy -> shop/buy synchronous 1.00",
            "shop/buy -> price/get synchronous 1.00 ||",
            "shop/buy -> stock/get synchronous 1.00 ||",
        ]
    );
    for other in ["interleaved.jsonl", "list_of_lists.json"] {
        assert_eq!(profile(other).traces, written.traces, "{other}");
        assert_eq!(profile(other).system, written.system, "{other}");
    }
}

#[test]
fn a_call_whose_reply_nobody_takes_is_a_message() {
    let message = profile("no_reply.jsonl");
    assert!(message.calls().contains(&"shop/buy -> stock/get asynchronous 1.00".to_string()));
    assert_eq!(message.report.warning("no-reply-taken").unwrap().count, 1);
    // The price never responded; its caller finished at 80 ms, 59 after it began.
    assert_eq!(message.report.warning("unfinished-handler").unwrap().count, 1);
    let price = message.traces[0].nodes.iter().find(|node| &*node.span.service == "price").unwrap();
    assert!((price.span.duration() - 0.059).abs() < 1e-9);
}

fn synthetic(layout: &str) -> Option<Imported> {
    let file = shared(&format!("runs/nameko-synthetic/rpc-profile-{layout}-sleep.jsonl"))?;
    Some(import(&[file]))
}

/// Server spans of a trace with their depth among server spans.
fn handlers(trace: &Trace) -> Vec<(usize, &tracecast_importers::Span)> {
    let servers = trace.walk().filter(|(_, node)| node.span.kind == SpanKind::Server);
    servers.map(|(depth, node)| (depth / 2, &node.span)).collect()
}

/// Pipelines of depth 1 to 20 and fan-outs of 1 to 20: every call is one below the last, or all are one below the first.
#[test]
fn layouts_are_recovered() {
    for (layout, calls) in [("deep", 1435), ("wide", 1635), ("straggler", 990)] {
        let Some(imported) = synthetic(layout) else { return };
        assert_eq!((imported.report.spans, imported.report.skipped), (2 * calls, 0));
        for trace in &imported.traces {
            assert_eq!(trace.roots.len(), 1);
            let depths: Vec<usize> = handlers(trace).iter().map(|(depth, _)| *depth).collect();
            assert!(depths.len() <= 21);
            for (place, depth) in depths.into_iter().enumerate() {
                assert_eq!(depth, if layout == "deep" { place } else { place.min(1) }, "{layout}");
            }
        }
        let parallel = imported.report.calls.iter().filter(|call| call.parallel).count();
        assert_eq!(parallel > 0, layout != "deep", "{layout}");
        assert!(imported.report.calls.iter().all(|call| call.kind == "synchronous"));
    }
}

/// One of ten leaves sleeps 20, 50 or 100 ms, the others 5: it is by far the longest.
#[test]
fn each_straggler_is_seen() {
    let Some(imported) = synthetic("straggler") else { return };
    assert_eq!(imported.traces.len(), 90);
    for trace in &imported.traces {
        let mut leaves: Vec<f64> = handlers(trace)
            .iter()
            .filter(|(depth, _)| *depth == 1)
            .map(|(_, span)| span.duration())
            .collect();
        leaves.sort_by(f64::total_cmp);
        let [.., second, slowest] = leaves[..] else { panic!("{} leaves", leaves.len()) };
        assert_eq!(leaves.len(), 10);
        // Sleeping takes at least as long as asked for.
        let asked = [0.1, 0.05, 0.02].into_iter().find(|asked| slowest >= *asked);
        assert!(asked.is_some_and(|asked| second < asked), "{second} {slowest}");
    }
}

#[test]
fn the_shop_calls_in_sequence() {
    let Some(file) = shared("runs/nameko-shop/w2-mix-c4/rpc-profile.jsonl") else { return };
    let shop = import(&[file]);
    let expected = [
        "client/create_order -> gateway/create_order synchronous 1.00",
        "client/get_order -> gateway/get_order synchronous 1.00",
        "client/get_product -> gateway/get_product synchronous 1.00",
        "gateway/create_order -> products/list synchronous 1.00",
        "gateway/create_order -> orders/create_order synchronous 1.00",
        "gateway/get_order -> orders/get_order synchronous 1.00",
        "gateway/get_order -> products/list synchronous 1.00",
        "gateway/get_product -> products/get synchronous 1.00",
    ];
    let mut calls = shop.calls();
    calls.sort();
    let mut expected = expected.map(String::from);
    expected.sort();
    assert_eq!(calls, expected);
    assert_eq!(shop.report.traces, 400);
}

#[test]
fn a_record_of_the_response_tells_all() {
    let intake = crate::intake("nameko_tracer/shop.jsonl");
    let span = |name: &str| crate::span(&intake, name);
    assert_eq!(intake.spans.len(), 3);
    assert_eq!(span("create").parent, Some(span("buy").span_id));
    assert_eq!(span("on_order").parent, Some(span("create").span_id));
    assert_eq!(span("on_order").kind, SpanKind::Consumer);
    assert!(span("buy").error && !span("create").error);
    assert!((span("create").duration() - 0.02).abs() < 1e-9);
    // 2026-01-02 03:04:05 UTC, by date -u +%s.
    assert_eq!(span("create").end, 1_767_323_045_030_000_000);
    let shop = fixture("nameko_tracer/shop.jsonl");
    assert_eq!(
        shop.calls(),
        ["gateway/buy -> orders/create synchronous 1.00", "orders/create -> mail/on_order asynchronous 1.00"]
    );
    assert_eq!((shop.report.warning("unfinished-call").unwrap().count, shop.report.skipped), (1, 1));
}

/// As the sources of the shop say; see `ground-truth.md`. An entrypoint ends after its reply was sent, so that calls in
/// sequence overlap a little.
#[test]
fn the_airship_shop_by_its_own_log() {
    let files =
        crate::common::shared_files("traces/airshipshop-namekotracer-1", &["gateway", "orders", "products"]);
    if files.is_empty() {
        return;
    }
    let shop = import(&files);
    let mut calls: Vec<String> = shop.calls();
    calls.sort();
    assert_eq!(
        calls,
        [
            "gateway/create_order -> orders/create_order synchronous 1.00",
            "gateway/create_order -> products/list synchronous 1.00",
            "gateway/create_product -> products/create synchronous 1.00",
            "gateway/get_order -> orders/get_order synchronous 1.00",
            "gateway/get_order -> products/list synchronous 1.00",
            "gateway/get_product -> products/get synchronous 1.00",
            "orders/create_order -> products/handle_order_created asynchronous 1.00",
        ]
    );
}
