//! Time that the processor spent on this process.

use std::time::Instant;

/// Seconds of processor time of all threads where Linux tells, else `None`. Other processes on the machine hardly
/// change it, while they change the time by the clock. It goes on in steps of some milliseconds.
fn processor_seconds() -> Option<f64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let of = |folder: std::path::PathBuf| -> Option<f64> {
        let text = std::fs::read_to_string(folder.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let nanoseconds: Option<Vec<f64>> =
        threads.filter_map(Result::ok).map(|entry| of(entry.path())).collect();
    Some(nanoseconds?.iter().sum::<f64>() * 1e-9)
}

/// The result of some work, and the seconds of processor time that it took; by the clock where those are not known.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (clock, before) = (Instant::now(), processor_seconds());
    let result = work();
    let seconds = match (before, processor_seconds()) {
        (Some(before), Some(after)) => after - before,
        _ => clock.elapsed().as_secs_f64(),
    };
    (result, seconds)
}
