//! `a2d eval`

use std::path::{Path, PathBuf};

use a2d_cost::Provenance;
use a2d_detect::{Detect as _, Foresee as _, SavedDetector, Tune as _};
use a2d_file::Plan;
use a2d_report::evaluation::{self as report, AttackSection, KindSection};
use clap::Args;

use crate::arguments::{named_file, output_file, output_folder, plan_report};
use crate::costs::{Costs, UNIT};
use crate::evaluation::{Evaluation, Verdicts};
use crate::exit::Usage;
use crate::format::FormatArguments;
use crate::overlap::{self, Group, Role};
use crate::tuning::TuningArguments;
use crate::{in_vain, provenance};

/// Evaluate how well costs, and a detector on them, tell adversarial inputs
///
/// Each kind of adversarial input is compared with the benign ones. A detector is never evaluated on
/// the images that it was fitted or calibrated on, in any order and rounded or not, as far as the cards
/// beside the costs say; nor is anything on images that come twice. Examples crafted from images that
/// the detector was fitted on are not told from others: craft them from images of their own.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Fitted detector; without one, the costs alone are evaluated
    #[arg(long, value_name = "JSON")]
    detector: Option<PathBuf>,
    #[command(flatten)]
    tuning: TuningArguments,
    /// Costs of benign inputs
    #[arg(long, value_name = "CSV")]
    benign: PathBuf,
    /// Costs of one kind of adversarial inputs, such as fgsm=fgsm.csv; may be repeated
    #[arg(long, required = true, value_name = "KIND=CSV", value_parser = named_file)]
    adversarial: Vec<(String, PathBuf)>,
    /// File for a report with histograms and ROC curves (HTML)
    #[arg(long, value_name = "HTML", value_parser = output_file)]
    report: Option<PathBuf>,
    /// Folder for the figures of the report (SVG)
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    figures: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArguments,
}

impl Eval {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = Plan::new()
            .reads_all("--detector", &self.detector)
            .reads("--benign", &self.benign)
            .reads_all("--adversarial", self.adversarial.iter().map(|(_, path)| path));
        plan_report(plan, self.report.as_deref(), self.figures.as_deref())
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut kinds: Vec<_> = self.adversarial.iter().map(|(kind, _)| kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() < self.adversarial.len() {
            return Err(
                Usage::new("evaluate: expected each kind of adversarial inputs once").into()
            );
        }
        let _claim = self.plan().claim()?;
        let detector = self.detector.as_deref().map(|path| self.load(path)).transpose()?;
        let attacks = detector.as_ref().map(|detector| detector.attacks.clone());
        let mut benign = Costs::read(&self.benign, attacks.as_deref())?;
        let attacks = benign.table.attacks().to_vec();
        let fitted = detector.as_ref().and_then(|detector| detector.provenance.as_ref());
        check(fitted, &benign, &self.benign)?;
        let mut adversarial = vec![];
        for (kind, path) in &self.adversarial {
            let costs = Costs::read(path, Some(&attacks))?;
            check(fitted.or(benign.provenance.as_ref()), &costs, path)?;
            adversarial.push((kind.as_str(), costs));
        }

        let mut benign_inputs = Group::new("evaluate", Role::Benign);
        benign_inputs.add_costs(&self.benign, &benign);
        let mut adversarial_inputs = Group::new("evaluate", Role::Adversarial);
        for ((_, path), (_, costs)) in self.adversarial.iter().zip(&adversarial) {
            adversarial_inputs.add_costs(path, costs);
        }
        let groups = [&benign_inputs, &adversarial_inputs];
        if let Some(fitted) = fitted {
            groups.iter().try_for_each(|group| group.check_not_fitted_on(fitted))?;
        }
        overlap::check_all(&groups)?;
        overlap::warn_of_unknown(&groups, detector.as_ref());

        let verdicts = detector.as_ref().map(|saved| verdicts(saved, &benign, &adversarial));
        let verdicts = verdicts.transpose()?;
        let kinds = adversarial.iter_mut().map(|(_, costs)| costs);
        in_vain::complete(std::iter::once(&mut benign).chain(kinds));
        let evaluation =
            Evaluation::of(detector.as_ref(), verdicts.as_ref(), &benign, &adversarial)?;
        let page = page(detector.as_ref(), &benign, &adversarial, &evaluation);
        if let Some(path) = &self.report {
            a2d_file::write_text(path, &report::html(&page)?)?;
        }
        if let Some(folder) = &self.figures {
            a2d_report::write(folder, &report::figures(&page)?)?;
        }
        self.format.print(&evaluation)
    }

