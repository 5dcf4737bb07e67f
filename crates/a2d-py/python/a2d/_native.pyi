"""What the extension has. It is not the interface of the package, and may change with every release."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

Model = Mapping[str, Any]

def names() -> tuple[list[str], list[str]]: ...
def parameters(name: str, crafting: bool, dataset: str) -> str: ...
def check(
    model: Model,
    images: torch.Tensor,
    choice: Mapping[str, Any],
    heard: Callable[[str], Any],
    settings: Mapping[str, Any],
) -> tuple[str, list[list[str]]]: ...
def cost(
    model: Model,
    images: torch.Tensor,
    choice: Mapping[str, Any],
    budget: int | None,
    settings: Mapping[str, Any],
) -> tuple[list[tuple[int, str, int, bool, bool, int]], list[tuple[int, str, str]], str]: ...
def craft(
    model: Model,
    images: torch.Tensor,
    labels: Sequence[int],
    choice: Mapping[str, Any],
    count: int,
    integer: bool,
    settings: Mapping[str, Any],
) -> tuple[torch.Tensor | None, list[tuple[int, int, int, int, float, float, float]], str]: ...
def clever(
    model: Model, images: torch.Tensor, estimate: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[tuple[int, float, int, int, float]]: ...
def screen(
    model: Model,
    detector: str,
    choice: Mapping[str, Any] | None,
    images: torch.Tensor,
    full: bool,
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]: ...
