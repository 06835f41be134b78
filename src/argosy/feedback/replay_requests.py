"""Asking for a replay, by hand or by schedule, and reading how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import msgspec

from argosy.backends import Backends
from argosy.errors import JobFailed, NothingToRollBack
from argosy.evaluation.gate import Policy, Verdict
from argosy.feedback.labels import ConflictRule
from argosy.feedback.policies import conflict_rule, gate_policy
from argosy.feedback.replay import due, interim_test
from argosy.feedback.replay_rows import ChampionPeriod, champion_period, fresh_rows
from argosy.feedback.replaying import REPLAY, ReplayRequest
from argosy.jobs.job import JobState
from argosy.jobs.queue import URGENT, Queue, hold_jobs, under_way
from argosy.store.aliases import CHAMPION, ROLLBACK
from argosy.store.store import Store


@dataclass(frozen=True)
class Replayed:
    """How a replay ended. In `verdict` the champion is the one that serves and the challenger the one before it."""

    model: str
    champion: int
    previous: int
    rolled_back: bool
    fresh_rows: int
    interim_test: int
    """Its number, from 1; 0: there were too few rows for one."""
    verdict: Verdict
    requested_by: str = ""
    """Who asked: somebody else, where it was under way already."""

    @property
    def summary(self) -> str:
        """In one line."""
        if self.rolled_back:
            return f"Rolled back: version {self.previous} serves again, {self.verdict.reason}."
        return f"Version {self.champion} stays champion; version {self.previous}: {self.verdict.reason}."

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict.to_dict(), "summary": self.summary}


class Replays:
    """Any thread, any number of processes; needs no key."""

    def __init__(self, queue: Queue, store: Store, rule: ConflictRule, policy: Policy) -> None:
        self._queue, self._store, self._rule, self._policy = queue, store, rule, policy

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project."""
        rule, policy = conflict_rule(backends.settings), gate_policy(backends.settings)
        return cls(backends.queue, backends.store, rule, policy)

    def request(self, model: str, by: str, reason: str = "") -> str:
        """Queue a `replay` job; its label, or that of the one under way.

        Raises VersionNotFound without a champion, NothingToRollBack where none was champion before it.
        """
        self._store.stored_version(f"{model}@{CHAMPION}")
        with self._queue.database.write() as transaction:
            hold_jobs(transaction)
            found = champion_period(transaction, model)
            if found is None:
                raise NothingToRollBack(f"{model}@{CHAMPION} has no earlier version to go back to")
            asked = under_way(transaction, REPLAY, model)
            if asked is not None:
                return asked
            request = ReplayRequest(model, found.champion, found.previous, found.since, by, reason)
            label = f"{REPLAY}-{model}-{round(transaction.now() * 1000)}"
            self._queue.submit(transaction, REPLAY, label, msgspec.to_builtins(request), priority=URGENT)
            return label

    def request_if_due(self, model: str, by: str = "schedule") -> str | None:
        """Ask where fresh feedback is enough for an interim test that was not made; the label of what was queued."""
        with self._queue.database.read() as transaction:
            found, now = champion_period(transaction, model), transaction.now()
            if found is None:
                return None
            rows = len(fresh_rows(transaction, found, self._rule, self._policy))
            is_under_way = under_way(transaction, REPLAY, model) is not None
        rollbacks = [move.moved_at for move in self._store.history(model, CHAMPION) if move.action == ROLLBACK]
        reason = due(
            interim_test(rows, self._policy),
            self._tested(found),
            is_under_way,
            max(rollbacks, default=None),
            self._policy,
            now,
        )
        return None if reason is None else self.request(model, by, reason)

    def outcome(self, label: str) -> Replayed | None:
        """How the replay of that label ended; None while it goes on. Raises JobFailed, JobNotFound."""
        job = self._queue.get(label)
        if not job.state.is_final:
            return None
        if job.result is None or job.state is not JobState.DONE:
            raise JobFailed(f"the {REPLAY} job {label} {job.state}: {job.error or 'no reason was kept'}")
        result = {"interim_test": _interim_test(job.result), **job.result}
        result["requested_by"] = job.payload.get("requested_by", "")
        named = {name: result[name] for name in Replayed.__dataclass_fields__}
        return Replayed(**{**named, "verdict": Verdict.from_dict(named["verdict"])})

    def _tested(self, found: ChampionPeriod) -> int:
        """The number of the last interim test of this champion."""
        done = (job.result for job in self._queue.jobs(REPLAY, JobState.DONE) if job.result)
        tests = [_interim_test(one) for one in done if one["model"] == found.model and one["since"] == found.since]
        return max(tests, default=0)


def _interim_test(result: Mapping[str, Any]) -> int:
    """The number of a replay's interim test, which older results call a look."""
    return int(result["interim_test"] if "interim_test" in result else result["look"])
