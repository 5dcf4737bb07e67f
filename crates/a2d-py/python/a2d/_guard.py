"""Guards: verdicts on what a model is given."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import a2d_detect
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import _native
from ._attacks import Attacks, Dataset, choice
from ._cost import cost
from ._model import Subject
from ._run import settings


@dataclass(frozen=True)
class Verdicts:
    """What a guard says of images, in their order."""

    adversarial: pd.arrays.BooleanArray
    """True, False, or NA where attacks tell nothing and so there is no verdict; shape (N,)."""
    p_value: NDArray[np.float64]
    """The chance that a benign image looks so adversarial or more; NaN where attacks were stopped before it was known."""
    score: NDArray[np.float64]
    """Larger for more adversarial images; NaN where it is not known."""
    predicted: NDArray[np.int64]
    """The class that the model predicts."""
    confidence: NDArray[np.float64]
    """The probability that the model gives it."""
    queries: NDArray[np.int64]
    """Forward passes and gradients that the attacks took."""
    costs: pd.DataFrame
    """Iterations of every attack, (N, attacks); NaN where the verdict did not need it."""
    stopped: pd.DataFrame
    """True where an attack was stopped, so that it costs more than that; (N, attacks)."""
    reasons: list[str | None]
    """What attacks tell nothing, and why; with ``full=True``, else what the verdict rests on."""

    def __len__(self) -> int:
        return len(self.predicted)

    def frame(self) -> pd.DataFrame:
        """A line for each image."""
        columns = ["adversarial", "p_value", "score", "predicted", "confidence", "queries"]
        frame = pd.DataFrame({name: getattr(self, name) for name in columns})
        return frame.join(self.costs.add_suffix("_cost")).assign(reason=pd.Series(self.reasons, dtype=object))


class Guard:
    """A model, attacks and the detector that judges their costs: says which images are adversarial.

    >>> guard = a2d.Guard.fit(model, benign, fpr=0.05, mean=mean, std=std)
    >>> verdicts = guard(x)
    >>> guard.save("guard.json"); guard = a2d.Guard(model, "guard.json", mean=mean, std=std)
    """

    def __init__(
        self,
        model: Any,
        detector: a2d_detect.Detector | str | os.PathLike[str],
        *,
        mean: Any = None,
        std: Any = None,
        attacks: Attacks | None = None,
        fingerprint: str | None = None,
    ) -> None:
        """``detector`` is a fitted detector or the path of its file, from here or from ``a2d fit``.

        Attacks and parameters are those that it was fitted for; ``attacks`` are only needed where it does not say them,
        or for attacks in Python.
        """
        if not isinstance(detector, a2d_detect.Detector):
            if not isinstance(detector, (str, os.PathLike)):
                raise TypeError(f"make guard: expected a detector or a path, got {type(detector).__name__}")
            detector = a2d_detect.load(detector)
        self.detector = detector
        self._subject = Subject(model, mean, std, fingerprint)
        self._choice = None if attacks is None else choice(attacks, {}, None)

    @classmethod
    def fit(
        cls,
        model: Any,
        benign: Any,
        *,
        fpr: float = 0.05,
        attacks: Attacks = "bim-turbo",
        mean: Any = None,
        std: Any = None,
        dataset: Dataset | None = None,
        window: int = 64,
        seed: int = 0,
        fingerprint: str | None = None,
        progress: bool | None = None,
        **parameters: Any,
    ) -> Guard:
        """Measures what attacks on benign images (N, C, H, W) cost, and fits a detector that flags at most ``fpr`` of those
        to come. It takes at least 20 images and 1/``fpr`` - 1; of several attacks twice as many.

        All else is as in :func:`a2d.cost`.
        """
        costs = cost(
            model,
            benign,
            attacks,
            mean=mean,
            std=std,
            dataset=dataset,
            window=window,
            seed=seed,
            fingerprint=fingerprint,
            progress=progress,
            **parameters,
        )
        detector = a2d_detect.fit("conformal", benign=costs, fpr=fpr)
        guard = cls(model, detector, mean=mean, std=std, fingerprint=fingerprint)
        asked = choice(attacks, parameters, dataset)
        if not all(isinstance(attack, tuple) for attack in asked["attacks"]):
            guard._choice = asked  # the detector does not say what attacks in Python do
        return guard

    @classmethod
    def load(cls, model: Any, path: str | os.PathLike[str], **options: Any) -> Guard:
        """The guard whose detector is in this file; options are those of the class."""
        return cls(model, path, **options)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the detector with the attacks' parameters; ``a2d detect`` takes the file for the same model, too."""
        self.detector.save(path)

    def __call__(
        self, x: Any, *, full: bool = False, window: int = 64, seed: int = 0, progress: bool | None = None
    ) -> Verdicts:
        """The verdicts on images (N, C, H, W) in [0, 1].

        Attacks stop as soon as the verdict is certain. With ``full``, all go to their end, so that scores and p-values
        are known of every image; the verdicts are the same.

        Raises ``ValueError`` if the detector was fitted for another model, or as :func:`a2d.cost`.
        """
        images = self._subject.images(x)
        document = self.detector._native.to_json()
        with self._subject.attacked(images) as seen:
            with settings("guard", len(images), window, seed, progress) as how:
                found = _native.screen(seen, document, self._choice, images, full, how)
        return self._verdicts(found, full)

    def _verdicts(self, found: list[dict[str, Any]], full: bool) -> Verdicts:
        def numbers(name: str, dtype: Any) -> NDArray[Any]:
            return np.array([np.nan if row[name] is None else row[name] for row in found], dtype=dtype)

        attacks = self.detector.attacks
        costs = pd.DataFrame(
            [[np.nan if cost is None else cost[0] for cost in row["costs"]] for row in found], columns=attacks
        )
        stopped = pd.DataFrame(
            [[cost is not None and cost[1] for cost in row["costs"]] for row in found], columns=attacks
        )
        reasons = [row["reason"] for row in found]
        if full:
            for row in np.flatnonzero(~np.isnan(numbers("score", np.float64))):
                reasons[row] = reasons[row] or str(self.detector.explain(costs.iloc[row]))
        return Verdicts(
            adversarial=pd.array([row["adversarial"] for row in found], dtype="boolean"),
            p_value=numbers("p_value", np.float64),
            score=numbers("score", np.float64),
            predicted=numbers("predicted", np.int64),
            confidence=numbers("confidence", np.float64),
            queries=numbers("queries", np.int64),
            costs=costs,
            stopped=stopped,
            reasons=reasons,
        )
