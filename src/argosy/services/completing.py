"""Rows about which no service was asked, as its models would have seen them: for outcomes that nobody had asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from argosy import clock
from argosy.backends import Backends
from argosy.definitions.service import Service
from argosy.errors import ServiceStepFailed
from argosy.features.joining import JoinedRow, RowsFunction, complete_rows
from argosy.services.functions import checked_function


def complete_inputs(
    backends: Backends, service: Service, rows: Sequence[tuple[Mapping[str, Any], float]]
) -> list[dict[str, Any]]:
    """The inputs of each row, with the defaults of inputs and the features as of its moment, and prepared.

    A row for which `prepare` raises is empty; where it raises for each of them, so does this: ServiceStepFailed. Raises
    what looking features up raises, and DefinitionInvalid.
    """
    defaults = {name: one.default for name, one in service.accepts.items() if one.has_default}
    given = [JoinedRow({**defaults, **inputs}, at) for inputs, at in rows]
    prepare = _forgiving(checked_function(backends.root, service.prepare)) if service.prepare else None
    return complete_rows(backends, service, given, clock.now(), prepare=prepare)[0]


def _forgiving(prepare: RowsFunction) -> RowsFunction:
    """All rows together, or each alone where that fails: one of which `prepare` makes nothing stops no other."""

    def call(rows: list[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        try:
            return prepare(rows)
        except ServiceStepFailed:
            found = [_alone(prepare, row) for row in rows]
            if not any(found):
                raise
            return found

    return call


def _alone(prepare: RowsFunction, row: dict[str, Any]) -> dict[str, Any]:
    try:
        return prepare([row])[0]
    except ServiceStepFailed:
        return {}
