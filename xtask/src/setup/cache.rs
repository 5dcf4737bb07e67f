//! The user's cache: one for all checkouts, each of its folders there as a whole or not at all.

use super::{VERSION, installation};
use crate::say::say;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A way to get libtorch.
pub(super) struct Way {
    /// How notices and errors call it.
    pub(super) name: &'static str,
    /// Leaves libtorch in the folder [`STAGED`] of the given staging folder, and may use the rest of that.
    pub(super) fetch: fn(&Path) -> Result<()>,
}

/// The folder below the staging folder that becomes the cached one.
pub(crate) const STAGED: &str = "staged";

const STAGING_PREFIX: &str = "staging-";

/// A folder with at most one copy of libtorch, and whatever else is made once for all checkouts.
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache of the user.
    pub(crate) fn of_user() -> Result<Self> {
        let caches = dirs::cache_dir().context("there is no cache directory: HOME is not set")?;
        let folder = caches.join("a2d");
        Ok(Self { folder })
    }

    /// The cached libtorch. When there is none yet, tries the ways in order until one succeeds.
    pub(super) fn libtorch(&self, ways: &[Way]) -> Result<PathBuf> {
        let name = format!("libtorch-{VERSION}-cpu");
        self.home(&name, &installation::check, &|| self.fetch(ways))
    }

    /// The cached folder of this name. When there is none that passes the check, `make` leaves it in the folder
    /// [`STAGED`] of a [staging folder](Self::staging).
    pub(crate) fn home(
        &self,
        name: &str,
        check: &dyn Fn(&Path) -> Result<()>,
        make: &dyn Fn() -> Result<TempDir>,
    ) -> Result<PathBuf> {
        let home = self.folder.join(name);
        if check(&home).is_ok() {
            return Ok(home);
        }
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        let _lock = self.lock()?;
        // Another setup may have filled the cache while this one waited for the lock.
        if check(&home).is_err() {
            self.remove_stale_staging()?;
            move_in(&make()?, &home)?;
        }
        Ok(home)
    }

    /// A folder to make things in.
    pub(crate) fn staging(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix(STAGING_PREFIX)
            .tempdir_in(&self.folder)
            .with_context(|| format!("cannot write to {}", self.folder.display()))
    }

    /// Held while a folder is made, so that every staging folder found meanwhile is a dead one.
    fn lock(&self) -> Result<File> {
        let path = self.folder.join("setup.lock");
        let lock = || -> std::io::Result<File> {
            let file = File::create(&path)?;
            if file.try_lock().is_err() {
                say(format_args!("waiting for another setup to finish"));
                file.lock()?;
            }
            Ok(file)
        };
        lock().with_context(|| format!("cannot lock {}", path.display()))
    }

    /// Removes what interrupted runs left behind.
    fn remove_stale_staging(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(STAGING_PREFIX) {
                let path = entry.path();
                fs::remove_dir_all(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn fetch(&self, ways: &[Way]) -> Result<TempDir> {
        let mut failures = Vec::new();
        for way in ways {
            say(format_args!("fetching libtorch {VERSION} from {}", way.name));
            let staging = self.staging()?;
            let outcome = (way.fetch)(staging.path())
                .and_then(|()| installation::check(&staging.path().join(STAGED)));
            match outcome {
                Ok(()) => return Ok(staging),
                Err(error) => {
                    say(format_args!("{} failed: {error:#}", way.name));
                    failures.push(format!("{}: {error:#}", way.name));
                }
            }
        }
        bail!(
            "cannot get libtorch {VERSION}; {}; set LIBTORCH to an unpacked libtorch {VERSION}, or install \
             python3 with pip and try again",
            failures.join("; ")
        )
    }
}

fn move_in(staging: &TempDir, home: &Path) -> Result<()> {
    let shown = home.display();
    if home.exists() {
        // It is not whole, or the check would have passed.
        fs::remove_dir_all(home).with_context(|| format!("cannot replace {shown}"))?;
    }
    fs::rename(staging.path().join(STAGED), home).with_context(|| format!("cannot move to {shown}"))
}

#[cfg(test)]
mod tests {
    use super::super::installation::tests::imitate;
    use super::*;

    const BROKEN: Way = Way {
        name: "the broken way",
        fetch: |staging| {
            fs::create_dir(staging.join(STAGED))?;
            bail!("no route to host")
        },
    };
    const HOLLOW: Way =
        Way { name: "the hollow way", fetch: |staging| Ok(fs::create_dir(staging.join(STAGED))?) };
    const GOOD: Way = Way {
        name: "the good way",
        fetch: |staging| {
            imitate(&staging.join(STAGED));
            Ok(())
        },
    };
    const NEVER: Way = Way {
        name: "the way not taken",
        fetch: |_| panic!("a way was tried after one that succeeded"),
    };

    fn empty() -> (TempDir, Cache) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a2d");
        (parent, Cache { folder })
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_way_that_succeeds_fills_the_cache() {
        let (_parent, cache) = empty();
        let home = cache.libtorch(&[BROKEN, HOLLOW, GOOD, NEVER]).unwrap();
        installation::check(&home).unwrap();
        assert_eq!(names_in(&cache.folder), ["libtorch-2.13.0-cpu", "setup.lock"]);
    }

    #[test]
    fn a_filled_cache_needs_no_way() {
        let (_parent, cache) = empty();
        let home = cache.libtorch(&[GOOD]).unwrap();
        assert_eq!(cache.libtorch(&[NEVER]).unwrap(), home);
    }

    #[test]
    fn a_damaged_copy_is_replaced() {
        let (_parent, cache) = empty();
        let home = cache.libtorch(&[GOOD]).unwrap();
        fs::remove_file(home.join(installation::LIBRARY)).unwrap();
        assert!(cache.libtorch(&[BROKEN]).is_err());
        cache.libtorch(&[GOOD]).unwrap();
        installation::check(&home).unwrap();
    }

    #[test]
    fn stale_staging_folders_are_removed() {
        let (_parent, cache) = empty();
        let stale = cache.folder.join("staging-Xy12");
        fs::create_dir_all(stale.join("libtorch/lib")).unwrap();
        fs::create_dir(cache.folder.join("datasets")).unwrap();
        cache.libtorch(&[GOOD]).unwrap();
        let left = names_in(&cache.folder);
        assert_eq!(left, ["datasets", "libtorch-2.13.0-cpu", "setup.lock"]);
    }

    #[test]
    fn when_every_way_fails_the_error_tells_what_each_said_and_nothing_is_left() {
        let (_parent, cache) = empty();
        let error = cache.libtorch(&[BROKEN, HOLLOW]).unwrap_err().to_string();
        assert!(error.contains("the broken way: no route to host; the hollow way: "), "{error}");
        assert!(error.contains("is no libtorch"), "{error}");
        assert!(error.contains("set LIBTORCH"), "{error}");
        assert!(!error.contains('\n'), "{error}");
        assert_eq!(names_in(&cache.folder), ["setup.lock"]);
    }
}
