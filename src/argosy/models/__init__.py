"""The adapted model: an adapter and an estimator trained together, stored together and served together."""
