"""Closes windows: a prediction after which nothing happened is labelled so, once the source was read past its window.

The source's own times decide, never this machine's clock. A prediction that reached the log after its outcome is joined
to it here. Each page of predictions is one transaction with the feedback that it gives. That a sweep is over is written
with its last page, so that the sweep of a killed process is continued at the next look.

While a living server has predictions that it has not handed over, nothing is closed. A silent server is passed over;
when it is back, predictions are examined again from where it was passed.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from argosy.database import Transaction, in_transaction
from argosy.errors import FeedbackInvalid
from argosy.feedback.outcomes import statements as sql
from argosy.feedback.outcomes.rows import NamedSource
from argosy.feedback.outcomes.states import SourceState, lock_of
from argosy.feedback.outcomes.taking import Confirm, OutcomeTaking, piece, unconfirmed
from argosy.predictions.about import PredictionAbout, outcome_sources_of
from argosy.predictions.feedback_log import LOCK, Feedback
from argosy.predictions.giver import OWNER, Giver
from argosy.predictions.log import PredictionLog

PAGE_ROWS = 500
MOST_OUTCOMES = 1000
"""Of one prediction."""
_START = (-1.0, "")


class WindowClosing:
    """Needs the predictions key."""

    def __init__(self, taking: OutcomeTaking, log: PredictionLog) -> None:
        self._taking, self._log = taking, log

    def close(self, named: NamedSource, state: SourceState, confirm: Confirm = unconfirmed) -> SourceState:
        """Close what the source was read past; what is known of it afterwards."""
        read_up_to = state.read_up_to
        if read_up_to is None or not _is_due(state):
            return state
        if self._log.drain():  # a server that lives has not handed over yet
            return state
        silent = [one.name for one in self._log.behind()]
        for model in named.models:
            while True:
                state, is_over = self._page(named, model, read_up_to, silent, confirm)
                if is_over:
                    break
        return state

    def _page(
        self, named: NamedSource, model: str, read_up_to: float, silent: list[str], confirm: Confirm
    ) -> tuple[SourceState, bool]:
        def close(transaction: Transaction) -> tuple[SourceState, bool]:
            confirm(transaction)
            transaction.lock(LOCK)
            transaction.lock(lock_of(named.name))
            state = with_passed(SourceState.of(transaction, named.name), silent)
            after = state.swept.get(model, _START)
            page = self._taking.about.page(transaction, model, after, read_up_to - named.source.within, PAGE_ROWS)
            joined, otherwise = self._said(transaction, named, page)
            swept = dict(state.swept)
            if page:
                swept[model] = (page[-1].made_at, page[-1].id)
            if len(page) < PAGE_ROWS and model == named.models[-1]:  # not before, or a killed sweep would count as done
                swept[""] = (read_up_to, "")
            state = msgspec.structs.replace(
                state, swept=swept, joined=state.joined + joined, otherwise=state.otherwise + otherwise
            )
            state.put(transaction)
            return state, len(page) < PAGE_ROWS

        return in_transaction(self._taking.database, close)

    def _said(self, transaction: Transaction, named: NamedSource, page: list[PredictionAbout]) -> tuple[int, int]:
        """How many late pairs were joined, and how many predictions got the label `otherwise`."""
        service, names = named.service.name, len(named.source.entity)
        ours = [one for one in page if one.service == service or (not one.service and is_about(one.entity, names))]
        said = outcome_sources_of(transaction, [one.id for one in ours])
        joined = otherwise = 0
        for one in ours:
            sources = said.get(one.id, set())
            late = 0 if named.giver in sources else self._join_late(transaction, named, one)
            joined += late
            if not late and named.source.otherwise and sources.isdisjoint(named.givers):
                key = f"{named.giver}/otherwise/{one.id}"
                nothing = Feedback(one.id, "outcome", named.source.otherwise, named.giver, idempotency_key=key)
                # so that what is posted later with a token, which may not measure either, is the last word
                giver = Giver(needs_draw=True) if named.source.posted else OWNER
                otherwise += self._taking.feedback.add_within(transaction, [nothing], giver)
        return joined, otherwise

    def _join_late(self, transaction: Transaction, named: NamedSource, one: PredictionAbout) -> int:
        within = named.source.within
        span = {"start": one.made_at, "end": one.made_at + within + 0.001, "rows": MOST_OUTCOMES}
        rows = transaction.execute(sql.TAKEN_ABOUT, {"entity_hash": one.entity_hash, "source": named.name, **span})
        count = 0
        for digest, label, at, token, reach in rows:
            if at - within <= one.made_at and reach in (None, one.token):
                giver = Giver(token, needs_draw=bool(token) or named.source.posted)
                given = [piece(named, one.id, label, bytes(digest))]
                with suppress(FeedbackInvalid):  # the model cannot have answered that label: as if it had been refused
                    count += self._taking.feedback.add_within(transaction, given, giver)
                    transaction.execute(sql.REMOVE_ASKED, {"source": named.name, "digest": digest})
        return count


def _is_due(state: SourceState) -> bool:
    """Whether the source was read on since the last time, or a silent spool may be back."""
    return state.swept.get("", _START)[0] != state.read_up_to or bool(state.passed)


def is_about(entity: str | None, names: int) -> bool:
    """Whether an entity is a list of as many values as the service's entity has `names`. Pure."""
    try:
        found = msgspec.json.decode(entity or "")
    except msgspec.DecodeError:
        return False
    return isinstance(found, list) and len(found) == names


def with_passed(state: SourceState, silent: list[str]) -> SourceState:
    """Where spools have begun to be silent or are so no longer: what is passed over, and from where to look again.

    Pure.
    """
    back = [swept for name, swept in state.passed.items() if name not in silent]
    passed = {name: swept for name, swept in state.passed.items() if name in silent}
    passed |= {name: dict(state.swept) for name in silent if name not in passed}
    swept = dict(state.swept)
    for before in back:
        swept = {model: min(at, before.get(model, _START)) for model, at in swept.items()}
    return msgspec.structs.replace(state, swept=swept, passed=passed)
