//! What a model is, apart from its weights.

use serde::{Deserialize, Serialize};
use tch::nn;

use crate::{
    Architecture, Classes, Description, Dimensions, Error, Network, Normalisation, Result,
};

/// The longest side of an image and the most channels: more would take more memory than a card may ask for.
const MOST: usize = 1024;

/// The most classes.
const MOST_CLASSES: usize = 1 << 17;

/// Everything that a model can be built from but its weights: architecture, shape of its images, classes,
/// normalisation.
///
/// In a card, what is as the architecture has it need not be said:
///
/// ```
/// use a2d_model::{Architecture, Blueprint};
///
/// let card = r#"{"architecture": "wrn-28-10", "classes": 100}"#;
/// let blueprint: Blueprint = serde_json::from_str(card)?;
/// assert_eq!(blueprint, Blueprint::from("wrn-28-10".parse::<Architecture>()?).with_classes(100)?);
/// assert_eq!(blueprint.input_shape(), [3, 32, 32]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Blueprint {
    architecture: Architecture,
    name: String,
    input_shape: [usize; 3],
    classes: Classes,
    normalisation: Option<Normalisation>,
}

/// How a blueprint is written.
#[derive(Serialize, Deserialize)]
struct Written {
    architecture: Architecture,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_shape: Option<[usize; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    classes: Option<Classes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    normalisation: Option<Normalisation>,
}

impl From<Architecture> for Blueprint {
    /// The architecture as it is where nothing else is said: without normalisation.
    fn from(architecture: Architecture) -> Self {
        let (input_shape, classes) = (architecture.input_shape(), architecture.classes());
        let (name, classes) = (architecture.to_string(), Classes::Number(classes));
        Self { architecture, name, input_shape, classes, normalisation: None }
    }
}

impl Blueprint {
    /// For images of this shape, \[C, H, W\].
    ///
    /// # Errors
    /// [`Error::Blueprint`] if the architecture cannot be built for them.
    pub fn with_input_shape(self, input_shape: [usize; 3]) -> Result<Self> {
        Self { input_shape, ..self }.checked()
    }

    /// With so many classes.
    ///
    /// # Errors
    /// [`Error::Blueprint`] if there are fewer than two or more than 2^17.
    pub fn with_classes(self, classes: usize) -> Result<Self> {
        self.with_named_classes(Classes::Number(classes))
    }

    /// With these classes.
    ///
    /// # Errors
    /// [`Error::Blueprint`] if there are fewer than two or more than 2^17.
    pub fn with_named_classes(self, classes: Classes) -> Result<Self> {
        Self { classes, ..self }.checked()
    }

    /// With this normalisation.
    ///
    /// # Errors
    /// [`Error::Blueprint`] if it does not have a finite mean and a deviation above 0 for each channel.
    pub fn with_normalisation(self, normalisation: Normalisation) -> Result<Self> {
        Self { normalisation: Some(normalisation), ..self }.checked()
    }

    /// With what is said of its images.
    pub(crate) fn described(self, said: &Description) -> Result<Self> {
        let normalisation = said.preprocessing().or(self.normalisation);
        let input_shape = said.input_shape.unwrap_or(self.input_shape);
        let classes = said.classes.clone().unwrap_or(self.classes);
        Self { input_shape, classes, normalisation, ..self }.checked()
    }

    fn checked(self) -> Result<Self> {
        let sides = self.input_shape.into_iter();
        let least = [1, self.architecture.least_side(), self.architecture.least_side()];
        if sides.zip(least).any(|(side, least)| side < least || side > MOST) {
            let [_, least, _] = least;
            return Err(Error::Blueprint {
                part: "input shape",
                expected: format!("channels, height and width, sides from {least} to {MOST}"),
                got: format!("{:?}", self.input_shape),
            });
        }
        if !(2..=MOST_CLASSES).contains(&self.classes.number()) {
            let (expected, got) =
                (format!("from 2 to {MOST_CLASSES}"), self.classes.number().to_string());
            return Err(Error::Blueprint { part: "classes", expected, got });
        }
        if let Some(normalisation) = &self.normalisation {
            normalisation.check(self.input_shape[0])?;
        }
        Ok(self)
    }

    /// What it is built as.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The name of its architecture.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Channels, height and width of its images.
    pub fn input_shape(&self) -> [usize; 3] {
        self.input_shape
    }

