"""The notebooks of the documentation run as they are."""

from pathlib import Path

import nbclient
import nbformat
import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("name", sorted(path.name for path in DOCS.glob("*.ipynb")))
def test_every_cell_runs(name):
    notebook = nbformat.read(DOCS / name, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code), "strip its outputs"
    nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(DOCS)}}).execute()
    assert any(cell.outputs for cell in code)
