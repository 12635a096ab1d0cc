//! How often all servers of a station are busy at the same time.

use super::queued::Queued;

/// A station with several servers, as a birth–death process whose customers come from finite or infinite sources.
pub(crate) struct Occupancy<'a> {
    /// Servers; may be a fraction above 1 for the limit of a container.
    pub(crate) servers: f64,
    /// Rate of completions with 1, 2, … servers busy, relative to one, where servers hinder each other; else empty.
    pub(crate) rates: &'a [f64],
    /// Customers that can come; infinite for open arrivals.
    pub(crate) sources: f64,
    /// Relative distance from the mean number of busy servers at which the rest is linear: its square is the error.
    pub(crate) closeness: f64,
}

/// Where a search for the intensity ended, for the next one to begin there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    /// Not a number before the first search.
    intensity: f64,
    /// Mean busy servers there, and how they change with its logarithm.
    busy: f64,
    slope: f64,
}

impl Search {
    pub(crate) const NEW: Self = Self { intensity: f64::NAN, busy: 0.0, slope: 0.0 };

    /// Where so many servers are busy, to first order.
    fn start(&self, busy: f64) -> f64 {
        let step = (busy - self.busy) / self.slope;
        self.intensity * if step.is_finite() { growth(step.clamp(-1.0, 1.0)) } else { 1.0 }
    }
}

/// [`Occupancy::closeness`], of a fixed point whose last change was so large: the error is a hundredth of that, and so
/// vanishes with it, and is a thousandth at most.
pub(crate) fn closeness(residual: f64) -> f64 {
    (0.1 * residual.sqrt()).clamp(CLOSEST, FARTHEST)
}

const CLOSEST: f64 = 1e-6;
const FARTHEST: f64 = 0.03;

/// Weights are scaled before they overflow.
const LARGE: f64 = 1e150;

/// Logarithm of a probability that does not matter, 1e-10.
const NEVER: f64 = -10.0 * std::f64::consts::LN_10;

/// Beyond, sources count as infinite.
const LARGEST_SOURCES: f64 = 1e6;

