//! Reads pieces on one thread or on many, with the same result.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cut::{Cutter, Layout, Piece};
use super::pieces::{self, Failure, Reading, TakeIn};
use super::tape::Scratch;
use crate::{ImportError, Intake};

/// Pieces that wait for each thread, so that none waits for pieces.
const WAITING: usize = 2;

/// Reads all pieces on this thread.
///
/// # Errors
/// Input that cannot be read, and malformed documents.
pub(super) fn alone(
    cutter: &mut Cutter<'_>,
    reading: &mut Reading,
    intake: &mut Intake,
    take: &TakeIn,
) -> Result<(), ImportError> {
    let mut scratch = Scratch::new();
    while let Some(piece) = cutter.next(reading.layout)? {
        let failure = pieces::take_in(&piece, reading.layout, take, &mut scratch, intake);
        reading.go_on(failure, intake)?;
    }
    Ok(())
}

/// A piece with its number, from 0.
type Numbered<T> = (usize, T);

/// What a piece gave.
type Outcome = (Intake, Option<Failure>);

/// Reads pieces on so many threads. This one cuts them and, while all others are busy, reads some itself.
///
/// # Errors
/// Input that cannot be read, and malformed documents.
pub(super) fn together(
    threads: usize,
    cutter: &mut Cutter<'_>,
    reading: &mut Reading,
    intake: &mut Intake,
    take: &TakeIn,
) -> Result<(), ImportError> {
    let others = threads.saturating_sub(1).max(1);
    let (work, waiting) = mpsc::sync_channel::<Numbered<Piece>>(WAITING * others);
    let (done, outcomes) = mpsc::channel::<Numbered<Outcome>>();
    let waiting = Mutex::new(waiting);
    let layout = reading.layout;
    thread::scope(|scope| {
        for _ in 0..others {
            let (done, waiting) = (done.clone(), &waiting);
            scope.spawn(move || Worker::new(layout, take).work_off(waiting, &done));
        }
        drop(done);
        hand_round(cutter, work, &outcomes, Worker::new(layout, take), &mut InOrder::new(reading, intake))
    })
}

fn hand_round(
    cutter: &mut Cutter<'_>,
    work: SyncSender<Numbered<Piece>>,
    outcomes: &Receiver<Numbered<Outcome>>,
    mut own: Worker<'_>,
    in_order: &mut InOrder<'_>,
) -> Result<(), ImportError> {
    let mut number = 0;
    while let Some(piece) = cutter.next(own.layout)? {
        match work.try_send((number, piece)) {
            Ok(()) => {}
            Err(TrySendError::Full((number, piece)) | TrySendError::Disconnected((number, piece))) => {
                in_order.add(number, own.read(&piece))?;
            }
        }
        number += 1;
        while let Ok((number, outcome)) = outcomes.try_recv() {
            in_order.add(number, outcome)?;
        }
    }
    drop(work);
    outcomes.iter().try_for_each(|(number, outcome)| in_order.add(number, outcome))
}

/// Reads pieces each into an intake of its own; they share only names.
struct Worker<'a> {
    layout: Layout,
    take: &'a TakeIn,
    scratch: Scratch,
    names: Intake,
}

impl<'a> Worker<'a> {
    fn new(layout: Layout, take: &'a TakeIn) -> Self {
        Self { layout, take, scratch: Scratch::new(), names: Intake::new() }
    }

    fn work_off(mut self, waiting: &Mutex<Receiver<Numbered<Piece>>>, done: &Sender<Numbered<Outcome>>) {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((number, piece)) = next else { return };
            let outcome = self.read(&piece);
            // Nobody listens any more once an error was found.
            if done.send((number, outcome)).is_err() {
                return;
            }
        }
    }

    fn read(&mut self, piece: &Piece) -> Outcome {
        let failure = pieces::take_in(piece, self.layout, self.take, &mut self.scratch, &mut self.names);
        (self.names.part(), failure)
    }
}

/// Puts what pieces gave together in their order.
struct InOrder<'a> {
    reading: &'a mut Reading,
    intake: &'a mut Intake,
    next: usize,
    early: BTreeMap<usize, Outcome>,
}

impl<'a> InOrder<'a> {
    fn new(reading: &'a mut Reading, intake: &'a mut Intake) -> Self {
        Self { reading, intake, next: 0, early: BTreeMap::new() }
    }

    fn add(&mut self, number: usize, outcome: Outcome) -> Result<(), ImportError> {
        self.early.insert(number, outcome);
        while let Some((part, failure)) = self.early.remove(&self.next) {
            self.next += 1;
            self.intake.join(part);
            self.reading.go_on(failure, self.intake)?;
        }
        Ok(())
    }
}
