"""Adversarial examples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from . import _native
from ._attacks import Attacks, Dataset, choice
from ._model import Subject
from ._run import settings


@dataclass(frozen=True)
class Examples:
    """Adversarial examples, in the order of the images that they were crafted from."""

    images: torch.Tensor
    """Shape (M, C, H, W), in [0, 1], where the model is."""
    table: pd.DataFrame
    """A line each: ``input``, the row of ``x``; ``label``; ``predicted``; ``iterations``; ``l0``, ``l2``, ``linf``, how
    far it is from where it came from."""
    tally: dict[str, int]
    """How many images were ``tried``, ``misclassified`` to begin with, ``on_target``, ``unmoved``, and ``succeeded``."""

    def __len__(self) -> int:
        return len(self.table)


def craft(
    model: Any,
    x: Any,
    y: Any = None,
    attack: Attacks = "bim-a",
    *,
    count: int | None = None,
    integer: bool = False,
    mean: Any = None,
    std: Any = None,
    dataset: Dataset | None = None,
    window: int = 64,
    seed: int = 0,
    fingerprint: str | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> Examples:
    """Crafts adversarial examples from images (N, C, H, W) until there are ``count``, or from all.

    ``y`` are the true classes, (N,); images that the model misclassifies are left out. Without, the model's own
    predictions are. ``integer`` asks for examples whose pixels are multiples of 1/255. ``attack`` is one of
    ``a2d.attacks(crafting=True)`` or an object with ``start`` and ``advance``; all else is as in :func:`a2d.cost`.
    """
    subject = Subject(model, mean, std, fingerprint)
    images = subject.images(x)
    asked = choice(attack, parameters, dataset)
    wanted = len(images) if count is None else count
    if wanted < 1:
        raise ValueError(f"craft: expected count of at least 1, got {count}")
    with subject.attacked(images) as seen, settings("craft", len(images), window, seed, progress) as how:
        labels = subject.predicted(images, window) if y is None else _labels(y, len(images))
        crafted, rows, tally = _native.craft(seen, images, labels, asked, wanted, integer, how)
    table = pd.DataFrame.from_records(
        rows, columns=["input", "label", "predicted", "iterations", "l0", "l2", "linf"]
    )
    return Examples(images[:0] if crafted is None else crafted, table, json.loads(tally))


def _labels(y: Any, count: int) -> list[int]:
    labels = np.asarray(y.detach().cpu() if isinstance(y, torch.Tensor) else y)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"read y: expected whole numbers of shape ({count},), got {labels.dtype} of shape {labels.shape}"
        )
    if (labels < 0).any() or (labels >= 2**32).any():
        raise ValueError(f"read y: expected classes from 0, got {labels.min()} to {labels.max()}")
    return labels.tolist()

