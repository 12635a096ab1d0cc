//! Lines of what waits, in the order in which it will be served.

use std::collections::VecDeque;

use crate::run::Variate;

/// In which order a line is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// First come, first served.
    Arrival,
    /// A higher priority first, within it first come, first served.
    Priority,
    /// Last come, first served.
    Reverse,
    /// Any of those waiting; the variate of that number chooses.
    Random(u32),
}

/// What waits.
///
/// # Complexity
/// O(1) to join and to leave; with priorities O(p) for the p of them that ever waited here.
#[derive(Clone, Debug)]
pub(crate) enum Line<T> {
    Arrival(VecDeque<T>),
    Reverse(Vec<T>),
    Priority(Classes<T>),
    Random(Vec<T>, Box<Variate>),
}

/// One line for each priority, the lowest first. They stay when they are empty, so that nothing is allocated in the
/// long run.
#[derive(Clone, Debug)]
pub(crate) struct Classes<T>(Vec<(i32, VecDeque<T>)>);

impl<T> Line<T> {
    /// An empty line; `variates` are those of the run.
    pub(crate) fn new(order: Order, variates: &[Variate]) -> Self {
        match order {
            Order::Arrival => Self::Arrival(VecDeque::new()),
            Order::Reverse => Self::Reverse(Vec::new()),
            Order::Priority => Self::Priority(Classes::new()),
            Order::Random(choice) => Self::Random(Vec::new(), Box::new(variates[choice as usize].clone())),
        }
    }

    /// Someone joins.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T, priority: i32) {
        match self {
            Self::Arrival(line) => line.push_back(item),
            other => other.push_out_of_order(item, priority),
        }
    }

    #[inline(never)]
    fn push_out_of_order(&mut self, item: T, priority: i32) {
        match self {
            Self::Arrival(line) => line.push_back(item),
            Self::Priority(classes) => classes.of(priority).push_back(item),
            Self::Reverse(line) | Self::Random(line, _) => line.push(item),
        }
    }

    /// The next leaves the line.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<T> {
        match self {
            Self::Arrival(line) => line.pop_front(),
            other => other.pop_out_of_order(),
        }
    }

    #[inline(never)]
    fn pop_out_of_order(&mut self) -> Option<T> {
        match self {
            Self::Arrival(line) => line.pop_front(),
            Self::Reverse(line) => line.pop(),
            Self::Priority(classes) => classes.pop(),
            Self::Random(line, choice) => {
                (!line.is_empty()).then(|| line.swap_remove(choice.below(line.len())))
            }
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Arrival(line) => line.len(),
            Self::Priority(Classes(lines)) => lines.iter().map(|(_, line)| line.len()).sum(),
            Self::Reverse(line) | Self::Random(line, _) => line.len(),
        }
    }
}

impl<T> Classes<T> {
    /// Empty.
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// The line of that priority.
    pub(crate) fn of(&mut self, priority: i32) -> &mut VecDeque<T> {
        let place = match self.0.binary_search_by_key(&priority, |(other, _)| *other) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (priority, VecDeque::new()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// The first of the highest priority.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.iter_mut().rev().find_map(|(_, line)| line.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_priorities_come_first_and_keep_their_order() {
        let mut line = Line::new(Order::Priority, &[]);
        for (number, priority) in [0, 2, -1, 2, 0].into_iter().enumerate() {
            line.push(number, priority);
        }
        assert_eq!(line.len(), 5);
        let order: Vec<usize> = std::iter::from_fn(|| line.pop()).collect();
        assert_eq!(order, [1, 3, 0, 4, 2]);
    }

    #[test]
    fn the_last_to_come_is_the_first_to_go() {
        let mut line = Line::new(Order::Reverse, &[]);
        (0..3).for_each(|number| line.push(number, -number));
        assert_eq!((line.len(), line.pop()), (3, Some(2)));
        line.push(7, 0);
        assert_eq!(std::iter::from_fn(|| line.pop()).collect::<Vec<_>>(), [7, 1, 0]);
    }

    #[test]
    fn arrivals_keep_their_order_whatever_their_priority() {
        let mut line = Line::new(Order::Arrival, &[]);
        (0..3).for_each(|number| line.push(number, number));
        assert_eq!(std::iter::from_fn(|| line.pop()).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
