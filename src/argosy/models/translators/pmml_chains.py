"""Chains of models in PMML: each may use what those before it have answered; the last one's answer counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from argosy.errors import ImportInvalid
from argosy.models.translators.pmml_scope import NUMBER, PREDICATES, TEXT, PmmlScope
from argosy.models.translators.pmml_targets import classes_in
from argosy.models.translators.xml_elements import Element

Translate = Callable[[Element, PmmlScope, Sequence[str]], dict[str, Any]]


def translate_chain(
    segmentation: Element,
    models: Sequence[Element],
    scope: PmmlScope,
    classes: Sequence[str],
    translate: Translate,
) -> dict[str, Any]:
    """Raises ImportInvalid."""
    if not models:
        raise ImportInvalid("the file has a chain of no models")
    inner, steps = scope.inner(), list[dict[str, Any]]()
    last = models[-1]
    for segment, model in zip(segmentation.all("Segment"), models, strict=True):
        condition = segment.child(*PREDICATES)
        if condition is None:
            raise ImportInvalid("the file has a Segment without a predicate")
        when = inner.predicate(condition)
        if model is last:
            found = translate(model, inner, classes)
            whenever = {"when": when, "weight": 1.0, "of": found}
            of = (
                found
                if condition.tag == "True"
                else {"op": "combine", "method": "first", "missing": "none", "parts": [whenever]}
            )
            return {"op": "steps", "steps": [*inner.steps, *steps], "of": of}
        own = _own_classes(model, classes)
        node = translate(model, inner, own)
        outputs = _outputs(model, inner, own)
        steps += [*inner.steps, {"model": node, "when": when, "labels": own, "outputs": outputs}]
        inner.steps.clear()
        steps += _computed(model, inner)
        steps += inner.steps
        inner.steps.clear()
    raise ImportInvalid("the file has a chain of no models")


def _own_classes(model: Element, classes: Sequence[str]) -> list[str]:
    """Of a model in the chain, which may be about another target than the chain."""
    if model.get("functionName") != "classification":
        return []
    found = classes_in(model)
    return list(classes) if set(found) == set(classes) else found


def _outputs(model: Element, scope: PmmlScope, classes: Sequence[str]) -> list[list[Any]]:
    """The fields that are answers as they are, with their places; they are known from here on."""
    output, found = model.child("Output"), list[list[Any]]()
    for one in output.all("OutputField") if output else ():
        name, feature = one.get("name"), one.get("feature", "predictedValue")
        if feature == "predictedValue":
            place = -1 if classes else 0
        elif feature == "probability" and one.get("value") in classes:
            place = list(classes).index(one.get("value"))
        else:
            continue
        found.append([name, place])
        scope.add_column(name, TEXT if place < 0 else NUMBER)
    return found


def _computed(model: Element, scope: PmmlScope) -> list[dict[str, Any]]:
    """The fields that are computed of those."""
    output = model.child("Output")
    computed = [
        one for one in (output.all("OutputField") if output else ()) if one.get("feature") == "transformedValue"
    ]
    steps = []
    for one in computed:
        name, of = one.get("name"), scope.derived(one)
        steps += [*scope.steps, {"name": name, "of": of.node}]
        scope.steps.clear()
        scope.add_column(name, of.kind)
    return steps
