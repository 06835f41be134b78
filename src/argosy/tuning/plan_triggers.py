"""Plans with triggers, as they were registered: each trigger and its state.

A plan's triggers are those of its newest submission, by a person or a trigger. One that is the same as before keeps
its state; a plan that is submitted without any, or cancelled, has none. What a trigger decides is in the package
`triggers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from argosy.database import Database, Transaction
from argosy.datasets.imports import newest_revision
from argosy.definitions import Plan
from argosy.definitions.plan_triggers import ExamplesTrigger, PlanTrigger, read_trigger, trigger_name, written_trigger
from argosy.errors import ArgosyError, PlanNotFound
from argosy.tuning import trigger_statements as sql


class AlreadySubmitted(ArgosyError):
    """What a trigger fired for was submitted, or the trigger is there no more."""


@dataclass(frozen=True)
class RegisteredTrigger:
    """A trigger as its row was read."""

    plan: str
    name: str
    trigger: PlanTrigger | None
    """None: another release wrote it, and this one cannot read it."""
    newest_revision: int
    """Of its collection, when the plan was last submitted."""
    settled_until: float
    """Of its schedule, moments up to then do not count any more."""
    fired_at: float | None
    reason: str
    submitted_by: str
    problem: str

    @property
    def key(self) -> dict[str, str]:
        """As statements name it."""
        return {"plan": self.plan, "name": self.name}

    @property
    def job(self) -> str:
        """The label of the job that is queued when it fires."""
        return f"submit-{self.plan}-{self.name[:8]}"

    @property
    def asked_by(self) -> str:
        """As imports name it."""
        return f"{self.plan}/{self.name}"


def hold_triggers(transaction: Transaction, plan: str) -> None:
    """Take turns with everything else that registers, ends or fires triggers of the plan."""
    transaction.lock(f"triggers of {plan}")


class PlanTriggers:
    """Any thread, any number of processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, transaction: Transaction, plan: Plan) -> None:
        """The plan is being submitted: rows count from here on. To be called before its rows are chosen."""
        hold_triggers(transaction, plan.name)
        now, names = transaction.now(), {trigger_name(one) for one in plan.triggers}
        for one in registered_triggers(transaction, plan.name, paused=True):
            if one.name not in names:
                _forget(transaction, one)
        if not names:
            transaction.execute(sql.FORGET_TRIGGERED_PLAN, {"plan": plan.name})
            return
        source = msgspec.json.encode(plan.source).decode()
        transaction.execute(sql.PUT_TRIGGERED_PLAN, {"plan": plan.name, "source": source})
        for place, trigger in enumerate(plan.triggers):
            key = {"plan": plan.name, "name": trigger_name(trigger)}
            row = {**key, "place": place, "written": written_trigger(trigger), "now": now}
            transaction.execute(sql.PUT_TRIGGER, row)
            if isinstance(trigger, ExamplesTrigger):
                revision = newest_revision(transaction, trigger.collection)
                transaction.execute(sql.SET_REVISION, {**key, "revision": revision})

    def forget(self, transaction: Transaction, plan: str) -> bool:
        """End the plan's triggers; whether it had any."""
        hold_triggers(transaction, plan)
        for one in registered_triggers(transaction, plan, paused=True):
            _forget(transaction, one)
        return bool(transaction.execute(sql.FORGET_TRIGGERED_PLAN, {"plan": plan}))

    def pause(self, plan: str, is_paused: bool) -> bool:
        """Let them fire no more, or again; whether that changes anything. Raises PlanNotFound where there are none."""
        with self._database.write() as transaction:
            if not transaction.execute(sql.TRIGGERED_PLAN, {"plan": plan}):
                raise PlanNotFound(f"the plan '{plan}' has no triggers: submit it with `on:`")
            values = {"plan": plan, "now": transaction.now()}
            return bool(transaction.execute(sql.PAUSE if is_paused else sql.RESUME, values))

    def source(self, transaction: Transaction, plan: str) -> dict[str, Any] | None:
        """The plan as it was written; None where it has no triggers."""
        rows = transaction.execute(sql.TRIGGERED_PLAN, {"plan": plan})
        return msgspec.json.decode(rows[0][0], type=dict[str, Any]) if rows else None

    def paused_at(self, transaction: Transaction, plan: str) -> float | None:
        """Since when they are paused; None where they are not."""
        rows = transaction.execute(sql.TRIGGERED_PLAN, {"plan": plan})
        return rows[0][1] if rows else None


def registered_triggers(transaction: Transaction, plan: str = "", paused: bool = False) -> list[RegisteredTrigger]:
    """Those of a plan, or of all, in the order of the plan's list; with `paused` those that are paused too."""
    rows = transaction.execute(sql.TRIGGERS, {"plan": plan, "paused": int(paused)})
    return [RegisteredTrigger(row[0], row[1], _readable(row[2]), *row[3:]) for row in rows]


def is_any_trigger(transaction: Transaction) -> bool:
    """Whether there is one that may fire."""
    return bool(transaction.execute(sql.IS_ANY_TRIGGERED))


def settle(transaction: Transaction, one: RegisteredTrigger, until: float) -> None:
    """Moments of its schedule up to then count no more."""
    transaction.execute(sql.SETTLE, {**one.key, "until": until})


def note_fired(transaction: Transaction, one: RegisteredTrigger, reason: str) -> None:
    """It fires now, for that reason; rows count from here on."""
    if isinstance(one.trigger, ExamplesTrigger):
        revision = newest_revision(transaction, one.trigger.collection)
        transaction.execute(sql.SET_REVISION, {**one.key, "revision": revision})
    transaction.execute(sql.FIRE, {**one.key, "now": transaction.now(), "reason": reason})
    set_problem(transaction, one, "")


def note_submitted(transaction: Transaction, plan: str, name: str, fire: str) -> None:
    """The plan is submitted for a firing, in this transaction; raises AlreadySubmitted where it was before."""
    hold_triggers(transaction, plan)
    if not transaction.execute(sql.SUBMITTED, {"plan": plan, "name": name, "label": fire}):
        raise AlreadySubmitted(f"the plan '{plan}' was submitted for it, or no longer has the trigger")


def set_problem(transaction: Transaction, one: RegisteredTrigger, problem: str) -> None:
    """What keeps it from firing; empty: nothing."""
    if one.problem != problem:
        transaction.execute(sql.SET_PROBLEM, {**one.key, "problem": problem})


def _forget(transaction: Transaction, one: RegisteredTrigger) -> None:
    transaction.execute(sql.FORGET_TRIGGER, one.key)
    transaction.execute(sql.FORGET_FILES, one.key)


def _readable(text: str) -> PlanTrigger | None:
    try:
        return read_trigger(text)
    except msgspec.MsgspecError:
        return None
