#![no_main]

const FORMATS: &[&str] = &["jmeter-csv", "locust-history", "locust-stats", "pod-metrics", "request-log"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracecast_fuzz::measure(FORMATS, bytes));
