"""What a client sends, as rows that a service works on: checked against what it accepts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from argosy.definitions.service import Service
from argosy.errors import InputInvalid, RequestInvalid, RequestTooLarge, nearest
from argosy.http.bodies import json_type
from argosy.services.calls import ServiceRow
from argosy.typed_values import abridged, abridged_list

CANDIDATES: Final = "candidates"
MOST_SHARED: Final = 10_000_000
"""Characters that candidates may have from their inputs, as much as a whole body has."""


class GivenRows:
    """Reads the inputs of one service's calls."""

    def __init__(self, service: Service) -> None:
        self._accepts, self._columns = service.accepts, service.columns
        self._known = {*service.accepts, *self._columns}
        self._numbers = {name for name, one in service.accepts.items() if one.kind == "number"}
        self._defaults = {name: one.default for name, one in service.accepts.items() if one.has_default}
        self._needed = set(service.accepts) - set(self._defaults)

    def read(self, inputs: Sequence[Mapping[str, Any]], most_rows: int) -> list[ServiceRow]:
        """Raises RequestInvalid, RequestTooLarge, and InputInvalid with the row."""
        if not inputs:
            raise RequestInvalid("the request has no inputs: send at least one")
        rows: list[ServiceRow] = []
        shared = 0
        for group, given in enumerate(inputs):
            candidates, common = self._candidates(given, group + 1)
            if len(rows) + len(candidates) > most_rows:
                raise RequestTooLarge(f"there are more rows than the limit of {most_rows}: send several requests")
            shared += len(candidates) * sum(len(value) for value in common.values() if type(value) is str)
            if shared > MOST_SHARED:
                raise RequestTooLarge(
                    f"what candidates have in common would be over {MOST_SHARED:,} characters, once for each: send it"
                    " with fewer candidates"
                )
            for one in candidates:
                whole = {**common, **one}
                rows.append(ServiceRow(whole, self._checked(whole, len(rows) + 1), group))
        return rows

    def _candidates(
        self, given: Mapping[str, Any], number: int
    ) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
        """Rows, and what they have in common."""
        if CANDIDATES not in given or CANDIDATES in self._known:
            return (given,), {}
        candidates = given[CANDIDATES]
        if not isinstance(candidates, list) or not all(isinstance(one, dict) for one in candidates) or not candidates:
            raise InputInvalid(f"input {number}: candidates are a list of objects, one at least, each with its inputs")
        return candidates, {name: value for name, value in given.items() if name != CANDIDATES}

    def _checked(self, given: Mapping[str, Any], row: int) -> dict[str, Any]:
        """A row of all that is accepted, and of the columns that the client knows itself."""
        values = {**self._defaults, **given}
        if not values.keys() <= self._known:
            name = next(name for name in given if name not in self._known)
            known = abridged_list(sorted(self._known))
            hint = nearest(name, self._known)
            raise InputInvalid(f"row {row}: nothing is called '{abridged(name)}'{hint}; there are: {known}")
        for name in self._needed:
            if values.get(name) is None:
                raise InputInvalid(f"row {row}: '{name}' is missing")
        for name, value in given.items():
            kind = type(value)
            if kind is str:
                if name in self._numbers:
                    raise InputInvalid(f"row {row}: '{name}' is a number, not {json_type(value)}")
            elif kind is not int and kind is not float and kind is not bool and value is not None:
                raise InputInvalid(f"row {row}: '{name}' is a text, a number or true or false, not {json_type(value)}")
            elif value is None and name in self._defaults:
                values[name] = self._defaults[name]
            elif kind is bool and name in self._numbers:
                raise InputInvalid(f"row {row}: '{name}' is a number, not {json_type(value)}")
        return values
