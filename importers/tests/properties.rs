//! What holds for every input.

mod common;

use common::{finish, mutated};
use proptest::prelude::*;
use tracecast_importers::{Intake, Span, SpanId, SpanKind, TraceId, formats, open, writers};

/// A service that calls others, in sequence or at once.
#[derive(Clone, Debug)]
struct Node {
    service: u8,
    work: u16,
    at_once: bool,
    with_client_spans: bool,
    kind: Kind,
    children: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Call,
    Message,
}

fn node() -> impl Strategy<Value = Node> {
    let kind = prop_oneof![3 => Just(Kind::Call), 1 => Just(Kind::Message)];
    let fields = (0u8..6, 1u16..500, any::<bool>(), any::<bool>(), kind);
    let build = |(service, work, at_once, with_client_spans, kind), children| Node {
        service,
        work,
        at_once,
        with_client_spans,
        kind,
        children,
    };
    let leaf = fields.clone().prop_map(move |fields| build(fields, Vec::new()));
    leaf.prop_recursive(4, 12, 3, move |inner| {
        (fields.clone(), prop::collection::vec(inner, 0..3))
            .prop_map(move |(fields, children)| build(fields, children))
    })
}

/// The spans of one request for the node.
struct Recorder {
    trace: u8,
    next: u8,
    spans: Vec<Span>,
}

impl Recorder {
    fn span(&mut self, service: u8, parent: Option<SpanId>, kind: SpanKind, start: i64, end: i64) -> SpanId {
        self.next = self.next.wrapping_add(1);
        let span_id = SpanId([1, 0, 0, 0, 0, 0, 0, self.next]);
        self.spans.push(Span {
            trace_id: TraceId([self.trace; 16]),
            span_id,
            parent,
            follows: false,
            links: Vec::new(),
            service: format!("s{service}").into(),
            instance: Some(format!("s{service}-0").into()),
            name: "work".into(),
            kind,
            start,
            end,
            error: false,
            attributes: Default::default(),
        });
        span_id
    }

    /// Records a visit from `start`; answers its end. Work goes before each call and after the last.
    fn visit(&mut self, node: &Node, parent: Option<SpanId>, start: i64) -> i64 {
        let place = self.spans.len();
        let kind = if parent.is_some() && matches!(node.kind, Kind::Message) {
            SpanKind::Consumer
        } else {
            SpanKind::Server
        };
        let id = self.span(node.service, parent, kind, start, start);
        let work = i64::from(node.work) * 1000;
        let (mut now, mut end) = (start + work, start + work);
        for child in &node.children {
            let begin = if node.at_once { start + work } else { now };
            now = match child.kind {
                Kind::Message => {
                    let sender = self.span(node.service, Some(id), SpanKind::Producer, begin, begin + 1000);
                    self.visit(child, Some(sender), begin + 2000);
                    begin + 1000
                }
                Kind::Call if node.with_client_spans => {
                    let client = self.spans.len();
                    let caller = self.span(node.service, Some(id), SpanKind::Client, begin, begin);
                    let end = self.visit(child, Some(caller), begin + 100) + 100;
                    self.spans[client].end = end;
                    end
                }
                Kind::Call => self.visit(child, Some(id), begin),
            } + if node.at_once { 0 } else { work };
            end = end.max(now);
        }
        self.spans[place].end = end;
        end
    }
}

fn requests(node: &Node, count: u8) -> Vec<Span> {
    let mut spans = Vec::new();
    for trace in 1..=count {
        let mut recorder = Recorder { trace, next: 0, spans: Vec::new() };
        // Close enough to overlap now and then.
        recorder.visit(node, None, i64::from(trace) * 700_000);
        spans.append(&mut recorder.spans);
    }
    spans
}

fn outcome(spans: Vec<Span>) -> (String, String) {
    let mut intake = Intake::new();
    spans.into_iter().for_each(|span| intake.push(span));
    let imported = finish(intake).expect("spans");
    let json = |value: &serde_json::Value| serde_json::to_string_pretty(value).expect("JSON");
    (json(&serde_json::json!(imported.system)), json(&serde_json::json!(imported.report)))
}

/// The spans in an intake that keeps so many.
fn gather(spans: Vec<Span>, limit: usize) -> Intake {
    let mut intake = Intake::keeping(limit);
    spans.into_iter().for_each(|span| intake.push(span));
    intake.finish();
    intake
}

