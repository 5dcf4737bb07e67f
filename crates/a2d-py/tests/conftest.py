"""Models and images that the tests share."""

import gzip
import json
from pathlib import Path

import numpy
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

ROOT = Path(__file__).resolve().parents[3]
ORACLE = ROOT / "tests" / "fixtures" / "oracle"


class Lenet5(nn.Module):
    """The network of the golden costs, with the names of its weights."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc3(self.fc2(self.fc1(x.flatten(1)).relu()).relu())


@pytest.fixture(scope="session")
def lenet5():
    """A trained network for digits."""
    model = Lenet5()
    model.load_state_dict(load_file(ROOT / "data" / "models" / "lenet5.safetensors"))
    return model.eval()


@pytest.fixture(scope="session")
def digits():
    """400 digits, float32 (400, 1, 28, 28) in [0, 1], and their labels."""
    folder = ROOT / "data" / "sample" / "mnist"
    pixels = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    x = numpy.frombuffer(pixels, numpy.uint8).reshape(-1, 1, 28, 28)[:400]
    return torch.from_numpy(x.astype("float32") / 255), torch.tensor(list(labels[:400]))


@pytest.fixture(scope="session")
def oracle():
    """The reference's network, images of three sets, and costs of them."""
    model = Lenet5()
    model.load_state_dict(load_file(ORACLE / "lenet5.safetensors"))
    costs = json.loads((ORACLE / "costs.json").read_text())
    images = {name: torch.from_numpy(numpy.load(ORACLE / f"{name}.npy")) for name in costs}
    return model.eval(), images, costs
