"""How work is done: how much at a time, from which seed, and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


@contextmanager
def settings(what: str, total: int, window: int, seed: int, progress: bool | None) -> Iterator[dict[str, Any]]:
    """What the extension takes; a bar meanwhile, unless progress is False. Left out, it is there on terminals alone."""
    if not 1 <= window <= 1 << 20:
        raise ValueError(f"read window: expected 1 to {1 << 20} images at a time, got {window}")
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"read seed: expected a number from 0 to 2^64 - 1, got {seed}")
    shown = None if progress is None else not progress
    with tqdm(total=total, desc=what, unit="image", leave=False, disable=shown) as bar:
        yield {"window": window, "seed": seed, "progress": None if bar.disable else bar.update}
