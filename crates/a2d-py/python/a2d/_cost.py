"""What attacks on images cost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import _native
from ._attacks import Attacks, Dataset, choice
from ._model import Subject
from ._run import settings
from ._warn import warn

MANY = 0.05
"""The share of images at an attack's cap above which its costs tell little."""

COLUMNS = ["input", "attack", "iterations", "flipped", "censored", "queries"]


def cost(
    model: Any,
    x: Any,
    attacks: Attacks = "bim-turbo",
    *,
    mean: Any = None,
    std: Any = None,
    dataset: Dataset | None = None,
    budget: int | None = None,
    window: int = 64,
    seed: int = 0,
    fingerprint: str | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> pd.DataFrame:
    """Attacks every image until the label that the model predicts for it flips; gives the cost of each attack.

    ``model``
        An ``nn.Module`` or a callable, from normalised images (N, C, H, W) to logits (N, classes), row by row.
    ``x``
        Images (N, C, H, W) in [0, 1], or uint8; a tensor on any device, or an array.
    ``attacks``
        Names (:func:`a2d.attacks`), names with parameters, objects with ``start`` and ``advance``, or several of them.
    ``mean``, ``std``
        What is subtracted from each channel before the model, and what it is then divided by: a number or (C,).
    ``dataset``
        Whose parameters of the paper are meant; left out, those of the images' shape (MNIST's for grey images, ImageNet's
        for 3 x 224 x 224, else CIFAR-10's). Keywords such as
        ``step``, ``epsilon`` or ``iterations`` replace those of every attack that has them.
    ``budget``
        Stops an attack after so many iterations; its cost is then censored.
    ``fingerprint``
        What the model and its preprocessing are known by. Left out, a module is known by weights, structure, ``mean`` and
        ``std``, any other callable for as long as it lives. The fingerprint that the card of ``a2d cost`` names for a file
        makes costs and detectors those of that file: whoever gives it answers for its being the same model.

    One line per image and attack: ``input``, the row of ``x``; ``attack``; ``iterations``, the cost; ``flipped``, False
    where the cost is only known to be at least that; ``censored``; ``queries``, forward passes and gradients. Images of
    which an attack tells nothing are left out, and said. ``attrs["a2d"]`` says where the costs come from, as JSON.

    Raises ``ValueError`` or ``TypeError`` naming the argument, its shape and what was expected. An exception of the model
    comes through as it is.
    """
    subject = Subject(model, mean, std, fingerprint)
    images = subject.images(x)
    asked = choice(attacks, parameters, dataset)
    total = len(images) * len(asked["attacks"])
    with subject.attacked(images) as seen, settings("cost", total, window, seed, progress) as how:
        records, unscored, provenance = _native.cost(seen, images, asked, budget, how)
    _say(unscored, len(images), bool(records))
    frame = pd.DataFrame.from_records(records, columns=COLUMNS)
    frame.attrs["a2d"] = provenance
    _say_of_caps(frame)
    return frame


def _say(unscored: list[tuple[int, str, str]], count: int, any_left: bool) -> None:
    if not unscored:
        return
    row, attack, reason = unscored[0]
    rows = len({row for row, _, _ in unscored})
    found = f"{rows} of {count} images have no cost, such as row {row}: {attack} tells nothing of it, for {reason}"
    if not any_left:
        raise ValueError(f"measure costs: expected one, got none: {found}")
    warn(found)


def _say_of_caps(frame: pd.DataFrame) -> None:
    in_vain = ~frame["flipped"] & ~frame["censored"]
    for attack, share in in_vain.groupby(frame["attack"], sort=False).mean().items():
        if share > MANY:
            warn(
                f"{attack} did not flip the label of {share:.1%} of the images: their costs are only \"at least\"; "
                "let it take larger steps, or take another attack"
            )
