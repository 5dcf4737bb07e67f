//! Folds with the same share of positive rows each.

/// How many there are.
pub(super) const COUNT: usize = 5;

/// For each row the fold that tests on it: rows of a class go to the folds one block after the other, as scikit-learn's
/// `StratifiedKFold` does without shuffling.
pub(super) fn of(positive: &[bool]) -> Vec<usize> {
    let Some(first) = positive.first() else { return vec![] };
    let of_first = positive.iter().filter(|class| *class == first).count();
    // Rows are dealt to the folds in turn, those of the class that comes first before the others.
    let mut blocks = [0..of_first, of_first..positive.len()].map(|places| {
        let mut dealt: Vec<_> = places.map(|place| place % COUNT).collect();
        dealt.sort_unstable();
        dealt.into_iter()
    });
    let fold = |class: &bool| blocks[usize::from(class != first)].next().unwrap_or_default();
    positive.iter().map(fold).collect()
}

#[cfg(test)]
mod tests {
    // scikit-learn 1.9.1: StratifiedKFold(5)._make_test_folds(x, y)
    #[test]
    fn they_are_those_of_scikit_learn() {
        let positive: Vec<bool> = [0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0].map(|y| y == 1).into();
        assert_eq!(super::of(&positive), [0, 0, 1, 0, 1, 1, 2, 2, 2, 3, 4, 3, 4]);
    }
}
