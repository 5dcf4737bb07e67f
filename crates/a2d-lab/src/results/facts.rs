//! What the results of an environment are of: command, version, seed and counts.

use crate::experiment::{Clever, Evidence, Experiment, Profile, Slow, neighbours};
use crate::plan::Plan;

/// Lines for the report.
pub(crate) fn facts(plan: &Plan<'_>, profile: &str, version: &str) -> Vec<String> {
    let Experiment { id, seed, attacks, detectors, .. } = plan.experiment;
    let kinds = plan.experiment.compared().count();
    let settings = plan.profile;
    let mut facts = vec![
        format!(
            "cargo xtask reproduce {id} --profile {profile}: {version}, seed {seed}, {}",
            counts(settings, kinds)
        ),
        format!("model {}", plan.weights.display()),
    ];
    facts.extend(plan.samples.iter().filter_map(|sample| {
        let k = detectors.iter().find_map(|detector| detector.neighbours);
        let (k, defenses) = (neighbours(k?, sample.fit), sample.defenses.join(", "));
        Some(format!("k-NN on {} inputs ({defenses}): K = {k}", thousands(2 * sample.fit)))
    }));
    facts.extend(settings.evidence.iter().map(|Evidence { inputs, timed }| {
        format!("costs of {inputs} inputs of each kind by {}", timed.join(", "))
    }));
    facts.extend(settings.clever.iter().map(|Clever { name, inputs, options }| {
        let inputs = inputs.or(settings.evidence.as_ref().map(|evidence| evidence.inputs));
        let (inputs, options) = (inputs.unwrap_or(0), options.join(" "));
        format!("CLEVER scores ({name}) of {inputs} inputs of each kind with {options}")
    }));
    let spec = settings.spec.iter().map(|spec| spec.display().to_string());
    let measured: Vec<_> = spec.chain(settings.cost.iter().cloned()).collect();
    if !measured.is_empty() {
        facts.push(format!("costs measured with {}", measured.join(" ")));
    }
    facts.extend(plan.studies().map(|(study, options)| {
        let options = study.options.iter().chain(options).map(String::as_str);
        format!("attackers who know ({}): {}", study.name, options.collect::<Vec<_>>().join(" "))
    }));
    facts.extend(attacks.iter().filter_map(|attack| {
        let options = plan.options(attack).join(" ");
        (!options.is_empty()).then(|| format!("crafted by {} with {options}", attack.name))
    }));
    facts
}

/// How many inputs detectors are fitted and scored on.
fn counts(profile: &Profile, kinds: usize) -> String {
    let fit = |fit| format!("fit {0} + {0}", thousands(fit));
    let all = format!(
        "{}, scored on {} benign and {kinds} x {} adversarial",
        fit(profile.fit),
        thousands(profile.score),
        thousands(profile.adversarial)
    );
    let Some(Slow { defenses, fit: fewer, score, adversarial }) = &profile.slow else { return all };
    let fewer =
        if *fewer == profile.fit { String::new() } else { format!("{}, scored on ", fit(*fewer)) };
    let (score, adversarial) = (thousands(*score), thousands(*adversarial));
    let defenses = defenses.join(", ");
    format!(
        "{all} ({fewer}{score} and {kinds} x {adversarial} with {defenses} and for the ensembles)"
    )
}

/// A count with commas.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(String::from_utf8_lossy);
    let first = (first > 0).then(|| digits[..first].into());
    first.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;
    use std::path::Path;

    #[test]
    fn the_report_says_what_was_done_and_how_much_of_it() {
        let experiment = experiment("env1-mnist");
        let first = |profile| {
            let plan = Plan::new(&experiment, profile, Path::new("data")).unwrap();
            facts(&plan, profile, "a2d 1").swap_remove(0)
        };
        assert_eq!(
            first("paper"),
            "cargo xtask reproduce env1-mnist --profile paper: a2d 1, seed 0, fit 1,000 + 1,000, scored on \
             1,000 benign and 4 x 250 adversarial"
        );
        assert_eq!(
            first("smoke"),
            "cargo xtask reproduce env1-mnist --profile smoke: a2d 1, seed 0, fit 48 + 48, scored on 32 benign \
             and 4 x 12 adversarial (fit 24 + 24, scored on 12 and 4 x 6 with dba and for the ensembles)"
        );
    }

    #[test]
    fn fits_of_one_size_are_counted_once() {
        let experiment = experiment("env1-mnist");
        let mut profile = experiment.profile("paper").unwrap().clone();
        let defenses = vec!["dba".to_owned()];
        profile.slow = Some(Slow { defenses, fit: 1000, score: 200, adversarial: 50 });
        let counts = counts(&profile, 4);
        assert!(counts.ends_with(" (200 and 4 x 50 with dba and for the ensembles)"), "{counts}");
    }

    #[test]
    fn thousands_have_commas() {
        let counts = [0, 48, 250, 1000, 12_345_678].map(thousands);
        assert_eq!(counts, ["0", "48", "250", "1,000", "12,345,678"]);
    }
}
