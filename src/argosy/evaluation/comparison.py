"""Two trained models side by side: what they are, what they learned from, and what they answer on the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from argosy.backends import Backends
from argosy.evaluation.changes import Changed, changes, definition_changes
from argosy.jobs.selection import trained_of
from argosy.label_sets import agrees, as_members
from argosy.subprocess_tasks import run_task
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.database import Database, Transaction
    from argosy.store.trained import Trained

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 4_000


@dataclass(frozen=True)
class DataChange:
    """From the first model's frozen rows to the second's. Examples are compared, whatever revision each side has."""

    rows: tuple[int, int]
    erased: tuple[int, int]
    """Of these, erased since: what they were is not known."""
    added: dict[str, int]
    """Rows that only the second has, by label."""
    removed: dict[str, int]
    relabelled: dict[str, int]
    """`tech → sport` to rows."""
    moved: dict[str, int]
    """`train → test` to rows: in both, in another part."""


@dataclass(frozen=True)
class ClassChange:
    """One class on the common rows; figures are (first, second), None where there is nothing to divide by."""

    label: str
    rows: int
    recall: tuple[float | None, float | None]
    precision: tuple[float | None, float | None]
    f1: tuple[float | None, float | None]
    low: float | None
    """The interval of the difference in recall, second minus first."""
    high: float | None


@dataclass(frozen=True)
class Paired:
    """Both on the same rows, which neither learned from; `difference` is second minus first, in accuracy.

    Of numbers, `error` has the mean absolute errors, and the difference is by how much the second's is smaller.
    """

    rows: int
    left_out: str
    accuracy: tuple[float, float] | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    only_first_right: int
    only_second_right: int
    """Of numbers, rows on which it is nearer to the truth."""
    classes: list[ClassChange]
    error: tuple[float, float] | None = None


@dataclass(frozen=True)
class Comparison:
    """`first` and `second` are labels; lists are empty where nothing differs."""

    first: str
    second: str
    definition: list[Changed]
    data: DataChange
    environment: list[Changed]
    metrics: dict[str, dict[str, tuple[float | None, float | None]]]
    """As recorded, each on its own rows: {part: {metric: (first, second)}}."""
    paired: Paired

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(backends: Backends, first: str, second: str, report_progress: Progress = lambda _: None) -> Comparison:
    """What is different between two versions or labels; raises VersionNotFound, ModelNotFound, JobFailed."""
    a, b = trained_of(backends.plans, first), trained_of(backends.plans, second)
    data = data_change(backends.database, a.dataset_digest, b.dataset_digest)
    report_progress("both answer the rows that neither learned from")
    paired = answers_compared(backends, a.label, b.label, report_progress)
    return Comparison(
        a.label,
        b.label,
        definition_changes(a.definition, b.definition),
        data,
        changes(a.environment, b.environment),
        _metrics(a, b),
        paired,
    )


def answers_compared(backends: Backends, first: str, second: str, report_progress: Progress = lambda _: None) -> Paired:
    """Both labels' answers on the rows that neither learned from; raises JobFailed, KeyUnavailable."""
    labels = {"first": first, "second": second}
    return _paired(run_task(backends.root, "answer_both", labels, report_progress=report_progress))


def data_change(database: Database, first: str, second: str) -> DataChange:
    """From one frozen dataset to another."""
    with database.read() as transaction:
        sides = [_Side.of(transaction, digest) for digest in (first, second)]
    a, b = sides
    both = a.rows.keys() & b.rows.keys()
    pairs = [(a.rows[one], b.rows[one]) for one in both]
    return DataChange(
        (a.count, b.count),
        (a.count - len(a.rows), b.count - len(b.rows)),
        _by_size(Counter(row.label for one, row in b.rows.items() if one not in both)),
        _by_size(Counter(row.label for one, row in a.rows.items() if one not in both)),
        _by_size(Counter(f"{x.label} → {y.label}" for x, y in pairs if x.label != y.label)),
        _by_size(Counter(f"{x.part} → {y.part}" for x, y in pairs if x.part != y.part)),
    )


def answer_both(backends: Backends, request: Mapping[str, Any], report_progress: Progress) -> dict[str, Any]:  # noqa: ARG001
    """In the child: both models on the rows that may measure them; labels and answers, no inputs."""
    import numpy as np

    from argosy.datasets.dataset import load_revisions
    from argosy.models.adapted_model import AdaptedModel
    from argosy.store.members import learned_digests

    backends.load_plugins()
    a, b = backends.store.trained(request["first"]), backends.store.trained(request["second"])
    with backends.database.read() as transaction:
        sides = [_Side.of(transaction, one.dataset_digest) for one in (a, b)]
        find = partial(backends.store.result, transaction)
        before = {digest for one in (a, b) for digest in learned_digests(one, find)}
        members = [_Side.of(transaction, digest) for digest in before - {a.dataset_digest, b.dataset_digest}]
        chosen, left_out = _common(transaction, sides[0], sides[1], members)
    collection = sides[1].collection or sides[0].collection
    rows = load_revisions(backends.database, backends.vault, collection, np.array(chosen, np.int64))
    answers, kinds = [], set()
    for one in (a, b):
        model = AdaptedModel.load(backends.artifacts.fetch(one.artifact))
        kinds.add(model.estimator.answers_numbers)
        answers.append(model.classify(rows.inputs) if rows.inputs else [])
    if len(kinds) > 1:
        nothing = {"labels": [], "answers": [[], []], "left_out": "all: one answers numbers and the other classes"}
        return {**nothing, "are_numbers": False}
    return {"labels": rows.labels, "answers": answers, "left_out": left_out, "are_numbers": kinds.pop()}


