//! A file of lines that may be anything.

use std::io::{self, BufRead};

/// The most bytes of a line: 2 GiB.
const MAX_LINE: usize = 1 << 31;

/// Reads lines one by one, and no more into memory than may be one.
pub(super) struct Lines<R>(R);

/// What a line is, or what is in its place.
pub(super) struct Line {
    /// Up to its end, its first zero byte, or the most that a line may have.
    pub(super) text: Vec<u8>,
    /// How many bytes it has in the file, with its end; none after the last one.
    pub(super) length: u64,
    /// Whether no more than zeros follow the text, as a machine that lost its power leaves in place of what
    /// was written last.
    pub(super) ends_in_zeros: bool,
    pub(super) is_ended: bool,
}

impl Line {
    /// The text of a line that is all there.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        let is_whole = self.is_ended && self.length == self.text.len() as u64 + 1;
        is_whole.then_some(&self.text)
    }
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(file: R) -> Self {
        Self(file)
    }

    pub(super) fn next(&mut self) -> io::Result<Line> {
        let mut line = Line { text: vec![], length: 0, ends_in_zeros: true, is_ended: false };
        while !line.is_ended {
            let block = match self.0.fill_buf() {
                Ok([]) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                block => block?,
            };
            let end = block.iter().position(|byte| *byte == b'\n');
            let part = &block[..end.unwrap_or(block.len())];
            let is_text = line.length == line.text.len() as u64;
            let text = part.iter().position(|byte| *byte == 0).unwrap_or(part.len());
            let text = if is_text { text.min(MAX_LINE - line.text.len()) } else { 0 };
            line.text.extend(&part[..text]);
            line.ends_in_zeros &= part[text..].iter().all(|byte| *byte == 0);
            line.is_ended = end.is_some();
            let length = part.len() + usize::from(line.is_ended);
            line.length += length as u64;
            self.0.consume(length);
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    proptest! {
        #[test]
        fn lines_are_those_of_the_file(
            bytes in prop::collection::vec(prop::sample::select(vec![b'\n', 0, b'a', 0xff]), 0..40),
            buffer in 1..9usize,
        ) {
            let mut lines = Lines::of(BufReader::with_capacity(buffer, &bytes[..]));
            for expected in bytes.split_inclusive(|byte| *byte == b'\n') {
                let line = lines.next().unwrap();
                prop_assert_eq!(line.length, expected.len() as u64);
                let inner = expected.strip_suffix(b"\n");
                prop_assert_eq!(line.whole(), inner.filter(|text| !text.contains(&0)));
                let inner = inner.unwrap_or(expected);
                let text = inner.split(|byte| *byte == 0).next().unwrap();
                prop_assert_eq!(&line.text, text);
                let ends_in_zeros = inner[text.len()..].iter().all(|byte| *byte == 0);
                prop_assert_eq!(line.ends_in_zeros, ends_in_zeros);
            }
            prop_assert_eq!(lines.next().unwrap().length, 0);
        }
    }
}
