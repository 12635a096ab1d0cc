//! SkyWalking's segments.

use tracecast_importers::{ImportError, Intake, SpanKind, open};

use crate::common::{fixture, shared};
use crate::{intake, span};

#[test]
fn segments_refer_to_each_other() {
    let read = intake("skywalking_json/segments.json");
    assert_eq!((read.spans.len(), read.report.skipped), (6, 0));
    let [call, _, send, buy, get, mail] = &read.spans[..] else { panic!() };
    assert_eq!([call.parent, get.parent, mail.parent], [buy, call, send].map(|span| Some(span.span_id)));
    assert_eq!([call, send, get, mail].map(|span| span.kind), {
        use SpanKind::{Client, Consumer, Producer, Server};
        [Client, Producer, Server, Consumer]
    });
    assert_eq!(
        (get.error, get.instance.as_deref(), get.end - get.start),
        (true, Some("stock-1"), 40_000_000)
    );
    assert_eq!(span(&read, "SELECT").attributes.database.as_deref(), Some("sql"));
    assert_eq!(
        fixture("skywalking_json/segments.json").calls(),
        [
            "shop//buy -> stock//get synchronous 1.00",
            "shop//buy -> mysql/SELECT synchronous 1.00",
            "shop//buy -> mail/order/Consumer asynchronous 1.00",
        ]
    );
}

/// One segment a line, or single spans as the query interface answers: the same traces.
#[test]
fn forms_of_the_same_segments() {
    let segments = fixture("skywalking_json/segments.json");
    for form in ["segments.jsonl", "query.json"] {
        assert_eq!(fixture(&format!("skywalking_json/{form}")).traces, segments.traces, "{form}");
    }
    let old = fixture("skywalking_json/short_names.json");
    assert_eq!(old.calls(), ["shop//buy -> stock//get synchronous 1.00"]);
}

/// The template of a generator of segments is no trace.
#[test]
fn a_template_is_refused() {
    let Some(path) = shared("traces/template-skywalkingseg-1.json") else { return };
    let error = open::read(std::fs::File::open(path).unwrap(), None, &mut Intake::new()).unwrap_err();
    assert!(matches!(error, ImportError::UnknownFormat { .. }), "{error}");
}
