"""Fitting, judging, explaining, and files."""

import json
import pickle

import numpy
import pandas
import pytest

import a2d_detect


def test_conformal_flags_at_most_its_share_and_gives_p_values(benign, adversarial):
    det = a2d_detect.fit("conformal", benign=benign, fpr=0.05)
    assert det.name == "conformal z-score"
    assert det.samples == {"benign": 40, "adversarial": 0, "held_out": 40}
    assert det.predict(adversarial).all()
    assert det.predict(benign[1::2]).mean() <= 0.05
    p_values = det.p_values(adversarial)
    assert p_values.shape == (40,) and numpy.allclose(p_values, 1 / 41)
    assert numpy.allclose(det.decision_function(adversarial), 1 - p_values)


def test_scores_are_those_of_the_definition(benign):
    det = a2d_detect.fit("z-score", benign=benign[:, :1])
    column = benign[:, 0]
    expected = -(numpy.array([10.0, 150.0]) - column.mean()) / column.std()
    # These costs pass the test of normality, so that they are not transformed.
    assert numpy.allclose(det.decision_function([[10.0], [150.0]]), expected, rtol=0.02)
    assert det.predict([[10.0], [150.0]]).tolist() == [True, False]


def test_knn_over_arrays_frames_and_several_tables(benign, adversarial):
    names = ["bim", "jsma"]
    frame = pandas.DataFrame(adversarial, columns=names)
    det = a2d_detect.fit("knn", benign=benign, adversarial=[adversarial[:20], adversarial[20:]], k=9, attacks=names)
    same = a2d_detect.fit("knn", benign=pandas.DataFrame(benign, columns=names), adversarial=frame, k=9)
    assert det == same and hash(det) == hash(same) and det.attacks == names
    assert det.predict(frame[["jsma", "bim"]]).all()  # columns go by their names
    with pytest.raises(ValueError, match="conformal detector, got a knn one"):
        det.p_values(benign)


def test_thresholds_move_without_fitting(benign):
    det = a2d_detect.fit("z-score", benign=benign)
    assert det.with_threshold(-2.5).threshold == -2.5
    rate = det.with_fpr(0.1).predict(benign).mean()
    assert 0 < rate <= 0.1


def test_explanations_say_what_a_verdict_rests_on(benign):
    det = a2d_detect.fit("conformal", benign=benign, attacks=["bim", "jsma"])
    told = det.explain({"jsma": 3.0, "bim": 2.0})
    assert told == det.explain(numpy.array([2.0, 3.0])) == det.explain(pandas.Series({"bim": 2.0, "jsma": 3.0}))
    assert told.adversarial and told.p_value == 1 / 41 and told.evidence["kind"] == "p_value"
    votes = told.evidence["score"]["votes"]
    assert {vote["attack"]: vote["cost"] for vote in votes} == {"bim": 2.0, "jsma": 3.0}
    assert str(told).startswith("adversarial: p-value 0.02439 among 40 held-out benign inputs")


def test_a_cascade_asks_one_attack_after_the_other(benign):
    det = a2d_detect.fit("z-score", benign=benign, cascade=True, fpr=0.1, attacks=["linear", "bim"])
    told = det.explain([1.0, 900.0])
    assert told.adversarial and told.evidence["kind"] == "stages"
    assert [stage["attack"] for stage in told.evidence["stages"]] == ["linear"]
    with pytest.raises(ValueError, match="expected no votes, got a number of them"):
        a2d_detect.fit("z-score", benign=benign, cascade=True, votes=1)


def test_files_and_pickles_come_back_the_same(tmp_path, benign, adversarial):
    for det in (
        a2d_detect.fit("conformal", benign=benign, adversarial=adversarial, k=9),
        a2d_detect.fit("z-score", benign=benign, two_sided=True, votes=1),
        a2d_detect.fit("conformal", benign=benign, cascade=True, fpr=0.2),
    ):
        path = tmp_path / "detector.json"
        det.save(path)
        assert json.loads(path.read_text())["format"] == "a2d-detector"
        assert a2d_detect.load(str(path)) == det == pickle.loads(pickle.dumps(det))


def test_scores_that_are_no_costs_may_be_negative_and_point_either_way(benign):
    numbers = numpy.column_stack([benign[:, 0] - 150.0, -benign[:, 1]])
    det = a2d_detect.fit("z-score", benign=numbers, votes=1, scores=["smaller", "larger"])
    assert det.predict([[-500.0, -220.0], [0.0, 300.0], [0.0, -220.0]]).tolist() == [True, True, False]
    with pytest.raises(ValueError, match="smaller.*or.*larger"):
        a2d_detect.fit("z-score", benign=numbers, scores="lower")


def records(costs, flipped=True):
    """Costs as a2d.cost gives them."""
    rows = [
        {"input": row, "attack": name, "iterations": int(value), "flipped": flipped, "censored": False, "queries": 1}
        for row, line in enumerate(costs)
        for name, value in zip(["bim", "jsma"], line)
    ]
    return pandas.DataFrame(rows)


def test_records_of_costs_in_vain_are_never_taken_for_low_ones(benign):
    det = a2d_detect.fit("z-score", benign=records(benign), votes=1)
    low = records([[2.0, 2.0]])
    assert det.predict(low).tolist() == [True]
    assert det.predict(records([[2.0, 2.0]], flipped=False)).tolist() == [False]


def test_cost_files_are_read(tmp_path, benign):
    path = tmp_path / "costs.csv"
    frame = records(benign).rename(columns={"queries": "gradient_queries"})
    frame["forward_queries"], frame["seconds"] = 2, 0.5
    frame.to_csv(path, index=False)
    assert a2d_detect.fit("z-score", benign=path) == a2d_detect.fit("z-score", benign=records(benign))
    scores = tmp_path / "scores.csv"
    scores.write_text("input,column,value,adversarial\n" + "".join(f"{row},lid,{row % 7},larger\n" for row in range(40)))
    assert a2d_detect.fit("z-score", benign=scores).predict([[9.0]]).tolist() == [True]
