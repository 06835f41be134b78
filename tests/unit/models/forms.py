"""The difference between a model's served form and its training form."""

import numpy as np


def distance(model, served, inputs):
    """The largest difference between the answers of `one` and of the estimator on the adapter's rows."""
    features, estimator = model.adapter.transform(inputs), model.estimator
    expected = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    return abs(np.array([served.one(item) for item in inputs]) - expected).max()
