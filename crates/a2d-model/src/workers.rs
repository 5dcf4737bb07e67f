//! Threads that work side by side on one set of weights.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::{Classifier, Error, Session};

/// Each worker may have so many times the room of its session ahead of it, so that none waits for another.
const AHEAD: usize = 2;

impl Classifier {
    /// The classifier with so many workers, at least one, for whatever runs in [sessions](Self::work).
    ///
    /// Workers are threads that work side by side, each with a [handle](Self::handle) on the same weights, a
    /// session of its own and one thread of libtorch. libtorch's own threads share every small operation and wait
    /// for each other at its end, so that a machine with other work slows all of them down; workers never wait
    /// for each other.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// The number of its workers.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Works on all queries, which are drawn as there is room for them, and hands what comes of each to `sink`,
    /// in no particular order. Both happen in the caller's thread, and so does all work if there is one worker.
    ///
    /// `begin` gives each worker its session. Queries go to the workers in turn, and a session is full before it
    /// steps, as long as there are queries: which of them share a forward pass depends on their order and the
    /// number of workers, never on time.
    ///
    /// # Errors
    /// [`Error::Network`] if there are several workers and the classifier is
    /// [of a function](Self::of_module); else the first error of a session, a query or the sink.
    pub fn work<S: Session<Error: From<Error>>, E: From<S::Error>>(
        &self,
        begin: &mut dyn FnMut() -> Result<S, S::Error>,
        queries: impl Iterator<Item = Result<S::Query, E>>,
        sink: &mut dyn FnMut(S::Outcome) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.workers == 1 {
            return alone(self, begin()?, queries.fuse(), sink);
        }
        thread::scope(|scope| {
            let (reports, reported) = mpsc::channel();
            // Begun with their first query: few queries need few workers.
            let mut hire = |lane| {
                let (classifier, session) = (self.handle()?, begin()?);
                let (sender, queries) = mpsc::channel();
                let (room, reports) = (AHEAD * session.free(), reports.clone());
                scope.spawn(move || work(lane, &classifier, session, &queries, &reports));
                Ok(Lane { sender, room })
            };
            let mut lanes = Lanes { workers: vec![], sink };
            for (number, query) in queries.enumerate() {
                let turn = number % self.workers;
                if turn == lanes.workers.len() {
                    lanes.workers.push(hire(turn).map_err(E::from)?);
                }
                lanes.send(turn, query?, &reported)?;
            }
            drop(reports);
            lanes.finish(&reported)
        })
    }
}

fn alone<S: Session, E: From<S::Error>>(
    classifier: &Classifier,
    mut session: S,
    mut queries: impl Iterator<Item = Result<S::Query, E>>,
    sink: &mut dyn FnMut(S::Outcome) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        while session.free() > 0
            && let Some(query) = queries.next()
        {
            session.push(query?)?;
        }
        if session.is_idle() {
            return Ok(());
        }
        session.step(classifier)?.into_iter().try_for_each(&mut *sink)?;
    }
}

/// The way to a worker.
struct Lane<Q> {
    sender: Sender<Q>,
    /// Queries that it may be sent now.
    room: usize,
}

/// What a worker says after a step.
struct Report<S: Session> {
    lane: usize,
    /// Queries that joined its session before.
    taken: usize,
    /// Or why it panicked.
    outcomes: thread::Result<Result<Vec<S::Outcome>, S::Error>>,
}

/// What a worker does until there are no more queries, or nobody listens.
fn work<S: Session>(
    lane: usize,
    classifier: &Classifier,
    mut session: S,
    queries: &Receiver<S::Query>,
    reports: &Sender<Report<S>>,
) {
    tch::set_num_threads(1);
    loop {
        let mut taken = 0;
        let turn = || {
            while session.free() > 0
                && let Ok(query) = queries.recv()
            {
                taken += 1;
                session.push(query)?;
            }
            if session.is_idle() { Ok(None) } else { session.step(classifier).map(Some) }
        };
        // Nobody would hear of a panic while others wait for this worker.
        let outcomes = match panic::catch_unwind(AssertUnwindSafe(turn)).map(Result::transpose) {
            Ok(None) => return,
            Ok(Some(outcomes)) => Ok(outcomes),
            Err(cause) => Err(cause),
        };
        let failed = !matches!(outcomes, Ok(Ok(_)));
        if reports.send(Report { lane, taken, outcomes }).is_err() || failed {
            return;
        }
    }
}

/// The ways to all workers, and where outcomes go.
struct Lanes<'a, S: Session, E> {
    workers: Vec<Lane<S::Query>>,
    sink: &'a mut dyn FnMut(S::Outcome) -> Result<(), E>,
}