/// A permutation from random keys.
fn shuffled(spans: &[Span], keys: &[u64]) -> Vec<Span> {
    let mut places: Vec<usize> = (0..spans.len()).collect();
    places.sort_by_key(|&place| (keys[place % keys.len()].rotate_left(place as u32), place));
    places.into_iter().map(|place| spans[place].clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Any tree of calls and messages, even with services that call themselves or each other, gives a valid model
    /// (checked by `finish`), and the same one whatever the order of the spans.
    #[test]
    fn order_of_spans_does_not_matter(node in node(), count in 1u8..4, keys in prop::collection::vec(any::<u64>(), 64)) {
        let spans = requests(&node, count);
        prop_assert_eq!(outcome(shuffled(&spans, &keys)), outcome(spans));
    }

    /// Nor does it where the same ids and names were used again, of calls to something else.
    #[test]
    fn order_of_like_spans_does_not_matter(node in node(), keys in prop::collection::vec(any::<u64>(), 64)) {
        let mut spans = requests(&node, 1);
        for peer in ["a", "b"] {
            let others = spans.clone().into_iter().map(|mut span| {
                span.attributes.peer_service = Some(peer.into());
                span
            });
            spans.extend(others);
        }
        prop_assert_eq!(outcome(shuffled(&spans, &keys)), outcome(spans));
    }

    /// Of more spans than may be kept, the same are used in whatever order and in however many parts they come.
    #[test]
    fn parts_give_what_the_whole_gives(
        node in node(), count in 1u8..40, requests_kept in 3usize..20, parts in 1usize..5,
        keys in prop::collection::vec(any::<u64>(), 64),
    ) {
        let spans = requests(&node, count);
        let per_request = spans.len() / usize::from(count);
        let limit = requests_kept * per_request;
        let whole = gather(spans.clone(), limit);
        let mut together = Intake::keeping(limit);
        let shuffled = shuffled(&spans, &keys);
        for part in shuffled.chunks(spans.len().div_ceil(parts)) {
            let mut written = Vec::new();
            writers::partial::write(&gather(part.to_vec(), limit), &mut written).unwrap();
            open::read(&written[..], None, &mut together).unwrap();
        }
        together.finish();
        prop_assert!(whole.spans.len() <= limit);
        prop_assert_eq!(together.report.spans, spans.len() as u64);
        let ((traces, report), (others, other)) = (whole.traces(), together.traces());
        prop_assert_eq!(&traces, &others);
        prop_assert_eq!(serde_json::json!(report), serde_json::json!(other));
        // What is not whole is told by what is: of stretches too short for a whole one, parts may be left.
        let whole = traces.iter().filter(|trace| trace.nodes.len() == per_request).count();
        prop_assert!(whole == 0 || whole == traces.len());
    }

    /// Whatever is done to the bytes of a file of any format, there is an answer.
    #[test]
    fn mutated_bytes_never_panic(
        file in any::<prop::sample::Index>(),
        cut in 0.0f64..1.5,
        changes in prop::collection::vec((0.0f64..1.0, any::<u8>()), 0..6),
        digits in prop::collection::vec((0.0f64..1.0, b'0'..=b'9'), 0..6),
    ) {
        for format in formats::all() {
            let folder = format.name().replace('-', "_");
            let folder = format!("{}/tests/data/{folder}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            let bytes = mutated(std::fs::read(file.get(&files)).unwrap(), cut, &changes, &digits);
            for format in [None, Some(*format)] {
                let mut intake = Intake::new();
                let _ = open::read(bytes.as_slice(), format, &mut intake);
                let _ = finish(intake);
            }
        }
    }

    /// Spans with any times, ids and parents give a valid model.
    #[test]
    fn wild_spans_give_valid_models(
        wild in prop::collection::vec((0u8..4, 0u8..6, prop::option::of(0u8..6), 0u8..6, any::<i64>(), any::<i64>()), 1..40),
    ) {
        let kinds = [SpanKind::Unspecified, SpanKind::Internal, SpanKind::Server, SpanKind::Client,
            SpanKind::Producer, SpanKind::Consumer];
        let mut intake = Intake::new();
        for (service, id, parent, kind, start, end) in wild {
            let mut recorder = Recorder { trace: id % 2, next: id, spans: Vec::new() };
            let parent = parent.map(|parent| SpanId([1, 0, 0, 0, 0, 0, 0, parent]));
            recorder.span(service, parent, kinds[usize::from(kind)], start, end);
            recorder.spans.into_iter().for_each(|span| intake.push(span));
        }
        let _ = finish(intake);
    }
}
