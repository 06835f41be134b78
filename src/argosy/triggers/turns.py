"""What every look at a trigger does alike: it acts under the turn, on what the trigger is by then, and stops no
other."""

from __future__ import annotations

from collections.abc import Callable

from argosy.database import Database, Transaction
from argosy.error_messages import message_of
from argosy.errors import LeaseLost, Outage
from argosy.jobs.duties import DutyTurn
from argosy.tuning.plan_triggers import RegisteredTrigger, hold_triggers, registered_triggers, set_problem


def look_at_one(database: Database, turn: DutyTurn, one: RegisteredTrigger, look: Callable[[], None]) -> None:
    """Look at a trigger. What is wrong with it, such as a zone that this machine does not know, stops no other."""
    try:
        look()
    except (LeaseLost, Outage):
        raise
    except Exception as error:  # noqa: BLE001  # as above
        problem = message_of(error)
        if problem != one.problem:
            with database.write() as transaction:
                turn.confirm(transaction)
                set_problem(transaction, one, problem)


def as_it_is(transaction: Transaction, turn: DutyTurn, one: RegisteredTrigger) -> RegisteredTrigger | None:
    """The trigger by now, for this transaction to write; None where it was ended or paused. Raises LeaseLost."""
    turn.confirm(transaction)
    hold_triggers(transaction, one.plan)
    found = [now for now in registered_triggers(transaction, one.plan) if now.name == one.name]
    return found[0] if found else None
