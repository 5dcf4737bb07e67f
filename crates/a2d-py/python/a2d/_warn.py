"""Warnings at the line of the user's code that they are about."""

from __future__ import annotations

import sys
import warnings

OWN = ("a2d", "contextlib")
"""The packages through which users come here."""


def warn(text: str) -> None:
    """Warns whoever called this package, however deep it is in it."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in OWN:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level)
