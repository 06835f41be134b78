"""LightGBM's text files of trees, read without LightGBM, whose reader ends the process on some damaged files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.formulas.formula import FORMAT
from argosy.models.formulas.trees import TreeBuilder
from argosy.models.translators import Translation
from argosy.types import FieldKind

MISSING: Final = {0: "none", 1: "zero", 2: "nan"}
"""How a node treats what is missing."""
LINKS_OF: Final = {"binary": "pair", "cross_entropy": "pair", "multiclass": "softmax", "multiclassova": "logit"}
"""Of the objectives that classify."""
NUMBERS: Final = {
    **dict.fromkeys(("regression", "regression_l1", "huber", "fair", "quantile", "mape"), "none"),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
}
"""Of those that answer a number."""


def translate_lightgbm(content: bytes) -> Translation:
    """Raises ImportInvalid."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith("tree\n"):
        raise ImportInvalid("the file does not begin with 'tree': it is none of LightGBM's text files")
    trees, _, rest = text.partition("end of trees")
    header, *blocks = trees.split("\nTree=")
    try:
        return _LightgbmReader(_stated(header), _categories(rest)).translation([_stated(block) for block in blocks])
    except (KeyError, ValueError, IndexError) as error:
        raise ImportInvalid(f"the file cannot be read as LightGBM: {type(error).__name__}: {error}") from None


class _LightgbmReader:
    """Collects the columns that the nodes ask about while it walks the trees."""

    def __init__(self, header: Mapping[str, str], categories: list[list[Any]]) -> None:
        self._header = header
        self._names = header["feature_names"].split()
        infos = header["feature_infos"].split()
        if len(self._names) != int(header["max_feature_idx"]) + 1 or len(infos) != len(self._names):
            raise ValueError("as many names as features are expected")
        self._sizes = [_size(info) for info in infos]
        listed = [place for place, size in enumerate(self._sizes) if size]
        if categories and len(categories) != len(listed):
            raise ImportInvalid("the file lists the categories of other columns than its trees use")
        self._categories = dict(zip(listed, categories, strict=False))
        self._columns: list[dict[str, Any]] = []
        self._places: dict[tuple[int, str], int] = {}
        self._builder, self._values = TreeBuilder(), list[float]()

    def translation(self, trees: list[Mapping[str, str]]) -> Translation:
        objective, *settings = self._header.get("objective", "").split() or [""]
        outputs = int(self._header["num_tree_per_iteration"])
        if not trees or len(trees) % outputs:
            raise ValueError(f"{len(trees)} trees for {outputs} outputs")
        if objective not in LINKS_OF and (objective not in NUMBERS or outputs > 1):
            raise ImportInvalid(
                f"the file's objective is '{objective or 'none'}'; models for classes or numbers can be taken"
            )
        for tree in trees:
            self._add(tree)
        scale = next((float(one.partition(":")[2]) for one in settings if one.startswith("sigmoid:")), 1.0)
        model: dict[str, Any] = {
            "op": "boosted",
            "columns": self._columns,
            "trees": self._builder.parts(),
            "values": np.array(self._values) * scale,
            "groups": np.arange(len(trees)) % outputs,
            "base": np.zeros(outputs),
            "single": False,
            "divisor": len(trees) // outputs if "average_output" in self._header else 1,
        }
        is_number = objective in NUMBERS
        link = LINKS_OF.get(objective) or ("square" if "sqrt" in settings else NUMBERS[objective])
        model = {"op": "link", "link": link, "of": model}
        count = 1 if is_number else max(2, outputs)
        fields = {name: self._kind(place) for place, name in enumerate(self._names)}
        stated = [{"name": name, "column": name, "kind": kind} for name, kind in fields.items()]
        return Translation(
            fields, [VALUE] if is_number else [], {"format": FORMAT, "outputs": count, "fields": stated, "model": model}
        )

    def _kind(self, feature: int) -> FieldKind:
        return "category" if feature in self._categories else "number"

    def _add(self, tree: Mapping[str, str]) -> None:
        if tree.get("is_linear", "0") != "0":
            raise ImportInvalid("the file has linear models in its leaves, which cannot be translated")
        leaves = _numbers(tree["leaf_value"])
        if len(leaves) != int(tree["num_leaves"]):
            raise ValueError("as many values as leaves are expected")
        first = len(self._values)
        self._values += leaves
        if len(leaves) == 1:
            self._builder.roots.append(self._builder.leaf(first))
            return
        nodes = _LightgbmNodes(tree)
        self._builder.roots.append(self._node(nodes, 0))
        waiting = [(0, self._builder.roots[-1])]
        while waiting:
            number, place = waiting.pop()
            ends = []
            for child in nodes.children[number]:
                if child < 0:
                    ends.append(self._builder.leaf(first + _checked(~child, len(leaves))))
                else:
                    _checked(child - number - 1, len(nodes.children) - number - 1)
                    ends.append(self._node(nodes, child))
                    waiting.append((child, ends[-1]))
            yes, no = ends
            is_left = nodes.kinds[number] & 2 and not nodes.kinds[number] & 1
            self._builder.lead(place, yes, no, yes if is_left else no)

    def _node(self, nodes: _LightgbmNodes, number: int) -> int:
        kind, feature = nodes.kinds[number], _checked(nodes.features[number], len(self._names))
        if kind & 1:
            size = self._sizes[feature]
            return self._builder.contains(self._column(feature, "codes"), nodes.members(number, size), size)
        return self._builder.compare(self._column(feature, MISSING[kind >> 2 & 3]), nodes.thresholds[number])

    def _column(self, feature: int, how: str) -> int:
        """The place of a feature's column as a node wants it, added when it is first asked for."""
        key = (feature, how)
        if key not in self._places:
            self._places[key] = len(self._columns)
            self._columns.append(self._expression(feature, how))
        return self._places[key]

    def _expression(self, feature: int, how: str) -> dict[str, Any]:
        field: dict[str, Any] = {"op": "field", "name": self._names[feature]}
        if feature in self._categories:
            field = {"op": "codes", "of": field, "values": self._categories[feature]}
        if how == "codes":
            return {"op": "integer", "of": field, "size": self._sizes[feature]}
        return field if how == "nan" else {"op": "zero", "of": field, "missing": how == "zero"}


