//! A libtorch that the user names by `LIBTORCH_USE_PYTORCH` or `LIBTORCH`.

use super::installation;
use super::program::{PYTHON, run};
use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints version and folder of the installed Python package, without the seconds that importing it takes.
const LOCATE: &str = "
import importlib.metadata, importlib.util
print(importlib.metadata.version('torch'))
print(importlib.util.find_spec('torch').submodule_search_locations[0])";

/// The libtorch that the environment names, checked. torch-sys heeds the two variables in the same order.
///
/// Cargo itself sets `LIBTORCH` to `link` when the user does not; that names nothing.
pub(super) fn libtorch(link: &Path) -> Result<Option<PathBuf>> {
    if env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        let package = installed_package().and_then(|folder| checked(&folder));
        return package.map(Some).context("LIBTORCH_USE_PYTORCH is set");
    }
    named_folder(env::var_os("LIBTORCH").map(PathBuf::from), link)
}

fn named_folder(variable: Option<PathBuf>, link: &Path) -> Result<Option<PathBuf>> {
    match variable {
        Some(folder) if folder != link => checked(&folder).map(Some).context("LIBTORCH is set"),
        _ => Ok(None),
    }
}

/// The real path: were the folder named through the link, the link would come to point to itself.
fn checked(folder: &Path) -> Result<PathBuf> {
    installation::check(folder)?;
    folder.canonicalize().with_context(|| format!("cannot resolve {}", folder.display()))
}

fn installed_package() -> Result<PathBuf> {
    let mut python = Command::new(PYTHON);
    python.args(["-c", LOCATE]);
    python.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = run(&mut python, |output| &output.stderr)?;
    let answer = String::from_utf8_lossy(&output.stdout);
    let (version, folder) =
        answer.trim().split_once('\n').context("python did not say where torch is")?;
    installation::check_version(version)?;
    Ok(PathBuf::from(folder.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::installation::tests::imitate;
    use super::*;

    #[test]
    fn a_good_folder_is_taken_by_its_real_path() {
        let folder = tempfile::tempdir().unwrap();
        imitate(folder.path());
        let named = folder.path().join("lib/..");
        let found = named_folder(Some(named), Path::new("/w/.libtorch")).unwrap();
        assert_eq!(found, Some(folder.path().canonicalize().unwrap()));
    }

    #[test]
    fn a_bad_folder_is_an_error_and_not_a_reason_to_look_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let error = named_folder(Some(folder.path().into()), Path::new("/w/.libtorch"));
        let error = format!("{:#}", error.unwrap_err());
        assert!(error.starts_with("LIBTORCH is set: "), "{error}");
        assert!(error.contains("is no libtorch"), "{error}");
    }

    #[test]
    fn neither_an_unset_variable_nor_the_link_names_anything() {
        let link = Path::new("/w/.libtorch");
        assert_eq!(named_folder(None, link).unwrap(), None);
        assert_eq!(named_folder(Some(link.into()), link).unwrap(), None);
    }
}
