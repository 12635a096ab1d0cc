//! A container's work on cores that it shares with others.

use super::groups::{UNITS, units};
use super::quota::{Pool, Quota};
use crate::heap::Heap;
use crate::hosts::{Context, Work};
use crate::key::Key;
use crate::program::ContainerPlan;

/// The work of a container, by a virtual clock that runs at the rate of its pieces.
///
/// What every event needs comes first, so that it lies together.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Container {
    /// By the virtual time of their ends: their strands.
    pub(super) pieces: Heap,
    /// The virtual clock, when it was read last.
    clock: f64,
    /// When that was: by the clock of its group where it follows that one, else by simulated time.
    read: f64,
    /// How fast its pieces run where it does not follow its group.
    rate: f64,
    /// Of the next piece.
    sequence: u32,
    pub(super) number: u32,
    /// Do its pieces run at the level of its group, since their need is beyond it?
    pub(super) follows: bool,
    /// The end of its first piece by the clock of its group, where it follows that one.
    pub(super) end: f64,
    pub(super) group: usize,
    pub(super) weight: f64,
    limit: f64,
    /// The same in units.
    most: u64,
    /// Cores that it could use, in units.
    pub(super) wanted: u64,
    /// Its pieces, times their weight.
    pub(super) load: f64,
    /// Level at which its limit, or a core for each piece, would be all that it gets; 0 without pieces.
    pub(super) need: f64,
    /// What is left of its processor time, where that is given by periods.
    pub(super) quota: Option<Box<Quota>>,
}

impl Container {
    /// Without work; `pool` is what its processor time comes from, where that is given by periods.
    pub(super) fn new(number: u32, plan: &ContainerPlan, pool: Option<usize>) -> Self {
        Self {
            number,
            group: plan.group,
            weight: plan.weight,
            limit: plan.limit.unwrap_or(f64::INFINITY),
            most: plan.limit.map_or(u64::MAX, units),
            pieces: Heap::new(),
            sequence: 0,
            clock: 0.0,
            read: 0.0,
            rate: 1.0,
            follows: false,
            wanted: 0,
            load: 0.0,
            need: 0.0,
            end: f64::INFINITY,
            quota: pool.map(|pool| Box::new(Quota::new(pool))),
        }
    }

    /// Does it stand still until it is given processor time?
    pub(super) fn stands(&self) -> bool {
        self.quota.as_ref().is_some_and(|quota| quota.is_used_up)
    }

    /// Notes what it has used so far, at a time at which the clock has been read.
    #[inline]
    fn count_use(&mut self) {
        if let Some(quota) = &mut self.quota {
            quota.count(self.clock, self.pieces.len());
        }
    }

    /// What its clock will show when its first piece is done, or its quota used up.
    #[inline]
    fn first_end(&mut self) -> f64 {
        let first = self.pieces.first().time();
        self.quota.as_ref().map_or(first, |quota| quota.end(self.pieces.len()).min(first))
    }

    /// Asks for more processor time, or stops, where its own is used up before its first piece is done, which is at the end that it
    /// has come to now. The time is the same as of [`Self::take_first`].
    #[inline]
    pub(super) fn renew_if_used_up(&mut self, time: f64, place: usize, pools: &mut [Pool]) -> bool {
        let (first, pieces) = (self.pieces.first(), self.pieces.len());
        let Some(quota) = &mut self.quota else { return false };
        if first == Key::NEVER || first.time() <= quota.end(pieces) {
            return false;
        }
        self.clock = quota.end(pieces);
        self.read = time;
        quota.count(self.clock, pieces);
        if !pools[quota.pool].renew(place, quota) {
            self.rate = 0.0;
        }
        true
    }

    /// Processor time that it has left, at a time at which the clock has been read.
    pub(super) fn held(&mut self) -> f64 {
        self.count_use();
        self.quota.as_ref().map_or(0.0, |quota| quota.left())
    }

    /// Takes the piece out that is next, at a time at which the clock has been read; its strand, and what is left of it.
    pub(super) fn give_away(&mut self) -> (u32, f64) {
        self.count_use();
        let first = self.pieces.first();
        self.pieces.take_first();
        (first.value(), (first.time() - self.clock).max(0.0))
    }

    /// Cores that it may have.
    pub(super) fn limit(&self) -> f64 {
        self.limit
    }

