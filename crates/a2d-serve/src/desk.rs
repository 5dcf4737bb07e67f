//! The desk where images of all clients are handed in: its workers put them into one window, whoever sent them.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use a2d_attacks::Query;
use a2d_guard::{Guard, Screener, Screening};
use a2d_model::Session as _;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use tch::Tensor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{Error, Result};

/// Why an image has no verdict.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The image is at fault, or what the network says of it.
    Image(a2d_guard::Error),
    /// Something that is not this image.
    Service(String),
}

pub(crate) type Answer = std::result::Result<Screening, Fault>;

/// An image that was handed in.
struct Job {
    pixels: Vec<f32>,
    /// The number of its random stream: its place among the images of its request.
    stream: usize,
    full: bool,
    answer: oneshot::Sender<Answer>,
    /// Given back when the image leaves.
    room: OwnedSemaphorePermit,
}

/// Where images are handed in. Its workers end once it is gone and every image has its answer.
pub(crate) struct Desk {
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
    most: usize,
    workers: Vec<JoinHandle<()>>,
}

impl Desk {
    /// A desk with the workers of the guard's classifier, and room for so many images.
    pub(crate) fn open(guard: Guard, most: usize) -> Result<Self> {
        let (jobs, received) = crossbeam_channel::unbounded();
        let count = guard.classifier().workers();
        let loads: Arc<[AtomicUsize]> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        // The first works with the guard itself, which need not be one that has handles.
        let handles = (1..count).map(|_| guard.handle()).collect::<Result<Vec<_>, _>>()?;
        let guards = std::iter::once(guard).chain(handles).enumerate();
        let workers = guards.map(|(number, guard)| {
            let session = guard.session()?;
            let (jobs, loads) = (received.clone(), loads.clone());
            let worker =
                Worker { guard, session, jobs, loads, number, next: 0, open: HashMap::new() };
            let spawned = thread::Builder::new().name(format!("screen-{number}"));
            spawned.spawn(move || worker.work()).map_err(Error::Threads)
        });
        let workers = workers.collect::<Result<Vec<_>>>()?;
        // One more permit than there are would be a mistake of this crate; the most is tokio's.
        let most = most.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Ok(Self { jobs, room: Arc::new(Semaphore::new(most)), most, workers })
    }

    /// Images that wait or are under attack.
    pub(crate) fn load(&self) -> usize {
        self.most - self.room.available_permits()
    }

    /// Whether another image would be taken now.
    pub(crate) fn is_open(&self) -> bool {
        self.room.available_permits() > 0 && !self.workers.iter().all(JoinHandle::is_finished)
    }

    /// The most images at a time.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Hands in the images of a request, of the classifier's shape: all of them, or none where there is no room for all.
    pub(crate) fn hand_in(
        &self,
        images: Vec<Vec<f32>>,
        full: bool,
    ) -> Option<Vec<oneshot::Receiver<Answer>>> {
        let count = u32::try_from(images.len()).ok()?;
        let mut room = self.room.clone().try_acquire_many_owned(count).ok()?;
        let answers = images.into_iter().enumerate().map(|(stream, pixels)| {
            let (answer, answered) = oneshot::channel();
            let room = room.split(1)?;
            // Workers listen as long as there is a desk.
            self.jobs.send(Job { pixels, stream, full, answer, room }).ok()?;
            Some(answered)
        });
        answers.collect()
    }

    /// Waits until every image has its answer.
    pub(crate) fn close(self) {
        drop(self.jobs);
        for worker in self.workers {
            // What it panicked of it has told.
            let _ = worker.join();
        }
    }
}

/// A thread with a session of its own.
struct Worker {
    guard: Guard,
    session: Screener,
    jobs: Receiver<Job>,
    /// How many images each worker has.
    loads: Arc<[AtomicUsize]>,
    number: usize,
    /// The number of the next image in the session.
    next: usize,
    open: HashMap<usize, Job>,
}

impl Worker {
    fn work(mut self) {
        // Workers take the place of libtorch's own threads.
        tch::set_num_threads(1);
        while self.take_in() && self.step() {
            self.tell_load();
        }
    }

    /// Takes in the images that wait, as long as no other worker has fewer. False if none will come any more.
    fn take_in(&mut self) -> bool {
        while self.session.free() > 0 && self.is_least_loaded() {
            let job = if self.session.is_idle() {
                self.jobs.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.jobs.try_recv()
            };
            match job {
                // Whoever asked may have gone meanwhile.
                Ok(job) if job.answer.is_closed() => {}
                Ok(job) => self.push(job),
                Err(_) => break,
            }
            self.tell_load();
        }
        !self.session.is_idle()
    }

    fn push(&mut self, job: Job) {
        let row = self.next;
        self.next += 1;
        let shape = self.guard.classifier().input_shape().map(|side| side as i64);
        let image = Tensor::from_slice(&job.pixels).view(shape);
        let query = Query { stream: job.stream, ..Query::new(row, image) };
        let pushed =
            if job.full { self.session.push_in_full(query) } else { self.session.push(query) };
        match pushed {
            Ok(()) => drop(self.open.insert(row, job)),
            Err(error) => answer(job, Err(Fault::Image(error))),
        }
    }

    /// A step of the session. False if there is no session any more.
    fn step(&mut self) -> bool {
        let step = || self.session.step(self.guard.classifier());
        // Nobody would hear of a panic while clients wait for this worker.
        match panic::catch_unwind(AssertUnwindSafe(step)) {
            Ok(Ok(screenings)) => {
                for screening in screenings {
                    if let Some(job) = self.open.remove(&screening.row) {
                        answer(job, Ok(screening));
                    }
                }
                true
            }
            Ok(Err(error)) => match error.row().and_then(|row| self.open.remove(&row)) {
                Some(job) => {
                    answer(job, Err(Fault::Image(error)));
                    true
                }
                None => self.begin_anew(&error.to_string()),
            },
            Err(_) => self.begin_anew("the screening panicked"),
        }
    }

    /// Gives up the images under attack, of which any might be the cause, and goes on with others.
    fn begin_anew(&mut self, cause: &str) -> bool {
        tracing::error!(cause, images = self.open.len(), "screening failed");
        for (_, job) in self.open.drain() {
            answer(job, Err(Fault::Service(cause.to_owned())));
        }
        match self.guard.session() {
            Ok(session) => {
                self.session = session;
                true
            }
            Err(error) => {
                tracing::error!(cause = error.to_string(), "no more screening by this thread");
                false
            }
        }
    }

    fn is_least_loaded(&self) -> bool {
        let own = self.open.len();
        self.loads.iter().all(|load| own <= load.load(Ordering::Relaxed))
    }

    fn tell_load(&self) {
        self.loads[self.number].store(self.open.len(), Ordering::Relaxed);
    }
}

/// Answers whoever still waits, after the image has left.
fn answer(job: Job, answer: Answer) {
    drop(job.room);
    let _ = job.answer.send(answer);
}
