"""Numbers of inputs, from arrays, DataFrames and files."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from . import _native

Numbers: TypeAlias = "ArrayLike | pd.DataFrame | str | os.PathLike[str]"
"""Numbers of inputs: an array of inputs x attacks, a DataFrame or the path of a CSV file.

A DataFrame has either a column for each attack, or the columns ``input``, ``attack``, ``iterations``, ``flipped`` and
perhaps ``censored``, one line for each input and attack, as ``a2d.cost`` gives it.
"""

RECORD = ["input", "attack", "iterations", "flipped"]
"""The columns by which records of costs are told from other DataFrames."""

PROVENANCE = "a2d"
"""The key of ``DataFrame.attrs`` under which ``a2d.cost`` says what was attacked."""

SKETCH = 24
"""The bytes of a sketch, by which an input is known again."""


def table(
    numbers: Any,
    argument: str,
    columns: Sequence[str] | None = None,
    signs: Sequence[str] | None = None,
) -> _native.Table:
    """The table of these numbers, whose columns have these names where they have none of their own."""
    if isinstance(numbers, (str, os.PathLike)):
        return _native.Table.read(numbers)
    if isinstance(numbers, pd.DataFrame):
        if set(RECORD) <= set(numbers.columns):
            return _of_records(numbers, argument)
        names = [str(name) for name in numbers.columns]
        return _of_matrix(numbers.to_numpy(), argument, names, signs)
    return _of_matrix(numbers, argument, columns, signs)


def _of_matrix(
    numbers: Any, argument: str, columns: Sequence[str] | None, signs: Sequence[str] | None
) -> _native.Table:
    if hasattr(numbers, "detach"):  # a tensor, wherever it is
        numbers = numbers.detach().cpu()
    matrix = np.asarray(numbers)
    if matrix.dtype.kind not in "biuf":
        try:
            matrix = matrix.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"read {argument}: expected numbers, a DataFrame or a path, got {type(numbers).__name__} "
                f"of {matrix.dtype}"
            ) from None
    if matrix.ndim == 1:
        matrix = matrix[:, np.newaxis]
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            f"read {argument}: expected an array of inputs x attacks, at least one of each, got shape {matrix.shape}"
        )
    names = [f"attack-{place}" for place in range(matrix.shape[1])] if columns is None else list(columns)
    if len(names) != matrix.shape[1]:
        raise ValueError(
            f"read {argument}: expected {len(names)} columns ({', '.join(names)}), got shape {matrix.shape}"
        )
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        found = matrix[row, column]
        raise ValueError(
            f"read {argument}: expected finite numbers, got {found} at row {row} and column {column}; "
            f"NaN and inf are no costs"
        )
    return _native.Table.of_numbers(np.ascontiguousarray(matrix, dtype=np.float64), names, signs)


def _of_records(frame: pd.DataFrame, argument: str) -> _native.Table:
    iterations = frame["iterations"].to_numpy()
    if iterations.dtype.kind not in "iu" or (iterations < 0).any():
        raise ValueError(f"read {argument}: expected iterations to be whole numbers from 0, got {iterations.dtype}")
    censored = frame["censored"] if "censored" in frame else [False] * len(frame)
    rows = [
        (str(name), str(attack), int(count), bool(flipped), bool(stopped))
        for name, attack, count, flipped, stopped in zip(
            frame["input"], frame["attack"], iterations, frame["flipped"], censored
        )
    ]
    provenance = frame.attrs.get(PROVENANCE)
    if provenance is not None:
        provenance = _of_part(provenance, list(dict.fromkeys(name for name, *_ in rows)))
    return _native.Table.of_records(rows, provenance)


def _of_part(document: str, names: list[str]) -> str:
    """The provenance of the inputs with these names: a DataFrame may hold some of those that were measured.

    Sketches, 24 bytes each in base64, are in the order of the inputs, which are named by their rows.
    """
    provenance = json.loads(document)
    unscored = {entry["input"] for entry in provenance.get("unscored", [])}
    for inputs in provenance["inputs"]:
        if "sketches" not in inputs:
            continue
        bytes_ = base64.b64decode(inputs["sketches"])
        sketches = [bytes_[start : start + SKETCH] for start in range(0, len(bytes_), SKETCH)]
        rows = (str(row) for row in itertools.count())
        known = dict(zip((row for row in rows if row not in unscored), sketches))
        if list(known) == names:
            continue
        if not set(names) <= set(known):
            return json.dumps({**provenance, "inputs": []})  # which of them these are, nobody knows
        inputs["sketches"] = base64.b64encode(b"".join(known[name] for name in names)).decode()
        inputs["digest"] = hashlib.sha256(" ".join([inputs["digest"], *names]).encode()).hexdigest()
    return json.dumps(provenance)
