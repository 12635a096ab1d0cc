//! Which part of a long recording is kept: the spans of a few stretches of time.
//!
//! All points in time are put in an order by a nested scrambling of their bits. The first of that order, however many,
//! always make up a few long stretches, so that the spans that come first are all requests of some stretches with all that
//! went on beside them, at a place of the recording that is as good as random. Which these are depends on the times
//! alone: not on the order of reading, nor on the parts that a recording comes in.

use rayon::prelude::*;

use crate::interval::Interval;
use crate::span::FAR;
use crate::{ImportReport, Nanos, Trace};

/// Place of a point in time in the order.
///
/// A nested uniform scrambling (Owen, *Randomly permuted (t,m,s)-nets and (t,s)-sequences*, 1995, section 3): every bit is
/// flipped or not, by a hash of the bits above it, in the way of Laine and Karras, *Stratified sampling for stochastic
/// transparency* (2011, section 3.1): on the reversed bits, operations let a bit depend on lower ones only.
pub(crate) fn place(at: Nanos) -> u64 {
    let mut bits = (at as u64 ^ (1 << 63)).reverse_bits();
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for even in
        [0x6c50_b47c_9d2f_51e6_u64, 0xb82f_1e52_0c6e_a8d4, 0xc7af_e638_3b1d_7f0a, 0x8d22_f6e6_51c4_93b2]
    {
        bits ^= bits.wrapping_mul(even);
    }
    bits.reverse_bits()
}

/// The points in time whose place is not beyond `last`, as stretches in order, the end of each not among them.
fn stretches(last: u64) -> Vec<Interval> {
    let Some(end) = last.checked_add(1) else { return vec![Interval::new(-FAR, FAR)] };
    let time = |bits: u64| ((bits ^ (1 << 63)) as Nanos).clamp(-FAR, FAR);
    let mut found = Vec::new();
    let mut above = 0_u64; // The bits of the time that are decided.
    for bit in (0..u64::BITS).rev() {
        let one = above | 1 << bit;
        let first_is_one = place((above ^ (1 << 63)) as Nanos) >> bit & 1 == 1;
        let (first, second) = if first_is_one { (one, above) } else { (above, one) };
        above = first;
        if end >> bit & 1 == 1 {
            let length = (1_u64 << bit) - 1;
            found.push(Interval::new(time(first), time(first + length).saturating_add(1)));
            above = second;
        }
    }
    found.sort_unstable();
    let mut joined: Vec<Interval> = Vec::new();
    for next in found {
        match joined.last_mut() {
            Some(before) if next.start <= before.end => *before = before.hull(next),
            _ => joined.push(next),
        }
    }
    joined
}

/// Of traces put together from the spans whose place is not beyond `last`: those that lie within a stretch, with the time
/// between stretches taken out, so that what happened at a time still did and rates remain. `seen` is from the first to
/// the last span of the whole recording.
///
/// Traces that reach beyond the end of a stretch are left out, and those that others show might go on after it. So are
/// those that begin with the child of a missing parent so soon after the beginning of a stretch that the parent may lie
/// before it.
pub(crate) fn whole(traces: Vec<Trace>, last: u64, seen: Interval, report: &mut ImportReport) -> Vec<Trace> {
    let whole = Interval::new(seen.start, seen.end.saturating_add(1));
    let mut stretches = stretches(last);
    stretches.retain(|stretch| stretch.start <= seen.end && stretch.end > seen.start);
    stretches.iter_mut().for_each(|stretch| *stretch = stretch.within(whole));
    let courses: Vec<Course> = traces.par_iter().map(Course::new).collect();
    let of = |course: &Course, goes_on: Nanos| {
        let place = stretches.partition_point(|stretch| stretch.start <= course.start).checked_sub(1)?;
        let is_over = course.end.saturating_add(goes_on) < stretches[place].end;
        (is_over || stretches[place].end == whole.end).then_some(place)
    };
    let within: Vec<&Course> = courses.iter().filter(|course| of(course, 0).is_some()).collect();
    let complete: Vec<&Course> = within.iter().copied().filter(|course| course.is_complete).collect();
    let known = if complete.is_empty() { within } else { complete };
    let longest = nearly_all(known.iter().map(|course| course.end - course.start)).unwrap_or(FAR);
    let silence = nearly_all(known.iter().map(|course| course.longest_silence)).unwrap_or(0);
    let lacks_its_beginning = |course: &Course, stretch: &Interval| {
        course.begins_with_an_orphan && stretch.start > seen.start && course.start - stretch.start < longest
    };
    let mut earlier = Vec::new(); // How much earlier the traces of each stretch are put.
    let mut reached = None;
    for stretch in &stretches {
        let shift = reached.map_or(0, |reached| stretch.start - reached);
        earlier.push(shift);
        reached = Some(stretch.end - shift);
    }
    let take = |(mut trace, course): (Trace, &Course)| {
        let place = of(course, silence)?;
        if lacks_its_beginning(course, &stretches[place]) {
            return None;
        }
        for node in &mut trace.nodes {
            node.span.start -= earlier[place];
            node.span.end -= earlier[place];
        }
        Some(trace)
    };
    let kept: Vec<Trace> = traces.into_par_iter().zip(&courses).filter_map(take).collect();
    let used: usize = kept.iter().map(|trace| trace.nodes.len()).sum();
    let time: f64 = stretches.iter().map(|stretch| stretch.length()).sum();
    let all = report.spans;
    report.warn("part-of-recording", || {
        format!(
            "the model is of {used} of {all} spans: all requests of {time:.6} s out of {:.6} s, in {} stretches of time",
            seen.length(),
            stretches.len(),
        )
    });
    kept
}

