"""The store of trained models.

Guarantees:

- A definition's label has one result: the first recorded. A model has one version of a label.
- Version numbers of a model are 1, 2, 3 …, never used again.
- What takes a transaction becomes visible with it, whole or not at all, notifications included.
- Aliases only ever point at versions that are there; their history is append-only.
- A version that can be seen has its artifact in the artifact store already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from argosy.database.database import Database, Row, Transaction, in_lists
from argosy.errors import ModelNotFound, RowUnreadable, VersionNotFound, nearest
from argosy.messaging.notifications import notify
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.store import aliases, decided, marks, ranking, references, removals
from argosy.store import statements as sql
from argosy.store.aliases import CHAMPION
from argosy.store.artifact_store import ArtifactStore
from argosy.store.trained import LeaderboardRow, Metrics, Move, PutArtifact, Trained, Version
from argosy.telemetry import logger

UNREADABLE = "restore a backup, or delete the row and train it again"
_log = logger("argosy.store")
_JSON_COLUMNS = ("definition", "metrics", "confusion", "form", "environment")


class Store:
    """Any thread, any number of processes."""

    def __init__(self, database: Database, artifacts: ArtifactStore) -> None:
        self.database, self.artifacts = database, artifacts

    def put_artifact(self, source: Path) -> PutArtifact:
        """Keep a copy of the file for a result that is about to be recorded."""
        with self.database.read() as transaction:
            mark = removals.last_finished_removal(transaction)
        return PutArtifact(self.artifacts.put(source), source.stat().st_size, mark)

    def record(self, transaction: Transaction, trained: Trained, put: PutArtifact | None = None) -> bool:
        """Keep a definition's result; False where there was one already.

        Its artifact was `put`, or is the artifact of another result. Raises ArtifactCollected.
        """
        if put is not None:
            removals.check_kept(transaction, put.digest, put.mark)
        row = {name: getattr(trained, name) for name in Trained.__dataclass_fields__}
        row.update({name: msgspec.json.encode(row[name]).decode() for name in _JSON_COLUMNS})
        recorded = bool(transaction.execute(sql.RECORD, {**row, "trained_at": transaction.now()}))
        if recorded:
            notify(transaction, "definition_finished", label=trained.label)
        return recorded

    def add_version(self, transaction: Transaction, model: str, label: str) -> int:
        """The number of the model's version of that label, which must be recorded; made where there is none.

        A new one has its parent's decisions, but for a bias.
        """
        aliases.hold_model(transaction, model)
        names = {"model": model, "label": label}
        rows = transaction.execute(sql.VERSION_OF_LABEL, names)
        if not rows:
            rows = transaction.execute(sql.ADD_VERSION, {**names, "now": transaction.now()})
            decided.inherit(transaction, model, int(rows[0][0]), label)
            transaction.announce()  # to servers
        return int(rows[0][0])

    def promote(
        self,
        transaction: Transaction,
        model: str,
        number: int,
        alias: str = CHAMPION,
        *,
        by: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> bool:
        """Point the alias at a version; False where it does already.

        Raises ModelNotFound, VersionNotFound, and, unless forced, VersionMarked.
        """
        aliases.check_alias(alias)
        aliases.hold_model(transaction, model)
        version = references.select_version(model, str(number), _versions(transaction, model))
        if aliases.number_at(transaction, model, alias) == number:
            return False
        if not force:
            marks.check_unmarked(version)
        aliases.move_alias(
            transaction, model, alias, number, by=by, action=aliases.PROMOTE, reason=reason, evidence=evidence
        )
        return True

    def rollback(
        self,
        transaction: Transaction,
        model: str,
        alias: str = CHAMPION,
        *,
        by: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
    ) -> int:
        """Point the alias back at the version it had before; its number. Raises NothingToRollBack."""
        aliases.hold_model(transaction, model)
        _versions(transaction, model)
        number = aliases.number_before(aliases.alias_moves(transaction, model, alias), model, alias)
        aliases.move_alias(
            transaction, model, alias, number, by=by, action=aliases.ROLLBACK, reason=reason, evidence=evidence
        )
        return number

    def rollback_promotion(
        self,
        transaction: Transaction,
        model: str,
        number: int,
        before: int,
        alias: str = CHAMPION,
        *,
        by: str = "",
        reason: str = "",
    ) -> bool:
        """Take back the promotion of a version over the one before; False where the alias has moved since."""
        aliases.hold_model(transaction, model)
        moves = aliases.alias_moves(transaction, model, alias)
        last = moves[-1] if moves else None
        promoted = None if last is None else (last.action, last.to_number, last.from_number)
        if promoted != (aliases.PROMOTE, number, before):
            return False
        self.rollback(transaction, model, alias, by=by, reason=reason)
        return True

    def remove_alias(self, transaction: Transaction, model: str, alias: str, *, by: str = "", reason: str = "") -> int:
        """Take an alias away; the number that it pointed at. Raises ModelNotFound, VersionNotFound."""
        version = references.select_version(model, alias, _versions(transaction, model))
        if alias not in version.aliases:
            raise VersionNotFound(
                f"'{alias}' is no alias of '{model}'; aliases of that version: {', '.join(version.aliases) or 'none'}"
            )
        return aliases.remove_alias(transaction, model, alias, by=by, reason=reason) or version.number

    def reserved_aliases(self) -> list[tuple[str, str, int]]:
        """(model, alias, number) of aliases from before their names were reserved."""
        with self.database.read() as transaction:
            return [(model, alias, number) for model, alias, number in transaction.execute(sql.RESERVED_ALIASES)]

    def models(self) -> list[str]:
        """The names of all registered models."""
        with self.database.read() as transaction:
            return _models(transaction)

    def versions(self, model: str) -> list[Version]:
        """A model's versions in order; raises ModelNotFound."""
        with self.database.read() as transaction:
            return _versions(transaction, model)

    def all_versions(self) -> list[Version]:
        """Every model's versions, in three queries."""
        with self.database.read() as transaction:
            return _all_versions(transaction)

    def count_changes(self) -> tuple[int, int, int]:
        """How many versions were made, aliases moved and decisions changed: other numbers mean that some are others."""
        with self.database.read() as transaction:
            ((versions, moves, decisions),) = transaction.execute(sql.CHANGES)
        return int(versions), int(moves), int(decisions)

    def stored_version(self, reference: str) -> Version:
        """The version that `MODEL@ALIAS`, `MODEL@NUMBER`, `MODEL` (its champion, else its newest) or a label means.

        What users say goes through `jobs.selection.resolve_version`, which finds places on the leaderboard too.
        """
        model, wanted = references.parse_reference(reference)
        with self.database.read() as transaction:
            if not wanted and model not in _models(transaction) and self.is_trained(transaction, reference):
                return references.only_version(reference, _versions_of(transaction, reference))
            return references.select_version(model, wanted, _versions(transaction, model))

    def versions_of(self, label: str) -> list[Version]:
        """Every model's version of that result."""
        with self.database.read() as transaction:
            return _versions_of(transaction, label)

    def trained(self, label: str) -> Trained:
        """A label's result; raises VersionNotFound."""
        with self.database.read() as transaction:
            return self.result(transaction, label)

    def result(self, transaction: Transaction, label: str) -> Trained:
        """The same within a transaction."""
        rows = transaction.execute(sql.TRAINED, {"label": label})
        if not rows:
            raise VersionNotFound(f"nothing was trained under the label '{label}'")
        return _trained_of(rows[0])

    def is_trained(self, transaction: Transaction, label: str) -> bool:
        """Whether the label has its result."""
        return bool(transaction.execute(sql.IS_TRAINED, {"label": label}))

    def trained_among(self, transaction: Transaction, labels: Iterable[str]) -> set[str]:
        """Those of the labels that have their result."""
        return {row[0] for row in _among(transaction, sql.LABELS_AMONG, labels)}

    def metrics(self, transaction: Transaction, labels: Iterable[str]) -> dict[str, Metrics]:
        """The figures of those of the labels that have their result; raises RowUnreadable."""
        found: dict[str, Metrics] = {}
        for label, metrics in _among(transaction, sql.METRICS_AMONG, labels):
            try:
                found[label] = msgspec.json.decode(metrics, type=dict[str, dict[str, dict[str, float]]])
            except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
                raise RowUnreadable("trained", label, str(error), UNREADABLE) from None
        return found

    def digests(self, transaction: Transaction, model: str) -> list[str]:
        """The datasets that a model's versions were trained on."""
        return [row[0] for row in transaction.execute(sql.DIGESTS, {"model": model})]

    def path(self, version: Version) -> Path:
        """A local file with the version's artifact, its bytes compared with the digest."""
        return self.artifacts.fetch(version.artifact)

    def history(self, model: str, alias: str = "") -> list[Move]:
        """How a model's aliases moved, oldest first; raises ModelNotFound."""
        with self.database.read() as transaction:
            _versions(transaction, model)
            return aliases.alias_moves(transaction, model, alias)

    def leaderboard(self, labels: Iterable[str] | None = None, metric: str | None = None) -> list[LeaderboardRow]:
        """Every definition tried, or those of some labels, best first as `ranking.rank` says."""
        with self.database.read() as transaction:
            if labels is None:
                rows = transaction.execute(sql.ALL_TRAINED)
            else:
                rows = _among(transaction, sql.TRAINED_AMONG, labels)
            by_label: dict[str, list[Version]] = {}
            for version in _all_versions(transaction):
                by_label.setdefault(version.label, []).append(version)
        return ranking.rank(_readable(rows), by_label, metric)

    def standing_labels(self, transaction: Transaction, model: str) -> list[str]:
        """Labels of a model's versions; of retrained ones those that an alias points at: the gate judges others."""
        return [label for (label,) in transaction.execute(sql.STANDING_LABELS, {"model": model})]

    def dangling(self) -> list[str]:
        """What points at nothing: aliases without their version, versions without their result."""
        with self.database.read() as transaction:
            names = transaction.execute(sql.DANGLING_ALIASES)
            numbers = transaction.execute(sql.DANGLING_VERSIONS)
        return [
            *(f"the alias {model}@{alias} points at version {number}, which is gone" for model, alias, number in names),
            *(f"{model}@{number} is of the result '{label}', which is gone" for model, number, label in numbers),
        ]

    def named_artifacts(self) -> list[NamedArtifact]:
        """Every artifact that a result names."""
        with self.database.read() as transaction:
            return [NamedArtifact(*row) for row in transaction.execute(sql.ARTIFACTS)]

    def unreadable(self) -> list[RowUnreadable]:
        """What is wrong with each result that cannot be read; the leaderboard leaves these out."""
        with self.database.read() as transaction:
            rows = transaction.execute(sql.ALL_TRAINED)
        return [problem for problem in map(_problem_of, rows) if problem is not None]


