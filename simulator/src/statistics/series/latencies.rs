//! Response times bin by bin, in little memory.

use crate::statistics::Sketch;
use crate::statistics::sketch::Counts;

/// Response times of each workload in each bin.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    /// By workload.
    pub(super) names: Vec<String>,
    /// By workload: those of the current bin that are already taken out of its sketch.
    saved: Vec<Sketch>,
    /// By workload: its sketch at the end of the last bin.
    previous: Vec<Sketch>,
    /// By bin and workload.
    rows: Vec<Vec<Counts>>,
}

impl Latencies {
    pub(super) fn new(names: Vec<String>) -> Self {
        let none = vec![Sketch::default(); names.len()];
        Self { saved: none.clone(), previous: none, names, rows: Vec::new() }
    }

    /// Closes the current bin.
    pub(super) fn close<'a>(&mut self, sketches: impl Iterator<Item = &'a Sketch>) {
        let mut row = Vec::with_capacity(self.names.len());
        for ((sketch, previous), saved) in sketches.zip(&mut self.previous).zip(&mut self.saved) {
            let mut counts = std::mem::take(saved).counts_since(&Sketch::default());
            counts.extend(sketch.counts_since(previous));
            row.push(counts);
            previous.clone_from(sketch);
        }
        self.rows.push(row);
    }

    /// The sketches are about to begin anew.
    pub(super) fn save<'a>(&mut self, sketches: impl Iterator<Item = &'a Sketch>) {
        for ((sketch, previous), saved) in sketches.zip(&mut self.previous).zip(&mut self.saved) {
            saved.add_counts(&sketch.counts_since(previous));
            *previous = Sketch::default();
        }
    }

    /// Those of a workload in a bin.
    pub(super) fn of(&self, row: usize, workload: usize) -> Sketch {
        let mut sketch = Sketch::default();
        if let Some(row) = self.rows.get(row) {
            sketch.add_counts(&row[workload]);
        }
        sketch
    }

    /// Adds those of another run.
    pub(super) fn merge(&mut self, other: &Self) {
        for (row, others) in other.rows.iter().enumerate() {
            match self.rows.get_mut(row) {
                Some(own) => own.iter_mut().zip(others).for_each(|(own, other)| own.extend(other)),
                None => self.rows.push(others.clone()),
            }
        }
    }
}
