//! `a2d merge`: puts together what several runs found for parts of the same inputs.

use std::path::{Path, PathBuf};

use a2d_cost::{CostCard, CostTable, InputSet, Part, Provenance};
use a2d_data::{ImageFile, ImageSource as _, Images, npy};
use a2d_file::{Card, Plan};
use clap::Args;
use ndarray::Axis;
use serde::Serialize;

use crate::arguments::output_file;
use crate::clever::{self, CleverCard, CleverTable};
use crate::examples::ExampleCard;
use crate::exit::BadInput;
use crate::format::{FormatArguments, Outcome, line};

/// Put costs, CLEVER scores or examples of several runs together to those of one
///
/// For work that was shared out with --rows. But for times and machines, what is written is what one run over
/// all these rows writes. Refused are files of another model, attack, parameter, seed or source, rows that come
/// twice, and rows that are missing between others; those at the start and at the end of the source may be.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// What the runs wrote, in any order: tables of costs or of CLEVER scores (CSV), or examples (npy), with their
    /// cards
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    input: Vec<PathBuf>,
    /// File for all of it; its card goes beside it
    #[arg(long, value_name = "FILE", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

impl Merge {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let plan = Plan::new().reads_all("--input", &self.input);
        let _claim = plan.writes_with_card("--out", &self.out).claim()?;
        let kind = self.kind()?;
        let (kind, inputs) = match kind.as_str() {
            CostCard::FORMAT => ("costs", costs(&self.input, &self.out)?),
            CleverCard::FORMAT => ("CLEVER scores", scores(&self.input, &self.out)?),
            ExampleCard::FORMAT => ("examples", examples(&self.input, &self.out)?),
            other => {
                let expected = "costs, CLEVER scores or examples";
                return Err(BadInput(format!("merge: expected {expected}, got {other:?}")).into());
            }
        };
        self.format.print(&Merged { out: self.out, kind, inputs, files: self.input.len() })
    }

    /// The format of all files, as their cards say.
    fn kind(&self) -> anyhow::Result<String> {
        let mut kinds = vec![];
        for path in &self.input {
            let kind = a2d_file::card_format(path)?;
            kinds.push(kind.ok_or_else(|| no_card(path))?);
        }
        let kind = kinds.swap_remove(0);
        match kinds.into_iter().find(|other| *other != kind) {
            Some(other) => {
                let expected = format!("files of one kind, {kind:?}");
                Err(BadInput(format!("merge: expected {expected}, got {other:?} too")).into())
            }
            None => Ok(kind),
        }
    }
}

fn no_card(path: &Path) -> BadInput {
    BadInput(format!("merge: expected a card beside {}, found none", path.display()))
}

/// A file's card, which has to be there.
fn card<C: Card>(path: &Path) -> anyhow::Result<C> {
    Ok(C::read(path)?.ok_or_else(|| no_card(path))?)
}

/// Files with their cards, in the order of their rows.
fn in_order<F, C: Card>(
    paths: &[PathBuf],
    read: impl Fn(&Path) -> anyhow::Result<F>,
    part: impl Fn(&C) -> Option<&Part>,
) -> anyhow::Result<(Vec<F>, Vec<C>)> {
    let read = |path: &PathBuf| Ok((read(path)?, card::<C>(path)?));
    let mut files = paths.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    files.sort_by_key(|(_, card)| part(card).map(|part| part.rows.start));
    Ok(files.into_iter().unzip())
}

fn costs(paths: &[PathBuf], out: &Path) -> anyhow::Result<usize> {
    let read = |path: &Path| Ok(CostTable::read_csv(path)?);
    let (tables, cards) =
        in_order(paths, read, |card: &CostCard| part_of(card.provenance.inputs.first()?))?;
    let provenance: Vec<_> = cards.iter().map(|card| &card.provenance).collect();
    let provenance = Provenance::merged(&provenance)?;
    let table = CostTable::merged(&tables.iter().collect::<Vec<_>>())?;
    table.write(out, &CostCard { provenance })?;
    Ok(table.inputs().len())
}

fn part_of(set: &InputSet) -> Option<&Part> {
    set.part.as_ref()
}

fn scores(paths: &[PathBuf], out: &Path) -> anyhow::Result<usize> {
    let (tables, cards) =
        in_order(paths, CleverTable::read, |card: &CleverCard| part_of(&card.provenance.inputs))?;
    let (table, card) = clever::merged(tables, &cards)?;
    table.write(out, &card)?;
    Ok(table.images())
}

fn examples(paths: &[PathBuf], out: &Path) -> anyhow::Result<usize> {
    let open = |path: &Path| Ok(ImageFile::open(path)?.images()?);
    let (images, cards) = in_order(paths, open, |card: &ExampleCard| card.part.as_ref())?;
    let card = ExampleCard::merged(&cards)?;
    let views: Vec<_> = images.iter().map(Images::view).collect();
    let images = Images::new(ndarray::concatenate(Axis(0), &views)?)?;
    if images.len() != card.examples.len() {
        let (expected, got) = (card.examples.len(), images.len());
        return Err(BadInput(format!(
            "merge: expected as many images as the cards name examples, {expected}, got {got}"
        ))
        .into());
    }
    card.write_with(out, |file| npy::to_npy(&images, file))?;
    Ok(images.len())
}

/// What was put together.
#[derive(Serialize)]
struct Merged {
    out: PathBuf,
    /// What it is.
    kind: &'static str,
    /// Of how many images.
    inputs: usize,
    /// How many files they were in.
    files: usize,
}

impl Outcome for Merged {
    fn human(&self) -> String {
        let Self { out, kind, inputs, files } = self;
        format!("{}: {kind} of {inputs} images from {files} files", out.display())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let Self { out, kind, inputs, files } = self;
        let header = line([&"out", &"kind", &"inputs", &"files"]);
        vec![header, line([&out.display(), kind, inputs, files])]
    }
}
