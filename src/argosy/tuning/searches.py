"""Searches over plans, asked for one definition at a time by any idle worker.

There is no process that searches. A search is a row, its trials are rows, and their results are those of ordinary
definitions. A worker that finds the queue empty, or takes a trial from it, reads them, makes a sampler of them, asks it
once and queues what it proposes. So:

- Killed at any point, nothing is lost or asked twice: a trial, its job and its place in the plan are one transaction,
  which takes the next number or nothing.
- Any number of workers may ask; the second one sees the first's trial and asks again.
- What another plan has trained counts at once, and becomes a version of this plan's model.
- Submitted again with the same space and rows, a search continues where it was; with others it starts again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from argosy.backends import Backends
from argosy.database import Database, Transaction
from argosy.definitions import PLUGIN_KINDS, Definition, Plan, Registries, Spec, code_digests, label, parse_plan
from argosy.definitions.definition import canonical_json
from argosy.definitions.search import Search, parse_search
from argosy.error_messages import message_of
from argosy.errors import DatabaseUnavailable, ExtraMissing, PluginNotFound, RowUnreadable, UserMistake
from argosy.jobs.job import JobState
from argosy.jobs.queue import states
from argosy.jobs.submission import TRAIN, PlannedDefinition, Plans, Submitted
from argosy.plurals import plural
from argosy.store.trained import Metrics
from argosy.tuning import statements as sql
from argosy.tuning.halving import End, Promote, Step, Wait, next_step, told_rungs
from argosy.tuning.proposal import Proposal, propose
from argosy.tuning.samplers.optuna import require_optuna
from argosy.tuning.space import definition_of, permutation_at
from argosy.tuning.trial import Trial, best_trial, sampled_trials
from argosy.types import Part

log = logging.getLogger(__name__)

_SPACE = ("dataset", "adapter", "model", "evaluate", "forbid", "require")


@dataclass(frozen=True)
class SearchStatus:
    """Where a search is; `ended` says why no more is asked for."""

    search: Search
    trials: Sequence[Trial]
    is_open: bool
    ended: str | None
    dataset: Spec
    digest: str
    seconds: float
    """Since it was submitted."""
    source: Mapping[str, Any]
    """The plan as it was submitted."""

    def __str__(self) -> str:
        most = f" of at most {self.search.most_trials}" if self.search.most_trials else ""
        found = best_trial(self.search, self.trials)
        figure = f", best {self.search.metric} {found.value:.3f} ({found.label})" if found and found.value else ""
        rungs = f" ({told_rungs(self.search, self.trials)})" if self.search.top else ""
        state = "goes on" if self.is_open else f"ended: {self.ended}"
        return f"{plural(len(sampled_trials(self.trials)), 'trial')}{most}{rungs}{figure}; {state}"


class Searches:
    """Any thread, any number of processes."""

    def __init__(self, database: Database, plans: Plans, registries: Callable[[], Registries]) -> None:
        self._database, self._plans, self._make = database, plans, registries

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project."""
        return cls(backends.database, backends.plans, lambda: backends.registries)

    @property
    def _registries(self) -> Registries:
        """Asked for when needed: knowing whether there is a search takes no plug-ins."""
        return self._make()

    def begin(self, transaction: Transaction, plan: Plan, dataset: Spec, digest: str) -> Submitted:
        """Submit a plan that searches, or go on with it; its budget of seconds runs from now. Raises ExtraMissing."""
        if plan.search is not None and plan.search.sampler != "grid":
            require_optuna()
        _hold(transaction, plan.name)
        space, name = _space(plan, digest, self._registries), {"plan": plan.name}
        before = transaction.execute(sql.SEARCH, name)
        is_same = bool(before) and before[0][0] == space
        wanted = []
        if is_same:
            for row in transaction.execute(sql.TRIALS, name):
                found = self._definition(plan, msgspec.json.decode(row[2]), dataset)
                wanted.append(self._wanted(found, digest, plan.search.shares[row[3]] if plan.search else 1.0))
        else:
            transaction.execute(sql.FORGET_TRIALS, name)
        submitted = self._plans.submit(transaction, plan.name, plan.source, wanted)
        cut = msgspec.json.encode(dataset.to_dict()).decode()
        values = {**name, "space": space, "dataset": cut, "digest": digest, "now": transaction.now()}
        transaction.execute(sql.PUT_SEARCH, values)
        return submitted

    def advance(self, ahead: int = 1) -> int:
        """Of every search that goes on, see to it that `ahead` trials are queued; how many were added."""
        with self._database.read() as transaction:
            names = [row[0] for row in transaction.execute(sql.OPEN_SEARCHES)]
        return sum(self._advance_one(name, ahead) for name in names)

    def status(self, plan: str) -> SearchStatus | None:
        """Where a plan's search is; None where it does not search."""
        with self._database.read() as transaction:
            return self._status(transaction, plan)

    def is_any_open(self) -> bool:
        """Whether some search will ask for more."""
        with self._database.read() as transaction:
            return bool(transaction.execute(sql.OPEN_SEARCHES))

    def end(self, transaction: Transaction, plan: str, because: str) -> None:
        """Ask for no more; what is queued or running goes on."""
        transaction.execute(sql.END_SEARCH, {"plan": plan, "now": transaction.now(), "because": because})

    def forget(self, transaction: Transaction, plan: str) -> None:
        """The plan was submitted without a search."""
        _hold(transaction, plan)
        transaction.execute(sql.FORGET_TRIALS, {"plan": plan})
        transaction.execute(sql.FORGET_SEARCH, {"plan": plan})

    def _advance_one(self, name: str, ahead: int) -> int:
        added = 0
        try:
            while self._ask(name, ahead):
                added += 1
        except (ExtraMissing, PluginNotFound) as error:  # another worker may have what this one lacks
            log.warning("the search of '%s' is left to other workers: %s", name, error)
        except RowUnreadable as error:
            log.warning("the search of '%s' is not continued: %s", name, error)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a sampler raises ends its search, not the worker
            log.warning("the search of '%s' ends: %s", name, message_of(error))
            with self._database.write() as transaction:
                self.end(transaction, name, message_of(error))
        return added

    def _ask(self, name: str, ahead: int) -> bool:
        """Ask for one more trial where it is time to; whether it is worth asking again."""
        with self._database.read() as transaction:
            status = self._status(transaction, name)
        if status is None or not status.is_open:
            return False
        step = next_step(status.search, status.trials, status.seconds)
        if not isinstance(step, End) and sum(trial.is_queued for trial in status.trials) >= ahead:
            return False
        chosen = self._chosen(name, status, step)
        if isinstance(chosen, Wait):
            return False
        with self._database.write() as transaction:
            _hold(transaction, name)
            now = self._status(transaction, name)
            if now is None or not now.is_open or (now.digest, len(now.trials)) != (status.digest, len(status.trials)):
                return True  # another worker was quicker: look again
            if isinstance(chosen, End):
                self.end(transaction, name, chosen.because)
                return False
            self._add(transaction, name, status, *chosen)
        return True

    def _chosen(self, name: str, status: SearchStatus, step: Step) -> tuple[Proposal, int] | Wait | End:
        """The outcome of a step: a definition and its rung, or none; for a new one the sampler is asked."""
        if isinstance(step, Wait | End):
            return step
        plan = parse_plan(status.source, name, self._registries)
        if isinstance(step, Promote):
            choices = step.trial.choices
            return Proposal(choices, self._definition(plan, choices, status.dataset)), step.rung
        proposal = propose(plan, status.search, sampled_trials(status.trials), self._registries)
        if proposal is not None:
            return proposal, 0
        nothing = "nothing that rules allow is left to try"
        return self._chosen(name, status, next_step(status.search, status.trials, status.seconds, nothing))

    def _add(self, transaction: Transaction, name: str, status: SearchStatus, proposal: Proposal, rung: int) -> None:
        definition = proposal.definition.with_dataset(status.dataset)
        wanted = self._wanted(definition, status.digest, status.search.shares[rung])
        row = {
            "plan": name,
            "number": len(status.trials) + 1,
            "label": wanted.label,
            "choices": msgspec.json.encode(dict(proposal.choices)).decode(),
            "rung": rung,
            "now": transaction.now(),
        }
        transaction.execute(sql.PUT_TRIAL, row)
        self._plans.widen(transaction, name, wanted)

    def _status(self, transaction: Transaction, name: str) -> SearchStatus | None:
        rows = transaction.execute(sql.SEARCH, {"plan": name})
        try:
            return self._read(transaction, name, rows[0]) if rows else None
        except (msgspec.MsgspecError, KeyError, TypeError, AttributeError) as error:
            raise RowUnreadable("searches", name, message_of(error), "submit the plan again") from None

    def _read(self, transaction: Transaction, name: str, row: Sequence[Any]) -> SearchStatus:
        _, dataset, digest, begun_at, ended, is_open = row
        source = msgspec.json.decode(self._plans.source(transaction, name))
        search = parse_search(source["search"]) or Search()
        rows = transaction.execute(sql.TRIALS, {"plan": name})
        labels = [row[1] for row in rows]
        metrics = self._plans.store.metrics(transaction, labels)
        jobs = states(transaction, TRAIN, labels)
        trials = [_trial(search, row, metrics.get(row[1]), jobs.get(row[1])) for row in rows]
        cut = msgspec.json.decode(dataset, type=Spec)
        return SearchStatus(search, trials, bool(is_open), ended, cut, digest, transaction.now() - begun_at, source)

    def _definition(self, plan: Plan, choices: Any, dataset: Spec) -> Definition:
        found = definition_of(permutation_at(plan, choices), self._registries)
        if isinstance(found, str):
            raise UserMistake(f"a trial of '{plan.name}' is no longer allowed: {found}")
        return found.with_dataset(dataset)

    def _wanted(self, definition: Definition, digest: str, share: float) -> PlannedDefinition:
        definition = msgspec.structs.replace(definition, share=None if share == 1.0 else share)
        code = code_digests(definition, self._registries)
        return PlannedDefinition(label(definition, digest, code), definition.to_dict(), digest, code)


