"""The guide does what it says: its Python is run as it stands there."""

import re
import shutil
import warnings
from pathlib import Path

import pytest
import torch
from PIL import Image

import a2d

DOCS = Path(__file__).resolve().parents[3] / "docs"


def write(folder, images):
    """PNG files of 8 bits."""
    folder.mkdir()
    for row, image in enumerate(images):
        pixels = (image[0] * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels).save(folder / f"{row:03}.png")


@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated:DeprecationWarning")
def test_from_a_module_to_verdicts_on_png_files(digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(DOCS / "guide" / "digits.ts", tmp_path)
    x, y = digits
    model = torch.jit.load("digits.ts")
    examples = a2d.craft(model, x[200:], y[200:], "deepfool", count=10, integer=True, mean=0.1307, std=0.3081)
    write(tmp_path / "benign", x[:200])
    write(tmp_path / "attacked", examples.images)

    _, by_python = (DOCS / "guide.md").read_text().split("## By Python")
    blocks = re.findall(r"```python\n(.*?)```", by_python, re.DOTALL)
    names = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="bim-turbo")  # what is doubtful of this network
        for block in blocks:
            exec(compile(block, "guide.md", "exec"), names)
    assert len(blocks) == 3 and capsys.readouterr().out.count("adversarial\n") >= 8
    again = a2d.Guard(model, "guard.json", **names["preprocessing"])
    assert (again(names["images"]).adversarial == names["verdicts"].adversarial).all()
