//! Rows of a larger set of inputs, which several runs share out among them.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// Rows of a larger set of inputs, as a run that does a share of a work sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The digest of the whole set.
    pub source: String,
    /// The rows, numbered as in the whole set.
    pub rows: Range<usize>,
    /// How many rows the whole set has.
    pub of: usize,
}

impl Part {
    /// Whether these are all rows of the set, so that they are no part of it.
    pub fn is_whole(&self) -> bool {
        self.rows == (0..self.of)
    }

    /// What tells these inputs from others: hex SHA-256 of the digest of the whole set and the ends of the
    /// rows (little-endian `u64`); the digest of the whole set for all rows.
    pub fn digest(&self) -> String {
        if self.is_whole() {
            return self.source.clone();
        }
        let mut hasher = Sha256::new_with_prefix(&self.source);
        for end in [self.rows.start, self.rows.end] {
            hasher.update((end as u64).to_le_bytes());
        }
        hex::encode(hasher.finalize())
    }

    /// The part that parts of one set, in the order of their rows, make together.
    ///
    /// # Errors
    /// [`Error::Merge`] if there is none, if they are of several sets, or if a row is in two of them or is
    /// missing between them.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Result<Self> {
        let mut parts = parts.into_iter();
        let nothing = Error::Merge { expected: "at least one part".into(), found: "none".into() };
        let mut all = parts.next().ok_or(nothing)?.clone();
        for part in parts {
            let (expected, found) = if (&part.source, part.of) != (&all.source, all.of) {
                let set = |part: &Self| format!("{} inputs with digest {}", part.of, part.source);
                (format!("parts of {}", set(&all)), set(part))
            } else if part.rows.start != all.rows.end {
                let what = if part.rows.start < all.rows.end { "again" } else { "next" };
                let expected = format!("row {} after rows {:?}", all.rows.end, all.rows);
                (expected, format!("rows {:?} {what}", part.rows))
            } else {
                all.rows.end = part.rows.end;
                continue;
            };
            return Err(Error::Merge { expected, found });
        }
        Ok(all)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn part(rows: Range<usize>) -> Part {
        Part { source: "abc".into(), rows, of: 10 }
    }

    #[test]
    fn the_digest_is_what_is_documented() {
        // python3 -c "import hashlib, struct
        // print(hashlib.sha256(b'abc' + struct.pack('<2Q', 2, 5)).hexdigest())"
        let expected = "966aa5b4304e2df2ca09b53a2e7d41019503abe4a916082567fd753abc660c4e";
        assert_eq!(part(2..5).digest(), expected);
        assert_eq!(part(0..10).digest(), "abc");
    }

    #[test]
    fn parts_that_meet_become_one() {
        let merged = |parts: &[Part]| Part::merged(parts);
        assert_eq!(merged(&[part(2..5), part(5..6), part(6..9)]).unwrap(), part(2..9));
        assert!(merged(&[part(0..4), part(4..10)]).unwrap().is_whole());
        let message = |parts: &[Part]| merged(parts).unwrap_err().to_string();
        let found = message(&[part(0..4), part(5..9)]);
        assert_eq!(found, "merge: expected row 4 after rows 0..4, found rows 5..9 next");
        let found = message(&[part(0..4), part(3..9)]);
        assert_eq!(found, "merge: expected row 4 after rows 0..4, found rows 3..9 again");
        let other = Part { source: "x".into(), ..part(4..9) };
        assert!(message(&[part(0..4), other]).contains("found 10 inputs with digest x"));
        assert!(message(&[]).contains("expected at least one part"));
    }
}
