//! The costs of sets of inputs: quartiles, means, tests.

use a2d_cost::{CostTable, Unit};
use serde::{Deserialize, Serialize};

use crate::defined::defined;
use crate::{BoxPlot, MeanInterval, PValue, Result, WelchTest};

/// What costs are compared by.
const MEASURES: [Unit; 2] = [Unit::Iterations, Unit::Seconds];

/// The costs of one attack by one measure, set by set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostDistribution {
    /// The attack.
    pub attack: String,
    /// What its costs are measured by.
    pub measure: Unit,
    /// The benign set first.
    pub sets: Vec<SetDistribution>,
    /// All other sets together; none without.
    pub adversarial: Option<PooledMean>,
    /// Of Welch's t-test of the benign costs against those of all other sets together.
    pub p: Option<PValue>,
}

/// The mean of the costs of several sets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PooledMean {
    /// How many costs there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Lower end of its 95 % confidence interval, as if all costs were independent; none where a set has a single
    /// cost.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// The costs of one set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetDistribution {
    /// The name of the set.
    pub set: String,
    /// How many costs there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Lower end of the mean's 95 % confidence interval; none for a single cost.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// Their quartiles and outliers.
    #[serde(flatten)]
    pub summary: BoxPlot,
    /// Of Welch's t-test of the benign costs against these; none for the benign set, and where costs are
    /// too few or all the same.
    pub p: Option<PValue>,
}

impl CostDistribution {
    /// The costs of every attack of these sets, by iterations and by seconds. The first set is benign; the
    /// others are of the same attacks, in the same order.
    ///
    /// # Errors
    /// If a cost is beyond [`MAX_VALUE`](crate::MAX_VALUE).
    pub fn of(sets: &[(&str, &CostTable)]) -> Result<Vec<Self>> {
        let attacks = sets.first().map_or(&[][..], |(_, table)| table.attacks());
        let all = attacks.iter().enumerate();
        all.flat_map(|(column, attack)| MEASURES.map(|measure| (column, attack, measure)))
            .map(|(column, attack, measure)| Self::of_attack(column, attack, measure, sets))
            .collect()
    }

    fn of_attack(
        column: usize,
        attack: &str,
        measure: Unit,
        sets: &[(&str, &CostTable)],
    ) -> Result<Self> {
        let costs: Vec<_> =
            sets.iter().map(|(_, table)| table.values(measure).column(column).to_vec()).collect();
        let summaries = sets.iter().zip(&costs).enumerate().map(|(place, ((set, _), values))| {
            let test = match place {
                0 => None,
                _ => defined(WelchTest::new(&costs[0], values))?,
            };
            let interval = MeanInterval::new(values, 0.95)?;
            Ok(SetDistribution {
                set: (*set).to_owned(),
                n: values.len(),
                mean: interval.mean,
                low: interval.low(),
                high: interval.high(),
                summary: BoxPlot::new(values)?,
                p: test.map(|test| test.p),
            })
        });
        let sets = summaries.collect::<Result<_>>()?;
        let p = defined(WelchTest::new(&costs[0], &costs[1..].concat()))?.map(|test| test.p);
        let adversarial = PooledMean::of(&costs[1..])?;
        Ok(Self { attack: attack.to_owned(), measure, sets, adversarial, p })
    }
}

impl PooledMean {
    /// Of all costs of these sets; nothing of none.
    fn of(sets: &[Vec<f64>]) -> Result<Option<Self>> {
        if sets.is_empty() {
            return Ok(None);
        }
        let weighted: Vec<_> = sets.iter().map(|set| (set.len() as f64, &set[..])).collect();
        let interval = MeanInterval::weighted(&weighted, 0.95)?;
        Ok(Some(Self {
            n: sets.iter().map(Vec::len).sum(),
            mean: interval.mean,
            low: interval.low(),
            high: interval.high(),
        }))
    }
}
