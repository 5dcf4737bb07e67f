//! A detector as another crate would have it, which foresees nothing; its kind, and its files.

use linfa::traits::Fit;
use linfa::{Dataset, DatasetBase};
use ndarray::{ArrayView1, ArrayView2, Ix1};
use serde::{Deserialize, Serialize};

use super::{adversarial, some_costs};
use crate::saved::tests::{saved, z_score};
use crate::tests::benign;
use crate::{
    Conformal, Detect, Detector, Error, Evidence, Explanation, Foresee, Kind, Kinds, Numbers,
    Result, Samples, SavedDetector, Tune, Verdict, labelled,
};

/// Flags a low mean of the numbers, each turned by its sign. The threshold is a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LowMean {
    above: f64,
    numbers: Numbers,
    columns: usize,
    benign: usize,
    adversarial: usize,
}

impl Detect for LowMean {
    fn name(&self) -> &'static str {
        "low-mean"
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn samples(&self) -> Samples {
        Samples { benign: self.benign, adversarial: self.adversarial, held_out: 0 }
    }

    fn verdicts(&self, numbers: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.numbers.check_width(numbers, self.columns)?;
        let judge = |row: ArrayView1<f64>| {
            let suspicions =
                row.iter().enumerate().map(|(column, n)| self.numbers.sign(column).suspicion(*n));
            let score = suspicions.sum::<f64>() / row.len() as f64;
            Verdict { score, adversarial: score > self.above, p_value: None }
        };
        Ok(numbers.rows().into_iter().map(judge).collect())
    }

    fn explain(&self, numbers: &[f64]) -> Result<Explanation> {
        let verdict = self.verdict(numbers)?;
        let text = format!("suspicion {}, flagged above {}", verdict.score, self.above);
        Ok(Explanation { verdict, evidence: Evidence::Text { text } })
    }
}

impl Foresee for LowMean {}

impl Tune for LowMean {
    fn threshold(&self) -> f64 {
        self.above
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        if threshold.is_finite() {
            return Ok(Self { above: threshold, ..self });
        }
        Err(Error::Other(format!("set threshold: expected a number, got {threshold}").into()))
    }
}

/// Halfway between the lowest means of the two classes.
#[derive(Debug)]
struct LowMeans;

impl Kind for LowMeans {
    type Detector = LowMean;

    fn fit(&self, samples: &Dataset<f64, bool, Ix1>, numbers: &Numbers) -> Result<LowMean> {
        numbers.check(samples.records.view())?;
        let adversarial = samples.targets.iter().filter(|target| **target).count();
        let (columns, benign) = (samples.records.ncols(), samples.targets.len() - adversarial);
        let all = LowMean { above: 0.0, numbers: numbers.clone(), columns, benign, adversarial };
        let scores = all.verdicts(samples.records.view())?;
        let highest = |class: bool| {
            let of_class =
                scores.iter().zip(&samples.targets).filter(|(_, target)| **target == class);
            of_class.map(|(verdict, _)| verdict.score).fold(f64::MIN, f64::max)
        };
        all.with_threshold(f64::midpoint(highest(false), highest(true)))
    }
}

pub(super) fn kinds() -> Kinds {
    Kinds::new().with("low-mean", LowMeans)
}

/// The detector, fitted on these numbers.
pub(super) fn fitted(
    numbers: &Numbers,
    benign: ArrayView2<f64>,
    others: ArrayView2<f64>,
) -> Detector {
    kinds().fit("low-mean", &labelled(benign, others).unwrap(), numbers).unwrap()
}

fn low_mean() -> Detector {
    let fitted_on = benign();
    fitted(&Numbers::Costs, fitted_on.view(), adversarial().view())
}

/// What loading the detector from its file with these kinds gives, once a piece of the text is replaced.
fn reloaded(detector: &Detector, from: &str, to: &str, kinds: &Kinds) -> Result<SavedDetector> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("detector.json");
    saved(detector.clone()).save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} {text}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    SavedDetector::load_with(&path, kinds)
}

