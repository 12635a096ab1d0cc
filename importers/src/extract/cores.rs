//! How many cores the replicas of a service have, told from how fast work ends while so much of it is there.

/// What is needed to believe in more cores than one: a ratio of likelihoods, as twice its logarithm, which by chance is
/// larger once in ten thousand times (χ² with one degree of freedom).
const CONVINCING: f64 = 15.1;

/// How long so many segments of work were active at once in a replica, and how many ended while there were as many.
///
/// # Method
/// Under processor sharing each of n active segments has min(1, c/n) of a core, so that they end at the rate µ·min(n, c). That
/// holds for exponential work at any time, and in the mean over time for work of any distribution in a network in which
/// requests wait for nothing but shared processors: there the probability of n is that of exponential work (Baskett,
/// Chandy, Muntz and Palacios 1975, "Open, closed, and mixed networks of queues with different classes of customers"), and
/// as often as it falls from n it rises to n. With T(n) seconds and D(n) ends seen and D(n) taken as Poisson, the most likely
/// µ for given c is ΣD(n) / ΣT(n)·min(n, c), and up to what does not depend on c the logarithm of the likelihood is
///
/// L(c) = Σ D(n)·ln min(n, c) - ΣD(n) · ln ΣT(n)·min(n, c).
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    /// By number of active segments.
    levels: Vec<Level>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Level {
    seconds: f64,
    ends: f64,
}

impl Occupancy {
    /// So many segments were active for so long.
    pub(super) fn stay(&mut self, active: usize, seconds: f64) {
        self.level(active).seconds += seconds;
    }

    /// One of so many active segments ended.
    pub(super) fn end(&mut self, active: usize) {
        self.level(active).ends += 1.0;
    }

    fn level(&mut self, active: usize) -> &mut Level {
        if active >= self.levels.len() {
            self.levels.resize(active + 1, Level::default());
        }
        &mut self.levels[active]
    }

    /// The most likely number of cores; 1 unless the occupancy speaks clearly against it. There may be more, where there was
    /// never more work at once.
    pub(super) fn cores(&self) -> u32 {
        let most = self.levels.len().saturating_sub(1).max(1);
        let one = self.likelihood(1);
        let likelihoods = (1..=most).map(|cores| (cores, self.likelihood(cores)));
        let best = likelihoods.fold((1, one), |best, next| if next.1 > best.1 { next } else { best });
        if 2.0 * (best.1 - one) > CONVINCING { u32::try_from(best.0).unwrap_or(u32::MAX) } else { 1 }
    }

    /// The logarithm of the likelihood of so many cores.
    fn likelihood(&self, cores: usize) -> f64 {
        let (mut ends, mut logarithms, mut exposure) = (0.0, 0.0, 0.0);
        for (active, level) in self.levels.iter().enumerate().skip(1) {
            let rate = active.min(cores) as f64;
            ends += level.ends;
            logarithms += level.ends * rate.ln();
            exposure += level.seconds * rate;
        }
        if exposure > 0.0 { logarithms - ends * exposure.ln() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M/M/c with that load on every core, in the mean over so many ends: state probabilities by local balance (Kleinrock,
    /// *Queueing Systems* vol. 1, 1975, §3.5), and from state n falls to n - 1 at the rate min(n, c).
    fn station(cores: u32, load: f64, ends: f64) -> Occupancy {
        let arrivals = load * f64::from(cores);
        let mut weights = vec![1.0];
        for active in 1..60u32 {
            let rate = f64::from(active.min(cores));
            weights.push(weights[active as usize - 1] * arrivals / rate);
        }
        let sum: f64 = weights.iter().sum();
        let mut occupancy = Occupancy::default();
        for (active, weight) in weights.into_iter().enumerate().skip(1) {
            let seconds = weight / sum * ends / arrivals;
            occupancy.stay(active, seconds);
            occupancy.level(active).ends = seconds * active.min(cores as usize) as f64;
        }
        occupancy
    }

    #[test]
    fn cores_show_in_how_fast_work_ends() {
        for load in [0.3, 0.6, 0.9] {
            for cores in [1, 2, 3, 8] {
                assert_eq!(station(cores, load, 1e5).cores(), cores, "load {load}");
            }
        }
        assert_eq!(station(8, 0.6, 10.0).cores(), 1, "ten requests tell nothing");
        assert_eq!(Occupancy::default().cores(), 1);
    }
}
