"""Earlier forms of a plan: what was submitted under its name before, and is no longer wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from argosy.database.database import Transaction
from argosy.jobs import statements as sql
from argosy.store.store import Store

NEWEST = 20
"""Earlier forms of a plan that are looked up."""


@dataclass(frozen=True)
class ReplacedPlan:
    """`definitions` that the next submission of the name did not want; `trained` of them have their result."""

    submitted_at: float
    replaced_at: float
    definitions: int
    trained: int
    is_same_plan: bool
    """The plan itself did not change: it was submitted again on other rows, or with other code."""


def record_replaced_plan(transaction: Transaction, row: Sequence[Any], labels: Iterable[str]) -> None:
    """Write down the plan's present row, where its successor wants some of its definitions no more."""
    name, text, submitted_at, *_ = row
    values = {"plan": name, "source": text, "submitted_at": submitted_at, "now": transaction.now()}
    (number,) = transaction.execute(sql.KEEP_PLAN, values)[0]
    rows = [{"replaced": number, "label": label} for label in labels]
    transaction.execute_many(sql.KEEP_PLAN_JOB, rows)


def replaced_forms(transaction: Transaction, store: Store, plan: str, source: str) -> list[ReplacedPlan]:
    """At most NEWEST, the newest first."""
    found = []
    rows = transaction.execute(sql.REPLACED_PLANS, {"plan": plan, "most": NEWEST})
    for number, text, submitted_at, replaced_at in rows:
        labels = [label for (label,) in transaction.execute(sql.REPLACED_PLAN_JOBS, {"replaced": number})]
        trained = len(store.trained_among(transaction, labels))
        found.append(ReplacedPlan(submitted_at, replaced_at, len(labels), trained, text == source))
    return found


def labels_of_replaced(transaction: Transaction, plan: str) -> set[str]:
    """Of all earlier forms, what the plan does not want now."""
    return {label for (label,) in transaction.execute(sql.REPLACED_LABELS, {"plan": plan})}
