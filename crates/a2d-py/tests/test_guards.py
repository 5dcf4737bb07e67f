"""Guards: verdicts, files, and what a detector of another model says."""

import json
from pathlib import Path

import a2d_detect
import numpy
import pytest
import torch

import a2d

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def guard(lenet5, digits):
    return a2d.Guard.fit(lenet5, digits[0][:100], fpr=0.1, attacks=["bim-turbo"])


@pytest.fixture(scope="module")
def examples(lenet5, digits):
    x, y = digits
    return a2d.craft(lenet5, x[100:150], y[100:150], "bim-a", count=20).images


def test_adversarial_images_are_found_and_benign_ones_pass(guard, digits, examples):
    found = guard(examples)
    assert len(found) == len(examples) and found.adversarial.all()
    assert guard(digits[0][200:250]).adversarial.mean() < 0.3


def test_verdicts_of_stopped_attacks_are_those_of_full_ones(guard, digits, examples):
    x = torch.cat([digits[0][150:180], examples])
    stopped, full = guard(x), guard(x, full=True)
    assert (stopped.adversarial == full.adversarial).all()
    assert stopped.queries.sum() < full.queries.sum() and stopped.stopped.to_numpy().any()
    assert not numpy.isnan(full.p_value).any() and not full.stopped.to_numpy().any()
    assert ((full.p_value <= 0.1) == full.adversarial.to_numpy(dtype=bool)).all()
    assert all("p-value" in reason for reason in full.reasons)
    costs = a2d.cost(guard._subject.model, x)["iterations"]
    assert numpy.abs(full.costs["bim-turbo"] - costs).max() <= 5
    frame = full.frame()
    assert list(frame["queries"]) == list(full.queries) and "bim-turbo_cost" in frame


def test_files_are_those_of_the_detector(guard, lenet5, digits, tmp_path):
    path = tmp_path / "guard.json"
    guard.save(path)
    assert a2d_detect.load(path) == guard.detector
    x = digits[0][180:190]
    again = a2d.Guard.load(lenet5, path)(x)
    assert (again.adversarial == guard(x).adversarial).all()


def test_a_detector_of_another_model_is_refused(guard, oracle, digits, tmp_path):
    path = tmp_path / "guard.json"
    guard.save(path)
    with pytest.raises(ValueError, match="expected the model that the detector was fitted for"):
        a2d.Guard(oracle[0], path)(digits[0][:2])
    with pytest.raises(ValueError, match="expected the model that the detector was fitted for"):
        a2d.Guard(guard._subject.model, path, mean=0.5, std=0.5)(digits[0][:2])
    with pytest.raises(TypeError, match="expected a detector or a path, got int"):
        a2d.Guard(oracle[0], 7)


def test_detectors_are_fitted_and_evaluated_on_costs_with_their_inputs(lenet5, digits, examples, guard):
    x = digits[0]
    costs = a2d.cost(lenet5, x[:150])
    fit, held_out = costs[costs["input"] < 100], costs[costs["input"] >= 100]
    det = a2d_detect.fit("conformal", benign=fit, fpr=0.1)
    kinds = {"bim-a": a2d.cost(lenet5, examples)}
    assert a2d_detect.evaluate(det, benign=held_out, adversarial=kinds).loc["bim-a", "auroc"] > 0.95
    with pytest.raises(ValueError, match="neither fitted nor calibrated on, got 100"):
        a2d_detect.evaluate(det, benign=costs, adversarial=kinds)
    found = a2d.Guard(lenet5, det)(x[150:160])
    assert (found.adversarial == guard(x[150:160]).adversarial).all()
    twice = a2d.cost(lenet5, torch.cat([x[:30], x[:1]]))
    with pytest.raises(ValueError, match="expected each input once"):
        a2d_detect.fit("z-score", benign=twice)


def test_callables_are_known_for_as_long_as_they_live_or_by_their_name(lenet5, digits):
    def model(images):
        return lenet5(images)

    x = digits[0]
    guard = a2d.Guard.fit(model, x[:40], fpr=0.1)
    guard(x[40:42])
    with pytest.raises(ValueError, match="expected the model"):
        a2d.Guard(lambda images: lenet5(images), guard.detector)(x[:2])
    named = a2d.Guard.fit(lambda images: lenet5(images), x[:40], fpr=0.1, fingerprint="lenet5-v1")
    again = a2d.Guard(lambda images: lenet5(images), named.detector, fingerprint="lenet5-v1")
    assert (again(x[40:44]).adversarial == named(x[40:44]).adversarial).all()
    with pytest.raises(ValueError, match="was fitted for, lenet5-v1, got lenet5-v2"):
        a2d.Guard(model, named.detector, fingerprint="lenet5-v2")(x[:2])
    with pytest.raises(ValueError, match="was fitted for, lenet5-v1, got"):
        a2d.Guard(model, named.detector)(x[:2])


def test_a_fingerprint_from_a_card_makes_files_those_of_the_binary(lenet5, digits, tmp_path):
    card = json.loads((ROOT / "data" / "models" / "lenet5.safetensors.card.json").read_text())
    guard = a2d.Guard.fit(lenet5, digits[0][:40], fpr=0.1, fingerprint=card["fingerprint"])
    guard.save(tmp_path / "guard.json")
    saved = json.loads((tmp_path / "guard.json").read_text())
    assert saved["provenance"]["model"] == card["fingerprint"] and saved["attacks"] == ["bim-turbo"]
    assert saved["provenance"]["defenses"]["bim-turbo"] == a2d.parameters("bim-turbo", dataset="mnist")
