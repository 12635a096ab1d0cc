//! Limits that adapt themselves, by the rules of Netflix' concurrency-limits: its tests (`VegasLimitTest`, `AIMDLimitTest`,
//! `ExpAvgMeasurementTest`), and what the comments of its classes state, worked out by hand.

use tracecast_model::Admission::{Begins, Rejected};
use tracecast_model::{Adapted, Aimd, ConcurrencyLimit, Gradient2, Occupancy, Sample, Vegas};

/// The limits after calls of so many milliseconds, each with so many in progress.
fn after(limit: ConcurrencyLimit, calls: &[(f64, u32)]) -> Vec<u32> {
    let mut adapted = limit.start().unwrap();
    calls
        .iter()
        .map(|&(duration, in_progress)| learned(limit, &mut adapted, duration, in_progress, false))
        .collect()
}

fn learned(limit: ConcurrencyLimit, adapted: &mut Adapted, ms: f64, in_progress: u32, dropped: bool) -> u32 {
    limit.learn(adapted, Sample { duration: ms / 1000.0, in_progress, dropped, chance: 0.5 });
    adapted.limit()
}

/// That of the test: 10 at first, 20 at most.
fn vegas() -> Vegas {
    Vegas { initial_limit: 10, max_concurrency: 20, ..Vegas::default() }
}

/// Of ten, log₁₀ is 1: a queue up to 1 makes six more, one below 3 one more, one above 6 one less.
#[test]
fn vegas_follows_its_queue() {
    let limit = ConcurrencyLimit::Vegas(vegas());
    assert_eq!(limit.start().unwrap().limit(), 10);
    // The first call only tells how long one takes without load.
    assert_eq!(after(limit, &[(10.0, 10), (10.0, 11)]), [10, 16]);
    // 10·(1 - 10/12) = 1.7, 10·(1 - 10/14) = 2.9, and 10·(1 - 10/50) = 8, in whole numbers upwards.
    assert_eq!(after(limit, &[(10.0, 10), (12.0, 10)]), [10, 11]);
    assert_eq!(after(limit, &[(10.0, 10), (14.0, 14)]), [10, 10]);
    assert_eq!(after(limit, &[(10.0, 10), (50.0, 11)]), [10, 9]);
    // 10·(1 - 10/24) = 5.8 is not above six.
    assert_eq!(after(limit, &[(10.0, 10), (24.0, 11)]), [10, 10]);
}

#[test]
fn vegas_stays_within_its_bounds() {
    let limit = ConcurrencyLimit::Vegas(vegas());
    assert_eq!(after(limit, &[(10.0, 10), (10.0, 10), (10.0, 16)]), [10, 16, 20]);
    let few = ConcurrencyLimit::Vegas(Vegas { initial_limit: 1, ..vegas() });
    let mut adapted = few.start().unwrap();
    learned(few, &mut adapted, 10.0, 1, false);
    assert_eq!(learned(few, &mut adapted, 20.0, 1, true), 1);
}

/// "Prevent upward drift if not close to the limit": less than half of it is in use.
#[test]
fn vegas_does_not_grow_unused() {
    let limit = ConcurrencyLimit::Vegas(vegas());
    assert_eq!(after(limit, &[(10.0, 10), (10.0, 4), (10.0, 5)]), [10, 10, 16]);
}

/// "Treat any drop as needing to reduce the limit", however short the queue and whatever is in use.
#[test]
fn vegas_shrinks_at_timeouts() {
    let limit = ConcurrencyLimit::Vegas(vegas());
    let mut adapted = limit.start().unwrap();
    learned(limit, &mut adapted, 10.0, 10, false);
    assert_eq!(learned(limit, &mut adapted, 10.0, 1, true), 9);
    assert_eq!(learned(limit, &mut adapted, 10.0, 1, true), 8);
}

/// Steps are of log₁₀ in whole numbers: of 100 two, with six times that where there is no queue.
#[test]
fn steps_of_vegas_grow_with_the_limit() {
    let limit = ConcurrencyLimit::Vegas(Vegas { initial_limit: 100, ..Vegas::default() });
    assert_eq!(after(limit, &[(10.0, 100), (10.0, 100)]), [100, 112]);
    // Queues of 100·(1 - 10/10.5) = 4.8 and 100·(1 - 10/12) = 16.7.
    assert_eq!(after(limit, &[(10.0, 100), (10.5, 100)]), [100, 102]);
    assert_eq!(after(limit, &[(10.0, 100), (12.0, 100)]), [100, 98]);
    // Half of a change of two.
    let smooth = Vegas { initial_limit: 100, smoothing: 0.5, ..Vegas::default() };
    assert_eq!(after(ConcurrencyLimit::Vegas(smooth), &[(10.0, 100), (12.0, 100)]), [100, 99]);
}