    fn load(&self, path: &Path) -> anyhow::Result<SavedDetector> {
        let saved = SavedDetector::load(path)?;
        Ok(SavedDetector { detector: self.tuning.tune(saved.detector)?, ..saved })
    }
}

/// What the detector says of the inputs, while it is known of which only lower bounds are known.
fn verdicts(
    detector: &SavedDetector,
    benign: &Costs,
    adversarial: &[(&str, Costs)],
) -> a2d_detect::Result<Verdicts> {
    let adversarial = adversarial.iter().map(|(_, costs)| &costs.table);
    let tables: Vec<_> = std::iter::once(&benign.table).chain(adversarial).collect();
    let mut verdicts = detector.verdicts(&tables)?;
    let adversarial = verdicts.split_off(1);
    Ok(Verdicts { benign: verdicts.concat(), adversarial })
}

/// Refuses costs that are not comparable with `reference`.
fn check(reference: Option<&Provenance>, costs: &Costs, path: &Path) -> anyhow::Result<()> {
    let (Some(reference), Some(costs)) = (reference, &costs.provenance) else { return Ok(()) };
    provenance::check(&path.display().to_string(), reference, costs)
}

/// The page about an evaluation.
fn page<'a>(
    detector: Option<&SavedDetector>,
    benign: &'a Costs,
    adversarial: &'a [(&str, Costs)],
    evaluation: &Evaluation,
) -> report::Evaluation<'a> {
    let attacks = benign.table.attacks();
    let limits =
        detector.filter(|saved| saved.unit == UNIT).and_then(|saved| saved.detector.cost_limits());
    let sections = attacks.iter().enumerate().map(|(column, attack)| {
        let kinds =
            adversarial.iter().zip(&evaluation.adversarial).map(|((kind, costs), numbers)| {
                let separation = &numbers.costs[attack];
                KindSection {
                    kind,
                    costs: costs.values(UNIT, column),
                    auroc: separation.area(),
                    tpr_at_5_fpr: separation.tpr_at_5_fpr,
                    flagged: numbers.flagged,
                    roc: separation.roc.clone(),
                }
            });
        AttackSection {
            attack,
            cost_threshold: limits.as_ref().map(|limits| limits[column].below),
            benign: benign.values(UNIT, column),
            benign_flagged: evaluation.benign.flagged,
            kinds: kinds.collect(),
        }
    });
    let costs = format!("costs of {}", attacks.join(", "));
    report::Evaluation {
        title: match detector {
            Some(saved) => format!("A {} detector on {costs}", saved.detector.name()),
            None => format!("What {costs} tell"),
        },
        facts: facts(detector, benign),
        attacks: sections.collect(),
    }
}

fn facts(detector: Option<&SavedDetector>, benign: &Costs) -> Vec<(String, String)> {
    let mut facts = vec![];
    if let Some(SavedDetector { detector, .. }) = detector {
        let text = format!("{}, {}", detector.name(), detector.samples());
        facts.push(("detector".into(), text));
        facts.push(("threshold".into(), detector.threshold().to_string()));
    }
    if let Some(provenance) = &benign.provenance {
        facts.push(("model".into(), provenance.model.clone()));
        for (attack, parameters) in &provenance.defenses {
            facts.push((attack.clone(), parameters.to_string()));
        }
        facts.push(("seed".into(), provenance.seed.to_string()));
    }
    facts
}
