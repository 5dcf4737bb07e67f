//! The binary files: records of a label and an image, without a header.

use super::CLASSES;

/// The five files for training and the one for testing.
pub(crate) const NAMES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

/// The records of each file.
pub(crate) const RECORDS: usize = 10_000;

/// The bytes of an image: 32 rows of 32 pixels in red, in green and in blue.
pub(crate) const IMAGE: usize = 3 * 32 * 32;

/// A label and an image.
pub(crate) type Record = [u8; 1 + IMAGE];

/// The records of a file that is to hold `expected` of them. Only its length tells whether it is
/// whole.
pub(crate) fn records(bytes: &[u8], expected: usize) -> Result<&[Record], String> {
    let (records, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(format!(
            "record {} has {} bytes, expected {}",
            records.len(),
            rest.len(),
            size_of::<Record>()
        ));
    }
    if records.len() != expected {
        return Err(format!("the file has {} records, expected {expected}", records.len()));
    }
    match records.iter().position(|record| usize::from(record[0]) >= CLASSES.len()) {
        Some(row) => Err(format!("label {row} is {}, expected 0 to 9", records[row][0])),
        None => Ok(records),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_files_have_records() {
        let mut bytes = vec![9; 2 * size_of::<Record>()];
        assert_eq!(records(&bytes, 2).unwrap().len(), 2);
        assert_eq!(records(&bytes, 3).unwrap_err(), "the file has 2 records, expected 3");
        let cut = records(&bytes[..4000], 2).unwrap_err();
        assert_eq!(cut, "record 1 has 927 bytes, expected 3073");
        bytes.push(9);
        assert_eq!(records(&bytes, 2).unwrap_err(), "record 2 has 1 bytes, expected 3073");
    }

    #[test]
    fn labels_are_those_of_classes() {
        let mut bytes = vec![255; 2 * size_of::<Record>()];
        (bytes[0], bytes[size_of::<Record>()]) = (9, 10);
        assert_eq!(records(&bytes, 2).unwrap_err(), "label 1 is 10, expected 0 to 9");
    }
}
