//! Files whose content is known before they are there.

/// A file that was published once and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name. MNIST is published with `.gz` after it.
    pub name: &'static str,
    /// Its length in bytes, without that compression.
    pub len: u64,
    /// Its hexadecimal SHA-256, without that compression.
    pub sha256: &'static str,
}
