//! What scores of images came to.

use a2d_cost::{Column, ScoreTable, Sign};
use a2d_eval::scoring::Queries;
use serde::Serialize;

use super::Line;
use crate::format::{Outcome, line, short, table};

/// The scores of all images, and the price of one.
#[derive(Serialize)]
pub(super) struct Summary {
    scores: Vec<ColumnSummary>,
    price: Price,
}

#[derive(Serialize)]
struct ColumnSummary {
    score: String,
    /// Which look adversarial.
    adversarial: Sign,
    n: usize,
    mean: f64,
    least: f64,
    most: f64,
}

/// Means over the images.
#[derive(Serialize)]
struct Price {
    forward_queries: f64,
    gradient_queries: f64,
    mutated_queries: f64,
    /// Of a worker.
    milliseconds: f64,
}

impl Price {
    fn of(lines: &[Line]) -> Self {
        let n = lines.len() as f64;
        let mut total = Queries::default();
        for line in lines {
            total += line.queries;
        }
        Self {
            forward_queries: total.forward as f64 / n,
            gradient_queries: total.gradient as f64 / n,
            mutated_queries: total.mutated as f64 / n,
            milliseconds: lines.iter().map(|line| line.seconds).sum::<f64>() * 1e3 / n,
        }
    }
}

impl Summary {
    pub(super) fn of(table: &ScoreTable, lines: &[Line]) -> Self {
        let scores = table.by_column().map(|(Column { name, sign }, scores)| ColumnSummary {
            score: name.clone(),
            adversarial: *sign,
            n: scores.len(),
            mean: scores.sum() / scores.len() as f64,
            least: scores.fold(f64::INFINITY, |least, score| least.min(*score)),
            most: scores.fold(f64::NEG_INFINITY, |most, score| most.max(*score)),
        });
        Self { scores: scores.collect(), price: Price::of(lines) }
    }

    fn lines_with(&self, digits: impl Fn(f64) -> String) -> Vec<Vec<String>> {
        let header = line([&"score", &"adversarial", &"n", &"mean", &"least", &"most"]);
        let lines = self.scores.iter().map(|column| {
            let ColumnSummary { score, adversarial, n, mean, least, most } = column;
            line([score, adversarial, n, &digits(*mean), &digits(*least), &digits(*most)])
        });
        std::iter::once(header).chain(lines).collect()
    }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        let Price { forward_queries, gradient_queries, mutated_queries, milliseconds } =
            &self.price;
        let of_mutants = match *mutated_queries {
            0.0 => String::new(),
            some => format!(", {some:.1} of changed networks"),
        };
        format!(
            "{}\nan image took {forward_queries:.1} forward and {gradient_queries:.1} gradient queries{of_mutants}, \
             {milliseconds:.2} ms of a thread",
            table(self.lines_with(short))
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        self.lines_with(|number| number.to_string())
    }
}
