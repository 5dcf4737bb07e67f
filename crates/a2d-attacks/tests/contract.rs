//! What every attack keeps to, whatever its parameters.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_attacks::{
    Attack, Crafting, Defense, Error, Finished, Iterate, Limits, Preset, Query, RowState, Stop, run,
};
use a2d_model::{Architecture, Classifier};
use tch::{Device, Kind, Tensor};

const IMAGES: i64 = 4;

/// Room for the rounding of float32.
const ROUNDING: f64 = 1e-6;

/// The length of perturbations, row by row.
type Norm = fn(&Tensor) -> Tensor;

fn linf(perturbations: &Tensor) -> Tensor {
    perturbations.abs().amax([1, 2, 3], false)
}

fn rms(perturbations: &Tensor) -> Tensor {
    perturbations.square().mean_dim([1i64, 2, 3].as_slice(), false, Kind::Double).sqrt()
}

/// An attack whose every iterate is looked at.
struct Watched<'a, A> {
    attack: &'a A,
    norm: Norm,
    epsilon: f64,
}

struct WatchedRows<R> {
    rows: R,
    origins: Tensor,
}

impl<R: RowState> RowState for WatchedRows<R> {
    fn append(&mut self, newcomers: Self) {
        self.rows.append(newcomers.rows);
        self.origins.append(newcomers.origins);
    }

    fn retain(&mut self, rows: &Tensor) {
        self.rows.retain(rows);
        self.origins.retain(rows);
    }
}

impl<A: Attack> Attack for Watched<'_, A> {
    type Rows = WatchedRows<A::Rows>;

    fn check(&self) -> a2d_attacks::Result<()> {
        self.attack.check()
    }

    fn cap(&self) -> u32 {
        self.attack.cap()
    }

    fn start(&self, images: &Tensor) -> Self::Rows {
        WatchedRows { rows: self.attack.start(images), origins: images.copy() }
    }

    fn advance(&self, iterate: &Iterate<'_>, watched: &mut Self::Rows) -> Tensor {
        let next = self.attack.advance(iterate, &mut watched.rows);
        assert_eq!(next.size(), watched.origins.size());
        let (low, high) = (next.min().double_value(&[]), next.max().double_value(&[]));
        assert!(low >= 0.0 && high <= 1.0, "pixels from {low} to {high}");
        let longest = (self.norm)(&(&next - &watched.origins)).max().double_value(&[]);
        assert!(longest <= self.epsilon + ROUNDING, "{longest} of at most {}", self.epsilon);
        next
    }
}

/// Images that reach from 0 to 1, so that clipping matters.
fn images() -> Tensor {
    let pixels = Tensor::arange(IMAGES * 28 * 28, (Kind::Float, Device::Cpu));
    ((pixels * 0.37).sin() * 0.8 + 0.5).clamp(0.0, 1.0).view([IMAGES, 1, 28, 28])
}

fn keeps_the_contract<A: Attack>(name: &str, attack: &A, norm: Norm, epsilon: f64, stop: Stop) {
    let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
    let images = images();
    let watched = Watched { attack, norm, epsilon };
    let outcomes = |window| {
        let queries =
            (0..IMAGES).map(|row| Query { row: row as usize, image: images.get(row), label: None });
        let mut outcomes: Vec<Finished> = vec![];
        let limits = Limits { window, budget: None };
        run(&classifier, &watched, stop, limits, queries, &mut |done| {
            outcomes.push(done);
            Ok::<(), Error>(())
        })
        .unwrap();
        outcomes.sort_by_key(|done| done.row);
        outcomes
    };
    let alone = outcomes(1);
    for outcomes in [2, 3, 64].map(outcomes).iter().chain([&alone]) {
        let rows: Vec<_> = outcomes.iter().map(|done| done.row).collect();
        assert_eq!(rows, (0..IMAGES as usize).collect::<Vec<_>>(), "{name}");
        for (done, alone) in outcomes.iter().zip(&alone) {
            let (iterations, others) = (done.cost.iterations, alone.cost.iterations);
            assert!(iterations.abs_diff(others) <= 1, "{name}: {iterations} and {others}");
            assert!((1..=attack.cap()).contains(&iterations), "{name}: {iterations}");
            assert_eq!(done.cost.forward_queries, iterations + 1, "{name}");
            assert_eq!(done.cost.gradient_queries, iterations, "{name}");
            assert_eq!(done.cost.flipped, done.predicted != done.label, "{name}");
            assert!(!done.cost.censored, "{name}");
        }
    }
}

#[test]
fn every_defense_attack_keeps_the_contract() {
    for preset in Preset::ALL {
        for name in Defense::NAMES {
            match Defense::named(name, preset).unwrap() {
                Defense::Bim(bim) => {
                    keeps_the_contract(name, &bim, linf, bim.epsilon, Stop::AtFlip);
                }
                Defense::Bim2(bim2) => {
                    keeps_the_contract(name, &bim2, rms, bim2.epsilon, Stop::AtFlip);
                }
                other => panic!("{other:?} has no contract yet"),
            }
        }
    }
}

#[test]
fn every_crafting_attack_keeps_the_contract() {
    for preset in Preset::ALL {
        for name in Crafting::NAMES {
            match Crafting::named(name, preset).unwrap() {
                Crafting::Fgsm(fgsm) => {
                    keeps_the_contract(name, &fgsm, linf, fgsm.epsilon, Stop::AtFlip);
                }
                Crafting::BimA(bim) => {
                    keeps_the_contract(name, &bim, linf, bim.epsilon, Stop::AtFlip);
                }
                Crafting::BimB(bim) => {
                    keeps_the_contract(name, &bim, linf, bim.epsilon, Stop::AtCap);
                }
                other => panic!("{other:?} has no contract yet"),
            }
        }
    }
}
