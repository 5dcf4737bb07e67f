//! Adversarial training: the attack that makes the examples, and how many test images stand it afterwards.

use a2d_attacks::{AdversarialExamples, Aim, Error, Limits, NamedAttack, Pgd, Query, Target};
use a2d_data::{Dataset, Labelled as _};
use a2d_eval::Proportion;
use a2d_model::Classifier;
use clap::{Args, ValueEnum};

use crate::number::number;
use crate::progress;

/// The most test images that are attacked afterwards.
const TESTED: usize = 1000;

/// How examples for adversarial training are made.
#[derive(Debug, Args)]
pub(super) struct AdversarialArguments {
    /// Train on adversarial examples of the images: by PGD from random starts (Madry et al. 2018), or by a single step from one,
    /// of 1.25 times the largest change (`fast`, Wong et al. 2020)
    #[arg(long, value_enum)]
    adversarial: Option<Maker>,
    /// Largest change of a pixel for that [default: 0.3 of grey images, 8/255 of others]
    #[arg(long, value_parser = epsilon, requires = "adversarial")]
    epsilon: Option<f64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Maker {
    Pgd,
    Fast,
}

fn epsilon(text: &str) -> Result<f64, &'static str> {
    let within = |epsilon: &f64| (1e-18..=1.0).contains(epsilon);
    number(text).filter(within).ok_or("expected a number above 0 and at most 1, such as 8/255")
}

impl AdversarialArguments {
    /// The attack on images of so many channels, if there is to be one.
    pub(super) fn attack(&self, channels: usize) -> a2d_attacks::Result<Option<NamedAttack>> {
        let Some(maker) = self.adversarial else { return Ok(None) };
        // Madry et al. have 40 steps of 0.01 within 0.3 on MNIST, and 7 of 2/255 within 8/255 on CIFAR-10.
        let (usual, shares, iterations) =
            if channels == 1 { (0.3, 30.0, 40) } else { (8.0 / 255.0, 4.0, 7) };
        let epsilon = self.epsilon.unwrap_or(usual);
        let (name, step, iterations) = match maker {
            Maker::Pgd => ("pgd", epsilon / shares, iterations),
            Maker::Fast => ("fast", epsilon * 1.25, 1),
        };
        let pgd = Pgd { epsilon, step, iterations, target: Target::Untargeted };
        Ok(Some(NamedAttack::new(name, pgd)?.with_aim(Aim::Result)))
    }
}

/// The source of examples by this attack.
pub(super) fn examples(attack: &NamedAttack) -> AdversarialExamples {
    AdversarialExamples::by(attack.clone())
}

/// The share of the first test images that the classifier knows and that PGD, with the steps of training by it and within the same
/// change, does not change the class of.
pub(super) fn robust_accuracy(
    classifier: &Classifier,
    training: &NamedAttack,
    test_set: &Dataset,
    seed: u64,
) -> anyhow::Result<Proportion> {
    let epsilon = training.parameters().get("epsilon").and_then(serde_json::Value::as_f64);
    let pgd = AdversarialArguments { adversarial: Some(Maker::Pgd), epsilon };
    let Some(attack) = pgd.attack(classifier.input_shape()[0])? else {
        anyhow::bail!("measure robust accuracy: expected PGD, got no attack")
    };
    let count = test_set.len().min(TESTED);
    let images = classifier.tensor(test_set.range(0..count)?.images())?;
    let queries = test_set.labels()[..count].iter().enumerate().map(|(row, label)| {
        let query = Query::new(row, images.get(row as i64));
        Ok::<_, Error>(Query { label: Some(i64::from(*label)), ..query })
    });
    let bar = progress::bar(count, "robust accuracy");
    let mut stand = 0;
    let limits = Limits { seed, ..Limits::default() };
    attack.run(classifier, attack.aim(), limits, queries, &mut |done| {
        stand += usize::from(!done.set_aside && !done.cost.flipped);
        bar.inc(1);
        Ok::<(), Error>(())
    })?;
    bar.finish_and_clear();
    Ok(Proportion::wilson(stand, count)?)
}
