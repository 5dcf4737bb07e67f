//! ImageNet: photographs in classes that are named by their numbers in WordNet, such as `n01440764`.
//!
//! O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", International Journal of
//! Computer Vision 115(3), 2015. There are 1,000 classes of it, or as many as have a folder.

use crate::error::one_line;
use crate::{
    ClassesInTurn, DataSet, Error, Framing, ImageFolder, Labelled as _, Opened, Reading, Result,
    Split, has_classes,
};
use std::path::{Path, PathBuf};

/// ImageNet among the data sets that are known by name. Images are read one at a time, framed as is usual
/// ([`Framing::IMAGENET`]), and come in turn, one of each class.
pub(crate) const DATA_SET: DataSet = DataSet {
    name: "imagenet",
    shape: [3, 224, 224],
    open: |dir, split| {
        Ok(Opened { title: "ImageNet", source: Box::new(ClassesInTurn::new(open(dir, split)?)) })
    },
    #[cfg(feature = "fetch")]
    fetch: |dir, _| Err(Error::OnRequest { name: "ImageNet", dir: dir.to_owned(), remedy: REMEDY }),
};

/// How to have the images.
const REMEDY: &str = "those who accept its terms get ImageNet at https://image-net.org/download; put \
                      val/<wnid>/* and train/<wnid>/*, or <wnid>/* alone, there";

/// Opens a split, images `[3, 224, 224]`: those of `train`, or of `val` or else `test`, in folders that are
/// the classes. Where there is none of the three, such folders themselves are the images to test on.
fn open(dir: &Path, split: Split) -> Result<ImageFolder> {
    let folder = find(dir, split)?;
    let reading = Reading { framing: Framing::IMAGENET, ..Reading::default() };
    let images = ImageFolder::open(&folder, reading)?;
    let names = images.class_names().unwrap_or_default();
    match names.iter().find(|name| !is_wnid(name)) {
        None => Ok(images),
        Some(name) => {
            let found = one_line(name);
            let problem = format!("expected classes with names such as n01440764, found {found}");
            Err(Error::malformed(&folder, "ImageNet image folder", problem))
        }
    }
}

fn find(dir: &Path, split: Split) -> Result<PathBuf> {
    let [train, val, test] = ["train", "val", "test"].map(|name| dir.join(name));
    let is_plain = ![&train, &val, &test].iter().any(|folder| folder.is_dir());
    let (folders, expected) = match split {
        Split::Train => (vec![train], "a folder train"),
        Split::Test if is_plain && dir.is_dir() && has_classes(dir)? => (vec![dir.to_owned()], ""),
        Split::Test => (vec![val, test], "a folder val or test"),
    };
    let found = folders.into_iter().find(|folder| folder.is_dir());
    found.ok_or_else(|| Error::Missing {
        dir: dir.to_owned(),
        expected: expected.to_owned(),
        remedy: REMEDY,
    })
}

/// Whether a name is a number in WordNet, as ImageNet has them: `n` and eight digits.
fn is_wnid(name: &str) -> bool {
    name.strip_prefix('n').is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::png;
    use ndarray::Array3;
    use std::fs;

    /// An image folder with an image of this width and height in each of these files.
    fn write(dir: &Path, files: &[&str], [width, height]: [usize; 2]) {
        for file in files {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            png::write(&path, Array3::from_elem((3, height, width), 0.2).view()).unwrap();
        }
    }

    fn labels(dir: &Path, split: Split) -> Vec<u32> {
        (DATA_SET.open)(dir, split).unwrap().source.labels().to_vec()
    }

    fn refuses(dir: &Path, split: Split, expected: &str) {
        let error = (DATA_SET.open)(dir, split).map(drop).unwrap_err();
        assert!(error.is_bad_input());
        let error = error.to_string();
        assert!(error.contains(expected), "expected '{expected}' in: {error}");
        assert!(error.contains(&dir.display().to_string()) && !error.contains('\n'), "{error}");
    }

    #[test]
    fn plain_folders_are_the_images_to_test_on() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["n00000002/b", "n00000010/a", "n00000002/a", "n00000002/c"];
        write(dir.path(), &files, [30, 20]);
        let Opened { title, source } = (DATA_SET.open)(dir.path(), Split::Test).unwrap();
        assert_eq!((title, source.shape()), ("ImageNet", DATA_SET.shape));
        assert_eq!(source.class_names().unwrap(), ["n00000002", "n00000010"]);
        assert_eq!(source.labels(), [0, 1, 0, 0], "the classes come in turn");
        assert_eq!(source.row(1).unwrap(), vec![0.2; 3 * 224 * 224]);
        refuses(dir.path(), Split::Train, "cannot find a folder train in ");
    }

    #[test]
    fn splits_have_folders() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &["train/n00000002/a", "train/n00000001/a"], [1, 5]);
        refuses(dir.path(), Split::Test, "cannot find a folder val or test in ");
        write(dir.path(), &["test/n00000001/a", "n00000007/a"], [400, 300]);
        assert_eq!(labels(dir.path(), Split::Test), [0]);
        write(dir.path(), &["val/n00000001/a", "val/n00000001/b"], [400, 300]);
        assert_eq!(labels(dir.path(), Split::Test), [0, 0]);
        assert_eq!(labels(dir.path(), Split::Train), [0, 1]);
    }

    #[test]
    fn what_is_not_imagenet_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let remedy = "at https://image-net.org/download; put val/<wnid>/* and train/<wnid>/*, or";
        refuses(&dir.path().join("none"), Split::Test, remedy);
        refuses(dir.path(), Split::Test, "cannot find a folder val or test in ");
        write(dir.path(), &["n00000001/a", "tench/a"], [9, 9]);
        let other = "expected classes with names such as n01440764, found tench";
        refuses(dir.path(), Split::Test, other);
        for name in ["n0000001", "n000000011", "m00000001", "n0000000x", "N00000001"] {
            assert!(!is_wnid(name), "{name}");
        }
    }

    #[cfg(feature = "fetch")]
    #[test]
    fn whoever_fetches_it_is_told_where_to_put_it() {
        let dir = tempfile::tempdir().unwrap();
        let error = DATA_SET.fetch(dir.path(), &mut |_| ()).unwrap_err();
        assert!(error.is_bad_input());
        let folder = dir.path().join("imagenet");
        let expected = format!("cannot fetch ImageNet into {}: those who", folder.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