    /// What it tells apart.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// What is done to images before the first layer, if anything.
    pub fn normalisation(&self) -> Option<&Normalisation> {
        self.normalisation.as_ref()
    }

    pub(crate) fn build(&self, path: &nn::Path<'_>) -> Box<dyn Network> {
        let [channels, height, width] = self.input_shape.map(|side| side as i64);
        let classes = self.classes.number() as i64;
        self.architecture.build(path, Dimensions { channels, height, width, classes })
    }

    /// What decides the logits, beside architecture and weights: nothing where the architecture decides all.
    pub(crate) fn decisive(&self) -> Vec<u8> {
        let mut bytes = vec![];
        if self.input_shape != self.architecture.input_shape() {
            bytes.extend(b"input shape");
            bytes.extend(self.input_shape.iter().flat_map(|side| (*side as u64).to_le_bytes()));
        }
        if let Some(normalisation) = &self.normalisation {
            bytes.extend(b"normalisation");
            bytes.extend(normalisation.bytes());
        }
        bytes
    }
}

impl From<Blueprint> for Written {
    fn from(blueprint: Blueprint) -> Self {
        let Blueprint { architecture, input_shape, classes, normalisation, .. } = blueprint;
        Self {
            architecture,
            input_shape: (input_shape != architecture.input_shape()).then_some(input_shape),
            classes: (classes != Classes::Number(architecture.classes())).then_some(classes),
            normalisation,
        }
    }
}

impl TryFrom<Written> for Blueprint {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let Written { architecture, input_shape, classes, normalisation } = written;
        let usual = Self::from(architecture);
        Self {
            input_shape: input_shape.unwrap_or(usual.input_shape),
            classes: classes.unwrap_or(usual.classes),
            normalisation,
            ..usual
        }
        .checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_architecture_decides_is_not_written() {
        let blueprint = Blueprint::from(Architecture::LENET5);
        let text = serde_json::to_string(&blueprint).unwrap();
        assert_eq!(text, r#"{"architecture":"lenet5"}"#);
        assert!(blueprint.decisive().is_empty());

        let text = r#"{"architecture":"resnet18","input_shape":[3,32,32],"classes":["cat","dog"],"normalisation":{"mean":[0.5,0.5,0.5],"std":[0.2,0.2,0.3]}}"#;
        let blueprint: Blueprint = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&blueprint).unwrap(), text);
        assert_eq!(blueprint.classes().name(1), Some("dog"));
    }

    #[test]
    fn what_cannot_be_built_is_refused() {
        for (text, finding) in [
            (
                r#"{"architecture":"lenet5","input_shape":[1,28,11]}"#,
                "sides from 12 to 1024, got [1, 28, 11]",
            ),
            (r#"{"architecture":"lenet5","input_shape":[0,28,28]}"#, "got [0, 28, 28]"),
            (
                r#"{"architecture":"lenet5","input_shape":[1,28,99999999999]}"#,
                "got [1, 28, 99999999999]",
            ),
            (r#"{"architecture":"lenet5","classes":1}"#, "classes from 2 to 131072, got 1"),
            (r#"{"architecture":"lenet5","classes":[]}"#, "classes from 2"),
            (
                r#"{"architecture":"lenet5","normalisation":{"mean":[0.1],"std":[0]}}"#,
                "1 means and 1",
            ),
            (r#"{"architecture":"lenet5","normalisation":{"mean":[0.1]}}"#, "std"),
            (r#"{"architecture":"wrn-17-4"}"#, "wrn-17-4"),
        ] {
            let message = serde_json::from_str::<Blueprint>(text).unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
        }
    }

    #[test]
    fn shape_and_normalisation_are_decisive() {
        let usual = || Blueprint::from(Architecture::RESNET18);
        let shape =
            |height, width| usual().with_input_shape([3, height, width]).unwrap().decisive();
        let normalised = |mean| {
            let normalisation = Normalisation { mean: vec![mean; 3], std: vec![1.0; 3] };
            usual().with_normalisation(normalisation).unwrap().decisive()
        };
        let all =
            [usual().decisive(), shape(16, 32), shape(32, 16), normalised(0.0), normalised(0.1)];
        for (place, one) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| other != one), "{place}");
        }
    }
}
