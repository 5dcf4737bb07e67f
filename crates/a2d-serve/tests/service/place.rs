//! A service of a small network, and what its guard says without it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use a2d_attacks::{DEFENSES, Limits as Window, Preset, Query};
use a2d_data::{ImageSource as _, Images, npy};
use a2d_detect::ndarray::Array2;
use a2d_detect::{Conformal, DatasetBase, Fit as _, SavedDetector, Unit, VerdictRecord, ZScore};
use a2d_guard::{Guard, Screening};
use a2d_model::{Architecture, Classifier, Precision};
use a2d_serve::{Limits, Options, Service, Token};
use ndarray::{Array4, Axis};
use tch::{Device, Tensor};
use tokio::sync::oneshot;

use crate::client::Client;

/// A service that answers until it is told to stop, or dropped.
pub(crate) struct Place {
    pub(crate) client: Client,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default(), None, 2)
    }

    pub(crate) fn with(limits: Limits, token: Option<&str>, workers: usize) -> Self {
        Self::of(guard(workers), limits, token)
    }

    pub(crate) fn of(guard: Guard, limits: Limits, token: Option<&str>) -> Self {
        let token = token.map(|token| Token::new(token).unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options = Options { address, limits, token, ..Options::default() };
        let (stop, stopped) = oneshot::channel();
        let (say, said) = mpsc::channel();
        let thread = thread::spawn(move || {
            let service = Service::bind(guard, options).unwrap();
            say.send(service.address()).unwrap();
            let stop = async {
                let _ = stopped.await;
            };
            service.run_until(stop);
        });
        let address = said.recv().unwrap();
        Self { client: Client::of(address), address, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells the service to stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has stopped.
    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop();
        if !thread::panicking() {
            self.join();
        }
    }
}

/// A guard by BIM and a random attack, which flags some of the stripes.
pub(crate) fn guard(workers: usize) -> Guard {
    // In float64 no cost depends on which images share a pass.
    let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
        .with_precision(Precision::Float64)
        .unwrap()
        .with_workers(workers);
    let costs = |first: usize| Array2::from_shape_fn((40, 2), move |(row, _)| (first + row) as f64);
    let z_score = ZScore::params(1).fit(&DatasetBase::from(costs(20))).unwrap();
    let detector =
        Conformal::params(z_score).alpha(0.1).fit(&DatasetBase::from(costs(21))).unwrap();
    let attacks = vec!["bim".into(), "dba".into()];
    let saved = SavedDetector {
        attacks,
        unit: Unit::Iterations,
        provenance: None,
        detector: detector.into(),
    };
    let capped = |name: &str, iterations: u32| {
        let cap = serde_json::json!({ "iterations": iterations });
        DEFENSES.named(name, Preset::MNIST).unwrap().with(cap.as_object().unwrap()).unwrap()
    };
    Guard::with_defenses(classifier, vec![capped("bim", 60), capped("dba", 30)], saved)
        .unwrap()
        .with_limits(Window { window: 4, seed: 0 })
}

/// A guard that needs two passes for a verdict.
pub(crate) fn quick_guard() -> Guard {
    let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu).with_workers(2);
    let costs = Array2::from_shape_fn((40, 1), |(row, _)| (20 + row) as f64);
    let detector = ZScore::params(1).fit(&DatasetBase::from(costs)).unwrap().into();
    let attacks = vec!["bim-linear".into()];
    let saved = SavedDetector { attacks, unit: Unit::Iterations, provenance: None, detector };
    let linear = DEFENSES.named("bim-linear", Preset::MNIST).unwrap();
    Guard::with_defenses(classifier, vec![linear], saved).unwrap()
}

/// Images of stripes, each of another width and brightness.
pub(crate) fn images(count: usize) -> Images {
    let pixels = Array4::from_shape_fn((count, 1, 28, 28), |(row, _, _, x)| {
        let (row, x) = (row as f32, x as f32);
        (x * (row + 2.0) * 0.4).sin() * (row * 0.7).cos() * 0.5 + 0.5
    });
    Images::new(pixels).unwrap()
}

pub(crate) fn npy(images: &Images) -> Vec<u8> {
    let mut bytes = vec![];
    npy::to_npy(images, &mut bytes).unwrap();
    bytes
}

/// One image after the other, each as a file.
pub(crate) fn singly(images: &Images) -> Vec<Vec<u8>> {
    let single =
        |row: usize| Images::new(images.view().slice_axis(Axis(0), (row..=row).into()).to_owned());
    (0..images.len()).map(|row| npy(&single(row).unwrap())).collect()
}

/// The same with confidences of nine digits: their last ones depend on which images share a pass.
pub(crate) fn rounded(mut records: Vec<VerdictRecord>) -> Vec<VerdictRecord> {
    for record in &mut records {
        record.confidence = (record.confidence * 1e9).round() / 1e9;
    }
    records
}

/// What the guard says of images without a service.
pub(crate) fn expected(images: &Images, names: &[String], full: bool) -> Vec<VerdictRecord> {
    let guard = if full { guard(1).in_full() } else { guard(1) };
    let queries = (0..images.len()).map(|row| {
        let pixels = images.row(row).unwrap();
        Ok(Query::new(row, Tensor::from_slice(&pixels).view([1, 28, 28])))
    });
    let mut screenings = vec![];
    let sink = &mut |screening: Screening| {
        screenings.push(screening);
        Ok::<(), a2d_guard::Error>(())
    };
    guard.screen(queries, sink).unwrap();
    screenings.sort_by_key(|screening| screening.row);
    let record = |screening: Screening| {
        screening.record(names[screening.row].clone(), guard.detector(), full).unwrap()
    };
    rounded(screenings.into_iter().map(record).collect())
}
