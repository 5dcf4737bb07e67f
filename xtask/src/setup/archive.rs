//! The official CPU archive, downloaded by curl, for who vouches for its hash: none is published.

use super::cache::STAGED;
use super::program::run;
use super::unpack::unpack;
use super::{VERSION, hashes};
use anyhow::{Context, Result};
use std::env::consts::{ARCH, OS};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

/// Downloads and unpacks the archive for the platform at hand.
pub(super) fn fetch(staging: &Path) -> Result<()> {
    let name = file_name(OS, ARCH).with_context(|| format!("there is none for {OS} on {ARCH}"))?;
    let hash = hashes::of_archive()?;
    let archive = staging.join("libtorch.zip");
    let url = format!("https://download.pytorch.org/libtorch/cpu/{name}");
    run(&mut curl(&url, &archive), |output| &output.stdout)?;
    hashes::check(&archive, &hash)?;
    unpack(&archive, &staging.join(STAGED), |entry| {
        entry.strip_prefix("libtorch").ok().map(Path::to_path_buf)
    })
}

/// The archive's name on the server; `%2B` is a plus sign.
fn file_name(os: &str, architecture: &str) -> Option<String> {
    match (os, architecture) {
        ("linux", "x86_64") => Some(format!("libtorch-shared-with-deps-{VERSION}%2Bcpu.zip")),
        ("macos", "aarch64") => Some(format!("libtorch-macos-arm64-{VERSION}.zip")),
        ("windows", "x86_64") => Some(format!("libtorch-win-shared-with-deps-{VERSION}%2Bcpu.zip")),
        _ => None,
    }
}

/// Curl draws its bar on stderr, so what went wrong is asked for on stdout.
fn curl(url: &str, to: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--connect-timeout", "10"])
        .args(["--proto", "=https", "--proto-redir", "=https"])
        .args(["--speed-limit", "1000", "--speed-time", "30"]) // a stalled server is given up
        .args(["--write-out", "%{errormsg}"])
        .arg(if io::stderr().is_terminal() { "--progress-bar" } else { "--silent" })
        .arg("--output")
        .arg(to)
        .arg(url)
        .stdout(Stdio::piped());
    curl
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_without_an_official_archive_have_no_name() {
        let linux = file_name("linux", "x86_64").unwrap();
        assert_eq!(linux, "libtorch-shared-with-deps-2.13.0%2Bcpu.zip");
        assert_eq!(file_name("linux", "riscv64"), None);
        assert_eq!(file_name("macos", "x86_64"), None);
    }
}
