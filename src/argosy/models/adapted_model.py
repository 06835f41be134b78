"""An adapter and an estimator trained together: the unit that is stored, moved and served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import (
    ArtifactCorrupt,
    DatasetInvalid,
    DefinitionInvalid,
    ModelFailed,
    NotFitted,
    PluginFailed,
    ProbabilityUnavailable,
    UserMistake,
)
from argosy.label_sets import agrees, set_label
from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.answers import answers_of, check_scores, classes_of, coded
from argosy.models.artifact_format import EXPORTED_ENTRY, ArrayWriter, read_artifact, write_artifact
from argosy.models.compiled.direct import Direct
from argosy.models.component import Component, edition_in
from argosy.models.decisions import (
    NO_DECISIONS,
    Decisions,
    TopLabels,
    decided_labels,
    decided_numbers,
    decisions_in,
    top_labels,
)
from argosy.models.estimator import Estimator, Scores
from argosy.models.estimators import estimators
from argosy.models.given import users_code
from argosy.models.inputs import TEXT_BYTES
from argosy.models.packing import Array, from_base64, to_base64
from argosy.models.served import Served
from argosy.models.temperature import Temperature, answer_confidence, probabilities_of
from argosy.plurals import plural
from argosy.registry import Registry
from argosy.types import Input, LabelKind

FORMAT = 2
"""2: components say which edition they are of; in 1 all are of the first."""


class AdaptedModel:
    """A text goes in, a label comes out.

    Answering may be done from several threads; fitting may not. `fit` returns the model itself.
    """

    def __init__(
        self,
        adapter: Adapter,
        estimator: Estimator,
        classes: Iterable[str] = (),
        temperature: Temperature | None = None,
    ) -> None:
        self.adapter, self.estimator, self.classes = adapter, estimator, list(classes)
        self.temperature = temperature
        self.decisions = NO_DECISIONS

    @classmethod
    def from_names(
        cls,
        adapter: str = "tfidf",
        adapter_options: Mapping[str, Any] | None = None,
        model: str = "logistic",
        model_options: Mapping[str, Any] | None = None,
    ) -> Self:
        """An unfitted pair by the names and options that a plan would give; raises DefinitionInvalid as it would."""
        pair = cls(
            adapters.get(adapter, "adapter").create(adapter_options or {}, "adapter.options"),
            estimators.get(model, "model").create(model_options or {}, "model.options"),
        )
        if why := pair.estimator.refuses(type(pair.adapter), pair.adapter.options):
            raise DefinitionInvalid(why, "model.name")
        return pair

    def fit(self, inputs: Sequence[Input], labels: Sequence[str | float | Sequence[str]]) -> Self:
        """Train both on the inputs and their labels, lists of labels or numbers for a model that answers such.

        Raises DatasetInvalid on fewer than two classes, and on numbers that are all equal. Where it raises, the model
        is what it was before.
        """
        if len(inputs) != len(labels):
            raise DatasetInvalid(f"{plural(len(inputs), 'input')} but {plural(len(labels), 'label')}")
        kind = self.estimator.label_kind()
        texts = label_texts(labels, kind)
        classes = classes_of(texts, kind)
        codes = coded(texts, classes, kind)
        with users_code(_not_fitted), self.adapter.kept_unless_done(), self.estimator.kept_unless_done():
            features = fitted_rows(self.adapter, self.estimator, inputs, texts)
            self.estimator.import_early()
            self.estimator.fit(features, codes, len(classes))
        self.classes, self.temperature = classes, None
        self.__dict__.pop("_served", None)
        return self

    def update(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        """A new model that goes on from this one on more examples: the same features, its classes and new ones.

        Raises DefinitionInvalid where the estimator cannot; `sgd` can.
        """
        self._require_fitted()
        classes = sorted({*self.classes, *label_texts(labels)})
        with users_code(_not_fitted):
            estimator = continued_estimator(type(self.estimator)(**self.estimator.arguments), self, classes)
            estimator.fit(self.adapter.transform(inputs), coded(labels, classes, "single"), len(classes))
        return type(self)(self.adapter, estimator, classes)

    def classify(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> list[str]:
        """The label of each input; of a model of several labels their set, as JSON text; of one of numbers, as text."""
        return self.answers_of_scores(self._score(inputs, limit))

    def answers_of_scores(self, scores: Scores) -> list[str]:
        """The answers that follow from its scores and its decisions."""
        classes, thresholds, steps = self.classes, self.estimator.answered_from, self.decisions.steps
        if not steps or self.estimator.answers_numbers:
            return answers_of(decided_numbers(scores, steps), classes, thresholds)
        sure, probabilities = self.confidence_of_scores(scores).tolist(), self.probabilities_of_scores(scores)
        return decided_labels(answers_of(scores, classes, thresholds), sure, probabilities, classes, steps)

    def top_of_scores(self, scores: Scores) -> TopLabels | None:
        """The likeliest classes of each row, where its decisions ask for them."""
        return top_labels(scores, self.probabilities_of_scores(scores), self.classes, self.decisions.steps)

    def decided_by(self, decisions: Decisions) -> Self:
        """The same model, whose answers these decisions are applied to; its scores stay its own."""
        decided = copy(self)
        decided.decisions = decisions
        return decided

    def predict_proba(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        """(n, classes), in the order of `classes`; raises ProbabilityUnavailable where the estimator has none."""
        if not self.estimator.has_probabilities:
            raise ProbabilityUnavailable(f"{self.estimator!r} has no probabilities of its own: use scores")
        return self._score(inputs, limit)

    def scores(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        """(n, classes): probabilities where there are any, else scores; the highest is the answer."""
        return self._score(inputs, limit)

    def confidence(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> NDArray[np.float64]:
        """(n,): how sure each answer is, see `confidence_of_scores`."""
        return self.confidence_of_scores(self._score(inputs, limit))

    def confidence_of_scores(self, scores: Scores) -> NDArray[np.float64]:
        """(n,): how sure the answers are that follow from its scores; see `temperature.answer_confidence`."""
        estimator = self.estimator
        return answer_confidence(scores, estimator.has_probabilities, self.temperature, estimator.answered_from)

    def probabilities_of_scores(self, scores: Scores) -> Scores:
        """(n, classes): the scores where they are probabilities, else by the temperature; see `temperature.py`."""
        return scores if self.estimator.has_probabilities else probabilities_of(scores, self.temperature)

    def accuracy(self, testing_set: Iterable[Any]) -> float:
        """The share of right answers on `(inputs, labels)`, or on `(input, label)` pairs."""
        inputs, labels = _testing_set(testing_set)
        answers = self.classify(inputs)
        return sum(map(agrees, answers, labels)) / len(labels)

    def served(self) -> Served:
        """The form that answers fastest."""
        self._require_fitted()
        return self._served

    def forms(self) -> list[Served]:
        """Every form that may answer, of different names; the first is `served()`."""
        served = self.served()
        found = {served.form: served}
        with users_code(ModelFailed):
            for other in self.estimator.other_forms(self.adapter, self.classes):
                other.temperature = self.temperature
                found.setdefault(other.form, other)
        return list(found.values())

    def training_form(self) -> Served:
        """What the others are compared with."""
        form = Direct(self.adapter, self.estimator, self.classes)
        form.temperature = self.temperature
        return form

    def to_dict(self, put: Callable[[Array], Any] = to_base64) -> dict[str, Any]:
        """Everything, as JSON values; `from_dict` gives back the same model, bit for bit."""
        halves = {
            "adapter": {"name": adapters.name_of(type(self.adapter)), **self.adapter.to_dict(put)},
            "model": {"name": estimators.name_of(type(self.estimator)), **self.estimator.to_dict(put)},
        }
        learned = {} if self.temperature is None else {"calibration": self.temperature.to_dict()}
        return {"format": FORMAT if edition_in(halves) > 1 else 1, "classes": list(self.classes), **learned, **halves}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], get: Callable[[Any], Array] = from_base64) -> Self:
        """The model that `to_dict` described: each half by its own class's `from_dict`."""
        if stored.get("format") not in (1, FORMAT):
            raise ArtifactCorrupt(f"a model of format {stored.get('format')}; this Argosy reads up to {FORMAT}")
        try:
            with users_code(_not_loaded):
                adapter = _component(adapters, "adapter", stored["adapter"], get)
                estimator, learned = _component(estimators, "model", stored["model"], get), stored.get("calibration")
                temperature = None if learned is None else Temperature.from_dict(learned)
                return cls(adapter, estimator, stored["classes"], temperature)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, MemoryError) as problem:
            raise ArtifactCorrupt(f"a damaged model: {type(problem).__name__} {problem}") from problem

    def save(self, path: str | Path) -> Path:
        """Write the artifact; the same model gives the same bytes."""
        self._require_fitted()
        arrays = ArrayWriter()
        write_artifact(Path(path), self.to_dict(arrays.put), arrays)
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The model in an artifact, its arrays memory-mapped; raises ArtifactCorrupt.

        One in an exported file answers by the decisions that are in the file.
        """
        header, arrays = read_artifact(Path(path))
        return cls.from_dict(header, arrays.get).decided_by(decisions_in(header.get(EXPORTED_ENTRY)))

    def __repr__(self) -> str:
        return f"AdaptedModel({self.adapter!r}, {self.estimator!r})"

    @cached_property
    def _served(self) -> Served:
        with users_code(ModelFailed):
            served = self.estimator.served_form(self.adapter, self.classes)
        served.temperature = self.temperature
        return served

    def _score(self, inputs: Iterable[Input], limit: int) -> Scores:
        served = self.served()
        with users_code(ModelFailed):
            return check_scores(served.score(inputs, limit))

    def _require_fitted(self) -> None:
        if not self.classes and not self.estimator.answers_tensors:
            raise NotFitted("this model has not been fitted yet: call fit first")


def _not_fitted(problem: str) -> PluginFailed:
    return PluginFailed(f"the model cannot be fitted: {problem}")


def _not_loaded(problem: str) -> PluginFailed:
    return PluginFailed(f"the code of a plug-in cannot take what was stored by it: {problem}")


def fitted_rows(adapter: Adapter, estimator: Estimator, inputs: Sequence[Input], labels: Sequence[str]) -> Any:
    """Fit the adapter; the rows of these inputs that the estimator is to be fitted on."""
    return adapter.fit_transform(inputs, labels) if estimator.learns else adapter.fit(inputs, labels).transform(inputs)


def continued_estimator(estimator: Estimator, earlier: AdaptedModel, classes: Sequence[str]) -> Estimator:
    """The unfitted estimator, to go on from an earlier model with these classes, which include that one's."""
    estimator.go_on_from(earlier.estimator, np.array([classes.index(label) for label in earlier.classes], np.int64))
    return estimator


