#![no_main]

const FORMATS: &[&str] = &["k6-json", "k6-summary", "prometheus-json"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracecast_fuzz::measure(FORMATS, bytes));
