"""A model of the user as the engine sees it: a function from images in [0, 1] to logits."""

from __future__ import annotations

import hashlib
import uuid
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from . import _native
from ._images import channels, images

_tokens: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
"""What tells callables from each other that have no weights to be known by; for as long as the process lives."""


class Subject:
    """What is attacked: a model, its preprocessing, and how it is known."""

    def __init__(self, model: Any, mean: Any = None, std: Any = None, fingerprint: str | None = None) -> None:
        if not callable(model):
            raise TypeError(f"read model: expected an nn.Module or a callable, got {type(model).__name__}")
        if (mean is None) != (std is None):
            raise ValueError("read mean and std: expected both or none, got one")
        self.model, self.mean, self.std, self.given = model, mean, std, fingerprint

    def images(self, x: Any, argument: str = "x") -> torch.Tensor:
        """The images where the model is."""
        placed = None
        if isinstance(self.model, nn.Module):
            weights = next(self.model.parameters(), None)
            placed = weights if weights is not None else next(self.model.buffers(), None)
        if placed is None:
            placed = x if isinstance(x, torch.Tensor) else torch.empty(0)
        return images(x, argument, placed.device)

    @contextmanager
    def attacked(self, x: torch.Tensor) -> Iterator[_native.Model]:
        """The engine's view of the model, for images like these, while it is in evaluation mode."""
        with torch.inference_mode(False), torch.enable_grad(), self._evaluating():
            forward = self.forward(x)
            classes = _probe(forward, x)
            yield _native.Model(forward, x[:1], self._name(), classes, self._decisive())

    def _name(self) -> str:
        kind = self.model if hasattr(self.model, "__qualname__") else type(self.model)
        return kind.__qualname__

    def forward(self, x: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        model, dtype = self.model, torch.float32
        if isinstance(model, nn.Module):
            kinds = (weights.dtype for weights in model.parameters() if weights.is_floating_point())
            dtype = next(kinds, dtype)
        if self.mean is None:
            return lambda images: _logits(model(images.to(dtype)))

        def per_channel(values: Any, argument: str) -> torch.Tensor:
            numbers = channels(values, argument, x.shape[1])
            return torch.tensor(numbers, dtype=torch.float32, device=x.device).view(1, -1, 1, 1)

        mean, std = per_channel(self.mean, "mean"), per_channel(self.std, "std")
        if (std <= 0).any():
            raise ValueError(f"read std: expected numbers above 0, got {self.std!r}")
        return lambda images: _logits(model(((images - mean) / std).to(dtype)))

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        """Every part of the model in evaluation mode, and afterwards as it was."""
        modules = list(self.model.modules()) if isinstance(self.model, nn.Module) else []
        training = [module for module in modules if module.training]
        if training:
            warnings.warn(
                "the model is in training mode; it is attacked in evaluation mode, as by model.eval()",
                stacklevel=5,
            )
        try:
            for module in training:
                module.training = False
            yield
        finally:
            for module in training:
                module.training = True

    def _decisive(self) -> bytes:
        """All that decides the logits: weights and structure of a module, or what the user says."""
        digest = hashlib.sha256()
        for values in (self.mean, self.std):
            numbers = None if values is None else np.asarray(torch.as_tensor(values).cpu(), dtype=np.float64)
            digest.update(b"-" if numbers is None else numbers.tobytes())
        if self.given is not None:
            digest.update(self.given.encode())
        elif isinstance(self.model, nn.Module):
            digest.update(repr(self.model).encode())
            for name, value in self.model.state_dict().items():
                digest.update(name.encode())
                if isinstance(value, torch.Tensor):
                    value = value.detach().cpu().contiguous()
                    digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
                    digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
                else:
                    digest.update(repr(value).encode())
        else:
            digest.update(_token(self.model).encode())
        return digest.digest()


def _token(function: Any) -> str:
    try:
        return _tokens.setdefault(function, uuid.uuid4().hex)
    except TypeError:  # no weak reference can be had of it
        return uuid.uuid4().hex


def _logits(answer: Any) -> torch.Tensor:
    if not isinstance(answer, torch.Tensor):
        answer = getattr(answer, "logits", answer)
    if not isinstance(answer, torch.Tensor):
        raise TypeError(
            f"call model: expected a tensor of logits (N, classes), got {type(answer).__name__}; "
            "say which part of it they are, such as lambda x: model(x)[0]"
        )
    return answer.float()


def _probe(forward: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> int:
    """The number of classes. Says what keeps attacks from telling anything."""
    some = x[:2]
    with torch.no_grad():
        first, again, alone = forward(some), forward(some), forward(some[:1])
    if first.dim() != 2 or first.shape[0] != len(some) or first.shape[1] < 2:
        raise ValueError(
            f"call model: expected logits of shape ({len(some)}, classes), at least 2 classes, "
            f"for images of shape {tuple(some.shape)}, got shape {tuple(first.shape)}"
        )
    if not torch.isfinite(first).all():
        raise ValueError("call model: expected finite logits, got NaN or infinity for the first images")

    def differ(one: torch.Tensor, other: torch.Tensor) -> bool:
        return not torch.allclose(one, other, rtol=1e-3, atol=1e-3)

    if differ(first, again):
        warnings.warn(
            "the model's logits differ from call to call: costs will, too; is there dropout or another draw?",
            stacklevel=6,
        )
    elif differ(first[:1], alone):
        warnings.warn(
            "the model's logits of an image depend on the others in its batch: so do costs, and on window",
            stacklevel=6,
        )
    if (first >= 0).all() and torch.allclose(first.sum(1), torch.ones(len(some), device=first.device), atol=1e-4):
        warnings.warn(
            "the model gives probabilities in place of logits: where they round to 0 and 1, gradients vanish",
            stacklevel=6,
        )
    leaf = some[:1].clone().requires_grad_()
    logits = forward(leaf)
    gradient = None
    if logits.requires_grad:
        (gradient,) = torch.autograd.grad(logits.sum(), leaf, allow_unused=True)
    if gradient is None:
        warnings.warn(
            "no gradient arrives at the images, as from a frozen or quantised model: attacks along it tell nothing",
            stacklevel=6,
        )
    return first.shape[1]
