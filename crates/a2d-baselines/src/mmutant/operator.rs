//! The operators that mutate a network.

use std::collections::BTreeMap;

use rand::seq::{SliceRandom as _, index};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// Layers of fewer units are left alone by [`Operator::Ns`].
const LEAST_UNITS: i64 = 10;

/// What mutates a network (J. Wang et al., "Adversarial Sample Detection for Deep Neural Network through Model
/// Mutation Testing", 2019, section III, with the definitions of its published code).
///
/// A unit is an output channel of a convolution or an output of a dense layer: a row of any weights with two or
/// more dimensions. Running statistics of batch normalisation are never changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// Gaussian fuzzing: a share of all parameters, biases and batch normalisation's included, is drawn anew from the
    /// normal distribution with mean and deviation of the parameter's tensor.
    Gf,
    /// Weight shuffling: the weights that lead into a share of the units are shuffled, for each unit by itself.
    Ws,
    /// Neuron activation inverse: weights and bias of a share of the units change their sign.
    #[default]
    Nai,
    /// Neuron switch: within every layer of at least 10 units, a share of them exchange the weights that lead into them.
    Ns,
}

impl Operator {
    /// Mutates weights, by their names in a weights file, in place.
    pub(crate) fn mutate(
        self,
        weights: &mut BTreeMap<String, Tensor>,
        rate: f64,
        random: &mut ChaCha8Rng,
    ) {
        match self {
            Self::Gf => fuzz(weights, rate, random),
            Self::Ws => {
                for (name, unit) in units(weights, rate, random) {
                    let mut unit = weights[&name].get(unit);
                    let mut order: Vec<i64> = (0..unit.numel() as i64).collect();
                    order.shuffle(random);
                    let shuffled = unit.flatten(0, -1).index_select(0, &places(&order, &unit));
                    unit.copy_(&shuffled.view_as(&unit));
                }
            }
            Self::Nai => {
                for (name, unit) in units(weights, rate, random) {
                    let _ = weights[&name].get(unit).neg_();
                    let bias = name.strip_suffix("weight").map(|layer| format!("{layer}bias"));
                    if let Some(bias) = bias.and_then(|bias| weights.get(&bias)) {
                        let _ = bias.get(unit).neg_();
                    }
                }
            }
            Self::Ns => switch(weights, rate, random),
        }
    }
}

/// Draws a share of all parameters anew.
fn fuzz(weights: &mut BTreeMap<String, Tensor>, rate: f64, random: &mut ChaCha8Rng) {
    let total: usize = parameters(weights).map(|(_, tensor)| tensor.numel()).sum();
    let mut chosen = sample(total, rate * total as f64, random).into_iter().peekable();
    let mut start = 0;
    for (_, tensor) in parameters(weights) {
        let count = tensor.numel() as i64;
        let mut own = vec![];
        while let Some(place) = chosen.next_if(|place| *place < start + count) {
            own.push(place - start);
        }
        start += count;
        let mean = tensor.mean(Kind::Double).double_value(&[]);
        let deviation = tensor.to_kind(Kind::Double).std(count > 1).double_value(&[]);
        let drawn = own.iter().map(|_| {
            let normal: f64 = StandardNormal.sample(random);
            mean + deviation * normal
        });
        let drawn = Tensor::from_slice(&drawn.collect::<Vec<_>>());
        let drawn = drawn.to_kind(tensor.kind()).to_device(tensor.device());
        let _ = tensor.view(-1).index_copy_(0, &places(&own, tensor), &drawn);
    }
}

/// Exchanges the incoming weights of a share of the units of every layer.
fn switch(weights: &mut BTreeMap<String, Tensor>, rate: f64, random: &mut ChaCha8Rng) {
    for (_, layer) in parameters(weights) {
        let count = layer.size().first().copied().unwrap_or_default();
        if layer.dim() < 2 || count < LEAST_UNITS {
            continue;
        }
        let share = rate * count as f64;
        let share = if share <= 2.0 { share.ceil() } else { share };
        let chosen = sample(count as usize, share, random);
        let mut from = chosen.clone();
        from.shuffle(random);
        let switched = layer.index_select(0, &places(&from, layer));
        let _ = layer.shallow_clone().index_copy_(0, &places(&chosen, layer), &switched);
    }
}

/// All that training changes, in the order of the names.
fn parameters(weights: &BTreeMap<String, Tensor>) -> impl Iterator<Item = (&String, &Tensor)> {
    let is_statistic = |name: &str| name.ends_with("running_mean") || name.ends_with("running_var");
    weights.iter().filter(move |(name, _)| !is_statistic(name))
}

/// A share of the units: the names of their weights and their rows there.
fn units(
    weights: &BTreeMap<String, Tensor>,
    rate: f64,
    random: &mut ChaCha8Rng,
) -> Vec<(String, i64)> {
    let all: Vec<(&String, i64)> = parameters(weights)
        .filter(|(_, tensor)| tensor.dim() > 1)
        .flat_map(|(name, tensor)| (0..tensor.size()[0]).map(move |unit| (name, unit)))
        .collect();
    let chosen = sample(all.len(), rate * all.len() as f64, random);
    chosen.into_iter().map(|place| all[place as usize]).map(|(n, u)| (n.clone(), u)).collect()
}

/// So many numbers below a limit, rounded down, without repetition and in ascending order.
fn sample(below: usize, count: f64, random: &mut ChaCha8Rng) -> Vec<i64> {
    let chosen = index::sample(random, below, (count as usize).min(below));
    let mut chosen: Vec<i64> = chosen.into_iter().map(|place| place as i64).collect();
    chosen.sort_unstable();
    chosen
}

