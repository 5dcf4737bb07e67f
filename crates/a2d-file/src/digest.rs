//! SHA-256 of the bytes of a file.

use std::io::{self, Read as _, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Hex SHA-256 of the regular file at `path`.
///
/// # Errors
/// What the system says of it.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = crate::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hex::encode(hash.finalize())),
            Ok(length) => hash.update(&block[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Passes bytes on and takes their digest.
pub(crate) struct Digesting<'a> {
    sink: &'a mut dyn Write,
    hash: Sha256,
}

impl<'a> Digesting<'a> {
    pub(crate) fn into(sink: &'a mut dyn Write) -> Self {
        Self { sink, hash: Sha256::new() }
    }

    /// Hex SHA-256 of what was passed on.
    pub(crate) fn finish(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.sink.write(bytes)?;
        self.hash.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // printf hello | sha256sum
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn bytes_have_the_same_digest_on_the_way_and_in_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut sink = file.as_file();
        let mut digesting = Digesting::into(&mut sink);
        digesting.write_all(b"hel").unwrap();
        digesting.write_all(b"lo").unwrap();
        assert_eq!(digesting.finish(), HELLO);
        assert_eq!(sha256(file.path()).unwrap(), HELLO);
    }
}
