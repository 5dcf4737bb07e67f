//! Detector files.

use std::path::Path;

use a2d_file::MAX_TEXT;
use serde::Serialize;

use super::SavedDetector;
use super::document::Unread;
use super::version::{FORMAT, Header, NEWEST, is_by_earlier_rule, upgrade_from_1, upgrade_from_2};
use crate::{Error, Kinds, Result};

impl SavedDetector {
    /// Reads a detector from a file of this version or an earlier one.
    ///
    /// # Errors
    /// If the file cannot be read, is no detector file, is one of a later version, or holds values that
    /// no fit gives; [`Error::Kind`] if its detector is of another crate.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_with(path, &Kinds::new())
    }

    /// [`load`](Self::load), and detectors of other crates that are of these kinds, too.
    ///
    /// # Errors
    /// As there; [`Error::Kind`] if the detector is of another kind.
    pub fn load_with(path: &Path, kinds: &Kinds) -> Result<Self> {
        let text = a2d_file::read(path, MAX_TEXT).map_err(a2d_file::Error::read(path))?;
        let malformed = |found: &dyn ToString| {
            a2d_file::Error::malformed(path, "a detector in JSON", &found.to_string())
        };
        let header: Header = serde_json::from_slice(&text).map_err(|error| malformed(&error))?;
        if header.format != FORMAT {
            let found = header.format;
            return Err(malformed(&format!("expected format {FORMAT:?}, found {found:?}")).into());
        }
        let unread: serde_json::Result<Unread> = match header.version {
            NEWEST => serde_json::from_slice(&text),
            found @ 1..NEWEST => {
                let file = serde_json::from_slice(&text).map_err(|error| malformed(&error))?;
                if is_by_earlier_rule(&file) {
                    return Err(Error::EarlierRule { path: path.to_owned(), found });
                }
                let file = if found == 1 { upgrade_from_1(file) } else { file };
                serde_json::from_value(upgrade_from_2(file))
            }
            found => {
                return Err(Error::Version { path: path.to_owned(), newest: NEWEST, found });
            }
        };
        let unread = unread.map_err(|error| malformed(&error))?;
        if let Some(kind) = unread.stranger(kinds) {
            let known = ["z-score", "knn", "conformal"].into_iter().chain(kinds.names());
            return Err(Error::Kind {
                path: path.to_owned(),
                known: known.map(str::to_owned).collect(),
                kind: kind.to_owned(),
            });
        }
        Ok(unread.read(kinds).map_err(|error| malformed(&error))?)
    }

    /// Writes the detector to a file. Should that fail, an earlier file of this name stays as it was.
    ///
    /// # Errors
    /// If the attacks are not as many as the detector has, or not distinct, or the file cannot be
    /// written.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.check()?;
        let document = Document { header: Header::newest(), saved: self };
        let write = |file: &mut dyn std::io::Write| {
            serde_json::to_writer(&mut *file, &document)?;
            file.write_all(b"\n")
        };
        Ok(a2d_file::write(path, write)?)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    header: Header,
    #[serde(flatten)]
    saved: &'a SavedDetector,
}

#[cfg(test)]
mod tests {
    use a2d_cost::InputSet;
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::{ArrayView2, array};
    use proptest::prelude::*;
    use tempfile::tempdir;

    use super::*;
    use crate::saved::tests::{saved, z_score};
    use crate::{Conformal, Detect as _, Detector, Knn, Tails, Tune, Unit, labelled};

    fn knn(benign: ArrayView2<f64>) -> SavedDetector {
        let samples = labelled(benign, array![[1.0, 0.1]].view()).unwrap();
        saved(Knn::params().k(2).fit(&samples).unwrap())
    }

    fn conformal_knn() -> SavedDetector {
        let knn = knn(array![[9.5, 0.3]].view()).detector;
        let held_out = DatasetBase::from(array![[8.0, 0.0], [9.0, 1.0]]);
        saved(Conformal::params(knn).alpha(0.4).fit(&held_out).unwrap())
    }

