//! Classifiers of networks that were not built here: what is known of them, and what is found out.

use tch::{Device, nn};

use crate::origin::Origin;
use crate::probe::{self, Finding};
use crate::{Classes, Classifier, Error, Network, Normalisation, Precision, Result};

/// What a network from elsewhere is, apart from the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// What messages call it.
    pub name: String,
    /// Channels, height and width of its images.
    pub input_shape: [usize; 3],
    /// Its classes, if they are known.
    pub classes: Option<Classes>,
    /// What is done to images in \[0, 1\] before the network sees them, if anything.
    pub normalisation: Option<Normalisation>,
    /// All that decides the logits, beside name, shape and normalisation, such as the digest of a file or the bytes of
    /// weights: it makes the fingerprint, and costs of two classifiers with one fingerprint pass for those of one.
    pub decisive: Vec<u8>,
}

/// A classifier of a network from elsewhere, and what is to be said of it.
#[derive(Debug)]
pub struct Probed {
    /// The classifier.
    pub classifier: Classifier,
    /// What was found, in the order in which it was looked for: each a reason for care, none to refuse it.
    pub findings: Vec<Finding>,
}

impl Classifier {
    /// A classifier of a network from elsewhere, which is asked for the logits of a few images of noise first.
    ///
    /// ```
    /// use a2d_model::{Classifier, Foreign, Forward, Network, Result};
    /// use tch::{Device, Kind, Tensor};
    ///
    /// #[derive(Debug)]
    /// struct Brightness;
    ///
    /// impl Network for Brightness {
    ///     fn logits(&self, images: &Tensor, _pass: &mut Forward<'_>) -> Result<Tensor> {
    ///         let sums = images.sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float);
    ///         Ok(Tensor::stack(&[-&sums, sums], 1))
    ///     }
    /// }
    ///
    /// let about = Foreign {
    ///     name: "brightness".into(),
    ///     input_shape: [1, 8, 8],
    ///     classes: None,
    ///     normalisation: None,
    ///     decisive: vec![],
    /// };
    /// let probed = Classifier::of_network(about, Box::new(Brightness), Device::Cpu)?;
    /// assert_eq!(probed.classifier.classes(), 2);
    /// assert!(probed.classifier.gives_gradients() && probed.findings.is_empty());
    /// # Ok::<(), a2d_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Forward`] if the network fails; [`Error::Unusable`] if it gives no logits, \[N, classes\], that are
    /// finite and depend on nothing but each image; [`Error::Blueprint`] if shape, classes or normalisation do not fit.
    pub fn of_network(about: Foreign, network: Box<dyn Network>, device: Device) -> Result<Probed> {
        check_input_shape(about.input_shape)?;
        if let Some(normalisation) = &about.normalisation {
            normalisation.check(about.input_shape[0])?;
        }
        let found = probe::probe(&about, &*network, device)?;
        let classes = match about.classes.clone() {
            Some(said) if said.number() == found.classes => said,
            Some(said) => {
                let (part, expected) = ("classes", format!("the {} of its logits", found.classes));
                return Err(Error::Blueprint { part, expected, got: said.number().to_string() });
            }
            None => Classes::Number(found.classes),
        };
        let origin = Origin::Foreign { about, classes, gradients: found.gradients };
        let variables = nn::VarStore::new(device);
        let precision = Precision::default();
        let classifier = Self::with_fingerprint(origin, network, variables, precision, None);
        Ok(Probed { classifier, findings: found.findings })
    }
}

/// The most values of an image: more would take more memory than a card may ask for.
const MOST: usize = 1 << 24;

/// Refuses a shape that no image has, or none that fits into memory many times.
pub(crate) fn check_input_shape(shape: [usize; 3]) -> Result<()> {
    let values = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
    match values {
        Some(1..=MOST) => Ok(()),
        _ => Err(Error::Blueprint {
            part: "input shape",
            expected: format!("channels, height and width, from 1 to {MOST} values in all"),
            got: format!("{shape:?}"),
        }),
    }
}

impl Foreign {
    /// All that decides the logits, beside the name. Some networks take images of any size, but costs of one size
    /// say nothing of another.
    pub(crate) fn decisive(&self) -> Vec<u8> {
        let mut bytes = self.decisive.clone();
        bytes.extend(b"input shape");
        bytes.extend(self.input_shape.iter().flat_map(|side| (*side as u64).to_le_bytes()));
        if let Some(normalisation) = &self.normalisation {
            bytes.extend(b"normalisation");
            bytes.extend(normalisation.bytes());
        }
        bytes
    }
}
