//! What is neither the reference nor made of it.

use crate::{Error, Examples, Material, Parameters as _, Result};

use super::LidParameters;

/// The material without the last benign images, so many of them, and the adversarial inputs that are made of them. (Examples are
/// made of the first ones, as many as are needed.)
///
/// # Errors
/// [`Error::Material`] if nothing is left of the benign images, or of a kind of adversarial inputs.
pub(super) fn from<'a>(material: &Material<'a>, reference: usize) -> Result<Material<'a>> {
    let refused = |what: &str, got: usize| Error::Material {
        baseline: LidParameters::NAME,
        expected: format!("{what} beside the {reference} benign images of the reference"),
        got: format!("{got} in all"),
    };
    let count = material.benign.len();
    let rest = count.saturating_sub(reference);
    let benign = material.benign.range(0..rest);
    let benign = benign.map_err(|_| refused("benign images", count))?;
    let apart = |examples: &Examples| {
        let rows = (0..examples.images.len()).zip(&examples.originals);
        let rows = rows.filter(|(_, original)| original.is_none_or(|original| original < rest));
        let (rows, originals): (Vec<usize>, Vec<_>) = rows.unzip();
        let images = examples.images.select(&rows);
        let what = format!("{} images made of others", examples.kind);
        let images = images.map_err(|_| refused(&what, examples.images.len()))?;
        Ok(Examples { kind: examples.kind.clone(), images, originals })
    };
    let adversarial = material.adversarial.iter().map(apart).collect::<Result<_>>()?;
    let Material { classifier, protocol, seed, .. } = *material;
    Ok(Material { classifier, protocol, seed, labelled: None, benign, adversarial })
}
