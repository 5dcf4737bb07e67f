"""Checkups: what attacks tell of a model before anything is measured."""

import warnings

import pytest
import torch
from torch import nn

import a2d


def test_a_checkup_sets_the_pace_and_measures(lenet5, digits):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PGD is doubtful, as it should be
        found = a2d.check(lenet5, digits[0][:24], "bim-turbo")
    assert found.benign.loc["bim-turbo", "n"] == 24
    assert 30 < found.benign.loc["bim-turbo", "median"] < 300
    assert found.kinds.loc[("bim-turbo", "fgsm"), "auroc"] > 0.8
    assert found.document["images"] == 24
    costs = a2d.cost(lenet5, digits[0][:24], found.attacks)
    assert costs["iterations"].median() == pytest.approx(found.benign.loc["bim-turbo", "median"], rel=0.1)


def test_what_is_doubtful_is_said(digits):
    torch.manual_seed(0)
    close = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    with pytest.warns(UserWarning, match="bim-turbo: ") as said:
        found = a2d.check(close, digits[0][:12], step=0.3, epsilon=0.3)
    assert said[0].filename == __file__
    assert found.doubts["bim-turbo"]
