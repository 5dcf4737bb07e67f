"""The estimators by scikit-learn's own checks, in a pipeline and in cross-validation."""

import numpy
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from a2d_detect.sklearn import Conformal, Knn, ZScore



class _Repeating:
    """Fits on every benign input eight times.

    The checks come with ten benign inputs or so, and z-scores take no fewer than 20, so that the test of normality
    holds; with these, all checks apply.
    """

    def _detector(self, benign, adversarial):
        return super()._detector(numpy.repeat(benign, 8, axis=0), adversarial)


class RepeatingConformal(_Repeating, Conformal):
    pass


class RepeatingZScore(_Repeating, ZScore):
    pass


ESTIMATORS = [RepeatingConformal(fpr=0.2), Knn(k=3), RepeatingZScore()]


@parametrize_with_checks(ESTIMATORS)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def labelled(benign, adversarial):
    X = numpy.concatenate([benign, adversarial])
    return X, numpy.repeat([False, True], [len(benign), len(adversarial)])


@pytest.mark.parametrize("estimator", [Conformal(), Knn(k=9), ZScore(fpr=0.05)], ids=lambda e: type(e).__name__)
def test_cross_validation_and_pipelines(estimator, labelled):
    X, y = labelled
    pipeline = make_pipeline(FunctionTransformer(numpy.log1p), estimator)
    for scoring in ("roc_auc", "accuracy"):
        assert cross_val_score(pipeline, X, y, cv=4, scoring=scoring).min() > 0.8
    assert clone(pipeline).fit(X, y).predict(X).dtype == bool


def test_grid_search_finds_parameters(labelled):
    X, y = labelled
    search = GridSearchCV(Knn(), {"k": [3, 9]}, cv=3).fit(X, y)
    assert search.best_params_["k"] in (3, 9)


def test_without_labels_all_inputs_are_benign(benign):
    found = Conformal().fit(benign)
    assert found.detector_.samples["adversarial"] == 0 and found.predict([[2.0, 3.0]]).tolist() == [1]
    with pytest.raises(ValueError, match="requires y to be passed"):
        Knn(k=3).fit(benign)
