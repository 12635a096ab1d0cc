//! Which arrival process requests come from.

use tracecast_model::Load;

use super::dispersion::{Dispersion, gaps_depend};
use super::modulated;
use crate::Nanos;
use crate::extract::sketch::{Sketch, rounded};
use crate::span::seconds;

/// An index of dispersion this close to 1 makes no difference that responses show, however sure it is.
const RELEVANT: f64 = 0.1;

/// What requests come from, and why.
pub(super) struct Process {
    pub(super) load: Load,
    /// In words.
    pub(super) why: String,
}

/// The process of requests at these times, in order, at `rate` per second of which the part `sampled` was recorded.
///
/// A Poisson process unless that is refuted. Then independent gaps where each gap looks independent of those
/// before, or arrivals at a rate that changes ([`modulated::fit`]). Of a sample only the latter is told: what is left of
/// other processes, after requests were left out at random, is close to a Poisson process.
pub(super) fn process(times: &[Nanos], dispersion: &Dispersion, rate: f64, sampled: f64) -> Process {
    let poisson = |why: &str| Process { load: Load::Poisson { rate }, why: why.into() };
    let Some((low, high)) = dispersion.range() else {
        return poisson("a Poisson process, since they are too few to tell how they vary");
    };
    if !dispersion.refutes_poisson() || high - 1.0 < RELEVANT && 1.0 - low < RELEVANT {
        return poisson("a Poisson process, which counts over short and long times do not refute");
    }
    let gaps: Vec<f64> = times.windows(2).map(|pair| seconds(pair[1] - pair[0])).collect();
    let depends = gaps_depend(&gaps);
    if depends && let Some(arrivals) = modulated::fit(dispersion, &gaps, rate, sampled) {
        let why = "arrivals at a rate that changes at random, with the dispersion of their counts, which refutes a Poisson process";
        return Process { load: Load::Markov(arrivals), why: why.into() };
    }
    if depends && high - 1.0 >= RELEVANT {
        return poisson("a Poisson process, though their rate changes over the whole recording");
    }
    if sampled < 1.0 {
        return poisson("a Poisson process, since a sample does not show the gaps between all of them");
    }
    let mut sketch = Sketch::default();
    gaps.iter().for_each(|gap| sketch.add(*gap));
    let gap = sketch.distribution().with_mean(rounded(1.0 / rate));
    let why = if depends {
        "arrivals at gaps as recorded (though independent of each other, which they were not), which refute a Poisson process"
    } else {
        "arrivals at independent gaps as recorded, which refute a Poisson process"
    };
    Process { load: Load::Renewal { gap }, why: why.into() }
}
