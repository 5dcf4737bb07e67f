"""Makes the files beside it, small networks as their owners export them: python make.py (torch 2.13)."""

import warnings
from pathlib import Path

import torch
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parent
IMAGES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))


class Net(nn.Module):
    def __init__(self, drop=0.0):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(drop)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        x = nn.functional.adaptive_avg_pool2d(x, 2)
        return self.fc(self.drop(x.flatten(1)))


class After(nn.Module):
    """Net, and something done to its logits."""

    def __init__(self, what):
        super().__init__()
        self.net = net()
        self.what = what

    def forward(self, x):
        return self.what(self.net(x))


class Writing(nn.Module):
    """Net on images that it scales where they lie."""

    def __init__(self):
        super().__init__()
        self.net = net()

    def forward(self, x):
        return self.net(x.mul_(0.5))


class OneImage(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(192, 5)

    def forward(self, x):
        return self.fc(x.view(int(x.shape[0]), 192))


def net(drop=0.0, training=False):
    torch.manual_seed(0)
    model = Net(drop)
    for _ in range(20):  # running statistics
        model(torch.rand(16, 3, 8, 8))
    return model.train(training)


def traced(model, images=IMAGES):
    return torch.jit.trace(model, images, check_trace=False, strict=False)


def main():
    torch.manual_seed(0)
    scripts = {
        "net": traced(net()),
        "training-scripted": torch.jit.script(net(training=True)),
        "training-traced": traced(net(training=True)),
        "dropout-traced": traced(nn.Sequential(nn.Dropout(0.5), nn.Flatten(), nn.Linear(192, 5)).train()),
        "probabilities": traced(After(lambda logits: logits.softmax(-1))),
        "two-outputs": traced(After(lambda logits: (logits, logits * 2))),
        "dictionary": traced(After(lambda logits: {"logits": logits})),
        "nan": traced(After(lambda logits: logits / 0 * 0)),
        "no-gradient": traced(After(lambda logits: logits.detach())),
        "map": traced(After(lambda logits: logits.view(-1, 5, 1, 1))),
        "writing": traced(Writing().eval(), IMAGES.clone()),
        "one-image": traced(OneImage().eval(), IMAGES[:1]),
        "frozen": torch.jit.freeze(torch.jit.script(net())),
        "quantised": traced(torch.ao.quantization.quantize_dynamic(net(), {nn.Linear}, dtype=torch.qint8)),
    }
    for name, module in scripts.items():
        module.save(str(FOLDER / f"{name}.ts"))
    torch.save(net().state_dict(), FOLDER / "state-dict.pt")
    torch.save(net().state_dict(), FOLDER / "state-dict-of-old.pt", _use_new_zipfile_serialization=False)
    torch.export.save(torch.export.export(net(), (IMAGES,)), FOLDER / "program.pt2")
    with torch.no_grad():
        print("logits of net.ts for 0.5 everywhere:", net()(torch.full((1, 3, 8, 8), 0.5)).tolist())


main()
