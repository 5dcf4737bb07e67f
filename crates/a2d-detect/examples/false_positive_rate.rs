//! How a detector is tuned for a wanted rate of false positives: by the benign inputs it was fitted on,
//! which it may know too well, and by benign inputs held out from the fit, whatever their distribution. The
//! latter rate is as wanted on average; how far off one calibration may be, their number decides.
//!
//! ```sh
//! cargo run -p a2d-detect --example false_positive_rate
//! ```

use a2d_detect::ndarray::Array2;
use a2d_detect::{Conformal, DatasetBase, Detect, Detector, Fit, Result, Tune, ZScore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() -> Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut draw = |samples, scale| costs(&mut random, samples, scale);
    let (fitted, held_out) = (draw(500, 100.0), draw(500, 100.0));
    let (benign, adversarial) = (draw(20_000, 100.0), draw(20_000, 10.0));

    // 2 of 4 attacks must flag an input.
    let z_score = ZScore::params(2).fit(&DatasetBase::from(fitted))?;
    let conformal = Conformal::params(z_score.clone()).fit(&DatasetBase::from(held_out))?;
    let by_fitted = Detector::from(z_score);
    let by_held_out = Detector::from(conformal);

    println!("         fitted inputs              held-out inputs");
    println!("wanted   benign   adversarial       benign   adversarial");
    for wanted in [0.2, 0.1, 0.05, 0.01] {
        let flagged = |detector: &Detector| -> Result<[f64; 2]> {
            let detector = detector.clone().with_false_positive_rate(wanted)?; // no new fit
            Ok([share_flagged(&detector, &benign)?, share_flagged(&detector, &adversarial)?])
        };
        let ([a, b], [c, d]) = (flagged(&by_fitted)?, flagged(&by_held_out)?);
        println!("{wanted:6.3}   {a:6.3}   {b:11.3}       {c:6.3}   {d:11.3}");
    }
    Ok(())
}

fn share_flagged(detector: &Detector, costs: &Array2<f64>) -> Result<f64> {
    let verdicts = detector.verdicts(costs.view())?;
    let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
    Ok(flagged as f64 / verdicts.len() as f64)
}

/// Made-up costs of 4 attacks: an input that is robust to one is robust to all, and most are not.
fn costs(random: &mut ChaCha8Rng, samples: usize, scale: f64) -> Array2<f64> {
    let mut costs = Array2::zeros((samples, 4));
    for mut row in costs.rows_mut() {
        let robustness = scale * (0.2 + random.random_range(0.0..2.0_f64).powi(2));
        row.mapv_inplace(|_| (robustness * random.random_range(0.5..1.5)).ceil());
    }
    costs
}
