//! What holds of every detector on scores.

use a2d_cost::{Column, ScoreTable, Sign};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayView2, Axis, array};

use super::{adversarial, outside, some_costs};
use crate::saved::tests::{saved, z_score};
use crate::tests::benign;
use crate::{
    Cascade, Conformal, Detect, Detector, Error, Foresee, Knn, MAX_COST, Numbers, SavedDetector,
    Tails, Tune, ZScore, labelled,
};

const SIGNS: [Sign; 2] = [Sign::Larger, Sign::Smaller];

/// Scores that are as suspicious as these costs, most of them negative.
fn scores(costs: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn(costs.dim(), |(row, column)| {
        -SIGNS[column].suspicion(costs[[row, column]]) - 100.0
    })
}

/// Detectors of every kind on benign and adversarial numbers.
fn detectors(
    numbers: &Numbers,
    benign: ArrayView2<f64>,
    adversarial: ArrayView2<f64>,
) -> Vec<Detector> {
    let (fitted, held_out) = benign.split_at(Axis(0), 40);
    let samples = labelled(fitted, adversarial).unwrap();
    let knn = Knn::params().k(5).numbers(numbers.clone()).fit(&samples).unwrap();
    let z_score = |votes, tails| {
        let params = ZScore::params(votes).tails(tails).numbers(numbers.clone());
        params.fit(&DatasetBase::from(fitted)).unwrap()
    };
    let mut detectors: Vec<Detector> = vec![
        knn.into(),
        z_score(1, Tails::Lower).into(),
        z_score(2, Tails::Lower).into(),
        z_score(1, Tails::Both).into(),
        z_score(2, Tails::Both).into(),
        Cascade::params()
            .rate(0.2)
            .numbers(numbers.clone())
            .fit(&DatasetBase::from(fitted))
            .unwrap()
            .into(),
        outside::fitted(numbers, fitted, adversarial),
    ];
    for detector in detectors.clone() {
        let conformal = Conformal::params(detector).alpha(0.2);
        detectors.push(conformal.fit(&DatasetBase::from(held_out)).unwrap().into());
    }
    detectors
}

/// Runs a check on every detector.
fn each(check: impl Fn(&Detector)) {
    let numbers = Numbers::Scores(SIGNS.to_vec());
    let (benign, adversarial) = (scores(&benign()), scores(&adversarial()));
    detectors(&numbers, benign.view(), adversarial.view()).iter().for_each(check);
}

fn table(scores: Array2<f64>, signs: [Sign; 2]) -> ScoreTable {
    let columns = ["bim", "jsma"].iter().zip(signs).map(|(name, sign)| Column::new(*name, sign));
    let inputs = (0..scores.nrows()).map(|row| row.to_string()).collect();
    ScoreTable::new(inputs, columns.collect(), scores).unwrap()
}

#[test]
fn signs_and_a_shift_change_no_verdict() {
    // Costs taken for scores, so that neither are transformed.
    let costs = Numbers::Scores(vec![Sign::Smaller; 2]);
    let shifted = |costs: &Array2<f64>| costs - 100.0;
    let (fitted, others) = (shifted(&benign()), shifted(&adversarial()));
    let expected = detectors(&costs, fitted.view(), others.view());
    let numbers = Numbers::Scores(SIGNS.to_vec());
    // The same but for the sign of the first column.
    let turned = |costs: &Array2<f64>| {
        let mut scores = shifted(costs);
        scores.column_mut(0).mapv_inplace(|score| -score);
        scores
    };
    let (fitted, others) = (turned(&benign()), turned(&adversarial()));
    let found = detectors(&numbers, fitted.view(), others.view());
    let mut flagged = 0;
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(*found.numbers(), numbers);
        let expected = expected.verdicts(shifted(&some_costs(2)).view()).unwrap();
        flagged += expected.iter().filter(|verdict| verdict.adversarial).count();
        let judged = found.verdicts(turned(&some_costs(2)).view()).unwrap();
        for (judged, expected) in judged.iter().zip(&expected) {
            assert_eq!(judged.adversarial, expected.adversarial, "{found:?}");
            // Sums are added in another order.
            assert!((judged.score - expected.score).abs() <= 1e-12 * expected.score.abs());
        }
    }
    assert!(flagged > 0);
}

