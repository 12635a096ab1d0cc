//! How groups divide the cores of a machine.

use crate::program::GroupPlan;

/// Cores counted in units of 10⁻⁹, so that sums of limits are exact.
pub(super) const UNITS: f64 = 1e9;

/// Containers that together have a share of the machine.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Its share, relative to those of the others.
    share: f64,
    /// Most cores that it may have.
    pub(super) cap: f64,
    /// What its containers could use, in units.
    pub(super) wanted: u64,
    /// Cores that it has, less those already given to its containers.
    pub(super) cores: f64,
    /// Pieces of work of the containers that have not got theirs yet.
    pub(super) pieces: usize,
}

impl Group {
    /// Nothing wanted, on a machine of so many cores.
    pub(super) fn new(plan: &GroupPlan, cores: f64) -> Self {
        let cap = if plan.capped { plan.share * cores } else { f64::INFINITY };
        Self { share: plan.share, cap, wanted: 0, cores: 0.0, pieces: 0 }
    }

    /// Cores that it could use and may have.
    pub(super) fn usable(&self) -> f64 {
        (self.wanted as f64 / UNITS).min(self.cap)
    }

    /// May it have all that it could use?
    pub(super) fn has_all(&self) -> bool {
        self.wanted as f64 / UNITS <= self.cap
    }
}

/// Gives every group its cores: weighted max-min fair. Groups that need the least for their share come first; what they
/// leave goes to the others in proportion to their shares. A group without a share gets what nobody else can use.
pub(super) fn divide(cores: f64, groups: &mut [Group], order: &mut Vec<usize>) {
    order.clear();
    order.extend(0..groups.len());
    let level = |group: &Group| if group.share > 0.0 { group.usable() / group.share } else { f64::INFINITY };
    order.sort_unstable_by(|&a, &b| level(&groups[a]).total_cmp(&level(&groups[b])).then(a.cmp(&b)));
    let mut left = cores;
    for place in 0..order.len() {
        let shares: f64 = order[place..].iter().map(|&number| groups[number].share).sum();
        let group = &mut groups[order[place]];
        let fair = if shares > 0.0 { left * group.share / shares } else { left };
        group.cores = group.usable().min(fair);
        group.pieces = 0;
        left = (left - group.cores).max(0.0);
    }
}
