//! What the files of libtorch hash to: what hashes otherwise is not unpacked.

use crate::content;
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::env;
use std::path::Path;

/// The variable by which the user vouches for an archive.
pub(super) const VARIABLE: &str = "A2D_LIBTORCH_SHA256";

/// The hash that the user expects of the official archive, for which none is published.
pub(super) fn of_archive() -> Result<String> {
    let Some(hash) = env::var_os(VARIABLE) else {
        bail!(
            "no hash of it is published; set {VARIABLE} to the SHA-256 of the archive that you trust"
        );
    };
    let hash = hash.to_string_lossy().to_ascii_lowercase();
    ensure!(is_hash(&hash), "expected {VARIABLE} to be the 64 hexadecimal digits of a SHA-256");
    Ok(hash)
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Refuses a file with another hash.
pub(super) fn check(file: &Path, expected: &str) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut digest = Sha256::new();
    content::digest(file, &mut digest).with_context(|| format!("cannot read {name}"))?;
    let found = hex::encode(digest.finalize());
    ensure!(found == expected, "{name} has SHA-256 {found}, expected {expected}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // printf hello | sha256sum
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libtorch.zip");
        std::fs::write(&file, "hello").unwrap();
        check(&file, HELLO).unwrap();
        std::fs::write(&file, "jello").unwrap();
        let error = check(&file, HELLO).unwrap_err().to_string();
        assert!(error.starts_with("libtorch.zip has SHA-256 "), "{error}");
        assert!(error.ends_with(&format!("expected {HELLO}")), "{error}");
    }

    #[test]
    fn a_hash_has_64_digits() {
        assert!(is_hash(HELLO));
        assert!(!is_hash(&HELLO[1..]) && !is_hash(&HELLO.replace('2', "g")));
    }
}
