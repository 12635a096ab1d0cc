//! How groups divide the cores of a machine.

use crate::program::GroupPlan;

/// Cores counted in units of 10⁻⁹, so that sums of limits are exact.
pub(super) const UNITS: u64 = 1_000_000_000;

/// Cores in units; without a limit, more than there ever are.
pub(super) fn units(cores: f64) -> u64 {
    (cores * UNITS as f64).round() as u64
}

/// Containers that together have a share of the machine.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Its share, relative to those of the others.
    share: f64,
    /// Most cores that it may have.
    pub(super) cap: f64,
    /// The same in units.
    most: u64,
    /// What its containers could use, in units.
    pub(super) wanted: u64,
    /// Cores that it has, less those already given to its containers.
    pub(super) cores: f64,
    /// Pieces of work of the containers that have not got theirs yet, times their weights.
    pub(super) weight: f64,
}

impl Group {
    /// Nothing wanted, on a machine of so many cores.
    pub(super) fn new(plan: &GroupPlan, cores: f64) -> Self {
        let cap = if plan.capped { plan.share * cores } else { f64::INFINITY };
        Self { share: plan.share, cap, most: units(cap), wanted: 0, cores: 0.0, weight: 0.0 }
    }

    /// What it could use and may have, in units.
    pub(super) fn usable(&self) -> u64 {
        self.wanted.min(self.most)
    }
}

/// Gives every group its cores: weighted max-min fair. Groups that need the least for their share come first; what they
/// leave goes to the others in proportion to their shares. A group without a share gets what nobody else can use.
pub(super) fn divide(cores: f64, groups: &mut [Group], order: &mut Vec<usize>) {
    order.clear();
    order.extend(0..groups.len());
    let usable = |group: &Group| group.usable() as f64 / UNITS as f64;
    let level = |group: &Group| if group.share > 0.0 { usable(group) / group.share } else { f64::INFINITY };
    order.sort_unstable_by(|&a, &b| level(&groups[a]).total_cmp(&level(&groups[b])).then(a.cmp(&b)));
    let mut left = cores;
    for place in 0..order.len() {
        let shares: f64 = order[place..].iter().map(|&number| groups[number].share).sum();
        let group = &mut groups[order[place]];
        let fair = if shares > 0.0 { left * group.share / shares } else { left };
        // More than it can use does no harm, but the rounding of units would.
        group.cores = fair.min(group.cap);
        group.weight = 0.0;
        left = (left - usable(group).min(fair)).max(0.0);
    }
}
