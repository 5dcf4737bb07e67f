//! What images are called, without a list of all of them.

use std::path::Path;

/// The names of images, each made when it is wanted: a file may claim more of them than memory holds names.
///
/// An image that is alone in its file bears the file's path. Rows of a file of many bear their
/// number, and the path as well where there are several files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Path and number of images of each file.
    files: Vec<(String, usize)>,
}

impl Names {
    pub(super) fn add(&mut self, file: &Path, images: usize) {
        self.files.push((file.display().to_string(), images));
    }

    /// How many images there are.
    pub(crate) fn len(&self) -> usize {
        self.files.iter().fold(0, |sum, (_, images)| sum.saturating_add(*images))
    }

    /// The name of this image; empty if there is none.
    pub(crate) fn of(&self, row: usize) -> String {
        let mut place = row;
        for (path, images) in &self.files {
            if place < *images {
                return match (images, self.files.len()) {
                    (1, _) => path.clone(),
                    (_, 1) => place.to_string(),
                    _ => format!("{path}[{place}]"),
                };
            }
            place -= images;
        }
        String::new()
    }

    /// The names of all images, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = String> {
        (0..self.len()).map(|row| self.of(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, usize)]) -> Names {
        let mut names = Names::default();
        files.iter().for_each(|(path, images)| names.add(Path::new(path), *images));
        names
    }

    #[test]
    fn names_tell_images_apart() {
        let all = |files: &[(&str, usize)]| names(files).iter().collect::<Vec<_>>();
        assert_eq!(all(&[("a.npy", 2)]), ["0", "1"]);
        assert_eq!(all(&[("a.png", 1)]), ["a.png"]);
        assert_eq!(all(&[("a.png", 1), ("b.npy", 2)]), ["a.png", "b.npy[0]", "b.npy[1]"]);
    }

    #[test]
    fn no_number_of_images_is_too_large() {
        let many = names(&[("a.npy", usize::MAX), ("b.npy", 2)]);
        assert_eq!(
            (many.len(), many.of(usize::MAX - 1)),
            (usize::MAX, format!("a.npy[{}]", usize::MAX - 1))
        );
    }
}
