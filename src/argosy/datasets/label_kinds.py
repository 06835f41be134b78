"""Whether a model fits a dataset's labels: single ones, several for one text, or numbers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from argosy.definitions.definition import Spec
from argosy.errors import DefinitionInvalid
from argosy.label_numbers import number_in
from argosy.label_sets import is_set
from argosy.plurals import plural
from argosy.registry import Registry

if TYPE_CHECKING:
    from argosy.models.estimator import Estimator

Counts = Mapping[Any, Mapping[str, int]]


def check_labels(model: Spec, models: Registry[Estimator], collection: str, counts: Counts) -> None:
    """Raise DefinitionInvalid where the model learns the other kind of labels; `counts` are rows by part and label.

    Among lists of labels a single one is a list of one.
    """
    if models.get(model.name).cls.answers_numbers:
        _check_numbers(model, collection, counts)
        return
    are_sets = any(is_set(label) for by_label in counts.values() for label in by_label)
    answers_sets = models.get(model.name).cls.answers_sets
    if are_sets and not answers_sets:
        said = f"the labels of '{collection}' are lists, and {model.name} learns one label a text"
        fits = model.name != "logistic" and _has_probabilities(model, models)
        inner = f", options: {{of: {model.name}}}" if fits else ""
        raise DefinitionInvalid(f"{said}: write model: {{name: one_vs_rest{inner}}}", "model.name")
    if answers_sets and not are_sets:
        said = f"no label of '{collection}' is a list, and {model.name} learns lists of labels"
        inner = str(model.options.get("of") or "logistic")
        raise DefinitionInvalid(f"{said}: write model: {{name: {inner}}}, or import a column of lists", "model.name")


def _check_numbers(model: Spec, collection: str, counts: Counts) -> None:
    others: Counter[str] = Counter()
    for by_label in counts.values():
        others.update({label: rows for label, rows in by_label.items() if number_in(label) is None})
    if others:
        (label, _), rows = others.most_common(1)[0], sum(others.values())
        said = f"{model.name} learns numbers, and {plural(rows, 'row')} of '{collection}' have another label"
        raise DefinitionInvalid(
            f"{said}, such as '{label[:60]}': correct these, or take a model of classes", "model.name"
        )


def _has_probabilities(model: Spec, models: Registry[Estimator]) -> bool:
    return models.get(model.name).create(model.options).has_probabilities
