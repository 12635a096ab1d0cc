//! All settings that a plan chooses between, in the order of their cost.

use indexmap::IndexMap;
use tracecast_model::System;

use super::{Cost, PlanError, Vary};
use crate::EditError;

/// Combinations at most: all are held in memory with their costs.
const MOST: usize = 100_000;

/// The combinations of all values. A combination is a number whose digits are the positions of its values, the last
/// setting's the lowest.
pub(super) struct Grid<'a> {
    base: &'a System,
    varied: &'a [Vary],
    /// Combinations and their costs, cheapest first; of equal cost, that with the earlier values first.
    pub(super) order: Vec<(usize, f64)>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(base: &'a System, varied: &'a [Vary], cost: &Cost) -> Result<Self, PlanError> {
        if varied.is_empty() {
            return Err(PlanError::NothingVaried);
        }
        for (i, vary) in varied.iter().enumerate() {
            if varied[..i].iter().any(|other| other.path() == vary.path()) {
                return Err(PlanError::Twice(vary.path().into()));
            }
        }
        let sizes = varied.iter().map(|vary| vary.choices.len());
        let size = sizes.clone().try_fold(1_usize, usize::checked_mul).filter(|&size| size <= MOST);
        let Some(size) = size else {
            let product = sizes.map(|size| size.to_string()).collect::<Vec<_>>().join(" × ");
            return Err(PlanError::TooMany { product, most: MOST });
        };
        let mut grid = Self { base, varied, order: Vec::new() };
        grid.try_values()?;
        let mut order = (0..size)
            .map(|number| {
                let system = grid.system(number)?;
                Ok((number, cost.of(&system, &grid.values(number))?))
            })
            .collect::<Result<Vec<_>, PlanError>>()?;
        // Stable, so that equal costs keep the order of the values.
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        grid.order = order;
        Ok(grid)
    }

    /// Each value is tried alone: a typing error in the last must not show only after an hour of work.
    fn try_values(&self) -> Result<(), PlanError> {
        for edit in self.varied.iter().flat_map(|vary| &vary.choices) {
            let mut system = self.base.clone();
            edit.apply(&mut system)?;
            let errors = tracecast_model::validate::errors(&system);
            if let Some(error) = errors.first() {
                return Err(PlanError::Value { edit: edit.to_string(), problem: error.to_string() });
            }
        }
        Ok(())
    }

    /// The positions of the values of a combination.
    pub(super) fn positions(&self, mut number: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = Vec::with_capacity(self.varied.len());
        for vary in self.varied.iter().rev() {
            positions.push(number % vary.choices.len());
            number /= vary.choices.len();
        }
        positions.reverse();
        positions
    }

    /// The varied settings with their values.
    pub(super) fn values(&self, number: usize) -> Vec<(&'a str, &'a str)> {
        let positions = self.positions(number);
        let value = |(vary, i): (&'a Vary, usize)| (vary.path(), vary.choices[i].value());
        self.varied.iter().zip(positions).map(value).collect()
    }

    /// The same by path.
    pub(super) fn settings(&self, number: usize) -> IndexMap<String, String> {
        self.values(number).into_iter().map(|(path, value)| (path.into(), value.into())).collect()
    }

    /// The system with these settings.
    pub(super) fn system(&self, number: usize) -> Result<System, EditError> {
        let mut system = self.base.clone();
        for (vary, i) in self.varied.iter().zip(self.positions(number)) {
            vary.choices[i].apply(&mut system)?;
        }
        Ok(system)
    }

    /// The places in `order` of the neighbors of the combination in place `of`: those before it that differ in one setting
    /// alone, for each setting the dearest of them.
    pub(super) fn cheaper_neighbors(&self, of: usize) -> Vec<usize> {
        let own = self.positions(self.order[of].0);
        let mut nearest: Vec<Option<usize>> = vec![None; own.len()];
        for (place, &(number, _)) in self.order[..of].iter().enumerate() {
            let positions = self.positions(number);
            let mut differing = own.iter().zip(&positions).enumerate().filter(|(_, (a, b))| a != b);
            if let (Some((axis, _)), None) = (differing.next(), differing.next()) {
                // In the order of cost the last is the dearest.
                nearest[axis] = Some(place);
            }
        }
        nearest.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::fixtures;

    #[test]
    fn cheapest_first_and_each_once() {
        let system = fixtures::three_tiers(1.0);
        let varied: Vec<Vary> =
            ["web.replicas=1..3", "database.replicas=1,2"].iter().map(|text| text.parse().unwrap()).collect();
        let cost: Cost = "web.replicas + 10*database.replicas".parse().unwrap();
        let grid = Grid::new(&system, &varied, &cost).unwrap();
        let costs: Vec<f64> = grid.order.iter().map(|point| point.1).collect();
        assert_eq!(costs, [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
        let values = |place: usize| grid.values(grid.order[place].0);
        assert_eq!(values(4), [("web.replicas", "2"), ("database.replicas", "2")]);
        assert_eq!(grid.cheaper_neighbors(4), [3, 1]);
        assert_eq!(grid.system(grid.order[2].0).unwrap().services[0].replicas, 3);
    }

    #[test]
    fn refusals() {
        let system = fixtures::three_tiers(1.0);
        let refused = |texts: &[&str]| {
            let varied: Vec<Vary> = texts.iter().map(|text| text.parse().unwrap()).collect();
            Grid::new(&system, &varied, &"1".parse().unwrap()).err().unwrap().to_string()
        };
        assert!(refused(&[]).contains("--vary"));
        assert!(refused(&["web.replicas=1", "web.replicas=2"]).contains("web.replicas"));
        assert!(refused(&["web.replicas=1,two"]).contains("two"));
        assert!(refused(&["web.cpu_limit=1,-1"]).contains("web.cpu_limit=-1"));
        let many = ["web.replicas=1..1100", "database.replicas=1..1100"];
        assert!(refused(&many).contains("1100 × 1100"));
    }
}
