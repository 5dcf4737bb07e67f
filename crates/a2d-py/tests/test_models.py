"""Models that are not as they should be, and what comes of them."""

import warnings

import pytest
import torch
from torch import nn

import a2d


class Dense(nn.Module):
    """A small network for digits."""

    def __init__(self, *layers):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), *layers)

    def forward(self, x):
        return self.layers(x)


@pytest.fixture
def x(digits):
    return digits[0][:3]


@pytest.fixture(autouse=True)
def no_other_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_training_mode_is_said_and_put_back(x):
    model = Dense(nn.Dropout(0.5)).train()
    model.layers[0].eval()
    with pytest.warns(UserWarning, match="training mode") as said:
        found = a2d.cost(model, x)
    assert said[0].filename == __file__
    assert model.training and model.layers[2].training and not model.layers[0].training
    assert (found["iterations"] == a2d.cost(model.eval(), x)["iterations"]).all()


def test_hooks_are_called(x):
    model, seen = Dense().eval(), []
    handle = model.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    a2d.cost(model, x)
    assert len(seen) > 3
    handle.remove()
    model.register_forward_hook(lambda module, inputs, output: output.flip(1))
    assert len(a2d.cost(model, x)) == 3


def test_exceptions_of_the_model_come_through_as_they_are(x):
    class Broken(Exception):
        pass

    calls = []

    def model(images):
        calls.append(len(images))
        if len(calls) == last:
            raise Broken("no more")
        return sound(images)

    sound = Dense().eval()
    for last in (1, 12):  # while it is probed, and under attack
        calls.clear()
        with pytest.raises(Broken, match="no more") as raised:
            a2d.cost(model, x, "bim")
        assert raised.traceback[-1].name == "model"
        assert len(calls) == last  # the engine stops at once


def test_logits_that_are_no_numbers_are_refused(x):
    calls = []

    def model(images):
        calls.append(1)
        return sound(images) * (float("nan") if len(calls) > 12 else 1)

    sound = Dense().eval()
    with pytest.raises(ValueError, match="expected finite logits, got NaN"):
        a2d.cost(model, x, "bim")
    with pytest.raises(ValueError, match="expected finite logits of noise"):
        a2d.cost(lambda images: images.flatten(1) / 0, x)


def test_answers_that_are_no_logits_are_refused(x):
    model = Dense().eval()
    with pytest.raises(TypeError, match="got tuple; say which part"):
        a2d.cost(lambda images: (model(images), None), x)
    with pytest.raises(ValueError, match=r"logits, \[4, classes\], of 4 images, got a tensor of shape \[4, 10, 1\]"):
        a2d.cost(lambda images: model(images)[..., None], x)
    with pytest.raises(ValueError, match=r"got a tensor of shape \[4, 1\]"):
        a2d.cost(lambda images: model(images)[:, :1], x)

    class Output:
        def __init__(self, logits):
            self.logits = logits

    assert len(a2d.cost(lambda images: Output(model(images)), x)) == 3
    with pytest.raises(TypeError, match="an nn.Module or a callable, got str"):
        a2d.cost("net.ts", x)


def test_what_keeps_attacks_from_telling_is_said(x):
    model = Dense().eval()
    with pytest.warns(UserWarning, match="Dense: it gives probabilities, not logits") as said:
        a2d.cost(Dense(nn.Softmax(1)).eval(), x)
    assert said[0].filename == __file__
    with pytest.warns(UserWarning, match="no gradient goes through it"):
        with pytest.raises(ValueError, match="gradient"):
            a2d.cost(lambda images: model(images).detach(), x)
    with pytest.warns(UserWarning, match="no gradient goes through it"):
        assert len(a2d.cost(lambda images: model(images).detach(), x, "lsa", budget=3)) == 3


def test_models_that_give_no_answer_of_their_own_to_each_image_are_refused(x):
    model = Dense().eval()
    with pytest.raises(ValueError, match="the same logits in every call.*dropout at work"):
        a2d.cost(lambda images: model(images) + 0.1 * torch.randn(len(images), 10), x)
    with pytest.raises(ValueError, match="logits that depend on their image alone.*other images of the batch"):
        a2d.cost(lambda images: model(images) - model(images).mean(0, keepdim=True), x)