    /// What loading the detector from its file gives, once a piece of the text is replaced.
    fn load_changed(saved: &SavedDetector, from: &str, to: &str) -> Result<SavedDetector> {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        saved.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} {text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        SavedDetector::load(&path)
    }

    fn assert_says(error: &Error, part: &str) {
        let message = error.to_string();
        assert!(message.contains("detector.json") && message.contains(part), "{message}");
        assert!(!message.contains('\n'), "{message}");
        assert!(error.is_bad_input());
    }

    #[test]
    fn detectors_come_back_as_they_were() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        let seconds = SavedDetector { unit: Unit::Seconds, provenance: None, ..z_score() };
        for saved in [z_score(), seconds, knn(array![[9.5, 0.3]].view()), conformal_knn()] {
            saved.save(&path).unwrap();
            assert_eq!(SavedDetector::load(&path).unwrap(), saved);
        }
    }

    #[test]
    fn files_name_format_and_version_first() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        conformal_knn().save(&path).unwrap();
        let expected = concat!(
            r#"{"format":"a2d-detector","version":3,"attacks":["bim","jsma"],"unit":"iterations","#,
            r#""provenance":{"model":"abc","defenses":{"bim":{"epsilon":0.3}},"#,
            r#""inputs":[],"budget":null,"seed":7},"#,
            r#""detector":{"conformal":{"alpha":0.4,"detector":{"knn":{"k":2,"threshold":0.5,"#,
            r#""costs":[[9.5,0.3],[1.0,0.1]],"adversarial":[false,true]}},"#,
            r#""benign_scores":[0.5,0.5]}}}"#,
            "\n"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn files_of_version_1_are_read() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        let load = |detector: &str| {
            let head =
                r#"{"format":"a2d-detector","version":1,"attacks":["bim"],"provenance":null"#;
            std::fs::write(&path, format!("{head},\"detector\":{detector}}}")).unwrap();
            SavedDetector::load(&path)
        };
        let z_score = load(concat!(
            r#"{"z_score":{"votes":1,"threshold":-1.281552,"samples":64,"attacks":"#,
            r#"[{"box_cox":null,"mean":159.3,"deviation":66.1}]}}"#
        ));
        let Detector::ZScore(z_score) = z_score.unwrap().detector else { unreachable!() };
        assert_eq!((z_score.tails(), z_score.threshold()), (Tails::Lower, -1.281_552));
        let knn = load(r#"{"knn":{"k":1,"costs":[[9.5],[1.0]],"adversarial":[false,true]}}"#);
        let SavedDetector { detector, unit, .. } = knn.unwrap();
        assert_eq!((detector.threshold(), unit), (0.5, Unit::Iterations));
        assert_says(&load(r#"{"knn":7}"#).unwrap_err(), "invalid type");
        assert_says(&load("[]").unwrap_err(), "expected");
    }

    #[test]
    fn files_of_version_2_are_read_and_know_no_scores() {
        let scores =
            serde_json::to_value(&z_score().detector).unwrap()["z_score"]["fitted_scores"].take();
        let scores = format!(r#","fitted_scores":{scores}"#);
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        let load = |saved: &SavedDetector| {
            saved.save(&path).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace(&scores, "").replace(r#""version":3"#, r#""version":2"#);
            std::fs::write(&path, text).unwrap();
            SavedDetector::load(&path)
        };
        let costs = array![[50.0, 60.0], [150.0, 180.0]];
        let earlier = load(&z_score()).unwrap().detector;
        let verdicts = |detector: &Detector| detector.verdicts(costs.view()).unwrap();
        assert_eq!(verdicts(&earlier), verdicts(&z_score().detector));
        let error = earlier.with_false_positive_rate(0.1).unwrap_err();
        assert!(error.to_string().contains("fit it anew"), "{error}");
        assert!(error.is_bad_input());

        let held_out = DatasetBase::from(array![[8.0, 0.0], [900.0, 1000.0]]);
        let conformal = Conformal::params(z_score().detector).alpha(0.4).fit(&held_out).unwrap();
        load(&saved(conformal)).unwrap();
        // The rule has changed, the samples have not.
        let neighbours = knn(array![[9.5, 0.3]].view());
        assert_eq!(load(&neighbours).unwrap(), neighbours);
        // Its scores are by the earlier rule, and what was held out is not in the file.
        assert_says(&load(&conformal_knn()).unwrap_err(), "version 2, by an earlier rule");
    }

    #[test]
    fn files_of_version_2_know_their_inputs_by_set() {
        let from = r#""inputs":[]"#;
        let to = r#""inputs":["def"]"#;
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        z_score().save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace(r#""version":3"#, r#""version":2"#).replace(from, to);
        std::fs::write(&path, text).unwrap();
        let provenance = SavedDetector::load(&path).unwrap().provenance.unwrap();
        assert_eq!(
            provenance.inputs,
            [InputSet { digest: "def".into(), sketches: None, part: None }]
        );
    }

    #[test]
    fn other_formats_and_versions_are_refused() {
        let error = load_changed(&z_score(), "a2d-detector", "a2d\\ncosts").unwrap_err();
        assert_says(&error, r#"expected format "a2d-detector", found "a2d\ncosts""#);
        for version in ["0", "4"] {
            let to = format!(r#""version":{version}"#);
            let error = load_changed(&z_score(), r#""version":3"#, &to).unwrap_err();
            assert_says(&error, &format!("expected a version from 1 to 3, found {version}"));
        }
        let error = load_changed(&z_score(), r#""format""#, r#""form""#).unwrap_err();
        assert_says(&error, "missing field `format`");
    }

    #[test]
    fn hostile_values_are_refused() {
        let knn = || knn(array![[9.5, 0.3]].view());
        let votes = r#""votes":1"#;
        let alpha = r#""alpha":0.4"#;
        let benign_scores = r#""benign_scores":[0.5,0.5]"#;
        for (saved, from, to, part) in [
            (z_score(), votes, r#""votes":3"#, "expected 1 to 2, got 3"),
            (z_score(), votes, r#""votes":0"#, "expected 1 to 2, got 0"),
            (z_score(), "-1.281552", "NaN", "expected value"),
            (z_score(), "-1.281552", "1e999", "number out of range"),
            (z_score(), r#""tails":"lower""#, r#""tails":"upper""#, "unknown variant"),
            (z_score(), r#""unit":"iterations""#, r#""unit":"miles""#, "unknown variant"),
            (z_score(), r#""deviation":"#, r#""deviation":-"#, "a deviation above 0"),
            (z_score(), r#""lambda":"#, r#""lambda":50"#, "lambda from -20 to 20"),
            (z_score(), r#""geometric_mean":"#, r#""geometric_mean":-"#, "a geometric mean"),
            (z_score(), r#"["bim","jsma"]"#, r#"["bim"]"#, "names of 2 attacks, found 1"),
            (z_score(), r#"["bim","jsma"]"#, r#"["bim","bim"]"#, r#""bim" twice"#),
            (z_score(), "z_score", "z\\nscore", "unknown variant"),
            (z_score(), r#""samples":64"#, r#""samples":63"#, "scores of 63 inputs, found 64"),
            (z_score(), r#"scores":["#, r#"scores":[9,"#, "scores of 64 inputs, found 65"),
            (z_score(), r#"scores":[-"#, r#"scores":["#, "in ascending order"),
            (knn(), r#""k":2"#, r#""k":3"#, "at least k = 3 samples, got 2"),
            (knn(), r#""k":2"#, r#""k":0"#, "k of at least 1"),
            (knn(), r#""threshold":0.5"#, r#""threshold":5"#, "a share from 0 to 1"),
            (knn(), r#""threshold":0.5,"#, "", "missing field `threshold`"),
            (knn(), "0.3]", "0.3,4]", "costs of 3 attacks, got 2"),
            (knn(), "9.5", "-9.5", "got -9.5"),
            (knn(), "9.5", "null", "invalid type: null"),
            (knn(), "[[9.5,0.3],[1.0,0.1]]", "[]", "at least one sample"),
            (knn(), "[[9.5,0.3],[1.0,0.1]]", "[[],[]]", "at least one attack"),
            (knn(), "[false,true]", "[false]", "expected 2 labels"),
            (knn(), "[false,true]", "[true,true]", "0 benign and 2 adversarial"),
            (conformal_knn(), alpha, r#""alpha":1.4"#, "above 0 and below 1, got 1.4"),
            (conformal_knn(), alpha, r#""alpha":0.1"#, "at least 1/3"),
            (conformal_knn(), benign_scores, r#""benign_scores":[]"#, "at least one held-out"),
            (
                conformal_knn(),
                benign_scores,
                r#""benign_scores":[9,9]"#,
                "a share from 0 to 1, got 9",
            ),
        ] {
            assert_says(&load_changed(&saved, from, to).unwrap_err(), part);
        }
    }

    #[test]
    fn a_calibration_in_a_calibration_is_refused() {
        let once = serde_json::to_string(&conformal_knn().detector).unwrap();
        let twice =
            format!(r#"{{"conformal":{{"alpha":0.4,"detector":{once},"benign_scores":[0.5,1]}}}}"#);
        let error = load_changed(&conformal_knn(), &once, &twice).unwrap_err();
        assert_says(&error, "expected one that is not calibrated yet");
    }

    #[test]
    fn calibrated_thresholds_follow_from_the_scores_in_the_file() {
        let hostile = load_changed(&conformal_knn(), r#""threshold":0.5"#, r#""threshold":0.9"#);
        assert_eq!(hostile.unwrap(), conformal_knn());
    }

    #[test]
    fn truncated_and_missing_files_are_refused() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        assert_says(&SavedDetector::load(&path).unwrap_err(), "No such file");
        z_score().save(&path).unwrap();
        let text = std::fs::read(&path).unwrap();
        for length in 0..text.len() - 1 {
            std::fs::write(&path, &text[..length]).unwrap();
            assert_says(&SavedDetector::load(&path).unwrap_err(), "at line 1");
        }
    }

    #[test]
    fn unwritable_file_is_no_bad_input() {
        let path = Path::new("no such directory/detector.json");
        let error = z_score().save(path).unwrap_err();
        assert!(error.to_string().starts_with("write no such directory/detector.json"), "{error}");
        assert!(!error.is_bad_input());
    }

    #[test]
    fn names_that_do_not_fit_are_not_written() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        let mut saved = z_score();
        saved.attacks.pop();
        let error = saved.save(&path).unwrap_err();
        assert!(error.to_string().contains("names of 2 attacks, found 1"), "{error}");
        assert!(!path.exists());
    }

    proptest! {
        #[test]
        fn floats_come_back_to_the_last_bit(a in 0.0..=crate::MAX_COST, b in 0.0..1.0) {
            let directory = tempdir().unwrap();
            let path = directory.path().join("detector.json");
            let saved = knn(array![[a, b]].view());
            saved.save(&path).unwrap();
            prop_assert_eq!(SavedDetector::load(&path).unwrap(), saved);
        }

        #[test]
        fn no_text_makes_loading_panic(text in r#"[\[\]{}":,a-z0-9.eE \n-]{0,200}"#) {
            let directory = tempdir().unwrap();
            let path = directory.path().join("detector.json");
            std::fs::write(&path, text).unwrap();
            prop_assert!(SavedDetector::load(&path).is_err());
        }
    }
}