class NamedArtifact(NamedTuple):
    """An artifact, the label of a result that names it, and how many bytes were put."""

    digest: str
    label: str
    size_bytes: int


def _among(transaction: Transaction, statement: str, labels: Iterable[str]) -> list[Row]:
    return [row for some in in_lists(labels) for row in transaction.execute(statement, {"labels": some})]


def _models(transaction: Transaction) -> list[str]:
    return [row[0] for row in transaction.execute(sql.MODELS)]


def _versions(transaction: Transaction, model: str) -> list[Version]:
    rows = transaction.execute(sql.VERSIONS, {"model": model})
    if not rows:
        known = _models(transaction)
        there_are = f"there are: {', '.join(known)}" if known else "none is trained yet"
        raise ModelNotFound(f"no model is called '{model}'{nearest(model, known)}; {there_are}")
    pairs = transaction.execute(sql.ALIASES, {"model": model})
    return _with_aliases(rows, [(model, *pair) for pair in pairs], decided.in_force(transaction, model))


def _versions_of(transaction: Transaction, label: str) -> list[Version]:
    return [version for version in _all_versions(transaction) if version.label == label]


def _all_versions(transaction: Transaction) -> list[Version]:
    aliases_ = transaction.execute(sql.ALL_ALIASES)
    return _with_aliases(transaction.execute(sql.ALL_VERSIONS), aliases_, decided.in_force(transaction))