impl Occupancy<'_> {
    /// Probability that no server is free, given the mean number of busy ones.
    ///
    /// The number n present has the probabilities of M/M/c//N: p(n+1)/p(n) = θ(1-n/N)/r(n+1), where the service rate
    /// r(n) grows with min(n, c), less where servers hinder each other; θ is chosen so that E[min(n, c)] is as given. For
    /// infinite sources and independent servers that is the Erlang C formula; for a finite number, the machine repair model
    /// (Kleinrock 1975, §3.8).
    pub(crate) fn all_busy(&self, busy: f64, search: &mut Search) -> f64 {
        if busy <= 0.0 || self.sources <= whole(self.servers) - 1.0 || self.is_never_full(busy) {
            return 0.0;
        }
        if busy >= self.most_busy() * (1.0 - 1e-9) {
            // All sources are there; between c - 1 and c of them, that part of the time all servers are busy.
            return (self.sources - (whole(self.servers) - 1.0)).clamp(0.0, 1.0);
        }
        self.fit(busy, search).full
    }

    /// Is a Poisson number with that mean hardly ever so large (Chernoff 1952)? The number of busy servers varies less.
    /// The first condition, 1 - 1/x ≤ ln x, spares most the logarithm.
    fn is_never_full(&self, busy: f64) -> bool {
        let servers = whole(self.servers);
        let free = servers - busy;
        self.rates.is_empty()
            && free > 0.0
            && free * free > -NEVER * busy
            && free + servers * (busy / servers).ln() < NEVER
    }

    /// Newton's method in log θ, kept between the bounds found so far.
    fn fit(&self, busy: f64, search: &mut Search) -> Sums {
        let (mut low, mut high) = (0.0, self.largest_intensity());
        let guess = if search.intensity.is_nan() { self.guess(busy) } else { search.start(busy) };
        let mut at = guess.min(high * (1.0 - 1e-9));
        for _ in 0..60 {
            let mut sums = self.sums(at);
            let error = sums.busy - busy;
            if error.abs() <= self.closeness * busy {
                // What is left is corrected to first order.
                let step = if sums.derivative > 0.0 { error / sums.derivative } else { 0.0 };
                let step = step.clamp(-1.0, 1.0).max(at / high - 1.0 + 1e-12);
                sums.full = (sums.full - step * sums.full_derivative).clamp(0.0, 1.0);
                *search = Search { intensity: at * growth(-step), busy, slope: sums.derivative };
                return sums;
            }
            if error > 0.0 {
                high = at;
            } else {
                low = at;
            }
            let step = -error / sums.derivative;
            let newton = if step.is_finite() { at * growth(step.clamp(-3.0, 3.0)) } else { f64::NAN };
            at = if newton > low && newton < high {
                newton
            } else if high.is_infinite() {
                at * 8.0
            } else if low == 0.0 {
                at / 8.0
            } else {
                (low * high).sqrt()
            };
        }
        *search = Search { intensity: at, ..Search::NEW };
        self.sums(at)
    }

    /// Probabilities of 0, 1, … busy servers, given the mean number of busy ones.
    pub(crate) fn distribution(&self, busy: f64, search: &mut Search) -> Vec<f64> {
        let servers = whole(self.servers) as usize;
        let mut weights = vec![0.0; servers + 1];
        if busy <= 0.0 {
            weights[0] = 1.0;
            return weights;
        }
        if busy >= self.most_busy() * (1.0 - 1e-9) {
            weights[(whole(self.most_busy()) as usize).min(servers)] = 1.0;
            return weights;
        }
        let full = self.fit(busy, search).full;
        let intensity = search.intensity;
        let mut weight = 1.0_f64;
        let mut below = 0.0;
        for n in 0..servers {
            weights[n] = weight;
            below += weight;
            let present = n as f64;
            let supply = if self.infinite_sources() { 1.0 } else { (1.0 - present / self.sources).max(0.0) };
            weight *= intensity * supply / self.rate(present + 1.0);
            if weight > LARGE {
                weights.iter_mut().for_each(|w| *w /= weight);
                below /= weight;
                weight = 1.0;
            }
        }
        weights.iter_mut().for_each(|w| *w *= (1.0 - full) / below);
        weights[servers] = full;
        weights
    }

    /// θ if all customers were outside: exact for infinite sources and independent servers.
    fn guess(&self, busy: f64) -> f64 {
        busy * self.rate(busy.max(1.0)) / busy.max(1.0)
    }

    fn infinite_sources(&self) -> bool {
        self.sources > LARGEST_SOURCES
    }

    fn most_busy(&self) -> f64 {
        self.servers.min(self.sources)
    }

    /// Service rate with so many present, relative to one undisturbed server.
    fn rate(&self, present: f64) -> f64 {
        if self.rates.is_empty() {
            return present.min(self.servers);
        }
        self.rates[(present.max(1.0) as usize).min(self.rates.len()) - 1]
    }

    /// At infinite sources the queue must stay finite.
    fn largest_intensity(&self) -> f64 {
        if self.infinite_sources() { self.rate(self.servers) * (1.0 - 1e-13) } else { f64::INFINITY }
    }

    /// The first `states` states. Without a look at each, weights may overflow, which then is seen at their sum.
    fn below(&self, states: usize, intensity: f64, fewer: f64) -> Below {
        let mut below = Below::START;
        if self.rates.len() >= states {
            let rates = self.rates[..states].iter().copied();
            below.add(rates.clone(), intensity, fewer, |_| {});
            if !below.square.is_finite() || !below.weight.is_finite() {
                below = Below::START;
                below.add(rates, intensity, fewer, Below::scale);
            }
        } else {
            let rates = (1..=states).map(|n| self.rate(n as f64));
            below.add(rates, intensity, fewer, Below::scale);
        }
        below
    }

    fn sums(&self, intensity: f64) -> Sums {
        let full_at = whole(self.servers);
        let sources = if self.infinite_sources() { f64::INFINITY } else { self.sources };
        let most = full_at.min(whole(sources)).max(1.0) as usize;
        // Below that, as many servers are busy as customers are present.
        let Below { sum: mut below, mut present, mut square, weight } =
            self.below(most, intensity, intensity / sources);
        let n = most as f64;
        let (full, among_full) = if n < full_at {
            // All sources are there.
            below += weight;
            present += weight * n;
            square += weight * n * n;
            (0.0, 0.0)
        } else {
            let step = intensity / self.rate(full_at.max(1.0));
            let tail = Queued::of(step * (1.0 - n / sources), step / sources, whole(sources) - n);
            // Scaled where the weights grow beyond all measure first.
            below *= tail.scale;
            present *= tail.scale;
            square *= tail.scale;
            (weight * tail.sum, weight * (n * tail.sum + tail.further))
        };
        let all = 1.0 / (below + full);
        let busy = all * (present + self.servers * full);
        let mean = all * (present + among_full);
        Sums {
            busy,
            derivative: all * (square + self.servers * among_full) - busy * mean,
            full: all * full,
            full_derivative: all * (among_full - full * mean),
        }
    }
}

