//! A network whose logits are larger by a factor decides as before, and costs what it cost before.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod measured;
mod oracle;

use a2d_model::Classifier;
use measured::outcomes;
use tch::{Device, Tensor, nn};

/// The reference network, its last layer times `factor`.
fn scaled(factor: f64) -> Classifier {
    let network = oracle::classifier();
    let decisive = format!("{factor} times {}", network.fingerprint());
    let logits = move |images: &Tensor| network.logits(images).unwrap() * factor;
    let variables = nn::VarStore::new(Device::Cpu);
    Classifier::of_module("scaled", logits, variables, [1, 28, 28], 10, decisive)
}

/// The label leads by 5 to 20 without a factor, so by up to 6000 times 300. Where it leads by more than 20, the
/// loss is another, whose softer maximum may take another way.
#[test]
fn larger_logits_look_no_more_robust() {
    let images = oracle::images().narrow(0, 0, 12);
    for defense in ["bim", "bim2", "bim-turbo", "bim2-turbo"] {
        let costs =
            |network: &Classifier| outcomes(&measured::costs(network, defense, &images, 64));
        let plain = costs(&oracle::classifier());
        assert_eq!(costs(&scaled(1.0)), plain, "{defense}");
        let mean = |costs: &[(u32, bool)]| {
            costs.iter().map(|(cost, _)| f64::from(*cost)).sum::<f64>() / costs.len() as f64
        };
        let plain = mean(&plain);
        for factor in [5.0, 100.0, 300.0] {
            let scaled = costs(&scaled(factor));
            let ratio = mean(&scaled) / plain;
            println!("{defense}: mean {plain:.1}, times {factor} {:.1}", mean(&scaled));
            assert!((0.9..1.1).contains(&ratio), "{defense}, times {factor}: {ratio}");
            assert!(scaled.iter().all(|(_, flipped)| *flipped), "{defense}, times {factor}");
        }
    }
}
