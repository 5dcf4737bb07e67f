//! The costs of sets: quartiles, means, tests.

use a2d_cost::Unit;
use a2d_eval::{BoxPlot, PValue, WelchTest};
use serde::Serialize;

use super::sets::{CostSet, measured};
use super::statistic::{defined, interval, mean, p_text};
use crate::format::line;

/// The costs of one attack by one measure, set by set.
#[derive(Serialize)]
pub(super) struct CostDistribution {
    pub(super) attack: String,
    pub(super) measure: Unit,
    /// The benign set first.
    pub(super) sets: Vec<SetDistribution>,
    /// Of Welch's t-test of the benign costs against those of all other sets together.
    pub(super) p: Option<PValue>,
}

#[derive(Serialize)]
pub(super) struct SetDistribution {
    pub(super) set: String,
    pub(super) n: usize,
    pub(super) mean: f64,
    /// The mean's 95 % confidence interval; none for a single cost.
    low: Option<f64>,
    high: Option<f64>,
    #[serde(flatten)]
    pub(super) summary: BoxPlot,
    /// Of Welch's t-test of the benign costs against these; none for the benign set, and where costs are
    /// too few or all the same.
    pub(super) p: Option<PValue>,
}

impl CostDistribution {
    /// The costs of every attack of these sets, of which the first is benign.
    pub(super) fn of(sets: &[CostSet]) -> anyhow::Result<Vec<Self>> {
        let distributions = measured(sets).map(|(column, attack, measure)| {
            let costs: Vec<_> = sets.iter().map(|set| set.costs.values(measure, column)).collect();
            let summaries = sets.iter().zip(&costs).enumerate().map(|(place, (set, values))| {
                let test = match place {
                    0 => None,
                    _ => defined(WelchTest::new(&costs[0], values))?,
                };
                let (low, high) = interval(values)?;
                Ok(SetDistribution {
                    set: set.name.clone(),
                    n: values.len(),
                    mean: mean(values),
                    low,
                    high,
                    summary: BoxPlot::new(values)?,
                    p: test.map(|test| test.p),
                })
            });
            let sets = summaries.collect::<anyhow::Result<_>>()?;
            let p = defined(WelchTest::new(&costs[0], &costs[1..].concat()))?.map(|test| test.p);
            Ok(Self { attack: attack.to_owned(), measure, sets, p })
        });
        distributions.collect()
    }

    /// The table for people: a line per set.
    pub(super) fn lines(&self) -> Vec<Vec<String>> {
        let header = line([&"inputs", &"n", &"mean", &"min", &"q1", &"median", &"q3", &"max"]);
        let rows = self.sets.iter().map(|set| {
            let BoxPlot { minimum, lower_quartile, median, upper_quartile, maximum, .. } =
                set.summary;
            let numbers = [set.mean, minimum, lower_quartile, median, upper_quartile, maximum];
            let numbers = numbers.map(|number| match self.measure {
                Unit::Seconds => format!("{number:.4}"),
                _ => format!("{number:.1}"),
            });
            let mut fields = line([&set.set, &set.n]);
            fields.extend(numbers);
            fields.push(p_text(set.p));
            fields
        });
        let header = [header, line([&"p-value"])].concat();
        std::iter::once(header).chain(rows).collect()
    }
}
