"""Whether attacks tell anything of a model, before anything is measured in earnest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
from tqdm import tqdm

from . import _native
from ._attacks import Attacks, Dataset, choice
from ._model import Subject
from ._run import settings
from ._warn import warn


@dataclass(frozen=True)
class Checkup:
    """What some attacks tell of a model. ``a2d.cost(model, x, checkup.attacks)`` measures at the pace that was found."""

    attacks: dict[str, dict[str, Any]]
    """The attacks with their parameters; steps are scaled so that the median benign cost is near 100."""
    benign: pd.DataFrame
    """By attack: ``n``, ``unscored``, ``median``, ``at_cap`` (share of costs that are only "at least"), ``within_two``
    (share that flips within two steps) and ``milliseconds`` for a cost."""
    kinds: pd.DataFrame
    """By attack and kind of adversarial examples: the same of their costs, and ``auroc`` with its 95 % interval, ``low`` and
    ``high``, by which they are told from benign images."""
    doubts: dict[str, list[str]]
    """Reasons to doubt what an attack tells, if there are some."""
    document: dict[str, Any]
    """All that was found, as ``a2d check --format json`` prints it."""


def check(
    model: Any,
    benign: Any,
    attacks: Attacks = "bim-turbo",
    *,
    mean: Any = None,
    std: Any = None,
    dataset: Dataset | None = None,
    window: int = 64,
    seed: int = 0,
    fingerprint: str | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> Checkup:
    """Will it work on this model? Crafts examples of four kinds from a few dozen benign images (N, C, H, W), sets the pace of
    each attack, and measures. All else is as in :func:`a2d.cost`. What is doubtful is said.
    """
    subject = Subject(model, mean, std, fingerprint)
    images = subject.images(benign, "benign")
    asked = choice(attacks, parameters, dataset)
    shown = None if progress is None else not progress
    with subject.attacked(images) as seen, settings("check", 0, window, seed, False) as how:
        with tqdm(desc="check", disable=shown, leave=False, bar_format="{desc}") as line:
            text, doubts = _native.check(seen, images, asked, line.set_description_str, how)
    document = json.loads(text)
    found = {one["attack"]: one for one in document["defenses"]}
    told = dict(zip(found, doubts))
    for attack, reasons in told.items():
        for reason in reasons:
            warn(f"{attack}: {reason}")
    kinds = {
        (attack, kind["kind"]): {**kind["costs"], **{key: kind.get(key) for key in ("auroc", "low", "high")}}
        for attack, one in found.items()
        for kind in one["kinds"]
    }
    return Checkup(
        attacks={attack: one["parameters"] for attack, one in found.items()},
        benign=pd.DataFrame(
            {attack: {**one["benign"], "milliseconds": one["milliseconds"]} for attack, one in found.items()}
        ).T.rename_axis("attack"),
        kinds=pd.DataFrame.from_dict(kinds, orient="index").rename_axis(["attack", "kind"]),
        doubts=told,
        document=document,
    )
