use std::io::Write;
use std::path::Path;

use a2d_cost::Provenance;
use atomic_write_file::AtomicWriteFile;
use serde::{Deserialize, Serialize};

use crate::{Detector, Error, Result};

const FORMAT: &str = "a2d-detector";
const VERSION: u32 = 1;

/// A fitted detector with what one must know to use it on other costs. Its file is JSON:
/// `{"format": "a2d-detector", "version": 1, "attacks": [...], "provenance": ..., "detector": ...}`.
/// Every number comes back as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedDetector {
    /// Names of the attacks whose costs it takes, in this order.
    pub attacks: Vec<String>,
    /// What was attacked to get the costs it was fitted on, and how, where that is known.
    pub provenance: Option<Provenance>,
    /// The detector.
    pub detector: Detector,
}

impl SavedDetector {
    /// Reads a detector from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no detector file, is one of a later version, or holds values that
    /// no fit gives.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(Error::read(path))?;
        let header: Header = parse(&text, path)?;
        if header.format != FORMAT {
            return Err(malformed(
                path,
                &format!("expected format {FORMAT:?}, found {:?}", header.format),
            ));
        }
        if header.version != VERSION {
            return Err(Error::Version {
                path: path.to_owned(),
                expected: VERSION,
                found: header.version,
            });
        }
        let saved: Self = parse(&text, path)?;
        match saved.check() {
            Ok(()) => Ok(saved),
            Err(error) => Err(malformed(path, &error.to_string())),
        }
    }

    /// Writes the detector to a file. Should that fail, an earlier file of this name stays as it was.
    ///
    /// # Errors
    /// If the attacks are not as many as the detector has, or not distinct, or the file cannot be
    /// written.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.check()?;
        let document =
            Document { header: Header { format: FORMAT.into(), version: VERSION }, saved: self };
        let write = || {
            let text = serde_json::to_string(&document)?;
            let mut file = AtomicWriteFile::open(path)?;
            writeln!(file, "{text}")?;
            file.commit()
        };
        write().map_err(Error::write(path))
    }

    fn check(&self) -> Result<()> {
        let (expected, found) = (self.detector.attacks(), self.attacks.len());
        if expected != found {
            return Err(Error::Description {
                expected: format!("names of {expected} attacks"),
                found: found.to_string(),
            });
        }
        let mut rest = self.attacks.iter();
        while let Some(attack) = rest.next() {
            if rest.as_slice().contains(attack) {
                return Err(Error::Description {
                    expected: "attacks that differ".into(),
                    found: format!("{attack:?} twice"),
                });
            }
        }
        Ok(())
    }
}

/// What tells detector files from others, and from those of other versions.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    header: Header,
    #[serde(flatten)]
    saved: &'a SavedDetector,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a [u8], path: &Path) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| malformed(path, &error.to_string()))
}

