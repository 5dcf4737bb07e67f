//! `a2d eval`

mod exports;

use std::path::{Path, PathBuf};

use a2d_cost::{Column, Provenance, ScoreTable};
use a2d_detect::{Detect as _, Foresee as _, SavedDetector, Tune as _};
use a2d_eval::{Evaluation, Judged, RocCurve, Scores, Verdicts};
use a2d_file::Plan;
use a2d_report::evaluation::{self as report, AttackSection, KindSection};
use clap::Args;

use crate::arguments::{named_file, output_file, output_folder, plan_report};
use crate::costs::UNIT;
use crate::exit::{BadInput, Usage};
use crate::format::FormatArguments;
use crate::measured::{self, Measured};
use crate::overlap::{self, Group, Role};
use crate::tuning::TuningArguments;
use crate::{extensions, in_vain, provenance};
use exports::ExportArguments;

/// Evaluate how well costs or other scores, and a detector on them, tell adversarial inputs
///
/// Each kind of adversarial input is compared with the benign ones, by the costs of every attack or by every
/// column of a score table (CSV, input,column,value,adversarial), which says whether smaller or larger values
/// look adversarial; CLEVER scores are such columns, too. A detector is never evaluated on
/// the images that it was fitted or calibrated on, in any order and rounded or not, as far as the cards
/// beside the costs say; nor is anything on images that come twice. Examples crafted from images that
/// the detector was fitted on are not told from others: craft them from images of their own.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Fitted detector; without one, the costs or scores alone are evaluated
    #[arg(long, value_name = "JSON")]
    detector: Option<PathBuf>,
    #[command(flatten)]
    tuning: TuningArguments,
    /// Costs or scores of benign inputs
    #[arg(long, value_name = "CSV")]
    benign: PathBuf,
    /// Costs or scores of one kind of adversarial inputs, such as fgsm=fgsm.csv; may be repeated
    #[arg(long, required = true, value_name = "KIND=CSV", value_parser = named_file)]
    adversarial: Vec<(String, PathBuf)>,
    /// File for a report with histograms and ROC curves of costs (HTML)
    #[arg(long, value_name = "HTML", value_parser = output_file)]
    report: Option<PathBuf>,
    /// Folder for the figures of the report (SVG)
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    figures: Option<PathBuf>,
    #[command(flatten)]
    exports: ExportArguments,
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
        let plan = self.exports.plan(plan);
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
        let columns = detector.as_ref().map(|detector| &detector.attacks[..]);
        let mut benign = Measured::read(&self.benign, columns)?;
        self.check_report(&benign)?;
        let fitted = detector.as_ref().and_then(|detector| detector.provenance.as_ref());
        check(fitted, &benign, &self.benign)?;
        let mut adversarial = vec![];
        for (kind, path) in &self.adversarial {
            let measured = Measured::read_like(&benign, path)?;
            check(fitted.or(benign.provenance()), &measured, path)?;
            adversarial.push((kind.as_str(), measured));
        }

        let mut benign_inputs = Group::new("evaluate", Role::Benign);
        benign_inputs.add_measured(&self.benign, &benign);
        let mut adversarial_inputs = Group::new("evaluate", Role::Adversarial);
        for ((_, path), (_, measured)) in self.adversarial.iter().zip(&adversarial) {
            adversarial_inputs.add_measured(path, measured);
        }
        let groups = [&benign_inputs, &adversarial_inputs];
        if let Some(fitted) = fitted {
            groups.iter().try_for_each(|group| group.check_not_fitted_on(fitted))?;
        }
        overlap::check_all(&groups)?;
        overlap::warn_of_unknown(&groups, detector.as_ref());

        let judged = detector.as_ref().map(|saved| judged(saved, &benign, &adversarial));
        let judged = judged.transpose()?;
        let kinds = adversarial.iter_mut().map(|(_, measured)| measured);
        in_vain::complete(
            std::iter::once(&mut benign).chain(kinds).filter_map(Measured::costs_mut),
        );
        let scores = Sets::of(&benign, &adversarial);
        let evaluation = Evaluation::new(&scores.benign, &scores.kinds(), judged.as_ref())?;
        if self.report.is_some() || self.figures.is_some() {
            let page = page(detector.as_ref(), &benign, &scores, &evaluation)?;
            if let Some(path) = &self.report {
                a2d_file::write_text(path, &report::html(&page)?)?;
            }
            if let Some(folder) = &self.figures {
                a2d_report::write(folder, &report::figures(&page)?)?;
            }
        }
        self.exports.write(&evaluation, &scores.benign, &scores.kinds())?;
        self.format.print(&evaluation)
    }

    /// Refuses a report on scores: it tells what costs say.
    fn check_report(&self, benign: &Measured) -> Result<(), BadInput> {
        match benign.costs() {
            None if self.report.is_some() || self.figures.is_some() => Err(BadInput(format!(
                "report on {}: expected costs, found scores; leave out --report and --figures",
                self.benign.display()
            ))),
            _ => Ok(()),
        }
    }

    fn load(&self, path: &Path) -> anyhow::Result<SavedDetector> {
        let saved = SavedDetector::load_with(path, extensions::get().detectors())?;
        Ok(SavedDetector { detector: self.tuning.tune(saved.detector)?, ..saved })
    }
}

