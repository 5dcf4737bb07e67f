//! What is in a package, and what has to be.

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use tar::Archive;

const NEEDED: [&str; 4] = ["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];
const LARGEST_FILE: u64 = 1 << 20;

/// By what sources take in other files.
const INCLUDES: [&str; 3] = ["include!(\"", "include_bytes!(\"", "include_str!(\""];

/// A file of a package.
pub(super) struct Packed {
    /// From the top of the archive, which has a folder of the package's name and version.
    path: PathBuf,
    bytes: u64,
    /// Neither a link nor a folder.
    is_regular: bool,
    /// The text of a Rust source; of others nothing is read.
    source: String,
}

/// All that is in a `.crate` file, which is a gzipped tar archive.
pub(super) fn read(package: &Path) -> Result<Vec<Packed>> {
    let entries = || -> Result<Vec<Packed>> {
        let mut archive = Archive::new(GzDecoder::new(File::open(package)?));
        let mut files = Vec::new();
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            let (bytes, is_regular) = (entry.size(), entry.header().entry_type().is_file());
            let mut source = String::new();
            if path.extension().is_some_and(|extension| extension == "rs") {
                entry.read_to_string(&mut source)?;
            }
            files.push(Packed { path, bytes, is_regular, source });
        }
        Ok(files)
    };
    entries().with_context(|| format!("cannot read {}", package.display()))
}

/// What is wrong with the package of this name and version.
pub(super) fn violations(name: &str, files: &[Packed]) -> Vec<String> {
    let has = |path: &Path| files.iter().any(|file| file.path == path && file.bytes > 0);
    let mut violations: Vec<String> = NEEDED
        .iter()
        .filter(|needed| !has(&Path::new(name).join(needed)))
        .map(|needed| format!("{name}: it has no {needed}"))
        .collect();
    for file in files {
        let shown = file.path.display();
        if resolved(&file.path).is_none_or(|path| !path.starts_with(name) || path != file.path) {
            violations.push(format!("{name}: {shown} leads out of it"));
        }
        if !file.is_regular {
            violations.push(format!("{name}: {shown} is no regular file"));
        }
        if file.bytes > LARGEST_FILE {
            let (bytes, most) = (file.bytes, LARGEST_FILE);
            violations.push(format!("{name}: {shown} has {bytes} bytes, over {most}"));
        }
        let folder = file.path.parent().unwrap_or(Path::new(""));
        for included in included(&file.source) {
            if resolved(&folder.join(included)).is_none_or(|path| !has(&path)) {
                violations.push(format!("{name}: {shown} includes {included}, which is not in it"));
            }
        }
    }
    violations
}

/// A path without its `..`; none if it leads out of the archive.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => resolved.push(name),
            Component::ParentDir => resolved.pop().then_some(())?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(resolved)
}

/// The paths that a source includes; those that it puts together from parts are not known.
fn included(source: &str) -> impl Iterator<Item = &str> {
    let behind = |include: &'static str| source.split(include).skip(1);
    INCLUDES.into_iter().flat_map(behind).filter_map(|rest| rest.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    const WHOLE: [(&str, &str); 5] = [
        ("Cargo.toml", "[package]"),
        ("README.md", "# a"),
        ("LICENSE-MIT", "MIT"),
        ("LICENSE-APACHE", "Apache"),
        ("src/lib.rs", "#[doc = include_str!(\"../README.md\")]"),
    ];

    fn packed(path: &str, source: &str) -> Packed {
        let (bytes, source) = (source.len() as u64, source.to_owned());
        Packed { path: path.into(), bytes, is_regular: true, source }
    }

    /// A whole package and a further file.
    fn with(file: Packed) -> Vec<Packed> {
        let whole = WHOLE.map(|(path, text)| packed(&format!("a-1.0.0/{path}"), text));
        whole.into_iter().chain([file]).collect()
    }

    #[test]
    fn a_whole_package_is_read_and_fine() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a-1.0.0.crate");
        let encoder = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        let mut archive = Builder::new(encoder);
        for (path, text) in WHOLE {
            let mut header = Header::new_gnu();
            header.set_size(text.len() as u64);
            let path = format!("a-1.0.0/{path}");
            archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        let files = read(&path).unwrap();
        assert_eq!((files.len(), files[4].source.as_str()), (5, WHOLE[4].1));
        assert_eq!(violations("a-1.0.0", &files), Vec::<String>::new());
    }

    #[test]
    fn each_file_that_is_missing_or_empty_is_named() {
        for needed in NEEDED {
            let path = Path::new("a-1.0.0").join(needed);
            let mut files = with(packed("a-1.0.0/src/main.rs", "fn main() {}"));
            files[4].source.clear();
            let place = files.iter().position(|file| file.path == path).unwrap();
            files[place].bytes = 0;
            let expected = format!("a-1.0.0: it has no {needed}");
            assert_eq!(violations("a-1.0.0", &files), [expected.as_str()]);
            files.remove(place);
            assert_eq!(violations("a-1.0.0", &files), [expected]);
        }
    }

    #[test]
    fn what_leads_out_links_or_is_large_is_found() {
        for path in ["b-1.0.0/x", "a-1.0.0/../x", "../x", "/x"] {
            let expected = format!("a-1.0.0: {path} leads out of it");
            assert_eq!(violations("a-1.0.0", &with(packed(path, ""))), [expected]);
        }
        let link = Packed { is_regular: false, ..packed("a-1.0.0/x", "") };
        assert_eq!(violations("a-1.0.0", &with(link)), ["a-1.0.0: a-1.0.0/x is no regular file"]);
        let of = |bytes| Packed { bytes, ..packed("a-1.0.0/x", "") };
        assert!(violations("a-1.0.0", &with(of(LARGEST_FILE))).is_empty());
        let expected = "a-1.0.0: a-1.0.0/x has 1048577 bytes, over 1048576";
        assert_eq!(violations("a-1.0.0", &with(of(LARGEST_FILE + 1))), [expected]);
    }

    #[test]
    fn what_a_source_includes_has_to_be_there() {
        let includes = |text: &str| violations("a-1.0.0", &with(packed("a-1.0.0/src/b.rs", text)));
        assert!(
            includes("include_bytes!(\"./lib.rs\"), include_str!(\"../LICENSE-MIT\")").is_empty()
        );
        for path in ["c.txt", "../../../data/c.txt", "../../README.md"] {
            let expected = "a-1.0.0: a-1.0.0/src/b.rs includes PATH, which is not in it";
            let expected = expected.replace("PATH", path);
            for include in INCLUDES {
                assert_eq!(includes(&format!("{include}{path}\")")), [expected.as_str()]);
            }
        }
    }
}
