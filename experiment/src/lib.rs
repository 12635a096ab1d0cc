//! Scenarios, sweeps and pictures: what the command line and the window share.
