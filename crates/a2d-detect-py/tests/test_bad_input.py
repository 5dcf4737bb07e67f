"""What is refused, by which exception, and what the message names."""

import numpy
import pandas
import pytest

import a2d_detect


def refused(exception, *parts):
    return pytest.raises(exception, match=".*".join(parts))


def test_shapes_and_numbers_are_named(benign):
    det = a2d_detect.fit("conformal", benign=benign)
    with refused(ValueError, "read costs", "2 columns", r"got shape \(3, 1\)"):
        det.predict([1.0, 2.0, 3.0])
    with refused(ValueError, "read benign", "inputs x attacks", r"got shape \(0, 2\)"):
        a2d_detect.fit("conformal", benign=numpy.zeros((0, 2)))
    with refused(ValueError, "read costs", "got nan at row 1 and column 0"):
        det.predict([[1.0, 2.0], [numpy.nan, 2.0]])
    with refused(ValueError, "from 0 to 1e100, got -3", "sample 0, attack 1"):
        det.predict([[1.0, -3.0]])
    with refused(ValueError, "explain costs", r"got shape \(3,\)"):
        det.explain([1.0, 2.0, 3.0])
    with refused(TypeError, "read costs", "got list"):
        det.predict([["a", "b"]])


def test_options_are_checked(benign, adversarial):
    with refused(ValueError, "expected kind to be", "got \"svm\""):
        a2d_detect.fit("svm", benign=benign)
    with refused(ValueError, "fpr or threshold, got both"):
        a2d_detect.fit("z-score", benign=benign, fpr=0.1, threshold=-1.0)
    with refused(ValueError, "above 0 and below 1, got 1.5"):
        a2d_detect.fit("conformal", benign=benign, fpr=1.5)
    with refused(ValueError, "at least 1/41", "got 0.001"):
        a2d_detect.fit("conformal", benign=benign, fpr=0.001)
    with refused(ValueError, "z-score", "benign numbers only"):
        a2d_detect.fit("z-score", benign=benign, adversarial=adversarial)
    with refused(ValueError, "k-NN", "got benign ones only"):
        a2d_detect.fit("knn", benign=benign)
    with refused(TypeError, "expected k to be a whole number, got str"):
        a2d_detect.fit("knn", benign=benign, adversarial=adversarial, k="many")
    with refused(TypeError, "load"):
        a2d_detect.Detector("detector.json")


def test_files_that_cannot_be_used(tmp_path, benign):
    with pytest.raises(FileNotFoundError) as info:
        a2d_detect.load(tmp_path / "none.json")
    assert str(info.value.filename).endswith("none.json")
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": "other", "version": 1}')
    with refused(ValueError, "bad.json", "a2d-detector", "found"):
        a2d_detect.load(bad)
    with pytest.raises(FileNotFoundError):
        a2d_detect.fit("z-score", benign=tmp_path / "none.csv")
    bad.write_text("a,b\n1,2\n")
    with refused(ValueError, "bad.json", "the header of a cost table"):
        a2d_detect.fit("z-score", benign=bad)
    with pytest.raises(OSError):
        a2d_detect.fit("z-score", benign=benign).save(tmp_path / "no" / "such" / "folder.json")


def test_attacks_go_by_their_names(benign):
    det = a2d_detect.fit("conformal", benign=pandas.DataFrame(benign, columns=["bim", "jsma"]))
    with refused(ValueError, "bim", "got \"jsma\"|got \"bim\""):
        det.predict(pandas.DataFrame(benign, columns=["bim", "cw"]))


def test_costs_that_a_budget_stopped_are_refused(benign):
    rows = [
        {"input": row, "attack": "bim", "iterations": int(value), "flipped": False, "censored": row == 3}
        for row, value in enumerate(benign[:, 0])
    ]
    with refused(ValueError, "complete costs", "input 3"):
        a2d_detect.fit("z-score", benign=pandas.DataFrame(rows))


def test_iterations_are_whole_numbers(benign):
    frame = pandas.DataFrame({"input": [0], "attack": ["bim"], "iterations": [1.5], "flipped": [True]})
    with refused(ValueError, "read benign", "whole numbers", "float64"):
        a2d_detect.fit("z-score", benign=frame)
