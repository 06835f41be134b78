"""Whether the sources of outcomes are read, and what becomes of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from argosy.backends import Backends
from argosy.errors import ArgosyError
from argosy.feedback.outcomes.rows import NamedSource
from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.states import SourceState, all_states
from argosy.plurals import plural

LATE_SECONDS: Final = 3600.0
"""After which a source should have been looked at again, or after ten times its `every` where that is longer."""
READ_THEM: Final = "start argosy up, a worker or argosy outcomes run"


def check_outcomes(backends: Backends) -> str:
    """What there is to say of all sources. Raises ArgosyError with what is wrong and what to do."""
    sources = OutcomeServices(backends.root).sources()
    if not sources:
        return "none"
    with backends.database.read() as transaction:
        now = transaction.now()
    said, faults = judge_sources(sources, all_states(backends.database), now)
    if faults:
        raise ArgosyError("; ".join(faults))
    return "; ".join(said)


def judge_sources(
    sources: Sequence[NamedSource], states: Mapping[str, tuple[SourceState, int]], now: float
) -> tuple[list[str], list[str]]:
    """What there is to say of each, and what is wrong. Pure."""
    said, faults = [], []
    for named in sources:
        state, waiting = states.get(named.name, (SourceState(name=named.name), 0))
        rows = f"{named.name}: {plural(state.taken, 'row')}"
        poison = sum(state.poison.values())
        if poison:
            rows += f", {poison} that say nothing"
        if waiting:
            rows += f", {waiting} wait until '{named.models[0]}' has a champion"
        said.append(rows)
        if fault := _fault(named, state, poison, now):
            faults.append(f"{named.name}: {fault}")
    return said, faults


def _fault(named: NamedSource, state: SourceState, poison: int, now: float) -> str:
    if state.problem:
        return state.problem
    if state.looked_at is None:
        return "" if named.source.posted else f"it was never read: {READ_THEM}"
    age = now - state.looked_at
    if age > max(LATE_SECONDS, 10 * named.source.every):
        return f"it has not been read for {age / 3600:,.1f} hours: {READ_THEM}"
    if poison > state.taken:
        why = max(state.poison, key=lambda one: state.poison[one])
        return f"{poison} rows say nothing, mostly '{why}', and {state.taken} something: see argosy outcomes status"
    return ""
