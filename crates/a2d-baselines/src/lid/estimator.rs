//! The local intrinsic dimensionality by the distances from neighbours.

/// The maximum likelihood estimate of the local intrinsic dimensionality by the nearest `k` of these distances, or as
/// many as there are: -k over the sum of the logarithms of their ratios to the largest of them (L. Amsaleg et al.,
/// "Estimating Local Intrinsic Dimensionality", KDD 2015; equation 4 of Ma et al.).
///
/// 0 where a distance is 0; nothing where all of them are the same, so that none tells anything.
pub(super) fn dimension(mut distances: Vec<f64>, k: usize) -> Option<f64> {
    distances.sort_unstable_by(f64::total_cmp);
    distances.truncate(k);
    let (first, last) = (*distances.first()?, *distances.last()?);
    if first >= last {
        return None;
    }
    let logarithms: f64 = distances.iter().map(|distance| (distance / last).ln()).sum();
    Some(-(distances.len() as f64) / logarithms)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal, StandardUniform};

    use super::*;

    #[test]
    fn points_in_a_ball_have_its_dimension() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for dimensions in [2, 8] {
            // Distances of points of the ball from its centre, turned in no way, since only lengths matter here.
            let mut point = || {
                let uniform: f64 = StandardUniform.sample(&mut random);
                let direction: Vec<f64> =
                    (0..dimensions).map(|_| StandardNormal.sample(&mut random)).collect();
                let length = uniform.powf(1.0 / f64::from(dimensions));
                let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
                direction.into_iter().map(|x| x / norm * length).collect::<Vec<f64>>()
            };
            let points: Vec<Vec<f64>> = (0..4000).map(|_| point()).collect();
            // At points near the centre, where the ball's edge is far.
            let inner = points.iter().filter(|p| p.iter().map(|x| x * x).sum::<f64>() < 0.16);
            let estimates: Vec<f64> = inner.take(100).map(|p| at(p, &points, 100)).collect();
            let mean = estimates.iter().sum::<f64>() / estimates.len() as f64;
            let expected = f64::from(dimensions);
            assert!((mean / expected - 1.0).abs() < 0.08, "{mean} in {dimensions} dimensions");
        }
    }

    fn at(point: &[f64], points: &[Vec<f64>], k: usize) -> f64 {
        let distance = |other: &Vec<f64>| {
            let squares = point.iter().zip(other).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let distances = points.iter().map(distance).filter(|distance| *distance > 0.0);
        dimension(distances.collect(), k).unwrap()
    }

    #[test]
    fn the_nearest_count() {
        // -3 over the sum of the logarithms of 1/4, 2/4 and 4/4.
        let found = dimension(vec![9.0, 4.0, 1.0, 2.0, 8.0], 3).unwrap();
        assert!((found - 8f64.ln().recip() * 3.0).abs() < 1e-12, "{found}");
        assert_eq!(dimension(vec![2.0, 1.0, 4.0], 20), dimension(vec![1.0, 2.0, 4.0], 3));
    }

    #[test]
    fn distances_that_tell_nothing_have_their_values() {
        assert_eq!(dimension(vec![3.0, 0.0, 1.0], 3), Some(0.0));
        assert_eq!(dimension(vec![2.0, 2.0, 2.0], 3), None);
        assert_eq!(dimension(vec![0.0, 0.0], 2), None);
        assert_eq!(dimension(vec![], 2), None);
    }
}
