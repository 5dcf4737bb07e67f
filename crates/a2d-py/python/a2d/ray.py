"""Screening of data sets in Ray, on as many machines as its cluster has.

>>> def guard():
...     return a2d.Guard(load_model(), "guard.json", mean=mean, std=std)
>>> images = ray.data.read_numpy("images/")
>>> images.map_batches(a2d.ray.Screen, fn_constructor_args=(guard,), batch_size=256, concurrency=8)

Import it by its name, ``import a2d.ray``: nothing else of ``a2d`` needs Ray, nor does this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._guard import Guard

__all__ = ["Screen"]


class Screen:
    """What ``Dataset.map_batches`` makes in each of its actors: a guard of its own, which judges batch by batch.

    A batch keeps its columns but that of the images, and gets ``verdict`` (``adversarial``, ``benign`` or ``none``),
    ``predicted``, ``confidence``, ``queries``, ``p_value``, ``score`` (NaN where attacks were stopped before they were
    known) and ``reason``.

    What is random of an image is of its place in its batch, so attacks with random streams (``dba``) depend on
    ``batch_size``; others do not.
    """

    def __init__(
        self,
        guard: Callable[[], Guard],
        *,
        images: str = "data",
        keep_images: bool = False,
        full: bool = False,
        window: int = 64,
        seed: int = 0,
    ) -> None:
        """``guard`` makes the guard, in the actor: models need not travel. ``images`` is the column of images
        (N, C, H, W) in [0, 1]; all else is as in calls of :class:`a2d.Guard`."""
        self._guard = guard()
        if not isinstance(self._guard, Guard):
            raise TypeError(f"make screen: expected a function that returns an a2d.Guard, got {type(self._guard).__name__}")
        self._images, self._keep_images = images, keep_images
        self._how: dict[str, Any] = {"full": full, "window": window, "seed": seed, "progress": False}

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        if self._images not in batch:
            raise KeyError(f"screen batch: expected a column {self._images!r}, got {', '.join(map(repr, batch))}")
        verdicts = self._guard(np.asarray(batch[self._images], dtype=np.float32), **self._how)
        words = {True: "adversarial", False: "benign"}
        kept = {name: column for name, column in batch.items() if self._keep_images or name != self._images}
        return kept | {
            "verdict": np.array([words.get(flag, "none") for flag in verdicts.adversarial.tolist()], dtype=object),
            "predicted": verdicts.predicted,
            "confidence": verdicts.confidence,
            "queries": verdicts.queries,
            "p_value": verdicts.p_value,
            "score": verdicts.score,
            "reason": np.array([reason or "" for reason in verdicts.reasons], dtype=object),
        }
