"""Outcomes of services: rows about what happened, joined to the predictions about the same entity.

`sources` reads rows, `taking` joins them, `closing` labels predictions after which nothing happened, `teaching` makes
examples of rows without a prediction, and `joiner` does all of this for each source in turn.
"""
