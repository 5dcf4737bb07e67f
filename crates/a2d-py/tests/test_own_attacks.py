"""Attacks that are written in Python."""

import json

import numpy
import pytest
import torch

import a2d


class Bim:
    """BIM, as a2d has it."""

    name = "own-bim"

    def __init__(self, epsilon, step, iterations):
        self.epsilon, self.step, self.iterations = epsilon, step, iterations

    def start(self, images):
        return images.clone()

    def advance(self, images, grad, origins):
        images = images + self.step * grad.sign()
        return torch.minimum(torch.maximum(images, origins - self.epsilon), origins + self.epsilon)


@pytest.fixture
def bim():
    known = a2d.parameters("bim", dataset="mnist")
    return Bim(known["epsilon"], known["step"], known["iterations"])


def test_an_attack_in_python_costs_what_the_same_one_in_rust_does(lenet5, digits, bim):
    x = digits[0][:20]
    found = a2d.cost(lenet5, x, ["bim", bim], window=6)
    costs = found.pivot(index="input", columns="attack", values="iterations")
    assert numpy.abs(costs["bim"] - costs["own-bim"]).max() <= 1
    queries = found.pivot(index="input", columns="attack", values="queries")
    assert (queries["bim"] - queries["own-bim"]).abs().max() <= 2
    assert json.loads(found.attrs["a2d"])["defenses"]["own-bim"] == {
        "epsilon": bim.epsilon,
        "step": bim.step,
        "iterations": bim.iterations,
    }


class Momentum:
    """Keeps several things for each row, of several kinds."""

    iterations = 300

    def start(self, images):
        return {"velocity": torch.zeros_like(images), "steps": [0] * len(images), "both": (images, None)}

    def advance(self, images, grad, state):
        state["velocity"] = 0.9 * state["velocity"] + grad / grad.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)
        assert len(state["steps"]) == len(images) == len(state["both"][0])
        steps = [steps + 1 for steps in state["steps"]]
        return images + 0.002 * state["velocity"].sign(), {**state, "steps": steps}


def test_state_follows_its_rows_whatever_the_window(lenet5, digits):
    x = digits[0][:12]
    costs = [a2d.cost(lenet5, x, Momentum(), window=window)["iterations"] for window in (1, 5, 12)]
    assert (costs[0] - costs[1]).abs().max() <= 1 and (costs[0] - costs[2]).abs().max() <= 1
    assert costs[0].nunique() > 1


class Noise:
    """Takes no gradient."""

    iterations, gradients = 40, False

    def start(self, images):
        return None

    def advance(self, images, grad, state):
        assert grad is None
        return images + 0.05


def test_attacks_without_gradients(lenet5, digits):
    found = a2d.cost(lenet5, digits[0][:4], Noise())
    assert (found["queries"] == found["iterations"] + 1).all()


def test_it_crafts_and_guards_too(lenet5, digits, bim):
    x, y = digits
    assert (a2d.craft(lenet5, x[:4], y[:4], bim).table["predicted"] != y[:4].numpy()).all()
    guard = a2d.Guard.fit(lenet5, x[:40], attacks=bim, fpr=0.1)
    assert guard.detector.attacks == ["own-bim"]
    assert guard(x[40:50]).adversarial.sum() <= 4


@pytest.mark.parametrize(
    "advance, exception, message",
    [
        (lambda images, grad, state: images[:, :, :5], ValueError, "advance: expected images of shape"),
        (lambda images, grad, state: images * float("nan"), ValueError, "advance: expected finite images"),
        (lambda images, grad, state: None, ValueError, "got NoneType"),
        (lambda images, grad, state: 1 / 0, ZeroDivisionError, "division by zero"),
    ],
)
def test_mistakes_reach_the_caller(lenet5, digits, advance, exception, message):
    attack = Noise()
    attack.advance = advance
    with pytest.raises(exception, match=message):
        a2d.cost(lenet5, digits[0][:3], attack)


def test_what_is_no_attack_is_refused(lenet5, digits):
    x = digits[0][:3]
    with pytest.raises(TypeError, match="a name, a name with parameters, or an object"):
        a2d.cost(lenet5, x, [3])
    with pytest.raises(TypeError, match="a name, a name with parameters, or an object"):
        a2d.cost(lenet5, x, Noise)
    endless = Noise()
    endless.iterations = None
    with pytest.raises(ValueError, match="expected an attribute iterations"):
        a2d.cost(lenet5, x, endless)
    stateful = Noise()
    stateful.start = lambda images: 7
    with pytest.raises(TypeError, match="start: expected tensors or lists"):
        a2d.cost(lenet5, x, stateful, window=2)
