//! What images are called, without a list of all of them.

use std::collections::HashSet;
use std::path::Path;

/// The names of images, each made when it is wanted: a file may claim more of them than memory holds names.
///
/// An image that is alone in its file bears the file's path. Rows of a file of many bear their
/// number, and the path as well where there are several files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Path and number of images of each file.
    files: Vec<(String, usize)>,
    /// The row after the last of each file.
    ends: Vec<usize>,
}

impl Names {
    pub(crate) fn add(&mut self, file: &Path, images: usize) {
        self.ends.push(self.len().saturating_add(images));
        self.files.push((file.display().to_string(), images));
    }

    /// How many images there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The number of the file that has this row, and the row's number in it, if there is such a row.
    pub(super) fn place(&self, row: usize) -> Option<(usize, usize)> {
        let file = self.ends.partition_point(|end| *end <= row);
        let start = file.checked_sub(1).map_or(0, |before| self.ends[before]);
        (file < self.files.len()).then_some((file, row - start))
    }

    /// The name of this image; empty if there is none.
    pub(crate) fn of(&self, row: usize) -> String {
        let Some((file, place)) = self.place(row) else { return String::new() };
        let (path, images) = &self.files[file];
        match (images, self.files.len()) {
            (1, _) => path.clone(),
            (_, 1) => place.to_string(),
            _ => format!("{path}[{place}]"),
        }
    }

    /// The name of this image that does not depend on which files are beside its own: the file's path, and the row where
    /// the file has several.
    pub(crate) fn with_file(&self, row: usize) -> String {
        match self.file_and_row(row) {
            Some((path, 1, _)) => path.to_owned(),
            Some((path, _, place)) => format!("{path}[{place}]"),
            None => String::new(),
        }
    }

    /// The path of the file of this image, how many images are in it, and which of them it is.
    pub(crate) fn file_and_row(&self, row: usize) -> Option<(&str, usize, usize)> {
        let (file, place) = self.place(row)?;
        let (path, images) = &self.files[file];
        Some((path, *images, place))
    }

    /// A name that two images bear, if there is one: paths may look alike, and a file may be called as a row of
    /// another is.
    pub(super) fn repeated(&self) -> Option<String> {
        let mut seen = HashSet::new();
        let alike = self.files.iter().find(|(path, _)| !seen.insert(path));
        let as_a_row = |(path, images): &&(String, usize)| {
            let row = path.strip_suffix(']').and_then(|path| path.rsplit_once('['));
            let is_row = |(file, number): (&str, &str)| {
                let mut others = self.files.iter().filter(|(_, images)| *images > 1);
                number.parse().is_ok_and(|row: usize| {
                    row.to_string() == number
                        && others.any(|(path, images)| path == file && row < *images)
                })
            };
            *images == 1 && row.is_some_and(is_row)
        };
        alike.or_else(|| self.files.iter().find(as_a_row)).map(|(path, _)| path.clone())
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
        for (path, images) in files {
            names.add(Path::new(path), *images);
        }
        names
    }

    #[test]
    fn names_tell_images_apart() {
        let all = |files: &[(&str, usize)]| names(files).iter().collect::<Vec<_>>();
        assert_eq!(all(&[("a.npy", 2)]), ["0", "1"]);
        assert_eq!(all(&[("a.png", 1)]), ["a.png"]);
        assert_eq!(all(&[("a.png", 1), ("b.npy", 2)]), ["a.png", "b.npy[0]", "b.npy[1]"]);
        let alone = names(&[("b.npy", 2)]);
        assert_eq!([0, 1, 2].map(|row| alone.with_file(row)), ["b.npy[0]", "b.npy[1]", ""]);
        assert_eq!(alone.file_and_row(1), Some(("b.npy", 2, 1)));
        assert_eq!(names(&[("a.png", 1)]).with_file(0), "a.png");
    }

    #[test]
    fn names_that_two_images_bear_are_found() {
        let repeated = |files: &[(&str, usize)]| names(files).repeated();
        assert_eq!(repeated(&[("a.npy", 2), ("a.png", 1), ("a.npy[2]", 1)]), None);
        assert_eq!(repeated(&[("a.npy", 1), ("a.npy[0]", 1)]), None);
        assert_eq!(repeated(&[("a.npy[1]", 1), ("a.npy", 2)]).unwrap(), "a.npy[1]");
        assert_eq!(repeated(&[("a.npy", 2), ("a.npy", 3)]).unwrap(), "a.npy");
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
