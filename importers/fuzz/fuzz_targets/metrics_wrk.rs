#![no_main]

const FORMATS: &[&str] = &["wrk"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracecast_fuzz::measure(FORMATS, bytes));
