"""A model of the user as the engine sees it: a function from images in [0, 1] to logits."""

from __future__ import annotations

import hashlib
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ._images import channels, images
from ._warn import warn

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
    def attacked(self, x: torch.Tensor) -> Iterator[dict[str, Any]]:
        """The engine's view of the model, for images like these, while it is in evaluation mode."""
        with torch.inference_mode(False), torch.enable_grad(), self._evaluating():
            normalisation = None
            if self.mean is not None:
                count = x.shape[1]
                normalisation = channels(self.mean, "mean", count), channels(self.std, "std", count)
            yield {
                "forward": self.forward(),
                "sample": x[:1],
                "name": self._name(),
                "decisive": self._decisive(),
                "known_as": self.given,
                "normalisation": normalisation,
                "warn": lambda finding: warn(f"{self._name()}: {finding}"),
            }

    def predicted(self, x: torch.Tensor, window: int) -> list[int]:
        """The classes that the model predicts for images; within :meth:`attacked`."""
        forward = self.forward()
        if self.mean is not None:
            count = (1, -1, 1, 1)
            mean = x.new_tensor(channels(self.mean, "mean", x.shape[1])).view(count)
            std = x.new_tensor(channels(self.std, "std", x.shape[1])).view(count)
            x = (x - mean) / std
        else:
            x = x.clone()  # the model may write into it
        with torch.no_grad():
            return [label for part in x.split(window) for label in forward(part).argmax(1).tolist()]

    def _name(self) -> str:
        kind = self.model if hasattr(self.model, "__qualname__") else type(self.model)
        return kind.__qualname__

    def forward(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The way from normalised images, float32, to logits, whatever precision the weights have."""
        model, dtype = self.model, torch.float32
        if isinstance(model, nn.Module):
            kinds = (weights.dtype for weights in model.parameters() if weights.is_floating_point())
            dtype = next(kinds, dtype)
        return lambda images: _logits(model(images.to(dtype)))

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        """Every part of the model in evaluation mode, and afterwards as it was."""
        modules = list(self.model.modules()) if isinstance(self.model, nn.Module) else []
        training = [module for module in modules if module.training]
        if training:
            warn(f"{self._name()} is in training mode; it is attacked in evaluation mode, as by model.eval()")
        try:
            for module in training:
                module.training = False
            yield
        finally:
            for module in training:
                module.training = True

    def _decisive(self) -> bytes:
        """All that decides the logits, but for the normalisation: weights and structure of a module."""
        digest = hashlib.sha256()
        if self.given is not None:
            return b""  # the user answers for it
        if isinstance(self.model, nn.Module):
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

