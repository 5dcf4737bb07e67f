//! What a program of another crate adds to `a2d`: attacks, detectors and scores of its own.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use a2d_attacks::{CRAFTING, Catalogue, DEFENSES, NamedAttack, Preset};
use a2d_detect::{Kind, Kinds};
use a2d_eval::scoring::{Confidence, Score};
use anyhow::{Result, bail, ensure};

use crate::commands::DETECTORS;

/// Attacks, detectors and scores that a program has beside those of `a2d`, for [`run_with`](crate::run_with).
#[derive(Debug, Default)]
pub struct Extensions {
    attacks: Vec<NamedAttack>,
    detectors: Kinds,
    scores: Vec<Arc<dyn Score>>,
}

impl Extensions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and an attack, for `cost --defense` and `craft --attack`, and for the detectors fitted on its costs.
    /// It has these parameters, whatever the data set. `--spec` replaces them, and so do the options of `a2d` that
    /// bear their names.
    #[must_use]
    pub fn with_attack(mut self, attack: NamedAttack) -> Self {
        self.attacks.push(attack);
        self
    }

    /// These and a kind of detector, for `fit --detector` by its name, or calibrated by `conformal-` before it, and
    /// for its files.
    #[must_use]
    pub fn with_detector(mut self, name: impl Into<String>, kind: impl Kind + 'static) -> Self {
        self.detectors = self.detectors.with(name, kind);
        self
    }

    /// These and a score, for `score --score`.
    #[must_use]
    pub fn with_score(mut self, score: impl Score + 'static) -> Self {
        self.scores.push(Arc::new(score));
        self
    }

    /// The attacks.
    pub(crate) fn attacks(&self) -> &[NamedAttack] {
        &self.attacks
    }

    /// The kinds of detectors.
    pub(crate) fn detectors(&self) -> &Kinds {
        &self.detectors
    }

    /// All scores, those of `a2d` first.
    pub(crate) fn scores(&self) -> impl Iterator<Item = Arc<dyn Score>> {
        let own: Arc<dyn Score> = Arc::new(Confidence);
        std::iter::once(own).chain(self.scores.iter().cloned())
    }

    /// The names of the attacks in a catalogue, and of these.
    pub(crate) fn attack_names(&self, catalogue: &Catalogue) -> Vec<String> {
        let own = catalogue.names().map(str::to_owned);
        own.chain(self.attacks.iter().map(|attack| attack.name().to_owned())).collect()
    }

    /// The attack of this name, from these or a catalogue, where `preset` says its parameters.
    pub(crate) fn attack(
        &self,
        catalogue: &Catalogue,
        name: &str,
        preset: Preset,
    ) -> a2d_attacks::Result<NamedAttack> {
        match self.attacks.iter().find(|attack| attack.name() == name) {
            Some(attack) => Ok(attack.clone()),
            None => catalogue.named(name, preset),
        }
    }

    /// Refuses names that would mean two things.
    fn check(&self) -> Result<()> {
        let attacks = DEFENSES.names().chain(CRAFTING.names()).collect::<HashSet<_>>().into_iter();
        let own = self.attacks.iter().map(NamedAttack::name);
        check_names("attacks", attacks.chain(own))?;
        let kinds = self.detectors.names();
        if let Some(kind) = self.detectors.names().find(|name| name.starts_with(CALIBRATED)) {
            bail!("add detectors: expected names without {CALIBRATED:?} before them, got {kind:?}");
        }
        check_names("detectors", DETECTORS.into_iter().chain(kinds))?;
        let scores: Vec<_> = self.scores().collect();
        check_names("scores", scores.iter().map(|score| score.name()))
    }
}

/// What stands before the name of a detector that is calibrated.
pub(crate) const CALIBRATED: &str = "conformal-";

fn check_names<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = HashSet::new();
    for name in names {
        // Names are arguments in lists, columns in files.
        let is_name = !name.is_empty()
            && !name.starts_with('-')
            && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        ensure!(is_name, "add {what}: expected names of letters, digits, -, _ and ., got {name:?}");
        ensure!(seen.insert(name), "add {what}: expected names that differ, got {name:?} twice");
    }
    Ok(())
}

static EXTENSIONS: OnceLock<Extensions> = OnceLock::new();

/// Adds what this program has, before anything else is done. Arguments are parsed by functions that nobody hands it
/// to, so that it is kept here.
pub(crate) fn set(extensions: Extensions) -> Result<()> {
    extensions.check()?;
    let set = EXTENSIONS.set(extensions);
    ensure!(set.is_ok(), "run a2d: expected one run in a process, got another");
    Ok(())
}

/// What this program adds.
pub(crate) fn get() -> &'static Extensions {
    EXTENSIONS.get_or_init(Extensions::new)
}

#[cfg(test)]
mod tests {
    use a2d_attacks::{Bim, Target};

    use super::*;

    #[test]
    fn names_that_mean_two_things_are_refused() {
        let attack = |name: &str| {
            let target = Target::Untargeted;
            let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 30, target };
            NamedAttack::new(name, bim).unwrap()
        };
        Extensions::new().with_attack(attack("mine")).check().unwrap();
        let twice = Extensions::new().with_attack(attack("mine")).with_attack(attack("mine"));
        for (extensions, finding) in [
            (twice, "add attacks: expected names that differ, got \"mine\" twice"),
            (Extensions::new().with_attack(attack("pgd")), "got \"pgd\" twice"),
            (Extensions::new().with_attack(attack("a,b")), "got \"a,b\""),
            (Extensions::new().with_attack(attack("--all")), "got \"--all\""),
            (Extensions::new().with_score(Confidence), "add scores: expected names that differ"),
        ] {
            let message = extensions.check().unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
        }
    }
}
