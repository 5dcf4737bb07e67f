"""Screening in Ray: a cluster of two workers on this machine, one of which is killed."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import numpy
import pytest

import a2d
import a2d.ray


def test_a_batch_gets_its_verdicts(lenet5, digits):
    guard = a2d.Guard.fit(lenet5, digits[0][:100], fpr=0.1)
    screen = a2d.ray.Screen(lambda: guard, images="x")
    x = digits[0][100:140].numpy()
    found = screen({"x": x, "id": numpy.arange(40)})
    expected = guard(x)
    assert list(found["id"]) == list(range(40)) and "x" not in found
    assert [word == "adversarial" for word in found["verdict"]] == expected.adversarial.tolist()
    assert (found["queries"] == expected.queries).all() and set(found["verdict"]) == {"adversarial", "benign"}
    assert "x" in a2d.ray.Screen(lambda: guard, images="x", keep_images=True)({"x": x})


def test_what_is_no_batch_is_refused(lenet5, digits):
    guard = a2d.Guard.fit(lenet5, digits[0][:100], fpr=0.1)
    with pytest.raises(KeyError, match="expected a column 'data', got 'x'"):
        a2d.ray.Screen(lambda: guard)({"x": digits[0][:2]})
    with pytest.raises(TypeError, match="expected a function that returns an a2d.Guard, got int"):
        a2d.ray.Screen(lambda: 7)


class Mortal(a2d.ray.Screen):
    """One that is killed in the middle of its work, once."""

    def __init__(self, guard, mark, **options):
        super().__init__(guard, **options)
        self.mark = Path(mark)

    def __call__(self, batch):
        if 1000 in batch["id"] and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(batch)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_killed_worker_loses_no_verdict_and_doubles_none(lenet5, digits, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    import ray.data

    # Workers cannot import what pytest did.
    for name in (__name__, type(lenet5).__module__):
        ray.cloudpickle.register_pickle_by_value(sys.modules[name])
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    path = tmp_path / "guard.json"
    guard = a2d.Guard.fit(lenet5, digits[0][:100], fpr=0.1)
    guard.save(path)

    def made():
        return a2d.Guard(lenet5, path)

    # 2,000 images, of which no two are the same.
    scale = numpy.linspace(1, 0.8, 5, dtype="float32").reshape(5, 1, 1, 1, 1)
    x = (scale * digits[0].numpy()).reshape(-1, 1, 28, 28)
    expected = guard(x)
    # Paths of sockets are short.
    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2**28, _temp_dir=folder)
        try:
            images = ray.data.from_items([{"id": number, "data": image} for number, image in enumerate(x)])
            mark = tmp_path / "killed"
            screened = images.map_batches(
                Mortal, fn_constructor_args=(made, mark), batch_size=50, concurrency=2, num_cpus=1
            )
            rows = sorted(screened.take_all(), key=lambda row: row["id"])
        finally:
            ray.shutdown()
    assert mark.exists()
    assert [row["id"] for row in rows] == list(range(2000))
    assert [row["verdict"] == "adversarial" for row in rows] == expected.adversarial.tolist()
    assert [row["predicted"] for row in rows] == list(expected.predicted)
