"""Plans of a project: checked without side effects, submitted, trained, followed, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction, in_transaction
from argosy.definitions import LIMIT, Plan, expand, load_plan, parse_plan, require_some
from argosy.definitions.yaml_files import located
from argosy.errors import CollectionNotFound, PlanNotFound
from argosy.jobs.plan_status import PlanStatus
from argosy.jobs.submission import Plans, Submitted
from argosy.tuning.plan_triggers import PlanTriggers
from argosy.tuning.searches import Searches

if TYPE_CHECKING:
    from argosy.jobs.plan_check import PlanCheck, PlanChecker
    from argosy.tuning.search_plans import SearchCheck
    from argosy.tuning.trigger_status import TriggerStatus

PlanSource = str | PathLike[str] | Mapping[str, Any]
"""A file of YAML or JSON, or its content."""


class ProjectPlans:
    """`project.plans`."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def load(self, source: PlanSource) -> Plan:
        """A plan, parsed; raises DefinitionInvalid, PluginNotFound."""
        registries = self._backends.registries
        if isinstance(source, Mapping):
            return parse_plan(source, "plan", registries)
        return load_plan(Path(source), registries)

    def check(self, source: PlanSource, limit: int = LIMIT) -> PlanCheck | SearchCheck:
        """What submitting it would do; writes nothing. Raises PlanTooLarge, DatasetInvalid, CollectionNotFound."""
        from argosy.datasets.frozen import preview  # numpy, which the other commands on plans do without

        checker, plan = self._checker(), self.load(source)
        self._check_triggers(plan, source)
        plan = checker.resolved(plan)
        if plan.search is not None:
            from argosy.tuning.search_plans import check_search

            return check_search(self._backends, checker, plan)
        expansion = expand(plan, self._backends.registries, limit)
        with self._backends.database.read() as transaction:
            found = checker.check(transaction, plan, expansion, preview)
        checker.check_inputs({(one.dataset, one.adapter) for one in expansion.definitions})
        return found

    def submit(self, source: PlanSource, limit: int = LIMIT) -> Submitted:
        """Queue what is not trained yet. Idempotent. Raises as `check`; DefinitionInvalid where rules forbid all.

        A plan with triggers whose collection is not there yet waits for them: see `Submitted.waits_for`.
        """
        plan = self.load(source)
        self._check_triggers(plan, source)
        try:
            return self.submit_plan(plan, limit)
        except CollectionNotFound as error:
            if not plan.triggers:
                raise
            return self._await_rows(plan, str(error))

    def submit_plan(
        self, plan: Plan, limit: int = LIMIT, confirm: Callable[[Transaction], None] = lambda _: None
    ) -> Submitted:
        """The same, of a plan as `load` gives it. `confirm` is called in the transaction that submits, and may raise.

        Its triggers are registered; those that an earlier form of it had are ended.
        """
        from argosy.datasets.frozen import freeze

        def begin(transaction: Transaction) -> None:
            confirm(transaction)
            self.triggers.register(transaction, plan)

        checker = self._checker()
        resolved = checker.resolved(plan)
        if resolved.search is not None:
            from argosy.tuning.search_plans import submit_search

            return submit_search(self._backends, checker, resolved, begin)
        expansion = expand(resolved, self._backends.registries, limit)
        require_some(expansion, resolved)
        checker.check_inputs({(one.dataset, one.adapter) for one in expansion.definitions})

        def submit(transaction: Transaction) -> Submitted:
            begin(transaction)
            now = transaction.now()
            checked = checker.check(transaction, resolved, expansion, lambda within, cut: freeze(within, cut, now))
            self.searches.forget(transaction, resolved.name)
            return self.queued.submit(transaction, resolved.name, resolved.source, checked.wanted)

        done = in_transaction(self._backends.database, submit)
        return replace(done, left_out=tuple(one.reason for one in expansion.left_out))

    def _check_triggers(self, plan: Plan, source: PlanSource) -> None:
        if plan.triggers:
            from argosy.tuning.trigger_checks import check_triggers

            with located("plan" if isinstance(source, Mapping) else Path(source)):
                check_triggers(plan)

    def _await_rows(self, plan: Plan, why: str) -> Submitted:
        def submit(transaction: Transaction) -> Submitted:
            self.triggers.register(transaction, plan)
            self.searches.forget(transaction, plan.name)
            return self.queued.submit(transaction, plan.name, plan.source, [])

        return replace(in_transaction(self._backends.database, submit), waits_for=why)

    def status(self, plan: PlanSource) -> PlanStatus:
        """Where a submitted plan's definitions are; raises PlanNotFound.

        Those of the newest submission of its name: `is_other_form` says that this plan is not what was submitted.
        """
        name = self.name(plan)
        search = self.searches.status(name)
        found = replace(self.queued.status(name), is_other_form=self._is_other_form(name, plan))
        return found if search is None else replace(found, search=str(search), is_searching=search.is_open)

    def progress(self, plan: str, submitted: Submitted) -> PlanStatus:
        """Where what was submitted is, without challengers that a retraining has added to the plan meanwhile."""
        search = self.searches.status(plan)
        if search is None:
            return self.queued.status(plan, {*submitted.queued, *submitted.waiting, *submitted.trained})
        found = self.queued.status(plan, {trial.label for trial in search.trials})
        return replace(found, search=str(search), is_searching=search.is_open)

    def cancel(self, plan: PlanSource) -> list[str]:
        """Cancel what no other plan wants and no worker has finished, and end its triggers; the labels."""
        name = self.name(plan)

        def cancel(transaction: Transaction) -> list[str]:
            self.triggers.forget(transaction, name)
            self.searches.end(transaction, name, "cancelled")
            return self.queued.cancel(transaction, name)

        return in_transaction(self._backends.database, cancel)

    def open_elsewhere(self, plan: PlanSource) -> dict[str, list[str]]:
        """What `cancel` leaves queued or running, since other plans have it too: label to the names of those plans."""
        with self._backends.database.read() as transaction:
            return self.queued.open_elsewhere(transaction, self.name(plan))

    def retry(self, plan: PlanSource, labels: Collection[str] = ()) -> list[str]:
        """Queue the failed definitions of a submitted plan afresh, or those of them; the labels.

        Raises PlanNotFound, NothingToRetry where a label has not failed or the plan was cancelled.
        """
        name = self.name(plan)
        return in_transaction(self._backends.database, lambda transaction: self.queued.retry(transaction, name, labels))

    def train(self, source: PlanSource, processes: int = 1, limit: int = LIMIT, now: bool = False) -> PlanStatus:
        """Submit, and train with workers of this machine until nothing of the plan is queued or running.

        In quiet hours they wait, unless `now`.
        """
        from argosy.worker_processes import run_until

        submitted, name = self.submit(source, limit), self.name(source)
        run_until(self._backends, lambda: self.progress(name, submitted).is_over, processes, now)
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

    def _is_other_form(self, name: str, plan: PlanSource) -> bool:
        if not isinstance(plan, Mapping) and plan == name:
            return False
        with self._backends.database.read() as transaction:
            submitted = msgspec.json.decode(self.queued.source(transaction, name))
        asked: Any = msgspec.to_builtins(self._checker().resolved(self.load(plan)).source)
        return bool(asked != submitted)

    @property
    def queued(self) -> Plans:
        """Plans as the queue knows them."""
        return self._backends.plans

    @property
    def searches(self) -> Searches:
        """Plans that search."""
        return Searches.of(self._backends)

    def trigger_status(self, plan: PlanSource = "") -> list[TriggerStatus]:
        """Where the triggers of a plan stand, or those of all plans."""
        from argosy.tuning.trigger_status import trigger_statuses

        return trigger_statuses(self._backends, self.name(plan) if plan else "")

    def pause(self, plan: PlanSource) -> bool:
        """Let its triggers fire no more; whether they were to. Raises PlanNotFound where it has none."""
        return self.triggers.pause(self.name(plan), is_paused=True)

    def resume(self, plan: PlanSource) -> bool:
        """Let its triggers fire again; whether they were paused. Raises PlanNotFound where it has none."""
        return self.triggers.pause(self.name(plan), is_paused=False)

    @property
    def triggers(self) -> PlanTriggers:
        """What submits plans again."""
        return PlanTriggers(self._backends.database)

    def _checker(self) -> PlanChecker:
        from argosy.jobs.plan_check import PlanChecker

        one = self._backends
        return PlanChecker(one.plans, one.registries, one.examples, one.settings.collection)
