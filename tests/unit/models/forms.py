"""How far a model's served form is from the form it was trained in."""

import numpy as np


def distance(model, served, inputs):
    """The largest difference between what `one` answers and what the estimator says to the adapter's rows."""
    features, estimator = model.adapter.transform(inputs), model.estimator
    expected = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    return abs(np.array([served.one(item) for item in inputs]) - expected).max()
