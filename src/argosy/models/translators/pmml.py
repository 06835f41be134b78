"""PMML, versions 3 and 4: its models and combinations of them, with their transformations."""

from __future__ import annotations

import sys
from typing import Any, Final

from argosy.errors import ImportInvalid
from argosy.label_sets import canonical_label
from argosy.models.answer_kinds import VALUE
from argosy.models.formulas.formula import FORMAT
from argosy.models.translators import Translation
from argosy.models.translators.pmml_models import TRANSLATORS, translate_model
from argosy.models.translators.pmml_scope import (
    NUMBER,
    NUMBERS,
    TEXT,
    TRUTH,
    PmmlScope,
    TypedExpression,
    codes_node,
    field_node,
    interval_of,
)
from argosy.models.translators.pmml_targets import classes_in
from argosy.models.translators.xml_elements import Element, read_elements
from argosy.types import FieldKind

FRAMES: Final = 12_000
"""Of the interpreter's stack, for elements in each other."""
TARGETS: Final = ("target", "predicted")
_INVALID: Final = {"returnInvalid": "refuse", "asIs": "keep", "asMissing": "missing", "asValue": "value"}
_OUTLIERS: Final = {"asIs": "", "asMissingValues": "missing", "asExtremeValues": "clip"}


def translate_pmml(content: bytes) -> Translation:
    """Raises ImportInvalid."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))
    root = read_elements(content)
    if root.tag != "PMML":
        raise ImportInvalid(f"the file's root is {root.tag[:40]}, and not PMML")
    models = root.all(*TRANSLATORS)
    if not models:
        known = ("Header", "DataDictionary", "TransformationDictionary", "MiningBuildTask", "Extension")
        there = ", ".join(one.tag for one in root.children if one.tag not in known)[:60] or "none"
        raise ImportInvalid(f"the file's model is {there}; {', '.join(TRANSLATORS)} can be translated")
    try:
        return _translation(root, models[0])
    except (KeyError, ValueError, IndexError) as error:
        raise ImportInvalid(f"the file cannot be translated: {type(error).__name__}: {error}") from None


def _translation(root: Element, model: Element) -> Translation:
    transformations = root.child("TransformationDictionary")
    functions = {one.get("name"): one for one in (transformations.all("DefineFunction") if transformations else ())}
    scope = PmmlScope(None, functions)
    scope.derive(transformations)
    dictionary, schema = root.child("DataDictionary"), model.child("MiningSchema")
    if dictionary is None or schema is None:
        raise ImportInvalid("the file has no DataDictionary, or its model no MiningSchema")
    data = {one.get("name"): one for one in dictionary.all("DataField")}
    active = [one for one in schema.all("MiningField") if one.get("usageType", "active") == "active"]
    fields = [_field(one, data, scope) for one in active]
    if not fields:
        raise ImportInvalid("the file's model reads no field")
    target = next(
        (data.get(one.get("name")) for one in schema.all("MiningField") if one.get("usageType") in TARGETS), None
    )
    purpose = model.get("functionName")
    if purpose not in ("classification", "regression"):
        raise ImportInvalid(f"the file's model is for {purpose[:40]}; classification and regression can be taken")
    classes = _classes(target, model) if purpose == "classification" else []
    is_ordinal = target is not None and target.get("optype") == "ordinal"
    _without_replacements(model, schema)
    node = translate_model(model, scope, classes, is_ordinal=is_ordinal)
    if scope.steps:
        node = {"op": "steps", "steps": scope.steps, "of": node}
    kinds: dict[str, FieldKind] = {one["name"]: one["kind"] for one in fields}
    formula = {"format": FORMAT, "outputs": len(classes) or 1, "fields": fields, "model": node}
    return Translation(kinds, [canonical_label(one) for one in classes] or [VALUE], formula)


def _classes(target: Element | None, model: Element) -> list[str]:
    listed = [one.get("value") for one in target.all("Value") if not one.get("property")] if target else []
    named = classes_in(model)
    return listed if set(named) <= set(listed) else named


def _without_replacements(model: Element, schema: Element) -> None:
    """The outermost model's fields are replaced where they are read."""
    model.children = [one for one in model.children if one is not schema]


def _field(mining: Element, data: dict[str, Element], scope: PmmlScope) -> dict[str, Any]:
    """A field of the formula, whose column is made known to the scope."""
    name = mining.get("name")
    stated = data.get(name)
    if stated is None:
        raise ImportInvalid(f"the file's model reads the field '{name[:60]}', which its DataDictionary does not have")
    data_type = stated.get("dataType", "string")
    if data_type not in ("string", "boolean", *NUMBERS):
        raise ImportInvalid(f"the file's field '{name[:60]}' is a {data_type[:40]}, which cannot be read")
    is_number = data_type in NUMBERS
    found: dict[str, Any] = {"name": name, "column": name, "kind": "number" if is_number else "category"}
    column = field_node(name)
    if data_type == "boolean":
        found["lower"] = True
        truth = codes_node(TypedExpression(column, TEXT), ["false", "true"])
        scope.add(name, TypedExpression(truth, TRUTH))
    else:
        column = {"op": "single", "of": column} if data_type == "float" else column
        scope.add(name, TypedExpression(column, NUMBER if is_number else TEXT))
    return {**found, **_values(stated, is_number), **_treatment(mining, is_number)}


def _values(stated: Element, is_number: bool) -> dict[str, Any]:
    """What is allowed, and what stands for a missing value."""
    found: dict[str, Any] = {}
    valid = [one.get("value") for one in stated.all("Value") if one.get("property", "valid") == "valid"]
    missing = [one.get("value") for one in stated.all("Value") if one.get("property") == "missing"]
    if valid and stated.get("optype") != "continuous":
        found["allowed"] = [_value(one, is_number) for one in valid]
    if missing:
        found["absent"] = [_value(one, is_number) for one in missing]
    if intervals := stated.all("Interval"):
        found["ranges"] = [interval_of(one) for one in intervals]
    return found


def _treatment(mining: Element, is_number: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"invalid": _INVALID[mining.get("invalidValueTreatment", "returnInvalid")]}
    if found["invalid"] == "value":
        found["invalid_value"] = _value(mining.get("invalidValueReplacement"), is_number)
    if mining.get("missingValueTreatment") == "returnInvalid":
        found["refuse_missing"] = True
    elif "missingValueReplacement" in mining.attributes:
        found["missing"] = _value(mining.get("missingValueReplacement"), is_number)
    if outliers := _OUTLIERS[mining.get("outliers", "asIs")]:
        found["outliers"] = outliers
        for key, attribute in (("low", "lowValue"), ("high", "highValue")):
            if attribute in mining.attributes:
                found[key] = mining.number(attribute)
    return found


def _value(text: str, is_number: bool) -> Any:
    """Raises ValueError."""
    return float(text) if is_number else canonical_label(text)
