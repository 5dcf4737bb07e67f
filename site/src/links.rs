//! The files that pages link to.

use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag};

/// The places in the repository that a page at this place links to, without what is elsewhere in the world.
pub(crate) fn of(place: &Path, text: &str) -> Vec<PathBuf> {
    let folder = place.parent().unwrap_or(Path::new(""));
    let events = Parser::new_ext(text, Options::all());
    let targets = events.filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url),
        _ => None,
    });
    let targets = targets.filter_map(|target| {
        let file = target.split('#').next().unwrap_or_default();
        let is_here = !file.is_empty() && !file.contains("://") && !file.starts_with("mailto:");
        is_here.then(|| plain(&folder.join(file)))
    });
    targets.collect()
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_places_in_the_repository() {
        let text = "[a](b.md#c) ![d](../e/f.svg) [g](https://h.i) [j](#k) `[l](m)` <https://n.o>";
        assert_eq!(
            of(Path::new("docs/x.md"), text),
            [Path::new("docs/b.md"), Path::new("e/f.svg")]
        );
    }
}