/// What 99 of 100 do not exceed: a single trace whose id was used again hours later says nothing about others.
fn nearly_all(values: impl Iterator<Item = Nanos>) -> Option<Nanos> {
    let mut values: Vec<Nanos> = values.collect();
    let place = values.len().checked_sub(1)? * 99 / 100;
    Some(*values.select_nth_unstable(place).1)
}

/// The course of a trace.
struct Course {
    start: Nanos,
    end: Nanos,
    /// The longest time at which nothing goes on.
    longest_silence: Nanos,
    is_complete: bool,
    begins_with_an_orphan: bool,
}

impl Course {
    fn new(trace: &Trace) -> Self {
        let start = trace.start();
        let (mut end, mut longest_silence) = (start, 0);
        for node in &trace.nodes {
            longest_silence = longest_silence.max(node.span.start - end);
            end = end.max(node.span.end);
        }
        Self {
            start,
            end,
            longest_silence,
            is_complete: trace.nodes.iter().all(|node| !node.orphan),
            begins_with_an_orphan: trace.roots.first().is_some_and(|&root| trace.nodes[root].orphan),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Two points in time have as many leading bits in common as their places (the definition of nesting), so that no
        /// two have the same place.
        #[test]
        fn the_order_is_nested(a in any::<i64>(), bit in 0_u32..64, low in any::<i64>()) {
            let b = a ^ (1_u64 << bit) as i64 ^ low & ((1_u64 << bit) - 1) as i64;
            prop_assert_eq!((place(a) ^ place(b)).leading_zeros(), (a ^ b).leading_zeros());
        }

        /// Points are within the stretches if, and only if, their place is not beyond the last.
        #[test]
        fn stretches_hold_what_comes_first(at in 0_i64..1 << 40, last in 0_i64..1 << 40) {
            let last = place(last);
            let found = stretches(last);
            let inside = found.iter().any(|stretch| stretch.start <= at && at < stretch.end);
            prop_assert_eq!(inside, place(at) <= last);
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }

    /// Whatever part of equally spaced points comes first, it lies in few stretches.
    #[test]
    fn stretches_are_few() {
        let mut places: Vec<u64> = (0..100_000).map(|point| place(point * 10_000_000)).collect();
        places.sort_unstable();
        for part in [10, 1000, 12_345, 50_000, 99_999] {
            let within = |stretch: &&Interval| stretch.end > 0 && stretch.start < 1_000_000_000_000;
            let count = stretches(places[part]).iter().filter(within).count();
            // One for each level of halves from the whole (2^40 ns) to the distance of points (2^23 ns), at most.
            assert!(count <= 18, "{count} for {part}");
        }
    }
}