/// The numbers of the benign inputs, and of each kind of adversarial ones.
struct Sets<'a> {
    benign: ScoreTable,
    adversarial: Vec<(&'a str, ScoreTable)>,
}

impl<'a> Sets<'a> {
    fn of(benign: &Measured, adversarial: &[(&'a str, Measured)]) -> Self {
        let kinds = adversarial.iter().map(|(kind, measured)| (*kind, measured.scores()));
        Self { benign: benign.scores(), adversarial: kinds.collect() }
    }

    fn kinds(&self) -> Vec<(&str, &ScoreTable)> {
        self.adversarial.iter().map(|(kind, table)| (*kind, table)).collect()
    }
}

/// What the detector says of the inputs, while it is known of which only lower bounds are known.
fn judged(
    saved: &SavedDetector,
    benign: &Measured,
    adversarial: &[(&str, Measured)],
) -> a2d_detect::Result<Judged> {
    let all = std::iter::once(benign).chain(adversarial.iter().map(|(_, measured)| measured));
    let mut found = measured::verdicts(saved, all)?.into_iter().map(|verdicts| Verdicts {
        flagged: verdicts.iter().map(|verdict| verdict.adversarial).collect(),
        scores: verdicts.iter().map(|verdict| verdict.score).collect(),
    });
    Ok(Judged {
        detector: saved.detector.name().to_owned(),
        threshold: saved.detector.threshold(),
        benign: found.next().unwrap_or_default(),
        adversarial: found.collect(),
    })
}

/// Refuses numbers that are not comparable with `reference`.
fn check(reference: Option<&Provenance>, measured: &Measured, path: &Path) -> anyhow::Result<()> {
    let (Some(reference), Some(found)) = (reference, measured.provenance()) else { return Ok(()) };
    provenance::check(&path.display().to_string(), reference, found)
}

/// The page about an evaluation of costs.
fn page<'a>(
    detector: Option<&SavedDetector>,
    benign: &'a Measured,
    sets: &'a Sets<'_>,
    evaluation: &Evaluation,
) -> anyhow::Result<report::Evaluation<'a>> {
    let limits =
        detector.filter(|saved| saved.unit == UNIT).and_then(|saved| saved.detector.cost_limits());
    let sections =
        sets.benign.by_column().enumerate().map(|(column, (Column { name, sign }, costs))| {
            let benign = costs.to_vec();
            let kinds = sets.adversarial.iter().zip(&evaluation.adversarial);
            let kinds = kinds.map(|((kind, table), numbers)| {
                let separation = &numbers.costs[name];
                let costs = table.scores().column(column).to_vec();
                Ok(KindSection {
                    kind,
                    auroc: separation.area(),
                    tpr_at_5_fpr: separation.at.tpr_at_5_fpr,
                    flagged: numbers.flagged,
                    roc: RocCurve::new(&Scores::signed(*sign, &benign, &costs)?),
                    costs,
                })
            });
            let kinds = kinds.collect::<anyhow::Result<_>>()?;
            Ok(AttackSection {
                attack: name,
                cost_threshold: limits.as_ref().map(|limits| limits[column].below),
                benign,
                benign_flagged: evaluation.benign.flagged,
                kinds,
            })
        });
    let costs = format!("costs of {}", sets.benign.names().join(", "));
    Ok(report::Evaluation {
        title: match detector {
            Some(saved) => format!("A {} detector on {costs}", saved.detector.name()),
            None => format!("What {costs} tell"),
        },
        facts: facts(detector, benign.provenance()),
        attacks: sections.collect::<anyhow::Result<_>>()?,
    })
}

fn facts(detector: Option<&SavedDetector>, benign: Option<&Provenance>) -> Vec<(String, String)> {
    let mut facts = vec![];
    if let Some(SavedDetector { detector, .. }) = detector {
        let text = format!("{}, {}", detector.name(), detector.samples());
        facts.push(("detector".into(), text));
        facts.push(("threshold".into(), detector.threshold().to_string()));
    }
    if let Some(provenance) = benign {
        facts.push(("model".into(), provenance.model.clone()));
        for (attack, parameters) in &provenance.defenses {
            facts.push((attack.clone(), parameters.to_string()));
        }
        facts.push(("seed".into(), provenance.seed.to_string()));
    }
    facts
}
