//! Threads that do all that takes time, so that the window never waits.
//!
//! There are a few [`Lane`]s, each with a thread and one job at a time: a new job of a lane cancels the one before. What a job
//! finds comes back as an [`Update`] of the state; updates of cancelled jobs are dropped.

mod answer;
mod calibrate;
mod dialog;
mod draw;
mod loads;
mod open;
mod plan;
mod remedies;
mod save;
mod sweep;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use tracecast_model::RunControl;

use crate::state::AppState;

pub(crate) use answer::{analytic, simulation};
pub(crate) use calibrate::calibrate;
pub(crate) use dialog::{ask_for_export, ask_for_project, ask_for_screenshot, ask_to_open};
pub(crate) use draw::draw;
pub(crate) use loads::loads;
pub(crate) use open::{example, open};
pub use plan::PlanRequest;
pub(crate) use plan::cheapest;
pub(crate) use remedies::remedies;
pub(crate) use save::{export, save};
pub(crate) use sweep::sweep;

/// A kind of work that has a thread of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Asking for names of files.
    Dialog,
    /// Reading and writing files.
    Files,
    /// Answers within milliseconds.
    Analytic,
    /// Answers that are refined.
    Simulation,
    /// A figure over a range of values.
    Sweep,
    /// The cheapest that meets the objectives.
    Plan,
    /// Fitting to measured runs.
    Fit,
    /// What would help.
    Remedies,
    /// Pictures of large systems.
    Drawing,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Dialog,
        Self::Files,
        Self::Analytic,
        Self::Simulation,
        Self::Sweep,
        Self::Plan,
        Self::Fit,
        Self::Remedies,
        Self::Drawing,
    ];

    /// What is asked for by hand and takes long, each on a lane of its own, so that none ends another.
    pub const STUDIES: [Self; 4] = [Self::Sweep, Self::Plan, Self::Fit, Self::Remedies];

    /// What it does, where it takes long enough to be told.
    pub fn doing(self) -> Option<&'static str> {
        Some(match self {
            Self::Simulation => "Simulating",
            Self::Sweep => "Predicting all",
            Self::Plan => "Searching",
            Self::Fit => "Fitting",
            Self::Remedies => "Trying changes",
            Self::Dialog | Self::Files | Self::Analytic | Self::Drawing => return None,
        })
    }

    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Files => "files",
            Self::Analytic => "analytic",
            Self::Simulation => "simulation",
            Self::Sweep => "sweep",
            Self::Plan => "plan",
            Self::Fit => "fit",
            Self::Remedies => "remedies",
            Self::Drawing => "drawing",
        }
    }
}

/// A change of the state by what was found.
pub(crate) type Update = Box<dyn FnOnce(&mut AppState) + Send>;

/// What is to be done.
pub(crate) type Task = Box<dyn FnOnce(&Handle<'_>) -> Update + Send>;

/// What a job has at hand.
pub(crate) struct Handle<'a> {
    /// To be cancelled by, and to tell progress.
    pub(crate) control: RunControl<'a>,
    outbox: &'a Outbox,
    number: u64,
}

impl Handle<'_> {
    /// Tells something before the end.
    pub(crate) fn tell(&self, update: Update) {
        self.outbox.send(self.number, Content::Update(update));
    }
}

/// From a lane.
struct Message {
    lane: Lane,
    number: u64,
    content: Content,
}

enum Content {
    Progress(f64),
    Update(Update),
    Last(Update),
}

struct Job {
    number: u64,
    task: Task,
    cancel: Arc<AtomicBool>,
}

/// The hand on all threads. Dropping it cancels what runs and ends them.
pub(crate) struct Workers {
    lanes: Vec<Running>,
    messages: Receiver<Message>,
}

/// One lane.
struct Running {
    jobs: Sender<Job>,
    /// Number of the latest job; what earlier ones find is stale.
    number: u64,
    cancel: Arc<AtomicBool>,
    /// Part of it that is done, while it runs.
    progress: Option<f64>,
}

/// Messages that may wait; progress that does not fit is dropped.
const MESSAGES: usize = 256;

