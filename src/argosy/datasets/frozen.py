"""Freezing: which rows a cut selects now, written down so that it selects them for ever.

A frozen dataset is a row of the table `datasets`, named by its digest; freezing the same rows in the same parts again
changes nothing. `preview` finds the same without writing. Rows erased later are missing from it and its digest stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

import msgspec
import numpy as np

from argosy.clock import format_time
from argosy.database import Transaction
from argosy.database.database import in_lists
from argosy.datasets import membership
from argosy.datasets import statements as sql
from argosy.datasets.cut import UNKNOWN, Candidates
from argosy.datasets.cuts import FROZEN, cuts
from argosy.datasets.label_counts import Baseline, baseline, problems
from argosy.datasets.membership import RevisionIds
from argosy.datasets.no_rows import NO_ROWS
from argosy.datasets.split import OUT, PARTS, PartCodes, id_words
from argosy.definitions.definition import Spec
from argosy.errors import CollectionNotFound, DatasetInvalid, LabelsUnavailable, UserMistake, nearest
from argosy.label_sets import alike, missing_words
from argosy.plurals import plural
from argosy.types import Part


@dataclass(frozen=True)
class Frozen:
    """`counts` is rows by part and label."""

    digest: str
    collection: str
    rows: int
    counts: dict[Part, dict[str, int]]
    are_numbers: bool = False
    """Whether the models that are to learn from it take its labels as numbers."""

    @property
    def alike(self) -> list[tuple[str, ...]]:
        """Labels that may be meant as one, in groups."""
        if self.are_numbers:
            return []
        return alike({label for by_label in self.counts.values() for label in by_label})

    @property
    def missing_words(self) -> dict[str, int]:
        """Labels that look like missing values, with their rows."""
        found = Counter[str]()
        for by_label in () if self.are_numbers else self.counts.values():
            found.update(missing_words(by_label))
        return dict(found)

    @property
    def baseline(self) -> Baseline | None:
        """The figures of always answering the most frequent class, or the mean number."""
        return baseline(self.counts, are_numbers=self.are_numbers)

    @property
    def problems(self) -> list[str]:
        """Why nothing will be learned from these labels."""
        return [] if self.are_numbers else problems(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            **asdict(self),
            "alike": self.alike,
            "missing_words": self.missing_words,
            "baseline": asdict(self.baseline) if self.baseline else None,
            "problems": self.problems,
        }


def completed(transaction: Transaction, cut: Spec, collection: str) -> Spec:
    """The cut with the project's collection where it names none, and a digest that was cut short in full.

    Raises DatasetInvalid where no dataset, or more than one, has that digest.
    """
    if cut.name != FROZEN:
        return cut if cut.options.get("collection") else cut.with_options(collection=collection)
    named = cuts.get(cut.name).create(cut.options, "dataset.options")
    rows = transaction.execute(sql.DATASETS_LIKE, {"digest": f"{named.digest}%"})
    if not rows:
        raise _unknown(named.digest)
    if len(rows) > 1:
        raise DatasetInvalid(f"more than one dataset has a digest that begins with {named.digest}: give more digits")
    digest, theirs = rows[0]
    if named.collection not in ("", theirs):
        raise DatasetInvalid(f"the dataset {digest[:12]} is of '{theirs}', not of '{named.collection}'")
    return cut.with_options(digest=digest, collection=theirs)


def freeze(transaction: Transaction, cut: Spec, now: float) -> Frozen:
    """Write down what the cut selects; idempotent. Raises as `preview` does."""
    frozen, revision_ids, parts = _choose(transaction, cut)
    transaction.execute(
        sql.FREEZE,
        {
            "digest": frozen.digest,
            "collection": frozen.collection,
            "cut": cut.canonical(),
            "members": membership.encode(revision_ids, parts),
            "row_count": frozen.rows,
            "counts": msgspec.json.encode(frozen.counts).decode(),
            "frozen_at": now,
        },
    )
    return frozen


def preview(transaction: Transaction, cut: Spec) -> Frozen:
    """What `freeze` would write. Raises CollectionNotFound, and DatasetInvalid where nothing can be trained on it."""
    return _choose(transaction, cut)[0]


def selection(transaction: Transaction, cut: Spec) -> tuple[RevisionIds, PartCodes]:
    """What `frozen_members` would give if the cut were frozen now; raises as `preview` does."""
    _, revision_ids, parts = _choose(transaction, cut)
    return revision_ids, parts


def frozen_members(transaction: Transaction, digest: str) -> tuple[RevisionIds, PartCodes]:
    """A frozen dataset's revision ids, ascending, and the part of each as an index into `split.PARTS`."""
    return membership.decode(frozen_content(transaction, digest)[1])


def describe_frozen(transaction: Transaction, digest: str) -> Frozen:
    """What was frozen under that digest, erased rows included."""
    rows = transaction.execute(sql.DATASET, {"digest": digest})
    if not rows:
        raise _unknown(digest)
    collection, _, _, count, counts, _ = rows[0]
    return Frozen(digest, collection, count, msgspec.json.decode(counts, type=dict[Part, dict[str, int]]))


