"""The torch that the extension is made for: its libraries are those that the extension uses."""

from __future__ import annotations

VERSION = "2.13"


def check() -> None:
    """Loads torch, so that the extension finds its libraries; refuses another version."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"import a2d: expected torch {VERSION}, got none; pip install 'torch=={VERSION}.*'") from error
    if torch.__version__.split("+")[0].rsplit(".", 1)[0] != VERSION:
        raise ImportError(
            f"import a2d: expected torch {VERSION}, got {torch.__version__}; pip install 'torch=={VERSION}.*'"
        )
