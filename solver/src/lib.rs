//! Analytic engines of tracecast: bounds, mean value analysis, layered queueing, bursts.
