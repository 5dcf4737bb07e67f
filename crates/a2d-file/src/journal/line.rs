//! The lines of a journal: position, checksum, JSON.

use sha2::{Digest as _, Sha256};

/// Bytes of a checksum.
const LENGTH: usize = 8;

/// What ties the lines of a journal to its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checksum([u8; LENGTH]);

/// Before the first line.
pub(super) const START: Checksum = Checksum(*b"a2d-jrnl");

impl Checksum {
    /// Of a line of a journal that begins with a line of checksum `self`.
    pub(super) fn of(self, position: u64, json: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(position.to_le_bytes())
            .chain_update(json)
            .finalize();
        let mut checksum = [0; LENGTH];
        checksum.copy_from_slice(&hash[..LENGTH]);
        Self(checksum)
    }
}

/// The line at `position`, with its end.
pub(super) fn line(first: Checksum, position: u64, json: &[u8]) -> Vec<u8> {
    let checksum = hex::encode(first.of(position, json).0);
    let mut line = format!("{position} {checksum} ").into_bytes();
    line.extend(json);
    line.push(b'\n');
    line
}

/// Position and JSON of a line without its end; `None` if its checksum is not that of them.
pub(super) fn parse(first: Checksum, line: &[u8]) -> Option<(u64, &[u8])> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let (position, checksum, json) = (parts.next()?, parts.next()?, parts.next()?);
    let position: u64 = str::from_utf8(position).ok()?.parse().ok()?;
    // Compared as text, so that no other spelling of it passes.
    let is_whole = hex::encode(first.of(position, json).0).as_bytes() == checksum;
    is_whole.then_some((position, json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_read_as_written_or_not_at_all(
            position: u64, json in "[^\n]{0,40}", place in any::<prop::sample::Index>(), byte: u8,
        ) {
            let whole = line(START, position, json.as_bytes());
            let end = whole.len() - 1;
            prop_assert_eq!(parse(START, &whole[..end]), Some((position, json.as_bytes())));
            prop_assert_eq!(parse(START.of(0, b"{}"), &whole[..end]), None);
            let mut changed = whole[..end].to_vec();
            let place = place.index(end);
            changed[place] = byte;
            if changed != whole[..end] {
                prop_assert_eq!(parse(START, &changed), None);
            }
            prop_assert_eq!(parse(START, &whole[..place]), None);
        }
    }
}
