"""Plans of a project: checked without side effects, submitted, followed, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.database import Transaction
from argosy.definitions import (
    LIMIT,
    Definition,
    Expansion,
    Plan,
    Spec,
    code_digests,
    expand,
    label,
    load_plan,
    parse_plan,
)
from argosy.definitions.ensemble import ADAPTER, with_labels
from argosy.errors import DefinitionInvalid, PlanNotFound
from argosy.jobs.job import JobState
from argosy.jobs.queue import states
from argosy.jobs.schedule import order
from argosy.jobs.submission import TRAIN, Plans, PlanStatus, Submitted, Wanted
from argosy.plugin_hooks import ModelHooks
from argosy.store.trained import answers_alike
from argosy.tuning.searches import Searches
from argosy.types import Part

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.app.searching import SearchCheck
    from argosy.datasets.frozen import Frozen
    from argosy.store.store import Store

CutOf = Callable[[Transaction, Spec], "Frozen"]
PlanSource = str | PathLike[str] | Mapping[str, Any]
"""A file of YAML or JSON, or its content."""


@dataclass(frozen=True)
class PlanCheck:
    """What submitting a plan would do."""

    plan: Plan
    expansion: Expansion
    wanted: list[Wanted]
    datasets: list[Frozen]
    states: Mapping[str, str]
    """Label to `trained`, `queued`, `running`, `failed`, `cancelled` or `new`."""
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
            "is_constant": self.is_constant,
            "evaluate": self.plan.evaluate.to_dict() if self.plan.evaluate else None,
            "datasets": [one.to_dict() for one in self.datasets],
            "labels": {one.label: self.states[one.label] for one in self.wanted},
        }


class ProjectPlans:
    """`project.plans`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def load(self, source: PlanSource) -> Plan:
        """A plan, parsed; raises DefinitionInvalid, PluginNotFound."""
        registries = self._project.registries
        if isinstance(source, Mapping):
            return parse_plan(source, "plan", registries)
        return load_plan(Path(source), registries)

    def check(self, source: PlanSource, limit: int = LIMIT) -> PlanCheck | SearchCheck:
        """What submitting it would do; writes nothing. Raises PlanTooLarge, DatasetInvalid, CollectionNotFound."""
        from argosy.datasets.frozen import preview  # numpy, which the other commands on plans do without

        plan = self._resolved(self.load(source))
        if plan.search is not None:
            from argosy.app.searching import check_search

            return check_search(self._project, plan)
        expansion = expand(plan, self._project.registries, limit)
        with self._project.database.read() as transaction:
            return self._check(transaction, plan, expansion, preview)

    def submit(self, source: PlanSource, limit: int = LIMIT) -> Submitted:
        """Queue what is not trained yet. Idempotent. Raises as `check`; DefinitionInvalid where rules forbid all."""
        from argosy.datasets.frozen import freeze

        plan = self._resolved(self.load(source))
        if plan.search is not None:
            from argosy.app.searching import submit_search

            return submit_search(self._project, plan)
        expansion = expand(plan, self._project.registries, limit)
        if not expansion.definitions:
            why = "; ".join(dict.fromkeys(one.reason for one in expansion.forbidden + expansion.left_out))
            raise DefinitionInvalid(f"of {expansion.permutations} permutations none may be trained: {why}", plan.name)
        with self._project.database.write() as transaction:
            now = transaction.now()
            wanted = self._check(transaction, plan, expansion, lambda within, cut: freeze(within, cut, now)).wanted
            self.searches.forget(transaction, plan.name)
            done = self.queued.submit(transaction, plan.name, plan.source, wanted)
        return replace(done, left_out=tuple(one.reason for one in expansion.left_out))

    def status(self, plan: PlanSource) -> PlanStatus:
        """Where a submitted plan's definitions are; raises PlanNotFound."""
        name = self.name(plan)
        story, found = self.searches.story(name), self.queued.status(name)
        return found if story is None else replace(found, search=str(story), is_searching=story.is_open)

    def progress(self, plan: str, submitted: Submitted) -> PlanStatus:
        """Where what was submitted is, without challengers that a retraining has added to the plan meanwhile."""
        story = self.searches.story(plan)
        if story is None:
            return self.queued.status(plan, {*submitted.queued, *submitted.waiting, *submitted.trained})
        found = self.queued.status(plan, {trial.label for trial in story.trials})
        return replace(found, search=str(story), is_searching=story.is_open)

    def cancel(self, plan: PlanSource) -> list[str]:
        """Cancel what no other plan wants and no worker has finished; the labels."""
        with self._project.database.write() as transaction:
            name = self.name(plan)
            self.searches.end(transaction, name, "cancelled")
            return self.queued.cancel(transaction, name)

    def train(self, source: PlanSource, processes: int = 1, limit: int = LIMIT, now: bool = False) -> PlanStatus:
        """Submit, and train with workers of this machine until nothing of the plan is queued or running.

        In quiet hours they wait, unless `now`.
        """
        from argosy.app.workers import run_until

        submitted, name = self.submit(source, limit), self.name(source)
        run_until(self._project, lambda: self.progress(name, submitted).is_over, processes, now)
        return self.progress(name, submitted)

    def names(self) -> list[str]:
        """Every plan that was submitted."""
        return self.queued.names()

    def name(self, plan: PlanSource) -> str:
        """A plan's name, given itself, its file or its name."""
        if isinstance(plan, Mapping) or Path(plan).suffix in {".yaml", ".yml", ".json"}:
            if not isinstance(plan, Mapping) and not Path(plan).exists():
                raise PlanNotFound(f"there is no file {plan}")
            return self.load(plan).name
        return str(plan)

    @property
    def queued(self) -> Plans:
        """Plans as the queue knows them."""
        return Plans(self._project.queue, self._project.store)

    @property
    def searches(self) -> Searches:
        """Plans that search."""
        return Searches(self._project.database, self.queued, lambda: self._project.registries)

    def complete(self, cut: Spec) -> Spec:
        """The cut with its collection, where the project's default is meant."""
        from argosy.datasets.frozen import with_default_collection

        return with_default_collection(cut, self._project.settings.collection)

    def check_labels(self, model: Spec, frozen: Frozen) -> None:
        """Raise DefinitionInvalid where the model does not learn labels of the dataset's kind."""
        from argosy.datasets.label_kinds import check_labels

        check_labels(model, self._project.registries.models, frozen.collection, frozen.counts)

    def _check(self, transaction: Transaction, plan: Plan, expansion: Expansion, cut: CutOf) -> PlanCheck:
        frozen: dict[Spec, Frozen] = {}
        wanted = {}
        for definition in expansion.definitions:
            spec = definition.dataset
            if spec not in frozen:
                frozen[spec] = cut(transaction, self.complete(spec))
            complete = definition.with_dataset(self.complete(spec))
            if complete.adapter.name == ADAPTER:
                self._check_members(transaction, complete)
            self.check_labels(definition.model, frozen[spec])
            one = self._wanted(transaction, complete, frozen[spec].digest)
            wanted[one.label] = (one, complete)
        ordered = self._ordered(wanted)
        datasets = list({one.digest: one for one in frozen.values()}.values())
        states = _states(transaction, self._project.store, wanted)
        trained = [name for name, state in states.items() if state == "trained"]
        is_constant = bool(trained) and all(
            answers_alike(self._project.store.result(transaction, name).confusion) for name in trained
        )
        return PlanCheck(plan, expansion, ordered, datasets, states, is_constant)

    def _resolved(self, plan: Plan) -> Plan:
        """The plan with labels in place of the versions that it names as members; raises VersionNotFound."""
        if all(each.name != ADAPTER for each in plan.adapter):
            return plan
        return parse_plan(with_labels(plan.source, self._label), plan.name, self._project.registries)

    def _label(self, member: str) -> str:
        return self._project.models.resolve(member).label if "@" in member or ":" in member else member

    def _check_members(self, transaction: Transaction, definition: Definition) -> None:
        from argosy.datasets.frozen import selection
        from argosy.training.ensembles import check_members

        selected = selection(transaction, definition.dataset)
        find = partial(self._project.store.result, transaction)
        check_members(transaction, definition, selected, find, self._project.registries)

    def _wanted(self, transaction: Transaction, definition: Definition, digest: str) -> Wanted:
        code = code_digests(definition, self._project.registries)
        if definition.adapter.name == ADAPTER:
            from argosy.training.ensembles import members_code

            find = partial(self._project.store.result, transaction)
            code |= members_code(definition, find, self._project.registries)
        return Wanted(label(definition, digest, code), definition.to_dict(), digest, code)

    def _ordered(self, wanted: Mapping[str, tuple[Wanted, Definition]]) -> list[Wanted]:
        items = (
            (one.label, f"{one.dataset_digest} {definition.adapter.canonical()}", self._cost(definition))
            for one, definition in wanted.values()
        )
        return [wanted[name][0] for name in order(items)]

    def _cost(self, definition: Definition) -> float:
        model: type[ModelHooks] = self._project.registries.models.get(definition.model.name).cls
        return model.cost


def _states(transaction: Transaction, store: Store, labels: Mapping[str, Any]) -> dict[str, str]:
    trained = store.trained_among(transaction, labels)
    jobs = states(transaction, TRAIN, labels)
    return {one: "trained" if one in trained else _state(jobs.get(one)) for one in labels}


def _state(state: str | None) -> str:
    return "new" if state is None or state == JobState.DONE else state


def rows_of(frozen: Frozen) -> dict[str, int]:
    """How many rows each part has."""
    return {part.value: sum(frozen.counts.get(part, {}).values()) for part in Part}
