"""CLEVER scores."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from . import _native
from ._model import Subject
from ._run import settings


def clever(
    model: Any,
    x: Any,
    *,
    norm: Literal["l1", "l2", "linf"] = "l2",
    target: int | None = None,
    radius: float | None = None,
    batches: int = 50,
    samples: int = 64,
    mean: Any = None,
    std: Any = None,
    seed: int = 0,
    fingerprint: str | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Estimates how far each image (N, C, H, W) is from being taken for another class, or for ``target``.

    Weng et al., "Evaluating the robustness of neural networks: an extreme value theory approach", ICLR 2018: an estimate,
    not a bound. ``batches`` of ``samples`` are drawn from a ball of ``radius`` (5 in L2, 30 in L1, 0.1 in the largest
    norm); the paper has 500 of 1024. All else is as in :func:`a2d.cost`.

    One line per image: ``input``, ``score`` (at most the radius), ``label`` (the predicted class), ``target`` (the
    nearest other class) and ``margin``, by how much the label's logit leads.
    """
    subject = Subject(model, mean, std, fingerprint)
    images = subject.images(x)
    estimate = {
        "norm": norm,
        "radius": radius,
        "batches": batches,
        "samples": samples,
        "target": target,
        "seed": seed,
    }
    with subject.attacked(images) as seen, settings("clever", len(images), 1, seed, progress) as how:
        scores = _native.clever(seen, images, estimate, how)
    return pd.DataFrame.from_records(scores, columns=["input", "score", "label", "target", "margin"])
