//! How much the network changes its mind.

use tch::{Kind, Tensor};

/// The Jensen-Shannon divergences, \[N\], in nats, between what rows of logits, \[N, classes\], say once they are divided by a
/// temperature.
pub(super) fn divergences(one: &Tensor, other: &Tensor, temperature: f64) -> Tensor {
    let [p, q] = [one, other]
        .map(|logits| (logits.to_kind(Kind::Double) / temperature).log_softmax(-1, Kind::Double));
    let middle = ((p.exp() + q.exp()) / 2.0).clamp_min(f64::MIN_POSITIVE).log();
    let half = |p: &Tensor| {
        (p.exp() * (p - &middle)).sum_dim_intlist([-1i64].as_slice(), false, Kind::Double) / 2.0
    };
    // Rounding may leave a number below 0.
    (half(&p) + half(&q)).clamp_min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy.spatial.distance import jensenshannon; from scipy.special import softmax  # scipy 1.17.1
    // p, q = softmax(np.array([[1., 4, 2.5], [3, 3, -1]]) / 10, 1), softmax(np.array([[2., 2, 2], [-5, 9, 0]]) / 10, 1)
    // jensenshannon(p, q, axis=1) ** 2
    #[test]
    fn divergences_are_those_of_scipy() {
        let rows = |values: &[f64]| Tensor::from_slice(values).view([2, 3]);
        let (one, other) =
            (rows(&[1.0, 4.0, 2.5, 3.0, 3.0, -1.0]), rows(&[2.0, 2.0, 2.0, -5.0, 9.0, 0.0]));
        let found = Vec::<f64>::try_from(divergences(&one, &other, 10.0)).unwrap();
        for (found, expected) in
            found.iter().zip([0.001_866_247_063_612_039_4, 0.038_740_350_810_306_03])
        {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        let same = Vec::<f64>::try_from(divergences(&one, &one, 1.0)).unwrap();
        assert!(same.iter().all(|it| it.abs() < 1e-15), "{same:?}");
        let apart = divergences(
            &rows(&[900.0, 0.0, 0.0, 0.0, 900.0, 0.0]),
            &rows(&[0.0, 900.0, 0.0, 0.0, 0.0, 900.0]),
            1.0,
        );
        let apart = Vec::<f64>::try_from(apart).unwrap();
        assert!(apart.iter().all(|it| (it - 2f64.ln()).abs() < 1e-9), "{apart:?}");
    }
}
