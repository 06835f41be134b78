"""What submitting a plan would do: which definitions it expands to on a project's rows, and how far each is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from argosy.database import Transaction
from argosy.definitions import (
    Definition,
    Expansion,
    Forbidden,
    Plan,
    Registries,
    Spec,
    code_digests,
    label,
    not_installed,
    parse_plan,
)
from argosy.definitions.ensemble import ADAPTER, with_labels
from argosy.errors import KeyUnavailable, KeyWrong
from argosy.jobs.job import JobState
from argosy.jobs.queue import states
from argosy.jobs.schedule import training_order
from argosy.jobs.selection import resolve_version
from argosy.jobs.submission import TRAIN, PlannedDefinition, Plans
from argosy.plugin_hooks import ModelHooks
from argosy.store.trained import answers_alike
from argosy.types import Input, Part

if TYPE_CHECKING:
    from argosy.datasets.examples import Examples
    from argosy.datasets.frozen import Frozen

CutOf = Callable[[Transaction, Spec], "Frozen"]
"""Freezes a cut, or finds what freezing it would give."""


@dataclass(frozen=True)
class PlanCheck:
    """What submitting a plan would do."""

    plan: Plan
    expansion: Expansion
    wanted: list[PlannedDefinition]
    datasets: list[Frozen]
    states: Mapping[str, str]
    """Label to `trained`, `queued`, `running`, `failed`, `cancelled` or `new`."""
    lacking: Sequence[Forbidden] = ()
    """What is not installed here that definitions to train need."""
    is_constant: bool = False
    """Everything trained so far gives one answer to all rows."""

    def count(self, *states: str) -> int:
        return sum(state in states for state in self.states.values())

    @property
    def will_train(self) -> int:
        return self.count("new", "failed", "cancelled")

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "plan": self.plan.name,
            "permutations": self.expansion.permutations,
            "forbidden": [{"reason": one.reason, "count": one.count} for one in self.expansion.forbidden],
            "left_out": [{"reason": one.reason, "count": one.count} for one in self.expansion.left_out],
            "duplicates": self.expansion.duplicates,
            "definitions": len(self.expansion.definitions),
            "distinct": self.expansion.distinct,
            "without_effect": [
                {"option": one.path, "why": one.why, "definitions": one.definitions}
                for one in self.expansion.without_effect
            ],
            "trained": self.count("trained"),
            "under_way": self.count("queued", "running"),
            "will_train": self.will_train,
            "lacking": [{"reason": one.reason, "count": one.count} for one in self.lacking],
            "is_constant": self.is_constant,
            "evaluate": self.plan.evaluate.to_dict() if self.plan.evaluate else None,
            "datasets": [one.to_dict() for one in self.datasets],
            "labels": {one.label: self.states[one.label] for one in self.wanted},
        }


class PlanChecker:
    """Checks plans against what is stored; `collection` is the one where a plan names none."""

    def __init__(self, plans: Plans, registries: Registries, examples: Examples, collection: str) -> None:
        self._plans, self._store = plans, plans.store
        self._registries, self._examples, self._collection = registries, examples, collection

    def complete(self, transaction: Transaction, cut: Spec) -> Spec:
        """The cut with its collection, where the project's default is meant, and its digest in full."""
        from argosy.datasets.frozen import completed

        return completed(transaction, cut, self._collection)

    def check_labels(self, model: Spec, frozen: Frozen) -> Frozen:
        """The dataset as the model takes it; raises DefinitionInvalid where it does not learn labels of that kind."""
        from argosy.datasets.label_kinds import check_labels

        check_labels(model, self._registries.models, frozen.collection, frozen.counts)
        return replace(frozen, are_numbers=self._registries.models.get(model.name).cls.answers_numbers)

    def check_inputs(self, pairs: Iterable[tuple[Spec, Spec]]) -> None:
        """Raise DefinitionInvalid where an adapter, the second, cannot read examples of a cut's collection.

        A few of them are decrypted; without a key, none. Not to be called within a transaction.
        """
        from argosy.datasets.input_kinds import LOOKED_AT, check_named_fields, check_text_fields

        def every(name: str) -> Iterator[Input]:
            return (one.input for one in self._examples.export(name))

        there = self._examples.collections()
        opened: dict[str, list[Input]] = {}
        ordered = sorted(pairs, key=lambda pair: pair[1].canonical())
        with self._store.database.read() as transaction:
            names = [self.complete(transaction, cut).options["collection"] for cut, _ in ordered]
        for (_, adapter), name in zip(ordered, names, strict=True):
            if name in there and name not in opened:
                try:
                    opened[name] = list(islice(every(name), LOOKED_AT))
                except (KeyUnavailable, KeyWrong):
                    opened[name] = []
            inputs = opened.get(name, [])
            check_text_fields(adapter, self._registries.adapters, inputs)
            check_named_fields(adapter, self._registries.adapters, inputs, partial(every, name))

    def check(self, transaction: Transaction, plan: Plan, expansion: Expansion, cut: CutOf) -> PlanCheck:
        """Raises DatasetInvalid, CollectionNotFound, DefinitionInvalid."""
        frozen: dict[Spec, Frozen] = {}
        wanted = {}
        for definition in expansion.definitions:
            spec = definition.dataset
            complete = definition.with_dataset(self.complete(transaction, spec))
            if spec not in frozen:
                frozen[spec] = cut(transaction, complete.dataset)
            if complete.adapter.name == ADAPTER:
                self._check_members(transaction, complete)
            frozen[spec] = self.check_labels(definition.model, frozen[spec])
            one = self._wanted(transaction, complete, frozen[spec].digest)
            wanted[one.label] = (one, complete)
        ordered = self._ordered(wanted, stops_early=plan.stop_when is not None)
        datasets = list({one.digest: one for one in frozen.values()}.values())
        found = self._states(transaction, wanted)
        trained = [name for name, state in found.items() if state == "trained"]
        is_constant = bool(trained) and all(
            answers_alike(self._store.result(transaction, name).confusion) for name in trained
        )
        to_train = [definition for one, definition in wanted.values() if found[one.label] not in ("trained", "running")]
        needed = not_installed(to_train, self._registries)
        return PlanCheck(plan, expansion, ordered, datasets, found, needed, is_constant)

    def resolved(self, plan: Plan) -> Plan:
        """The plan with labels in place of the versions that it names as members; raises VersionNotFound."""
        if all(each.name != ADAPTER for each in plan.adapter):
            return plan
        return parse_plan(with_labels(plan.source, self._label), plan.name, self._registries)

    def _label(self, member: str) -> str:
        return resolve_version(self._plans, member).label if "@" in member or ":" in member else member

    def _check_members(self, transaction: Transaction, definition: Definition) -> None:
        from argosy.datasets.frozen import selection
        from argosy.jobs.member_checks import check_members

        selected = selection(transaction, definition.dataset)
        find = partial(self._store.result, transaction)
        check_members(transaction, definition, selected, find, self._registries)

    def _wanted(self, transaction: Transaction, definition: Definition, digest: str) -> PlannedDefinition:
        code = code_digests(definition, self._registries)
        if definition.adapter.name == ADAPTER:
            from argosy.jobs.member_checks import members_code

            find = partial(self._store.result, transaction)
            code |= members_code(definition, find, self._registries)
        return PlannedDefinition(label(definition, digest, code), definition.to_dict(), digest, code)

    def _states(self, transaction: Transaction, labels: Mapping[str, Any]) -> dict[str, str]:
        trained = self._store.trained_among(transaction, labels)
        jobs = states(transaction, TRAIN, labels)
        return {one: "trained" if one in trained else _state(jobs.get(one)) for one in labels}

    def _ordered(
        self, wanted: Mapping[str, tuple[PlannedDefinition, Definition]], *, stops_early: bool
    ) -> list[PlannedDefinition]:
        items = (
            (one.label, f"{one.dataset_digest} {definition.adapter.canonical()}", self._cost(definition))
            for one, definition in wanted.values()
        )
        return [wanted[name][0] for name in training_order(items, stops_early)]

    def _cost(self, definition: Definition) -> float:
        model: type[ModelHooks] = self._registries.models.get(definition.model.name).cls
        return model.cost


def _state(state: str | None) -> str:
    return "new" if state is None or state == JobState.DONE else state


def rows_by_part(frozen: Frozen) -> dict[str, int]:
    """How many rows each part has."""
    return {part.value: sum(frozen.counts.get(part, {}).values()) for part in Part}
