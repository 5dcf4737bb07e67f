//! The card beside a file: what it is, and where it comes from.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::digest::{self, Digesting};
use crate::whole::Pending;
use crate::{Error, MAX_TEXT, Result};

/// What is said of a file in the card beside it, `costs.csv.card.json` beside `costs.csv`.
///
/// A card is a JSON object with `format`, `version`, most often `sha256`, the digest of the file that it is
/// of, and the fields of the implementing type.
///
/// ```
/// use a2d_file::Card as _;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Origin {
///     author: String,
/// }
///
/// impl a2d_file::Card for Origin {
///     const FORMAT: &'static str = "origin";
///     const VERSION: u32 = 1;
///     const NAME: &'static str = "a card of origin";
/// }
///
/// let folder = tempfile::tempdir()?;
/// let text = folder.path().join("text.txt");
/// let origin = Origin { author: "Ada".into() };
/// origin.write_with(&text, |file| file.write_all(b"notes"))?;
/// assert_eq!(Origin::read(&text)?, Some(origin));
///
/// std::fs::write(&text, "other notes")?;
/// assert!(Origin::read(&text).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Card: Serialize + DeserializeOwned {
    /// What tells cards of this kind from others.
    const FORMAT: &'static str;
    /// Counts changes of the fields.
    const VERSION: u32;
    /// What a card of this kind is called in messages, such as "a cost card".
    const NAME: &'static str;
    /// Extension of the files whose card once had its name in place of theirs, `costs.card.json` beside
    /// `costs.csv`. Such cards are still read.
    const ONCE_BESIDE: Option<&'static str> = None;

    /// Where the card of `file` lies.
    fn path(file: &Path) -> PathBuf {
        path(file)
    }

    /// Reads the card of `file`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Read`] if card or file cannot be read; [`Error::Malformed`] if the card is not one of this
    /// kind; [`Error::OtherFile`] if it is of another file.
    fn read(file: &Path) -> Result<Option<Self>> {
        let own = path(file);
        if let Some(text) = text(&own)? {
            return parse(&own, file, &text).map(Some);
        }
        let Some(old) = old_path(file) else { return Ok(None) };
        let Some(text) = text(&old)? else { return Ok(None) };
        // The extension was lost, so the card may be of another file; its format says of what kind.
        let header: Header = serde_json::from_slice(&text)
            .map_err(|error| Error::malformed(&old, Self::NAME, &error))?;
        // One with a digest was named by today's rule, after a file without extension.
        if header.format != Self::FORMAT || header.sha256.is_some() {
            return Ok(None);
        }
        let usual = Self::ONCE_BESIDE.map(Path::new).map(Path::as_os_str);
        if file.extension() != usual {
            let found = "one that may be of another file";
            let expected = format!("{} named {}", Self::NAME, own.display());
            return Err(Error::malformed(&old, expected, found));
        }
        parse(&old, file, &text).map(Some)
    }

    /// Writes the card of `file`, without a digest: for files that are told in another way.
    ///
    /// # Errors
    /// As [`write`](fn@crate::write).
    fn write(&self, file: &Path) -> Result<()> {
        pending(self, None, &path(file))?.commit()
    }

    /// Writes a file and its card. Whenever that is interrupted, a card that is there does not fit a file
    /// that is not its own.
    ///
    /// # Errors
    /// As [`write`](fn@crate::write).
    fn write_with(
        &self,
        file: &Path,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let mut sha256 = String::new();
        let written = Pending::write(file, |sink| {
            let mut digesting = Digesting::into(sink);
            content(&mut digesting)?;
            sha256 = digesting.finish();
            Ok(())
        })?;
        // The card first: without one, a file would be taken as it is.
        pending(self, Some(&sha256), &path(file))?.commit()?;
        written.commit()
    }
}

/// Where the card of `file` lies, whatever its kind: the whole name counts, so that `x.npy` and `x.csv`
/// have cards of their own.
pub fn path(file: &Path) -> PathBuf {
    crate::beside(file, ".card.json")
}

/// What the card of `file` says that it is, whatever its kind: the format that tells one kind from others; `None` if
/// there is no card.
///
/// # Errors
/// [`Error::Read`] if the card cannot be read; [`Error::Malformed`] if it is none.
pub fn format(file: &Path) -> Result<Option<String>> {
    let own = path(file);
    let Some(text) = text(&own)? else { return Ok(None) };
    let header: Header =
        serde_json::from_slice(&text).map_err(|error| Error::malformed(&own, "a card", &error))?;
    Ok(Some(header.format))
}

/// Where the card of `file` once lay, if that is elsewhere.
pub(crate) fn old_path(file: &Path) -> Option<PathBuf> {
    let old = file.with_extension("card.json");
    (old != path(file) && old != file).then_some(old)
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
    sha256: Option<String>,
}

#[derive(Serialize)]
struct Document<'a, C> {
    format: &'static str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(flatten)]
    card: &'a C,
}

fn text(path: &Path) -> Result<Option<Vec<u8>>> {
    match crate::read(path, MAX_TEXT) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::read(path)(error)),
    }
}