/// Indices on the device of a tensor.
fn places(places: &[i64], of: &Tensor) -> Tensor {
    Tensor::from_slice(places).to_device(of.device())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use a2d_model::{Architecture, Classifier};
    use rand::SeedableRng as _;
    use tch::Device;

    use super::*;

    /// The weights of a classifier before and after a mutation.
    fn mutated(
        classifier: &Classifier,
        operator: Operator,
        rate: f64,
    ) -> Vec<(String, Tensor, Tensor)> {
        let mut found = vec![];
        classifier
            .mutated(|weights| {
                let before: Vec<_> =
                    weights.iter().map(|(name, tensor)| (name.clone(), tensor.copy())).collect();
                operator.mutate(weights, rate, &mut ChaCha8Rng::seed_from_u64(5));
                let both = before.into_iter().map(|(name, before)| {
                    let after = weights[&name].copy();
                    (name, before, after)
                });
                found = both.collect();
            })
            .unwrap();
        found
    }

    /// Trained, so that no bias is 0.
    fn lenet5() -> Classifier {
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/models/lenet5.safetensors");
        Classifier::load(Path::new(weights), None, Device::Cpu).unwrap()
    }

    /// How many scalars differ, and in how many rows.
    fn changed((_, before, after): &(String, Tensor, Tensor)) -> (i64, i64) {
        let differ = before.ne_tensor(after);
        let rows = differ.flatten(0, -1).view([before.size()[0], -1]).any_dim(1, false);
        let count = |flags: &Tensor| flags.sum(Kind::Int64).int64_value(&[]);
        (count(&differ), count(&rows))
    }

    fn is_matrix((_, before, _): &(String, Tensor, Tensor)) -> bool {
        before.dim() > 1
    }

    #[test]
    fn fuzzing_draws_the_share_of_all_parameters_from_their_tensors() {
        let found = mutated(&lenet5(), Operator::Gf, 0.05);
        let total: i64 = found.iter().map(|layer| changed(layer).0).sum();
        assert_eq!(total, 3085);
        let (_, before, after) = found.iter().find(|(name, ..)| name == "fc1.weight").unwrap();
        let drawn = after.masked_select(&before.ne_tensor(after));
        assert!(drawn.numel() > 2200 && drawn.numel() < 2600, "{}", drawn.numel());
        let deviation = |values: &Tensor| values.std(true).double_value(&[]);
        assert!(
            (deviation(&drawn) / deviation(before) - 1.0).abs() < 0.06,
            "not centred on the old"
        );
    }

    #[test]
    fn inversion_turns_the_share_of_the_units_with_their_biases() {
        let found = mutated(&lenet5(), Operator::Nai, 0.05);
        let units: i64 = found.iter().filter(|l| is_matrix(l)).map(|l| changed(l).1).sum();
        let biases: i64 = found.iter().filter(|l| !is_matrix(l)).map(|l| changed(l).1).sum();
        assert_eq!((units, biases), (11, 11));
        for (name, before, after) in &found {
            assert!(before.abs().equal(&after.abs()), "{name}");
        }
    }

    #[test]
    fn shuffling_keeps_the_weights_of_each_unit() {
        let found = mutated(&lenet5(), Operator::Ws, 0.05);
        let units: i64 = found.iter().filter(|l| is_matrix(l)).map(|l| changed(l).1).sum();
        assert_eq!(units, 11);
        for layer in &found {
            let (name, before, after) = layer;
            if is_matrix(layer) {
                let sorted = |rows: &Tensor| rows.flatten(1, -1).sort(1, false).0;
                assert!(sorted(before).equal(&sorted(after)), "{name}");
            } else {
                assert!(before.equal(after), "{name}");
            }
        }
    }

    #[test]
    fn switching_moves_two_units_or_more_within_a_layer() {
        let found = mutated(&lenet5(), Operator::Ns, 0.05);
        for layer in &found {
            let most = match layer.0.as_str() {
                "fc1.weight" => 6,
                "fc2.weight" => 4,
                _ => 0,
            };
            let rows = changed(layer).1;
            assert!(rows <= most && (most == 0 || rows >= 2), "{}: {rows}", layer.0);
            let sums = |layer: &Tensor| {
                layer
                    .to_kind(Kind::Double)
                    .flatten(1, -1)
                    .sum_dim_intlist([1i64].as_slice(), false, Kind::Double)
                    .sort(0, false)
                    .0
            };
            if is_matrix(layer) {
                assert!(sums(&layer.1).allclose(&sums(&layer.2), 0.0, 1e-9, false), "{}", layer.0);
            }
        }
    }

    #[test]
    fn running_statistics_stay_and_scales_of_batch_norm_are_fuzzed_alone() {
        let wrn: Architecture = "wrn-10-1".parse().unwrap();
        let wrn = Classifier::untrained(wrn, 3, Device::Cpu);
        for operator in [Operator::Gf, Operator::Ws, Operator::Nai, Operator::Ns] {
            let found = mutated(&wrn, operator, 0.5);
            let moved = |part: &str| -> i64 {
                let of_part = found.iter().filter(|(name, ..)| name.ends_with(part));
                of_part.map(|layer| changed(layer).0).sum()
            };
            assert_eq!(moved("running_mean") + moved("running_var"), 0, "{operator:?}");
            let shifts = moved("bn.weight") + moved("bn1.weight") + moved("bn2.weight");
            // They are all 1 before, so that their deviation is 0.
            assert_eq!(shifts, 0, "{operator:?}");
            assert!(moved("conv1.weight") > 0, "{operator:?}");
        }
    }
}
