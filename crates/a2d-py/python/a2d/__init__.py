"""Attack as defense: tells adversarial inputs of any PyTorch model by the cost of attacking them again.

>>> costs = a2d.cost(model, x, ["bim-turbo"], mean=mean, std=std)     # a DataFrame, one line per input and attack
>>> guard = a2d.Guard.fit(model, benign, fpr=0.05, mean=mean, std=std)  # flags at most 5 % of benign inputs
>>> guard(x).adversarial

Any ``nn.Module`` or callable is a model. Images are tensors or arrays (N, C, H, W) in [0, 1], and attacks live there:
``mean`` and ``std`` say what the model's own preprocessing does to each channel.
"""

from ._torch import check as _check

_check()

from ._attacks import attacks, parameters  # noqa: E402
from ._check import Checkup, check  # noqa: E402
from ._clever import clever  # noqa: E402
from ._cost import cost  # noqa: E402
from ._craft import Examples, craft  # noqa: E402
from ._guard import Guard, Verdicts  # noqa: E402

__all__ = [
    "Checkup",
    "Examples",
    "Guard",
    "Verdicts",
    "attacks",
    "check",
    "clever",
    "cost",
    "craft",
    "parameters",
]
