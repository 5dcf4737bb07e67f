//! What baselines are fitted on.

use a2d_data::{Dataset, Images, Labelled};
use a2d_model::Classifier;
use tch::{Kind, Tensor};

use crate::{Error, Protocol, Result};

/// What a baseline is fitted on.
pub struct Material<'a> {
    /// The network whose inputs are scored.
    pub classifier: &'a Classifier,
    /// What it may see of the inputs that it is to score.
    pub protocol: Protocol,
    /// Seed of all that is random.
    pub seed: u64,
    /// Images of the data set with their true classes: of the part that [`Kind::labelled`](crate::Kind) says. They are
    /// read as they are needed, so there may be more of them than memory holds.
    pub labelled: Option<&'a dyn Labelled>,
    /// Benign inputs with their true classes.
    pub benign: Dataset,
    /// Adversarial inputs, a set by each attack.
    pub adversarial: Vec<Examples>,
}

/// Adversarial inputs by one attack.
#[derive(Clone, Debug)]
pub struct Examples {
    /// What the attack is called.
    pub kind: String,
    /// The inputs.
    pub images: Images,
    /// For each the row of the benign input that it was crafted from, where that is among them.
    pub originals: Vec<Option<usize>>,
}

impl Material<'_> {
    /// The images as a tensor, \[N, C, H, W\], on the classifier's device.
    ///
    /// # Errors
    /// [`Error::Model`] if the classifier takes images of another shape.
    pub fn tensor(&self, images: &Images) -> Result<Tensor> {
        Ok(self.classifier.tensor(images)?)
    }

    /// The images of the data set with their true classes.
    ///
    /// # Errors
    /// [`Error::Material`] if there are none.
    pub fn labelled(&self, baseline: &'static str) -> Result<&dyn Labelled> {
        self.labelled.ok_or(Error::Material {
            baseline,
            expected: "images with true classes".into(),
            got: "none".into(),
        })
    }

    /// The sets of adversarial inputs, at least one.
    ///
    /// # Errors
    /// [`Error::Material`] if there are none.
    pub fn adversarial(&self, baseline: &'static str) -> Result<&[Examples]> {
        if self.adversarial.is_empty() {
            let (expected, got) = ("adversarial inputs".into(), "none".into());
            return Err(Error::Material { baseline, expected, got });
        }
        Ok(&self.adversarial)
    }
}

impl Examples {
    /// How far the examples whose originals are among the benign inputs are from these, and how many elements
    /// differ: means over the examples; none without originals.
    ///
    /// # Errors
    /// [`Error::Model`] if the classifier takes images of another shape.
    pub fn distance(&self, material: &Material<'_>) -> Result<Option<(f64, f64)>> {
        let known: Vec<(i64, i64)> = (0..)
            .zip(&self.originals)
            .filter_map(|(row, original)| Some((row, i64::try_from((*original)?).ok()?)))
            .collect();
        if known.is_empty() {
            return Ok(None);
        }
        let (rows, originals): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        let picked = |images: &Images, rows: &[i64]| {
            let rows = Tensor::from_slice(rows).to_device(material.classifier.device());
            Ok::<_, Error>(material.tensor(images)?.index_select(0, &rows).flatten(1, -1))
        };
        let benign = picked(material.benign.images(), &originals)?;
        let change = picked(&self.images, &rows)? - benign;
        let row = [1i64].as_slice();
        let norms = change.square().sum_dim_intlist(row, false, Kind::Double).sqrt();
        let changed = change.abs().gt(0.0).sum_dim_intlist(row, false, Kind::Double);
        let mean = |values: Tensor| values.mean(Kind::Double).double_value(&[]);
        Ok(Some((mean(norms), mean(changed))))
    }
}
