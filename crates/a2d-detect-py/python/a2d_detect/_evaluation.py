"""How well detectors and costs tell adversarial inputs from benign ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ._detector import Detector
from ._tables import Numbers, table
from . import _native


class Evaluation(pd.DataFrame):
    """A line for each kind of adversarial inputs, with 95 % intervals; made by :func:`evaluate`.

    ``flagged`` is the share that the detector flags, ``fpr`` that of the benign inputs, ``auroc`` the area under its
    ROC curve; each has its interval in ``_low`` and ``_high``. ``<attack>_auroc`` is the area by one attack's cost alone.
    """

    _metadata = ["roc", "document"]

    roc: dict[str, pd.DataFrame]
    """The ROC curve of each kind: ``threshold`` (NaN flags none), ``fpr`` and ``tpr``."""
    document: dict[str, Any]
    """All that was computed, as ``a2d eval --format json`` prints it."""

    def plot_roc(self, ax: Any = None) -> Any:
        """Draws the ROC curves on matplotlib axes, those given or new ones, and gives these back."""
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots()[1]
        for kind, curve in self.roc.items():
            ax.step(curve["fpr"], curve["tpr"], where="post", label=f"{kind} ({self.loc[kind, 'auroc']:.3f})")
        ax.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        ax.set(xlabel="benign inputs flagged", ylabel="adversarial inputs flagged", xlim=(0, 1), ylim=(0, 1.01))
        ax.legend(loc="lower right")
        return ax


def evaluate(
    detector: Detector | None = None, *, benign: Numbers, adversarial: Mapping[str, Numbers]
) -> Evaluation:
    """Evaluates a detector, and every attack's costs alone, on inputs that it was not fitted on.

    ``adversarial`` maps names of kinds, such as the attack that crafted them, to their costs. Where costs say which
    inputs they are of, as those of ``a2d`` do, inputs that the detector was fitted on are refused.
    """
    if detector is not None and not isinstance(detector, Detector):
        raise TypeError(f"evaluate: expected detector to be a Detector or None, got {type(detector).__name__}")
    if not isinstance(adversarial, Mapping) or not adversarial:
        raise ValueError("evaluate: expected adversarial to map at least one name to costs")
    native = None if detector is None else detector._native
    columns = None if detector is None else detector.attacks
    signs = None if native is None else native.signs
    kinds = [(str(kind), table(costs, str(kind), columns, signs)) for kind, costs in adversarial.items()]
    document, curves = _native.evaluate(native, table(benign, "benign", columns, signs), kinds)
    return _frame(json.loads(document), json.loads(curves))


def _frame(document: dict[str, Any], curves: list[list[dict[str, Any]]]) -> Evaluation:
    rows = [
        _row(document, group, place) for place, group in enumerate(document["adversarial"])
    ]
    names = [group["kind"] for group in document["adversarial"]]
    frame = Evaluation(rows, index=pd.Index(names, name="kind"))
    frame.roc = {name: pd.DataFrame(curve, dtype=float) for name, curve in zip(names, curves)}
    frame.document = document
    return frame


def _row(document: dict[str, Any], group: dict[str, Any], place: int) -> dict[str, Any]:
    row: dict[str, Any] = {"n": group["n"], "benign_n": document["benign"]["n"]}
    columns = group["costs"]
    if document["detection"] is not None:
        rates = document["detection"]["sets"][place]["rates"]
        row |= _interval("flagged", rates["tpr"], "share") | _interval("fpr", rates["fpr"], "share")
        row |= _interval("auroc", group["scores"], "auroc")
    else:
        first = next(iter(columns.values()))
        row |= {"auroc": first["auroc"], "auroc_low": first["auroc_low"], "auroc_high": first["auroc_high"]}
    for name, numbers in columns.items():
        row |= {f"{name}_auroc": numbers["auroc"], f"{name}_tpr_at_5_fpr": numbers["tpr_at_5_fpr"]}
    return row


def _interval(name: str, numbers: dict[str, float], value: str) -> dict[str, float]:
    return {name: numbers[value], f"{name}_low": numbers["low"], f"{name}_high": numbers["high"]}
