"""Costs that the tests share."""

import numpy
import pytest


@pytest.fixture
def benign():
    """Costs of two attacks on 80 benign inputs."""
    generator = numpy.random.default_rng(0)
    return generator.normal([150.0, 220.0], [35.0, 50.0], size=(80, 2)).clip(1).round()


@pytest.fixture
def adversarial():
    """Costs of the same attacks on 40 adversarial inputs."""
    generator = numpy.random.default_rng(1)
    return generator.uniform(1.0, [30.0, 60.0], size=(40, 2)).round()