/// States with free servers: sums of their weights, of those times the number present and its square; the next weight.
struct Below {
    sum: f64,
    present: f64,
    square: f64,
    weight: f64,
}

impl Below {
    const START: Self = Self { sum: 0.0, present: 0.0, square: 0.0, weight: 1.0 };

    /// States with service rates of the next ones; `check` after each.
    fn add(
        &mut self,
        rates: impl Iterator<Item = f64>,
        intensity: f64,
        fewer: f64,
        check: impl Fn(&mut Self),
    ) {
        let (mut arrivals, mut n) = (intensity, 0.0);
        for rate in rates {
            self.sum += self.weight;
            self.present += self.weight * n;
            self.square += self.weight * n * n;
            self.weight *= arrivals / rate;
            arrivals -= fewer;
            n += 1.0;
            check(self);
        }
    }

    fn scale(&mut self) {
        if self.weight > LARGE {
            let factor = 1.0 / self.weight;
            *self = Self {
                sum: self.sum * factor,
                present: self.present * factor,
                square: self.square * factor,
                weight: 1.0,
            };
        }
    }
}

struct Sums {
    /// Mean busy servers, and its derivative with respect to log θ.
    busy: f64,
    derivative: f64,
    /// Probability that all are busy, and its derivative.
    full: f64,
    full_derivative: f64,
}

/// About exp(x): its (2, 2) Padé approximant, which is positive and grows like it, and is off by x⁵/720. A step of a search
/// need not be exact.
fn growth(x: f64) -> f64 {
    let even = 12.0 + x * x;
    (even + 6.0 * x) / (even - 6.0 * x)
}

/// Rounded up. Without the instruction for it, which not all processors have, [`f64::ceil`] is a call.
fn whole(number: f64) -> f64 {
    let below = number as i64 as f64;
    if below < number { below + 1.0 } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;

    /// After a few rounds.
    fn settled(occupancy: &Occupancy<'_>, busy: f64) -> f64 {
        let mut search = Search::NEW;
        (0..4).map(|_| occupancy.all_busy(busy, &mut search)).last().unwrap()
    }

    #[test]
    fn open_arrivals_give_erlang_c() {
        for (servers, load) in [(2u32, 0.3), (5, 0.9), (20, 0.6), (100, 0.95)] {
            let busy = load * f64::from(servers);
            let occupancy = Occupancy {
                servers: f64::from(servers),
                rates: &[],
                sources: f64::INFINITY,
                closeness: 1e-4,
            };
            let expected = open::erlang_c(servers, busy).unwrap();
            assert!((settled(&occupancy, busy) - expected).abs() < 1e-9 * expected, "{servers} {load}");
        }
    }

    /// Machine repair with 3 machines, 2 repairers and θ = 3·λ/μ with λ = μ: weights 1, 3, 3, 3/2.
    #[test]
    fn finite_sources_give_machine_repair() {
        let occupancy = Occupancy { servers: 2.0, rates: &[], sources: 3.0, closeness: 1e-4 };
        let busy = (3.0 + 2.0 * 3.0 + 2.0 * 1.5) / 8.5;
        assert!((settled(&occupancy, busy) - 4.5 / 8.5).abs() < 1e-10);
    }

    /// Threads that only share one core are one server: the number present is geometric.
    #[test]
    fn threads_on_one_core_are_one_server() {
        let load: f64 = 0.75;
        let occupancy = Occupancy { servers: 5.0, rates: &[1.0; 5], sources: f64::INFINITY, closeness: 1e-4 };
        let busy: f64 = (1..=5).map(|n| load.powi(n)).sum();
        assert!((settled(&occupancy, busy) - load.powi(5)).abs() < 1e-9);
    }
}
