//! The site, and whether its links lead anywhere.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The values of an attribute in a page.
fn values<'a>(page: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {attribute}=\"");
    let parts = page.split(&start[..]).skip(1).map(|rest| rest.split('"').next().unwrap());
    parts.collect::<Vec<_>>().into_iter()
}

#[test]
fn every_link_leads_somewhere() {
    let folder = tempfile::tempdir().unwrap();
    a2d_site::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), folder.path()).unwrap();
    let html = folder.path().join("html");
    let pages: Vec<_> = files(&html)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "html"))
        .collect();
    assert!(pages.len() > 20 && html.join("index.html").is_file(), "{}", pages.len());
    let mut links = 0;
    for path in pages {
        // Its links are written for the root of a server; so is what is shown by itself from another tool.
        if path.ends_with("404.html") || path.ends_with("report.html") {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        for target in values(&page, "href").chain(values(&page, "src")) {
            if target.contains("://")
                || target.starts_with("mailto:")
                || target.starts_with("data:")
            {
                continue;
            }
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(to.exists(), "{} links to {target}", path.display());
            if !fragment.is_empty() && to.extension().is_some_and(|e| e == "html") {
                let there = fs::read_to_string(&to).unwrap();
                assert!(
                    values(&there, "id").any(|id| id == fragment),
                    "{} links to {target}",
                    path.display()
                );
            }
            links += 1;
        }
    }
    assert!(links > 500, "{links}");
}
