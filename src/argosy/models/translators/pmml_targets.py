"""The target of a model in PMML: its classes, and what Targets make of the model's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from argosy.errors import ImportInvalid
from argosy.models.translators.xml_elements import Element

_ROUNDING = ("round", "ceiling", "floor")


def with_targets(element: Element, node: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """The model, and after it what the first Target says. Raises ImportInvalid."""
    targets = element.child("Targets")
    target = targets.child("Target") if targets else None
    if target is None:
        return node
    values = target.all("TargetValue")
    if classes:
        prior = {one.get("value"): one.number("priorProbability", 0.0) for one in values}
        if not sum(prior.values()):
            return node
        return {"op": "default", "of": node, "values": np.array([prior.get(name, 0.0) for name in classes])}
    rounding = target.get("castInteger")
    if rounding not in ("", *_ROUNDING):
        raise ImportInvalid(f"the file's castInteger is '{rounding[:40]}', which cannot be translated")
    stated = {
        "least": target.number("min") if "min" in target.attributes else None,
        "most": target.number("max") if "max" in target.attributes else None,
        "factor": target.number("rescaleFactor", 1.0),
        "constant": target.number("rescaleConstant", 0.0),
        "rounding": rounding,
        "default": next((one.number("defaultValue") for one in values if one.get("defaultValue")), None),
    }
    return {"op": "target", "of": node, **stated}


def classes_in(element: Element) -> list[str]:
    """The classes that a model names, in their order, where its target lists none."""
    found: dict[str, None] = {}
    for tag, key in (
        ("RegressionTable", "targetCategory"),
        ("TargetValueCount", "value"),
        ("PCell", "targetCategory"),
        ("ScoreDistribution", "value"),
        ("Node", "score"),
    ):
        if not found:
            found = dict.fromkeys(one.get(key) for one in element.within(tag) if one.get(key))
    return list(found)
