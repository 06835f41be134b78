"""Decision trees as arrays: the rows of a table go down all trees at once, a level a step.

A node asks whether a column is at most its threshold, or whether a column of codes is one of its members. It leads to
`yes`, `no` or `unknown`, the last where the column is missing; all are nodes further on, so that every walk ends. A
leaf leads to itself, and names a row of the values of its model, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NO_LEAF: Final = -1
CELLS: Final = 4_000_000
"""Rows times trees in one walk."""
PARTS: Final[dict[str, Any]] = {
    "roots": np.int32,
    "column": np.int32,
    "threshold": np.float64,
    "offset": np.int32,
    "next": np.int32,
    "leaf": np.int32,
    "members": np.uint8,
}
"""The arrays: `next` is (nodes, 3), `offset` is where a node's members begin or -1, `members` has a place a code after
one for any other code.
"""


class Trees:
    """Raises ValueError where the arrays are not such trees over tables of that many columns."""

    def __init__(self, parts: Mapping[str, Any], widths: list[int]) -> None:
        """`widths`: of every column the number of its codes, 0 where it is a number."""
        arrays = {name: np.ascontiguousarray(parts[name], kind) for name, kind in PARTS.items()}
        self.roots, self._column, self._threshold = arrays["roots"], arrays["column"], arrays["threshold"]
        self._offset, self._next, self.leaf = arrays["offset"], arrays["next"], arrays["leaf"]
        self._members = arrays["members"].astype(bool)
        self._has_members = bool((self._offset >= 0).any())
        self._depth = self._checked_depth(np.array(widths, np.int64))
        self._flat_next = self._next.reshape(-1)

    def leaves(self, table: NDArray[np.float64]) -> NDArray[np.int32]:
        """(rows, trees): the row of the model's values, or NO_LEAF."""
        size = max(1, CELLS // max(1, len(self.roots)))
        parts = [self._walk(table[at : at + size]) for at in range(0, len(table), size)]
        return parts[0] if len(parts) == 1 else np.concatenate([*parts, np.zeros((0, len(self.roots)), np.int32)])

    def _walk(self, table: NDArray[np.float64]) -> NDArray[np.int32]:
        rows, width = table.shape
        at = np.broadcast_to(self.roots, (rows, len(self.roots))).astype(np.intp)
        first = (np.arange(rows) * width)[:, None]
        flat = np.ascontiguousarray(table).reshape(-1)
        has_missing = bool(np.isnan(flat).any())
        for _ in range(self._depth):
            value = flat.take(first + self._column.take(at))
            branch = (value > self._threshold.take(at)).astype(np.int8)
            if self._has_members:
                branch = self._by_members(at, value, branch)
            if has_missing:
                branch = np.where(np.isnan(value), np.int8(2), branch)
            at = self._flat_next.take(at * 3 + branch)
        return self.leaf.take(at)

    def _by_members(self, at: Any, value: Any, branch: Any) -> Any:
        offset = self._offset.take(at)
        asks = offset >= 0
        place = np.where(asks & ~np.isnan(value), value, 0.0).astype(np.intp) + 1
        is_member = self._members.take(np.where(asks, offset + place, 0))
        return np.where(asks, np.int8(1) - is_member.astype(np.int8), branch)

    def _checked_depth(self, widths: NDArray[np.int64]) -> int:
        """How many steps reach every leaf; raises ValueError."""
        nodes = len(self._column)
        places = np.arange(nodes)
        is_leaf = (self._next == places[:, None]).all(axis=1)
        leads_on = (self._next > places[:, None]).all(axis=1) & (self._next < nodes).all(axis=1)
        shapes = {len(one) for one in (self._threshold, self._offset, self.leaf)} | {self._next.size // 3}
        is_sound = shapes == {nodes} and self._next.shape == (nodes, 3) and bool((is_leaf | leads_on).all())
        is_sound = is_sound and _within(self.roots, nodes) and _within(self._column, max(1, len(widths)))
        if not is_sound or not len(self.roots) or not nodes:
            raise ValueError("branches of a tree that lead nowhere")
        asks = (self._offset >= 0) & ~is_leaf
        ends = self._offset[asks] + widths[self._column[asks]] + 1
        if asks.any() and (ends.max() > len(self._members) or not widths[self._column[asks]].all()):
            raise ValueError("members of a tree's node that are not there")
        self._offset = np.where(asks, self._offset, -1)
        depths = np.zeros(nodes, np.int32)
        for node in range(nodes - 1, -1, -1):
            if not is_leaf[node]:
                depths[node] = 1 + depths[self._next[node]].max()
        return int(depths[self.roots].max())


def _within(numbers: NDArray[Any], most: int) -> bool:
    return bool(((numbers >= 0) & (numbers < most)).all())


class TreeBuilder:
    """Makes the arrays, a node after another; a node's branches are added after it."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self._nodes: list[list[Any]] = []
        self._members: list[int] = []

    def leaf(self, row: int) -> int:
        at = len(self._nodes)
        self._nodes.append([0, np.inf, -1, at, at, at, row])
        return at

    def compare(self, column: int, threshold: float) -> int:
        """A node that says yes to what is at most the threshold."""
        self._nodes.append([column, threshold, -1, 0, 0, 0, NO_LEAF])
        return len(self._nodes) - 1

    def contains(self, column: int, codes: list[int], width: int, *, others: bool = False) -> int:
        """A node that says yes to some of `width` codes, and to any other code if `others`."""
        offset, named = len(self._members), set(codes)
        self._members += [int(others), *(int(code in named) for code in range(width))]
        self._nodes.append([column, np.inf, offset, 0, 0, 0, NO_LEAF])
        return len(self._nodes) - 1

    def lead(self, node: int, yes: int, no: int, unknown: int) -> None:
        self._nodes[node][3:6] = [yes, no, unknown]

    def parts(self) -> dict[str, Any]:
        columns = list(zip(*self._nodes, strict=True))
        named = {"column": columns[0], "threshold": columns[1], "offset": columns[2], "leaf": columns[6]}
        found = {name: np.array(values, PARTS[name]) for name, values in named.items()}
        following = np.array(columns[3:6], np.int32).T.copy()
        rest = {"roots": np.array(self.roots, np.int32), "members": np.array(self._members, np.uint8)}
        return {**found, **rest, "next": following}
