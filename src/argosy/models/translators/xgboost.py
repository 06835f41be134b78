"""XGBoost's models as JSON or UBJSON, read without XGBoost. Its answers are computed in single precision, as there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.formulas.formula import FORMAT
from argosy.models.formulas.trees import TreeBuilder
from argosy.models.translators import Translation
from argosy.models.translators.ubjson import read_ubjson
from argosy.types import FieldKind

LINKS_OF: Final = {
    "binary:logistic": "pair",
    "binary:logitraw": "minus_pair",
    "binary:hinge": "minus_pair",
    "multi:softmax": "softmax",
    "multi:softprob": "softmax",
}
"""Of the objectives that classify."""
NUMBERS: Final = {
    **dict.fromkeys(("squarederror", "squaredlogerror", "pseudohubererror", "absoluteerror", "quantileerror"), "none"),
    **dict.fromkeys(("gamma", "tweedie", "poisson"), "exp"),
    "logistic": "logit",
}
"""Of those that answer a number, behind `reg:` or `count:`."""
HAS_LOGIT_BASE: Final = ("binary:logistic", "binary:logitraw")


def translate_xgboost(content: bytes) -> Translation:
    """Raises ImportInvalid."""
    try:
        return _XgboostReader(_document(content)["learner"]).translation()
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise ImportInvalid(f"the file cannot be read as XGBoost: {type(error).__name__}: {error}") from None


def _document(content: bytes) -> Any:
    if content[:1] != b"{":
        raise ImportInvalid("the file is no JSON or UBJSON of XGBoost's: save it as .json or .ubj, not as .model")
    is_text = content[1:2] in (b'"', b" ", b"\n", b"\r", b"\t")
    if not is_text:
        return read_ubjson(content)
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return json.loads(content)  # NaN and Infinity


class _XgboostReader:
    def __init__(self, learner: Mapping[str, Any]) -> None:
        self._settings, self._objective = learner["learner_model_param"], learner["objective"]["name"]
        group, _, name = self._objective.partition(":")
        self._number_link = NUMBERS.get(name, "") if group in ("reg", "count") else ""
        if self._objective not in LINKS_OF and not self._number_link:
            raise ImportInvalid(
                f"the file's objective is '{self._objective}'; models for classes or numbers can be taken"
            )
        self._booster = learner["gradient_booster"]
        if self._booster["name"] not in ("gbtree", "dart"):
            raise ImportInvalid(f"the file's booster is '{self._booster['name']}'; gbtree and dart can be taken")
        self._inner = self._booster.get("gbtree", self._booster)["model"]
        count = int(self._settings["num_feature"])
        self._names = list(learner.get("feature_names") or ()) or [f"f{place}" for place in range(count)]
        self._types = list(learner.get("feature_types") or ()) or ["float"] * count
        if not len(self._names) == len(self._types) == count:
            raise ValueError("as many names as features are expected")
        self._categories = _categories_of(self._inner.get("cats") or learner.get("cats") or {}, count)
        self._builder, self._values = TreeBuilder(), list[Any]()
        self._sizes = self._code_counts()

    def translation(self) -> Translation:
        outputs = max(1, int(self._settings["num_class"]))
        if int(self._settings.get("num_target", 1)) > 1:
            raise ImportInvalid("the file's model answers several numbers, which cannot be translated")
        trees, groups = self._inner["trees"], np.asarray(self._inner["tree_info"], np.int64)
        drops = np.asarray(self._booster.get("weight_drop", np.ones(len(trees))), np.float32)
        if len(groups) != len(trees) or len(drops) != len(trees) or not trees:
            raise ValueError("as many groups as trees are expected")
        for tree, weight in zip(trees, drops, strict=True):
            self._add(tree, weight)
        model = {
            "op": "boosted",
            "columns": [self._expression(place) for place in range(len(self._names))],
            "trees": self._builder.parts(),
            "values": np.array(self._values, np.float32),
            "groups": groups,
            "base": np.array(self._base(outputs), np.float32),
            "single": True,
            "divisor": 1,
        }
        model = {"op": "link", "link": self._number_link or LINKS_OF[self._objective], "of": model}
        fields = {name: self._kind(place) for place, name in enumerate(self._names)}
        stated = [{"name": name, "column": name, "kind": kind} for name, kind in fields.items()]
        count = 1 if self._number_link else max(2, outputs)
        formula = {"format": FORMAT, "outputs": count, "fields": stated, "model": model}
        return Translation(fields, [VALUE] if self._number_link else [], formula)

    def _base(self, outputs: int) -> list[float]:
        """What each output begins with; the file has it as a probability where the objective makes one."""
        stated = json.loads(str(self._settings["base_score"]))
        values = [float(one) for one in (stated if isinstance(stated, list) else [stated])]
        values = values * outputs if len(values) == 1 else values
        if len(values) != outputs:
            raise ValueError("as many base scores as outputs are expected")
        is_logit = self._objective in HAS_LOGIT_BASE or self._number_link == "logit"
        if self._number_link == "exp":
            return [math.log(one) for one in values]
        return [-math.log(1 / one - 1) for one in values] if is_logit else values

    def _kind(self, feature: int) -> FieldKind:
        return "category" if self._categories[feature] else "number"

    def _expression(self, feature: int) -> dict[str, Any]:
        field = {"op": "field", "name": self._names[feature]}
        if values := self._categories[feature]:
            field = {"op": "codes", "of": field, "values": values}
        if self._types[feature] == "c":
            return {"op": "integer", "of": field, "size": self._sizes[feature]}
        return {"op": "single", "of": field}

    def _code_counts(self) -> list[int]:
        """Of every feature one more than the largest category of a node, or of the file's list."""
        sizes = [max(1, len(values)) for values in self._categories]
        for tree in self._inner["trees"]:
            starts, counts = tree.get("categories_segments", ()), tree.get("categories_sizes", ())
            for node, start, count in zip(tree.get("categories_nodes", ()), starts, counts, strict=True):
                feature = int(tree["split_indices"][int(node)])
                largest = max((int(one) for one in tree["categories"][int(start) : int(start) + int(count)]), default=0)
                sizes[feature] = max(sizes[feature], largest + 1)
        return sizes

    def _add(self, tree: Mapping[str, Any], weight: Any) -> None:
        if int(tree["tree_param"].get("size_leaf_vector") or 1) > 1:
            raise ImportInvalid("the file's trees have several outputs each, which cannot be translated")
        nodes = _XgboostNodes(tree)
        root = self._node(nodes, 0, weight)
        self._builder.roots.append(root)
        waiting, seen = [(0, root)], 0
        while waiting:
            number, place = waiting.pop()
            seen += 1
            left, right = nodes.left[number], nodes.right[number]
            if left < 0:
                continue
            if seen > len(nodes.left):
                raise ValueError("a tree leads back to itself")
            ends = [self._node(nodes, child, weight) for child in (left, right)]
            waiting += [(left, ends[0]), (right, ends[1])]
            self._builder.lead(place, ends[0], ends[1], ends[0] if nodes.default_left[number] else ends[1])

    def _node(self, nodes: _XgboostNodes, number: int, weight: Any) -> int:
        if not 0 <= number < len(nodes.left):
            raise ValueError("a tree leads to what is not there")
        if nodes.left[number] < 0:
            self._values.append(np.float32(nodes.conditions[number]) * np.float32(weight))
            return self._builder.leaf(len(self._values) - 1)
        feature = nodes.features[number]
        if not 0 <= feature < len(self._names):
            raise ValueError("a tree asks about a feature that is not there")
        if (codes := nodes.categories.get(number)) is not None:
            size = self._sizes[feature]
            stay = [code for code in range(size) if code not in codes]
            return self._builder.contains(feature, stay, size, others=True)
        below = np.nextafter(np.float32(nodes.conditions[number]), np.float32(-np.inf))
        return self._builder.compare(feature, float(below))


