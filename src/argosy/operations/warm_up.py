"""Choosing the requests that a model's versions must answer before they are served; see `WarmUpRequests`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from argosy.backends import Backends
from argosy.datasets.file_options import FileOptions
from argosy.errors import ExamplesInvalid, ImportedModelFailed, InputInvalid, UserMistake
from argosy.identities import identity_of
from argosy.jobs.selection import resolve_version
from argosy.models.compiled.tensors import ServedTensors
from argosy.predictions.log import SCOPE
from argosy.predictions.warm_up_requests import MOST, WarmUpCounts, WarmUpRequests
from argosy.scoring.child import load_pair
from argosy.scoring.input_rows import InputReading, InputRow, WantedColumns
from argosy.serving.tensor_warm_up import tensors_asked
from argosy.types import Input


def warm_up_requests(backends: Backends) -> WarmUpRequests:
    return WarmUpRequests(backends.database, backends.vault.scope(SCOPE))


def give_warm_up_requests(
    backends: Backends, reference: str, path: Path, columns: WantedColumns, options: FileOptions
) -> WarmUpCounts:
    """Replace the requests of a version's model with a file's rows, each of which that version must answer.

    Raises ExamplesInvalid naming the first row that it does not, and what reading a file raises.
    """
    version = resolve_version(backends.plans, reference)
    model = load_pair(backends, version.label, is_stored=False)
    served = model.served()
    are_tensors = isinstance(served, ServedTensors)
    rows = _tensor_rows(path, columns) if are_tensors else InputReading(path, options, columns, model.adapter.reads)
    given: list[tuple[Input, str | None]] = []
    for row in rows:
        if row.given is None:
            raise ExamplesInvalid(f"{path}: row {row.number}: {row.problem}")
        if len(given) == MOST:
            raise ExamplesInvalid(f"{path}: a model has at most {MOST} warm-up requests: give fewer rows")
        try:
            if isinstance(served, ServedTensors):
                _ask(served, row.given)
            else:
                model.scores([row.given], options.text_bytes)
        except (InputInvalid, ImportedModelFailed) as problem:
            why = str(problem).removeprefix("row 1: ")
            raise ExamplesInvalid(f"{path}: row {row.number}: {version.reference} does not answer it: {why}") from None
        given.append((row.given, row.subject))
    if not given:
        raise ExamplesInvalid(f"{path}: there is no row in it")
    requests = warm_up_requests(backends)
    requests.give(version.model, given)
    return requests.counts(version.model)


def _tensor_rows(path: Path, columns: WantedColumns) -> Iterator[InputRow]:
    """Lines of JSON, each an object of a row's inputs by name, or one with `inputs`, `signature` and `subject`."""
    if columns.text or columns.subject:
        raise UserMistake("a model of tensors has no columns: each line of its file is a JSON object of inputs by name")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = msgspec.json.decode(line, type=dict[str, Any])
                item = found if isinstance(found.get("inputs"), dict) else {"inputs": found}
                yield InputRow(number, item, subject=identity_of(item.pop("subject", None), "subject"))
            except (ValueError, RecursionError) as problem:
                yield InputRow(number, None, f"it is no JSON object: {problem}")


def _ask(served: ServedTensors, item: Input) -> None:
    rows = tensors_asked(item, served.signatures)
    if rows is None:
        raise InputInvalid("a digest stands for a tensor: give its values")
    served.run(rows.signature, rows.arrays, len(rows))


def record_warm_up_requests(backends: Backends, reference: str, count: int) -> WarmUpCounts:
    """Replace the requests of a version's model with what it was asked last; raises UserMistake where that is nothing.

    What it had stays then.
    """
    version = resolve_version(backends.plans, reference)
    if not 1 <= count <= MOST:
        raise UserMistake(f"a model has 1 to {MOST} warm-up requests, and not {count}")
    backends.prediction_log.drain()
    requests = warm_up_requests(backends)
    if not requests.record(version.model, count):
        raise UserMistake(f"no prediction of {version.model} is in the log: give requests in a file, with --from")
    return requests.counts(version.model)
