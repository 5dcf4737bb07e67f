"""Detectors of adversarial inputs from the cost of attacking them.

An input is attacked until its predicted label flips; the iterations that this takes are its cost. Adversarial inputs
cost less. Costs are arrays of inputs x attacks, DataFrames or CSV files; how they were measured does not matter.

>>> import numpy, a2d_detect
>>> benign = numpy.arange(90.0, 150.0).reshape(-1, 1)
>>> det = a2d_detect.fit("conformal", benign=benign, fpr=0.05)
>>> det.predict([[3.0], [120.0]]).tolist()
[True, False]
"""

from ._detector import Detector, Explanation, fit, load
from ._evaluation import Evaluation, evaluate

__all__ = ["Detector", "Evaluation", "Explanation", "evaluate", "fit", "load"]
