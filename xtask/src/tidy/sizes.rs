//! Rule: the repository stays small.

use super::tracked::TrackedFile;

const MIB: u64 = 1 << 20;
const LARGEST_FILE: u64 = 8 * MIB;
const LARGEST_WEIGHTS: u64 = 12 * MIB;
const ALL_DATA: u64 = 32 * MIB;

/// Files that are too large, and a data folder that is.
pub(super) fn violations(files: &[TrackedFile]) -> Vec<String> {
    let mut violations: Vec<String> = files
        .iter()
        .filter(|file| file.bytes > largest(&file.path))
        .map(|file| {
            format!(
                "{}: {} is over the {} of a file",
                file.path,
                mib(file.bytes),
                mib(largest(&file.path))
            )
        })
        .collect();
    let data = files.iter().filter(|file| file.path.starts_with("data/"));
    let total = data.map(|file| file.bytes).sum();
    if total > ALL_DATA {
        violations.push(format!(
            "data/: {} is over the {} of the folder",
            mib(total),
            mib(ALL_DATA)
        ));
    }
    violations
}

/// Only trained weights may be somewhat larger than other files.
fn largest(path: &str) -> u64 {
    if path.starts_with("data/models/") { LARGEST_WEIGHTS } else { LARGEST_FILE }
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / MIB as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: u64) -> TrackedFile {
        TrackedFile { path: path.to_owned(), bytes }
    }

    #[test]
    fn files_up_to_the_limit_are_fine() {
        let files: Vec<_> = (0..4).map(|i| file(&format!("data/{i}"), LARGEST_FILE)).collect();
        assert!(violations(&files).is_empty());
    }

    #[test]
    fn a_large_file_is_found() {
        let files = [file("docs/a.png", 9 * MIB), file("docs/b.png", 1)];
        assert_eq!(violations(&files), ["docs/a.png: 9.0 MiB is over the 8.0 MiB of a file"]);
    }

    #[test]
    fn weights_have_a_limit_of_their_own() {
        let weights = |bytes| [file("data/models/a.safetensors", bytes)];
        assert!(violations(&weights(LARGEST_WEIGHTS)).is_empty());
        let found = ["data/models/a.safetensors: 13.0 MiB is over the 12.0 MiB of a file"];
        assert_eq!(violations(&weights(13 * MIB)), found);
    }

    #[test]
    fn many_small_files_in_data_are_found_and_elsewhere_are_not() {
        let many = |folder: &str| -> Vec<_> {
            (0..5).map(|i| file(&format!("{folder}/{i}"), 7 * MIB)).collect()
        };
        assert_eq!(
            violations(&many("data")),
            ["data/: 35.0 MiB is over the 32.0 MiB of the folder"]
        );
        assert!(violations(&many("docs")).is_empty());
    }
}
