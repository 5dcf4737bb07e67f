//! Whether a command can write what it is to write, before it does any work.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::identity::{self, Identity};
use crate::links;
use crate::lock::Lock;
use crate::target::{self, Target};
use crate::{Error, Result, card, journal, whole};

/// What a command reads and writes, each named by its argument.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let images = folder.path().join("x.npy");
/// std::fs::write(&images, "images")?;
/// let plan = || a2d_file::Plan::new().reads("--input", &images);
///
/// let error = plan().writes("--out", &images).claim().unwrap_err();
/// assert!(error.to_string().ends_with("x.npy: it is what the command reads (--input)"));
///
/// let costs = folder.path().join("x.csv");
/// let claim = plan().writes_work("--out", &costs).claim()?;
/// assert!(plan().writes("--out", &costs).claim().is_err(), "until the claim is dropped");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Plan<'a> {
    reads: Vec<(&'a str, &'a Path)>,
    reads_all_in: Vec<(&'a str, PathBuf)>,
    writes: Vec<(&'a str, Output<'a>)>,
}

#[derive(Debug)]
enum Output<'a> {
    /// A file, and what lies beside it.
    File { path: &'a Path, beside: Vec<PathBuf> },
    /// A folder that is filled with files of this extension.
    Folder { path: &'a Path, extension: &'a str },
}

/// The sole right to write what was planned, until it is dropped or the process dies.
#[derive(Debug)]
pub struct Claim {
    _locks: Vec<Lock>,
}

impl<'a> Plan<'a> {
    /// A command that reads and writes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// It reads this file, with its card if it has one.
    #[must_use]
    pub fn reads(mut self, role: &'a str, path: &'a Path) -> Self {
        self.reads.push((role, path));
        self
    }

