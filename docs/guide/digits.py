"""Trains the network of the guide, a small one with batch normalisation, and exports it as TorchScript.

    python docs/guide/digits.py FOLDER_OF_MNIST     # writes docs/guide/digits.ts; torch 2.13

`a2d data fetch mnist` gets the data; a2d says where it put them.
"""

import gzip
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

SEED, EPOCHS, BATCH = 0, 3, 128
MEAN, STD = 0.1307, 0.3081


class Digits(nn.Module):
    """conv 16, 32 (3x3, batch norm, ReLU, max-pool), dense 10; images normalised by their owner."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(self.drop(x.view(x.size(0), -1)))


def idx(path, offset):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8, offset=offset)


def mnist(folder, part):
    def file(name):
        return next(path for path in (folder / name, folder / f"{name}.gz") if path.exists())

    images = idx(file(f"{part}-images-idx3-ubyte"), 16).view(-1, 1, 28, 28).float() / 255
    return (images - MEAN) / STD, idx(file(f"{part}-labels-idx1-ubyte"), 8).long()


def main(folder):
    torch.manual_seed(SEED)
    images, labels = mnist(folder, "train")
    model = Digits()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(images)).split(BATCH):
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}", flush=True)
    model.eval()
    images, labels = mnist(folder, "t10k")
    with torch.no_grad():
        right = (model(images).argmax(1) == labels).double().mean().item()
    print(f"test accuracy {right:.4f}")
    torch.jit.trace(model, images[:2]).save(str(Path(__file__).with_name("digits.ts")))


main(Path(sys.argv[1]))
