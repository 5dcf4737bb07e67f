"""The state that attacks in Python keep for each row; the extension calls this as rows join and leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch


def describe(attack: Any) -> tuple[str, int, bool, str]:
    """Name, most iterations, whether it wants gradients, and parameters as JSON."""
    name = getattr(attack, "name", None) or type(attack).__name__
    iterations = getattr(attack, "iterations", None)
    if not isinstance(iterations, int) or not 1 <= iterations < 2**32:
        raise ValueError(f"set up {name}: expected an attribute iterations, the most steps of a row, got {iterations!r}")
    values = {key: value for key, value in vars(attack).items() if not key.startswith("_")}
    parameters = json.dumps({**values, "iterations": iterations}, default=repr)
    return str(name), iterations, bool(getattr(attack, "gradients", True)), parameters


def join(rows: Any, newcomers: Any) -> Any:
    """The state of rows with that of newcomers behind it."""
    if rows is None:
        return None
    if isinstance(rows, torch.Tensor):
        return torch.cat([rows, newcomers])
    if isinstance(rows, dict):
        return {key: join(value, newcomers[key]) for key, value in rows.items()}
    if isinstance(rows, tuple):
        return tuple(join(*pair) for pair in zip(rows, newcomers, strict=True))
    if isinstance(rows, list):
        return rows + newcomers
    raise _no_state(rows)


def keep(rows: Any, indices: torch.Tensor, places: Sequence[int]) -> Any:
    """The state of these rows, in this order."""
    if rows is None:
        return None
    if isinstance(rows, torch.Tensor):
        return rows.index_select(0, indices.to(rows.device))
    if isinstance(rows, dict):
        return {key: keep(value, indices, places) for key, value in rows.items()}
    if isinstance(rows, tuple):
        return tuple(keep(value, indices, places) for value in rows)
    if isinstance(rows, list):
        return [rows[place] for place in places]
    raise _no_state(rows)


def _no_state(rows: Any) -> TypeError:
    return TypeError(
        "start: expected tensors or lists with an entry for each row, tuples or dictionaries of them, or None, "
        f"got {type(rows).__name__}"
    )


def advance(attack: Any, images: torch.Tensor, grad: torch.Tensor | None, state: Any) -> tuple[torch.Tensor, Any]:
    """The next images, checked, and the state."""
    with torch.no_grad():
        answer = attack.advance(images, grad, state)
    if isinstance(answer, tuple):
        answer, state = answer
    if not isinstance(answer, torch.Tensor) or answer.shape != images.shape:
        got = tuple(answer.shape) if isinstance(answer, torch.Tensor) else type(answer).__name__
        raise ValueError(f"advance: expected images of shape {tuple(images.shape)}, got {got}")
    answer = answer.detach().to(images)
    if not torch.isfinite(answer).all():
        raise ValueError("advance: expected finite images, got NaN or infinity")
    return answer, state
