//! The inputs that detectors are fitted and scored on: fewer where attacks are slow.

use crate::experiment::{Experiment, Profile};

/// How many inputs some defense attacks are measured on.
#[derive(Clone)]
pub(crate) struct Sample {
    /// What the names of its sets and steps begin with.
    prefix: &'static str,
    /// Benign inputs to fit on, and as many adversarial ones.
    pub(crate) fit: usize,
    /// Benign inputs to score on.
    pub(crate) score: usize,
    /// Adversarial inputs by each attack to score on.
    pub(crate) adversarial: usize,
    pub(crate) defenses: Vec<String>,
}

/// The samples of a profile.
pub(crate) struct Samples {
    all: Sample,
    /// Of all defense attacks, where some are too slow for the other sample.
    slow: Option<Sample>,
}

impl Sample {
    /// The name of a set or step of this sample.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Samples {
    pub(crate) fn new(experiment: &Experiment, profile: &Profile) -> Self {
        let mut defenses = experiment.defenses(profile).to_vec();
        let slow = profile.slow.as_ref().map(|slow| Sample {
            prefix: "slow-",
            fit: slow.fit,
            score: slow.score,
            adversarial: slow.adversarial,
            defenses: defenses.clone(),
        });
        if let Some(slow) = &profile.slow {
            defenses.retain(|defense| !slow.defenses.contains(defense));
        }
        let Profile { fit, score, adversarial, .. } = *profile;
        Self { all: Sample { prefix: "", fit, score, adversarial, defenses }, slow }
    }

    /// The one of those attacks that are quick enough for it.
    pub(crate) fn largest(&self) -> &Sample {
        &self.all
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sample> {
        std::iter::once(&self.all).chain(&self.slow)
    }

    /// The largest sample with the costs by a defense attack, or by all of them for the ensemble.
    pub(crate) fn of(&self, defense: &str) -> &Sample {
        match &self.slow {
            Some(slow) if !self.all.defenses.iter().any(|known| known == defense) => slow,
            _ => &self.all,
        }
    }

    /// Whether the detectors on these costs are fitted and scored on the same inputs.
    pub(crate) fn see_the_same(&self, defense: &str, other: &str) -> bool {
        self.of(defense).prefix == self.of(other).prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Slow;
    use crate::experiment::tests::experiment;

    #[test]
    fn slow_attacks_and_the_ensemble_see_fewer_inputs() {
        let experiment = experiment("env1-mnist");
        let mut profile = experiment.profile("paper").unwrap().clone();
        let samples = Samples::new(&experiment, &profile);
        assert_eq!(samples.iter().count(), 1);
        assert_eq!(["bim", "dba", "end"].map(|name| samples.of(name).fit), [1000; 3]);

        let defenses = vec!["dba".to_owned()];
        profile.slow = Some(Slow { defenses, fit: 40, score: 30, adversarial: 10 });
        let samples = Samples::new(&experiment, &profile);
        assert_eq!(["bim", "dba", "end"].map(|name| samples.of(name).fit), [1000, 40, 40]);
        assert_eq!(samples.of("bim").defenses, ["jsma", "bim", "bim2"]);
        assert_eq!(samples.of("end").defenses, experiment.defenses);
        assert_eq!(samples.of("dba").named("fit"), "slow-fit");
        assert!(samples.see_the_same("dba", "end") && !samples.see_the_same("bim", "end"));
    }
}
