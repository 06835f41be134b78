"""Firing a trigger: a job is queued that submits its plan again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from argosy.database import Transaction
from argosy.datasets.imports import import_asked_by
from argosy.jobs.queue import URGENT, Queue, forget_done, hold_jobs, under_way
from argosy.jobs.workers import at_place
from argosy.tuning.plan_triggers import RegisteredTrigger, note_fired
from argosy.tuning.trigger_files import TriggerFile

SUBMIT: Final = "submit"
"""The kind of these jobs. A trigger has one, and a plan one at a time."""


class SubmitRequest(msgspec.Struct, frozen=True):
    """The payload of a `submit` job; `model` is the plan."""

    model: str
    trigger: str
    reason: str
    fire: str
    """Names this firing: the plan is submitted once for it."""
    place: str = ""
    """That has the files."""
    files: tuple[TriggerFile, ...] = ()
    before: int = 0
    """The number of the trigger's newest import so far."""


def is_submitting(transaction: Transaction, plan: str) -> bool:
    """Whether one of the plan's triggers has fired, and its job is not over."""
    return under_way(transaction, SUBMIT, plan) is not None


def fire(
    transaction: Transaction,
    queue: Queue,
    one: RegisteredTrigger,
    reason: str,
    place: str = "",
    files: Sequence[TriggerFile] = (),
) -> bool:
    """Queue its job and note why; False, and nothing is done, while another of the plan's is not over."""
    hold_jobs(transaction)
    if is_submitting(transaction, one.plan):
        return False
    forget_done(transaction, SUBMIT)
    name = f"{one.job} {round(transaction.now() * 1000)}"
    before = import_asked_by(transaction, one.asked_by) if files else 0
    request = SubmitRequest(one.plan, one.name, reason, name, place, tuple(files), before)
    requires = {at_place(place): ""} if place else {}
    queue.submit(transaction, SUBMIT, one.job, msgspec.to_builtins(request), requires, URGENT)
    note_fired(transaction, one, reason)
    return True
