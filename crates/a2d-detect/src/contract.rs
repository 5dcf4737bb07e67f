//! What holds of every detector.

mod outside;
mod scores;

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayView2, Axis, array};
use proptest::prelude::*;

use crate::tests::{BIM, WITH_ZEROS, benign};
use crate::{
    Cascade, Conformal, Detect, Detector, Error, Explanation, Foresee, Knn, MAX_COST, Numbers,
    Result, SavedDetector, Tails, Tune, Unit, ZScore, labelled,
};

/// Adversarial costs of two attacks.
fn adversarial() -> Array2<f64> {
    Array2::from_shape_fn((20, 2), |(row, attack)| WITH_ZEROS[row] + 3.0 * attack as f64)
}

/// The costs of the first attacks.
fn first(costs: &Array2<f64>, attacks: usize) -> ArrayView2<'_, f64> {
    costs.view().split_at(Axis(1), attacks).0
}

/// Detectors of every kind that look at the first `attacks` of the costs.
fn detectors(attacks: usize) -> Vec<Detector> {
    let (benign, adversarial) = (benign(), adversarial());
    let (fitted, held_out) = first(&benign, attacks).split_at(Axis(0), 40);
    let adversarial = first(&adversarial, attacks);
    let knn = |k| Knn::params().k(k).fit(&labelled(fitted, adversarial).unwrap()).unwrap();
    let z_score =
        |votes, tails| ZScore::params(votes).tails(tails).fit(&DatasetBase::from(fitted)).unwrap();
    let mut detectors: Vec<Detector> = vec![
        knn(5).into(),
        knn(10).into(),
        z_score(1, Tails::Lower).into(),
        z_score(attacks, Tails::Lower).into(),
        z_score(1, Tails::Both).into(),
        z_score(attacks, Tails::Both).into(),
        Cascade::params().rate(0.2).fit(&DatasetBase::from(fitted)).unwrap().into(),
        outside::fitted(&Numbers::Costs, fitted, adversarial),
    ];
    for detector in detectors.clone() {
        let conformal = Conformal::params(detector).alpha(0.2);
        detectors.push(conformal.fit(&DatasetBase::from(held_out)).unwrap().into());
    }
    detectors
}

/// True for one of another crate, calibrated or not.
fn foresees_nothing(detector: &Detector) -> bool {
    match detector {
        Detector::Other(_) => true,
        Detector::Conformal(conformal) => foresees_nothing(conformal.detector()),
        Detector::Knn(_) | Detector::ZScore(_) | Detector::Cascade(_) => false,
    }
}

/// True for one that was fitted on adversarial costs, too, calibrated or not.
fn sees_adversarial(detector: &Detector) -> bool {
    match detector {
        Detector::Knn(_) | Detector::Other(_) => true,
        Detector::Conformal(conformal) => sees_adversarial(conformal.detector()),
        Detector::ZScore(_) | Detector::Cascade(_) => false,
    }
}

/// Runs a check on every detector.
fn each(check: impl Fn(&Detector)) {
    [1, 2].into_iter().flat_map(detectors).for_each(|detector| check(&detector));
}

/// Some costs for this number of attacks.
fn some_costs(attacks: usize) -> Array2<f64> {
    let costs =
        array![[0.0, 0.0], [3.0, 5.0], [60.0, 90.0], [150.0, 180.0], [900.0, 10.0], [1e9, 1e9]];
    first(&costs, attacks).to_owned()
}

#[test]
fn low_costs_are_adversarial_and_usual_ones_benign() {
    each(|detector| {
        let adversarial =
            |cost: f64| detector.verdict(&vec![cost; detector.columns()]).unwrap().adversarial;
        assert!(adversarial(1.0) && !adversarial(170.0), "{detector:?}");
    });
}

#[test]
fn facts_are_those_of_the_fit() {
    each(|detector| {
        let samples = detector.samples();
        let adversarial = if sees_adversarial(detector) { 20 } else { 0 };
        assert_eq!((samples.benign, samples.adversarial), (40, adversarial));
        let is_conformal = matches!(detector, Detector::Conformal(_));
        assert_eq!(samples.held_out, if is_conformal { 24 } else { 0 });
        assert_eq!(detector.name().starts_with("conformal "), is_conformal);
        let verdict = detector.verdict(&vec![1.0; detector.columns()]).unwrap();
        assert_eq!(verdict.p_value.is_some(), is_conformal);
    });
}

