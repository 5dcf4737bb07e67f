//! Binary files, read record by record.

use super::batch::{self, Record};
use crate::input_file::InputFile;
use crate::layout::Encoding;
use crate::{Error, ImageSource, Result};
use std::path::PathBuf;

/// The images of binary files that hold as many records each.
#[derive(Debug)]
pub(super) struct Batches {
    files: Vec<InputFile>,
    /// The records of a file.
    records: usize,
}

impl Batches {
    /// Opens files of `records` records each, and reads their labels.
    pub(super) fn open(paths: &[PathBuf], records: usize) -> Result<(Self, Vec<u32>)> {
        let (mut files, mut labels) = (vec![], vec![]);
        for path in paths {
            let file = InputFile::open(path)?;
            let bytes = file.content(records * size_of::<Record>())?;
            let records = batch::records(&bytes, records)
                .map_err(|problem| Error::malformed(path, "CIFAR-10 batch", problem))?;
            labels.extend(records.iter().map(|[label, ..]| u32::from(*label)));
            files.push(file);
        }
        Ok((Self { files, records }, labels))
    }
}

impl ImageSource for Batches {
    fn len(&self) -> usize {
        self.files.len() * self.records
    }

    fn shape(&self) -> [usize; 3] {
        super::DATA_SET.shape
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        let file = self.files.get(row / self.records);
        let file = file.ok_or(Error::Row { row, len: self.len() })?;
        // The label comes first.
        let start = (row % self.records) * size_of::<Record>() + 1;
        let mut bytes = [0; batch::IMAGE];
        file.read_at(start as u64, &mut bytes)?;
        Ok(Encoding::Byte.decode(&bytes).into_pixels())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A record whose red, green and blue are these everywhere, but red is 0 in the last pixel.
    fn record(label: u8, color: [u8; 3]) -> Vec<u8> {
        let mut planes = color.map(|value| vec![value; 32 * 32]);
        planes[0][32 * 32 - 1] = 0;
        [vec![label], planes.concat()].concat()
    }

    #[test]
    fn records_are_planes_of_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| dir.path().join(name));
        let records = [record(3, [51, 102, 255]), record(9, [0, 1, 2]), record(0, [3, 4, 5])];
        fs::write(&paths[0], records[..2].concat()).unwrap();
        fs::write(&paths[1], [&*records[2], &*records[0]].concat()).unwrap();
        let (batches, labels) = Batches::open(&paths, 2).unwrap();
        assert_eq!(labels, [3, 9, 0, 3]);
        assert_eq!((batches.len(), batches.shape()), (4, [3, 32, 32]));
        let first = batches.row(0).unwrap();
        assert_eq!(first, batches.row(3).unwrap());
        assert_eq!(first[1022..1025], [0.2, 0.0, 0.4]);
        assert_eq!(first[2048..], [1.0; 1024]);
        assert_eq!(batches.images().unwrap().row(0).unwrap(), first);
        assert!(batches.row(4).unwrap_err().to_string().contains("there are 4"));

        fs::write(&paths[1], &*records[2]).unwrap();
        let error = Batches::open(&paths, 2).unwrap_err().to_string();
        assert!(
            error.contains("b as CIFAR-10 batch: the file has 1 records, expected 2"),
            "{error}"
        );
    }
}