def is_idle(backends: Backends) -> bool:
    """Whether nothing is queued or running, nor will be by a search."""
    return not Searches.of(backends).is_any_open() and not backends.queue.is_any_open()


def _hold(transaction: Transaction, plan: str) -> None:
    """No other transaction begins the plan's search or asks for its trials until this one ends."""
    transaction.lock(f"search {plan}")


def _space(plan: Plan, digest: str, registries: Registries) -> str:
    content = {key: plan.source.get(key) for key in _SPACE}
    if plan.search and plan.search.top:
        content["shares"] = plan.search.shares
    for kind in PLUGIN_KINDS:
        content[f"{kind} code"] = [registries.of(kind).get(each.name).code_digest for each in plan.of(kind)]
    return hashlib.sha256(f"{canonical_json(content)}\n{digest}".encode()).hexdigest()


def _trial(search: Search, row: Sequence[Any], metrics: Metrics | None, state: str | None) -> Trial:
    number, name, choices, rung = row
    value = None
    if metrics is not None:
        value = metrics.get(Part.VALIDATION, {}).get(search.metric, {}).get("value")
    is_open = metrics is None
    return Trial(
        number,
        name,
        msgspec.json.decode(choices),
        value,
        is_open and state == JobState.QUEUED,
        is_open and state == JobState.RUNNING,
        rung,
    )
