"""The detectors as estimators of scikit-learn, for pipelines and cross-validation.

They are binary classifiers. ``X`` is an array (inputs, attacks) of costs, at least 0; of the two labels in ``y`` the
larger one means adversarial: ``False`` and ``True``, or 0 and 1. Fitted without ``y``, all inputs are benign.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data

from ._detector import Detector, fit

__all__ = ["Conformal", "Knn", "ZScore"]


class _Estimator(ClassifierMixin, BaseEstimator):
    """What all have in common: only how they are fitted differs."""

    detector_: Detector
    """The fitted detector."""
    classes_: NDArray[Any]
    """The two labels, that of adversarial inputs last."""

    def _detector(self, benign: NDArray[np.float64], adversarial: NDArray[np.float64]) -> Detector:
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Any:
        """Fits on costs (inputs, attacks) and, where there are some, labels (inputs,)."""
        samples: NDArray[np.float64]
        if y is None and not get_tags(self).target_tags.required:
            samples = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
            self.classes_ = np.array([0, 1])
            adversarial = np.zeros(samples.shape[0], dtype=np.bool_)
        else:
            samples, labels = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
            check_classification_targets(labels)
            self.classes_ = np.unique(labels)
            if len(self.classes_) > 2:
                raise ValueError(
                    f"Only binary classification is supported. The type of the target is multiclass: "
                    f"expected two labels, got {len(self.classes_)}"
                )
            if len(self.classes_) < 2:
                raise ValueError(f"fit: expected two labels, got one class, {self.classes_[0]}")
            adversarial = labels == self.classes_[1]
        check_non_negative(samples, type(self).__name__)
        self.detector_ = self._detector(samples[~adversarial], samples[adversarial])
        return self

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, reset=False)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label of each input; shape (inputs,)."""
        X = self._checked(X)
        return self.classes_[self.detector_.predict(X).astype(int)]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """How much each input looks adversarial, above 0 where it is called so; shape (inputs,)."""
        X = self._checked(X)
        return self.detector_.decision_function(X) - self._offset()

    def _offset(self) -> float:
        """The score above which inputs are flagged."""
        return self.detector_.threshold

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.positive_only = True
        tags.target_tags.required = False
        return tags


class ZScore(_Estimator):
    """Flags inputs that cost improbably little; fitted on the benign inputs alone.

    ``fpr``, the share of benign inputs to flag, and ``threshold``, a z-score, are as in :func:`a2d_detect.fit`, and so
    are ``votes`` and ``two_sided``.
    """

    def __init__(
        self,
        *,
        fpr: float | None = None,
        threshold: float | None = None,
        votes: int | None = None,
        two_sided: bool = False,
    ) -> None:
        self.fpr = fpr
        self.threshold = threshold
        self.votes = votes
        self.two_sided = two_sided

    def _detector(self, benign: NDArray[np.float64], adversarial: NDArray[np.float64]) -> Detector:
        return fit(
            "z-score",
            benign=benign,
            fpr=self.fpr,
            threshold=self.threshold,
            votes=self.votes,
            two_sided=self.two_sided,
        )

    def _offset(self) -> float:
        return -self.detector_.threshold


class Knn(_Estimator):
    """Flags inputs that cost what adversarial ones do.

    ``k`` neighbours vote; more than the share ``threshold`` of them make an input adversarial. ``ratio`` is that of
    adversarial to benign inputs, see :func:`a2d_detect.fit`.
    """

    def __init__(self, *, k: int = 100, threshold: float = 0.5, ratio: float | None = None) -> None:
        self.k = k
        self.threshold = threshold
        self.ratio = ratio

    def _detector(self, benign: NDArray[np.float64], adversarial: NDArray[np.float64]) -> Detector:
        return fit(
            "knn", benign=benign, adversarial=adversarial, k=self.k, threshold=self.threshold, ratio=self.ratio
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


class Conformal(_Estimator):
    """Flags at most the share ``fpr`` of benign inputs to come; fitted on the benign inputs alone.

    ``votes`` and ``two_sided`` are those of the z-scores that it is over, see :func:`a2d_detect.fit`.
    """

    def __init__(self, *, fpr: float = 0.05, votes: int | None = None, two_sided: bool = False) -> None:
        self.fpr = fpr
        self.votes = votes
        self.two_sided = two_sided

    def _detector(self, benign: NDArray[np.float64], adversarial: NDArray[np.float64]) -> Detector:
        return fit(
            "conformal", benign=benign, fpr=self.fpr, votes=self.votes, two_sided=self.two_sided
        )

    def _offset(self) -> float:
        # Scores are 1 - p, and p-values up to fpr are flagged: that one, too.
        return float(np.nextafter(1.0 - self.detector_.threshold, 0.0))
