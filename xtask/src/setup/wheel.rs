//! libtorch out of the Python package, for where only a package index can be reached.
//!
//! The package for Linux is built for CUDA, but its CPU half works alone: `libtorch_cpu.so` asks for no more of
//! CUDA than two small libraries, and `libtorch.so`, which would ask for the rest, is an empty library that
//! only names others, so a linker script takes its place.

use super::VERSION;
use super::cache::STAGED;
use super::installation::VERSION_FILE;
use super::program::{PYTHON, run};
use super::unpack::unpack;
use anyhow::{Context, Result, ensure};
use std::env::consts::{ARCH, OS};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What makes a libtorch on one platform.
struct Recipe {
    /// The packages, as pip is asked for them, each with the SHA-256 of its wheel for Python 3.11.
    // As the index gives them: pip install --dry-run --ignore-installed --no-deps --only-binary=:all:
    // --python-version 3.11 [--platform macosx_14_0_arm64] --target x --report - PACKAGES
    packages: &'static [(&'static str, &'static str)],
    /// The libraries to take out of their wheels.
    libraries: &'static [&'static str],
    /// A file of `lib` to write instead of taking it, and its text.
    linker_script: Option<(&'static str, &'static str)>,
}

const LINUX_X86_64: Recipe = Recipe {
    packages: &[
        ("torch==2.13.0", "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7"),
        (
            "nvidia-cuda-runtime==13.0.96",
            "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        ),
        (
            "nvidia-cuda-cupti==13.0.85",
            "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        ),
    ],
    libraries: &[
        "libc10.so",
        "libcudart.so.13",
        "libcupti.so.13",
        "libgomp.so.1",
        "libshm.so",
        "libtorch_cpu.so",
        "libtorch_global_deps.so",
    ],
    linker_script: Some(("libtorch.so", "INPUT ( -ltorch_cpu )\n")),
};

const MACOS_ARM64: Recipe = Recipe {
    packages: &[(
        "torch==2.13.0",
        "e76f9bcecc52b8ff711239a2f7547d5353df95878ab232f0773c1d95928b92f8",
    )],
    libraries: &[
        "libc10.dylib",
        "libomp.dylib",
        "libshm.dylib",
        "libtorch.dylib",
        "libtorch_cpu.dylib",
        "libtorch_global_deps.dylib",
    ],
    linker_script: None,
};

/// Downloads the wheels for the platform at hand and assembles libtorch from them.
pub(super) fn fetch(staging: &Path) -> Result<()> {
    let recipe = match (OS, ARCH) {
        ("linux", "x86_64") => Some(LINUX_X86_64),
        ("macos", "aarch64") => Some(MACOS_ARM64),
        _ => None,
    };
    let recipe = recipe.with_context(|| format!("no recipe for {OS} on {ARCH}"))?;
    let (folder, requirements) = (staging.join("wheels"), staging.join("requirements.txt"));
    fs::write(&requirements, recipe.requirements())?;
    run(&mut pip_download(&requirements, &folder), |output| &output.stderr)?;
    let wheels =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    recipe.assemble(&wheels, &staging.join(STAGED))
}

/// Any interpreter will do: no Python runs in the end, but wheels are named after the one they are for.
///
/// pip refuses wheels with other hashes than the requirements say, wherever they come from.
fn pip_download(requirements: &Path, to: &Path) -> Command {
    let bar = if io::stderr().is_terminal() { "on" } else { "off" };
    let mut pip = Command::new(PYTHON);
    pip.args(["-m", "pip", "download", "--disable-pip-version-check"])
        .args(["--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--require-hashes"])
        .args(["--progress-bar", bar, "--dest"])
        .arg(to)
        .arg("--requirement")
        .arg(requirements)
        .stdout(io::stderr())
        .stderr(Stdio::piped());
    pip
}

impl Recipe {
    /// The packages and their hashes, as pip reads them.
    fn requirements(&self) -> String {
        let line = |(package, sha256): &(_, _)| format!("{package} --hash=sha256:{sha256}\n");
        self.packages.iter().map(line).collect()
    }

    fn assemble(&self, wheels: &[PathBuf], libtorch: &Path) -> Result<()> {
        for wheel in wheels {
            unpack(wheel, libtorch, |entry| self.place(entry))?;
        }
        let lib = libtorch.join("lib");
        for library in self.libraries {
            ensure!(lib.join(library).exists(), "the wheels have no {library}");
        }
        if let Some((name, text)) = self.linker_script {
            fs::write(lib.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
        fs::write(libtorch.join(VERSION_FILE), format!("{VERSION}\n"))
            .with_context(|| format!("cannot write {VERSION_FILE}"))
    }

    /// Where in libtorch an entry of a wheel belongs: `torch/include` as it is, a wanted library in `lib`.
    fn place(&self, entry: &Path) -> Option<PathBuf> {
        if let Ok(header) = entry.strip_prefix("torch/include") {
            return Some(Path::new("include").join(header));
        }
        let name = entry.file_name()?.to_str()?;
        let wanted = self.libraries.contains(&name) && entry.parent()?.ends_with("lib");
        wanted.then(|| Path::new("lib").join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::unpack::tests::write_zip;
    use super::*;

    const RECIPE: Recipe = Recipe {
        packages: &[],
        libraries: &["libtorch_cpu.so", "libcudart.so.13"],
        linker_script: Some(("libtorch.so", "INPUT ( -ltorch_cpu )\n")),
    };

    #[test]
    fn wheels_give_headers_wanted_libraries_a_linker_script_and_the_version() {
        let folder = tempfile::tempdir().unwrap();
        let torch = folder.path().join("torch.whl");
        write_zip(
            &torch,
            &[
                ("torch/include/ATen/ATen.h", "header"),
                ("torch/lib/libtorch_cpu.so", "operators"),
                ("torch/lib/libtorch.so", "needs CUDA"),
                ("torch/lib/libtorch_cuda.so", "large"),
                ("torch/nn/functional.py", "import torch"),
            ],
        );
        let cuda = folder.path().join("cuda.whl");
        write_zip(&cuda, &[("nvidia/cu13/lib/libcudart.so.13", "runtime")]);

        let libtorch = folder.path().join("libtorch");
        RECIPE.assemble(&[torch, cuda], &libtorch).unwrap();
        let read = |path| fs::read_to_string(libtorch.join(path)).unwrap();
        assert_eq!(read("include/ATen/ATen.h"), "header");
        assert_eq!(read("lib/libtorch_cpu.so"), "operators");
        assert_eq!(read("lib/libcudart.so.13"), "runtime");
        assert_eq!(read("lib/libtorch.so"), "INPUT ( -ltorch_cpu )\n");
        assert_eq!(read("build-version"), "2.13.0\n");
        assert_eq!(fs::read_dir(libtorch.join("lib")).unwrap().count(), 3);
        assert!(!libtorch.join("nn").exists());
    }

    #[test]
    fn a_missing_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let torch = folder.path().join("torch.whl");
        write_zip(&torch, &[("torch/lib/libtorch_cpu.so", "operators")]);
        let outcome = RECIPE.assemble(&[torch], &folder.path().join("libtorch"));
        let error = outcome.unwrap_err().to_string();
        assert_eq!(error, "the wheels have no libcudart.so.13");
    }

    #[test]
    fn every_recipe_is_for_the_version_in_use() {
        for recipe in [LINUX_X86_64, MACOS_ARM64] {
            let torch = format!("torch=={VERSION} --hash=sha256:");
            assert!(recipe.requirements().starts_with(&torch));
            for line in recipe.requirements().lines() {
                assert_eq!(line.rsplit(':').next().unwrap().len(), 64, "{line}");
            }
        }
    }
}