def frozen_cut(transaction: Transaction, digest: str) -> tuple[dict[str, Any], float]:
    """The cut that first chose those rows, {name, options}, and when it was frozen."""
    rows = transaction.execute(sql.DATASET, {"digest": digest})
    if not rows:
        raise _unknown(digest)
    return msgspec.json.decode(rows[0][1], type=dict[str, Any]), rows[0][5]


def collections_of(transaction: Transaction, digests: Iterable[str]) -> set[str]:
    """The collections that those frozen datasets are of."""
    found = (transaction.execute(sql.COLLECTIONS_OF, {"digests": some}) for some in in_lists(digests))
    return {row[0] for rows in found for row in rows}


def frozen_content(transaction: Transaction, digest: str) -> tuple[str, bytes]:
    """A frozen dataset's collection and members."""
    rows = transaction.execute(sql.DATASET, {"digest": digest})
    if not rows:
        raise _unknown(digest)
    return rows[0][0], rows[0][2]


def _unknown(digest: str) -> UserMistake:
    if digest == NO_ROWS:
        return LabelsUnavailable(
            "the version answers tensors and has no labels, so that nothing can be measured or compared: promote it by "
            "hand, or register it as another model"
        )
    return DatasetInvalid(
        f"no dataset with the digest {digest} was ever frozen here: what learned from it came from another project"
    )


def candidates(transaction: Transaction, collection: str, window: tuple[float, float] = (-inf, inf)) -> Candidates:
    """The collection's current revisions that were seen in the window."""
    bounds = {"collection": collection, "start": window[0], "end": window[1]}
    rows = transaction.execute(sql.CANDIDATES, bounds)
    ids, example_ids, revisions, seen_at, labels, splits = zip(*rows, strict=True) if rows else ((),) * 6
    classes = sorted(set(labels))
    code_of_label = {label: code for code, label in enumerate(classes)}
    code_of_split = {None: UNKNOWN} | {part.value: code for code, part in enumerate(PARTS)}
    return Candidates(
        np.array(ids, dtype=np.int64),
        id_words(list(example_ids)),
        np.array(revisions, dtype=np.int64),
        np.array(seen_at, dtype=np.float64),
        np.array([code_of_label[label] for label in labels], dtype=np.int64),
        classes,
        np.array([code_of_split[name] for name in splits], dtype=np.uint8),
    )


def _choose(transaction: Transaction, cut: Spec) -> tuple[Frozen, RevisionIds, PartCodes]:
    chosen = cuts.get(cut.name, "dataset.name").create(cut.options, "dataset.options")
    if chosen.digest:
        return describe_frozen(transaction, chosen.digest), *frozen_members(transaction, chosen.digest)
    offered = candidates(transaction, chosen.collection, chosen.window())
    parts = chosen.select(offered)
    inside = parts != OUT
    if not inside.any():
        raise _nothing(transaction, chosen.collection, cut)
    counts = offered.counts(parts)
    _check(counts, cut)
    digest = membership.digest(offered.words[inside], offered.revisions[inside], parts[inside])
    frozen = Frozen(digest, chosen.collection, int(inside.sum()), counts)
    return frozen, offered.revision_ids[inside], parts[inside]


def _check(counts: dict[Part, dict[str, int]], cut: Spec) -> None:
    labels = sorted({label for by_label in counts.values() for label in by_label})
    rows = sum(sum(by_label.values()) for by_label in counts.values())
    if len(labels) == 1:
        raise DatasetInvalid(f"{_described(cut)} has one class alone, '{labels[0]}': {plural(rows, 'row')}")
    for part in (Part.TRAIN, Part.TEST):
        if part not in counts:
            raise DatasetInvalid(f"{_described(cut)} has {plural(rows, 'row')} and none of them in its {part} part")
    if len(counts[Part.TRAIN]) == 1:
        (label,) = counts[Part.TRAIN]
        raise DatasetInvalid(f"{_described(cut)} has one class alone in its train part: '{label}'")


def _nothing(transaction: Transaction, collection: str, cut: Spec) -> CollectionNotFound | DatasetInvalid:
    """Why there is no row: no such collection, or none in the span."""
    there = transaction.execute(sql.SPANS)
    mine = [row for row in there if row[0] == collection]
    if not mine:
        names = [row[0] for row in there]
        hint = f"there are: {', '.join(names)}" if names else f"argosy examples import FILE --into {collection}"
        return CollectionNotFound(f"no collection is called '{collection}'{nearest(collection, names)}; {hint}")
    _, rows, first, last = mine[0]
    seen = f"{plural(rows, 'example')} of it, seen from {format_time(first)} to {format_time(last)}"
    return DatasetInvalid(f"{_described(cut)} selects no row of '{collection}': {seen}")


def _described(cut: Spec) -> str:
    given = {name: value for name, value in cut.options.items() if value not in (None, "")}
    return f"the dataset {cut.name}({', '.join(f'{name}={value}' for name, value in given.items())})"
