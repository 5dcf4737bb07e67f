"""Images as the engine takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def images(x: Any, argument: str, device: torch.device) -> torch.Tensor:
    """Images (N, C, H, W), float32 in [0, 1], on this device; bytes are divided by 255.

    A tensor that is all this already is taken as it is, without a copy.
    """
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(np.ascontiguousarray(x))
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"read {argument}: expected a tensor or an array, got {type(x).__name__}")
    if x.dim() != 4 or 0 in x.shape:
        raise ValueError(
            f"read {argument}: expected shape (N, C, H, W), at least one image, got shape {tuple(x.shape)}"
        )
    x = x.detach()
    if x.is_inference():
        x = x.clone()
    if x.dtype == torch.uint8:
        return x.to(device).float() / 255
    if not x.dtype.is_floating_point:
        raise TypeError(f"read {argument}: expected floats in [0, 1] or uint8, got {x.dtype}")
    x = x.to(device=device, dtype=torch.float32)
    low, high = (end.item() for end in torch.aminmax(x))
    if not (low >= 0 and high <= 1):
        raise ValueError(
            f"read {argument}: expected pixels from 0 to 1, got {low:.4g} to {high:.4g}; "
            "give them before normalisation, which mean and std say"
        )
    return x


def channels(values: Any, argument: str, count: int) -> list[float]:
    """One number for each channel, from one or as many."""
    numbers = np.asarray(values.detach().cpu() if isinstance(values, torch.Tensor) else values, dtype=np.float64)
    numbers = np.broadcast_to(numbers.reshape(-1), (count,)) if numbers.size == 1 else numbers
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ValueError(
            f"read {argument}: expected a finite number or one for each of {count} channels, got {values!r}"
        )
    return [float(number) for number in numbers]
