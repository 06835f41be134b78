"""Trees in which a row goes on in all children that may hold for it, with a share of its weight in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.models.formulas.expressions import NESTED, compiled
from argosy.models.formulas.rows import ColumnRows

Table = NDArray[np.float64]


class SpreadingNode:
    """The first child that holds has the whole weight. Where one before it is unknown, all that are not false share it:
    by their numbers of rows, or with all of it each (`is_counted`), the sum being divided at the end.
    """

    def __init__(self, stated: Mapping[str, Any], outputs: int, *, is_counted: bool, depth: int = 0) -> None:
        if depth > NESTED:
            raise ValueError("a tree that is nested too deeply")
        self.when, self.weight, values = compiled(stated["when"]), float(stated["weight"]), stated["values"]
        self._values = np.full(outputs, np.nan) if values is None else np.asarray(values, np.float64)
        if self._values.shape != (outputs,):
            raise ValueError("a node with values of other classes")
        self._children = [
            SpreadingNode(one, outputs, is_counted=is_counted, depth=depth + 1) for one in stated["children"]
        ]
        self._is_counted = is_counted

    def answers(self, rows: ColumnRows) -> Table:
        found = np.zeros((rows.size, len(self._values)))
        holds = self.when(rows)
        self.add(rows, np.where(holds == 0, 0.0, 1.0), found)
        found[holds == 0] = np.nan
        with np.errstate(all="ignore"):
            return np.asarray(found / found.sum(axis=1, keepdims=True))

    def add(self, rows: ColumnRows, weight: Table, found: Table) -> None:
        """Add to the answers what comes of the rows that have a weight here."""
        if not self._children:
            found[weight > 0] += (weight[:, None] * self._values)[weight > 0]
            return
        states = np.stack([child.when(rows) for child in self._children])
        may_hold = states != 0
        first = may_hold.argmax(axis=0)
        is_sure = states[first, np.arange(rows.size)] == 1
        chosen = np.arange(len(self._children))[:, None] == first
        counts = np.array([child.weight for child in self._children])[:, None]
        shares = may_hold * (np.ones_like(counts) if self._is_counted else counts)
        if not self._is_counted:
            shares = shares / np.maximum(shares.sum(axis=0), 1e-300)
        parts = np.where(is_sure, chosen, shares) * weight
        for child, part in zip(self._children, parts, strict=True):
            if part.any():
                child.add(rows, part, found)
        is_stuck = ~may_hold.any(axis=0) & (weight > 0)
        found[is_stuck] += weight[is_stuck, None] * self._values
