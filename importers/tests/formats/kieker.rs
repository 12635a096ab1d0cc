//! Kieker's logs.

use tracecast_importers::{ImportError, Intake, Span, open};

use crate::bytes;
use crate::common::{finish, shared_files};

/// Files of one folder.
fn log(files: &[&str]) -> Intake {
    let inputs: Vec<open::Input<'_>> = files
        .iter()
        .map(|name| open::Input {
            name: (*name).into(),
            open: Box::new(move || Ok(Box::new(std::io::Cursor::new(bytes(&format!("kieker/{name}")))))),
            optional: false,
        })
        .collect();
    let mut intake = Intake::new();
    open::read_folder(&inputs, None, &mut intake).unwrap_or_else(|failed| panic!("{}", failed.error));
    intake.finish();
    intake
}

fn operation<'a>(intake: &'a Intake, name: &str) -> &'a Span {
    intake.spans.iter().find(|span| span.name.starts_with(name)).unwrap_or_else(|| panic!("no {name}"))
}

/// The map is read first, wherever it stands; times are in µs, as the log itself says.
#[test]
fn callers_follow_from_order_and_depth() {
    let log = log(&["executions.dat", "kieker.map"]);
    let [get, again, price, buy] = &log.spans[..] else { panic!("{} spans", log.spans.len()) };
    assert_eq!((&*buy.service, &*buy.name), ("shop.Shop", "buy(java.lang.String[])"));
    assert_eq!((&*price.service, &*price.name), ("shop.Price", "of(shop.Item, int)"));
    assert_eq!(buy.parent, None);
    assert_eq!([get.parent, price.parent], [Some(buy.span_id); 2]);
    assert_eq!(again.parent, Some(price.span_id));
    assert_eq!((buy.start, buy.end), (100_000, 200_000));
    assert_eq!(get.instance.as_deref(), Some("back-1"));
    let imported = finish(log).unwrap();
    assert_eq!(
        imported.calls(),
        [
            "shop.Price/of(shop.Item, int) -> shop.Stock/get(boolean) synchronous 1.00",
            "shop.Shop/buy(java.lang.String[]) -> shop.Stock/get(boolean) synchronous 1.00",
            "shop.Shop/buy(java.lang.String[]) -> shop.Price/of(shop.Item, int) synchronous 1.00",
        ]
    );
    assert_eq!(imported.system.service("shop.Stock").unwrap().replicas, 2);
}

#[test]
fn the_first_versions_had_one_more_field() {
    let log = log(&["kieker.map", "old.dat"]);
    assert_eq!(operation(&log, "get").parent, Some(operation(&log, "buy").span_id));
    // Executions outside of traces are requests of their own.
    assert_eq!(log.report.warning("untraced-execution").unwrap().count, 2);
    assert_ne!(log.spans[2].trace_id, log.spans[3].trace_id);
}

/// Begins without an end, and ends without a begin, are counted and left out.
#[test]
fn events_nest() {
    let log = log(&["kieker.map", "events.dat"]);
    assert_eq!((log.spans.len(), log.report.skipped), (2, 2));
    let (buy, get) = (operation(&log, "buy"), operation(&log, "get"));
    assert_eq!((get.parent, get.error, &*get.service), (Some(buy.span_id), true, "shop.FastStock"));
    assert_eq!((get.start, get.end, get.instance.as_deref()), (1200, 1700, Some("front")));
    for code in ["unclosed-operation", "unopened-operation"] {
        assert_eq!(log.report.warning(code).unwrap().count, 1, "{code}");
    }
}

#[test]
fn without_a_map_the_message_asks_for_it() {
    let mut intake = Intake::new();
    let error = open::read(bytes("kieker/events.dat").as_slice(), None, &mut intake).unwrap_err();
    assert!(matches!(error, ImportError::Syntax { line: 1, .. }), "{error}");
    assert!(error.to_string().contains("kieker.map"), "{error}");
    // In one stream with its map it can be read: 4 executions, 4 of the first version, 2 pairs of events.
    let mut intake = Intake::new();
    open::read(bytes("kieker/one_stream.dat").as_slice(), None, &mut intake).unwrap();
    intake.finish();
    assert_eq!(intake.spans.len(), 4 + 4 + 2);
}

