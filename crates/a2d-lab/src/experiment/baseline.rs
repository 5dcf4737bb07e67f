//! Numbers that stand beside the costs that detectors see: detectors of other papers, and estimates of the costs.

use serde::Deserialize;

/// Numbers of inputs beside the costs: a score of `a2d score`, a baseline that is fitted, or what further defense attacks cost.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    /// What its column of tables is called, and its score or defense attack where nothing is fitted.
    pub(crate) name: String,
    /// Arguments of `a2d baseline fit`, the kind first.
    pub(crate) fit: Option<Vec<String>>,
    /// What gives its numbers where nothing is fitted.
    #[serde(default)]
    pub(crate) command: Command,
    /// Its column of scores, where that is not called as the baseline.
    column: Option<String>,
    /// Further columns of its scores, which are called so in tables, too.
    #[serde(default)]
    also: Vec<String>,
    /// Where it asks one query after the other until it is sure.
    pub(crate) sequential: Option<Sequential>,
    /// Whether it is fitted on adversarial inputs, too: then it may have a column for each kind of them.
    #[serde(default)]
    pub(crate) adversarial: bool,
    /// Whether it is fitted on the inputs that it scores, as its paper did.
    #[serde(default)]
    pub(crate) published: bool,
    /// Whether it takes too long for more inputs than slow defense attacks are measured on.
    #[serde(default)]
    pub(crate) slow: bool,
}

/// The command of `a2d` that gives the numbers of what is not fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Command {
    /// They are scores.
    #[default]
    Score,
    /// They are costs of a defense attack.
    Cost,
}

/// The columns of a baseline that asks until it is sure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sequential {
    /// How many queries it asks.
    pub(crate) length: String,
    /// Its verdict: 1 of what it calls adversarial, else 0.
    pub(crate) verdict: String,
}

impl Baseline {
    /// Whether its numbers are costs of defense attacks, which are called as its columns.
    pub(crate) fn is_costs(&self) -> bool {
        self.fit.is_none() && self.command == Command::Cost
    }

    /// What its columns of tables are called, each with its column of scores.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = (self.name.as_str(), self.column.as_deref().unwrap_or(&self.name));
        std::iter::once(first).chain(self.also.iter().map(|name| (name.as_str(), name.as_str())))
    }
}
