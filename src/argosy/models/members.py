"""The adapter of ensembles: its features are what other trained models, its members, answer.

A row is one block a member: its probabilities, in the order of `classes_`, where a class that it does not know is 0. A
member without probabilities has 1 at its answer. The members are held whole, so that an artifact needs no other.

It is no part of `adapters/` because it is made of adapted models, which know the adapters by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Self

import msgspec
import numpy as np

from argosy.errors import DefinitionInvalid
from argosy.models.adapted_model import AdaptedModel, fitted_rows
from argosy.models.adapter import Adapter, ComposedAdapter, FieldKind
from argosy.models.answers import classes_of, coded
from argosy.models.component import Component
from argosy.models.estimator import Scores
from argosy.models.estimators.calibrated import folds_of
from argosy.models.inputs import NO_LIMIT
from argosy.models.packing import Array, from_base64, to_base64
from argosy.models.steps import step
from argosy.types import Input, Options

MOST = 50
"""Members of one ensemble."""


class Members(ComposedAdapter):
    """`of` are the members' labels; `folds` and `seed` say how rows are kept from them for an estimator to learn."""

    members_: list[AdaptedModel]
    classes_: list[str]

    def __init__(
        self,
        of: tuple[str, ...],
        folds: Annotated[int, msgspec.Meta(ge=2, le=50)] = 5,
        seed: Annotated[int, msgspec.Meta(ge=0)] = 0,
    ) -> None:
        self.of, self.folds, self.seed = of, folds, seed
        if not 2 <= len(of) <= MOST:
            raise ValueError(f"an ensemble has 2 to {MOST} members; got {len(of)}")
        if len(set(of)) < len(of):
            raise ValueError("the same member is named twice")

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:  # noqa: ARG003
        return True

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        found: dict[str, FieldKind] = {}
        for member in self.members_:
            found = {**member.adapter.reads, **found}
        return found

    @property
    def inside(self) -> Sequence[Component]:
        return [half for member in self.members_ for half in (member.adapter, member.estimator)]

    @property
    def waits(self) -> bool:
        return any(member.adapter.waits for member in self.members_)

    @property
    def is_ready(self) -> bool:
        return all(member.adapter.is_ready for member in self.members_)

    @property
    def width(self) -> int:
        """How many features a row has."""
        return len(self.members_) * len(self.classes_)

    def join(self, members: Iterable[AdaptedModel], classes: Iterable[str] = ()) -> Self:
        """Take members as they were trained; `classes` are those to know in addition to theirs."""
        self.members_ = list(members)
        self.classes_ = sorted({*classes, *(name for member in self.members_ for name in member.classes)})
        return self

    def unfitted(self) -> Self:
        """One whose `fit` trains copies of these members."""
        return super().unfitted().join(self._known())

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:
        """Train every member anew, as it is defined, on these rows alone."""
        return self.join(_trained_anew(self._known(), inputs, labels), labels)

    def fit_transform(self, inputs: Sequence[Input], labels: Sequence[str]) -> Any:
        return self.fit(inputs, labels).held_out(inputs, labels)

    def held_out(self, inputs: Sequence[Input], labels: Sequence[str]) -> Scores:
        """The rows of these inputs, each answered by copies of the members that learned from other folds alone."""
        classes = classes_of(labels, "single")
        codes = coded(labels, classes, "single")
        fold = folds_of(codes, len(classes), self.folds, self.seed)
        fold[fold < 0] = 0  # a class's only row: nobody who is asked about it has learned it
        rows = np.zeros((len(inputs), self.width))
        for number in range(self.folds):
            asked, others = np.flatnonzero(fold == number).tolist(), np.flatnonzero(fold != number).tolist()
            if not asked:
                continue
            copies = _trained_anew(self._known(), [inputs[at] for at in others], [labels[at] for at in others])
            rows[asked] = self._rows(copies, [inputs[at] for at in asked], _training_form)
        return rows

    def transform(self, inputs: Sequence[Input]) -> Any:
        return self._rows(self.members_, inputs, _training_form)

    def answers(self, inputs: Sequence[Input]) -> Any:
        return self._rows(self.members_, inputs, lambda member, asked: member.served().score(asked, NO_LIMIT))

    def to_dict(self, put: Callable[[Array], Any] = to_base64) -> dict[str, Any]:
        members = [member.to_dict(put) for member in self.members_]
        return {"options": self.options, "state": {"members": members, "classes": self.classes_}}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], get: Callable[[Any], Array] = from_base64) -> Self:
        state = stored["state"]
        members = [AdaptedModel.from_dict(member, get) for member in state["members"]]
        return cls(**{**stored["options"], "of": tuple(stored["options"]["of"])}).join(members, state["classes"])

    def _known(self) -> list[AdaptedModel]:
        found = self.__dict__.get("members_")
        if found is None:
            raise DefinitionInvalid("the members are not at hand: an ensemble is trained in the project that has them")
        return list(found)

    def _rows(
        self, members: Sequence[AdaptedModel], inputs: Sequence[Input], form: Callable[[AdaptedModel, Any], Scores]
    ) -> Scores:
        rows = np.zeros((len(inputs), len(members), len(self.classes_)))
        place = {name: number for number, name in enumerate(self.classes_)}
        for number, member in enumerate(members):
            if len(inputs):
                rows[:, number, [place[name] for name in member.classes]] = _block(member, form(member, inputs))
        return rows.reshape(len(inputs), self.width)


def _block(member: AdaptedModel, scores: Scores) -> Scores:
    if member.estimator.has_probabilities:
        return scores
    block = np.zeros(scores.shape)
    block[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return block


def _training_form(member: AdaptedModel, inputs: Sequence[Input]) -> Scores:
    features, estimator = member.adapter.transform(inputs), member.estimator
    return estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)


def _trained_anew(
    members: Sequence[AdaptedModel], inputs: Sequence[Input], labels: Sequence[str]
) -> list[AdaptedModel]:
    """Copies of the members, fitted on these rows; an adapter that several have is fitted once."""
    classes = classes_of(labels, "single")
    codes = coded(labels, classes, "single")
    fits: dict[str, tuple[Adapter, Any]] = {}
    copies = []
    for member in members:
        step()
        key = f"{type(member.adapter)} {member.adapter.options} {member.estimator.learns}"
        if key not in fits:
            adapter = member.adapter.unfitted()
            fits[key] = adapter, fitted_rows(adapter, member.estimator, inputs, labels)
        adapter, features = fits[key]
        copies.append(AdaptedModel(adapter, member.estimator.unfitted().fit(features, codes, len(classes)), classes))
    return copies
