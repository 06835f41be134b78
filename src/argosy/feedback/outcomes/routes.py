"""`POST /outcomes`: what then happened, sent by whoever knows it; one row or a list of them, all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from argosy import clock
from argosy.database import Database
from argosy.errors import OutcomeInvalid
from argosy.feedback.outcomes.rows import NO_ENTITY, NO_TIME, NamedSource, OutcomeRow, PoisonRow, outcome_of
from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.taking import OutcomeTaking, TakenRows
from argosy.http.bodies import field_problem, json_problem, read_body
from argosy.http.endpoint import CALLER, Endpoint, Routes
from argosy.http.responses import json_response
from argosy.http.schemas import INTEGER, object_schema
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.giver import Giver, giver_of
from argosy.predictions.log import PredictionLog
from argosy.repeated_keys import UNKNOWN, check_keys
from argosy.vault.tokens import FEEDBACK
from argosy.vault.vault import Vault

BODY_BYTES: Final = 1_000_000
MOST_ROWS: Final = 1000


class GivenOutcome(msgspec.Struct, forbid_unknown_fields=True):
    """`inputs` has the service's inputs that make the entity, and any others that are known.

    `at` is an ISO time or seconds since 1970. The same `key` twice is the same outcome; without one, the same entity,
    label and time are. `label` is for outcomes whose definition names a column of labels.
    """

    service: str
    outcome: str
    inputs: dict[str, str | int | float | bool | None]
    at: str | float
    label: str | bool | int | float | list[Any] | None = None
    key: str = ""


class PostedOutcomes:
    """Takes what is posted. Waits for the database: not for an event loop's thread."""

    def __init__(self, services: OutcomeServices, taking: OutcomeTaking) -> None:
        self._services, self._taking = services, taking

    @classmethod
    def of(cls, root: Path, database: Database, vault: Vault, spool: Path) -> PostedOutcomes:
        """Of the services in the folder `root`; `spool` is the server's own."""
        log = PredictionLog(database, vault, spool)
        taking = OutcomeTaking(database, vault, log, FeedbackLog(database, vault, bring=log.bring))
        return cls(OutcomeServices(root), taking)

    def take(self, given: Sequence[GivenOutcome], giver: Giver) -> TakenRows:
        """All of them, or none. Raises OutcomeInvalid, which names the row, and NotPermitted."""
        rows: dict[str, tuple[NamedSource, list[tuple[OutcomeRow, str]]]] = {}
        for place, one in enumerate(given):
            named = self._services.posted(one.service, one.outcome)
            if rows and named.name not in rows:
                raise OutcomeInvalid(f"row {place + 1} is of '{named.name}': send the rows of one outcome together")
            rows.setdefault(named.name, (named, []))[1].append((_row(named, one, clock.now(), place), one.key))
        if not rows:
            return TakenRows(0, 0, 0)
        [(named, read)] = rows.values()
        return self._taking.take_posted(named, read, giver)


def outcome_routes(posted: PostedOutcomes) -> Routes:
    """For a project's server."""
    endpoint = Endpoint(
        "POST",
        "/outcomes",
        "outcomes",
        _OutcomeRoute(posted).give,
        "Say what then happened to those that a service decided about: one outcome, or a list.",
        "TakenOutcomes",
        "GivenOutcome",
        FEEDBACK,
        statuses={"201": "Something new was taken."},
    )
    taken = object_schema({"taken": INTEGER, "known": INTEGER, "joined": INTEGER})
    return Routes([endpoint], {"TakenOutcomes": taken}, [GivenOutcome], places={"outcomes": "POST /outcomes"})


class _OutcomeRoute:
    def __init__(self, posted: PostedOutcomes) -> None:
        self._posted = posted

    async def give(self, request: Request) -> Response:
        given = parse_outcomes(await read_body(request, BODY_BYTES))
        taken = await asyncio.to_thread(self._posted.take, given, giver_of(request.scope[CALLER]))
        return json_response(msgspec.to_builtins(taken), 201 if taken.taken else 200)


def parse_outcomes(body: bytes) -> list[GivenOutcome]:
    """The rows in a body; raises OutcomeInvalid. Pure."""
    try:
        given = msgspec.json.decode(body, type=GivenOutcome | list[GivenOutcome])
        check_keys(body, UNKNOWN)
    except msgspec.ValidationError as error:
        problem = field_problem(error, GivenOutcome.__struct_fields__)
        raise OutcomeInvalid(f"the body is no outcome: {problem}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomeInvalid(f"the body is not JSON: {json_problem(error, body)}") from None
    except ValueError as problem:
        raise OutcomeInvalid(f"the body's JSON is ambiguous: {problem}") from None
    rows = given if isinstance(given, list) else [given]
    if len(rows) > MOST_ROWS:
        raise OutcomeInvalid(f"{len(rows):,} outcomes: {MOST_ROWS:,} in one request at most")
    return rows


def _row(named: NamedSource, one: GivenOutcome, now: float, place: int) -> OutcomeRow:
    source = named.source
    label = {source.label: one.label} if source.label else {}
    row = outcome_of(named, {**one.inputs, source.at: one.at, **label}, now)
    if isinstance(row, PoisonRow):
        what = {
            NO_ENTITY: f": `inputs` has a text or a whole number for each of {', '.join(source.entity)}",
            NO_TIME: ": `at` is ISO 8601, or seconds since 1970",
        }
        raise OutcomeInvalid(f"row {place + 1}: {row.why}{what.get(row.why, '')}")
    if one.label is not None and not source.label:
        raise OutcomeInvalid(f"row {place + 1}: '{named.name}' has no column of labels: each row means '{source.name}'")
    return row
