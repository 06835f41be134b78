"""How rows that share their input are stored: with each other, or with an example that is stored.

Rules: `latest` takes the label that was seen last (of equals, the later row), `majority` the label with the most rows
and revisions (of equals, the latest), `drop` takes none of the new rows, `error` refuses the whole import. Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple, get_args

from argosy.errors import DefinitionInvalid, ExamplesInvalid, nearest

Rule = Literal["latest", "majority", "drop", "error"]
RULES: tuple[Rule, ...] = get_args(Rule)


class Staged(NamedTuple):
    """A new row; `votes` is how many rows of the same input, label and subject it stands for."""

    n: int
    """Its line in its file, or its number among the rows."""
    last_n: int
    """That of the last row it stands for."""
    votes: int
    label: str
    seen_at: float
    subject: bytes | None
    is_dated: bool = True
    """Whether it said when it was seen; else `seen_at` is the time of the import."""


class Stored(NamedTuple):
    """A revision that is stored."""

    label: str
    seen_at: float
    subject: bytes | None
    is_derived: bool = False
    """Whether it came of feedback."""


class Decision(NamedTuple):
    """`keep`: the rows that become revisions, oldest first; the last one is current."""

    keep: list[int]
    duplicates: int
    dropped: int
    is_conflict: bool


def check_rule(name: str) -> Rule:
    """The rule of that name; raises DefinitionInvalid listing those there are."""
    for rule in RULES:
        if rule == name:
            return rule
    raise DefinitionInvalid(
        f"there is no conflict rule '{name}'{nearest(name, RULES)}; there are: {', '.join(RULES)}", "on_conflict"
    )


def resolve_conflict(stored: list[Stored], staged: list[Staged], rule: Rule, noun: str = "row") -> Decision:
    """`stored` are the example's revisions, oldest first, none where it is new; `noun` is what row numbers count."""
    rows = sum(row.votes for row in staged)
    is_conflict = len({row.label for row in staged} | {row.label for row in stored[-1:]}) > 1
    if is_conflict and rule == "error":
        raise ExamplesInvalid(_disagreement(stored, staged, noun))
    if is_conflict and rule == "drop":
        agreeing = sum(row.votes for row in staged if stored and row.label == stored[-1].label)
        return Decision([], agreeing, rows - agreeing, is_conflict)
    label = _majority(stored, staged) if is_conflict and rule == "majority" else _latest(stored, staged)
    winners = [row for row in staged if row.label == label]
    agreeing = sum(row.votes for row in winners)
    keep = _revisions(stored, winners)
    return Decision(keep, agreeing - len(keep), rows - agreeing, is_conflict)


def _revisions(stored: list[Stored], winners: list[Staged]) -> list[int]:
    """One row for a label that is not the current one, and one for each subject the example did not have yet."""
    known = {row.subject for row in stored} | {None}
    keep: dict[int, Staged] = {}
    for row in winners:
        if row.subject not in known:
            known.add(row.subject)
            keep[row.n] = row
    if winners and not keep and (not stored or stored[-1].label != winners[0].label):
        newest = max(winners, key=lambda row: (row.seen_at, -row.n))
        keep[newest.n] = newest
    return [row.n for row in sorted(keep.values(), key=lambda row: (row.seen_at, row.n))]


def _latest(stored: list[Stored], staged: list[Staged]) -> str:
    newest = max(staged, key=lambda row: (row.seen_at, row.last_n))
    # an old file without dates, imported again, does not take a correction back
    is_outranked = bool(stored) and stored[-1].is_derived and not newest.is_dated
    if stored and (is_outranked or stored[-1].seen_at > newest.seen_at):
        return stored[-1].label
    return newest.label


def _majority(stored: list[Stored], staged: list[Staged]) -> str:
    votes = Counter(row.label for row in stored)
    for row in staged:
        votes[row.label] += row.votes
    candidates = {row.label for row in staged} | {row.label for row in stored[-1:]}
    most = max(votes[label] for label in candidates)
    leading = {label for label in candidates if votes[label] == most}
    rows = [row for row in staged if row.label in leading]
    return _latest([row for row in stored[-1:] if row.label in leading], rows) if rows else stored[-1].label


def _disagreement(stored: list[Stored], staged: list[Staged], noun: str) -> str:
    labels = {row.label: row.n for row in sorted(staged, key=lambda row: row.n)}
    said = ", ".join(f"{noun} {n} says '{label}'" for label, n in labels.items())
    if stored:
        said += f", the stored example says '{stored[-1].label}'"
    return f"the same input has more than one label: {said}; nothing was imported (on_conflict: latest, majority, drop)"