#[test]
fn verdicts_are_those_of_each_row_in_any_layout() {
    each(|detector| {
        let costs = some_costs(detector.columns());
        let rows = costs.rows();
        let expected: Vec<_> =
            rows.into_iter().map(|row| detector.verdict(&row.to_vec()).unwrap()).collect();
        let by_column = costs.t().as_standard_layout().into_owned();
        for costs in [costs.view(), by_column.t(), by_column.t()] {
            assert_eq!(detector.verdicts(costs).unwrap(), expected);
        }
        let many = costs.select(Axis(0), &[0, 1, 2, 3, 4, 5].repeat(4));
        assert_eq!(detector.verdicts(many.view()).unwrap(), expected.repeat(4));
        assert!(expected.iter().all(|verdict| verdict.score.is_finite()));
    });
}

#[test]
fn explanations_bear_the_verdict() {
    each(|detector| {
        for row in some_costs(detector.columns()).rows() {
            let costs = row.to_vec();
            let explanation = detector.explain(&costs).unwrap();
            let text = serde_json::to_string(&explanation).unwrap();
            assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), explanation);
            assert_eq!(explanation.verdict, detector.verdict(&costs).unwrap());
            let expected =
                if explanation.verdict.adversarial { "adversarial: " } else { "benign: " };
            assert!(explanation.to_string().starts_with(expected), "{explanation}");
        }
    });
}

#[test]
fn costs_that_are_none_are_refused() {
    type Judge = fn(&Detector, &[f64]) -> Result<()>;
    let judges: [Judge; 3] = [
        |detector, costs| detector.verdict(costs).map(|_| ()),
        |detector, costs| detector.explain(costs).map(|_| ()),
        |detector, costs| {
            let costs = ArrayView2::from_shape((1, costs.len()), costs).unwrap();
            detector.verdicts(costs).map(|_| ())
        },
    ];
    each(|detector| {
        let attacks = detector.columns();
        for judge in judges {
            for wrong in [f64::NAN, f64::INFINITY, -1.0, 2.0 * MAX_COST] {
                let mut costs = vec![1.0; attacks];
                costs[attacks - 1] = wrong;
                let error = judge(detector, &costs).unwrap_err();
                let place = format!("got {wrong} (sample 0, attack {}", attacks - 1);
                assert!(error.to_string().contains(&place), "{error}");
            }
            for width in [0, attacks + 1] {
                let error = judge(detector, &vec![1.0; width]).unwrap_err();
                let found = format!("costs of {attacks} attacks, got {width}");
                assert!(error.to_string().contains(&found), "{error}");
            }
        }
        let none = detector.verdicts(Array2::zeros((0, attacks)).view()).unwrap_err();
        assert!(none.to_string().contains("at least one sample"), "{none}");
    });
}

#[test]
fn thresholds_move_verdicts_and_not_scores() {
    each(|detector| {
        let costs = some_costs(detector.columns());
        let [strict, lenient] = match detector {
            Detector::Knn(_) => [1.0, 0.0],
            Detector::ZScore(_) | Detector::Cascade(_) => [-1e6, 0.0],
            Detector::Conformal(_) => [1.0 / 25.0, 0.99],
            Detector::Other(_) => [-2.0, -1e6],
        };
        let verdicts = |threshold| {
            let moved = detector.clone().with_threshold(threshold).unwrap();
            assert_eq!(moved.threshold(), threshold);
            assert_eq!(moved.with_threshold(detector.threshold()).unwrap(), *detector);
            detector.clone().with_threshold(threshold).unwrap().verdicts(costs.view()).unwrap()
        };
        let count =
            |threshold| verdicts(threshold).iter().filter(|verdict| verdict.adversarial).count();
        assert!(count(strict) < count(lenient), "{detector:?}");
        for (strict, lenient) in verdicts(strict).iter().zip(verdicts(lenient)) {
            assert_eq!(strict.score, lenient.score);
            assert!(lenient.adversarial || !strict.adversarial);
        }
        assert!(detector.clone().with_threshold(f64::NAN).unwrap_err().is_bad_input());
    });
}