def label_texts(labels: Sequence[Any], kind: LabelKind = "single") -> list[str]:
    """The labels as they rest; raises DatasetInvalid where one is no text, nor of the kind that is learned."""
    if kind == "numbers":
        labels = [_number_text(label) for label in labels]
    for label in labels:
        if not isinstance(label, str) and not (kind == "lists" and isinstance(label, list | tuple | set | frozenset)):
            raise DatasetInvalid(f"labels are texts, not {type(label).__name__}: {label!r}")
    return [label if isinstance(label, str) else set_label(label) for label in labels]


def _number_text(label: Any) -> Any:
    """A number as text; also NumPy's."""
    plain = label.item() if hasattr(label, "item") else label
    return repr(plain) if isinstance(plain, int | float) and not isinstance(plain, bool) else label


def _component(registry: Registry[Any], part: str, stored: Mapping[str, Any], get: Callable[[Any], Array]) -> Any:
    plugin = registry.get(stored["name"], part)
    plugin.check(stored["options"], f"{part}.options")
    cls: type[Component] = plugin.cls
    return cls.from_dict(stored, get)


def _testing_set(testing_set: Iterable[Any]) -> tuple[list[Input], list[str]]:
    rows = list(testing_set)
    if len(rows) == 2 and not isinstance(rows[0], str | Mapping) and not _is_pair(rows[0]):
        inputs, labels = list(rows[0]), list(rows[1])
    else:
        inputs, labels = [row[0] for row in rows], [row[1] for row in rows]
    labels = [set_label(label) if isinstance(label, list) else label for label in labels]
    if not labels or len(inputs) != len(labels):
        raise UserMistake(f"a testing set needs as many labels as inputs, and one at least: {len(inputs)} inputs")
    return inputs, labels


def _is_pair(row: Any) -> bool:
    return isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], str | list)
