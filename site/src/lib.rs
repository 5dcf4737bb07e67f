//! The documentation as a site: the Markdown files of the repository, by mdBook.
//!
//! Pages and the files that they link to are laid out as in the repository, so links are the same in both.

mod chapters;
mod links;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

/// Builds the site of the repository at `root` in the folder `out`, which is made; its folder `src` has the sources.
///
/// # Errors
/// If a page is missing, links to what is not there, or cannot be built.
pub fn build(root: &Path, out: &Path) -> Result<()> {
    let sources = out.join("src");
    for place in sources_of(root)? {
        copy(&root.join(&place), &sources.join(&place))?;
    }
    fs::write(sources.join("SUMMARY.md"), chapters::summary()).context("write the contents")?;
    let mut config = Config::default();
    config.book.title = Some("a2d: attack as defense".to_owned());
    config.build.create_missing = false;
    // They call the page of a README otherwise than links to it do.
    config.build.use_default_preprocessors = false;
    config.build.build_dir = PathBuf::from("html");
    let book = MDBook::load_with_config(out, config).context("read the pages")?;
    book.build().context("build the pages")
}

/// The pages and what they link to.
fn sources_of(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut sources: BTreeSet<PathBuf> = chapters::pages().map(PathBuf::from).collect();
    for place in chapters::pages() {
        let text = fs::read_to_string(root.join(place)).with_context(|| format!("read {place}"))?;
        for target in links::of(Path::new(place), &text) {
            let shown = target.display();
            let there = root.join(&target);
            if there.is_dir() {
                sources.extend(files_in(&there)?.map(|name| target.join(name)));
                continue;
            }
            ensure!(there.is_file(), "{place} links to {shown}, which is no file");
            let is_page = target.extension().is_some_and(|extension| extension == "md");
            ensure!(
                !is_page || sources.contains(&target),
                "{place} links to {shown}, which is no page of the site"
            );
            sources.insert(target);
        }
    }
    Ok(sources)
}

/// The names of the files in a folder, without those below it.
fn files_in(folder: &Path) -> Result<impl Iterator<Item = OsString>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.with_context(|| format!("list {}", folder.display()))?;
    Ok(entries.into_iter().filter(|entry| entry.path().is_file()).map(|entry| entry.file_name()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file has a folder")?;
    let place = || format!("copy {} to {}", from.display(), to.display());
    fs::create_dir_all(folder).and_then(|()| fs::copy(from, to)).map(drop).with_context(place)
}