fn parse<C: Card>(path: &Path, file: &Path, text: &[u8]) -> Result<C> {
    let malformed = |error: serde_json::Error| Error::malformed(path, C::NAME, &error);
    let header: Header = serde_json::from_slice(text).map_err(malformed)?;
    if (header.format.as_str(), header.version) != (C::FORMAT, C::VERSION) {
        let expected = format!("format {:?} version {}", C::FORMAT, C::VERSION);
        let found = format!("{:?} version {}", header.format, header.version);
        return Err(Error::malformed(path, expected, &found));
    }
    let card = serde_json::from_slice(text).map_err(malformed)?;
    if let Some(expected) = header.sha256
        && digest::sha256(file).map_err(Error::read(file))? != expected
    {
        return Err(Error::OtherFile { path: file.to_owned(), card: path.to_owned() });
    }
    Ok(card)
}

fn pending<'a, C: Card>(card: &C, sha256: Option<&str>, path: &'a Path) -> Result<Pending<'a>> {
    let document = Document { format: C::FORMAT, version: C::VERSION, sha256, card };
    Pending::write(path, |file| {
        serde_json::to_writer_pretty(&mut *file, &document)?;
        file.write_all(b"\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Costs {
        model: String,
        budget: Option<f64>,
    }

    impl Card for Costs {
        const FORMAT: &'static str = "costs";
        const VERSION: u32 = 1;
        const NAME: &'static str = "a cost card";
        const ONCE_BESIDE: Option<&'static str> = Some("csv");
    }

    fn costs(model: &str) -> Costs {
        Costs { model: model.into(), budget: Some(0.1) }
    }

    fn message(file: &Path) -> String {
        let error = Costs::read(file).unwrap_err();
        assert!(error.is_bad_input());
        error.to_string()
    }

    #[test]
    fn a_card_says_of_what_kind_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.csv");
        assert_eq!(format(&file).unwrap(), None);
        costs("abc").write_with(&file, |sink| sink.write_all(b"x")).unwrap();
        assert_eq!(format(&file).unwrap().unwrap(), "costs");
        fs::write(path(&file), "[]").unwrap();
        assert!(format(&file).unwrap_err().to_string().contains("x.csv.card.json"));
    }

    #[test]
    fn a_card_stands_beside_its_file_and_fits_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("eps0.1"), folder.path().join("eps0.2"));
        assert_eq!(Costs::read(&one).unwrap(), None);
        for (path, model) in [(&one, "a"), (&two, "b")] {
            costs(model).write_with(path, |file| file.write_all(model.as_bytes())).unwrap();
        }
        assert_eq!(Costs::read(&one).unwrap(), Some(costs("a")));
        assert_eq!(Costs::read(&two).unwrap(), Some(costs("b")));
        assert!(folder.path().join("eps0.1.card.json").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);

        fs::copy(&one, &two).unwrap();
        let message = message(&two);
        assert!(message.contains("expected the file that"), "{message}");
        assert!(message.contains("eps0.2.card.json"), "{message}");
        costs("c").write(&two).unwrap();
        assert_eq!(Costs::read(&two).unwrap(), Some(costs("c")));
    }

    #[test]
    fn a_file_killed_before_its_card_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        costs("a").write_with(&path, |file| file.write_all(b"first")).unwrap();
        // Killed between the two renames: the card is of the file that did not come.
        pending(&costs("b"), Some("0000"), &Costs::path(&path)).unwrap().commit().unwrap();
        assert!(message(&path).contains("found another"));
    }

    #[test]
    fn cards_of_another_kind_or_version_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        fs::write(&path, "").unwrap();
        for (text, finding) in [
            (r#"{"format": "costs", "version": 2, "model": "a"}"#, r#"found "costs" version 2"#),
            (r#"{"format": "model", "version": 1, "model": "a"}"#, r#"found "model" version 1"#),
            (r#"{"format": "costs", "version": 1}"#, "expected a cost card"),
            (r#"{"format": "costs", "version": 1, "sha256": "0", "model": "a"}"#, "found another"),
            ("{", "expected a cost card"),
        ] {
            fs::write(Costs::path(&path), text).unwrap();
            let message = message(&path);
            assert!(message.contains(finding) && message.contains("x.csv.card.json"), "{message}");
        }
    }

    #[test]
    fn old_names_are_read_where_they_can_be_of_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let old = r#"{"format": "costs", "version": 1, "model": "a", "budget": 0.1}"#;
        for file in ["x.csv", "x.1", "x"] {
            fs::write(at(file), "").unwrap();
        }
        fs::write(at("x.card.json"), old).unwrap();
        assert_eq!(Costs::read(&at("x.csv")).unwrap(), Some(costs("a")));
        assert!(message(&at("x.1")).contains("one that may be of another file"));
        // The new name of its card is the old one of theirs.
        assert_eq!(Costs::read(&at("x")).unwrap(), Some(costs("a")));
        assert_eq!(Costs::read(&at("y.csv")).unwrap(), None);

        fs::write(at("x.card.json"), old.replace("costs", "model")).unwrap();
        assert_eq!(Costs::read(&at("x.csv")).unwrap(), None);
        costs("a").write_with(&at("x"), |file| file.write_all(b"")).unwrap();
        assert_eq!(Costs::read(&at("x.csv")).unwrap(), None);
        costs("b").write(&at("x.csv")).unwrap();
        assert_eq!(Costs::read(&at("x.csv")).unwrap(), Some(costs("b")));
    }
}
