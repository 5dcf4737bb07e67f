//! How far the predicted class is still ahead after some steps of the defense.

use a2d_attacks::{Aim, NamedAttack, Query};

use crate::look::{Look, numbers, picked};
use crate::surrogate::{Slope, Surrogate};
use crate::{Benign, Error, Result, Victim};

/// The lead of the predicted class after so many steps of each defense attack, summed over these: what the detector will
/// see. The gradient is taken where the steps end, as if they moved nothing (A. Athalye, N. Carlini and D. Wagner,
/// "Obfuscated gradients give a false sense of security", ICML 2018, section 4.1: the identity on the way back).
#[derive(Debug)]
pub(crate) struct AfterSteps {
    /// The defenses, which stop after those steps.
    shortened: Vec<NamedAttack>,
}

impl AfterSteps {
    /// After this share of the iterations that benign images cost at least, but for 5 %.
    ///
    /// # Errors
    /// [`Error::Parameter`] if no defense follows a gradient and counts its iterations.
    pub(crate) fn of(victim: &Victim<'_>, benign: &Benign, share: f64) -> Result<Self> {
        let mut shortened = vec![];
        for (place, defense) in victim.defenses.iter().enumerate() {
            if defense.facts().wants_gradients && defense.parameters().contains_key("iterations") {
                let steps = (benign.cost(place, 0.05) * share).round().max(1.0) as u64;
                let parameters = serde_json::json!({ "iterations": steps });
                let parameters = parameters.as_object().cloned().unwrap_or_default();
                shortened.push(defense.with(&parameters)?);
            }
        }
        if shortened.is_empty() {
            let names: Vec<_> = victim.defenses.iter().map(NamedAttack::name).collect();
            let expected = "a defense attack that follows a gradient, step by step";
            return Err(Error::parameter("a surrogate of the cost", expected, names.join(", ")));
        }
        Ok(Self { shortened })
    }
}

impl Surrogate for AfterSteps {
    fn slope(&self, victim: &Victim<'_>, look: &Look<'_>, places: &[usize]) -> Result<Slope> {
        let images = picked(&look.images(), places);
        let classes: Vec<i64> = places.iter().map(|place| look.predicted[*place]).collect();
        let (mut values, mut gradient) = (vec![0.0; places.len()], images.zeros_like());
        let (mut gradients, mut forward) = (0, 0);
        for attack in &self.shortened {
            let ends = images.copy();
            let (mut back, mut there) = (0, 0);
            let queries = (0..places.len())
                .map(|row| Ok::<_, Error>(Query::new(row, images.get(row as i64))));
            attack.run(victim.classifier, Aim::Result, victim.limits, queries, &mut |done| {
                ends.get(done.row as i64).copy_(&done.image);
                back = back.max(u64::from(done.cost.gradient_queries));
                there = there.max(u64::from(done.cost.forward_queries));
                Ok::<(), Error>(())
            })?;
            let end = Look::at(victim.classifier, &ends, |row| places[row])?;
            let leads = end.leads(&classes);
            for (value, lead) in values.iter_mut().zip(numbers(&leads)) {
                *value += lead;
            }
            gradient += end.gradient(&leads)?;
            (gradients, forward) = (gradients + back + 1, forward + there + 1);
        }
        Ok(Slope { values, gradient, gradients, forward })
    }
}
