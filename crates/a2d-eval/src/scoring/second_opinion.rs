//! What another network says of the class that a classifier predicts.

use std::sync::{Mutex, PoisonError};

use a2d_cost::{Column, Sign};
use a2d_model::Classifier;
use serde_json::{Map, Value};
use tch::{Kind, Tensor, no_grad, with_grad};

use super::{BatchScores, Queries, Result, Score};

/// The lead, in the logits of a second network, of the class that the classifier predicts over the second network's best other
/// one: below 0 where they disagree. An input that crossed the boundary of one network has often not crossed that of another,
/// as far as examples do not transfer.
#[derive(Debug)]
pub struct SecondOpinion {
    second: Mutex<Classifier>,
    fingerprint: String,
}

impl SecondOpinion {
    /// Of this network, which has the classes of the classifier, in their order.
    pub fn of(second: Classifier) -> Self {
        let fingerprint = second.fingerprint().to_owned();
        Self { second: Mutex::new(second), fingerprint }
    }

    /// For each image the lead, \[N\].
    fn leads(&self, classifier: &Classifier, images: &Tensor) -> Result<Tensor> {
        let predicted = no_grad(|| classifier.logits(images))?.argmax(-1, true);
        let second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        let logits = second.logits(images)?;
        let values = logits.detach().to_kind(Kind::Double).contiguous().view(-1);
        let values = Vec::<f64>::try_from(values).unwrap_or_default();
        second.check_logits(&values, |row| row)?;
        let own = logits.gather(1, &predicted, false).squeeze_dim(1);
        Ok(own - logits.scatter_value(1, &predicted, f64::NEG_INFINITY).amax([1], false))
    }
}

impl Score for SecondOpinion {
    fn name(&self) -> &'static str {
        "second-opinion"
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new(self.name(), Sign::Smaller)]
    }

    fn parameters(&self) -> Map<String, Value> {
        [("model".to_owned(), self.fingerprint.clone().into())].into_iter().collect()
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> Result<BatchScores> {
        let leads = no_grad(|| self.leads(classifier, images))?;
        let leads = leads.to_kind(Kind::Double).contiguous().view(-1);
        let leads = Vec::<f64>::try_from(leads).unwrap_or_default();
        Ok(BatchScores::of_column(leads, Queries::forward(2)))
    }

    fn slopes(&self, classifier: &Classifier, images: &Tensor, _: usize) -> Result<Option<Tensor>> {
        let leaf = images.detach().copy().set_requires_grad(true);
        let leads = with_grad(|| self.leads(classifier, &leaf))?;
        Ok(Some(classifier.gradient(&leads.sum(Kind::Double), &leaf, false)?))
    }
}

#[cfg(test)]
mod tests {
    use a2d_model::Architecture;
    use tch::Device;

    use super::*;

    fn network(seed: u64) -> Classifier {
        Classifier::untrained(Architecture::LENET5, seed, Device::Cpu)
    }

    fn leads(second: &SecondOpinion, images: &Tensor) -> Vec<f64> {
        second.scores(&network(0), images).unwrap().rows.into_iter().flatten().collect()
    }

    #[test]
    fn a_network_agrees_with_itself_and_others_may_not() {
        tch::manual_seed(0);
        let images = Tensor::rand([16, 1, 28, 28], (Kind::Float, Device::Cpu));
        assert!(leads(&SecondOpinion::of(network(0)), &images).iter().all(|lead| *lead >= 0.0));
        let other = network(1);
        let predicted = |network: &Classifier| {
            Vec::<i64>::try_from(network.logits(&images).unwrap().argmax(-1, false)).unwrap()
        };
        let (first, second) = (predicted(&network(0)), predicted(&other));
        assert_ne!(first, second);
        for ((first, second), lead) in
            first.iter().zip(&second).zip(leads(&SecondOpinion::of(other), &images))
        {
            assert_eq!(first == second, lead >= 0.0);
        }
    }

    #[test]
    fn logits_that_are_not_finite_are_no_opinion() {
        let broken = Tensor::full([1, 1, 28, 28], f64::NAN, (Kind::Float, Device::Cpu));
        let said = SecondOpinion::of(network(1)).scores(&network(0), &broken).unwrap_err();
        assert!(said.is_bad_input() && said.to_string().contains("NaN"), "{said}");
    }

    #[test]
    fn slopes_lead_up() {
        tch::manual_seed(0);
        let images = Tensor::rand([4, 1, 28, 28], (Kind::Float, Device::Cpu));
        let second = SecondOpinion::of(network(1));
        let slopes = second.slopes(&network(0), &images, 0).unwrap().unwrap();
        let predicted = network(0).logits(&images).unwrap().argmax(-1, false);
        let moved = &images + slopes.sign() * 1e-4;
        // Else it is another class that leads.
        assert_eq!(predicted, network(0).logits(&moved).unwrap().argmax(-1, false));
        for (before, after) in leads(&second, &images).into_iter().zip(leads(&second, &moved)) {
            assert!(after > before, "{before} {after}");
        }
    }
}
