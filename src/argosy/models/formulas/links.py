"""What turns raw sums into answers, by name: over (rows, outputs), each row by itself. Missing stays missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]


def softmax(table: Table) -> Table:
    powers = np.exp(table - table.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def logistic(table: Table) -> Table:
    small = np.exp(-np.abs(table))
    return np.where(table >= 0, 1 / (1 + small), small / (1 + small))


def simplemax(table: Table) -> Table:
    """Made to sum to one."""
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _probit(table: Table) -> Table:
    from scipy.special import ndtr

    return np.asarray(ndtr(table))


def of_first(function: Callable[[Table], Table]) -> Callable[[Table], Table]:
    """Of two classes: the function of the first's value, and the rest for the second."""

    def answered(table: Table) -> Table:
        first = function(table[:, :1])
        return np.hstack([first, 1 - first])

    return answered


def cumulative(function: Callable[[Table], Table]) -> Callable[[Table], Table]:
    """Of ordered classes: the function of each value is the chance of that class or one before it."""

    def answered(table: Table) -> Table:
        below = np.hstack([function(table[:, :-1]), np.ones((len(table), 1))])
        return np.diff(below, axis=1, prepend=0.0)

    return answered


def made_to_one(function: Callable[[Table], Table]) -> Callable[[Table], Table]:
    return lambda table: simplemax(function(table))


def rest_is_last(table: Table) -> Table:
    return np.hstack([table[:, :-1], 1 - table[:, :-1].sum(axis=1, keepdims=True)])


INVERSES: Final[dict[str, Callable[[Any], Any]]] = {
    "none": lambda table: table,
    "logit": logistic,
    "exp": np.exp,
    "probit": _probit,
    "cloglog": lambda table: 1 - np.exp(-np.exp(table)),
    "loglog": lambda table: np.exp(-np.exp(-table)),
    "cauchit": lambda table: 0.5 + np.arctan(table) / np.pi,
    "square": lambda table: np.sign(table) * table * table,
}
LINKS: Final[dict[str, Callable[[Table], Table]]] = {
    **INVERSES,
    "softmax": softmax,
    "simplemax": simplemax,
    "rest_is_last": rest_is_last,
    **{f"{name}_of_first": of_first(inverse) for name, inverse in INVERSES.items()},
    **{f"{name}_to_one": made_to_one(inverse) for name, inverse in INVERSES.items()},
    **{f"{name}_of_ordered": cumulative(inverse) for name, inverse in INVERSES.items()},
    "pair": lambda table: np.hstack([1 - logistic(table), logistic(table)]),
    "swapped": lambda table: table[:, ::-1],
    "minus_pair": lambda table: np.hstack([-table, table]),
}
