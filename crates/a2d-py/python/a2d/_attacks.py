"""Attacks as they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import torch

from . import _native

Dataset = Literal["mnist", "cifar10", "imagenet"]


@runtime_checkable
class Attack(Protocol):
    """An attack in Python. Both methods are called with all rows under attack at once; rows are independent.

    ``iterations``, the most steps of a row, is an attribute; ``name`` and ``gradients`` (True) may be others. What else
    ``vars()`` shows are its parameters.
    """

    iterations: int

    def start(self, images: torch.Tensor) -> Any:
        """The state of rows that join, from their images (N, C, H, W): tensors (N, ...) or lists of N, alone or in
        tuples and dictionaries; or None."""
        ...

    def advance(self, images: torch.Tensor, grad: torch.Tensor | None, state: Any) -> Any:
        """The next images (N, C, H, W), or a pair of these and the new state.

        ``grad`` (N, C, H, W) leads away from the label; it is None where ``gradients`` is False. Images are clipped to
        [0, 1]. A state that is changed in place need not be given back.
        """
        ...


Attacks: TypeAlias = "str | Attack | Mapping[str, Mapping[str, Any]] | Sequence[str | Attack | tuple[str, Mapping[str, Any]]]"


def choice(asked: Any, parameters: Mapping[str, Any], dataset: str | None) -> dict[str, Any]:
    """What the extension takes."""
    if isinstance(asked, Mapping):
        asked = list(asked.items())
    elif isinstance(asked, str) or not isinstance(asked, Sequence):
        asked = [asked]
    if not asked:
        raise ValueError("choose attacks: expected at least one, got none")
    return {"attacks": [_one(attack) for attack in asked], "parameters": _json(parameters), "dataset": dataset}


def _one(attack: Any) -> Any:
    if isinstance(attack, str):
        return attack, "{}"
    if isinstance(attack, tuple) and len(attack) == 2 and isinstance(attack[1], Mapping):
        return attack[0], _json(attack[1])
    if hasattr(attack, "advance") and not isinstance(attack, type):
        return attack
    raise TypeError(
        "choose attacks: expected a name, a name with parameters, or an object with start and advance, "
        f"got {attack!r}"
    )


def _json(parameters: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(parameters), default=float, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"set up attack: expected numbers, names or truth as parameters, got {error}") from None


def attacks(crafting: bool = False) -> list[str]:
    """The names of the attacks whose costs are measured, or of those that craft examples."""
    return _native.names()[crafting]


def parameters(attack: str, *, crafting: bool = False, dataset: Dataset = "cifar10") -> dict[str, Any]:
    """The parameters of an attack, as the paper has them for a data set; all can be given as keywords."""
    return json.loads(_native.parameters(attack, crafting, dataset))
