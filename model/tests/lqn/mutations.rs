//! No text makes a reader panic, and whatever reads can be validated and written.

use tracecast_model::{lqn, validate};

use crate::stream::Stream;

/// One to three changes: a byte, a piece left out, a piece doubled, or a piece of the text put elsewhere.
fn mutated(text: &str, stream: &mut Stream) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=stream.below(3) {
        let at = stream.below(bytes.len());
        let end = (at + 1 + stream.below(20)).min(bytes.len());
        match stream.below(4) {
            0 => bytes[at] = b" -10.9e$%\"<>/=&;:()[]+*aprsAPRSUTE\n\xc3"[stream.below(36)],
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = bytes[at..end].to_vec();
                let to = stream.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn survive(text: &str, reading: Result<lqn::Reading, lqn::ReadError>) -> bool {
    match reading {
        Err(error) => {
            assert!(!error.problems.is_empty(), "{text}");
            assert!(error.problems.iter().all(|problem| problem.line > 0 && problem.column > 0), "{text}");
            false
        }
        Ok(reading) => {
            let _ = validate(&reading.system);
            let _ = lqn::write_xml(&reading.system);
            true
        }
    }
}

#[test]
fn mutations_of_text_never_panic() {
    let mut stream = Stream(0x9e37_79b9_7f4a_7c15);
    let text = include_str!("data/rare.lqn");
    let read = (0..6000).filter(|_| {
        let text = mutated(text, &mut stream);
        survive(&text, lqn::Reading::from_text(&text))
    });
    // Some have to get through, or nothing behind the first reading is tried.
    assert!(read.count() > 100);
}

#[test]
fn mutations_of_xml_never_panic() {
    let mut stream = Stream(0x2545_f491_4f6c_dd1d);
    let text = include_str!("data/rare.lqnx");
    let read = (0..6000).filter(|_| {
        let text = mutated(text, &mut stream);
        survive(&text, lqn::Reading::from_xml(&text))
    });
    assert!(read.count() > 100);
}

/// Every prefix, as of a file that was cut off.
#[test]
fn truncated_files_never_panic() {
    let (text, xml) = (include_str!("data/rare.lqn"), include_str!("data/rare.lqnx"));
    for (end, _) in text.char_indices() {
        survive(text, lqn::Reading::from_text(&text[..end]));
    }
    for (end, _) in xml.char_indices().step_by(7) {
        assert!(!survive(xml, lqn::Reading::from_xml(&xml[..end])));
    }
}
