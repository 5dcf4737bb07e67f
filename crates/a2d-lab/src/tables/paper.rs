//! The numbers that the paper published, by environment.

use super::Table;
use crate::experiment::Experiment;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What was published, by the environment's name.
pub(crate) struct Paper {
    folder: PathBuf,
    environments: BTreeMap<String, Published>,
}

/// What was published of an environment: a file of the folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) title: String,
    pub(crate) dataset: String,
    /// Numbers by table, row and column, as our tables name them.
    #[serde(default)]
    pub(crate) table: BTreeMap<String, BTreeMap<String, BTreeMap<String, Number>>>,
    /// What no experiment measures, in whatever form.
    #[serde(default, rename = "unmeasured")]
    _unmeasured: toml::Table,
}

/// A published number.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Alone(f64),
    /// A mean and the half width of its 90 % interval.
    Mean([f64; 2]),
}

impl Number {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Alone(value) | Self::Mean([value, _]) => value,
        }
    }
}

impl Paper {
    /// Every file of the folder, which is called as its environment is.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let list = || -> std::io::Result<Vec<PathBuf>> {
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
        };
        let files = list().with_context(|| format!("cannot list {}", folder.display()))?;
        let mut environments = BTreeMap::new();
        for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
            let text = a2d_file::read_text(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            let published =
                toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
            let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            environments.insert(id, published);
        }
        Ok(Self { folder: folder.to_owned(), environments })
    }

    /// What was published of an environment.
    pub(crate) fn of(&self, environment: &str) -> Option<&Published> {
        self.environments.get(environment)
    }

    /// The number of a cell.
    pub(crate) fn number(
        &self,
        environment: &str,
        table: &str,
        row: &str,
        column: &str,
    ) -> Option<f64> {
        let number = self.of(environment)?.table.get(table)?.get(row)?.get(column)?;
        Some(number.value())
    }

    /// Other environments on the same data set, of which tables were published that were not of this one.
    pub(crate) fn others(&self, environment: &str) -> impl Iterator<Item = (&str, &Published)> {
        let own = self.of(environment);
        let others = self.environments.iter().filter(move |(id, other)| {
            own.is_some_and(|own| own.dataset == other.dataset) && *id != environment
        });
        others.map(|(id, other)| (id.as_str(), other))
    }

    /// Refuses numbers published of the experiment's environment that none of its tables has a place for.
    ///
    /// # Errors
    /// The first such table, row or column.
    pub(crate) fn check(&self, experiment: &Experiment) -> Result<()> {
        let Some(published) = self.of(experiment.published()) else {
            let is_own = experiment.published() == experiment.id;
            ensure!(
                is_own,
                "{}: expected numbers published of {}, got no {}.toml in {}",
                experiment.id,
                experiment.published(),
                experiment.published(),
                self.folder.display()
            );
            return Ok(());
        };
        let file = self.folder.join(format!("{}.toml", experiment.published()));
        let file = file.display();
        for (name, rows) in &published.table {
            let Some(table) = super::called(name) else {
                let known = super::ALL.map(|table| table.name).join(", ");
                bail!("{file}: expected tables of {known}, got {name}");
            };
            let names = (table.names)(experiment);
            for (row, columns) in rows {
                for column in columns.keys() {
                    check_names(&names, table, row, column).with_context(|| file.to_string())?;
                }
            }
        }
        Ok(())
    }
}

fn check_names(names: &[[String; 2]], table: &Table, row: &str, column: &str) -> Result<()> {
    let distinct = |place: usize| {
        let mut found: Vec<&str> = vec![];
        for name in names {
            if !found.contains(&name[place].as_str()) {
                found.push(&name[place]);
            }
        }
        found.join(", ")
    };
    if !names.iter().any(|name| name[0] == row) {
        bail!("{}: expected rows of {}, got {row}", table.name, distinct(0));
    }
    if !names.iter().any(|name| name[0] == row && name[1] == column) {
        bail!("{}, {row}: expected columns of {}, got {column}", table.name, distinct(1));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::experiment::tests::experiment;

    pub(crate) fn paper() -> Paper {
        Paper::read(&Path::new("../..").join("experiments/paper")).unwrap()
    }

    #[test]
    fn published_numbers_are_those_of_the_environment() {
        let paper = paper();
        let number = |place: [&str; 4]| paper.number(place[0], place[1], place[2], place[3]);
        for (place, expected) in [
            (["env1-mnist", "auroc", "jsma", "bim2"], Some(0.9914)),
            (["env1-mnist", "auroc", "jsma", "end-knn"], None),
            (["env1-cifar10", "clever-slides", "rank-5", "jsma"], Some(0.0610)),
            (["env1-mnist", "clever-slides", "least-likely", "mean lambda"], Some(20.29)),
            (["env2-mnist", "accuracy-zscore", "average", "end"], Some(0.9802)),
            (["env1-mnist", "accuracy-zscore", "average", "end"], None),
            (["env2-cifar10", "accuracy-knn-single", "benign", "end"], Some(0.924)),
            (["env2-mnist", "cost", "bim", "threshold"], Some(122.0)),
            (["env2-mnist", "tuning", "k-NN, 1:0.5", "adversarial"], Some(0.9777)),
            (["env1-mnist", "significance", "jsma", "iterations"], Some(1.39e-7)),
        ] {
            assert_eq!(number(place), expected, "{place:?}");
        }
        let others: Vec<_> = paper.others("env1-mnist").map(|(id, _)| id).collect();
        assert_eq!(others, ["env2-mnist", "env3-mnist"]);
    }

    #[test]
    fn numbers_without_a_place_are_refused_in_one_line() {
        let experiment = experiment("env1-mnist");
        paper().check(&experiment).unwrap();
        let refused = |table: &str| {
            let text = format!("title = \"Env1\"\ndataset = \"mnist\"\n{table}");
            let environments = [("env1-mnist".to_owned(), toml::from_str(&text).unwrap())].into();
            let paper = Paper { folder: "paper".into(), environments };
            format!("{:#}", paper.check(&experiment).unwrap_err())
        };
        assert_eq!(
            refused("[table.auroc]\nfgms = { bim = 0.5 }"),
            "paper/env1-mnist.toml: auroc: expected rows of fgsm, bim, jsma, cw, got fgms"
        );
        let message = refused("[table.auroc]\nfgsm = { bmi = 0.5 }");
        assert!(message.ends_with("end-knn, end-zscore, got bmi"), "{message}");
        let message = refused("[table.aurok]\nfgsm = { bim = 0.5 }");
        assert!(message.ends_with("tuning, got aurok"), "{message}");
    }

    #[test]
    fn no_damage_makes_the_reader_panic() {
        let whole = fs::read_to_string("../../experiments/paper/env1-mnist.toml").unwrap();
        for (end, _) in whole.char_indices().step_by(7) {
            let _ = toml::from_str::<Published>(&whole[..end]);
        }
        let other = whole.replace("0.9653", "{}").replace("0.9922", "[1, 2, 3]");
        assert!(toml::from_str::<Published>(&other).is_err());
    }
}
