//! The numbers that the paper published.

use anyhow::{Context, Result};
use std::path::Path;
use toml::Value;

/// The files in `experiments/paper/` that the tables are of.
pub(crate) struct Paper {
    auroc: Value,
    clever: Value,
    detection: Value,
}

impl Paper {
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let file = |name: &str| {
            let path = folder.join(name);
            let text = a2d_file::read_text(&path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))
        };
        Ok(Self {
            auroc: file("auroc.toml")?,
            clever: file("clever.toml")?,
            detection: file("detection.toml")?,
        })
    }

    /// AUROC of the costs of a defense attack on adversarial inputs by an attack.
    pub(crate) fn auroc(&self, environment: &str, attack: &str, defense: &str) -> Option<f64> {
        let all = self.auroc.get("environment")?.as_array()?;
        let found = all
            .iter()
            .find(|found| found.get("id").and_then(Value::as_str) == Some(environment))?;
        let column = position(found.get("columns")?, defense)?;
        number(found.get("rows")?.get(attack)?.get(column)?)
    }

    /// Mean CLEVER score of the conference's slides: of a kind of inputs for a target.
    pub(crate) fn clever(&self, dataset: &str, target: &str, kind: &str) -> Option<f64> {
        number(self.clever_row(dataset, target)?.get(kind)?.get(0)?)
    }

    /// The mean benign score over the mean adversarial one.
    pub(crate) fn mean_lambda(&self, dataset: &str, target: &str) -> Option<f64> {
        number(self.clever_row(dataset, target)?.get("mean_lambda")?)
    }

    fn clever_row(&self, dataset: &str, target: &str) -> Option<&Value> {
        let label = match target {
            "second" => "target-2",
            "rank-5" => "target-5",
            "least-likely" => "llc",
            same => same,
        };
        let all = self.clever.get("slides")?.as_array()?;
        let slide = all
            .iter()
            .find(|slide| slide.get("dataset").and_then(Value::as_str) == Some(dataset))?;
        let rows = slide.get("rows")?.as_array()?;
        rows.iter().find(|row| row.get("label").and_then(Value::as_str) == Some(label))
    }

    /// Accuracy of a detector, `knn` or `zscore`, in the paper's Env2.
    pub(crate) fn accuracy(&self, detector: &str, dataset: &str, defense: &str) -> Option<f64> {
        let table = self.detection.get(detector)?;
        let column = position(table.get("columns")?, defense)?;
        number(table.get(dataset)?.get(column)?)
    }

    /// Share that an ensemble flags of the inputs by an attack, or of benign ones as `fpr`.
    pub(crate) fn flagged(&self, detector: &str, dataset: &str, kind: &str) -> Option<f64> {
        number(self.detection.get(detector)?.get("end_tpr")?.get(dataset)?.get(kind)?)
    }

    /// Detection cost: adversarial and benign queries, threshold, milliseconds, accuracy.
    pub(crate) fn cost(&self, dataset: &str, defense: &str, place: usize) -> Option<f64> {
        let all = self.detection.get("cost")?.as_array()?;
        let found =
            all.iter().find(|cost| cost.get("dataset").and_then(Value::as_str) == Some(dataset))?;
        number(found.get("rows")?.get(defense)?.get(place)?)
    }

    /// Accuracy on benign (0) and adversarial (1) inputs, which the paper has for MNIST.
    pub(crate) fn tuning(&self, parameter: &str, value: &str, place: usize) -> Option<f64> {
        number(self.detection.get("tuning")?.get(parameter)?.get(value)?.get(place)?)
    }

    /// The p-value of a t-test between benign and adversarial costs, which the paper has for MNIST.
    pub(crate) fn significance(&self, measure: &str, defense: &str) -> Option<f64> {
        number(self.detection.get("significance")?.get(measure)?.get(defense)?)
    }
}

fn position(columns: &Value, name: &str) -> Option<usize> {
    columns.as_array()?.iter().position(|column| column.as_str() == Some(name))
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn paper() -> Paper {
        Paper::read(&std::path::Path::new("../..").join("experiments/paper")).unwrap()
    }

    #[test]
    fn published_numbers_are_found() {
        let paper = paper();
        assert_eq!(paper.auroc("env1-mnist", "jsma", "bim2"), Some(0.9914));
        assert_eq!(paper.auroc("env1-mnist", "jsma", "end"), None);
        assert_eq!(paper.clever("cifar10", "rank-5", "jsma"), Some(0.0610));
        assert_eq!(paper.mean_lambda("mnist", "least-likely"), Some(20.29));
        assert_eq!(paper.accuracy("zscore", "mnist", "end"), Some(0.9802));
        assert_eq!(paper.flagged("knn", "cifar10", "fpr"), Some(0.076));
        assert_eq!(paper.cost("mnist", "bim", 2), Some(122.0));
        assert_eq!(paper.tuning("knn_ratio", "1:0.5", 1), Some(0.9777));
        assert_eq!(paper.significance("iterations", "jsma"), Some(1.39e-7));
    }
}