#[test]
fn files_say_their_kind() {
    let text = serde_json::to_string(&low_mean()).unwrap();
    assert!(text.starts_with(r#"{"other":{"kind":"low-mean","state":{"above":-"#), "{text}");
    assert_eq!(reloaded(&low_mean(), "", "", &kinds()).unwrap(), saved(low_mean()));
}

#[test]
fn a_program_says_which_kinds_it_does_not_know() {
    let calibrated = Conformal::params(low_mean()).alpha(0.2).fit(&DatasetBase::from(benign()));
    let calibrated = Detector::from(calibrated.unwrap());
    let other = Kinds::new().with("other", LowMeans);
    for (kinds, known) in [(Kinds::new(), "conformal)"), (other, "conformal, other)")] {
        for detector in [low_mean(), calibrated.clone()] {
            let error = reloaded(&detector, "", "", &kinds).unwrap_err();
            let message = error.to_string();
            assert!(error.is_bad_input() && !message.contains('\n'), "{message}");
            for part in ["detector.json", known, r#"found one of kind "low-mean""#] {
                assert!(message.contains(part), "{message}");
            }
        }
    }
    let text = serde_json::to_string(&low_mean()).unwrap();
    let error = serde_json::from_str::<Detector>(&text).unwrap_err().to_string();
    assert!(error.contains(r#"this program knows, found "low-mean""#), "{error}");
}

#[test]
fn files_that_the_kind_cannot_read_are_refused() {
    for (from, to, part) in [
        (r#""above":"#, r#""below":"#, "missing field `above`"),
        (r#""kind":"low-mean","#, "", "missing field `kind`"),
        (r#""state":{"#, r#""states":{"#, "unknown field `states`"),
        (r#""columns":2"#, r#""columns":3"#, "names of 3 attacks, found 2"),
    ] {
        let error = reloaded(&low_mean(), from, to, &kinds()).unwrap_err();
        assert!(error.is_bad_input() && error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_kind_has_the_name_of_its_detector() {
    let kinds = Kinds::new().with("high-mean", LowMeans);
    let samples = labelled(benign().view(), adversarial().view()).unwrap();
    let error = kinds.fit("high-mean", &samples, &Numbers::Costs).unwrap_err().to_string();
    assert!(error.contains(r#"the name "high-mean", found "low-mean""#), "{error}");
    let error = kinds.fit("low-mean", &samples, &Numbers::Costs).unwrap_err().to_string();
    assert!(error.contains(r#"this program knows, found "low-mean""#), "{error}");
}

#[test]
fn it_is_calibrated_as_it_is_and_as_one_of_any_kind() {
    let samples = labelled(benign().view(), adversarial().view()).unwrap();
    let low_mean = LowMeans.fit(&samples, &Numbers::Costs).unwrap();
    let held_out = DatasetBase::from(benign());
    let typed = Conformal::params(low_mean.clone()).alpha(0.1).fit(&held_out).unwrap();
    assert_eq!((typed.name(), typed.detector().columns), ("conformal low-mean", 2));
    let any = Conformal::params(Detector::other(low_mean)).alpha(0.1).fit(&held_out).unwrap();
    for costs in some_costs(2).rows() {
        let costs = costs.to_vec();
        assert_eq!(typed.verdict(&costs).unwrap(), any.verdict(&costs).unwrap());
    }
    let text = serde_json::to_string(&typed).unwrap();
    assert_eq!(serde_json::from_str::<Conformal<LowMean>>(&text).unwrap(), typed);
}

#[test]
fn detectors_differ_if_their_files_do() {
    let moved = low_mean().with_threshold(-3.0).unwrap();
    assert!(moved != low_mean() && moved.threshold() == -3.0);
    assert_eq!(moved.with_threshold(low_mean().threshold()).unwrap(), low_mean());
    assert_ne!(low_mean(), z_score().detector);
}

#[test]
fn costs_that_are_not_all_known_are_no_evidence() {
    let within = low_mean().verdict_within(&[0.0..=0.0, 0.0..=9.0]).unwrap();
    assert_eq!((within.score, within.adversarial), (f64::MIN, false));
    assert_eq!(low_mean().certain(&[0.0..=0.0, 0.0..=9.0]).unwrap(), None);
    assert_eq!(low_mean().benign_costs(), [0.0, 0.0]);
}
