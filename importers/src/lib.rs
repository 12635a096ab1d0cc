//! Trace files to spans, spans to traces, traces to an architecture model.
