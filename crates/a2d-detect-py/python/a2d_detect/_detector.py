"""Fitted detectors, and how they are fitted, read and written."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import _native
from ._tables import Numbers, table

Kind = Literal["conformal", "z-score", "knn"]


@dataclass(frozen=True)
class Explanation:
    """A verdict and what it rests on. ``str()`` gives the text for people."""

    adversarial: bool
    score: float
    p_value: float | None
    evidence: dict[str, Any]
    """The votes of attacks, stages, neighbours, or a p-value and what its score rests on, by ``kind``."""
    text: str

    def __str__(self) -> str:
        return self.text


class Detector:
    """A fitted detector: it judges inputs by what it costs to attack them.

    Made by :func:`fit` and :func:`load`. It may be pickled.
    """

    def __init__(self, native: _native.Detector) -> None:
        if not isinstance(native, _native.Detector):
            raise TypeError("make detector: expected fit(...) or load(...) to be called instead")
        self._native = native

    @property
    def name(self) -> str:
        """What it is, such as ``conformal z-score``."""
        return self._native.name

    @property
    def attacks(self) -> list[str]:
        """The attacks whose costs it takes, in the order of the columns."""
        return self._native.attacks

    @property
    def threshold(self) -> float:
        """What decides, in the detector's own terms: a z-score, a share of votes, or a p-value."""
        return self._native.threshold

    @property
    def samples(self) -> dict[str, int]:
        """How many inputs it has seen: ``benign``, ``adversarial`` and ``held_out`` ones."""
        return json.loads(self._native.samples())

    def predict(self, costs: Numbers) -> NDArray[np.bool_]:
        """True for each input that is called adversarial; shape (inputs,).

        ``costs``: an array (inputs, attacks), a DataFrame or the path of a CSV file.
        """
        return self._native.verdicts(self._table(costs))[1]

    def decision_function(self, costs: Numbers) -> NDArray[np.float64]:
        """The score of each input, larger for more adversarial ones; shape (inputs,)."""
        return self._native.verdicts(self._table(costs))[0]

    def p_values(self, costs: Numbers) -> NDArray[np.float64]:
        """The chance that a benign input looks so adversarial or more; shape (inputs,).

        Raises ``ValueError`` where the detector does not know it: only conformal ones do.
        """
        p_values = self._native.verdicts(self._table(costs))[2]
        if p_values is None:
            raise ValueError(f"give p-values: expected a conformal detector, got a {self.name} one")
        return p_values

    def explain(self, costs: Any) -> Explanation:
        """The verdict on one input, and what it rests on.

        ``costs``: shape (attacks,), or a mapping or Series from the attacks to their costs.
        """
        if isinstance(costs, (Mapping, pd.Series)):
            named = {str(name): value for name, value in costs.items()}
            if set(named) >= set(self.attacks):
                costs = [named[name] for name in self.attacks]
        row = np.asarray(costs, dtype=np.float64)
        if row.shape == ():
            row = row.reshape(1)
        if row.shape != (len(self.attacks),):
            expected = f"({len(self.attacks)},), the costs of {', '.join(self.attacks)}"
            raise ValueError(f"explain costs: expected shape {expected}, got shape {row.shape}")
        document, text = self._native.explain(row.tolist())
        explanation = json.loads(document)
        verdict = explanation["verdict"]
        return Explanation(
            verdict["adversarial"], verdict["score"], verdict.get("p_value"), explanation["evidence"], text
        )

    def with_threshold(self, threshold: float) -> Detector:
        """The same detector with another threshold, in its own terms."""
        return Detector(self._native.tuned(threshold, None))

    def with_fpr(self, fpr: float) -> Detector:
        """The same detector, which now flags about this share of benign inputs; nothing is fitted anew."""
        return Detector(self._native.tuned(None, fpr))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the detector to a JSON file, which the program ``a2d`` takes as well."""
        self._native.save(path)

    def _table(self, costs: Numbers) -> _native.Table:
        return table(costs, "costs", self.attacks, self._native.signs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Detector) and self._native.to_json() == other._native.to_json()

    def __hash__(self) -> int:
        return hash(self._native.to_json())

    def __reduce__(self) -> tuple[Any, ...]:
        return _of_json, (self._native.to_json(),)

    def __repr__(self) -> str:
        seen = ", ".join(f"{count} {kind}" for kind, count in self.samples.items() if count)
        attacks = ", ".join(self.attacks)
        return f"<{self.name} detector on {attacks}; threshold {self.threshold:.4g}; {seen}>"


def _of_json(text: str) -> Detector:
    return Detector(_native.Detector.of_json(text))


def fit(
    kind: Kind = "conformal",
    *,
    benign: Numbers | Sequence[Numbers],
    adversarial: Numbers | Sequence[Numbers] | None = None,
    calibration: Numbers | Sequence[Numbers] | None = None,
    fpr: float | None = None,
    threshold: float | None = None,
    k: int | None = None,
    ratio: float | None = None,
    votes: int | None = None,
    two_sided: bool = False,
    cascade: bool = False,
    attacks: Sequence[str] | None = None,
    scores: Literal["smaller", "larger"] | Sequence[str] | None = None,
) -> Detector:
    """Fits a detector on costs: arrays (inputs, attacks), DataFrames, or paths of CSV files.

    ``kind``
        ``"z-score"`` needs benign costs alone; ``"knn"`` benign and adversarial ones; ``"conformal"`` is one of them,
        k-NN if there are adversarial costs, whose threshold benign inputs held out from the fit decide: it flags at
        most ``fpr`` (0.05) of benign inputs to come.
    ``calibration``
        Costs of benign inputs to hold out (conformal). Left out, every other one of ``benign`` is held out, or all
        serve for both where there is one attack, which only their order matters to.
    ``fpr``, ``threshold``
        The share of benign inputs to flag, or the threshold in the detector's own terms.
    ``k``, ``ratio``
        k-NN: neighbours that vote (100), and adversarial inputs for each benign one.
    ``votes``, ``two_sided``
        z-score: attacks that must flag an input (half of them), and whether implausibly high costs are flagged, too.
    ``cascade``
        z-score, or conformal over it: attacks decide one after the other, in the order of the columns, each where it is sure.
    ``attacks``
        The names of the columns of arrays.
    ``scores``
        For numbers that are no costs: which values look adversarial, of all columns or one by one. They may be negative.

    Raises ``ValueError`` if costs or options do not fit, ``OSError`` if a file cannot be read.
    """
    if fpr is not None and threshold is not None:
        raise ValueError("fit: expected fpr or threshold, got both")

    def tables(numbers: Any, argument: str, columns: Sequence[str] | None) -> list[_native.Table]:
        if numbers is None:
            return []
        parts = numbers if _is_several(numbers) else [numbers]
        return [table(part, argument, columns, _signs(scores, part, columns)) for part in parts]

    clean = tables(benign, "benign", attacks)
    names = clean[0].columns if clean else attacks
    options = {
        "kind": kind,
        "k": _whole("k", k),
        "ratio": ratio,
        "votes": _whole("votes", votes),
        "cascade": cascade,
        "two_sided": two_sided,
        "threshold": threshold,
        "fpr": fpr,
    }
    native = _native.fit(
        options, clean, tables(adversarial, "adversarial", names), tables(calibration, "calibration", names)
    )
    return Detector(native)


def _whole(argument: str, number: Any) -> int | None:
    if number is None:
        return None
    try:
        whole = operator.index(number)
    except TypeError:
        raise TypeError(f"fit: expected {argument} to be a whole number, got {type(number).__name__}") from None
    if whole < 1:
        raise ValueError(f"fit: expected {argument} of at least 1, got {whole}")
    return whole


def _is_several(numbers: Any) -> bool:
    parts = (pd.DataFrame, np.ndarray, str, os.PathLike)
    return isinstance(numbers, (list, tuple)) and len(numbers) > 0 and isinstance(numbers[0], parts) and (
        not isinstance(numbers[0], np.ndarray) or numbers[0].ndim == 2
    )


def _signs(scores: Any, numbers: Any, columns: Sequence[str] | None) -> list[str] | None:
    if scores is None or isinstance(numbers, (str, os.PathLike)):
        return None
    if not isinstance(scores, str):
        return list(scores)
    shape = np.shape(numbers)
    count = len(columns) if columns is not None else (shape[1] if len(shape) > 1 else 1)
    return [scores] * count


def load(path: str | os.PathLike[str]) -> Detector:
    """Reads a detector that :meth:`Detector.save` or the program ``a2d fit`` wrote.

    Raises ``OSError`` if the file cannot be read, ``ValueError`` if it holds no detector.
    """
    return Detector(_native.Detector.load(path))