#[test]
fn suspicious_scores_are_adversarial_and_usual_ones_benign() {
    each(|detector| {
        let judge = |cost| detector.verdict(&scores(&array![[cost; 2]]).row(0).to_vec()).unwrap();
        assert!(judge(-900.0).adversarial && !judge(170.0).adversarial, "{detector:?}");
        let explanation = detector.explain(&scores(&array![[1.0, 170.0]]).row(0).to_vec()).unwrap();
        assert!(!explanation.to_string().contains("cost"), "{explanation}");
    });
}

#[test]
fn limits_are_where_the_votes_turn() {
    each(|detector| {
        let Some(limits) = detector.cost_limits() else { return };
        let flags = |place: usize, score: f64| {
            let mut numbers = scores(&array![[170.0; 2]]).row(0).to_vec();
            numbers[place] = score;
            let text = detector.explain(&numbers).unwrap().to_string();
            text.lines().any(|line| line.trim_start().starts_with(&format!("{place} flags it")))
        };
        for (place, limits) in limits.iter().enumerate() {
            if limits.below > -MAX_COST {
                assert!(flags(place, limits.below.next_down()) && !flags(place, limits.below));
            }
            if let Some(above) = limits.above {
                assert!(flags(place, above.next_up()) && !flags(place, above));
            }
        }
    });
}

#[test]
fn numbers_that_are_no_scores_are_refused() {
    each(|detector| {
        for wrong in [f64::NAN, f64::NEG_INFINITY, 2.0 * MAX_COST] {
            let error = detector.verdict(&[0.0, wrong]).unwrap_err();
            assert!(matches!(error, Error::Number { sample: 0, column: 1, .. }), "{error}");
            assert!(error.is_bad_input());
        }
    });
}

#[test]
fn scores_are_not_foreseen() {
    each(|detector| {
        let known = [0.0..=1.0, 0.0..=1.0];
        assert!(matches!(detector.certain(&known), Err(Error::NotCosts)));
        assert!(matches!(detector.settled(&known), Err(Error::NotCosts)));
        assert!(matches!(detector.verdict_within(&known), Err(Error::NotCosts)));
    });
}

#[test]
fn rates_count_the_inputs_of_the_fit() {
    let numbers = Numbers::Scores(vec![Sign::Larger]);
    let skewed = Array2::from_shape_fn((40, 1), |(row, _)| (row as f64 / 4.0).exp());
    let fitted = ZScore::params(1).numbers(numbers).fit(&DatasetBase::from(skewed.view())).unwrap();
    let detector = fitted.with_false_positive_rate(0.1).unwrap();
    let verdicts = detector.verdicts(skewed.view()).unwrap();
    assert_eq!(verdicts.iter().filter(|verdict| verdict.adversarial).count(), 4);
}

#[test]
fn files_bring_every_detector_back_without_a_unit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("detector.json");
    each(|detector| {
        let saved = saved(detector.clone());
        saved.save(&path).unwrap();
        assert_eq!(SavedDetector::load_with(&path, &outside::kinds()).unwrap(), saved);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("unit") && text.contains(r#"{"scores":["larger","smaller"]}"#));
        std::fs::write(&path, text.replace(r#"["larger","smaller"]"#, r#"["larger"]"#)).unwrap();
        let error = SavedDetector::load_with(&path, &outside::kinds()).unwrap_err();
        assert!(error.to_string().contains("a sign for each of 2 columns, got 1"), "{error}");
    });
}

#[test]
fn tables_of_scores_are_judged_by_name_and_sign() {
    each(|detector| {
        let saved = saved(detector.clone());
        let table = |signs| table(scores(&some_costs(2)), signs);
        let expected = detector.verdicts(scores(&some_costs(2)).view()).unwrap();
        assert_eq!(saved.verdicts_on_scores(&table(SIGNS)).unwrap(), expected);
        let other = saved.verdicts_on_scores(&table([Sign::Smaller; 2])).unwrap_err().to_string();
        assert!(other.contains("bim of which larger ones look adversarial"), "{other}");
        let part = table(SIGNS).select(&["jsma".into()]).unwrap();
        assert!(matches!(saved.verdicts_on_scores(&part), Err(Error::Attacks { .. })));
        assert!(matches!(z_score().verdicts_on_scores(&table(SIGNS)), Err(Error::NotScores)));
        assert!(matches!(saved.verdicts(&[]), Err(Error::NotCosts)));
    });
}
