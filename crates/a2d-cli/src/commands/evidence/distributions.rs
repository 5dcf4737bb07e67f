//! The costs of sets, as people see them.

use a2d_cost::Unit;
use a2d_eval::{BoxPlot, CostDistribution};

use super::statistic::p_text;
use crate::format::line;

/// The table for people: a line per set.
pub(super) fn lines(costs: &CostDistribution) -> Vec<Vec<String>> {
    let header = line([&"inputs", &"n", &"mean", &"min", &"q1", &"median", &"q3", &"max"]);
    let rows = costs.sets.iter().map(|set| {
        let BoxPlot { minimum, lower_quartile, median, upper_quartile, maximum, .. } = set.summary;
        let numbers = [set.mean, minimum, lower_quartile, median, upper_quartile, maximum];
        let numbers = numbers.map(|number| match costs.measure {
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