def test_images_without_a_cost_are_left_out_and_said(lenet5, digits):
    x = digits[0][:3].clone()

    def model(images):  # an image that is bright throughout has no gradient
        bright = (images.mean(dim=(1, 2, 3)) > 0.9).float()[:, None]
        return lenet5(images) * (1 - bright) + bright * torch.arange(10.0)

    x[1] = 1.0
    with pytest.warns(UserWarning, match="1 of 3 images have no cost, such as row 1: bim-turbo tells nothing"):
        found = a2d.cost(model, x)
    assert found["input"].tolist() == [0, 2]


def test_images_are_checked(x):
    model = Dense().eval()
    for wrong, exception, message in [
        (x[0], ValueError, r"read x: expected shape \(N, C, H, W\).*got shape \(1, 28, 28\)"),
        (x[:0], ValueError, r"got shape \(0, 1, 28, 28\)"),
        (x * 2 - 1, ValueError, "expected pixels from 0 to 1, got -1 to 1; give them before normalisation"),
        (x * float("nan"), ValueError, "expected pixels from 0 to 1, got nan"),
        (x.long(), TypeError, "floats in .0, 1. or uint8, got torch.int64"),
        ([1, 2], TypeError, "read x: expected a tensor or an array, got list"),
    ]:
        with pytest.raises(exception, match=message):
            a2d.cost(model, wrong)
    with pytest.raises(ValueError, match="mean and std: expected both or none"):
        a2d.cost(model, x, mean=0.5)
    with pytest.raises(ValueError, match="read mean: expected a finite number or one for each of 1 channels"):
        a2d.cost(model, x, mean=[0.5, 0.5], std=[1, 1])
    with pytest.raises(ValueError, match="build model: expected normalisation 1 means and 1 deviations of at least 1e-6"):
        a2d.cost(model, x, mean=0, std=0)
    with pytest.raises(ValueError, match=r"read y: expected whole numbers of shape \(3,\)"):
        a2d.craft(model, x, [1, 2])
    with pytest.raises(ValueError, match="labels? below 10|a label from 0 to 9"):
        a2d.craft(model, x, [1, 2, 10])


def test_options_are_checked(x):
    model = Dense().eval()
    for options, message in [
        ({"attacks": "svm"}, "choose defense attack: expected one of fgsm, .*got \"svm\""),
        ({"attacks": []}, "choose attacks: expected at least one"),
        ({"attacks": ["bim", "bim"]}, "expected each once, got bim twice"),
        ({"epsilon": -1}, "expected epsilon"),
        ({"radius": 1}, "set up bim-turbo: expected parameters of theirs, got radius"),
        ({"attacks": {"bim": {"radius": 1}}}, "set up bim: expected its parameters, got unknown field `radius`"),
        ({"window": 0}, "read window: expected 1 to"),
        ({"seed": -1}, "read seed"),
        ({"budget": 0}, "set budget: expected at least 1 iteration"),
        ({"dataset": "svhn"}, "choose data set: expected one of mnist, cifar10, imagenet"),
    ]:
        with pytest.raises(ValueError, match=message):
            a2d.cost(model, x, **options)
    with pytest.raises(TypeError, match="expected numbers, names or truth as parameters"):
        a2d.cost(model, x, step="x".encode())


def test_grad_modes_and_views_of_the_caller_do_not_matter(x):
    model = Dense().eval()
    found = a2d.cost(model, x)["iterations"]
    with torch.no_grad():
        assert (a2d.cost(model, x)["iterations"] == found).all()
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert (a2d.cost(model, x * 1.0)["iterations"] == found).all()
        assert torch.is_inference_mode_enabled()
    assert (a2d.cost(model, x.clone().requires_grad_())["iterations"] == found).all()
    strided = x.repeat(2, 1, 1, 1)[::2].to(memory_format=torch.channels_last)
    assert len(a2d.cost(model, strided)) == 3
    assert model.layers[1].weight.grad is None  # weights learn nothing


def test_a_model_may_write_into_its_images_but_not_into_ours(x):
    dense = Dense().eval()
    images = torch.as_tensor(x).clone()
    kept = images.clone()
    found = a2d.craft(lambda images: dense(images.mul_(0.5)), images, attack="fgsm", epsilon=0.9)
    assert (images == kept).all()
    same = a2d.craft(lambda images: dense(images * 0.5), kept, attack="fgsm", epsilon=0.9)
    assert (torch.as_tensor(found.images) == torch.as_tensor(same.images)).all()
