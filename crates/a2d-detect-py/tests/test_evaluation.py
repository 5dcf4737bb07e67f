"""Evaluations, against scikit-learn's own numbers."""

import numpy
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

import a2d_detect


@pytest.fixture
def parts(benign, adversarial):
    det = a2d_detect.fit("conformal", benign=benign[:60], attacks=["bim", "jsma"])
    other = adversarial + 90.0  # harder ones
    return det, benign[60:], {"bim-a": adversarial, "pgd": other}


def test_areas_and_curves_are_those_of_scikit_learn(parts):
    det, benign, kinds = parts
    found = a2d_detect.evaluate(det, benign=benign, adversarial=kinds)
    assert list(found.index) == ["bim-a", "pgd"]
    for kind, costs in kinds.items():
        truth = numpy.repeat([0, 1], [len(benign), len(costs)])
        scores = numpy.concatenate([det.decision_function(benign), det.decision_function(costs)])
        assert found.loc[kind, "auroc"] == pytest.approx(roc_auc_score(truth, scores))
        alone = -numpy.concatenate([benign[:, 0], costs[:, 0]])
        assert found.loc[kind, "bim_auroc"] == pytest.approx(roc_auc_score(truth, alone))
        fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
        assert numpy.allclose(found.roc[kind][["fpr", "tpr"]], numpy.column_stack([fpr, tpr]))
        assert found.loc[kind, "flagged"] == det.predict(costs).mean()
        assert found.loc[kind, "flagged_low"] <= found.loc[kind, "flagged"] <= found.loc[kind, "flagged_high"]
    assert found.loc["pgd", "fpr"] == det.predict(benign).mean()
    assert found.loc["bim-a", "n"] == 40 and found.loc["bim-a", "benign_n"] == 20


def test_costs_are_evaluated_without_a_detector(parts):
    _, benign, kinds = parts
    found = a2d_detect.evaluate(benign=benign, adversarial=kinds)
    assert "flagged" not in found and found.loc["bim-a", "auroc"] == found.loc["bim-a", "attack-0_auroc"]


def test_tables_and_figures_for_papers(parts):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    det, benign, kinds = parts
    found = a2d_detect.evaluate(det, benign=benign, adversarial=kinds)
    axes = found.plot_roc()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [f"{kind} ({found.loc[kind, 'auroc']:.3f})" for kind in kinds]
    assert "bim-a" in found[["n", "auroc"]].to_latex(float_format="%.3f")


def test_what_is_no_evaluation_is_refused(parts):
    det, benign, kinds = parts
    with pytest.raises(ValueError, match="at least one name"):
        a2d_detect.evaluate(det, benign=benign, adversarial={})
    with pytest.raises(TypeError, match="expected detector to be a Detector or None, got str"):
        a2d_detect.evaluate("detector.json", benign=benign, adversarial=kinds)