class _XgboostNodes:
    """The nodes of a tree; `categories` go right, by node."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.left = [int(one) for one in tree["left_children"]]
        self.right = [int(one) for one in tree["right_children"]]
        self.features = [int(one) for one in tree["split_indices"]]
        self.conditions = [float(one) for one in tree["split_conditions"]]
        self.default_left = [bool(one) for one in tree["default_left"]]
        lengths = {len(one) for one in (self.left, self.right, self.features, self.conditions, self.default_left)}
        if len(lengths) != 1:
            raise ValueError("arrays of one length are expected")
        starts, counts = tree.get("categories_segments", ()), tree.get("categories_sizes", ())
        self.categories = {
            int(node): {int(one) for one in tree["categories"][int(start) : int(start) + int(count)]}
            for node, start, count in zip(tree.get("categories_nodes", ()), starts, counts, strict=True)
        }


def _categories_of(stated: Mapping[str, Any], count: int) -> list[list[Any]]:
    """The categories of every feature as the file lists them, texts or numbers; empty where it lists none."""
    encodings = stated.get("enc") or [{}] * count
    return [_listed(one) for one in encodings] + [[]] * (count - len(encodings))


def _listed(encoding: Mapping[str, Any]) -> list[Any]:
    values, offsets = encoding.get("values", ()), [int(one) for one in encoding.get("offsets", ())]
    if not offsets:
        return [one.item() if isinstance(one, np.generic) else one for one in values]
    content = bytes(int(one) & 255 for one in values)
    return [content[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