#[test]
fn rates_of_false_positives_are_set_where_they_are_known() {
    each(|detector| {
        let at = |rate| detector.clone().with_false_positive_rate(rate);
        if let Detector::Knn(_) | Detector::Other(_) = detector {
            assert!(matches!(at(0.1), Err(Error::Uncalibrated { .. })));
            return;
        }
        let costs = benign();
        let costs = first(&costs, detector.columns());
        let flagged = |rate| {
            let verdicts = at(rate).unwrap().verdicts(costs).unwrap();
            verdicts.iter().filter(|verdict| verdict.adversarial).count()
        };
        assert!(flagged(0.05) < flagged(0.5), "{detector:?}");
        for rate in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(matches!(at(rate), Err(Error::FalsePositiveRate { .. })));
        }
    });
}

#[test]
fn files_bring_every_detector_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("detector.json");
    each(|detector| {
        let attacks =
            ["bim", "jsma"][..detector.columns()].iter().map(ToString::to_string).collect();
        let (unit, detector) = (Unit::Seconds, detector.clone());
        let saved = SavedDetector { attacks, unit, provenance: None, detector };
        saved.save(&path).unwrap();
        assert_eq!(SavedDetector::load_with(&path, &outside::kinds()).unwrap(), saved);
    });
}

#[test]
fn what_is_known_exactly_is_certain_and_nothing_else_without_bounds() {
    each(|detector| {
        for row in some_costs(detector.columns()).rows() {
            let exact: Vec<_> = row.iter().map(|&cost| cost..=cost).collect();
            let verdict = detector.verdict(&row.to_vec()).unwrap();
            assert_eq!(detector.certain(&exact).unwrap(), Some(verdict.adversarial));
        }
        let unknown = vec![0.0..=f64::INFINITY; detector.columns()];
        assert_eq!(detector.certain(&unknown).unwrap(), None, "{detector:?}");
        let wrong = vec![f64::NAN..=1.0; detector.columns()];
        assert!(matches!(detector.certain(&wrong), Err(Error::Range { attack: 0, .. })));
        let width = detector.certain(&[]).unwrap_err();
        assert!(matches!(width, Error::Width { got: 0, .. }), "{width}");
    });
}

#[test]
fn growing_bounds_make_a_verdict_certain_at_last() {
    each(|detector| {
        let from = |low: f64| vec![low..=1000.0; detector.columns()];
        let two_tailed = detector.cost_limits().is_some_and(|limits| limits[0].above.is_some());
        // Costs up to 1,000 are flagged if high ones are, so that no bound below is enough.
        let expected = (!two_tailed && !foresees_nothing(detector)).then_some(false);
        let certain = detector.certain(&from(BIM[0])).unwrap();
        assert_eq!(certain, expected, "{detector:?}");
    });
}

#[test]
fn a_cost_that_is_not_known_is_no_evidence() {
    each(|detector| {
        for row in some_costs(detector.columns()).rows() {
            let exact: Vec<_> = row.iter().map(|&cost| cost..=cost).collect();
            let verdict = detector.verdict(&row.to_vec()).unwrap();
            assert_eq!(detector.verdict_within(&exact).unwrap(), verdict);
        }
        // Whatever it is, the other attacks say that the input is benign, or say nothing.
        let mut known = vec![150.0..=150.0; detector.columns()];
        for spent in [0.0, 1.0, 30.0, 150.0] {
            known[0] = spent..=f64::INFINITY;
            let verdict = detector.verdict_within(&known).unwrap();
            assert!(!verdict.adversarial && verdict.score.is_finite(), "{spent}: {detector:?}");
        }
        let wrong = vec![f64::NAN..=1.0; detector.columns()];
        assert!(matches!(detector.verdict_within(&wrong), Err(Error::Range { attack: 0, .. })));
        assert!(matches!(detector.verdict_within(&[]), Err(Error::Width { got: 0, .. })));
    });
}

