//! What reading and a whole import cost beside parsing the same bytes by simd-json to a tape, measured in turn.
//!
//! ```sh
//! RAYON_NUM_THREADS=1 cargo bench -p tracecast-importers --bench ratios
//! cargo bench -p tracecast-importers --bench ratios -- 20                    # of 20 MB
//! cargo bench -p tracecast-importers --bench ratios -- 5 jaeger-json spans   # one stage once: tape, spans, model or none
//! ```
//! The last is for counting instructions; `none` only makes the input, and is to be taken off the others. Seconds are those
//! of the best of five rounds.

#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its data is not as expected")]

use std::hint::black_box;
use std::time::Instant;

mod common;

use common::{RECORDINGS, Recording};

const STAGES: [&str; 3] = ["tape", "spans", "model"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let megabytes = words.first().map_or(100, |word| word.parse().unwrap());
    for recording in RECORDINGS {
        if words.get(1).is_some_and(|format| format != recording.format) {
            continue;
        }
        let Some(bytes) = recording.repeated(megabytes) else { continue };
        match words.get(2) {
            Some(stage) => _ = seconds(recording, stage, &bytes),
            None => compare(recording, &bytes),
        }
    }
}

fn compare(recording: Recording, bytes: &[u8]) {
    let mut best = [f64::INFINITY; STAGES.len()];
    for _ in 0..5 {
        for (best, stage) in best.iter_mut().zip(STAGES) {
            *best = best.min(seconds(recording, stage, bytes));
        }
    }
    let megabytes = bytes.len() as f64 * 1e-6;
    println!("{} ({megabytes:.0} MB)", recording.format);
    for (seconds, stage) in best.iter().zip(STAGES) {
        println!("  {stage:5} {seconds:6.3} s {:6.0} MB/s {:5.2}", megabytes / seconds, seconds / best[0]);
    }
}

fn seconds(recording: Recording, stage: &str, bytes: &[u8]) -> f64 {
    let mut copy = if stage == "tape" { bytes.to_vec() } else { Vec::new() };
    let start = Instant::now();
    match stage {
        "tape" => _ = black_box(common::tape(&mut copy, recording.format == "otlp-json")),
        "spans" => _ = black_box(recording.read(bytes)),
        "model" => _ = black_box(recording.import(bytes)),
        other => assert_eq!(other, "none", "a stage is one of tape, spans, model and none"),
    }
    start.elapsed().as_secs_f64()
}