def class_changes(labels: Sequence[str], first: Sequence[str], second: Sequence[str]) -> list[ClassChange]:
    """Every class that is a label or an answer, in order; where texts have several, each by itself. Pure."""
    import numpy as np

    from argosy.statistics.weighted_pairs import difference_interval

    true, *sides = ([frozenset(as_members(label)) for label in column] for column in (labels, first, second))
    found = []
    for label in sorted(frozenset().union(*true, *sides[0], *sides[1])):
        of_first, of_second = (_hits(label, true, side) for side in sides)
        rows = len(of_first)
        outcomes = np.array(of_second, np.int8) - np.array(of_first, np.int8)
        low, high = difference_interval(outcomes, np.ones(rows), CONFIDENCE, RESAMPLES, 0) if rows else (None, None)
        right, given = (sum(of_first), sum(of_second)), (_times(label, sides[0]), _times(label, sides[1]))
        recall = (_share(right[0], rows), _share(right[1], rows))
        precision = (_share(right[0], given[0]), _share(right[1], given[1]))
        f1 = (_share(2 * right[0], rows + given[0]), _share(2 * right[1], rows + given[1]))
        found.append(ClassChange(label, rows, recall, precision, f1, low, high))
    return found


@dataclass(frozen=True)
class _Row:
    revision_id: int
    label: str
    part: str
    source: str
    origin: str | None


@dataclass(frozen=True)
class _Side:
    """The rows of a frozen dataset that are still there, by example; of another project's, none and no collection."""

    collection: str
    count: int
    rows: dict[bytes, _Row]

    @classmethod
    def of(cls, transaction: Transaction, digest: str) -> _Side:
        from argosy.datasets.frozen import collections_of, frozen_content
        from argosy.datasets.membership import decode
        from argosy.datasets.provenance import collection_rows
        from argosy.datasets.split import PARTS

        if not collections_of(transaction, [digest]):
            return cls("", 0, {})
        collection, data = frozen_content(transaction, digest)
        revision_ids, parts = decode(data)
        part_of = dict(zip(revision_ids.tolist(), (PARTS[code].value for code in parts.tolist()), strict=True))
        rows = {
            one.example_id: _Row(one.revision_id, one.label, part_of[one.revision_id], one.source, one.origin)
            for one in collection_rows(transaction, collection)
            if one.revision_id in part_of
        }
        return cls(collection, len(part_of), rows)


def _common(transaction: Transaction, a: _Side, b: _Side, members: Sequence[_Side]) -> tuple[list[int], str]:
    """The rows of either test part that neither learned from, by revision id; and what was left out.

    `members` are what the members of an ensemble learned from in addition.
    An example that both have in two revisions is taken as the second has it. Reviewed rows, which were drawn with
    unequal chances, are left out: figures by class take every row as one.
    """
    from argosy.evaluation.evidence import Candidate, Side, select
    from argosy.evaluation.gate import Policy
    from argosy.predictions.measures import measures
    from argosy.types import Part

    if a.collection != b.collection and a.collection and b.collection:
        return [], "all: the two learned from different collections"
    learned = {one for side in (a, b, *members) for one, row in side.rows.items() if row.part != Part.TEST}
    tested = {one: row for side in (a, b) for one, row in side.rows.items() if row.part == Part.TEST}
    candidates = [Candidate(one, row.origin) for one, row in tested.items()]
    alike = {one: found for one, found in measures(transaction).items() if found.probability is None}
    selection = select(candidates, [Side(learned)], alike, Policy(largest_share=1.0))
    counted = selection.live | selection.test
    chosen = [row.revision_id for row, counts in zip(tested.values(), counted, strict=True) if counts]
    return sorted(chosen), selection.describe()


def _paired(answered: Mapping[str, Any]) -> Paired:
    import numpy as np

    from argosy.evaluation.gate import judge
    from argosy.models.number_evaluation import absolute_errors

    labels, (first, second) = answered["labels"], answered["answers"]
    if answered["are_numbers"]:
        right = [absolute_errors(side, labels) for side in (first, second)]
    else:
        right = [np.array(list(map(agrees, side, labels)), np.bool_) for side in (first, second)]
    verdict = judge(right[0], right[1], CONFIDENCE, minimum_rows=1)
    known = verdict.champion_accuracy is not None and verdict.challenger_accuracy is not None
    return Paired(
        len(labels),
        answered["left_out"],
        (verdict.champion_accuracy or 0.0, verdict.challenger_accuracy or 0.0) if known else None,
        verdict.difference,
        verdict.low,
        verdict.high,
        verdict.p_value,
        verdict.only_champion_right,
        verdict.only_challenger_right,
        [] if answered["are_numbers"] else class_changes(labels, first, second),
        None if verdict.champion_error is None else (verdict.champion_error, verdict.challenger_error or 0.0),
    )


def _metrics(a: Trained, b: Trained) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    def value(one: Trained, part: str, metric: str) -> float | None:
        return one.metrics.get(part, {}).get(metric, {}).get("value")

    names = {part: {*a.metrics.get(part, {}), *b.metrics.get(part, {})} for part in {**a.metrics, **b.metrics}}
    return {
        part: {metric: (value(a, part, metric), value(b, part, metric)) for metric in sorted(metrics)}
        for part, metrics in names.items()
    }


def _by_size(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _hits(label: str, labels: Sequence[frozenset[str]], answers: Sequence[frozenset[str]]) -> list[bool]:
    """Of each row of that label, whether it was answered."""
    return [label in answer for answer, true in zip(answers, labels, strict=True) if label in true]


def _times(label: str, answers: Sequence[frozenset[str]]) -> int:
    return sum(label in answer for answer in answers)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