impl Workers {
    /// Starts the threads. They call `wake` after each message sent, so that whoever waits looks for it.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub(crate) fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (sender, messages) = sync_channel(MESSAGES);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let start = |lane: Lane| -> std::io::Result<Running> {
            let (jobs, queue) = channel::<Job>();
            let outbox = Outbox { lane, sender: sender.clone(), wake: Arc::clone(&wake) };
            let name = format!("tracecast-{}", lane.name());
            thread::Builder::new().name(name).spawn(move || {
                for job in queue {
                    if !job.cancel.load(Ordering::Relaxed) {
                        outbox.work(job);
                    }
                }
            })?;
            Ok(Running { jobs, number: 0, cancel: Arc::default(), progress: None })
        };
        Ok(Self { lanes: Lane::ALL.into_iter().map(start).collect::<Result<_, _>>()?, messages })
    }

    fn lane(&mut self, lane: Lane) -> &mut Running {
        &mut self.lanes[lane as usize]
    }

    /// Cancels what a lane does, and gives it something else to do.
    pub(crate) fn submit(&mut self, lane: Lane, task: Task) {
        let running = self.lane(lane);
        running.cancel.store(true, Ordering::Relaxed);
        running.cancel = Arc::default();
        running.number += 1;
        let job = Job { number: running.number, task, cancel: Arc::clone(&running.cancel) };
        // The thread lives as long as this hand on it.
        running.progress = running.jobs.send(job).is_ok().then_some(0.0);
    }

    /// Cancels what a lane does; what it still finds is dropped.
    pub(crate) fn cancel(&mut self, lane: Lane) {
        let running = self.lane(lane);
        running.cancel.store(true, Ordering::Relaxed);
        running.number += 1;
        running.progress = None;
    }

    /// The part done of what a lane does; none where it rests.
    pub(crate) fn progress(&self, lane: Lane) -> Option<f64> {
        self.lanes[lane as usize].progress
    }

    /// The next update, without waiting for one.
    pub(crate) fn receive(&mut self) -> Option<Update> {
        while let Ok(message) = self.messages.try_recv() {
            let running = self.lane(message.lane);
            if message.number != running.number {
                continue;
            }
            match message.content {
                Content::Progress(part) => running.progress = Some(part),
                Content::Update(update) => return Some(update),
                Content::Last(update) => {
                    running.progress = None;
                    return Some(update);
                }
            }
        }
        None
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.lanes.iter().for_each(|running| running.cancel.store(true, Ordering::Relaxed));
    }
}

/// A lane's way back.
struct Outbox {
    lane: Lane,
    sender: SyncSender<Message>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    fn work(&self, job: Job) {
        let Job { number, task, cancel } = job;
        let listen = |progress: tracecast_model::Progress| {
            let content = Content::Progress(progress.fraction);
            if self.sender.try_send(Message { lane: self.lane, number, content }).is_ok() {
                (self.wake)();
            }
        };
        let control = RunControl::none().with_cancel(&cancel).with_progress(&listen);
        let handle = Handle { control, outbox: self, number };
        // A fault of an engine must not take the user's work with it. Nothing of the task is used afterwards.
        let update = catch_unwind(AssertUnwindSafe(|| task(&handle))).unwrap_or_else(|panic| {
            let message = said(&*panic);
            Box::new(move |state: &mut AppState| state.broke_off(&message))
        });
        self.send(number, Content::Last(update));
    }

    fn send(&self, number: u64, content: Content) {
        // Nobody listens any more where the window is closed.
        let _ = self.sender.send(Message { lane: self.lane, number, content });
        (self.wake)();
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn next(workers: &mut Workers) -> Update {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(update) = workers.receive() {
                return update;
            }
            assert!(Instant::now() < end, "no update came");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn telling(text: &'static str) -> Task {
        Box::new(move |_| Box::new(move |state: &mut AppState| state.complain(text)))
    }

    #[test]
    fn a_panic_is_told_and_the_lane_goes_on() {
        let mut workers = Workers::start(|| {}).unwrap();
        let mut state = AppState::default();
        workers.submit(Lane::Sweep, Box::new(|_| panic!("a fault")));
        next(&mut workers)(&mut state);
        assert!(state.problem.as_ref().is_some_and(|problem| problem.contains("a fault")));
        assert_eq!(workers.progress(Lane::Sweep), None);
        workers.submit(Lane::Sweep, telling("still there"));
        next(&mut workers)(&mut state);
        assert_eq!(state.problem.as_deref(), Some("still there"));
    }

    #[test]
    fn what_a_cancelled_job_finds_is_dropped() {
        let mut workers = Workers::start(|| {}).unwrap();
        let mut state = AppState::default();
        let waits: Task = Box::new(|handle| {
            while !handle.control.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            Box::new(|state: &mut AppState| state.complain("too late"))
        });
        workers.submit(Lane::Simulation, waits);
        workers.submit(Lane::Simulation, telling("in time"));
        next(&mut workers)(&mut state);
        assert_eq!(state.problem.as_deref(), Some("in time"));
        assert!(workers.receive().is_none());
    }
}
