"""Answers of a definition's fits to examples that they did not learn from, stored with its result.

A version that learned from a row could not be judged by it. These answers can: each is by a fit of the same definition
that lacked the row. Any process; what is read and written belongs to the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from argosy.database import Transaction
from argosy.database.database import in_lists

KEEP = """
INSERT INTO held_out_answers (label, example_id, answer) VALUES (:label, :example_id, :answer)
ON CONFLICT (label, example_id) DO NOTHING"""
FIND = "SELECT example_id, answer FROM held_out_answers WHERE label = :label"
EXAMPLES = "SELECT DISTINCT example_id FROM held_out_answers"
FORGET = "DELETE FROM held_out_answers WHERE example_id IN (:ids)"


def keep_held_out(transaction: Transaction, label: str, answers: Mapping[bytes, str]) -> None:
    """Keep a label's answers by example."""
    rows = [{"label": label, "example_id": one, "answer": answer} for one, answer in answers.items()]
    transaction.execute_many(KEEP, rows)


def held_out_answers(transaction: Transaction, label: str) -> dict[bytes, str]:
    """A label's answers by example; empty where none were kept."""
    return {bytes(one): answer for one, answer in transaction.execute(FIND, {"label": label})}


def held_out_examples(transaction: Transaction) -> set[bytes]:
    """The examples that any answer is kept to."""
    return {bytes(row[0]) for row in transaction.execute(EXAMPLES)}


def forget_held_out(transaction: Transaction, example_ids: Iterable[bytes]) -> None:
    """Remove the answers to those examples."""
    for some in in_lists(example_ids):
        transaction.execute(FORGET, {"ids": some})
