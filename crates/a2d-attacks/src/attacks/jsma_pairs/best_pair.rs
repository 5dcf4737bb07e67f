//! The pair of elements that a saliency map values most.

/// An element with its two slopes, signed so that larger is better for both.
#[derive(Clone, Copy)]
struct Point {
    element: usize,
    gain: f64,
    loss: f64,
}

/// The two elements p and q with the largest product of `gain_p + gain_q` and -(`others_p + others_q`),
/// both factors above 0, among those that are `free`. `None` if there is no such pair.
///
/// An element that two others beat in both slopes is in no best pair, because one of the two would do
/// better in its place; so only the few that at most one beats need to be paired.
pub(crate) fn best_pair(
    gains: &[f64],
    others: &[f64],
    free: impl Fn(usize) -> bool,
) -> Option<[usize; 2]> {
    let mut points: Vec<Point> = (0..gains.len())
        .filter(|element| free(*element))
        .map(|element| Point { element, gain: gains[element], loss: -others[element] })
        .filter(|point| point.gain.is_finite() && point.loss.is_finite())
        .collect();
    points.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(b.loss.total_cmp(&a.loss)));
    let candidates = beaten_by_one_at_most(points);

    let mut best = None;
    let mut largest = 0.0;
    for (place, p) in candidates.iter().enumerate() {
        for q in &candidates[place + 1..] {
            let (gain, loss) = (p.gain + q.gain, p.loss + q.loss);
            if gain > 0.0 && loss > 0.0 && gain * loss > largest {
                largest = gain * loss;
                best = Some([p.element, q.element]);
            }
        }
    }
    best
}

/// Of points that are sorted by falling gain, those that no two earlier ones match in loss.
fn beaten_by_one_at_most(points: Vec<Point>) -> Vec<Point> {
    let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let is_candidate = |point: &Point| {
        let is_candidate = point.loss > second;
        if point.loss > first {
            (first, second) = (point.loss, first);
        } else if is_candidate {
            second = point.loss;
        }
        is_candidate
    };
    points.into_iter().filter(is_candidate).collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The product that the pair reaches, and the largest of all pairs.
    fn value(gains: &[f64], others: &[f64], [p, q]: [usize; 2]) -> f64 {
        let (gain, loss) = (gains[p] + gains[q], -(others[p] + others[q]));
        if gain > 0.0 && loss > 0.0 { gain * loss } else { 0.0 }
    }

    #[test]
    fn a_pair_beats_its_parts() {
        // Alone, 1 loses target slope; with 0 it makes the largest product: (3 - 1) * (0 + 5).
        let (gains, others) = ([3.0, -1.0, 1.0], [0.0, -5.0, -1.0]);
        assert_eq!(best_pair(&gains, &others, |_| true), Some([0, 1]));
        assert_eq!(best_pair(&gains, &others, |element| element != 1), Some([0, 2]));
        assert_eq!(best_pair(&gains, &others, |element| element == 0), None);
        assert_eq!(best_pair(&[1.0, 1.0], &[1.0, 1.0], |_| true), None);
    }

    proptest! {
        #[test]
        fn no_pair_is_better(slopes in prop::collection::vec((-4i8..5, -4i8..5), 0..30)) {
            let gains: Vec<f64> = slopes.iter().map(|(gain, _)| f64::from(*gain)).collect();
            let others: Vec<f64> = slopes.iter().map(|(_, other)| f64::from(*other)).collect();
            let free = |element| element % 7 != 3;
            let elements: Vec<usize> = (0..slopes.len()).filter(|element| free(*element)).collect();
            let pairs = elements.iter().flat_map(|p| elements.iter().map(move |q| [*p, *q]));
            let largest = pairs
                .filter(|[p, q]| p < q)
                .map(|pair| value(&gains, &others, pair))
                .fold(0.0, f64::max);
            match best_pair(&gains, &others, free) {
                None => prop_assert_eq!(largest, 0.0),
                Some(pair) => {
                    prop_assert!(pair[0] != pair[1] && pair.iter().all(|element| free(*element)));
                    prop_assert_eq!(value(&gains, &others, pair), largest);
                }
            }
        }
    }
}
