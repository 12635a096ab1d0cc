//! Discrete-event simulation of layered service systems.
