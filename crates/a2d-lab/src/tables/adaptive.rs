//! Tables: what is left of detectors against attackers who know them.

use super::{Context, Table};
use crate::plan::adaptive::step;
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Digits, Layout};
use a2d_eval::Proportion;
use anyhow::Result;
use serde::Deserialize;

const NOTE: &str = "Images for which an adversary finds one within the cap that is misclassified and that the full detector \
                    passes, where the detector flags this share of the benign inputs that are scored; `none` is the network \
                    alone, `any` whatever adversary is best against an image. Adversaries know the detector (docs/adaptive.md). \
                    Less is better. Intervals by Wilson.";

pub(crate) const ONE: Table =
    table("adaptive-1-fpr", "Attackers who know, at 1 % false positives", |context| {
        shares(context, 0.01)
    });

pub(crate) const FIVE: Table =
    table("adaptive-5-fpr", "Attackers who know, at 5 % false positives", |context| {
        shares(context, 0.05)
    });

pub(crate) const TEN: Table =
    table("adaptive-10-fpr", "Attackers who know, at 10 % false positives", |context| {
        shares(context, 0.1)
    });

pub(crate) const DISTANCE: Table = Table {
    note: "Mean Euclidean distance of the nearest examples that pass the detector at 5 % false positives from their images, \
           over the images that have one. A detector that lets only far ones pass is worth something.",
    layout: Layout { digits: Digits::Three, margin: 0.0, ..LAYOUT },
    ..table("adaptive-distance", "How far attackers who know have to go", distances)
};

const LAYOUT: Layout =
    Layout { corner: "cap, adversary", rows: Axis::Text, columns: Axis::Text, ..Layout::SHARES };

const fn table(
    name: &'static str,
    title: &'static str,
    cells: fn(&Context<'_>) -> Result<Vec<Cell>>,
) -> Table {
    Table {
        name,
        link: name,
        title,
        note: NOTE,
        layout: LAYOUT,
        better: |_| Better::None,
        steps: |plan| plan.studies().map(|(study, _)| step(study)).collect(),
        names: |_| vec![],
        cells,
    }
}

/// What `a2d adaptive` prints.
#[derive(Deserialize)]
struct Printed {
    images: usize,
    survival: Vec<Survival>,
}

#[derive(Deserialize)]
struct Survival {
    adversary: String,
    detector: String,
    rate: Option<f64>,
    success: Proportion,
    distances: Option<Distances>,
}

#[derive(Deserialize)]
struct Distances {
    l2: f64,
}

impl Survival {
    /// Whether it is of detectors that flag this share of benign inputs, or of none.
    fn is_at(&self, rate: f64) -> bool {
        self.rate.is_none_or(|own| (own - rate).abs() < 1e-9)
    }

    fn row(&self, study: &str) -> String {
        format!("{study}, {}", self.adversary)
    }
}

fn shares(context: &Context<'_>, rate: f64) -> Result<Vec<Cell>> {
    cells(context, rate, |survival, study, images| {
        let Proportion { share, low, high } = survival.success;
        let cell = Cell::new(&survival.row(study), &survival.detector, share);
        Some(cell.within(Some(low), Some(high)).of(images))
    })
}

fn distances(context: &Context<'_>) -> Result<Vec<Cell>> {
    cells(context, 0.05, |survival, study, images| {
        let found = (survival.success.share * images as f64).round() as usize;
        let l2 = survival.distances.as_ref()?.l2;
        Some(Cell::new(&survival.row(study), &survival.detector, l2).of(found))
    })
}

fn cells(
    context: &Context<'_>,
    rate: f64,
    cell: impl Fn(&Survival, &str, usize) -> Option<Cell>,
) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for (study, _) in context.plan.studies() {
        let printed: Printed = context.printed(&step(study))?;
        let survival = printed.survival.iter().filter(|survival| survival.is_at(rate));
        cells.extend(survival.filter_map(|survival| cell(survival, &study.name, printed.images)));
    }
    Ok(cells)
}