def _with_aliases(
    rows: Sequence[Row], pairs: Sequence[Row], decisions: Mapping[tuple[str, int], Decisions]
) -> list[Version]:
    names: dict[tuple[str, int], list[str]] = {}
    for model, alias, number in pairs:
        names.setdefault((model, number), []).append(alias)
    return [
        Version(
            *(model, number, label, artifact, created_at, tuple(names.get((model, number), ())), mark),
            decisions.get((model, number), NO_DECISIONS),
        )
        for model, number, label, artifact, created_at, mark in rows
    ]


def _trained_of(row: Row) -> Trained:
    """A result; raises RowUnreadable."""
    named = dict(zip(Trained.__dataclass_fields__, row, strict=True))
    try:
        decoded = {name: msgspec.json.decode(named[name]) for name in _JSON_COLUMNS}
        found: Trained = msgspec.convert({**named, **decoded}, Trained)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        raise RowUnreadable("trained", str(named["label"]), str(error), UNREADABLE) from None
    return found


def _problem_of(row: Row) -> RowUnreadable | None:
    try:
        _trained_of(row)
    except RowUnreadable as problem:
        return problem
    return None


def _readable(rows: Iterable[Row]) -> list[Trained]:
    found = []
    for row in rows:
        try:
            found.append(_trained_of(row))
        except RowUnreadable as problem:
            _log.warning("left out: %s", problem)
    return found
