"""Whether LightGBM's text form of trees is whole. Pure; without LightGBM, whose reader ends the process or worse where
sizes do not fit, and whose answers never end where a branch leads back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SPLITS: Final = {"split_feature": np.int64, "threshold": np.float64, "decision_type": np.int64}
CHILDREN: Final = ("left_child", "right_child")
NO_MORE, TREE = "end of trees", "Tree="


def are_complete_trees(text: str, outputs: int) -> bool:
    """Whether these are trees with numbers alone, each branch leading on, `outputs` of them a round."""
    trees, _, rest = text.partition(NO_MORE)
    header, *blocks = trees.split(TREE)
    if not rest or not blocks or not trees.isascii() or not trees.startswith("tree\n"):
        return False
    try:
        stated = _values(header)
        sizes = [len(TREE + block) for block in blocks]
        width = int(stated["max_feature_idx"]) + 1
        are_outputs = {stated["num_class"], stated["num_tree_per_iteration"]} == {str(outputs)}
        are_sizes = len(blocks) % outputs == 0 and _numbers(stated["tree_sizes"], np.int64).tolist() == sizes
        is_width = len(stated["feature_names"].split()) == len(stated["feature_infos"].split()) == width
        return are_outputs and are_sizes and is_width and all(_leads_on(_values(block), width) for block in blocks)
    except (KeyError, ValueError, OverflowError):
        return False


def tree_blocks(text: str) -> list[dict[str, str]]:
    """What each tree says of itself, in order; of trees that are complete."""
    trees, _, _ = text.partition(NO_MORE)
    return [_values(block) for block in trees.split(TREE)[1:]]


def _leads_on(tree: Mapping[str, str], width: int) -> bool:
    """Whether every branch of a tree ends in one of its leaves."""
    leaves, is_plain = int(tree["num_leaves"]), (tree["num_cat"], tree["is_linear"]) == ("0", "0")
    if not is_plain or _numbers(tree["leaf_value"], np.float64).shape != (leaves,):
        return False
    if leaves == 1:
        return True
    features, *others = (_numbers(tree[name], kind) for name, kind in SPLITS.items())
    children = [_numbers(tree[name], np.int64) for name in CHILDREN]
    if any(column.shape != (leaves - 1,) for column in (features, *others, *children)):
        return False
    places = np.arange(leaves - 1)
    leads_on = all(
        np.where(child < 0, child >= -leaves, (child > places) & (child < leaves - 1)).all() for child in children
    )
    return bool(leads_on and ((features >= 0) & (features < width)).all())


def _numbers(text: str, kind: type) -> NDArray[Any]:
    """Raises ValueError where there is anything that Python alone takes for a part of a number."""
    if "_" in text:
        raise ValueError("not a number of LightGBM's")
    return np.array(text.split(" "), kind)


def _values(lines: str) -> dict[str, str]:
    """`name=value` a line; raises ValueError where a name comes twice, for readers differ in which one holds."""
    pairs = [line.partition("=") for line in lines.split("\n") if "=" in line]
    found = {name: value for name, _, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found