impl<S: Session, E: From<S::Error>> Lanes<'_, S, E> {
    /// Sends a query to a worker as soon as it has room, and hears what others have to say meanwhile.
    fn send(
        &mut self,
        turn: usize,
        query: S::Query,
        reported: &Receiver<Report<S>>,
    ) -> Result<(), E> {
        while self.workers[turn].room == 0
            && let Ok(report) = reported.recv()
        {
            self.hear(report)?;
        }
        let lane = &mut self.workers[turn];
        lane.room = lane.room.saturating_sub(1);
        // A worker that no longer listens has said why.
        let _ = lane.sender.send(query);
        reported.try_iter().try_for_each(|report| self.hear(report))
    }

    fn hear(&mut self, report: Report<S>) -> Result<(), E> {
        if let Some(lane) = self.workers.get_mut(report.lane) {
            lane.room += report.taken;
        }
        let outcomes = report.outcomes.unwrap_or_else(|cause| panic::resume_unwind(cause));
        outcomes?.into_iter().try_for_each(&mut *self.sink)
    }

    /// Tells the workers that there is no more, and hears them until the last is done.
    fn finish(mut self, reported: &Receiver<Report<S>>) -> Result<(), E> {
        self.workers.clear();
        reported.iter().try_for_each(|report| self.hear(report))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Result};
    use tch::{Device, Kind, Tensor};

    /// Counts down from its query, and says how many threads libtorch has and how many rows shared the last step.
    struct Countdown {
        rows: Vec<(u32, u32)>,
        room: usize,
    }

    impl Session for Countdown {
        type Query = u32;
        type Outcome = (u32, i32, usize);
        type Error = Error;

        fn free(&self) -> usize {
            self.room - self.rows.len()
        }

        fn is_idle(&self) -> bool {
            self.rows.is_empty()
        }

        fn push(&mut self, query: u32) -> Result<()> {
            if query == 13 {
                return Err(Error::Shape { expected: [0; 3], got: [13; 3] });
            }
            assert!(query < 1_000_000, "a million");
            self.rows.push((query, query % 7));
            Ok(())
        }

        fn step(&mut self, classifier: &Classifier) -> Result<Vec<Self::Outcome>> {
            let images = Tensor::zeros([1, 1, 28, 28], (Kind::Float, Device::Cpu));
            assert_eq!(classifier.logits(&images)?.size(), [1, 10]);
            let (count, threads) = (self.rows.len(), tch::get_num_threads());
            let (done, left) = self.rows.iter().partition(|(_, steps)| *steps == 0);
            self.rows = left;
            self.rows.iter_mut().for_each(|(_, steps)| *steps -= 1);
            Ok(Vec::into_iter(done).map(|(query, _)| (query, threads, count)).collect())
        }
    }

    type Outcomes = Vec<(u32, i32, usize)>;

    fn run(workers: usize, queries: std::ops::Range<u32>) -> Result<Outcomes> {
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let mut outcomes = vec![];
        let begin = &mut || Ok::<_, Error>(Countdown { rows: vec![], room: 3 });
        let sink = &mut |outcome| {
            outcomes.push(outcome);
            Ok(())
        };
        classifier.with_workers(workers).work::<_, Error>(begin, queries.map(Ok), sink)?;
        outcomes.sort_unstable();
        Ok(outcomes)
    }

    #[test]
    fn every_query_has_its_outcome_whatever_the_workers() {
        for workers in [0, 1, 2, 5] {
            let outcomes = run(workers, 20..91).unwrap();
            assert!(outcomes.iter().map(|(query, ..)| *query).eq(20..91), "{workers}");
            if workers > 1 {
                assert!(outcomes.iter().all(|(_, threads, _)| *threads == 1));
            }
            assert_eq!(outcomes, run(workers, 20..91).unwrap(), "batches depend on time");
            assert!(run(workers, 0..0).unwrap().is_empty());
        }
    }

    #[test]
    fn the_first_error_ends_all_work() {
        for workers in [1, 3] {
            let message = run(workers, 0..1000).unwrap_err().to_string();
            assert!(message.contains("[13, 13, 13]"), "{message}");
        }
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let begin = &mut || Ok::<_, Error>(Countdown { rows: vec![], room: 3 });
        let mut seen = 0;
        let sink = &mut |_| {
            seen += 1;
            Err(Error::Shape { expected: [1; 3], got: [2; 3] })
        };
        let queries = (20..10_000).map(Ok);
        classifier.with_workers(2).work(begin, queries, sink).unwrap_err();
        assert_eq!(seen, 1);
    }

    #[test]
    fn a_panic_of_a_worker_is_one_of_the_caller() {
        let caught = panic::catch_unwind(|| run(3, 1_000_000..1_000_100));
        let cause = caught.unwrap_err();
        assert_eq!(cause.downcast_ref::<&str>(), Some(&"a million"));
    }

    #[test]
    fn a_function_has_no_second_handle() {
        let logits = |images: &Tensor| images.flatten(1, -1);
        let variables = tch::nn::VarStore::new(Device::Cpu);
        let classifier = Classifier::of_module("pixels", logits, variables, [1, 1, 2], 2, "");
        let begin = &mut || Ok::<_, Error>(Countdown { rows: vec![], room: 3 });
        let classifier = classifier.with_workers(2);
        let error: Error = classifier.work(begin, (0..3).map(Ok), &mut |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("share weights"), "{error}");
    }

    #[test]
    fn classifiers_and_sessions_may_change_threads() {
        fn is_send<T: Send + ?Sized>() {}
        is_send::<Classifier>();
        is_send::<dyn Session<Query = (), Outcome = (), Error = ()>>();
    }
}