/// After 30 calls for each one of the limit, times 3/4 here, any call tells what one takes without load: 225 calls at a limit of
/// 10. Before, calls of 14 ms make a queue of three, and after it none.
#[test]
fn vegas_measures_anew() {
    let limit = ConcurrencyLimit::Vegas(vegas());
    let mut calls = vec![(10.0, 10)];
    calls.extend(std::iter::repeat_n((14.0, 10), 225));
    let limits = after(limit, &calls);
    assert!(limits[..225].iter().all(|&limit| limit == 10), "{limits:?}");
    assert_eq!(limits[225], 16);
}

/// One more where at least half is in use; 0.9 of it after a drop; bounds of 20 and 200.
#[test]
fn aimd() {
    let small = Aimd { initial_limit: 10, min_limit: 1, ..Aimd::default() };
    let limit = ConcurrencyLimit::Aimd(small);
    assert_eq!(after(limit, &[(1.0, 10)]), [11]);
    assert_eq!(after(limit, &[(1.0, 4)]), [10]);
    let mut adapted = limit.start().unwrap();
    assert_eq!(learned(limit, &mut adapted, 1.0, 1, true), 9);
    // 0.9 · 9 = 8.1; and five seconds are too late by themselves.
    assert_eq!(learned(limit, &mut adapted, 5001.0, 9, false), 8);
    let bounded = ConcurrencyLimit::Aimd(Aimd::default());
    let mut adapted = bounded.start().unwrap();
    assert_eq!(learned(bounded, &mut adapted, 1.0, 20, true), 20);
    let most = ConcurrencyLimit::Aimd(Aimd { initial_limit: 200, ..Aimd::default() });
    assert_eq!(after(most, &[(1.0, 200)]), [200]);
}

/// Without a change of the response time a limit grows by a fifth of the four that may queue: 20.8, 21.6, 22.4.
#[test]
fn gradient_grows_by_its_queue() {
    let limit = ConcurrencyLimit::Gradient2(Gradient2::default());
    assert_eq!(after(limit, &[(10.0, 20), (10.0, 20), (10.0, 20)]), [20, 21, 22]);
    // Less than half in use.
    assert_eq!(after(limit, &[(10.0, 9), (10.0, 9), (10.0, 9)]), [20, 20, 20]);
}

/// The usual response time is a plain mean of the first ten: after nine calls of 10 ms one of 40 makes 13 ms usual. By 1.5·13/40
/// = 0.4875, which is taken as a half, 100 become 0.8·100 + 0.2·(50 + 4).
#[test]
fn gradient_shrinks_by_half_at_most() {
    let settings = Gradient2 { initial_limit: 100, smoothing: 1.0, queue_size: 0.0, ..Gradient2::default() };
    let mut calls = vec![(10.0, 100); 9];
    calls.push((40.0, 100));
    let limits = after(ConcurrencyLimit::Gradient2(settings), &calls);
    assert_eq!(limits[8..], [100, 50]);
    let smooth = Gradient2 { initial_limit: 100, queue_size: 4.0, smoothing: 0.2, ..Gradient2::default() };
    let quiet: Vec<(f64, u32)> = calls.iter().map(|&(ms, _)| (ms, if ms > 20.0 { 100 } else { 0 })).collect();
    assert_eq!(after(ConcurrencyLimit::Gradient2(smooth), &quiet)[9], 90);
    // Half as long again as usual is not yet more than usual: (9·10 + 16)/10 = 10.6, 1.5·10.6/16 = 0.99.
    calls[9].0 = 16.0;
    assert_eq!(after(ConcurrencyLimit::Gradient2(settings), &calls)[9], 99);
}

/// `ExpAvgMeasurementTest`: a window of 100 calls, ten of them 10 to 19 (mean 14.5), then one of 100: 14.5 + 2/101·85.5 = 16.19. Seen
/// where it is compared with calls of twice 1.5 times that: 0.5, and with those a bit shorter more.
#[test]
fn the_usual_response_time_is_smoothed() {
    let settings = Gradient2 {
        initial_limit: 100,
        smoothing: 1.0,
        queue_size: 0.0,
        long_window: 100,
        rtt_tolerance: 1.0,
        min_limit: 1,
        ..Gradient2::default()
    };
    let mut calls: Vec<(f64, u32)> = (10..20).map(|ms| (f64::from(ms), 0)).collect();
    calls.push((100.0, 0));
    // 16.19 + 2/101·(20 - 16.19) = 16.27 of 20.
    calls.push((20.0, 100));
    assert_eq!(after(ConcurrencyLimit::Gradient2(settings), &calls)[11], 81);
}

/// What is above the limit is turned away, and nothing waits.
#[test]
fn limits_let_in_as_many_as_they_are() {
    for limit in [
        ConcurrencyLimit::Vegas(Vegas::default()),
        ConcurrencyLimit::Gradient2(Gradient2::default()),
        ConcurrencyLimit::Aimd(Aimd::default()),
    ] {
        for (in_progress, expected) in [(0, Begins), (19, Begins), (20, Rejected)] {
            let occupancy = Occupancy { in_progress, adapted: 20, ..Occupancy::default() };
            assert_eq!(limit.admits(occupancy), expected, "{limit:?}");
        }
    }
}
