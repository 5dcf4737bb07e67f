//! The data sets that models are trained and attacked on.

use std::path::Path;

use a2d_data::{Dataset, Split, cifar10, mnist};

use crate::exit::BadInput;

/// The folders of the data sets in the root of all.
pub(crate) const FOLDERS: [&str; 2] = ["mnist", "cifar10"];

/// A split of a data set, and what results on it are called.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) set: Dataset,
}

/// Loads the data set whose images have this shape, \[C, H, W\], from its folder in `root`.
pub(crate) fn load(root: &Path, shape: [usize; 3], split: Split) -> anyhow::Result<Named> {
    match shape {
        [1, 28, 28] => Ok(Named { name: "MNIST", set: mnist::load(&root.join("mnist"), split)? }),
        [3, 32, 32] => {
            let (set, edition) = cifar10::load(&root.join("cifar10"), split)?;
            let set = match edition {
                cifar10::Edition::Original => set,
                cifar10::Edition::Jpeg => set.select(&classes_in_turn(set.labels()))?,
            };
            Ok(Named { name: edition.name(), set })
        }
        other => Err(BadInput(format!(
            "choose data set: expected a model of images [1, 28, 28] (MNIST) or [3, 32, 32] \
             (CIFAR-10), got {other:?}; name the images in a file"
        ))
        .into()),
    }
}

/// The rows in an order that takes one image of each class in turn. In an image folder all images of
/// a class stand together, so that the first ones alone would be of one class.
fn classes_in_turn(labels: &[u8]) -> Vec<usize> {
    let mut seen = [0; 256];
    let turns = labels.iter().enumerate().map(|(row, class)| {
        let turn = &mut seen[usize::from(*class)];
        *turn += 1;
        (*turn, *class, row)
    });
    let mut turns: Vec<(usize, u8, usize)> = turns.collect();
    turns.sort_unstable();
    turns.into_iter().map(|(_, _, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_in_turn_as_long_as_they_last() {
        assert_eq!(classes_in_turn(&[0, 0, 0, 1, 4, 4]), [0, 3, 4, 1, 5, 2]);
    }

    #[test]
    fn a_shape_without_data_set_is_refused() {
        let error = load(Path::new("."), [3, 224, 224], Split::Test).map(|_| ()).unwrap_err();
        assert!(error.is::<BadInput>() && error.to_string().contains("[3, 224, 224]"), "{error}");
    }
}