class _LightgbmNodes:
    """The inner nodes of a tree."""

    def __init__(self, tree: Mapping[str, str]) -> None:
        self.features = [int(one) for one in tree["split_feature"].split()]
        self.kinds = [int(one) for one in tree["decision_type"].split()]
        self.thresholds = _numbers(tree["threshold"])
        self.children = [
            (int(left), int(right))
            for left, right in zip(tree["left_child"].split(), tree["right_child"].split(), strict=True)
        ]
        lengths = {len(self.features), len(self.kinds), len(self.thresholds), len(self.children)}
        if lengths != {int(tree["num_leaves"]) - 1}:
            raise ValueError("as many splits as leaves but one are expected")
        self._borders = [int(one) for one in tree.get("cat_boundaries", "").split()]
        self._words = [int(one) for one in tree.get("cat_threshold", "").split()]

    def members(self, number: int, size: int) -> list[int]:
        """The codes that go left, of a set kept as bits."""
        at = int(self.thresholds[number])
        words = self._words[self._borders[at] : self._borders[at + 1]]
        found = [32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1]
        return [code for code in found if code < size]


def _checked(number: int, most: int) -> int:
    if not 0 <= number < most:
        raise ValueError("a tree leads to what is not there")
    return number


def _size(info: str) -> int:
    """Of a feature of categories one more than the largest, as the header lists them; 0 of another."""
    return 0 if info.startswith("[") or info == "none" else max(int(one) for one in info.split(":")) + 1


def _numbers(text: str) -> list[float]:
    return [float(one) for one in text.split()]


def _stated(lines: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in lines.split("\n")]
    found = {name: value for name, is_pair, value in pairs if is_pair}
    return found | ({"average_output": ""} if "average_output" in lines.split("\n") else {})


def _categories(rest: str) -> list[list[Any]]:
    """Of the columns of categories of a data frame, in their order."""
    line = next((one for one in rest.split("\n") if one.startswith("pandas_categorical:")), "")
    found = json.loads(line.partition(":")[2] or "null") or []
    return [list(one) for one in found]
