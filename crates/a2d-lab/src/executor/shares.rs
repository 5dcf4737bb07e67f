//! Steps in shares: `a2d` measures rows of a set, and puts shares together to what one run gives.

use crate::plan::step::Step;
use crate::plan::work;
use std::path::{Path, PathBuf};

/// Commands that take `--rows`, and whose rows are as many as the images of the set that they read.
const SHARED: [&str; 2] = ["cost", "clever"];

/// A share of a step's rows: the `index`th, from 1, of so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share {
    pub(crate) index: usize,
    pub(crate) of: usize,
}

impl std::str::FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(index, of)| {
            Some((index.parse::<usize>().ok()?, of.parse::<usize>().ok()?))
        });
        match numbers {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err("expected a share such as 2/5"),
        }
    }
}

/// In how many shares of at most so many rows the step is to be done.
pub(crate) fn count(step: &Step, rows: usize) -> usize {
    let is_shared =
        step.arguments.first().is_some_and(|command| SHARED.contains(&command.as_str()));
    if is_shared { step.effort.items.div_ceil(rows.max(1)).max(1) } else { 1 }
}

/// What does a share of a step. Its arguments lack the rows, which are known once their source is there.
pub(crate) fn share(step: &Step, share: Share) -> Step {
    let Share { index, of } = share;
    let place = |file: &Path| beside(file, &format!("share-{index}-of-{of}"));
    let out = step.outputs.first();
    let mut shared = step.clone();
    shared.name = format!("{}-share-{index}-of-{of}", step.name);
    shared.printed = place(&step.printed);
    shared.outputs = out.iter().flat_map(|out| work::with_card(&place(out))).collect();
    shared.outputs.push(shared.printed.clone());
    for word in &mut shared.arguments {
        if out.is_some_and(|out| Path::new(word) == out) {
            *word = place(Path::new(word)).display().to_string();
        }
    }
    shared.effort.items = step.effort.items.div_ceil(of);
    shared
}

/// The share with its rows, where there are so many in all.
pub(crate) fn with_rows(mut shared: Step, share: Share, rows: usize) -> Step {
    let end = |index: usize| rows * index / share.of;
    let range = format!("{}..{}", end(share.index - 1), end(share.index));
    shared.arguments.extend(["--rows".to_owned(), range]);
    shared
}

/// What puts so many shares together, in the step's place.
pub(crate) fn merged(step: &Step, of: usize) -> Step {
    let shares = (1..=of).map(|index| share(step, Share { index, of }));
    let files: Vec<PathBuf> = shares.filter_map(|share| share.outputs.first().cloned()).collect();
    let words = ["merge", "--input"].map(str::to_owned).into_iter();
    let inputs = files.iter().map(|file| file.display().to_string());
    let out = step.outputs.first().into_iter();
    let out = out.flat_map(|out| ["--out".to_owned(), out.display().to_string()]);
    let format = ["--format", "json"].map(str::to_owned);
    Step {
        arguments: words.chain(inputs).chain(out).chain(format).collect(),
        inputs: files.iter().flat_map(|file| work::with_card(file)).collect(),
        effort: crate::plan::step::Effort::of("merge"),
        ..step.clone()
    }
}

/// A file's name with another part before its extension.
fn beside(file: &Path, part: &str) -> PathBuf {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    file.with_extension(format!("{part}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::step::tests::step;

    #[test]
    fn shares_are_put_together_to_the_output_of_the_step() {
        let out = Path::new("costs/a.csv");
        let mut whole = step("cost-a", &["cost", "--out", "costs/a.csv"], Path::new("a.npy"), out);
        whole.effort.items = 12;
        assert_eq!([4, 5, 12, 100].map(|rows| count(&whole, rows)), [3, 3, 1, 1]);
        let shares = [1, 2, 3].map(|index| share(&whole, Share { index, of: 3 }));
        let last = with_rows(shares[2].clone(), Share { index: 3, of: 3 }, 11);
        assert_eq!(last.arguments[2..], ["costs/a.share-3-of-3.csv", "--rows", "7..11"]);
        assert_eq!(last.printed, Path::new("costs/a.csv.share-3-of-3.json"));
        assert_eq!(last.inputs, whole.inputs);

        let merged = merged(&whole, 3);
        assert_eq!(merged.outputs, whole.outputs);
        for share in &shares {
            assert!(
                merged.needs(share) && !share.outputs.iter().any(|out| whole.outputs.contains(out))
            );
        }
        assert_eq!(merged.arguments[5..7], ["--out", "costs/a.csv"]);
        assert_eq!(count(&merged, 1), 1);
    }

    #[test]
    fn a_share_is_one_of_some() {
        assert_eq!("2/5".parse(), Ok(Share { index: 2, of: 5 }));
        for text in ["", "0/5", "6/5", "2", "a/b", "1/0"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
