//! Mean value analysis of closed product-form networks.
//!
//! * [`single`]: one class, exact, any mix of queueing, multi-server and delay stations.
//! * [`multi`]: several classes, exact, for single servers and delays; its cost is the product of the populations.
//! * [`approximate`]: several classes, Bard–Schweitzer and Linearizer, for populations of any size.
//!
//! Demands are totals per request: visits times demand per visit (s).

pub mod approximate;
pub mod multi;
pub mod single;
