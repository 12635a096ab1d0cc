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
    /// Cores that it has now, which may be more than it can use.
    pub(super) cores: f64,
    /// Containers that follow its level.
    pub(super) followers: usize,
    /// The virtual clock of those, which runs at the rate of a piece of weight one.
    pub(super) clock: f64,
    /// When it was read last.
    read: f64,
    rate: f64,
    /// The place of the follower whose event stands for all.
    pub(super) next: Option<usize>,
}

impl Group {
    /// Nothing wanted, on a machine of so many cores.
    pub(super) fn new(plan: &GroupPlan, cores: f64) -> Self {
        let cap = if plan.capped { plan.share * cores } else { f64::INFINITY };
        Self {
            share: plan.share,
            cap,
            most: units(cap),
            wanted: 0,
            cores: cores.min(cap),
            followers: 0,
            clock: 0.0,
            read: 0.0,
            rate: 0.0,
            next: None,
        }
    }

    /// What it could use and may have, in units.
    pub(super) fn usable(&self) -> u64 {
        self.wanted.min(self.most)
    }

    /// Has it cores enough for all that its containers could use, and had it before?
    pub(super) fn is_ample(&self) -> bool {
        self.followers == 0 && self.wanted as f64 / UNITS as f64 <= self.cores
    }

    #[inline]
    pub(super) fn read_clock(&mut self, now: f64) {
        self.clock += (now - self.read) * self.rate;
        self.read = now;
    }

    /// The clock shows that time now.
    pub(super) fn set_clock(&mut self, now: f64, clock: f64) {
        (self.read, self.clock) = (now, clock);
    }

    /// The container at that place does not follow any more.
    pub(super) fn loses(&mut self, place: usize) {
        self.followers -= 1;
        self.next = self.next.filter(|&next| next != place);
    }

    /// Nothing follows any more: the clock starts anew, so that it stays exact.
    pub(super) fn stop(&mut self, now: f64) {
        (self.read, self.clock, self.rate) = (now, 0.0, 0.0);
    }

    /// From now on the clock, which has been read now, runs at that rate.
    pub(super) fn run_at(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// When the clock will show `end`.
    pub(super) fn when(&self, end: f64) -> f64 {
        self.read + ((end - self.clock) / self.rate).max(0.0)
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
        left = (left - usable(group).min(fair)).max(0.0);
    }
}
