"""What a replay rests on, read from the database: the champion, the one before it, and the feedback since then."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from argosy.database import Transaction
from argosy.errors import NothingToRollBack
from argosy.evaluation.evidence import within_shares
from argosy.evaluation.gate import Policy
from argosy.feedback.labels import ConflictRule, FeedbackPiece
from argosy.feedback.replay import AnsweredPrediction, Row, measuring
from argosy.label_sets import in_form_of
from argosy.predictions.feedback_log import fresh_feedback
from argosy.predictions.measures import measures
from argosy.store.aliases import CHAMPION, alias_moves, number_before


@dataclass(frozen=True)
class ChampionPeriod:
    """A version's time as champion: since when, and the version that a rollback would go back to."""

    model: str
    champion: int
    previous: int
    since: float


def champion_period(transaction: Transaction, model: str) -> ChampionPeriod | None:
    """The present one; None where there is no champion, or none before it."""
    history = alias_moves(transaction, model, CHAMPION)
    try:
        previous = number_before(history, model, CHAMPION)
    except NothingToRollBack:
        return None
    return ChampionPeriod(model, history[-1].to_number, previous, history[-1].moved_at)


def fresh_rows(transaction: Transaction, period: ChampionPeriod, rule: ConflictRule, policy: Policy) -> list[Row]:
    """The champion's live answers in its time as champion that measure; those still in the spool are missing."""
    answers: dict[str, str] = {}
    said: dict[str, list[FeedbackPiece]] = {}
    for fresh in fresh_feedback(transaction, period.model, period.champion, period.since):
        one, label = fresh.given, in_form_of(fresh.given.label, fresh.answer)
        answers[one.prediction_id] = fresh.answer
        word = FeedbackPiece(one.kind, label, one.source, one.given_at, fresh.number, one.measures, one.token)
        said.setdefault(one.prediction_id, []).append(word)
    given = (AnsweredPrediction(one, answers[one], tuple(words)) for one, words in said.items())
    givers = measures(transaction, period.model)
    rows = [replace(row, measure=givers.get(row.prediction_id)) for row in measuring(given, rule, policy)]
    kept = within_shares([row.measure for row in rows], np.ones(len(rows), bool), policy.largest_share)
    return [row for row, counts in zip(rows, kept, strict=True) if counts]
