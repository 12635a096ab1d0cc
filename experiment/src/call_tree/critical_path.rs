//! What a response waited for, moment by moment.

use serde::{Deserialize, Serialize};
use tracecast_importers::Nanos;

use super::{CallTree, Part, Stretch, happens_before, seconds};

/// A stretch of the critical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Position of the call that the response waited for.
    pub call: usize,
    /// For its work, or for what lies between it and its caller?
    pub part: Part,
    /// From when, counted from the beginning of the request.
    #[serde(with = "seconds")]
    pub start: Nanos,
    /// Until when.
    #[serde(with = "seconds")]
    pub end: Nanos,
}

/// The critical path of a request: its response time cut into stretches, without gap or overlap, each with the call that
/// was worked on while nothing else held the response up.
///
/// Definition (Zhang et al. 2022, CRISP, USENIX ATC, algorithm 1): the request itself is on the path. Of the calls that a
/// call on the path made and waited for, so is the one that ended last, then the last that ended before that one began, and
/// so on. What no such call covers is the work of the call itself. Calls are cut off where their caller ends. Where two
/// calls on the path overlap a little (see there), the time is the later one's, so that the stretches sum to the response time.
pub fn critical_path(tree: &CallTree) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut open = vec![(0, tree.root().seen)];
    while let Some((place, window)) = open.pop() {
        let call = &tree.calls[place];
        let mut keep = |part, start: Nanos, end: Nanos| {
            if end > start {
                segments.push(Segment { call: place, part, start, end });
            }
        };
        let work = call.handled.within(window);
        keep(Part::Network, window.start, work.start);
        keep(Part::Network, work.end, window.end);
        let mut children: Vec<(usize, Stretch)> = tree
            .waited_for(place)
            .map(|child| (child, tree.calls[child].seen.within(call.handled)))
            .filter(|(_, seen)| seen.length() > 0)
            .collect();
        children.sort_by_key(|(_, seen)| std::cmp::Reverse((seen.end, seen.start)));
        let siblings: Vec<Stretch> = children.iter().map(|&(_, seen)| seen).collect();
        let mut until = work.end;
        let mut later: Option<Stretch> = None;
        for (child, seen) in children {
            if later.is_some_and(|later| !happens_before(call.handled.length(), &siblings, seen, later)) {
                continue;
            }
            later = Some(seen);
            let part = seen.within(Stretch { start: work.start, end: until });
            if part.length() > 0 {
                keep(Part::Work, part.end, until);
                until = part.start;
                open.push((child, part));
            }
        }
        keep(Part::Work, work.start, until);
    }
    segments.sort_unstable_by_key(|segment| segment.start);
    segments
}
