//! Fitting a model to measured runs, and judging its predictions of others.