/// Kieker's own analysis of the log (`bookstore-kieker-1-expected`): who calls whom how often on which host.
#[test]
fn the_bookstore_is_as_kieker_sees_it() {
    let files = shared_files("traces/bookstore-kieker-1", &["kieker"]);
    if files.is_empty() {
        return;
    }
    let imported = crate::common::import(&files);
    let name = |class: &str| format!("bookstoreTracing.{class}");
    assert_eq!(
        imported.calls(),
        [
            "bookstoreTracing.Bookstore/searchBook() -> bookstoreTracing.Catalog/getBook(boolean) synchronous 1.00",
            "bookstoreTracing.Bookstore/searchBook() -> bookstoreTracing.CRM/getOffers() synchronous 1.00",
            "bookstoreTracing.CRM/getOffers() -> bookstoreTracing.Catalog/getBook(boolean) synchronous 1.00",
        ]
    );
    assert_eq!(imported.system.service(&name("Catalog")).unwrap().replicas, 2);
    let visits = |caller: &str, host: &str| {
        let of = |trace: &tracecast_importers::Trace| {
            let called = |node: &&tracecast_importers::TraceNode| {
                let parent = node.parent.map(|parent| &trace.nodes[parent].span.service);
                *node.span.service == *name("Catalog")
                    && node.span.instance.as_deref() == Some(host)
                    && parent.is_some_and(|parent| **parent == *name(caller))
            };
            trace.nodes.iter().filter(called).count()
        };
        imported.traces.iter().map(of).sum::<usize>()
    };
    assert_eq!([visits("Bookstore", "SRV1"), visits("Bookstore", "SRV0")], [1092, 543]);
    assert_eq!([visits("CRM", "SRV1"), visits("CRM", "SRV0")], [1062, 573]);
}

/// Three entry operations: 184, 81 and 68 of 333 requests.
#[test]
fn the_distributed_bookstore_has_three_kinds_of_requests() {
    let files = shared_files("traces/bookstore-kieker-6", &["tpmon"]);
    if files.is_empty() {
        return;
    }
    let imported = crate::common::import(&files);
    let requests = &imported.system.workloads[0];
    let mut shares: Vec<(String, f64)> = requests
        .shares()
        .map(|(operation, share)| (operation.to_string(), (share * 333.0).round()))
        .collect();
    shares.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("searchBook()", 68.0), ("showBook()", 184.0), ("showOffers()", 81.0)];
    assert_eq!(shares.len(), 3);
    for ((operation, share), (name, count)) in shares.iter().zip(expected) {
        assert!(operation.ends_with(name) && *share == count, "{operation} {share}");
    }
}

/// A text is its number in the map.
#[test]
fn binary_records_have_the_same_fields() {
    let log = log(&["../kieker_binary/records.bin", "../kieker_binary/kieker.map"]);
    assert_eq!((log.spans.len(), log.report.skipped), (3, 0));
    let [get, buy, failed] = &log.spans[..] else { panic!() };
    assert_eq!(
        (get.parent, &*get.service, get.instance.as_deref()),
        (Some(buy.span_id), "shop.Stock", Some("back-1"))
    );
    assert_eq!((buy.start, buy.end, &*buy.name), (100_000, 200_000, "buy(java.lang.String[])"));
    assert_eq!((failed.error, failed.start, failed.end), (true, 1_200_000, 1_700_000));
    assert_eq!(failed.instance.as_deref(), Some("front"));
}

/// Whatever is done to binary files and their maps, there is an answer.
#[test]
fn broken_binary_records_are_told() {
    let (map, records) = (bytes("kieker_binary/kieker.map"), bytes("kieker_binary/records.bin"));
    let kieker = tracecast_importers::formats::by_name("kieker").unwrap();
    for cut in 0..records.len() {
        let mut intake = Intake::new();
        open::read(map.as_slice(), None, &mut intake).unwrap();
        let result = open::read(&records[..cut], Some(kieker), &mut intake);
        intake.finish();
        // Complete records end at 0, and where the last of those before the cut ends; else it is truncated.
        assert!(result.is_ok() || cut == 0, "{cut}: {result:?}");
        for byte in [0, 1, 255] {
            let mut wrong = records.clone();
            wrong[cut] = byte;
            let mut intake = Intake::new();
            open::read(map.as_slice(), None, &mut intake).unwrap();
            let _ = open::read(wrong.as_slice(), Some(kieker), &mut intake);
            intake.finish();
        }
    }
    let mut intake = Intake::new();
    let error = open::read(records.as_slice(), Some(kieker), &mut intake).unwrap_err();
    assert!(error.to_string().contains("kieker.map"), "{error}");
}
