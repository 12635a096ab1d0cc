//! The thread that does all that takes time: reading models and predicting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use tracecast_experiment::{EngineChoice, picture, predict};
use tracecast_model::{EngineOptions, RunControl, lqn, native, validate};

use crate::state::{Answer, Model};

/// Jobs that may wait. Each new job cancels those before it, so that these are skipped at once.
const JOBS: usize = 16;
/// Messages that may wait; progress that does not fit is dropped.
const MESSAGES: usize = 64;

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Read and lay out a model.
    Open(PathBuf),
    /// Predict it.
    Predict(Arc<Model>, EngineChoice),
}

/// What was found, by which job.
pub(crate) struct Message {
    pub(crate) generation: u64,
    pub(crate) finding: Finding,
}

/// What was found.
pub(crate) enum Finding {
    Opened(Result<Arc<Model>, String>),
    Progress(f64),
    Predicted(Result<Arc<Answer>, String>),
}

struct Job {
    generation: u64,
    task: Task,
    cancel: Arc<AtomicBool>,
}

/// The hand on the thread. Dropping it cancels what runs and ends the thread.
pub(crate) struct Worker {
    jobs: SyncSender<Job>,
    messages: Receiver<Message>,
    generation: u64,
    cancel: Arc<AtomicBool>,
}

impl Worker {
    /// Starts the thread. It calls `wake` after each message sent, so that whoever waits looks for it.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub(crate) fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(JOBS);
        let (sender, messages) = sync_channel(MESSAGES);
        let outbox = Outbox { sender, wake: Box::new(wake) };
        thread::Builder::new().name("tracecast-worker".into()).spawn(move || {
            for job in queue {
                if !job.cancel.load(Ordering::Relaxed) && !outbox.work(job) {
                    break;
                }
            }
        })?;
        Ok(Self { jobs, messages, generation: 0, cancel: Arc::default() })
    }

    /// Cancels what runs and hands over a new job; its number, or `None` where too many wait or the thread is gone.
    pub(crate) fn submit(&mut self, task: Task) -> Option<u64> {
        self.cancel();
        self.cancel = Arc::default();
        let job = Job { generation: self.generation + 1, task, cancel: Arc::clone(&self.cancel) };
        self.jobs.try_send(job).ok()?;
        self.generation += 1;
        Some(self.generation)
    }

    /// Tells the job that runs to stop; it still answers.
    pub(crate) fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// The next message, without waiting for one.
    pub(crate) fn receive(&self) -> Result<Message, TryRecvError> {
        self.messages.try_recv()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The worker's way back.
struct Outbox {
    sender: SyncSender<Message>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Outbox {
    /// Does a job; false when nobody listens any more.
    fn work(&self, job: Job) -> bool {
        let generation = job.generation;
        let finding = match job.task {
            Task::Open(path) => Finding::Opened(open(&path)),
            Task::Predict(model, choice) => {
                let listen = |progress: tracecast_model::Progress| {
                    let finding = Finding::Progress(progress.fraction);
                    if self.sender.try_send(Message { generation, finding }).is_ok() {
                        (self.wake)();
                    }
                };
                let control = RunControl::none().with_cancel(&job.cancel).with_progress(&listen);
                Finding::Predicted(answer(&model, choice, &control))
            }
        };
        let sent = self.sender.send(Message { generation, finding }).is_ok();
        (self.wake)();
        sent
    }
}

fn open(path: &Path) -> Result<Arc<Model>, String> {
    let place = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| place(&error))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let system = match lqn::Format::of_file(name) {
        Some(format) => format.read(&text).map_err(|error| place(&error))?.system,
        None => native::read(&text).map_err(|error| place(&error))?,
    };
    let diagnostics = validate(&system);
    let picture = picture::layout(&system);
    Ok(Arc::new(Model { path: path.to_path_buf(), system, diagnostics, picture }))
}

fn answer(model: &Model, choice: EngineChoice, control: &RunControl<'_>) -> Result<Arc<Answer>, String> {
    let prediction = predict(&model.system, choice, &EngineOptions::default(), control)
        .map_err(|error| error.to_string())?;
    let picture = picture::layout_with(&model.system, Some(&prediction));
    Ok(Arc::new(Answer { prediction, picture }))
}
