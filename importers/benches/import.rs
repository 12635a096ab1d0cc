//! Bytes per second of an import beside what simd-json takes to parse the same bytes to a tape.
//! `cargo bench -p tracecast-importers --bench import`
//!
//! The bench `ratios` measures the same in turn, and prints the ratios.

use divan::counter::BytesCount;

mod common;

use common::{RECORDINGS, Recording};

const MEGABYTES: usize = 100;

fn main() {
    divan::main();
}

fn input(recording: usize) -> Option<(Recording, Vec<u8>)> {
    let recording = RECORDINGS[recording];
    Some((recording, recording.repeated(MEGABYTES)?))
}

/// 0 is Jaeger JSON, 1 OTLP JSON.
#[divan::bench(args = [0, 1], sample_count = 5)]
fn tape(bencher: divan::Bencher<'_, '_>, recording: usize) {
    let Some((recording, bytes)) = input(recording) else { return };
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .with_inputs(|| bytes.clone())
        .bench_refs(|bytes| common::tape(bytes, recording.format == "otlp-json"));
}

#[divan::bench(args = [0, 1], sample_count = 5)]
fn spans(bencher: divan::Bencher<'_, '_>, recording: usize) {
    let Some((recording, bytes)) = input(recording) else { return };
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| recording.read(&bytes));
}

#[divan::bench(args = [0, 1], sample_count = 5)]
fn model(bencher: divan::Bencher<'_, '_>, recording: usize) {
    let Some((recording, bytes)) = input(recording) else { return };
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| recording.import(&bytes));
}