    /// It reads these files, with their cards.
    #[must_use]
    pub fn reads_all(
        mut self,
        role: &'a str,
        paths: impl IntoIterator<Item = &'a (impl AsRef<Path> + ?Sized + 'a)>,
    ) -> Self {
        self.reads.extend(paths.into_iter().map(|path| (role, path.as_ref())));
        self
    }

    /// It reads what is in this folder.
    #[must_use]
    pub fn reads_all_in(mut self, role: &'a str, folder: PathBuf) -> Self {
        self.reads_all_in.push((role, folder));
        self
    }

    /// It writes this file alone.
    #[must_use]
    pub fn writes(mut self, role: &'a str, path: &'a Path) -> Self {
        self.writes.push((role, Output::File { path, beside: vec![] }));
        self
    }

    /// It writes this file and its card.
    #[must_use]
    pub fn writes_with_card(mut self, role: &'a str, path: &'a Path) -> Self {
        let beside = vec![card::path(path)];
        self.writes.push((role, Output::File { path, beside }));
        self
    }

    /// It writes this file and its card, and keeps what is done of them beside them.
    #[must_use]
    pub fn writes_work(mut self, role: &'a str, path: &'a Path) -> Self {
        let beside = vec![card::path(path), journal::path(path)];
        self.writes.push((role, Output::File { path, beside }));
        self
    }

    /// It fills this folder, made if need be, with files of this extension.
    #[must_use]
    pub fn fills(mut self, role: &'a str, path: &'a Path, extension: &'a str) -> Self {
        self.writes.push((role, Output::Folder { path, extension }));
        self
    }

    /// Checks that every output can be written and takes the place of no input and no other output, and
    /// takes the sole right to write them.
    ///
    /// # Errors
    /// [`Error::WritesInput`], [`Error::WritesTwice`]; [`Error::Write`] if an output cannot be;
    /// [`Error::Busy`] if another process writes one.
    pub fn claim(self) -> Result<Claim> {
        let mut taken = self.taken();
        for (role, output) in &self.writes {
            self.check_apart_from_folders(output)?;
            for (path, identity) in output.files()? {
                match taken.get(&identity) {
                    Some(Use::Read(role)) => {
                        return Err(Error::WritesInput { path, role: role.clone() });
                    }
                    Some(Use::Written(role)) => {
                        return Err(Error::WritesTwice { path, role: role.clone() });
                    }
                    None => taken.insert(identity, Use::Written((*role).to_owned())),
                };
            }
        }
        self.check_folders()?;
        let mut locks = vec![];
        for (_, output) in &self.writes {
            output.lock(&mut locks)?;
        }
        Ok(Claim { _locks: locks })
    }

    /// The files that are no place for an output.
    fn taken(&self) -> HashMap<Identity, Use> {
        let mut taken = HashMap::new();
        for (role, path) in &self.reads {
            let card = [Some(card::path(path)), card::old_path(path)];
            for card in card.into_iter().flatten().filter(|card| card.exists()) {
                let role = Use::Read(format!("the card of {role}"));
                taken.entry(Identity::of(&card)).or_insert(role);
            }
            taken.insert(Identity::of(path), Use::Read((*role).to_owned()));
        }
        for stream in identity::printed() {
            taken.entry(stream).or_insert(Use::Written("what is printed".into()));
        }
        taken
    }

    /// Refuses an output in a folder that the command reads all of.
    fn check_apart_from_folders(&self, output: &Output<'_>) -> Result<()> {
        let path = output.path();
        let end = links::follow(path).map_err(Error::write(path))?;
        let end = std::path::absolute(end).map_err(Error::write(path))?;
        for (role, folder) in &self.reads_all_in {
            let folder = Identity::of(folder);
            if end.ancestors().any(|place| Identity::of(place) == folder) {
                return Err(Error::WritesInput { path: path.to_owned(), role: (*role).to_owned() });
            }
        }
        Ok(())
    }

    /// Refuses a file among those that fill a folder, and a folder in the place of a file.
    fn check_folders(&self) -> Result<()> {
        for (role, output) in &self.writes {
            let Output::Folder { path: folder, extension } = output else { continue };
            let identity = Identity::of(folder);
            let others = self.writes.iter().filter_map(|(other, output)| match output {
                Output::File { path, .. } => Some((*other, *path)),
                Output::Folder { .. } => None,
            });
            for (other, path) in others {
                let is_among_them = path.extension().is_some_and(|own| own == *extension)
                    && Identity::of(links::folder(path)) == identity;
                if is_among_them {
                    return Err(Error::WritesTwice {
                        path: path.to_owned(),
                        role: (*role).to_owned(),
                    });
                }
                let file = Identity::of(path);
                if folder.ancestors().any(|place| Identity::of(place) == file) {
                    return Err(Error::WritesTwice {
                        path: (*folder).to_owned(),
                        role: other.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// What a file is for.
enum Use {
    Read(String),
    Written(String),
}

impl Output<'_> {
    fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } | Self::Folder { path, .. } => path,
        }
    }

    /// The files that are written, or may be replaced.
    fn files(&self) -> Result<Vec<(PathBuf, Identity)>> {
        let identified = |path: PathBuf| {
            let identity = Identity::of(&path);
            (path, identity)
        };
        match self {
            Self::File { path, beside } => {
                let all = std::iter::once((*path).to_owned()).chain(beside.iter().cloned());
                all.map(|path| {
                    Target::of(&path).map_err(Error::write(&path))?;
                    Ok(identified(path))
                })
                .collect()
            }
            Self::Folder { path, extension } => {
                let there = files(path, extension).map_err(Error::write(path))?;
                Ok(there.into_iter().map(identified).collect())
            }
        }
    }

    fn lock(&self, locks: &mut Vec<Lock>) -> Result<()> {
        match self {
            Self::File { path, beside } => {
                locks.push(Lock::of(path)?);
                let journal = journal::path(path);
                for beside in beside {
                    if *beside == journal {
                        // Its lock is its own, while it is open.
                        target::check_no_link(beside).map_err(Error::write(beside))?;
                        whole::sweep(beside)?;
                    } else {
                        locks.push(Lock::of(beside)?);
                    }
                }
                Ok(())
            }
            Self::Folder { path, extension } => {
                locks.push(Lock::of_folder(path)?);
                let left = files(path, whole::EXTENSION).map_err(Error::write(path))?;
                for left in left.iter().map(|left| left.with_extension("")) {
                    let name = left.file_name().and_then(|name| name.to_str());
                    let name = name.and_then(|name| name.strip_prefix('.')).map(Path::new);
                    if let Some(name) =
                        name.filter(|name| name.extension() == Some(extension.as_ref()))
                    {
                        whole::sweep(&path.join(name))?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// The files of this extension in a folder; none if the folder is not there.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut files = vec![];
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|own| own == extension) {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn folder(names: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), name).unwrap();
        }
        folder
    }

    fn message(plan: Plan<'_>) -> String {
        let error = plan.claim().unwrap_err();
        error.to_string()
    }

    #[test]
    fn no_output_takes_the_place_of_an_input() {
        let names = ["m.safetensors", "m.card.json", "x.npy", "x.npy.card.json", "y.csv.partial"];
        let folder = folder(&names);
        let at = |name: &str| folder.path().join(name);
        let (model, images, journal) = (at("m.safetensors"), at("x.npy"), at("y.csv.partial"));
        let plan = || {
            let plan = Plan::new().reads("--model", &model);
            plan.reads_all("--input", [&images, &journal])
        };
        for (name, role) in [
            ("m.safetensors", "(--model)"),
            ("m.card.json", "(the card of --model)"),
            // Whose card would have the old name of the model's.
            ("m", "m.card.json: it is what the command reads (the card of --model)"),
            ("x.npy", "(--input)"),
            ("./x.npy", "(--input)"),
            ("x.npy.card.json", "(the card of --input)"),
            // In the place of what lies beside the output.
            ("y.csv", "y.csv.partial: it is what the command reads (--input)"),
        ] {
            let out = at(name);
            let message = message(plan().writes_work("--out", &out));
            assert!(message.starts_with("write ") && message.contains(role), "{message}");
        }
        for name in ["m.csv", "x.csv", "z.safetensors"] {
            plan().writes_work("--out", &at(name)).claim().unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), names.len());
    }

    #[test]
    fn outputs_do_not_take_each_others_place() {
        let folder = folder(&[]);
        let at = |name: &str| folder.path().join(name);
        let (out, card, page) = (at("x.npy"), at("x.npy.card.json"), at("d/x.html"));
        fs::create_dir(at("d")).unwrap();
        let plan = || Plan::new().writes_with_card("--out", &out);
        for (second, named) in [(&out, "x.npy: "), (&card, "card.json: ")] {
            let message = message(plan().writes("--report", second));
            assert!(message.contains(named) && message.ends_with("(--out)"), "{message}");
        }
        let below = at("x.npy/png");
        assert!(message(plan().fills("--png-dir", &below, "png")).contains("(--out)"));
        assert!(message(plan().fills("--png-dir", &out, "png")).contains("(--out)"));
        let figures = at("d");
        let among = Plan::new().writes("--report", &page).fills("--figures", &figures, "html");
        assert!(message(among).contains("(--figures)"));
        plan().writes("--report", &page).fills("--figures", &figures, "svg").claim().unwrap();
    }

    #[test]
    fn what_fills_a_folder_replaces_no_input() {
        let folder = folder(&["00001.png", "x.npy"]);
        let (png, npy) = (folder.path().join("00001.png"), folder.path().join("x.npy"));
        let fills = |input| {
            Plan::new().reads("--input", input).fills("--png-dir", folder.path(), "png").claim()
        };
        assert!(fills(&png).unwrap_err().to_string().contains("00001.png: it is what"));
        fills(&npy).unwrap();
        // What a killed run left of one is swept, other files are not.
        let left = [".00002.png.a2d-new", ".x.npy.a2d-new"].map(|name| folder.path().join(name));
        for left in &left {
            fs::write(left, "a part").unwrap();
        }
        fills(&npy).unwrap();
        assert_eq!(left.map(|left| left.exists()), [false, true]);

        let data = folder.path().to_owned();
        let out = folder.path().join("new.npy");
        let plan = Plan::new().reads_all_in("--data-dir", data).writes("--out", &out);
        assert!(message(plan).ends_with("(--data-dir)"));
    }

    #[test]
    fn what_cannot_be_written_is_refused_before_the_work() {
        let folder = folder(&["file"]);
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("x.card.json")).unwrap();
        let (card, nowhere, below) = (at("x"), at("no/x"), at("file/x"));
        for (plan, finding) in [
            (Plan::new().writes_with_card("--out", &card), "x.card.json: expected a regular file"),
            (Plan::new().writes("--out", &nowhere), "no/x: "),
            (Plan::new().writes("--out", &below), "file/x: "),
            (Plan::new().fills("--png-dir", &at("file"), "png"), "file: "),
            (Plan::new().fills("--png-dir", &at("file/a/b"), "png"), "b: "),
        ] {
            let error = plan.claim().unwrap_err();
            assert!(!error.is_bad_input() && error.to_string().contains(finding), "{error}");
        }
        Plan::new().fills("--png-dir", &at("a/b"), "png").claim().unwrap();
        assert!(!at("a").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_what_they_lead_to() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["x.npy"]);
        let at = |name: &str| folder.path().join(name);
        symlink("x.npy", at("link")).unwrap();
        symlink("y.csv", at("dangling")).unwrap();
        fs::hard_link(at("x.npy"), at("hard")).unwrap();
        fs::create_dir(at("png")).unwrap();
        symlink("../x.npy", at("png/00001.png")).unwrap();
        let (input, second, png) = (at("x.npy"), at("y.csv"), at("png"));
        let plan = || Plan::new().reads("--input", &input);
        for name in ["link", "hard"] {
            assert!(message(plan().writes("--out", &at(name))).ends_with("(--input)"));
        }
        assert!(message(plan().fills("--png-dir", &png, "png")).ends_with("(--input)"));
        let dangling = at("dangling");
        let twice = Plan::new().writes("--out", &dangling).writes("--report", &second);
        assert!(message(twice).ends_with("(--out)"));
        symlink("x.npy", at("z.partial")).unwrap();
        let output = at("z");
        assert!(message(Plan::new().writes_work("--out", &output)).contains("found a link"));
    }
}
