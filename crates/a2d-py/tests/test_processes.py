"""Threads, processes, interruptions and the import itself."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import torch

import a2d


def test_threads_work_side_by_side(lenet5, digits):
    x = digits[0][:24]
    expected = a2d.cost(lenet5, x)["iterations"]
    found = {}

    def work(place):
        found[place] = a2d.cost(lenet5, x)["iterations"]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and all((costs == expected).all() for costs in found.values())


def test_other_threads_go_on_meanwhile(lenet5, digits):
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.wait(0.001):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    a2d.cost(lenet5, digits[0][:60], "bim")
    stop.set()
    thread.join()
    assert len(ticks) > 10


def _in_child(model, x, queue):
    torch.set_num_threads(1)
    queue.put(a2d.cost(model, x)["iterations"].tolist())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_works_after_its_parent_did(lenet5, digits):
    x = digits[0][:4]
    expected = a2d.cost(lenet5, x)["iterations"].tolist()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(lenet5, x, queue))
    child.start()
    try:
        assert queue.get(timeout=60) == expected
        child.join(20)
        assert child.exitcode == 0
    finally:
        child.kill()


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_ctrl_c_stops_the_engine(lenet5, digits):
    x = digits[0]
    begun = threading.Event()

    def model(images):
        begun.set()
        time.sleep(0.01)
        return lenet5(images)

    def interrupt():
        begun.wait()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        a2d.cost(model, x, "bim", iterations=100_000, epsilon=0.001)
    assert time.monotonic() - start < 30
    assert len(a2d.cost(lenet5, x[:2])) == 2


def test_progress_is_shown_if_asked_for(lenet5, digits, capfd):
    a2d.cost(lenet5, digits[0][:3], progress=True)
    assert "cost" in capfd.readouterr().err
    a2d.cost(lenet5, digits[0][:3])
    assert capfd.readouterr().err == ""  # no terminal


@pytest.mark.parametrize("version, found", [(None, "got none"), ("2.12.1", "got 2.12.1"), ("2.13.10+cu130", None)])
def test_another_torch_is_refused_by_name(tmp_path, version, found):
    script = f"""
        import sys, types
        version = {version!r}
        if version is None:
            sys.modules["torch"] = None
        else:
            sys.modules["torch"] = types.ModuleType("torch")
            sys.modules["torch"].__version__ = version
        import importlib.util
        spec = importlib.util.spec_from_file_location("check", {a2d.__path__[0] + "/_torch.py"!r})
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            module.check()
        except ImportError as error:
            print(error)
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    if found is None:
        assert said.stdout == ""
    else:
        assert "expected torch 2.13" in said.stdout and found in said.stdout and "pip install" in said.stdout
