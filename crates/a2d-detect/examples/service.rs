//! A service that keeps one detector in memory for many callers, and tightens it while it runs.
//!
//! ```sh
//! cargo run -p a2d-detect --example service
//! ```

use std::error::Error;
use std::sync::{PoisonError, RwLock};
use std::thread;

use a2d_detect::ndarray::Array2;
use a2d_detect::{Conformal, DatasetBase, Detect, Detector, Fit, Tune, Verdict, ZScore};

/// Judges costs. Verdicts only read the detector, so callers do not wait for each other.
struct Service {
    detector: RwLock<Detector>,
}

impl Service {
    fn judge(&self, costs: &[f64]) -> a2d_detect::Result<Verdict> {
        self.detector.read().unwrap_or_else(PoisonError::into_inner).verdict(costs)
    }

    /// Flags at most this share of benign inputs from now on. Nothing is fitted anew.
    fn tune(&self, false_positive_rate: f64) -> a2d_detect::Result<()> {
        let mut detector = self.detector.write().unwrap_or_else(PoisonError::into_inner);
        *detector = detector.clone().with_false_positive_rate(false_positive_rate)?;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A real service loads what was fitted before: `SavedDetector::load(path)?.detector`.
    let service = Service { detector: RwLock::new(fit()?) };
    let requests = [[150.0, 220.0], [62.0, 130.0], [4.0, 9.0], [f64::NAN, 9.0]];
    for rate in [0.1, 0.01] {
        service.tune(rate)?;
        println!("at most {rate} of benign inputs are flagged:");
        let judge = |costs| (costs, service.judge(costs));
        let answers: Vec<_> = thread::scope(|scope| {
            let callers = requests.iter().map(|costs| scope.spawn(|| judge(costs)));
            let callers: Vec<_> = callers.collect();
            callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
        });
        for (costs, answer) in answers {
            match answer {
                Ok(Verdict { adversarial: true, .. }) => println!("  {costs:?}: refused"),
                Ok(_) => println!("  {costs:?}: served"),
                Err(error) => println!("  {costs:?}: {error}"), // the service goes on
            }
        }
    }
    Ok(())
}

/// A detector on made-up costs of two attacks on 400 benign inputs.
fn fit() -> a2d_detect::Result<Detector> {
    let benign = |first: usize| {
        let cost = |(row, attack): (usize, usize)| {
            let spread = (row * 2 + first) * (37 + 16 * attack) % 199;
            (60 + 70 * attack + spread) as f64
        };
        DatasetBase::from(Array2::from_shape_fn((200, 2), cost))
    };
    let z_score = ZScore::params(1).fit(&benign(0))?;
    Ok(Conformal::params(z_score).fit(&benign(1))?.into())
}