/// The reason may quote the file, so it is kept to one line.
fn malformed(path: &Path, reason: &str) -> Error {
    Error::Malformed { path: path.to_owned(), reason: reason.replace(char::is_control, " ") }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::{Array2, ArrayView2, array};
    use proptest::prelude::*;
    use tempfile::tempdir;

    use super::*;
    use crate::tests::{BIM, JSMA};
    use crate::{Knn, ZScore, labelled};

    fn saved(detector: impl Into<Detector>) -> SavedDetector {
        SavedDetector {
            attacks: vec!["bim".into(), "jsma".into()],
            provenance: Some(Provenance {
                model: "abc".into(),
                defenses: [("bim".into(), serde_json::json!({"epsilon": 0.3}))].into(),
                inputs: vec![],
                budget: None,
                seed: 7,
            }),
            detector: detector.into(),
        }
    }

    fn z_score() -> SavedDetector {
        let benign = Array2::from_shape_fn((64, 2), |(row, attack)| [BIM, JSMA][attack][row]);
        saved(ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap())
    }

    fn knn(benign: ArrayView2<f64>) -> SavedDetector {
        let samples = labelled(benign, array![[1.0, 0.1]].view()).unwrap();
        saved(Knn::params().k(2).fit(&samples).unwrap())
    }

    /// The error of loading the detector from its file, once a piece of the text is replaced.
    fn load_changed(saved: &SavedDetector, from: &str, to: &str) -> Error {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        saved.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        SavedDetector::load(&path).unwrap_err()
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
        for (name, saved) in [("z", z_score()), ("knn", knn(array![[9.5, 0.3]].view()))] {
            let path = directory.path().join(name);
            saved.save(&path).unwrap();
            assert_eq!(SavedDetector::load(&path).unwrap(), saved);
        }
    }

    #[test]
    fn files_name_format_and_version_first() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        knn(array![[9.5, 0.3]].view()).save(&path).unwrap();
        let expected = concat!(
            r#"{"format":"a2d-detector","version":1,"attacks":["bim","jsma"],"#,
            r#""provenance":{"model":"abc","defenses":{"bim":{"epsilon":0.3}},"#,
            r#""inputs":[],"budget":null,"seed":7},"#,
            r#""detector":{"knn":{"k":2,"costs":[[9.5,0.3],[1.0,0.1]],"adversarial":[false,true]}}}"#,
            "\n"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn other_formats_and_versions_are_refused() {
        let error = load_changed(&z_score(), "a2d-detector", "a2d\\ncosts");
        assert_says(&error, r#"expected format "a2d-detector", found "a2d\ncosts""#);
        let error = load_changed(&z_score(), r#""version":1"#, r#""version":2"#);
        assert_says(&error, "expected version 1, found 2");
        let error = load_changed(&z_score(), r#""format""#, r#""form""#);
        assert_says(&error, "missing field `format`");
    }

    #[test]
    fn hostile_values_are_refused() {
        let knn = || knn(array![[9.5, 0.3]].view());
        let first_score = r#""votes":1"#;
        for (saved, from, to, part) in [
            (z_score(), first_score, r#""votes":3"#, "expected 1 to 2, got 3"),
            (z_score(), first_score, r#""votes":0"#, "expected 1 to 2, got 0"),
            (z_score(), "-1.281552", "NaN", "expected value"),
            (z_score(), "-1.281552", "1e999", "number out of range"),
            (z_score(), r#""deviation":"#, r#""deviation":-"#, "a deviation above 0"),
            (z_score(), r#""lambda":"#, r#""lambda":50"#, "lambda from -20 to 20"),
            (z_score(), r#""geometric_mean":"#, r#""geometric_mean":-"#, "a geometric mean"),
            (z_score(), r#"["bim","jsma"]"#, r#"["bim"]"#, "names of 2 attacks, found 1"),
            (z_score(), r#"["bim","jsma"]"#, r#"["bim","bim"]"#, r#""bim" twice"#),
            (z_score(), "z_score", "z\\nscore", "unknown variant"),
            (knn(), r#""k":2"#, r#""k":3"#, "at least k = 3 samples, got 2"),
            (knn(), r#""k":2"#, r#""k":0"#, "k of at least 1"),
            (knn(), "0.3]", "0.3,4]", "costs of 3 attacks, got 2"),
            (knn(), "9.5", "-9.5", "got -9.5"),
            (knn(), "9.5", "null", "invalid type: null"),
            (knn(), "[[9.5,0.3],[1.0,0.1]]", "[]", "at least one sample"),
            (knn(), "[[9.5,0.3],[1.0,0.1]]", "[[],[]]", "at least one attack"),
            (knn(), "[false,true]", "[false]", "expected 2 labels"),
            (knn(), "[false,true]", "[true,true]", "0 benign and 2 adversarial"),
        ] {
            assert_says(&load_changed(&saved, from, to), part);
        }
    }

    #[test]
    fn truncated_and_missing_files_are_refused() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("detector.json");
        assert_says(&SavedDetector::load(&path).unwrap_err(), "read detector");
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
        assert!(error.to_string().starts_with("write detector no such directory"), "{error}");
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