#[test]
fn benign_costs_are_means_of_those_of_the_fit() {
    each(|detector| {
        if foresees_nothing(detector) {
            return;
        }
        let benign = benign();
        let fitted = first(&benign, detector.columns()).split_at(Axis(0), 40).0;
        let costs = detector.benign_costs();
        assert_eq!(costs.len(), detector.columns());
        for (cost, fitted) in costs.iter().zip(fitted.columns()) {
            // Transforms grow with the cost, so a mean of transformed costs is one of the costs, too.
            let [lowest, highest] =
                [f64::min, f64::max].map(|end| fitted.fold(fitted[0], |a, &b| end(a, b)));
            assert!(lowest < *cost && *cost < highest, "{cost}: {detector:?}");
            if sees_adversarial(detector) {
                let mean = fitted.sum() / 40.0;
                assert!((cost / mean - 1.0).abs() < 1e-12, "{cost} {mean}: {detector:?}");
            }
        }
        if let Detector::ZScore(z_score) = detector {
            for (cost, distribution) in costs.iter().zip(z_score.distributions()) {
                assert!(distribution.z_score(*cost) >= 0.0);
                assert!(distribution.z_score(cost.next_down()) < 0.0);
            }
        }
    });
}

#[test]
fn what_is_known_exactly_is_settled() {
    each(|detector| {
        let exact: Vec<_> = vec![7.0..=7.0; detector.columns()];
        assert!(detector.settled(&exact).unwrap().into_iter().all(|settled| settled));
        let wrong = vec![f64::NAN..=1.0; detector.columns()];
        assert!(matches!(detector.settled(&wrong), Err(Error::Range { attack: 0, .. })));
        assert!(matches!(detector.settled(&[]), Err(Error::Width { got: 0, .. })));
    });
}

proptest! {
    #[test]
    fn a_settled_cost_makes_no_difference(
        low in 0_u16..400, more in 0_u16..300, others in prop::collection::vec(0_u16..1000, 9),
        shares in prop::collection::vec(0.0..=1.0, 9),
    ) {
        let (low, high) = (f64::from(low), f64::from(low + more));
        each(|detector| {
            let mut known = vec![0.0..=f64::INFINITY; detector.columns()];
            known[0] = low..=high;
            if !detector.settled(&known).unwrap()[0] {
                return;
            }
            for (&other, share) in others.iter().zip(&shares) {
                let verdict = |cost: f64| {
                    let costs = &[cost, other.into()][..detector.columns()];
                    detector.verdict(costs).unwrap().adversarial
                };
                assert_eq!(verdict(low), verdict(low + share * (high - low)), "{detector:?}");
            }
        });
    }

    #[test]
    fn a_certain_verdict_is_that_of_all_costs_within_the_bounds(
        low in prop::array::uniform2(0_u16..400), more in prop::array::uniform2(0_u16..300),
        shares in prop::collection::vec(prop::array::uniform2(0.0..=1.0), 20),
    ) {
        let (low, more) = (low.map(f64::from), more.map(f64::from));
        each(|detector| {
            let attacks = detector.columns();
            let known: Vec<_> = (0..attacks).map(|i| low[i]..=low[i] + more[i]).collect();
            let certain = detector.certain(&known).unwrap();
            let favour = detector.verdict_within(&known).unwrap();
            assert!(!favour.adversarial || certain == Some(true), "{known:?}: {detector:?}");
            let at = |share: &[f64; 2]| (0..attacks).map(|i| low[i] + share[i] * more[i]).collect();
            let ends = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
            for share in shares.iter().chain(&ends) {
                let costs: Vec<f64> = at(share);
                let verdict = detector.verdict(&costs).unwrap();
                assert!(favour.score <= verdict.score, "{costs:?} in {known:?}: {detector:?}");
                if let Some(certain) = certain {
                    assert_eq!(verdict.adversarial, certain, "{costs:?} in {known:?}: {detector:?}");
                }
            }
        });
    }
}