    /// Reads its clock; `group` is what that of its group shows.
    #[inline]
    pub(super) fn read_clock(&mut self, now: f64, group: f64) {
        if self.follows {
            self.clock += (group - self.read) * self.weight;
            self.read = group;
        } else {
            self.read_own_clock(now);
        }
    }

    /// The same where it does not follow its group.
    #[inline]
    pub(super) fn read_own_clock(&mut self, now: f64) {
        self.clock += (now - self.read) * self.rate;
        self.read = now;
    }

    /// Adds a piece, at a time at which the clock has been read.
    #[inline]
    pub(super) fn add(&mut self, work: Work) {
        if self.sequence == u32::MAX {
            self.renumber();
        }
        self.count_use();
        self.pieces.push(Key::new(self.clock + work.amount, self.sequence, work.strand));
        self.sequence += 1;
    }

    /// Takes out the piece that has come to its end now; its strand. The time is that by which its clock is read.
    #[inline]
    pub(super) fn take_first(&mut self, time: f64) -> Option<u32> {
        let first = self.pieces.first();
        if first == Key::NEVER {
            return None;
        }
        self.read = time;
        self.clock = first.time();
        self.count_use();
        self.pieces.take_first();
        if self.pieces.len() == 0 {
            self.start_anew();
        }
        Some(first.value())
    }

    /// Takes all pieces out; their strands.
    pub(super) fn take_all(&mut self) -> Vec<u32> {
        self.count_use();
        let strands = self.pieces.drain().iter().map(|piece| piece.value()).collect();
        self.start_anew();
        strands
    }

    /// The clock and the numbers start anew, so that the one stays exact and the others suffice.
    fn start_anew(&mut self) {
        (self.clock, self.sequence) = (0.0, 0);
        if let Some(quota) = &mut self.quota {
            quota.set_clock(0.0);
        }
    }

    /// Works out what it needs and, if it follows its group, its next end, after a change of its pieces.
    pub(super) fn measure(&mut self) {
        let count = if self.stands() { 0 } else { self.pieces.len() };
        self.wanted = (count as u64 * UNITS).min(self.most);
        self.load = count as f64 * self.weight;
        self.need = if count > 0 { self.cap() / self.weight } else { 0.0 };
        if self.follows {
            self.end = self.read + (self.first_end() - self.clock) / self.weight;
        }
    }

    /// Rate of each piece when the machine does not limit it.
    fn cap(&self) -> f64 {
        (self.limit / self.pieces.len() as f64).min(1.0)
    }

    /// From now on it follows its group, the clock of which shows `group`.
    pub(super) fn follow(&mut self, now: f64, group: f64) {
        self.read_clock(now, group);
        self.follows = true;
        self.read = group;
        self.measure();
    }

    /// From now on it runs at a rate of its own.
    pub(super) fn leave(&mut self, now: f64, group: f64) {
        self.read_clock(now, group);
        self.follows = false;
        self.read = now;
    }

    /// Sets the rate of its pieces to what its limit allows, at that speed of the cores, and the event of its next end.
    #[inline]
    pub(super) fn run_freely(&mut self, speed: f64, context: &mut Context<'_>) {
        self.rate = self.cap() * speed;
        let left = ((self.first_end() - self.clock) / self.rate).max(0.0);
        context.calendar.set_share(self.number, context.now + left);
    }

    /// Sets the rate of its pieces where it has a machine for itself, with so many cores that it can use. When the first of
    /// them ends, if there is one.
    #[inline]
    pub(super) fn run_alone(&mut self, now: f64, cores: f64) -> Option<f64> {
        let first = self.pieces.first();
        if first == Key::NEVER {
            return None;
        }
        let left = (first.time() - self.clock).max(0.0);
        let count = self.pieces.len() as f64;
        // Mostly the cores suffice, and a division costs as much as all the rest.
        if count <= cores {
            self.rate = 1.0;
            Some(now + left)
        } else {
            self.rate = cores / count;
            Some(now + left * (count / cores))
        }
    }

    /// Work that is not done.
    pub(super) fn work_left(&self, now: f64, group: f64) -> f64 {
        let mut copy = self.clone();
        copy.read_clock(now, group);
        copy.pieces.drain().iter().map(|piece| piece.time() - copy.clock).sum()
    }

    /// Numbers all pieces from 0 on, in their order, so that there are numbers left for those to come.
    #[cold]
    fn renumber(&mut self) {
        self.sequence = 0;
        for piece in self.pieces.drain() {
            self.pieces.push(Key::new(piece.time(), self.sequence, piece.value()));
            self.sequence += 1;
        }
    }
}
